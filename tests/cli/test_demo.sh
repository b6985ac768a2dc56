# simulate and demo: the whole way on a small shop; the same seed the same files.
. "$(dirname "$0")/lib.sh"

expect_exit 0 "$SKUA" simulate a --items 12 --days 60 --seed 7 --json
expect_json 'd["verb"] == "simulate" and d["items"] == 12 and d["rows"] > 0'
expect_exit 0 "$SKUA" simulate b --items 12 --days 60 --seed 7 --threads 2
expect_exit 0 "$SKUA" simulate c --items 12 --days 60 --seed 8
expect diff -r a b
expect test "$(cmp -s a/sales.csv c/sales.csv; echo $?)" -eq 1
expect test -d a/truth
COLUMNS=60 expect_exit 0 "$SKUA" simulate d --items 12 --days 60 --rows orders --law choice --pictures
expect_width 60
expect test -s d/orders.csv
expect test -d d/images
expect_exit 2 "$SKUA" simulate e --days 5
expect_err 'days.*5'
expect test ! -e e
expect_exit 2 "$SKUA" simulate e --law gravity
expect_err 'gravity'

COLUMNS=60 expect_exit 0 "$SKUA" demo demo --items 6 --days 90 --horizon 7
expect_out 'Open demo/report.html'
expect_width 60
for file in report.html forecast.csv shop/skua.yaml files/sales.csv; do expect test -s demo/$file; done
expect_exit 4 "$SKUA" demo demo --items 6 --days 90 --horizon 7
expect_exit 0 "$SKUA" demo --items 6 --days 90 --channels 1 --horizon 7 --preset fast --json
expect_json 'd["report"] == "skua-demo/report.html"'
expect test -s skua-demo/report.html
expect_exit 0 "$SKUA" show skua-demo/shop --json
expect_json 'd["panel"]["items"] >= 6'
