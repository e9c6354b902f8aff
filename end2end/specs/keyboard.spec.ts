import { expect, test } from "../fixtures";

test("the first Tab offers to skip the rail", async ({ page, bench }) => {
  await bench.goto();
  await page.keyboard.press("Tab");
  await expect(bench.skipLink).toBeFocused();
  await expect(bench.skipLink).toBeInViewport();
  await page.keyboard.press("Enter");
  await expect(bench.main).toBeFocused();
});

test("a question mark lists the keys, and Escape closes the list", async ({ page, bench }) => {
  await bench.goto();
  await page.keyboard.press("?");
  await expect(bench.keys).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(bench.keys).toBeHidden();
});

test("N begins an analysis, except where one types", async ({ page, jobs, newAnalysis, sample: _ }) => {
  await jobs.goto();
  await jobs.search.press("n");
  await expect(jobs.search).toHaveValue("n");
  await expect(jobs.title).toHaveText("Jobs");
  await jobs.search.blur();
  await page.keyboard.press("n");
  await expect(newAnalysis.title).toHaveText("New analysis");
});

test("an analysis is described and run by the keyboard alone", async ({ page, newAnalysis, job, sample: _ }) => {
  await newAnalysis.goto({ dataset: "airlines", kind: "describe" });
  await page.keyboard.press("Control+Enter");
  await expect(job.state).toHaveText("Succeeded");
});

test("light and dark are chosen by a button and kept", async ({ page, bench }) => {
  await bench.goto();
  const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const theme = page.getByRole("button", { name: /^Theme/ });
  const light = await background();
  await theme.click();
  await expect(theme).toHaveText("Theme: light");
  await theme.click();
  await expect(theme).toHaveText("Theme: dark");
  await expect.poll(background).not.toBe(light);
  const dark = await background();
  await page.reload();
  await bench.isLive();
  expect(await background()).toBe(dark);
  await expect(theme).toHaveText("Theme: dark");
});
