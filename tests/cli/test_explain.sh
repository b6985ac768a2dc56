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
# the net adds nothing up by itself, so a combination with it is asked from outside
expect grep -qE '"method":"(exact|kernel)"' why.json
"$SKUA" explain shop --item I000001 --horizon 7 --threads 1 -q --json --method exact >game.json
expect grep -q '"method":"exact"' game.json
expect grep -q '"fidelity":1' game.json
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
assert m == "own" and r["fidelity"] is None and r["inputs"], r
assert len(r["what_if"]) == 5'
# LIME: a sparse line, its fidelity, and what it leaves out as a part of its own
lime() { "$SKUA" explain shop --item I000001 --threads 1 -q --json --method lime "$@"; }
lime --coalitions 120 -o lime.html >lime.json || exit 1
lime --coalitions 120 --terms 2 >two.json
lime --coalitions 60 >few.json
lime --coalitions 120 --kernel-width 1 >narrow.json
lime --coalitions 120 --seed 9 >seed.json
expect python3 -c '
import json
r, two, few, narrow, seed = (json.load(open(f + ".json")) for f in "lime two few narrow seed".split())
for x in (r, two, few, narrow, seed):
    s = x["base"] + sum(c["units"] for c in x["contributions"])
    assert x["method"] == "lime" and abs(s - x["forecast"]) < 1e-6 * (1 + abs(s)), (s, x["forecast"])
    assert x["fidelity"] is None or x["fidelity"] <= 1
    assert any(c["input"] == "what the line leaves out" for c in x["contributions"])
assert r["line"]["perturbations"] == 120 and few["line"]["perturbations"] == 60
assert 2 < len(r["line"]["terms"]) <= 5 and len(two["line"]["terms"]) == 2
assert narrow["line"]["kernel_width"] == 1 != r["line"]["kernel_width"]
assert len({x["line"]["intercept"] for x in (r, few, narrow, seed)}) == 4'
expect grep -q '该预测附近的直线' lime.html
expect_exit 3 "$SKUA" explain shop --item I000001 -q --method lime --coalitions 10
expect_err 'ask for 24 or more'
"$SKUA" explain shop --item I000001 --threads 1 -q --json --method gradient >gradient.json
expect python3 -c '
import json
r = json.load(open("gradient.json"))
s = r["base"] + sum(c["units"] for c in r["contributions"])
assert r["method"] == "gradient" and abs(s - r["forecast"]) < 1e-6 * (1 + abs(s))'
expect_exit 4 "$SKUA" explain shop --item nothing -q
expect_err "no item 'nothing'"
expect_exit 2 "$SKUA" explain shop -q
expect_err 'or --global'
expect_exit 2 "$SKUA" explain shop -q --global --item I000001
# the whole shop: four items are too few for a tree, and it says so; forty are not
"$SKUA" explain shop --global --threads 1 -q --json >small.json
expect python3 -c '
import json
r = json.load(open("small.json"))
assert r["series"] == 4 and "8 items or more" in r["no_surrogate"] and r["importance"]'
"$SKUA" simulate more --items 16 --days 150 --channels 1 --threads 1 --pictures -q >/dev/null || exit 1
"$SKUA" init big -q >/dev/null || exit 1
for f in items promotions future sales; do "$SKUA" ingest big --$f more/$f.csv -q >/dev/null || exit 1; done
"$SKUA" ingest big --images more/images -q >/dev/null || exit 1
"$SKUA" embed big -q >/dev/null || exit 1
"$SKUA" train big --models tree-direct --horizon 7 --windows 1 --threads 1 -q >/dev/null || exit 1
global() { "$SKUA" explain big --global --threads 1 -q --json "$@"; }
global -o shop.html >shop.json || exit 1
global --leaves 3 --seed 5 >other.json
global --explained 9 >nine.json
expect python3 -c '
import json
r, other, nine = (json.load(open(f + ".json")) for f in "shop other nine".split())
def leaves(n): return 1 if "question" not in n else leaves(n["yes"]) + leaves(n["no"])
t = r["surrogate"]
assert leaves(t["tree"]) == t["leaves"] <= 8 and leaves(other["surrogate"]["tree"]) <= 3
assert t["fidelity"] <= 1 and t["held_out"] == 4 and t["fidelity"] != other["surrogate"]["fidelity"]
assert nine["series"] == 9 and r["series"] >= 14
for k, item in enumerate(r["items"]):
    s = item["base"] + sum(g["units"][k] for g in r["importance"])
    assert abs(s - item["forecast"]) < 1e-6 * (1 + abs(s)), item
shares = [g["mean_share"] for g in r["importance"]]
assert shares == sorted(shares, reverse=True)
assert all(len(d["items"]) == r["series"] and len(d["share"]) == len(d["grid"]) for d in r["dependence"])'
for word in '<svg' '全店预测的依据' '以小决策树近似模型' '部分依赖'; do expect grep -q "$word" shop.html; done
COLUMNS=60 run "$SKUA" explain big --global --threads 1 -q
expect_width 60
expect_out 'x usual sales'
# words and regions: each left out in turn; a model without them says that it does not use them
"$SKUA" explain big --item I000003 --threads 1 -q --json -o words.html >words.json || exit 1
expect python3 -c '
import json
r = json.load(open("words.json"))
w, g = r["words"], r["regions"]
assert w["used"] and len(w["parts"]) > 4 and any(p["units"] for p in w["parts"])
assert len(g["parts"]) == 16 and "used" in g and "if_unknown" in g'
# curves: price and promotion move along a grid, what was never had is told
expect python3 -c '
import json
r = json.load(open("words.json"))
d = {c["input"]: c for c in r["dependence"]}
p = d["price"]
assert p["grid_is"] == "times planned" and len(p["grid"]) == 7 and len(p["mean"]) == 7
assert abs(p["mean"][3] - p["planned"]) < 1e-6 * (1 + p["planned"])
assert all(a <= b for a, b in zip(p["low"], p["high"])) and False in p["seen"]
for c in d.values():
    assert c["used"] == any(abs(m - c["planned"]) > 1e-7 for m in c["mean"]), c
assert any(c["used"] for c in d.values())
assert d["promotion"]["grid"] == [0, 1] and "availability" in d'
expect grep -q 'data:image/png;base64' words.html
"$SKUA" explain big --item I000003 --threads 1 -q --json --reworded 'copper kettle for the garden' >reworded.json
expect python3 -c '
import json
r = json.load(open("reworded.json"))["words"]
assert r["if_reworded"] != r["forecast"]'
"$SKUA" explain big --item I000003 --threads 1 -q --json --encoder nowhere >nowhere.json
expect grep -q '"left_out"' nowhere.json
"$SKUA" train big --models seasonal-naive --horizon 7 --windows 1 --threads 1 -q >/dev/null || exit 1
"$SKUA" explain big --item I000003 --threads 1 -q >plain
expect grep -q 'words: the model does not use them' plain
expect grep -q 'regions: the model does not use them' plain
COLUMNS=60 run "$SKUA" explain big --item I000003 --threads 1 -q
expect_width 60
