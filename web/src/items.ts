// The list of items: only the rows in view exist, pages are fetched as they come into view.
import type { Item } from "./api";
import { get, shopPath } from "./api";
import { h, replace } from "./dom";
import { sparkline } from "./picture";
import type { Screen } from "./screen";
import { emptyShop, failure, link } from "./screen";
import { number, percent, t } from "./text";

const ROW = 44;
const PAGE = 100;
const SPARE = 8;
const HEIGHT_MOST = 15_000_000; // browsers give up on taller elements

interface Query {
  search: string;
  sort: string;
}

class Rows {
  total = 0;
  private pages = new Map<number, Item[] | "asked">();

  constructor(
    private screen: Screen,
    private query: Query,
    private changed: () => void,
    private failed: (error: unknown) => void,
  ) {}

  at(i: number): Item | undefined {
    const page = Math.floor(i / PAGE);
    const known = this.pages.get(page);
    if (known === undefined) void this.fetch(page);
    return Array.isArray(known) ? known[i % PAGE] : undefined;
  }

  async fetch(page: number): Promise<void> {
    this.pages.set(page, "asked");
    const q = new URLSearchParams({ search: this.query.search, sort: this.query.sort, limit: String(PAGE), offset: String(page * PAGE) });
    try {
      const answer = await get<{ total: number; items: Item[] }>(`${shopPath(this.screen.shop)}/items?${q.toString()}`, this.screen.signal);
      if (this.pages.size > 60) this.pages.clear(); // far away pages are asked again
      this.pages.set(page, answer.items);
      this.total = answer.total;
      this.changed();
    } catch (error) {
      this.pages.delete(page);
      if (!this.screen.signal.aborted) this.failed(error);
    }
  }
}

function cells(shop: string, item: Item | undefined): Node[] {
  if (!item) return [h("div", { role: "gridcell", class: "cell name" }, "…")];
  const change = item.expected === null || !item.recent ? null : item.expected / item.recent - 1;
  return [
    h("div", { role: "gridcell", class: "cell name" }, h("a", { href: link(shop, "items", item.item), tabindex: "-1" }, item.title || item.item), h("small", {}, item.title ? item.item : "")),
    h("div", { role: "gridcell", class: "cell category" }, item.category),
    h("div", { role: "gridcell", class: "cell picture" }, sparkline(item.past ?? [], item.ahead ?? [])),
    h("div", { role: "gridcell", class: "cell number" }, number(item.recent)),
    h("div", { role: "gridcell", class: "cell number" }, item.expected === null ? t("ended") : number(item.expected)),
    h("div", { role: "gridcell", class: "cell number change" }, percent(change)),
    h("div", { role: "gridcell", class: "cell number findings" }, item.findings > 0 ? number(item.findings) : ""),
  ];
}

/** Rows by their place, kept while they stay in view. */
class Grid {
  readonly box = h("div", { class: "grid", role: "grid", "aria-label": t("items"), "aria-colcount": 7, tabindex: "0" });
  private space = h("div", { class: "space", role: "rowgroup" });
  private shown = new Map<number, { node: HTMLElement; filled: boolean }>();
  private active = 0;
  private drawn = 0;

  constructor(private shop: string, private rows: Rows) {
    const head = [t("item"), t("category"), t("line"), t("recent"), t("expected"), t("change"), t("findings")];
    const classes = ["name", "category", "picture", "number", "number", "number change", "number findings"];
    this.box.append(h("div", { role: "rowgroup", class: "head" }, h("div", { role: "row", class: "row head", "aria-rowindex": 1 }, ...head.map((text, i) => h("div", { role: "columnheader", class: `cell ${classes[i] ?? ""}` }, text)))), this.space);
    this.box.addEventListener("scroll", () => this.later());
    this.box.addEventListener("keydown", (event) => this.key(event));
  }

  private later(): void {
    if (this.drawn) return;
    this.drawn = requestAnimationFrame(() => {
      this.drawn = 0;
      this.draw();
    });
  }

  /** Pixels a row in the scroll range: less than ROW when the list is taller than a browser can. */
  private get scale(): number {
    return Math.min(ROW, HEIGHT_MOST / Math.max(1, this.rows.total));
  }

