#!/bin/sh
# bnnrun schema: valid JSON Schema, which takes every good spec of the tree, and refuses the bad ones of
# tests/cli/bad_specs, but for those of schema_takes.txt: what they have wrong is no matter of one key, or
# lies outside the spec. Needs python3 with jsonschema and yaml.
. "${srcdir:-.}/tests/cli/command.sh"
here=$srcdir/tests/cli
python=
for candidate in "${PYTHON:-python3}" /usr/bin/python3; do
    if "$candidate" -c 'import jsonschema, yaml' 2>/dev/null; then
        python=$candidate
        break
    fi
done

bnn 0 schema
is_json
says_nothing
for word in '"train.epochs": {' '"default": 5' 'half-width of the window' '"const": "clipped"' draft-07; do
    prints "$word"
done
cp out schema.json
mkdir -p "$XDG_DATA_HOME/bnnrun/datasets"
: >"$XDG_DATA_HOME/bnnrun/datasets/$(printf 'caf\351').yaml" # no UTF-8
bnn 0 schema
is_json
prints '"caf?"'
rm -r "$XDG_DATA_HOME"
bnn 2 schema --csv
BNNRUN_PLUGIN_PATH=${BNNRUN_PLUGIN_PATH:+$BNNRUN_PLUGIN_PATH:}$BNN_SKELETONS bnn 0 schema
prints '"const": "skeleton"'
[ -n "$python" ] || {
    echo 'SKIP: no python3 with jsonschema and yaml (python3-jsonschema, python3-yaml)'
    exit 77
}

# The one that has every form is a good one, as it says.
bnn 0 plan "$here/schema_good.yaml"
cd "$here/bad_specs" || exit 99
set -- syntax.txt keys.txt values.txt plugins.txt several.txt words.txt # about single keys, and syntax
"$python" "$here/schema.py" "$scratch/schema.json" -- "$@" >"$scratch/single" || wrong "no answer"
"$python" "$here/schema.py" "$scratch/schema.json" "$here/schema_good.yaml" "$srcdir"/configs/*.yaml \
    "$srcdir"/experiments/*/*.yaml "$srcdir"/tests/sim/*.yaml -- ./*.txt >"$scratch/all" || {
    cat "$scratch/all"
    n_wrong=$((n_wrong + 1))
}
cd "$scratch" || exit 99
sed -n 's/^taken: //p' all >taken
grep -vxF -f "$here/schema_takes.txt" taken >new && {
    echo 'bad specs that the schema takes, and that are not in schema_takes.txt:'
    cat new
    n_wrong=$((n_wrong + 1))
}
tail -n 1 all
sed -n '$s/.*bad ones: \([0-9]*\), \([0-9]*\) taken/\1 \2/p' single >counts
read -r n taken <counts
echo "about single keys: $n, $taken taken"
[ "$n" -gt 100 ] && [ $((taken * 10)) -le "$n" ] || n_wrong=$((n_wrong + 1))
echo "$n_checks commands, $n_wrong wrong"
[ $n_wrong -eq 0 ]
