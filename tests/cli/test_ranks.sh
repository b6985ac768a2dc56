# Two ranks under mpirun: pre-training gives the weights of one rank, goes on with another number of
# ranks, and ends with a sentence when a rank is lost or is of another version.
. "$(dirname "$0")/lib.sh"

MODULE=$(dirname "$SKUA")/skua-mpi.so
command -v mpirun >/dev/null || skip "mpirun is not installed (openmpi-bin)"
[ -f "$MODULE" ] || skip "skua was built without MPI (libopenmpi-dev)"
# containers: root, fewer processors than ranks, no other hosts
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_btl=self,vader OMPI_MCA_btl_vader_single_copy_mechanism=none OMP_NUM_THREADS=1
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_mpi_yield_when_idle=1
export ASAN_OPTIONS=detect_leaks=0 # of MPI's own
ranks() { mpirun -n "$1" --oversubscribe "${@:2}"; }

cat >tiny.yaml <<'YAML'
net:
  width: 32
  heads: 2
  layers: 1
  hidden: 64
  patch: 4
  context: 8
  dropout: 0.1
train:
  steps: 30
  batch: 8
  pieces: 4
  future: 3
  warmup: 5
  validate_every: 10
  validation: 20
series:
  shortest: 16
YAML

# the same bits from one, two and four ranks; one rank talks
expect_exit 0 "$SKUA" pretrain tiny.yaml -o one.safetensors --weights float32 --threads 1 --json -q
cp out one.json
expect_exit 0 ranks 2 "$SKUA" pretrain tiny.yaml -o two.safetensors --weights float32 --threads 1 --json -q
expect_json 'd["ranks"] == 2 and d["steps"] == 30'
expect python3 -c 'import json; a, b = json.load(open("one.json")), json.load(open("out"))
assert a["validation"] == b["validation"] and a["loss"] == b["loss"], (a, b)'
expect cmp one.safetensors two.safetensors
expect_exit 0 ranks 4 "$SKUA" pretrain tiny.yaml -o four.safetensors --weights float32 --threads 1 -q
expect cmp one.safetensors four.safetensors

# pieces is a setting of the model: another number gives other weights, and must fit the ranks
sed 's/pieces: 4/pieces: 1/' tiny.yaml >whole.yaml
expect_exit 0 "$SKUA" pretrain whole.yaml -o whole.safetensors --weights float32 --threads 1 -q
expect sh -c '! cmp -s one.safetensors whole.safetensors'
expect_exit 2 ranks 2 "$SKUA" pretrain whole.yaml -o none.safetensors --threads 1 -q
expect_err 'pieces = 1 of a step of 8 windows on 2 ranks: need a multiple'

