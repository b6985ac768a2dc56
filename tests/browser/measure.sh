#!/usr/bin/env bash
# The console's figures on a shop of many items, a tenth of them with sales and a forecast, made once
# below build/bench.
#     tests/browser/measure.sh PROGRAM [ITEMS]
set -euo pipefail
program=$(realpath "${1:?usage: tests/browser/measure.sh PROGRAM [ITEMS]}")
items=${2:-100000}
cd "$(dirname "$0")"
chromium=${CHROMIUM:-$(command -v chromium || command -v chromium-browser)}
lock=$(sha256sum <package-lock.json | cut -d' ' -f1)
if [ "$(cat node_modules/.lock 2>/dev/null)" != "$lock" ]; then
    npm ci --silent --ignore-scripts --no-audit --no-fund
    echo "$lock" >node_modules/.lock
fi
work=../../build/bench/console/$items
if [ ! -f "$work/done" ]; then
    rm -rf "$work" && mkdir -p "$work"
    awk -v n="$items" 'BEGIN {
        srand(11); print "item,ds,units"
        for (i = 0; i < n; i += 10) { r = 1 + 40 * rand() * rand(); for (d = 1; d <= 21; d++) printf "i%06d,2024-01-%02d,%d\n", i, d, r * (0.5 + rand()) }
    }' >"$work/sales.csv"
    awk -v n="$items" 'BEGIN { print "item,title,category"; for (i = 0; i < n; i++) printf "i%06d,Tea no. %d 茶,drinks > tea > %d\n", i, i, i % 40 }' >"$work/items.csv"
    "$program" init "$work/shop" -q >/dev/null
    "$program" ingest "$work/shop" --items "$work/items.csv" -q >/dev/null
    "$program" ingest "$work/shop" --sales "$work/sales.csv" -q >/dev/null
    "$program" forecast "$work/shop" --preset fast --horizon 7 -q >/dev/null
    touch "$work/done"
fi
"$program" serve "$work/shop" --port 0 >"$work/out" 2>"$work/err" &
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT
for _ in $(seq 600); do
    port=$(sed -n 's/.*127.0.0.1:\([0-9]*\).*/\1/p' "$work/out")
    [ -n "$port" ] && [ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/readyz")" = 200 ] && break
    sleep 0.1
done
ITEMS=$items CHROMIUM=$chromium URL=http://127.0.0.1:$port node measure.mjs
