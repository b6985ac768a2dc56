"""Golden values of room math, written beside this file as CSV: a name, then numbers.

    python3 -m venv golden-venv && golden-venv/bin/pip install numpy==2.4.6 scipy==1.17.1 \
        statsmodels==0.15.0 ruptures==1.1.10 mpmath==1.4.1
    golden-venv/bin/python tests/golden/time/make.py

Made by a person, never by CI. The series are generated here, but for `air`, the monthly totals of
international airline passengers, 1949-1960 (Box & Jenkins 1976, series G).
"""

import pathlib
import warnings

import mpmath
import numpy as np
import ruptures
import scipy.optimize
import scipy.special
import scipy.stats as st
from statsmodels.base.transform import BoxCox
from statsmodels.stats.diagnostic import acorr_ljungbox
from statsmodels.tsa.seasonal import MSTL, STL
from statsmodels.tsa.stattools import acf, acovf, adfuller, kpss, pacf

warnings.simplefilter("ignore")
HERE = pathlib.Path(__file__).parent
RNG = np.random.default_rng(20240607)

AIR = """112 118 132 129 121 135 148 148 136 119 104 118 115 126 141 135 125 149 170 170 158 133
114 140 145 150 178 163 172 178 199 199 184 162 146 166 171 180 193 181 183 218 230 242 209 191 172
194 196 196 236 235 229 243 264 272 237 211 180 201 204 188 235 227 234 264 302 293 259 229 203 229
242 233 267 269 270 315 364 347 312 274 237 278 284 277 317 313 318 374 413 405 355 306 271 306 315
301 356 348 355 422 465 467 404 347 305 336 340 318 362 348 363 435 491 505 404 359 310 337 360 342
406 396 420 472 548 559 463 407 362 405 417 391 419 461 472 535 622 606 508 461 390 432"""


def make_series():
    t = np.arange(400)
    week = np.array([0.8, 0.7, 0.8, 0.9, 1.1, 1.5, 1.2])
    walk = np.cumsum(RNG.normal(size=150)) + 20
    ar = np.zeros(120)
    for i in range(1, 120):
        ar[i] = 0.6 * ar[i - 1] + RNG.normal()
    level = np.concatenate([RNG.normal(m, s, 40) for m, s in ((0, 1), (4, 1), (4, 3), (1, 0.5))])
    outlier = 50 + 10 * np.sin(2 * np.pi * t[:91] / 7) + RNG.normal(size=91)
    outlier[[20, 55, 56]] += [60, -30, 80]
    return {
        "air": np.array(AIR.split(), float),
        "walk": walk,
        "ar": ar,
        "trend": 5 + 0.1 * t[:60] + RNG.normal(size=60),
        "counts": RNG.poisson(12 * week[t[:140] % 7]).astype(float),
        "sparse": RNG.poisson(0.4, 100).astype(float),
        "level": level,
        "outlier": outlier,
        "weeks": 100 + 20 * np.sin(2 * np.pi * t[:130] / 52) + RNG.normal(size=130) * 4,
        "double": 60 + 9 * week[t[:200] % 7] + 6 * np.sin(2 * np.pi * t[:200] / 30) + RNG.normal(size=200),
        "short": RNG.normal(size=12) + 3,
    }


def write(name, rows):
    with open(HERE / name, "w", encoding="ascii") as f:
        for key, values in rows:
            f.write(key + "," + ",".join(f"{v:.17g}" for v in np.atleast_1d(values)) + "\n")


def stl_rows(s):
    cases = [  # name, series, period, options as in test_stl.c
        ("air", "air", 12, {}),
        ("air-robust", "air", 12, dict(robust=True)),
        ("counts", "counts", 7, dict(seasonal=13, trend=21)),
        ("outlier-robust", "outlier", 7, dict(robust=True)),
        ("weeks", "weeks", 52, {}),
        ("air-constant", "air", 12, dict(seasonal_deg=0, trend_deg=0, low_pass_deg=0, robust=True)),
        ("air-jump", "air", 12, dict(seasonal_jump=2, trend_jump=3, low_pass_jump=4)),
        ("counts-jump", "counts", 7, dict(trend_jump=9, low_pass_jump=7, robust=True)),
    ]
    for name, series, period, options in cases:
        r = STL(s[series], period=period, **options).fit()
        yield name + ":seasonal", r.seasonal
        yield name + ":trend", r.trend
        yield name + ":weights", r.weights
    r = MSTL(s["double"], periods=(7, 30)).fit()
    yield "double:seasonal-7", r.seasonal[:, 0]
    yield "double:seasonal-30", r.seasonal[:, 1]
    yield "double:trend", r.trend
    r = MSTL(s["counts"], periods=(7, 20), windows=(9, 21), stl_kwargs=dict(robust=True)).fit()
    yield "counts-two:seasonal-7", r.seasonal[:, 0]
    yield "counts-two:seasonal-20", r.seasonal[:, 1]
    yield "counts-two:trend", r.trend


