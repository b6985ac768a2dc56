# pretrain, compress, and the commands on a base model: a tiny recipe, stopped and gone on with.
. "$(dirname "$0")/lib.sh"

cat >tiny.yaml <<'YAML'
net:
  width: 32
  heads: 2
  layers: 1
  hidden: 64
  patch: 4
  context: 8
train:
  steps: 30
  batch: 8
  future: 3
  warmup: 5
  validate_every: 10
  validation: 16
series:
  shortest: 16
YAML

expect_exit 2 "$SKUA" pretrain tiny.yaml
expect_err '-o FILE'
expect_exit 0 "$SKUA" pretrain tiny.yaml -o base.safetensors --weights float32 --curves curves
expect_out 'after 30 steps'
expect_err 'step 10 of 30: training loss .* validation loss .* gap'
expect test -s "$(ls curves/events.out.tfevents.*)"
expect_exit 0 "$SKUA" pretrain tiny.yaml -o again.safetensors --weights float32 --threads 1 -q --json
expect_json 'd["verb"] == "pretrain" and d["finished"] and d["steps"] == 30 and d["validation"] > 0'
expect cmp base.safetensors again.safetensors

# killed in the middle and gone on with, or done at one go: the same bits
sed 's/steps: 30/steps: 400/; s/train:/train:\n  checkpoint_seconds: 0.05/' tiny.yaml >long.yaml
expect_exit 0 "$SKUA" pretrain long.yaml -o whole.safetensors --weights float32 -q
"$SKUA" pretrain long.yaml -o killed.safetensors --checkpoint killed.checkpoint -q &
for _ in $(seq 200); do [ -s killed.checkpoint ] && break; sleep 0.02; done
kill -9 $! 2>/dev/null
wait $! 2>/dev/null
expect test -s killed.checkpoint
expect test ! -e killed.safetensors
expect_exit 0 "$SKUA" pretrain long.yaml -o killed.safetensors --weights float32 --checkpoint killed.checkpoint
expect_err 'training goes on from step'
expect cmp whole.safetensors killed.safetensors

# out of time: what there is, and said so
sed 's/steps: 30/steps: 400000/' tiny.yaml >endless.yaml
expect_exit 0 "$SKUA" pretrain endless.yaml -o late.safetensors --checkpoint late.checkpoint --time 1s -q --json
expect_json 'not d["finished"] and d["steps"] < 400000'
expect test -s late.checkpoint
expect_exit 3 "$SKUA" pretrain tiny.yaml -o other.safetensors --checkpoint late.checkpoint
expect_err 'not a checkpoint of this net'
expect test ! -e other.safetensors

# whatever is not the run's own checkpoint is refused with the way out, and stays as it was
expect_exit 0 "$SKUA" pretrain tiny.yaml -o one.safetensors --checkpoint one.checkpoint -q
python3 - <<'PYTHON'
import json, struct
raw = open("one.checkpoint", "rb").read()
n = struct.unpack("<Q", raw[:8])[0]
def write(name, step, body):
    h = json.loads(raw[8:8 + n])
    h["__metadata__"]["step"] = step or h["__metadata__"]["step"]
    text = json.dumps(h).encode()
    open(name, "wb").write(struct.pack("<Q", len(text)) + text + body)
