import type { Model, Run, Score } from "./api";
import { get, shopPath } from "./api";
import { h, replace } from "./dom";
import { JobList } from "./jobs";
import { reliability } from "./picture";
import type { Screen } from "./screen";
import { card, table } from "./screen";
import type { Key } from "./text";
import { number, percent, t } from "./text";

const decimals = (x: number | null | undefined): string => (typeof x === "number" ? x.toFixed(3) : "–");

function leaderboard(rows: Score[]): HTMLElement {
  return table([t("name"), "WQL", "WAPE", "MASE", "bias", "80 %", "s"],
    rows.map((r) => [r.baseline ? `${r.name} (${t("baseline")})` : r.name, decimals(r.wql), decimals(r.wape), decimals(r.mase), decimals(r.bias), percent(r.cover80 ?? null, false), number(r.seconds, 1)]), [1, 2, 3, 4, 5, 6]);
}

/** Weights of the combination's members as bars, two classes side by side. */
function weights(model: Model): HTMLElement {
  const bar = (x: number | undefined, kind: string): HTMLElement =>
    h("td", { class: "number" }, h("meter", { class: kind, min: 0, max: 1, value: x ?? 0 }, percent(x, false)), ` ${percent(x ?? 0, false)}`);
  const rows = (model.members ?? []).map((name, i) => ({ name, a: model.weights_regular?.[i] ?? 0, b: model.weights_intermittent?.[i] ?? 0 })).filter((r) => r.a > 0.001 || r.b > 0.001);
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": [t("name"), t("regular"), t("intermittent")].join(", ") }, h("table", {},
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("name")), h("th", { scope: "col" }, t("regular")), h("th", { scope: "col" }, t("intermittent")))),
    h("tbody", {}, ...rows.map((r) => h("tr", {}, h("th", { scope: "row" }, r.name), bar(r.a, "regular"), bar(r.b, "intermittent"))))));
}

export async function models(screen: Screen): Promise<void> {
  const base = shopPath(screen.shop);
  const [model, runs] = await Promise.all([get<Model>(`${base}/model`, screen.signal), get<{ runs: Run[] }>(`${base}/runs`, screen.signal)]);
  const list = new JobList(screen, (job) => {
    if (job.state === "done" && (job.verb === "train" || job.verb === "forecast")) setTimeout(screen.reload, 1500);
  });
  const presets: Key[] = ["fast", "medium", "best"];
  const preset = h("select", { id: "preset" }, ...presets.map((p) => h("option", { value: p, selected: p === "medium" }, t(p))));
  const horizon = h("input", { id: "train-horizon", type: "number", min: 1, max: 1040, value: model.horizon ?? screen.summary.forecast?.horizon ?? 28 });
  const train = (event: Event): void => {
    event.preventDefault();
    // one after the other: whichever came first would run first
    void list.start("train", { preset: preset.value, horizon: Number(horizon.value) }).then((queued) => queued && list.start("forecast", {}));
  };
  replace(screen.root, h("h1", {}, t("models")),
    card(t("train"), h("p", { class: "hint" }, t("trainText")),
      h("form", { class: "bar", onsubmit: train }, h("label", { for: "preset" }, t("preset")), preset, h("label", { for: "train-horizon" }, t("horizon")), horizon, h("button", { type: "submit" }, t("startTraining"))),
      h("h3", {}, t("jobs")), list.node),
    (model.leaderboard?.length ?? 0) > 0 ? card(t("leaderboard"), h("p", { class: "hint" }, t("leaderboardText")), leaderboard(model.leaderboard ?? [])) : h("p", { class: "hint" }, t("noModel")),
    (model.members?.length ?? 0) > 0 && h("div", { class: "two" }, card(t("weights"), weights(model)),
      card(t("calibration"), h("p", { class: "hint" }, t("calibrationText")), reliability(model.calibration_kept ?? []) as unknown as HTMLElement)),
    card(t("runs"), table([t("kind"), t("name"), t("started"), t("seconds", { n: "" })], runs.runs.slice(0, 30).map((r) => [r.kind, r.model ?? "", r.started.slice(0, 16).replace("T", " "), number(r.seconds, 1)]), [3])));
  await list.load();
}
