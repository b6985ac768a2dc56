"""Golden values of PCMCI+ with partial correlation, from tigramite 5.2.10.1.

    python tests/golden/pcmci_plus/make.py

Three processes with links within a period: that of tigramite's own tutorial on PCMCI+ (four
variables, seed 1), one of six and one of eight drawn at random. data_N.csv: 400 periods.
links_N.csv: from, to, lag, mark (of the graph, "." for no link), value, p of
run_pcmciplus(tau_max=3, pc_alpha=0.01), whose rules are the defaults: majority, conflicts marked.
"""
import csv
import pathlib

import numpy as np
from tigramite import data_processing as pp
from tigramite.independence_tests.parcorr import ParCorr
from tigramite.pcmci import PCMCI
from tigramite.toymodels import structural_causal_processes as toys

here = pathlib.Path(__file__).parent


def lin(x):
    return x


tutorial = {
    0: [((0, -1), 0.9, lin)],
    1: [((1, -1), 0.8, lin), ((0, -1), 0.8, lin)],
    2: [((2, -1), 0.7, lin), ((1, 0), 0.6, lin)],
    3: [((3, -1), 0.7, lin), ((2, 0), -0.5, lin)],
}


def random_links(n, seed):
    rng = np.random.default_rng(seed)
    order = rng.permutation(n)
    links = {int(j): [((int(j), -1), float(rng.uniform(0.3, 0.7)), lin)] for j in range(n)}
    for k in range(1, n):  # links within a period go along an order
        for q in rng.choice(k, size=min(k, 2 if k % 2 else 1), replace=False):
            links[int(order[k])].append(((int(order[q]), 0), float(rng.choice([-1, 1]) * rng.uniform(0.3, 0.6)), lin))
    for _ in range(n // 2):
        i, j = rng.choice(n, 2, replace=False)
        links[int(j)].append(((int(i), -int(rng.integers(1, 4))), 0.25, lin))
    return links


for number, links in enumerate((tutorial, random_links(6, 3), random_links(8, 11))):
    data, bad = toys.structural_causal_process(links, T=400, seed=1 + number)
    assert not bad
    data = np.round(data, 6)
    np.savetxt(here / f"data_{number}.csv", data, delimiter=",", fmt="%.6f")
    n = data.shape[1]
    result = PCMCI(pp.DataFrame(data), ParCorr(significance="analytic"), verbosity=0).run_pcmciplus(
        tau_max=3, pc_alpha=0.01)
    with open(here / f"links_{number}.csv", "w", newline="") as out:
        w = csv.writer(out, lineterminator="\n")
        for i in range(n):
            for j in range(n):
                for lag in range(4):
                    w.writerow([i, j, lag, result["graph"][i, j, lag] or "."]
                               + [repr(float(result[m][i, j, lag])) for m in ("val_matrix", "p_matrix")])
