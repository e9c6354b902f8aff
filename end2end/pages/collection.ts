// The form that declares a collection.

import type { Locator, Page } from "@playwright/test";

export class CollectionForm {
  readonly form: Locator;
  readonly name: Locator;
  readonly kind: Locator;
  readonly pattern: Locator;
  readonly read: Locator;
  readonly lookFirst: Locator;
  readonly first: Locator;

  constructor(page: Page) {
    this.form = page.getByRole("form", { name: "Read records that are in Redis" });
    this.name = this.form.getByLabel("What to call them");
    this.kind = this.form.getByLabel("What is there");
    this.pattern = this.form.getByLabel(/Keys that match|Its key/);
    this.read = this.form.getByRole("button", { name: "Read them" });
    this.lookFirst = this.form.getByRole("button", { name: "Look first" });
    this.first = this.form.getByRole("region", { name: "The first records" }).getByRole("row");
  }
}
