#!/bin/sh
# What keeps a database in order: runs with filters, note, tag, diff, mv, rm, gc.
set -u
. "${srcdir:-.}/tests/cli/command.sh"
has_lines() { [ "$(wc -l <out)" -eq "$1" ] || wrong "not $1 lines on stdout"; }

cat >e.yaml <<'END_OF_SPEC'
name: exp
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
bnn 0 runs exp
prints '^state: done$' # which makes room for the labels
prints '^run  *label  *seed  accuracy  seconds  date$'
prints 'ste=clipped (train.epochs=2)  *2  '
prints '(train.epochs=1)'
bnn 0 runs exp ste=clipped epochs=2 --csv
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
fails 2 runs state=stale
says 'no run has a setting "state"; did you mean the option --state?$'
fails 2 runs --state don
says 'no run has the state "don"; did you mean "done"?'
fails 2 runs --sort acuracy
says 'there is no column'
fails 2 runs --since yesterday
fails 2 runs --revision 3
fails 2 runs exp f
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
prints 'figure2 good'
prints 'the run of figure 2'
bnn 0 runs --tag good --tag figure2 --csv
prints "^$one,.*,figure2 good,the run of figure 2$"
has_lines 2
bnn 0 show "$one"
prints '^  tags  *figure2 good$'
prints '^  note  *the run of figure 2$'
prints '^epoch  train_loss  validation_loss  train  '
prints '^test_loss '
bnn 0 note "$one" "$(printf 'red \033[31m \302\233 end')"
bnn 0 show "$one"
prints '^  note  *red ?\[31m ? end$' # what a terminal would obey
fails 4 note "$(printf '\033[31m')"
says 'run "*?\[31m'
bnn 0 tag -d "$one" good
bnn 0 tag "$one" --json
is_json
prints '"figure2"'
omits good
bnn 0 completion words -- runs --tag fi
prints '^figure2'
bnn 0 completion words -- rm ex
prints '^exp'
bnn 0 completion words -- rm --state inter
prints '^interrupted'
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

# ---- tables --------------------------------------------------------------------------------------
# Without rows there is the heading, in its usual form; a long name is broken between its parts.
bnn 0 query failures
prints '^run_uid  experiment  label  seed  '
prints '^no rows$'
omits ' $'
fits 80
bnn 0 query 'SELECT 1 AS one WHERE 0'
[ "$(tr '\n' ' ' <out)" = 'one no rows ' ] || wrong 'no rows, but not said so'
bnn 0 query failures --csv
omits 'no rows'
long=model_of_a_long_name.topology_of_it.blocks_behind_each_other.layer_of_weights.n_outputs
bnn 0 query "SELECT '$long' AS key, '$long' AS other UNION SELECT 'a', 'b'"
prints '[._]  *model_of.*[._]$'
omits '[a-z]  *[a-z]*_.*[a-z]$'
# Keys that most labels have are said once, above.
bnn 0 query "WITH o(a) AS (VALUES ('bn_act'), ('act_bn')), s(b) AS (VALUES ('clipped'), ('identity'))
    SELECT 'ordering=' || a || ' ste=' || b AS label, printf('%050d', abs(random() / 2)) || a AS more FROM o, s
    UNION ALL SELECT 'binarize=none', 'b'"
prints '^label: ordering=\.\. ste=\.\.$'
prints '^bn_act clipped  '
prints '^act_bn identity  '
prints '^binarize=none  '
omits '\[1\]'
fits 80
bnn 0 show "$one"
prints 'test_accuracy'
omits 'special'

