#!/bin/sh
# What the command refuses where no other test comes by: options that do not go together, paths that are too long,
# folders and archives with something else in them, Slurm that does not answer.
set -u
. "${srcdir:-.}/tests/cli/command.sh"

long=$(printf '%0200d' 0)
deep=$PWD/$long/$long/$long/$long/$long/$long/$long/$long/$long/$long
deep=$deep/$long/$long/$long/$long/$long/$long/$long/$long/$long
deep=$deep/$(printf "%0$((4085 - ${#deep}))d" 0) # a name of a few characters still fits
tiny_spec >tiny.yaml
cat >>tiny.yaml <<'END'
name: tiny
train: {epochs: 1, batch: 50}
seeds: {count: 9}
sweep: {list: [{model.ste: clipped, train.batch: 50}, {model.ste: identity, train.batch: 25}]}
END
sed 's/^name: tiny/name: sole/; s/count: 9/count: 1/; /^sweep/d' tiny.yaml >sole.yaml
bnn 0 -q tiny.yaml
run=$(ask bnnrun.db 'SELECT run_uid FROM run_summary LIMIT 1' | tail -n 1)

# ---- options and operands ------------------------------------------------------------------------
bnn 2 data fetch mnist --json
says '^bnnrun: data: --json and --csv are for `bnnrun data list`'
bnn 2 mv tiny tiny
says '^bnnrun: mv: the names are the same'
bnn 2 merge --db bnnrun.db other.db another.db
says 'the first FILE is the database, not --db'
# shellcheck disable=SC2046 # words
bnn 2 query 'SELECT 1' $(seq 1 40 | sed 's/^/p/; s/$/=1/')
says '^bnnrun: query: more than .* parameters'
bnn 2 runs --sort zzzzzzzzzzzz
says '^bnnrun: runs: there is no column "zzzzzzzzzzzz"; there is '
bnn 2 slurm tiny.yaml --db x.db
says '--db is of no use'
input=tiny.yaml
bnn 2 slurm -
says 'tasks read the spec when they begin: name a file'
input=
bnn 2 compare --by model.ste
says '--by model.ste: no combination of the other keys is there with each of its 2 values'
for digit in 0 1 2 3 4 5 6 7 8 9 a b c d e f; do
    "$BNNRUN" show $digit
done >/dev/null 2>err
says '^bnnrun: ".*" begins several runs (.*); give more digits'
bnn 3 plan tiny.yaml -s dataset.name=../digits
says 'is no name of a data set'
# What no schema of specs can refuse.
sed 's/count: 9/count: 5/; s/^sweep: {/&halving: {from: 2, eta: 3, over: seeds}, /' tiny.yaml >undropped.yaml
bnn 3 plan undropped.yaml
says '^undropped.yaml:13:18: sweep.halving: from 2, the next rung would have 6 seeds, but there are 5, so nothing would'
sed 's/^sweep: .*/sweep: {grid: {train.batch: [16]}, halving: {from: 1}}/' tiny.yaml >one_point.yaml
bnn 3 plan one_point.yaml
says '^one_point.yaml:13:45: sweep.halving: there is one point to choose among'
cat >dense.yaml <<'END'
name: x
dataset: {name: synthetic, validation: 500}
model: {topology: {input: {channels: 1, height: 28, width: 28}, blocks: [{layer: {name: dense, out: 10}}]}}
END
{
    cat dense.yaml
    echo 'teacher: {model.topology.input.crop: 20}'
} >crop.yaml
bnn 3 plan crop.yaml
says '^crop.yaml:4:10: teacher: sees crop 20 and shrink 1 of an image, and its pupil 0 and 1; both must see the same'
{
    cat dense.yaml
    echo 'teacher: {dataset.name: cifar10, model.topology: {input: {channels: 3, height: 32, width: 32}, blocks: [{layer: {name: dense, out: 10}}]}}'
} >images.yaml
bnn 3 plan images.yaml
says '^images.yaml:4:10: teacher: takes images of 3x32x32 in 10 classes, and its pupil of 1x28x28 in 10$'
cat >bop.yaml <<'END'
name: x
dataset: {name: synthetic, validation: 500}
model: {quantize: {weights: ternary}}
train: {binary_optimizer: bop}
END
bnn 3 plan bop.yaml
says '^bop.yaml:4:8: train.binary_optimizer: bop flips signs of weights, and with form ternary it is not their sign that acts$'
cat >looks.yaml <<'END'
name: x
dataset: {name: synthetic, validation: 500}
compare: {}
seeds: {until: {looks: [2, 4]}}
baseline: {}
END
bnn 3 plan looks.yaml
says '^looks.yaml:4:16: seeds.until: there is nothing to compare the baseline with$'
bnn 0 run sole.yaml -q --db empty.db
bnn 0 rm sole --yes -q --db empty.db
bnn 4 compare --db empty.db
says 'empty.db has no runs yet'