  draw(): void {
    const view = this.box.clientHeight || 600;
    const first = Math.max(0, Math.floor(this.box.scrollTop / this.scale) - SPARE);
    const last = Math.min(this.rows.total, first + Math.ceil(view / ROW) + 2 * SPARE);
    this.space.style.height = `${Math.min(this.rows.total * ROW, HEIGHT_MOST)}px`;
    this.box.setAttribute("aria-rowcount", String(this.rows.total + 1));
    for (const [i, row] of this.shown)
      if (i < first || i >= last) {
        row.node.remove();
        this.shown.delete(i);
      }
    for (let i = first; i < last; i++) {
      const item = this.rows.at(i);
      const known = this.shown.get(i);
      if (known && (known.filled || !item)) continue;
      const node = h("div", { role: "row", class: "row", "aria-rowindex": i + 2, id: `row-${i}` }, ...cells(this.shop, item));
      const top = this.scale < ROW ? this.box.scrollTop + (i - this.box.scrollTop / this.scale) * ROW : i * ROW;
      node.style.transform = `translateY(${top}px)`;
      known?.node.remove();
      this.space.append(node);
      this.shown.set(i, { node, filled: item !== undefined });
    }
    this.mark();
  }

  private mark(): void {
    for (const [i, row] of this.shown) row.node.classList.toggle("active", i === this.active);
    if (this.shown.has(this.active)) this.box.setAttribute("aria-activedescendant", `row-${this.active}`);
  }

  private key(event: KeyboardEvent): void {
    const view = Math.max(1, Math.floor(this.box.clientHeight / ROW) - 1);
    const step: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: view, PageUp: -view, Home: -this.rows.total, End: this.rows.total };
    const by = step[event.key];
    if (event.key === "Enter") {
      const item = this.rows.at(this.active);
      if (item) location.hash = link(this.shop, "items", item.item);
    }
    if (by === undefined) return;
    event.preventDefault();
    this.active = Math.min(Math.max(0, this.active + by), Math.max(0, this.rows.total - 1));
    const top = this.active * this.scale;
    if (top < this.box.scrollTop) this.box.scrollTop = top;
    else if (top + 2 * ROW > this.box.scrollTop + this.box.clientHeight) this.box.scrollTop = top + 2 * ROW - this.box.clientHeight;
    this.draw();
  }
}

export async function items(screen: Screen): Promise<void> {
  if (!screen.summary.panel && screen.summary.items === 0) return replace(screen.root, emptyShop(screen));
  const query: Query = { search: "", sort: "expected" };
  const place = h("div", { class: "grid-place" });
  const status = h("p", { class: "hint", role: "status" });
  const show = async (): Promise<void> => {
    let grid: Grid | undefined;
    const rows = new Rows(screen, { ...query }, () => {
      replace(status, rows.total > 0 ? t("itemsShown", { n: number(rows.total) }) : t("none"));
      grid?.draw();
    }, (error) => replace(status, failure(error, () => void show())));
    grid = new Grid(screen.shop, rows);
    replace(place, grid.box);
    await rows.fetch(0);
  };
  let waits = 0;
  const search = h("input", {
    type: "search", id: "search", placeholder: t("searchHint"), autocomplete: "off",
    oninput: (event: Event) => {
      query.search = (event.target as HTMLInputElement).value;
      clearTimeout(waits);
      waits = window.setTimeout(() => void show(), 150);
    },
  });
  const orders: [string, string][] = [["expected", t("sortExpected")], ["recent", t("sortRecent")], ["change", t("sortChange")], ["findings", t("sortFindings")], ["item", t("sortItem")]];
  const sort = h("select", {
    id: "sort",
    onchange: (event: Event) => {
      query.sort = (event.target as HTMLSelectElement).value;
      void show();
    },
  }, ...orders.map(([value, text]) => h("option", { value }, text)));
  replace(screen.root, h("h1", {}, t("items")),
    h("div", { class: "bar" }, h("label", { for: "search" }, t("search")), search, h("label", { for: "sort" }, t("sort")), sort, status), place);
  await show();
}
