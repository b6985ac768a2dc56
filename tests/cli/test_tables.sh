# Every table of the data contract is read from its own file, by option and by name; a reader that
# asks while nothing changes sees all of it.
. "$(dirname "$0")/lib.sh"

"$SKUA" init shop --time-zone Asia/Shanghai >/dev/null || exit 1
expect_exit 0 "$SKUA" simulate files --items 30 --days 60 --channels 2 --seed 3
for table in channels items sales parts promotions supply events calendar future; do
    [ "$(wc -l <files/$table.csv)" -gt 1 ] || continue
    expect_exit 0 "$SKUA" ingest shop --$table files/$table.csv --json
    expect_json "d['files'][0]['table'] == '$table' and d['files'][0]['rejected'] == 0 and d['files'][0]['added'] > 0"
    expect_same "rows of $table" "$(rows shop $table)" "$(($(wc -l <files/$table.csv) - 1))"
done
before=$(state shop)

# without being told which is which
"$SKUA" init guessed --time-zone Asia/Shanghai >/dev/null
mkdir unnamed
for table in channels items sales parts promotions supply events calendar; do
    [ "$(wc -l <files/$table.csv)" -gt 1 ] || continue
    cp files/$table.csv unnamed/$table-export.csv
    expect_exit 0 "$SKUA" ingest guessed unnamed/$table-export.csv --json
    expect_json "d['files'][0]['table'] == '$table'"
done
i=0
"$SKUA" init blind >/dev/null
for table in items sales promotions supply events; do
    i=$((i + 1))
    cp files/$table.csv unnamed/x$i.csv
    expect_exit 0 "$SKUA" ingest blind unnamed/x$i.csv --json
    expect_json "d['files'][0]['table'] == '$table'"
done

# all again: nothing moves
for table in channels items sales parts promotions supply events calendar future; do
    [ "$(wc -l <files/$table.csv)" -gt 1 ] || continue
    expect_exit 0 "$SKUA" ingest shop --$table files/$table.csv
done
expect_same "the shop after all files again" "$before" "$(state shop)"

# the truth of a simulated shop is not read by a folder's ingest
expect test -d files/truth
rm -r files/truth
expect_exit 0 "$SKUA" check shop --json
expect_json 'd["verb"] == "check"'

# a promotion that is planned, in the promotions alone, reaches the forecast at about its usual size, also
# behind the usual horizon where the model was trained with a longer one
python3 - <<'PY'
import datetime, random
random.seed(1)
start = datetime.date(2023, 1, 1)
day = lambda t: start + datetime.timedelta(t)
sales, plans = open("ahead.csv", "w"), open("plans.csv", "w")
sales.write("item,ds,units\n")
plans.write("id,scope,channel,from,to,depth\n")
for i in range(4):
    first = [t for t in range(10 + i, 295, 35)] + {0: [307], 1: [330]}.get(i, [])
    for t in first:
        plans.write(f"{i}-{t},P{i},,{day(t)},{day(t + 3)},0.3\n")
    shown = {t + k for t in first for k in range(4)}
    for t in range(300):
        sales.write(f"P{i},{day(t)},{max(0, round(random.gauss(30 if t in shown else 10, 2)))}\n")
PY
expect_exit 0 "$SKUA" init planned -q
expect_exit 0 "$SKUA" ingest planned --sales ahead.csv --promotions plans.csv -q
expect_exit 0 "$SKUA" train planned --models tree-direct --horizon 35 --windows 1 --threads 1 -q
expect_exit 0 "$SKUA" forecast planned -o planned.csv -q
expect python3 -c '
import csv
mean = {}
for r in csv.DictReader(open("planned.csv")):
    mean.setdefault(r["item"], []).append(float(r["mean"]))
assert min(mean["P0"][7:11]) > 22 and max(mean["P0"][:7]) < 15, mean["P0"]
assert min(mean["P1"][30:34]) > 22 and max(mean["P1"][:30]) < 15, mean["P1"]
assert max(mean["P3"]) < 15, mean["P3"]'
