#!/usr/bin/env bash
# Fuzz every parser for SECONDS each with libFuzzer, starting from the kept inputs. Fails when a target
# ends otherwise than by the clock, whatever the reason; what it said and the input that broke it stay
# in build/fuzz/TARGET.log and build/fuzz/broken/.
#   scripts/fuzz.sh [SECONDS]
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-20}
cmake --preset fuzz >/dev/null
targets=$(cmake --build build/fuzz --target help | grep -oE '\bfuzz_[a-z_0-9]+' | sort -u)
[ -n "$targets" ] || { echo "fuzz: the build knows no target fuzz_..." >&2; exit 1; }
# shellcheck disable=SC2086
cmake --build build/fuzz -j "$(nproc)" --target $targets >build/fuzz/build.log 2>&1 || { tail -30 build/fuzz/build.log; exit 1; }
broken=
mkdir -p build/fuzz/broken
for target in $targets; do
    mkdir -p "build/fuzz/corpus/$target" "tests/fuzz/corpus/$target"
    log=build/fuzz/$target.log
    if "build/fuzz/tests/$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="build/fuzz/broken/$target-" "build/fuzz/corpus/$target" "tests/fuzz/corpus/$target" >"$log" 2>&1; then
        echo "$target: $(grep -oE 'number_of_executed_units: *[0-9]+' "$log" | grep -oE '[0-9]+$') inputs in $seconds s, no failure"
    else
        broken="$broken $target"
        echo "$target: FAILED"
        grep -E 'ERROR|SUMMARY|Test unit written' "$log" || tail -5 "$log"
    fi
done
[ -z "$broken" ] || { echo "fuzz:$broken broke; see build/fuzz/*.log and build/fuzz/broken" >&2; exit 1; }
