# init and config: a workspace is made once, its settings are kept, checked, and told with their
# origin.
. "$(dirname "$0")/lib.sh"

expect_exit 0 "$SKUA" init shop --name "Café 猫" --time-zone Asia/Shanghai --currency CNY --country CN,shopping
expect_out 'shop is ready'
expect test ! -s err
for f in skua.yaml shop.duckdb models; do expect test -e shop/$f; done
expect_exit 0 "$SKUA" show shop --json
expect_json 'd["verb"] == "show" and d["name"] == "Café 猫" and d["tables"] == []'
expect_exit 0 "$SKUA" show shop
expect_out 'Café 猫 \(shop\)'
COLUMNS=60 expect_exit 0 "$SKUA" show shop
expect_width 60

before=$(cat shop/skua.yaml)
expect_refused 4 'shop.*(already|there is)' shop "$SKUA" init shop
expect_same "skua.yaml" "$before" "$(cat shop/skua.yaml)"
expect_exit 4 "$SKUA" init shop --json
expect_json 'd["error"]["code"] == 35 and "shop" in d["error"]["message"]'
expect_exit 0 "$SKUA" init other/deeper/shop --json
expect_json 'd["verb"] == "init" and d["done"]'
mkdir empty
expect_exit 0 "$SKUA" init empty
expect_exit 2 "$SKUA" init bad --time-zone Mars/Phobos
expect_err 'Mars/Phobos'
expect test ! -e bad/skua.yaml
expect_exit 2 "$SKUA" init bad --frequency fortnightly
expect_err 'fortnightly'
expect test ! -e bad/skua.yaml
echo x >file
expect_exit 4 "$SKUA" init file
expect_err 'file'
expect_exit 4 "$SKUA" show nowhere
expect_err 'nowhere: no workspace there.*skua init'
mkdir folder
expect_exit 4 "$SKUA" show folder
expect_err 'folder: no workspace there'

# config: default < file < environment < option
expect_exit 0 "$SKUA" config shop --json
expect_json 'len(d["settings"]) > 20'
expect_json '{s["key"]: s["origin"] for s in d["settings"]}["horizon"] == "default"'
expect_json '{s["key"]: s for s in d["settings"]}["time_zone"]["value"] == "Asia/Shanghai"'
echo 'horizon: 11' >>shop/skua.yaml
expect_exit 0 "$SKUA" config shop --json
expect_json '{s["key"]: (s["value"], s["origin"]) for s in d["settings"]}["horizon"] == ("11", "file")'
SKUA_HORIZON=12 expect_exit 0 "$SKUA" config shop --json
expect_json '{s["key"]: (s["value"], s["origin"]) for s in d["settings"]}["horizon"] == ("12", "environment")'
SKUA_SEED=12 expect_exit 0 "$SKUA" config shop --json --seed 13
expect_json '{s["key"]: (s["value"], s["origin"]) for s in d["settings"]}["seed"] == ("13", "option")'
COLUMNS=60 expect_exit 0 "$SKUA" config shop
expect_width 60
expect_out '^horizon +11 +file'
SKUA_HORIZON=lots expect_exit 2 "$SKUA" config shop
expect_err '(HORIZON|horizon).*lots'
echo 'horizn: 11' >>shop/skua.yaml
expect_exit 2 "$SKUA" config shop
expect_err "horizn.*horizon"
printf 'name: [unclosed\n' >shop/skua.yaml
expect_exit 2 "$SKUA" show shop
expect_err 'skua.yaml'
printf '%s\n' "$before" >shop/skua.yaml

# values out of range, and of the wrong kind
expect_exit 2 "$SKUA" forecast shop --horizon -3
expect_err 'horizon.*-3'
expect_exit 2 "$SKUA" forecast shop --horizon 28x
expect_err 'horizon.*28x'
expect_exit 2 "$SKUA" train shop --preset quick
expect_err 'preset.*quick.*fast'
