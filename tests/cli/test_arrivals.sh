# New items: what is listed and has sold nothing yet is forecast from what it is, with the items that
# it is like as the reason; nothing before its launch; a predecessor counts first.
. "$(dirname "$0")/lib.sh"

# 60 items of three kinds, launched through 40 weeks; mugs sell 2 a week, plates 20, lamps 200
python3 - <<'PY' || exit 1
import datetime, random
random.seed(3)
start = datetime.date(2024, 1, 1)
kinds = [("mug", 2), ("plate", 20), ("lamp", 200)]
items, sales, future = [], [], []
for i in range(75):
    kind, level = kinds[i % 3]
    first = 0 if i < 15 else random.randrange(10, 48)
    colour = random.choice(["red", "blue", "green", "white"])
    day = start + datetime.timedelta(weeks=first)
    items.append(f"I{i:02},{colour} ceramic {kind} number {i},Home/{kind},{day},,")
    for w in range(first, 50):
        d = start + datetime.timedelta(weeks=w)
        sales.append(f"I{i:02},{d},{max(0, round(level * random.lognormvariate(0, 0.3)))},{level / 10 + 3}")
end = start + datetime.timedelta(weeks=50)
later = end + datetime.timedelta(weeks=2)
items.append(f"NEWMUG,yellow ceramic mug,Home/mug,{end},,")
items.append(f"NEWLAMP,yellow ceramic lamp,Home/lamp,{later},,")
items.append(f"HEIR,yellow ceramic mug of brass,Home/mug,{end},I02,")
items.append(f"FAR,yellow ceramic lamp,Home/lamp,2030-01-07,,")
items.append(f"GONE,yellow ceramic lamp,Home/lamp,{end},,2024-01-01")
open("items.csv", "w").write("item,title,category,launch_ds,replaces,end_ds\n" + "\n".join(items) + "\n")
open("sales.csv", "w").write("item,ds,units,price\n" + "\n".join(sales) + "\n")
PY
"$SKUA" init shop >/dev/null || exit 1
for table in items sales; do "$SKUA" ingest shop --$table $table.csv >/dev/null || exit 1; done
expect_exit 0 "$SKUA" embed shop --json

expect_exit 0 "$SKUA" forecast shop --horizon 6 --json -o forecast.csv
expect_json 'd["series"] == 78 and d["young"] >= 3'
expect_json '{"NEWMUG", "NEWLAMP", "HEIR"} <= {x["name"] for x in d["new"]}'
expect_json '{x["name"]: x["title"] for x in d["new"]}["NEWMUG"] == "yellow ceramic mug" and d["largest"][0]["title"].find(" number ") > 0'
expect_json 'not {"FAR", "GONE"} & {x["name"] for x in d["new"]}'
new='{x["name"]: x for x in d["new"]}'
expect_json "3 < $new['NEWMUG']['mean'] < 40 and $new['NEWMUG']['low'] < $new['NEWMUG']['mean'] < $new['NEWMUG']['high']"
expect_json "len($new['NEWMUG']['analogues']) == 5 and all(int(a['name'][1:]) % 3 == 0 for a in $new['NEWMUG']['analogues'][:3])"
expect_json "300 < $new['NEWLAMP']['mean'] < 1600" # four weeks of six
expect_json "$new['HEIR']['replaces'] == 'I02' and $new['HEIR']['mean'] > 5 * $new['NEWMUG']['mean']"
expect_json "$new['HEIR']['note'].startswith('after I02') and $new['NEWMUG']['note'].startswith('like I')"
expect_json "$new['NEWLAMP']['launch'] > $new['NEWMUG']['launch']"
run awk -F, '$1 == "NEWLAMP" { print ($4 > 0) }' forecast.csv
expect_same "nothing before the launch" "$(tr -d '\n' <out)" 001111

