// What a command worked out: shown when it is there, started at a click when not, begun anew when the
// shop has changed since.
import type { Job } from "./api";
import { follow, get, post, Refusal, shopPath } from "./api";
import { h, replace } from "./dom";
import { sentence } from "./engine";
import type { Screen } from "./screen";
import { failure } from "./screen";
import { engineName, percent, t } from "./text";

interface Result<T> {
  job: string;
  ended_at: string | null;
  stale: boolean;
  report: T;
}

export interface Question {
  /** Where the result is, below the shop. */
  path: string;
  /** What starts the work. */
  job: { verb: string; what?: string; settings?: Record<string, unknown> };
  /** What the work is good for, when there is no result yet. */
  about: string;
}

const isJob = (x: Question["job"] | Job): x is Job => "job" in x;

/** Run work, or follow a job, to its end; throws with its last word when it failed. */
export async function run(screen: Screen, body: Question["job"] | Job, say: HTMLElement): Promise<Job> {
  const job = isJob(body) ? body : await post<Job>(`${shopPath(screen.shop)}/jobs`, body, screen.signal);
  let last = job;
  const tell = (j: Job): void => {
    last = j;
    replace(say, `${t(j.state)} ${engineName(j.stage)} ${j.state === "running" && j.share > 0 ? percent(j.share, false) : ""}`);
  };
  tell(job);
  await follow(screen.shop, job.job, tell, screen.signal);
  if (last.state !== "done") throw new Refusal(422, { code: "refused", message: sentence(last.log.at(-1) ?? t(last.state)), where: last.job, remedy: "", detail: null });
  replace(say);
  return last;
}

/** A place that shows a result with `draw`, which gets the report, its job and a way to ask anew. */
export function result<T>(screen: Screen, question: Question, draw: (report: T, job: string, again: () => Promise<void>) => Node[]): HTMLElement {
  const place = h("div", {});
  const say = h("span", { role: "status", class: "hint" });
  const work = async (): Promise<void> => {
    try {
      await run(screen, question.job, say);
      await load();
    } catch (error) {
      if (!screen.signal.aborted) replace(say, failure(error, () => void work()));
    }
  };
  const load = async (): Promise<void> => {
    try {
      const found = await get<Result<T>>(`${shopPath(screen.shop)}/${question.path}`, screen.signal);
      const when = (found.ended_at ?? "").slice(0, 16).replace("T", " ");
      replace(place,
        h("div", { class: found.stale ? "notice bar" : "bar" },
          h("span", { class: "hint" }, t(found.stale ? "resultStale" : "resultOf", { t: when })),
          h("button", { type: "button", class: found.stale ? "" : "plain", onclick: () => void work() }, t("workAgain")), say),
        ...draw(found.report, found.job, work));
    } catch (error) {
      if (screen.signal.aborted) return;
      if (error instanceof Refusal && error.problem.code === "no_result")
        replace(place, h("div", { class: "empty small" }, h("p", {}, question.about), h("button", { type: "button", onclick: () => void work() }, t("workOut")), " ", say));
      else replace(place, failure(error, () => void load()));
    }
  };
  replace(place, h("p", { class: "hint", role: "status" }, t("loading")));
  void load();
  return place;
}
