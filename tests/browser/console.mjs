// Every screen in both languages, at two widths, dark and light: what must be there is there, axe
// finds nothing, nothing of another host is asked, nothing overflows, no script of the data runs.
// Then a planner's way: a file in which one item's sales treble is read in, forecast, found.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const { URL: url, SHOTS: shots, WORK: work, SKUA: skua } = process.env;
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const patience = 120_000;
const problems = [];
const foreign = [];

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

async function open(options) {
  const context = await browser.newContext({ ...options, bypassCSP: false });
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  // Chromium logs every 404; of a result it only means that it was not worked out yet
  const unasked = (m) => /404/.test(m.text()) && /\/(plans\/\w+|trends|causes|explanation)$/.test(m.location().url);
  page.on("console", (m) => m.type() === "error" && !unasked(m) && problems.push(`console: ${m.text()}`));
  page.on("pageerror", (e) => problems.push(`page: ${e.message}`));
  page.on("dialog", (d) => { problems.push(`dialog: ${d.message()}`); void d.dismiss(); });
  page.on("request", (r) => !r.url().startsWith(url) && !/^(data|blob):/.test(r.url()) && foreign.push(r.url()));
  return page;
}

async function go(page, hash) {
  await page.goto(`${url}/#/${hash}`);
  await page.waitForSelector("h1");
}

/** axe without the page's own policy in the way: its source runs in an isolated evaluation. */
async function audit(page, name) {
  await page.evaluate(axeSource);
  const result = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  for (const v of result.violations) problems.push(`axe, ${name}: ${v.id}: ${v.help}: ${v.nodes.slice(0, 2).map((n) => n.html.slice(0, 140)).join(" | ")}`);
  assert.ok(result.passes.length > 5, "axe looked at nothing");
}

async function noOverflow(page, name) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (wide > 1) problems.push(`${name}: ${wide} pixels wider than the window`);
}

const screens = [
  ["overview", "shop", { en: "What changes most", zh: "变化最大的商品" }, ".uplot canvas"],
  ["items", "shop/items", { en: "Search items", zh: "搜索商品" }, ".space .row a"],
  ["item", null, { en: "What if", zh: "假设分析" }, ".uplot canvas"],
  ["plan", "shop/plan", { en: "Accept these orders", zh: "接受这些订单" }, "tbody input"],
  ["trends", "shop/trends", { en: "What moved the total", zh: "总量变化的来源" }, ".bar-svg"],
  ["why", "shop/why", { en: "Effects by item", zh: "各商品的效应" }, "table"],
  ["models", "shop/models", { en: "Leaderboard", zh: "排行榜" }, "table"],
  ["data", "shop/data", { en: "Read in a file", zh: "读入文件" }, ".drop"],
];

