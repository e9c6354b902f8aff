import { documents, expect, test } from "../fixtures";

test("records of another program are declared in the page, and new ones appear by themselves", async ({
  page,
  server,
  datasets,
  dataset,
}) => {
  server.redis("HSET", "animal:1", "head", "lion", "arms", "8");
  await datasets.goto();
  const { collection } = datasets;
  await collection.pattern.fill("animal:*");
  await expect(collection.form).toContainText("1 record.");
  await expect(collection.first.nth(1)).toContainText("lion");
  await collection.name.fill("animals");
  await collection.read.click();

  await expect(dataset.title).toHaveText("animals");
  await expect(dataset.rows).toHaveCount(1 + 1);
  const loaded = documents(page);
  server.redis("HSET", "animal:2", "head", "goat", "arms", "4");
  await expect(dataset.rows).toHaveCount(1 + 2);
  await expect(dataset.main).toContainText("2 records");
  await expect(dataset.rows.filter({ hasText: "goat" })).toBeVisible();
  // A field that no record had before is a column.
  server.redis("HSET", "animal:2", "tail", "short");
  await expect(dataset.columns.filter({ hasText: "tail" })).toBeVisible();
  await expect(dataset.rows.filter({ hasText: "short" })).toBeVisible();
  expect(loaded).toEqual([]);
});

test("a sorted set is one data set, and what cannot be read is said", async ({ server, datasets, dataset, complaints }) => {
  complaints.provoked(/422|409/);
  server.redis("ZADD", "scores", "1.5", "ann", "7", "bob");
  await datasets.goto();
  const { collection } = datasets;
  await collection.kind.selectOption("list");
  await collection.pattern.fill("scores");
  await expect(collection.form).toContainText("“scores” holds a zset, not a list.");
  await collection.kind.selectOption("zset");
  await expect(collection.form).toContainText("2 records.");
  await collection.name.fill("best scores");
  await collection.read.click();
  await expect(collection.form.getByRole("alert")).toContainText("cannot be a name");
  await collection.name.fill("scores");
  await collection.read.click();
  await expect(dataset.title).toHaveText("scores");
  await expect(dataset.main).toContainText("The members of the sorted set scores in Redis");
  await expect(dataset.rows.filter({ hasText: "bob" })).toContainText("7");
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("one looks first, then declares", async ({ server, page, datasets, dataset, complaints }) => {
    complaints.provoked(/preloaded using link preload but not used/);
    server.redis("HSET", "animal:1", "head", "lion");
    await page.goto("/datasets");
    const { collection } = datasets;
    await collection.pattern.fill("animal:*");
    await collection.lookFirst.click();
    await expect(collection.form).toContainText("1 record.");
    await expect(collection.pattern).toHaveValue("animal:*");
    await collection.name.fill("animals");
    await collection.read.click();
    await expect(page).toHaveURL(/\/datasets\/animals$/);
    await expect(dataset.rows).toHaveCount(1 + 1);
  });
});
