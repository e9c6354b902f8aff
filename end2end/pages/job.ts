// `/jobs/{id}`

import type { Locator, Page } from "@playwright/test";

import { Frame } from "./frame";

export class JobPage extends Frame {
  readonly state: Locator;
  readonly finding: Locator;
  readonly chart: Locator;
  readonly rows: Locator;
  readonly cancel: Locator;
  readonly edit: Locator;
  readonly timeline: Locator;

  constructor(page: Page) {
    super(page);
    this.state = this.main.getByRole("status").first();
    this.finding = this.main.getByText("has the highest");
    this.chart = page.getByRole("img", { name: /chart/i });
    this.rows = page.getByRole("region", { name: "Result" }).getByRole("row");
    this.cancel = page.getByRole("button", { name: "Cancel" });
    this.edit = page.getByRole("link", { name: "Edit" });
    this.timeline = page.getByRole("complementary", { name: "How it came about" }).getByRole("listitem");
  }

  async goto(id: string): Promise<void> {
    await this.open(`/jobs/${id}`);
  }

  /** The head of a column, which sorts by it. */
  column(name: string): Locator {
    return this.page.getByRole("columnheader", { name }).getByRole("button");
  }

  /** What stands in a column, from top to bottom. */
  cells(column: number): Locator {
    return this.rows.locator(`:scope > td:nth-child(${column})`);
  }
}
