// Small pictures as SVG, and the large chart on uPlot.
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { s } from "./dom";
import { number, t } from "./text";

/** Past and expected units of an item in one line; the forecast dashed. */
export function sparkline(past: (number | null)[], ahead: (number | null)[]): SVGElement {
  const width = 132;
  const height = 26;
  const all = [...past, ...ahead].map((x) => x ?? 0);
  const most = Math.max(1e-9, ...all);
  const x = (i: number): string => ((i * width) / Math.max(1, all.length - 1)).toFixed(1);
  const y = (v: number): string => (height - 2 - (v / most) * (height - 4)).toFixed(1);
  const points = (from: number, to: number): string =>
    all.slice(from, to).map((v, i) => `${x(from + i)},${y(v)}`).join(" ");
  const n = past.length;
  return s("svg", { class: "spark", viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true" },
    s("polyline", { class: "spark-past", points: points(0, n) }),
    ahead.length > 0 && s("polyline", { class: "spark-ahead", points: points(Math.max(0, n - 1), all.length) }));
}

export interface Band {
  low: (number | null)[];
  high: (number | null)[];
  strength: number;
}

export interface ChartData {
  periods: string[];
  lines: { name: string; values: (number | null)[]; kind: "past" | "ahead" | "other" | "faint" }[];
  bands: Band[];
  marks?: { name: string; at: boolean[]; kind: "stock" | "promotion" }[];
}

const seconds = (period: string): number => Date.parse(period.length > 10 ? `${period}Z` : `${period}T00:00Z`) / 1000;
const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function drawMarks(u: uPlot, data: ChartData): void {
  for (const mark of data.marks ?? []) {
    u.ctx.save();
    u.ctx.fillStyle = colour(mark.kind === "stock" ? "--stock" : "--promotion");
    for (let i = 0; i < mark.at.length; i++) {
      const at = u.data[0][i];
      const next = u.data[0][i + 1] ?? (at ?? 0) + 86400;
      if (!mark.at[i] || at === undefined) continue;
      const left = u.valToPos(at, "x", true);
      const right = u.valToPos(next, "x", true);
      if (right < u.bbox.left || left > u.bbox.left + u.bbox.width) continue;
      const from = Math.max(left, u.bbox.left);
      const until = Math.min(right, u.bbox.left + u.bbox.width);
      // promotions shade the whole height, stock-outs a strip at the foot: told apart without colour
      const height = mark.kind === "stock" ? 7 * devicePixelRatio : u.bbox.height;
      u.ctx.fillRect(from, u.bbox.top + u.bbox.height - height, Math.max(1, until - from), height);
    }
    u.ctx.restore();
  }
}

/** The chart in a box; it follows the box's width. Returns what takes it away. */
export function chart(box: HTMLElement, data: ChartData, height = 320, shown = Infinity): () => void {
  const strokes = { past: "--past", ahead: "--ahead", other: "--other", faint: "--faint" } as const;
  const series: uPlot.Series[] = [{}];
  const columns: (number | null)[][] = [];
  const bands: uPlot.Band[] = [];
  for (const band of data.bands) {
    const at = series.length;
    series.push({ label: "", show: true, stroke: "transparent", points: { show: false } });
    series.push({ label: "", show: true, stroke: "transparent", points: { show: false } });
    columns.push(band.high, band.low);
    bands.push({ series: [at, at + 1], fill: colour(band.strength > 1 ? "--band-inner" : "--band") });
  }
  for (const line of data.lines) {
    series.push({
      label: line.name, stroke: colour(strokes[line.kind]), width: line.kind === "faint" ? 1 : 2,
      ...(line.kind === "ahead" || line.kind === "faint" ? { dash: line.kind === "ahead" ? [7, 4] : [2, 3] } : {}),
      points: { show: data.periods.length < 40 && line.kind !== "faint" }, value: (_u, v) => number(v, 1),
    });
    columns.push(line.values);
  }
  const axis: uPlot.Axis = { stroke: colour("--muted"), grid: { stroke: colour("--grid"), width: 1 }, ticks: { stroke: colour("--grid"), width: 1 }, font: "12px system-ui, sans-serif" };
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  const u = new uPlot(
    {
      width: Math.max(240, box.clientWidth), height, series, bands,
      scales: { x: { time: true }, y: { range: (_u, low, high) => [Math.min(0, low ?? 0), (high ?? 1) * 1.06 || 1] } },
      axes: [{ ...axis, values: (_u, splits) => splits.map((v) => new Date(v * 1000).toISOString().slice(2, 10)), space: 74 }, { ...axis, size: 56, values: (_u, splits) => splits.map((v) => number(v)) }],
      legend: { show: false }, cursor: { y: false }, tzDate: (v) => uPlot.tzDate(new Date(v * 1000), "Etc/UTC"),
      hooks: { drawClear: [(p) => drawMarks(p, data)], setCursor: [(p) => tell(p, data, tip)] },
    },
    [data.periods.map(seconds), ...columns] as uPlot.AlignedData,
    box,
  );
  u.over.append(tip);
  const all = u.data[0];
  const from = all[all.length - shown];
  const until = all[all.length - 1];
  if (from !== undefined && until !== undefined) u.setScale("x", { min: from, max: until });
  const follow = new ResizeObserver(() => {
    if (box.clientWidth > 0) u.setSize({ width: Math.max(240, box.clientWidth), height });
  });
  follow.observe(box);
  return () => {
    follow.disconnect();
    u.destroy();
  };
}

function tell(u: uPlot, data: ChartData, tip: HTMLElement | undefined): void {
  if (!tip) return;
  const i = u.cursor.idx;
  tip.hidden = i === null || i === undefined || (u.cursor.left ?? -1) < 0;
  if (tip.hidden || i === null || i === undefined) return;
  const parts = [data.periods[i] ?? ""];
  for (const line of data.lines) {
    const v = line.values[i];
    if (v !== null && v !== undefined) parts.push(`${line.name} ${number(v, 1)}`);
  }
  const band = data.bands[0];
  const low = band?.low[i];
  const high = band?.high[i];
  if (low !== null && low !== undefined && high !== null && high !== undefined) parts.push(`${t("band")} ${number(low, 1)} – ${number(high, 1)}`);
  for (const mark of data.marks ?? []) if (mark.at[i]) parts.push(mark.name);
  tip.textContent = parts.join("\n");
  const left = u.cursor.left ?? 0;
  tip.style.transform = `translate(${left > u.over.clientWidth / 2 ? left - tip.offsetWidth - 12 : left + 12}px, 8px)`;
}

/** Promised against kept shares. */
export function reliability(pairs: [number, number][]): SVGElement {
  const size = 220;
  const at = (v: number): number => 20 + v * (size - 30);
  const up = (v: number): number => size - 20 - v * (size - 30);
  return s("svg", { class: "reliability", viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": t("calibration") },
    s("title", {}, t("calibration")),
    s("line", { class: "diagonal", x1: at(0), y1: up(0), x2: at(1), y2: up(1) }),
    s("line", { class: "axis", x1: at(0), y1: up(0), x2: at(1), y2: up(0) }),
    s("line", { class: "axis", x1: at(0), y1: up(0), x2: at(0), y2: up(1) }),
    ...pairs.map(([p, k]) => s("circle", { class: "dot", cx: at(p).toFixed(1), cy: up(k).toFixed(1), r: 4 })),
    s("text", { x: size / 2, y: size - 4, "text-anchor": "middle" }, t("promised")),
    s("text", { x: 12, y: size / 2, "text-anchor": "middle", transform: `rotate(-90 12 ${size / 2})` }, t("kept")));
}
