// What stands around every page: the rail, the badge, the list of keys, notices.

import { type Locator, type Page, expect } from "@playwright/test";

export class Frame {
  readonly title: Locator;
  readonly rail: Locator;
  readonly badge: Locator;
  readonly main: Locator;
  readonly skipLink: Locator;
  readonly keys: Locator;

  constructor(readonly page: Page) {
    this.title = page.getByRole("heading", { level: 1 });
    this.rail = page.getByRole("navigation", { name: "Main" });
    this.badge = page.getByRole("banner").getByRole("status");
    this.main = page.getByRole("main");
    this.skipLink = page.getByRole("link", { name: "Skip to the page" });
    this.keys = page.getByRole("dialog", { name: "Keys" });
  }

  /** Opens an address and waits until events arrive. */
  protected async open(address: string): Promise<void> {
    await this.page.goto(address);
    await this.isLive();
  }

  /** Waits until events arrive. */
  async isLive(): Promise<void> {
    await expect(this.badge).toHaveText("Live");
  }

  /** Goes to a page by the rail. */
  async go(name: "Bench" | "Data sets" | "New analysis" | "Jobs"): Promise<void> {
    await this.rail.getByRole("link", { name }).click();
    await expect(this.title).toHaveText(name);
  }
}
