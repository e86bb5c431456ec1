#!/bin/sh
# Data of one's own: entries of the catalogue that are written by hand, and those that `data add` writes.
set -u
. "${srcdir:-.}/tests/cli/command.sh"

# bytes N BEGIN: N bytes that go up from BEGIN, none of them 0.
bytes() { LC_ALL=C awk -v n="$1" -v at="$2" 'BEGIN { for (i = 0; i < n; i++) printf "%c", 1 + (at + i) % 120 }'; }
# idx FOLDER NAME N BEGIN [LABELS]: N images of 4x6, at most 63, and their labels, in turns.
idx() {
    mkdir -p "$1"
    n=$(printf '\\%o' "$3")
    { printf "\\0\\0\\10\\3\\0\\0\\0$n\\0\\0\\0\\4\\0\\0\\0\\6" && bytes $(($3 * 24)) "$4"; } >"$1/$2-images"
    { printf "\\0\\0\\10\\1\\0\\0\\0$n" && i=0 && while [ $((i += 3)) -le "$3" ]; do printf "${5:-\\1\\2\\3}"; done
    } >"$1/$2-labels"
}

# ---- an entry without hashes ---------------------------------------------------------------------
mkdir datasets
idx files train 60 1
idx files test 12 50
cat >datasets/mine.yaml <<'ENTRY'
summary: a test
classes: 3
shape: [1, 6, 4]
path: ../files
first_label: 1
transpose: true
files:
  train_images: {name: train-images}
  train_labels: {name: train-labels}
  test_images: {name: test-images}
  test_labels: {name: test-labels}
ENTRY
cat >spec.yaml <<'SPEC'
dataset: {name: mine, validation: 6}
model:
  topology:
    input: {channels: 1, height: 6, width: 4}
    blocks: [{layer: {name: dense, out: 4}}, {layer: {name: dense, out: 3}}]
  binarize: {weights: true, activations: true}
train: {epochs: 1, batch: 6}
seeds: {count: 2}
SPEC
bnn 0 data list mine
prints '\./datasets/../files (not pinned)$'
bnn 0 data list mine --csv
prints 'datasets/../files,,no$'
bnn 0 data verify mine
prints '^mine: 60 images for training, 12 for testing, not pinned; \./datasets/../files$'
bnn 0 data verify
prints '^mine: 60 images .*not pinned; '
bnn 0 run spec.yaml -q
bnn 0 plan spec.yaml
prints '^2 runs: 2 done; nothing to do$'
prints '^dataset mine: not pinned; what its files hold now counts (SHA-256 [0-9a-f]\{12\}\.\.\.)$'

