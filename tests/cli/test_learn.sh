# check, train, backtest, forecast, report: results on standard output, talk on standard error,
# the same seed the same file on 1 and 2 threads, outputs whole or absent.
. "$(dirname "$0")/lib.sh"

"$SKUA" init shop --name "小店" >/dev/null || exit 1
for verb in check train backtest forecast; do
    expect_exit 3 "$SKUA" $verb shop
    expect_err 'no sales.*skua ingest'
    expect test ! -s out
done
"$SKUA" simulate files --items 8 --days 150 --channels 1 --seed 4 >/dev/null || exit 1
for table in channels items sales promotions calendar future; do
    "$SKUA" ingest shop --$table files/$table.csv >/dev/null || exit 1
done

# a forecast needs no training
expect_exit 0 "$SKUA" forecast shop --horizon 7 -o untrained.csv
expect_out 'in the table forecasts'
expect_same "columns" "$(head -1 untrained.csv | tr -d '\r"')" "item,channel,ds,mean,q10,q20,q30,q40,q50,q60,q70,q80,q90,note"
expect_same "rows" "$(($(wc -l <untrained.csv) - 1))" "$(("$("$SKUA" show shop --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["panel"]["series"])')" * 7))"
expect python3 - <<'PYTHON'
import csv, math
rows = list(csv.DictReader(open("untrained.csv", encoding="utf-8")))
assert rows
for r in rows:
    q = [float(r[f"q{k}0"]) for k in range(1, 10)]
    assert all(math.isfinite(x) and x >= 0 for x in q + [float(r["mean"])]), r
    assert q == sorted(q), r
assert sum(float(r["mean"]) for r in rows) > 0
assert len({(r["item"], r["channel"], r["ds"]) for r in rows}) == len(rows)
PYTHON

expect_exit 0 "$SKUA" check shop --json
expect_json 'd["verb"] == "check" and all(k["count"] > 0 and k["why"] for k in d["kinds"])'
COLUMNS=60 expect_exit 0 "$SKUA" check shop
expect_width 60
expect_same "sales after a check" "$(rows shop sales)" "$(($(wc -l <files/sales.csv) - 1))"

expect_exit 2 "$SKUA" forecast shop --levels 0.1,0.9
expect_err 'median'
expect_exit 2 "$SKUA" train shop --models ets,thetaa
expect_err 'thetaa'
expect_exit 2 "$SKUA" train shop --models 锻炼
expect_err "no model .锻炼.; there are .*count-pool.*ets"

expect_exit 0 "$SKUA" train shop --preset fast --horizon 7 --windows 2 --json
expect_json 'd["verb"] == "train" and d["horizon"] == 7 and d["windows"] == 2 and d["model"]'
expect_json 'sum(r.get("baseline", False) for r in d["leaderboard"]) >= 3'
expect_json '[r["wql"] for r in d["leaderboard"]] == sorted(r["wql"] for r in d["leaderboard"])'
expect test ! -s err

COLUMNS=60 expect_exit 0 "$SKUA" backtest shop --models ets,theta --horizon 7 --windows 2
expect_width 60
expect_out '^seasonal-naive'
expect_out '^(ets|theta) '
refuse_out '^arima'

for threads in 1 2 1; do
    expect_exit 0 "$SKUA" forecast shop --threads $threads --seed 5 -o f$threads.csv --json
    expect_json 'd["verb"] == "forecast" and d["horizon"] == 7 and d["run"]'
    [ -e first.csv ] || mv f1.csv first.csv
done
expect cmp f1.csv f2.csv
expect cmp f1.csv first.csv
for threads in 1 2; do
    expect_exit 0 "$SKUA" backtest shop --preset fast --horizon 7 --threads $threads --json
    python3 -c '
import json
for r in json.load(open("out"))["leaderboard"]:
    print({k: v for k, v in r.items() if k != "seconds"})' >board$threads
done
expect cmp board1 board2

COLUMNS=60 expect_exit 0 "$SKUA" forecast shop --horizon 3
expect_width 60
expect_exit 0 "$SKUA" forecast shop -o f.parquet
expect_same "a Parquet file" "$(head -c4 f.parquet)$(tail -c4 f.parquet)" PAR1PAR1
expect_exit 4 "$SKUA" forecast shop -o no/such/folder/f.csv
expect_err 'no/such/folder'
refuse_err 'duckdb|SELECT'
expect test ! -e no
if [ "$(id -u)" -ne 0 ]; then
    mkdir closed && chmod a-w closed
    expect_exit 4 "$SKUA" forecast shop -o closed/f.csv
    expect_exit 4 "$SKUA" report shop -o closed/r.html
fi

expect_exit 0 "$SKUA" report shop -o page.html
expect_out 'page.html'
expect grep -q '小店' page.html
expect python3 - <<'PYTHON'
import html.parser, re
page = open("page.html", encoding="utf-8").read()
html.parser.HTMLParser().feed(page)
assert page.lstrip().lower().startswith("<!doctype html>")
assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//""", page), "needs the network"
assert "</script>" in page and "prefers-color-scheme" in page
PYTHON
expect_exit 0 "$SKUA" report shop -o zh.html --language zh --json
expect_json 'd["output"] == "zh.html"'
expect_exit 4 "$SKUA" report shop -o no/such/page.html
expect_err 'no/such/page.html'

# an item's name cannot leave its place in the page
{ echo 'item,ds,units'; for i in $(seq 10 28); do echo "</script><script>alert(1)</script>,2023-01-$i,500"; done; } >evil.csv
expect_exit 0 "$SKUA" init evil
expect_exit 0 "$SKUA" ingest evil --sales evil.csv
expect_exit 0 "$SKUA" forecast evil
expect_exit 0 "$SKUA" report evil -o evil.html
expect test "$(grep -c '<script>alert(1)' evil.html)" -eq 0

# what was known at an instant; a shop shows its runs
expect_exit 0 "$SKUA" show shop --json
expect_json 'any(t["table"] == "runs" and t["rows"] > 3 for t in d["tables"])'
COLUMNS=60 expect_exit 0 "$SKUA" show shop
expect_width 60

# -- a backtest sees the version of each row that was known at its origin --------------------------
python3 - <<'PYTHON'
import datetime
day = lambda t: (datetime.date(2024, 1, 1) + datetime.timedelta(t)).isoformat()
with open("flat.csv", "w") as f:
    f.write("item,ds,units\n")
    for t in range(70):
        for item in "abc":
            f.write(f"{item},{day(t)},10\n")
with open("late.csv", "w") as f: # the last days before the origin, corrected when the test was over
    f.write("item,ds,units\n")
    for t in range(60, 63):
        f.write(f"a,{day(t)},1000\n")
PYTHON
"$SKUA" init versions -q >/dev/null 2>&1
expect_exit 0 "$SKUA" ingest versions --sales flat.csv
for when in 2024-03-09T00:00:00 2024-03-04T00:00:00 period; do # the origin is 2024-03-04
    rm -rf then && cp -r versions then
    expect_exit 0 "$SKUA" ingest then --sales late.csv --known-at $when --json
    expect_json 'd["corrected"] == 3'
    expect_exit 0 "$SKUA" backtest then --models naive --horizon 7 --windows 1 --clean none --json
    case $when in
        2024-03-09*) expect_json '[m["wape"] for m in d["leaderboard"] if m["name"] == "naive"] == [0]' ;;
        *) expect_json '[m["wape"] for m in d["leaderboard"] if m["name"] == "naive"] == [33]' ;;
    esac
done
