#!/usr/bin/env bash
# skua recommend SHOP: a user's list, a basket, a stranger, stock and margin, all users, and how well
# it works.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
fail() { echo "recommend: $*" >&2; exit 1; }

python3 - <<'P'
import datetime, random
random.seed(5)
start = datetime.date(2024, 1, 1)
rows = 0
with open("orders.csv", "w") as f:
    f.write("order,line,ts,item,channel,user,units,unit_price\n")
    for user in range(80):
        half = "tea" if user % 2 else "nut"
        for day in range(user % 7, 91, 7):
            rows += 1
            basket = {f"{half}{user % 10}"} | {f"{half}{random.randrange(12)}" for _ in range(2)}
            for line, item in enumerate(sorted(basket)):
                f.write(f"o{rows},{line},{start + datetime.timedelta(day)}T10:00:00Z,{item},web,u{user},1,{5 + int(item[3:])}\n")
with open("items.csv", "w") as f:
    f.write("item,title,category,cost\n")
    for half in ("tea", "nut"):
        for k in range(12):
            f.write(f'{half}{k},"{half}, kind {k}",{half},{1 if k == 11 else 4.9 + k}\n')
with open("supply.csv", "w") as f:
    f.write("item,on_hand\n")
    f.write("tea3,0\nnut4,50\n")
with open("events.csv", "w") as f:
    f.write("user,item,channel,ts,kind,query\n")
    f.write(f"visitor,nut7,web,{start + datetime.timedelta(90)}T10:00:00Z,view,\n")
P
"$SKUA" init shop -q >/dev/null
"$SKUA" ingest shop --orders orders.csv --items items.csv --supply supply.csv --events events.csv -q >/dev/null
ask() { "$SKUA" recommend shop --json -q "$@"; }
ask --user u4 >nut.json
ask --user u3 >sold_out.json
ask --user u3 --rerank none >as_it_is.json
ask --user u3 --rerank profit >profit.json
ask --user nobody --top 5 >stranger.json
ask --user visitor >visitor.json
ask --basket tea1,tea2 >basket.json
ask --user u4 --only-new >fresh.json
ask --user u4 --diversity 0.8 >diverse.json
ask >scores.json
python3 - <<'P'
import json
def items(name): return [i["item"] for i in json.load(open(name))["items"]]
nut = json.load(open("nut.json"))
assert items("nut.json")[0] == "nut4" and len(items("nut.json")) == 10, nut
assert nut["known"] and nut["items"][0]["owned"] and nut["items"][0]["stock"] == 50
assert nut["items"][0]["title"] == "nut, kind 4" and 0 < nut["items"][0]["chance"] < 1
assert sum(i.startswith("nut") for i in items("nut.json")) >= 9
assert items("as_it_is.json")[0] == "tea3" and "tea3" not in items("sold_out.json")
assert items("profit.json")[0] == "tea11", items("profit.json")
stranger = json.load(open("stranger.json"))
assert not stranger["known"] and len(stranger["items"]) == 5
assert sum(i.startswith("nut") for i in items("visitor.json")) >= 8
assert sum(i.startswith("tea") for i in items("basket.json")) >= 8
assert not any(i["owned"] for i in json.load(open("fresh.json"))["items"])
assert items("diverse.json") != items("nut.json")
scores = json.load(open("scores.json"))
assert scores["scores"]["known"]["users"] == 80 and scores["scores"]["known"]["ndcg10"] > 0.3, scores
assert scores["learnt_from"] == 80
week = scores["category_chances"]["within_7"]
assert 0 <= week["brier"] < week["base_brier"] and week["pairs"] == 160, scores["category_chances"]
tea = {c["category"]: c for c in json.load(open("sold_out.json"))["categories"]}
assert tea["tea"]["within_7"] > 0.8 > 0.2 > tea["nut"]["within_28"], tea
P
# the transformer: kept beside the rule, and of these orders
ask --user u4 --sequence >sequence.json
[ -s shop/models/recommend.safetensors ] && [ -s shop/models/recommend-sequence.json ] || fail "no net was kept: $(ls shop/models)"
stamp=$(stat -c %Y.%i shop/models/recommend.safetensors)
ask --user u3 --sequence >sequence3.json
[ "$(stat -c %Y.%i shop/models/recommend.safetensors)" = "$stamp" ] || fail "a net that fits was trained anew"
python3 - <<'P'
import json
def read(name): return json.load(open(name))
sequence, nut = read("sequence.json"), read("nut.json")
assert sequence["sequence"] and not nut["sequence"]
assert [i["score"] for i in sequence["items"]] != [i["score"] for i in nut["items"]]
assert sum(i["item"].startswith("nut") for i in sequence["items"]) >= 8, sequence["items"]
P
"$SKUA" recommend shop -q -o lists.csv --top 3 >text
[ "$(wc -l <lists.csv)" = 244 ] || fail "$(wc -l <lists.csv) lines of lists" # 81 users, a header
grep -q '^u4,1,nut4,' lists.csv || fail "u4's list: $(grep '^u4,' lists.csv)"
"$SKUA" recommend shop -q >text
grep -q "NDCG@10" text || fail "$(cat text)"
code=0; "$SKUA" recommend shop -q --basket coffee 2>message || code=$?
[ $code = 4 ] && grep -q "no item 'coffee'" message || fail "an unknown item left with $code: $(cat message)"
"$SKUA" init bare -q >/dev/null
code=0; "$SKUA" recommend bare -q --user u1 2>message || code=$?
[ $code = 3 ] || fail "a shop without orders left with $code"
