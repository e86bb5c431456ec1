#!/bin/sh
# report_counts.sh - every part of a page is about the runs that its verdict counts, and its commands and its SQL, as
# they stand, give what it shows: of an experiment of which some seeds do not count, asked with another metric, margin,
# level and baseline than its spec has.
set -u
. "${srcdir:-.}/tests/cli/command.sh"

tiny_spec >tiny.yaml
cat >>tiny.yaml <<'END'
name: tiny
train: {epochs: 2, batch: 50}
sweep: {grid: {model.ste: [identity, clipped, approx_sign]}}
baseline: {model.binarize: none}
run: {measure: false}
telemetry: [flips]
compare: {margin: 0.2}
END
# Another registration, of other seeds: those of the first count no more.
bnn 0 -q tiny.yaml --db 'a b.db' -s 'seeds=[1, 2]'
bnn 0 -q tiny.yaml --db 'a b.db' -s 'seeds=[50, 51, 52]' -s compare.margin=0.3
bnn 0 report --db 'a b.db' -o page.html --metric last_test_accuracy --margin 0.37 --alpha 0.125 --baseline ste=clipped

# ---- the page ------------------------------------------------------------------------------------
is() { n_checks=$((n_checks + 1)); [ "$1" = "$2" ] || wrong "expected $2, got $1"; }
sed -n 's/.* id="data">\(.*\)<\/script>.*/\1/p' page.html >data.json
# data COLUMNS [FROM]: of the table data, whose text is the JSON of the experiment.
data() {
    sqlite3 :memory: "WITH data(text) AS (SELECT json_extract(CAST(readfile('data.json') AS TEXT), '\$[0]'))
        SELECT $1 FROM data ${2-}"
}
each() { data "$2" ", json_each(text, '\$.$1') AS own"; }
last='the page'
is "$(data "json_extract(text, '\$.compare.cautions') LIKE '%Left out: 2 seeds that %: 1, 2.%'")" 1
is "$(each compare.comparisons "group_concat(json_extract(own.value, '\$.n'))")" 3,3,3
is "$(each confusion.arms "group_concat(json_extract(own.value, '\$.runs'))")" 3,3,3,3
is "$(data "json_extract(text, '\$.images.runs')")" 12
is "$(each models "group_concat(json_extract(own.value, '\$.seed'))")" 50,50,50,50
is "$(each models "group_concat(json_extract(own.value, '\$.label'))
    FILTER (WHERE json_extract(own.value, '\$.baseline'))")" ste=clipped

page_block command page.html
page_block sql page.html
# say WORDS [MORE]: runs the one command of the page that begins so, with more options; its output is in out.
say() {
    last="$1, as the page prints it"
    n_checks=$((n_checks + 1))
    cat command_* | grep "^bnnrun $1 " >line
    [ "$(wc -l <line)" -eq 1 ] || wrong "$(wc -l <line) commands"
    sed "s/^bnnrun /\"\$BNNRUN\" /; s/\$/ ${2-}/" line >line.run
    . ./line.run >out 2>err </dev/null || wrong 'fails'
}

# ---- its commands --------------------------------------------------------------------------------
say compare --json
cp out compare.json
is "$(data "json(CAST(readfile('compare.json') AS TEXT)) = json_extract(text, '\$.compare')")" 1
say 'query confusion' --csv
tail -n +2 out | awk -F, '{ print $(NF - 4) "," $(NF - 3) "," $(NF - 2) "," $(NF - 1) }' | sort >said
data "json_extract(arm.value, '\$.config') || ',' || (cell.key / 10) || ',' || (cell.key % 10) || ',' || cell.value" ",
    json_each(text, '\$.confusion.arms') AS arm, json_each(arm.value, '\$.counts') AS cell
    WHERE cell.value > 0" | sort >shown
[ -s said ] && cmp -s said shown || wrong "another table than the page's: $(diff said shown | head -n 3)"
say show
prints 'seed 50: done$'
say predict
prints '^accuracy .* of 50, as recorded$'
say runs
# What is drawn in a figure: what is written in it, its dots and lines.
drawn() { grep -oE "<text>[^<]*|cx='[^']*' cy='[^']*'| d='[^']*|points='[^']*" "$1"; }
if command -v gnuplot >/dev/null 2>&1; then
    awk '/<div class="broad">/ { n++; inside = 1 } inside { print >("figure_" n) } /<\/svg>/ { inside = 0 }' page.html
    n=0
    for figure in effects seeds curves pareto telemetry; do
        n=$((n + 1))
        say "plot $figure" '--width 960 -o -'
        drawn out >said
        drawn "figure_$n" >shown
        [ "$(wc -l <said)" -gt 5 ] || wrong 'draws nothing'
        cmp -s said shown || wrong "another figure than the page's: $(diff said shown | head -n 3)"
    done
fi

# ---- its SQL -------------------------------------------------------------------------------------
# answers COMMENT: what the SQL that begins with this comment says, as lines of CSV without heads.
answers() {
    file=$(grep -l -e "^-- $1" sql_* | head -n 1)
    bnn 0 query "./${file:-none}" --db 'a b.db' --csv
    tail -n +2 out
}
rounded() { awk -F, '{ printf "%s", $1; for (i = 2; i <= NF; i++) printf ",%.9f", $i; print "" }' | sort; }
alike() { n_checks=$((n_checks + 1)); [ -s "$1" ] && cmp -s "$1" "$2" || wrong "other numbers: $(diff "$1" "$2" | head -n 4)"; }
answers 'What is judged' | rounded >said
each compare.comparisons "json_extract(own.value, '\$.label') || ',' || json_extract(own.value, '\$.n')
    || ',' || json_extract(own.value, '\$.mean') || ',' || json_extract(own.value, '\$.difference')" | rounded >shown
alike said shown
cut -d, -f1-3 <shown >means
answers 'What configs reach' | awk -F, '$1 != "ste=clipped" { print $1 "," $2 "," $3 }' | rounded >said
alike said means
answers 'The results that are compared' | awk -F, '$1 != "ste=clipped" { n[$1]++; sum[$1] += $4 }
    END { for (label in n) printf "%s,%d,%.15g\n", label, n[label], sum[label] / n[label] }' | rounded >said
alike said means
is "$(answers 'What was measured after each epoch' | cut -d, -f2 | sort -u | tr '\n' ' ')" '50 51 52 '
is "$(answers 'What telemetry measured' | awk -F, '{ print $NF }' | sort -u)" 3
is "$(answers 'What the runs that are compared take' | wc -l)" 12

echo "$n_checks checks, $n_wrong wrong"
[ $n_wrong -eq 0 ]
