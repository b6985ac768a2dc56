# The service as callers meet it: answers equal the command's, jobs, uploads, tokens, limits, what
# is tried against it, hot change, stop.
. "$(dirname "$0")/../cli/lib.sh"
command -v curl >/dev/null || skip "curl is not there"

"$SKUA" init tea --name "茶 <script>" >/dev/null || exit 1
{
    make_sales 70 4
    echo '"a/b,<img src=x onerror=alert(1)>茶",2023-01-02,5,1'
} >sales.csv
"$SKUA" ingest tea --sales sales.csv >/dev/null || exit 1
"$SKUA" train tea --models theta --windows 1 --horizon 7 >/dev/null || exit 1
"$SKUA" forecast tea --horizon 7 -o f.csv >/dev/null || exit 1

# start NAME ARGUMENT...: a service on a free port; its address in URL
PIDS=
start() {
    local log=$1.log
    shift
    "$SKUA" serve "$@" --port 0 >"$log" 2>"$log.err" &
    PID=$!
    PIDS="$PIDS $PID"
    for _ in $(seq 300); do
        PORT=$(sed -n 's/.*127.0.0.1:\([0-9]*\).*/\1/p' "$log")
        [ -n "$PORT" ] && break
        sleep 0.1
    done
    URL=http://127.0.0.1:$PORT
    for _ in $(seq 300); do
        [ "$(curl -s -o /dev/null -w '%{http_code}' "$URL/readyz")" = 200 ] && return
        sleep 0.1
    done
    failed "the service did not start"
    cat "$log.err"
}
trap 'CODE=$?; for p in $PIDS; do kill "$p" 2>/dev/null; done; wait; (exit $CODE); leave' EXIT

# get CODE ADDRESS [CURL OPTIONS]: the body in out, the headers in head
get() {
    local want=$1 address=$2
    shift 2
    LAST="curl $address $*"
    CODE=$(curl -s --path-as-is -D "$T/head" -o "$T/out" -w '%{http_code}' "$@" "$URL$address")
    : >"$T/err"
    CHECKS=$((CHECKS + 1))
    [ "$CODE" = "$want" ] && return
    failed "expected status $want"
    show_last
}
post() {
    local want=$1 address=$2 body=$3
    shift 3
    get "$want" "$address" -X POST -H 'Content-Type: application/json' -d "$body" "$@"
}
S=/v1/shops/tea

start open tea
get 200 /healthz
get 200 /v1/shops
expect_json 'd["shops"][0]["shop"] == "tea" and d["shops"][0]["items"] == 5'
get 200 $S
expect_json 'd["name"] == "茶 <script>" and d["forecast"]["horizon"] == 7 and len(d["total"]["mean"]) == 7'
expect_json 'all(l <= m <= h for l, m, h in zip(d["total"]["low"], d["total"]["mean"], d["total"]["high"]))'
refuse_out '<script>'
get 200 "$S/items?limit=2&sort=item"
expect_json 'd["total"] == 5 and len(d["items"]) == 2 and d["items"][0]["item"] < d["items"][1]["item"]'
get 200 "$S/items?search=SKU03"
expect_json '[i["item"] for i in d["items"]] == ["sku03"]'
get 200 "$S/items?sort=expected"
expect_json '[i["expected"] or 0 for i in d["items"]] == sorted([i["expected"] or 0 for i in d["items"]], reverse=True)'
get 400 "$S/items?sort=price"
expect_json 'd["code"] == "bad_parameter" and "sort" in d["message"] and d["remedy"]'
get 400 "$S/items?limit=0"
get 400 "$S/items?limit=0" -H 'Accept-Language: zh'
expect_json 'd["message"] == "参数有误。limit：须为 1 到 1000 的整数。" and d["where"] == "query" and d["detail"] is None'
get 404 $S/items/nothing -H 'Accept-Language: zh'
expect_json 'd["code"] == "no_item" and "商品" in d["message"] and d["where"] == "nothing"'
get 200 "$S/items/$(python3 -c 'import urllib.parse; print(urllib.parse.quote("a/b,<img src=x onerror=alert(1)>茶", safe=""))')"
expect_json 'd["item"].startswith("a/b,<img")'
refuse_out '<img'

