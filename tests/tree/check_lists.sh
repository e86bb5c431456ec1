#!/bin/sh
# check_lists.sh - every file of the checkout is named in a makefile, or make dist would leave it out; and what the build
# makes is not in the repository: a build would change the checkout, and with it the revision that programs name.
set -eu
cd "${abs_top_srcdir:-$(dirname "$0")/../..}"
if ! [ -e .git ] || ! command -v git >/dev/null 2>&1; then
    echo "skipped: not a git checkout, so there is nothing to compare the lists with"
    exit 77
fi
lists=$(mktemp)
trap 'rm -f "$lists"' EXIT
# The words of all makefiles, continuation lines and assignments taken apart.
cat Makefile.am ./*/local.mk | tr -s ' \t\\=' '\n' >"$lists"
# The source of a plugin is named by its module, ste_x.la for ste_x.c, that of a suite by its program.
git -c safe.directory='*' ls-files --cached --others --exclude-standard |
    grep -vE '^(\.ci/|\.github/|\.gitignore$|configure\.ac$|Makefile\.am$|[a-z]*/local\.mk$|framework/bnn/(bnn|bnn-infer)\.pc\.in$)' |
    while read -r file; do
        [ -e "$file" ] || continue
        grep -qxF -e "$file" -e "${file%.c}.la" -e "${file%.c}" "$lists" ||
            echo "$file: in no list of Makefile.am or local.mk"
    done >"$lists.missing"
missing=$(cat "$lists.missing")
rm -f "$lists.missing"
[ -z "$missing" ] || { echo "$missing"; exit 1; }

made=$(git -c safe.directory='*' ls-files --cached --ignored --exclude-standard
    git -c safe.directory='*' grep --cached -lae "^$(printf '\177')ELF" || true)
[ -z "$made" ] || { echo "made by the build, but in the repository:"; echo "$made"; exit 1; }