// what is not worked out yet says so, and is worked out at a click
{
  const page = await open({ viewport: { width: 1280, height: 860 }, locale: "en-GB" });
  for (const [hash, selector] of [["shop/plan", "tbody input"], ["shop/trends", ".bar-svg"], ["shop/why", ".figure"]]) {
    await go(page, hash);
    const button = page.getByRole("button", { name: "Work it out", exact: true });
    await button.waitFor();
    await page.screenshot({ path: `${shots}/${hash.slice(5)}-empty.png` });
    await button.click();
    await page.waitForSelector(selector, { timeout: 5 * patience });
  }
  // the plan of a person: a quantity is changed, taken away as a file, accepted, and counted by the next plan
  await go(page, "shop/plan");
  const field = page.locator("tbody input").first();
  await field.waitFor();
  const label = await field.getAttribute("aria-label");
  const [item, place] = label.replace("Order: ", "").split(" ");
  const export_ = async () => {
    const [file] = await Promise.all([page.waitForEvent("download"), page.click("#export")]);
    return readFileSync(await file.path(), "utf8").trim().split("\n").map((l) => l.split(","));
  };
  const file = `${work}/orders.csv`;
  execFileSync(skua, ["plan", `${work}/shop`, "stock", "-q", "-o", file]);
  const theirs = readFileSync(file, "utf8").trim().split("\n").map((l) => l.split(","));
  const ours = await export_();
  assert.deepEqual(ours[0], theirs[0]);
  assert.equal(ours.length, theirs.length);
  for (const [i, row] of theirs.entries()) row.forEach((v, k) => assert.ok(v === ours[i][k] || Math.abs(Number(v) - Number(ours[i][k])) <= 2e-5 * Math.abs(Number(v)), `${row[0]}: ${v} and ${ours[i][k]}`));
  await field.fill("77");
  await field.press("Tab");
  const line = (rows) => rows.find((r) => r[0] === item && r[1] === place);
  const before = line(await export_());
  assert.equal(before[2], "77");
  await page.click("#accept");
  const onOrder = async () => (await (await fetch(`${url}/v1/shops/shop/plans/stock`)).json()).report.lines.find((l) => l.item === item && l.location === place).on_order;
  for (let i = 0; i < 400 && (await onOrder()) === Number(before[4]); i++) await new Promise((r) => setTimeout(r, 250));
  assert.equal(await onOrder(), Number(before[4]) + 77, "an accepted order is not on its way");
  // promotions and prices: the page tells what the command tells; what is accepted is agreed in the next plan
  const command = (what) => JSON.parse(execFileSync(skua, ["plan", `${work}/shop`, what, "--json", "-q"], { encoding: "utf8", maxBuffer: 1 << 28 }));
  const plain = (text) => Number(text.replace(/,/g, ""));
  for (const [tab, what, search] of [["Promotions", "promo", "#promo-search"], ["Prices", "price", "#price-search"]]) {
    await page.getByRole("button", { name: tab, exact: true }).click();
    await page.getByRole("button", { name: "Work it out", exact: true }).click();
    await page.waitForSelector(search, { timeout: 5 * patience });
    const told = command(what);
    assert.ok(told.lines.length > 0, `a plan of ${what} without lines`);
    const rows = await page.evaluate(() => [...document.querySelectorAll("tbody tr")].map((r) => [...r.children].map((c) => c.innerText)));
    assert.equal(rows.length, Math.min(100, told.lines.length));
    rows.forEach((r, i) => {
      const l = told.lines[i];
      assert.ok(r[0].includes(l.item) && r[0].includes(l.title) && r[1] === l.channel, `${what}, line ${i + 1}: ${r[0]}, by the command ${l.item} ${l.title}`);
      assert.ok(Math.abs(plain(r[what === "promo" ? 4 : 2]) - l.price) <= 0.0051, `${l.item}: price ${r.join(" | ")}, by the command ${l.price}`);
      if (what === "promo") assert.equal(Math.round(plain(r[6])), Math.round(l.gain), `${l.item}: gain`);
    });
    if (what === "promo") {
      const summary = await page.locator("section.card p strong").first().innerText();
      assert.ok(summary.startsWith(`${told.promotions} promotions of ${told.items} items from ${told.from} to ${told.to}`) && summary.includes(Math.round(told.gain).toLocaleString("en")), summary);
    }
    await page.screenshot({ path: `${shots}/plan-${what}.png`, fullPage: true });
    await audit(page, `plan ${what}`);
    await noOverflow(page, `plan ${what}`);
    if (what !== "promo") continue;
    const fresh = told.lines.filter((l) => !l.agreed).length;
    await page.getByRole("button", { name: "Accept the plan" }).click();
    await page.waitForSelector(`text=/Of these, ${fresh + told.agreed} were agreed before/`, { timeout: 5 * patience });
    assert.equal(command("promo").agreed, fresh + told.agreed, "an accepted promotion is not agreed");
  }
  await page.context().close();
}

let itemHash = "";
for (const [kind, options] of [
  ["wide", { viewport: { width: 1280, height: 860 }, colorScheme: "light", locale: "en-GB" }],
  ["dark-phone", { viewport: { width: 390, height: 844 }, colorScheme: "dark", locale: "zh-CN" }],
]) {
  const page = await open(options);
  await go(page, "shop/items");
  await page.waitForSelector(".space .row a");
  itemHash = (await page.getAttribute(".space .row a", "href")).slice(2);
  for (const language of ["en", "zh"]) {
    await page.evaluate((l) => localStorage.setItem("skua-language", l), language);
    for (const [name, hash, words, selector] of screens) {
      await page.goto("about:blank");
      await go(page, hash ?? itemHash);
      await page.waitForSelector(selector);
      if (name === "item" && (await page.getByRole("button", { name: /^(Work it out|开始计算)$/ }).count()) > 0) await page.getByRole("button", { name: /^(Work it out|开始计算)$/ }).first().click();
      await page.waitForFunction((w) => document.body.innerText.includes(w), words[language]);
      if (name === "trends" || name === "why") assert.ok((await page.locator("td .named small").count()) > 0, `${name}: items without what they are called`);
      assert.equal(await page.getAttribute("html", "lang"), language === "zh" ? "zh-CN" : "en");
      await page.waitForTimeout(250);
      await audit(page, `${name} ${language} ${kind}`);
      await noOverflow(page, `${name} ${language} ${kind}`);
      await page.screenshot({ path: `${shots}/${name}-${language}-${kind}.png`, fullPage: name !== "items" });
      if (name === "overview") assert.equal(await page.innerText("h1"), "Tea & 茶 <b>");
    }
  }
  await page.context().close();
}

