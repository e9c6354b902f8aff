// The small field that files are dropped on; it stands on the bench and on the page of data
// sets. Where there is a program it leads on to the page that loads files.

import type { Locator, Page } from "@playwright/test";

export interface NamedFile {
  name: string;
  text: string;
}

/** A file as the browser is given it. */
export function payload(file: NamedFile): { name: string; mimeType: string; buffer: Buffer } {
  return { name: file.name, mimeType: "application/octet-stream", buffer: Buffer.from(file.text) };
}

export class UploadForm {
  readonly file: Locator;
  readonly name: Locator;
  readonly load: Locator;

  constructor(page: Page) {
    const form = page.getByRole("complementary");
    this.file = form.getByLabel("Drop files here or choose them");
    this.name = form.getByLabel("Name of the data set");
    this.load = form.getByRole("button", { name: "Load" });
  }

  /** Chooses a file. */
  async choose(file: NamedFile): Promise<void> {
    await this.file.setInputFiles(payload(file));
  }
}
