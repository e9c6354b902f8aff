// The chart of a result is a Vega-Lite specification. The page draws it by itself; here
// the real Vega-Lite draws it too, and both must show the same.

import type { APIRequestContext } from "@playwright/test";
import * as vega from "vega";
import { type TopLevelSpec, compile } from "vega-lite";

import { expect, test } from "../fixtures";

test("Vega-Lite draws as many bars as the page, of the same lengths", async ({ context, sample, job }) => {
  const drawn = await draw(context.request, sample.job);
  const bars = drawn.marks("mark-rect");
  expect(bars).toHaveLength(16);

  await job.goto(sample.job);
  const widths = await job.chart.evaluate((svg) =>
    [...svg.querySelectorAll("rect.mark")].map((bar) => Number(bar.getAttribute("width"))),
  );
  expect(widths).toHaveLength(16);
  const longest = { ours: Math.max(...widths), theirs: Math.max(...bars.map((bar) => bar.width)) };
  const sorted = (lengths: number[]) => lengths.sort((a, b) => b - a);
  const theirs = sorted(bars.map((bar) => bar.width / longest.theirs));
  sorted(widths.map((width) => width / longest.ours)).forEach((ours, i) => expect(ours).toBeCloseTo(theirs[i]!, 1));
});

test("the names at the bars are those of the table", async ({ sample, job }) => {
  await job.goto(sample.job);
  const names = await job.chart.evaluate((svg) => [...svg.querySelectorAll("text.name")].map((name) => name.textContent));
  expect(names).toEqual(await job.cells(1).allTextContents());
});

test("a result over time is a line, in Vega-Lite and on the page", async ({ context, sample: _, newAnalysis, job, page }) => {
  await newAnalysis.goto({ dataset: "weather", kind: "aggregate", group_by: "time_hour", measure_fn: "mean", measure_column: "temp", filter_column: "month", filter_op: "eq", filter_value: "1", order_column: "time_hour" });
  await newAnalysis.run.click();
  await expect(job.state).toHaveText("Succeeded");
  await expect(job.chart).toHaveAccessibleName(/^Line chart/);
  const id = new URL(page.url()).pathname.split("/").at(-1)!;
  const drawn = await draw(context.request, id);
  expect(drawn.marks("mark-line").length).toBe(await job.chart.evaluate((svg) => svg.querySelectorAll("path.mark").length));
});

test("a chart is drawn anew for the width that it has", async ({ page, sample, job }) => {
  await job.goto(sample.job);
  const width = async () => (await job.chart.boundingBox())!.width;
  const wide = await width();
  await page.setViewportSize({ width: 400, height: 800 });
  await expect.poll(width).toBeLessThan(360);
  expect(wide).toBeGreaterThan(500);
  const size = () => job.chart.locator("text.name").first().evaluate((name) => getComputedStyle(name).fontSize);
  expect(await size()).toMatch(/^1[1-3](\.\d+)?px$/);
});

interface Bar {
  width: number;
}

/** What Vega-Lite makes of a job's chart. */
async function draw(request: APIRequestContext, job: string): Promise<{ marks: (role: string) => Bar[] }> {
  const answer = await request.get(`/api/v1/jobs/${job}/result?format=vega-lite`);
  expect(answer.status()).toBe(200);
  const spec = (await answer.json()) as TopLevelSpec;
  const warnings: string[] = [];
  const logger = { ...vega.logger(vega.Warn), warn: (...said: unknown[]) => (warnings.push(said.join(" ")), logger) } as ReturnType<typeof vega.logger>;
  const view = new vega.View(vega.parse(compile(spec, { logger }).spec), { renderer: "none" });
  await view.runAsync();
  const svg = await view.toSVG();
  view.finalize();
  expect(warnings).toEqual([]);
  return { marks: (role) => marks(svg, role) };
}

/** The marks of a role in Vega's SVG: each is a path in the group of that class. */
function marks(svg: string, role: string): Bar[] {
  const group = new RegExp(`<g class="${role}[^"]*marks[^"]*"[^>]*>(.*?)</g>`, "s").exec(svg)?.[1] ?? "";
  return [...group.matchAll(/ d="([^"]*)"/g)].map(([, path]) => ({ width: Number(/h(-?[\d.]+)/.exec(path!)?.[1] ?? 0) }));
}
