#!/bin/sh
# Data of one's own: entries of the catalogue that are written by hand.
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
prints '^mine  *a test  *1x6x4  *3  *\./datasets/../files (not pinned)$'
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

# Entries that come along, as far as they can be tried without their data.
bnn 0 data list kmnist --csv
prints ',yes$'
bnn 0 data list emnist_letters --csv
prints ',no$'
mkdir -p raw/kmnist
for file in train-images-idx3 train-labels-idx1 t10k-images-idx3 t10k-labels-idx1; do : >raw/kmnist/$file-ubyte; done
BNN_DATA_PATH=raw bnn 0 data list kmnist
prints 'not here (bnnrun data fetch gets it)$'

echo "data.sh: $n_checks commands, $n_wrong wrong"
[ $n_wrong -eq 0 ]
