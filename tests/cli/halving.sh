#!/bin/sh
# Successive halving: what `bnnrun` says of rungs, and that rungs and runs are the same after kill -9, by two
# processes at once, and when runs were removed. Digits that bnnrun draws, and networks of one layer.
set -u
. "${srcdir:-.}/tests/cli/command.sh"
sweep=
trap '[ -z "$sweep" ] || kill -KILL $sweep; rm -rf "$scratch"' EXIT

cat >halving.yaml <<'END'
name: halving
dataset: {name: synthetic, train_limit: 120, validation: 40, test_limit: 40}
model:
  topology:
    input: {channels: 1, height: 28, width: 28}
    blocks: [{layer: {name: dense, out: 10}}]
train: {epochs: 4, batch: 8}
sweep:
  random: {n: 5, train.optimizer.lr: {log_uniform: [1.0e-5, 0.1]}}
  list: [{train.optimizer: {name: sgd, lr: 1.0e+6, weight_decay: 1}}]
  halving: {over: epochs, from: 1, eta: 2}
baseline: {train.optimizer.lr: 0.001}
run: {measure: false}
END

answers() {
    "$BNNRUN" query --db "$1" --csv "SELECT rung, epochs, label, n, n_failed, validation_accuracy, place,
        cut, kept, run_config FROM halving_rung ORDER BY rung, place"
    "$BNNRUN" query --db "$1" --csv "SELECT label, seed, state, printf('%!.20g', test_accuracy)
        FROM run_summary ORDER BY label, seed"
}

# ---- over epochs ----
bnn 0 plan halving.yaml --db whole.db
prints '6 configs at 1, 3 at 2 and 2 at 4 epochs; of the runs that are later, at most 5'
prints '^0.00104 2  *later .*if no rung drops it before'
prints '^lr=0.001  *new'
bnn 1 run halving.yaml --db whole.db -j 2
says 'rung 1 of 3, at 1 epoch: 3 of 6 configs go on, those of at least .* % validation accuracy'
says 'rung 3 of 3, at 4 epochs: 2 of 6 configs are left'
says '1 of 12 runs failed'
prints 'Configs that a rung dropped are left out'
omits 'epochs=1'
answers whole.db >whole
cp whole out
prints '1,1,"optimizer=sgd(lr=1.0e+6,weight_decay=1)",1,1,,6,.*,0,'
bnn 0 query rungs --db whole.db --csv
[ "$(grep -c dropped out)" -eq 4 ] || wrong "not 4 dropped"
bnn 0 compare halving --db whole.db
prints '2 of 6 configs are left, chosen in 2 looks by validation accuracy'
bnn 0 compare halving --db whole.db --json
prints '"dropped": 4'
bnn 0 plan halving.yaml --db whole.db
prints '19 runs: 1 retry, 7 spared, 11 done' # what failed is tried again
prints '3 of 3 rungs made$'
omits 'later'

# ---- the same rungs, the same runs ----
same() {
    answers "$2" >again
    cmp -s whole again || wrong "$1: other rungs or runs: $(diff whole again | head -5)"
}
"$BNNRUN" run halving.yaml --db killed.db -q >/dev/null 2>&1 &
sweep=$!
while kill -0 $sweep 2>/dev/null &&
    [ "$("$BNNRUN" query --db killed.db --csv "SELECT count(*) > 0 FROM halving_rung" 2>/dev/null | tail -n 1)" != 1 ]; do
    sleep 0.05
done
kill -KILL $sweep 2>/dev/null
wait $sweep 2>/dev/null
sweep=
"$BNNRUN" run halving.yaml --db killed.db -q >/dev/null 2>&1
same 'after kill -9' killed.db

"$BNNRUN" run halving.yaml --db shared.db -q -j 1 >/dev/null 2>&1 &
sweep=$!
"$BNNRUN" run halving.yaml --db shared.db -q -j 1 >/dev/null 2>&1
wait $sweep
sweep=
same 'by two processes' shared.db

bnn 0 rm halving lr=0.00104 --yes --db shared.db
"$BNNRUN" run halving.yaml --db shared.db -q >/dev/null 2>&1
same 'after some were removed' shared.db

# ---- over seeds: the survivors have more of them ----
seeds='sweep.halving={over: seeds, from: 1, eta: 2}'
bnn 0 run halving.yaml --db seeds.db -q -s "$seeds" -s train.epochs=1 -s 'seeds={count: 4}' -s 'sweep.list=[]'
bnn 0 query --db seeds.db --csv "SELECT count(*) FILTER (WHERE n = 1), count(*) FILTER (WHERE n = 2),
    count(*) FILTER (WHERE n = 4), (SELECT count(*) FROM run_summary) FROM halving_rung"
prints '^5,3,2,16$'
"$BNNRUN" query --db seeds.db --csv "SELECT label FROM halving_rung WHERE rung = 1 ORDER BY place" | tail -n +2 >order
kept=$(sed -n 1p order) gone=$(sed -n 5p order)
bnn 0 compare "$kept" "$gone" --db seeds.db --json
prints "sweep.halving chose .*: $kept was kept at 3 rungs, $gone was dropped at rung 1"
bnn 0 query paired_difference --db seeds.db --csv
prints "$kept,"
omits "$gone,"
# A page is of the configs that are left, as what it compares; so is what it prints under the table of classes.
bnn 0 report --db seeds.db -o page.html
sed -n 's/.* id="data">\(.*\)<\/script>.*/\1/p' page.html >data.json
page() { sqlite3 :memory: "WITH data(text) AS (SELECT CAST(readfile('data.json') AS TEXT)) $1 FROM data, json_each(text, '\$[0].$2')"; }
compared=$(page "SELECT (count(*) + 1) || ' of ' || min(json_extract(value, '\$.n'))" compare.comparisons)
confused=$(page "SELECT count(*) || ' of ' || min(json_extract(value, '\$.runs'))" confusion.arms)
[ "$compared" = "$confused" ] || wrong "compared are $compared runs, confused $confused"
[ "$(page 'SELECT count(*)' models)" = "${compared% of*}" ] || wrong 'there are other networks than configs compared'
bnn 0 query confusion experiment=halving --db seeds.db --csv
prints "$kept,"
omits "$gone,"
echo "$n_checks commands, $n_wrong mistakes"
[ "$n_wrong" -eq 0 ]
