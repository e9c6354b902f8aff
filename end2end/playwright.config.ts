// How the tests in the browser run. `make test` builds what they need first:
// target/release/assay and target/release/site.

import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: "specs",
  outputDir: "test-results",
  // Each test has a server, a worker and a Redis of its own; two at a time fill two cores.
  workers: 2,
  fullyParallel: true,
  // A test that passes only at the second try hides what is wrong.
  retries: 0,
  forbidOnly: true,
  timeout: 90_000,
  expect: { timeout: 20_000 },
  reporter: [["list"]],
  use: {
    trace: "retain-on-failure",
    locale: "en-GB",
    timezoneId: "UTC",
    viewport: { width: 1280, height: 900 },
    launchOptions: {
      executablePath: chromium(),
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});

/** The system's browser: nothing is downloaded for the tests. */
function chromium(): string {
  if (process.env.ASSAY_CHROMIUM) {
    return process.env.ASSAY_CHROMIUM;
  }
  const folders = (process.env.PATH ?? "").split(delimiter);
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    for (const folder of folders) {
      const program = join(folder, name);
      if (isProgram(program)) {
        return program;
      }
    }
  }
  throw new Error("There is no Chromium on the PATH. Install one, or name it in ASSAY_CHROMIUM.");
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
