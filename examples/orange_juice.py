"""Dominick's orange juice as the files of a shop: sales, items, promotions, and what was planned.

    python3 examples/orange_juice.py DATA FOLDER [WEEKS]        (Python alone; DATA holds oj_yx.csv.gz)

Sales of the last WEEKS (0) go into later.csv: what a forecast made before them can be held against,
while their prices, deals and advertising are in the plans.

The file has a row a store, brand and week: the logarithm of ounces sold, the price an ounce of all
eleven brands, `deal` (a coupon or a price cut ran) and `feat` (the brand was advertised as well).
Here units are cartons and prices are by carton. Weeks begin on Thursdays; week 1 is 1989-09-14."""
import csv
import datetime
import gzip
import math
import pathlib
import sys

LAST = 160
CARTONS = [("Tropicana Premium", 64), ("Tropicana Premium", 96), ("Florida's Natural", 64), ("Tropicana", 64),
           ("Minute Maid", 64), ("Minute Maid", 96), ("Citrus Hill", 64), ("Tree Fresh", 64), ("Florida Gold", 64),
           ("Dominick's", 64), ("Dominick's", 128)]


def week(number, days=0):
    return (datetime.date(1989, 9, 14) + datetime.timedelta(days=7 * (number - 1) + days)).isoformat()


def name(brand):
    return f"{CARTONS[brand - 1][0]} {CARTONS[brand - 1][1]} oz"


def write(path, header, rows):
    with open(path, "w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(header)
        writer.writerows(rows)


def main():
    data, folder, hidden = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), int((sys.argv[3:] or ["0"])[0])
    folder.mkdir(parents=True, exist_ok=True)
    sales, later, planned, deals = [], [], [], {}
    with gzip.open(data / "oj_yx.csv.gz", "rt", newline="") as file:
        for row in csv.DictReader(file):
            brand, store, at = int(row["brand"]), row["store"], int(row["week"])
            ounces = CARTONS[brand - 1][1]
            units, price = math.exp(float(row["logmove"])) / ounces, float(row[f"price{brand}"]) * ounces
            line = [name(brand), store, week(at), round(units), f"{price:.4f}"]
            (sales if at <= LAST - hidden else later).append(line)
            planned.append([name(brand), store, week(at), f"{price:.4f}", row["feat"]])
            if row["deal"] == "1":
                deals.setdefault((brand, store), []).append(at)
    promotions = []
    for (brand, store), weeks in deals.items():
        for at in weeks:  # a deal that goes on for weeks is one row
            if promotions and promotions[-1][1:3] == [name(brand), store] and promotions[-1][4] == week(at, -1):
                promotions[-1][4] = week(at, 6)
            else:
                promotions.append([f"D{len(promotions) + 1}", name(brand), store, week(at), week(at, 6), "deal"])
    write(folder / "sales.csv", ["item", "channel", "ds", "units", "price"], sales)
    write(folder / "later.csv", ["item", "channel", "ds", "units", "price"], later)
    write(folder / "future.csv", ["item", "channel", "ds", "price", "advertised"], planned)
    write(folder / "promotions.csv", ["id", "scope", "channel", "from", "to", "kind"], promotions)
    write(folder / "items.csv", ["item", "title", "category", "brand"],
          [[name(b + 1), name(b + 1), "juice/orange", CARTONS[b][0]] for b in range(len(CARTONS))])


main()