model=$PWD/bnnrun.db.artifacts/$run/model.bnn
bnn 2 show "$model" --log
says '--log is of a RUN; a model file has none'
bnn 2 slurm tiny.yaml --time soon
says '--time takes minutes, H:MM:SS or DAYS-HOURS, not "soon"'
bnn 2 compare ste=clipped,batch ste=identity
says 'expected KEY=VALUE, got "batch"'
bnn 2 compare tiny --by model.ste --baseline none_such
bnn 2 report -o bnnrun.db
says 'bnnrun.db is the database, which would be lost; choose another name'
bnn 2 help train.epochs.more
says 'no key is called "train.epochs.more": epochs takes none of its own'
bnn 2 help train.optimizer.none_such
bnn 2 help model.epochs
says 'no key of model is called "epochs"'
bnn 2 help zzzz
bnn 2 plan tiny.yaml --json=yes
says 'option "--json" takes no value'
bnn 3 run none_such
says 'there is no spec "none_such"'
for digit in 0 1 2 3 4 5 6 7 8 9 a b c d e f; do
    "$BNNRUN" query confusion config=$digit
    "$BNNRUN" compare $digit tiny:ste=clipped
done >/dev/null 2>err
says '^bnnrun: there is no config whose hash begins with'
bnn 4 plugins test tiny.yaml
says 'tiny.yaml: a plugin.s file is named KIND_NAME.so, where KIND is'
bnn 4 plugins test ./ste_none_such.so
says 'ste_none_such.so: cannot be opened: No such file'
bnn 4 plugins test ste none_such
says 'there is no ste "none_such"'
bnn 1 plugins test "$BNN_TEST_PLUGINS/ste_no_grad.so"
says '1 of 1 plugin breaks the contract'

# A full disk behind what is printed.
for command in "export $run --format onnx -o -" "export tiny --format latex -o -" 'plot seeds tiny -o -' 'report tiny -o -' \
    'runs --json' 'help spec' 'completion bash' 'schema'; do
    last=$command
    n_checks=$((n_checks + 1))
    # shellcheck disable=SC2086 # words
    ! "$BNNRUN" $command >/dev/full 2>err || wrong 'prints to a full disk, and says that all is well'
    says 'No space left on device'
done

bnn 0 run sole.yaml -q
bnn 2 compare sole --by model.ste
says 'no key varies there'

# ---- what is exported, packed and timed ------------------------------------------------------------
mkdir folder folder.tar
bnn 4 pack tiny -o folder.tar
says 'folder.tar: is there, and is no file'
bnn 4 pack tiny -o "$deep.tar.zst"
bnn 4 unpack folder
says 'folder: not a file'
echo 'of somebody' >mine
tar -cf other.tar mine
bnn 4 unpack other.tar
says 'not made by `bnnrun pack`: "mine" is no name of its'
ln -s mine link
tar -cf link.tar link
bnn 4 unpack link.tar
says 'not made by `bnnrun pack`: "link" is no file'
bnn 2 bench "$run" --board m3 --board-options "$(seq 1 200 | tr '\n' ' ')"
says 'too many options for the compiler'
bnn 4 run tiny.yaml --db "$deep/x.db"
bnn 2 export tiny --format csv -o ''
bnn 2 export tiny --format csv -o "$deep"
bnn 4 runs --db "$deep/$long/x.db"
bnn 4 plot seeds tiny -o "$deep/$long.svg"
bnn 4 unpack other.tar --db "$deep/x.db"

