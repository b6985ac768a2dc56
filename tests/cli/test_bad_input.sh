# Bad input: a sentence that says what and where, the right exit code, the workspace as it was.
. "$(dirname "$0")/lib.sh"

"$SKUA" init shop >/dev/null || exit 1
make_sales 30 2 >good.csv
"$SKUA" ingest shop --sales good.csv >/dev/null || exit 1

refused() { # refused CODE PATTERN FILE [OPTION...]
    local code=$1 pattern=$2 file=$3
    shift 3
    expect_exit "$code" "$SKUA" ingest shop --sales "$file" "$@"
    expect_err "$pattern"
    expect test ! -s out
    expect_same "the shop before and after $file" "$BEFORE" "$(state shop)"
}
BEFORE=$(state shop)

# kept WHY ADDED FILE: all other rows are in, one row is a reject with that line and reason
kept() {
    expect_exit 0 "$SKUA" ingest shop --sales "$3" --json
    expect_json "(d['files'][0]['added'], d['files'][0]['rejected']) == ($2, 1) and '$1' in str([(r['line'], r['why']) for r in d['rejects']])"
    BEFORE=$(state shop)
}

: >empty.csv
refused 3 'empty.csv.*empty' empty.csv
printf '\n\n \n' >blank.csv
refused 3 'blank.csv' blank.csv
head -1 good.csv >header.csv
refused 3 'header.csv.*(no rows|header)' header.csv
printf '\357\273\277' >onlybom.csv
refused 3 'onlybom.csv' onlybom.csv

# a delimiter that the file does not have
cp good.csv semicolon.csv
sed -i s/sku/semi/ semicolon.csv
refused 3 'semicolon.csv.*(column|delimiter|item|ds)' semicolon.csv --delimiter ';'
refused 2 'delimiter' semicolon.csv --delimiter ';;'

# header and rows disagree, quotes that never end
{ head -1 good.csv; echo 'sku01,2023-01-02'; echo 'sku01,2023-01-03,1,2,3,4'; } >ragged.csv
refused 3 'ragged.csv' ragged.csv
{ head -1 good.csv; echo '"sku01,2023-01-02,1,2'; tail -5 good.csv | sed s/sku02/sku03/; } >quote.csv
kept 'a quote is never closed' 5 quote.csv
{ head -1 good.csv; printf '"'; head -c 2000000 /dev/zero | tr '\000' x; echo '",2023-01-02,1,2'; tail -5 good.csv | sed s/sku02/sku04/; } >longquote.csv
kept 'not closed within 1 MB' 5 longquote.csv

# bytes that are no text
{ cat good.csv; printf 'sku\000x,2023-03-01,1,2\n'; } >nul.csv
kept 'a NUL byte' 0 nul.csv
head -c 30000 "$SKUA" >program.csv
refused 3 'program.csv' program.csv
printf 'PK\003\004' >book.xlsx && head -c 4000 "$SKUA" >>book.xlsx
refused 3 'book.xlsx.*spreadsheet.*Save the sheet as .CSV' book.xlsx
printf '\320\317\021\340\241\261\032\341' >book.xls && head -c 4000 "$SKUA" >>book.xls
refused 3 'book.xls.*CSV' book.xls
for book in book.xlsx book.xls; do # the same when nobody says what it is
    expect_exit 3 "$SKUA" ingest shop $book
    expect_err "$book.*Save the sheet as .CSV"
done
cp good.csv cut.csv && gzip cut.csv && head -c 100 cut.csv.gz >broken.csv.gz
refused 3 'broken.csv.gz' broken.csv.gz
printf '{"item": "a", "ds": ' >broken.json
refused 3 'broken.json' broken.json
printf 'PAR1xxxxxxxxPAR1' >broken.parquet
refused 3 'broken.parquet' broken.parquet

# limits
{ head -1 good.csv; printf 'sku01,2023-01-02,1,'; head -c 20000000 /dev/zero | tr '\0' 7; echo; } >long.csv
refused 3 'long.csv:2: a line of more than 16 MB' long.csv
python3 -c 'print(",".join(f"c{i}" for i in range(200000)))
print(",".join("1" for i in range(200000)))' >wide.csv
refused 3 'wide.csv:1: 200000 columns, at most 4096' wide.csv

# duplicate columns
sed -e '1s/.*/item,ds,units,units/' good.csv >double.csv
refused 3 'double.csv.*units' double.csv

