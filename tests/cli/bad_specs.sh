#!/bin/sh
# Bad specs and what `bnnrun plan` says about them: every case of tests/cli/bad_specs/*.txt must end with
# status 3 (4 where only a plugin is not there) and print exactly the given lines on stderr, and
# nothing on stdout. A case:
#
#   === what is wrong
#   --- arguments          (optional: words that stand before the spec on the command line)
#   --- spec               (the file, spec.yaml; or "--- generate" and commands that print it)
#   --- status             (optional, when it is not 3)
#   --- stderr
#
# PATH stands for the directories of a search path, which differ from machine to machine.
# Names of files as arguments: only these. --write: rewrites the "--- stderr" parts of the files
# with what the program says now, to be read before it is committed.
set -u
here=${srcdir:-.}/tests/cli/bad_specs
: "${BNNRUN:=./bnnrun}"
case $here in /*) ;; *) here=$PWD/$here ;; esac
case $BNNRUN in /*) ;; *) BNNRUN=$PWD/$BNNRUN ;; esac
write=no
if [ "${1-}" = --write ]; then
    write=yes
    shift
fi
[ $# -gt 0 ] || set -- syntax keys values plugins sweep model data effect overrides several words

scratch=$(mktemp -d "${TMPDIR:-/tmp}/bnn_bad_specs.XXXXXX") || exit 99
trap 'rm -rf "$scratch"' EXIT
trap 'exit 99' HUP INT TERM
unset BNNRUN_DB BNN_DATA_PATH
XDG_CACHE_HOME=$scratch/cache
XDG_DATA_HOME=$scratch/data_home
export XDG_CACHE_HOME XDG_DATA_HOME

# Takes a file apart: one directory a case, one file a part.
split='
/^=== / {
    if (part != "")
        close(part)
    part = ""
    dir = sprintf("%s/%03d", out, ++n)
    system("mkdir -p " dir)
    print substr($0, 5) >(dir "/title")
    close(dir "/title")
    next
}
/^--- (arguments|spec|generate|status|stderr)$/ {
    if (part != "")
        close(part)
    part = dir "/" $2
    printf "" >part
    next
}
/^--- / { print FILENAME ":" FNR ": unknown part " $2 >"/dev/stderr"; exit 1 }
part != "" { print >part }
'

normalize='s/(looked in [^;]*; /(looked in PATH; /
s/\( no [^ ]*\.yaml in \)[^;]*/\1PATH/'

n_cases=0
n_wrong=0
set -f # arguments may contain brackets
for name; do
    awk -v out="$scratch/$name" "$split" "$here/$name.txt" || exit 99
    set +f
    cases=$(printf '%s\n' "$scratch/$name"/*)
    set -f
    for dir in $cases; do
        n_cases=$((n_cases + 1))
        arguments=
        [ ! -f "$dir/arguments" ] || arguments=$(cat "$dir/arguments")
        if [ -f "$dir/generate" ]; then
            sh "$dir/generate" >"$dir/spec.yaml" || exit 99
        else
            cp "$dir/spec" "$dir/spec.yaml"
        fi
        # shellcheck disable=SC2086 # the arguments are words
        (cd "$dir" && exec "$BNNRUN" plan $arguments spec.yaml >out 2>err)
        status=$?
        expected=3
        [ ! -f "$dir/status" ] || expected=$(cat "$dir/status")
        sed "$normalize" "$dir/err" >"$dir/said"
        if [ $write = yes ]; then
            cp "$dir/said" "$dir/stderr"
        fi
        if [ $status -ne "$expected" ] || [ -s "$dir/out" ] || ! cmp -s "$dir/stderr" "$dir/said"; then
            n_wrong=$((n_wrong + 1))
            echo "$name: $(cat "$dir/title"): status $status"
            diff -u "$dir/stderr" "$dir/said" | sed '1,2d'
            head -n 5 "$dir/out"
        fi
    done
    [ $write = yes ] || continue
    for dir in $cases; do
        printf '=== '
        cat "$dir/title"
        for part in arguments generate spec status stderr; do
            [ ! -f "$dir/$part" ] || { echo "--- $part"; cat "$dir/$part"; }
        done
    done >"$here/$name.txt"
done
echo "bad_specs: $n_cases cases, $n_wrong not as expected"
[ $n_cases -gt 0 ] && [ $n_wrong -eq 0 ]
