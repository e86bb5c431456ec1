#!/bin/sh
# bnnrun bench: what it takes, prints and keeps, of model files and of runs; and what it says when
# node is missing, or does not do what it should. No time is looked at. tests/cli/bench_ort.sh is about
# the real onnxruntime.
set -u
. "${srcdir:-.}/tests/cli/command.sh"
cp "$srcdir/tests/fuzz/corpus/model/pool_bn_act.bnn" small.bnn
cp "$srcdir/tests/fuzz/corpus/model/float.bnn" float.bnn
XDG_CACHE_HOME=$scratch/cache
export XDG_CACHE_HOME
quick='--rounds 2 --batch 1,3 --no-ort'

# ---- the command line ----------------------------------------------------------------------------
bnn 2 bench
says 'bench: a RUN or MODEL.bnn is needed'
bnn 2 bench small.bnn --fast
says 'unknown option "--fast"'
for batch in 0 -1 '' '1,' ,1 1,1 1,x 65537 99999999999999999999 1.5 ' 1' 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17; do
    bnn 2 bench small.bnn --batch "$batch"
    says "^bnnrun: bench: --batch takes up to 16 different numbers from 1 to 65536, as in 1,64, not \"$batch\""
done
for rounds in 0 -1 '' x 1x 10001; do
    bnn 2 bench small.bnn --rounds "$rounds"
    says "^bnnrun: bench: --rounds takes a number from 1 to 10000, not \"$rounds\""
done
bnn 2 bench small.bnn --engines portable,sse9
says '"sse9" is not in this program'
bnn 2 bench small.bnn --engines portable,portable
says '"portable" is there twice'
bnn 2 bench small.bnn --engines portable,
bnn 4 bench missing.bnn
says 'missing.bnn'
bnn 4 bench no_such_run
says 'there is no database'
head -c 100 small.bnn >cut.bnn
bnn 4 bench cut.bnn
says 'cut.bnn: byte '
BNN_CPU=none bnn 2 bench small.bnn --no-ort
says 'BNN_CPU'
prints_nothing

# ---- model files ---------------------------------------------------------------------------------
# shellcheck disable=SC2086 # several words
{
    bnn 0 bench small.bnn $quick
    says_nothing
    prints '^small.bnn$'
    prints '1,000 images of synthetic in turn, 2 rounds'
    prints '^binary  *[a-z0-9]*  *1  *[0-9.]'
    prints '^float  *[a-z0-9]*  *3  *[0-9.]'
    prints '^batch 3: [0-9.]* times as fast as the float form; [0-9.]* is the limit'
    omits onnxruntime
    bnn 0 bench float.bnn $quick
    omits '^binary'
    prints '^layers of float'
    prints '^float: 1,[0-9,]* bytes of weights, 1,[0-9,]* in a bare file, 2,004 in its file$'
    odd=$(printf 'a \377.bnn') # no UTF-8
    cp small.bnn "$odd"
    bnn 0 bench "$odd" $quick --json
    is_json
    prints '"model": "(not UTF-8)"'
    prints '"layers": '
    bnn 0 bench small.bnn $quick --engines portable --json
    is_json
    prints '"model_sha256": "[0-9a-f]\{64\}"'
    prints '"contender": "binary"'
    prints '"engine": "portable"'
    prints '"amdahl"'
    prints '"run": null'
    bnn 0 bench "$srcdir/tests/fuzz/corpus/model/codes_by_hand.bnn" $quick --json
    is_json
    prints '"contender": "integer"'
    prints '"contender": "float"'
    bnn 0 bench "$srcdir/tests/fuzz/corpus/model/logic_by_hand.bnn" $quick
    prints '^gates  *[a-z0-9]*  *1 '
    prints '^gates: 0 bytes of weights, '
    prints '^layers of gates '
    omits '^float '
    bnn 0 show small.bnn --json
    sed -n 's/^  "\(bare_bytes\|file_bytes\)": \([0-9]*\),/"\1": \2/p; s/^    "\(weight_bytes\)": \([0-9]*\),/"\1": \2/p' out >bytes
    [ "$(wc -l <bytes)" -eq 3 ] || wrong 'not three counts of bytes'
    bnn 0 bench small.bnn $quick --engines portable --json
    while read -r count; do
        prints "$count"
    done <bytes
    bnn 0 bench small.bnn $quick --csv
    [ "$(wc -l <out)" -eq 5 ] || wrong 'not 5 lines'
    prints '^binary,.*,857$'
    prints 'weight_bytes,bare_bytes,file_bytes$'
    prints '^contender,engine,batch,us,low_us,high_us,images_per_second,times_float,'
    [ ! -e bnnrun.db ] || wrong 'a database was made'
    bnn 0 bench small.bnn $quick --engines all --db kept.db
    bnn 0 query "SELECT count(*) > 3, sum(engine = 'portable') AS n, max(model) AS model FROM benchmark_summary" --db kept.db --csv
    prints '^1,4,small.bnn$'
    bnn 0 query 'SELECT sum(abs(share - 1) < 1e-9) = count(*) AS whole FROM (SELECT sum(share) AS share FROM benchmark_stage GROUP BY benchmark_id, contender, engine, batch)' --db kept.db --csv
    prints '^1$'
}

