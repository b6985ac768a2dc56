# lib.sh -- what the tests of commands share. Each test_<stem>.sh begins with
#
#     . "$(dirname "$0")/lib.sh"
#
# and then says what it expects; every failed expectation is printed and the script goes on, its
# exit code is 1 when any failed. $SKUA: the program; $SKUA_SOURCE: the repository; $T: a new folder
# that is the working folder and vanishes at the end.
set -u
export LC_ALL=C.UTF-8 COLUMNS=80 NO_COLOR=1
for name in $(compgen -e SKUA_); do
    [ "$name" = SKUA_SOURCE ] || [ "$name" = SKUA_DATA ] || unset "$name"
done
T=$(mktemp -d "${TMPDIR:-/tmp}/skua-cli.XXXXXX") || exit 1
FAILURES=0
CHECKS=0
MOUNTS=()
cd "$T" || exit 1

leave() {
    local code=$?
    for place in "${MOUNTS[@]+"${MOUNTS[@]}"}"; do umount "$place" 2>/dev/null; done
    cd /
    chmod -R u+w "$T" 2>/dev/null
    rm -rf "$T"
    if [ $code -eq 0 ]; then
        if [ "$CHECKS" -eq 0 ]; then
            echo "nothing was checked" && code=1
        elif [ "$FAILURES" -gt 0 ]; then
            echo "$FAILURES of $CHECKS expectations failed" && code=1
        fi
    fi
    exit $code
}
trap leave EXIT

skip() { # skip WHY: the whole script, or what is left of it when something was checked
    echo "skipped: $*"
    [ "$CHECKS" -gt 0 ] && exit 0
    exit 77
}

