"""Golden values for exponential smoothing (tests/stat/test_ets_*.c).

    python -m venv V && V/bin/pip install statsforecast==2.1.1 numpy==2.4.6 statsmodels==0.15.0
    V/bin/python make.py        (writes beside itself)

series.csv      name, then values: AirPassengers (Box & Jenkins 1976, series G), and two made here
likelihood.csv  form, statsforecast's likelihood of the recursion at fixed parameters, final level,
                growth, first two seasonal states met next
fit.csv         series, season, form, -2 log likelihood that statsforecast's optimiser reached
variance.csv    form, point forecasts and variances of 30 horizons at fixed parameters (additive errors:
                statsmodels; multiplicative ones: statsforecast)
"""
import csv
import pathlib

import numpy as np
import pandas as pd
from statsforecast import ets
from statsforecast.utils import AirPassengers
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

here = pathlib.Path(__file__).parent
rng = np.random.default_rng(20)
air = AirPassengers.astype(float)
t = np.arange(60)
drifting = np.round(200 + 1.5 * t + np.cumsum(rng.normal(0, 4, 60)) + rng.normal(0, 6, 60), 2)
t = np.arange(56)
quarterly = np.round((80 + 0.8 * t) * np.array([1.1, 0.9, 0.8, 1.2])[t % 4]
                     * (1 + rng.normal(0, 0.04, 56)), 2)
series = {"air": (air, 12), "drifting": (drifting, 1), "quarterly": (quarterly, 4)}
with open(here / "series.csv", "w", newline="") as f:
    w = csv.writer(f)
    for name, (y, m) in series.items():
        w.writerow([name, m, *y])

ALPHA, BETA, GAMMA, PHI = 0.35, 0.04, 0.15, 0.92


def states(trend, season, m):
    x = [75.0]
    if trend == "A":
        x.append(0.9)
    if trend == "M":
        x.append(1.012)
    if season == "A":
        x += [15.0, -12.0, -13.0, 10.0]  # newest first: the last entry meets the first observation
    if season == "M":
        x += [1.2, 0.85, 0.9, 1.05]
    return np.array(x)


forms = [(e, tr, d, s) for e in "AM" for tr, d in (("N", 0), ("A", 0), ("M", 0), ("A", 1), ("M", 1))
         for s in "NAM"]


def residuals(e, tr, d, s):
    return ets.pegelsresid_C(quarterly, 4 if s != "N" else 1, states(tr, s, 4), e, tr, s, bool(d),
                             ALPHA, BETA, GAMMA, PHI, 3)


with open(here / "likelihood.csv", "w", newline="") as f:
    w = csv.writer(f)
    for e, tr, d, s in forms:
        _, _, x, lik = residuals(e, tr, d, s)
        last = x[-1]
        growth = last[1] if tr != "N" else 0
        season = last[-4:][::-1][:2] if s != "N" else [0, 0]
        w.writerow([e + tr + ("d" if d else "") + s, repr(float(lik)), repr(float(last[0])),
                    repr(float(growth)), *(repr(float(v)) for v in season)])

with open(here / "fit.csv", "w", newline="") as f:
    w = csv.writer(f)
    for name, (y, m) in series.items():
        for e, tr, d, s in forms:
            if tr == "M" or (e == "A" and s == "M") or (s != "N" and m == 1):
                continue
            fit = ets.ets_f(y.copy(), m, model=e + tr + s, damped=bool(d))
            alpha, beta, gamma = fit["par"][:3]
            if s != "N" and gamma > 1 - alpha:
                continue  # outside of the usual region, which this version does not enforce
            w.writerow([name, e + tr + ("d" if d else "") + s, repr(float(-2 * fit["loglik"]))])

H, SIGMA2 = 30, {"A": 16.0, "M": 0.0025}


def class_1(tr, d, s):
    """Forecasts and variances (for a unit error variance) of statsmodels. (statsforecast 2.1.1 adds
    the seasonal term of the last horizon to every variance, and damps by phi, 2 phi, ... where phi,
    phi + phi^2, ... is meant. The states, and so the forecasts, do not depend on the error.)"""
    known = dict(initialization_method="known", initial_level=75.0)
    if tr == "A":
        known["initial_trend"] = 0.9
    if s == "A":
        known["initial_seasonal"] = np.array([10.0, -13.0, -12.0, 15.0])
    model = ETSModel(pd.Series(quarterly), error="add", trend="add" if tr == "A" else None, damped_trend=bool(d),
                     seasonal="add" if s == "A" else None,
                     seasonal_periods=4 if s == "A" else None, **known)
    by_name = dict(smoothing_level=ALPHA, smoothing_trend=BETA, smoothing_seasonal=GAMMA,
                   damping_trend=PHI)
    fit = model.smooth([by_name[name] for name in model.param_names if name in by_name])
    n = len(quarterly)
    prediction = fit.get_prediction(start=n, end=n + H - 1)
    v = np.asarray(prediction.forecast_variance)
    return np.asarray(prediction.predicted_mean), v / v[0]


def class_2(e, tr, d, s, m, x, mean):
    model = dict(components=e + tr + s + ("D" if d else "N"), m=m, sigma2=SIGMA2[e],
                 par=np.array([ALPHA, BETA, GAMMA if s != "N" else np.nan, PHI]), states=x)
    out = ets._compute_pred_intervals(model, {"mean": mean}, H, [95])
    return ((out["hi-95"] - mean) / 1.959963984540054) ** 2


with open(here / "variance.csv", "w", newline="") as f:
    w = csv.writer(f)
    # Not MAA: statsforecast 2.1.1 has alpha * beta * h where alpha + beta * h is meant.
    for form in ["ANN", "AAN", "AAdN", "ANA", "AAA", "AAdA", "MNN", "MAN", "MAdN", "MNA", "MAdA"]:
        e, tr, s, d = form[0], form[1], form[-1], "d" in form
        _, _, x, _ = residuals(e, tr, d, s)
        m = 4 if s != "N" else 1
        mean, v = class_1(tr, d, s)
        v = SIGMA2[e] * v if e == "A" else class_2(e, tr, d, s, m, x, mean)
        w.writerow([form, *(repr(float(a)) for a in mean), *(repr(float(a)) for a in v)])