# ---- images --------------------------------------------------------------------------------------
# Two of 8x7; and one of another size.
{
    printf '\000\000\010\003\000\000\000\002\000\000\000\010\000\000\000\007'
    head -c 112 "$BNNRUN"
} >two.idx
{
    printf '\000\000\010\003\000\000\000\001\000\000\000\002\000\000\000\002'
    head -c 4 "$BNNRUN"
} >other.idx
# shellcheck disable=SC2086 # several words
{
    bnn 0 bench small.bnn $quick --data two.idx
    prints '1,000 images of two.idx'
    mkdir images
    bnn 4 bench small.bnn $quick --data images
    says 'images: has no t10k-images-idx3-ubyte; name an IDX file of images'
    cp two.idx images/t10k-images-idx3-ubyte
    bnn 0 bench small.bnn $quick --data images
    bnn 4 bench small.bnn $quick --data other.idx
    says 'other.idx: images of 4 bytes, the model takes 1x8x7; name other images with --data'
    bnn 4 bench small.bnn $quick --data small.bnn
    says 'small.bnn'
}

# ---- runs ----------------------------------------------------------------------------------------
cat >tiny.yaml <<'END'
name: tiny
dataset: {name: synthetic, train_limit: 200, validation: 40, test_limit: 50}
model:
  topology:
    input: {channels: 1, height: 28, width: 28}
    blocks:
      - {layer: {name: dense, out: 16}}
      - {layer: {name: dense, out: 8}}
      - {layer: {name: dense, out: 10}}
  binarize: {weights: true, activations: true}
train: {epochs: 1, batch: 32}
seeds: {count: 1}
sweep: {grid: {model.ste: [identity, clipped]}}
baseline: {model.binarize: none}
END
bnn 0 run tiny.yaml -q
uid_of() { "$BNNRUN" query "SELECT run_uid FROM run_summary WHERE label LIKE '%$1%'" --csv | tail -n 1; }

# ---- trainings -----------------------------------------------------------------------------------
for percent in 0 -1 101 nan '' 9x '99 %'; do
    bnn 2 bench tiny --time-to "$percent"
    says "^bnnrun: bench: --time-to takes percent of the validation images, above 0 and up to 100, not \"$percent\""
done
for other in '--rounds 3' --no-ort '--data two.idx' '--board all' '--board-options -Os' other; do
    # shellcheck disable=SC2086 # several words
    bnn 2 bench tiny --time-to 99 $other
    says 'time-to looks at the trainings of one EXPERIMENT'
done
bnn 4 bench tinny --time-to 99
says 'there is no experiment "tinny"; did you mean "tiny"?'
bnn 0 bench tiny --time-to 0.1
prints '^seconds of a core in training until 0.1 % of the validation images are right$'
prints '^tiny .* 1  *1  *[0-9.e-]*  *[0-9.e-]*'
bnn 0 bench tiny --time-to 0.1 --csv
[ "$(grep -c '^tiny,.*,1,1,[0-9.e-]*,[0-9.e-]*,[0-9.e-]*$' out)" -eq 3 ] || wrong 'not each config has its seconds'
bnn 0 bench tiny --time-to 100 --json
is_json
prints '"n_reached": 0,'
prints '"median_seconds": null,'

own=$(uid_of clipped)
twin=$(uid_of none)
# shellcheck disable=SC2086 # several words
{
    bnn 0 bench "$own" $quick
    says_nothing
    prints "^run $own: tiny, "
    prints "^twin, trained in full precision: run $twin: "
    prints '1,000 images of synthetic in turn'
    prints '^twin  *[a-z0-9]*  *3 '
    bnn 0 bench "$twin" $quick --json
    is_json
    prints '"twin": null'
    prints "\"run\": \"$twin\""
}
bnn 0 query "SELECT count(*) FROM benchmark_summary WHERE run_uid = '$own' AND newest AND times_twin > 0" --csv
prints '^6$'
bnn 0 query benchmarks experiment=tiny --csv
[ "$(wc -l <out)" -eq 9 ] || wrong 'not 9 lines'
bnn 4 bench zz --no-ort
says 'there is no run "zz"'
bnn 2 bench "$own" --engines none
echo x >>"bnnrun.db.artifacts/$twin/model.bnn"
# shellcheck disable=SC2086 # several words
{
    bnn 0 bench "$own" $quick
    says "^bnnrun: without the full-precision twin: .*$twin/model.bnn has changed since it was written"
    prints '^float '
    omits twin
    bnn 0 bench "$own" $quick -q
    says_nothing
    # A baseline that is binarized is no twin, and its file is not looked at.
    bnn 0 run tiny.yaml -q -s name=ste -s 'baseline={model.ste: approx_sign}'
    bnn 0 query "SELECT run_uid, is_baseline FROM run_summary WHERE experiment = 'ste' ORDER BY 2" --csv
    echo x >>"bnnrun.db.artifacts/$(sed -n 's/,1$//p' out)/model.bnn"
    bnn 0 bench "$(sed -n 's/,0$//p' out | head -n 1)" $quick
    says_nothing
    omits twin
}
rm "bnnrun.db.artifacts/$own/model.bnn"
bnn 4 bench "$own" --no-ort
says "$own/model.bnn"