# ---- data of one's own ---------------------------------------------------------------------------------
picture() {
    mkdir -p "$1" && "$BNNRUN" data show synthetic -q -o "$1/1.png" >/dev/null
}
picture one/train/a
picture one/test/a
bnn 4 data add one one --spec tiny.yaml
says 'one: only one class'
picture lacks/train/a
cp -r lacks/train/a lacks/train/b
mkdir lacks/test
cp -r lacks/train/a lacks/test
bnn 4 data add lacks lacks --spec tiny.yaml
says 'lacks/test has no folder b'
bnn 2 data add lacks lacks/train --spec tiny.yaml
rm -r lacks/test
bnn 2 data add lacks lacks --spec tiny.yaml
says 'lacks: has a folder for training, but none for testing'
mv lacks/train all
bnn 4 data add all all --spec tiny.yaml --test 1
says 'all: too few images of each class to take some for testing'
cp -r all lacks/train
cp -r all lacks/test
bnn 4 data add fine lacks --spec "$deep/spec.yaml"
XDG_DATA_HOME='' HOME='' bnn 4 data add fine lacks
says 'no place for entries: neither XDG_DATA_HOME nor HOME is an absolute path'
many=$(seq 1 257)
(mkdir -p many/train && cd many/train && mkdir $many) # shellcheck disable=SC2086 # words
mkdir many/test
bnn 4 data add many many --spec tiny.yaml
says 'folders, and each is a class'
bnn 0 data add fine lacks --spec tiny.yaml
idx=$(echo datasets/fine-*)
cp -r "$idx" flat
cp flat/train-labels-idx1-ubyte flat/train-images-idx3-ubyte
bnn 2 data add flat flat --spec tiny.yaml
says 'no file of images for training among its IDX files'
gzip -c "$idx/train-images-idx3-ubyte" >whole.gz
head -c 100 whole.gz >"$idx/train-images-idx3-ubyte.gz"
printf 'damaged, and more than that' >>"$idx/train-images-idx3-ubyte.gz"
rm "$idx/train-images-idx3-ubyte"
fails 4 data verify fine

# Images of two channels, of two classes.
idx() { # HEAD BYTES FILE: zeros behind a head
    { printf "$1" && head -c "$2" /dev/zero; } >"$3"
}
mkdir odd two
for set in train t10k; do
    idx '\000\000\010\004\000\000\000\024\000\000\000\002\000\000\000\034\000\000\000\034' 31360 odd/$set-images
    idx '\000\000\010\003\000\000\000\024\000\000\000\034\000\000\000\034' 15680 two/$set-images
    { printf '\000\000\010\001\000\000\000\024' && printf '\000\001%.0s' 1 2 3 4 5 6 7 8 9 0; } >odd/$set-labels
    cp odd/$set-labels two
done
bnn 0 data add odd odd --spec tiny.yaml
bnn 0 data add two two --spec tiny.yaml
bnn 4 data show odd -o odd.png
says 'images of 2 channels are no picture'
for set in odd two; do
    cat >$set.yaml <<END
name: $set
dataset: {name: $set, validation: 0}
model: {topology: {input: {channels: $([ $set = odd ] && echo 2 || echo 1), height: 28, width: 28}, blocks: [{layer: {name: dense, out: 2}}]}}
train: {epochs: 1, batch: 10}
END
    bnn 0 run $set.yaml -q
done
made() { ask bnnrun.db "SELECT run_uid FROM run_summary WHERE experiment = '$1'" | tail -n 1; }
bnn 2 predict "$(made odd)" one/train/a/1.png
says 'pictures are grey or of three colours, and the model takes images of 2 channels'
bnn 2 predict "$(made two)" --dataset synthetic
says 'synthetic: 10 classes, and the model knows 2'

# ---- Slurm ------------------------------------------------------------------------------------------------
mkdir bin
tool() {
    printf '#!/bin/sh\n%s\n' "$2" >"bin/$1"
    chmod +x "bin/$1"
}
PATH=$PWD/bin:$PATH
tool squeue 'exit 0'
tool sacct 'exit 0'
tool scontrol 'echo "MaxArraySize            = 5"'
tool sbatch 'echo submitted'
bnn 2 slurm tiny.yaml --tasks 9 --submit
says '9 tasks are too many here: Slurm.s MaxArraySize is 5, so --tasks 4 is the most'
bnn 4 slurm tiny.yaml --tasks 2 --submit
says 'sbatch has not said the number of the job'
tool sbatch 'echo "no such partition" >&2; exit 1'
bnn 4 slurm tiny.yaml --tasks 2 --submit
says 'sbatch fails: no such partition'
tool squeue 'exit 1'
bnn 0 slurm tiny.yaml --status
says 'squeue fails: it does not say why'
sed '/^#SBATCH --array=/d' tiny.slurm/array.sh >edited
cp edited tiny.slurm/array.sh
bnn 2 slurm tiny.yaml --status
says 'array.sh lacks its line of #SBATCH --array; delete it, and it is written anew'
bnn 4 slurm tiny.yaml --folder "$deep"

echo "cli_refusals: $n_checks commands, $n_wrong wrong"
[ $n_wrong -eq 0 ]
