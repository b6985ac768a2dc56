"""What each modality weighs in the model `modalities` on real sales: UCI Online Retail, weekly.

    python3 modalities.py DATA SKUA [FOLDER]

Items with their titles (vectors by the default encoder), prices and launch weeks; no pictures: no real
set has them beside sales. `skua train --horizon 8` scores each model on weeks that it has not seen, and
fits `modalities` once more to all weeks: its weights, of items without history, young ones and the
rest, are printed. The figure is its error beside that of the better of theta (sales alone) and
cold-start on the same weeks. The encoder has seen all titles, also of items launched later, and no
sales. Lines of figure, key, value, note."""
import collections
import csv
import datetime
import gzip
import json
import pathlib
import re
import subprocess
import sys
import tempfile

FIRST, WEEKS = datetime.date(2010, 11, 29), 53  # Monday; the last week, cut, is left out
MODELS = ("theta", "cold-start", "modalities")


def day(week):
    return (FIRST + datetime.timedelta(weeks=week)).isoformat()


def weekly(data):
    """Units and turnover of an item and week; title and launch week of an item."""
    units, turnover, title, launch = collections.Counter(), collections.Counter(), {}, {}
    for path in sorted((data / "uci_online_retail").glob("*.csv.gz")):
        week = (datetime.date.fromisoformat(path.name[:10]) - FIRST).days // 7
        if week >= WEEKS:
            continue
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                item, quantity, price = row["StockCode"].upper(), float(row["Quantity"]), float(row["UnitPrice"])
                if not re.match(r"\d{5}", item) or row["InvoiceNo"].startswith("C") or quantity <= 0 or price <= 0:
                    continue
                units[item, week] += quantity
                turnover[item, week] += quantity * price
                launch.setdefault(item, week)
                if row["Description"]:
                    title.setdefault(item, row["Description"].strip())
    return units, turnover, title, launch


def write(name, header, rows):
    with open(name, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def measure(data, skua, folder):
    def run(*command):
        return subprocess.run([skua, *command], check=True, capture_output=True, text=True, cwd=folder).stdout

    units, turnover, title, launch = weekly(data)
    write(folder / "items.csv", ["item", "title", "launch_ds"],
          [[item, title.get(item, ""), day(week)] for item, week in sorted(launch.items())])
    write(folder / "sales.csv", ["item", "ds", "units", "price"],
          [[item, day(week), sold, round(turnover[item, week] / sold, 4)] for (item, week), sold in sorted(units.items())])
    run("init", "shop", "-q")
    for table in ("items", "sales"):
        run("ingest", "shop", f"--{table}", f"{table}.csv", "-q")
    run("embed", "shop", "-q")
    return json.loads(run("train", "shop", "--horizon", "8", "--models", ",".join(MODELS), "--json", "-q"))


def main():
    data, skua = pathlib.Path(sys.argv[1]).resolve(), str(pathlib.Path(sys.argv[2]).resolve())
    with tempfile.TemporaryDirectory() as folder:
        report = measure(data, skua, pathlib.Path(sys.argv[3] if len(sys.argv) > 3 else folder))
    for age, learnt in report["learnt"]["modalities"].items():
        for modality, weight in learnt["weights"].items():
            print("modalities", f"{age}_{modality}", weight, f"{learnt['items']} items", sep="\t")
    wql = {row["name"]: row["wql"] for row in report["leaderboard"] if row["name"] in MODELS}
    best = min(("theta", "cold-start"), key=wql.get)
    print("modalities", "wql_ratio", wql["modalities"] / wql[best],
          f"{wql['modalities']:.4f} beside {wql[best]:.4f} of {best}, validation, {report['series_tested']} series", sep="\t")


main()
