// What holds for each page alike.

import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";

import { expect, test } from "../fixtures";
import { Frame } from "../pages/frame";

/** Every page, filled and failing. */
function addresses(job: string): string[] {
  return [
    "/",
    "/datasets",
    "/datasets/flights",
    "/datasets/animals",
    "/load",
    "/new?dataset=flights&kind=aggregate&group_by=carier&measure_fn=mean&measure_column=tailnum&check=1",
    "/new?dataset=flights&kind=rows&columns=dest&filter_column=month&filter_op=eq&filter_value=7",
    "/new?dataset=flights&kind=describe",
    "/new?dataset=fligths",
    "/jobs",
    "/jobs?state=failed",
    `/jobs/${job}`,
    "/nowhere",
  ];
}

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });

    test(`every page is free of grave faults of accessibility (${colorScheme})`, async ({ page, sample, complaints }) => {
      complaints.provoked(/404|422/);
      for (const address of addresses(sample.job)) {
        await test.step(address, async () => {
          await open(page, address);
          expect.soft(await faults(page), address).toEqual([]);
        });
      }
    });
  });
}

test("an empty bench is free of grave faults of accessibility", async ({ page, bench }) => {
  await bench.goto();
  expect(await faults(page)).toEqual([]);
  await page.keyboard.press("?");
  await expect(bench.keys).toBeVisible();
  expect(await faults(page)).toEqual([]);
});

test("no page is wider than a small telephone", async ({ page, sample, complaints }) => {
  complaints.provoked(/404|422/);
  await page.setViewportSize({ width: 360, height: 740 });
  for (const address of addresses(sample.job)) {
    await test.step(address, async () => {
      await open(page, address);
      expect.soft(await tooWide(page), address).toEqual([]);
    });
  }
});

test("every page has a title of its own, one first heading, and lights its place in the rail", async ({ page, sample, complaints }) => {
  complaints.provoked(/404|422/);
  for (const address of addresses(sample.job)) {
    await test.step(address, async () => {
      await open(page, address);
      await expect.soft(page.getByRole("heading", { level: 1 }), address).toHaveCount(1);
      const heading = await page.getByRole("heading", { level: 1 }).textContent();
      await expect.soft(page, address).toHaveTitle(`${heading} · Assay`);
    });
  }
});

test("what is not there is a 404, and a wrong form a 422", async ({ context, sample: _ }) => {
  const status = async (path: string) => (await context.request.get(path)).status();
  expect(await status("/nowhere")).toBe(404);
  expect(await status("/datasets/nothing")).toBe(404);
  expect(await status("/jobs/01890a5d-ac96-774b-bcce-b302099a8057")).toBe(404);
  expect(await status("/jobs/nothing")).toBe(404);
  expect(await status("/new?dataset=flights&kind=aggregate&check=1")).toBe(422);
});

async function open(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await new Frame(page).isLive();
}

/** What axe finds that keeps people out. */
async function faults(page: Page): Promise<string[]> {
  const found = await new AxeBuilder({ page }).analyze();
  return found.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(" ")}: ${node.failureSummary ?? ""}`));
}

/** The elements that make a page scroll sideways; those in a part that scrolls do not. */
async function tooWide(page: Page): Promise<string[]> {
  return await page.evaluate(() => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) {
      return [];
    }
    const scrolls = (element: Element): boolean =>
      element.parentElement !== null &&
      (getComputedStyle(element.parentElement).overflowX !== "visible" || scrolls(element.parentElement));
    const wide = [...document.body.querySelectorAll("*")].filter(
      (element) => element.getBoundingClientRect().right > root.clientWidth + 0.5 && !scrolls(element),
    );
    return [`the page is ${root.scrollWidth} wide`, ...wide.map((element) => element.outerHTML.slice(0, 120))];
  });
}
