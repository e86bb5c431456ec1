#!/bin/sh
# report_limits.sh - a page of 600 runs of 60 configs has less than 5 MB, with figures, pictures and all the models that
# there is room for, and about all of them. How long it takes depends on the machine: `make scale` tells.
set -u
. "${srcdir:-.}/tests/cli/command.sh"
command -v sqlite3 >/dev/null 2>&1 || { echo 'sqlite3 is not installed: there are no 600 runs'; exit 77; }
here=$srcdir/tests/cli/page

bnn 0 -q "$srcdir/tests/fixtures/many_runs.yaml"
sqlite3 -bail bnnrun.db <"$srcdir/tests/fixtures/many_runs.sql" >out 2>err || { wrong 'no 600 runs'; exit 99; }

is() { n_checks=$((n_checks + 1)); [ "$1" = "$2" ] || wrong "expected $2, got $1"; }
bnn 0 compare --json
cp out compare.json
bnn 0 compare --quiet
prints '^Against binarize=none, in points of test accuracy over 10 seeds: 59 worse\.'
bnn 0 report -o page.html
bytes=$(wc -c <page.html)
echo "600 runs: $bytes bytes"
n_checks=$((n_checks + 1))
[ "$bytes" -gt 1000000 ] && [ "$bytes" -lt 5000000 ] || wrong "the page has $bytes bytes"
sed -n 's/.* id="data">\(.*\)<\/script>.*/\1/p' page.html >data.json
# counted PATH: of what is at this path of the data
counted() { sqlite3 :memory: "SELECT json_array_length(CAST(readfile('data.json') AS TEXT), '\$[0].$1')"; }
is "$(counted runs.rows)" 600
is "$(counted compare.comparisons)" 59
is "$(counted confusion.arms)" 60
is "$(counted models)" 12
is "$(counted images.hard)" 24
is "$(sed -n '/<table class="verdicts">/,/<\/table>/p' page.html | grep -c '<th scope="row">')" 60
if command -v gnuplot >/dev/null 2>&1; then
    for section in effects/1 seeds/1 curves/1 pareto/1 telemetry/3; do
        is "$(sed -n "/ id=\"e1-${section%/*}\"/,/<\/section>/p" page.html | grep -c '<div class="broad">')" "${section#*/}"
    done
fi

# ---- in a browser ----------------------------------------------------------------------------------
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
if [ -n "${BNN_TEST_LONG-}" ] && [ -n "$chromium" ] && command -v node >/dev/null 2>&1; then
    n_checks=$((n_checks + 1))
    last='report, in Chromium'
    node "$here/many.js" "$chromium" "$PWD/page.html" >out 2>err || wrong 'see above'
    cat out
fi

echo "$n_checks checks, $n_wrong wrong"
[ $n_wrong -eq 0 ]
