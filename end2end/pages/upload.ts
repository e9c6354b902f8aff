// The form that loads a file; it stands on the bench and on the page of data sets.

import type { Locator, Page } from "@playwright/test";

export interface NamedFile {
  name: string;
  text: string;
}

export class UploadForm {
  readonly file: Locator;
  readonly name: Locator;
  readonly load: Locator;
  readonly error: Locator;

  constructor(page: Page) {
    const form = page.getByRole("complementary");
    this.file = form.getByLabel("Drop a file here or choose one");
    this.name = form.getByLabel("Name of the data set");
    this.load = form.getByRole("button", { name: "Load" });
    this.error = form.getByRole("alert");
  }

  /** Chooses a file, and names the data set if a name is given. */
  async choose(file: NamedFile, name?: string): Promise<void> {
    await this.file.setInputFiles({
      name: file.name,
      mimeType: "application/octet-stream",
      buffer: Buffer.from(file.text),
    });
    if (name !== undefined) {
      await this.name.fill(name);
    }
  }
}
