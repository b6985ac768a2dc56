// Stock, promotions and prices: looked through, changed, accepted, taken away as a file.
import { post, shopPath, upload } from "./api";
import type { Job } from "./api";
import { csv, save } from "./csv";
import { h, replace } from "./dom";
import { either, sentence } from "./engine";
import { run, result } from "./result";
import type { Screen } from "./screen";
import { card, failure, itemLink, span, table } from "./screen";
import type { Key } from "./text";
import { engineName, number, percent, t } from "./text";

const SHOWN = 100;
const sum = (x: number[]): number => x.reduce((a, b) => a + b, 0);

export interface StockLine {
  item: string;
  title: string;
  location: string;
  order: number;
  money: number;
  on_hand: number;
  on_order: number;
  order_up_to: number;
  reorder_point: number;
  demand: number;
  lead_time: number;
  periods_left: number | null;
  short_before: number;
  short_without: number;
  short_after: number;
  excess: number;
  warning: string;
}

export interface StockPlan {
  from: string;
  period: string;
  review: number;
  orders: number;
  money: number;
  saves: number;
  stockouts: number;
  dead: number;
  lines: StockLine[];
  problems?: string[];
}

interface PromoPlan {
  from: string;
  to: string;
  gain: number;
  deviation: number;
  given: number;
  promotions: number;
  items: number;
  agreed: number;
  gap: number;
  pull_forward: number;
  infeasible?: { rule: string; needed: number; item: string; dropped: number };
  problems?: string[];
  lines: { item: string; title: string; channel: string; from: string; to: string; depth: number; price: number; units: number; gain: number; given: number; agreed: boolean }[];
}

interface PricePlan {
  horizon: number;
  period: string;
  value_now: number;
  value: number;
  change: number;
  keep: number;
  try: number;
  lines: { item: string; title: string; channel: string; action: string; price: number; proposed: number; elasticity: number | null; elasticity_se: number | null; value_now?: number; value?: number; limit?: string; reason?: string; reason_zh?: string }[];
  problems?: string[];
}

/** Quantities that a person changed, by plan and line: they outlive a look at another screen. */
const changed = new Map<string, number>();
const id = (job: string, l: StockLine): string => [job, l.item, l.location].join("\n");
export const ordered = (job: string, l: StockLine): number => changed.get(id(job, l)) ?? l.order;

const DAYS: Record<string, number> = { hour: 1 / 24, day: 1, week: 7, month: 30.4375, quarter: 91.3125, year: 365.25 };

