# tag: labels from a list, from rules, from examples, from clusters that name themselves; written as tags
# that models see.
. "$(dirname "$0")/lib.sh"

"$SKUA" init shop >/dev/null || exit 1
expect_exit 2 "$SKUA" tag shop
expect_err '\-\-labels.*--clusters'
{
    echo 'item,title,description'
    for i in 1 2 3 4 5 6; do
        for colour in red blue green; do
            echo "D$i$colour,$colour cotton dress $i,a soft summer dress"
            echo "K$i$colour,$colour steel kettle $i,boils water fast"
            echo "F$i$colour,$colour 保湿面霜 $i,滋润"
        done
    done
} >items.csv
printf 'dress\nkettle: steel kettle boils\nface cream: 保湿面霜\n' >labels.txt
expect_exit 3 "$SKUA" tag shop --labels labels.txt
expect_err 'no item has a title'
expect_exit 0 "$SKUA" ingest shop --items items.csv
expect_exit 2 "$SKUA" tag shop --labels labels.txt --clusters 3
expect_exit 4 "$SKUA" tag shop --labels nowhere.txt

# zero-shot
expect_exit 0 "$SKUA" tag shop --labels labels.txt --tag type --json
expect_json 'd["tag"] == "type" and d["items"] == 54 and d["tagged"] == 54 and d["sources"] == {"name": 54}'
expect_json '[l["items"] for l in d["labels"]] == [18, 18, 18]'
expect_json 'd["labels"][1]["item"].startswith("K") and d["labels"][2]["item"].startswith("F")'
expect_exit 0 "$SKUA" tag shop --labels labels.txt --tag type --least-score 0.99 --json
expect_json 'd["tagged"] < 54'

# rules: whole words, any case; the first that fits
printf '# colours\nwarm: RED | orange\ncold: blue | reen\n' >rules.txt
expect_exit 0 "$SKUA" tag shop --rules rules.txt --tag tone --json
expect_json 'd["tagged"] == 36 and [l["items"] for l in d["labels"]] == [18, 18]'
printf 'nothing\n' >bad.txt
expect_exit 3 "$SKUA" tag shop --rules bad.txt
expect_err 'bad.txt:1: a rule is'

# examples stand, and teach
printf 'item,label\nD1red,kitchen\nK1red,kitchen\nK2red,kitchen\nF1red,bath\n' >examples.csv
expect_exit 0 "$SKUA" tag shop --examples examples.csv --tag room --json
expect_json 'd["sources"]["given"] == 4 and d["sources"]["examples"] == 50'
expect_json '{l["label"]: l["items"] for l in d["labels"]}["bath"] == 18'
echo 'a,b' >bad.csv
expect_exit 3 "$SKUA" tag shop --examples bad.csv
expect_err 'bad.csv: examples are a CSV file'

# clusters
expect_exit 0 "$SKUA" tag shop --clusters 3 --tag group --json
expect_json 'sorted(l["items"] for l in d["labels"]) == [18, 18, 18] and d["sources"] == {"cluster": 54}'
expect_json 'any("kettle" in l["label"] for l in d["labels"])'
COLUMNS=60 expect_exit 0 "$SKUA" tag shop --clusters 3 --tag group
expect_out "tag 'group'"

# models see tags
{
    echo 'item,channel,ds,units'
    for day in $(seq 10 30); do for item in D1red K1red F1red D2red K2red; do echo "$item,web,2026-01-$day,$((day % 5))"; done; done
} >sales.csv
expect_exit 0 "$SKUA" ingest shop --sales sales.csv
expect_exit 0 "$SKUA" train shop --preset fast --horizon 3 --json