open("half.checkpoint", "wb").write(raw[:len(raw) // 2])
write("step.checkpoint", "999999999 0.1", raw[8 + n:])
write("nan.checkpoint", None, b"\x00\x00\xc0\x7f" + raw[8 + n + 4:])
PYTHON
cp base.safetensors net.checkpoint
for name in half step nan net; do
    cp $name.checkpoint before
    expect_exit 3 "$SKUA" pretrain tiny.yaml -o other.safetensors --checkpoint $name.checkpoint
    expect_err "$name.checkpoint.*; remove it to begin anew"
    expect cmp before $name.checkpoint
done
for other in "jitter: 0.2" "slice: 0.5" "mask: 0" "mix: 0.5"; do
    sed "s/train:/train:\n  $other/" tiny.yaml >other.yaml
    expect_exit 3 "$SKUA" pretrain other.yaml -o other.safetensors --checkpoint one.checkpoint
    expect_err 'one.checkpoint is not a checkpoint of this net with these settings; remove it'
done
expect test ! -e other.safetensors

# a net to go on from: not where a new one begins, and only of the recipe's shape
expect_exit 0 "$SKUA" pretrain tiny.yaml --from base.safetensors -o further.safetensors --weights float32 -q --json
expect_json 'd["finished"] and d["steps"] == 30'
expect_exit 1 cmp -s base.safetensors further.safetensors
sed 's/layers: 1/layers: 2/' tiny.yaml >other.yaml
expect_exit 2 "$SKUA" pretrain other.yaml --from base.safetensors -o x.safetensors
expect_err 'base.safetensors has 1 layers of width 32'
expect_exit 4 "$SKUA" pretrain tiny.yaml --from nowhere.safetensors -o x.safetensors
expect test ! -e x.safetensors

printf 'net:\n  widht: 3\n' >bad.yaml
expect_exit 2 "$SKUA" pretrain bad.yaml -o x.safetensors
expect_err 'bad.yaml:2: unknown key net.widht'
refused() { # refused PATTERN RECIPE: what it says of a recipe, nothing written
    printf '%b' "$2" >bad.yaml
    expect_exit 2 "$SKUA" pretrain bad.yaml -o x.safetensors
    expect_err "$1"
    expect test ! -e x.safetensors
}
refused 'bad.yaml:1: not a recipe' 'hello\n'
refused 'bad.yaml:1: not a recipe' '- a\n'
refused 'bad.yaml:1: net: need keys and values' 'net: 5\n'
refused 'bad.yaml:2: train: need keys and values' 'train:\n  - 1\n  - 2\n'
refused 'bad.yaml:2: train.steps = \.\.\.: need a whole number' 'train:\n  steps: [1, 2]\n'
refused 'bad.yaml:2: train.steps = nothing: need a whole number' 'train:\n  steps:\n'
refused 'bad.yaml:2: train.seed = 1.5: need a whole number' 'train:\n  seed: 1.5\n'
refused 'bad.yaml:2: train.mix = 1.5: need a number from 0 to 1' 'train:\n  mix: 1.5\n'
refused 'bad.yaml: heads = 6: width 100 must be a multiple' 'net:\n  width: 100\n'
refused 'bad.yaml: series.real or series.mixture has weight, but no shop is named' 'series:\n  real: 1\n'
refused 'bad.yaml: synthetic series: all weights' 'series:\n  kernel: 0\n  retail: 0\n  process: 0\n  short: 0\n'

# a place that cannot be written is refused before the work, not behind it
expect_exit 4 "$SKUA" pretrain endless.yaml -o nowhere/x.safetensors
expect_err 'there is no folder nowhere for the model'
expect_exit 4 "$SKUA" pretrain endless.yaml -o curves
expect_err 'curves is a folder; name a file'
expect_exit 4 "$SKUA" pretrain endless.yaml -o x.safetensors --checkpoint nowhere/c
expect_err 'no folder nowhere for the checkpoint'
expect_exit 4 "$SKUA" compress base.safetensors -o nowhere/x.safetensors
expect_err 'no folder nowhere for the net'

# each augmentation and attack of a recipe makes another net
for other in "slice: 0.5" "damage: 0.5" "jitter: 0.2" "adversarial: 0.1" "adversarial: 0.1\n  adversarial_steps: 3"; do
    sed "s/train:/train:\n  $other/" tiny.yaml >other.yaml
    expect_exit 0 "$SKUA" pretrain other.yaml -o augmented.safetensors --weights float32 -q
    for seen in base.safetensors augmented-*.safetensors; do
        [ ! -e "$seen" ] || ! cmp -s "$seen" augmented.safetensors || expect false
    done
    mv augmented.safetensors "augmented-$(ls | wc -l).safetensors"
done

# files that are no nets: each is told what it is, and by its name
python3 - <<'PYTHON'
import json, struct
raw = open("base.safetensors", "rb").read()
n = struct.unpack("<Q", raw[:8])[0]
header, data = raw[8:8 + n], raw[8 + n:]
def write(name, change=None, body=data):
    h = json.loads(header)
    config = json.loads(h["__metadata__"]["config"])
    if change: change(h, config)
    if h.get("__metadata__", {}).get("config") != "{": h.get("__metadata__", {})["config"] = json.dumps(config)
    text = json.dumps(h).encode()
    open(name, "wb").write(struct.pack("<Q", len(text)) + text + body)
open("empty.bad", "wb")
open("half.bad", "wb").write(raw[:len(raw) // 2])
open("huge.bad", "wb").write(struct.pack("<Q", 1 << 62) + raw[8:])
write("type.bad", lambda h, c: h["in.weight"].update(dtype="Q7"))
write("shape.bad", lambda h, c: h["in.weight"].update(shape=h["in.weight"]["shape"][::-1]))
write("overlap.bad", lambda h, c: h["in.bias"].update(data_offsets=[0, 4 * 32]))
write("config.bad", lambda h, c: h["__metadata__"].update(config="{"))
write("width.bad", lambda h, c: c.update(width=100000000))
write("heads.bad", lambda h, c: c.update(heads=5))
write("layers.bad", lambda h, c: c.update(layers=3))
write("kind.bad", lambda h, c: c.update(kind="gru"))
write("foreign.bad", lambda h, c: h["__metadata__"].update(format="pt"))
write("nan.bad", body=b"\x00\x00\xc0\x7f" + data[4:])
PYTHON
while read -r file pattern; do
    expect_exit 3 "$SKUA" compress "$file.bad" -o x.safetensors
    expect_err "$file.bad: $pattern"
    expect test ! -e x.safetensors
done <<'CASES'
empty no safetensors file
half .*truncated
huge no safetensors file, or truncated
type tensor in.weight: type 'Q7' is unknown
shape tensor in.weight is missing or of another shape
overlap tensor in.* overlaps another
config the net's config
width no net can be so: width = 1048576
heads no net can be so: heads = 5
layers tensor encoder.1.* is missing
kind tensor gru.0.weight_input is missing
foreign not a net of skua
nan tensor in.weight holds a number that is not finite
CASES

expect_exit 0 "$SKUA" compress base.safetensors -o half.safetensors
expect_exit 0 "$SKUA" compress base.safetensors -o small.safetensors --weights int8
size() { wc -c <"$1"; }
expect test "$(size half.safetensors)" -lt "$(size base.safetensors)"
expect test "$(size small.safetensors)" -lt "$(size half.safetensors)"
expect_exit 3 "$SKUA" compress tiny.yaml -o x.safetensors
expect_err 'no safetensors file'
expect test ! -e x.safetensors

# fewer heads and hidden units, fewer layers, taught, by whole numbers: each setting another net
work="--steps 4 --weights float32 -q --json"
expect_exit 0 "$SKUA" compress base.safetensors -o pruned.safetensors --prune 0.2 $work
expect_json 'd["after"]["parameters"] <= 0.8 * d["before"]["parameters"] and d["steps"] == 4 and d["windows"] == 256'
expect_json 'd["after"]["bytes"] < d["before"]["bytes"] and all(d[s]["wql"] > 0 and d[s]["microseconds"] > 0 for s in ("before", "after"))'
expect_exit 0 "$SKUA" compress base.safetensors -o again.safetensors --prune 0.2 $work
expect cmp pruned.safetensors again.safetensors
for other in "--prune 0.1" "--prune 0.2 --importance magnitude" "--prune 0.2 --distill" \
    "--prune 0.2 --distill --teacher-weight 0.9" "--prune 0.2 --seed 2" "--distill" \
    "--distill --width 24" "--distill --width 24 --layers 2"; do
    expect_exit 0 "$SKUA" compress base.safetensors -o other.safetensors $other $work
    expect test -s other.safetensors
    for seen in pruned.safetensors seen-*.safetensors; do
        [ ! -e "$seen" ] || ! cmp -s "$seen" other.safetensors || expect false
    done
    mv other.safetensors "seen-$(ls | wc -l).safetensors"
done
expect_exit 0 "$SKUA" compress base.safetensors -o small-pruned.safetensors --prune 0.2 --steps 4 --weights int8
expect_out '256 windows of full context'
expect test "$(size small-pruned.safetensors)" -lt "$(size small.safetensors)"
expect_exit 0 "$SKUA" compress base.safetensors -o late.safetensors --prune 0.2 --steps 400000 --time 1s -q --json
expect_json 'not d["finished"] and 0 < d["steps"] < 400000 and d["after"]["wql"] > 0'
expect_exit 2 "$SKUA" compress base.safetensors -o x.safetensors --prune 0.2 --width 24
expect_err 'not both'
expect_exit 2 "$SKUA" compress base.safetensors -o x.safetensors --prune-layers 1
expect_err 'at least one has to be left'
expect test ! -e x.safetensors

# a shop forecast by it, and fine-tuned
"$SKUA" init shop >/dev/null && "$SKUA" simulate files --items 5 --days 120 --channels 1 --seed 4 >/dev/null || exit 1
"$SKUA" ingest shop --sales files/sales.csv >/dev/null || exit 1
export SKUA_BASE=$T/small.safetensors
expect_exit 0 "$SKUA" backtest shop --horizon 7 --models zero-shot --json
expect_json 'any(r["name"] == "zero-shot" and r["wql"] > 0 for r in d["leaderboard"])'
expect_exit 0 "$SKUA" train shop --horizon 7 --models transformer:steps=4:batch=4 --windows 1
expect_err 'training loss .* validation loss'
# the recurrent net, by name and with parameters, kept and forecast with
expect_exit 0 "$SKUA" train shop --horizon 7 --windows 1 --models gru:width=16:steps=4:batch=4
expect_exit 0 "$SKUA" forecast shop -o gru.csv
expect test -s gru.csv
# sizes are of a net of one's own; a net from a file has its own
expect_exit 0 "$SKUA" backtest shop --horizon 7 --windows 1 --json \
    --models transformer:steps=4:batch=4,transformer:steps=4:batch=4:width=16:heads=2:layers=1,transformer:steps=4:batch=4:mix=0.9
expect_json 'len({r["wql"] for r in d["leaderboard"] if r["name"].startswith("transformer")}) == 3'
while read -r code model pattern; do
    expect_refused "$code" "$pattern" shop "$SKUA" train shop --horizon 7 --windows 1 --models "$model"
done <<CASES
2 transformer:wdith=3 unknown parameter wdith of a net: it has base, steps
2 transformer:base=$T/base.safetensors:width=64 width = 64 is of a new net
2 transformer:steps=2:steps=3 gives steps twice
2 gru:base=$T/base.safetensors:steps=2 does not hold a gru
2 gru:width=7 width = 7: need a whole number from 8 to 4096
2 gru:rank=2 adapters are for a pre-trained net
2 transformer:loss=mse loss = mse: need pinball or squared
3 transformer:base=$T/nan.bad nan.bad: tensor in.weight holds a number that is not finite
4 transformer:base=$T/nothere nothere: No such file
CASES
"$SKUA" train shop --horizon 7 --models transformer:steps=4:batch=4 --windows 1 -q >/dev/null 2>&1

# compressed for this shop, and forecast by what came out; adapters and attacked inputs
expect_exit 0 "$SKUA" compress base.safetensors shop -o mine.safetensors --prune 0.2 --steps 4 --weights float32 -q --json
expect_json 'd["trial"] == "last periods of the shops" and d["windows"] == 5'
expect test "$(cmp -s mine.safetensors pruned.safetensors; echo $?)" = 1
SKUA_BASE=$T/mine.safetensors expect_exit 0 "$SKUA" backtest shop --horizon 7 --models zero-shot --json
expect_json 'any(r["name"] == "zero-shot" and r["wql"] > 0 for r in d["leaderboard"])'
expect_exit 0 "$SKUA" backtest shop --horizon 7 --windows 1 --json \
    --models transformer:steps=4:batch=4,transformer:steps=4:batch=4:rank=2,transformer:steps=4:batch=4:adversarial=0.2
expect_json 'len({r["wql"] for r in d["leaderboard"] if r["name"].startswith("transformer")}) == 3'
expect_exit 0 "$SKUA" forecast shop -o f.csv
expect test -s f.csv
# the net kept with the model needs no base any more
SKUA_BASE=/no/such expect_exit 0 "$SKUA" forecast shop -o g.csv
expect cmp f.csv g.csv
SKUA_BASE=/no/such expect_exit 0 "$SKUA" backtest shop --horizon 7 --models zero-shot --json
expect_json 'any(r["name"] == "zero-shot" and "SKUA_BASE" in r["reason"] for r in d["leaderboard"])'
