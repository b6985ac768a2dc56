#!/usr/bin/env bash
# skua plan SHOP stock: orders, a budget, bad terms by name, the file, the replay.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
fail() { echo "plan: $*" >&2; exit 1; }

python3 - <<'P'
import datetime, math, random
random.seed(3)
with open("sales.csv", "w") as f:
    f.write("item,channel,ds,units,price\n")
    for item, level in (("tea", 20), ("mug", 5), ("leek", 8), ("old", 1)):
        for day in range(140):
            ds = datetime.date(2024, 1, 1) + datetime.timedelta(day)
            for channel, share in (("web", .6), ("app", .4)):
                mean = level * share * (1 + .3 * math.sin(day * 6.283 / 7))
                f.write(f"{item},{channel},{ds},{max(0, round(random.gauss(mean, mean ** .5)))},10\n")
open("items.csv", "w").write("item,title,cost\ntea,Tea,6\nmug,Mug,5\nleek,Leek,7\nold,Old,6\n")
open("channels.csv", "w").write("channel,time_zone,currency,locations\nweb,UTC,EUR,north\napp,UTC,EUR,north\n")
open("supply.csv", "w").write(
    "item,location,on_hand,on_order,eta,lead_time,lead_time_sd,moq,pack,shelf_life,holding,shortage\n"
    "tea,north,30,0,,4,1,24,12,,0.01,4\n"
    "mug,north,100,0,,3,0,,6,,0.01,5\n"
    "leek,north,5,10,2024-05-21,1,0,,,5,0.01,3\n"
    "old,north,900,0,,2,0,,,,0.01,4\n")
P
"$SKUA" init shop -q >/dev/null
"$SKUA" ingest shop --sales sales.csv --items items.csv --channels channels.csv --supply supply.csv -q >/dev/null
"$SKUA" train shop --models theta --windows 1 --horizon 28 -q >/dev/null # a forecast that costs little
"$SKUA" plan shop stock --json -q -o orders.csv >plan.json
python3 - <<'P'
import csv, json
plan = json.load(open("plan.json"))
lines = {l["item"]: l for l in plan["lines"]}
assert len(lines) == 4 and plan["without_supply"] == 0 and plan["problems"] == []
assert lines["tea"]["channels"] == ["app", "web"], lines["tea"]
tea = lines["tea"]
assert tea["warning"] == "stock-out" and tea["order"] % 12 == 0 and tea["order"] >= 24, tea
# 11 days of 20 a day less 30, and some safety
assert 150 <= tea["order"] <= 290, tea
assert lines["mug"]["order"] == 0 and lines["mug"]["periods_left"] > 15, lines["mug"]
assert lines["old"]["warning"] == "dead stock" and 700 < lines["old"]["excess"] < 900, lines["old"]
assert 0 < lines["leek"]["order"] < 60, lines["leek"]
rows = list(csv.DictReader(open("orders.csv")))
assert [r["item"] for r in rows] == [l["item"] for l in plan["lines"]]
assert float(rows[0]["order"]) == plan["lines"][0]["order"]
P
"$SKUA" plan shop stock --json -q --target cycle --service 0.99 >high.json
"$SKUA" plan shop stock --json -q --budget 700 >budget.json
"$SKUA" plan shop stock --json -q --order-cost 40 --horizon 60 >fixed.json
python3 - <<'P'
import json
plan, high, budget, fixed = (json.load(open(f"{n}.json")) for n in ("plan", "high", "budget", "fixed"))
order = lambda p, item: next(l["order"] for l in p["lines"] if l["item"] == item)
assert order(high, "leek") > order(plan, "leek")
assert budget["money"] <= 700 < plan["money"], (budget["money"], plan["money"])
assert 0 < budget["budget"]["gain"] <= budget["budget"]["bound"] + 1e-6
assert abs(budget["budget"]["needed"] - plan["money"]) < 1e-6 and budget["budget"]["cut"] >= 1, budget["budget"]
assert order(fixed, "tea") > order(plan, "tea")
P
"$SKUA" plan shop stock -q --budget 1 >poor
grep -q "pays for no order: the least one costs" poor || fail "$(tail -4 poor)"
# one bad row is named, the others are planned
sed 's/^mug,north,100,0,,3/mug,north,100,0,,-3/' supply.csv >bad.csv
"$SKUA" ingest shop --supply bad.csv -q >/dev/null
"$SKUA" plan shop stock --json -q >bad.json
python3 - <<'P'
import json
bad = json.load(open("bad.json"))
assert len(bad["lines"]) == 3 and "mug at north: lead time must be >= 0" in bad["problems"][0], bad["problems"]
P
"$SKUA" plan shop stock-replay --json -q >replay.json
python3 - <<'P'
import json
r = json.load(open("replay.json"))
by = {p["policy"]: p for p in r["policies"]}
assert set(by) == {"plan", "shop", "formula", "foresight"}
assert by["foresight"]["fill"] > by["plan"]["fill"] and by["foresight"]["cost"] < by["plan"]["cost"]
assert abs(by["formula"]["fill"] - by["plan"]["fill"]) < 0.05, by
P
# a lead time of 0 arrives before the period sells, and asks for less stock than one of four days
sed 's/^tea,north,30,0,,4,1/tea,north,30,0,,0,0/' supply.csv >now.csv
"$SKUA" ingest shop --supply now.csv -q >/dev/null
"$SKUA" plan shop stock --json -q >now.json
python3 - <<'P'
import json
now, plan = json.load(open("now.json")), json.load(open("plan.json"))
tea = lambda p: next(l for l in p["lines"] if l["item"] == "tea")
assert now["problems"] == [] and 0 < tea(now)["order_up_to"] < tea(plan)["order_up_to"], (tea(now), tea(plan))
assert tea(now)["short_before"] == 0
P
code=0; "$SKUA" plan shop stocks -q 2>message || code=$?
[ $code = 2 ] || fail "an unknown plan left with $code"
grep -q "no plan of 'stocks'" message || fail "$(cat message)"
"$SKUA" init bare -q >/dev/null
"$SKUA" ingest bare --sales sales.csv -q >/dev/null
code=0; "$SKUA" plan bare stock -q 2>message || code=$?
[ $code = 3 ] || fail "a shop without supply left with $code"
grep -q -- "--supply" message || fail "$(cat message)"
# prices of a simulated shop, whose elasticities are known; one cost is wrong
"$SKUA" simulate files --items 12 --days 600 --channels 1 --law log-linear --seed 5 --visitors=false -q >/dev/null
python3 - <<'P'
import csv
rows = list(csv.DictReader(open("files/items.csv")))
rows[3]["cost"] = "-1"
with open("costs.csv", "w") as f:
    w = csv.DictWriter(f, rows[0].keys()); w.writeheader(); w.writerows(rows)
