#!/bin/sh
# Runs that start from others, and that learn from one: what `bnnrun` says of them, what is left after kill -9,
# and what becomes of the chain when something in it has changed. Digits that bnnrun draws; the sweep is
# killed where ste_gate holds it.
set -u
: "${BNN_TEST_PLUGINS:=$PWD/tests/fixtures/plugins/.libs}"
case $BNN_TEST_PLUGINS in /*) ;; *) BNN_TEST_PLUGINS=$PWD/$BNN_TEST_PLUGINS ;; esac
. "${srcdir:-.}/tests/cli/command.sh"
sweep=
trap '[ -z "$sweep" ] || kill -KILL $sweep; rm -rf "$scratch"' EXIT
mkdir plugins
cp "$BNN_TEST_PLUGINS/ste_gate.so" plugins
BNNRUN_PLUGIN_PATH=$scratch/plugins${BNNRUN_PLUGIN_PATH:+:$BNNRUN_PLUGIN_PATH}
export BNNRUN_PLUGIN_PATH

cat >chain.yaml <<'END'
name: chain
dataset: {name: synthetic, train_limit: 300, validation: 60, test_limit: 60}
model:
  topology:
    input: {channels: 1, height: 28, width: 28}
    blocks:
      - {layer: {name: conv2d, out: 4, kernel: 5}, pool: maxpool}
      - {layer: {name: dense, out: 16}}
      - {layer: {name: dense, out: 10}}
  binarize: {weights: true, activations: true}
  ste: gate
start:
  - {model.binarize: none}
  - {model.binarize.weights: false}
teacher: {model.binarize: none, train.epochs: 6}
train: {epochs: 4, batch: 32, distill: {weight: 0.3}}
seeds: {count: 2}
END

ask() { "$BNNRUN" query --db "$1" --csv "$2" | sed 1d; }
uid() { ask "$1" "SELECT run_uid FROM run_summary WHERE label = '$2' AND seed = 1"; }
results() {
    ask "$1" "SELECT label, seed, epoch, name, printf('%!.20g', value) FROM epoch_metric
        JOIN run_summary USING (run_uid) WHERE name <> 'seconds' UNION ALL
        SELECT label, seed, 0, name, printf('%!.20g', value) FROM run_metric
        JOIN run_summary USING (run_uid) UNION ALL
        SELECT label, seed, n_bytes, kind, sha256 FROM run_summary
        JOIN (SELECT run_uid, artifact.* FROM artifact JOIN run USING (run_id)) USING (run_uid)
        ORDER BY 1, 2, 3, 4"
}
same() {
    results whole.db >left
    results "$1" >right
    cmp -s left right || wrong "$2: other results"
    [ "$(wc -l <left)" -gt 100 ] || wrong "$2: hardly any results"
}

# ---- undisturbed ---------------------------------------------------------------------------------
bnn 0 plan chain.yaml --db whole.db
prints '^start: binarize=none  *not in the database; after teacher:'
prints '^base  *not in the database; after start:'
prints '^8 runs: 8 new'
bnn 0 chain.yaml --db whole.db -j 2
[ "$(sed -n '2p' out | cut -c1-6)" != start: ] || wrong "what is only needed leads the table"
bnn 0 plan chain.yaml --db whole.db
prints '^8 runs: 8 done; nothing to do$'
[ "$(ask whole.db "SELECT count(*) FROM run_link WHERE sha256 = now_sha256")" = 10 ] || wrong "not ten links"
last_stage=$(uid whole.db 'start: weights=false')
bnn 0 show --db whole.db "$(uid whole.db base)"
prints "^start  *$last_stage  *start: weights=false  *done  *as they were$"
prints '^teacher  *'
bnn 0 show --db whole.db "$last_stage"
prints '^start of  *'

# ---- killed, and gone on with --------------------------------------------------------------------
# A run that needs others waits at the gate, in its middle, when the sweep is killed.
for n_pass in 0 2; do
    db=killed_$n_pass.db
    gate=$db.gate
    mkdir "$gate"
    echo $n_pass >"$gate/pass"
    BNN_TEST_GATE=$gate "$BNNRUN" run chain.yaml --db $db -j 2 >out 2>err </dev/null &
    sweep=$!
    until [ -e "$gate/$((n_pass + 1))" ]; do
        kill -0 $sweep 2>/dev/null || { wrong "the sweep did not come to the gate"; break; }
        sleep 0.02
    done
    # What another process has to do first is not asked for again and again.
    if [ $n_pass -eq 0 ] && sqlite3 -version >/dev/null 2>&1; then
        sqlite3 $db "UPDATE run SET state = 'interrupted' WHERE state = 'queued'"
        timeout 20 "$BNNRUN" run chain.yaml --db $db -q >out 2>err </dev/null
        [ $? -eq 1 ] || wrong "not status 1, as runs need those of another process"
    fi
    kill -KILL $sweep
    wait $sweep 2>/dev/null
    sweep=
    bnn 0 plan chain.yaml --db $db --json
    prints 'its process died; goes on in epoch [34] of 4'
    bnn 0 chain.yaml --db $db -j 2
    same $db "killed with $n_pass runs through the gate"
done

# ---- two at a time -------------------------------------------------------------------------------
# Each takes what the other has not; neither waits for ever, and the next one does what is left.
"$BNNRUN" run chain.yaml --db both.db -j 1 >/dev/null 2>first.err </dev/null &
sweep=$!
"$BNNRUN" run chain.yaml --db both.db -j 1 >out 2>err </dev/null
wait $sweep
sweep=
bnn 0 chain.yaml --db both.db
same both.db "two processes"

# ---- from elsewhere ------------------------------------------------------------------------------
mkdir elsewhere
cd elsewhere || exit 99
bnn 0 verify --retrain --db ../whole.db "$(uid ../whole.db base)" "$last_stage"
prints 'retrain  *[0-9]* metrics are the same to the last bit, and so are the weights$'
bnn 0 export --db ../whole.db "$(uid ../whole.db base)" --format onnx -o base.onnx
cd ..

# ---- what is lost --------------------------------------------------------------------------------
rm "whole.db.artifacts/$last_stage/weights.safetensors"
bnn 0 plan chain.yaml --db whole.db
prints '^start: weights=false  *1  *restore  *'
bnn 0 chain.yaml --db whole.db
says "run $last_stage: its files are there again"
same killed_0.db "restored"

# ---- what is removed -----------------------------------------------------------------------------
bnn 0 rm -n --db both.db "$(uid both.db 'start: binarize=none')"
says "^bnnrun: run $(uid both.db 'start: binarize=none') was needed by 1 run that stays: "
[ "$(grep -c 'that stay' err)" -eq 1 ] || wrong "not one run that is needed"
sed -e 's/^teacher: .*/teacher: {model.binarize: none}/' -e '/binarize.weights: false/d' chain.yaml >twice.yaml
bnn 0 twice.yaml --db twice.db -s train.epochs=1 -s seeds.count=1
[ "$(ask twice.db "SELECT count(*) FROM run_link WHERE need_uid = '$(uid twice.db 'start and teacher: binarize=none')'")" = 2 ] ||
    wrong "not two links"
