import { documents, expect, test } from "../fixtures";

// What the browser says while nobody answers.
const AWAY = /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_INTERNET_DISCONNECTED|503/;

for (const [how, end] of [
  ["asked to stop", "stop"],
  ["killed", "kill"],
] as const) {
  test(`a result outlives a server that is ${how}, and an open page becomes live again by itself`, async ({ page, server, sample, job, complaints }) => {
    complaints.provoked(AWAY);
    await job.goto(sample.job);
    const loaded = documents(page);
    await server[end]();
    await expect(job.badge).toHaveText(/Reconnecting|Offline/);
    await expect(job.rows).toHaveCount(1 + 16);

    await server.start();
    await expect(job.badge).toHaveText("Live", { timeout: 45_000 });
    expect(loaded).toEqual([]);

    await page.reload();
    await expect(job.finding).toContainText("F9 has the highest mean of dep_delay");
    await expect(job.chart).toBeVisible();
    await expect(job.rows).toHaveCount(1 + 16);
  });
}

test("what happened while a page was offline stands on it once it is live again", async ({ server, sample: _, jobs, context, complaints }) => {
  complaints.provoked(AWAY);
  await jobs.goto();
  const loaded = documents(jobs.page);
  await server.stop();
  await expect(jobs.badge).toHaveText(/Reconnecting|Offline/);
  await context.setOffline(true);
  await server.start();
  const session = (await context.storageState()).cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  const submitted = await fetch(`${server.url}/api/v1/jobs`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Cookie: session },
    body: JSON.stringify({ dataset: "airlines", analysis: { kind: "describe" }, label: "While nobody looked" }),
  });
  expect(submitted.status).toBe(202);
  await expect(jobs.row("While nobody looked")).toBeHidden();
  await context.setOffline(false);
  await expect(jobs.row("While nobody looked")).toContainText("Succeeded", { timeout: 45_000 });
  await expect(jobs.badge).toHaveText("Live");
  expect(loaded).toEqual([]);
});
