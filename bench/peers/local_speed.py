"""The peer of the figure local-speed: statsforecast's AutoETS, AutoTheta and AutoARIMA on the same
series, warm, on the same threads. Prints one JSON object.

AutoARIMA takes over ten minutes for all series: it runs on every ARIMA_STRIDE-th one, its seconds are
scaled to all of them, and "sampled" tells how many ran.

    python local_speed.py DATA THREADS
"""
import gzip
import io
import json
import sys
import time

import numpy as np
import pandas as pd
import statsforecast
from statsforecast import StatsForecast
from statsforecast.models import AutoARIMA, AutoETS, AutoTheta

data, threads = sys.argv[1], int(sys.argv[2])
ARIMA_STRIDE = 10
LEVELS = [20, 40, 60, 80]  # the quantiles .1 ... .9


def monthly():
    m3 = pd.read_csv(f"{data}/m3/m3_long.csv.gz")
    m3 = m3[m3["period"] == "MONTHLY"].rename(columns={"id": "unique_id", "t": "ds"})
    return m3[m3["part"] == "train"][["unique_id", "ds", "y"]], m3[m3["part"] == "test"][["unique_id", "ds", "y"]]


def daily():
    """Every seventh series of fresh retail, 500 in all, in the order of the files: as bench_speed.c."""
    frames, count = [], 0
    for chunk in range(6):
        name = f"{data}/freshretailnet50k/daily/daily_stores_{chunk}00_{chunk}99.csv.gz"
        frame = pd.read_csv(io.BytesIO(gzip.open(name).read()))
        frame["unique_id"] = frame["product_id"].astype(str) + "/" + frame["store_id"].astype(str)
        order = frame["unique_id"].drop_duplicates().tolist()
        first = -count % 7
        count += len(order)
        frames.append(frame[frame["unique_id"].isin(set(order[first::7]))])
    frame = pd.concat(frames)
    keep = frame["unique_id"].drop_duplicates().tolist()[:500]
    frame = frame[frame["unique_id"].isin(set(keep))]
    frame["ds"] = (pd.to_datetime(frame["dt"]) - pd.Timestamp("2024-03-28")).dt.days + 1
    frame = frame.rename(columns={"sale_amount": "y"})[["unique_id", "ds", "y"]]
    return frame[frame["ds"] <= 83], frame[frame["ds"] > 83]


def mase(train, test, forecast, column, season):
    errors = []
    truth = test.set_index("unique_id")["y"]
    guess = forecast.set_index("unique_id")[column]
    for key, group in train.groupby("unique_id"):
        y = group["y"].to_numpy()
        if len(y) <= season:
            continue
        scale = np.abs(y[season:] - y[:-season]).mean()
        if scale > 0:
            errors.append(np.abs(truth.loc[key].to_numpy() - guess.loc[key].to_numpy()).mean() / scale)
    return float(np.mean(errors))


models = {"ets": AutoETS, "theta": AutoTheta, "arima": AutoARIMA}
sets = [(*monthly(), 18, 12), (*daily(), 7, 7)]
answer = {"version": statsforecast.__version__, "threads": threads}
for name, model in models.items():
    total, scores, n_run, n_all = 0.0, [], 0, 0
    for train, test, horizon, season in sets:
        keys = train["unique_id"].drop_duplicates()
        chosen = keys[::ARIMA_STRIDE] if name == "arima" else keys
        train, test = train[train["unique_id"].isin(chosen)], test[test["unique_id"].isin(chosen)]
        n_run, n_all = n_run + len(chosen), n_all + len(keys)
        few = train[train["unique_id"].isin(train["unique_id"].drop_duplicates()[:4])]
        StatsForecast(models=[model(season_length=season)], freq=1, n_jobs=threads).forecast(df=few, h=horizon, level=LEVELS)
        forecaster = StatsForecast(models=[model(season_length=season)], freq=1, n_jobs=threads)
        times = []
        for _ in range(1 if name == "arima" else 3):
            start = time.perf_counter()
            forecast = forecaster.forecast(df=train, h=horizon, level=LEVELS).reset_index()
            times.append(time.perf_counter() - start)
        total += float(np.median(times)) * len(keys) / len(chosen)
        scores.append(mase(train, test, forecast, model.__name__, season))
    answer[name] = {"seconds": total, "mase_monthly": scores[0], "mase_daily": scores[1]}
    if n_run < n_all:
        answer[name]["sampled"] = n_run
print(json.dumps(answer))
