// `/datasets`

import type { Locator, Page } from "@playwright/test";

import { CollectionForm } from "./collection";
import { Frame } from "./frame";
import { UploadForm } from "./upload";

export class DatasetsPage extends Frame {
  readonly upload: UploadForm;
  readonly collection: CollectionForm;
  readonly rows: Locator;

  constructor(page: Page) {
    super(page);
    this.upload = new UploadForm(page);
    this.collection = new CollectionForm(page);
    this.rows = page.getByRole("region", { name: "Data sets" }).getByRole("row");
  }

  async goto(): Promise<void> {
    await this.open("/datasets");
  }

  /** The row of a data set. */
  row(name: string): Locator {
    return this.rows.filter({ has: this.page.getByRole("link", { name, exact: true }) });
  }
}
