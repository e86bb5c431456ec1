#!/bin/bash
# lint.sh - static analysis of framework/, plugins/ and db/, and valgrind on what is tried shortly.
#
#     tests/lint/lint.sh MADE [TOOL...]     `make lint` runs it, in the build folder; MADE is what make says that
#                                           it would do to compile all (see commands.awk); all tools without one
#
# What a tool says depends on its version, so there is one of each that counts. Each exception has its reason: at
# the line (NOLINT, cppcheck-suppress), in .clang-tidy, or in cppcheck.txt, analyzer.txt and valgrind.supp beside this
# file. Exits with 1 when something was found, or a tool is missing.
#
# A file is analysed as it is compiled, once for each instruction set. Those of other processors are not: NEON is
# looked at where it is built.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
made=$1
shift
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0

fail() {
    echo "lint: $*"
    failed=1
}

# has NAME COMMAND VERSION PACKAGE: whether the tool is there, in the version whose findings are settled.
has() {
    local version
    version=$("$2" --version 2>/dev/null) || {
        fail "$1 is missing (Debian 12: apt install $4)"
        return 1
    }
    [[ $version =~ $3 ]] && return 0
    fail "$1 is another version than the one that counts (Debian 12: apt install $4)"
    return 1
}

# commands [NAME=VALUE...]: the lines that commands.awk makes of what make says.
commands() {
    local settings=()
    for setting; do settings+=(-v "$setting"); done
    awk -v root="$root" "${settings[@]}" -f "$here/commands.awk" "$made"
}

lint_format() {
    has clang-format "${CLANG_FORMAT:=clang-format}" 'version 14\.' clang-format-14 || return
    abs_top_srcdir=$root CLANG_FORMAT=$CLANG_FORMAT "$root/tests/tree/check_format.sh" || fail "clang-format: see above"
}

# tidy [OPTION...]: the files whose names it reads.
tidy() {
    tr '\n' '\0' | xargs -0 -r -n 16 "$CLANG_TIDY" --quiet -p "$scratch" "$@" 2>>"$scratch/errors" >>"$scratch/found"
}

lint_clang_tidy() {
    # Loops over vectors: to the analyzer parts of a scratch of no bytes are null pointers that they use.
    local loops='(^|/)framework/(infer/engine|kernels)/'
    has clang-tidy "${CLANG_TIDY:=clang-tidy}" 'version 14\.' clang-tidy-14 || return
    commands json=1 directory="$PWD" >"$scratch/compile_commands.json"
    commands | cut -d' ' -f1 | sort -u | grep -vE "$loops" | tidy
    commands | cut -d' ' -f1 | sort -u | grep -E "$loops" |
        tidy --checks=-clang-analyzer-core.NonNullParamChecker,-clang-analyzer-core.NullDereference
    # Beside its findings it says how many it has left out.
    grep -vE '^[0-9]+ warnings? (generated|treated as errors?)\.?$' "$scratch/errors"
    sort -u "$scratch/found" | grep -qE '(warning|error):' || return 0
    cat "$scratch/found"
    fail "clang-tidy: see above"
}

lint_cppcheck() {
    has cppcheck "${CPPCHECK:=cppcheck}" 'Cppcheck 2\.10' cppcheck || return
    # It reads no headers of the system: it knows libraries from its own descriptions of them.
    commands json=1 directory="$PWD" | sed 's, -I/usr[^ "]*,,g' >"$scratch/compile_commands.json"
    grep -vE '^(#|$)' "$here/cppcheck.txt" >"$scratch/suppressed"
    "$CPPCHECK" -q --error-exitcode=1 --project="$scratch/compile_commands.json" --enable=warning,portability \
        -D__x86_64__ --library=posix,gnu,sqlite3,libcurl,zlib --library="$here/cppcheck.cfg" \
        --inline-suppr --suppressions-list="$scratch/suppressed" || fail "cppcheck: see above"
}

