# train-text: parts and labels of a file, the report, the folder, labelling by it, a kill and going on.
. "$(dirname "$0")/lib.sh"
BERT=$SKUA_SOURCE/tests/golden/text_model/bert

python3 - <<'PYTHON'
import csv, random
random.seed(3)
words = {"dress": "dress skirt gown silk long belt", "lamp": "lamp light bulb blue table glow", "towel": "towel cotton soft wool bath red"}
with open("titles.csv", "w", newline="") as out:
    rows = csv.writer(out)
    rows.writerow(["title", "kind", "units", "part", "more"])
    for i in range(240):
        kind = random.choice(sorted(words))
        title = " ".join(random.choices(words[kind].split(), k=4))
        units = {"dress": 900, "lamp": 60, "towel": 7}[kind] + random.randint(0, 5)
        rows.writerow([title, kind, units, "train" if i < 160 else "dev" if i < 200 else "Test", "red"])
    rows.writerow(["", "lamp", 3, "train", "red"])
    rows.writerow(["lamp", "", 3, "train", "red"])
PYTHON
FAST="--encoder $BERT --text title --learning-rate 0.01 --dropout 0 --epochs 4 --threads 1"

expect_exit 2 "$SKUA" train-text titles.csv --text title --label kind
expect_err '-o FOLDER'
expect_exit 2 "$SKUA" train-text titles.csv --text title --label kind -o model
expect_err '--encoder FOLDER'

# classes, by a column of parts
expect_exit 0 "$SKUA" train-text titles.csv $FAST --label kind --split part -o model --json
expect_json 'd["rows"] == {"train": 160, "dev": 40, "test": 40, "left_out": 2} and d["labels"] == ["dress", "lamp", "towel"]'
expect_json 'len(d["epochs"]) == 4 and d["epochs"][3]["loss"] < d["epochs"][0]["loss"] and d["steps"] == 40'
expect_json 'd["test"]["macro"]["f1"] > 0.9 and sum(c["support"] for c in d["test"]["classes"]) == 40'
expect_json '"weighted avg" in d["epochs"][0]["dev"]["table"]'
expect_err 'epoch 1 of 4: training loss .*, dev loss'
expect_err 'macro avg'
expect test ! -e model.checkpoint
expect test -s model/tokenizer.json
expect python3 -c 'import json; c = json.load(open("model/config.json")); assert c["id2label"] == {"0": "dress", "1": "lamp", "2": "towel"} and c["architectures"] == ["BertForSequenceClassification"] and c["hidden_size"] == 16'
expect_exit 4 "$SKUA" train-text titles.csv $FAST --label kind -o model
expect_err 'there already'

# what a person sees
expect_exit 0 "$SKUA" train-text titles.csv $FAST --label kind --split part --epochs 1 -o seen -q
expect_out 'macro F1'
expect_out 'precision +recall +f1-score +support'

# the same seed, the same bits; another seed, other parts
expect_exit 0 "$SKUA" train-text titles.csv $FAST --label kind --seed 2 --epochs 1 -o two -q --json
expect_json 'sum(d["rows"][p] for p in ("train", "dev", "test")) == 240 and 5 < d["rows"]["dev"] < 60'
cp out two.json
expect_exit 0 "$SKUA" train-text titles.csv $FAST --label kind --seed 2 --epochs 1 --threads 2 -o again -q --json
expect cmp two/model.safetensors again/model.safetensors
expect_exit 0 "$SKUA" train-text titles.csv $FAST --label kind --seed 3 --epochs 1 -o three -q --json
expect python3 -c 'import json; a, b = json.load(open("two.json")), json.load(open("out")); assert a["rows"] != b["rows"]'
expect_exit 0 "$SKUA" train-text titles.csv $FAST --label kind --test-share 0 --dev-share 0.3 --epochs 1 -o shares -q --json
expect_json 'd["rows"]["test"] == 0 and "test" not in d and d["rows"]["dev"] > 40'

# each setting changes what is learnt
for option in "--batch 5" "--learning-rate 0.003" "--weight-decay 0.5" "--dropout 0.3" "--tokens 4" "--text title,more"; do
    rm -rf other
    expect_exit 0 "$SKUA" train-text titles.csv $FAST --label kind --seed 2 --epochs 1 $option -o other -q
    expect test "$(cksum <two/model.safetensors)" != "$(cksum <other/model.safetensors)"
done

