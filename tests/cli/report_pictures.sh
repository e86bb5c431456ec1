#!/bin/sh
# report_pictures.sh - the pictures of a page are those images of the test set that most runs get wrong, byte by byte, in
# that order, with what they are, how many runs are wrong and what these say; and of each class one that is easy.
set -u
. "${srcdir:-.}/tests/cli/command.sh"
command -v sqlite3 >/dev/null 2>&1 || { echo 'sqlite3 is not installed: nothing reads the page'; exit 77; }

# idx FOLDER NAME N SEED: N images of 6x4, no two alike, and their labels, in turns of 3, then of 2.
idx() {
    mkdir -p "$1"
    n=$(printf '\\%o' "$3")
    { printf "\\0\\0\\10\\3\\0\\0\\0$n\\0\\0\\0\\6\\0\\0\\0\\4" && LC_ALL=C awk -v n="$3" -v seed="$4" 'BEGIN {
        for (k = 0; k < n; k++)
            for (i = 0; i < 24; i++)
                printf "%c", 1 + (seed + 31 * k + 17 * i + 7 * k * i * i) % 251 }'; } >"$1/$2-images"
    { printf "\\0\\0\\10\\1\\0\\0\\0$n" && i=0 && while [ $((i += 5)) -le "$3" ]; do printf '\0\1\2\1\0'; done; } >"$1/$2-labels"
}
mkdir datasets
idx files train 60 1
idx files test 45 50
cat >datasets/mine.yaml <<'END'
summary: a test
classes: 3
shape: [1, 6, 4]
path: ../files
files:
  train_images: {name: train-images}
  train_labels: {name: train-labels}
  test_images: {name: test-images}
  test_labels: {name: test-labels}
END
cat >spec.yaml <<'END'
name: mine
dataset: {name: mine, validation: 6}
model:
  topology:
    input: {channels: 1, height: 6, width: 4}
    blocks: [{layer: {name: dense, out: 4}}, {layer: {name: dense, out: 3}}]
  binarize: {weights: true, activations: true, first: true, last: true}
train: {epochs: 1, batch: 6}
seeds: {count: 3}
run: {measure: false}
sweep: {grid: {model.ste: [identity, clipped]}}
baseline: {model.binarize: none}
END
bnn 0 -q spec.yaml
bnn 0 report -o page.html

is() { n_checks=$((n_checks + 1)); [ "$1" = "$2" ] || wrong "expected $2, got $1"; }
sed -n 's/.* id="data">\(.*\)<\/script>.*/\1/p' page.html >data.json
# pictures KIND COLUMNS: of the images that are hard, or easy, in the order of the page.
pictures() {
    sqlite3 -separator ' ' :memory: "SELECT $2 FROM json_each(json_extract(CAST(readfile('data.json') AS TEXT), '\$[0].images.$1'))
        ORDER BY key"
}
own() { printf "json_extract(value, '\$.%s')" "$1"; }

# ---- their bytes -------------------------------------------------------------------------------------
is "$(sqlite3 :memory: "SELECT json_extract(CAST(readfile('data.json') AS TEXT), '\$[0].images.shape')")" '[1,6,4]'
pictures hard "$(own image), $(own class), $(own pixels)" >hard
pictures easy "$(own image), $(own class), $(own pixels)" >easy
is "$(wc -l <hard)" 24
is "$(awk '{ print $2 }' easy | tr '\n' ' ')" '0 1 2 '
cat hard easy >all
while read -r image class pixels; do
    n_checks=$((n_checks + 1))
    echo "$pixels" | base64 -d >shown
    tail -c +$((17 + 24 * image)) files/test-images | head -c 24 >wanted
    cmp -s shown wanted || wrong "picture $image has other bytes than that image"
    is "$class" "$(tail -c +$((9 + image)) files/test-labels | head -c 1 | od -An -tu1 | tr -d ' ')"
done <all

# ---- which these are, and what is said of them -------------------------------------------------------
sqlite3 -separator ' ' bnnrun.db "WITH RECURSIVE image(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM image WHERE i < 44),
    said AS (SELECT i, hex(substr(true_classes, i + 1, 1)) AS own, hex(substr(predicted_classes, i + 1, 1)) AS other
             FROM image CROSS JOIN run_prediction),
    taken AS (SELECT i, other, count(*) AS n FROM said WHERE own <> other GROUP BY i, other)
    SELECT i, sum(n), group_concat('[' || (other + 0) || ',' || n || ']') FROM taken GROUP BY i ORDER BY sum(n) DESC, i" >wrong_by_image
head -n 24 wrong_by_image | sed 's/ \([^ ]*\)$/ [\1]/' >wanted
pictures hard "$(own image), $(own wrong), $(own taken)" >shown
is "$(cat shown)" "$(cat wanted)"
# Of a class no other image is less often wrong.
pictures easy "$(own image), $(own class), $(own wrong)" >shown
while read -r image class n; do
    least=$(sqlite3 bnnrun.db "WITH RECURSIVE image(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM image WHERE i < 44)
        SELECT i || ' ' || sum(true_class <> said) FROM (
            SELECT i, hex(substr(true_classes, i + 1, 1)) + 0 AS true_class, hex(substr(predicted_classes, i + 1, 1)) + 0 AS said
            FROM image CROSS JOIN run_prediction)
        WHERE true_class = $class GROUP BY i ORDER BY sum(true_class <> said), i LIMIT 1")
    is "$image $n" "$least"
done <shown

# ---- other files, or none ----------------------------------------------------------------------------
# Pictures of files that are not those that the runs were tested on would be wrong ones.
mv files/test-images kept
idx files test 45 51
bnn 0 report -o page.html
is "$(grep -c '"hard":' page.html)" 0
mv kept files/test-images
bnn 0 report -o page.html
is "$(grep -c '"hard":' page.html)" 1

echo "$n_checks checks, $n_wrong wrong"
[ $n_wrong -eq 0 ]
