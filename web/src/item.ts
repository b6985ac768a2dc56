import type { Finding, Forecast, ForecastSeries, HistorySeries, Item } from "./api";
import { download, get, itemPath, post, Refusal } from "./api";
import { h, replace } from "./dom";
import { sentence } from "./engine";
import { legend } from "./overview";
import { chart } from "./picture";
import type { StockPlan } from "./plan";
import { arrival, ordered } from "./plan";
import { result } from "./result";
import type { Screen } from "./screen";
import { card, failure, link, table } from "./screen";
import { engineName, getLanguage, number, percent, t } from "./text";
import { bars } from "./trends";

interface Loaded {
  item: Item;
  history: HistorySeries[];
  forecast: Forecast | null;
  findings: Finding[];
  total: number;
}

async function load(screen: Screen, name: string): Promise<Loaded> {
  const path = itemPath(screen.shop, name);
  const stored = get<Forecast>(`${path}/forecast`, screen.signal).catch((error: unknown) => {
    if (error instanceof Refusal && error.problem.code === "no_forecast") return null;
    throw error;
  });
  const [item, history, forecast, findings] = await Promise.all([
    get<Item>(path, screen.signal), get<{ series: HistorySeries[] }>(`${path}/history?last=800`, screen.signal), stored,
    get<{ findings: Finding[]; total: number }>(`${path}/findings?limit=200`, screen.signal)]);
  return { item, history: history.series, forecast, findings: findings.findings, total: findings.total };
}

const level = (f: Forecast, wanted: number): number => f.levels.reduce((best, x, i) => (Math.abs(x - wanted) < Math.abs((f.levels[best] ?? 9) - wanted) ? i : best), 0);

function draw(box: HTMLElement, past: HistorySeries, f: Forecast | null, ahead: ForecastSeries | undefined, plan?: ForecastSeries): () => void {
  const periods = [...past.periods, ...(ahead?.periods ?? []).filter((p) => !past.periods.includes(p))];
  const place = new Map(periods.map((p, i) => [p, i]));
  const lay = (series: ForecastSeries | undefined, pick: (h: number) => number | undefined): (number | null)[] => {
    const values = new Array<number | null>(periods.length).fill(null);
    series?.periods.forEach((p, i) => {
      const at = place.get(p);
      if (at !== undefined) values[at] = pick(i) ?? null;
    });
    return values;
  };
  const whole = (x: (number | null)[] | undefined): (number | null)[] => periods.map((_, i) => x?.[i] ?? null);
  const band = (low: number, high: number, strength: number): { low: (number | null)[]; high: (number | null)[]; strength: number } => ({
    low: lay(ahead, (i) => ahead?.quantiles[i]?.[f ? level(f, low) : 0]), high: lay(ahead, (i) => ahead?.quantiles[i]?.[f ? level(f, high) : 0]), strength,
  });
  return chart(box, {
    periods,
    bands: f && ahead ? [band(0.1, 0.9, 1), band(0.3, 0.7, 2)] : [],
    lines: [
      ...(past.cleaned ? [{ name: t("cleaned"), values: whole(past.cleaned), kind: "faint" as const }] : []),
      { name: t("history"), values: whole(past.units), kind: "past" },
      ...(plan ? [{ name: t("asPlanned"), values: lay(plan, (i) => plan.mean[i]), kind: "other" as const }] : []),
      ...(ahead ? [{ name: t("mean"), values: lay(ahead, (i) => ahead.mean[i]), kind: "ahead" as const }] : []),
    ],
    marks: [
      { name: t("promotion"), kind: "promotion", at: periods.map((_, i) => (past.promotion?.[i] ?? 0) > 0) },
      { name: t("stockOut"), kind: "stock", at: periods.map((_, i) => (past.available?.[i] ?? 1) < 0.999) },
    ],
  }, 340, 180 + (ahead?.periods.length ?? 0));
}

const sum = (x: number[]): number => x.reduce((a, b) => a + b, 0);

function quantileTable(f: Forecast, ahead: ForecastSeries): HTMLElement {
  const [low, median, high] = [level(f, 0.1), level(f, 0.5), level(f, 0.9)];
  return table([t("period"), t("mean"), t("low"), t("median"), t("high")],
    ahead.periods.map((p, i) => [p, number(ahead.mean[i], 1), number(ahead.quantiles[i]?.[low], 1), number(ahead.quantiles[i]?.[median], 1), number(ahead.quantiles[i]?.[high], 1)]), [1, 2, 3, 4]);
}

