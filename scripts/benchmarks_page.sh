#!/usr/bin/env bash
# docs/BENCHMARKS.md from the figures that were printed last (build/bench/figures/*.txt).
set -euo pipefail
cd "$(dirname "$0")/.."
echo "# Benchmarks"
echo
echo "Written by \`make bench NAME=x\`: each block is what that command printed last, on the day and machine named."
echo "Speeds are ratios beside peers measured in the same run; targets are the project's."
for file in build/bench/figures/*.txt; do
    [ -f "$file" ] || continue
    name=$(basename "$file" .txt)
    echo
    echo "## $name"
    echo
    echo "\`make bench NAME=$name\`, $(date -u -r "$file" +%Y-%m-%d), $(nproc) cores ($(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)), $(gcc --version | head -n 1), skua $(sed -n 's/.*SKUA_VERSION_TEXT *"\(.*\)"/\1/p' include/skua.h)"
    echo
    echo '```'
    cat "$file"
    echo '```'
done
