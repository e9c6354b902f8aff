// The picture in README.md, made on demand: ASSAY_SCREENSHOT=1 npx playwright test
// --config end2end/playwright.config.ts screenshot

import { fileURLToPath } from "node:url";

import { expect, test } from "../fixtures";

const PICTURE = fileURLToPath(new URL("../../docs/screenshot.png", import.meta.url));

test.use({ viewport: { width: 1280, height: 920 }, colorScheme: "light", deviceScaleFactor: 2 });

test("the first result is a picture worth showing", async ({ page, sample, job }) => {
  test.skip(process.env.ASSAY_SCREENSHOT !== "1", "made only when asked for");
  await job.goto(sample.job);
  await expect(job.chart).toBeVisible();
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: PICTURE });
});
