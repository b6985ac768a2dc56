// Work that runs beside the service: started, followed live, stopped.
import type { Job } from "./api";
import { follow, get, post, remove, shopPath } from "./api";
import { h, replace } from "./dom";
import { sentence } from "./engine";
import type { Screen } from "./screen";
import { failure } from "./screen";
import type { Key } from "./text";
import { engineName, percent, t } from "./text";

const verbs: Record<string, Key> = { train: "train", forecast: "forecast", check: "check", backtest: "backtest", ingest: "ingest", plan: "plan", trend: "trends", cause: "why2", explain: "explain", findings: "findingsWork" };
export const ended = (job: Job): boolean => job.ended_at !== null;
const clock = (text: string | null): string => (text ? text.slice(0, 16).replace("T", " ") : "");

export function jobRow(screen: Screen, job: Job): HTMLElement {
  const share = job.state === "done" ? 1 : job.share;
  const stop = h("button", { type: "button", class: "plain", onclick: () => void remove(`${shopPath(screen.shop)}/jobs/${job.job}`).catch(() => undefined) }, t("cancel"));
  return h("li", { class: `job ${job.state}` },
    h("div", { class: "job-head" }, h("strong", {}, t(verbs[job.verb] ?? "jobs")), h("span", { class: "state" }, t(job.state)),
      h("span", { class: "hint" }, `${clock(job.started_at ?? job.queued_at)} ${ended(job) ? "" : engineName(job.stage)}`), !ended(job) && stop),
    job.state === "running" && h("progress", { max: 1, value: share, "aria-label": job.stage || t("running") }, percent(share, false)),
    job.state === "failed" && h("p", { class: "bad-text" }, sentence(job.log.at(-1) ?? "")));
}

/** A list of a shop's work that keeps itself up to date. `news` hears of jobs that end here. */
export class JobList {
  readonly node = h("ul", { class: "jobs", "aria-live": "polite" });
  private jobs = new Map<string, Job>();

  constructor(private screen: Screen, private news: (job: Job) => void = () => undefined) {}

  private draw(): void {
    const list = [...this.jobs.values()].sort((a, b) => Number(b.job.split("-").at(-1)) - Number(a.job.split("-").at(-1))).slice(0, 12);
    replace(this.node, ...(list.length > 0 ? list.map((job) => jobRow(this.screen, job)) : [h("li", { class: "hint" }, t("noJobs"))]));
  }

  watch(job: Job): Promise<void> {
    this.jobs.set(job.job, job);
    this.draw();
    if (ended(job)) return Promise.resolve();
    return follow(this.screen.shop, job.job, (next) => {
      this.jobs.set(next.job, next);
      this.draw();
      if (ended(next)) this.news(next);
    }, this.screen.signal).catch(() => undefined);
  }

  async load(): Promise<void> {
    const { jobs } = await get<{ jobs: Job[] }>(`${shopPath(this.screen.shop)}/jobs`, this.screen.signal);
    this.draw();
    for (const job of jobs) void this.watch(job);
  }

  /** Start work and follow it; resolves when it stands in the queue (true) or was refused (false). */
  async start(verb: string, settings: Record<string, unknown>): Promise<boolean> {
    try {
      void this.watch(await post<Job>(`${shopPath(this.screen.shop)}/jobs`, { verb, settings }));
      return true;
    } catch (error) {
      if (!this.screen.signal.aborted) this.node.prepend(h("li", {}, failure(error)));
      return false;
    }
  }
}