P
"$SKUA" init prices -q >/dev/null
"$SKUA" ingest prices --items costs.csv --sales files/sales.csv --promotions files/promotions.csv -q >/dev/null
"$SKUA" train prices --models theta --windows 1 --horizon 28 -q >/dev/null
"$SKUA" plan prices price --json -q -o prices.csv >price.json
"$SKUA" plan prices price-replay --json -q >back.json
"$SKUA" plan prices price-replay --json -q --most-change 0.03 >little.json
"$SKUA" plan prices price-replay -q >back.txt
"$SKUA" plan prices price --json -q --ending 0.99 --most-change 0.1 >ladder.json
python3 - <<'P'
import csv, json
p, ladder = json.load(open("price.json")), json.load(open("ladder.json"))
truth = {r["item"]: float(r["elasticity"]) for r in csv.DictReader(open("files/truth/items.csv"))}
known = [l for l in p["lines"] if l["elasticity"] is not None]
assert len(known) >= 3, [(l["item"], l["reason"]) for l in p["lines"] if "reason" in l]
for l in known:
    assert abs(l["elasticity"] - truth[l["item"]]) < 4 * l["elasticity_se"] + 0.3, (l, truth[l["item"]])
    assert l["value"] >= l["value_now"] - 1e-9 and l["low"] <= l["high"] and 0 <= l["chance"] <= 1
    assert abs(l["proposed"] / l["price"] - 1) <= 0.2 + 1e-3
    assert abs(l["proposed"] * 100 - round(l["proposed"] * 100)) < 1e-6 or l["action"] == "keep"
    if l["action"] == "change": assert l["value"] > l["value_now"] and l["proposed"] != l["price"]
for l in p["lines"]:
    assert l["elasticity"] is not None or l["reason"], l
assert p["value"] >= p["value_now"] and p["change"] > 0
assert len(p["lines"][0]["curve"]) == 21
assert any("cost must be >= 0, and is -1" in x for x in p["problems"]) or len(p["problems"]) == 0
for l in ladder["lines"]:
    if l["action"] == "change":
        assert abs(l["proposed"] % 1 - 0.99) < 1e-9 and abs(l["proposed"] / l["price"] - 1) <= 0.1 + 1e-3, l
