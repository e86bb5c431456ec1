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
# The public views of a database, but for times, numbers of rows, and how often a run was begun.
ask() { "$BNNRUN" query --db "$1" --csv "$2"; }
public_views() {
    ask "$1" "SELECT run_uid, experiment, label, seed, state, best_epoch, validation_accuracy, test_accuracy,
        last_test_accuracy, n_parameters, float32_bytes, model_bytes, mismatches, is_baseline,
        in_spec, config, differs, stale, tags, note, need, dropped_at FROM run_summary ORDER BY run_uid"
    ask "$1" "SELECT experiment, label, n, n_failed, mean_test_accuracy, sd_test_accuracy, in_spec, ordinal, config
        FROM leaderboard ORDER BY experiment, label"
    ask "$1" "SELECT * FROM baseline_pair ORDER BY 1, 2, 3"
    ask "$1" "SELECT * FROM spread ORDER BY 1, 2, 3, 4"
    ask "$1" "SELECT label, config, is_drawn, ordinal FROM config_summary ORDER BY 1, 2"
    ask "$1" "SELECT * FROM run_param ORDER BY 1, 2"
    ask "$1" "SELECT * FROM config_setting ORDER BY 1, 2"
    ask "$1" "SELECT run_uid, name, printf('%!.20g', value) FROM run_metric WHERE name <> 'seconds' ORDER BY 1, 2"
    ask "$1" "SELECT run_uid, epoch, name, printf('%!.20g', value) FROM epoch_metric
        WHERE name <> 'seconds' ORDER BY 1, 2, 3"
    ask "$1" "SELECT run_uid, purpose, need_uid, need_label, need_state, sha256, now_sha256 FROM run_link ORDER BY 1, 2"
    ask "$1" "SELECT run_uid, sample, n_images, n_classes, hex(true_classes), hex(predicted_classes)
        FROM run_prediction ORDER BY 1"
    ask "$1" "SELECT * FROM layer_size ORDER BY run_uid, ordinal"
    ask "$1" "SELECT * FROM layer_metric ORDER BY run_uid, epoch, ordinal, name, bin"
    ask "$1" "SELECT run_uid, kind, path, artifact.sha256 FROM run JOIN artifact USING (run_id) ORDER BY 1, 2"
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
# page_block CLASS PAGE: the texts of these elements of a page of bnnrun report, a file each: CLASS_1, CLASS_2, ...
page_block() {
    awk -v class="<pre class=\"$1\"><code>" -v name="$1" '
        index($0, class) { n++; inside = 1; sub(/.*<code>/, "") }
        inside {
            inside = !sub(/<\/code><\/pre>.*/, "")
            gsub(/&lt;/, "<"); gsub(/&gt;/, ">"); gsub(/&quot;/, "\""); gsub(/&#39;/, "\047"); gsub(/&amp;/, "\\&")
            print >(name "_" n)
        }' "$2"
}
