#!/bin/sh
# matrix.sh - a diagonal of what `make matrix` tries: each form, STE and order at least once, in the
# engines; some as C and, where onnxruntime is, as ONNX. And that the matrix finds what it is for.
set -u
: "${srcdir:=.}" "${abs_top_builddir:=.}"
: "${BNN_TEST_PLUGINS:=$abs_top_builddir/tests/fixtures/plugins/.libs}"
: "${BNN_SKELETONS:=$abs_top_builddir/plugins/skeleton/.libs}"
matrix=$abs_top_builddir/tests/matrix/bnnmatrix
scratch=$(mktemp -d "${TMPDIR:-/tmp}/bnn_matrix.XXXXXX") || exit 99
trap 'rm -rf "$scratch"' EXIT
trap 'exit 99' HUP INT TERM
TMPDIR=$scratch
export TMPDIR

n_wrong=0
wrong() {
    n_wrong=$((n_wrong + 1))
    echo "bnnmatrix: $*"
    sed 's/^/    /' "$scratch/out" "$scratch/err"
}
# matrix STATUS OPTION...
matrix() {
    wanted=$1
    shift
    "$matrix" "$@" >"$scratch/out" 2>"$scratch/err" </dev/null
    status=$?
    [ $status -eq "$wanted" ] || wrong "$*: status $status, expected $wanted"
}
says() {
    grep -q -e "$1" "$scratch/out" "$scratch/err" || wrong "does not say: $1"
}

matrix 0 --diagonal --engines --steps 3 --images 20 --jobs 1 \
    --model 'activation: hardtanh, binarize: {}'
says '^all .* 0 .* 0 '
says '^0 wrong, of '
matrix 0 --diagonal --limit 3 --steps 3 --images 20 --jobs 1
says '^0 wrong, of '
grep -h onnxruntime "$scratch/out"

# A plugin that is new is in the matrix, and what it gives once it is deployed is looked at.
# Of the plugins for tests only the one that lies: bnnmatrix opens what it is given, also what dies of it.
mkdir "$scratch/plugins"
cp "$BNN_TEST_PLUGINS/layer_lies.so" "$scratch/plugins"
BNNRUN_PLUGIN_PATH=$BNN_SKELETONS:$scratch/plugins:${BNNRUN_PLUGIN_PATH-}
export BNNRUN_PLUGIN_PATH
matrix 0 --list --ste skeleton
says '^15 forms: .*, skeleton,'
says '^1 STEs: skeleton$'
says '^[0-9]* orders: .*LPBA = pool_bn_act, .*, skeleton, '
one='--form skeleton --ste skeleton --ordering LPBA'
# shellcheck disable=SC2086 # words
matrix 1 $one --steps 3 --images 20 --jobs 1 --model 'activation: lies'
says 'portable has [1-9][0-9]* other classes and 20 other logits; .* C has [1-9]'
says "MATRIX_FLAGS=\"$one --seed 1 --steps 3 --images 20 --model 'activation: lies'\""
grep -q 'is left out' "$scratch/out" || says 'ONNX has [1-9].* packed has [1-9]'

# What the check of models refuses is no failure, and said.
# shellcheck disable=SC2086 # words
matrix 0 $one --ordering LPA --model 'binarize: {}, activation: relu'
says '^1 that the check of models refuses, as .*: .*would be +1 for every image'
matrix 2 --form nosuch
says 'bnnmatrix: there is no form nosuch'
matrix 2 --steps 0
[ -z "$(ls "$scratch" | grep -v -e out -e err -e plugins)" ] || wrong "leaves files"
[ $n_wrong -eq 0 ]
