# skua cause: a table for people, JSON for machines, a page; a shop without prices is told so.
. "$(dirname "$0")/lib.sh"

"$SKUA" simulate files --items 8 --days 300 --channels 1 --threads 1 -q >/dev/null || exit 1
"$SKUA" init shop -q >/dev/null || exit 1
for f in items promotions sales; do "$SKUA" ingest shop --$f files/$f.csv -q >/dev/null || exit 1; done
# eight items in ten months tell nothing: a sentence instead of numbers
expect_exit 0 "$SKUA" cause shop --threads 1 -q --json
expect_out '"elasticity_unknown":"The effect of prices cannot be known, for no item and not for all 8 together'
expect_out '"uplift_unknown":"The effect of promotions cannot be known'

"$SKUA" simulate more --items 20 --days 600 --channels 2 --threads 1 -q >/dev/null || exit 1
"$SKUA" init large -q >/dev/null || exit 1
for f in items promotions sales; do "$SKUA" ingest large --$f more/$f.csv -q >/dev/null || exit 1; done
expect_exit 0 "$SKUA" cause large --threads 1 -q --json -o causes.html
expect_json 'all(i["title"] for i in d["items"]) and len({i["title"] for i in d["items"]}) > 1'
for word in '"elasticity"' '"uplift_percent"' '"refutations"' '"placebo"' '"graph"' '"known"'; do
    expect_out "$word"
done
# an elasticity in words is that of the number: at a price a tenth lower 100 (0.9^e - 1) % more
expect_json 'any("sentence" in i for i in d["items"]) and all(("%.0f %% %s (" % (abs(c), "less" if c < 0 else "more")) in i["sentence"] for i in d["items"] if "sentence" in i for c in [100 * (0.9 ** i["elasticity"]["value"] - 1)])'
expect_json 'all(("sentence" in i) == (i["elasticity"]["known"] in ("known", "borrowed")) for i in d["items"])'
for word in '<svg' 'a price 10 % lower sells about' '降价 10%' 'Tried to refute' '价格弹性' 'prefers-color-scheme'; do
    expect grep -q "$word" causes.html
done

# what the user says cannot be is not in the graph, and other links are
expect_json '[l for l in d["graph"]["links"] if l["from"] == "availability" and l["to"] == "demand" and l["lag"] > 0]'
expect_exit 0 "$SKUA" cause large --threads 1 -q --json --forbid 'availability>demand'
expect_json 'd["graph"]["links"] and not [l for l in d["graph"]["links"] if l["from"] == "availability" and l["to"] == "demand" and l["lag"] > 0]'
expect_exit 2 "$SKUA" cause large --threads 1 -q --forbid 'demand>weather'
expect_err 'promotion'

# another way to the graph, written alone
expect_exit 0 "$SKUA" cause shop --threads 1 -q --json --graph granger -o graph.dot
expect_out '"method":"granger"'
expect grep -q '^digraph causes' graph.dot

expect_exit 0 "$SKUA" cause shop --threads 1 -q --json --graph pcmci+ -o graph.json
expect_out '"method":"pcmci[+]"'

expect_exit 0 "$SKUA" cause shop --threads 1 -q --json --graph spline
expect_out '"test":"F test of splines"'

"$SKUA" init poor -q >/dev/null || exit 1
printf 'item,ds,units\n' >poor.csv
for d in $(seq -w 1 28); do echo "a,2024-02-$d,$((10#$d % 5))" >>poor.csv; done
"$SKUA" ingest poor --sales poor.csv -q >/dev/null || exit 1
expect_exit 3 "$SKUA" cause poor -q
expect_err 'price'
