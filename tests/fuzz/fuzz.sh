#!/bin/sh
# fuzz.sh - for `make fuzz` and `make fuzz-coverage`, in the folder of the build.
#
#     fuzz.sh run [LIBFUZZER_OPTION...] [TARGET...]   builds all targets in fuzz/, and lets libFuzzer run those that
#                                                     are named, one after the other, from tests/fuzz/corpus and from
#                                                     what it has found before, in fuzz/found/TARGET
#     fuzz.sh coverage                                the lines of each parser that the corpus reaches; fails below
#                                                     85 % of one, or 90 % of all
set -eu
root=$abs_top_srcdir
[ "$FUZZ_CC" != missing ] || { echo "fuzz: clang not found (it has libFuzzer)" >&2; exit 1; }

# objects FOLDER FLAG...: what is newer is compiled.
objects() {
    folder=$1
    shift
    mkdir -p "fuzz/$folder"
    for source in $FUZZ_SOURCES; do
        case $source in *.h) continue ;; esac
        [ -e "$source" ] || source=$root/$source
        object=fuzz/$folder/$(echo "$source" | tr -c 'A-Za-z0-9\n' _).o
        [ "$object" -nt "$source" ] || {
            echo "  FUZZCC   $source"
            # shellcheck disable=SC2086 # words
            $FUZZ_CC @fuzz/flags "$@" -c -o "$object" "$source"
        }
    done
}

case $1 in
run)
    shift
    options=
    targets=
    for word; do
        case $word in -*) options="$options $word" ;; *) targets="$targets $word" ;; esac
    done
    objects objects -fsanitize=fuzzer-no-link,address,undefined
    for target in ${targets:-$FUZZ_TARGETS}; do
        echo "  FUZZLD   fuzz/fuzz_$target"
        # shellcheck disable=SC2086 # words
        $FUZZ_CC @fuzz/flags -fsanitize=fuzzer,address,undefined -o "fuzz/fuzz_$target" \
            "$root/tests/fuzz/fuzz_$target.c" fuzz/objects/*.o $FUZZ_OBJECTS
    done
    ln -sfn "${BNNRUN_PLUGIN_PATH%%/layers/*}" fuzz/plugins # as in fuzz_replay.sh
    for target in $targets; do
        mkdir -p "fuzz/found/$target"
        # What commands print is the targets' to look at; memory that a library keeps is none of theirs.
        # shellcheck disable=SC2086 # words
        "fuzz/fuzz_$target" -artifact_prefix="$PWD/fuzz/$target-" -rss_limit_mb=2560 -timeout=60 $options \
            "$PWD/fuzz/found/$target" "$root/tests/fuzz/corpus/$target"
    done
    ;;
coverage)
    objects coverage -fprofile-instr-generate -fcoverage-mapping
    sources=
    for target in $FUZZ_TARGETS; do
        sources="$sources $root/tests/fuzz/fuzz_$target.c"
    done
    # shellcheck disable=SC2086 # words
    $FUZZ_CC @fuzz/flags -DBNN_FUZZ_REPLAY -fprofile-instr-generate -o fuzz/replay_coverage \
        "$root/tests/fuzz/replay.c" $sources fuzz/coverage/*.o $FUZZ_OBJECTS
    rm -f fuzz/coverage/*.profraw
    mkdir -p fuzz/tests/fuzz
    ln -sf ../../replay_coverage fuzz/tests/fuzz/replay
    LLVM_PROFILE_FILE=$PWD/fuzz/coverage/%p.profraw abs_top_builddir=$PWD/fuzz "$root/tests/fuzz/fuzz_replay.sh"
    llvm-profdata merge -o fuzz/coverage/all.profdata fuzz/coverage/*.profraw
    llvm-cov report -instr-profile=fuzz/coverage/all.profdata fuzz/replay_coverage |
        awk 'NR == FNR { if ($1 ~ /^[a-z]/) wanted[$1] = 1; next }
            # FILE, then regions, functions and lines: how many there are, are missed, are covered.
            { for (file in wanted) if (("/" $1) ~ ("/" file "$")) {
                printf "%6.1f%% of %4d  %s\n", 100 * ($8 - $9) / $8, $8, file
                all += $8; done += $8 - $9; low += 100 * ($8 - $9) < 85 * $8; delete wanted[file]; break } }
            END { for (file in wanted) { print "nothing of " file; low++ }
                printf "%6.1f%% of %4d  in all\n", 100 * done / all, all
                exit low > 0 || 100 * done < 90 * all }' \
            "$root/tests/fuzz/parsers.txt" -
    ;;
esac
