# Forecasts of items that fit their groups: asked for, chosen by validation, kept with the model.
. "$(dirname "$0")/lib.sh"

"$SKUA" simulate files --items 30 --days 200 --seed 4 >/dev/null || exit 1
"$SKUA" init shop >/dev/null || exit 1
for table in items channels sales; do
    "$SKUA" ingest shop --$table files/$table.csv >/dev/null || exit 1
done
total() { # of means, by coherence
    "$SKUA" forecast shop --horizon 7 --coherent "$1" -o "$1.csv" >/dev/null || return 1
    python3 -c "
import csv
print(round(sum(float(r['mean']) for r in csv.DictReader(open('$1.csv'))), 4))"
}
plain=$(total bottom-up)
expect test -n "$plain"
expect test "$(total variance)" != "$plain"
expect test "$(total volume)" != "$plain"
expect test "$(total shrunk)" != "$plain"
expect test "$(total shrunk)" != "$(total variance)"
expect_same "auto without a training" "$(total auto)" "$plain"

expect_exit 0 "$SKUA" train shop --horizon 7 --windows 2 --models theta,window-mean --coherent auto --json
expect_json "d['coherent'] in ('bottom-up', 'variance', 'volume', 'shrunk') and len(d['coherent_loss']) == 4 and all(v > 0 for v in d['coherent_loss'].values())"
expect_json "d['coherent'] == 'bottom-up' or d['coherent_loss'][d['coherent']] < d['coherent_loss']['bottom-up']"
expect_exit 0 "$SKUA" train shop --horizon 7 --windows 2 --models theta,window-mean --coherent volume --json
expect_json "d['coherent'] == 'volume' and d['coherent_loss']['volume'] is None"
expect_exit 0 "$SKUA" forecast shop -o kept.csv
kept=$(python3 -c "
import csv
print(round(sum(float(r['mean']) for r in csv.DictReader(open('kept.csv'))), 4))")
expect_same "what the model keeps" "$kept" "$(total volume)"
expect test "$(total bottom-up)" != "$kept"
expect_exit 2 "$SKUA" forecast shop --coherent top-down
expect_err 'coherent'
