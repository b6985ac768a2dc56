"""Golden values of the group forecaster's kernels and variances (tests/stat/test_group_variance.c).

The kernels are built here from their definitions in src/stat/group/group_time.h, the restricted
likelihood is maximised by scipy's L-BFGS-B from several starts, and the draws are random.
Run: python make.py   (numpy 2.4.6, scipy 1.17.1); writes rows.csv, variances.csv, kernels.csv.
"""
import datetime as dt
import pathlib

import numpy as np
from scipy.optimize import minimize

HERE = pathlib.Path(__file__).parent
WINDOW, SEASON = 70, 26
FIRST = dt.date(2010, 1, 30)  # Saturday: the week that ends on 2010-02-05
EASTER = [dt.date(2009, 4, 12), dt.date(2010, 4, 4), dt.date(2011, 4, 24)]
LUNAR = [dt.date(2009, 1, 26), dt.date(2010, 2, 14), dt.date(2011, 2, 3)]
LEVEL, PRIOR_LOG, PRIOR_SPREAD = 100.0, -7.0, 2.5

t = np.arange(WINDOW, dtype=float)
lag = np.abs(t[:, None] - t[None, :])
circle = np.minimum(lag % SEASON, SEASON - lag % SEASON)
week = [FIRST + dt.timedelta(days=7 * i) for i in range(WINDOW)]


def month():
    angle = []
    for w in week:
        middle = w + dt.timedelta(days=3)
        following = (middle.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
        days = (following - dt.timedelta(days=1)).day
        angle.append(2 * np.pi * middle.day / days)
    angle = np.array(angle)
    return np.exp(2 * (np.cos(angle[:, None] - angle[None, :]) - 1))


def feast(dates):
    x = np.zeros((WINDOW, 3))
    for date in dates:
        for k in (-1, 0, 1):
            for d in range(7):
                day = date + dt.timedelta(days=7 * k - 6 + d)
                i = (day - FIRST).days // 7
                if 0 <= i < WINDOW:
                    x[i, k + 1] += 1 / 7
    return x @ x.T


slope = (t - 0.5 * WINDOW) / 52
kernels = dict(
    trend=np.exp(-lag / 200),
    slope=np.outer(slope, slope),
    slow=np.exp(-lag / 8),
    fast=np.exp(-lag / 2),
    smooth=np.exp(-0.5 * (circle * 13 / SEASON) ** 2),
    phase=np.exp(-35 * circle / SEASON),
    month=month(),
    easter=feast(EASTER),
    lunar=feast(LUNAR),
    noise=np.eye(WINDOW),
)
names = list(kernels)
B = [kernels[n] for n in names]
rest = 0.02 * np.eye(WINDOW) + 0.01 * np.exp(-lag / 8)

true = np.array([0.05, 0.002, 0.003, 0.004, 0.08, 0.02, 0.003, 0.05, 0.001, 0.002])
rng = np.random.default_rng(7)
weights = [4.0, 0.5]
rows = []
for weight, n in zip(weights, (12, 6)):
    K = sum(v * b for v, b in zip(true, B)) + rest / weight
    rows.append(np.linalg.cholesky(K) @ rng.standard_normal((WINDOW, n)))
rows = [np.round(r.T, 6) for r in rows]


def objective(x):
    total, value, gradient = 0, 0.0, np.zeros(len(x))
    for weight, X in zip(weights, rows):
        K = sum(np.exp(v) * b for v, b in zip(x, B)) + rest / weight + LEVEL + 1e-9 * np.eye(WINDOW)
        inverse = np.linalg.inv(K)
        alpha = X @ inverse
        value += 0.5 * (len(X) * np.linalg.slogdet(K)[1] + np.sum(alpha * X))
        G = 0.5 * (len(X) * inverse - alpha.T @ alpha)
        gradient += [np.exp(v) * np.sum(G * b) for v, b in zip(x, B)]
        total += len(X)
    away = (x - PRIOR_LOG) / PRIOR_SPREAD
    return (value + 0.5 * away @ away) / total, (gradient + away / PRIOR_SPREAD) / total


best = min(
    (
        minimize(objective, np.full(len(B), start), jac=True, method="L-BFGS-B",
                 bounds=[(-16, 3)] * len(B), options=dict(maxiter=1000, ftol=1e-15, gtol=1e-10))
        for start in (-9.0, -7.0, -4.6, -3.0)
    ),
    key=lambda r: r.fun,
)
with open(HERE / "rows.csv", "w") as f:
    for weight, X in zip(weights, rows):
        for x in X:
            f.write(f"{weight}," + ",".join(f"{v:.6f}" for v in x) + "\n")
with open(HERE / "variances.csv", "w") as f:
    for v in np.exp(best.x):
        f.write(f"{v:.10g}\n")
with open(HERE / "kernels.csv", "w") as f:  # a checksum of each: k[3, 17], k[12, 65], sum
    for b in B:
        f.write(f"{b[3, 17]:.12g},{b[12, 65]:.12g},{b.sum():.12g}\n")
print(best.fun, dict(zip(names, np.round(np.sqrt(np.exp(best.x)), 4))))
