import { expect, test } from "../fixtures";
import { payload } from "../pages/upload";

// As a spreadsheet in much of Europe writes it.
const SHOPS = {
  name: "shops 2026.csv",
  text: "zip;opened;price\n01100;2026-01-02;12,50\n75001;2026-02-03;7\n69001;2026-03-04;31,25\n",
};
const ORDERS = { name: "orders.csv", text: "day,city,amount\n2026-01-02,Oslo,12.5\n2026-01-03,Bergen,7\n" };
const RAGGED = { name: "ragged.csv", text: "a,b\n1,2\n3,4,5\n" };

test("a file is shown as it reads, changed, and loaded as it was shown", async ({ page, load, dataset }) => {
  await load.goto();
  await load.choose(SHOPS);
  const card = load.card("shops 2026.csv");
  await expect(card.rows).toHaveCount(1 + 3);
  await expect(card.name).toHaveValue("shops_2026");
  await expect(card.option("Delimiter")).toHaveValue("semicolon");
  await expect(card.option("Decimal mark")).toHaveValue("comma");
  await expect(card.option("First line")).toHaveValue("first");
  await expect(card.type("opened")).toHaveValue("date");
  await expect(card.rows.nth(1)).toContainText("12.5");

  await card.type("opened").focus();
  await card.type("opened").selectOption("text");
  await expect(card.rows.nth(1)).toContainText("2026-01-02");
  await expect(card.type("opened")).toHaveValue("text");
  await expect(card.type("opened"), "the keyboard stays where it was").toBeFocused();
  await card.name.fill("shops");
  await load.load.click();

  await expect(page).toHaveURL(/\/datasets\/shops$/);
  await expect(dataset.columns.filter({ hasText: "opened" })).toBeVisible();
  const made = await (await page.request.get("/api/v1/datasets/shops")).json();
  expect(made.schema.columns.map(({ type }: { type: string }) => type)).toEqual(["text", "text", "number"]);
  expect(made.import.options.types).toEqual({ opened: "text" });
  await expect(dataset.main).toContainText("How the file was read");
});

test("what was found wrongly is changed, and the columns follow", async ({ load }) => {
  await load.goto();
  await load.choose(SHOPS);
  const card = load.card("shops 2026.csv");
  await card.option("First line").selectOption("none");
  await expect(card.type("column_1")).toHaveValue("text");
  await expect(card.rows).toHaveCount(1 + 4);
  await card.option("Delimiter").selectOption("bar");
  await expect(card.rows.first().getByRole("columnheader")).toHaveCount(1);
});

test("a type that does not fit is told with its line, and can be taken back", async ({ load, complaints }) => {
  complaints.provoked(/422/);
  await load.goto();
  await load.choose(ORDERS);
  const card = load.card("orders.csv");
  await card.type("city").selectOption("integer");
  await expect(card.error).toContainText("“Oslo” is not an integer");
  await card.type("city").selectOption("text");
  await expect(card.error).toHaveCount(0);
});

test("several files are loaded at once, and one that is wrong stays to be mended", async ({ load, datasets, complaints }) => {
  complaints.provoked(/422/);
  await load.goto();
  await load.choose(ORDERS, RAGGED, { ...ORDERS, name: "more.csv" });
  await expect(load.card("more.csv").rows).toHaveCount(1 + 2);
  await expect(load.card("ragged.csv").all).toContainText("Line 3");
  await load.load.click();
  await expect(load.card("orders.csv").all).toContainText("2 rows");
  await expect(load.card("more.csv").all).toContainText("Loaded");
  await expect(load.card("ragged.csv").error).toContainText("Line 3 has 3 fields");

  await load.card("ragged.csv").all.getByRole("button", { name: "Leave them out" }).click();
  await expect(load.card("ragged.csv").option("Lines that do not fit")).toHaveValue("skip");
  await load.load.click();
  await expect(load.card("ragged.csv").all.getByRole("link", { name: "ragged" })).toBeVisible();
  await load.go("Data sets");
  for (const name of ["orders", "more", "ragged"]) {
    await expect(datasets.row(name)).toBeVisible();
  }
});

test("two files of one name are told before anything is sent", async ({ load }) => {
  await load.goto();
  await load.choose(ORDERS, { ...SHOPS, name: "orders.txt" });
  await load.card("orders.txt").name.fill("Orders");
  await load.load.click();
  await expect(load.card("orders.txt").error).toContainText("Another file here has this name.");
});

