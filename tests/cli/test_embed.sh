# embed: every item's words into vectors, only what changed, by sub-words or a model's folder; damaged
# folders are named; models get the vectors.
. "$(dirname "$0")/lib.sh"

"$SKUA" init shop >/dev/null || exit 1
expect_exit 3 "$SKUA" embed shop
expect_err 'no item has a title.*skua ingest'

cat >items.csv <<'CSV'
item,title,description,brand,category
A,Red cotton dress,soft and light,Acme,Clothes/Dresses
B,Blue cotton dress,,Acme,Clothes/Dresses
C,Ceramic mug,holds 300 ml,,Kitchen/Mugs
D,补水保湿面霜 50g,滋润,,美妆
E,<script>alert('x')</script> kettle,,,Kitchen
F,,,,
CSV
expect_exit 0 "$SKUA" ingest shop --items items.csv
expect_exit 0 "$SKUA" embed shop --json
expect_json 'd["verb"] == "embed" and d["model"] == "subword" and d["learnt"]'
expect_json 'd["items"] == 5 and d["encoded"] == 5 and d["unchanged"] == 0 and 1 <= d["width"] <= 256'
expect_same "vectors" "$(rows shop vectors)" 5

# again: nothing to do; a changed title: one
expect_exit 0 "$SKUA" embed shop --json
expect_json 'd["encoded"] == 0 and d["unchanged"] == 5 and not d["learnt"]'
printf 'item,title\nC,Ceramic teapot\n' >changed.csv
expect_exit 0 "$SKUA" ingest shop --items changed.csv
expect_exit 0 "$SKUA" embed shop --json
expect_json 'd["encoded"] == 1 and d["unchanged"] == 4'
expect_same "vectors after a change" "$(rows shop vectors)" 5
expect_exit 0 "$SKUA" embed shop --again --json
expect_json 'd["encoded"] == 5 and d["learnt"]'

# a language model beside it
model=$SKUA_SOURCE/tests/golden/text_model/bert
expect_exit 0 "$SKUA" embed shop --encoder "$model" --json
expect_json 'd["model"] == "bert" and d["width"] == 16 and d["encoded"] == 5'
expect_same "vectors of two models" "$(rows shop vectors)" 10
expect_exit 0 "$SKUA" embed shop --encoder "$model/" --json
expect_json 'd["unchanged"] == 5'
COLUMNS=60 expect_exit 0 "$SKUA" embed shop
expect_width 60

# 8 bits: vectors of their own beside the others; what has no 8 bits says so
expect_exit 0 "$SKUA" embed shop --encoder "$model" --encoder-weights int8 --json
expect_json 'd["model"] == "bert-int8" and d["width"] == 16 and d["encoded"] == 5'
expect_same "vectors of three models" "$(rows shop vectors)" 15
# another pooling: other vectors, of which a model is told by name; the others do not see them
expect_exit 0 "$SKUA" embed shop --encoder "$model" --pooling first --json
expect_json 'd["model"] == "bert-first" and d["encoded"] == 5'
expect_exit 2 "$SKUA" embed shop --pooling first
expect_err 'name its folder with --encoder'
expect_exit 2 "$SKUA" embed shop --encoder-weights int8
expect_err 'name its folder with --encoder'
expect_exit 2 "$SKUA" embed shop --encoder-weights int8 --modality image --encoder "$model"
expect_err 'pictures are encoded in float32'

# damaged folders are named, and nothing changes
expect_exit 4 "$SKUA" embed shop --encoder nowhere
expect_err 'nowhere'
mkdir broken && cp "$model"/* broken/ && head -c 1000 "$model/model.safetensors" >broken/model.safetensors
expect_exit 3 "$SKUA" embed shop --encoder broken
expect_err 'broken/model.safetensors'
expect_same "vectors after failures" "$(rows shop vectors)" 20

# what models see
"$SKUA" init other >/dev/null
"$SKUA" simulate files --items 6 --days 120 --channels 1 --seed 4 >/dev/null || exit 1
for table in items sales; do "$SKUA" ingest other --$table files/$table.csv >/dev/null || exit 1; done
expect_exit 0 "$SKUA" embed other --json
expect_json 'd["encoded"] == 6'
expect_exit 0 "$SKUA" train other --preset fast --horizon 7 --json
