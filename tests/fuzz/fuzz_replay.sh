#!/bin/sh
# fuzz_replay.sh - the fuzz targets on their corpus (tests/fuzz/corpus/NAME for tests/fuzz/fuzz_NAME.c), those of
# specs on the configs, too. The log names each file that fails.
set -u
source=${abs_top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
program=${abs_top_builddir:-$PWD}/tests/fuzz/replay
TMPDIR=$(mktemp -d "${TMPDIR:-/tmp}/bnn_fuzz.XXXXXX") || exit 99
trap 'rm -rf "$TMPDIR"' EXIT
trap 'exit 99' HUP INT TERM
export TMPDIR
# Plugins beside a program are its own, of which settings say less than of others.
mkdir "$TMPDIR/bin" && cp -L "$program" "$TMPDIR/bin/replay" &&
    ln -s "${BNNRUN_PLUGIN_PATH%%/layers/*}" "$TMPDIR/bin/plugins" || exit 99
program=$TMPDIR/bin/replay
n_targets=0
n_failed=0

for target in "$source"/tests/fuzz/fuzz_*.c; do
    name=$(basename "$target" .c)
    name=${name#fuzz_}
    set -- "$source/tests/fuzz/corpus/$name"/*
    case $name in
    spec | experiment) set -- "$@" "$source"/configs/*.yaml "$source"/configs/*/*.yaml ;;
    catalogue) set -- "$@" "$source"/configs/datasets/*.yaml ;;
    esac
    n_targets=$((n_targets + 1))
    echo "$name: $# files"
    "$program" "$name" "$@" || n_failed=$((n_failed + 1))
done
echo "fuzz_replay: $n_targets targets, $n_failed failed"
[ $n_targets -gt 0 ] && [ $n_failed -eq 0 ]