# nothing that can be a quantity, a day
printf 'item,ds\na,2023-01-01\n' >nounits.csv
refused 3 'nounits.csv.*units' nounits.csv
printf 'item,ds,units\na,soon,1\nb,later,2\n' >nodates.csv
refused 3 'nodates.csv.*(ds|date|day)' nodates.csv

# days of other centuries, infinities: kept apart as rejects, with line and reason
{ head -1 good.csv; printf 'sku01,%s,1,2\n' 1900-01-01 2500-01-01 2023-02-07; } >centuries.csv
expect_exit 0 "$SKUA" ingest shop --sales centuries.csv --json
expect_json 'd["files"][0]["added"] == 1 and d["files"][0]["rejected"] == 2'
expect_json '[r["line"] for r in d["rejects"]] == [2, 3] and all("1950" in r["why"] for r in d["rejects"])'
{ head -1 good.csv; printf 'sku01,2023-02-08,%s,2\n' inf -inf NaN 1e999; echo 'sku01,2023-02-09,4,inf'; echo 'sku01,2023-02-10,4,2'; } >infinite.csv
expect_exit 0 "$SKUA" ingest shop --sales infinite.csv --json
expect_json '[r["line"] for r in d["rejects"]] == [2, 3, 5, 6] and all("infinite" in r["why"] for r in d["rejects"])'
expect_exit 0 "$SKUA" show shop --json
expect_json '[t["last"] for t in d["tables"] if t["table"] == "sales"] == ["2023-02-10"]'

# dates that can be told
init_and_count() { # init_and_count ROWS FIRST LAST FILE [OPTION...]
    local rows=$1 first=$2 last=$3 file=$4
    shift 4
    rm -rf fresh
    "$SKUA" init fresh >/dev/null
    expect_exit 0 "$SKUA" ingest fresh --sales "$file" "$@"
    expect_exit 0 "$SKUA" show fresh --json
    expect_json "[(t['rows'], t['first'], t['last']) for t in d['tables'] if t['table'] == 'sales'] == [($rows, '$first', '$last')]"
}
printf 'item,ds,units\n' | tee mixed.csv serial.csv dmy.csv mdy.csv bom.csv crlf.csv >/dev/null
printf 'a,%s,1\n' 2023-01-14 2023-01-15 15/01/2023 16.1.23 2023-01-17 2023-01-18 >>mixed.csv
rm -rf fresh && "$SKUA" init fresh >/dev/null
expect_exit 0 "$SKUA" ingest fresh --sales mixed.csv --json
expect_json 'd["files"][0]["added"] == 4 and [r["line"] for r in d["rejects"]] == [4, 5]'
# two orders of day and month: those up to 12 could be either
printf 'item,ds,units\na,13/01/2023,1\na,14/01/2023,2\nb,01/15/2023,3\n' >orders.csv
BEFORE=$(state shop)
refused 3 'orders.csv:4: .*ds.* mixes two orders of dates: 13/01/2023 .line 2.' orders.csv
init_and_count 2 2023-01-13 2023-01-14 orders.csv --date-format dmy
printf 'a,%s,1\n' 44927 44928 44929 >>serial.csv
init_and_count 3 2023-01-01 2023-01-03 serial.csv
printf 'a,%s,1\n' 13.01.2023 14.01.2023 1.2.2023 >>dmy.csv
init_and_count 3 2023-01-13 2023-02-01 dmy.csv
printf 'a,%s,1\n' 1/13/2023 1/14/2023 2/1/2023 >>mdy.csv
init_and_count 3 2023-01-13 2023-02-01 mdy.csv
{ printf '\357\273\277'; cat good.csv; } >bom.csv
init_and_count 60 2023-01-02 2023-01-31 bom.csv
sed 's/$/\r/' good.csv >crlf.csv
init_and_count 60 2023-01-02 2023-01-31 crlf.csv
tr '\n' '\r' <good.csv >cr.csv
init_and_count 60 2023-01-02 2023-01-31 cr.csv
printf 'item;ds;units\na;2023-01-01;1.234,5\na;2023-01-02;2,25\n' >comma.csv
init_and_count 2 2023-01-01 2023-01-02 comma.csv
printf 'item,ds,units\n"a, ""b""\nc",2023-01-01,1\na,2023-01-02,2' >quoted.csv
init_and_count 2 2023-01-01 2023-01-02 quoted.csv
# day and month cannot be told: it is said which was taken
printf 'item,ds,units\na,01/02/2023,1\na,02/02/2023,1\na,03/02/2023,1\n' >unclear.csv
rm -rf fresh && "$SKUA" init fresh >/dev/null
expect_exit 0 "$SKUA" ingest fresh --sales unclear.csv
expect_out 'taken as day-month'

