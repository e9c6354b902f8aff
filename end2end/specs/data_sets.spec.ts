import { expect, test } from "../fixtures";
import { DatasetsPage } from "../pages/datasets";

const ORDERS = {
  name: "orders 2026.csv",
  text: "day,city,amount\n2026-01-02,Oslo,12.5\n2026-01-03,Bergen,7\n2026-01-04,Oslo,\n",
};
const RAGGED = { name: "ragged.csv", text: "a,b\n1,2\n3,4,5\n" };

test("a file is loaded under a name, and its page shows columns and rows", async ({ page, datasets, dataset }) => {
  await datasets.goto();
  await datasets.upload.choose(ORDERS, "orders");
  await datasets.upload.load.click();

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

test("a file gives its data set a name when nobody does", async ({ datasets }) => {
  await datasets.goto();
  await datasets.upload.choose(ORDERS);
  await expect(datasets.upload.name).toHaveValue(/orders.2026/);
});

test("a file that is out of shape is refused at the form, with the line", async ({ datasets, complaints }) => {
  complaints.provoked(/422/);
  await datasets.goto();
  await datasets.upload.choose(RAGGED, "ragged");
  await datasets.upload.load.click();
  await expect(datasets.upload.error).toContainText("Line 3 has 3 fields, the header has 2.");
  await expect(datasets.title).toHaveText("Data sets");
});

test("a name that is taken is refused at the form", async ({ datasets, complaints, sample: _ }) => {
  complaints.provoked(/409/);
  await datasets.goto();
  await datasets.upload.choose(ORDERS, "flights");
  await datasets.upload.load.click();
  await expect(datasets.upload.error).toContainText("There is a data set “flights” already.");

  await datasets.upload.name.fill("orders");
  await datasets.upload.load.click();
  await expect(datasets.title).toHaveText("orders");
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
  await expect(dataset.rows).toHaveCount(1 + 20);
});
