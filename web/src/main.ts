// The shell: which shop, which screen, which language, dark or light.
import "./style.css";
import type { Shop, Summary } from "./api";
import { get, Refusal, setApiLanguage, setToken, shopPath } from "./api";
import { data } from "./data";
import { h, replace } from "./dom";
import { item } from "./item";
import { items } from "./items";
import { models } from "./models";
import { overview } from "./overview";
import { plan } from "./plan";
import type { Screen } from "./screen";
import { failure, link } from "./screen";
import type { Key, Language } from "./text";
import { getLanguage, setLanguage, t } from "./text";
import { trends } from "./trends";
import { why } from "./why";

const app = document.getElementById("app") as HTMLElement;
const root = h("main", { id: "main", tabindex: "-1" });
const navigation = h("div", {});
const SCREENS: [string, Key, (screen: Screen) => Promise<void>][] = [["overview", "overview", overview], ["items", "items", items], ["plan", "plan", plan], ["trends", "trends", trends], ["why", "why2", why], ["models", "models", models], ["data", "data", data]];
let shops: Shop[] = [];
let left = new AbortController();

function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // a private window: nothing is kept
  }
}

function recall(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function speak(language: Language): void {
  setLanguage(language);
  setApiLanguage(language);
  remember("skua-language", language);
}

function paint(theme: string | null): void {
  if (theme) document.documentElement.dataset["theme"] = theme;
}

const parts = (): string[] => location.hash.replace(/^#\/?/, "").split("/").map((part) => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
});

function frame(shop: string, screen: string): void {
  const other: Language = getLanguage() === "zh" ? "en" : "zh";
  const dark = document.documentElement.dataset["theme"] === "dark" || (!document.documentElement.dataset["theme"] && matchMedia("(prefers-color-scheme: dark)").matches);
  document.title = `${t((SCREENS.find(([name]) => name === screen) ?? ["", "items"])[1] as Key)} · ${shop} · skua`;
  replace(navigation,
    h("a", { class: "skip", href: "#main", onclick: (event: Event) => { event.preventDefault(); root.focus(); } }, t("skip")),
    h("header", {},
      h("a", { class: "brand", href: link(shop), "aria-label": "skua" }, "skua"),
      shops.length > 1 && h("label", { class: "shop" }, h("span", { class: "sr" }, t("shop")), h("select", { onchange: (event: Event) => { location.hash = link((event.target as HTMLSelectElement).value); } }, ...shops.map((x) => h("option", { value: x.shop, selected: x.shop === shop }, x.shop)))),
      h("nav", { "aria-label": t("menu") }, ...SCREENS.map(([name, key]) => h("a", { href: link(shop, name), ...(name === screen ? { "aria-current": "page" } : {}) }, t(key)))),
      h("span", { class: "grow" }),
      h("button", { type: "button", class: "plain", lang: other === "zh" ? "zh-CN" : "en", id: "language", onclick: () => { speak(other); void show(); } }, t("language")),
      h("button", { type: "button", class: "plain", id: "theme", "aria-label": t("theme"), title: t("theme"), onclick: () => { const theme = dark ? "light" : "dark"; paint(theme); remember("skua-theme", theme); void show(); } }, dark ? "☀" : "☾")));
}

function askToken(again: () => void): void {
  const field = h("input", { type: "password", id: "token", autocomplete: "off", required: true });
  replace(root, h("form", { class: "card token", onsubmit: (event: Event) => { event.preventDefault(); setToken(field.value); again(); } },
    h("h1", {}, t("token")), h("p", { class: "hint" }, t("tokenText")), h("label", { for: "token" }, t("tokenLabel")), field, h("button", { type: "submit" }, t("enter"))));
  field.focus();
}

async function show(keepPlace = false): Promise<void> {
  left.abort();
  left = new AbortController();
  const { signal } = left;
  try {
    shops = (await get<{ shops: Shop[] }>("v1/shops", signal)).shops;
    const [named, wanted = "overview", ...rest] = parts();
    const shop = shops.find((x) => x.shop === named)?.shop ?? shops[0]?.shop ?? "";
    const name = wanted || "overview";
    frame(shop, name);
    if (!keepPlace) replace(root, h("p", { class: "hint", role: "status" }, t("loading")));
    const summary = await get<Summary>(shopPath(shop), signal);
    const screen: Screen = { shop, summary, root, signal, reload: () => { if (!signal.aborted) void show(true); } };
    const known = SCREENS.find(([x]) => x === name);
    if (!known) replace(root, h("h1", {}, t("notThere")));
    else if (name === "items" && rest.length > 0) await item(screen, rest.join("/"));
    else await known[2](screen);
    document.documentElement.dataset["ready"] = name;
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof Refusal && error.problem.code === "no_token") return askToken(() => void show());
    const [shop = "", name = ""] = parts();
    replace(root, h("h1", {}, t((SCREENS.find(([x]) => x === name) ?? ["", "overview"])[1] as Key)), failure(error, () => void show()),
      error instanceof Refusal && error.problem.code === "no_item" && h("p", {}, h("a", { href: link(shop, "items") }, `← ${t("back")}`)));
  }
}

speak((recall("skua-language") as Language | null) ?? (navigator.language.startsWith("zh") ? "zh" : "en"));
paint(recall("skua-theme"));
app.append(navigation, root);
addEventListener("hashchange", () => {
  delete document.documentElement.dataset["ready"];
  void show().then(() => {
    scrollTo(0, 0);
  });
});
void show();