# a workspace of a newer version
"$SKUA" init newer >/dev/null
sed -i -E 's/^(version|skua): *[0-9]+/\1: 99/' newer/skua.yaml
expect grep -q 99 newer/skua.yaml
for verb in show train forecast check backtest; do
    expect_exit 4 "$SKUA" $verb newer
    expect_err 'newer.*(newer|version)'
done
expect_exit 4 "$SKUA" ingest newer --sales good.csv
expect_err 'newer.*(newer|version)'

# a damaged database, a missing one
cp -r shop damaged
head -c 20000 "$SKUA" >damaged/shop.duckdb
expect_exit 4 "$SKUA" show damaged
expect_err 'damaged'
rm damaged/shop.duckdb
expect_exit 4 "$SKUA" show damaged
expect_err 'damaged'
expect test ! -e damaged/shop.duckdb

# a file that is a folder, one that may not be read
mkdir folder.csv
run "$SKUA" ingest shop --sales folder.csv
expect test "$CODE" -ge 2
if [ "$(id -u)" -ne 0 ]; then
    cp good.csv secret.csv && chmod a-r secret.csv
    refused 4 'secret.csv' secret.csv
fi

# a folder that may not be written, a disk that is full: the shop is as it was
if [ "$(id -u)" -eq 0 ] && mkdir full && mount -t tmpfs -o size=12m tmpfs full 2>/dev/null; then
    MOUNTS+=("$PWD/full")
    "$SKUA" init full/shop >/dev/null
    "$SKUA" ingest full/shop --sales good.csv >/dev/null
    before=$(state full/shop)
    python3 - >many.csv <<'PYTHON'
import random
random.seed(1)
print("item,ds,units,price")
for i in range(120):
    for t in range(3000):
        print(f"i{i},{2000 + t // 366}-{t % 366 // 31 + 1:02d}-{t % 366 % 28 + 1:02d},{random.random():.12f},{random.random():.12f}")
PYTHON
    expect_exit 4 "$SKUA" ingest full/shop --sales many.csv
    expect_err 'full|space'
    expect_same "the shop on a full disk" "$before" "$(state full/shop)"
    expect_exit 4 "$SKUA" ingest full/shop --sales - <many.csv
    expect_same "the shop on a full disk" "$before" "$(state full/shop)"
    expect_same "what is left there" "$(cd full/shop && ls)" "$(cd full/shop && ls | grep -v ingest-)"
    mount -o remount,ro full
    expect_exit 4 "$SKUA" ingest full/shop --sales good.csv --again
    expect_err 'full/shop.*(read-only|Read-only)'
    expect_exit 4 "$SKUA" init full/other
    expect_err 'full/other.*(read-only|Read-only)'
    expect_exit 0 "$SKUA" show full/shop
elif [ "$(id -u)" -ne 0 ]; then
    cp -r shop sealed && chmod -R a-w sealed
    expect_exit 4 "$SKUA" ingest sealed --sales comma.csv
    expect_err 'sealed'
fi

# two commands at once: the second waits, and says who holds the shop when it gives up
mkfifo slow.csv
"$SKUA" ingest shop --sales - <slow.csv >/dev/null 2>&1 &
first=$!
exec 9>slow.csv
head -1 good.csv >&9
for _ in $(seq 100); do grep -q ingest shop/lock 2>/dev/null && break; sleep 0.1; done
expect_exit 4 "$SKUA" ingest shop --sales good.csv --wait 0s
expect_err "shop.*(held|busy|use).*$first"
"$SKUA" ingest shop --sales comma.csv --wait 60s >second 2>&1 9>&- &
second=$!
echo 'sku09,2023-02-11,7,3' >&9
exec 9>&-
wait $first
expect_same "exit codes of the first" 0 $?
wait $second
expect_same "exit codes of the second" 0 $?
expect_exit 0 "$SKUA" show shop --json
expect_json '[t["last"] for t in d["tables"] if t["table"] == "sales"] == ["2023-02-11"]'
