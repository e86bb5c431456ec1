#!/bin/sh
# bnnrun verify, and what `show` and a sweep say about the proof: files that are as they were, damaged,
# changed or gone, training again, and a network that cannot be deployed.
set -u
mnist=${BNN_DATA_PATH-}
. "${srcdir:-.}/tests/cli/command.sh"
: "${CC:=cc}"
cat >small.yaml <<'SPEC'
dataset: {name: synthetic, train_limit: 300, validation: 50, test_limit: 130}
model:
  topology:
    input: {channels: 1, height: 28, width: 28}
    blocks:
      - {layer: {name: conv2d, out: 5, kernel: 5}, pool: maxpool}
      - {layer: {name: dense, out: 20}}
      - {layer: {name: dense, out: 10}}
  binarize: {first: true, last: true}
train: {epochs: 2, batch: 32}
sweep: {grid: {model.ste: [approx_sign, clipped]}}
SPEC
bnn 0 run small.yaml -q
bnn 0 query --csv "SELECT run_uid FROM run_summary ORDER BY label"
run=$(sed -n 2p out)
other=$(sed -n 3p out)
folder=bnnrun.db.artifacts/$run

# ---- all is well ---------------------------------------------------------------------------------
bnn 0 verify "$run"
says_nothing
prints "^run $run: small, ste=approx_sign, seed 1$"
prints "^  weights  *$folder/weights.safetensors is the file that was recorded$"
prints "^  model  *$folder/model.bnn is the file that was recorded$"
prints '^  rebuild  *the kept weights give this model file, byte for byte$'
prints '^  portable  *130 test images: 0 get another class than in training, 0 other logits, by at most 0$'
prints '^  classes  *130 test images: 0 are taken for another class than was recorded$'
omits DIFFERS
bnn 0 verify --retrain "$run" "$other"
says "training $other again"
prints '^  retrain  *[1-9][0-9]* metrics are the same to the last bit, and so are the weights$'
bnn 0 verify --retrain --json "$run"
is_json
prints '"holds": true'
odd=$(printf 'a \377') # a folder with a space, and no UTF-8
mkdir "$odd"
cp -R bnnrun.db bnnrun.db.artifacts "$odd"
bnn 0 verify "$run" --db "$odd/bnnrun.db" --json
is_json
prints '"text": "(not UTF-8)"'
bnn 0 show "$run"
prints '^  proof  *the model file classifies every test image as training did$'
bnn 0 query --csv "SELECT count(*) FROM run_summary WHERE mismatches = 0 AND model_bytes < 3000"
prints '^2$'

# ---- what images are taken for -------------------------------------------------------------------
bnn 0 query confusion run="$run" --csv
prints '^experiment,label,config,true_class,predicted_class,n,share$'
awk -F, '{ all += $6; right += $6 * ($4 == $5) } END { print all, right }' out >sums
bnn 0 query --csv "SELECT 130, CAST(round(130 * test_accuracy) AS INTEGER) FROM run_summary WHERE run_uid = '$run'"
[ "$(sed -n '2s/,/ /p' out)" = "$(cat sums)" ] || wrong "the confusions do not make up the accuracy"
bnn 0 query --csv "SELECT config FROM run_summary WHERE run_uid = '$run'"
bnn 0 query confusion config="$(sed -n 2p out)" --csv
awk -F, '{ all += $6 } END { print all }' out >sums
[ "$(cat sums)" = 130 ] || wrong "a config has other confusions than its only run"
bnn 0 query disagreement run="$(echo "$run" | cut -c 1-8)" other="$other" --csv
prints "^small,ste=approx_sign,$run,ste=clipped,$other,[0-9]*,[0-9],[0-9],[0-9]$"
fails 4 query confusion run=nothing_like_it
says 'there is no run "nothing_like_it"'
bnn 0 show "$run"
prints '^most frequent confusions in the test set$'

