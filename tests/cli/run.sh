#!/bin/sh
# `bnnrun run` and `bnnrun plan`: what they do, print and return, on digits that bnnrun draws.
set -u
. "${srcdir:-.}/tests/cli/command.sh"
says_lines() { [ "$(wc -l <err)" -eq "$1" ] || wrong "not $1 lines on stderr"; }

tiny_spec >tiny.yaml
cat >>tiny.yaml <<'END'
name: tiny
train: {epochs: 2, batch: 32}
seeds: {count: 2}
sweep: {grid: {model.ste: [identity, clipped]}}
baseline: {model.binarize: none}
END

# ---- the command line ----------------------------------------------------------------------------
bnn 2
says 'nothing to do; try `bnnrun quick`'
bnn 2 rnu tiny.yaml
says 'unknown command "rnu"; did you mean "run"?'
bnn 2 elsewhere
says 'unknown command "elsewhere"; a spec has a / in its path, ends in .yaml, or is one that came'
bnn 2 -s seeds=[1] tiny.yaml
says 'only options of all commands come before the command or the spec, and "-s" is in its place'
bnn 2 --db
says 'option "--db" needs a value'
fails 4 --db no.db -q runs
says 'there is no database no.db yet'
bnn 2 --csv run tiny.yaml
says 'run: --csv is for tables'
bnn 2 runs --jsn
says 'unknown option "--jsn"; did you mean "--json"?'
long=$(printf 'x%.0s' 1 2 3 4 5 6 7 8)
long=$long$long$long$long$long$long$long$long$long
long=$long$long$long$long$long$long$long$long$long$long$long$long
for each in "bench y --engines $long" "$long" "help $long" "plan $long" "runs --$long" "--$long" "completion $long" \
    "plugins $long" "run quick -j $long"; do
    # shellcheck disable=SC2086 # words
    "$BNNRUN" $each >out 2>err
    n_checks=$((n_checks + 1))
    last=$(echo "$each" | head -c 30)
    [ "$(wc -c <err)" -lt 420 ] || wrong "repeats a long word: $(wc -c <err) bytes"
    says 'xxx\.\.\.'
done
bnn 2 help train.epochs x
says 'one COMMAND or KEY at a time, not "x"'
bnn 2 quik
says 'unknown command "quik"; did you mean "quick"?'
bnn 0 -q plan quick
cp -r "$srcdir/configs/quick.yaml" here.yaml
bnn 0 --db x.db plan here
bnn 3 plan nowhere
says 'there is no spec "nowhere"; there is .*quick, .*ste_sweep'
rm here.yaml
bnn 2 run
says 'run: a spec is needed'
bnn 2 run tiny.yaml other.yaml
says 'one spec at a time, and "other.yaml" is another argument'
bnn 2 run --fast tiny.yaml
says 'run: unknown option "--fast"'
bnn 2 run tiny.yaml -s
says 'option "-s" needs a value'
for n in 0 x 2x '' -1 1025 99999999999999999999; do
    bnn 2 run tiny.yaml -j "$n"
    says "^bnnrun: run: -j takes a number of jobs from 1 to 1024, not \"$n\""
done
bnn 0 run --help
prints '^bnnrun run SPEC.yaml$'
prints '--dry-run'
bnn 0 help plan
prints '^bnnrun plan SPEC.yaml$'
bnn 0 -V
prints '^bnnrun [0-9]'
bnn 0 -q --version
prints '^bnnrun [0-9]'
prints '^kernels  '
prints '^plugin ABI  1$'
bnn 0 --help
prints '^  bnnrun query'
[ ! -e bnnrun.db ] || wrong "a database was made"

# ---- wrong specs ---------------------------------------------------------------------------------
bnn 3 none.yaml
says '^none.yaml: cannot open: No such file or directory$'
bnn 3 tiny.yaml -s train.epoch=3 -s seedz=1
says '^-s 2:1:1: unknown key "seedz" in the spec; did you mean "seeds"?$'
says '^-s 1:1:1: unknown key "epoch" in train; did you mean "epochs"?$'
says '^bnnrun: tiny.yaml: 2 errors, so nothing was run$'
says_lines 7
bnn 4 tiny.yaml -s model.ordering=nowhere
says '^bnnrun: tiny.yaml: 1 error, so nothing was run$'
[ ! -e bnnrun.db ] || wrong "a database was made"
bnn 3 tiny.yaml --no-download -s dataset.validation=300
prints_nothing

