// `/new`

import { type Locator, type Page, expect } from "@playwright/test";

import { Frame } from "./frame";

export class NewPage extends Frame {
  readonly dataset: Locator;
  readonly label: Locator;
  readonly run: Locator;
  readonly preview: Locator;

  constructor(page: Page) {
    super(page);
    this.dataset = page.getByLabel("Data set", { exact: true });
    this.label = page.getByLabel("Name of the job");
    this.run = page.getByRole("button", { name: /^Run/ });
    this.preview = page.getByRole("complementary", { name: "What will run" });
  }

  /** Opens the form that `query` describes. */
  async goto(query: Record<string, string | string[]> = {}): Promise<void> {
    await this.open(address(query));
  }

  /** A field with all that stands in it: controls, errors, hint. */
  field(name: string): Locator {
    return this.page.getByRole("group", { name, exact: true });
  }

  /** Adds a column to a field that takes columns. */
  async addColumn(field: string, column: string): Promise<void> {
    await this.field(field).getByLabel("Add a column").selectOption(column);
    await expect(this.field(field).getByRole("link", { name: `Remove ${column}` })).toBeVisible();
  }
}

/** The address of a form. */
export function address(query: Record<string, string | string[]>): string {
  const pairs = Object.entries(query).flatMap(([name, values]) =>
    [values].flat().map((value): [string, string] => [name, value]),
  );
  return `/new?${new URLSearchParams(pairs)}`;
}
