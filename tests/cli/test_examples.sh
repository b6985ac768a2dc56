# The examples against the installed package: cmake --install into a folder of its own, each built by
# pkg-config and by CMake's find_package, and run.
. "$(dirname "$0")/lib.sh"

BUILD=$(dirname "$SKUA")
command -v pkg-config >/dev/null && command -v cc >/dev/null || skip "pkg-config or cc is not there"
[ -e "$BUILD/libskua.so" ] || skip "the library was not built"
nm -D "$BUILD/libskua.so" | grep -qE '__(asan|ubsan|tsan)_' && skip "the library is built with sanitizers"

# nothing else of the build is known from here on
cmake --install "$BUILD" --prefix "$T/prefix" >install.log 2>&1 || { cat install.log; exit 1; }
PC=$(dirname "$(find prefix -name skua.pc)")
export PKG_CONFIG_PATH="$T/$PC"
EXAMPLES="from_arrays from_file what_if own_forecaster service"
mkdir by-pkg-config
for name in $EXAMPLES; do
    expect_exit 0 cc -std=c17 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Werror "$SKUA_SOURCE/examples/$name.c" \
        $(pkg-config --cflags --libs skua) -lm -Wl,-rpath,"$T/$PC/.." -o "by-pkg-config/$name"
done
expect_exit 0 cmake -S "$SKUA_SOURCE/examples" -B by-cmake -DCMAKE_PREFIX_PATH="$T/prefix"
expect_exit 0 cmake --build by-cmake
[ "$(pkg-config --modversion skua)" = "$("$SKUA" --version | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -n 1)" ] ||
    failed "skua.pc tells another version than the program"
expect test -s "$(find prefix -name skua.1)"
expect test -s "$(find prefix -name skua.3)"

# from arrays: the weekly season and the gaps are found, by both ways of building alike
expect_exit 0 by-pkg-config/from_arrays
cp out one
expect_exit 0 by-cmake/from_arrays
expect cmp one out
CHECKS=$((CHECKS + 1))
python3 - one <<'PYTHON' || failed "from_arrays forecasts something else"
import re, sys
rows = [re.match(r"(\w+) day (\d): ([-.\d]+) \(([-.\d]+) to ([-.\d]+)\)$", line).groups() for line in open(sys.argv[1])]
tea = {int(d): float(m) for n, d, m, _, _ in rows if n == "tea"}
assert len(rows) == 14 and max(tea, key=tea.get) == 3 and abs(tea[3] - 28) < 2, tea
pot = sum(float(m) for n, _, m, _, _ in rows if n == "teapot")
assert 2 < pot < 6, pot
assert all(float(low) <= float(m) <= float(high) + 1 for _, _, m, low, high in rows)
PYTHON

# from a file: a workspace and a file of forecasts, the command line's own; again: rows known before
make_sales 120 3 >sales.csv
expect_exit 0 by-cmake/from_file sales.csv shop forecast.csv
expect_out '"verb":"forecast"'
expect test "$(wc -l <forecast.csv)" -eq 43
expect_exit 0 "$SKUA" forecast shop --horizon 14 -o own.csv -q
expect cmp own.csv forecast.csv
expect_exit 0 by-cmake/from_file sales.csv shop again.csv
expect_err 'already ingested'
expect_exit 1 by-cmake/from_file none.csv shop none-out.csv
expect_err 'none.csv'

# a forecaster of one's own stands on the leaderboard and in the model, which then asks for it
expect_exit 0 by-pkg-config/own_forecaster shop
expect_out '"name":"same-weekday"'
expect_exit 3 "$SKUA" forecast shop -q
expect_err "trained with 'same-weekday', which this program does not have"
expect_exit 0 by-cmake/own_forecaster shop
expect_exit 0 "$SKUA" rollback shop -q
expect_exit 0 "$SKUA" train shop --models theta --horizon 7 -q
expect_exit 0 "$SKUA" forecast shop --horizon 7 -q

# what if: the answer at the price as it is, and at another one
expect_exit 1 by-cmake/what_if shop sku02 0.8
expect_err 'no price is known ahead'
printf 'item,ds,price\nsku02,2023-05-02,12\nsku02,2023-05-03,12\n' >future.csv
expect_exit 0 "$SKUA" ingest shop --future future.csv -q
expect_exit 0 by-cmake/what_if shop sku02 0.8
expect test "$(grep -c '"forecast"' out)" -eq 2
expect_exit 1 by-cmake/what_if shop nothing 0.8
expect_err 'no item nothing'

# a service: the stored forecast, by HTTP; the new one when the shop has moved
by-cmake/service shop >service.out 2>service.err &
service=$!
for _ in $(seq 100); do [ -s service.out ] && break; sleep 0.05; done
cat >ask.py <<'PYTHON'
import json, sys, urllib.error, urllib.request
try:
    answer = urllib.request.urlopen(sys.argv[1] + sys.argv[2], timeout=20)
except urllib.error.HTTPError as error:
    answer = error
print(json.dumps({"status": answer.status, "answer": json.load(answer)}))
PYTHON
url=$(head -n 1 service.out)
expect_exit 0 python3 ask.py "$url" sku01
expect_json 'd["status"] == 200 and len(d["answer"]["series"][0]["mean"]) == 7'
expect_exit 0 python3 ask.py "$url" nothing
expect_json 'd["status"] == 404'
expect_exit 0 "$SKUA" forecast shop --horizon 3 -q
expect_exit 0 python3 ask.py "$url" sku01
expect_json 'len(d["answer"]["series"][0]["mean"]) == 3'
kill "$service"
wait "$service" 2>/dev/null
expect test -n "$url"
