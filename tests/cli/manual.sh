#!/bin/sh
# manual.sh - the man pages that bnnrun writes: one for each command, with all that --help says, and
# without a complaint of the formatters that are here.
. "${srcdir:-.}/tests/cli/command.sh"

bnn 0 help --man-pages
cp out pages
prints '^bnnrun.1$'
prints '^bnnrun-spec.5 spec$'
bnn 0 --help
for name in $(sed -n 's/^  bnnrun \([a-z]*\) .*/\1/p' out); do
    grep -qx "bnnrun-$name.1 $name" pages || wrong "there is no man page of $name"
    bnn 0 help "$name"
    # Each option and each line of it; the page has them filled, with nothing escaped for the terminal.
    sed -n 's/^ *\(-[a-z], \)*--\([a-z-]*\).*/\2/p' out >options
    sed -n 's/^  \(bnnrun .*\)/\1/p' out >examples
    bnn 0 help --man "$name"
    sed 's/\\f[BIR]//g; s/\\-/-/g; s/\\(aq/'\''/g; s/\\(ga/`/g; s/\\(ti/~/g; s/\\e/\\/g' out >plain
    while read -r option; do
        grep -q -e "^\(-., \)*--$option\( \|$\)" plain || wrong "the page lacks --$option"
    done <options
    while read -r example; do
        grep -qF -e "$example" plain || wrong "the page lacks the example $example"
    done <examples
done
[ -s examples ] || wrong "no command has an example"

bnn 0 help --man spec
prints '^\.TH BNNRUN\\-SPEC "*5'
for word in epochs binarize clip; do
    prints "fB$word"
done
bnn 0 help --man
prints '^bnnrun \\- trains'
fails 2 help --man nothing

while read -r page name; do
    # shellcheck disable=SC2086 # the name of the first is empty
    "$BNNRUN" help --man $name >"$page" || wrong "no page $page"
    n_checks=$((n_checks + 1))
    : >complaints
    ! command -v mandoc >/dev/null 2>&1 || mandoc -T lint -W warning "$page" >complaints 2>&1
    ! command -v groff >/dev/null 2>&1 || groff -man -ww -z "$page" >>complaints 2>&1
    [ ! -s complaints ] || wrong "$page: $(head -n 3 complaints)"
done <pages

echo "$n_checks commands, $n_wrong wrong"
[ $n_wrong -eq 0 ]
