"""Vegetables of a Chinese supermarket as the files of two shops: one orders vegetables, one prices categories.

    python3 examples/vegetables.py DATA FOLDER          (Python alone; DATA holds the two files of the set)

FOLDER/sales.csv, items.csv and supply.csv: a row a vegetable and day in kilograms, what a kilogram costs, and the
terms of an order: placed at night, there in the morning, sold that day or thrown away. What a kilogram costs counts
the share that spoils on the way; what a lost one would have earned is its category's mark-up. Both are means of the
last 28 days.
FOLDER/categories.csv, category_items.csv: a row a category and day, with the mean price and the mean cost."""
import collections
import csv
import datetime
import gzip
import pathlib
import sys

RECENT = 28


def write(path, header, rows):
    with open(path, "w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(header)
        writer.writerows(rows)


def mean(values):
    return sum(values) / len(values)


def main():
    data, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    with gzip.open(data / "item_day_sales_wholesale_merged.csv.gz", "rt", encoding="utf-8") as file:
        days = list(csv.DictReader(file))
    with open(data / "category_day_revenue_cost_discount.csv", encoding="utf-8") as file:
        categories = list(csv.DictReader(file))
    names = {row["分类编码"]: row["分类名称"] for row in days}
    end = datetime.date.fromisoformat(max(row["销售日期"] for row in days))
    recent = (end - datetime.timedelta(days=RECENT - 1)).isoformat()

    markup, by_category = collections.defaultdict(list), []
    for row in categories:
        units, name = float(row["总销售量"]), names[row["品类编码"]]
        price, cost = float(row["总销售额"]) / units, float(row["总进货价"]) / units
        by_category.append([name, row["日期"], row["总销售量"], f"{price:.4f}", f"{cost:.4f}"])
        if row["日期"] >= recent:
            markup[name].append(price / cost - 1)
    sales, cost, category = [], collections.defaultdict(list), {}
    for row in days:
        name = row["单品名称"]
        sales.append([name, row["销售日期"], row["销量(千克)"]])
        category[name] = row["分类名称"]
        if row["销售日期"] >= recent:
            cost[name].append(float(row["批发价格"]) / (1 - float(row["损耗率(%)"]) / 100))
    write(folder / "sales.csv", ["item", "ds", "units"], sales)
    write(folder / "items.csv", ["item", "title", "category", "cost"],
          [[name, name, category[name], f"{mean(cost[name]):.3f}" if name in cost else ""] for name in category])
    write(folder / "supply.csv", ["item", "on_hand", "lead_time", "shelf_life", "shortage"],
          [[name, 0, 0, 1, f"{mean(cost[name]) * mean(markup[category[name]]):.3f}"] for name in cost])
    write(folder / "categories.csv", ["item", "ds", "units", "price", "cost"], by_category)
    write(folder / "category_items.csv", ["item", "cost"],
          [[name, f"{mean([float(r[4]) for r in by_category if r[0] == name and r[1] >= recent]):.3f}"] for name in sorted(markup)])


main()
