# Findings one by one: listed, decided, and the decision changes what a forecast reads.
. "$(dirname "$0")/lib.sh"

"$SKUA" init shop >/dev/null || exit 1
# sells ten a day, and once a thousand
python3 - >sales.csv <<'P'
import datetime, random
random.seed(1)
print("item,ds,units")
for t in range(200):
    day = datetime.date(2024, 1, 1) + datetime.timedelta(t)
    print(f"sku01,{day},{1000 if t == 150 else 8 + random.randrange(5)}")
    print(f"sku02,{day},{8 + random.randrange(5)}")
P
"$SKUA" ingest shop --sales sales.csv >/dev/null || exit 1
expect_exit 3 "$SKUA" findings shop
expect_err 'nothing was checked yet'

expect_exit 0 "$SKUA" check shop
expect_out 'applied findings take effect'
expect_exit 0 "$SKUA" findings shop --kind outlier --item sku01 --json
expect_json "d['total'] >= 1 and any(f['ds'][:10] == '2024-05-30' and f['before'] == '1000' for f in d['findings'])"
row=$(python3 -c "import json; print([f['row'] for f in json.load(open('out'))['findings'] if f['before'] == '1000'][0])")

# what cannot be decided is said
expect_exit 2 "$SKUA" findings shop --decide applied
expect_err 'which findings'
expect_exit 2 "$SKUA" findings shop --kind outliers
expect_err "did you mean 'outlier'"
expect_exit 0 "$SKUA" findings shop --kind outlier --limit 1
expect_out 'outlier'

# rejected: the day is back in the history; applied: it is gone; a later check keeps the decision
for action in rejected applied; do
    expect_exit 0 "$SKUA" findings shop --row "$row" --decide $action --json
    expect_json "d['total'] == 1 and d['findings'][0]['action'] == '$action'"
    expect_exit 0 "$SKUA" findings shop --row "$row" --decide $action --json
    expect_json "d['changed'] == 0"
    "$SKUA" check shop >/dev/null || exit 1
    expect_exit 0 "$SKUA" findings shop --row "$row" --json
    expect_json "d['findings'][0]['action'] == '$action'"
    expect_exit 0 "$SKUA" backtest shop --models historic-mean --horizon 7 --windows 1 --json
    cp out $action.json
done
expect test "$(python3 -c "
import json
bias = lambda name: [m['bias'] for m in json.load(open(name))['leaderboard'] if m['name'] == 'historic-mean'][0]
print(bias('rejected.json') > bias('applied.json') + 0.05)")" = True
