"""Golden values of PCMCI with partial correlation, from tigramite 5.2.10.1 (numpy 1.26 or later).

    python tests/golden/pcmci/make.py

data.csv: the process of tigramite's own tutorial, 300 periods, seed 42. links.csv: from, to, lag,
value, p of run_pcmci(tau_max=4, pc_alpha=0.2) and p after Benjamini-Hochberg (fdr_bh).
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


links = {
    0: [((0, -1), 0.7, lin), ((1, -1), -0.8, lin)],
    1: [((1, -1), 0.8, lin), ((3, -1), 0.8, lin)],
    2: [((2, -1), 0.5, lin), ((1, -2), 0.5, lin), ((3, -3), 0.6, lin)],
    3: [((3, -1), 0.4, lin)],
}
data, _ = toys.structural_causal_process(links, T=300, seed=42)
data = np.round(data, 6)
np.savetxt(here / "data.csv", data, delimiter=",", fmt="%.6f")
pcmci = PCMCI(pp.DataFrame(data), ParCorr(significance="analytic"), verbosity=0)
result = pcmci.run_pcmci(tau_max=4, pc_alpha=0.2, alpha_level=0.05)
q = pcmci.get_corrected_pvalues(result["p_matrix"], tau_max=4, fdr_method="fdr_bh")
with open(here / "links.csv", "w", newline="") as out:
    write = csv.writer(out, lineterminator="\n")
    for i in range(4):
        for j in range(4):
            for lag in range(5):
                write.writerow(
                    [i, j, lag]
                    + [repr(float(m[i, j, lag])) for m in (result["val_matrix"], result["p_matrix"], q)]
                )
