"""Golden values of event_effect.h, from statsmodels 0.15.0 and scipy 1.17.1.

    python tests/golden/event/make.py

data.csv: 14 units (columns) over 30 periods, the first three with an event in period 20 that adds
0.5; some cells missing (empty). difference.csv: value and clustered error of OLS with dummies of
units and periods, cov_type="cluster"; slope of the treated before the event and its error,
likewise. synthetic.csv: weights of the controls without missing cells for the mean of the treated
by SLSQP from several starts, then the root mean squared gaps before and after and the mean gap
after.
"""
import csv
import pathlib

import numpy as np
import statsmodels.api as sm
from scipy.optimize import minimize

here = pathlib.Path(__file__).parent
rng = np.random.default_rng(7)
N, T, BEFORE, TREATED = 14, 30, 20, 3
factor = np.cumsum(rng.normal(0, 0.1, (2, T)), axis=1)
load = rng.uniform(0.2, 1.5, (N, 2))
y = 1 + load @ factor + rng.normal(0, 0.08, (N, T))
y[:TREATED, BEFORE:] += 0.5
y = np.round(y, 6)
for i, t in ((1, 4), (12, 8), (13, 25), (5, 27)):
    y[i, t] = np.nan
with open(here / "data.csv", "w", newline="") as out:
    w = csv.writer(out, lineterminator="\n")
    for t in range(T):
        w.writerow(["" if np.isnan(v) else f"{v:.6f}" for v in y[:, t]])


def clustered(keep, column):
    i, t = np.nonzero(keep)
    x = [column[i, t]] + [(i == k) * 1.0 for k in range(N)] + [(t == k) * 1.0 for k in sorted(set(t))[1:]]
    fit = sm.OLS(y[i, t], np.column_stack(x)).fit(cov_type="cluster", cov_kwds={"groups": i})
    return fit.params[0], fit.bse[0]


known = ~np.isnan(y)
treated = np.arange(N)[:, None] < TREATED
after = np.arange(T)[None, :] >= BEFORE
effect = clustered(known, (treated & after) * 1.0)
trend = clustered(known & ~after, treated * np.arange(T)[None, :] * 1.0)
with open(here / "difference.csv", "w") as out:
    for v in effect + trend:
        out.write(f"{v!r}\n".replace("np.float64(", "").replace(")", ""))

mean = np.nanmean(y[:TREATED], axis=0)
controls = [i for i in range(TREATED, N) if known[i, :BEFORE].all()]
X, b = y[controls, :BEFORE].T, mean[:BEFORE]
best = None
for start in range(6):
    w0 = np.random.default_rng(start).dirichlet(np.ones(len(controls)))
    r = minimize(lambda w: ((X @ w - b) ** 2).sum(), w0, jac=lambda w: 2 * X.T @ (X @ w - b),
                 bounds=[(0, 1)] * len(controls), method="SLSQP",
                 constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": lambda w: np.ones_like(w)},
                 options={"ftol": 1e-15, "maxiter": 2000})
    if best is None or r.fun < best.fun:
        best = r
w = np.where(best.x < 1e-9, 0, best.x)
w /= w.sum()
gap = np.full(T, np.nan)
for t in range(T):
    k = known[controls, t]
    gap[t] = mean[t] - (w[k] * y[np.array(controls)[k], t]).sum() / w[k].sum()
with open(here / "synthetic.csv", "w") as out:
    for i, v in zip(controls, w):
        out.write(f"{i},{float(v)!r}\n")
    for v in (np.sqrt((gap[:BEFORE] ** 2).mean()), np.sqrt((gap[BEFORE:] ** 2).mean()), gap[BEFORE:].mean()):
        out.write(f"-1,{float(v)!r}\n")