# the numbers are the command's
get 200 "$S/items/sku02/forecast?format=csv"
expect python3 - "$T/out" <<'PYTHON'
import csv, sys
def rows(path):
    return {(r["item"], r["ds"]): [float(r[k]) for k in r if k == "mean" or k[0] == "q"] for r in csv.DictReader(open(path, encoding="utf-8"))}
ours, file = rows(sys.argv[1]), rows("f.csv")
assert len(ours) == 7
for key, numbers in ours.items():
    assert len(numbers) == 10
    assert all(abs(a - b) <= 1e-5 * abs(b) for a, b in zip(numbers, file[key])), key
PYTHON
get 200 $S/items/sku02/forecast
expect_json 'len(d["series"][0]["quantiles"]) == 7 and d["levels"][4] == 0.5 and d["series"][0]["mean"] and d["run"].startswith("forecast-")'
cp "$T/out" stored
post 200 $S/items/sku02/forecast '{}'
expect python3 - "$T/out" <<'PYTHON'
import json, sys
a, b = json.load(open(sys.argv[1])), json.load(open("stored"))
x, y = a["series"][0]["mean"], b["series"][0]["mean"]
assert len(x) >= 7 and all(abs(p - q) <= 1e-5 * abs(p) for p, q in zip(x, y)), (x, y)
PYTHON
post 200 $S/items/sku02/forecast '{"horizon": 3}'
expect_json 'd["horizon"] == 3 and len(d["series"][0]["mean"]) == 3'
post 400 $S/items/sku02/forecast '{"horizon": 0}'
post 400 $S/items/sku02/forecast '{"horizon": 1e99}'
post 400 $S/items/sku02/forecast '{"horizons": 3}'
post 400 $S/items/sku02/forecast '{"horizon": 3'
get 200 "$S/items/sku02/history?last=3"
expect_json 'd["series"][0]["periods"] == ["2023-03-10", "2023-03-11", "2023-03-12"] and len(d["series"][0]["units"]) == 3'
get 200 $S/forecasts
expect_same "rows of all forecasts" "$(wc -l <"$T/out")" "$(wc -l <f.csv)"

# tags, compression, methods, heads
get 200 $S/items/sku02
TAG=$(sed -n 's/^ETag: \(.*\)\r$/\1/ip' "$T/head")
get 304 $S/items/sku02 -H "If-None-Match: $TAG"
get 200 $S/items/sku02/history -H 'Accept-Encoding: gzip'
expect grep -qi '^Content-Encoding: gzip' "$T/head"
expect python3 -c 'import gzip, json, sys; json.loads(gzip.open(sys.argv[1]).read())' "$T/out"
get 200 $S/items/sku02/history -H 'Accept-Encoding: gzip;q=0'
expect_json 'd["item"] == "sku02"'
expect grep -qi "^Content-Security-Policy: default-src 'none'" "$T/head"
expect grep -qi '^X-Content-Type-Options: nosniff' "$T/head"
get 405 $S/items -X DELETE
expect grep -qi '^Allow: GET' "$T/head"
get 200 $S/items --head
get 405 $S/items -X OPTIONS

# one connection carries many requests, refused ones too
expect_same "new connections of five requests" "$(curl -s -w '%{num_connects}\n' -o "$T/out" "$URL$S/items" -o "$T/out" "$URL$S/items/sku02/forecast" -o "$T/out" "$URL$S/items/sku02/forecast" -o "$T/out" "$URL$S/items/nothing" -o "$T/out" "$URL/nothing" | tr '\n' ' ')" "1 0 0 0 0 "
expect_same "new connections after a posted body" "$(curl -s -w '%{num_connects}\n' -H 'Content-Type: application/json' -d '{}' -o "$T/out" "$URL$S/items/sku02/forecast" -o "$T/out" "$URL$S/items/sku02/forecast" | tr '\n' ' ')" "1 0 "
get 200 $S/items -X GET -H 'Content-Type: text/plain' -d 'a body where none belongs'
get 413 $S/items -X GET -H 'Content-Type: text/plain' --data-binary @/dev/stdin < <(head -c 3000000 /dev/zero)

