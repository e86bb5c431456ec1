#!/bin/sh
# Seeds until it is decided: what `bnnrun` says of looks, and that looks and runs are the same after kill -9, by
# two processes at once, and when runs were removed. Digits that bnnrun draws, and networks of one layer.
set -u
. "${srcdir:-.}/tests/cli/command.sh"
sweep=
trap '[ -z "$sweep" ] || kill -KILL $sweep; rm -rf "$scratch"' EXIT

cat >until.yaml <<'END'
name: until
dataset: {name: synthetic, train_limit: 200, validation: 50, test_limit: 100}
model:
  topology:
    input: {channels: 1, height: 28, width: 28}
    blocks: [{layer: {name: dense, out: 10}}]
train: {epochs: 1}
compare: {}
seeds: {until: {margin: 2, looks: [6, 8, 10]}}
sweep: {grid: {train.optimizer.lr: [0.00101, 0.0003]}}
baseline: {train.optimizer.lr: 0.001}
run: {measure: false}
END

answers() {
    "$BNNRUN" query --db "$1" --csv "SELECT look, seeds, label, n, difference, low, high, p, level, verdict
        FROM comparison_look ORDER BY label, look"
    "$BNNRUN" query --db "$1" --csv "SELECT label, seed, state, printf('%!.20g', test_accuracy)
        FROM run_summary ORDER BY label, seed"
}

flat() { tr '\n' ' ' <out >flat && mv flat out; }

# ---- the plan, the run, the answer ----
bnn 0 plan until.yaml --db whole.db
prints 'lr=0.0003 *1,2,3,4,5,6 *new'
prints 'lr=0.0003 *7,8,9,10 *later .*if no look decides before'
prints '30 runs: 18 new, 12 later'
prints 'looks at 6, 8 and 10 seeds; if no other is decided before the last, 12 more runs'
says_nothing
prints 'margin 2, alpha 0.05, 10 seeds at most, 3 looks'
bnn 0 plan until.yaml --db whole.db -s run.isolation=thread
prints '12 more runs, in all about [0-9]'
bnn 0 run until.yaml --db whole.db -j 2
says 'look 1 of 3, at 6 seeds: 1 of 2 configs decided: 1 equal'
says 'look 3 of 3, at 10 seeds: 2 of 2 configs decided: 1 worse, 1 equal'
answers whole.db >whole
bnn 0 plan until.yaml --db whole.db
prints 'lr=0.00101 *7,8,9,10 *spared .*a look has decided'
prints '4 spared, 26 done; nothing to do'
prints '3 made, 2 of 2 configs decided: 1 worse, 1 equal'
bnn 0 compare until --db whole.db
prints '6, 8 and 10 seeds, of which 3 were made'
prints 'Planned'
prints '^What was decided before the last look has a mean that is biased: '
prints 'lr=0.00101 .* equal within 2'
prints 'lr=0.0003 .* worse'
flat
prints 'tests of the mean difference (all flips), step-down .* by Pocock.s function: .* (both at once at 90 %)'
bnn 0 compare until --db whole.db --json
prints '"looks_made": 3'
prints '"planned": true'
bnn 0 compare until --db whole.db --margin 1
prints 'Exploratory'
prints 'How many seeds a config has was decided by looks'
# Two configs, one of which had as many seeds as looks decided, are no planned comparison.
bnn 0 compare lr=0.0003 lr=0.001 --db whole.db
flat
prints 'Exploratory: the spec of until registers it among 2 comparisons, at looks (`bnnrun compare until`), and here it is tested alone\.'
prints 'How many seeds a config has was decided by looks'
bnn 0 compare until:lr=0.0003 lr=0.00101 --db whole.db --json
prints '"departures": "no spec registers this comparison"'
prints 'How many seeds a config has was decided by looks'
bnn 0 query looks experiment=until --db whole.db --csv
prints 'until,1,6,lr=0.00101,6,0,.*,equal'

# ---- the same looks, the same runs ----
same() {
    answers "$2" >again
    cmp -s whole again || wrong "$1: other looks or runs: $(diff whole again | head -5)"
}
"$BNNRUN" run until.yaml --db killed.db -q >/dev/null 2>&1 &
sweep=$!
while kill -0 $sweep 2>/dev/null &&
    [ "$("$BNNRUN" query --db killed.db --csv "SELECT count(*) FROM comparison_look" 2>/dev/null | tail -n 1)" != 2 ]; do
    sleep 0.05
done
kill -KILL $sweep 2>/dev/null
wait $sweep 2>/dev/null
sweep=
bnn 0 run until.yaml --db killed.db -q
same 'after kill -9' killed.db

"$BNNRUN" run until.yaml --db shared.db -q -j 1 >/dev/null 2>&1 &
sweep=$!
bnn 0 run until.yaml --db shared.db -q -j 1
wait $sweep || wrong "the other process: status $?"
sweep=
same 'by two processes' shared.db

bnn 0 rm until seed=2 --yes --db killed.db
bnn 0 compare until --db killed.db
prints 'of which 0 were made'
prints 'The look at 6 seeds waits for its runs'
omits 'before the last look'
prints 'undecided: no look yet'
omits 'Over other images'
bnn 0 run until.yaml --db killed.db -q
same 'after some were removed' killed.db

# ---- too few seeds ----
bnn 0 plan until.yaml --db few.db -s 'seeds={until: {looks: [3, 6]}}'
says 'warning: seeds.until: the look at 3 seeds cannot find any difference: 7 are the least that can there$'
says_not 'the look at 6 seeds'
bnn 0 plan until.yaml --db few.db -s 'seeds={count: 5}'
says 'warning: seeds: 5 cannot find any difference of those that `compare` asks for: 6 are the least that can$'
bnn 0 plan until.yaml --db few.db -s 'seeds={count: 6}'
says_nothing
bnn 0 plan until.yaml --db few.db -s 'seeds={count: 5}' -s compare.alpha=0.1
says_nothing
sed '/^compare/d' until.yaml >unplanned.yaml
bnn 0 plan unplanned.yaml --db few.db -s 'seeds={count: 5}'
says_nothing

# ---- seeds beyond the last look, which are no part of its answer ----
bnn 0 run until.yaml --db beyond.db -q
bnn 0 run until.yaml --db beyond.db -q -s 'seeds={count: 12}'
bnn 0 compare until --db beyond.db
prints 'Not part of it: 6 seeds that ran beyond the last look of a config'
bnn 0 compare until --db beyond.db --csv
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    { rest = $at["mean"] - $at["baseline_mean"] - $at["difference"]
      bad += rest * rest > 1e-12 || $at["images_n"] != $at["n"] }
    END { exit bad > 0 || NR != 3 }' out || wrong 'a row is not over the seeds of its look'

# ---- looks that the spec has no longer ----
bnn 0 run until.yaml --db others.db -q -s 'seeds={until: {margin: 2, looks: [10]}}'
bnn 0 rm until seed=9 --yes --db others.db
bnn 0 run until.yaml --db others.db -q
bnn 0 compare until --db others.db
prints 'The look at 10 seeds waits for its runs; the spec has other looks now'

# ---- what was drawn ----
bnn 0 run until.yaml --db drawn.db -q -s 'seeds={count: 2}' \
    -s 'sweep={random: {n: 3, train.optimizer.lr: {log_uniform: [0.001, 0.1]}}}'
bnn 0 compare --db drawn.db
prints '3 of these configs were drawn'
echo "$n_checks commands, $n_wrong mistakes"
[ "$n_wrong" -eq 0 ]
