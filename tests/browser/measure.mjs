// The console's figures: the first view of a fresh browser, what its script weighs, and the script
// time of a frame while 100,000 rows scroll by. Lines of name, key, value and note for bench/run.sh.
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";

const { URL: url, ITEMS: items } = process.env;
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"] });
const emit = (key, value, note) => console.log(["console", key, value.toPrecision(4), note].join("\t"));

async function open() {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 } });
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  return page;
}

// from navigation to the frame after the overview is drawn, with nothing in a cache
const views = [];
for (let i = 0; i < 7; i++) {
  const page = await open();
  await page.addInitScript(() => {
    new MutationObserver(() => {
      if (document.documentElement.dataset.ready) requestAnimationFrame(() => requestAnimationFrame(() => (globalThis.shownAt ??= performance.now())));
    }).observe(document, { attributes: true, subtree: true, attributeFilter: ["data-ready"] });
  });
  await page.goto(`${url}/#/shop`);
  await page.waitForFunction(() => globalThis.shownAt);
  assert.ok(await page.$(".uplot canvas"), "the chart is there");
  if (i > 0) views.push(await page.evaluate(() => globalThis.shownAt)); // the first starts the browser's own processes
  await page.context().close();
}
views.sort((a, b) => a - b);

const page = await open();
let script = 0;
page.on("response", async (r) => { if (r.request().resourceType() === "script") script += gzipSync(await r.body()).length; });
await page.goto(`${url}/#/shop/items`);
await page.waitForSelector(".space .row a");
const rows = await page.evaluate(() => Number(document.querySelector(".grid").getAttribute("aria-rowcount")) - 1);
assert.equal(rows, Number(items), "rows");
const session = await page.context().newCDPSession(page);
await session.send("Performance.enable");
const spent = async () => Object.fromEntries((await session.send("Performance.getMetrics")).metrics.map((m) => [m.name, m.value])).ScriptDuration;
await page.evaluate(() => {
  globalThis.frames = 0;
  globalThis.most = 0;
  const count = () => {
    globalThis.frames++;
    globalThis.most = Math.max(globalThis.most, document.querySelectorAll(".space .row").length);
    requestAnimationFrame(count);
  };
  requestAnimationFrame(count);
});
await page.mouse.move(600, 500);
const before = { script: await spent(), frames: await page.evaluate(() => globalThis.frames) };
for (let i = 0; i < 150; i++) {
  if (i % 30 === 29) await page.evaluate((share) => (document.querySelector(".grid").scrollTop = share * document.querySelector(".grid").scrollHeight), (i + 1) / 150 - 0.05);
  await page.mouse.wheel(0, 300);
  await page.waitForTimeout(16);
}
const after = { script: await spent(), frames: await page.evaluate(() => globalThis.frames) };
await page.waitForFunction(() => [...document.querySelectorAll(".space .row")].every((r) => r.querySelector("a")));
const most = await page.evaluate(() => globalThis.most);
const frames = after.frames - before.frames;
assert.ok(await page.evaluate(() => document.querySelector(".grid").scrollTop > 100_000), "it scrolled");
assert.ok(most > 10 && most < 500, `${most} rows in the document`);
emit("first_view_ms", views[Math.floor(views.length / 2)], `median of ${views.length}, ${items} items, a tenth of them with a forecast, slowest ${views.at(-1).toFixed(0)}`);
emit("script_kb", script / 1000, "gzip");
emit("frame_ms", (1000 * (after.script - before.script)) / frames, `script time a frame, ${frames} frames while scrolling through ${rows} rows, at most ${most} rows in the document`);
await browser.close();
