// Looking at a data set: rows in pages and in order, columns at a glance; with a program in
// the browser and without.

import { expect, test } from "../fixtures";
import type { DatasetPage } from "../pages/dataset";

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled });
    // Without a program a page never says that it is live.
    const open = async (dataset: DatasetPage, name: string): Promise<void> => {
      await (javaScriptEnabled ? dataset.goto(name) : dataset.page.goto(`/datasets/${name}`));
    };

    test.beforeEach(({ complaints }) => {
      if (!javaScriptEnabled) {
        complaints.provoked(/preloaded using link preload but not used/);
      }
    });

    test("a table is sorted by the heads of its columns", async ({ page, dataset, sample: _ }) => {
      await open(dataset, "flights");
      await dataset.head("dep_delay").getByRole("link").click();
      await expect(dataset.head("dep_delay")).toHaveAttribute("aria-sort", "ascending");
      await expect(page).toHaveURL(/sort=dep_delay$/);
      expect((await dataset.cells("dep_delay"))[0]).toBe("−43");

      await dataset.head("dep_delay").getByRole("link").click();
      await expect(dataset.head("dep_delay")).toHaveAttribute("aria-sort", "descending");
      expect((await dataset.cells("dep_delay")).slice(0, 2)).toEqual(["1,301", "1,137"]);

      await dataset.pages.getByRole("link", { name: "Last" }).click();
      await expect(dataset.pages).toContainText("Rows 336,776 to 336,776");
      await expect(dataset.head("dep_delay")).toHaveAttribute("aria-sort", "descending");
      expect(new Set(await dataset.cells("dep_delay"))).toEqual(new Set(["null"]));
    });

    test("a table is paged to its end and back", async ({ page, dataset, sample: _ }) => {
      await open(dataset, "airlines");
      await expect(dataset.rows).toHaveCount(1 + 16);
      await expect(dataset.pages).toHaveCount(0);

      await open(dataset, "flights");
      await expect(dataset.pages).toContainText("Rows 1 to 25 of 336,776");
      await dataset.pages.getByRole("link", { name: "After" }).click();
      await expect(dataset.pages).toContainText("Rows 26 to 50 of 336,776");
      await dataset.pages.getByRole("spinbutton", { name: "Page" }).fill("5000");
      await dataset.pages.getByRole("button", { name: "Go" }).click();
      await expect(dataset.pages).toContainText("Rows 124,976 to 125,000 of 336,776");
      await dataset.pages.getByRole("link", { name: "Last" }).click();
      await expect(dataset.pages).toContainText("Rows 336,776 to 336,776 of 336,776");
      await expect(dataset.pages.getByRole("link", { name: "After" })).toHaveCount(0);
      await dataset.pages.getByRole("link", { name: "First" }).click();
      await expect(dataset.pages).toContainText("Rows 1 to 25 of 336,776");
      await expect(page).toHaveURL(/\/datasets\/flights$/);
    });

    test("rows are filtered, and a condition dropped", async ({ dataset, complaints, sample: _ }) => {
      complaints.provoked(/422/);
      await open(dataset, "flights");
      const ask = async (column: string, comparison: string, value: string): Promise<void> => {
        await dataset.filter.getByLabel("Column").selectOption(column);
        await dataset.filter.getByLabel("Comparison").selectOption(comparison);
        await dataset.filter.getByLabel("Value").fill(value);
        await dataset.filter.getByRole("button", { name: "Filter" }).click();
      };
      await ask("distance", "ge", "4000");
      await expect(dataset.main).toContainText("distance ≥ 4000");
      expect(new Set(await dataset.cells("dest"))).toEqual(new Set(["HNL"]));
      await ask("month", "eq", "many");
      await expect(dataset.main).toContainText("“many” is not a number");
      await dataset.main.getByRole("link", { name: "Drop the condition month = many" }).click();
      await expect(dataset.rows).toHaveCount(1 + 25);
      await dataset.main.getByRole("link", { name: "Drop the condition distance ≥ 4000" }).click();
      await expect(dataset.pages).toContainText("of 336,776");
    });
  });
}

test("the head that was pressed keeps the focus, by keyboard too", async ({ page, dataset, sample: _ }) => {
  await dataset.goto("planes");
  const head = dataset.head("seats").getByRole("link");
  await head.focus();
  await page.keyboard.press("Enter");
  await expect(dataset.head("seats")).toHaveAttribute("aria-sort", "ascending");
  await expect(head).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(dataset.head("seats")).toHaveAttribute("aria-sort", "descending");
  expect((await dataset.cells("seats"))[0]).toBe("450");
});

test("columns at a glance appear when they have been counted", async ({ dataset, server, sample: _ }) => {
  server.freeze();
  await dataset.goto("flights");
  await expect(dataset.main).toContainText("The values are being counted.");
  await expect(dataset.card("dep_delay")).toContainText("integer");
  await expect(dataset.card("dep_delay").getByRole("img")).toHaveCount(0);
  server.thaw();
  await expect(dataset.card("dep_delay")).toContainText("8,255 missing (2.5 %)");
  await expect(dataset.card("dep_delay")).toContainText("−43 to 1,301");
  await expect(dataset.card("dep_delay").getByRole("img", { name: /^Distribution from -43 to 1301: / })).toBeVisible();
  await expect(dataset.card("carrier")).toContainText("mostly UA (58,665)");
  await expect(dataset.card("year")).toContainText("always 2013");
});
