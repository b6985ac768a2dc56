"""The figure python-overhead: 10,000 series from a frame to a frame by the Python package, beside the
command line from a CSV to a CSV (skua init, ingest, forecast), in turn, median of five. Prints a line a
figure: name, key, value, note, separated by tabs.

    python python_overhead.py PROGRAM
"""
import math
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy
import pandas

import skua

program = pathlib.Path(sys.argv[1]).resolve()
SERIES, PERIODS, HORIZON, ROUNDS = 10_000, 156, 13, 5

random = numpy.random.default_rng(1)
season = 1 + 0.4 * numpy.sin(2 * math.pi * numpy.arange(PERIODS) / 52)
level = random.gamma(2, 10, size=(SERIES, 1))
units = random.poisson(level * season)
sales = pandas.DataFrame(
    {
        "unique_id": numpy.repeat([f"SKU{i:05d}" for i in range(SERIES)], PERIODS),
        "ds": numpy.tile(pandas.date_range("2021-01-04", periods=PERIODS, freq="7D"), SERIES),
        "y": units.ravel().astype(float),
    }
)


def by_package():
    model = skua.Forecaster(horizon=HORIZON, train=False).fit(sales)
    return model.predict()


def by_command(folder, csv):
    shop = folder / "shop"
    out = folder / "forecast.csv"
    for command in (["init", shop], ["ingest", shop, "--sales", csv],
                    ["forecast", shop, "--horizon", HORIZON, "--preset", "fast", "-o", out]):
        subprocess.run([str(program), *map(str, command), "-q"], check=True, stdout=subprocess.DEVNULL)
    return out


times = {"package": [], "command": []}
with tempfile.TemporaryDirectory() as csv_folder:
    csv = pathlib.Path(csv_folder) / "sales.csv"
    sales.to_csv(csv, index=False)
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            out = by_command(pathlib.Path(folder), csv)
            times["command"].append(time.perf_counter() - start)
            wanted = pandas.read_csv(out)
        start = time.perf_counter()
        made = by_package()
        times["package"].append(time.perf_counter() - start)
        same = numpy.allclose(made["mean"].to_numpy(), wanted["mean"].to_numpy(), rtol=1e-9)
        if not same or len(made) != SERIES * HORIZON:
            sys.exit("the package and the command line forecast differently")
package, command = statistics.median(times["package"]), statistics.median(times["command"])
note = f"{SERIES} series of {PERIODS} weeks, package {package:.2f} s, command line {command:.2f} s"
print(f"python-overhead\tratio\t{package / command}\t{note}")
