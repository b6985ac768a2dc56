# Every table of the data contract is read from its own file, by option and by name; a reader that
# asks while nothing changes sees all of it.
. "$(dirname "$0")/lib.sh"

"$SKUA" init shop --time-zone Asia/Shanghai >/dev/null || exit 1
expect_exit 0 "$SKUA" simulate files --items 30 --days 60 --channels 2 --seed 3
for table in channels items sales parts promotions supply events calendar future; do
    [ "$(wc -l <files/$table.csv)" -gt 1 ] || continue
    expect_exit 0 "$SKUA" ingest shop --$table files/$table.csv --json
    expect_json "d['files'][0]['table'] == '$table' and d['files'][0]['rejected'] == 0 and d['files'][0]['added'] > 0"
    expect_same "rows of $table" "$(rows shop $table)" "$(($(wc -l <files/$table.csv) - 1))"
done
before=$(state shop)

# without being told which is which
"$SKUA" init guessed --time-zone Asia/Shanghai >/dev/null
mkdir unnamed
for table in channels items sales parts promotions supply events calendar; do
    [ "$(wc -l <files/$table.csv)" -gt 1 ] || continue
    cp files/$table.csv unnamed/$table-export.csv
    expect_exit 0 "$SKUA" ingest guessed unnamed/$table-export.csv --json
    expect_json "d['files'][0]['table'] == '$table'"
done
i=0
"$SKUA" init blind >/dev/null
for table in items sales promotions supply events; do
    i=$((i + 1))
    cp files/$table.csv unnamed/x$i.csv
    expect_exit 0 "$SKUA" ingest blind unnamed/x$i.csv --json
    expect_json "d['files'][0]['table'] == '$table'"
done

# all again: nothing moves
for table in channels items sales parts promotions supply events calendar future; do
    [ "$(wc -l <files/$table.csv)" -gt 1 ] || continue
    expect_exit 0 "$SKUA" ingest shop --$table files/$table.csv
done
expect_same "the shop after all files again" "$before" "$(state shop)"

# the truth of a simulated shop is not read by a folder's ingest
expect test -d files/truth
rm -r files/truth
expect_exit 0 "$SKUA" check shop --json
expect_json 'd["verb"] == "check"'