def stationarity_rows(s):
    for name in ("air", "walk", "ar", "trend", "counts", "sparse"):
        for terms in ("n", "c", "ct", "ctt"):
            for choice in ("AIC", "BIC", "t-stat", None):
                r = adfuller(s[name], regression=terms, autolag=choice, maxlag=None if choice else 3)
                yield f"adf:{name}:{terms}:{choice or 'fixed'}", [*r[:4], *r[4].values()]
        for terms in ("c", "ct"):
            for lags in ("auto", "legacy", 4):
                r = kpss(s[name], regression=terms, nlags=lags)
                yield f"kpss:{name}:{terms}:{lags}", r[:3]
        for most in (1, 2):  # Hyndman & Khandakar 2008 as in R's forecast::ndiffs
            x, d = s[name], 0
            while d < most:
                if kpss(x, nlags=int(3 * np.sqrt(len(x)) / 13))[1] >= 0.05:
                    break
                x, d = np.diff(x), d + 1
            yield f"ndiffs:{name}:{most}", d


def correlogram_rows(s):
    for name in ("air", "ar", "sparse", "short"):
        x, n = s[name], len(s[name])
        lags = min(20, n // 2 - 1)
        yield f"acf:{name}", acf(x, nlags=lags)
        yield f"acf-adjusted:{name}", acf(x, nlags=lags, adjusted=True)
        yield f"acovf:{name}", acovf(x)[: lags + 1]
        yield f"pacf:{name}", pacf(x, lags, method="ywadjusted")
        yield f"pacf-plain:{name}", pacf(x, lags, method="ldbiased")
        yield f"ljung-box:{name}", acorr_ljungbox(x, [lags]).values[0]
    x = s["air"]
    yield "acf-all:air", acf(x, nlags=len(x) - 1)
    for n in (1, 2, 5, 12, 16, 97, 100):
        yield f"fft:{n}", np.stack([np.fft.fft(s["walk"][:n]).real, np.fft.fft(s["walk"][:n]).imag]).ravel()
    yield "periodogram:air", np.abs(np.fft.rfft(x - x.mean())) ** 2 / len(x)


def fisher_exact(g, m):
    """P(max share > g) of m exponentials, in 60 digits."""
    mpmath.mp.dps = 60
    return float(sum((-1) ** (k - 1) * mpmath.binomial(m, k) * (1 - k * mpmath.mpf(g)) ** (m - 1)
                     for k in range(1, m + 1) if k * g < 1))


def box_cox_rows(s):
    options = dict(xatol=1e-10, maxiter=500)
    for name, period in (("air", 12), ("weeks", 13), ("outlier", 7)):
        x = s[name]
        yield f"guerrero:{name}", BoxCox()._guerrero_cv(x, (-1, 2), window_length=period, options=options)
        f = lambda l: -st.boxcox_llf(l, x)
        r = scipy.optimize.minimize_scalar(f, bounds=(-2, 3), method="bounded", options=options)
        yield f"likelihood:{name}", r.x
    for l in (-1.0, -0.5, -1e-6, 0.0, 1e-6, 0.3, 0.5, 1.0, 2.0):
        for x in (0.001, 0.5, 1.0, 7.0, 12345.0):
            yield "forward", [x, l, scipy.special.boxcox(x, l)]


def change_rows(s):
    for name in ("level", "walk", "sparse"):
        for model, least, penalty in (("l2", 1, 8.0), ("l2", 5, 3.0), ("normal", 5, 10.0)):
            cost = ruptures.costs.cost_factory(model).fit(s[name])
            x, n = s[name], len(s[name])
            best, previous = np.full(n + 1, np.inf), [0] * (n + 1)
            best[0] = -penalty
            for t in range(least, n + 1):  # the exact optimum: all segmentations, ruptures' costs
                for u in range(0, t - least + 1):
                    c = best[u] + cost.error(u, t) + penalty if np.isfinite(best[u]) else np.inf
                    if c < best[t]:
                        best[t], previous[t] = c, u
            cuts, t = [], n
            while previous[t] > 0:
                t = previous[t]
                cuts.append(t)
            yield f"{name}:{model}:{least}:{penalty:g}", [len(cuts), *cuts[::-1]]
    for name in ("level",):
        cuts = ruptures.Pelt(model="l2", min_size=2, jump=1).fit(s[name]).predict(12.0)[:-1]
        yield f"pelt:{name}:l2:2:12", [len(cuts), *cuts]


def distribution_rows():
    levels = (1e-12, 1e-4, 0.025, 0.2, 0.5, 0.7, 0.95, 0.999, 1 - 1e-9)
    for p in levels + (1e-300,):
        yield "normal-quantile", [p, st.norm.ppf(p)]
    for x in (-37.0, -8.0, -1.0, 0.0, 0.5, 3.0):
        yield "normal-cdf", [x, st.norm.cdf(x)]
    for x in (1e-8, 0.1, 0.5, 1.5, 3.0, 8.99, 9.0, 100.0, 1e6):
        yield "log-gamma", [x, scipy.special.gammaln(x)]
        yield "digamma", [x, scipy.special.digamma(x)]
        yield "trigamma", [x, scipy.special.polygamma(1, x)]
    for df in (0.5, 1.0, 2.0, 3.7, 30.0, 1000.0):
        for x in (-40.0, -2.0, 0.0, 0.3, 5.0):
            yield "student-cdf", [x, df, st.t.cdf(x, df)]
            yield "student-pdf", [x, df, st.t.pdf(x, df)]
        for p in levels[1:]:
            yield "student-quantile", [p, df, st.t.ppf(p, df)]
    for a in (0.05, 0.9, 1.0, 3.0, 40.0, 1e4):
        for x in (0.01, 0.7, 1.0, 1.4, 5.0):
            yield "gamma-cdf", [a * x * 2, a, 2.0, st.gamma.cdf(a * x * 2, a, scale=2)]
            yield "gamma-upper", [a, a * x, scipy.special.gammaincc(a, a * x)]
            yield "gamma-pdf", [a * x * 2, a, 2.0, st.gamma.pdf(a * x * 2, a, scale=2)]
        for p in levels:
            yield "gamma-quantile", [p, a, 2.0, st.gamma.ppf(p, a, scale=2)]
        for b in (0.3, 1.0, 7.0, 500.0):
            for x in (0.001, 0.2, 0.5, 0.93):
                value = mpmath.betainc(a, b, 0, mpmath.mpf(x), regularized=True) if a < 1e3 else None
                if value is not None and value > 1e-250:
                    yield "beta-cdf", [x, a, b, float(value)]
                    yield "beta-pdf", [x, a, b, st.beta.pdf(x, a, b)]
            for p in levels[1:]:
                if a >= 0.9:
                    yield "beta-quantile", [p, a, b, st.beta.ppf(p, a, b)]
    for x in (0.1, 1.0, 2.5, 30.0):
        yield "fisher-cdf", [x, 3.0, 17.0, st.f.cdf(x, 3, 17)]
        yield "chi-cdf", [x, 5.0, st.chi2.cdf(x, 5)]
    for m in (0.0, 0.01, 0.7, 12.0, 80.0, 5000.0):
        for k in (0, 1, 3, 12, 100, 5000):
            yield "poisson-pmf", [k, m, st.poisson.pmf(k, m)]
            yield "poisson-cdf", [k, m, st.poisson.cdf(k, m)]
        for p in levels[1:]:
            yield "poisson-quantile", [p, m, st.poisson.ppf(p, m)]
    mpmath.mp.dps = 40
    for m in (0.01, 0.7, 12.0, 80.0, 5000.0):
        for r in (0.05, 0.5, 3.0, 50.0, 1e6):
            q = mpmath.mpf(r) / (mpmath.mpf(r) + mpmath.mpf(m))
            for k in (0, 1, 3, 12, 100):
                mass = mpmath.gamma(k + mpmath.mpf(r)) / mpmath.gamma(r) / mpmath.factorial(k)
                mass *= q**r * (1 - q) ** k
                if mass > 1e-250:
                    yield "negative-binomial-pmf", [k, m, r, float(mass)]
                    cdf = mpmath.betainc(r, k + 1, 0, q, regularized=True)
                    yield "negative-binomial-cdf", [k, m, r, float(cdf)]
            if r < 1e3:
                for p in levels[2:-1]:
                    yield "negative-binomial-quantile", [p, m, r, st.nbinom.ppf(p, r, r / (r + m))]
    for n in (1, 10, 200, 100000):
        for p in (0.01, 0.5, 0.97):
            for k in (0, 1, 5, 150):
                yield "binomial-pmf", [k, n, p, st.binom.pmf(k, n, p)]
                yield "binomial-cdf", [k, n, p, st.binom.cdf(k, n, p)]
            for level in levels[1:-1]:
                yield "binomial-quantile", [level, n, p, st.binom.ppf(level, n, p)]
    for g, m in ((0.05, 200), (0.08, 100), (0.3, 20), (0.9, 3), (0.03, 400)):
        yield "fisher-g", [g, m, fisher_exact(g, m)]


def main():
    s = make_series()
    write("series.csv", s.items())
    write("stl.csv", stl_rows(s))
    write("stationarity.csv", stationarity_rows(s))
    write("correlogram.csv", correlogram_rows(s))
    write("box_cox.csv", box_cox_rows(s))
    write("change_point.csv", change_rows(s))
    write("distribution.csv", distribution_rows())


main()