# ---- diff ----------------------------------------------------------------------------------------
bnn 0 diff "$one" "$two"
prints "^part  *key  *$one  *$two$"
prints '^parameter  *model.ste  *clipped  *identity$'
prints '^plugin  *ste clipped  *[0-9a-f]\{12\}'
prints '^epoch  *train_loss, epoch 1 '
omits 'seconds'
bnn 0 diff "$one" "$one"
prints '^the same$'
bnn 0 runs seed=1 ste=clipped epochs=1 --csv
short=$(sed -n '2s/,.*//p' out)
bnn 0 diff "$short" "$one" --json
is_json
prints '"a": 1,$'
prints '"b": 2$'
prints '"epoch": 2,$'
fails 2 diff "$one"
fails 4 diff "$one" nope
bnn 0 run e.yaml -q -s name=twin -s seeds.count=1
bnn 0 runs twin ste=clipped --csv
twin=$(sed -n '2s/,.*//p' out)
bnn 0 diff "$one" "$twin"
prints '^run  *experiment  *exp  *twin$'
[ "$(wc -l <out)" -eq 2 ] || wrong "more differs"
says '^what came out is the same, to the last bit$'
files=bnnrun.db.artifacts # each names its run, as the help says
! cmp -s "$files/$one/model.bnn" "$files/$twin/model.bnn" || wrong 'the model files are the same'
bnn 0 diff --help
prints 'Model files are not compared,$'

# ---- mv ------------------------------------------------------------------------------------------
bnn 0 mv twin other
says 'now the spec e.yaml has to say `name: other`, in place of its line `name: twin` or, where there is none,'
bnn 0 run e.yaml -s name=other -s seeds.count=1
says ' 3 runs, 3 done, nothing to do'
bnn 0 run e.yaml -q -s seeds.count=2
bnn 0 verify "$twin"
fails 4 mv other exp
says 'there is an experiment exp already'
fails 4 mv twin x
says 'there is no experiment'
fails 2 mv other 'a/b'
fails 2 mv other

# ---- rm ------------------------------------------------------------------------------------------
n_files() { find bnnrun.db.artifacts -type f | wc -l; }
before=$(n_files)
fails 2 rm "$short"
says 'nobody can be asked here: --yes removes, --dry-run only lists'
fails 2 rm --yes
says 'which?'
fails 4 rm "$short" nope --yes
bnn 0 rm exp epochs=1 --dry-run
has_lines 7
prints "^$short  *exp  *ste=clipped  *1  *done  *[1-9][0-9]*$"
says '^nothing was removed: 6 runs, [0-9,]* bytes of files$'
[ "$(n_files)" -eq "$before" ] || wrong "files were removed"
bnn 0 rm "$short" "$short" --yes --json
is_json
says '^removed: 1 run, '
[ ! -e "bnnrun.db.artifacts/$short" ] || wrong "its files are there"
fails 4 show "$short"
bnn 0 rm exp --revision earlier --state done --yes -q
has_lines 6
says_nothing
bnn 0 runs exp --csv
has_lines 7
bnn 0 query "SELECT count(*) AS n FROM config" --csv
prints '^3$'
bnn 0 rm exp --state failed --yes
says '^no such runs$'
bnn 0 mv other "${one%????}"
fails 4 rm "${one%????}" --yes
says "is an experiment, and run $one begins like it"
bnn 0 rm "${one%????}:" --dry-run
bnn 0 mv "${one%????}" other
bnn 0 rm other --yes
fails 4 runs other
bnn 0 runs --csv
has_lines 7
if command -v script >/dev/null 2>&1; then
    for answer in n y; do
        echo $answer | script -qec "'$BNNRUN' rm '$two'" /dev/null >out 2>err
        last="rm, answered $answer"
        prints 'remove 1 run, [0-9,]* bytes of files? \[y/N\]'
        [ -e "bnnrun.db.artifacts/$two" ] || [ $answer = y ] || wrong "removed without a yes"
    done
    [ ! -e "bnnrun.db.artifacts/$two" ] || wrong "not removed with a yes"
fi

# ---- what a process works on ---------------------------------------------------------------------
"$BNNRUN" run e.yaml -q -s name=busy -s seeds.count=1 -s train.epochs=100000 \
    -s dataset.train_limit=5000 -s run.checkpoint=stop >busy 2>&1 &
process=$!
until bnn 0 runs --state running --csv && [ "$(wc -l <out)" -gt 1 ]; do
    kill -0 $process 2>/dev/null || { wrong "it has ended"; break; }