# the same on a terminal; a trained model does the same
COLUMNS=100 expect_exit 0 "$SKUA" forecast shop --horizon 6
expect_out 'new items'
expect_width 100
expect_exit 0 "$SKUA" train shop --horizon 6 --windows 2 --models theta,cold-start --json
expect_json 'any(r["name"] == "cold-start" and r["weight_young"] > 0.3 for r in d["leaderboard"])'
expect_exit 0 "$SKUA" forecast shop --json
expect_json "3 < $new['NEWMUG']['mean'] < 40 and $new['HEIR']['mean'] > 3 * $new['NEWMUG']['mean']"

# one model a modality: what it weighs is shown, and the kept model forecasts alike twice
expect_exit 0 "$SKUA" train shop --horizon 6 --windows 2 --models theta,modalities,cold-start --json
expect_json 'set(d["learnt"]["modalities"]["new"]["weights"]) == {"history", "text", "category", "price"}'
expect_json 'all(w >= 0 for a in d["learnt"]["modalities"].values() for w in a["weights"].values())'
expect_json 'sum(d["learnt"]["modalities"]["grown"]["weights"].values()) > 0.5'
expect_json 'abs(sum(d["learnt"]["cold-start"]["new"]["weights"].values()) - 1) < 1e-9'
model=$(python3 -c 'import json; print(json.load(open("out"))["model"])')
[ -f shop/models/$model/cold-start/cold.json ] || failed "the cold start was not kept"
expect_exit 0 "$SKUA" forecast shop --horizon 6 -o one.csv
expect_exit 0 "$SKUA" forecast shop --horizon 6 -o two.csv
expect_same "a kept model says the same" "$(cat one.csv)" "$(cat two.csv)"
expect_exit 0 "$SKUA" forecast shop --horizon 6 --json
expect_json "3 < $new['NEWMUG']['mean'] < 40 and 300 < $new['NEWLAMP']['mean'] < 1600 and len($new['NEWMUG']['analogues']) == 5"
printf '{"model":"cold-start"}' >shop/models/$model/cold-start/cold.json # damaged: the others go on
expect_exit 0 "$SKUA" forecast shop --horizon 6
expect_err 'cold.json.*train again'
COLUMNS=80 expect_exit 0 "$SKUA" train shop --horizon 6 --windows 2 --models theta,modalities
expect_out '^modalities, new items [(][0-9]+[)]: .*[0-9]'
expect_width 80

# what is each kind of data worth? Without the vectors the new are told by category and price alone
expect_exit 0 "$SKUA" backtest shop --horizon 6 --windows 2 --models cold-start --ablate text,price --json
expect_json '[a["without"] for a in d["ablation"]] == ["text", "price"]'
expect_json 'd["ablation"][0]["columns"] == ["text"] and "price" in d["ablation"][1]["columns"]'
expect_json 'all(a["worth_low"] <= a["worth"] <= a["worth_high"] for a in d["ablation"])'
expect_json 'all(abs(a["wql"] - a["worth"] - next(r["wql"] for r in d["leaderboard"] if r["name"] == "combination")) < 1e-9 for a in d["ablation"])'
expect_json 'd["ablation"][0]["wql"] != d["ablation"][1]["wql"]'
COLUMNS=80 expect_exit 0 "$SKUA" backtest shop --horizon 6 --windows 2 --models cold-start --ablate text
expect_out 'without'
expect_width 80
expect_exit 2 "$SKUA" backtest shop --horizon 6 --ablate image
expect_err 'nothing of that kind'
expect_exit 2 "$SKUA" backtest shop --horizon 6 --ablate text --trials 3
expect_err 'same models'

# people read titles beside numbers, and no item is said to be like itself
COLUMNS=120 expect_exit 0 "$SKUA" forecast shop --horizon 6
expect_out 'new items +title '
expect_out 'NEWMUG +yellow ceramic mug '
expect test "$(grep -cE '^(I[0-9]+) .*like .*\b\1 \(' out)" -eq 0
COLUMNS=60 expect_exit 0 "$SKUA" forecast shop --horizon 6
expect_width 60
expect_exit 3 "$SKUA" explain shop --item NEWMUG --horizon 6
expect_err 'NEWMUG has sold nothing yet.*skua forecast says which items it is like'
