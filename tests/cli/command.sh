# command.sh - what the tests of the command share; read by them (". command.sh"), no test itself. A
# scratch folder to work in, removed at the end; bnn to run the command; words to check what it said.
: "${BNNRUN:=./bnnrun}"
: "${srcdir:=.}"
case $BNNRUN in /*) ;; *) BNNRUN=$PWD/$BNNRUN ;; esac
case $srcdir in /*) ;; *) srcdir=$PWD/$srcdir ;; esac
scratch=$(mktemp -d "${TMPDIR:-/tmp}/bnn_command.XXXXXX") || exit 99
trap 'rm -rf "$scratch"' EXIT
trap 'exit 99' HUP INT TERM
cd "$scratch" || exit 99
unset BNNRUN_DB BNN_CPU BNN_DATA_PATH
XDG_CACHE_HOME=$scratch/cache # no data of whoever runs the tests
XDG_DATA_HOME=$scratch/data_home
export XDG_CACHE_HOME XDG_DATA_HOME

n_checks=0
n_wrong=0
last=
wrong() {
    n_wrong=$((n_wrong + 1))
    echo "bnnrun $last: $*"
    sed 's/^/    stdout: /' out | head -n 12
    sed 's/^/    stderr: /' err | head -n 12
}
# bnn STATUS ARGUMENT...: runs the command with $input, or none; its output is in the files out and err.
bnn() {
    wanted=$1
    shift
    last=$*
    n_checks=$((n_checks + 1))
    "$BNNRUN" "$@" >out 2>err <"${input:-/dev/null}"
    status=$?
    [ $status -eq "$wanted" ] || wrong "status $status, expected $wanted"
}
prints() { grep -qe "$1" out || wrong "stdout lacks: $1"; }
says() { grep -qe "$1" err || wrong "stderr lacks: $1"; }
omits() { ! grep -qe "$1" out || wrong "stdout has: $1"; }
prints_nothing() { [ ! -s out ] || wrong "stdout is not empty"; }
says_not() { ! grep -qe "$1" err || wrong "stderr has: $1"; }
# No line of stdout has more columns (of ASCII).
fits() { awk -v n="$1" 'length > n { exit 1 }' out || wrong "stdout has lines of more than $1 columns"; }
says_nothing() { [ ! -s err ] || wrong "stderr is not empty"; }
# Failures: one message, nothing on stdout.
fails() {
    bnn "$@"
    prints_nothing
    says '^bnnrun: '
}
is_json() {
    if command -v python3 >/dev/null 2>&1; then
        python3 -m json.tool <out >/dev/null 2>json || wrong "not JSON: $(cat json)"
    elif command -v jq >/dev/null 2>&1; then
        jq . out >/dev/null 2>json || wrong "not JSON: $(cat json)"
    fi
}
# The beginning of a spec whose runs take no time: some digits that bnnrun draws, and a network.
tiny_spec() {
    cat <<'END'
dataset: {name: synthetic, train_limit: 200, validation: 40, test_limit: 50}
model:
  topology:
    input: {channels: 1, height: 28, width: 28}
    blocks:
      - {layer: {name: conv2d, out: 4, kernel: 5}, pool: maxpool}
      - {layer: {name: dense, out: 16}}
      - {layer: {name: dense, out: 10}}
  binarize: {weights: true, activations: true}
END
}