# what is tried
get 400 /../../etc/passwd
get 400 /v1/shops/%2e%2e/items
get 404 /v1/shops/..%2f..%2fetc/items
get 404 /assets/..%2fsecret
get 400 /a%00b
get 400 /a%0d%0aX-Evil:1
refuse_out 'X-Evil'
expect test -z "$(grep -i '^X-Evil' "$T/head")"
get 421 /healthz -H 'Host: evil.example'
expect_json 'd["where"] == "evil.example" and d["message"] and d["remedy"]'
get 403 $S/jobs -X POST -H 'Content-Type: application/json' -H 'Origin: http://evil.example' -d '{"verb":"check"}'
get 403 $S/jobs -X POST -H 'Content-Type: application/json' -H 'Sec-Fetch-Site: cross-site' -d '{"verb":"check"}'
get 415 $S/jobs -X POST -H 'Content-Type: text/plain' -d '{"verb":"check"}'
get 415 $S/jobs -X POST -d 'verb=check'
get 400 $S/jobs -X POST -H 'Content-Type: application/json' -d "{\"verb\":$(printf '[%.0s' $(seq 20000))}"
expect_json '"deeper" in d["message"]'
head -c 2000000 /dev/zero | tr '\0' ' ' >large
get 413 $S/jobs -X POST -H 'Content-Type: application/json' --data-binary @large
get 413 $S/jobs -X POST -H 'Content-Type: application/json' -H 'Transfer-Encoding: chunked' --data-binary @large
post 400 $S/jobs '{"verb":"serve"}'
post 400 $S/jobs '{"verb":"ingest"}'
post 400 $S/jobs '{"verb":"train","settings":{"output":"x"}}'
post 400 $S/jobs '{"verb":"train","settings":{"wait":"1d"}}'
post 400 $S/jobs '{"verb":"train","settings":null}'
post 400 $S/jobs "{\"verb\":\"train\",\"settings\":{\"models\":\"$(head -c 901 /dev/zero | tr '\0' a)\"}}"
get 431 /healthz -H "X-Long: $(head -c 60000 /dev/zero | tr '\0' a)"
# half a request, then silence, does not keep others waiting
exec 9<>"/dev/tcp/127.0.0.1/$PORT"
printf 'POST %s/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"ver' $S >&9
get 200 /healthz
exec 9>&-
get 200 /metrics
expect_out '^skua_refused_total\{why="origin"\} [3-9]'
expect_out '^skua_request_seconds_count [1-9]'

# a job, its events, and what it changed
post 202 $S/jobs '{"verb":"forecast","settings":{"horizon":5,"preset":"fast"}}'
expect_json 'd["job"] == "forecast-1" and d["state"] in ("queued", "running")'
timeout 120 curl -sN "$URL$S/jobs/forecast-1/events" >events
expect grep -q '^event: job' events
expect grep -q '"state":"done"' events
get 200 $S/jobs/forecast-1
expect_json 'd["state"] == "done" and d["report"]["horizon"] == 5 and d["exit"] == 0'
for _ in $(seq 100); do
    get 200 $S
    python3 -c 'import json, sys; sys.exit(json.load(open(sys.argv[1]))["forecast"]["horizon"] != 5)' "$T/out" && break
    sleep 0.2
done
get 200 $S/items/sku02/forecast
expect_json 'len(d["series"][0]["mean"]) == 5'
get 404 $S/jobs/forecast-9
get 409 $S/jobs/forecast-1 -X DELETE
post 202 $S/jobs '{"verb":"train","settings":{"preset":"medium","horizon":7,"models":"no-such-model"}}'
timeout 120 curl -sN "$URL$S/jobs/train-2/events" >events
get 200 $S/jobs/train-2
expect_json 'd["state"] == "failed" and d["exit"] == 2 and any("no-such-model" in line for line in d["log"])'
post 202 $S/jobs '{"verb":"backtest","settings":{"preset":"best","windows":9}}'
get 202 $S/jobs/backtest-3 -X DELETE
timeout 120 curl -sN "$URL$S/jobs/backtest-3/events" >events
get 200 $S/jobs/backtest-3
expect_json 'd["state"] == "cancelled"'

# an upload in parts: sales of one item treble
python3 - <<'PYTHON'
import csv
rows = list(csv.DictReader(open("sales.csv", encoding="utf-8")))
with open("more.csv", "w") as f:
    f.write("item,ds,units,price\n")
    for r in rows:
        if r["item"] == "sku04" and r["ds"] >= "2023-02-15":
            f.write(f'{r["item"]},{r["ds"]},{3 * int(r["units"])},{r["price"]}\n')
    f.write("sku04,not a date,1,1\n")
