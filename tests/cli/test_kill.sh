# kill -9 in the middle of an ingest, at many moments: a file is in as a whole or not at all, what
# was acknowledged stays, and the same command again ends with nothing lost and nothing twice.
. "$(dirname "$0")/lib.sh"

FILES=5
ROWS=20000
python3 - $FILES $ROWS <<'PYTHON'
import datetime, random, sys
random.seed(7)
files, rows = int(sys.argv[1]), int(sys.argv[2])
total = 0
for k in range(files):
    with open(f"orders{k}.csv", "w") as f:
        f.write("order,line,ts,sku,qty,price\n")
        for i in range(rows):
            q = random.randint(1, 5)
            total += q
            ts = datetime.datetime(2024, 1, 1 + k * 5) + datetime.timedelta(seconds=20 * i)
            f.write(f"o{k}-{i // 2},{i % 2 + 1},{ts},sku{i % 50},{q},{1 + i % 9}\n")
open("total", "w").write(str(total))
PYTHON

"$SKUA" init shop -q >/dev/null 2>&1
RANDOM=11
before=0
for round in $(seq 12); do
    setsid "$SKUA" ingest shop --orders 'orders*.csv' -q >/dev/null 2>&1 &
    child=$!
    sleep "0.$(printf '%03d' $((RANDOM % 600 + 20)))"
    kill -9 $child 2>/dev/null
    wait $child 2>/dev/null
    now=$(rows shop orders)
    CHECKS=$((CHECKS + 1))
    if [ $((now % ROWS)) -ne 0 ] || [ "$now" -lt "$before" ] || [ "$now" -gt $((FILES * ROWS)) ]; then
        failed "round $round: $now rows after $before, files have $ROWS"
    fi
    before=$now
done
expect_exit 0 "$SKUA" ingest shop --orders 'orders*.csv' --json
expect_json "d['added'] + $before == $FILES * $ROWS and d['corrected'] == 0 and d['rejected'] == 0"
expect_same "rows" $((FILES * ROWS)) "$(rows shop orders)"
expect_exit 0 "$SKUA" ingest shop --orders 'orders*.csv' --json
expect_json "d['added'] == 0 and d['skipped'] == $FILES"
expect_exit 0 "$SKUA" ingest shop --orders orders0.csv --again --json
expect_json "d['added'] == 0 and d['corrected'] == 0 and d['unchanged'] == $ROWS"
expect test -z "$(ls shop | grep -E 'ingest-|\.wal$')"