# ---- plan, and its twin --------------------------------------------------------------------------
bnn 0 plan tiny.yaml -j 2
prints '^config  *seeds  state  seconds  why$'
prints '^ste=identity  *1,2  *new  *[0-9.]*  not in the database$'
prints '^6 runs: 6 new; about .* with 2 jobs$'
says_nothing
[ ! -e bnnrun.db ] || wrong "a plan made a database"
bnn 0 run -n tiny.yaml
prints '^6 runs: 6 new; about '
bnn 0 plan tiny.yaml --json
prints '"state": "new"'

# ---- a sweep -------------------------------------------------------------------------------------
bnn 0 tiny.yaml -j 2
says '^bnnrun: tiny: 6 runs, 0 done, 6 new$'
says '^\[6/6\] done .* seed [12]: test [0-9.]* % in [0-9.]* s$'
[ "$(grep -c '^\[[1-6]/6\] done' err)" -eq 6 ] || wrong "not six finished runs"
prints '^runs: 2$'
prints '^config  *test %  *to baseline \[95 %\]  *bytes '
prints '^binarize=none  *[0-9.]* +- [0-9.]*  *baseline  *[0-9,]* '
prints '^ste=clipped  *[0-9.]* +- [0-9.]*  *[-+][0-9.]* \[[-+][0-9.]*, [-+][0-9.]*\]  *[0-9,]* '
fits 80
prints '^All results are in bnnrun.db; next: bnnrun compare$'
omits "$(printf '\033')"
says_not "$(printf '[\033\r]')"
cp out first
bnn 0 tiny.yaml
says '^bnnrun: tiny: 6 runs, 6 done, nothing to do$'
says_lines 1
cmp -s out first || wrong "the leaderboard has changed"
bnn 0 run -q tiny.yaml
says_nothing
bnn 0 query paired_difference
prints 'ste=clipped'
bnn 0 run -q tiny.yaml --db named.db -s seeds.count=1
prints '^All results are in named.db; next: bnnrun compare --db named.db$'
bnn 0 run -q tiny.yaml --db named.db -s seeds.count=1 -s name=other
prints '^All results are in named.db; next: bnnrun compare other --db named.db$'
bnn 0 query paired_difference experiment=other --db named.db --csv
prints '^other,ste=clipped,'
bnn 0 mv other 007 --db named.db
bnn 0 query paired_difference experiment=007 --db named.db --csv
prints '^007,ste=clipped,'
bnn 0 run tiny.yaml --db signs.db -s seeds.count=1 -s model.form=ternary
says_not 'deployment: weights'
run_real() { bnn 0 run tiny.yaml --db forms.db -s seeds.count=1 -s model.form=ternary -s model.binarize.activations=false; }
run_real
[ "$(grep -c 'warning: deployment: weights of form ternary are 3 levels; ' err)" -eq 1 ] ||
    wrong "what becomes of ternary weights is not said once"
run_real
says_lines 1
sed '/^baseline/d' tiny.yaml >alone.yaml
bnn 0 run -q alone.yaml --db alone.db -s seeds.count=1
prints '^All results are in alone.db; next: bnnrun query leaderboard --db alone.db$'
bnn 0 plan tiny.yaml
prints '^6 runs: 6 done; nothing to do$'

# The spec is changed: what is new is said, and what is no longer asked for.
bnn 0 tiny.yaml -s 'seeds=[2,3]' -j 1
says '^bnnrun: tiny: 6 runs, 3 done, 3 new$'
says '^bnnrun: 3 runs in the database are no longer part of this spec$'
says '^bnnrun: 1 job, '

