"""Kernel SHAP by the shap package on what `skua-bench shap-speed --write FOLDER` wrote.

    python bench/peers/shap_speed.py FOLDER THREADS      (shap, lightgbm)

The same background, rows, coalitions and model as bench/bench_shap.c. Two lines into
FOLDER/peer.txt, for the plain function and for the trees: seconds a row, model calls a row, mean
error beside the exact values over all coalitions."""
import itertools
import math
import sys
import time
import warnings

import lightgbm
import numpy as np
import shap

warnings.filterwarnings("ignore")
ROWS, COLUMNS, BACKGROUND, EXPLAINED, SAMPLES = 4000, 10, 100, 10, 800


def plain(x):
    a, b, c, d = x[:, 0], x[:, 1], x[:, 2], x[:, 3]
    return (4 * a * b + np.where(c > 0.5, 2, 0) + np.abs(d - 0.5)
            + x[:, 4:] @ (0.1 * np.arange(4, COLUMNS)) + a * c * d)


def exact(model, background, row):
    masks = np.array(list(itertools.product([0, 1], repeat=COLUMNS)), bool)
    x = np.where(masks[:, None, :], row, background[None])
    worth = model(x.reshape(-1, COLUMNS)).reshape(len(masks), -1).mean(1)
    place = {tuple(m): i for i, m in enumerate(masks)}
    values = np.zeros(COLUMNS)
    for i, mask in enumerate(masks):
        size = mask.sum()
        for k in np.flatnonzero(~mask):
            more = mask.copy()
            more[k] = True
            weight = (math.factorial(size) * math.factorial(COLUMNS - size - 1)
                      / math.factorial(COLUMNS))
            values[k] += weight * (worth[place[tuple(more)]] - worth[i])
    return values


def main():
    folder, threads = sys.argv[1], int(sys.argv[2])
    x = np.fromfile(f"{folder}/x.f32", np.float32).reshape(COLUMNS, ROWS).T.astype(float)
    background, rows = x[:BACKGROUND], x[BACKGROUND:BACKGROUND + EXPLAINED]
    booster = lightgbm.Booster(model_file=f"{folder}/trees.txt")
    answers = []
    for model in (plain, lambda z: booster.predict(z, num_threads=threads)):
        calls = [0]

        def counted(z, model=model, calls=calls):
            calls[0] += len(z)
            return model(z)

        explainer = shap.KernelExplainer(counted, background)
        explainer.shap_values(rows[:1], nsamples=SAMPLES, l1_reg=False, silent=True)
        calls[0] = 0
        began = time.perf_counter()
        values = explainer.shap_values(rows, nsamples=SAMPLES, l1_reg=False, silent=True)
        seconds = (time.perf_counter() - began) / EXPLAINED
        right = np.array([exact(model, background, row) for row in rows])
        answers.append(f"{seconds} {calls[0] / EXPLAINED} {np.abs(values - right).mean()}\n")
    with open(f"{folder}/peer.txt", "w") as out:
        out.writelines(answers)


main()
