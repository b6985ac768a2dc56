#!/usr/bin/env bash
# Schemathesis against the service: every operation of openapi.json with made-up parameters and
# bodies, good and bad; each answer has to be one that the description allows.
#     scripts/contract.sh PROGRAM [SCHEMATHESIS OPTIONS]
set -euo pipefail
program=$(realpath "${1:?usage: scripts/contract.sh PROGRAM}")
shift
here=$(cd "$(dirname "$0")" && pwd)
venv=${CONTRACT_VENV:-$here/../build/contract}
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements-contract.txt"
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
"$program" simulate files --items 6 --days 120 --seed 3 -q >/dev/null
"$program" init shop -q >/dev/null
for table in channels items sales promotions supply calendar future; do "$program" ingest shop --$table files/$table.csv -q >/dev/null; done
"$program" check shop -q >/dev/null
"$program" forecast shop --preset fast --horizon 7 -q >/dev/null
"$program" serve shop --port 0 >out 2>err &
server=$!
for _ in $(seq 300); do
    port=$(sed -n 's/.*127.0.0.1:\([0-9]*\).*/\1/p' out)
    [ -n "$port" ] && break
    sleep 0.1
done
for _ in $(seq 300); do
    [ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/readyz")" = 200 ] && break
    sleep 0.1
done
item=$(curl -s "http://127.0.0.1:$port/v1/shops/shop/items?limit=1" | python3 -c 'import json, sys; print(json.load(sys.stdin)["items"][0]["item"])')
# most of what is asked names a shop and an item that are there: else every answer would be 404
cat >schemathesis.toml <<TOML
[parameters]
"path.shop" = "shop"
"path.item" = "$item"

# to delete a job is to stop it: what it did stays readable
[[operations]]
include-name = "DELETE /v1/shops/{shop}/jobs/{job}"
checks.use_after_free.enabled = false
[[operations]]
include-name = "GET /v1/shops/{shop}/jobs/{job}"
checks.use_after_free.enabled = false
[[operations]]
include-name = "GET /v1/shops/{shop}/jobs/{job}/events"
checks.use_after_free.enabled = false
TOML
status=0
"$venv/bin/schemathesis" --config-file schemathesis.toml run "http://127.0.0.1:$port/openapi.json" --checks all \
    --max-examples "${CONTRACT_EXAMPLES:-50}" --seed 1 --request-timeout 60 "$@" || status=$?
kill -0 "$server" 2>/dev/null || { echo "contract: the service died:" >&2; tail -5 err >&2; exit 1; }
exit $status
