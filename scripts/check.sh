#!/usr/bin/env bash
# The static checks: format, layers, banned calls, symbols, cppcheck, clang-tidy.
#   scripts/check.sh BUILD [NAME...]     an up-to-date build folder with compile_commands.json; the checks
#                                        named (format layers banned api symbols shell cppcheck clang-tidy), or all
set -uo pipefail
cd "$(dirname "$0")/.."
build=$1
shift
names=" $* " known=" " failed=0
run() {
    known="$known$1 "
    case $names in "  " | *" $1 "*) ;; *) return ;; esac
    echo "-- $1"
    shift
    "$@" || failed=1
}
sources() { git ls-files -co --exclude-standard "$@" | while read -r f; do [ -f "$f" ] && echo "$f"; done; }

format() { sources '*.c' '*.h' | xargs clang-format --dry-run -Werror; }
# uninitvar: false alarms on arrays filled in a loop; clang's analyzer and the sanitizers look for it
check_cppcheck() {
    sources 'src/*.c' | xargs cppcheck --quiet --std=c11 --inline-suppr --error-exitcode=1 \
        --enable=warning,portability -I src -I include --suppress=missingInclude -j "$(nproc)" \
        --suppress=uninitvar --suppress=normalCheckLevelMaxBranches --suppress=unknownMacro
}
check_tidy() { sources 'src/*.c' | xargs -P "$(nproc)" -n 4 clang-tidy --quiet -p "$build" 2>/dev/null; }
check_shell() { local f; for f in scripts/*.sh .ci/run bench/*.sh; do [ -f "$f" ] && { bash -n "$f" || return 1; }; done; }

run "format" format
run "layers" python3 scripts/check_layers.py
run "banned" python3 scripts/check_banned.py
run "api" python3 scripts/api_docs.py --check
run "manual page" python3 scripts/man3.py --check
run "symbols" scripts/check_symbols.sh "$build"
run "shell" check_shell
run "cppcheck" check_cppcheck
run "clang-tidy" check_tidy
for name in $names; do
    case $known in *" $name "*) ;; *) echo "check: no check '$name'; there are:$known"; failed=1 ;; esac
done
[ $failed = 0 ] && echo "check: all passed" || echo "check: FAILED"
exit $failed
