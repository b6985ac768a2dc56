#!/usr/bin/env bash
# Compute the golden values of the tests anew and compare them with the kept ones; a person runs
# this, never a build. Needs PyPI.
#   scripts/golden.sh [--write] [NAME...]    NAME: a folder of tests/golden, as ets or clean/hampel
# Without --write nothing in the tree changes; exit 1 when a number moved by more than 1e-6 of it.
# With --write the kept files are replaced.
set -euo pipefail
cd "$(dirname "$0")/.."
write=false
if [ "${1:-}" = --write ]; then write=true; shift; fi
venv=build/golden/venv
work=build/golden/work

[ -x $venv/bin/python ] || python3 -m venv $venv
$venv/bin/pip install --quiet --disable-pip-version-check -r tests/golden/requirements.txt
rm -rf $work
mkdir -p $work/tests
cp -r tests/golden $work/tests/
ln -s "$PWD/data" $work/data

python=$PWD/$venv/bin/python
failed=0
for script in $(cd $work && find tests/golden -name 'make*.py' | sort); do
    folder=$(dirname "$script")
    name=${folder#tests/golden/}
    if [ $# -gt 0 ] && [[ " $* " != *" $name "* ]]; then continue; fi
    # a script that prints says so: "python make.py > FILE", FILE beside it or a path of the tree
    to=$(grep -m1 -oE "$(basename "$script") > [A-Za-z0-9_./]+" "$script" | sed 's/.* > //; s/\.$//' || true)
    case $to in
        "") to=/dev/null ;;
        data/*) to=$(basename "$to") ;; # compared by hand: a file of facts, not of a test
    esac
    out=/dev/null
    [ "$to" = /dev/null ] || out=$to.new
    echo "== $script"
    if ! (cd "$work/$folder" && "$python" "$(basename "$script")" >"$out" 2>log.txt); then
        echo "golden: $script failed:" >&2
        tail -n 5 "$work/$folder/log.txt" >&2
        failed=1
        continue
    fi
    [ $out = /dev/null ] || mv "$work/$folder/$to.new" "$work/$folder/$to"
    for file in "$work/$folder"/*.csv "$work/$folder"/*.tsv "$work/$folder"/*.bin; do
        [ -e "$file" ] || continue
        kept=$folder/$(basename "$file")
        if $write; then
            cp "$file" "$kept"
        elif [[ $file == *.bin ]]; then
            cmp "$kept" "$file" || failed=1
        elif ! "$python" scripts/golden_compare.py "$kept" "$file"; then
            failed=1
        fi
    done
done
exit $failed