# Other files make other results, seen before anything is trained; the same files put back do not.
cp -r files before
idx files train 60 7
bnn 0 plan spec.yaml
prints '^2 runs: 2 stale$'
prints 'changed since: dataset mine$'
bnn 0 run spec.yaml -q -s seeds.count=3
prints '(2 stale)'
rm -r files && mv before files
gzip files/*
bnn 0 plan spec.yaml
prints '^2 runs: 2 done; nothing to do$'
mv files away
bnn 0 plan spec.yaml
prints '^dataset mine: not pinned, and not here$'
prints '^2 runs: 2 done'
bnn 4 run spec.yaml -q -s seeds.count=4
says 'data set mine could not be downloaded'
mv away files

# What is not here yet is known once it has been fetched, before it is planned.
cat >datasets/fetched.yaml <<ENTRY
$(sed '/^path/d' datasets/mine.yaml)
mirrors: ['file://$PWD/files']
ENTRY
for seeds in 1 1; do
    rm -rf "$XDG_CACHE_HOME"
    bnn 0 run spec.yaml -q -s dataset.name=fetched -s seeds.count=$seeds -s name=fetched
done
bnn 0 plan spec.yaml -s dataset.name=fetched -s seeds.count=1 -s name=fetched
prints '^1 run: 1 done; nothing to do$'
gunzip files/train-images.gz && idx files train 60 9 && rm files/train-labels && gzip files/train-images
rm -rf "$XDG_CACHE_HOME"
bnn 0 run spec.yaml -q -s dataset.name=fetched -s seeds.count=1 -s name=fetched
prints '(1 stale)'

# The files of one set are no damaged ones of another with the same names; damaged ones are an error.
idx same train 60 1
idx same test 12 50
{
    sed '/^path/d; /^files/,$d' datasets/mine.yaml
    echo files:
    for part in train test; do
        for what in images labels; do
            sum=$(sha256sum <same/$part-$what)
            echo "  ${part}_$what: {name: $part-$what, sha256: ${sum%% *}}"
        done
    done
} >datasets/right.yaml
sed 's/sha256: ./sha256: 0/' datasets/right.yaml >datasets/another.yaml
rm datasets/mine.yaml datasets/fetched.yaml
BNN_DATA_PATH=same
export BNN_DATA_PATH
bnn 0 data verify
prints '^right: .*checked; same$'
prints '^another: not here$'
fails 4 data verify another
printf x >>same/test-labels
bnn 4 data verify
omits '^right: '
says 'same/test-labels: not the file that .*right.yaml means'
unset BNN_DATA_PATH

# Entries that come along, as far as they can be tried without their data.
bnn 0 data list kmnist --csv
prints ',yes$'
bnn 0 data list emnist_letters --csv
prints ',no$'
mkdir -p raw/kmnist
for file in train-images-idx3 train-labels-idx1 t10k-images-idx3 t10k-labels-idx1; do : >raw/kmnist/$file-ubyte; done
BNN_DATA_PATH=raw bnn 0 data list kmnist
prints 'not here (bnnrun data fetch gets it)$'


# ---- data add ------------------------------------------------------------------------------------
# Like EMNIST: several sets in a folder, packed, on their side, with labels from 1.
idx emnist e-letters-train 60 1
idx emnist e-letters-test 12 50
idx emnist e-digits-train 30 1
gzip emnist/e-letters-test-images
fails 2 data add letters emnist
says 'several files could be the images for training: e-digits-train-images, e-letters-train-images; --match'
bnn 0 data add letters emnist --match letters --transpose
prints '^letters: 60 images for training, 12 for testing, 1x6x4, 3 classes, labels from 1$'
prints "^files: $PWD/emnist\$"
prints "^entry: $XDG_DATA_HOME/bnnrun/datasets/letters.yaml\$"
# said: what the last command printed for a spec, as a spec that can be run.
said() { sed -n '/^dataset:$/,$p' out >said.yaml && bnn 0 plan said.yaml --db said.db && prints '^1 run: 1 new'; }
prints '^  name: letters$'
prints '^    input: {channels: 1, height: 6, width: 4}$'
said # too small for lenet5
fails 4 data add letters emnist --match letters --transpose
says 'letters.yaml is there already; --force replaces it$'
cd emnist || exit 99
bnn 0 data list letters --csv
prints "^letters,60 images for training and 12 for testing,1x6x4,3,$scratch/emnist,,yes\$"
bnn 0 data verify letters
prints "^letters: 60 images for training, 12 for testing, checked; $scratch/emnist\$"
cd ..
sed 's/name: mine/name: letters/' spec.yaml >letters.yaml
bnn 0 plan letters.yaml
omits 'not pinned'
bnn 0 run letters.yaml -q --db letters.db
bnn 0 query --db letters.db --csv "SELECT count(*) FROM run WHERE state = 'done'"
prints '^2$'
idx emnist e-letters-test 12 51
fails 4 data verify letters
says 'e-letters-test-images: not the file that .*letters.yaml means: its content has SHA-256 '
bnn 0 data add letters emnist --match letters --transpose --force --summary 'more "letters"'
bnn 0 data list letters
prints '^letters  *more "letters"  '
bnn 0 plan letters.yaml --db letters.db
prints '^2 runs: 2 stale$'

# Pictures: folders of classes; an entry beside a spec.
for class in 0 1 2; do
    for i in 1 2 3 4 5 6 7 8 9 10; do
        mkdir -p pictures/$class
        echo "P2 4 6 99 $(yes "$((class * 30 + i))" | head -n 24 | tr '\n' ' ')" >pictures/$class/$i.pgm
    done
done
fails 2 data add flowers pictures
says '; --test PERCENT takes a part of each class for testing$'
mkdir beside
bnn 0 data add flowers pictures --test 20 --spec beside/spec.yaml
prints '^flowers: 24 images for training, 6 for testing, 1x6x4, 3 classes$'
prints '^written to beside/datasets/flowers-[0-9a-f]\{8\}$'
prints '^entry: beside/datasets/flowers.yaml$'
sed 's/name: mine/name: flowers/' spec.yaml >beside/spec.yaml
bnn 0 run beside/spec.yaml -q --db flowers.db
bnn 0 data verify flowers --spec beside/spec.yaml
prints '^flowers: 24 images .*checked; '
fails 4 data list flowers

# gray HEIGHT WIDTH CLASSES FOLDER: ten pictures a class.
gray() {
    class=0
    while [ $((class += 1)) -le "$3" ]; do
        mkdir -p "$4/$class"
        for i in 1 2 3 4 5 6 7 8 9 10; do
            echo "P2 $2 $1 99 $(yes $((class + i)) | head -n $(($1 * $2)) | tr '\n' ' ')" >"$4/$class/$i.pgm"
        done
    done
}
gray 12 13 3 least
bnn 0 data add least least --test 20
prints '^    name: lenet5$'
said
gray 28 28 10 usual
bnn 0 data add usual usual --test 20
omits '^model:'
said
gray 28 28 2 few
bnn 0 data add few few --test 20
omits '    input:'
said

# What it refuses.
echo 'P2 3 3 9 1 2 3 4 5 6 7 8 9' >pictures/1/11.pgm
fails 4 data add other pictures --test 20
says '/pictures/1/11.pgm: 3 pixels high and 3 wide, but .*/pictures/0/1.pgm is 6 high and 4 wide'
fails 4 data add other nowhere
says 'nowhere: cannot open: No such file or directory$'
fails 4 data add mnist pictures --test 20
says 'mnist is the name of .*datasets/mnist.yaml already; give the set another one, or --force$'
fails 2 data add synthetic pictures --test 20
fails 2 data add ../x pictures
says '"../x" is no name of a data set'
fails 2 data add other
says 'add needs a NAME and the FOLDER'
fails 2 data verify mine other
says 'verify takes one NAME at the most'
fails 2 data list --test 20
says 'list takes no options of `bnnrun data add`'
fails 2 data add other pictures --test 95
[ ! -e "$XDG_DATA_HOME/bnnrun/datasets/other.yaml" ] || wrong 'a set that was refused has an entry'

