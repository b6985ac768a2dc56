#!/usr/bin/env python3
"""docs/images/compute.svg from docs/images/compute.tsv: validation loss and zero-shot score of the
base model's generations over compute (weights times windows, which multiplications grow with)."""
import math
import pathlib

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "docs" / "images"
WIDTH, HEIGHT, LEFT, TOP = 330, 230, 62, 34
COLOURS = {"1": "#8a6d3b", "2": "#1f6fb2", "3": "#7b4fa3", "4": "#c0392b"}


def rows():
    lines = [line for line in (FOLDER / "compute.tsv").read_text().splitlines() if not line.startswith("#")]
    for line in lines[1:]:
        generation, weights, windows, loss, score = line.split("\t")
        yield generation, float(weights) * float(windows), float(loss), float(score) if score else None


def panel(out, left, title, points, low, high, step, low_x=1e10, high_x=1e13):
    def x(value):
        return left + WIDTH * math.log(value / low_x) / math.log(high_x / low_x)

    def y(value):
        return TOP + HEIGHT * (high - value) / (high - low)

    out.append(f'<text x="{left + WIDTH / 2}" y="20" text-anchor="middle" font-size="13">{title}</text>')
    out.append(f'<rect x="{left}" y="{TOP}" width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="#999"/>')
    for k in range(round((high - low) / step) + 1):
        at = low + k * step
        out.append(f'<path d="M{left} {y(at):.1f}h{WIDTH}" stroke="#ddd"/>')
        out.append(f'<text x="{left - 6}" y="{y(at) + 4:.1f}" text-anchor="end">{at:.3f}</text>')
    for k in range(10, 14):
        out.append(f'<text x="{x(10.0 ** k):.1f}" y="{TOP + HEIGHT + 16}" text-anchor="middle">1e{k}</text>')
    out.append(f'<text x="{left + WIDTH / 2}" y="{TOP + HEIGHT + 34}" text-anchor="middle">weights x windows</text>')
    for generation, colour in COLOURS.items():
        mine = [(x(c), y(v)) for g, c, v in points if g == generation]
        if len(mine) > 1:
            way = "L".join(f"{a:.1f} {b:.1f}" for a, b in mine)
            out.append(f'<path d="M{way}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        for a, b in mine:
            out.append(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{colour}"/>')
        if mine:
            a, b = mine[-1]
            out.append(f'<text x="{a + 6:.1f}" y="{b - 5:.1f}" fill="{colour}">{generation}</text>')


def main():
    all_rows = list(rows())
    width, height = 2 * (WIDTH + LEFT) + 30, HEIGHT + TOP + 46
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" font-size="11">',
           f'<rect width="{width}" height="{height}" fill="#fff"/>']
    panel(out, LEFT, "validation loss, each generation on its own mixture",
          [(g, c, loss) for g, c, loss, _ in all_rows], 0.14, 0.2, 0.01)
    panel(out, 2 * LEFT + WIDTH + 10, "zero-shot WQL relative to seasonal naive",
          [(g, c, score) for g, c, _, score in all_rows if score], 0.67, 0.7, 0.005)
    out.append("</svg>")
    (FOLDER / "compute.svg").write_text("\n".join(out) + "\n")


main()
