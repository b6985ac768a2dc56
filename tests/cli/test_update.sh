# A trained model learns what came since, without a new choice; a new version, and back.
. "$(dirname "$0")/lib.sh"

"$SKUA" init shop >/dev/null || exit 1
python3 - <<'P'
import datetime, random
random.seed(2)
def write(name, days, factor):
    with open(name, "w") as out:
        print("item,ds,units", file=out)
        for t in days:
            day = datetime.date(2024, 1, 1) + datetime.timedelta(t)
            for i in range(6):
                print(f"sku{i:02},{day},{int(factor * (10 + i + 6 * (day.weekday() >= 5)) + random.random() * 3)}", file=out)
write("old.csv", range(110), 1)
write("new.csv", range(110, 150), 3)
P
expect_exit 4 "$SKUA" update shop
expect_err 'nothing was trained'
"$SKUA" ingest shop --sales old.csv >/dev/null || exit 1
NETS="transformer:steps=8:validate=0:width=16:heads=2:layers=1:batch=8:context=12"
expect_exit 0 "$SKUA" train shop --horizon 7 --windows 1 --models "tree-direct:rounds=10,$NETS,theta" --json
expect_json "d['model'] == '0001'"
files() { (cd shop/models/$1 && find . -type f ! -name model.json | sort | xargs sha256sum); }
weights() { python3 -c "
import json
m = json.load(open('shop/models/$1/model.json'))
print(m['members'], m['weights_regular'], m['calibration'], m['leaderboard'], m['calibration_kept'])"; }

# sales treble: members that keep what they learnt change, how they are to learn does not
"$SKUA" ingest shop --sales new.csv >/dev/null || exit 1
expect_exit 0 "$SKUA" forecast shop -o stale.csv
expect_exit 0 "$SKUA" update shop --json
expect_json "d['model'] == '0002' and d['before'] == '0001' and len(d['updated']) == 2"
expect_same "what training chose" "$(weights 0001)" "$(weights 0002)"
same=$(comm -12 <(files 0001 | sort) <(files 0002 | sort))
expect_same "files of members that are the same: how the net was trained" \
    "./$NETS/transformer.json" "$(echo "$same" | cut -d' ' -f3)"
expect test "$(python3 -c "import json; print(json.load(open('shop/models/0002/$NETS/transformer.json'))['steps'])")" = 8
expect_exit 0 "$SKUA" forecast shop --json -o fresh.csv
expect_json "d['model'] == '0002'"
expect test "$(cut -d, -f1-4 stale.csv | sha256sum)" != "$(cut -d, -f1-4 fresh.csv | sha256sum)"
expect_exit 0 "$SKUA" runs shop --json
expect_json "any(r['kind'] == 'update' and r['model'] == '0002' for r in d['runs'])"
expect_exit 0 "$SKUA" update shop
expect_out 'learnt what came'
expect_out 'Model 0003 is kept, with the weights of model 0002'
expect_exit 0 "$SKUA" update shop --renew calibration --windows 2 --json
expect_json "d['calibration_renewed'] and d['model'] == '0004'"
calibration() { python3 -c "
import json
m = json.load(open('shop/models/$1/model.json'))
print(m['calibration'])"; }
expect_same "weights of a renewed calibration" \
    "$(python3 -c "import json; print(json.load(open('shop/models/0003/model.json'))['weights_regular'])")" \
    "$(python3 -c "import json; print(json.load(open('shop/models/0004/model.json'))['weights_regular'])")"
expect test "$(calibration 0003)" != "$(calibration 0004)"
expect_exit 0 "$SKUA" rollback shop
expect_exit 0 "$SKUA" rollback shop
expect_exit 0 "$SKUA" forecast shop --json -o again.csv
expect_json "d['model'] == '0002'"
expect_same "the forecast of model 0002" "$(sha256sum <fresh.csv)" "$(sha256sum <again.csv)"
expect_exit 3 "$SKUA" update shop --frequency week
expect_err 'train anew'
