#!/bin/sh
# The keys of specs as `bnnrun help` shows them: configs/REFERENCE.md and plugins/METHODS.md are what the
# program prints, every key has a help of its own, conditions name keys that there are, every plugin of
# the tree says its formula, and wrong names are told what they may have meant.
set -u
: "${BNNRUN:=./bnnrun}"
: "${srcdir:=.}"
scratch=$(mktemp -d "${TMPDIR:-/tmp}/bnn_reference.XXXXXX") || exit 99
trap 'rm -rf "$scratch"' EXIT
trap 'exit 99' HUP INT TERM
unset BNNRUN_PLUGIN_PATH # the plugins that come with bnnrun, no others

n_checks=0
n_wrong=0
wrong() {
    n_wrong=$((n_wrong + 1))
    echo "$*"
}

# help_says STATUS TEXT WORD: the text is somewhere in what `bnnrun help WORD` prints.
help_says() {
    n_checks=$((n_checks + 1))
    "$BNNRUN" help "$3" >"$scratch/said" 2>&1
    status=$?
    [ $status -eq "$1" ] || wrong "help $3: status $status"
    grep -qF -e "$2" "$scratch/said" || wrong "help $3: \"$2\" is not in: $(cat "$scratch/said")"
}

"$BNNRUN" help --spec-reference >"$scratch/reference" || wrong "no reference"
cmp -s "$scratch/reference" "$srcdir/configs/REFERENCE.md" || {
    wrong "configs/REFERENCE.md is not what bnnrun prints; run \`make reference\` and read the difference:"
    diff -u "$srcdir/configs/REFERENCE.md" "$scratch/reference" | head -n 20
}

"$BNNRUN" help --methods >"$scratch/methods" || wrong "no table of methods"
cmp -s "$scratch/methods" "$srcdir/plugins/METHODS.md" || {
    wrong "plugins/METHODS.md is not what bnnrun prints; run \`make reference\` and read the difference:"
    diff -u "$srcdir/plugins/METHODS.md" "$scratch/methods" | head -n 20
}
# Every plugin of the tree is in it, and says its formula.
[ "$(grep -c '^| `' "$scratch/methods")" -eq "$("$BNNRUN" plugins --csv | tail -n +2 | wc -l)" ] ||
    wrong "not all plugins are in the table of methods"
sed 's/\\|/ /g' "$scratch/methods" |
    awk -F'|' '/^\| `/ && $4 !~ /`/ { print "no formula:" $2; bad = 1 } END { exit bad }' ||
    wrong "plugins without a formula"

"$BNNRUN" help --spec-keys >"$scratch/keys" || wrong "no keys"
awk '/^# The plugins/ { exit } /^\| `/ { n++ } END { print n }' "$scratch/reference" >"$scratch/rows"
[ "$(wc -l <"$scratch/keys")" -eq "$(cat "$scratch/rows")" ] ||
    wrong "$(wc -l <"$scratch/keys") keys, but $(cat "$scratch/rows") rows in the reference"
[ "$(wc -l <"$scratch/keys")" -gt 50 ] || wrong "only $(wc -l <"$scratch/keys") keys"
while read -r key; do
    case $key in
    run) help_says 0 "run: " spec.run ;; # `run` itself is a command
    *) help_says 0 "$key: " "$key" ;;
    esac
done <"$scratch/keys"

# "acts only with KEY: VALUE or KEY other than VALUE"
sed -n 's/^.*acts only with \(.*\) |$/\1/p' "$scratch/reference" | sed 's/ or /\n/g' |
    sed 's/: .*//; s/ other than .*//' | sort -u >"$scratch/conditions"
[ -s "$scratch/conditions" ] || wrong "no key acts under a condition"
while read -r key; do
    help_says 0 "$key: " "$key"
done <"$scratch/conditions"

help_says 0 "acts     only with train.schedule: step" train.schedule.every
help_says 0 "value    auto, or an integer from 1 to 1024" spec.run.jobs
help_says 0 "momentum of optimizer sgd" train.optimizer.momentum
help_says 0 "hardtanh" model.activation
help_says 2 'did you mean "path"?' dataset.pth
help_says 2 'did you mean "model"?' modle.ste
help_says 2 'did you mean "dataset"?' datset
help_says 2 'no key of a spec is called "lr"; did you mean "train.optimizer.lr"?' lr
help_says 2 'no key of a spec is called "learningrate"; did you mean "train.optimizer.lr"?' learningrate
help_says 2 'no key of train is called "momentum"; did you mean "train.optimizer.momentum" (of rmsprop or sgd)' train.momentum
help_says 0 "out of layer dense" model.topology.blocks.2.layer.out
help_says 2 'no key of train.optimizer is called "lrr"; did you mean "lr"?' train.optimizer.lrr
help_says 2 'no key is called "train.epochs.first": epochs takes none' train.epochs.first
help_says 2 'no key is called "model.ordering.second": ordering takes none' model.ordering.second
help_says 0 'first of ordering letters: ' model.ordering.first
help_says 2 'unknown command "plna"; did you mean "plan"?' plna

echo "reference: $n_checks keys looked up, $n_wrong wrong"
[ $n_wrong -eq 0 ]
