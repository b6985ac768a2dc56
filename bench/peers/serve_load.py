"""serve-load: stored forecasts under wrk on the same cores, beside FastAPI on uvicorn with the same
snapshot. serve-latency: forecasts made at the request by the transformer, 50 a second. Prints lines
of name, key, value and note for bench/run.sh.

    python serve_load.py load SKUA THREADS [ITEMS SECONDS]
    python serve_load.py latency SKUA THREADS [ITEMS SECONDS MODEL]
"""
import csv
import http.client
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

what, skua, threads = sys.argv[1], os.path.abspath(sys.argv[2]), int(sys.argv[3])
n_items = int(sys.argv[4]) if len(sys.argv) > 4 else 30000 if what == "load" else 500
seconds = int(sys.argv[5]) if len(sys.argv) > 5 else 10
model = sys.argv[6] if len(sys.argv) > 6 else "zero-shot"
here = pathlib.Path(__file__).resolve().parent
work = pathlib.Path("build/bench/serve") / (str(n_items) if what == "load" else f"{n_items}-{model}")
shop = work / "shop"
HORIZON, CONNECTIONS = 28, 64

# requests are written before the clock starts: what wrk does beside sending is not the service's cost
LUA = """
local requests = {}
function init()
  math.randomseed(7)
  for item in io.lines(os.getenv("SERVE_ITEMS")) do
    requests[#requests + 1] = wrk.format("GET", "/v1/shops/shop/items/" .. item .. "/forecast")
  end
end
function request() return requests[math.random(#requests)] end
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
    if what == "latency":
        run(skua, "train", shop, "--horizon", HORIZON, "--models", model, "--windows", 1)
    run(skua, "forecast", shop, "--horizon", HORIZON, *(["--preset", "fast"] if what == "load" else []), "-o", work / "forecast.csv")


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
    """Bodies of 3,000 items, the kept ones that wrk was sent, are the command's numbers."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for item in random.Random(3).sample(sorted(rows), min(3000, len(rows))):
        connection.request("GET", f"/v1/shops/shop/items/{item}/forecast")
        series = json.loads(connection.getresponse().read())["series"][0]
        got = [[m, *q] for m, q in zip(series["mean"], series["quantiles"])]
        assert len(got) == HORIZON == len(rows[item])
        for a, b in zip(got, rows[item]):
            assert all(abs(x - y) <= 1e-5 * abs(y) for x, y in zip(a, b)), item
    connection.close()


def on_the_fly(port, items, per_second, duration):
    """Sent at fixed times, whatever the answers take: latencies include waiting. Returns seconds in
    order, and how many answers name the transformer."""
    taken, named, rng, workers = [], [], random.Random(5), []
    begin = time.perf_counter() + 0.5

    def ask(at, item):
        time.sleep(max(0, at - time.perf_counter()))
        request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/shops/shop/items/{item}/forecast", b"{}", {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            body = json.load(answer)
        taken.append(time.perf_counter() - at)
        assert len(body["series"][0]["mean"]) == HORIZON
        named.append("transformer" in body["series"][0]["note"])

    for i in range(per_second * duration):
        workers.append(threading.Thread(target=ask, args=(begin + i / per_second, rng.choice(items))))
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    assert len(taken) == per_second * duration, "not every request was answered"
    return sorted(taken), sum(named)


def emit(name, key, value, note):
    print(f"{name}\t{key}\t{value:.4g}\t{note}", flush=True)


def service(*more):
    port = free_port()
    return port, start([skua, "serve", str(shop.resolve()), "--port", str(port), *more, "-q"], port, "/readyz")


def peer(plain):
    """Requests a second of FastAPI, its bodies by its own encoder (as its guide writes it) or by orjson."""
    port = free_port()
    env = {"SERVE_CSV": str((work / "forecast.csv").resolve()), "SERVE_PLAIN": "1" if plain else ""}
    process = start([sys.executable, "-m", "uvicorn", "serve_peer:app", "--port", str(port), "--workers", str(threads), "--log-level", "error"], port, "/healthz", env)
    try:
        load(port, max(2, seconds // 3))
        rps, _, errors, _ = load(port, seconds)
        check(port, rows)
        assert errors == 0, f"{errors} errors of the peer"
        return rps
    finally:
        process.terminate()
        process.wait()


def measure_load():
    (work / "items.txt").write_text("\n".join(sorted(rows)) + "\n")
    port, ours = service("--threads", str(threads))
    try:
        load(port, max(2, seconds // 3))  # warm
        rps, n, errors, p99 = load(port, seconds)
        before, total = resident(ours.pid), n
        while total < (1000000 if seconds >= 10 else 50000):
            _, more, failed, _ = load(port, seconds)
            total, errors = total + more, errors + failed
        after = resident(ours.pid)
        check(port, rows)
        assert errors == 0, f"{errors} errors"
    finally:
        ours.terminate()
        ours.wait()
    tuned, plain = peer(False), peer(True)
    where = f"{len(rows)} items, {HORIZON} days x 9 quantiles, {threads} threads, wrk with {CONNECTIONS} connections on the same cores, load average {busy:.1f} at the start"
    emit("serve-load", "rps", rps, where)
    emit("serve-load", "p99_ms", p99, where)
    emit("serve-load", "ratio", rps / tuned, f"FastAPI + uvicorn, {threads} workers, uvloop, httptools, bodies by orjson: {tuned:.0f} a second; {where}")
    emit("serve-load", "ratio_plain", rps / plain, f"the same without orjson, a dictionary returned: {plain:.0f} a second")
    emit("serve-load", "growth_mb", after - before, f"resident memory over {total} requests, from {before:.0f} MB")


def measure_latency():
    items = sorted(rows)
    port, ours = service()
    try:
        on_the_fly(port, items, 1, 2)  # the first fits the model
        taken, named = on_the_fly(port, items, 50, seconds)
    finally:
        ours.terminate()
        ours.wait()
    assert named > 0, f"no answer names the transformer: the combination left it out"
    emit("serve-latency", "p99_ms", 1000 * taken[int(0.99 * len(taken))],
         f"{len(items)} items, model {model}, at 50 a second, {len(taken)} of them, {100 * named // len(taken)} % with the net in the combination, median {1000 * taken[len(taken) // 2]:.1f} ms, load average {busy:.1f} at the start")


make_shop()
rows, busy = read_csv(), os.getloadavg()[0]
measure_load() if what == "load" else measure_latency()
