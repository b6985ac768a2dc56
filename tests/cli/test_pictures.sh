# embed: items' pictures into vectors, only what changed; bombs, broken files, paths that lead out and
# addresses are named with their item, and the rest goes on.
. "$(dirname "$0")/lib.sh"
golden=$SKUA_SOURCE/tests/golden/picture

"$SKUA" init shop >/dev/null || exit 1
mkdir -p files/pictures secret
cp "$golden/plain.jpg" files/pictures/A.jpg
cp "$golden/alpha.png" files/pictures/B.png
cp "$golden/lossless.webp" files/pictures/C.webp
cp "$golden/plain.gif" files/pictures/D.gif
cp "$golden/huge.png" files/pictures/E.png
cp "$golden/cut_plain.jpg" files/pictures/F.jpg
cp "$golden/text.jpg" files/pictures/G.jpg
cp "$golden/plain.png" secret/H.png
ln -s ../../secret/H.png files/pictures/I.png
mkfifo files/pictures/K.png
cat >files/items.csv <<'CSV'
item,title,image
A,Red cotton dress,pictures/A.jpg
B,Blue cotton dress,pictures/B.png
C,Ceramic mug,pictures/C.webp
D,Kettle,pictures/D.gif
E,Lamp,pictures/E.png
F,Towel,pictures/F.jpg
G,Scarf,pictures/G.jpg
H,Hat,../secret/H.png
I,Belt,pictures/I.png
J,Glove,https://example.org/J.jpg
K,Sock,pictures/K.png
L,Shoe,pictures/nowhere.png
M,Plate,
CSV
expect_exit 0 "$SKUA" ingest shop --items files/items.csv
expect_exit 0 "$SKUA" embed shop --modality image --json
expect_json 'd["pictures"]["model"] == "descriptors" and d["pictures"]["items"] == 12'
expect_json 'd["pictures"]["encoded"] == 12 and d["pictures"]["unreadable"] == 8 and "modality" not in d'
problem() { expect_json "any(p['item'] == '$1' and '$2' in p['why'] for p in d['pictures']['problems'])"; }
problem E '50000 x 50000'
problem F 'cut short'
problem G 'is no picture'
problem H 'outside'
problem I 'outside'
problem J 'network'
problem K 'is no file'
problem L 'is not there'
expect_same "vectors of pictures" "$(rows shop vectors)" 4

# again: nothing to do; a changed file, a file that is right now, an item without its picture: those
expect_exit 0 "$SKUA" embed shop --modality image --json
expect_json 'd["pictures"]["encoded"] == 0 and d["pictures"]["unchanged"] == 12 and d["pictures"]["unreadable"] == 8'
cp "$golden/plain.png" files/pictures/A.jpg
cp "$golden/grey.jpg" files/pictures/F.jpg
expect_exit 0 "$SKUA" embed shop --modality image --json
expect_json 'd["pictures"]["encoded"] == 2 and d["pictures"]["unreadable"] == 7'
expect_same "vectors after a change" "$(rows shop vectors)" 5
expect_exit 0 "$SKUA" embed shop --modality image --picture-folder secret --json
expect_json 'd["pictures"]["encoded"] == 2 and d["pictures"]["unreadable"] == 5'
expect_exit 4 "$SKUA" embed shop --modality image --encoder somewhere
expect_err 'somewhere/config.json'
# by a picture encoder's folder, beside the descriptors
vision=$SKUA_SOURCE/tests/golden/vision_model
expect_exit 0 "$SKUA" embed shop --modality image --picture-folder secret --encoder "$vision/vit" --json
expect_json 'd["pictures"]["model"] == "vit" and d["pictures"]["width"] == 8 and d["pictures"]["encoded"] == 12'
expect_exit 0 "$SKUA" embed shop --modality image --picture-folder secret --encoder "$vision/vit" --json
expect_json 'd["pictures"]["encoded"] == 0 and d["pictures"]["unchanged"] == 12'
expect_exit 0 "$SKUA" embed shop --modality image --picture-folder secret --encoder "$vision/clip_projected" --threads 2 --json
expect_json 'd["pictures"]["model"] == "clip_projected" and d["pictures"]["width"] == 6'
expect_exit 3 "$SKUA" embed shop --modality image --encoder "$SKUA_SOURCE/tests/golden/text_model/bert"
expect_err "bert/config.json: the model_type 'bert' is no picture encoder"
expect_exit 4 "$SKUA" embed shop --modality image --picture-folder nowhere
expect_err 'nowhere'

# a check tells them: what cannot be read, and two items with one picture (A was given B's)
cp "$golden/plain.png" files/pictures/C.webp
printf 'item,channel,ds,units\n' >sales.csv
for i in $(seq 10 28); do printf 'A,web,2026-01-%s,3\n' "$i"; done >>sales.csv
expect_exit 0 "$SKUA" ingest shop --sales sales.csv
expect_exit 0 "$SKUA" embed shop --modality image
expect_exit 0 "$SKUA" check shop --json
kind() { expect_json "[k for k in d['kinds'] if k['kind'] == '$1'][0]['count'] == $2"; }
kind picture 7
kind same-picture 1
expect_json "[k for k in d['kinds'] if k['kind'] == 'same-picture'][0]['example'] == 'C'"

# by default whatever there is; people read which pictures failed
expect_exit 0 "$SKUA" embed shop --json
expect_json 'd["modality"] == "text" and d["items"] == 13 and d["pictures"]["items"] == 12'
COLUMNS=200 expect_exit 0 "$SKUA" embed shop
expect_out 'E: pictures/E.png has 50000 x 50000 pixels'
SKUA_VIPS=/nowhere.so expect_exit 0 "$SKUA" embed shop --json
expect_json '"libvips42" in d["pictures_left_out"]'
SKUA_VIPS=/nowhere.so expect_exit 4 "$SKUA" embed shop --modality image
expect_err 'libvips42'

# a folder of pictures named after their items, and a shop without any
"$SKUA" init other >/dev/null || exit 1
expect_exit 3 "$SKUA" embed other --modality image
expect_err 'no item has a picture.*--images'
expect_exit 0 "$SKUA" ingest other --images files/pictures
cd secret && expect_exit 0 "$SKUA" embed ../other --modality image --json && cd ..
expect_json 'd["pictures"]["encoded"] + 0 >= 7'
