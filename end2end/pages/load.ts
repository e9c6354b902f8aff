// `/load`

import type { Locator, Page } from "@playwright/test";

import { Frame } from "./frame";
import { type NamedFile, payload } from "./upload";

export class LoadPage extends Frame {
  readonly files: Locator;
  readonly load: Locator;
  readonly paste: Locator;

  constructor(page: Page) {
    super(page);
    this.files = page.getByLabel(/^Drop (more )?files here, or choose them/);
    this.load = page.getByRole("button", { name: /^Load( \d+ files)?$/ });
    this.paste = page.getByLabel("Or paste a table");
  }

  async goto(): Promise<void> {
    await this.open("/load");
  }

  /** Chooses files. */
  async choose(...files: NamedFile[]): Promise<void> {
    await this.files.setInputFiles(files.map(payload));
  }

  /** The card of a file. */
  card(name: string): Card {
    return new Card(this.main.getByRole("region", { name, exact: true }));
  }
}

export class Card {
  readonly name: Locator;
  readonly rows: Locator;
  readonly error: Locator;
  readonly bar: Locator;
  readonly cancel: Locator;
  readonly remove: Locator;

  constructor(readonly all: Locator) {
    this.name = all.getByLabel("Name of the data set");
    this.rows = all.getByRole("region", { name: "First rows" }).getByRole("row");
    this.error = all.getByRole("alert");
    this.bar = all.getByRole("progressbar");
    this.cancel = all.getByRole("button", { name: "Cancel" });
    this.remove = all.getByRole("button", { name: "Remove" });
  }

  /** How it is read: a select by its label. */
  option(label: string): Locator {
    return this.all.getByLabel(label, { exact: true });
  }

  /** The type of a column. */
  type(column: string): Locator {
    return this.all.getByLabel(`Type of ${column}`, { exact: true });
  }
}
