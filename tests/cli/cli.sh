#!/bin/sh
# The subcommands that look at things (plugins, data, runs, show, query): what they print, where, and
# with which exit status. The runs they look at are made here, on drawn digits, in a moment.
set -u
. "${srcdir:-.}/tests/cli/command.sh"
NO_COLOR=1
export NO_COLOR

# ---- help ----------------------------------------------------------------------------------------
bnn 0 --help
prints 'plugins'
says_nothing
bnn 0 --version
prints '^bnnrun .*[0-9]\.[0-9]'
says_nothing
for name in run plan plugins data runs show query predict export bench; do
    bnn 0 $name --help
    prints "bnnrun $name"
    says_nothing
    fails 2 $name --no-such-option
    says 'no-such-option'
    says "bnnrun $name --help"
done
fails 2 plugin
says 'plugins'
fails 2 runs --db
says 'needs a value'

bnn 0 help start
prints '^  example  start: {model'
prints '^           start: \[{model.*}, {model.*}\]$'
bnn 0 help teacher
prints '^  example  teacher: {model'

# ---- plugins -------------------------------------------------------------------------------------
bnn 0 plugins -q
prints '^ste  *clipped '
prints '^layer  *conv2d '
prints '^ordering  *xnor '
prints '^optimizer  *bop '
says_nothing
bnn 0 plugins ste -q
prints '^ste  *identity '
omits '^layer '
bnn 0 plugins --json
is_json
bnn 0 plugins optimizer --csv
prints '^optimizer,adam,'
bnn 0 plugins ste clipped
prints '^ste clipped: '
prints 'Courbariaux'
prints 'clip  *number  *1  *0.001 \.\. 100  *half-width'
prints 'sha256  *[0-9a-f]\{64\}$'
prints 'model: {ste: {name: clipped, clip: 1}}'
prints '^  formula  *gx = gy where -clip <= x <= clip$'
prints '^                   0 elsewhere$'
prints '^ *proxy  *derivative$'
prints '^ *1 |  *\.-.*  1 |  *|..*|$'
prints '^ *-1 |\.\.\..*  0 |\.\.\..*\.\.\.$'
sed -i '/^  file /d' out
fits 80
bnn 0 plugins ste ede
prints 'schedule  *changes'
prints '^ *proxy, first epoch  *derivative, first epoch$'
prints '^ *1 | .* 10 |  *|$'
prints '^ *proxy, last epoch  *derivative, last epoch$'
sed -i '/^  file /d' out
fits 80
bnn 0 plugins ste clipped --json
prints '"progress": 0.0,'
bnn 0 plugins ordering bn_act
prints '^  first   pixels -L> floats -B> floats -A> floats -P> floats$'
prints '^  hidden  floats -sign> bits -L> integers -B> floats -A> floats -P> floats$'
prints '^hidden  *LBA  *LBAP'
prints '^last, binary  *LB '
bnn 0 plugins optimizer bop
prints 'default lr  *1$'
prints 'binary_optimizer'
bnn 0 plugins layer relu
prints 'role  *activation (A in an ordering)'
prints 'never negative'
for plugin in 'ste ede' 'ste identity' 'layer conv2d' 'ordering xnor' 'optimizer adam'; do
    # shellcheck disable=SC2086 # two words
    bnn 0 plugins $plugin --json
    is_json
    says_nothing
done
fails 2 plugins stee
says 'did you mean "ste"'
fails 4 plugins ste cliped
says 'did you mean "clipped"'
fails 2 plugins ste clipped again

# A file that cannot be loaded does not hide the others; the first of two of one name counts.
mkdir extra
echo 'not a shared object' >extra/ste_broken.so
bnn 0 plugins ste clipped --json
file=$(sed -n 's/.*"file": "\(.*\)",*$/\1/p' out)
cp "$file" extra/ste_clipped.so
bnn 0 plugins ste --plugin-path extra
prints '^ste  *broken  *(cannot be loaded'
prints '^ste  *clipped  *(shadowed by extra/'
prints '^ste  *clipped  *pass the .* extra/ste_clipped.so'
says 'warning: extra/ste_broken.so: not an ELF file'
bnn 0 plugins ste --plugin-path extra --json
is_json
says_nothing
prints 'not an ELF file'
fails 4 plugins ste broken --plugin-path extra
says 'not an ELF file'

