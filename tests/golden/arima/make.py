"""Golden values of the ARIMA likelihood, made by statsmodels.

Run by a person: python -m venv v && v/bin/pip install statsmodels==0.15.0 numpy==2.4.6 scipy==1.17.1
                 v/bin/python tests/golden/arima/make.py

likelihood.csv: a line a case: name, p,d,q,P,D,Q,season,constant, series (index into series.csv), gaps (0: none,
else the seed of the periods left out), the coefficients (phi, theta, Phi, Theta) separated by
blanks, the exact log-likelihood maximised over sigma^2 and the constant (statsmodels SARIMAX,
concentrate_scale, exact diffuse start), that constant, horizon means and variances (6 each,
sigma^2 there: sum of squares over observations less coefficients, as R forecast has it).
maximum.csv: a line a case: the same orders and the log-likelihood at the maximum, found by
statsmodels from several starts.
series.csv: the series, a column each, simulated here with a fixed seed.
"""

import csv
import os
import warnings

import numpy as np
from scipy.optimize import minimize_scalar
from statsmodels.tsa.statespace.sarimax import SARIMAX

warnings.simplefilter("ignore")
HERE = os.path.dirname(os.path.abspath(__file__))
HORIZON = 6


def simulate(rng, n, order, seasonal, coef, level, drift):
    p, d, q = order
    P, D, Q, m = seasonal
    model = SARIMAX(np.zeros(n), order=order, seasonal_order=(P, D, Q, m))
    y = model.simulate(list(coef) + [4.0], n, initial_state=np.zeros(model.k_states), random_state=rng)
    return level + drift * np.arange(n) + y


def gaps_of(n, seed):
    if seed == 0:
        return np.array([], dtype=int)
    rng = np.random.default_rng(seed)
    return np.sort(rng.choice(np.arange(2, n), size=5, replace=False))


def model_of(y, case, c):
    """SARIMAX on y less what the constant adds, so that the constant is c on the differenced scale."""
    d, D, m = case["d"], case["D"], case["season"]
    t = np.arange(len(y), dtype=float)
    mean = c * {(0, 0): np.ones_like(t), (1, 0): t, (0, 1): t / max(m, 1)}.get((d, D), 0 * t)
    seasonal = (case["P"], D, case["Q"], m if m > 1 else 0)
    if m == 1:
        seasonal = (0, 0, 0, 0)
    model = SARIMAX(y - mean, order=(case["p"], d, case["q"]), seasonal_order=seasonal,
                    concentrate_scale=True, use_exact_diffuse=True,
                    enforce_stationarity=True, enforce_invertibility=False)
    return model, mean


def diffuse(case):
    """statsmodels gives each of the d + D m diffuse periods a factor 1/sqrt(2 pi); we give none."""
    return 0.5 * np.log(2 * np.pi) * (case["d"] + case["D"] * case["season"])


def loglike(y, case, coef, c):
    model, _ = model_of(y, case, c)
    return model.loglike(np.array(coef, dtype=float), transformed=True) + diffuse(case)


def best_constant(y, case, coef):
    if not case["constant"]:
        return 0.0
    w = y.copy()
    for _ in range(case["D"]):
        w = w[case["season"]:] - w[:-case["season"]]
    for _ in range(case["d"]):
        w = w[1:] - w[:-1]
    centre, width = np.nanmean(w), 4 * np.nanstd(w)
    found = minimize_scalar(lambda c: -loglike(y, case, coef, c), method="bounded",
                            bounds=(centre - width, centre + width), options={"xatol": 1e-10})
    return float(found.x)


def forecast(y, case, coef, c):
    model, _ = model_of(y, case, c)
    result = model.smooth(np.array(coef, dtype=float), transformed=True)
    prediction = result.get_forecast(HORIZON)
    d, D, m = case["d"], case["D"], case["season"]
    t = np.arange(len(y), len(y) + HORIZON, dtype=float)
    mean = c * {(0, 0): np.ones_like(t), (1, 0): t, (0, 1): t / max(m, 1)}.get((d, D), 0 * t)
    effective = np.sum(~np.isnan(y)) - d - D * m
    used = len(coef) + case["constant"]
    # concentrated scale of statsmodels: sum of squares over effective observations
    scale = result.scale * effective / (effective - used)
    return prediction.predicted_mean + mean, prediction.var_pred_mean / result.scale * scale


def maximum(y, case):
    best = -np.inf
    coefs = case["p"] + case["q"] + case["P"] + case["Q"]
    rng = np.random.default_rng(5)
    d, D, m = case["d"], case["D"], case["season"]
    seasonal = (case["P"], D, case["Q"], m) if m > 1 else (0, 0, 0, 0)
    t = np.arange(len(y), dtype=float)
    exog = None
    if case["constant"]:
        exog = {(0, 0): np.ones_like(t), (1, 0): t, (0, 1): t / max(m, 1)}[(d, D)][:, None]
    model = SARIMAX(y, exog=exog, order=(case["p"], d, case["q"]), seasonal_order=seasonal,
                    concentrate_scale=True, use_exact_diffuse=True)
    for trial in range(4):
        start = model.start_params.copy()
        if trial > 0:
            start[-coefs:] = rng.uniform(-0.4, 0.4, coefs)
        try:
            fit = model.fit(start, disp=0, maxiter=500, method="lbfgs", pgtol=1e-9, factr=10)
            fit = model.fit(fit.params, disp=0, maxiter=2000, method="nm", xtol=1e-8, ftol=1e-10)
        except Exception:
            continue
        best = max(best, fit.llf + diffuse(case))
    return best


