#!/bin/sh
# check_names.sh - a backtrace that says "run" says nothing: the name of a static function has more
# than one word, and only one file has it. Templates are excepted, whose loops stand in many files.
#
#     tests/tree/check_names.sh [ROOT]     checks the tree at ROOT; without it, this source tree, and
#                                          then that a tree with planted mistakes is refused
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=${1:-${abs_top_srcdir:-$here/../..}}

# Lines "NAME FILE:LINE" of the static functions that are defined, declarations left out.
definitions() {
    find framework db -name '*.[ch]' ! -name '*.pb-c.[ch]' ! -name '*_template.h' | sort |
        xargs awk -f "$here/strip_c.awk" |
        awk '
        match($0, /^[^:]*:[0-9]*:/) {
            place = substr($0, 1, RLENGTH - 1)
            code = substr($0, RLENGTH + 1)
        }
        code ~ /^static / {
            begin = place
            text = ""
            open = 1
        }
        open {
            text = text " " code
            if (match(text, /[;={]/)) {
                open = 0
                if (substr(text, RSTART, 1) != "{" || !match(text, /[A-Za-z_0-9]+\(/))
                    next
                print substr(text, RSTART, RLENGTH - 1), begin
            }
        }'
}

check_tree() (
    cd "$1"
    definitions | sort | awk '
        $1 !~ /[^_]_[^_]/ { print $2 ": the name of the static function " $1 " has one word" }
        { file = $2; sub(/:.*/, "", file) }
        $1 == name && file != before { print $2 ": there is a static function " $1 " in " before ", too" }
        { name = $1; before = file }'
)

# plant FILE TEXT: a file in a tree that is otherwise clean.
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
        plant framework/base/one.c 'static int read_one(int x);
static const int table_one[] = {sizeof(int)};
/* static int read(void) { */
static const char *
read_one(int x)
{
}'
        plant framework/base/two.c 'static inline void write_two(void) {}'
        plant framework/base/two_template.h 'static int read_one(void) {}'
        plant db/one.c 'static int open_one(void) { return run(1); }'
        [ -z "$(check_tree "$planted")" ] || { echo "a clean tree is refused"; check_tree "$planted"; }
        plant "$file" "$text"
        [ -n "$(check_tree "$planted")" ] || echo "not found: $text in $file"
    done <<'MISTAKES'
framework/base/x.c|static int run(void) { return 0; }
framework/base/x.h|static inline size_t larger(size_t a, size_t b) { return a; }
framework/base/x.c|static void write_two(void) {}
db/x.c|static int read_one(int x) {}
db/x.c|static struct row *open_one(void) {}
MISTAKES
)

complaints=$(check_tree "$root")
[ $# -gt 0 ] || complaints=$complaints$(check_the_check)
[ -z "$complaints" ] || { echo "$complaints"; exit 1; }