back, little = json.load(open("back.json")), json.load(open("little.json"))
assert back["what"] == "price" and back["replay"] and back["rows"] > 100 and back["items"] >= 3, back
assert back["low"] < back["gain"] < back["high"] and 0 <= back["met"] <= 1 and back["effective"] <= back["rows"]
assert back["changed"] <= back["rows"] and back["logged"] > 0
assert 0 < little["gain_model"] < back["gain_model"], (little, back) # smaller moves promise less
assert "doubly robust" in " ".join(open("back.txt").read().split()) and "Assumed" in open("back.txt").read()
rows = {r["item"]: float(r["proposed"]) for r in csv.DictReader(open("prices.csv"))}
assert rows[p["lines"][0]["item"]] == float("%g" % p["lines"][0]["proposed"])
P

# weights by what orders cost: other weights than those by error; a shop without supply says so
python3 - <<'P'
import datetime, random
random.seed(5)
with open("more.csv", "w") as f, open("terms.csv", "w") as g:
    f.write("item,ds,units,price\n")
    g.write("item,on_hand,lead_time,holding,shortage\n")
    for i in range(14):
        g.write(f"i{i},10,1,2,0.5\n")
        for day in range(84):
            ds = datetime.date(2024, 1, 1) + datetime.timedelta(day)
            f.write(f"i{i},{ds},{max(0, round(random.gauss(20 + i, 2) * (3 if random.random() < .1 else 1)))},10\n")
P
"$SKUA" init more -q >/dev/null
"$SKUA" ingest more --sales more.csv -q >/dev/null
code=0
"$SKUA" backtest more --horizon 7 --models theta --weigh cost -q --json >/dev/null 2>why || code=$?
[ $code = 3 ] && grep -q supply why || fail "--weigh cost without supply: $code, $(cat why)"
"$SKUA" ingest more --supply terms.csv -q >/dev/null
for weigh in error cost; do
    "$SKUA" backtest more --horizon 7 --models theta,seasonal-window-mean,ets --weigh $weigh -q --json >$weigh.json
done
python3 - <<'P'
import json
weights = [{r["name"]: r.get("weight_regular") for r in json.load(open(f"{w}.json"))["leaderboard"]}
           for w in ("error", "cost")]
assert weights[0].keys() == weights[1].keys() and weights[0] != weights[1], weights
P
# bounds, a competitor's price, a rule on categories; bounds that cross are named with the nearest price
python3 - <<'P'
import csv, json
known = [l for l in json.load(open("price.json"))["lines"] if l["elasticity"] is not None]
rows = list(csv.DictReader(open("files/items.csv")))
capped, crossed, followed = (l["item"] for l in known[:3])
now = {l["item"]: l["price"] for l in known}
for r in rows:
    low, high, rival = "", "", ""
    if r["item"] == capped: low, high = now[capped] * 0.9, now[capped] * 0.95
    if r["item"] == crossed: low, high = 20, 10
    if r["item"] == followed: rival = now[followed]
    r.update(price_low=low, price_high=high, competitor_price=rival)
with open("bounds.csv", "w") as f:
    w = csv.DictWriter(f, rows[0].keys()); w.writeheader(); w.writerows(rows)
json.dump([capped, crossed, followed], open("names.json", "w"))
P
"$SKUA" init bounds -q >/dev/null
"$SKUA" ingest bounds --items bounds.csv --sales files/sales.csv --promotions files/promotions.csv -q >/dev/null
"$SKUA" plan bounds price --json -q --above-competitor=-0.1 >bounds.json
"$SKUA" plan prices price --json -q --category-change 0.01 >category.json
python3 - <<'P'
import json
capped, crossed, followed = json.load(open("names.json"))
bounds, free, category = (json.load(open(f"{n}.json")) for n in ("bounds", "price", "category"))
line = {l["item"]: l for l in bounds["lines"]}
c = line[capped]
assert 0.9 * c["price"] - 0.01 <= c["proposed"] <= 0.95 * c["price"] + 1e-6, c
assert line[followed]["proposed"] <= 0.9 * line[followed]["price"] + 0.01, line[followed]
assert any(crossed in p and "nearest price between them is 15" in p for p in bounds["problems"]), bounds["problems"]
assert category["value_now"] - 1e-6 <= category["value"] < free["value"]
assert any(l.get("limit") == "category" for l in category["lines"]), category["lines"]
P
