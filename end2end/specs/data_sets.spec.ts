import { expect, test } from "../fixtures";
import { DatasetsPage } from "../pages/datasets";

test("a file that is chosen is shown first, then loaded, and its page shows columns and rows", async ({ page, datasets, dataset, load }) => {
  await datasets.goto();
  await datasets.upload.choose({
    name: "orders 2026.csv",
    text: "day,city,amount\n2026-01-02,Oslo,12.5\n2026-01-03,Bergen,7\n2026-01-04,Oslo,\n",
  });
  await expect(page).toHaveURL(/\/load$/);
  const card = load.card("orders 2026.csv");
  await expect(card.name).toHaveValue("orders_2026");
  await card.name.fill("orders");
  await load.load.click();

  await expect(page).toHaveURL(/\/datasets\/orders$/);
  await expect(dataset.title).toHaveText("orders");
  for (const column of ["day", "city", "amount"]) {
    await expect(dataset.columns.filter({ hasText: column })).toBeVisible();
  }
  await expect(dataset.rows).toHaveCount(1 + 3);
  await expect(dataset.rows.nth(2)).toContainText("Bergen");
  await expect(dataset.rows.nth(3)).toContainText("null");

  await dataset.go("Data sets");
  await expect(datasets.row("orders")).toContainText("3");
});

test("a data set that is deleted goes from every open list", async ({ context, datasets, dataset, sample: _ }) => {
  await dataset.goto("planes");
  const elsewhere = new DatasetsPage(await context.newPage());
  await elsewhere.goto();
  await expect(elsewhere.row("planes")).toBeVisible();
  await dataset.delete();
  await expect(datasets.title).toHaveText("Data sets");
  await expect(datasets.row("planes")).toBeHidden();
  await expect(elsewhere.row("planes")).toBeHidden();
});

test("records of another service are a data set where they are", async ({ dataset, sample: _ }) => {
  await dataset.goto("animals");
  await expect(dataset.main).toContainText("5,000 records");
  for (const column of ["_key", "head", "body", "arms", "legs", "tail"]) {
    await expect(dataset.columns.filter({ hasText: new RegExp(`^${column}`) })).toBeVisible();
  }
  await expect(dataset.rows).toHaveCount(1 + 25);
});
