#!/usr/bin/env bash
# Fuzz every parser for SECONDS each with libFuzzer, starting from the kept inputs.
#   scripts/fuzz.sh [SECONDS]
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-20}
cmake --preset fuzz >/dev/null
cmake --build build/fuzz -j "$(nproc)" --target help | grep -oE '\bfuzz_[a-z_]+' | sort -u | while read -r target; do
    cmake --build build/fuzz -j "$(nproc)" --target "$target" >/dev/null
    mkdir -p "build/fuzz/corpus/$target" "tests/fuzz/corpus/$target"
    echo "== $target, $seconds s"
    "build/fuzz/tests/$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        "build/fuzz/corpus/$target" "tests/fuzz/corpus/$target" 2>&1 | grep -E 'number_of_executed|ERROR|SUMMARY|crash-' || true
    if ls crash-* timeout-* oom-* leak-* >/dev/null 2>&1; then
        echo "fuzz: $target broke; the input is kept in the folder you stand in" >&2
        exit 1
    fi
done
