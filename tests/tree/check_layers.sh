#!/bin/sh
# check_layers.sh - the rules of the tree that a compiler does not know (ARCHITECTURE.md):
# who may include whom, and which headers, which functions nobody calls, and that only framework/cli
# prints.
#
#     tests/tree/check_layers.sh [ROOT]     checks the tree at ROOT; without it, this source tree, and
#                                      then that a tree with planted mistakes is refused
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=${1:-${abs_top_srcdir:-$here/../..}}

# Lines "LINE of FILE includes X" become one message per broken rule. What protoc-c has written, in a
# build inside the tree, is not ours; what runs on emulated boards is no part of the program.
check_includes() {
    find framework plugins db -name '*.[ch]' ! -name '*.pb-c.[ch]' ! -path 'framework/bench/boards/*' | sort |
        xargs grep -nE '^[[:space:]]*#[[:space:]]*include' |
        sed -E 's/^([^:]*):([0-9]*):[[:space:]]*#[[:space:]]*include[[:space:]]*/\1 \2 /' |
        awk '
        BEGIN {
            n = split("base simd kernels infer spec plugin conform data model train export results exchange comparison figure cluster bench runner cli", names, " ")
            for (i = 1; i <= n; i++)
                rank[names[i]] = i
            split("float limits math stdbool stddef stdint string", libc, " ")
            for (i in libc)
                for_plugins["<" libc[i] ".h>"] = 1
            for_plugins["<bnn/plugin.h>"] = for_plugins["<bnn/plugin_helpers.h>"] = 1
        }
        function complain(message) { print $1 ":" $2 ": " message }
        {
            split($1, part, "/")
            top = part[1]
            own = part[2]
            what = $3
            quoted = what ~ /^"/
            gsub(/["]/, "", what)
            split(what, target, "/")
        }
        top == "plugins" {
            if (quoted ? index(what, "/") : !(what in for_plugins))
                complain("a plugin includes " $3 "; it may include <bnn/plugin.h>, the C library " \
                         "and headers beside it only")
            next
        }
        !quoted { next }
        what == "build_info.h" { next }
        index(what, "/") == 0 {
            complain("include " $3 " with its folder, as in \"base/error.h\"")
            next
        }
        top == "db" {
            if (target[1] != "db" && target[1] != "base")
                complain("the store includes " $3 "; it may include base only")
            next
        }
        !(own in rank) {
            complain("framework/" own " is no layer")
            next
        }
        target[1] == "db" {
            if (rank[own] < rank["results"] || own ~ /^(comparison|figure|cluster)$/)
                complain(own " includes " $3 "; only results, exchange, bench, runner and cli see the store")
            next
        }
        !(target[1] in rank) {
            complain($3 " is in no layer")
            next
        }
        own == "infer" && target[1] == "kernels" {
            complain("infer includes " $3 "; libbnninfer is infer, simd and base only")
            next
        }
        own == "results" && target[1] !~ /^(results|spec|base)$/ {
            complain("results includes " $3 "; it may include db, spec and base only")
            next
        }
        own == "exchange" && target[1] !~ /^(exchange|base)$/ {
            complain("exchange includes " $3 "; it may include db and base only")
            next
        }
        own ~ /^(comparison|figure|cluster)$/ && target[1] != own && target[1] != "base" {
            complain(own " includes " $3 "; it may include base only")
            next
        }
        rank[target[1]] > rank[own] {
            complain(own " includes " $3 " of a higher layer")
        }'
}

# Headers that are private to another folder: those whose first comment says "Private to FOLDER/", and
# *_internal.h, which is private to where it lies.
check_private() {
    headers=$(find framework db -name '*.h' | sort)
    # shellcheck disable=SC2086 # words
    find framework db -name '*.[ch]' | sort |
        xargs grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' |
        sed -E 's/^([^:]*):([0-9]*):[^"]*"([^"]*)".*/\3 \1 \2/' |
        awk '
        NR == FNR {
            include[++n] = $0
            next
        }
        FNR == 1 {
            text = ""
            ended = 0
            name = FILENAME
            sub(/^framework\//, "", name)
            if (name ~ /_internal\.h$/) {
                owner[name] = name
                sub(/[^\/]*$/, "", owner[name])
            }
        }
        ended { next }
        { text = text " " $0 }
        /\*\// {
            ended = 1
            gsub(/[ *]+/, " ", text)
            if (match(text, /Private to [a-z\/]+\//))
                owner[name] = substr(text, RSTART + 11, RLENGTH - 11)
        }
        END {
            for (i = 1; i <= n; i++) {
                split(include[i], part, " ")
                from = part[2]
                sub(/^framework\//, "", from)
                if (part[1] in owner && index(from, owner[part[1]]) != 1)
                    print part[2] ":" part[3] ": includes " part[1] ", which is private to " owner[part[1]]
            }
        }' - $headers
}

# Headers that include each other in a circle.
check_cycles() {
    (cd framework && find . ../db -name '*.h') |
        sed -E 's,^(\./|\.\./),,' | sort |
        while read -r header; do
            file=framework/$header
            [ -e "$file" ] || file=$header
            sed -nE 's,^[[:space:]]*#[[:space:]]*include[[:space:]]*"([^"]*)".*,'"$header"' \1,p' "$file"
        done | tsort 2>&1 >/dev/null | sed 's/^tsort: /headers include each other: /'
}

# call NAMES: lines of code that call one of the functions; read from strip_c.awk's output.
call() {
    grep -E "(^|[^A-Za-z0-9_>.])($1)[[:space:]]*\(" || true
}

check_calls() {
    code=$(find framework plugins db tests -name '*.[ch]' ! -name '*.pb-c.[ch]' | sort |
        xargs awk -f "$here/strip_c.awk")
    echo "$code" | call 'strcpy|strcat|sprintf|vsprintf|gets|atoi|atol|atoll|atof|strtok|system|popen' |
        sed 's/$/   <- a function that nobody calls here/'
    outside=$(echo "$code" | grep -vE '^(framework/cli|tests)/' || true)
    echo "$outside" | call 'printf|vprintf|puts|putchar|perror|exit|abort' |
        sed 's/$/   <- only framework\/cli prints and exits/'
    echo "$outside" | call 'stpcpy|alloca|rand|srand|localtime|gmtime|ctime|asctime' |
        sed 's/$/   <- unbounded, or shared between threads/'
    # What a plugin prints in the process of a run is its log, and not lost in a buffer.
    echo "$outside" | grep -v '^framework/runner/executor/child\.c:' |
        grep -E '(^|[^A-Za-z0-9_])(stdout|stderr)([^A-Za-z0-9_]|$)' |
        sed 's/$/   <- only framework\/cli prints/' || true
}

check_tree() (
    cd "$1"
    check_includes
    check_private
    check_cycles
    check_calls
)

# plant FILE TEXT: a file with a mistake, in a tree that is otherwise clean.
plant() {
    mkdir -p "$(dirname "$planted/$1")"
    printf '%s\n' "$2" >"$planted/$1"
}

# The mistakes must be found, one by one: a check that finds nothing in a wrong tree is worth nothing.
check_the_check() (
    planted=$(mktemp -d)
    trap 'rm -rf "$planted"' EXIT
    while IFS='|' read -r file text; do
        rm -rf "$planted"
        plant framework/base/error.h ''
        plant framework/base/arena.h '#include "base/error.h"'
        plant framework/data/sources/source.h '/* source.h - what a source is, and some words more. Private to
 * data/sources/. */'
        plant framework/data/sources/x.c '#include "data/sources/source.h"'
        plant framework/runner/wire_internal.h ''
        plant framework/runner/executor/x.c '#include "runner/wire_internal.h"'
        plant framework/exchange/hidden.h '/* hidden.h - a header. Private to exchange/. */'
        plant db/store_internal.h ''
        plant plugins/ste/ste_x.c '#include <bnn/plugin.h>'
        plant db/store.h '#include "base/record.h"'
        plant tests/check_x.c 'int main(void) { printf("x"); }'
        [ -z "$(check_tree "$planted")" ] || { echo "a clean tree is refused"; check_tree "$planted"; }
        plant "$file" "$text"
        [ -n "$(check_tree "$planted")" ] || echo "not found: $text in $file"
    done <<'MISTAKES'
framework/base/x.h|#include "spec/tree.h"
framework/model/x.c|#include "db/store.h"
framework/data/x.c|#include "dataset.h"
framework/simd/x.h|#include "kernels/kernels.h"
framework/infer/x.c|#include "kernels/kernels.h"
framework/results/x.c|#include "train/trainer.h"
framework/exchange/x.c|#include "results/metrics.h"
framework/cli/x.c|#include "exchange/hidden.h"
framework/train/x.c|#include "db/store.h"
framework/comparison/x.c|#include "db/store.h"
framework/comparison/x.c|#include "spec/tree.h"
framework/figure/x.c|#include "db/store.h"
framework/figure/x.c|#include "comparison/verdict.h"
framework/cluster/x.c|#include "runner/plan.h"
framework/cluster/x.c|#include "spec/tree.h"
framework/data/x.c|#include "nowhere/dataset.h"
framework/other/x.c|#include "base/error.h"
framework/base/error.h|#include "base/arena.h"
framework/data/x.c|#include "data/sources/source.h"
framework/data/formats/x.h|#include "data/sources/source.h"
framework/cli/x.c|#include "runner/wire_internal.h"
framework/runner/x.c|#include "db/store_internal.h"
plugins/ste/ste_x.c|#include "base/error.h"
plugins/ste/ste_x.c|#include "../layers/pool.h"
plugins/ste/ste_x.c|#include <pthread.h>
db/store.c|#include "runner/pool.h"
db/store.h|#include "train/trainer.h"
framework/spec/x.c|void f(void) { fputs("x", stderr); }
framework/spec/x.c|void f(void) { printf("x"); }
framework/train/x.c|void f(void) { exit(1); }
framework/cli/x.c|int f(const char *s) { return atoi(s); }
tests/check_x.c|void f(char *a) { strcpy(a, "x"); }
MISTAKES
)

complaints=$(check_tree "$root")
[ $# -gt 0 ] || complaints=$complaints$(check_the_check)
[ -z "$complaints" ] || { echo "$complaints"; exit 1; }
