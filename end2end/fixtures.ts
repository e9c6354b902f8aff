// What tests begin with: a server of their own, its pages, and an eye on the console.

import { type BrowserContext, type ConsoleMessage, type Page, expect, test as base } from "@playwright/test";

import { BenchPage } from "./pages/bench";
import { DatasetPage } from "./pages/dataset";
import { DatasetsPage } from "./pages/datasets";
import { JobPage } from "./pages/job";
import { JobsPage } from "./pages/jobs";
import { LoadPage } from "./pages/load";
import { NewPage } from "./pages/new";
import { Server } from "./server";

export { expect };

/** The sample, loaded, with the analysis that comes with it. */
export interface Sample {
  /** The job of the first analysis, which has succeeded. */
  job: string;
}

interface Fixtures {
  server: Server;
  sample: Sample;
  complaints: Complaints;
  bench: BenchPage;
  datasets: DatasetsPage;
  dataset: DatasetPage;
  load: LoadPage;
  newAnalysis: NewPage;
  jobs: JobsPage;
  job: JobPage;
}

export const test = base.extend<Fixtures>({
  server: async ({}, use, info) => {
    const server = await Server.start();
    await use(server);
    if (info.status !== info.expectedStatus) {
      await info.attach("serve.log", { body: server.log(), contentType: "text/plain" });
    }
    await server.remove();
  },
  baseURL: async ({ server }, use) => {
    await use(server.url);
  },
  // The visitor of the test's browser loads it, for jobs are seen by their owner alone.
  sample: async ({ context }, use) => {
    await use({ job: await loadSample(context) });
  },
  complaints: [
    async ({ context }, use) => {
      const complaints = new Complaints(context);
      await use(complaints);
      expect(complaints.unexpected(), "what the browser complained of").toEqual([]);
    },
    { auto: true },
  ],
  bench: async ({ page }, use) => await use(new BenchPage(page)),
  datasets: async ({ page }, use) => await use(new DatasetsPage(page)),
  dataset: async ({ page }, use) => await use(new DatasetPage(page)),
  load: async ({ page }, use) => await use(new LoadPage(page)),
  newAnalysis: async ({ page }, use) => await use(new NewPage(page)),
  jobs: async ({ page }, use) => await use(new JobsPage(page)),
  job: async ({ page }, use) => await use(new JobPage(page)),
});

/** What the browser complains of in any tab: errors, warnings, breaches of the policy. */
export class Complaints {
  readonly #seen: string[] = [];
  readonly #provoked: RegExp[] = [];

  constructor(context: BrowserContext) {
    context.on("console", (message) => this.#hear(message));
    context.on("weberror", (error) => this.#seen.push(`uncaught: ${error.error().message}`));
  }

  /** Says that the test provokes such complaints. */
  provoked(pattern: RegExp): void {
    this.#provoked.push(pattern);
  }

  /** Those that no test provoked. */
  unexpected(): string[] {
    return this.#seen.filter((text) => !this.#provoked.some((pattern) => pattern.test(text)));
  }

  #hear(message: ConsoleMessage): void {
    if (message.type() === "error" || message.type() === "warning") {
      this.#seen.push(`${message.type()}: ${message.text()} (${message.location().url})`);
    }
  }
}

/** The documents that a tab loads from now on; a page that lives loads none. */
export function documents(page: Page): string[] {
  const seen: string[] = [];
  page.on("request", (request) => {
    if (request.isNavigationRequest() && request.frame() === page.mainFrame()) {
      seen.push(request.url());
    }
  });
  return seen;
}

/** Loads the sample as the visitor of `context`, and gives the job of its analysis. */
async function loadSample(context: BrowserContext): Promise<string> {
  const begun = await context.request.post("/api/v1/sample?analyse=true");
  expect(begun.ok()).toBe(true);
  let job: string | undefined;
  await expect
    .poll(
      async () => {
        const answer = await context.request.get("/api/v1/jobs");
        const items: { id: string; kind: string; state: string }[] = (await answer.json()).items;
        job = items.find(({ kind }) => kind === "analysis")?.id;
        return job !== undefined && items.every(({ state }) => state === "succeeded");
      },
      { message: "the sample is loaded and analysed", timeout: 60_000, intervals: [100] },
    )
    .toBe(true);
  return job!;
}
