#!/bin/sh
# bnnrun bench beside the real onnxruntime: that it takes part with the model and with its twin, and
# gives the same classes. No time is looked at.
#
#     NODE_PATH   where node finds onnxruntime-node
set -u
node -e 'require("onnxruntime-node")' 2>/dev/null || {
    echo 'SKIP: no node with onnxruntime (npm install --ignore-scripts onnxruntime-node; NODE_PATH)'
    exit 77
}
# What node finds from here it is to find from the scratch folder, too.
modules=$(node -p 'require("path").resolve(require.resolve("onnxruntime-node/package.json"), "../..")') || exit 99
NODE_PATH=$modules${NODE_PATH:+:$NODE_PATH}
export NODE_PATH
. "${srcdir:-.}/tests/cli/command.sh"
XDG_CACHE_HOME=$scratch/cache
TMPDIR=$scratch/tmp
export XDG_CACHE_HOME TMPDIR
mkdir tmp

for model in "$srcdir"/tests/fuzz/corpus/model/*.bnn; do
    bnn 0 bench "$model" --rounds 2 --batch 1,7,64
    says_nothing
    prints 'onnxruntime  *[0-9.]*  *7  *[0-9.]'
    omits 'gives another class'
done

cat >tiny.yaml <<'END'
name: tiny
dataset: {name: synthetic, train_limit: 600, validation: 100, test_limit: 300}
model:
  topology: lenet5
  ordering: pool_bn_act
  binarize: {weights: true, activations: true}
train: {epochs: 1, batch: 32}
seeds: {count: 1}
sweep: {grid: {model.binarize.first: [true, false]}}
baseline: {model.binarize: none}
END
bnn 0 run tiny.yaml -q
"$BNNRUN" query "SELECT run_uid FROM run_summary WHERE state = 'done' AND NOT is_baseline" --csv |
    sed 1d >uids
[ "$(wc -l <uids)" -eq 2 ] || wrong 'not two runs'
while read -r uid; do
    bnn 0 bench "$uid" --rounds 2 --batch 1,64
    says_nothing
    prints 'onnxruntime  *[0-9.]*  *64  *[0-9.]'
    prints 'onnxruntime_twin  *[0-9.]*  *1  *[0-9.]'
    prints '^1,000 images of synthetic in turn'
done <uids
bnn 0 query "SELECT count(*) FROM benchmark_summary WHERE times_onnxruntime > 0 AND times_onnxruntime_twin > 0 AND times_twin > 0 AND times_float > 0 AND contender = 'binary'" --csv
prints '^4$'
[ -z "$(find tmp -name 'bnnrun*')" ] || wrong 'files are left'

echo "bench_ort: $n_checks commands, $n_wrong wrong"
[ $n_wrong -eq 0 ]