# ---- data show -----------------------------------------------------------------------------------

# One column, or ten: 10 classes of 28x28 pixels, 2 between them. Width and height stand behind 16 bytes.
extent() { od -An -tu1 -j16 -N8 "$1" | tr -s ' \n' ' '; }
bnn 0 data show synthetic
prints '^synthetic.png: a row for each class'
[ "$(extent synthetic.png)" = ' 0 0 0 32 0 0 1 46 ' ] || wrong "a sheet of $(extent synthetic.png)"
bnn 0 data show synthetic --augment '{rotate: 20, erase: {probability: 0.5}}' -o sheet.png
[ "$(extent sheet.png)" = ' 0 0 1 46 0 0 1 46 ' ] || wrong "a sheet of $(extent sheet.png)"
bnn 0 data show synthetic --augment '{rotate: 20, erase: {probability: 0.5}}' -o again.png
cmp -s sheet.png again.png || wrong 'two sheets of the same changes differ'
fails 2 data show
says 'show needs the NAME of a data set'
fails 2 data list --augment '{rotate: 20}'
says '--augment and --output are for `bnnrun data show`'
fails 3 data show synthetic --augment '{rotate: 200}'
says 'train.augment.rotate: 200 is out of range; it must be from 0 to 180'
fails 3 data show synthetic --augment '{rotate: '
fails 3 data show synthetic --augment '{shift: 28}'
says 'train.augment.shift: 28 pixels leave nothing of images of 28x28'
fails 4 data show synthetic -o nowhere/sheet.png
says 'nowhere/sheet.png'
bnn 0 data --help
prints 'bnnrun data add letters '

echo "data.sh: $n_checks commands, $n_wrong wrong"
[ $n_wrong -eq 0 ]
