"""serve-load and serve-latency: stored forecasts under wrk on the same cores, beside FastAPI on
uvicorn with the same snapshot; forecasts on the fly at 50 a second. Prints lines of name, key, value
and note for bench/run.sh.

    python serve_load.py SKUA THREADS [ITEMS SECONDS]
"""
import csv
import json
import os
import pathlib
import random
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request

skua, threads = os.path.abspath(sys.argv[1]), int(sys.argv[2])
n_items = int(sys.argv[3]) if len(sys.argv) > 3 else 30000
seconds = int(sys.argv[4]) if len(sys.argv) > 4 else 10
here = pathlib.Path(__file__).resolve().parent
work = pathlib.Path("build/bench/serve") / str(n_items)
shop = work / "shop"
HORIZON, CONNECTIONS = 28, 64

LUA = """
local items = {}
for line in io.lines(os.getenv("SERVE_ITEMS")) do items[#items + 1] = line end
function setup(thread) thread:set("seed", 1) end
function init() math.randomseed(7) end
function request() return wrk.format("GET", "/v1/shops/shop/items/" .. items[math.random(#items)] .. "/forecast") end
function done(summary, latency, requests)
  print(string.format("RESULT %.3f %d %d %.3f", summary.requests / (summary.duration / 1e6), summary.requests,
    summary.errors.status + summary.errors.read + summary.errors.timeout + summary.errors.connect, latency:percentile(99) / 1000))
end
"""


def run(*command):
    subprocess.run([str(c) for c in command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def make_shop():
    """Daily sales of 84 days, a weekly rhythm, rates from a few a week to fifty a day."""
    if (work / "forecast.csv").exists():
        return
    work.mkdir(parents=True, exist_ok=True)
    rng = random.Random(11)
    with open(work / "sales.csv", "w") as file:
        file.write("item,ds,units\n")
        for i in range(n_items):
            rate = 0.2 * 250 ** rng.random()
            for t in range(84):
                ds = time.strftime("%Y-%m-%d", time.gmtime(1704067200 + 86400 * t))
                mean = rate * (1.4 if t % 7 >= 5 else 0.85)
                units = max(0, round(rng.gauss(mean, mean ** 0.5)))
                file.write(f"i{i:06d},{ds},{units}\n")
    if not (shop / "skua.yaml").exists():
        run(skua, "init", shop)
    run(skua, "ingest", shop, "--sales", work / "sales.csv")
    run(skua, "forecast", shop, "--horizon", HORIZON, "--preset", "fast", "-o", work / "forecast.csv")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start(command, port, path, env=None):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **(env or {})}, cwd=here)
    for _ in range(1200):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5):
                return process
        except OSError:
            time.sleep(0.1)
    process.kill()
    raise SystemExit("a service did not start")


def load(port, duration):
    lua = work / "load.lua"
    lua.write_text(LUA)
    out = subprocess.run(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{duration}s", "-s", str(lua), f"http://127.0.0.1:{port}"],
                         capture_output=True, text=True, env={**os.environ, "SERVE_ITEMS": str(work / "items.txt")}, check=True).stdout
    rps, n, errors, p99 = re.search(r"RESULT (\S+) (\d+) (\d+) (\S+)", out).groups()
    return float(rps), int(n), int(errors), float(p99)


def resident(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text()).group(1)) / 1024


def read_csv():
    rows = {}
    with open(work / "forecast.csv", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            rows.setdefault(row["item"], []).append([float(row["mean"])] + [float(v) for k, v in row.items() if k[0] == "q"])
    return rows


def check(port, rows):
    """Bodies of 300 items are the command's numbers."""
    for item in random.Random(3).sample(sorted(rows), min(300, len(rows))):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/shops/shop/items/{item}/forecast") as answer:
            series = json.load(answer)["series"][0]
        got = [[m, *q] for m, q in zip(series["mean"], series["quantiles"])]
        assert len(got) == HORIZON == len(rows[item])
        for a, b in zip(got, rows[item]):
            assert all(abs(x - y) <= 1e-5 * abs(y) for x, y in zip(a, b)), item


def on_the_fly(port, items, per_second, duration):
    """Sent at fixed times, whatever the answers take: latencies include waiting."""
    taken, rng, workers = [], random.Random(5), []
    begin = time.perf_counter() + 0.2

    def ask(at, item):
        time.sleep(max(0, at - time.perf_counter()))
        request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/shops/shop/items/{item}/forecast", b"{}", {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            answer.read()
        taken.append(time.perf_counter() - at)

    for i in range(per_second * duration):
        workers.append(threading.Thread(target=ask, args=(begin + i / per_second, rng.choice(items))))
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    return sorted(taken)


def emit(name, key, value, note):
    print(f"{name}\t{key}\t{value:.4g}\t{note}", flush=True)


make_shop()
rows = read_csv()
(work / "items.txt").write_text("\n".join(sorted(rows)) + "\n")
sampled = "" if n_items == 30000 else "sampled, "
what = f"{sampled}{len(rows)} items, {HORIZON} days x 9 quantiles, {threads} threads, wrk with {CONNECTIONS} connections on the same cores, load average {os.getloadavg()[0]:.1f} at the start"
port = free_port()
ours = start([skua, "serve", str(shop.resolve()), "--port", str(port), "--threads", str(threads), "-q"], port, "/readyz")
try:
    check(port, rows)
    load(port, max(2, seconds // 3))  # warm
    rps, n, errors, p99 = load(port, seconds)
    before = resident(ours.pid)
    total = n
    while total < (1000000 if seconds >= 10 else 50000):
        total += load(port, seconds)[1]
    after = resident(ours.pid)
    assert errors == 0, f"{errors} errors"
    urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}/v1/shops/shop/items/{sorted(rows)[0]}/forecast", b"{}", {"Content-Type": "application/json"})).read()
    fly = on_the_fly(port, sorted(rows), 50, seconds)
finally:
    ours.terminate()
    ours.wait()
port = free_port()
peer = start([sys.executable, "-m", "uvicorn", "serve_peer:app", "--port", str(port), "--workers", str(threads), "--log-level", "error"], port, "/healthz", {"SERVE_CSV": str((work / "forecast.csv").resolve())})
try:
    check(port, rows)
    load(port, max(2, seconds // 3))
    peer_rps = load(port, seconds)[0]
finally:
    peer.terminate()
    peer.wait()
emit("serve-load", "rps", rps, what)
emit("serve-load", "p99_ms", p99, what)
emit("serve-load", "ratio", rps / peer_rps, f"FastAPI + uvicorn, {threads} workers, orjson: {peer_rps:.0f} a second; {what}")
emit("serve-load", "growth_mb", after - before, f"resident memory over {total} requests, from {before:.0f} MB")
emit("serve-latency", "p99_ms", 1000 * fly[int(0.99 * len(fly))], f"{sampled}on the fly at 50 a second, {len(fly)} of them, median {1000 * fly[len(fly) // 2]:.1f} ms; the default combination, not the transformer")