failed() {
    FAILURES=$((FAILURES + 1))
    local i=1
    while [ "${BASH_SOURCE[i]##*/}" = lib.sh ] && [ "$i" -lt $((${#BASH_SOURCE[@]} - 1)) ]; do i=$((i + 1)); done
    echo "FAILED (${BASH_SOURCE[i]##*/}:${BASH_LINENO[i - 1]}): $*"
}

# run COMMAND...: its standard output in out, its standard error in err, its exit code in CODE.
run() {
    LAST="$*"
    "$@" >"$T/out" 2>"$T/err"
    CODE=$?
}

show_last() {
    echo "    command: $LAST"
    echo "    exit:    $CODE"
    head -c 1500 "$T/out" | head -20 | sed 's/^/    out:     /'
    head -c 1500 "$T/err" | head -20 | sed 's/^/    err:     /'
}

# expect_exit CODE COMMAND...
expect_exit() {
    local want=$1
    shift
    run "$@"
    CHECKS=$((CHECKS + 1))
    [ "$CODE" -eq "$want" ] && return 0
    failed "expected exit $want"
    show_last
    return 1
}

# expect_out PATTERN, expect_err PATTERN: an extended regular expression in what the last command
# wrote; refuse_out, refuse_err: it must not be there.
look() {
    CHECKS=$((CHECKS + 1))
    if tr -d '\000' <"$T/$1" | grep -Eqe "$2"; then [ "$3" = yes ] && return 0; else [ "$3" = no ] && return 0; fi
    failed "standard $([ "$1" = out ] && echo output || echo error) $([ "$3" = yes ] && echo lacks || echo has): $2"
    show_last
    return 1
}
expect_out() { look out "$1" yes; }
expect_err() { look err "$1" yes; }
refuse_out() { look out "$1" no; }
refuse_err() { look err "$1" no; }

# expect_same WHAT A B: two texts are equal.
expect_same() {
    CHECKS=$((CHECKS + 1))
    [ "$2" = "$3" ] && return 0
    failed "$1 differ"
    diff <(printf '%s\n' "$2") <(printf '%s\n' "$3") | head -20 | sed 's/^/    /'
    return 1
}

# expect CONDITION...: a command that succeeds, as: expect test -s forecast.csv
expect() {
    CHECKS=$((CHECKS + 1))
    "$@" >/dev/null 2>&1 && return 0
    failed "not so: $*"
    return 1
}

# expect_json EXPRESSION: standard output is one JSON document, and a Python expression of it, `d`,
# is true. Nothing but the document stands on standard output.
expect_json() {
    CHECKS=$((CHECKS + 1))
    local answer
    answer=$(python3 -c '
import json, sys
d = json.load(open(sys.argv[1], encoding="utf-8"))
sys.exit(0 if eval(sys.argv[2]) else "false in " + json.dumps(d, ensure_ascii=False)[:600])' "$T/out" "$1" 2>&1) && return 0
    failed "JSON: $1"
    echo "    $answer" | tail -3
    show_last
    return 1
}

# expect_width N: no line of the last output is wider than N columns on a terminal.
expect_width() {
    CHECKS=$((CHECKS + 1))
    local wide
    wide=$(python3 -c '
import sys, unicodedata
def width(s):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in s)
for f in sys.argv[2:]:
    for line in open(f, encoding="utf-8"):
        line = line.rstrip("\n")
        if width(line) > int(sys.argv[1]): print(width(line), line)' "$1" "$T/out") || wide="no UTF-8"
    [ -z "$wide" ] && return 0
    failed "wider than $1 columns"
    echo "    command: $LAST"
    echo "$wide" | head -8 | sed 's/^/    /'
    return 1
}

# state SHOP: what a shop holds, as text to compare.
state() { "$SKUA" show "$1" --json 2>&1; }

# expect_refused CODE PATTERN SHOP COMMAND...: the command fails with that code and a sentence on
# standard error, nothing on standard output, and the shop is as it was.
expect_refused() {
    local code=$1 pattern=$2 shop=$3 before
    shift 3
    before=$(state "$shop")
    expect_exit "$code" "$@"
    expect_err "$pattern"
    CHECKS=$((CHECKS + 1))
    if [ -s "$T/out" ]; then
        failed "a failure talks on standard output"
        show_last
    fi
    expect_same "the shop before and after '$*'" "$before" "$(state "$shop")"
}

# rows SHOP TABLE: how many rows a table has.
rows() {
    "$SKUA" show "$1" --json 2>/dev/null | python3 -c '
import json, sys
print(next((t["rows"] for t in json.load(sys.stdin)["tables"] if t["table"] == sys.argv[1]), 0))' "$2"
}

# make_sales DAYS ITEMS: period rows as CSV, the same each time; weekly rhythm, some noise.
make_sales() {
    python3 - "$1" "$2" <<'PYTHON'
import datetime, random, sys
random.seed(5)
print("item,ds,units,price")
for i in range(1, int(sys.argv[2]) + 1):
    for t in range(int(sys.argv[1])):
        day = datetime.date(2023, 1, 2) + datetime.timedelta(t)
        units = int(4 * i + 3 * (t % 7 >= 5) + 5 * random.random())
        print(f"sku{i:02d},{day},{units},{10 + i:.2f}")
PYTHON
}

command -v python3 >/dev/null || skip "python3 is not there"
[ -x "${SKUA:?SKUA names the program}" ] || exit 1

# Run by itself it proves that the expectations notice: each of these has to be reported.
if [ "$0" = "${BASH_SOURCE[0]}" ]; then
    wrong() {
        local before=$FAILURES
        "$@" >noise 2>&1
        [ "$FAILURES" -eq $((before + 1)) ] && FAILURES=$before && return
        echo "not noticed: $*"
        FAILURES=$((before + 1))
    }
    wrong expect_exit 0 false
    wrong expect_exit 1 true
    run echo '{"a": [1, 2]} 猫猫'
    wrong expect_out b
    wrong refuse_out '"a"'
    wrong expect_err .
    wrong expect_json 'd["a"] == [1, 2]'
    wrong expect_width 17
    wrong expect_same texts x y
    wrong expect false
    run echo '{"a": [1, 2]}'
    wrong expect_json 'd["b"]'
    wrong expect_json 'd["a"] == [1]'
    expect_json 'd["a"] == [1, 2]'
    run echo '猫猫猫'
    wrong expect_width 5
    expect_width 6
fi
