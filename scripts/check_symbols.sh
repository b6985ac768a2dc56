#!/usr/bin/env bash
# What the library exports: skua_ alone; what it keeps: no writable globals of ours.
#   scripts/check_symbols.sh BUILD
set -euo pipefail
build=$1
library=$(ls "$build"/libskua.so 2>/dev/null || true)
[ -n "$library" ] || { echo "symbols: no libskua.so in $build" >&2; exit 1; }
exported=$(nm -D --defined-only "$library" | awk '$2 != "A" {print $3}')
bad=$(grep -v '^skua_' <<<"$exported" || true)
[ -z "$bad" ] || { echo "symbols: exported without the prefix skua_:"; echo "$bad"; exit 1; }
missing=$(grep -oE '\bskua_[a-z_]+\(' include/skua.h | tr -d '(' | sort -u | while read -r name; do
    grep -qx "$name" <<<"$exported" || echo "$name"; done)
[ -z "$missing" ] || { echo "symbols: declared in skua.h and not exported:"; echo "$missing"; exit 1; }
# sections .data and .bss alone: .data.rel.ro is constant after loading
writable=$(for archive in "$build"/libskua_*.a; do objdump -t "$archive" 2>/dev/null |
    awk -v a="$(basename "$archive")" 'NF > 3 && $(NF-2) ~ /^\.(data|bss|tdata|tbss)$|^\*COM\*$/ && $(NF-1) !~ /^0+$/ {print a ": " $NF}'; done |
    grep -vE '\.gomp_critical_user|__gcov|DW\.ref' || true)
[ -z "$writable" ] || { echo "symbols: writable globals:"; echo "$writable"; exit 1; }
for archive in "$build"/libskua_*.a; do
    unprefixed=$(nm "$archive" 2>/dev/null | awk '$2 ~ /^[TDBRVW]$/ {print $3}' | grep -vE '^skuai?_' || true)
    [ -z "$unprefixed" ] || { echo "symbols: $(basename "$archive") defines without a prefix:"; echo "$unprefixed"; exit 1; }
done
echo "symbols: $(wc -l <<<"$exported") exported, all skua_; no writable globals"
