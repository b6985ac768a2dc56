// What rises and falls, since when, and what moved the total.
import { h, replace, s } from "./dom";
import { sparkline } from "./picture";
import { result } from "./result";
import type { Screen } from "./screen";
import { card, itemLink, table } from "./screen";
import type { Key } from "./text";
import { engineName, number, percent, t } from "./text";

interface Trends {
  series: number;
  period: string;
  recent_from: string;
  to: string;
  total: { before: number; after: number; change: number; line: (number | null)[] };
  moved: Record<string, number>;
  contributions: { name: string; title?: string; change: number; kind: string }[];
  changes: { name: string; title?: string; ds: string; before: number; after: number; size: number }[];
  kinds: Record<string, number>;
  movers: { name: string; title?: string; kind: string; slope: number; line: (number | null)[] }[];
  shares: { category: string; channel: string; before: number; after: number }[];
  opportunities: { name: string; title?: string; interest_before: number; interest_after: number }[];
}

/** A series, item/channel, as its item. */
function seriesLink(screen: Screen, series: { name: string; title?: string }): HTMLElement {
  const parts = series.name.split("/");
  const channel = parts.length > 1 ? (parts.pop() ?? "") : "";
  return itemLink(screen.shop, parts.join("/"), series.title, channel);
}

/** What moved the total, as bars left and right of nothing. */
export function bars(rows: { name: Node | string; value: number }[], label: string): HTMLElement {
  const most = Math.max(1e-9, ...rows.map((r) => Math.abs(r.value)));
  const bar = (v: number): SVGElement => s("svg", { class: "bar-svg", viewBox: "-51 0 102 12", "aria-hidden": "true" },
    s("line", { class: "axis", x1: 0, x2: 0, y1: 0, y2: 12 }),
    s("rect", { class: v < 0 ? "fell" : "grew", x: v < 0 ? (50 * v) / most : 0, y: 2, width: (50 * Math.abs(v)) / most, height: 8 }));
  return table([label, t("change"), t("units")], rows.map((r) => [r.name, bar(r.value) as unknown as Node, `${r.value > 0 ? "+" : ""}${number(r.value, 1)}`]), [2]);
}

export function trends(screen: Screen): Promise<void> {
  const kinds: Key[] = ["rising", "falling", "steady", "newborn", "silent"];
  const moved: [string, Key][] = [["grew", "movedGrew"], ["fell", "movedFell"], ["new", "movedNew"], ["ended", "movedEnded"]];
  const body = result<Trends>(screen, { path: "trends", job: { verb: "trend" }, about: t("trendAbout") }, (x) => [
    h("div", { class: "figures" }, ...kinds.map((k) => h("div", { class: "figure" }, h("div", { class: "label" }, t(k)), h("div", { class: "value" }, number(x.kinds[k] ?? 0)), h("div", { class: "more" }, t("ofSeries", { n: number(x.series) }))))),
    card(t("movedTotal"), h("p", {}, t("movedText", { f: x.recent_from, t: x.to, p: percent(x.total.change / x.total.before) })), sparkline(x.total.line, []) as unknown as HTMLElement,
      h("div", { class: "two even" }, bars(moved.map(([k, key]) => ({ name: t(key), value: x.moved[k] ?? 0 })), t("why")), bars(x.contributions.slice(0, 10).map((c) => ({ name: seriesLink(screen, c), value: c.change })), t("item")))),
    h("div", { class: "two even" },
      card(t("movers"), x.movers.length > 0 ? table([t("item"), t("kind"), t("slope"), t("line")], x.movers.slice(0, 25).map((m) => [seriesLink(screen, m), engineName(m.kind), percent(m.slope), sparkline(m.line, []) as unknown as Node]), [2]) : h("p", {}, t("noMovers"))),
      card(t("changePoints"), x.changes.length > 0 ? table([t("item"), t("when"), t("before"), t("after"), t("change")], x.changes.slice(0, 25).map((c) => [seriesLink(screen, c), h("span", { class: "nowrap" }, c.ds), number(c.before, 1), number(c.after, 1), percent(c.size)]), [2, 3, 4]) : h("p", {}, t("noChanges")))),
    card(t("shares"), table([t("category"), t("channel"), t("before"), t("after")], x.shares.slice(0, 40).map((c) => [c.category, c.channel, percent(c.before, false), percent(c.after, false)]), [2, 3])),
    card(t("opportunities"), x.opportunities.length > 0 ? table([t("item"), t("before"), t("after")], x.opportunities.slice(0, 25).map((o) => [h("span", { class: "named" }, o.name, o.title ? h("small", {}, o.title) : false), number(o.interest_before), number(o.interest_after)]), [1, 2]) : h("p", {}, t("noOpportunities"))),
  ]);
  replace(screen.root, h("h1", {}, t("trends")), body);
  return Promise.resolve();
}
