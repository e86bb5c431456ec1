#!/bin/sh
# Results that stay true: what has changed since a run (its data, a plugin) makes it stale or lets it start
# over; `plan` says so before `run` does it, and what was asked for is trained again.
set -u
: "${abs_top_srcdir:=$PWD}"
. "${srcdir:-.}/tests/cli/command.sh"
sweep=
trap '[ -z "$sweep" ] || kill -KILL $sweep; rm -rf "$scratch"' EXIT

# make_set SEED [LABELS]: 300 and 100 images of 8x8 in two classes, and their entry of the catalogue.
make_set() {
    mkdir -p datasets data
    for part in train:'\1\54':300 t10k:'\0\144':100; do
        name=${part%%:*} n=${part##*:} size=${part#*:}
        size=${size%:*}
        {
            printf "\0\0\10\3\0\0$size\0\0\0\10\0\0\0\10"
            LC_ALL=C awk -v n="$n" -v seed="$1" \
                'BEGIN { for (i = 0; i < 64 * n; i++) printf "%c", 1 + (i * i * seed + i % 128) % 120 }'
        } >data/"$name"-images-idx3-ubyte
        {
            printf "\0\0\10\1\0\0$size"
            i=0
            while [ $((i += 2)) -le "$n" ]; do printf "${2:-\\0\\1}"; done
        } >data/"$name"-labels-idx1-ubyte
    done
    {
        printf 'summary: a test\nclasses: 2\nshape: [1, 8, 8]\nfiles:\n'
        for file in train_images:train-images-idx3 train_labels:train-labels-idx1 \
            test_images:t10k-images-idx3 test_labels:t10k-labels-idx1; do
            sum=$(sha256sum <data/"${file#*:}"-ubyte)
            echo "  ${file%:*}: {name: ${file#*:}-ubyte, sha256: ${sum%% *}}"
        done
    } >datasets/my.yaml
}
ask() { "$BNNRUN" query --csv "$1" | tail -n 1; }
# long NAME N ARGUMENT...: a run in the background that would take long; returns when attempt N writes.
long() {
    name=$1 n=$2
    shift 2
    "$BNNRUN" run spec.yaml -q -s name="$name" -s train.epochs=100000 "$@" >out 2>err </dev/null &
    sweep=$!
    tries=0
    until [ "$(ask "SELECT max(attempt) FROM metric JOIN run USING (run_id) JOIN experiment
                    USING (experiment_id) WHERE experiment.name = '$name'" 2>/dev/null)" = "$n" ]; do
        if [ $((tries += 1)) -gt 4000 ] || ! kill -0 $sweep 2>/dev/null; then
            wrong "attempt $n never began"
            return
        fi
        sleep 0.05
    done
}
end() {
    kill -"$1" $sweep
    wait $sweep 2>/dev/null
    sweep=
}

cat >spec.yaml <<'END'
name: short
dataset: {name: my, path: data, validation: 50}
model:
  topology:
    input: {channels: 1, height: 8, width: 8}
    blocks:
      - {layer: {name: dense, out: 8}}
      - {layer: {name: dense, out: 8}}
      - {layer: {name: dense, out: 2}}
  binarize: {weights: true, activations: true}
train: {epochs: 2, batch: 50}
seeds: {count: 1}
END

# ---- other data ----------------------------------------------------------------------------------
make_set 3
bnn 0 run spec.yaml -q
bnn 0 plan spec.yaml
prints '^1 run: 1 done; nothing to do$'
make_set 5
bnn 0 plan spec.yaml
prints '^base  *1  *stale  *changed since: dataset my$'
prints '^1 run: 1 stale$'
prints 'stale runs enter no mean; `bnnrun run SPEC.yaml --retrain stale` trains them again'
bnn 0 run spec.yaml -s seeds.count=2
says '^bnnrun: short: 2 runs, 0 done, 1 stale, 1 new$'
says '^bnnrun: 1 run is stale; changed since: dataset my$'
prints '^base  *1 (1 stale) '
prints '^stale runs enter no mean; '
[ "$(ask "SELECT n || ' ' || n_stale FROM leaderboard")" = '1 1' ] || wrong "stale runs are counted as others"
[ "$(ask "SELECT stale FROM run_summary WHERE state = 'stale'")" = 'dataset my' ] || wrong "the reason is not kept"
bnn 0 run spec.yaml -s seeds.count=2
says '^bnnrun: short: 2 runs, 1 done, 1 stale$'
bnn 0 plan spec.yaml -s seeds.count=2 --retrain stale
prints '^base  *1  *retrain .*from its start'
prints '^2 runs: 1 retrain, 1 done; about '
[ "$(ask "SELECT sum(n_attempts) FROM run_summary")" = 2 ] || wrong "a plan has trained"
bnn 0 run spec.yaml -s seeds.count=2 --retrain stale
says '^bnnrun: short: 2 runs, 1 done, 1 to train again$'
prints '^base  *2  '
bnn 0 plan spec.yaml -s seeds.count=2
prints '^2 runs: 2 done; nothing to do$'
fails 2 run spec.yaml --retrain nobody
says 'there is none that begins with "nobody"$'
uid=$(ask 'SELECT run_uid FROM run_summary WHERE seed = 1')
bnn 0 run spec.yaml --retrain "$uid" --json -q
prints '"done_before": 0'
prints '"done": 1'
[ "$(ask "SELECT n_attempts FROM run_summary WHERE seed = 1")" = 3 ] || wrong "the run was not trained again"

# ---- interrupted, and gone on with on other data -------------------------------------------------
long long 1
end TERM
bnn 0 plan spec.yaml -s name=long -s train.epochs=100000
prints '^base  *1  *resume  *[0-9.]*  *goes on in epoch '
bnn 0 plan spec.yaml -s name=long -s train.epochs=100000 -s run.checkpoint=none
prints '^base  *1  *resume  *[0-9.]*  *starts over; changed since: run.checkpoint none$'
make_set 7
bnn 0 plan spec.yaml -s name=long -s train.epochs=100000
prints '^base  *1  *resume .*  starts over; changed since: dataset my$'
long long 2
[ "$(ask "SELECT resumed_from_epoch FROM attempt JOIN run USING (run_id) JOIN experiment USING (experiment_id)
          WHERE experiment.name = 'long' AND attempt = 2")" = 0 ] || wrong "it went on, on other data"
end KILL
bnn 0 plan spec.yaml -s name=long -s train.epochs=100000
prints '^base  *1  *resume .*  its process died; goes on in epoch '

# ---- another plugin ------------------------------------------------------------------------------
cat >ste_mine.c <<'END'
#include <bnn/plugin.h>
static void grad(const bnn_context *ctx, const void *p, size_t n, const float *x, const float *gy, float *gx)
{
    (void)ctx, (void)p;
    for (size_t i = 0; i < n; i++)
        gx[i] = x[i] > -WIDTH && x[i] < WIDTH ? gy[i] : 0.0f;
}
BNN_DEFINE_STE(BNN_HEAD_PLAIN("mine", "for a test", NULL), .grad = grad)
END
build() {
    ${CC:-cc} -shared -fPIC -I"$abs_top_srcdir/framework" -DWIDTH="$1" ste_mine.c -o plugins/ste_mine.so 2>err
}
mkdir plugins
BNNRUN_PLUGIN_PATH=$PWD/plugins${BNNRUN_PLUGIN_PATH:+:$BNNRUN_PLUGIN_PATH}
export BNNRUN_PLUGIN_PATH
if build 1.0f; then
    bnn 0 run spec.yaml -q -s model.ste=mine -s name=mine
    long other 1 -s model.ste=mine
    end TERM
    build 2.0f
    bnn 0 plan spec.yaml -s model.ste=mine -s name=mine
    prints '  stale  *changed since: ste mine$'
    bnn 0 plan spec.yaml -s model.ste=mine -s name=other -s train.epochs=100000
    prints '  resume .*starts over; changed since: ste mine$'
    bnn 0 run spec.yaml -q -s model.ste=mine -s name=mine --retrain stale
    prints '^base  *1  '
else
    echo "skipped: a plugin of one's own (it does not compile here)"
fi

# What comes with bnnrun is a part of it: of another build its file differs, and is not looked at.
if command -v sqlite3 >/dev/null 2>&1; then
    bnn 0 run spec.yaml -q -s name=third -s model.ste=clipped
    sqlite3 bnnrun.db "UPDATE plugin SET sha256 = 'x' WHERE name = 'clipped'"
    bnn 0 plan spec.yaml -s name=third -s model.ste=clipped
    prints 'changed since: ste clipped$'
    sqlite3 bnnrun.db "UPDATE plugin SET path = '/else/plugins/ste/.libs/ste_clipped.so' WHERE name = 'clipped'"
    bnn 0 plan spec.yaml -s name=third -s model.ste=clipped
    prints '^1 run: 1 done; nothing to do$'
    sqlite3 bnnrun.db "UPDATE plugin SET path = '/else/ste_clipped.so' WHERE name = 'clipped'"
    bnn 0 plan spec.yaml -s name=third -s model.ste=clipped
    prints 'changed since: ste clipped$'
fi

# ---- data that cannot be used --------------------------------------------------------------------
make_set 3 '\1\2'
bnn 4 plan spec.yaml --db new.db
says 'label 2 at index 1, but .*my.yaml has 2 classes$'
make_set 3
mkdir elsewhere
cd elsewhere || exit 99
fails 4 data verify my
BNN_DATA_PATH=../data
export BNN_DATA_PATH
bnn 0 data verify my --spec ../spec.yaml
prints '^my: 300 images for training, 100 for testing, checked; ../data$'
cd ..
BNN_DATA_PATH=data
bnn 0 data verify my
prints '^my: '

echo "$n_checks commands, $n_wrong wrong"
[ $n_wrong -eq 0 ]
