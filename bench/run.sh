#!/usr/bin/env bash
# Run a benchmark beside its peers; without a name, list them. What it printed is kept in
# bench/figures/NAME.txt, and docs/BENCHMARKS.md is written from all that are there.
#   bench/run.sh [NAME]
set -euo pipefail
cd "$(dirname "$0")/.."
bench=build/release/bench/skua-bench
data=${SKUA_DATA:-../shared/data}
threads=${SKUA_THREADS:-2}
export SKUA_THREADS=$threads
export SKUA_BASE=${SKUA_BASE:-$PWD/data/models/base.safetensors}
if [ $# = 0 ]; then
    "$bench"
    echo "auto-SET         auto on one set, as auto-walmart"
    echo "by scripts of bench/peers: console modalities mpi mpi-hosts oj-overlap python-overhead serve-latency serve-load text-finetune"
    exit 0
fi
name=$1
mkdir -p build/bench bench/figures

# Python peers live in a prefix of their own, pinned. SKUA_PEERS=FOLDER: an environment that has them
# already (its versions then stand in the figure's note); nothing is installed.
peers() {
    if [ -n "${SKUA_PEERS:-}" ]; then
        ln -sfn "$SKUA_PEERS" build/peers
        return
    fi
    [ -x build/peers/bin/python ] || python3 -m venv build/peers
    # a wheel of hundreds of megabytes over a line that breaks: pip 25.1 and later goes on where it was
    local resume=()
    if ! build/peers/bin/pip install --help | grep -q -- --resume-retries; then
        build/peers/bin/pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1' || true
    fi
    if build/peers/bin/pip install --help | grep -q -- --resume-retries; then resume=(--resume-retries 40); fi
    build/peers/bin/pip install --quiet --disable-pip-version-check "${resume[@]}" -r bench/peers/requirements.txt ${1:+-r "bench/peers/requirements-$1.txt"}
}

# Lines of name, key, value and note, separated by tabs, as figures with their verdicts.
figures() {
    local figure key value note
    while IFS=$'\t' read -r figure key value note; do "$bench" figure "$figure" "$key" "$value" "$note"; done
}

run() {
    case $name in
    local-speed)
        peers
        build/peers/bin/python bench/peers/local_speed.py "$data" "$threads" >build/bench/local_speed.json
        "$bench" local-speed build/bench/local_speed.json ;;
    train-speed | infer-speed)
        peers torch
        build/peers/bin/python bench/peers/net_speed.py "${name%-speed}" >"build/bench/$name.json"
        "$bench" "$name" "build/bench/$name.json" ;;
    zero-shot-peer)
        peers fracast
        rm -rf build/bench/zero-shot-peer && mkdir -p build/bench/zero-shot-peer
        "$bench" zero-shot-peer --write build/bench/zero-shot-peer "${PEER_STEP:-1}" # PEER_STEP=4: a quarter of the series
        build/peers/bin/python bench/peers/fracast_peer.py build/bench/zero-shot-peer "$threads"
        "$bench" zero-shot-peer build/bench/zero-shot-peer "${PEER_STEP:-1}" ;;
    startup) "$bench" startup build/release/skua ;;
    tokenizer)
        peers texts
        build/peers/bin/python bench/peers/tokeniser.py "$data" build/bench/tokenizer
        "$bench" tokenizer build/bench/tokenizer ;;
    text-speed)
        peers texts
        build/peers/bin/python bench/peers/text_speed.py "$data" build/bench/text-speed
        "$bench" text-speed build/bench/text-speed "$(build/peers/bin/python bench/peers/minilm.py)" ;;
    text-finetune) # TEXT_SETS=wish TEXT_SEEDS=1 for less than all; goes on with what is in its folder
        peers texts
        build/peers/bin/python bench/peers/text_finetune.py "$data" build/bench/text-finetune build/release/skua "$threads" \
            "${TEXT_SETS:-wish,taobao}" "${TEXT_SEEDS:-1,2,3,4,5}" | figures ;;
    anomalies)
        peers
        PYTHON=build/peers/bin/python "$bench" anomalies ;;
    shap-speed)
        peers causes
        mkdir -p build/bench/shap
        "$bench" shap-speed --write build/bench/shap
        OMP_NUM_THREADS=$threads build/peers/bin/python bench/peers/shap_speed.py build/bench/shap "$threads"
        "$bench" shap-speed build/bench/shap ;;
    oj-overlap)
        peers causes
        rm -rf build/bench/oj-overlap
        build/peers/bin/python bench/peers/oj_overlap.py "$data" build/release/skua build/bench/oj-overlap
        figures <build/bench/oj-overlap/figures.tsv ;;
    pcmci)
        peers pcmci
        mkdir -p build/bench/pcmci
        OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 build/peers/bin/python bench/peers/pcmci.py build/bench/pcmci
        "$bench" pcmci build/bench/pcmci ;;
    recommend)
        peers recommend
        mkdir -p build/bench/recommend
        "$bench" recommend export build/bench/recommend
        build/peers/bin/python bench/peers/recommend_als.py build/bench/recommend "$threads"
        "$bench" recommend als build/bench/recommend ;;
    serve-load)
        command -v wrk >/dev/null || { echo "bench: wrk is not there (Debian: wrk)" >&2; exit 1; }
        peers serve
        build/peers/bin/python bench/peers/serve_load.py load build/release/skua "$threads" ${SERVE_ITEMS:-30000} ${SERVE_SECONDS:-10} | figures ;;
    serve-latency) # by the base net; SERVE_MODEL=transformer fine-tunes it first
        peers serve
        build/peers/bin/python bench/peers/serve_load.py latency build/release/skua "$threads" ${SERVE_ITEMS:-500} ${SERVE_SECONDS:-10} ${SERVE_MODEL:-zero-shot} | figures ;;
    console)
        scripts/setup.sh browser
        tests/browser/measure.sh build/release/skua ${CONSOLE_ITEMS:-100000} | figures ;;
    modalities) python3 bench/peers/modalities.py "$data" build/release/skua | figures ;;
    mpi) python3 bench/peers/mpi.py build/release/skua ${MPI_ITEMS:-2000} | figures ;;
    mpi-hosts) python3 bench/peers/mpi_hosts.py build/release/skua | figures ;;
    python-overhead)
        peers frames
        PYTHONPATH=bindings/python/src SKUA_LIBRARY=$PWD/build/release/libskua.so \
            build/peers/bin/python bench/peers/python_overhead.py build/release/skua | figures ;;
    auto-*) "$bench" auto best "${name#auto-}" ;; # one set of `auto`
    *) "$bench" "$name" ;;
    esac
}

where() { # when, on what, by which revision
    local model revision
    model=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
    revision=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
    echo "$(date -u +%Y-%m-%d), $(nproc) cores ($model), load $(cut -d' ' -f1 /proc/loadavg) before, $(gcc --version | head -n 1), revision $revision"
}

# a run that fails half way leaves the figures of the one before
printed=$(mktemp)
trap 'rm -f "$printed"' EXIT
where >"$printed"
run | tee -a "$printed"
mv "$printed" "bench/figures/$name.txt"
chmod 644 "bench/figures/$name.txt"
scripts/benchmarks_page.sh >docs/BENCHMARKS.md