bnn 0 rm -n --db twice.db "$(uid twice.db 'start and teacher: binarize=none')"
says "was needed by 1 run that stays: only with it can training prove it again"
bnn 0 rm -y --db both.db "$(uid both.db 'start: binarize=none')"
bnn 0 show --db both.db "$(uid both.db 'start: weights=false')"
prints '^start  .*removed  *not there$'
bnn 0 chain.yaml --db both.db
says '^bnnrun: chain: 8 runs, 7 done, 1 new$'
same both.db "removed and trained again"
bnn 0 gc -n --db both.db
says 'there is nothing to remove'

# ---- a need that fails ---------------------------------------------------------------------------
bnn 1 chain.yaml --db failed.db -s 'start={model.binarize: none, train.optimizer: {name: sgd, lr: 1e6}}' \
    -s teacher=none -s seeds.count=1
says 'failed start: .*: diverged: '
says "failed base seed 1: its start, run $(ask failed.db "SELECT run_uid FROM run_summary WHERE label <> 'base'"), failed: diverged: "
bnn 0 query failures --db failed.db
prints 'its start, run'

# ---- a chain that is stale -----------------------------------------------------------------------
sed -e '/^start:/,/^train:/d' -e 's/gate/clipped/' chain.yaml >stale.yaml
cat >>stale.yaml <<'END'
start: [{model.ste: gate}, {model.binarize.weights: false}]
train: {epochs: 2, batch: 32}
END
bnn 0 stale.yaml -j 2
cp bnnrun.db before.db
cat plugins/ste_gate.so plugins/ste_gate.so >changed
mv changed plugins/ste_gate.so
stage=$(uid bnnrun.db 'start: weights=false')
bnn 0 plan stale.yaml --json
prints "\"changed since: start $(uid bnnrun.db 'start: ste=gate') (ste gate)\""
prints "\"changed since: start $stage (start $(uid bnnrun.db 'start: ste=gate') (ste gate))\""
bnn 0 plan stale.yaml
prints '^6 runs: 6 stale$'
bnn 0 rm -y "$(uid bnnrun.db base)"
bnn 1 stale.yaml
says "^bnnrun: run .* cannot begin: its start, run $stage, is stale$"
says '^bnnrun: 1 of 6 runs need runs that are stale; the same command with --retrain stale does all of them$'
bnn 0 plan stale.yaml --json
prints "\"its start, run $stage, is stale\""
bnn 0 stale.yaml --retrain stale
bnn 0 plan stale.yaml
prints '^6 runs: 6 done; nothing to do$'
results before.db >left
results bnnrun.db >right
cmp -s left right || wrong "trained again: other results"

echo "$n_checks commands, $n_wrong mistakes"
[ "$n_wrong" -eq 0 ]
