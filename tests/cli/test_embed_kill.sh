# embed of many titles: killed after its first transaction, it goes on where it was; every item has
# one vector of the same width, none twice.
. "$(dirname "$0")/lib.sh"

ITEMS=100000
SLICE=1024 # SKUAI_EMBED_SLICE: what is written is whole slices, a piece or what ten seconds made
python3 - $ITEMS <<'PYTHON'
import sys
colours = ["red", "blue", "green", "white", "black", "grey", "rosa"]
things = ["dress", "shirt", "mug", "lamp", "kettle", "shoe", "belt", "hat", "scarf", "plate", "towel"]
with open("items.csv", "w") as f:
    f.write("item,title\n")
    for i in range(int(sys.argv[1])):
        f.write(f"I{i},{colours[i % 7]} {things[i % 11]} {i % 501}\n")
PYTHON
"$SKUA" init shop -q >/dev/null 2>&1
expect_exit 0 "$SKUA" ingest shop --items items.csv -q
before=$(cat shop/generation)

"$SKUA" embed shop -q >/dev/null 2>&1 &
child=$!
while kill -0 $child 2>/dev/null && [ "$(cat shop/generation)" -lt $((before + 2)) ]; do sleep 0.02; done
kill -9 $child 2>/dev/null
wait $child 2>/dev/null
expect_same "exit of the run that was killed" $? 137

expect_exit 0 "$SKUA" embed shop --json
expect_json "d['encoded'] + d['unchanged'] == $ITEMS and d['unchanged'] >= $SLICE and d['unchanged'] % $SLICE == 0 and d['encoded'] > 0 and not d['learnt']"
expect_same "vectors" "$(rows shop vectors)" $ITEMS
expect_exit 0 "$SKUA" embed shop --json
expect_json "d['encoded'] == 0 and d['unchanged'] == $ITEMS"
