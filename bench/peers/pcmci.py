"""PCMCI with partial correlation by tigramite on its own examples, for `skua-bench pcmci FOLDER`.

    python bench/peers/pcmci.py FOLDER

For example k: data_k.csv (a column a variable), links_k.csv (from, to, lag, value, p of run_pcmci) and
in runs.csv its lags, pc_alpha and the least seconds of three runs. Examples: the process of the tutorial
on causal discovery (four variables, 1,000 periods, lags to 8), and two of
toymodels.structural_causal_processes.generate_structural_causal_process (10 and 20 variables).
"""
import csv
import pathlib
import sys
import time

import numpy as np
from tigramite import data_processing as pp
from tigramite.independence_tests.parcorr import ParCorr
from tigramite.pcmci import PCMCI
from tigramite.toymodels import structural_causal_processes as toys

folder = pathlib.Path(sys.argv[1])


def lin(x):
    return x


tutorial = {
    0: [((0, -1), 0.7, lin), ((1, -1), -0.8, lin)],
    1: [((1, -1), 0.8, lin), ((3, -1), 0.8, lin)],
    2: [((2, -1), 0.5, lin), ((1, -2), 0.5, lin), ((3, -3), 0.6, lin)],
    3: [((3, -1), 0.4, lin)],
}


def drawn(n, seed):
    """A stationary process of n variables, as many links."""
    for attempt in range(seed, seed + 100):
        links, _ = toys.generate_structural_causal_process(
            N=n, L=n, dependency_coeffs=[-0.4, 0.4], auto_coeffs=[0.3, 0.6], contemp_fraction=0.0, max_lag=3,
            seed=attempt)
        if not toys.check_stationarity(links):
            continue
        data, bad = toys.structural_causal_process(links, T=500, seed=attempt)
        if not bad:
            return data
    raise RuntimeError("no stationary process")


examples = [(toys.structural_causal_process(tutorial, T=1000, seed=42)[0], 8), (drawn(10, 1), 5), (drawn(20, 2), 5)]
with open(folder / "runs.csv", "w") as runs:
    for k, (data, lags) in enumerate(examples):
        data = np.round(data, 6)
        np.savetxt(folder / f"data_{k}.csv", data, delimiter=",", fmt="%.6f")
        seconds, result = [], None
        for _ in range(3):
            began = time.perf_counter()
            result = PCMCI(pp.DataFrame(data), ParCorr(significance="analytic"), verbosity=0).run_pcmci(
                tau_max=lags, pc_alpha=0.2, alpha_level=0.05)
            seconds.append(time.perf_counter() - began)
        runs.write(f"{data.shape[1]},{data.shape[0]},{lags},{min(seconds):.6f}\n")
        with open(folder / f"links_{k}.csv", "w", newline="") as out:
            w = csv.writer(out, lineterminator="\n")
            for i in range(data.shape[1]):
                for j in range(data.shape[1]):
                    for lag in range(1, lags + 1):
                        w.writerow([i, j, lag] + [repr(float(result[m][i, j, lag])) for m in ("val_matrix", "p_matrix")])
