import { expect, test } from "../fixtures";

const ORDERS = "city,item,amount\nLyon,tea,12.5\nOslo,tea,9.75\n";
const MORE = "city,item,amount\nBergen,cups,28\n";

test("rows that another program appends stand on the open page, and the page says how its versions came about", async ({ context, dataset }) => {
  const made = await context.request.post("/api/v1/datasets?name=orders&source=orders.csv", { data: Buffer.from(ORDERS) });
  expect(made.status()).toBe(201);
  await dataset.goto("orders");
  await expect(dataset.rows).toHaveCount(1 + 2);

  const appended = await context.request.post("/api/v1/datasets/orders/rows?format=csv", { data: Buffer.from(MORE) });
  expect(appended.status()).toBe(201);
  await expect(dataset.rows).toHaveCount(1 + 3);
  await expect(dataset.rows.nth(3)).toContainText("Bergen");
  await expect(dataset.main).toContainText("version 2");

  await dataset.goto("orders");
  await expect(dataset.main).toContainText("Version 2: rows appended");
  await expect(dataset.main).toContainText("Version 1: loaded");
});

test("a deletion is undone by one press, with all rows", async ({ page, context, datasets, dataset }) => {
  await context.request.post("/api/v1/datasets?name=orders&source=orders.csv", { data: Buffer.from(ORDERS) });
  await dataset.goto("orders");
  await dataset.delete();
  await expect(datasets.title).toHaveText("Data sets");
  await expect(datasets.main).toContainText("“orders” was deleted.");
  await expect(datasets.row("orders")).toBeHidden();

  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page).toHaveURL(/\/datasets\/orders$/);
  await expect(dataset.rows).toHaveCount(1 + 2);
});
