#!/bin/sh
# third_party.sh - plugins made of the skeletons as plugins/README.md says, and built as an author
# outside of this tree builds them, with nothing but pkg-config: they compile without a warning, are
# described, train, and the conformance suite finds them and judges them. (install.sh does the same with what is installed.)
#
# BNN_PREFIX names an installed prefix to build against; without it, bnn.pc of the build tree is
# pointed at the header in the source tree.
set -eu
: "${abs_top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${abs_top_builddir:=$PWD}"
: "${BNNRUN:=$abs_top_builddir/bnnrun}"
: "${CC:=cc}"
case $BNNRUN in /*) ;; *) BNNRUN=$PWD/$BNNRUN ;; esac
unset CK_TAP_LOG_FILE_NAME CK_VERBOSITY BNNRUN_DB

fail() {
    echo "third_party.sh: $1"
    [ ! -s log ] || sed 's/^/    /' log
    exit 1
}

command -v pkg-config >/dev/null 2>&1 || { echo "skipped: no pkg-config here"; exit 77; }
if [ -n "${BNN_PREFIX:-}" ]; then
    PKG_CONFIG_PATH=$(dirname "$(find "$BNN_PREFIX" -name bnn.pc)")
    include=
else
    PKG_CONFIG_PATH=$abs_top_builddir/framework/bnn
    include=--define-variable=includedir=$abs_top_srcdir/framework
fi
export PKG_CONFIG_PATH
# shellcheck disable=SC2086 # nothing, or one option
cflags=$(pkg-config $include --cflags bnn)

scratch=$(mktemp -d "${TMPDIR:-/tmp}/bnn_third.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

# The README's command makes an STE called leaky of its skeleton; the others are made likewise.
ln -s "$abs_top_srcdir/plugins" .
command=$(grep '^sed .*ste_skeleton\.c' plugins/README.md) || fail 'plugins/README.md does not say how to begin'
[ -n "${BNN_PREFIX:-}" ] || command=$(echo "$command" | sed 's,"$(pkg-config [^)]*)/,"plugins/skeleton/,')
for kind in ste ordering optimizer layer; do
    eval "$(echo "$command" | sed "s/ste_/${kind}_/g")"
    name=${kind}_leaky
    [ -s $name.c ] || fail "plugins/README.md makes no $name.c"
    # shellcheck disable=SC2086 # flags are words
    $CC -shared -fPIC -O3 -std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion \
        -Werror $cflags $name.c -o $name.so >log 2>&1 || fail "$name.c does not build"
done

BNNRUN_PLUGIN_PATH=$scratch${BNNRUN_PLUGIN_PATH:+:$BNNRUN_PLUGIN_PATH}
export BNNRUN_PLUGIN_PATH
for kind in ste ordering optimizer layer; do
    "$BNNRUN" plugins $kind leaky >log 2>&1 || fail "bnnrun plugins $kind leaky"
done
"$BNNRUN" plugins ste leaky >log 2>&1
grep -q 'what passes outside the window' log || fail 'its parameter is not described'

"$BNNRUN" quick --db third.db -s model.ste=leaky -s seeds.count=1 \
    -s model.ordering=leaky -s model.activation=leaky -s train.optimizer=leaky \
    -s dataset.train_limit=1000 -s train.epochs=1 >log 2>&1 || fail 'a run with all four fails'
"$BNNRUN" query --db third.db --csv "SELECT key, value FROM run_param" >log 2>&1 ||
    fail 'the database cannot be queried'
for row in model.ste.activations model.ordering model.activation train.optimizer; do
    grep -q "^$row,leaky" log || fail "not recorded: $row"
done

# The suite must accept them, and refuse the STE when its gradient is wrong.
suite=$abs_top_builddir/tests/conform/check_plugins
CK_RUN_CASE=contracts
export CK_RUN_CASE
"$suite" >log 2>&1 || fail 'the conformance suite refuses what is made of the skeletons'
sed 's/1\.0f : leak/1.5f : leak/' ste_leaky.c >wrong.c
# shellcheck disable=SC2086
$CC -shared -fPIC -O3 $cflags wrong.c -o ste_leaky.so >log 2>&1 || fail 'wrong.c does not build'
if "$suite" >log 2>&1; then
    fail 'the conformance suite accepts a wrong gradient'
fi
grep -q "ste_leaky.so: the gradient at x = .* is 1.5, the proxy's derivative 1$" log ||
    fail 'the conformance suite does not say what is wrong'