# demand: classes cut from the training part's numbers; a number by squared error
expect_exit 0 "$SKUA" train-text titles.csv $FAST --label units --task demand --split part -o demand -q --json
expect_json 'len(d["edges"]) == 2 and d["labels"][0].startswith("up to ") and d["test"]["accuracy"] > 0.6'
expect_exit 0 "$SKUA" train-text titles.csv $FAST --label units --task demand --bins 2 --split part --epochs 1 -o bins -q --json
expect_json 'len(d["labels"]) == 2'
expect_exit 0 "$SKUA" train-text titles.csv $FAST --label units --task regression --split part --epochs 8 -o value --json -q --curves curves
expect_json 'd["test"]["r2"] > 0.8 and d["epochs"][7]["dev"]["mean_absolute_error"] < 200'
expect test -s "$(ls curves/events.out.tfevents.*)"
expect_exit 0 "$SKUA" train-text titles.csv $FAST --label units --task regression --log --split part --epochs 8 -o logs --json -q
expect_json 'd["test"]["r2"] > 0.8 and d["test"]["mean_absolute_error"] < 1.5'

# labelling
printf 'title\nsilk gown\nblue bulb table\n' >new.csv
expect_exit 0 "$SKUA" train-text new.csv --predict --encoder model --text title -o labels.csv
expect test "$(sed -n 1p labels.csv)" = row,text,label,probability
expect grep -q '^1,silk gown,dress,0' labels.csv
expect grep -q '^2,blue bulb table,lamp,0' labels.csv
expect_exit 0 "$SKUA" train-text new.csv --predict --encoder logs --text title -o values.parquet
expect_exit 0 "$SKUA" train-text new.csv --predict --encoder value --text title -o values.csv
expect python3 -c 'import csv; v = [float(r["value"]) for r in csv.DictReader(open("values.csv"))]; assert 500 < v[0] < 1300 and v[1] < 400, v'
expect_exit 0 "$SKUA" train-text new.csv --predict --encoder logs --text title -o logs.csv
expect python3 -c 'import csv; v = [float(r["value"]) for r in csv.DictReader(open("logs.csv"))]; assert 300 < v[0] < 2500 and 20 < v[1] < 200, v'
expect_exit 3 "$SKUA" train-text new.csv --predict --encoder "$BERT" --text title -o x.csv
expect_err 'not fine-tuned'

# a shop's vectors by the folder
"$SKUA" init shop >/dev/null && printf 'item,title\na,silk gown\nb,blue bulb\n' >items.csv && "$SKUA" ingest shop --items items.csv >/dev/null || exit 1
expect_exit 0 "$SKUA" embed shop --encoder model --json
expect_json 'd["model"] == "model" and d["encoded"] == 2 and d["width"] == 16'

# killed in the middle and gone on with, or done at one go: the same bits
LONG="--encoder $BERT --text title --label kind --learning-rate 0.002 --epochs 16 --batch 4 --split part -q"
expect_exit 0 "$SKUA" train-text titles.csv $LONG -o whole
SKUA_CHECKPOINT_SECONDS=0.05 "$SKUA" train-text titles.csv $LONG -o killed &
for _ in $(seq 400); do [ -s killed.checkpoint ] && break; sleep 0.02; done
kill -9 $! 2>/dev/null
wait $! 2>/dev/null
expect test -s killed.checkpoint
expect test ! -e killed
expect_exit 3 "$SKUA" train-text titles.csv $LONG --seed 9 -o killed
expect_err 'not a checkpoint of these texts'
expect_exit 0 "$SKUA" train-text titles.csv ${LONG% -q} -o killed
expect_err 'goes on from step'
expect cmp whole/model.safetensors killed/model.safetensors
expect test ! -e killed.checkpoint

# bad input
expect_exit 3 "$SKUA" train-text titles.csv $FAST --label colour -o x
expect_err "no column 'colour'.* title, kind, units"
expect_exit 3 "$SKUA" train-text titles.csv $FAST --label kind --task regression -o x
expect_err "is no number"
expect_exit 3 "$SKUA" train-text titles.csv $FAST --label kind --split kind -o x
expect_err 'row 1: the split is'
expect_exit 3 "$SKUA" train-text titles.csv $FAST --label more -o x
expect_err 'need 2 to'
expect_exit 4 "$SKUA" train-text none.csv $FAST --label kind -o x
expect_err 'none.csv'
expect_exit 4 "$SKUA" train-text titles.csv --encoder nowhere --text title --label kind -o x
expect_err 'nowhere/config.json'
expect test ! -e x
