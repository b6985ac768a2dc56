"""Golden values for the theta methods (tests/stat/test_theta.c).

    python -m venv V && V/bin/pip install statsforecast==2.1.1 numpy==2.4.6 scipy==1.17.1 statsmodels==0.15.0
    V/bin/python make.py        (writes beside itself)

series.csv    name, season, values
indices.csv   series, kind, whether the seasonality test of statsforecast finds a season, indices of
              statsmodels' seasonal_decompose
fit.csv       series (adjusted by those indices where they are seasonal), model, season of the
              forecasts, least objective found by scipy around statsforecast's optimum (sum of
              squared errors from the fourth on), alpha, then 12 adjusted forecasts there
"""
import csv
import itertools
import pathlib

import numpy as np
from scipy.optimize import minimize
from scipy.stats import norm
from statsforecast import theta
from statsforecast._lib import theta as lib
from statsforecast.utils import AirPassengers
from statsmodels.tsa.seasonal import seasonal_decompose
from statsmodels.tsa.stattools import acf

here = pathlib.Path(__file__).parent
rng = np.random.default_rng(3)
t = np.arange(40)
line = np.round(50 + 0.7 * t + np.cumsum(rng.normal(0, 1.5, 40)) + rng.normal(0, 2, 40), 2)
flat = np.round(100 + rng.normal(0, 10, 48), 2)
quarterly = np.round(60 + 0.4 * t[:36] + np.array([9, -5, -12, 8])[t[:36] % 4]
                     + rng.normal(0, 3, 36), 2)
series = {"air": (AirPassengers.astype(float), 12), "line": (line, 1), "flat": (flat, 12),
          "quarterly": (quarterly, 4)}


def write(name, rows):
    with open(here / name, "w", newline="") as f:
        csv.writer(f).writerows([v if isinstance(v, (str, int)) else repr(float(v)) for v in row]
                                for row in rows)


write("series.csv", [[name, m, *y] for name, (y, m) in series.items()])

adjusted, rows = {}, []
for name, (y, m) in series.items():
    adjusted[name] = y
    if m < 4:
        continue
    r = acf(y, nlags=m, fft=False)[1:]
    seasonal = abs(r[-1]) / np.sqrt((1 + 2 * np.sum(r[:-1] ** 2)) / len(y)) > norm.ppf(0.95)
    for kind in ("multiplicative", "additive"):
        index = seasonal_decompose(y, model=kind, period=m).seasonal
        rows.append([name, kind, int(seasonal), *index[:m]])
        if seasonal and kind == "multiplicative":
            adjusted[name] = y / index
write("indices.csv", rows)

rows = []
for name, y in adjusted.items():
    for kind in ("STM", "OTM", "DSTM", "DOTM"):
        fit = theta.thetamodel(y=y, m=1, modeltype=kind, initial_smoothed=np.nan, alpha=np.nan,
                               theta=np.nan, nmse=3)
        model, mean = theta.switch_theta(kind), np.mean(np.abs(y))
        free = kind.startswith("O") or kind == "DOTM"

        def objective(x):
            level, alpha, weight = x[0], x[1], x[2] if free else 0.5
            if not (0.1 <= alpha <= 0.99 and 0 <= weight < 1):
                return np.inf
            n = len(y)
            return mean * lib.calc(y, np.zeros((n, 5)), model, level, alpha, 1 / (1 - weight),
                                   np.zeros(n), np.zeros(3), 3)

        start = [fit["par"]["initial_smoothed"], fit["par"]["alpha"]]
        if free:
            start.append(min(1 - 1 / fit["par"]["theta"], 1 - 1e-9))
        best = None
        for alpha, weight in itertools.product((start[1], 0.12, 0.3, 0.5, 0.7, 0.95),
                                               (0.05, 0.5, 0.95) if free else (0.5,)):
            x = np.array([start[0], alpha, weight] if free else [start[0], alpha])
            for _ in range(4):
                found = minimize(objective, x, method="Nelder-Mead",
                                 options=dict(xatol=1e-10, fatol=1e-12, maxiter=20000, maxfev=20000))
                x = found.x
            if best is None or found.fun < best.fun:
                best = found
        level, alpha = best.x[:2]
        weight = best.x[2] if free else 0.5
        n = len(y)
        states, f = np.zeros((n, 5)), np.zeros(12)
        lib.calc(y, states, model, level, alpha, 1 / (1 - weight), np.zeros(n), np.zeros(3), 3)
        lib.forecast(states, n, model, f, alpha, 1 / (1 - weight))
        rows.append([name, kind, best.fun, alpha, *f])
write("fit.csv", rows)
