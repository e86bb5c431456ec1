#!/bin/sh
# What keeps a database in order: runs with filters, note, tag, diff, mv, rm, gc.
set -u
. "${srcdir:-.}/tests/cli/command.sh"
has_lines() { [ "$(wc -l <out)" -eq "$1" ] || wrong "not $1 lines on stdout"; }

cat >e.yaml <<'END_OF_SPEC'
name: e
dataset: {name: synthetic, train_limit: 64, validation: 16, test_limit: 20}
model:
  topology:
    input: {channels: 1, height: 28, width: 28}
    blocks:
      - {layer: {name: dense, out: 8}}
      - {layer: {name: dense, out: 8}}
      - {layer: {name: dense, out: 10}}
  binarize: {weights: true, activations: true}
train: {epochs: 2, batch: 16}
seeds: {count: 2}
sweep: {grid: {model.ste: [identity, clipped]}}
baseline: {model.binarize: none}
END_OF_SPEC
bnn 0 run e.yaml -q -s train.epochs=1
bnn 0 run e.yaml -q

# ---- runs ----------------------------------------------------------------------------------------
bnn 0 runs --csv
has_lines 13
prints '^run_uid,experiment,label,seed,state,test_accuracy,train_seconds,config,differs,in_spec,'
bnn 0 runs e
prints '^run  *label  *seed  state  accuracy  seconds  date$'
prints 'ste=clipped (train.epochs=1)  *2  *done'
bnn 0 runs e ste=clipped epochs=2
has_lines 3
bnn 0 runs model.ste.weights=clipped seed=1 --json
prints '"differs": "train.epochs=2"'
is_json
bnn 0 runs binarize=none activations=false train.optimizer.lr=1e-3 --csv
has_lines 5
bnn 0 runs --revision earlier --state done,failed --csv
has_lines 7
omits 'train.epochs=2'
bnn 0 runs --state failed --csv
has_lines 1
bnn 0 runs --since 1h --limit 3 --csv
has_lines 4
bnn 0 runs --since 2999-01-31 --csv
has_lines 1
for order in accuracy -test_accuracy date; do
    bnn 0 runs --sort $order --csv
    cut -d, -f6 out | sed 1d >got
    case $order in
    accuracy) sort -g got >expected ;;
    -*) sort -gr got >expected ;;
    esac
    [ $order = date ] || cmp -s got expected || wrong "not sorted"
done
fails 4 runs f
says 'there is no experiment'
fails 2 runs epoch=2
says 'no run has a setting "epoch"; did you mean "epochs"?$'
fails 2 runs --state don
says 'no run has the state "don"; did you mean "done"?'
fails 2 runs --sort acuracy
says 'there is no column'
fails 2 runs --since yesterday
fails 2 runs --revision 3
fails 2 runs e f
says 'one EXPERIMENT at the most'

# ---- note and tag --------------------------------------------------------------------------------
bnn 0 runs seed=1 ste=clipped epochs=2 --csv
one=$(sed -n '2s/,.*//p' out)
bnn 0 runs seed=1 ste=identity epochs=2 --csv
two=$(sed -n '2s/,.*//p' out)
bnn 0 note "${one%??}" 'the run of figure 2'
prints_nothing
bnn 0 note "$one"
prints "^$one  the run of figure 2$"
bnn 0 tag "$one" figure2 good
bnn 0 tag "$two" good
bnn 0 tag --csv
prints '^figure2,1$'
prints '^good,2$'
bnn 0 runs --tag good --tag figure2
prints "^$one .*  figure2 good  the run of figure 2$"
has_lines 2
bnn 0 show "$one"
prints '^  tags  *figure2 good$'
prints '^  note  *the run of figure 2$'
prints '^epoch  train_loss  validation_loss  train  '
prints '^test_loss '
bnn 0 tag -d "$one" good
bnn 0 tag "$one" --json
is_json
prints '"figure2"'
omits good
bnn 0 note "$one" ''
bnn 0 note --csv
has_lines 1
fails 2 tag "$one" 'no tag'
says '"no tag" is no tag'
fails 2 tag -d "$one"
fails 4 tag nope good
fails 2 note "$one" two words
says 'one TEXT, in quotes, not "words"'
fails 4 note "$one" x --db none.db

echo "$n_checks commands, $n_wrong wrong"
[ $n_wrong -eq 0 ]
