#!/bin/sh
# old.sh - what older versions have left is read by this one: databases of every schema, with model files, weights
# and a checkpoint beside them (tests/old/databases.tar.xz: vN/ is what the last program of schema N made of old.yaml,
# done, and of stopped.yaml, interrupted). What is newer is refused by name. With BNN_TEST_LONG=1 every
# command is tried on all of them, and the sweep goes on in four; else some, and in one. Plugins of the first version,
# built with its header, are loaded and keep the contract of their kind (tests/old/plugins.tar.xz).
# shellcheck disable=SC2154 # command.sh sets status and srcdir
. "${srcdir:-.}/tests/cli/command.sh"
xz -dc "$srcdir/tests/old/databases.tar.xz" >all.tar 2>err || { echo "skipped: $(cat err)"; exit 77; }
tar xf all.tar
newest=9
run=b4956b3d8d
other=71c7d03d95
results="SELECT experiment, label, run.seed, name, printf('%.17g', value) FROM run_summary JOIN run USING (run_uid)
    JOIN metric USING (run_id) WHERE metric.epoch = 0 AND name LIKE 'test_%' ORDER BY 1, 2, 3, 4"

reads_all() {
    bnn 0 runs --json
    bnn 0 show $run
    prints 'model.bnn'
    bnn 0 compare old --all-pairs
    bnn 0 diff $run $other
    bnn 0 query leaderboard
    prints ' 2 '
    bnn 0 plan stopped.yaml
    bnn 0 export $run --format c -o out.c
    bnn 0 predict $run
    bnn 0 report old -o out.html -q
    bnn 0 gc -n
}

# reads FOLDER: every command that reads, and the file is as it was.
reads() {
    cp "$1/old.db" before.db
    BNNRUN_DB=$1/old.db
    export BNNRUN_DB
    bnn 0 runs
    prints "^$run  old  *ste=identity  *1  done"
    bnn 0 verify $run
    prints ' 12 test images: 0 get another class than in training, 0 other logits'
    bnn 0 plan old.yaml
    prints '^4 runs: 4 done; nothing to do'
    [ -z "${BNN_TEST_LONG:-}" ] || reads_all
    cmp -s before.db "$1/old.db" || wrong "$1: a command that reads has changed the database"
}

# goes_on FOLDER: what was interrupted ends as it would have.
goes_on() {
    BNNRUN_DB=$1/old.db
    export BNNRUN_DB
    bnn 0 run stopped.yaml -q
    bnn 0 run old.yaml -q
    bnn 0 runs --state done
    says '^5 runs'
    bnn 0 query "$results" --csv
    [ -e results ] || cp out results
    cmp -s out results || wrong "$1: other results than in the one before"
}

versions='8 5 2'
[ -z "${BNN_TEST_LONG:-}" ] || versions='9 8 7 6 5 4 3 2'
for version in $versions; do
    reads v$version
done
BNNRUN_DB=v1/old.db
export BNNRUN_DB
commands='runs compare gc@-n'
[ -z "${BNN_TEST_LONG:-}" ] || commands='runs compare gc@-n plan@old.yaml show@b query@leaderboard verify@b predict@b'
for command in $commands; do
    # shellcheck disable=SC2046 # words
    fails 4 $(echo "$command" | tr @ ' ')
    says 'v1/old.db: made by an older bnnrun (schema 1, this one reads 2); run an experiment on it to bring it up to date'
done
versions=3
[ -z "${BNN_TEST_LONG:-}" ] || versions='9 6 3 1'
for version in $versions; do
    goes_on v$version
done

# What is newer: the schema is four bytes of a database's header, the version one of a model file's.
BNNRUN_DB=v2/old.db
printf '\0\0\0\014' | dd of=v2/old.db bs=1 seek=60 conv=notrunc 2>/dev/null
for command in $commands run@old.yaml; do
    # shellcheck disable=SC2046 # words
    fails 4 $(echo "$command" | tr @ ' ')
    says "v2/old.db: made by a newer bnnrun (schema 12, this one knows $newest); use that one"
done
cp v5/old.db.artifacts/$run/model.bnn newer.bnn
printf '\004' | dd of=newer.bnn bs=1 seek=8 conv=notrunc 2>/dev/null
fails 4 show newer.bnn
says 'newer.bnn: byte 12: version 4, this program reads versions 1 to 3'

# Plugins of the first version and its header: a descriptor may be shorter than today's.
xz -dc "$srcdir/tests/old/plugins.tar.xz" | tar xf -
files='ste_clipped'
[ -z "${BNN_TEST_LONG:-}" ] || files='layer_dense layer_relu optimizer_sgd ordering_bn_act ste_clipped'
for file in $files; do
    # shellcheck disable=SC2086 # words
    ${CC:-cc} -shared -fPIC -O2 -ffp-contract=off -Iplugins -o plugins/$file.so plugins/$file.c || exit 99
    bnn 0 plugins test plugins/$file.so
    prints '0 broken'
done
bnn 0 plugins --plugin-path plugins ste clipped
prints 'plugins/ste_clipped.so'
if [ -n "${BNN_TEST_LONG:-}" ]; then
    BNNRUN_DB=plugins.db
    bnn 0 run old.yaml -q --plugin-path plugins
    grep '^old,' results >wanted
    bnn 0 query "$results" --csv
    grep '^old,' out | cmp -s wanted - || wrong 'plugins of the first version give other results'
fi

echo "old: $n_checks commands, $n_wrong wrong"
[ "$n_wrong" -eq 0 ]
