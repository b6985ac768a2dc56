#!/usr/bin/env bash
# skua trend SHOP: planted steps with dates, contributions that add up, opportunities, the page.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
fail() { echo "trend: $*" >&2; exit 1; }

python3 - <<'P'
import datetime, math, random
random.seed(5)
start = datetime.date(2024, 1, 1)
with open("sales.csv", "w") as f:
    f.write("item,channel,ds,units,category\n")
    for item, category in (("step", "a"), ("flat", "a"), ("up", "b"), ("new <u>", "b")):
        for day in range(168):
            if item == "new <u>" and day < 150: continue
            for channel in ("web", "app"):
                mean = 60 * (1 + .3 * math.sin(day * 6.283 / 7))
                if item == "step" and day >= 120: mean *= 1.8
                if item == "up": mean *= math.exp(.015 * max(0, day - 130))
                f.write(f"{item},{channel},{start + datetime.timedelta(day)},{round(random.gauss(mean, 6))},{category}\n")
with open("events.csv", "w") as f:
    f.write("user,item,channel,ts,kind,query\n")
    for day in range(112, 168):
        for n in range(3 if day < 140 else 9):
            f.write(f"u{n},flat,web,{start + datetime.timedelta(day)}T10:00:00Z,view,\n")
        for n in range(4):
            f.write(f"u{n},step,web,{start + datetime.timedelta(day)}T10:00:00Z,view,\n")
P
"$SKUA" init shop -q >/dev/null
printf 'item,title\nstep,Stairs 楼梯\nflat,"Plain, of course"\n' >items.csv
"$SKUA" ingest shop --items items.csv -q >/dev/null
"$SKUA" ingest shop --sales sales.csv --events events.csv -q >/dev/null
"$SKUA" trend shop --json -q -o page.html >trend.json
python3 - <<'P'
import datetime, json
t = json.load(open("trend.json"))
total = t["total"]
assert abs(sum(c["change"] for c in t["contributions"]) - total["change"]) < 1e-6
assert abs(sum(t["moved"].values()) - total["change"]) < 1e-6
assert t["moved"]["new"] > 0
step = [c for c in t["changes"] if c["name"].startswith("step")]
assert len(step) == 2, t["changes"]
for c in step:
    off = (datetime.date.fromisoformat(c["ds"]) - datetime.date(2024, 4, 30)).days
    assert abs(off) <= 2 and 0.6 < c["size"] < 1.0, c
titles = {"step": "Stairs 楼梯", "flat": "Plain, of course"}
for x in t["movers"] + t["changes"] + t["contributions"] + t["opportunities"]:
    assert x["title"] == titles.get(x["name"].split("/")[0], ""), x
assert {x["title"] for x in t["contributions"]} == {"", *titles.values()}
assert not [c for c in t["changes"] if c["name"].startswith("flat")], t["changes"]
rising = {m["name"].split("/")[0] for m in t["movers"] if m["kind"] == "rising"}
assert "up" in rising and "flat" not in rising, rising
assert t["kinds"]["newborn"] == 2, t["kinds"]
assert [o["name"] for o in t["opportunities"]] == ["flat"], t["opportunities"]
for channel in ("app", "web"):
    assert abs(sum(s["after"] for s in t["shares"] if s["channel"] == channel) - 1) < 1e-9, t["shares"]
page = open("page.html").read()
assert "<svg" in page and "What moves" in page and "new &lt;u&gt;" in page and "new <u>" not in page
assert "http" not in page and "<script" not in page
P
"$SKUA" trend shop -q -o zh.html --language zh >text
grep -q "突变点" zh.html || fail "the Chinese page is not Chinese"
grep -q "opportunity: flat" text || fail "$(cat text)"
"$SKUA" init bare -q >/dev/null
code=0; "$SKUA" trend bare -q 2>message || code=$?
[ $code = 3 ] || fail "a shop without sales left with $code"
