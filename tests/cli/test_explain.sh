# skua explain: contributions that sum to the forecast, a sentence in two languages, a page.
. "$(dirname "$0")/lib.sh"

"$SKUA" simulate files --items 4 --days 200 --channels 1 --threads 1 -q >/dev/null || exit 1
"$SKUA" init shop -q >/dev/null || exit 1
for f in items promotions future sales; do "$SKUA" ingest shop --$f files/$f.csv -q >/dev/null || exit 1; done
expect_exit 0 "$SKUA" explain shop --item I000001 --horizon 7 --threads 1 -q --json -o why.html
for word in '"sentence"' '"sentence_zh"' '"contributions"' '"recent sales"' '"what_if"'; do
    expect_out "$word"
done
"$SKUA" explain shop --item I000001 --horizon 7 --threads 1 -q --json >why.json
expect python3 -c 'import json; r = json.load(open("why.json")); s = r["base"] + sum(c["units"] for c in r["contributions"]); assert abs(s - r["forecast"]) < 1e-6 * (1 + abs(s)), (s, r["forecast"])'
for word in '<svg' '预测的依据' 'prefers-color-scheme'; do
    expect grep -q "$word" why.html
done
expect grep -q '"method":"own"' why.json
"$SKUA" explain shop --item I000001 --horizon 7 --threads 1 -q --json --method exact >game.json
expect grep -q '"method":"exact"' game.json
expect grep -q '"fidelity":1' game.json
expect grep -q '"fidelity":null' why.json
"$SKUA" explain shop --item I000001 --horizon 7 --threads 1 -q --json --method permutation >few.json
expect grep -q '"method":"permutation"' few.json
# a trained combination of trees and the free baselines says what its inputs add, and it sums to the forecast
"$SKUA" train shop --models tree-direct --horizon 7 --windows 1 --threads 1 -q >/dev/null || exit 1
"$SKUA" explain shop --item I000001 --threads 1 -q --json -o tree.html >tree.json || exit 1
expect python3 -c '
import json
r = json.load(open("tree.json"))
m = r["method"]
s = r["base"] + sum(c["units"] for c in r["contributions"])
assert abs(s - r["forecast"]) < 1e-6 * (1 + abs(s)), (s, r["forecast"])
assert m == "own" and r["inputs"], r
assert len(r["what_if"]) == 5'
expect_exit 4 "$SKUA" explain shop --item nothing -q
expect_err "no item 'nothing'"
expect_exit 2 "$SKUA" explain shop -q
