#!/usr/bin/env bash
# docs/BENCHMARKS.md from what benchmarks printed last (bench/figures/*.txt: a line that says when and
# where, then the output).
set -euo pipefail
cd "$(dirname "$0")/.."
echo "# Benchmarks"
echo
echo "Written by \`make bench NAME=x\`: each block is what that command printed last, on the day and machine named."
echo "Speeds are ratios beside peers measured in the same run; targets are the project's. A load of more than the cores says that others worked beside it."
for file in bench/figures/*.txt; do
    [ -f "$file" ] || continue
    name=$(basename "$file" .txt)
    echo
    echo "## $name"
    echo
    echo "\`make bench NAME=$name\`, $(head -n 1 "$file")"
    echo
    echo '```'
    tail -n +2 "$file"
    echo '```'
done
