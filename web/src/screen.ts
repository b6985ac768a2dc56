// What every screen gets, and the pieces that they share.
import type { Summary } from "./api";
import { Refusal } from "./api";
import { h } from "./dom";
import { sentence } from "./engine";
import { t } from "./text";

export interface Screen {
  shop: string;
  summary: Summary;
  root: HTMLElement;
  /** Ends when the screen is left: aborts what it asked, frees what it made. */
  signal: AbortSignal;
  /** Load the shop's summary anew and draw the screen again. */
  reload: () => void;
}

export const link = (shop: string, ...parts: string[]): string => `#/${[shop, ...parts].map(encodeURIComponent).join("/")}`;

/** An item by its number and, below it, what it is called; `channel` for one series of it. */
export const itemLink = (shop: string, item: string, title: string | undefined, channel = ""): HTMLElement =>
  h("span", { class: "named" }, h("a", { href: link(shop, "items", item) }, item), channel && ` ${channel}`, title ? h("small", {}, title) : false);

export function card(title: string, ...children: (Node | string | false | null)[]): HTMLElement {
  const id = `c${Math.random().toString(36).slice(2, 8)}`;
  return h("section", { class: "card", "aria-labelledby": id }, h("h2", { id }, title), ...children);
}

export function failure(error: unknown, again?: () => void): HTMLElement {
  const refusal = error instanceof Refusal ? error.problem : null;
  return h("div", { class: "notice bad", role: "alert" },
    h("strong", {}, t("error")), " ",
    refusal ? [refusal.message, refusal.detail ? sentence(refusal.detail) : "", refusal.remedy].filter(Boolean).join(" ") : error instanceof TypeError ? t("offline") : String(error), " ",
    again && h("button", { type: "button", class: "plain", onclick: again }, t("retry")));
}

/** A cell of a sentence is wide enough to read, one of a day stays in one line. */
function kind(cell: Node | string, number: boolean): string {
  if (number) return "number";
  const text = cell instanceof Node ? (cell.textContent ?? "") : cell;
  const width = text.length + text.replace(/[^\u2e80-\uffef]/g, "").length;
  return width > 45 ? "wide" : width > 26 ? "some" : /^\d{4}-\d\d-\d\d( \d\d:\d\d)?$/.test(text) ? "nowrap" : "";
}

export function table(head: string[], rows: (Node | string)[][], numeric: number[] = []): HTMLElement {
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": head.filter(Boolean).join(", ") },
    h("table", {},
      h("thead", {}, h("tr", {}, ...head.map((text, i) => h("th", { scope: "col", class: numeric.includes(i) ? "number" : "" }, text)))),
      h("tbody", {}, ...rows.map((row) => h("tr", {}, ...row.map((cell, i) => h("td", { class: kind(cell, numeric.includes(i)) }, cell)))))));
}

/** From a day to a day, which breaks between them and nowhere else. */
export const span = (from: string, to: string, note = ""): HTMLElement =>
  h("span", {}, h("span", { class: "nowrap" }, from, " –"), " ", h("span", { class: "nowrap" }, to), note && ` (${note})`);

/** What to do in a shop without sales. */
export function emptyShop(screen: Screen): HTMLElement {
  return h("div", { class: "empty" }, h("h2", {}, t("empty")), h("p", {}, t("emptyWhat")),
    h("a", { class: "button", href: link(screen.shop, "data") }, t("toData")));
}
