# Words and model folders that are wrong: a title of 10 MB, a script in a title, a folder without a
# tensor, with one of another shape, with another model's vocabulary, with numbers that are none, with
# paths that lead out: a sentence that names the file, and the rest goes on.
. "$(dirname "$0")/lib.sh"

python3 - <<'PY' || exit 1
import datetime
start = datetime.date(2024, 1, 1)
with open("items.csv", "w") as out:
    out.write("item,title,category\nA,Red cotton dress,Clothes\nBIG,long " + "x" * 10_000_000 + ",Clothes\n")
    out.write("MANY," + "tea " * 2_500_000 + ",Clothes\nS,<script>alert(1)</script> kettle,Kitchen\nZ,,Kitchen\n")
with open("sales.csv", "w") as out:
    out.write("item,ds,units\n")
    for day in range(60):
        for item in ("A", "BIG", "MANY", "S"):
            out.write(f"{item},{start + datetime.timedelta(days=day)},{day % 7}\n")
PY
"$SKUA" init shop >/dev/null || exit 1
expect_exit 0 "$SKUA" ingest shop --items items.csv
expect_exit 0 "$SKUA" ingest shop --sales sales.csv
expect_exit 0 "$SKUA" embed shop --json
expect_json 'd["items"] == 5 and d["encoded"] == 5'
model=$SKUA_SOURCE/tests/golden/text_model/bert
expect_exit 0 "$SKUA" embed shop --encoder "$model" --json
expect_json 'd["encoded"] == 5'
expect_exit 0 "$SKUA" tag shop --clusters 2 --tag group --json
expect_exit 0 "$SKUA" forecast shop --horizon 7 -o forecast.csv
expect_exit 0 "$SKUA" report shop -o page.html
expect_same "no script of a title runs" "$(grep -c '<script>alert' page.html)" 0

# folders of models, changed
python3 - "$model" <<'PY' || exit 1
import json, os, shutil, struct, sys
model = sys.argv[1]
data = open(model + "/model.safetensors", "rb").read()
n = struct.unpack("<Q", data[:8])[0]
header, body = json.loads(data[8:8 + n]), data[8 + n:]
name = next(k for k in header if k.endswith("attention.self.query.weight"))

def save(folder, header, body):
    os.makedirs(folder)
    for file in ("config.json", "tokenizer.json"):
        shutil.copy(model + "/" + file, folder)
    text = json.dumps(header).encode()
    open(folder + "/model.safetensors", "wb").write(struct.pack("<Q", len(text)) + text + body)

packed, less = b"", {}
for key, value in header.items():
    if key not in ("__metadata__", name):
        begin, end = value["data_offsets"]
        less[key] = {**value, "data_offsets": [len(packed), len(packed) + end - begin]}
        packed += body[begin:end]
save("missing", less, packed)
save("shape", {**header, name: {**header[name], "shape": [256, 1]}}, body)
save("far", {**header, name: {**header[name], "data_offsets": [0, 10**15]}}, body)
save("numbers", header, b"\xff" * len(body))
save("cut", header, body[:-100])
save("vocabulary", header, body)
tokens = json.load(open("vocabulary/tokenizer.json"))
tokens["model"]["vocab"]["zebra"] = 5_000_000
json.dump(tokens, open("vocabulary/tokenizer.json", "w"))
save("climb", header, body)
open("climb/modules.json", "w").write('[{"type": "x.Pooling", "path": "../missing"}]')
PY
while read -r folder what; do
    expect_exit 3 "$SKUA" embed shop --encoder "$folder"
    expect_err "$folder.*$what"
done <<'LIST'
missing attention.self.query.weight.* is missing
shape attention.self.query.weight.*256 x 1, 16 x 16 is needed
far attention.self.query.weight lies outside of the file
numbers not finite
cut outside of the file
vocabulary another model
climb modules.json.*\.\./missing
LIST
expect_same "vectors after failures" "$(rows shop vectors)" 10
