"""Forecasts of Fracast-0, a pre-trained model that its pip package carries, for skua-bench
zero-shot-peer: reads SET.history of a folder, writes SET.peer.

    fracast_peer.py FOLDER THREADS
"""
import pathlib
import sys
import time

import numpy as np
import torch
from fracast.inference import FracastModel

LEAST = 8  # observations that it wants
BATCH = 64


def forecast(model, histories, horizon):
    """Quantiles [series, horizon, 9]; None where a history is too short."""
    answers = [None] * len(histories)
    long = [i for i, y in enumerate(histories) if np.isfinite(y).sum() >= LEAST]
    for first in range(0, len(long), BATCH):
        part = long[first : first + BATCH]
        width = max(len(histories[i]) for i in part)
        rows = np.full((len(part), width), np.nan, dtype=np.float32)  # nothing before the first
        for k, i in enumerate(part):
            rows[k, width - len(histories[i]) :] = histories[i]
        made = model.forecast_batch(rows, horizon=horizon)
        for k, i in enumerate(part):
            answers[i] = made[k]
    return answers


def main(folder, threads):
    torch.set_num_threads(threads)
    model = FracastModel.from_pretrained(weights="fp32")
    for path in sorted(pathlib.Path(folder).glob("*.history")):
        lines = [np.array(line.split(), dtype=np.float64) for line in path.read_text().splitlines()]
        began = time.time()
        answers = forecast(model, [line[1:] for line in lines], int(lines[0][0]))
        print(f"{path.stem}: {len(lines)} series, {time.time() - began:.1f} s", file=sys.stderr, flush=True)
        with open(path.with_suffix(".peer"), "w", encoding="ascii") as out:
            for made in answers:
                out.write("none\n" if made is None else " ".join(f"{v:.9g}" for v in made.ravel()) + "\n")


main(sys.argv[1], int(sys.argv[2]))
