// The service, as src/serve/openapi.json describes it.

export interface Problem {
  code: string;
  message: string;
  where: string;
  remedy: string;
  /** The engine's own words, in English, where the message does not hold them. */
  detail: string | null;
}

export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem,
  ) {
    super(problem.message);
  }
}

export interface Shop {
  shop: string;
  ready: boolean;
  items?: number;
  problem?: string;
}

export interface Summary {
  name: string;
  generation: number;
  items: number;
  findings: number;
  finding_kinds: { kind: string; count: number; applied: number; example: string | null }[];
  files: { file: string; table: string; rows: number; rejected: number; at: string | null }[];
  panel?: { series: number; frequency: string; first?: string; last?: string };
  forecast?: { run: string; model: string; started: string; horizon: number; first: string; last: string; stale: boolean; levels: number[]; series: number };
  total?: { periods: string[]; history: (number | null)[]; ahead?: string[]; mean?: number[]; low?: number[]; high?: number[] };
  problem?: string;
}

export interface Item {
  item: string;
  title: string;
  category: string;
  brand: string;
  channels: string[];
  recent: number | null;
  expected: number | null;
  findings: number;
  past?: (number | null)[];
  ahead?: (number | null)[];
}

export interface HistorySeries {
  channel: string;
  periods: string[];
  units: (number | null)[];
  cleaned?: (number | null)[];
  available?: (number | null)[];
  price?: (number | null)[];
  promotion?: (number | null)[];
}

export interface ForecastSeries {
  channel: string;
  note: string;
  periods: string[];
  mean: number[];
  quantiles: number[][];
}

export interface Forecast {
  item: string;
  levels: number[];
  series: ForecastSeries[];
  uses_price?: boolean;
}

export interface Finding {
  kind: string;
  item: string;
  channel: string;
  ds: string;
  row: string;
  before: string;
  after: string;
  why: string;
  action: string;
}

export interface Score {
  name: string;
  baseline?: boolean;
  wql?: number | null;
  wape?: number | null;
  mase?: number | null;
  bias?: number | null;
  cover80?: number | null;
  seconds?: number | null;
}

export interface Model {
  frequency?: string;
  horizon?: number;
  members?: string[];
  weights_regular?: number[];
  weights_intermittent?: number[];
  leaderboard?: Score[];
  calibration_kept?: [number, number][];
}

export interface Job {
  job: string;
  verb: string;
  state: "queued" | "running" | "done" | "failed" | "cancelled";
  stage: string;
  share: number;
  started_at: string | null;
  ended_at: string | null;
  queued_at: string | null;
  log: string[];
  report?: Record<string, unknown>;
}

export interface Run {
  run: string;
  kind: string;
  model: string | null;
  started: string;
  seconds: number | null;
}

export interface Reject {
  file: string;
  table: string;
  line: number | null;
  text: string | null;
  why: string;
}

const TOKEN = "skua-token";

export function setToken(token: string): void {
  sessionStorage.setItem(TOKEN, token);
}

function headers(language: string, more: Record<string, string> = {}): Record<string, string> {
  const token = sessionStorage.getItem(TOKEN);
  return { "Accept-Language": language, ...(token ? { Authorization: `Bearer ${token}` } : {}), ...more };
}

let language = "en";

export function setApiLanguage(value: string): void {
  language = value;
}

async function ask(path: string, init: RequestInit = {}, more: Record<string, string> = {}): Promise<Response> {
  const response = await fetch(path, { ...init, headers: headers(language, more) });
  if (response.ok) return response;
  let problem: Problem = { code: "unknown", message: response.statusText, where: "", remedy: "", detail: null };
  try {
    problem = (await response.json()) as Problem;
  } catch {
    // an answer of something between us and the service
  }
  throw new Refusal(response.status, problem);
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await (await ask(path, signal ? { signal } : {})).json()) as T;
}

export async function post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  const init: RequestInit = { method: "POST", body: JSON.stringify(body), ...(signal ? { signal } : {}) };
  return (await (await ask(path, init, { "Content-Type": "application/json" })).json()) as T;
}

export async function remove(path: string): Promise<void> {
  await ask(path, { method: "DELETE" });
}

export async function download(path: string, name: string): Promise<void> {
  const blob = await (await ask(path)).blob();
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

export const shopPath = (shop: string): string => `v1/shops/${encodeURIComponent(shop)}`;
export const itemPath = (shop: string, item: string): string => `${shopPath(shop)}/items/${encodeURIComponent(item)}`;

/** Send a file in parts, and go on where an interrupted part left off. */
export async function upload(shop: string, file: File, progress: (share: number) => void): Promise<string> {
  const start = await post<{ upload: string; chunk_most: number }>(`${shopPath(shop)}/uploads`, { name: file.name });
  const path = `${shopPath(shop)}/uploads/${start.upload}`;
  const size = Math.min(start.chunk_most, 4 << 20);
  let at = 0;
  let failures = 0;
  while (at < file.size) {
    try {
      const part = file.slice(at, at + size);
      const done = await ask(`${path}?offset=${at}`, { method: "PUT", body: part }, { "Content-Type": "application/octet-stream" });
      at = ((await done.json()) as { received: number }).received;
      failures = 0;
    } catch (error) {
      if (error instanceof Refusal && error.status !== 409 && error.status < 500) throw error;
      if (++failures > 3) throw error;
      at = (await get<{ received: number }>(path)).received;
    }
    progress(at / file.size);
  }
  return start.upload;
}

/** Follow a job until it ends. EventSource cannot send a token, so the stream is read by hand. */
export async function follow(shop: string, id: string, news: (job: Job) => void, signal?: AbortSignal): Promise<void> {
  const response = await ask(`${shopPath(shop)}/jobs/${id}/events`, signal ? { signal } : {});
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (!reader) return;
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    const events = text.split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) {
      const data = event.split("\n").find((line) => line.startsWith("data: "));
      if (data) news(JSON.parse(data.slice(6)) as Job);
    }
  }
}
