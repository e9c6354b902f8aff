import { documents, expect, test } from "../fixtures";
import { BenchPage } from "../pages/bench";
import { JobsPage } from "../pages/jobs";

const LATE = { dataset: "flights", kind: "aggregate", group_by: "origin", measure_fn: "count", label: "Flights by airport" };

test("a job submitted in one tab comes and completes in the others", async ({ context, server, newAnalysis, job, sample: _ }) => {
  const jobs = new JobsPage(await context.newPage());
  await jobs.goto();
  const bench = new BenchPage(await context.newPage());
  await bench.goto();
  await newAnalysis.goto(LATE);
  const loaded = [jobs.page, bench.page].flatMap(documents);

  server.freeze();
  await newAnalysis.run.click();
  await expect(job.title).toHaveText(LATE.label);
  await expect(jobs.row(LATE.label)).toBeVisible();
  await expect(jobs.row(LATE.label)).not.toContainText("Succeeded");
  await expect(bench.job(LATE.label)).not.toContainText("Succeeded");
  await expect(jobs.rail.getByRole("link", { name: "Jobs" })).toContainText("1 under way");

  server.thaw();
  await expect(job.state).toHaveText("Succeeded");
  await expect(job.rows).toHaveCount(1 + 3);
  await expect(jobs.row(LATE.label)).toContainText("Succeeded");
  await expect(bench.job(LATE.label)).toContainText("Succeeded");
  await expect(jobs.rail.getByRole("link", { name: "Jobs" })).not.toContainText("under way");
  expect(loaded).toEqual([]);
});

test("a job that is cancelled in one tab is cancelled in the other", async ({ context, server, newAnalysis, job, sample: _ }) => {
  const jobs = new JobsPage(await context.newPage());
  await jobs.goto();
  server.freeze();
  await newAnalysis.goto(LATE);
  await newAnalysis.run.click();
  await expect(job.title).toHaveText(LATE.label);
  await jobs.row(LATE.label).getByRole("button", { name: "Cancel" }).click();
  await expect(job.state).toHaveText("Cancelled");
  await expect(jobs.row(LATE.label)).toContainText("Cancelled");
});

test("another visitor sees the data sets and none of the jobs", async ({ browser, server, sample: _ }) => {
  const other = await browser.newContext({ baseURL: server.url });
  const jobs = new JobsPage(await other.newPage());
  await jobs.goto();
  await expect(jobs.main).toContainText("No jobs yet");
  const bench = new BenchPage(jobs.page);
  await bench.go("Bench");
  await expect(bench.dataset("flights")).toBeVisible();
  await other.close();
});

test("the list of jobs narrows to a state and to words", async ({ jobs, sample: _ }) => {
  await jobs.goto();
  await expect(jobs.rows).toHaveCount(6);
  await jobs.search.fill("delay");
  await jobs.search.press("Enter");
  await expect(jobs.rows).toHaveCount(1);
  await expect(jobs.row("Departure delay by airline")).toBeVisible();
  await jobs.only("Failed");
  await expect(jobs.main).toContainText("No job matches");
});

test("an answer that is older than what was told meanwhile undoes nothing", async ({ context, server, jobs, sample: _ }) => {
  server.freeze();
  const analysis = { kind: "aggregate", group_by: ["origin"], measures: [{ fn: "count" }] };
  const submitted = await context.request.post("/api/v1/jobs", {
    data: { dataset: LATE.dataset, label: LATE.label, analysis },
  });
  expect(submitted.status()).toBe(202);

  // The list that the page asks for once its stream is open, from before the job ended;
  // the other label shows when the page has taken it in.
  let hand = () => {};
  const handed = new Promise<void>((resolve) => (hand = resolve));
  let ask = () => {};
  const asked = new Promise<void>((resolve) => (ask = resolve));
  await jobs.page.route("**/api/v1/jobs?*", async (route) => {
    const response = await route.fetch();
    const text = (await response.text()).replace("Departure delay by airline", "An old answer");
    ask();
    await handed;
    await route.fulfill({ response, body: text });
  });
  await jobs.goto();
  await expect(jobs.row(LATE.label)).not.toContainText("Succeeded");
  await asked;
  server.thaw();
  await expect(jobs.row(LATE.label)).toContainText("Succeeded");

  hand();
  await expect(jobs.row("An old answer")).toBeVisible();
  await expect(jobs.row(LATE.label)).toContainText("Succeeded");
});
