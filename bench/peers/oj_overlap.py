"""Dominick's orange juice: elasticities by `skua cause` beside double machine learning by EconML, brand by brand.

    python bench/peers/oj_overlap.py DATA SKUA FOLDER      (econml, lightgbm, pandas)

Both see the same rows: cartons, price, deal, advertised, of 83 stores in 121 weeks. EconML: LinearDML
of a brand, log cartons on the log of the own price, both less the store's mean; W is the log prices of
the ten other brands, deal, advertised, week and season; nuisances by LightGBM, cross-fitted over five
runs of weeks as skua's are over blocks of time. EconML's 90 % intervals take all rows as independent,
though the chain sets its prices for all stores of a week at once: beside them stands EconML's estimate
with the usual errors clustered by week, from its own residuals. Naive: least squares without controls.
The table goes to standard output, figures to FOLDER/figures.tsv."""
import json
import pathlib
import subprocess
import sys

import numpy as np
import pandas as pd
from econml.dml import LinearDML
from lightgbm import LGBMRegressor

data, skua, folder = pathlib.Path(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3])
files = folder / "files"
example = pathlib.Path(__file__).resolve().parents[2] / "examples" / "orange_juice.py"


def ours():
    def run(*command):
        return subprocess.run([skua, *command], check=True, capture_output=True, text=True).stdout

    subprocess.run([sys.executable, example, data / "oj", files], check=True)
    shop = folder / "shop"
    run("init", shop, "-q")
    for table in ("items", "promotions", "future", "sales"):
        run("ingest", shop, f"--{table}", files / f"{table}.csv", "-q")
    return {item["item"]: item["elasticity"] for item in json.loads(run("cause", shop, "--json"))["items"]}


def econml(brand):
    raw = pd.read_csv(data / "oj" / "oj_yx.csv.gz")
    rows = raw[raw.brand == brand]
    prices = np.log(rows[[f"price{b}" for b in range(1, 12)]])
    y, t = rows.logmove, prices[f"price{brand}"]
    naive = np.polyfit(t, y, 1)[0]
    y, t = y - y.groupby(rows.store).transform("mean"), t - t.groupby(rows.store).transform("mean")
    season = 2 * np.pi * rows.week / 52.18
    w = np.column_stack([prices.drop(columns=f"price{brand}"), rows.deal, rows.feat, rows.week, np.sin(season),
                         np.cos(season)])
    fold = ((rows.week - 40) * 5 // 121).to_numpy()
    splits = [(np.flatnonzero(fold != f), np.flatnonzero(fold == f)) for f in range(5)]

    def learner():
        return LGBMRegressor(n_estimators=150, num_leaves=15, learning_rate=0.05, min_child_samples=50, n_jobs=1,
                             random_state=1, verbose=-1)

    model = LinearDML(model_y=learner(), model_t=learner(), cv=splits, random_state=1)
    model.fit(y.to_numpy(), t.to_numpy(), X=None, W=w, cache_values=True)
    low, high = model.const_marginal_effect_interval(alpha=0.1)
    value = float(np.ravel(model.const_marginal_effect())[0])
    y_left, t_left = (np.ravel(r) for r in model.residuals_[:2])
    scores = pd.Series((y_left - value * t_left) * t_left).groupby(rows.week.to_numpy()).sum()
    weeks = len(scores)
    error = np.sqrt(weeks / (weeks - 1) * (scores**2).sum()) / (t_left**2).sum()
    return {"value": value, "low": float(np.ravel(low)[0]), "high": float(np.ravel(high)[0]),
            "low_week": value - 1.645 * error, "high_week": value + 1.645 * error, "naive": float(naive)}


def main():
    folder.mkdir(parents=True, exist_ok=True)
    mine = ours()
    names = [line.split(",")[0] for line in (files / "items.csv").read_text().splitlines()[1:]]
    overlap, by_week = [], []
    print(f"{'brand':<24}{'skua':>7} {'90 %':>16}{'EconML':>9} {'90 %':>16} {'by week':>16}{'naive':>8}")
    for brand, name in enumerate(names, 1):
        e, m = econml(brand), mine[name]
        overlap.append(m["low"] <= e["high"] and e["low"] <= m["high"])
        by_week.append(m["low"] <= e["high_week"] and e["low_week"] <= m["high"])
        print(f"{name:<24}{m['value']:7.2f} [{m['low']:6.2f}, {m['high']:6.2f}]{e['value']:9.2f} "
              f"[{e['low']:6.2f}, {e['high']:6.2f}] [{e['low_week']:6.2f}, {e['high_week']:6.2f}]{e['naive']:8.2f}"
              f"{'' if overlap[-1] else '   apart'}", flush=True)
    (folder / "figures.tsv").write_text(
        f"elasticity\toj_overlap\t{np.mean(overlap)}\tbrands of {len(names)} whose 90 % intervals overlap with "
        "EconML's own, as a share\n"
        f"elasticity\toj_overlap_by_week\t{np.mean(by_week)}\tthe same with EconML's errors clustered by week\n")


main()
