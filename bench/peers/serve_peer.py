"""The peer of serve-load: FastAPI on uvicorn (uvloop, httptools), the same stored forecasts in memory,
bodies by orjson. SERVE_CSV names the file of `skua forecast -o`; with SERVE_PLAIN a dictionary is
returned and FastAPI makes the body, as its guide writes it.

    uvicorn serve_peer:app --workers 2
"""
import csv
import os

import orjson
from fastapi import FastAPI, HTTPException, Response

app = FastAPI()
forecasts = {}


def number(text):
    return float(f"{float(text):.6g}")


with open(os.environ["SERVE_CSV"], encoding="utf-8") as file:
    for row in csv.DictReader(file):
        levels = [k for k in row if k[0] == "q"]
        body = forecasts.setdefault(row["item"], {"item": row["item"], "levels": [int(k[1:]) / 100 for k in levels], "series": {}})
        series = body["series"].setdefault(row["channel"], {"channel": row["channel"], "note": row["note"], "periods": [], "mean": [], "quantiles": []})
        series["periods"].append(row["ds"])
        series["mean"].append(number(row["mean"]))
        series["quantiles"].append([number(row[k]) for k in levels])
for body in forecasts.values():
    body["series"] = list(body["series"].values())


@app.get("/healthz")
async def health():
    return {"status": "ok"}


@app.get("/v1/shops/{shop}/items/{item}/forecast")
async def forecast(shop: str, item: str):
    body = forecasts.get(item)
    if body is None:
        raise HTTPException(404)
    if os.environ.get("SERVE_PLAIN"):
        return body
    return Response(orjson.dumps(body), media_type="application/json")