/** The day on which goods ordered now arrive. */
export function arrival(plan: StockPlan, l: StockLine): string {
  const days = Math.max(0, Math.round(l.lead_time * (DAYS[plan.period] ?? 7)));
  return new Date(Date.parse(`${plan.from.slice(0, 10)}T00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

/** Read accepted orders into the table supply, as goods on their way. */
async function accept(screen: Screen, plan: StockPlan, job: string, say: HTMLElement): Promise<void> {
  const rows = plan.lines.filter((l) => ordered(job, l) > 0).map((l) => [l.item, l.location, ordered(job, l), arrival(plan, l)]);
  const file = new File([csv(["item", "location", "on_order", "eta"], rows)], "accepted-orders.csv");
  const sent = await upload(screen.shop, file, () => undefined);
  const start = await post<Job>(`${shopPath(screen.shop)}/uploads/${sent}/ingest`, { settings: { table: "supply" } }, screen.signal);
  await run(screen, start, say);
}

function filtered<T extends { item: string }>(lines: T[], name: string, draw: (lines: T[]) => HTMLElement): HTMLElement {
  const place = h("div", {});
  const show = (wanted: string): void => {
    const found = wanted ? lines.filter((l) => JSON.stringify(l).toLowerCase().includes(wanted)) : lines;
    replace(place, found.length > 0 ? draw(found.slice(0, SHOWN)) : h("p", {}, t("none")), found.length > SHOWN && h("p", { class: "hint" }, t("orMore", { n: number(found.length - SHOWN) })));
  };
  const field = h("input", { type: "search", id: name, autocomplete: "off", oninput: (event: Event) => show((event.target as HTMLInputElement).value.trim().toLowerCase()) });
  show("");
  return h("div", {}, h("div", { class: "bar" }, h("label", { for: name }, t("search")), field), place);
}

/** What the plan left out, and why. */
function left(problems: string[] = []): HTMLElement {
  if (problems.length === 0) return h("div", {});
  return h("details", {}, h("summary", {}, t("leftOut", { n: number(problems.length) })),
    h("ul", { class: "plain-list" }, ...problems.slice(0, SHOWN).map((text) => h("li", {}, sentence(text)))), problems.length > SHOWN && h("p", { class: "hint" }, t("orMore", { n: number(problems.length - SHOWN) })));
}

/** An item's number, and beside it what people call it. */
function stockTable(screen: Screen, job: string, lines: StockLine[], news: () => void): HTMLElement {
  const quantity = (l: StockLine): HTMLElement => {
    const field = h("input", {
      type: "number", min: 0, step: "any", value: ordered(job, l), "aria-label": `${t("order")}: ${l.item} ${l.location}`,
      onchange: () => {
        const value = Number(field.value);
        if (field.value === "" || !(value >= 0)) field.value = String(ordered(job, l));
        else changed.set(id(job, l), value);
        news();
      },
    });
    return field;
  };
  const warning = (l: StockLine): string => l.warning === "dead stock" ? t("deadStock", { n: number(l.excess) }) : l.warning ? t("runsOut", { p: percent(l.short_before, false) }) : "";
  return table([t("item"), t("order"), t("place"), t("onHand"), t("onOrder"), t("lasts"), t("upTo"), t("warning")],
    lines.map((l) => [itemLink(screen.shop, l.item, l.title), quantity(l), l.location, number(l.on_hand), number(l.on_order), l.periods_left === null ? t("beyond") : number(l.periods_left), number(l.order_up_to), warning(l)]), [3, 4, 5, 6]);
}

const STOCK_HEAD = ["item", "location", "order", "on_hand", "on_order", "order_up_to", "reorder_point", "demand", "periods_left", "short_before", "short_without", "short_after", "excess", "warning"];

function stock(screen: Screen): HTMLElement {
  return result<StockPlan>(screen, { path: "plans/stock", job: { verb: "plan", what: "stock" }, about: t("stockAbout") }, (plan, job, again) => {
    const total = h("strong", { role: "status" });
    const say = h("span", { role: "status", class: "hint" });
    const news = (): void => {
      const orders = plan.lines.filter((l) => ordered(job, l) > 0);
      const money = plan.lines.reduce((a, l) => a + (l.order > 0 ? (l.money / l.order) * ordered(job, l) : 0), 0);
      replace(total, t("ordersFor", { n: number(orders.length), m: number(money) }));
    };
    const agree = async (event: Event): Promise<void> => {
      const button = event.target as HTMLButtonElement;
      button.disabled = true;
      try {
        await accept(screen, plan, job, say);
        await again();
      } catch (error) {
        button.disabled = false;
        if (!screen.signal.aborted) replace(say, failure(error));
      }
    };
    const file = (): string => csv(STOCK_HEAD, plan.lines.map((l) => [l.item, l.location, ordered(job, l), l.on_hand, l.on_order, l.order_up_to, l.reorder_point, l.demand, l.periods_left, l.short_before, l.short_without, l.short_after, l.excess, l.warning]));
    news();
    return [
      h("p", {}, total, ` · ${t("stockSummary", { f: plan.from, r: plan.review, p: engineName(plan.period), s: number(plan.saves), o: number(plan.stockouts), d: number(plan.dead) })}`),
      h("div", { class: "bar" }, h("button", { type: "button", id: "accept", onclick: (event: Event) => void agree(event) }, t("accept")),
        h("button", { type: "button", class: "plain", id: "export", onclick: () => save(file(), "orders.csv") }, t("csv")), say),
      h("p", { class: "hint" }, t("acceptText")),
      filtered(plan.lines, "plan-search", (lines) => stockTable(screen, job, lines, news)),
      left(plan.problems),
    ];
  });
}

function promotions(screen: Screen): HTMLElement {
  const question = { path: "plans/promo", job: { verb: "plan", what: "promo" }, about: t("promoAbout") };
  return result<PromoPlan>(screen, question, (plan, _job, again) => {
    const say = h("span", { role: "status", class: "hint" });
    const fresh = plan.lines.filter((l) => !l.agreed);
    // what is announced is in the plan whatever it brings: apart from what the plan adds
    const gained = (agreed: boolean): number => sum(plan.lines.filter((l) => l.agreed === agreed).map((l) => l.gain));
    const agree = async (event: Event): Promise<void> => {
      const button = event.target as HTMLButtonElement;
      button.disabled = true;
      try {
        await run(screen, { ...question.job, settings: { accept: true } }, say);
        await again();
      } catch (error) {
        button.disabled = false;
        if (!screen.signal.aborted) replace(say, failure(error));
      }
    };
    const all = plan.lines.map((l, i) => [`plan-${plan.from}-${i + 1}`, l.item, l.channel, l.from, l.to, "discount", l.depth, l.agreed ? 1 : 0]);
    const file = (): string => csv(["id", "scope", "channel", "from", "to", "kind", "depth"], all.filter((r) => r[7] === 0).map((r) => r.slice(0, 7)));
    return [
      h("p", {}, h("strong", {}, t("promoSummary", { n: number(plan.promotions), i: number(plan.items), f: plan.from, t: plan.to, g: number(plan.gain), d: number(plan.deviation), v: number(plan.given) })), " ",
        plan.agreed > 0 && t("promoAgreed", { n: number(plan.agreed), a: number(gained(true)), g: number(gained(false)) })),
      h("p", { class: "hint" }, t("promoBound", { p: `${Number((100 * plan.gap).toPrecision(2))} %`, s: percent(plan.pull_forward, false) })),
      ...(plan.infeasible ? [h("p", { class: "notice" }, t("promoBroken", { r: engineName(plan.infeasible.rule), x: number(plan.infeasible.needed), i: plan.infeasible.item, n: number(plan.infeasible.dropped) }))] : []),
      h("div", { class: "bar" }, fresh.length > 0 && h("button", { type: "button", onclick: (event: Event) => void agree(event) }, t("acceptAll")),
        h("button", { type: "button", class: "plain", onclick: () => save(file(), "promotions.csv") }, t("csv")), say),
      filtered(plan.lines, "promo-search", (lines) => table([t("item"), t("channel"), t("when"), t("off"), t("price"), t("units"), t("gain"), t("given")],
        lines.map((l) => [itemLink(screen.shop, l.item, l.title), l.channel, span(l.from, l.to, l.agreed ? t("agreed") : ""), percent(l.depth, false), number(l.price, 2), number(l.units), number(l.gain), number(l.given)]), [3, 4, 5, 6, 7])),
      left(plan.problems),
    ];
  });
}

const LIMITS: Record<string, Key> = { "seen prices": "limitSeen", change: "limitChange", competitor: "limitCompetitor", bound: "limitBound", category: "limitCategory" };
const limitName = (limit: string): string => (LIMITS[limit] ? t(LIMITS[limit]) : limit);

function prices(screen: Screen): HTMLElement {
  return result<PricePlan>(screen, { path: "plans/price", job: { verb: "plan", what: "price" }, about: t("priceAbout") }, (plan) => {
    const file = (): string => csv(["item", "channel", "price", "proposed"], plan.lines.filter((l) => l.action === "change").map((l) => [l.item, l.channel, l.price, l.proposed]));
    return [
      h("p", {}, t("priceSummary", { c: number(plan.change), k: number(plan.keep), y: number(plan.try), n: number(plan.value_now), v: number(plan.value), h: plan.horizon, p: engineName(plan.period) })),
      h("div", { class: "bar" }, h("button", { type: "button", class: "plain", onclick: () => save(file(), "prices.csv") }, t("csv"))),
      filtered(plan.lines, "price-search", (lines) => table([t("item"), t("channel"), t("price"), t("proposed"), t("elasticity"), t("gain"), t("heldBy")],
        lines.map((l) => [itemLink(screen.shop, l.item, l.title), l.channel, number(l.price, 2), t(l.action === "change" ? "changeTo" : l.action === "try" ? "tryAt" : "keepAt", { p: number(l.proposed, 2) }), l.elasticity === null ? t("unknown") : `${number(l.elasticity, 2)} ± ${number(l.elasticity_se, 2)}`, l.value === undefined ? "–" : number(l.value - (l.value_now ?? 0)), l.reason ? either(l.reason, l.reason_zh) : limitName(l.limit ?? "")]), [2, 4, 5])),
      left(plan.problems),
    ];
  });
}

export function plan(screen: Screen): Promise<void> {
  const tabs: [Key, (screen: Screen) => HTMLElement][] = [["stockTab", stock], ["promoTab", promotions], ["priceTab", prices]];
  const place = h("div", {});
  const buttons = tabs.map(([key, draw], i) => h("button", { type: "button", class: "plain", "aria-pressed": "false", onclick: () => open(i, key, draw) }, t(key)));
  const open = (at: number, key: Key, draw: (screen: Screen) => HTMLElement): void => {
    buttons.forEach((b, i) => b.setAttribute("aria-pressed", String(i === at)));
    replace(place, card(t(key), draw(screen)));
  };
  replace(screen.root, h("h1", {}, t("plan")), h("div", { class: "bar", role: "group", "aria-label": t("plan") }, ...buttons), place);
  open(0, "stockTab", stock);
  return Promise.resolve();
}
