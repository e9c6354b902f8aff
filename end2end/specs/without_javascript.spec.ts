import { expect, test } from "../fixtures";
import { address } from "../pages/new";

test.use({ javaScriptEnabled: false });

// The page asks for its program early; here it is never run.
test.beforeEach(({ complaints }) => complaints.provoked(/preloaded using link preload but not used/));

test("every page shows its data", async ({ page, sample, bench, datasets, dataset, jobs, job }) => {
  await page.goto("/");
  await expect(bench.dataset("flights")).toBeVisible();
  await expect(bench.job("Departure delay by airline")).toContainText("Succeeded");

  await page.goto("/datasets");
  await expect(datasets.row("flights")).toContainText("336,776");

  await page.goto("/datasets/flights");
  await expect(dataset.columns).toHaveCount(19);
  await expect(dataset.rows).toHaveCount(1 + 20);

  await page.goto("/jobs");
  await expect(jobs.row("Departure delay by airline")).toContainText("Succeeded");

  await page.goto(`/jobs/${sample.job}`);
  await expect(job.finding).toContainText("F9 has the highest mean");
  await expect(job.chart).toBeVisible();
  await expect(job.rows).toHaveCount(1 + 16);
});

test("what only a program can do is not offered", async ({ page, sample }) => {
  for (const path of ["/", "/datasets/flights", "/new?dataset=flights", `/jobs/${sample.job}`]) {
    await page.goto(path);
    await expect(page.getByRole("button", { name: /copy|theme|share|curl/i })).toHaveCount(0);
    await expect(page.getByText("Live", { exact: true })).toBeHidden();
  }
});

test("the first press loads the sample", async ({ page, bench }) => {
  await page.goto("/");
  await bench.loadSample.click();
  await expect(page).toHaveURL(/\/jobs\/[0-9a-f-]{36}/);
  await expect(async () => {
    await page.goto("/");
    await expect(bench.job("Departure delay by airline")).toContainText("Succeeded", { timeout: 500 });
  }).toPass();
});

test("an analysis is described, submitted and shown", async ({ page, newAnalysis, job, sample: _ }) => {
  await page.goto("/new?dataset=flights&kind=aggregate");
  await newAnalysis.field("Group by").getByLabel("Add a column").selectOption("origin");
  await newAnalysis.field("Measures").getByLabel("Measure, row 1").selectOption({ label: "count" });
  await newAnalysis.label.fill("By airport");
  await newAnalysis.run.click();
  await expect(page).toHaveURL(/\/jobs\/[0-9a-f-]{36}$/);
  await expect(job.title).toHaveText("By airport");
  await expect(async () => {
    await page.reload();
    await expect(job.state).toHaveText("Succeeded", { timeout: 500 });
  }).toPass();
  await expect(job.rows).toHaveCount(1 + 3);
});

test("a form that is wrong comes back with its errors at their fields and status 422", async ({ page, newAnalysis, complaints, sample: _ }) => {
  complaints.provoked(/422/);
  await page.goto(address({ dataset: "flights", kind: "aggregate", group_by: "carier", limit: "5" }));
  const [answer] = await Promise.all([
    page.waitForResponse((response) => response.request().method() === "POST"),
    newAnalysis.run.click(),
  ]);
  expect(answer.status()).toBe(422);
  const groupBy = newAnalysis.field("Group by");
  await expect(groupBy).toContainText("There is no column “carier”.");
  await expect(newAnalysis.field("Measures")).toContainText("Choose at least one measure, such as count.");
  await expect(newAnalysis.field("At most").getByRole("textbox")).toHaveValue("5");

  await groupBy.getByRole("link", { name: "Use carrier" }).click();
  await expect(groupBy).not.toContainText("There is no column");
  await newAnalysis.field("Measures").getByRole("link", { name: "Use count" }).click();
  await newAnalysis.run.click();
  await expect(page).toHaveURL(/\/jobs\/[0-9a-f-]{36}$/);
});

test("a job is cancelled", async ({ page, server, newAnalysis, job, sample: _ }) => {
  server.freeze();
  await page.goto(address({ dataset: "flights", kind: "describe" }));
  await newAnalysis.run.click();
  await expect(page).toHaveURL(/\/jobs\/[0-9a-f-]{36}$/);
  await job.cancel.click();
  await expect(job.state).toHaveText("Cancelled");
  await expect(job.cancel).toBeHidden();
});

test("a file is loaded", async ({ page, datasets }) => {
  await page.goto("/datasets");
  await datasets.upload.choose({ name: "towns.csv", text: "town,people\nOslo,700000\n" });
  await datasets.upload.name.fill("towns");
  await datasets.upload.load.click();
  await expect(async () => {
    await page.goto("/datasets");
    await expect(datasets.row("towns")).toBeVisible({ timeout: 500 });
  }).toPass();
});

test("a file that cannot be taken in says why, in words", async ({ page, datasets, complaints, sample: _ }) => {
  complaints.provoked(/409/);
  await page.goto("/datasets");
  await datasets.upload.choose({ name: "flights.csv", text: "a\n1\n" });
  await datasets.upload.load.click();
  await expect(page.getByRole("main")).toContainText("There is a data set “flights” already.");
  await expect(datasets.title).toHaveText("The name is taken");

  await page.goto("/datasets");
  await datasets.upload.choose({ name: "ragged.csv", text: "a,b\n1,2\n3,4,5\n" });
  await datasets.upload.load.click();
  await expect(async () => {
    await page.reload();
    await expect(page.getByRole("main")).toContainText("Line 3 has 3 fields, the header has 2.", { timeout: 500 });
  }).toPass();
});