NAMES = ["p", "d", "q", "P", "D", "Q", "season", "constant", "series", "gaps"]
CASES = [
    # name, orders, coefficients
    ("ar1", (1, 0, 0, 0, 0, 0, 1, 0, 0, 0), [0.7]),
    ("ar1-mean", (1, 0, 0, 0, 0, 0, 1, 1, 0, 0), [0.7]),
    ("ma1-mean", (0, 0, 1, 0, 0, 0, 1, 1, 0, 0), [-0.6]),
    ("arma22-mean", (2, 0, 2, 0, 0, 0, 1, 1, 0, 0), [0.5, 0.2, 0.4, -0.3]),
    ("near-unit", (1, 0, 1, 0, 0, 0, 1, 1, 0, 0), [0.995, -0.98]),
    ("arima111-drift", (1, 1, 1, 0, 0, 0, 1, 1, 1, 0), [0.6, -0.3]),
    ("arima012", (0, 2, 2, 0, 0, 0, 1, 0, 1, 0), [-1.1, 0.3]),
    ("airline", (0, 1, 1, 0, 1, 1, 12, 0, 2, 0), [-0.4, -0.6]),
    ("airline-strong", (0, 1, 1, 0, 1, 1, 12, 0, 2, 0), [-0.4, -0.95]),
    ("seasonal-drift", (1, 0, 0, 0, 1, 1, 12, 1, 2, 0), [0.8, -0.5]),
    ("full", (2, 1, 1, 1, 0, 1, 12, 0, 2, 0), [0.4, -0.2, -0.7, 0.8, -0.3]),
    ("large", (3, 0, 2, 2, 0, 2, 7, 1, 3, 0), [0.3, 0.2, 0.1, 0.4, 0.2, 0.3, 0.2, -0.1, -0.2]),
    ("short", (1, 0, 1, 0, 1, 0, 4, 1, 4, 0), [0.5, 0.2]),
    ("gaps-ar1", (1, 0, 0, 0, 0, 0, 1, 1, 0, 7), [0.7]),
    ("gaps-arima", (1, 1, 1, 0, 0, 0, 1, 0, 1, 8), [0.6, -0.3]),
    ("gaps-drift", (1, 1, 1, 0, 0, 0, 1, 1, 1, 9), [0.6, -0.3]),
    ("gaps-airline", (0, 1, 1, 0, 1, 1, 12, 0, 2, 10), [-0.4, -0.6]),
    ("gaps-start", (0, 1, 1, 0, 1, 1, 4, 0, 4, 3), [-0.4, -0.6]),
]


def main():
    rng = np.random.default_rng(2026)
    series = [
        simulate(rng, 80, (2, 0, 1), (0, 0, 0, 0), [0.5, 0.2, 0.3], 50, 0),
        simulate(rng, 60, (1, 1, 1), (0, 0, 0, 0), [0.5, -0.3], 20, 0.7),
        simulate(rng, 120, (0, 1, 1), (0, 1, 1, 12), [-0.4, -0.6], 300, 0),
        simulate(rng, 200, (1, 0, 0), (1, 0, 1, 7), [0.5, 0.7, -0.2], 100, 0),
        simulate(rng, 22, (1, 0, 0), (0, 1, 0, 4), [0.5], 40, 0.3),
    ]
    series = [np.round(y, 3) for y in series]
    with open(os.path.join(HERE, "series.csv"), "w", newline="") as f:
        out = csv.writer(f, lineterminator="\n")
        for i, y in enumerate(series):
            out.writerow([i] + [repr(float(v)) for v in y])
    with open(os.path.join(HERE, "likelihood.csv"), "w", newline="") as f, open(
            os.path.join(HERE, "maximum.csv"), "w", newline="") as g:
        out, best = csv.writer(f, lineterminator="\n"), csv.writer(g, lineterminator="\n")
        for name, orders, coef in CASES:
            case = dict(zip(NAMES, orders))
            y = series[case["series"]].copy()
            holes = gaps_of(len(y), case["gaps"])
            y[holes] = np.nan
            c = best_constant(y, case, coef)
            mean, variance = forecast(y, case, coef, c)
            row = [name, *orders, " ".join(map(str, coef)), " ".join(map(str, holes))]
            numbers = [loglike(y, case, coef, c), c, *mean, *variance]
            out.writerow(row + [repr(float(v)) for v in numbers])
            if name != "near-unit":
                best.writerow(row + [repr(float(maximum(y, case)))])


if __name__ == "__main__":
    main()
