#!/usr/bin/env python3
"""Whether two tables of golden values agree: the same texts, and numbers within 1e-6.

    golden_compare.py KEPT NEW
"""
import csv
import math
import sys


def number(text):
    try:
        return float(text)
    except ValueError:
        return None


def differs(a, b):
    x, y = number(a), number(b)
    if x is None or y is None:
        return a != b
    if math.isnan(x) or math.isnan(y):
        return math.isnan(x) != math.isnan(y)
    return x != y and abs(x - y) > 1e-6 * max(1.0, abs(x))


def main():
    kept_name, new_name = sys.argv[1:]
    between = "\t" if kept_name.endswith(".tsv") else ","
    kept, new = ([row for row in csv.reader(open(name, encoding="utf-8"), delimiter=between)] for name in (kept_name, new_name))
    if len(kept) != len(new):
        print(f"{kept_name}: {len(kept)} lines are kept, {len(new)} were made")
        return 1
    wrong = 0
    for line, (a, b) in enumerate(zip(kept, new), 1):
        if len(a) != len(b):
            wrong += 1
            print(f"{kept_name}:{line}: {len(a)} fields are kept, {len(b)} were made")
            continue
        # a list of numbers inside a field counts number by number
        pairs = [p for x, y in zip(a, b) for p in (zip(x.split(), y.split()) if len(x.split()) == len(y.split()) else [(x, y)])]
        bad = [p for p in pairs if differs(*p)]
        wrong += len(bad)
        if bad and wrong <= 5:
            print(f"{kept_name}:{line}: {bad[0][0]} is kept, {bad[0][1]} was made")
    if wrong:
        print(f"{kept_name}: {wrong} values differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
