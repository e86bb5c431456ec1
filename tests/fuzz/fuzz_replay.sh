#!/bin/sh
# fuzz_replay.sh - the fuzz targets on their corpus (tests/fuzz/corpus/NAME for tests/fuzz/fuzz_NAME.c) and on
# the configs. Each input runs alone, so that the log names the one that fails.
set -u
source=${abs_top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
programs=${abs_top_builddir:-$PWD}/tests/fuzz
n_inputs=0
n_failed=0

replay() {
    n_inputs=$((n_inputs + 1))
    "$programs/fuzz_$1" "$2"
    status=$?
    [ $status -eq 0 ] || { n_failed=$((n_failed + 1)); echo "fuzz_$1 $2: status $status"; }
}

for target in "$source"/tests/fuzz/fuzz_*.c; do
    name=$(basename "$target" .c)
    name=${name#fuzz_}
    for input in "$source/tests/fuzz/corpus/$name"/*; do
        replay "$name" "$input"
    done
done
for input in "$source"/configs/*.yaml "$source"/configs/*/*.yaml; do
    replay spec "$input"
done
echo "fuzz_replay: $n_inputs inputs, $n_failed failed"
[ $n_inputs -gt 0 ] && [ $n_failed -eq 0 ]
