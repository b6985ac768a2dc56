#!/usr/bin/env bash
# The console as people use it: every screen in both languages, in Debian's Chromium, on a shop made
# here and served on a free port.
#     tests/browser/run.sh PROGRAM [FOLDER-FOR-SCREENSHOTS]
# Exit 77: Chromium or Node.js is not there.
set -euo pipefail
program=$(realpath "${1:?usage: tests/browser/run.sh PROGRAM [SHOTS]}")
cd "$(dirname "$0")"
shots=${2:-shots}
chromium=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || true)}
[ -n "$chromium" ] || { echo "browser: Chromium is not there: skipped" >&2; exit 77; }
command -v node >/dev/null || { echo "browser: Node.js is not there: skipped" >&2; exit 77; }
lock=$(sha256sum <package-lock.json | cut -d' ' -f1)
if [ "$(cat node_modules/.lock 2>/dev/null)" != "$lock" ]; then
    npm ci --silent --ignore-scripts --no-audit --no-fund
    echo "$lock" >node_modules/.lock
fi
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
if [ -n "${SHOP:-}" ]; then
    cp -r "$SHOP" "$work/shop"
else
    "$program" simulate "$work/files" --items 24 --days 400 --channels 2 --seed 3 -q >/dev/null
    "$program" init "$work/shop" --name "Tea & 茶 <b>" -q >/dev/null
    for table in channels items sales promotions supply calendar future; do
        "$program" ingest "$work/shop" --$table "$work/files/$table.csv" -q >/dev/null
    done
    "$program" check "$work/shop" -q >/dev/null
    "$program" train "$work/shop" --preset fast --horizon 28 --windows 1 -q >/dev/null
    "$program" forecast "$work/shop" -q >/dev/null
fi
"$program" serve "$work/shop" --port 0 >"$work/out" 2>"$work/err" &
server=$!
for _ in $(seq 300); do
    port=$(sed -n 's/.*127.0.0.1:\([0-9]*\).*/\1/p' "$work/out")
    [ -n "$port" ] && break
    sleep 0.1
done
mkdir -p "$shots"
SKUA="$program" WORK="$work" CHROMIUM="$chromium" SHOTS="$shots" URL="http://127.0.0.1:$port" node console.mjs || {
    echo "browser: the service said:" >&2
    tail -20 "$work/err" >&2
    exit 1
}