/** A number of many digits as people write it; whatever else as it is. */
const shorter = (text: string): string => (/^-?\d+\.\d+(e[+-]?\d+)?$/.test(text) ? number(Number(text), 2) : text);

/** `decide` (applied or rejected) puts two buttons behind every finding. */
export function findingsTable(findings: Finding[], withItem: boolean, decide?: (f: Finding, action: string) => void): HTMLElement {
  const buttons = (f: Finding): HTMLElement => h("span", { class: "nowrap" },
    ...([["applied", t("apply")], ["rejected", t("ignore")]] as const).filter(([action]) => action !== f.action)
      .map(([action, text]) => h("button", { type: "button", class: "plain", "aria-label": `${text}: ${f.kind} ${f.row}`, onclick: () => decide?.(f, action) }, text)));
  return table([t("kind"), ...(withItem ? [t("item")] : []), t("when"), t("why"), t("before"), t("after"), t("action"), ...(decide ? [t("decideLabel")] : [])],
    findings.map((f) => [engineName(f.kind), ...(withItem ? [f.item || f.row] : []), h("span", {}, h("span", { class: "nowrap" }, f.ds), " ", f.channel), sentence(f.why), shorter(f.before), shorter(f.after), engineName(f.action), ...(decide ? [buttons(f)] : [])]));
}

/** Sliders that ask for a forecast made now, at most one question at a time, the last one wins. */
function whatIf(screen: Screen, loaded: Loaded, channel: () => number, show: (f: Forecast, planned: Forecast | null) => void): HTMLElement {
  const stored = loaded.forecast;
  const say = h("p", { role: "status", class: "hint" }, t("whatIfText"));
  const horizonShown = h("output", {}, String(stored?.series[0]?.periods.length ?? 28));
  const priceShown = h("output", {}, t("asPlanned"));
  let asked = false;
  let again = false;
  const ask = async (): Promise<void> => {
    if (asked) {
      again = true;
      return;
    }
    asked = true;
    const price = Number(factor.value) / 100;
    const began = performance.now();
    try {
      const path = `${itemPath(screen.shop, loaded.item.item)}/forecast`;
      const body = { horizon: Number(horizon.value) };
      const [answer, plan] = await Promise.all([
        post<Forecast>(path, price === 1 ? body : { ...body, price }, screen.signal),
        price === 1 ? Promise.resolve(null) : post<Forecast>(path, body, screen.signal)]);
      const took = Math.round(performance.now() - began);
      const mine = answer.series[channel()];
      const planned = plan?.series[channel()];
      const effect = plan && answer.uses_price && planned && mine ? t("usesPrice", { p: number(sum(mine.mean) - sum(planned.mean), 1) }) : plan ? t("ignoresPrice") : "";
      replace(say, mine ? `${t("sumOf", { n: number(sum(mine.mean), 1), h: mine.periods.length })} · ${effect} ${t("answered", { n: took })}` : "");
      show(answer, plan);
    } catch (error) {
      if (!screen.signal.aborted) replace(say, failure(error));
    }
    asked = false;
    if (again) {
      again = false;
      await ask();
    }
  };
  const slide = (): void => {
    replace(horizonShown, horizon.value);
    replace(priceShown, Number(factor.value) === 100 ? t("asPlanned") : `${factor.value} %`);
    void ask();
  };
  const horizon = h("input", { type: "range", id: "horizon", min: 1, max: 90, value: stored?.series[0]?.periods.length ?? 28, oninput: slide });
  const factor = h("input", { type: "range", id: "price", min: 50, max: 150, step: 5, value: 100, oninput: slide });
  return card(t("whatIf"),
    h("div", { class: "sliders" }, h("label", { for: "horizon" }, t("horizon")), horizon, horizonShown, h("label", { for: "price" }, t("priceFactor")), factor, priceShown), say);
}

interface Explanation {
  series: string;
  sentence: string;
  sentence_zh: string;
  base: number;
  contributions: { input: string; units: number }[];
}

