# ingest: what a file is taken for is shown, the same file twice changes nothing, corrections and
# repeated rows are counted, several files and standard input work, results and talk stay apart.
. "$(dirname "$0")/lib.sh"

"$SKUA" init shop >/dev/null || exit 1
make_sales 20 3 >sales.csv

expect_exit 0 "$SKUA" ingest shop --sales sales.csv --dry-run --json
expect_json 'd["files"][0]["status"] == "would be ingested" and len(d["files"][0]["mapping"]) == 4'
expect_exit 0 "$SKUA" ingest shop --sales sales.csv --dry-run
expect_out 'sales.csv: would be ingested'
expect_same "rows after a dry run" "$(rows shop sales)" 0

expect_exit 0 "$SKUA" ingest shop --sales sales.csv --json
expect_json 'd["verb"] == "ingest" and len(d["files"]) == 1'
expect_json 'd["files"][0]["table"] == "sales" and d["files"][0]["added"] == 60'
expect_json '{m["column"]: m["role"] for m in d["files"][0]["mapping"]} == {"item": "item", "ds": "ds", "units": "units", "price": "price"}'
expect_same rows "$(rows shop sales)" 60

# the same again
once=$(state shop)
expect_exit 0 "$SKUA" ingest shop --sales sales.csv --json
expect_json 'd["files"][0]["status"] == "already ingested" and d["added"] == 0'
expect_same "the shop after the same file" "$once" "$(state shop)"
cp sales.csv copy.csv && echo >>copy.csv
expect_exit 0 "$SKUA" ingest shop --sales copy.csv --json
expect_json 'd["files"][0]["added"] == 0 and d["files"][0]["unchanged"] == 60'
expect_same "the shop after the same rows" "$once" "$(state shop)"

# corrections and new rows
{ head -1 sales.csv; echo 'sku01,2023-01-02,99,11.00'; echo 'sku01,2023-01-03,98,11.00'; echo 'sku09,2023-01-05,7,11.00'; } >more.csv
expect_exit 0 "$SKUA" ingest shop --sales more.csv --json
expect_json '(d["files"][0]["corrected"], d["files"][0]["added"]) == (2, 1)'
expect_same rows "$(rows shop sales)" 61
expect_exit 0 "$SKUA" ingest shop --sales more.csv
expect_same rows "$(rows shop sales)" 61

# a key twice inside one file is a finding
{ head -1 sales.csv; echo 'sku10,2023-01-02,1,5'; echo 'sku10,2023-01-02,2,5'; } >twice.csv
expect_exit 0 "$SKUA" ingest shop --sales twice.csv --json
expect_json 'd["files"][0]["duplicates"] == 1 and d["files"][0]["added"] == 1'

# rows that cannot be read are kept and counted
{ head -1 sales.csv; echo 'sku11,2023-01-02,five,5'; echo 'sku11,2023-02-30,2,5'; echo 'sku11,2023-01-04,3,5'; } >odd.csv
expect_exit 0 "$SKUA" ingest shop --sales odd.csv --json
expect_json 'd["files"][0]["rejected"] == 2 and d["files"][0]["added"] == 1'
expect_json '[r["line"] for r in d["rejects"]] == [2, 3]'
expect_json '"five" in d["rejects"][0]["why"]'
expect_same rejects "$(rows shop rejects)" 2
cp odd.csv odd2.csv && sed -i s/sku11/sku12/ odd2.csv
COLUMNS=60 expect_exit 0 "$SKUA" ingest shop --sales odd2.csv
expect_out 'line 2: .*five'
expect_out '1 new'
expect_width 60

# inferred, mapped, overridden
expect_exit 0 "$SKUA" init second
sed -e '1s/.*/store_product,when_sold,how many,asked/' sales.csv >strange.csv
expect_refused 2 "strange.csv.*no column 'nosuch'" second "$SKUA" ingest second strange.csv --table sales --map item=nosuch
expect_exit 0 "$SKUA" ingest second strange.csv --table sales --map "item=store_product,ds=when_sold,units=how many,price=asked" --json
expect_json 'd["files"][0]["added"] == 60'
for header in unique_id,ds,y,price item_id,timestamp,target,price sku,date,sales,price; do
    rm -rf third && "$SKUA" init third >/dev/null
    sed -e "1s/.*/$header/" sales.csv >conventional.csv
    expect_exit 0 "$SKUA" ingest third conventional.csv --json
    expect_json 'd["files"][0]["table"] == "sales" and d["files"][0]["added"] == 60'
done
expect_exit 0 "$SKUA" show third --json
expect_json 'd["panel"]["series"] == 3 and d["panel"]["frequency"] == "day"'

# globs, several files, standard input, gzip
rm -rf fourth && "$SKUA" init fourth >/dev/null
mkdir parts
for i in 1 2 3; do { head -1 sales.csv; grep "sku0$i" sales.csv; } >parts/s$i.csv; done
gzip parts/s3.csv
expect_exit 0 "$SKUA" ingest fourth --sales 'parts/*.csv*' --json
expect_json 'sorted(f["file"] for f in d["files"]) == ["parts/s1.csv", "parts/s2.csv", "parts/s3.csv.gz"]'
expect_json 'sum(f["added"] for f in d["files"]) == 60'
sed s/sku/kks/ sales.csv >stream.csv
expect_exit 0 "$SKUA" ingest fourth --sales - --json <stream.csv
expect_json 'd["files"][0]["added"] == 60'
expect_refused 2 'standard input' fourth "$SKUA" ingest fourth - <stream.csv
gzip -c sales.csv | sed s/x/x/ >piped.gz
expect_exit 0 "$SKUA" ingest fourth --sales - --json <piped.gz
expect_json 'd["files"][0]["unchanged"] == 60'
expect_refused 4 'none\*' fourth "$SKUA" ingest fourth --sales 'parts/none*.csv'
expect_refused 4 'nofile.csv' fourth "$SKUA" ingest fourth --sales nofile.csv
expect_refused 2 'no file given' fourth "$SKUA" ingest fourth

