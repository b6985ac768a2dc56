# skua cause --event: a planted event is found, one that did nothing is not; --graph items: links in a
# table; both say what they lack, and options that do not belong are refused.
. "$(dirname "$0")/lib.sh"

# 20 items over 200 days; from 2024-05-20 on a00 .. a03 sell half as much again
for t in $(seq 0 199); do echo "2024-01-01 + $t days"; done | date -f - +%F | awk 'BEGIN { print "item,ds,units,price" }
    { for (i = 0; i < 20; i++) printf "a%02d,%s,%d,10\n", i, $1, (20 + i + 4 * (NR % 7 > 4) + (i * 37 + NR * 91) % 13) * (i < 4 && NR > 140 ? 1.5 : 1) }' >sales.csv
"$SKUA" init shop -q >/dev/null || exit 1
"$SKUA" ingest shop --sales sales.csv -q >/dev/null || exit 1
expect_exit 0 "$SKUA" cause shop --threads 1 -q --event 2024-05-20 --treated a00,a01,a02,a03
expect_out 'Differences in differences: the touched items sold 5[0-9] % more'
expect_out '双重差分：与没有该事件时相比，受影响商品的销量增加 5'
expect_out 'Synthetic control: the touched items sold [45][0-9] % more'
expect_exit 0 "$SKUA" cause shop --threads 1 -q --json --event 2024-05-20 --treated a00,a01,a02,a03 --before 7
expect_out '"periods_before":7'
expect_out '"synthetic_unknown"'
expect_out '"synthetic_unknown_zh"'
expect_exit 0 "$SKUA" cause shop --threads 1 -q --json --event 2024-05-20 --event-end 2024-06-02 --treated a00
expect_out '"to":"2024-06-02'
expect_out '"difference_unknown"'
expect_out '双重差分至少需要'
expect_exit 0 "$SKUA" cause shop --threads 1 -q --event 2024-04-15 --event-end 2024-05-05 --treated a10,a11
expect grep -qE 'Differences in differences: the touched items sold [0-3] % (more|less)' out
expect_exit 2 "$SKUA" cause shop -q --event 2024-13-20 --treated a00
expect_exit 2 "$SKUA" cause shop -q --event 2024-05-20 --treated a0O
expect_err 'did you mean'
expect_exit 2 "$SKUA" cause shop -q --event 2024-05-20
expect_err 'treated'
expect_exit 2 "$SKUA" cause shop -q --treated a00
expect_err 'belong to --event'
expect_exit 2 "$SKUA" cause shop -q --event 2024-05-20 --treated a00 -o page.html
expect_exit 3 "$SKUA" cause shop -q --event 2031-05-20 --treated a00
expect_err 'history goes from'
expect_exit 3 "$SKUA" cause shop -q --graph items
expect_err 'two different items'

# under the simulated choice items of a group are substitutes, and orders join items of a group
"$SKUA" simulate files --items 16 --days 700 --channels 3 --law choice --rows orders --threads 1 --seed 3 -q >/dev/null || exit 1
"$SKUA" init choice -q >/dev/null || exit 1
for f in items promotions orders; do "$SKUA" ingest choice --$f files/$f.csv -q >/dev/null || exit 1; done
expect_exit 0 "$SKUA" cause choice --threads 1 -q --graph items --json
expect_out '"price_cut_of_a_tenth"'
tr '{}' '\n\n' <out >lines
expect awk -F'"' '$16 == "prices" { n[$12]++ }
    END { print n["substitutes"], n["complements"]; exit !(n["substitutes"] >= 3 && n["substitutes"] > 2 * n["complements"]) }' lines
expect awk -F'[,"]+' 'NR == FNR { group[$1] = $2; next } /"evidence":"baskets"/ && /complements/ { n++; right += group[$4] == group[$7] }
    END { print n, right; exit !(n >= 10 && right >= 0.8 * n) }' files/truth/items.csv lines
# the stored links keep what they tie to a touched item from being a control
expect_exit 0 "$SKUA" cause choice --threads 1 -q --json --event 2024-05-01 --treated I000011
expect grep -q '"linked_left_out":[1-9]' out