// the language at a click, kept after a reload; the theme too; keys
const page = await open({ viewport: { width: 1280, height: 860 }, locale: "en-GB" });
await go(page, "shop/items");
await page.click("#language");
await page.waitForFunction(() => document.querySelector("h1")?.textContent === "商品");
await page.reload();
await page.waitForFunction(() => document.querySelector("h1")?.textContent === "商品");
await page.click("#language");
await page.waitForFunction(() => document.querySelector("h1")?.textContent === "Items");
await page.click("#theme");
assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
await page.waitForSelector(".space .row a");
await page.focus(".grid");
await page.keyboard.press("ArrowDown");
await page.keyboard.press("Enter");
await page.waitForSelector("#price");
assert.match(page.url(), /items\//);

// sliders answer, and say so when the model does not look at prices
await page.waitForSelector(".uplot canvas");
await page.locator("#horizon").fill("5");
await page.waitForFunction(() => /5/.test(document.querySelector(".sliders + p")?.textContent ?? "") && /ms/.test(document.querySelector(".sliders + p")?.textContent ?? ""));

// an item's sales treble: the file goes in, the forecast follows, equal to the command's
const rows = readFileSync(`${work}/files/sales.csv`, "utf8").trim().split("\n").map((l) => l.split(","));
const head = rows[0];
const at = (name) => head.indexOf(name);
const sums = new Map();
for (const r of rows.slice(-4000)) sums.set(r[at("item")], (sums.get(r[at("item")]) ?? 0) + Number(r[at("units")] || 0));
const chosen = [...sums.entries()].sort((a, b) => b[1] - a[1])[1][0];
const days = [...new Set(rows.slice(1).map((r) => r[at("ds")]))].sort().slice(-90);
const more = rows.filter((r, i) => i === 0 || (r[at("item")] === chosen && r[at("ds")] >= days[0]));
writeFileSync(`${work}/treble.csv`, more.map((r, i) => (i === 0 ? r : r.map((v, k) => (k === at("units") ? String(3 * Number(v)) : v))).join(",")).join("\n"));
const expected = async () => (await (await fetch(`${url}/v1/shops/shop/items/${chosen}`)).json()).expected;
const before = await expected();
await go(page, "shop/data");
await page.setInputFiles("#file", `${work}/treble.csv`);
await page.waitForSelector("text=Taken as");
await page.screenshot({ path: `${shots}/data-preview.png`, fullPage: true });
await page.getByRole("button", { name: "Read in", exact: true }).click();
await page.waitForSelector(".notice.good");
await go(page, "shop/models");
await page.selectOption("#preset", "fast");
await page.fill("#train-horizon", "14");
await page.getByRole("button", { name: "Start training" }).click();
await page.waitForSelector('.job:has(strong:text-is("Train"))');
await page.screenshot({ path: `${shots}/models-training.png` });
const horizon = async () => (await (await fetch(`${url}/v1/shops/shop`)).json()).forecast.horizon;
const ended = (jobs, verb) => jobs.find((j) => j.verb === verb && j.ended_at); // the newest stands first
for (;;) {
  const { jobs } = await (await fetch(`${url}/v1/shops/shop/jobs`)).json();
  if (ended(jobs, "train") && jobs.every((j) => j.ended_at) && ended(jobs, "forecast")) break;
  await new Promise((r) => setTimeout(r, 250));
}
await page.waitForSelector('.job.done:has(strong:text-is("Forecast"))', { timeout: 10 * patience });
for (let i = 0; i < 400 && (await horizon()) !== 14; i++) await new Promise((r) => setTimeout(r, 250));
assert.equal(await horizon(), 14, "the new forecast did not come");
const after = await expected();
assert.ok(after / 14 > 1.8 * (before / 28), `the forecast of ${chosen} did not follow: ${before / 28} a day, then ${after / 14}`);
await go(page, `shop/items/${chosen}`);
await page.waitForSelector(".uplot canvas");
const shown = await page.evaluate(() => [...document.querySelectorAll("tbody tr")].map((r) => [...r.children].map((c) => c.textContent)));
const csv = `${work}/check.csv`;
execFileSync(skua, ["forecast", `${work}/shop`, "-q", "-o", csv]);
const channel = await page.evaluate(() => document.querySelector("#channel").selectedOptions[0].textContent);
const theirs = readFileSync(csv, "utf8").trim().split("\n").slice(1).map((l) => l.split(",")).filter((r) => r[0] === chosen && r[1] === channel);
assert.equal(theirs.length, 14);
for (const r of theirs) {
  const row = shown.find((x) => x[0] === r[2]);
  assert.ok(row, `no row of ${r[2]}`);
  assert.ok(Math.abs(Number(row[1].replace(/,/g, "")) - Number(r[3])) <= 0.051, `${r[2]}: ${row[1]} on the page, ${r[3]} by the command`);
}
await page.screenshot({ path: `${shots}/item-trebled.png`, fullPage: true });

// a stranger's walk, from the first page to the next order of that item and why: clicks are counted.
// In English nothing was worked out for it yet, in Chinese it was.
const told = (...command) => JSON.parse(execFileSync(skua, [...command, "--json", "-q"], { encoding: "utf8", maxBuffer: 1 << 28 }));
const because = told("explain", `${work}/shop`, "--item", chosen);
const orders = told("plan", `${work}/shop`, "stock").lines.filter((l) => l.item === chosen);
assert.ok(orders.length > 0 && because.sentence && because.sentence_zh, "the command tells an order and a reason");
for (const [language, names, most] of [["en-GB", { items: "Items", work: /^Work it out/, order: "Next order", why: "Why this forecast", sentence: because.sentence }, 4], ["zh-CN", { items: "商品", work: /^(开始计算|重新计算)/, order: "下次订货", why: "预测的原因", sentence: because.sentence_zh }, 2]]) {
  const stranger = await open({ viewport: { width: 1280, height: 860 }, locale: language });
  let clicks = 0;
  const click = async (place) => {
    clicks++;
    await place.click();
  };
  const began = Date.now();
  await stranger.goto(url);
  await click(stranger.getByRole("link", { name: names.items, exact: true }));
  await stranger.fill("#search", chosen);
  await stranger.waitForFunction((n) => document.querySelector(".grid")?.getAttribute("aria-rowcount") === "2" && document.querySelector(".space .row small, .space .row a")?.closest(".row").textContent.includes(n), chosen);
  await click(stranger.locator(".space .row a").first());
  const part = (name) => stranger.locator("section.card", { has: stranger.getByRole("heading", { name, exact: true }) });
  for (const name of [names.order, names.why]) {
    await part(name).locator("button, strong").first().waitFor();
    const asks = part(name).locator("button:not(.plain)", { hasText: names.work });
    if ((await asks.count()) > 0) await click(asks);
    await part(name).locator("strong").first().waitFor({ timeout: 5 * patience });
  }
  const reason = await part(names.why).locator("strong").first().innerText();
  assert.equal(reason, names.sentence, "the reason on the page is the command's");
  await stranger.waitForFunction(() => document.querySelectorAll(".notice.bar").length === 0);
  const said = (await part(names.order).locator("strong").allInnerTexts()).map((text) => text.replace(/,/g, ""));
  for (const l of orders) assert.ok(said.some((text) => text.includes(l.location) && (l.order === 0 || new RegExp(`(^|\\D)${Math.round(l.order)}\\D`).test(text) || text.includes(String(Math.round(l.order * 10) / 10)))), `${l.location}: ${l.order} by the command; on the page: ${said.join(" | ")}`);
  assert.ok(clicks <= most, `${clicks} clicks`);
  await stranger.screenshot({ path: `${shots}/walk-${language}.png`, fullPage: true });
  console.log(`walk, ${language}: ${clicks} clicks and the item's name, ${((Date.now() - began) / 1000).toFixed(1)} s with the working out`);
  await stranger.context().close();
}

await browser.close();
assert.deepEqual(foreign, [], "asked another host");
assert.deepEqual(problems, [], problems.join("\n"));
console.log(`browser: ${screens.length} screens, 2 languages, 2 widths: nothing found; ${chosen} followed its trebled sales`);
