#!/bin/sh
# report_costs.sh - which configs no other beats in accuracy, bytes and microseconds at once: the figure, the words below
# it, the table and the SQL say the same, of results that are written into the database, and leave out what is not known.
set -u
. "${srcdir:-.}/tests/cli/command.sh"
command -v sqlite3 >/dev/null 2>&1 || { echo 'sqlite3 is not installed: no results can be written'; exit 77; }
command -v gnuplot >/dev/null 2>&1 || { echo 'gnuplot is not installed: no figure is drawn'; exit 77; }

tiny_spec >tiny.yaml
cat >>tiny.yaml <<'END'
name: tiny
train: {epochs: 1, batch: 50}
seeds: {count: 3}
sweep: {grid: {model.ste: [identity, clipped, approx_sign], model.ordering: [bn_act, act_bn]}}
baseline: {model.binarize: none}
END
bnn 0 -q tiny.yaml
# Of the seven, `small` lies on the line of bytes alone, `fast` on that of time alone, `good` on both; `fair` on neither,
# and yet nothing beats it in all three. `poor` is beaten by fair. The baseline is as accurate as good, and costs more: its
# mean would be larger by the last bit, as its seeds differ.
cat >results <<'END'
good ste=identity ordering=bn_act,1000,9000,0.9699,0.9699,0.9699
small ste=identity ordering=act_bn,500,9000,0.90,0.90,0.90
lean ste=clipped ordering=bn_act,700,12000,0.95,0.95,0.95
poor ste=clipped ordering=act_bn,900,6000,0.91,0.91,0.91
fast ste=approx_sign ordering=bn_act,1200,3000,0.93,0.93,0.93
fair ste=approx_sign ordering=act_bn,800,5000,0.92,0.92,0.92
none binarize=none,2000,9500,0.9699,0.9650,0.9748
END
awk -F, '{ sub(/^[a-z]* /, "", $1)
    own = "(SELECT run_id FROM run JOIN experiment_config USING (experiment_id, config_id) WHERE label = \047" $1 "\047"
    printf "UPDATE artifact SET n_bytes = %s WHERE kind = \047model\047 AND run_id IN %s);\n", $2, own
    printf "UPDATE timing SET wall_ns = %s WHERE phase = \047inference_1\047 AND run_id IN %s);\n", $3, own
    for (seed = 1; seed <= 3; seed++)
        printf "UPDATE metric SET value = %s WHERE name = \047test_accuracy\047 AND epoch = 0 AND run_id IN %s AND seed = %d);\n",
            $(3 + seed), own, seed }' results >results.sql
sqlite3 bnnrun.db <results.sql || exit 99

is() { n_checks=$((n_checks + 1)); [ "$1" = "$2" ] || wrong "expected $2, got $1"; }
# Labels, a line each, of the configs that results calls so.
labels() { for name; do sed -n "s/^$name \([^,]*\),.*/\1/p" results; done | sort; }
# What the page says, in its order of saying it: labels, a line each.
says_words() { sed -n 's/.*no other config beats <b>\(.*\)<\/b>.*: .* of .*/\1/p' page.html | sed 's/<\/b>, <b>/\n/g' | sort; }
says_table() {
    sed -n '/<caption>What configs reach/,/<\/table>/s/<tr><td class="">\(.*\)<\/td><\/tr>/\1/p' page.html |
        sed 's/<\/td><td[^>]*>/,/g'
}
says_sql() {
    bnn 0 query ./sql.sql --csv
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } { print $at["label"] "," $at["on_front"] "," $at["beaten_by"] }' out
}
# report OPTION...: makes the page, and takes the SQL of its figure of costs.
report() {
    bnn 0 report -q -o page.html "$@"
    page_block sql page.html
    cat "$(grep -l '^-- What configs reach' sql_*)" >sql.sql
    rm sql_*
}
# The words of the figure: labels, a line each; and their number before them.
says_figure() {
    bnn 0 plot pareto -o - "$@"
    sed -n 's/.*coloured, and named, \(.*\)\.<\/desc>.*/\1/p' out | sed 's/: /\n/; s/; /\n/g'
}

