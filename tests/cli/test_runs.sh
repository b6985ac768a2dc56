# runs, compare, promote, rollback as a user types them.
. "$(dirname "$0")/lib.sh"

"$SKUA" init shop >/dev/null || exit 1
expect_exit 0 "$SKUA" runs shop
expect_exit 4 "$SKUA" rollback shop
expect_err 'no model before'
"$SKUA" simulate files --items 6 --days 100 --channels 1 --seed 4 >/dev/null || exit 1
"$SKUA" ingest shop --sales files/sales.csv >/dev/null || exit 1
"$SKUA" train shop --horizon 7 --windows 1 --models window-mean:window=28 >/dev/null 2>&1 || exit 1
"$SKUA" train shop --horizon 7 --windows 1 --models theta >/dev/null 2>&1 || exit 1
expect_exit 0 "$SKUA" runs shop
expect_out '0002 \(current\)'
expect_exit 0 "$SKUA" compare shop 0001 0002
expect_out 'combination'
expect_out 'bootstrap'
expect_exit 0 "$SKUA" promote shop 0001
expect_out 'Model 0001 forecasts now; before it was 0002'
expect_exit 0 "$SKUA" rollback shop
expect_out 'Model 0002 forecasts now'
expect_exit 4 "$SKUA" promote shop 0009
expect_err "no model '0009'"
expect_exit 2 "$SKUA" compare shop 0001
