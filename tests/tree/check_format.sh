#!/bin/sh
# check_format.sh - every C file is as clang-format writes it. Versions of clang-format differ, so
# the one of Debian 12 decides; with another, or none, there is nothing to say.
set -eu
cd "${abs_top_srcdir:-$(dirname "$0")/../..}"
: "${CLANG_FORMAT:=clang-format}"
case $("$CLANG_FORMAT" --version 2>/dev/null || true) in
*"version 14."*) ;;
*)
    echo "skipped: no clang-format 14 (Debian package clang-format-14)"
    exit 77
    ;;
esac
find framework plugins db tests -name '*.[ch]' ! -name '*.pb-c.[ch]' ! -name build_info.h -print |
    sort | xargs "$CLANG_FORMAT" --dry-run -Werror
