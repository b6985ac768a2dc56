# Help: every command has one, its example's options exist, and a mistake is answered with the
# nearest name.
. "$(dirname "$0")/lib.sh"

commands="demo init ingest check show train forecast backtest report simulate config"

expect_exit 0 "$SKUA" --version
expect_out '^skua [0-9]+\.[0-9]+\.[0-9]+$'
for word in --help -h help; do
    expect_exit 0 "$SKUA" $word
    expect_out '^usage: skua COMMAND'
    expect test ! -s err
done
for c in $commands; do expect_out "^  $c +[a-z]"; done
expect_exit 2 "$SKUA"
expect_exit 2 "$SKUA" trian
expect_err "no command 'trian': did you mean 'train'"
expect test ! -s out
expect_exit 2 "$SKUA" qqqqqqqqqqqq
refuse_err 'did you mean'

for c in $commands; do
    expect_exit 0 "$SKUA" $c --help
    expect test ! -s err
    expect_out "^usage: skua $c"
    expect_out '^example:$'
    expect_out '^  --json$'
    # the example, its continuation lines joined
    example=$(awk '/^example:/ {on = 1; next} /^$/ {on = 0} on' out | sed -e 's/\\$//' | tr -d '\n')
    expect_same "the example of $c and its name" "$(echo $example | cut -d' ' -f1-2)" "skua $c"
    for option in $(echo "$example" | grep -oE '(^| )--?[a-z][a-z-]*'); do
        expect_out "^  $option( |$)"
    done
    for width in 60 80 200; do
        COLUMNS=$width expect_exit 0 "$SKUA" $c --help
        expect_width $width
    done
    expect_exit 2 "$SKUA" $c --qqqqqqqqqqqq
    expect_err "^skua: unknown option --qqqqqqqqqqqq"
    expect_err "^usage: skua $c"
    expect test ! -s out
done
COLUMNS=60 expect_exit 0 "$SKUA" --help
expect_width 60

expect_exit 2 "$SKUA" train shop --horizn 3
expect_err 'did you mean --horizon\?'
expect_exit 2 "$SKUA" init shop --time-zon UTC
expect_err 'did you mean --time-zone\?'
expect_exit 2 "$SKUA" ingest shop --slaes x.csv
expect_err 'did you mean --sales\?'
expect_exit 2 "$SKUA" init shop --language zh
expect_err 'init has no option --language; it is one of: report demo trend'
expect_exit 2 "$SKUA" forecast shop --horizon
expect_err 'horizon wants a value'
expect_exit 2 "$SKUA" forecast
expect_err 'too few arguments'
expect_exit 2 "$SKUA" forecast a b
expect_err 'one argument too many: b'
expect_exit 2 "$SKUA" forecast shop -o
expect_err 'wants a file'
expect_exit 2 "$SKUA" show -x shop
expect_err 'unknown option -x'
expect test ! -e shop

if [ -w /dev/full ]; then
    "$SKUA" --help >/dev/full 2>err
    expect_same "exit code with standard output full" $? 4
fi