PYTHON
get 200 $S/items/sku04
BEFORE=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["expected"])' "$T/out")
post 201 $S/uploads '{"name":"../more.csv"}'
UPLOAD=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["upload"])' "$T/out")
head -c 100 more.csv >part1
tail -c +101 more.csv >part2
get 200 "$S/uploads/$UPLOAD?offset=0" -X PUT --data-binary @part1
get 409 "$S/uploads/$UPLOAD?offset=0" -X PUT --data-binary @part1
get 200 $S/uploads/$UPLOAD
expect_json 'd["received"] == 100'
get 200 "$S/uploads/$UPLOAD?offset=100" -X PUT --data-binary @part2
get 404 $S/uploads/ffffffffffffffffffffffff
get 404 $S/uploads/..%2f..
# a preview does not wait for the training that runs; what writes does
post 202 $S/jobs '{"verb":"backtest","settings":{"preset":"best","windows":9}}'
post 202 $S/uploads/$UPLOAD/ingest '{"settings":{"table":"sales","dry_run":true}}'
timeout 120 curl -sN "$URL$S/jobs/ingest-5/events" >events
get 200 $S/jobs/ingest-5
expect_json 'd["state"] == "done" and d["report"]["files"][0]["mapping"]'
get 200 $S/jobs/backtest-4
expect_json 'd["state"] == "running"'
get 202 $S/jobs/backtest-4 -X DELETE
timeout 120 curl -sN "$URL$S/jobs/backtest-4/events" >events
post 202 $S/uploads/$UPLOAD/ingest '{"settings":{"table":"sales"}}'
timeout 120 curl -sN "$URL$S/jobs/ingest-6/events" >events
get 200 $S/jobs/ingest-6
expect_json 'd["state"] == "done" and d["report"]["rejected"] == 1'
get 404 $S/uploads/$UPLOAD
post 202 $S/jobs '{"verb":"forecast","settings":{"horizon":5,"preset":"fast"}}'
timeout 120 curl -sN "$URL$S/jobs/forecast-7/events" >events
AFTER=$BEFORE
for _ in $(seq 100); do
    get 200 $S/items/sku04
    AFTER=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["expected"])' "$T/out")
    [ "$AFTER" != "$BEFORE" ] && break
    sleep 0.2
done
expect python3 -c "assert $AFTER > 2 * $BEFORE"
get 200 $S/rejects
expect_json 'd["rejects"][0]["line"] and "date" in d["rejects"][0]["why"]'

# plans, trends, causes and explanations: worked out as jobs, equal to the command's
python3 - <<'PYTHON'
import csv
items = sorted({r["item"] for r in csv.DictReader(open("sales.csv", encoding="utf-8"))})
with open("supply.csv", "w", encoding="utf-8", newline="") as f:
    out = csv.writer(f)
    out.writerow(["item", "location", "on_hand", "lead_time"])
    out.writerows([i, "", 3, 5] for i in items)
PYTHON
expect_exit 0 "$SKUA" ingest tea --supply supply.csv
work() { # BODY: run a job to its end
    post 202 $S/jobs "$1"
    JOB=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["job"])' "$T/out")
    timeout 120 curl -sN "$URL$S/jobs/$JOB/events" >events
    get 200 "$S/jobs/$JOB"
    expect_json 'd["state"] == "done" and "report" not in d'
}
same() { # ADDRESS COMMAND...: the report is what the command tells
    get 200 "$1"
    cp "$T/out" served
    shift
    "$SKUA" "$@" --json >told 2>/dev/null
    expect python3 - <<'PYTHON'
import json
served, told = json.load(open("served")), json.load(open("told"))
assert served["stale"] is False, "called stale"
assert served["report"] == told, "differs from the command's"
PYTHON
}
get 404 $S/plans/stock -H 'Accept-Language: zh'
expect_json 'd["code"] == "no_result" and "尚未" in d["message"]'
get 404 $S/plans/nothing
post 400 $S/jobs '{"verb":"plan"}' -H 'Accept-Language: zh'
expect_json 'd["message"] == "参数有误。what：须为 stock、promo 或 price。" and d["where"] == "body"'
post 400 $S/jobs '{"verb":"plan","what":"world"}'
post 400 $S/jobs '{"verb":"trend","what":"stock"}'
work '{"verb":"plan","what":"stock"}'
same $S/plans/stock plan tea stock
work '{"verb":"plan","what":"stock","settings":{"target":"fill","service":0.99,"review":14}}'
same $S/plans/stock plan tea stock --target fill --service 0.99 --review 14
work '{"verb":"trend"}'
same $S/trends trend tea
get 404 $S/items/sku02/explanation
work '{"verb":"explain","settings":{"item":"sku02"}}'
same $S/items/sku02/explanation explain tea --item sku02
get 404 $S/items/sku03/explanation
get 404 $S/causes

