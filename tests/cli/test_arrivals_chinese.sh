# New items in Chinese, told by their titles alone: files, embed, a forecast of what has sold nothing
# yet, and the items that it is like as the reason, with their names.
. "$(dirname "$0")/lib.sh"

# 60 items of three kinds, launched through 40 weeks: mugs sell 2 a week, plates 20, lamps 200. No
# category and no price, so that only the words can tell which kind a new one is.
python3 - <<'PY' || exit 1
import datetime, random
random.seed(5)
start = datetime.date(2024, 1, 1)
kinds = [("陶瓷马克杯", 2), ("骨瓷西餐盘", 20), ("护眼学习台灯", 200)]
colours, words = ["红色", "蓝色", "绿色", "白色"], ["北欧风", "简约", "家用", "礼盒装", "新款"]
items, sales = [], []
for i in range(60):
    kind, level = kinds[i % 3]
    first = 0 if i < 15 else random.randrange(8, 40)
    items.append(f"I{i:02},{random.choice(words)}{kind}{random.choice(colours)},{start + datetime.timedelta(weeks=first)}")
    for w in range(first, 44):
        units = max(0, round(level * random.lognormvariate(0, 0.3)))
        sales.append(f"I{i:02},{start + datetime.timedelta(weeks=w)},{units}")
end = start + datetime.timedelta(weeks=44)
items += [f"杯,粉色陶瓷马克杯情侣款,{end}", f"灯,护眼台灯粉色儿童学习,{end}"]
open("items.csv", "w").write("item,title,launch_ds\n" + "\n".join(items) + "\n")
open("sales.csv", "w").write("item,ds,units\n" + "\n".join(sales) + "\n")
PY
"$SKUA" init shop >/dev/null || exit 1
for table in items sales; do "$SKUA" ingest shop --$table $table.csv >/dev/null || exit 1; done
new='{x["name"]: x for x in d["new"]}'

# without vectors nothing tells a mug from a lamp
expect_exit 0 "$SKUA" forecast shop --horizon 6 --json
expect_json "$new['灯']['mean'] < 5 * $new['杯']['mean']"

expect_exit 0 "$SKUA" embed shop --json
expect_json 'd["model"] == "subword" and d["encoded"] == 62'
expect_exit 0 "$SKUA" forecast shop --horizon 6 --json -o forecast.csv
expect_json "$new['灯']['mean'] > 10 * $new['杯']['mean']"
expect_json "$new['杯']['title'] == '粉色陶瓷马克杯情侣款'"
expect_json "all(int(a['name'][1:]) % 3 == 0 for a in $new['杯']['analogues'][:3])"
expect_json "all(int(a['name'][1:]) % 3 == 2 for a in $new['灯']['analogues'][:3])"
expect_json "$new['杯']['note'].startswith('like I')"
expect_same "the reason stands in the file" "$(grep -c '^灯,.*like I' forecast.csv)" 6
COLUMNS=120 expect_exit 0 "$SKUA" forecast shop --horizon 6
expect_out '^杯 +粉色陶瓷马克杯情侣款 .*like I'
expect_width 120