# ---- a spec from standard input, and texts with a byte order mark --------------------------------
mkdir elsewhere elsewhere/topologies elsewhere/datasets
sed -n '/^    input/,/^  binarize/{/binarize/!s/^    //p;}' tiny.yaml >small_net.yaml
mark=$(printf '\357\273\277')
{ printf %s "$mark"; cat small_net.yaml; } >elsewhere/topologies/small_net.yaml
{ printf %s "$mark"; cat "$srcdir/configs/datasets/mnist.yaml"; } >elsewhere/datasets/digits.yaml
{
    printf '%sdescription: piped\n' "$mark"
    echo 'dataset: {name: synthetic, train_limit: 200, validation: 40, test_limit: 50}'
    echo 'model: {topology: small_net}'
    echo 'train: {epochs: 1, batch: 32}'
} >elsewhere/spec
printf '%sSELECT label FROM\n run_summary' "$mark" >elsewhere/labels.sql
cd elsewhere || exit 99
input=spec
bnn 0 plan -
prints '^1 run: 1 new'
bnn 0 plan - --no-download -s 'dataset={name: digits}'
prints '^1 run: 1 new'
bnn 0 run - -q
says_nothing
bnn 0 - -s seeds.count=2
says '^bnnrun: stdin: 2 runs, 1 done, 1 new$'
bnn 3 plan - -s model.topology=nowhere -s seedz=1
says '^-s 2:1:1: unknown key "seedz" in the spec; did you mean "seeds"?$'
says '^bnnrun: <stdin>: 2 errors, so nothing was run$'
echo 'train: {epochs: 1, epoch: 1}' | cat spec - >../wrong
input=../wrong
bnn 3 plan -
says '^<stdin>:5:1: duplicate key "train"'
input=/dev/null
bnn 3 -
says '^<stdin>: empty: no value in here$'
head -c 1048577 /dev/zero | tr '\0' '#' >../long
input=../long
bnn 3 -
says '^<stdin>: more than the limit of 1048576 bytes$'
unset input
bnn 0 query "SELECT name, path FROM experiment JOIN spec_revision USING (experiment_id)" --csv
prints '^stdin,<stdin>$'
bnn 0 query ./labels.sql --csv
[ "$(wc -l <out)" -eq 3 ] || wrong 'not two runs'
bnn 0 query 'SELECT run_uid FROM run_summary' --csv
bnn 0 verify "$(sed -n 2p out)"
cd .. || exit 99
printf '%sname: marked\ndataset: synthetic\n' "$mark" >marked.yaml
printf '%sname: 1\n  dataset: x\n' "$mark" >marked_wrong.yaml
bnn 0 plan marked.yaml
bnn 3 plan marked_wrong.yaml
says '^marked_wrong.yaml:2:10: '

# ---- results for programs ------------------------------------------------------------------------
bnn 0 run tiny.yaml --json --db json.db -q
prints '"planned": 6'
prints '"label": "ste=identity"'
says_nothing
if command -v python3 >/dev/null 2>&1; then
    python3 -m json.tool <out >/dev/null || wrong "not JSON"
fi
[ -e json.db ] || wrong "--db was ignored"
BNNRUN_DB=env.db "$BNNRUN" run -q tiny.yaml -s seeds.count=1 >/dev/null 2>&1
[ -e env.db ] || wrong "BNNRUN_DB was ignored"

# The metric decides the order: least bytes first means that the float net is last.
bnn 0 tiny.yaml -s metric.name=model_bytes
[ "$(sed '/^$/,$d; s/ .*//' out | tail -n 1)" = binarize=none ] || wrong "the float net is not the last"
bnn 0 tiny.yaml -s metric.name=validation_accuracy
prints 'validation'

# ---- failures ------------------------------------------------------------------------------------
bnn 1 run tiny.yaml --db wild.db -s sweep.grid={} -s baseline={} -s model.norm=none \
    -s model.binarize=none -s train.optimizer=sgd -s 'train.optimizer.lr=[0.01,1.0e6]' \
    -s run.retries=1
says '^bnnrun: 2 of 4 runs failed; `bnnrun query failures` says why$'
says '^\[./4\] failed .* seed [12]: diverged: '
prints ' 0 (2 failed)'
bnn 0 query failures --db wild.db
prints 'diverged'
bnn 1 run tiny.yaml --db slow.db -s run.timeout=0.001s -s seeds.count=1
says 'timeout'

# ---- the database --------------------------------------------------------------------------------
echo 'not a database, but long enough to be looked at as if it were one' >text.db
cp text.db copy.db
bnn 4 run tiny.yaml --db text.db
cmp -s text.db copy.db || wrong "a file that is no database was changed"
bnn 4 run tiny.yaml --db nowhere/x.db
bnn 4 run tiny.yaml -s dataset.name=mnist -s dataset.train_limit=0 -s dataset.path=/none \
    --no-download --db none.db
says 'mnist'

echo "$n_checks commands, $n_wrong wrong"
[ $n_wrong -eq 0 ]
