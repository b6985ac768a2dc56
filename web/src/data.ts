import type { Finding, Job, Reject } from "./api";
import { follow, get, post, Refusal, shopPath, upload } from "./api";
import { h, replace } from "./dom";
import { findingsTable } from "./item";
import { JobList } from "./jobs";
import { run } from "./result";
import type { Screen } from "./screen";
import { card, failure, table } from "./screen";
import { engineName, number, percent, t } from "./text";

interface FileReport {
  table?: string;
  rows?: number;
  added?: number;
  rejected?: number;
  note?: string;
  mapping?: { column: string; role: string; how: string }[];
}

const TABLES = ["auto", "sales", "orders", "items", "promotions", "supply", "events", "calendar", "future", "channels", "parts"];

/** Send, show how the file is understood, read it in when told to. */
function reader(screen: Screen, done: () => void): HTMLElement {
  const say = h("div", { role: "status" });
  const steps = h("div", {});
  const kind = h("select", { id: "table" }, ...TABLES.map((x) => h("option", { value: x }, x === "auto" ? t("auto") : x)));
  const fail = (error: unknown): void => {
    if (!screen.signal.aborted) replace(say, failure(error));
  };

  const ingest = async (id: string, settings: Record<string, unknown>): Promise<FileReport> => {
    const path = `${shopPath(screen.shop)}/uploads/${id}/ingest`;
    const job = await post<Job>(path, { settings });
    let last = job;
    await follow(screen.shop, job.job, (j) => {
      last = j;
      replace(say, `${t("reading")} ${engineName(j.stage)} ${j.state === "running" ? percent(j.share, false) : ""}`);
    }, screen.signal);
    if (last.state !== "done") throw new Refusal(422, { code: "refused", message: last.log.at(-1) ?? t(last.state), where: "", remedy: "", detail: null });
    return (last.report?.["files"] as FileReport[] | undefined)?.[0] ?? {};
  };

  const readIn = async (id: string, settings: Record<string, unknown>): Promise<void> => {
    try {
      const file = await ingest(id, settings);
      replace(steps);
      replace(say, h("p", { class: "notice good" }, t("readDone", { n: number(file.rows), a: number(file.added), r: number(file.rejected) })));
      setTimeout(done, 1200);
    } catch (error) {
      fail(error);
    }
  };

  const preview = async (id: string): Promise<void> => {
    const settings = (): Record<string, unknown> => (kind.value === "auto" ? {} : { table: kind.value });
    try {
      const file = await ingest(id, { ...settings(), dry_run: true });
      const roles = (file.mapping ?? []).map((m) => h("input", { value: m.role, "aria-label": `${t("takenAs")}: ${m.column}`, size: 12 }));
      const map = (): Record<string, unknown> => {
        const changed = (file.mapping ?? []).flatMap((m, i) => {
          const role = roles[i]?.value.trim() ?? "";
          return role !== m.role && role !== "" ? [`${role}=${m.column}`] : [];
        });
        return changed.length > 0 ? { map: changed.join(",") } : {};
      };
      replace(say);
      replace(steps, h("h3", {}, `${t("preview")}: ${file.table ?? ""}`), file.note ? h("p", { class: "hint" }, file.note) : null,
        table([t("column"), t("takenAs"), t("because")], (file.mapping ?? []).map((m, i) => [m.column, roles[i] ?? "", m.how])),
        h("p", {}, h("button", { type: "button", onclick: () => void readIn(id, { ...settings(), table: file.table ?? "auto", ...map() }) }, t("readIn"))));
    } catch (error) {
      fail(error);
    }
  };

  const send = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    replace(steps);
    try {
      const bar = h("progress", { max: 1, value: 0, "aria-label": t("sending") });
      replace(say, `${t("sending")} ${file.name} `, bar);
      const id = await upload(screen.shop, file, (share) => (bar.value = share));
      await preview(id);
    } catch (error) {
      fail(error);
    }
  };

  const choose = h("input", { type: "file", id: "file", class: "file", onchange: (event: Event) => void send((event.target as HTMLInputElement).files?.[0]) });
  const drop = h("div", {
    class: "drop",
    ondragover: (event: DragEvent) => event.preventDefault(),
    ondrop: (event: DragEvent) => {
      event.preventDefault();
      void send(event.dataTransfer?.files[0]);
    },
  }, h("label", { for: "file" }, t("chooseFile")), choose, h("span", { class: "hint" }, t("dropFile")));
  return card(t("upload"), h("p", { class: "hint" }, t("uploadText")), h("div", { class: "bar" }, h("label", { for: "table" }, t("table")), kind), drop, say, steps);
}

function findingsCard(screen: Screen): HTMLElement {
  const place = h("div", {});
  const say = h("p", { role: "status", class: "hint" });
  const decide = async (f: Finding, action: string): Promise<void> => {
    try {
      await run(screen, { verb: "findings", settings: { kind: f.kind, row: f.row, decide: action, limit: 1 } }, say);
      replace(say, t("decided"));
      setTimeout(screen.reload, 1500);
    } catch (error) {
      if (!screen.signal.aborted) replace(say, failure(error));
    }
  };
  const show = async (kind: string): Promise<void> => {
    try {
      const answer = await get<{ findings: Finding[]; total: number }>(`${shopPath(screen.shop)}/findings?limit=100${kind ? `&kind=${encodeURIComponent(kind)}` : ""}`, screen.signal);
      replace(place, answer.findings.length > 0 ? findingsTable(answer.findings, true, (f, action) => void decide(f, action)) : h("p", {}, t("noFindings")),
        answer.total > answer.findings.length && h("p", { class: "hint" }, t("orMore", { n: number(answer.total - answer.findings.length) })));
    } catch (error) {
      if (!screen.signal.aborted) replace(place, failure(error));
    }
  };
  const kinds = h("select", { id: "kind", onchange: (event: Event) => void show((event.target as HTMLSelectElement).value) },
    h("option", { value: "" }, t("allKinds")), ...screen.summary.finding_kinds.map((k) => h("option", { value: k.kind }, `${engineName(k.kind)} (${number(k.count)})`)));
  void show("");
  return card(t("findings"), h("div", { class: "bar" }, h("label", { for: "kind" }, t("kind")), kinds), say, place);
}

export async function data(screen: Screen): Promise<void> {
  const base = shopPath(screen.shop);
  const rejects = await get<{ rejects: Reject[] }>(`${base}/rejects`, screen.signal);
  const list = new JobList(screen, (job) => {
    if (job.state === "done") setTimeout(screen.reload, 1500);
  });
  replace(screen.root, h("h1", {}, t("data")), reader(screen, screen.reload),
    findingsCard(screen),
    card(t("rejects"), rejects.rejects.length > 0 ? table([t("file"), t("lineNumber"), t("why"), ""], rejects.rejects.slice(0, 200).map((r) => [r.file.split("/").at(-1) ?? "", number(r.line), r.why, r.text ?? ""]), [1]) : h("p", {}, t("noRejects"))),
    card(t("files"), table([t("file"), t("table"), t("rows"), t("rejects"), t("when")], screen.summary.files.map((f) => [f.file.split("/").at(-1) ?? "", f.table, number(f.rows), number(f.rejected), (f.at ?? "").slice(0, 16).replace("T", " ")]), [2, 3])),
    card(t("jobs"), h("div", { class: "bar" }, h("button", { type: "button", onclick: () => void list.start("check", {}) }, t("check")), h("button", { type: "button", onclick: () => void list.start("forecast", {}) }, t("forecastNow"))), list.node));
  await list.load();
}