# ---- what is kept, and measured -----------------------------------------------------------------------
bnn 0 plan small.yaml --db lean.db
prints '^run.keep: all, so 0.119 MB of float weights are kept, for verify and export --format qonnx$'
bnn 0 plan small.yaml --db lean.db -s run.keep=model
omits 'run.keep'
bnn 0 run small.yaml --db lean.db -q -s run.keep=model -s run.measure=false
bnn 0 query --db lean.db --csv "SELECT count(*), count(latency_us), count(model_bytes) FROM run_summary"
prints '^2,0,2$'
bnn 0 query --db lean.db --csv "SELECT DISTINCT kind FROM artifact"
prints '^model$'
omits weights
bnn 0 run small.yaml --db lean.db
says 'nothing to do'
bnn 0 query --db lean.db --csv "SELECT run_uid FROM run_summary ORDER BY label LIMIT 1"
lean=$(sed -n 2p out)
ls "lean.db.artifacts/$lean" >out
omits weights
cmp "lean.db.artifacts/$lean/model.bnn" "$folder/model.bnn" || fail 'what is kept changes the model'
bnn 0 show --db lean.db "$lean"
bnn 0 verify --db lean.db "$lean" --retrain
prints '^  weights  *not kept (run.keep: model), so what they give is not compared; --retrain does$'
prints '^  retrain  *[1-9][0-9]* metrics are the same to the last bit$'
rm "lean.db.artifacts/$lean/model.bnn"
bnn 0 run small.yaml --db lean.db -q
bnn 0 verify --db lean.db "$lean"
[ ! -e "lean.db.artifacts/$lean/weights.safetensors" ] || wrong 'weights that were not kept are there'
fails 4 export --db lean.db "$lean" --format qonnx
says "kept no weights (run.keep: model, or an older version made it); .bnnrun run SPEC --retrain $lean -s run.keep=all"
bnn 0 export --db lean.db "$lean" --format c -o lean.c --self-test 3
bnn 0 run small.yaml --db lean.db -q --retrain "$lean" -s run.keep=all
bnn 0 verify --db lean.db "$lean"
prints '^  rebuild  *the kept weights give this model file, byte for byte$'

# ---- what is seen of an image --------------------------------------------------------------------
# A thousand images: those of MNIST, where it is. All have the bits of training's evaluation.
set -- -s dataset.name=synthetic
if [ -e "$mnist/mnist/t10k-images-idx3-ubyte.gz" ]; then
    BNN_DATA_PATH=$mnist
    export BNN_DATA_PATH
    set -- -s dataset.name=mnist
fi
sed /^sweep/d small.yaml >seen.yaml
bnn 0 run seen.yaml --db seen.db -q -s dataset.test_limit=1000 -s train.epochs=1 \
    -s 'model.topology.input.crop=[28,24,20]' -s 'model.topology.input.shrink=[1,2]' "$@"
bnn 0 query --db seen.db --csv "SELECT run_uid, CASE WHEN label LIKE 'crop=20 shrink=2' THEN 'seen' END
    FROM run_summary ORDER BY 2"
seen=$(sed -n '$s/,.*//p' out)
# shellcheck disable=SC2046 # several words
bnn 0 verify --db seen.db $(sed '1d; s/,.*//' out)
[ "$(grep -c '^  portable  *1000 test images: 0 .*, 0 other logits, by at most 0$' out)" -eq 6 ] ||
    wrong 'not all engines give the bits of training'
omits DIFFERS
bnn 0 show seen.db.artifacts/"$seen"/model.bnn
prints '^it sees the central 20x20 of each, and of that the means of 2x2 pixels: 1x10x10$'
bnn 0 show seen.db.artifacts/"$seen"/model.bnn --json
is_json
prints '"shrink": 2,'
bnn 0 export --db seen.db "$seen" --format c -o seen.c --self-test 1000
cat >main.c <<'C'
#include "seen.h"
int main(void) { return seen_self_test(); }
C
n_checks=$((n_checks + 1))
# shellcheck disable=SC2086 # CC may have words
$CC -std=c99 -O1 -o seen main.c seen.c 2>err && ./seen || wrong "C gives image $? other logits"

# ---- the command line ----------------------------------------------------------------------------
fails 2 verify
says 'verify: a RUN is needed'
fails 2 verify "$run" --csv
fails 4 verify nothing_like_it
says 'there is no run "nothing_like_it"'
fails 4 verify "$run" --db none.db