# commands from a shell work while it serves, and are seen
expect_exit 0 "$SKUA" check tea
for _ in $(seq 100); do
    get 200 "$S/findings?limit=1"
    python3 -c 'import json, sys; sys.exit(json.load(open(sys.argv[1]))["total"] == 0)' "$T/out" && break
    sleep 0.2
done
expect_json 'd["total"] >= 0'

# stop: what is under way is answered, nothing is left
kill -TERM "$PID"
wait "$PID"
expect_same "exit of a stopped service" $? 0

# tokens
SKUA_TOKEN_READ=reader SKUA_TOKEN_WRITE=writer start tokens tea
for address in /metrics /openapi.json /v1/shops $S $S/items /nothing /a%00b; do
    get 401 $address
    get 401 $address -H 'Authorization: Bearer wrong'
done
get 200 /healthz
get 200 /readyz
get 200 / -H 'Accept: text/html'
get 200 $S -H 'Authorization: Bearer reader'
get 403 $S/jobs -X POST -H 'Authorization: Bearer reader' -H 'Content-Type: application/json' -d '{"verb":"check"}'
get 200 $S/jobs -H 'Authorization: Bearer writer'
expect_json 'd["jobs"] == []'
kill -TERM "$PID"
wait "$PID"

# rates, several shops, refusals of the command
"$SKUA" init coffee >/dev/null
start two tea coffee --rate 1
for _ in $(seq 60); do CODE=$(curl -s -o /dev/null -w '%{http_code}' "$URL/v1/shops"); [ "$CODE" = 429 ] && break; done
expect_same "too many requests" "$CODE" 429
sleep 3
get 200 /v1/shops/coffee
expect_json '"ingest" in d["problem"] and d["items"] == 0'
kill -KILL "$PID"
wait "$PID" 2>/dev/null
expect_exit 2 "$SKUA" serve tea --address 0.0.0.0
expect_err 'SKUA_TOKEN'
expect_exit 4 "$SKUA" serve nothing
# TLS with a key made here: answered by name under it alone, and not in clear
if command -v openssl >/dev/null; then
    openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out certificate.pem -days 2 -subj /CN=localhost -addext 'subjectAltName=IP:127.0.0.1,DNS:localhost' 2>/dev/null
    "$SKUA" serve tea --port 0 --tls-key key.pem --tls-certificate certificate.pem >tls.log 2>tls.err &
    PID=$!
    PIDS="$PIDS $PID"
    for _ in $(seq 300); do
        PORT=$(sed -n 's/.*https:\/\/127.0.0.1:\([0-9]*\).*/\1/p' tls.log)
        [ -n "$PORT" ] && break
        sleep 0.1
    done
    URL=https://127.0.0.1:$PORT
    get 200 /healthz --cacert certificate.pem
    get 000 /healthz
    URL=http://127.0.0.1:$PORT
    get 000 /healthz
    kill -TERM "$PID"
    wait "$PID"
    expect_exit 2 "$SKUA" serve tea --port 0 --tls-key key.pem
    expect_err 'tls_certificate'
    echo nonsense >key.pem
    expect_exit 4 timeout 60 "$SKUA" serve tea --port 0 --tls-key key.pem --tls-certificate certificate.pem
    expect_err 'bad key'
fi
expect_exit 2 "$SKUA" serve tea tea
start again tea
expect_exit 4 timeout 60 "$SKUA" serve tea --port "$PORT"
expect_err "port $PORT"
