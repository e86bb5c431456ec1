#!/bin/sh
# bnnrun schema: valid JSON Schema, which takes every good spec of the tree, and refuses nine in ten of the bad ones of
# tests/cli/bad_specs: all but those of schema_takes.txt, which says why no schema can. Needs python3 with jsonschema
# and yaml.
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
# Names are those that lie beside the spec, and need not be UTF-8.
mkdir -p topologies specs/topologies
: >"topologies/$(printf 'caf\351').yaml"
cp "$srcdir/configs/topologies/lenet5.yaml" specs/topologies/mine.yaml
bnn 0 schema
is_json
prints '"caf?"'
omits '"mine"'
bnn 0 schema specs/any.yaml
prints '"mine"'
omits '"caf?"'
rm -r topologies specs
bnn 2 schema --csv
BNNRUN_PLUGIN_PATH=${BNNRUN_PLUGIN_PATH:+$BNNRUN_PLUGIN_PATH:}$BNN_SKELETONS bnn 0 schema
prints '"const": "skeleton"'
[ -n "$python" ] || {
    echo 'SKIP: no python3 with jsonschema and yaml (python3-jsonschema, python3-yaml)'
    exit 77
}

# The good ones are, as they say.
bnn 0 plan "$here/schema_good.yaml"
bnn 0 plan "$here/schema_good_sweep.yaml"
cd "$here/bad_specs" || exit 99
"$python" "$here/schema.py" "$scratch/schema.json" "$here"/schema_good*.yaml "$srcdir"/configs/*.yaml \
    "$srcdir"/experiments/*/*.yaml "$srcdir"/tests/sim/*.yaml "$srcdir"/tests/fixtures/*.yaml \
    "$srcdir"/tests/fixtures/*/*.yaml -- ./*.txt >"$scratch/all" || {
    cat "$scratch/all"
    n_wrong=$((n_wrong + 1))
}
cd "$scratch" || exit 99
sed -n 's/^taken: //p' all >taken
grep -v '^#' "$here/schema_takes.txt" >known
grep -vxF -f known taken >new && {
    echo 'bad specs that the schema takes, and that are not in schema_takes.txt:'
    cat new
    n_wrong=$((n_wrong + 1))
}
grep -vxF -f taken known >refused && {
    echo 'bad specs that the schema refuses, and that are in schema_takes.txt:'
    cat refused
    n_wrong=$((n_wrong + 1))
}
tail -n 1 all
sed -n '$s/.*bad ones: \([0-9]*\), \([0-9]*\) taken/\1 \2/p' all >counts
read -r n taken <counts
[ "$n" -gt 200 ] && [ $((taken * 10)) -le "$n" ] || wrong "of $n bad specs it takes $taken"
echo "$n_checks commands, $n_wrong wrong"
[ $n_wrong -eq 0 ]