# begun by two ranks, gone on with by one, and the other way round
sed 's/steps: 30/steps: 400/; s/train:/train:\n  checkpoint_seconds: 0.05/' tiny.yaml >long.yaml
expect_exit 0 "$SKUA" pretrain long.yaml -o long.safetensors --weights float32 --threads 1 -q
for case in "2 1" "1 2"; do
    set -- $case
    rm -f half.checkpoint half.safetensors
    mpirun -n "$1" --oversubscribe "$SKUA" pretrain long.yaml -o half.safetensors \
        --checkpoint half.checkpoint --threads 1 -q >stopped 2>&1 &
    started=$!
    for _ in $(seq 500); do [ -s half.checkpoint ] && break; sleep 0.02; done
    worker=$(cat /proc/$started/task/*/children | tr " " "\n" | grep . | tail -n 1) # mpirun ends the others
    kill -9 "$worker"
    wait $started
    expect test $? -ne 0
    expect test -s half.checkpoint
    expect test ! -e half.safetensors
    [ "$1" = 2 ] && expect grep -qi 'rank.*killed\|killed.*rank\|signal 9' stopped
    expect_exit 0 ranks "$2" "$SKUA" pretrain long.yaml -o half.safetensors --weights float32 \
        --checkpoint half.checkpoint --threads 1
    expect_err 'training goes on from step'
    expect cmp long.safetensors half.safetensors
done

# started by a launcher, and the module is not there: a sentence, not two runs at once
expect_exit 4 env SKUA_RANKS=mpi SKUA_MPI="$T/none.so" "$SKUA" pretrain tiny.yaml -o none.safetensors -q
expect_err 'MPI started this process, but skua-mpi.so is not there'
expect_exit 0 env SKUA_RANKS=none SKUA_MPI="$T/none.so" OMPI_COMM_WORLD_SIZE=2 "$SKUA" pretrain tiny.yaml \
    -o alone.safetensors --weights float32 --threads 1 -q
expect cmp one.safetensors alone.safetensors

# a forecast shared by series: the rows of one rank, bit for bit, from any number of them
expect_exit 0 "$SKUA" simulate files --items 12 --days 150 --channels 1 -q
expect_exit 0 "$SKUA" init shop -q
expect_exit 0 "$SKUA" ingest shop --sales files/sales.csv -q
expect_exit 0 "$SKUA" forecast shop --horizon 7 -o one.csv --threads 1 -q
for n in 2 3; do
    expect_exit 0 ranks $n "$SKUA" forecast shop --horizon 7 -o many.csv --threads 1 --json -q
    expect_json 'd["verb"] == "forecast" and d["series"] > 5'
    expect cmp one.csv many.csv
done

# a backtest shared by series and by cells: the same leaderboard, but for the seconds
cat >board.py <<'PYTHON'
import json, sys
d = json.load(open(sys.argv[1], encoding="utf-8"))
for row in d["leaderboard"]:
    del row["seconds"]
print(json.dumps([d["leaderboard"], d["calibration"], d["coherent"]]))
PYTHON
MODELS=theta,ets,group,count-pool,tree-direct
expect_exit 0 "$SKUA" backtest shop --horizon 7 --models $MODELS --threads 1 --json -q
expect_json 'len(d["leaderboard"]) == 9'
one=$(python3 board.py out)
for n in 2 3; do
    expect_exit 0 ranks $n "$SKUA" backtest shop --horizon 7 --models $MODELS --threads 1 --json -q
    expect_same "leaderboards of one and $n ranks" "$one" "$(python3 board.py out)"
done

# trained by one and by two: the same model, so the same forecasts
expect_exit 0 "$SKUA" train shop --horizon 7 --models $MODELS --threads 1 -q
expect_exit 0 "$SKUA" forecast shop -o one.csv --threads 1 -q
expect_exit 0 ranks 2 "$SKUA" train shop --horizon 7 --models $MODELS --threads 1 --json -q
expect_json 'd["verb"] == "train" and d["model"] == "0002"'
expect_exit 0 ranks 2 "$SKUA" forecast shop -o many.csv --threads 1 -q
# a program that PATH finds, or a link to it, finds its module all the same
ln -s "$SKUA" linked
expect_exit 0 ranks 2 ./linked forecast shop -o linked.csv --threads 1 -q
expect cmp many.csv linked.csv
PATH=$(dirname "$SKUA"):$PATH expect_exit 0 ranks 2 skua forecast shop -o found.csv --threads 1 -q
expect cmp many.csv found.csv
expect cmp one.csv many.csv
expect test "$(ls shop/models | grep -c '^0')" -eq 2 # one of the ranks wrote it

# what ranks cannot share is said, and nothing happens
expect_refused 2 '^skua: check is one process.s work, and a launcher started several' shop ranks 2 "$SKUA" check shop -q
expect_exit 0 env SKUA_RANKS=none OMPI_COMM_WORLD_SIZE=2 "$SKUA" check shop -q
expect_exit 2 ranks 2 "$SKUA" train shop --models theta --time 20s -q
expect_err 'a search and a limit of time are one process.s'
expect_exit 2 ranks 2 "$SKUA" train shop --preset best -q
expect_err '--preset best .which searches.'

# ranks that see other data: another shop of the same name
cp -r shop other
head -n 40 files/sales.csv | sed 's/,1,/,9,/' >few.csv
expect_exit 0 "$SKUA" init less -q
expect_exit 0 "$SKUA" ingest less --sales few.csv -q
cat >two_shops.sh <<'SH'
[ "$OMPI_COMM_WORLD_RANK" = 1 ] && exec "$SKUA" backtest less --models theta --horizon 3 -q
exec "$SKUA" backtest shop --models theta --horizon 3 -q
SH
export SKUA
expect_exit 2 ranks 2 bash two_shops.sh
expect_err 'rank 1 has read the data [0-9a-f]+ and rank 0 has read the data [0-9a-f]+: let all hosts see one workspace'
# a rank whose workspace is missing ends the run with its own sentence
sed 's/backtest less/backtest nowhere/' two_shops.sh >missing.sh
run ranks 2 bash missing.sh
expect test "$CODE" -ne 0
expect_err 'nowhere: no workspace there'

# a full disk where rank 0 writes: a sentence, no model, and the ranks end together
mkdir -p disk
if mount -t tmpfs -o size=3m tmpfs disk 2>/dev/null; then
    MOUNTS+=("$T/disk")
    cp -r less disk/shop 2>/dev/null
    dd if=/dev/zero of=disk/full bs=64k 2>/dev/null
    run ranks 2 "$SKUA" train disk/shop --models theta,naive --horizon 3 --threads 1 -q
    expect test "$CODE" -ne 0
    expect_err 'rank 0 of 2: .*([Nn]o space|disk|full|space left)'
    expect test ! -e disk/shop/models/current
fi

# a rank that dies while training: the run ends, the workspace is free and whole, another number goes on
mpirun -n 2 --oversubscribe "$SKUA" train shop --horizon 7 --preset medium --windows 8 --threads 1 -q >stopped 2>&1 &
started=$!
for _ in $(seq 200); do
    worker=$(for pid in $(cat /proc/$started/task/*/children); do
        [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = skua ] && echo "$pid"
    done | tail -n 1)
    [ -n "$worker" ] && break
    sleep 0.05
done
sleep 0.5
expect kill -9 "$worker" # it was at work: a run that was refused tells nothing
wait $started
expect test $? -ne 0
expect grep -qi 'rank.*killed\|signal 9\|rank .* is lost' stopped
expect_exit 0 "$SKUA" train shop --horizon 7 --models theta --threads 1 -q
expect_exit 0 "$SKUA" forecast shop -q