done
fails 4 rm busy --yes
says 'is working on it; stop that first$'
fails 4 mv busy idle
says 'is working on it'
bnn 0 runs busy --csv
has_lines 4
bnn 0 gc --yes
kill -KILL $process
wait $process
bnn 0 runs busy --state running --csv
has_lines 1
bnn 0 runs busy --state interrupted --csv
prints ',interrupted,'
dead=$(sed -n '2s/,.*//p' out)
bnn 0 show "$dead"
prints ': interrupted$'
bnn 0 show "$dead" --json
prints '"state": "interrupted"'
bnn 0 mv busy idle
bnn 0 rm idle --yes
bnn 0 runs --csv
omits idle

# ---- gc ------------------------------------------------------------------------------------------
bnn 0 gc --yes
says '^there is nothing to remove$'
mkdir bnnrun.db.artifacts/0123456789 bnnrun.db.artifacts/mine
echo lost >bnnrun.db.artifacts/0123456789/model.bnn
echo keep >bnnrun.db.artifacts/mine/model.bnn
echo half >"bnnrun.db.artifacts/$one/model.bnn.12.tmp"
echo old >"bnnrun.db.artifacts/$one/checkpoint"
ln -s ../../e.yaml bnnrun.db.artifacts/0123456789/weights.safetensors
mkdir -p bnnrun.db.artifacts/abcdef0123 bnnrun.db.artifacts/abcdef0124/sub
echo mine | tee bnnrun.db.artifacts/abcdef0123/thesis.txt >"bnnrun.db.artifacts/$one/mine.tmp"
echo lost >bnnrun.db.artifacts/abcdef0124/model.bnn
fails 2 gc
bnn 0 gc -n
prints '^folder without a run  *0123456789  *5$'
prints '^folder without a run  *abcdef0124  *5$'
omits abcdef0123
omits mine.tmp
prints "^file half written  *$one/model.bnn.12.tmp  *5$"
prints "^checkpoint of a done run  *$one/checkpoint  *4$"
omits mine
bnn 0 gc --yes --json
is_json
[ ! -e bnnrun.db.artifacts/0123456789 ] && [ -e e.yaml ] || wrong "the folder without a run"
[ -e bnnrun.db.artifacts/mine/model.bnn ] || wrong "a folder of somebody else is gone"
[ ! -e "bnnrun.db.artifacts/$one/checkpoint" ] || wrong "the checkpoint is there"
[ -e bnnrun.db.artifacts/abcdef0123/thesis.txt ] && [ -d bnnrun.db.artifacts/abcdef0124/sub ] &&
    [ -e "bnnrun.db.artifacts/$one/mine.tmp" ] || wrong "what bnnrun did not write is gone"
[ -e "bnnrun.db.artifacts/$one/model.bnn" ] || wrong "a model is gone"
bnn 0 gc -n
says 'nothing to remove'
bnn 0 run e.yaml -q
[ -e "bnnrun.db.artifacts/$one/mine.tmp" ] || wrong "what bnnrun did not write is gone"
fails 2 gc bnnrun.db

# What cannot be looked at is not empty.
mv bnnrun.db.artifacts aside && echo other >bnnrun.db.artifacts
fails 4 gc --yes
says 'the files of runs, in bnnrun.db.artifacts, cannot be looked at'
bnn 4 rm "$one" --yes
says 'the runs are removed, but not all files'
rm bnnrun.db.artifacts && mv aside bnnrun.db.artifacts

# ---- the folder of another database --------------------------------------------------------------
ln -s bnnrun.db.artifacts second.db.artifacts
before=$(n_files)
bnn 0 run e.yaml -q --db second.db -s name=second -s seeds.count=1
bnn 0 gc --yes --db second.db
bnn 0 rm second --yes --db second.db
[ "$(n_files)" -ge "$before" ] || wrong "files of another database are gone"

echo "$n_checks commands, $n_wrong wrong"
[ $n_wrong -eq 0 ]
