#!/usr/bin/env bash
# Several platforms: what they add to one another's forecasts, measured; a new channel; forecasts by channel and together that
# fit; one stock for all of them.
. "$(dirname "$0")/lib.sh"

# 24 items sold on the web for 60 weeks; the app sells half of that, with noise of its own. Three items came to the app late.
python3 - <<'P' || exit 1
import datetime, math, random
random.seed(7)
rows, app = [], []
start = datetime.date(2023, 1, 2)
for i in range(24):
    level = math.exp(random.uniform(2, 4))
    for w in range(60):
        ds = start + datetime.timedelta(weeks=w)
        wave = level * (1 + .4 * math.sin(w / 52 * 6.283)) * random.lognormvariate(0, .15)
        rows.append(f"i{i:02},web,{ds},{max(0, round(wave))},{9 + i}")
        if i >= 3 or w >= 58:
            rows.append(f"i{i:02},app,{ds},{max(0, round(wave / 2 * random.lognormvariate(0, .3)))},{9 + i}")
open("sales.csv", "w").write("item,channel,ds,units,price\n" + "\n".join(rows) + "\n")
open("channels.csv", "w").write("channel,time_zone,currency,locations\nweb,UTC,EUR,north\napp,UTC,EUR,north\n")
open("supply.csv", "w").write("item,location,on_hand,lead_time,holding,shortage\n" +
                              "".join(f"i{i:02},north,5,7,0.01,3\n" for i in range(24)))
open("web.csv", "w").write("item,channel,ds,units,price\n" + "\n".join(r for r in rows if ",web," in r) + "\n")
P
"$SKUA" init shop >/dev/null || exit 1
"$SKUA" ingest shop --sales sales.csv --channels channels.csv --supply supply.csv -q >/dev/null || exit 1

expect_exit 0 "$SKUA" backtest shop --horizon 4 --windows 2 --models count-pool,theta --ablate channels --json
expect_json '[a["without"] for a in d["ablation"]] == ["channels"]'
expect_json '[(c["channel"], c["series"]) for c in d["ablation"][0]["channels"]] == [("app", 24), ("web", 24)]'
expect_json 'all(c["worth_low"] <= c["worth"] <= c["worth_high"] for c in d["ablation"][0]["channels"])'
expect_json 'abs(d["ablation"][0]["wql"] - d["ablation"][0]["worth"] - next(r["wql"] for r in d["leaderboard"] if r["name"] == "combination")) < 1e-9'
expect_json 'd["ablation"][0]["worth_low"] < d["ablation"][0]["worth_high"]'
# the worth of all is the mean of those of the channels, weighed by what they sell
expect_json 'min(c["worth"] for c in d["ablation"][0]["channels"]) <= d["ablation"][0]["worth"] <= max(c["worth"] for c in d["ablation"][0]["channels"])'
# a method that looks at one series at a time gains nothing from another platform
expect_exit 0 "$SKUA" backtest shop --horizon 4 --windows 1 --models theta --ablate channels --json
expect_json 'all(abs(c["worth"]) < 1e-9 for c in d["ablation"][0]["channels"])'
COLUMNS=80 expect_exit 0 "$SKUA" backtest shop --horizon 4 --windows 1 --models theta --ablate channels
expect_out 'the others add'
expect_width 80

# a channel that an item came to two weeks ago is forecast from what the item is elsewhere and what the channel is like
expect_exit 0 "$SKUA" train shop --horizon 4 --windows 1 --models cold-start,count-pool --json
expect_exit 0 "$SKUA" forecast shop --horizon 4 --json -o forecast.csv
run python3 - <<'P'
import csv
mean = {}
for r in csv.DictReader(open("forecast.csv")):
    mean[r["item"], r["channel"]] = mean.get((r["item"], r["channel"]), 0) + float(r["mean"])
print(all(.2 < mean[f"i{i:02}", "app"] / mean[f"i{i:02}", "web"] < 1.1 for i in range(3)))
P
expect_same "a new channel" "$(cat out)" True

# coherent: items of both channels add up to what the levels above were moved to
expect_exit 0 "$SKUA" train shop --horizon 4 --windows 2 --models count-pool,theta --coherent volume --json
expect_json 'd["coherent"] == "volume"'
expect_exit 0 "$SKUA" forecast shop --horizon 4 -o coherent.csv
expect_exit 0 "$SKUA" forecast shop --horizon 4 --coherent bottom-up -o apart.csv
run sh -c 'cmp -s coherent.csv apart.csv && echo same || echo moved'
expect_same "coherence moves the channels' forecasts" "$(cat out)" moved

# one stock serves both: an order for an item covers the demand of web and app, with less safety than two stocks would hold
expect_exit 0 "$SKUA" plan shop stock --json -q
expect_json 'len(d["lines"]) == 24 and all(l["channels"] == ["app", "web"] for l in d["lines"])'
cp out plan.json
run python3 -c 'import json; print({l["item"]: l["order"] for l in json.load(open("plan.json"))["lines"]}["i20"])'
together=$(cat out)
python3 - <<'P' || exit 1
open("apart_channels.csv", "w").write("channel,time_zone,currency,locations\nweb,UTC,EUR,north\napp,UTC,EUR,south\n")
open("apart_supply.csv", "w").write("item,location,on_hand,lead_time,holding,shortage\n" + "".join(
    f"i{i:02},{place},{stock},7,0.01,3\n" for i in range(24) for place, stock in (("north", 5), ("south", 0))))
P
"$SKUA" init apart >/dev/null || exit 1
"$SKUA" ingest apart --sales sales.csv --channels apart_channels.csv --supply apart_supply.csv -q >/dev/null || exit 1
expect_exit 0 "$SKUA" plan apart stock --json -q
expect_json 'len(d["lines"]) == 48 and all(len(l["channels"]) == 1 for l in d["lines"])'
cp out plan.json
run python3 -c 'import json; print(sum(l["order"] for l in json.load(open("plan.json"))["lines"] if l["item"] == "i20"))'
run python3 -c "print($together < $(cat out))"
expect_same "one stock is less than two" "$(cat out)" True

# nothing to compare
"$SKUA" init one >/dev/null || exit 1
"$SKUA" ingest one --sales web.csv -q >/dev/null || exit 1
expect_exit 2 "$SKUA" backtest one --horizon 4 --ablate channels
expect_err 'channels wants two'
