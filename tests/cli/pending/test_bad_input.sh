# Bad input: a sentence that says what and where, the right exit code, the workspace as it was.
. "$(dirname "$0")/lib.sh"

"$SKUA" init shop >/dev/null || exit 1
make_sales 30 2 >good.csv
"$SKUA" ingest shop --sales good.csv >/dev/null || exit 1

refused() { # refused CODE PATTERN FILE [OPTION...]
    local code=$1 pattern=$2 file=$3
    shift 3
    expect_refused "$code" "$pattern" shop "$SKUA" ingest shop --sales "$file" "$@"
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
{ head -1 good.csv; echo '"sku01,2023-01-02,1,2'; tail -5 good.csv; } >quote.csv
refused 3 'quote.csv' quote.csv

# bytes that are no text
{ cat good.csv; printf 'sku\000x,2023-03-01,1,2\n'; } >nul.csv
expect_exit 3 "$SKUA" ingest shop --sales nul.csv
expect_err 'nul.csv'
head -c 30000 "$SKUA" >program.csv
refused 3 'program.csv' program.csv
printf 'PK\003\004' >book.xlsx && head -c 4000 "$SKUA" >>book.xlsx
refused 3 'book.xlsx.*(save|export).*CSV' book.xlsx
printf '\320\317\021\340\241\261\032\341' >book.xls && head -c 4000 "$SKUA" >>book.xls
refused 3 'book.xls.*CSV' book.xls
cp good.csv cut.csv && gzip cut.csv && head -c 100 cut.csv.gz >broken.csv.gz
refused 3 'broken.csv.gz' broken.csv.gz
printf '{"item": "a", "ds": ' >broken.json
refused 3 'broken.json' broken.json
printf 'PAR1xxxxxxxxPAR1' >broken.parquet
refused 3 'broken.parquet' broken.parquet

# limits
{ head -1 good.csv; printf 'sku01,2023-01-02,1,'; head -c 20000000 /dev/zero | tr '\0' 7; echo; } >long.csv
refused 3 'long.csv.*(line 2|16 MB|16 MiB).*' long.csv
python3 -c 'print(",".join(f"c{i}" for i in range(200000)))
print(",".join("1" for i in range(200000)))' >wide.csv
refused 3 'wide.csv.*(200[ ,]?000|4[ ,]?096)' wide.csv

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
{ head -1 good.csv; printf 'sku01,2023-02-08,%s,2\n' inf -inf NaN 1e999; echo 'sku01,2023-02-09,4,inf'; echo 'sku01,2023-02-10,4,2'; } >infinite.csv
expect_exit 0 "$SKUA" ingest shop --sales infinite.csv --json
expect_json 'd["files"][0]["added"] in (1, 2) and d["files"][0]["rejected"] >= 3'
expect_exit 0 "$SKUA" show shop --json
expect_json '[(t["first"], t["last"]) for t in d["tables"] if t["table"] == "sales"] == [("2023-01-02", "2023-02-10")]'

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
printf 'a,%s,1\n' 2023-01-14 15/01/2023 16/01/2023 2023-01-17 >>mixed.csv
rm -rf fresh && "$SKUA" init fresh >/dev/null
run "$SKUA" ingest fresh --sales mixed.csv --json
if [ "$CODE" -eq 0 ]; then
    expect_json 'd["files"][0]["added"] + d["files"][0]["rejected"] == 4 and (d["files"][0]["added"] == 4 or d["files"][0]["rejected"] == 2)'
else
    expect_exit 3 "$SKUA" ingest fresh --sales mixed.csv
    expect_err 'mixed.csv.*(line [0-9]|ds|date)'
fi
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
expect_out 'day-month|month-day'

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
