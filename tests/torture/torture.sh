#!/bin/sh
# torture.sh - some of `make torture`, which see (tests/torture/torture.c); with the word "all" and options, what
# they ask for.
set -u
: "${abs_top_builddir:=$PWD}"
BNN_TORTURE_LIBRARY=$abs_top_builddir/tests/torture/.libs/inject.so
XDG_CACHE_HOME=$abs_top_builddir/tests/torture/none # no data of whoever runs the tests
XDG_DATA_HOME=$XDG_CACHE_HOME
export BNN_TORTURE_LIBRARY XDG_CACHE_HOME XDG_DATA_HOME
unset BNN_DATA_PATH BNNRUN_DB BNN_CPU
torture=$abs_top_builddir/tests/torture/torture
if [ "${1-}" = all ]; then
    shift
    exec "$torture" "$@"
fi
# The status is 77 where calls cannot be made to fail, as with sanitizers that are no libraries.
"$torture" --command run,query --kind full,fsync,sqlite --points 1 || exit
[ -z "${BNN_TEST_LONG-}" ] || exec "$torture" --points 1
