import { documents, expect, test } from "../fixtures";
import { BenchPage } from "../pages/bench";

test("one press leads from an empty bench to a finding, a chart and a table, without a reload", async ({ page, bench, job }) => {
  await bench.goto();
  const loaded = documents(page);
  await bench.loadSample.click();
  await expect(page).toHaveURL(/\/jobs\/[0-9a-f-]{36}/);

  await expect(job.title).toHaveText("Departure delay by airline", { timeout: 60_000 });
  await expect(job.state).toHaveText("Succeeded");
  await expect(job.finding).toContainText("F9 has the highest mean of dep_delay: 20.22 over 685 rows");
  await expect(job.chart).toBeVisible();
  await expect(job.rows).toHaveCount(1 + 16);
  await expect(job.rows.nth(1)).toContainText("F9");
  expect(loaded).toEqual([]);

  await bench.go("Bench");
  await expect(bench.dataset("flights")).toBeVisible();
  await expect(bench.dataset("animals")).toBeVisible();
  await expect(bench.job("Departure delay by airline")).toContainText("Succeeded");
  await expect(bench.loadSample).toBeHidden();
  expect(loaded).toEqual([]);
});

test("a first visit fetches the first piece of the program alone, and other pages the rest", async ({ page, bench }) => {
  const pieces: string[] = [];
  page.on("request", (request) => {
    const piece = /[^/]+\.wasm$/.exec(request.url());
    pieces.push(...(piece ?? []));
  });
  await bench.goto();
  expect(new Set(pieces)).toEqual(new Set(["app.wasm"]));
  await bench.go("Jobs");
  expect(new Set(pieces)).toEqual(new Set(["app.wasm", "split_pages.wasm"]));
});

test("a bench fills itself while the first visitor loads the sample in another tab", async ({ page, bench, context }) => {
  await bench.goto();
  await expect(bench.loadSample).toBeVisible();
  const loaded = documents(page);
  const elsewhere = new BenchPage(await context.newPage());
  await elsewhere.goto();
  await elsewhere.loadSample.click();
  await expect(bench.job("Departure delay by airline")).toContainText("Succeeded");
  await expect(bench.dataset("weather")).toBeVisible();
  expect(loaded).toEqual([]);
});

test("a first visitor's file is followed although its import takes time", async ({ page, server, bench, load, dataset }) => {
  await bench.goto();
  await bench.upload.choose({ name: "towns.csv", text: "town,people\nOslo,700000\n" });
  const card = load.card("towns.csv");
  await expect(card.rows).toHaveCount(1 + 1);
  server.freeze();
  await load.load.click();
  await expect(card.all).toContainText("in line");
  server.thaw();
  await expect(page).toHaveURL(/\/datasets\/towns$/);
  await expect(dataset.analyse).toBeVisible();
});

test("a table sorts by any of its columns, and by none again", async ({ sample, job }) => {
  await job.goto(sample.job);
  const carriers = job.cells(1);
  const asItCame = await carriers.allTextContents();
  expect(asItCame.slice(0, 3)).toEqual(["F9", "EV", "YV"]);

  await job.column("carrier").click();
  await expect(carriers).toHaveText([...asItCame].sort());
  await expect(job.page.getByRole("columnheader", { name: "carrier" })).toHaveAttribute("aria-sort", "ascending");
  await job.column("carrier").click();
  await expect(carriers).toHaveText([...asItCame].sort().reverse());
  await job.column("carrier").click();
  await expect(carriers).toHaveText(asItCame);
});

test("a result can be edited into another one", async ({ sample, job, newAnalysis, page }) => {
  await job.goto(sample.job);
  await job.edit.click();
  await expect(newAnalysis.title).toHaveText("New analysis");
  await expect(newAnalysis.field("Group by").getByRole("link", { name: "Remove carrier" })).toBeVisible();
  await newAnalysis.addColumn("Group by", "origin");
  await expect(newAnalysis.preview).toContainText("Group by carrier and origin");
  await newAnalysis.label.fill("By airline and airport");
  await page.keyboard.press("Control+Enter");
  await expect(job.title).toHaveText("By airline and airport");
  await expect(job.state).toHaveText("Succeeded");
  await expect(job.finding).toBeVisible();
});

test("a page whose piece of the program does not come says so, and the rest of the program goes on", async ({ page, bench, datasets, complaints }) => {
  complaints.provoked(/ERR_FAILED|Failed to load resource|Failed to fetch/);
  await page.route("**/split_*.wasm", (route) => route.abort());
  await bench.goto();
  await bench.rail.getByRole("link", { name: "Data sets" }).click();
  await expect(bench.title).toHaveText("This page did not come");

  await page.unroute("**/split_*.wasm");
  await bench.go("Bench");
  await expect(bench.loadSample).toBeVisible();
  await bench.go("Data sets");
  await expect(datasets.main).toContainText("No data sets yet");
});
