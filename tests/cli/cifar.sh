#!/bin/sh
# A data set in colour, in CIFAR's binary format, from its files to an exported model: the files are
# made here, small, and one class is red, one green, one blue.
set -u
. "${srcdir:-.}/tests/cli/command.sh"

# plane BRIGHTNESS: 1024 equal bytes; the octal number of a byte.
plane() { head -c 1024 /dev/zero | tr '\0' "\\$1"; }
# batch BRIGHTNESS...: a record of each class, 0 red, 1 green, 2 blue, for each brightness.
batch() {
    for bright in "$@"; do
        printf '\000' && plane "$bright" && plane 020 && plane 020
        printf '\001' && plane 020 && plane "$bright" && plane 020
        printf '\002' && plane 020 && plane 020 && plane "$bright"
    done
}
sha256() { sha256sum "$1" | cut -d ' ' -f 1; }

mkdir -p files/cifar-small datasets
levels='100 110 120 130 140 150 160 170 200 210 220 230 240 250 260 270 300 310 320 330'
# shellcheck disable=SC2086
batch $levels >files/cifar-small/data_batch_1.bin
# shellcheck disable=SC2086
batch $levels 340 350 >files/cifar-small/data_batch_2.bin
batch 105 205 305 345 >files/cifar-small/test_batch.bin
cat >datasets/cifar_small.yaml <<ENTRY
summary: red, green and blue
classes: 3
shape: [3, 32, 32]
format: cifar
files:
  train:
    - {name: data_batch_1.bin, sha256: $(sha256 files/cifar-small/data_batch_1.bin)}
    - {name: data_batch_2.bin, sha256: $(sha256 files/cifar-small/data_batch_2.bin)}
  test: {name: test_batch.bin, sha256: $(sha256 files/cifar-small/test_batch.bin)}
ENTRY
cat >colours.yaml <<'SPEC'
dataset: {name: cifar_small, path: files, validation: 20}
model:
  topology:
    input: {channels: 3, height: 32, width: 32}
    blocks:
      - {layer: {name: conv2d, out: 8, kernel: 5}, pool: maxpool}
      - {layer: {name: dense, out: 16}}
      - {layer: {name: dense, out: 3}}
  binarize: {weights: true, activations: true}
train: {epochs: 12, batch: 8, optimizer: {name: adam, lr: 0.01}}
SPEC

bnn 0 plan colours.yaml
prints '^1 run: 1 new'
bnn 0 run colours.yaml -q
bnn 0 query --csv "SELECT test_accuracy, mismatches FROM run_summary"
prints '^1\(\.0\)\{0,1\},0$'
bnn 0 query --csv "SELECT name, source FROM dataset"
prints '^cifar_small,/.*/files/cifar-small$'
bnn 0 query --csv 'SELECT run_uid FROM run_summary'
run=$(sed -n 2p out)
bnn 0 verify "$run"
prints '12 test images: 0 get another class than in training, 0 other logits'
bnn 0 predict "$run" "$srcdir/tests/fuzz/corpus/picture/red.png" --csv
[ "$(sed -n 2p out | cut -d, -f3)" = 0 ] || wrong 'a red picture is not of the class of red ones'
says_nothing
bnn 0 predict "$run" --fit "$srcdir/tests/fuzz/corpus/picture/colour.jpg"
prints '^--fit: the middle of each picture, scaled to [0-9]*x[0-9]*$'
says_nothing
bnn 0 export "$run" --format c -o model.c
bnn 0 export "$run" --format onnx -o model.onnx

# Without a value, what is held out depends on how many images there are; files lie beside the spec.
mkdir elsewhere
cd elsewhere || exit 99
sed 's/, validation: 20//' ../colours.yaml >../by_default.yaml
bnn 0 plan ../by_default.yaml
prints '^dataset.validation: 12 of 126 training images of cifar_small are held out, by default$'
bnn 0 plan ../colours.yaml
omits 'held out'
HOME=$(dirname "$PWD") bnn 0 plan ../by_default.yaml -s 'dataset.path=~/files'
fails 4 plan ../by_default.yaml -s dataset.path=files
says 'dataset.validation: without a value it depends on .*: files does not have the files of'
cd ..
sed -i 's/^classes: 3$/&\nn_train: 126/' datasets/cifar_small.yaml
bnn 4 plan by_default.yaml -s dataset.path=nowhere
says '^bnnrun: -s 1:1:14: dataset.path: nowhere does not have the files'
bnn 3 plan by_default.yaml -s dataset.validation=126

# Nothing held out: the last epoch is the result, and there are no values of validation.
bnn 0 run colours.yaml -q -s dataset.validation=0 -s train.epochs=3 --db last.db
prints '^base  *1  *[0-9.]*  '
bnn 0 query --db last.db --csv "SELECT value FROM metric WHERE name = 'best_epoch'"
prints '^3\(\.0\)\{0,1\}$'
bnn 0 query --db last.db --csv "SELECT count(*) FROM metric WHERE name LIKE 'validation%'"
prints '^0$'
bnn 0 query --db last.db --csv "SELECT run_uid FROM run_summary WHERE test_accuracy = last_test_accuracy"
bnn 0 show --db last.db "$(sed -n 2p out)"
prints 'after epoch 3, the last one: no validation$'

# A limit takes a sample, which is the same for all seeds, and recorded.
bnn 0 run colours.yaml -q -s dataset.train_limit=40 -s train.epochs=1 -s 'seeds=[1,2]' --db sample.db
bnn 0 query --db sample.db --csv "SELECT value FROM run_param WHERE key = 'dataset.sample'"
[ "$(grep -c '^random$' out)" -eq 2 ] || wrong 'no sample recorded'
bnn 0 plan colours.yaml -s dataset.train_limit=40 -s train.epochs=1 -s dataset.sample=first --db sample.db
prints '^1 run: 1 new'

# A text from before there was the key means the head of the files.
if command -v sqlite3 >/dev/null; then
    bnn 0 run colours.yaml -q -s dataset.train_limit=40 -s train.epochs=1 -s dataset.sample=first --db old.db
    sqlite3 old.db "UPDATE spec_revision SET text =
        replace(text, '# -s dataset.sample=first' || char(10), '')"
    bnn 0 query --db old.db --csv "SELECT run_uid FROM run_summary"
    bnn 0 verify --db old.db "$(sed -n 2p out)"
    prints 'the kept weights give this model file'
fi

# What a wrong file says.
batch 100 >files/cifar-small/test_batch.bin
fails 4 run colours.yaml -q --db other.db
says 'files/cifar-small/test_batch.bin: not the file that .*datasets/cifar_small.yaml means'
rm files/cifar-small/data_batch_2.bin
fails 4 run colours.yaml -q --db other.db
says 'files does not have the files of cifar_small (data_batch_1.bin, data_batch_2.bin, test_batch.bin)'
says '2 of 3 files, no data_batch_2.bin'

echo "cifar.sh: $n_checks commands, $n_wrong wrong"
[ $n_wrong -eq 0 ]