/** The forecast taken apart, and what to order because of it. */
function reasons(screen: Screen, name: string): HTMLElement {
  const because = result<Explanation>(screen, { path: `items/${encodeURIComponent(name)}/explanation`, job: { verb: "explain", settings: { item: name } }, about: t("explainAbout") }, (x) => [
    h("p", {}, h("strong", {}, getLanguage() === "zh" ? x.sentence_zh : x.sentence)),
    h("p", { class: "hint" }, x.series),
    bars([{ name: t("ordinary"), value: x.base }, ...x.contributions.map((c) => ({ name: engineName(c.input), value: c.units }))], t("why")),
  ]);
  const order = result<StockPlan>(screen, { path: "plans/stock", job: { verb: "plan", what: "stock" }, about: t("stockAbout") }, (plan, job) =>
    plan.lines.filter((l) => l.item === name).map((l) => h("div", {},
      h("p", {}, h("strong", {}, ordered(job, l) > 0 ? t("orderOf", { n: number(ordered(job, l)), l: l.location, d: arrival(plan, l) }) : t("noOrder", { l: l.location }))),
      h("p", { class: "hint" }, t("orderWhy", { h: number(l.on_hand), o: number(l.on_order), d: number(l.demand), b: percent(l.short_without, false), a: percent(l.short_after, false) })))));
  return h("div", { class: "two even" }, card(t("nextOrder"), order), card(t("explain"), because));
}

export async function item(screen: Screen, name: string): Promise<void> {
  const loaded = await load(screen, name);
  const { item: x, history, forecast } = loaded;
  let at = Math.max(0, history.findIndex((s) => forecast?.series.some((f) => f.channel === s.channel)));
  const box = h("div", { class: "chart", role: "img", "aria-label": `${x.title || x.item}: ${t("line")}` });
  const below = h("div", {});
  let free: () => void = () => undefined;
  const show = (f: Forecast | null, planned: Forecast | null = null): void => {
    const past = history[at];
    free();
    box.textContent = "";
    if (!past) return;
    const ahead = f?.series.find((s) => s.channel === past.channel);
    const plan = planned?.series.find((s) => s.channel === past.channel);
    free = draw(box, past, f, ahead, plan);
    replace(below, f && ahead ? h("div", {}, h("p", {}, h("strong", {}, t("sumOf", { n: number(sum(ahead.mean), 1), h: ahead.periods.length })), ` · ${t("note")}: ${sentence(ahead.note)}`), quantileTable(f, ahead)) : h("p", { class: "hint" }, t("noItemForecast")));
  };
  screen.signal.addEventListener("abort", () => free());
  const channels = h("select", {
    id: "channel",
    onchange: (event: Event) => {
      at = Number((event.target as HTMLSelectElement).value);
      show(forecast);
    },
  }, ...history.map((s, i) => h("option", { value: i, selected: i === at }, s.channel)));
  replace(screen.root,
    h("p", {}, h("a", { href: link(screen.shop, "items") }, `← ${t("back")}`)),
    h("h1", {}, x.title || x.item),
    h("p", { class: "hint" }, [x.title ? x.item : "", x.category, x.brand].filter(Boolean).join(" · ")),
    history.length === 0 ? h("p", {}, t("noItemForecast")) :
    h("div", {},
      card(t("line"),
        h("div", { class: "bar" }, h("label", { for: "channel" }, t("channel")), channels, legend(),
          h("span", { class: "legend" }, h("span", { class: "key promotion" }, t("promotion")), h("span", { class: "key stock" }, t("stockOut"))),
          h("button", { type: "button", class: "plain", onclick: () => void download(`${itemPath(screen.shop, x.item)}/forecast?format=csv`, "forecast.csv") }, t("csv"))),
        box, h("p", { class: "hint" }, t("chartHelp"))),
      reasons(screen, x.item),
      h("div", { class: "two" }, card(t("quantiles"), below), whatIf(screen, loaded, () => at, show))),
    card(t("findings"), loaded.findings.length > 0 ? findingsTable(loaded.findings, false) : h("p", {}, t("noFindings")),
      loaded.total > loaded.findings.length && h("p", { class: "hint" }, t("orMore", { n: number(loaded.total - loaded.findings.length) }))));
  show(forecast);
}
