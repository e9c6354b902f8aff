import type { Page } from "@playwright/test";

import { expect, test } from "../fixtures";

test.beforeEach(({ sample: _ }) => {});

test("a misspelt column in the address is an error at its field, mended by a press", async ({ page, newAnalysis, complaints }) => {
  complaints.provoked(/422/);
  await newAnalysis.goto({ dataset: "flights", kind: "aggregate", group_by: "carier", measure_fn: "count", check: "1" });
  const groupBy = newAnalysis.field("Group by");
  await expect(groupBy).toContainText("There is no column “carier”.");
  await groupBy.getByRole("link", { name: "Use carrier" }).click();
  await expect(groupBy).not.toContainText("There is no column");
  await expect(groupBy.getByRole("link", { name: "Remove carrier" })).toBeVisible();
  await expect(newAnalysis.preview).toContainText("Group by carrier; count");
  await expect(page).toHaveURL(/group_by=carrier(&|$)/);
});

test("errors come and go while one changes the form, without a request", async ({ page, newAnalysis }) => {
  await newAnalysis.goto({ dataset: "flights", kind: "aggregate", group_by: "origin", measure_fn: "count" });
  const asked = requests(page);
  const groupBy = newAnalysis.field("Group by");
  await groupBy.getByRole("link", { name: "Remove origin" }).click();
  await expect(groupBy).toContainText("Choose at least one column to group by.");
  await newAnalysis.addColumn("Group by", "dest");
  await expect(groupBy).not.toContainText("Choose at least one");

  const atMost = newAnalysis.field("At most");
  const limit = atMost.getByRole("textbox");
  await limit.fill("2000000");
  await expect(atMost).toContainText("The limit is at most 1,000,000; 2,000,000 is over it.");
  await limit.fill("0");
  await expect(atMost).toContainText("The limit must be at least 1.");
  await limit.fill("many");
  await expect(atMost).toContainText("“many” is not a whole number.");
  await limit.fill("5");
  await expect(newAnalysis.preview).toContainText("5 groups at most");
  expect(asked).toEqual([]);
});

test("nothing is sent while the form is wrong, and what is wrong is shown", async ({ page, newAnalysis }) => {
  await newAnalysis.goto({ dataset: "flights", kind: "aggregate" });
  const asked = requests(page);
  await newAnalysis.run.click();
  await expect(newAnalysis.field("Group by")).toContainText("Choose at least one column to group by.");
  await expect(newAnalysis.title).toHaveText("New analysis");
  expect(asked).toEqual([]);
});

test("measures, conditions and order are chosen row by row, and run", async ({ newAnalysis, job }) => {
  await newAnalysis.goto({ dataset: "flights", kind: "aggregate" });
  await newAnalysis.addColumn("Group by", "carrier");
  const measures = newAnalysis.field("Measures");
  await measures.getByLabel("Measure, row 1").selectOption({ label: "mean" });
  await measures.getByLabel("Column, row 1").selectOption("arr_delay");
  const where = newAnalysis.field("Only rows where");
  await where.getByLabel("Column, row 1").selectOption("origin");
  await where.getByLabel("Value, row 1").fill("JFK");
  const order = newAnalysis.field("Order");
  await order.getByLabel("Column, row 1").selectOption("mean_arr_delay");
  await order.getByLabel("Direction, row 1").selectOption({ label: "falling" });
  await expect(newAnalysis.preview).toContainText("Reads 3 of 19 columns, 336,776 rows.");

  await newAnalysis.run.click();
  await expect(job.state).toHaveText("Succeeded");
  await expect(job.rows).toHaveCount(1 + 10);
  const means = (await job.cells(2).allTextContents()).map((text) => Number(text.replace("−", "-")));
  expect(means).toEqual([...means].sort((a, b) => b - a));
});

test("the whole form lives in its address", async ({ page, newAnalysis, context }) => {
  await newAnalysis.goto({ dataset: "flights", kind: "rows" });
  await newAnalysis.addColumn("Columns", "dest");
  await newAnalysis.field("Only rows where").getByLabel("Column, row 1").selectOption("month");
  await newAnalysis.field("Only rows where").getByLabel("Value, row 1").fill("7");
  await expect(page).toHaveURL(/columns=dest.*filter_value=7/);

  const shared = await context.newPage();
  await shared.goto(page.url());
  await expect(shared.getByRole("link", { name: "Remove dest" })).toBeVisible();
  await expect(shared.getByLabel("Value, row 1")).toHaveValue("7");
});

/**
 * What a page asks the server from now on. Its count of jobs under way and its icon, which
 * the browser looks at whenever an address changes, have nothing to do with the form.
 */
function requests(page: Page): string[] {
  const made: string[] = [];
  page.on("request", (request) => {
    if (!/\/(status|favicon\.svg)$/.test(request.url())) {
      made.push(request.url());
    }
  });
  return made;
}
