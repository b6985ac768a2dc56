"""The order that statsforecast's AutoARIMA (a port of R's auto.arima) chooses for a few series.

Run by a person: v/bin/pip install statsforecast==2.1.1 statsmodels==0.15.0 && v/bin/python make_choice.py
choice.csv: name, season, p, d, q, P, D, Q, constant, AICc of that order (statsmodels, exact likelihood:
statsforecast's own is off by up to 1 where a series starts near 0), number of values, values. AirPassengers is
the series of Box & Jenkins (1976); R finds ARIMA(2,1,1)(0,1,0)[12] there, AICc 1018.17. The others are
simulated here with a fixed seed, with parameters far from every border of the tests.
"""

import csv
import os

import numpy as np
from statsforecast.arima import auto_arima_f
from statsforecast.utils import AirPassengers
from statsmodels.tsa.statespace.sarimax import SARIMAX

HERE = os.path.dirname(os.path.abspath(__file__))


def arma(rng, n, ar, ma):
    e = rng.normal(size=n + 200)
    y = np.zeros(n + 200)
    for t in range(3, n + 200):
        y[t] = sum(a * y[t - 1 - i] for i, a in enumerate(ar)) + e[t]
        y[t] += sum(m * e[t - 1 - i] for i, m in enumerate(ma))
    return y[200:]


def exact_aicc(y, p, d, q, P, D, Q, m, constant):
    w = y
    for _ in range(D):
        w = w[m:] - w[:-m]
    w = np.diff(w, d)
    seasonal = (P, 0, Q, m) if m > 1 else (0, 0, 0, 0)
    model = SARIMAX(w, order=(p, 0, q), seasonal_order=seasonal, trend="c" if constant else "n",
                    concentrate_scale=True)
    k = p + q + P + Q + constant + 1
    return -2 * model.fit(disp=0, maxiter=500).llf + 2 * k + 2 * k * (k + 1) / (len(w) - k - 1)


def main():
    rng = np.random.default_rng(11)
    walk = np.cumsum(arma(rng, 120, [], [-0.5]))
    trend = np.cumsum(0.8 + arma(rng, 110, [0.5], []))
    season = np.tile([10, 2, -5, -7], 25)[:100]
    cases = [
        ("air-passengers", 12, np.asarray(AirPassengers, float)),
        ("ar2-mean", 1, 30 + arma(rng, 140, [0.6, -0.4], [])),
        ("walk-ma", 1, walk),
        ("trend", 1, trend),
        ("season", 4, 40 + 3 * season + arma(rng, 100, [0.6], [])),
    ]
    with open(os.path.join(HERE, "choice.csv"), "w", newline="") as f:
        out = csv.writer(f, lineterminator="\n")
        for name, season, y in cases:
            y = np.round(y, 4)
            fit = auto_arima_f(y, period=season)
            p, q, P, Q, _, d, D = fit["arma"]
            constant = int(any(k in ("drift", "intercept") for k in fit["coef"]))
            print(name, fit["arma"], fit["coef"], fit["aicc"])
            out.writerow([name, season, p, d, q, P, D, Q, constant, repr(float(exact_aicc(y, p, d, q, P, D, Q, season, constant))), len(y)]
                         + [repr(float(v)) for v in y])


if __name__ == "__main__":
    main()
