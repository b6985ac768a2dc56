#!/usr/bin/env bash
# skua plan SHOP promo: a plan that keeps its rules, what is announced stays, an infeasible budget, a
# negative cost, and an accepted plan in the tables promotions and future.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
fail() { echo "plan promo: $*" >&2; exit 1; }

python3 - <<'P'
import datetime, math, random
random.seed(3)
start = datetime.date(2023, 1, 2)
days = 546
with open("sales.csv", "w") as sales, open("promotions.csv", "w") as promotions, open("items.csv", "w") as items:
    items.write("item,title,category,brand,cost\n")
    sales.write("item,channel,ds,units,price,list_price\n")
    promotions.write("id,scope,channel,from,to,kind,depth\n")
    for k in range(8):
        price, cost = 10 + k, (-1 if k == 7 else 4 + .3 * k)
        items.write(f"i{k},kind {k},food/tea,brand{k % 2},{cost}\n")
        runs = sorted(random.sample(range(60, days - 80, 28), 8))
        cut = {day: random.choice((.1, .2, .3)) for day in runs}
        for n, day in enumerate(runs):
            depth = cut[day]
            promotions.write(f"p{k}-{n},i{k},web,{start + datetime.timedelta(day)},{start + datetime.timedelta(day + 6)},discount,{depth}\n")
        for day in range(days):
            on = [r for r in runs if r <= day < r + 7]
            depth = cut[on[0]] if on else 0
            paid = price * (1 - depth)
            mean = 30 * (1 + .2 * math.sin(day * 6.283 / 7)) * (paid / price) ** -2.5 * (1.2 if on else 1)
            sales.write(f"i{k},web,{start + datetime.timedelta(day)},{max(0, round(random.gauss(mean, 3)))},{paid:.2f},{price}\n")
    first = start + datetime.timedelta(days)
    promotions.write(f"soon,i0,web,{first + datetime.timedelta(14)},{first + datetime.timedelta(20)},discount,0.2\n")
P
"$SKUA" init shop -q >/dev/null
"$SKUA" ingest shop --items items.csv --sales sales.csv --promotions promotions.csv -q >/dev/null
plan() { "$SKUA" plan shop promo --json -q --weeks 8 "$@"; }
plan >free.json
plan --slots 1 --times 1 --closed 2024-07-03 >few.json
plan --budget 2500 >budget.json
plan --depths 0.1 --length 2 >shallow.json
plan --caution 3 >careful.json
plan --least-margin 1.4 >margin.json
plan --promotion-cost 100000 >dear.json
plan --budget 5 >broken.json
python3 - <<'P'
import collections, json
def read(name): return json.load(open(name))
free = read("free.json")
assert free["promotions"] > 8 and free["gap"] < 0.02 and free["gain"] > 0, free
assert [l for l in free["lines"] if l["agreed"]][0]["item"] == "i0" and free["agreed"] == 1
assert all(l["from"] != l["to"] and 0 < l["depth"] < .5 for l in free["lines"])
assert any("i7" in p and "cost" in p for p in free["problems"]), free["problems"]
assert not [l for l in free["lines"] if l["item"] == "i7"]
few = read("few.json")
weeks = collections.Counter(l["from"] for l in few["lines"])
items = collections.Counter(l["item"] for l in few["lines"] if not l["agreed"])
assert max(weeks.values()) == 1 and max(items.values()) == 1, few["lines"]
assert "2024-07-01" not in weeks, weeks
budget = read("budget.json")
assert budget["given"] <= 2500 + 1e-6 and 0 < budget["gain"] < free["gain"] and budget["gap"] < .3, budget
shallow = read("shallow.json")
assert all(l["depth"] == .1 for l in shallow["lines"] if not l["agreed"])
assert read("careful.json")["value"] < free["value"]
assert read("margin.json")["lines"] != free["lines"]
assert all(l["agreed"] for l in read("dear.json")["lines"])
broken = read("broken.json")
assert broken["infeasible"]["rule"] == "budget" and broken["infeasible"]["item"] == "i0", broken
assert broken["infeasible"]["needed"] > 5 and broken["infeasible"]["dropped"] == 1
P
"$SKUA" plan shop promo -q --weeks 8 -o plan.csv --accept >text
grep -q "Of these, 1 were agreed before and bring" text # what is announced, apart from what the plan adds
grep -q "No plan is better" text || fail "$(cat text)"
head -1 plan.csv | grep -q "^id,scope,channel,from,to,kind,depth" || fail "$(head -1 plan.csv)"
planned=$(($(wc -l <plan.csv) - 1))
plan >again.json
python3 - "$planned" <<'P'
import json, sys
again = json.load(open("again.json"))
assert again["agreed"] == int(sys.argv[1]) + 1, (again["agreed"], sys.argv[1]) # what was accepted is agreed now
P
[ -s shop/plans/future-2024-07-01.csv ] || fail "$(ls shop/plans)"
code=0; plan --depths 0.3,0.1 2>message >/dev/null || code=$?
[ $code = 2 ] && grep -q "depths" message || fail "crossing depths left with $code: $(cat message)"
code=0; "$SKUA" plan shop promo -q --budget 5 --accept 2>message >/dev/null || code=$?
[ $code = 3 ] && grep -q "rule budget" message || fail "an infeasible plan was accepted, $code: $(cat message)"
# the forecast of a model that uses prices answers to what was accepted, where and when it was planned; a model from before
# the shop had prices ahead still forecasts (prices as it learnt them), and the plan says to train it again
"$SKUA" init answer -q >/dev/null
"$SKUA" ingest answer --items items.csv --sales sales.csv --promotions promotions.csv -q >/dev/null
"$SKUA" train answer --models tree-linear --horizon 28 -q >/dev/null
"$SKUA" forecast answer --horizon 28 -q -o before.csv >/dev/null
"$SKUA" plan answer promo -q --weeks 8 -o answer.csv --accept >text
grep -q "train it again" text || fail "$(cat text)"
"$SKUA" forecast answer --horizon 28 -q -o old.csv >/dev/null 2>warnings
[ ! -s warnings ] || fail "a model from before the plan: $(cat warnings)"
python3 - <<'P'
import csv
rows = list(csv.DictReader(open("old.csv")))
assert rows and all("tree-linear" in r["note"] for r in rows), rows[0]
P
"$SKUA" train answer --models tree-linear --horizon 28 -q >/dev/null
"$SKUA" forecast answer --horizon 28 -q -o after.csv >/dev/null
python3 - <<'P'
import csv, datetime
def read(name): return {(r["item"], r["ds"][:10]): float(r["mean"]) for r in csv.DictReader(open(name))}
before, after, planned = read("before.csv"), read("after.csv"), set()
for r in csv.DictReader(open("answer.csv")):
    day, last = datetime.date.fromisoformat(r["from"]), datetime.date.fromisoformat(r["to"])
    while day <= last:
        planned.add((r["scope"], day.isoformat()))
        day += datetime.timedelta(1)
inside, outside = [k for k in before if k in planned], [k for k in before if k not in planned]
ratio = lambda keys: sum(after[k] for k in keys) / sum(before[k] for k in keys)
assert len(inside) >= 14 and ratio(inside) > 1.3, (len(inside), ratio(inside))
assert abs(ratio(outside) - 1) < 0.05, ratio(outside) # the price goes back when a promotion ends
P