# ---- node ----------------------------------------------------------------------------------------
# fake_node SCRIPT: a node that is a shell script; bnnrun finds no other program.
mkdir bin tmp
TMPDIR=$scratch/tmp
export TMPDIR
printf '#!/bin/sh\nPATH=%s exec %s "$@"\n' "$scratch/bin" "$BNNRUN" >without_path
chmod +x without_path
BNNRUN=$scratch/without_path
fake_node() {
    printf '#!/bin/sh\n%s\n' "$1" >bin/node
    chmod +x bin/node
}
bench_with_node() {
    bnn "$1" bench small.bnn --rounds 1 --batch 1
}
bench_with_node 0
says '^bnnrun: without onnxruntime: node is not installed, which runs onnxruntime; `npm install'
prints '^binary'
fake_node 'echo "{\"missing\": \"x\"}"'
bench_with_node 0
# shellcheck disable=SC2016 # the backquotes are meant
says '^bnnrun: without onnxruntime: node finds no onnxruntime-node from here; `npm install --ignore-scripts onnxruntime-node`'
prints '^binary'
bnn 0 bench small.bnn --rounds 1 --batch 1 -q
says_nothing
bnn 0 bench small.bnn --rounds 1 --batch 1 --json
is_json

# Those that do not what they should: nothing is printed but why.
fails_with_node() {
    fake_node "$1"
    bench_with_node 4
    says "^bnnrun: $2"
    says '; --no-ort does without$'
    prints_nothing
}
greeting='echo "{\"version\": \"9\"}"'
fails_with_node 'echo hello' 'node, which runs onnxruntime, gave an answer that makes no sense'
fails_with_node 'echo "[1]"' 'node, which runs onnxruntime, gave an answer that makes no sense'
fails_with_node 'printf "{\"version\": \"9\"}\\n{}\\n"' 'node, which runs onnxruntime, gave an answer that makes no sense'
fails_with_node 'echo oh no >&2' 'node, which runs onnxruntime, ended before it answered: oh no'
fails_with_node 'kill -SEGV $$' 'node, which runs onnxruntime, was ended by signal 11'
fails_with_node "$greeting" 'node, which runs onnxruntime, ended before it answered'
fails_with_node "$greeting; read -r line; echo '{\"error\": \"out of luck\"}'" 'onnxruntime: out of luck'
fails_with_node "$greeting; read -r line; kill -9 \$\$" 'node, which runs onnxruntime, ended before it answered'
serving="$greeting
while read -r line; do
    case \$line in
        *'\"logits\"'*) echo '{\"logits\": [LOGITS]}' ;;
        *'\"run\"'*) echo '{\"wall_ns\": 5, \"cpu_ns\": 1}' ;;
        *) echo '{}' ;;
    esac
done"
fake_node "$serving" # LOGITS is no JSON
bench_with_node 4
says 'node, which runs onnxruntime, gave an answer that makes no sense'
fake_node "$(echo "$serving" | sed 's/LOGITS/1, 2/')"
bench_with_node 4
says 'onnxruntime gives 2 logits for 1000 images'
# Always the first class, which is not what the network says.
zeros=$(awk 'BEGIN { for (i = 0; i < 1000; i++) printf "%s1,0,0,0", i == 0 ? "" : "," }')
fake_node "$(echo "$serving" | sed "s/LOGITS/$zeros/")"
bench_with_node 1
says '^bnnrun: onnxruntime (onnxruntime 9) and binary ([a-z0-9]*) do not agree on image [0-9]*: classes 0 and [1-3]'
# The model that node gets is a file that others cannot read, whatever the umask.
umask 000
fake_node "$greeting
read -r line
/bin/ls -l tmp >rights
echo '{\"error\": \"enough\"}'"
bench_with_node 4
umask 022
grep -q '^-rw------- .* bnnrun_bench_' rights || wrong "others can read it: $(cat rights)"
[ -z "$(find tmp -name 'bnnrun*')" ] || wrong 'files are left'

echo "cli_bench: $n_checks commands, $n_wrong wrong"
[ $n_wrong -eq 0 ]