test("a name that is taken is told at its field", async ({ page, load, dataset, complaints, sample: _ }) => {
  complaints.provoked(/409/);
  await load.goto();
  await load.choose(ORDERS);
  const card = load.card("orders.csv");
  await card.name.fill("flights");
  await load.load.click();
  await expect(card.error).toContainText("There is a data set “flights” already.");
  await card.name.fill("orders");
  await load.load.click();
  await expect(page).toHaveURL(/\/datasets\/orders$/);
  await expect(dataset.title).toHaveText("orders");
});

test("a table is pasted from a spreadsheet", async ({ page, load, dataset }) => {
  await load.goto();
  await load.paste.evaluate((area) => {
    const data = new DataTransfer();
    data.setData("text/plain", "town\tpeople\nOslo\t700000\nBergen\t290000\n");
    area.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  });
  const card = load.card("pasted");
  await expect(card.rows).toHaveCount(1 + 2);
  await expect(card.option("Delimiter")).toHaveValue("tab");
  await card.name.fill("towns");
  await load.load.click();
  await expect(page).toHaveURL(/\/datasets\/towns$/);
  await expect(dataset.rows).toHaveCount(1 + 2);
});

test("a table that is typed waits to be used", async ({ load }) => {
  await load.goto();
  await load.paste.fill("a,b\n1,2\n");
  await load.main.getByRole("button", { name: "Use this table" }).click();
  await expect(load.card("pasted").rows).toHaveCount(1 + 1);
  await expect(load.paste).toHaveValue("");
  await load.card("pasted").remove.click();
  await expect(load.card("pasted").all).toHaveCount(0);
});

test("an upload tells how far it is, and is cancelled in its middle", async ({ page, context, server, load }) => {
  await load.goto();
  const line = "2026-01-02,Oslo,12.5,a rather long text so that there are few lines\n";
  await load.choose({ name: "big.csv", text: `day,city,amount,remark\n${line.repeat(200_000)}` });
  const card = load.card("big.csv");
  await expect(card.rows).toHaveCount(1 + 10);
  const network = await context.newCDPSession(page);
  const throttled = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 1_000_000 };
  await network.send("Network.enable");
  await network.send("Network.emulateNetworkConditions", throttled);
  await load.load.click();
  await expect(card.all).toContainText("Sending");
  await expect(card.all).toContainText(/ of 14 MB, .*\/s, \d+ (s|min) left/);
  await card.cancel.click();
  await expect(card.error).toContainText("Cancelled. Nothing of it is stored.");
  await expect.poll(() => server.keys("assay:upload:*")).toEqual([]);
  expect((await (await page.request.get("/api/v1/datasets")).json()).items).toEqual([]);

  await network.send("Network.emulateNetworkConditions", { ...throttled, uploadThroughput: -1 });
  await load.load.click();
  await expect(page).toHaveURL(/\/datasets\/big$/);
});

test("an import that waits is cancelled", async ({ server, load }) => {
  await load.goto();
  await load.choose(ORDERS);
  await expect(load.card("orders.csv").rows).toHaveCount(1 + 2);
  server.freeze();
  await load.load.click();
  await expect(load.card("orders.csv").all).toContainText("Waiting");
  await load.card("orders.csv").cancel.click();
  await expect(load.card("orders.csv").error).toContainText("Cancelled");
});

test("what is being sent goes on while one looks elsewhere", async ({ page, server, load }) => {
  await load.goto();
  await load.choose(ORDERS);
  await expect(load.card("orders.csv").rows).toHaveCount(1 + 2);
  server.freeze();
  await load.load.click();
  await expect(load.card("orders.csv").all).toContainText("Waiting");
  await load.go("Jobs");
  await load.go("Data sets");
  await page.getByRole("main").getByRole("link", { name: "Load data" }).click();
  await expect(load.card("orders.csv").all).toContainText("Waiting");
  server.thaw();
  await expect(page).toHaveURL(/\/datasets\/orders$/);
});

test("files are dropped", async ({ page, load }) => {
  await load.goto();
  const { name, buffer } = payload(ORDERS);
  const dropped = await page.evaluateHandle(
    ([name, text]) => {
      const data = new DataTransfer();
      data.items.add(new File([text!], name!));
      data.items.add(new File([text!], `more ${name}`));
      return data;
    },
    [name, buffer.toString()],
  );
  await page.locator("form.drop").dispatchEvent("drop", { dataTransfer: dropped });
  await expect(load.card("orders.csv").rows).toHaveCount(1 + 2);
  await expect(load.card("more orders.csv").rows).toHaveCount(1 + 2);
});
