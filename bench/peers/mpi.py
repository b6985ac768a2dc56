"""Two ranks of one thread beside one rank of two threads: training and forecasting.

    python3 mpi.py SKUA [ITEMS]

Prints lines of figure, key, value, note. Speeds are the best of three turns, taken in turns; the ratio
that counts is the lesser of the two. Launching is in both times of a forecast."""
import csv
import json
import math
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

skua = str(pathlib.Path(sys.argv[1]).resolve())
items = sys.argv[2] if len(sys.argv) > 2 else "2000"
if not shutil.which("mpirun"):
    sys.exit("mpi: mpirun is not installed (openmpi-bin)")
environment = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
                   OMPI_MCA_btl="self,vader", OMPI_MCA_btl_vader_single_copy_mechanism="none")
RECIPE = """net: {width: 128, heads: 4, layers: 4, hidden: 256, patch: 8, context: 32}
train: {steps: 24, batch: 256, pieces: 2, future: 4, warmup: 5, validation: 8}
"""


def run(ranks, *command):
    launcher = ["mpirun", "-n", "2", "--bind-to", "core", "--oversubscribe"] if ranks == 2 else []
    threads = "1" if ranks == 2 else "2"
    begun = time.monotonic()
    done = subprocess.run([*launcher, skua, *command, "--threads", threads, "--json", "-q"], env=environment,
                          check=True, capture_output=True, text=True)
    return time.monotonic() - begun, json.loads(done.stdout)


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    pathlib.Path("recipe.yaml").write_text(RECIPE)
    for command in (["simulate", "files", "--items", items, "--days", "730", "--channels", "1"],
                    ["init", "shop"], ["ingest", "shop", "--sales", "files/sales.csv"]):
        subprocess.run([skua, *command, "-q"], check=True, capture_output=True)
    training, forecasting = {1: 0.0, 2: 0.0}, {1: 1e9, 2: 1e9}
    for _ in range(3):
        for ranks in (1, 2):
            report = run(ranks, "pretrain", "recipe.yaml", "-o", f"{ranks}.safetensors", "--weights", "float32")[1]
            training[ranks] = max(training[ranks], report["windows_a_second"])
            seconds, report = run(ranks, "forecast", "shop", "-o", f"{ranks}.csv")
            forecasting[ranks] = min(forecasting[ranks], seconds)
    if pathlib.Path("1.safetensors").read_bytes() != pathlib.Path("2.safetensors").read_bytes():
        sys.exit("mpi: two ranks gave other weights than one")
    for one, two in zip(*(csv.reader(open(f"{ranks}.csv", encoding="utf-8")) for ranks in (1, 2)), strict=True):
        for x, y in zip(one, two, strict=True):
            if x != y and not math.isclose(float(x), float(y), rel_tol=1e-5, abs_tol=1e-5):
                sys.exit(f"mpi: two ranks forecast {two} where one forecasts {one}")
train, forecast = training[2] / training[1], forecasting[1] / forecasting[2]
print("mpi", "ratio", min(train, forecast), "the lesser of training and forecasting; the same weights and forecasts", sep="\t")
print("mpi", "training_ratio", train, f"{training[2]:.0f} windows a second beside {training[1]:.0f}", sep="\t")
print("mpi", "forecast_ratio", forecast,
      f"{report['series']} series in {forecasting[2]:.1f} s beside {forecasting[1]:.1f} s, start and files included", sep="\t")