# ---- the front ---------------------------------------------------------------------------------------
report
labels good small lean fast fair >front
is "$(says_sql | sed -n 's/,1,$//p' | sort)" "$(cat front)"
is "$(says_sql | sed -n 's/,0,/,/p' | sort)" "$(labels none),$(labels good)
$(labels poor),$(labels fair)"
is "$(says_words)" "$(cat front)"
grep -q '</b>: 5 of 7\.' page.html || wrong 'the page does not count them'
is "$(says_table | sed -n 's/,none$//p' | cut -d, -f1 | sort)" "$(cat front)"
is "$(says_table | grep "^$(labels poor)")" "$(labels poor),3,91,900,6,$(labels fair)"
is "$(says_figure | sed 1d | sort)" "$(cat front)"
is "$(says_figure | head -n 1)" '5 of 7'
# In each of two panels five dots are coloured, two are grey; the key has one of each.
is "$(grep -o '<circle.*' out | grep -o "fill='[^']*'" | sort | uniq -c | awk '{ print $1 }' | sort -n | tr '\n' ' ')" '5 11 '
prints "<text>$(labels fair)"
is "$(grep -c '<text>no other beats it in all three at once' out)" 1
bnn 0 query pareto experiment=tiny --csv
is "$(awk -F, '$NF == 1 { print $2 }' out | sort)" "$(cat front)"
is "$(sed -n 's/,0$//p' out | sed 's/^tiny,\([^,]*\),.*,/\1,/' | sort)" "$(labels none),$(labels good)
$(labels poor),$(labels fair)"

# ---- where less is better ----------------------------------------------------------------------------
report --metric train_seconds
says_sql | sed -n 's/,1,$//p' | sort >said
tail -n +2 out | awk -F, '{ label[NR] = $1; s[NR] = $3; b[NR] = $4; t[NR] = $5 }
    END { for (i = 1; i <= NR; i++) { beaten = 0
            for (k = 1; k <= NR; k++)
                beaten += s[k] <= s[i] && b[k] <= b[i] && t[k] <= t[i] && (s[k] < s[i] || b[k] < b[i] || t[k] < t[i])
            if (!beaten) print label[i] } }' | sort >front
[ -s front ] && [ "$(wc -l <front)" -lt 7 ] || wrong 'the front is no choice'
is "$(cat said)" "$(cat front)"
is "$(says_words)" "$(cat front)"
is "$(says_figure --metric train_seconds | sed 1d | sort)" "$(cat front)"

# ---- what is not known -------------------------------------------------------------------------------
# A config without times is none of those that are judged, and beats none of them.
sqlite3 bnnrun.db "DELETE FROM timing WHERE phase = 'inference_1' AND run_id IN
    (SELECT run_id FROM run JOIN experiment_config USING (experiment_id, config_id) WHERE label = '$(labels fair)')"
report
labels good small lean fast poor >front
is "$(says_sql | grep "^$(labels fair)")" "$(labels fair),,"
is "$(says_words)" "$(cat front)"
is "$(says_figure | sed 1d | sort)" "$(cat front)"
is "$(says_figure | head -n 1)" '5 of 6'
is "$(says_table | grep "^$(labels fair)")" "$(labels fair),3,92,800,,"
sqlite3 bnnrun.db "DELETE FROM timing WHERE phase = 'inference_1'"
report
is "$(grep -c "no other config beats <b>\|<caption>What configs reach" page.html)" 0
bnn 0 plot pareto -o -
is "$(grep -c 'in all three at once' out)" 0
prints "<text>$(labels lean)"

echo "$n_checks checks, $n_wrong wrong"
[ $n_wrong -eq 0 ]
