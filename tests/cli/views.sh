#!/bin/sh
# views.sh - the public views of a database are as db/VIEWS.md says: each column, in its order, and no other;
# never NULL where it says so; and readable by SQLite without anything of ours, which is asked with every
# function that some builds of SQLite lack out of reach; and by pandas and R, where they are here, with the lines of
# the document.
. "${srcdir:-.}/tests/cli/command.sh"
sqlite3 -version >/dev/null 2>&1 || { echo 'skipped: no sqlite3'; exit 77; }

tiny_spec >tiny.yaml
bnn 0 tiny.yaml -q -s seeds.count=2 -s telemetry=all -s 'sweep={grid: {train.epochs: [1, 2]}}' -s 'baseline={train.epochs: 3}'

# VIEW COLUMN UNIT NULL of each row of the document.
awk -F' \\| ' '
    /^## Not for you/ { exit }
    /^## / { view = substr($0, 4) }
    /^\| `/ && view != "" {
        gsub(/[|` ]/, "", $1)
        sub(/ \|$/, "", $4)
        print view "\t" $1 "\t" $4
    }' "$srcdir/db/VIEWS.md" >documented
cut -f 1,2 documented >wanted
sqlite3 bnnrun.db "SELECT name FROM sqlite_schema WHERE type = 'view'" >views
internal=" new_id metric_value done_run run_pair config_spread "
: >found
cut -f 1 documented | uniq >order
while read -r view; do
    n_checks=$((n_checks + 1))
    grep -qx "$view" views || wrong "db/VIEWS.md has a view $view, and the database none"
    sqlite3 -separator "$(printf '\t')" bnnrun.db "SELECT '$view', name FROM pragma_table_info('$view')" >>found
    sqlite3 -readonly bnnrun.db "SELECT * FROM $view" >rows 2>err || wrong "sqlite3 cannot read $view"
done <order
while read -r view; do
    case $internal in *" $view "*) continue ;; esac
    grep -qx "$view" order || wrong "view $view is not in db/VIEWS.md"
done <views
cmp -s wanted found || {
    wrong 'columns are not as in db/VIEWS.md (<), but (>):'
    diff wanted found | head -n 20
}
n_rows=0
while IFS=$(printf '\t') read -r view column null; do
    [ "$null" = - ] || continue
    n_checks=$((n_checks + 1))
    count=$(sqlite3 bnnrun.db "SELECT count(*) || ' ' || total(\"$column\" IS NULL) FROM $view")
    [ "${count% *}" -gt 0 ] && n_rows=$((n_rows + 1))
    case $count in
    *' 0.0') ;;
    *) wrong "$view.$column is NULL in ${count#* } rows" ;;
    esac
done <documented
[ $n_rows -gt 50 ] || wrong "only $n_rows columns have a value"

# What is called is in every SQLite: no sqrt(), which is optional, and no mean(), which is bnnrun's.
functions='avg|cast|coalesce|count|datetime|group_concat|length|max|min|row_number|substr|sum'
words='and|as|by|exists|filter|from|in|materialized|not|on|or|over|using|values|when|where|case|then|else|newton|select|partition'
sqlite3 bnnrun.db "SELECT sql FROM sqlite_schema WHERE type = 'view' AND name <> 'new_id'" | sed 's/--.*//' |
    tr '[:upper:]' '[:lower:]' | grep -oE '[a-z_]+ *\(' | tr -d ' (' | sort -u |
    grep -vxE "$functions|$words" >strange && wrong "views call $(tr '\n' ' ' <strange)"

# ---- the lines of the document ----------------------------------------------------------------------
# VIEW ROWS COLUMN ... of each view, to which a program's answer is compared.
while read -r view; do
    printf '%s\t%s\t' "$view" "$(sqlite3 bnnrun.db "SELECT count(*) FROM $view")"
    sqlite3 bnnrun.db "SELECT group_concat(name, char(9)) FROM pragma_table_info('$view')"
done <order >views_here

# The document's line of a program.
line_of() {
    sed -n "s/^| $1 | \`\(.*\)\` |\$/\1/p" "$srcdir/db/VIEWS.md"
}
# opened LINE BEFORE BEHIND: the line for each view, with something before and behind it.
opened() {
    while read -r view; do
        echo "$2$(echo "$1" | sed "s/run_summary/$view/")$3"
    done <order
}
compared() {
    n_checks=$((n_checks + 1))
    cmp -s views_here "$1" || {
        wrong "$1 has something else (>) than sqlite3 (<):"
        diff views_here "$1" | head -n 10
        tail -n 1 err
    }
}

python=
for candidate in "${PYTHON:-python3}" /usr/bin/python3; do
    "$candidate" -c 'import pandas, sqlite3' 2>/dev/null && python=$candidate && break
done
if [ -n "$python" ]; then
    {
        echo 'import sqlite3, pandas'
        opened "$(line_of pandas)" 'd = ' '; print(len(d), *d, sep=chr(9))'
    } >open.py
    "$python" open.py 2>err | paste order - >pandas
    compared pandas
else
    echo 'not here: pandas'
fi
if Rscript -e 'library(RSQLite)' >/dev/null 2>&1; then
    opened "$(line_of R)" 'd <- ' '; writeLines(paste(c(nrow(d), names(d)), collapse = intToUtf8(9)))' >open.R
    Rscript open.R 2>err | paste order - >R
    compared R
else
    echo 'not here: R with RSQLite'
fi
echo "$n_checks checks, $n_wrong wrong"
[ $n_wrong -eq 0 ]