# ---- files that changed --------------------------------------------------------------------------
cp "$folder/model.bnn" kept.bnn
cp "$folder/weights.safetensors" kept.weights
printf x | dd of="$folder/model.bnn" bs=1 seek=100 conv=notrunc 2>/dev/null
bnn 1 verify "$run" "$other"
prints "^  model  *DIFFERS: $folder/model.bnn has changed since it was written: its SHA-256 is "
says '^bnnrun: 1 of 2 runs are not as they were recorded$'
fails 4 export "$run" --format c -o net.c
says 'has changed since it was written'
cp kept.bnn "$folder/model.bnn"
rm "$folder/weights.safetensors"
bnn 4 verify "$run"
prints '^  weights  *MISSING: .*weights.safetensors is missing; .bnnrun run. of its spec makes it again, if .bnnrun plan. says restore$'
omits DIFFERS
says '1 of 1 runs could not be proved: something is missing'
bnn 4 verify "$run" --json
is_json
prints '"holds": false'
prints '"missing": true'
cp kept.weights "$folder/weights.safetensors"
bnn 0 verify "$run"

# ---- the record is enough ------------------------------------------------------------------------
mkdir elsewhere
ln -s ../bnnrun.db elsewhere/link.db
bnn 0 verify "$run" --db elsewhere/link.db
prints "^  model  *elsewhere/../$folder/model.bnn is the file that was recorded$"
mv small.yaml away.yaml
bnn 0 verify --retrain "$run"
bnn 0 export "$run" --format qonnx -o net.onnx
mv away.yaml small.yaml
mkdir chain
ln -s ../elsewhere/link.db chain/link.db
ln -s ../nowhere/later.db chain/dangling.db
bnn 0 verify "$run" --db chain/link.db
fails 4 verify "$run" --db chain/dangling.db
mkdir nowhere # a link that leads to nothing yet: both the database and its files are made there
bnn 0 run small.yaml -q --db chain/dangling.db
bnn 0 verify "$run" --db nowhere/later.db
[ "$(ls chain)" = "dangling.db
link.db" ] || wrong "files lie beside a link"
mv bnnrun.db.artifacts gone
bnn 4 verify "$run"
says 'the folder bnnrun.db.artifacts, which has the files of all runs and belongs beside the database, is missing'
mv gone bnnrun.db.artifacts
bnn 0 verify "$run"

# ---- files that are gone or damaged are made again -----------------------------------------------
make_sums() { sha256sum bnnrun.db.artifacts/*/*; }
is_restored() { make_sums | cmp -s sums - || wrong "the files are others than before"; }
make_sums >sums
rm "$folder/model.bnn"
printf x | dd of="bnnrun.db.artifacts/$other/weights.safetensors" bs=1 seek=3000 conv=notrunc 2>/dev/null
bnn 0 show "$run"
prints '^  WARNING  *model.bnn is missing; .bnnrun run. of its spec makes it again, if .bnnrun plan. says restore$'
bnn 0 plan small.yaml
prints '^ste=approx_sign  *1  *restore  *[0-9.]*  model.bnn is missing$'
prints '^ste=clipped  *1  *restore  *[0-9.]*  weights.safetensors is damaged$'
prints '^2 runs: 2 restore; about '
prints '^training gives lost files again, bit for bit$'
bnn 0 run small.yaml
says '^bnnrun: small: 2 runs, 0 done, 2 done with lost files$'
says "^bnnrun: run $run: its files are there again$"
is_restored
bnn 0 verify "$run" "$other"
bnn 0 query --csv "SELECT max(attempt) FROM attempt"
prints '^1$'
rm -r bnnrun.db.artifacts
bnn 0 plan small.yaml
prints '^the folder bnnrun.db.artifacts, which has the files of all runs, is missing; if the database was moved'
bnn 0 run small.yaml --json -q # one after the other, in processes of their own
is_json
prints '"restored": 2'
prints '"done_before": 2'
is_restored
# With more of a sweep, the labels are others: a file that is there has the one it was made with.
bnn 0 run small.yaml -s train.epochs=[2,1] -q
bnn 0 verify "$run"
rm "$folder/model.bnn"
bnn 0 run small.yaml -q -s train.epochs=[2,1]
bnn 0 verify "$run"
bnn 0 run small.yaml -q
# What the spec has no more is not made again, and what is stale is not made again as it was.
rm "$folder/model.bnn"
bnn 0 run small.yaml -q -s model.ste=clipped
nothing='is missing; its spec has no such run any more, so nothing makes it again$'
bnn 0 show "$run"
prints "^  WARNING  *model.bnn $nothing"
bnn 4 verify "$run"
prints "^  model  *MISSING: .*model.bnn $nothing"
fails 4 export "$run" --format c -o net.c
says "model.bnn $nothing"
bnn 0 plan small.yaml -s seeds=[7] # nor is one of a seed that the spec has no more
omits restore
bnn 0 run small.yaml -q
bnn 0 verify "$run"
if command -v sqlite3 >/dev/null; then
    rm "$folder/model.bnn"
    cp bnnrun.db was.db
    sqlite3 bnnrun.db "UPDATE run SET stale = 'ste approx_sign' WHERE run_uid = '$run'"
    anew="is missing; the run is stale: .bnnrun run SPEC --retrain $run. trains it anew$"
    bnn 0 show "$run"
    prints "^  WARNING  *model.bnn $anew"
    bnn 4 verify "$run"
    prints "^  model  *MISSING: .*model.bnn $anew"
    mv was.db bnnrun.db
    bnn 0 run small.yaml -q
fi
if command -v sqlite3 >/dev/null; then
    rm "$folder/model.bnn"
    cp bnnrun.db was.db
    sqlite3 bnnrun.db "UPDATE metric SET value = 7 WHERE name = 'validation_loss' AND epoch = 2
        AND run_id = (SELECT run_id FROM run WHERE run_uid = '$run')"
    bnn 1 run small.yaml
    says "^bnnrun: run $run: training gives another result now, so nothing was replaced; .*validation_loss of epoch 2 was 7 and is "
    says 'the files of 1 of 2 runs could not be made again$'
    [ ! -e "$folder/model.bnn" ] || wrong "a file of another result was put there"
    mv was.db bnnrun.db
    bnn 0 run small.yaml -q
fi

# ---- data are found by what they hold ------------------------------------------------------------
# make_idx FOLDER PIXEL: 40 images of 4x4, the same for training and testing, and labels from 0 to 3.
make_idx() {
    mkdir -p "$1"
    printf '\000\000\010\003\000\000\000\050\000\000\000\004\000\000\000\004' >"$1/ti"
    i=0
    while [ $i -lt 40 ]; do
        printf "%s$2%s" abcdefgh ijklmno >>"$1/ti"
        i=$((i + 1))
    done
    printf '\000\000\010\001\000\000\000\050' >"$1/tl"
    for i in 0 1 2 3 4 5 6 7 8 9; do
        printf '\000\001\002\003' >>"$1/tl"
    done
    cp "$1/ti" "$1/vi"
    cp "$1/tl" "$1/vl"
}
mkdir -p own/datasets
make_idx own/raw 7
cat >own/datasets/mine.yaml <<'END'
summary: stripes
classes: 4
shape: [1, 4, 4]
files: {train_images: {name: ti}, train_labels: {name: tl}, test_images: {name: vi}, test_labels: {name: vl}}
END
cat >own/spec.yaml <<'END'
dataset: {name: mine, path: raw, validation: 8}
model:
  topology: {input: {channels: 1, height: 4, width: 4}, blocks: [{layer: {name: dense, out: 4}}]}
  binarize: none
train: {epochs: 1, batch: 8}
END
bnn 0 run own/spec.yaml -q --db mine.db
bnn 0 runs --csv --db mine.db
mine=$(sed -n 2p out | cut -d, -f1)
(cd elsewhere && bnn 0 verify "$mine" --retrain --db ../mine.db)
rm -r own/datasets own/spec.yaml
bnn 0 verify "$mine" --retrain --db mine.db
prints "^  data  *mine is what was recorded: $PWD/own/raw$"
mkdir data
mv own/raw data/mine
mv data/mine/ti data/mine/renamed # its content is what is looked for
bnn 4 verify "$mine" --db mine.db
prints '^  data  *MISSING: run .*: the data that the run was trained on are not here: mine, SHA-256 [0-9a-f]*\.\.\.; set BNN_DATA_PATH'
prints '/own/raw (where they were): no such directory$'
omits 'portable'
BNN_DATA_PATH=data
export BNN_DATA_PATH
bnn 0 verify "$mine" --retrain --db mine.db
bnn 0 export "$mine" --format c -o net.c --self-test 3 --db mine.db
bnn 0 predict "$mine" --db mine.db
make_idx data/mine 8 # other pixels
rm data/mine/renamed
bnn 4 verify "$mine" --db mine.db
prints 'data/mine (BNN_DATA_PATH): other files$'
unset BNN_DATA_PATH

# ---- what the database says is believed, and compared --------------------------------------------
if command -v sqlite3 >/dev/null; then
    sqlite3 bnnrun.db "CREATE TABLE kept AS SELECT * FROM prediction; DELETE FROM prediction"
    bnn 0 verify "$run"
    prints '^  classes  *not recorded; --record does it$'
    bnn 0 verify "$run" "$other" --record
    prints '^  classes  *recorded now$'
    sqlite3 bnnrun.db "SELECT (SELECT count(*) FROM kept), count(*) FROM prediction JOIN kept
        USING (run_id, attempt, test_set_id, classes) WHERE run_id IN
        (SELECT run_id FROM run WHERE run_uid IN ('$run', '$other'))" >out
    prints '^[1-9][0-9]*|2$'
    sqlite3 bnnrun.db "UPDATE prediction SET classes = (SELECT classes FROM kept JOIN run USING (run_id)
        WHERE run_uid = '$other')"
    bnn 1 verify "$run"
    prints '^  classes  *DIFFERS: 130 test images: [1-9][0-9]* are taken for another class than was recorded$'
    sqlite3 bnnrun.db "UPDATE prediction SET classes = x'00'"
    bnn 1 verify "$run"
    prints '^  classes  *DIFFERS: bnnrun.db: somebody has changed it: the predicted classes of run '
    sqlite3 bnnrun.db "DELETE FROM prediction; DROP TABLE kept"
    sqlite3 bnnrun.db "UPDATE metric SET value = value + 1e-15 WHERE name = 'validation_loss' AND epoch = 2
        AND run_id = (SELECT run_id FROM run WHERE run_uid = '$run')"
    bnn 1 verify "$run" --retrain
    prints '^  retrain  *DIFFERS: 1 of [0-9]* metrics; validation_loss of epoch 2 was [0-9.]* and is '
    sqlite3 bnnrun.db "UPDATE metric SET value = 3 WHERE name = 'mismatches'
        AND run_id = (SELECT run_id FROM run WHERE run_uid = '$other')"
    bnn 0 show "$other"
    prints '^  WARNING  *its model file gives 3 test images another class than training'
    bnn 5 run small.yaml -q
    says '1 runs have a model file that gives test images another class'
    # Weights of another run, under the right sum: the file they give is not the one that is there.
    cp "bnnrun.db.artifacts/$other/weights.safetensors" "$folder/weights.safetensors"
    sqlite3 bnnrun.db "UPDATE artifact SET sha256 = (SELECT sha256 FROM artifact JOIN run USING (run_id)
            WHERE run_uid = '$other' AND kind = 'weights')
        WHERE kind = 'weights' AND run_id = (SELECT run_id FROM run WHERE run_uid = '$run')"
    bnn 1 verify "$run"
    prints '^  rebuild  *DIFFERS: the kept weights give another model file$'
    prints '^  portable  *DIFFERS: 130 test images: [1-9][0-9]* get another class than in training, [1-9][0-9]* other logits'
    # A NaN in place of the last value, under the right sum.
    end=$(($(wc -c <"$folder/weights.safetensors") - 4))
    printf '\000\000\300\177' | dd of="$folder/weights.safetensors" bs=1 seek=$end conv=notrunc 2>/dev/null
    sqlite3 bnnrun.db "UPDATE artifact SET sha256 = '$(sha256sum "$folder/weights.safetensors" | cut -c 1-64)'
        WHERE kind = 'weights' AND run_id = (SELECT run_id FROM run WHERE run_uid = '$run')"
    bnn 1 verify "$run"
    prints '^  finite  *DIFFERS: .* diverged: 1 of 10 values of batchnorm_3.running_variance are not finite$'
    omits rebuild
    bnn 1 export "$run" --format qonnx -o net.onnx
    says 'its kept weights are no result: diverged: '
    sqlite3 bnnrun.db "UPDATE experiment_config SET label = label || char(27) || 'c'"
    bnn 1 verify "$run"
    prints '^run .*?c, seed [0-9]*$' # what a terminal would obey
fi

# ---- a layer that does not say what it is --------------------------------------------------------
mkdir plugins
sed 's/"hardtanh"/"mystery"/; s/\.lower = lower,*//' "$srcdir/plugins/layers/layer_hardtanh.c" \
    >plugins/layer_mystery.c
if $CC -shared -fPIC -O2 -w -ffp-contract=off -I"$srcdir/framework" plugins/layer_mystery.c \
    -o plugins/layer_mystery.so 2>cc.log; then
    bnn 0 run small.yaml -q --db mystery.db --plugin-path plugins -s model.activation=mystery \
        -s model.ste=clipped -s run.isolation=thread
    bnn 0 query --db mystery.db --csv "SELECT run_uid, mismatches IS NULL FROM run_summary"
    prints ',1$'
    run=$(sed -n '2s/,.*//p' out)
    # Where there is no file there is no size of it; who wants it is told the layer.
    bnn 0 query --db mystery.db --csv "SELECT model_bytes IS NULL, float32_bytes > 0 FROM leaderboard"
    prints '^1,1$'
    bnn 0 show "$run" --db mystery.db
    for format in c onnx; do
        fails 4 export "$run" --db mystery.db --plugin-path plugins --format $format
        says "run $run left no model file: .*mystery_1: layer mystery has no lower function"
    done
    for command in "predict $run" "bench $run" "bench $run $run"; do
        # shellcheck disable=SC2086 # words
        bnn 4 $command --db mystery.db
        says "run $run left no model file: its network cannot be deployed"
    done
    # Runs get processes of their own by default, and the plan warns all the same.
    bnn 0 plan small.yaml --db none.db --plugin-path plugins -s model.activation=mystery
    says 'warning: deployment: mystery_1: layer mystery has no lower function'
    # What cannot be deployed keeps its weights.
    bnn 0 run small.yaml -q --db mystery_lean.db --plugin-path plugins -s model.activation=mystery \
        -s model.ste=clipped -s run.isolation=thread -s run.keep=model
    bnn 0 query --db mystery_lean.db --csv "SELECT kind FROM artifact"
    prints '^weights$'
    bnn 0 verify "$run" --db mystery.db --plugin-path plugins
    prints '^  model  *no model file: mystery_1: layer mystery has no lower function'
    prints '^  plugins  *0 of [1-9][0-9]* files are other ones than at the time$'
    prints '^  classes  *130 test images: 0 are taken for another class than was recorded$'
    sed 's/"mystery", "/&newer: /' plugins/layer_mystery.c >newer.c
    $CC -shared -fPIC -O2 -w -ffp-contract=off -I"$srcdir/framework" newer.c \
        -o plugins/layer_mystery.so
    bnn 0 verify "$run" --db mystery.db --plugin-path plugins
    prints '^  plugins  *1 of [1-9][0-9]* files are other ones than at the time: layer mystery$'
    bnn 0 show "$run" --db mystery.db
    prints "no model file; .bnnrun verify $run. says why"
    bnn 4 verify "$run" --db mystery.db
    says 'mystery'

    # One whose lower function crashes takes a child with it, and no command.
    sed 's/"hardtanh"/"mystery"/; s/#include <bnn.plugin.h>/&\n#include <stdlib.h>/
        s/(void)params, (void)io;/if (getenv("CRASHES") != 0) abort();/' \
        "$srcdir/plugins/layers/layer_hardtanh.c" >crashes.c
    $CC -shared -fPIC -O2 -w -ffp-contract=off -I"$srcdir/framework" crashes.c -o plugins/layer_mystery.so
    unset BNNRUN_TRUST_PLUGINS
    bnn 0 run small.yaml -q --db crashes.db --plugin-path plugins -s model.activation=mystery \
        -s model.ste=clipped -s train.epochs=1
    bnn 0 query --db crashes.db --csv "SELECT run_uid FROM run_summary"
    run=$(sed -n 2p out)
    CRASHES=1 bnn 1 verify "$run" --db crashes.db --plugin-path plugins
    says 'mystery_1: plugins/layer_mystery.so: its function lower crashes: Aborted (signal 6)$'
    bnn 0 verify --retrain "$run" --db crashes.db --plugin-path plugins
    prints '^  retrain  *[1-9][0-9]* metrics are the same to the last bit, and so are the weights$'
    CRASHES=1 bnn 1 export "$run" --db crashes.db --plugin-path plugins --format qonnx -o crashes.onnx
    says 'its function lower crashes: Aborted (signal 6)$'
    CRASHES=1 bnn 0 plan small.yaml --db none.db --plugin-path plugins -s model.activation=mystery
    says 'warning: deployment: mystery_1: plugins/layer_mystery.so: its function lower crashes: Aborted'
else
    wrong "$(cat cc.log)"
fi

echo "cli_verify.sh: $n_checks commands, $n_wrong wrong"
[ $n_wrong -eq 0 ]