# -q is silent on standard error
sed s/sku/quiet/ sales.csv >quiet.csv
expect_exit 0 "$SKUA" ingest fourth --sales quiet.csv -q
expect test ! -s err

# -- what can be said about a file ------------------------------------------------------------------
"$SKUA" init said -q >/dev/null 2>&1
printf 'a,2024-03-01,1\na,2024-03-01,2\na,2024-03-02,4\n' >bare.csv
expect_exit 0 "$SKUA" ingest said --sales bare.csv --header no --map item=column1,ds=column2,units=column3 --duplicates sum --json
expect_json 'd["files"][0]["added"] == 2 and d["files"][0]["duplicates"] == 1 and not d["files"][0]["header"]'
expect_exit 0 "$SKUA" ingest said --sales bare.csv --header no --map item=column1,ds=column2,units=column3 --duplicates sum --json
expect_json 'd["skipped"] == 1'
expect_exit 0 "$SKUA" ingest said --sales bare.csv --header no --map item=column1,ds=column2,units=column3 --duplicates sum --again --json
expect_json 'd["skipped"] == 0 and d["unchanged"] == 2'
expect_exit 0 "$SKUA" ingest said --sales bare.csv --header no --map item=column1,ds=column2,units=column3 --duplicates first --json
expect_json 'd["corrected"] == 1' # 3 units become 1
printf 'item,d_1,d_2,d_3\nb,5,6,7\n' >wide.csv
expect_exit 0 "$SKUA" ingest said --sales wide.csv --first-day 2024-03-01
expect_exit 0 "$SKUA" show said --json
expect_json '[(t["rows"], t["last"]) for t in d["tables"] if t["table"] == "sales"] == [(5, "2024-03-03")]'
expect_exit 2 "$SKUA" ingest said --sales wide.csv --first-day yesterday
expect_err 'yesterday'
expect_exit 2 "$SKUA" ingest said --sales wide.csv --known-at yesterday
expect_err 'yesterday'

# -- partitions: columns that folders say ---------------------------------------------------------------
"$SKUA" init parted -q >/dev/null
for day in 2024-05-01 2024-05-02; do
    mkdir -p "hive/channel=a%20b/dt=$day/year=2024" "hive/channel=web/dt=$day/year=2024"
    printf 'item,units\nx,3\ny,4\n' | tee "hive/channel=a%20b/dt=$day/year=2024/f.csv" >"hive/channel=web/dt=$day/year=2024/f.csv"
done
printf '[{"item":"z","units":5,"channel":"own"}]' >"hive/channel=web/dt=2024-05-02/year=2024/g.json"
mkdir hive/other && printf 'item,units\nno,1\n' >hive/other/f.csv # no partition: not looked into
expect_exit 0 "$SKUA" ingest parted --sales hive --json # files of the same bytes are other rows
expect_json 'len(d["files"]) == 5 and d["added"] == 9 and d["skipped"] == 0'
expect_json '{m["column"] for m in d["files"][0]["mapping"]} == {"item", "units", "channel", "dt"}' # a year says nothing
expect_exit 0 "$SKUA" ingest parted --sales hive --json
expect_json 'd["skipped"] == 5 and d["added"] == 0'
expect_exit 0 "$SKUA" ingest parted --sales "hive/channel=*" --json
expect_json 'd["skipped"] == 5 and d["added"] == 0'
expect_exit 0 "$SKUA" ingest parted --sales "hive/channel=web/*/*/*.csv"
expect_out 'channel=web/dt=2024-05-01/year=2024/f.csv'
expect_exit 0 "$SKUA" forecast parted --horizon 1 -o parted.csv
expect_same "channels of partitions" "$(tail -n +2 parted.csv | cut -d, -f1,2 | sort | tr '\n' ' ')" "x,a b x,web y,a b y,web z,own "

# -- vectors and pictures -----------------------------------------------------------------------------
printf 'item,modality,model,values\na,text,mini,"[0.1, 0.2]"\nb,text,mini,0.3 -4e-1\n' >vectors.csv
expect_exit 0 "$SKUA" ingest said vectors.csv --json
expect_json 'd["files"][0]["table"] == "vectors" and d["added"] == 2'
sed 's/0.2/0.7/' vectors.csv >moved.csv
expect_exit 0 "$SKUA" ingest said --vectors moved.csv --json
expect_json 'd["corrected"] == 1 and d["unchanged"] == 1'
printf 'item,modality,model,values\nc,text,mini,"[1, 2, 3]"\n' >longer.csv
expect_refused 3 'another length' said "$SKUA" ingest said --vectors longer.csv
printf 'item,values\nc,"[1, 2]"\nd,"[1, cat]"\n' >words.csv
expect_refused 3 "words.csv:3: .*'d' are no list of numbers" said "$SKUA" ingest said --vectors words.csv
mkdir -p pictures/b && : >pictures/a.JPG && : >pictures/b/2.png && : >pictures/b/1.png && : >pictures/notes.txt
expect_exit 0 "$SKUA" ingest said --images pictures --json
expect_json 'd["added"] == 2 and d["files"][0]["table"] == "items"'
expect_exit 0 "$SKUA" ingest said --images pictures --json
expect_json 'd["skipped"] == 1'
rm pictures/a.JPG pictures/b/*
expect_refused 3 'pictures: no picture in it' said "$SKUA" ingest said --images pictures
expect_refused 4 'nowhere: there is no such folder' said "$SKUA" ingest said --images nowhere
