import type { Item, Job, Model, Score } from "./api";
import { download, follow, get, post, shopPath } from "./api";
import { h, replace } from "./dom";
import { chart, sparkline } from "./picture";
import type { Screen } from "./screen";
import { card, emptyShop, failure, link, table } from "./screen";
import { engineName, number, percent, t } from "./text";

function figure(label: string, value: string, more: string): HTMLElement {
  return h("div", { class: "figure" }, h("div", { class: "label" }, label), h("div", { class: "value" }, value), h("div", { class: "more" }, more));
}

const sum = (x: (number | null)[]): number => x.reduce<number>((a, b) => a + (b ?? 0), 0);

function accuracy(model: Model): HTMLElement {
  const board = model.leaderboard ?? [];
  const best = board.find((r) => /combination|ensemble/.test(r.name)) ?? board.find((r) => !r.baseline);
  const rest = board.filter((r) => r.baseline && typeof r.wql === "number").sort((a, b) => (a.wql ?? 0) - (b.wql ?? 0))[0];
  if (!best || typeof best.wql !== "number") return figure(t("accuracy"), "–", t("noModel"));
  const gain = rest && typeof rest.wql === "number" ? 1 - best.wql / rest.wql : null;
  return figure(t("accuracy"), best.wql.toFixed(3), t("accuracyOf", { p: percent(gain, false), b: (rest as Score | undefined)?.name ?? "" }));
}

function total(screen: Screen): HTMLElement {
  const box = h("div", { class: "chart", role: "img", "aria-label": t("total") });
  const whole = screen.summary.total;
  if (!whole) return box;
  const n = whole.history.length;
  const ahead = whole.ahead ?? [];
  const gap = new Array<null>(n).fill(null);
  const joined = (x: number[] | undefined): (number | null)[] => [...gap, ...(x ?? [])];
  // the forecast may begin before the last sales came in: both share those periods
  const periods = [...whole.periods, ...ahead.filter((p) => !whole.periods.includes(p))];
  const lay = (x: (number | null)[]): (number | null)[] => {
    const values = new Array<number | null>(periods.length).fill(null);
    ahead.forEach((p, i) => (values[periods.indexOf(p)] = x[i + n] ?? null));
    return values;
  };
  const draw = (): (() => void) =>
    chart(box, {
      periods,
      lines: [
        { name: t("history"), values: [...whole.history, ...new Array<null>(periods.length - n).fill(null)], kind: "past" },
        { name: t("mean"), values: lay(joined(whole.mean)), kind: "ahead" },
      ],
      bands: ahead.length > 0 ? [{ low: lay(joined(whole.low)), high: lay(joined(whole.high)), strength: 1 }] : [],
    });
  queueMicrotask(() => screen.signal.addEventListener("abort", draw()));
  return box;
}

function movers(screen: Screen, items: Item[]): HTMLElement {
  const rows = items.filter((i) => i.expected !== null).map((i) => [
    h("a", { href: link(screen.shop, "items", i.item) }, i.title || i.item),
    sparkline(i.past ?? [], i.ahead ?? []) as unknown as Node,
    number(i.recent), number(i.expected), number((i.expected ?? 0) - (i.recent ?? 0)),
  ]);
  return table([t("item"), t("line"), t("recent"), t("expected"), t("change")], rows, [2, 3, 4]);
}

async function forecastNow(screen: Screen, status: HTMLElement): Promise<void> {
  try {
    const job = await post<Job>(`${shopPath(screen.shop)}/jobs`, { verb: "forecast" });
    await follow(screen.shop, job.job, (j) => replace(status, `${t(j.state)} ${j.stage} ${j.state === "running" ? percent(j.share, false) : ""} ${j.state === "failed" ? (j.log.at(-1) ?? "") : ""}`), screen.signal);
    setTimeout(screen.reload, 1500);
  } catch (error) {
    if (!screen.signal.aborted) replace(status, failure(error));
  }
}

function warnings(screen: Screen, rejects: number): HTMLElement {
  const list: (Node | string)[] = [];
  const status = h("span", { role: "status" });
  const button = (): HTMLElement => h("button", { type: "button", onclick: () => void forecastNow(screen, status) }, t("forecastNow"));
  if (!screen.summary.forecast) list.push(h("li", {}, t("noForecast"), " ", button(), " ", status));
  else if (screen.summary.forecast.stale) list.push(h("li", {}, t("stale"), " ", button(), " ", status));
  if (rejects > 0) list.push(h("li", {}, h("a", { href: link(screen.shop, "data") }, t("rejected", { n: number(rejects) }))));
  for (const k of screen.summary.finding_kinds.slice(0, 4)) list.push(h("li", {}, h("a", { href: link(screen.shop, "data") }, `${engineName(k.kind)}: ${number(k.count)}`)));
  return card(t("warnings"), list.length > 0 ? h("ul", { class: "plain-list" }, ...list) : h("p", {}, t("allFine")));
}

export async function overview(screen: Screen): Promise<void> {
  const { summary, root, shop } = screen;
  if (!summary.panel) return replace(root, emptyShop(screen));
  const base = shopPath(shop);
  const [items, model] = await Promise.all([
    get<{ items: Item[] }>(`${base}/items?sort=change&limit=8`, screen.signal), get<Model>(`${base}/model`, screen.signal)]);
  const forecast = summary.forecast;
  const whole = summary.total;
  const expected = sum(whole?.mean ?? []);
  const before = sum((whole?.history ?? []).slice(-(whole?.mean?.length ?? 0)));
  const rejects = summary.files.reduce((a, f) => a + (f.rejected ?? 0), 0);
  replace(root,
    h("h1", {}, summary.name),
    h("div", { class: "figures" },
      figure(`${t("expectedUnits")}, ${t("next", { n: forecast?.horizon ?? 0 })}`, forecast ? number(expected) : "–", forecast ? t("versus", { p: percent(before > 0 ? expected / before - 1 : null), n: forecast.horizon }) : t("noForecast")),
      figure(t("itemsCount"), number(summary.items), t("series", { n: number(summary.panel.series), f: engineName(summary.panel.frequency) })),
      figure(t("findings"), number(summary.findings), t("findingsKinds", { n: summary.finding_kinds.length })),
      accuracy(model)),
    card(t("total"), total(screen), h("p", { class: "hint" }, legend(), " ", t("chartHelp"))),
    h("div", { class: "two" },
      card(t("moversTitle"), movers(screen, items.items), h("p", {}, h("button", { type: "button", class: "plain", onclick: () => void download(`${base}/forecasts`, `${shop}-forecasts.csv`) }, t("downloadAll")))),
      warnings(screen, rejects)));
}

export function legend(): HTMLElement {
  return h("span", { class: "legend" },
    h("span", { class: "key past" }, t("history")), h("span", { class: "key ahead" }, t("mean")), h("span", { class: "key band" }, t("band")));
}
