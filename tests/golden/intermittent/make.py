# Golden values of the demand rates: python make.py, with
# statsforecast==2.1.1 numpy==2.4.6 (Python 3.11). Writes rates.csv beside itself.
import os

import numpy as np
from statsforecast.models import ADIDA, IMAPA, TSB, CrostonClassic, CrostonOptimized, CrostonSBA

rng = np.random.default_rng(20261124)
series = [
    np.array([0, 0, 3, 0, 6, 0, 0, 0, 2], float),
    np.array([5, 0, 0, 1, 4, 0, 0, 0, 0, 0, 0, 0, 7, 1, 0, 0], float),
    np.zeros(8),
    np.array([0, 0, 0, 0, 9], float),
    np.arange(1, 14, dtype=float),
]
for rate, size, n in [(0.1, 2, 60), (0.3, 5, 45), (0.6, 1, 37), (0.05, 20, 120), (0.9, 3, 24)]:
    series.append((rng.random(n) < rate) * (1 + rng.poisson(size, n)).astype(float))
models = [
    CrostonClassic(),
    CrostonOptimized(),
    CrostonSBA(),
    TSB(alpha_d=0.2, alpha_p=0.3),
    ADIDA(),
    IMAPA(),
]
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "rates.csv"), "w") as out:
    out.write("croston,croston-optimized,sba,tsb,adida,imapa,values\n")
    for y in series:
        rates = [float(m.forecast(y=y, h=1)["mean"][0]) for m in models]
        out.write(",".join(f"{r:.12g}" for r in rates) + "," + " ".join(f"{v:g}" for v in y) + "\n")
