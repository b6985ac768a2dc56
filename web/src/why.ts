// What prices and promotions do to demand, what cannot be known, and what precedes what.
import { h, replace, s } from "./dom";
import { sentence } from "./engine";
import { result } from "./result";
import type { Screen } from "./screen";
import { card, itemLink, table } from "./screen";
import { engineName, getLanguage, number, percent, t } from "./text";

interface Effect {
  value: number;
  low: number;
  high: number;
  known?: string;
  reason?: string;
  reason_zh?: string;
}

interface Link {
  from: string;
  to: string;
  lag: number;
  directed: boolean;
  value: number;
  confidence: number | null;
}

interface Causes {
  elasticity?: Effect;
  uplift_percent?: Effect;
  elasticity_unknown?: string;
  elasticity_unknown_zh?: string;
  uplift_unknown?: string;
  uplift_unknown_zh?: string;
  graph_unknown?: string;
  graph_unknown_zh?: string;
  caution?: string;
  caution_zh?: string;
  refutations?: Record<string, { value: number; placebo: number; placebo_error: number; random_common_cause: number; subset: number; passed: boolean }>;
  items?: { item: string; title?: string; units: number; elasticity?: Effect; uplift_percent?: Effect; lift_units: number | null }[];
  graph?: { variables: string[]; links: Link[] };
}

/** A sentence of the report in the reader's language. */
const said = (english: string | undefined, chinese: string | undefined): string | undefined => (getLanguage() === "zh" ? (chinese ?? english) : english);

const interval = (e: Effect | undefined, digits: number): string => (e ? `${number(e.value, digits)} [${number(e.low, digits)}, ${number(e.high, digits)}]` : "–");

/** Variables on a circle, an arrow from what comes first; thick and blue or thin and dashed as the
 * sign is. The same links stand below as a table. */
function graph(variables: string[], links: Link[]): SVGElement {
  const width = Math.max(300, Math.min(620, innerWidth - 76)); // a phone has its own shape, not a smaller print
  const height = 400;
  const side = Math.min(215, width / 2 - 6 - 4 * Math.max(...variables.map((name) => sentence(name).length)));
  const at = new Map(variables.map((name, i) => {
    const angle = (2 * Math.PI * i) / variables.length - Math.PI / 2;
    return [name, { x: width / 2 + Math.max(40, side) * Math.cos(angle), y: height / 2 + 155 * Math.sin(angle) }];
  }));
  const arrow = (l: Link): SVGElement | false => {
    const a = at.get(l.from);
    const b = at.get(l.to);
    if (!a || !b) return false;
    const long = Math.hypot(b.x - a.x, b.y - a.y) || 1;
    const [ux, uy] = [(b.x - a.x) / long, (b.y - a.y) / long];
    // an end stays outside its name's box: half as wide as the name, 13 high, or where the line leaves it
    const clear = (name: string): number => Math.min((4 + 4.2 * sentence(name).length) / Math.max(1e-6, Math.abs(ux)), 15 / Math.max(1e-6, Math.abs(uy)));
    const [out, into] = [clear(l.from), clear(l.to)];
    return s("line", { class: l.value < 0 ? "edge minus" : "edge", "stroke-width": (1 + 4 * Math.min(1, Math.abs(l.value))).toFixed(1), "marker-end": "url(#arrow)",
      x1: (a.x + out * ux).toFixed(1), y1: (a.y + out * uy).toFixed(1), x2: (b.x - into * ux).toFixed(1), y2: (b.y - into * uy).toFixed(1) });
  };
  return s("svg", { class: "graph", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": t("graph") },
    s("title", {}, t("graph")),
    s("defs", {}, s("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 9, markerHeight: 9, markerUnits: "userSpaceOnUse", orient: "auto-start-reverse" }, s("path", { class: "tip-path", d: "M0 0L8 4L0 8z" }))),
    ...links.map(arrow),
    ...[...at].map(([name, p]) => s("text", { x: p.x.toFixed(1), y: p.y.toFixed(1), "text-anchor": "middle", "dominant-baseline": "middle" }, sentence(name))));
}

function graphCard(x: Causes): HTMLElement {
  const links = (x.graph?.links ?? []).filter((l) => l.directed && l.from !== l.to);
  if (!x.graph || links.length === 0) return card(t("graph"), h("p", {}, said(x.graph_unknown, x.graph_unknown_zh) ?? t("noLinks")));
  const used = x.graph.variables.filter((v) => links.some((l) => l.from === v || l.to === v));
  return card(t("graph"), h("p", { class: "hint" }, t("graphText")), h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": t("graph") }, graph(used, links)),
    table([t("from"), t("to"), t("lag"), t("strength"), t("held")], links.map((l) => [sentence(l.from), sentence(l.to), number(l.lag), number(l.value, 2), l.confidence === null ? "–" : percent(l.confidence, false)]), [2, 3, 4]));
}

export function why(screen: Screen): Promise<void> {
  const body = result<Causes>(screen, { path: "causes", job: { verb: "cause" }, about: t("whyAbout") }, (x) => [
    h("div", { class: "figures" },
      h("div", { class: "figure" }, h("div", { class: "label" }, t("elasticity")), h("div", { class: "value" }, number(x.elasticity?.value, 2)), h("div", { class: "more" }, x.elasticity ? t("between", { a: number(x.elasticity.low, 2), b: number(x.elasticity.high, 2) }) : (said(x.elasticity_unknown, x.elasticity_unknown_zh) ?? ""))),
      h("div", { class: "figure" }, h("div", { class: "label" }, t("uplift")), h("div", { class: "value" }, x.uplift_percent ? percent(x.uplift_percent.value / 100) : "–"), h("div", { class: "more" }, x.uplift_percent ? t("between", { a: percent(x.uplift_percent.low / 100), b: percent(x.uplift_percent.high / 100) }) : (said(x.uplift_unknown, x.uplift_unknown_zh) ?? "")))),
    card(t("effects"), (x.items?.length ?? 0) > 0 ? table([t("item"), t("units"), t("elasticity"), t("known"), t("uplift"), t("gained")],
      (x.items ?? []).slice(0, 100).map((i) => [itemLink(screen.shop, i.item, i.title), number(i.units), interval(i.elasticity, 2), said(i.elasticity?.reason, i.elasticity?.reason_zh) ?? engineName(i.elasticity?.known ?? "–"), i.uplift_percent ? `${interval(i.uplift_percent, 0)} %` : "–", number(i.lift_units)]), [1, 2, 4, 5]) : h("p", {}, said(x.elasticity_unknown, x.elasticity_unknown_zh) ?? t("noFindings"))),
    x.caution ? h("p", { class: "hint" }, said(x.caution, x.caution_zh) ?? "") : h("div", {}),
    graphCard(x),
    x.refutations ? card(t("refuted"), h("p", { class: "hint" }, t("refutedText")), table([t("name"), t("estimate"), t("placebo"), t("randomCause"), t("subset"), t("stands")],
      Object.entries(x.refutations).map(([k, r]) => [k === "uplift" ? t("upliftLog") : t("elasticity"), number(r.value, 2), `${number(r.placebo, 2)} ± ${number(r.placebo_error, 2)}`, number(r.random_common_cause, 2), number(r.subset, 2), r.passed ? t("yes") : t("doubt")]), [1, 2, 3, 4])) : h("div", {}),
  ]);
  replace(screen.root, h("h1", {}, t("whyTitle")), body);
  return Promise.resolve();
}
