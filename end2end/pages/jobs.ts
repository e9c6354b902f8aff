// `/jobs`

import type { Locator, Page } from "@playwright/test";

import { Frame } from "./frame";

export class JobsPage extends Frame {
  readonly rows: Locator;
  readonly search: Locator;

  constructor(page: Page) {
    super(page);
    this.rows = this.main.getByRole("listitem");
    this.search = page.getByRole("searchbox", { name: "Find jobs by title or data set" });
  }

  async goto(): Promise<void> {
    await this.open("/jobs");
  }

  /** The row of a job. */
  row(title: string): Locator {
    return this.rows.filter({ hasText: title });
  }

  /** Narrows the list to a state. */
  async only(state: string): Promise<void> {
    const states = this.page.getByRole("navigation", { name: "By state" });
    await states.getByRole("link", { name: state }).click();
  }
}