# ---- data ----------------------------------------------------------------------------------------
bnn 0 data
prints '^mnist .*1x28x28  *10 '
prints '^mnist .*not here (bnnrun data'
prints '^cifar10 .*3x32x32  *10  *not here$'
prints '^synthetic .*built in'
bnn 0 data list fashion_mnist
omits '^mnist '
bnn 0 data --json
is_json
bnn 0 data verify synthetic
prints '^synthetic: 6,000 images for training, 1,000 for testing'
mkdir -p damaged/mnist
for file in train-images-idx3 train-labels-idx1 t10k-images-idx3 t10k-labels-idx1; do
    echo 'no images' >damaged/mnist/$file-ubyte
done
BNN_DATA_PATH=damaged
export BNN_DATA_PATH
fails 4 data verify mnist
says 'damaged/mnist'
bnn 4 data verify
prints '^synthetic: '
says '^bnnrun: .*damaged/mnist'
bnn 0 data
prints '^mnist .*not here (bnnrun data'
says '^bnnrun: mnist: passed over damaged/mnist (BNN_DATA_PATH): its train-images-idx3-ubyte is another'
unset BNN_DATA_PATH
fails 4 data verify mnist
says 'not found'
fails 4 data verify cifar10
says 'set BNN_DATA_PATH to the directory that has its files; tried:$'
fails 2 data fetch
fails 4 data verify mnits
says 'did you mean "mnist"'
fails 2 data get
fails 2 data list mnist now

# ---- without a database --------------------------------------------------------------------------
for arguments in runs 'show 3f' 'query leaderboard'; do
    # shellcheck disable=SC2086 # words
    fails 4 $arguments
    says 'there is no database bnnrun.db yet; run a spec first'
done
bnn 0 query
prints '^leaderboard  *[A-Z]'
says_nothing
bnn 0 query --json
is_json
[ ! -e bnnrun.db ] || wrong 'made a database'
echo 'not a database, but a text that is long enough to be looked at, and more than that' >text.db
fails 4 runs --db text.db
says 'text.db'

# More images held out than there are: known when the data set is open, so it is `run` that says it.
printf 'dataset: {name: synthetic, validation: 6000}\n' >held_out.yaml
bnn 3 run held_out.yaml --db held_out.db -q
prints_nothing
says '^held_out.yaml:1:10: dataset.validation: 6000 of the 6000 training images'

# ---- with one ------------------------------------------------------------------------------------
bnn 0 run "$srcdir/configs/quick.yaml" -q -j 1 -s train.epochs=2 -s dataset.train_limit=400 \
    -s dataset.validation=100 -s dataset.test_limit=100
bnn 0 runs
prints '^experiment: quick$'
prints '^[0-9a-f]\{10\}  *ste=clipped  *2  *done  *[0-9.]* %'
[ "$(grep -c " done " out)" -eq 6 ] || wrong 'not six runs'
says '^6 runs; '
run=$(sed -n 's/^\([0-9a-f]\{10\}\) .*ste=clipped.*/\1/p' out | head -n 1)
bnn 0 runs quick --csv
prints '^run_uid,experiment,label,seed,state,'
says_nothing
bnn 0 runs --json
is_json
fails 4 runs quik
says 'there is no experiment "quik"; did you mean "quick"?'
fails 2 runs quick slow

