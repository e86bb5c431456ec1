#!/bin/sh
# check_readmes.sh - each folder of framework/ that has code says in a README.md of a few lines what lives
# there, what it may include, and how to add one, and names files that are there; the links of all pages
# lead to files.
#
#     tests/tree/check_readmes.sh [ROOT]     checks the tree at ROOT; without it, this source tree, and
#                                            then that a tree with planted mistakes is refused
# shellcheck disable=SC2016 # backquotes are those of the pages
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=${1:-${abs_top_srcdir:-$here/../..}}

check_folder() {
    [ -e "$1/README.md" ] || { echo "$1: no README.md"; return; }
    lines=$(wc -l <"$1/README.md")
    [ "$lines" -ge 3 ] && [ "$lines" -le 6 ] || echo "$1/README.md: $lines lines; 3 to 6 are read"
    grep -qE '[Mm]ay include|They include' "$1/README.md" || echo "$1/README.md: says not what it may include"
    # Words in backquotes that look like sources are those of this folder, or of its path.
    grep -oE '`[a-z_/]+\.[ch]`' "$1/README.md" | tr -d '`' | while read -r name; do
        case $name in
        */*) [ -e "framework/$name" ] || [ -e "$name" ] || echo "$1/README.md: there is no $name" ;;
        *) find "$1" "$(dirname "$1")" -maxdepth 1 -name "$name" | grep -q . ||
            echo "$1/README.md: there is no $name" ;;
        esac
    done
}

check_tree() (
    cd "$1"
    find framework -name '*.[ch]' ! -name '*.pb-c.[ch]' ! -name build_info.h | sed 's,/[^/]*$,,' | sort -u |
        while read -r folder; do
            check_folder "$folder"
        done
    # Hidden folders are no part of an archive.
    find README.md .github configs db experiments framework plugins -name '*.md' 2>/dev/null | sort |
        while read -r page; do
            grep -oE '\]\([^)#]+' "$page" | sed 's/^](//' | grep -v '^https*:' | while read -r link; do
                case $link in *.github/*) [ -e .github ] || continue ;; esac
                [ -e "$(dirname "$page")/$link" ] || echo "$page: a link to $link, which is not there"
            done
        done
)

good='- Errors.
- May include `base/`.
- A file and its header, as `error.h`.'

check_the_check() (
    planted=$(mktemp -d)
    trap 'rm -rf "$planted"' EXIT
    mkdir -p "$planted/framework/base"
    : >"$planted/framework/base/error.h"
    echo "$good" >"$planted/framework/base/README.md"
    [ -z "$(check_tree "$planted")" ] || { echo 'a clean tree is refused'; check_tree "$planted"; }
    for mistake in 's/May include/Sees/' 's/error\.h/errors.h/' '2,3d' 's/$/\n\n\n/'; do
        echo "$good" | sed "$mistake" >"$planted/framework/base/README.md"
        [ -n "$(check_tree "$planted")" ] || echo "not found: $mistake"
    done
    echo "$good" >"$planted/framework/base/README.md"
    echo '[a page](framework/none.md)' >"$planted/README.md"
    [ -n "$(check_tree "$planted")" ] || echo 'not found: a link to nothing'
    rm "$planted/README.md" "$planted/framework/base/README.md"
    [ -n "$(check_tree "$planted")" ] || echo 'not found: no README.md'
)

complaints=$(check_tree "$root")
[ $# -gt 0 ] || complaints=$complaints$(check_the_check)
[ -z "$complaints" ] || { echo "$complaints"; exit 1; }
