// `/datasets/{name}`

import type { Locator, Page } from "@playwright/test";

import { Frame } from "./frame";

export class DatasetPage extends Frame {
  readonly columns: Locator;
  readonly rows: Locator;
  readonly analyse: Locator;

  constructor(page: Page) {
    super(page);
    const about = page.getByRole("complementary", { name: "About the data set" });
    this.columns = about.getByRole("term");
    this.rows = page.getByRole("region", { name: /^First / }).getByRole("row");
    this.analyse = page.getByRole("link", { name: "Analyse" });
  }

  async goto(name: string): Promise<void> {
    await this.open(`/datasets/${encodeURIComponent(name)}`);
  }

  /** Deletes it, by the menu. */
  async delete(): Promise<void> {
    await this.main.getByText("Delete", { exact: true }).click();
    await this.page.getByRole("button", { name: "Delete with all rows" }).click();
  }
}
