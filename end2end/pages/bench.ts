// `/`

import type { Locator, Page } from "@playwright/test";

import { Frame } from "./frame";
import { UploadForm } from "./upload";

export class BenchPage extends Frame {
  readonly loadSample: Locator;
  readonly upload: UploadForm;

  constructor(page: Page) {
    super(page);
    this.loadSample = page.getByRole("button", { name: "Load the sample and run a first analysis" });
    this.upload = new UploadForm(page);
  }

  async goto(): Promise<void> {
    await this.open("/");
  }

  /** The job of this title, wherever it stands. */
  job(title: string): Locator {
    return this.main.getByRole("listitem").filter({ hasText: title });
  }

  /** The data set of this name among those at hand. */
  dataset(name: string): Locator {
    return this.main.getByRole("link", { name, exact: true });
  }
}