bnn 0 show "$run"
prints "^run $run: quick, .*ste=clipped.*: done"
prints 'test accuracy  *[0-9.]* % after epoch'
prints '61,... parameters'
prints '^  *1  *[0-9.]*  *[0-9.]*  *[0-9.]* %  *[0-9.]* %'
prints '^conv2d_2 .*weights, inputs'
prints '^model.ste.weights.clip  *1'
prints '^ste  *clipped  *[0-9a-f]\{12\}'
prints 'data_set  *synthetic'
says_nothing
bnn 0 show "$(echo "$run" | cut -c 1-9)"
prints "^run $run"
bnn 0 show "$run" --json
is_json
prints '"best_epoch": [12],'
prints '"environment": {'
bnn 0 show "$run" --log
[ "$(sed -n '1s/.*  1  begin  on .*, process [0-9]*, bnnrun [0-9].*/begin/p
    2s/.*  1  epoch 1  .*train_loss [0-9.]*.*/epoch/p
    4s/.*  1  done  test_accuracy 0\.[0-9]*$/end/p' out | tr '\n' ' ')" = 'begin epoch end ' ] ||
    wrong "the log of a run: $(cat out)"
bnn 0 show "$run" --log --csv
prints '^time_utc,attempt,event,text$'
prints ',1,epoch 2,"'
bnn 0 show "$run" --log --json
is_json
fails 4 show quick
says 'quick is an experiment; `bnnrun runs quick`'
fails 4 show xyz
says 'there is no run "xyz"'
fails 4 show ''
fails 2 show
fails 2 show "$run" "$run"
fails 2 show "$run" --csv
fails 2 runs --json --csv
says '--json and --csv are two forms of one result; choose one'

bnn 0 query leaderboard
prints '^experiment: quick; n: 2; '
prints '^ste=identity  *0\.[0-9]* '
for arguments in query 'query leaderboard' 'query environments' 'query layer_sizes' 'query slowest_runs' \
    runs "show $run" plugins data 'help train' 'help model'; do
    # shellcheck disable=SC2086 # words
    bnn 0 $arguments
    fits 80
done
bnn 0 query leaderboard experiment=quick --csv
prints '^quick,'
[ "$(wc -l <out)" -eq 4 ] || wrong 'not a head and three rows'
bnn 4 query leaderboard experiment=another --csv
says '^bnnrun: there is no experiment "another"; there is quick'
bnn 4 query failures experiment=quikc
says '^bnnrun: there is no experiment "quikc"; did you mean "quick"?$'
bnn 0 query "SELECT 1 AS one, 2.5 AS half, 'a \"b\", c' AS text, NULL AS empty, x'00ff' AS bytes" --json
is_json
prints '"one": 1,'
prints '"half": 2.5,'
prints '"text": "a \\"b\\", c",'
prints '"empty": null,'
prints '"bytes": "00ff"'
bnn 0 query "SELECT 1 AS one, 'a \"b\", c' AS text, NULL AS empty" --csv
prints '^1,"a ""b"", c",$'
bnn 0 query 'SELECT mean(test_accuracy) AS m, sd(test_accuracy), median(seed), ci95(seed) FROM run_summary'
prints '^ *m '
bnn 0 query 'SELECT :seed + 1 AS next, typeof(:name)' seed=41 name=x
prints '42  *text'
echo 'SELECT count(*) AS n_runs FROM run_summary -- all of them' >count.sql
bnn 0 query count.sql
prints '6'
bnn 0 query ./count.sql --db ./bnnrun.db
fails 2 query leaderbord
says 'did you mean "leaderboard"'
fails 4 query missing.sql
says 'missing.sql'
printf 'SELECT 1\0' >nul.sql
fails 2 query nul.sql
says 'nul.sql: a NUL byte'
fails 2 query 'SELECT x FROM nowhere'
says 'nowhere'
fails 2 query 'DELETE FROM run'
fails 2 query 'SELECT 1; SELECT 2'
fails 2 query "ATTACH 'other.db' AS other"
[ ! -e other.db ] || wrong 'made a file'
fails 2 query leaderboard quick
says 'KEY=VALUE'
fails 2 query leaderboard experimnt=quick
bnn 0 runs
[ "$(grep -c " done " out)" -eq 6 ] || wrong 'runs are gone'

echo "cli: $n_checks commands, $n_wrong wrong"
[ $n_wrong -eq 0 ]
