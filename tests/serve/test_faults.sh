# Faults of a service: faults.py does them.
HERE=$(realpath "$(dirname "$0")")
. "$HERE/../cli/lib.sh"
"$SKUA" init tea >/dev/null || exit 1
make_sales 70 4 >sales.csv
"$SKUA" ingest tea --sales sales.csv >/dev/null || exit 1
"$SKUA" forecast tea --horizon 7 --preset fast >/dev/null || exit 1
# the sanitizer keeps what is freed for a while: by default more than the memory that must not grow
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}quarantine_size_mb=1:thread_local_quarantine_size_kb=16
CHECKS=$((CHECKS + 1))
python3 "$HERE/faults.py" "$SKUA" || failed "see above"