# gcc finds few things, and of these few are true, so its exceptions are a list of files and kinds.
lint_analyzer() {
    has gcc "${LINT_GCC:=gcc}" ' 12\.' gcc-12 || return
    local file flags
    while read -r file flags; do
        eval "$LINT_GCC $flags -O1 -fanalyzer -fdiagnostics-plain-output -S -o /dev/null '$file'" 2>&1 </dev/null |
            sed "s,^cc1: ,$file: ,"
    done < <(commands) >"$scratch/found"
    # "FILE KIND" of each, with the path as it is in the tree.
    sed -n "s,^$root/,,; s,^\./,,; s/^\([^ :]*\):.* warning: .*\[-W\(analyzer-[a-z-]*\)\]$/\1 \2/p" "$scratch/found" |
        sort -u >"$scratch/kinds"
    grep -vE '^(#|$)' "$here/analyzer.txt" | sort -u >"$scratch/known"
    comm -23 "$scratch/kinds" "$scratch/known" >"$scratch/new"
    comm -13 "$scratch/kinds" "$scratch/known" | sed 's,^,lint: analyzer.txt: no longer found: ,'
    if grep -E 'error:' "$scratch/found"; then fail "gcc -fanalyzer: see above"; fi
    [ -s "$scratch/new" ] || return 0
    while read -r file flags; do
        grep -F -A12 "$file:" "$scratch/found" | grep -F -A12 "$flags"
    done <"$scratch/new"
    cat "$scratch/new"
    fail "gcc -fanalyzer: not in analyzer.txt"
}

# memcheck COMMAND...: what it says goes to the standard error only when there is something.
memcheck() {
    "$VALGRIND" -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite --trace-children=yes \
        --suppressions="$here/valgrind.supp" --log-file="$scratch/valgrind.%p" "$@" >"$scratch/output" 2>&1
    local status=$?
    [ "$status" -ne 0 ] || ! cat "$scratch"/valgrind.* 2>/dev/null | grep -q . || status=99
    [ "$status" -eq 0 ] || {
        tail -n 20 "$scratch/output"
        cat "$scratch"/valgrind.*
        fail "valgrind: $* ($status)"
    }
    rm -f "$scratch"/valgrind.*
}

# Portable kernels: valgrind 3.19 does not know AVX-512, and takes what a vector of pixels that nobody wrote adds to a
# sum for unknown, although its weight is 0. So no suites that run all engines.
lint_valgrind() {
    has valgrind "${VALGRIND:=valgrind}" 'valgrind-3\.(19|[2-9])' valgrind || return
    local suite
    export BNN_CPU=portable CK_FORK=no CK_DEFAULT_TIMEOUT=0 srcdir=$root
    for suite in $LINT_SUITES; do
        memcheck "$suite"
    done
    cat >"$scratch/sweep.yaml" <<'SPEC'
dataset: {name: synthetic, train_limit: 60, validation: 20, test_limit: 20}
model:
  topology:
    input: {channels: 1, height: 28, width: 28}
    blocks:
      - {layer: {name: conv2d, out: 4, kernel: 5}, pool: maxpool}
      - {layer: {name: dense, out: 16}}
      - {layer: {name: dense, out: 10}}
  binarize: {weights: true, activations: true}
name: lint
train: {epochs: 1, batch: 16}
seeds: {count: 1}
sweep: {grid: {model.ste: [identity, clipped]}}
baseline: {model.ste: identity}
SPEC
    memcheck ./bnnrun run "$scratch/sweep.yaml" --db "$scratch/sweep.db"
}

[ $# -gt 0 ] || set -- format clang-tidy cppcheck analyzer valgrind
for tool; do
    echo "lint: $tool"
    case $tool in
    format) lint_format ;;
    clang-tidy) lint_clang_tidy ;;
    cppcheck) lint_cppcheck ;;
    analyzer) lint_analyzer ;;
    valgrind) lint_valgrind ;;
    *) fail "there is no $tool: format, clang-tidy, cppcheck, analyzer, valgrind" ;;
    esac
done
exit "$failed"
