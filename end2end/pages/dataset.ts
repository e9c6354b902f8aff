// `/datasets/{name}`

import type { Locator, Page } from "@playwright/test";

import { Frame } from "./frame";

export class DatasetPage extends Frame {
  readonly columns: Locator;
  readonly table: Locator;
  readonly rows: Locator;
  readonly pages: Locator;
  readonly filter: Locator;
  readonly analyse: Locator;

  constructor(page: Page) {
    super(page);
    this.columns = page.locator(".column-card");
    this.table = page.getByRole("region", { name: "Rows" }).getByRole("table");
    this.rows = this.table.getByRole("row");
    this.pages = page.getByRole("navigation", { name: "Pages of the table" });
    this.filter = page.getByRole("search", { name: "Filter the rows" });
    this.analyse = page.getByRole("link", { name: "Analyse" });
  }

  async goto(name: string): Promise<void> {
    await this.open(`/datasets/${encodeURIComponent(name)}`);
  }

  /** The head of a column. */
  head(column: string): Locator {
    return this.table.getByRole("columnheader", { name: column, exact: false }).filter({ hasText: new RegExp(`^${column}( [↑↓])?$`) });
  }

  /** The cells of a column on this page. */
  async cells(column: string): Promise<string[]> {
    const heads = await this.table.getByRole("columnheader").allTextContents();
    const at = heads.findIndex((head) => head.replace(/ [↑↓]$/, "") === column);
    return this.table.locator(`tbody td:nth-child(${at + 1})`).allTextContents();
  }

  /** The card of a column. */
  card(column: string): Locator {
    return this.columns.filter({ has: this.page.getByText(column, { exact: true }) });
  }

  /** Deletes it, by the menu. */
  async delete(): Promise<void> {
    await this.main.getByText("Delete", { exact: true }).click();
    await this.page.getByRole("button", { name: "Delete with all rows" }).click();
  }
}
