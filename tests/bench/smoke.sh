#!/bin/sh
# smoke.sh - the benchmark, when `make bench` has built it: a quick run of the kernels gives a table
# and the same as JSON; wrong options are refused. Looks at no time.
set -u
bench=${abs_top_builddir:-.}/tests/bench/bnnbench
if ! [ -x "$bench" ]; then
    echo "skipped: bnnbench is not built; make bench builds it"
    exit 77
fi
scratch=$(mktemp -d "${TMPDIR:-/tmp}/bnn_bench.XXXXXX") || exit 99
trap 'rm -rf "$scratch"' EXIT
trap 'exit 99' HUP INT TERM

n_wrong=0
wrong() {
    n_wrong=$((n_wrong + 1))
    echo "bnnbench: $*"
    sed 's/^/    /' "$scratch/out" "$scratch/err" | head -n 12
}
# bench STATUS OPTION...
bench() {
    wanted=$1
    shift
    "$bench" "$@" >"$scratch/out" 2>"$scratch/err" </dev/null
    status=$?
    [ $status -eq "$wanted" ] || wrong "$*: status $status, expected $wanted"
}
# refuses WORD OPTION...: one message with the word, nothing on stdout.
refuses() {
    word=$1
    shift
    bench 2 "$@"
    [ ! -s "$scratch/out" ] || wrong "$*: stdout is not empty"
    grep -q "^bnnbench: .*$word" "$scratch/err" || wrong "$*: stderr lacks $word"
}

bench 0 --help
grep -q -e '--json' "$scratch/out" || wrong "--help lacks --json"
refuses knels --only knels
refuses rounds --rounds 0
refuses batch --batch 64x
refuses batch --batch 4097
refuses json --json
refuses fast --fast
refuses extra extra
BNN_CPU=sparc refuses sparc --quick --only kernels
bench 4 --quick --only kernels --json "$scratch/nowhere/bench.json"
grep -q nowhere "$scratch/err" || wrong "the file that cannot be written is not named"

bench 0 --quick --only kernels --batch 33 --json "$scratch/bench.json"
for layer in conv1 conv2 fc1 fc2 fc3 pool1 pool2 norm1 norm2 norm3 pixels; do
    for batch in 64 33; do
        grep -q "^$layer .* $batch " "$scratch/out" || wrong "no row of $layer at batch $batch"
    done
done
if command -v python3 >/dev/null 2>&1; then
    python3 - "$scratch/bench.json" >"$scratch/out" 2>"$scratch/err" <<'CHECK' || wrong "the JSON"
import json, sys
report = json.load(open(sys.argv[1]))
assert set(report) == {"kernels", "peak"}, set(report)
assert report["peak"]["rows"][0]["gflops"] > 0
for row in report["kernels"]["rows"]:
    assert row["us"] >= row["us_min"] > 0, row
    assert (row["gflops"] is None) != (row["gbytes_per_s"] is None), row
    assert ("bits" in row["kernel"]) == (row["times_float"] is not None), row
CHECK
fi
[ $n_wrong -eq 0 ]
