#!/bin/sh
# compare.sh - which config is better: verdicts of results whose verdicts are known, what was planned, values of
# a key, two configs, and the forms that the answer has.
set -u
. "${srcdir:-.}/tests/cli/command.sh"

cat >tiny.yaml <<'END'
name: tiny
dataset: {name: synthetic, train_limit: 32, validation: 10, test_limit: 10}
model:
  topology:
    input: {channels: 1, height: 28, width: 28}
    blocks:
      - {layer: {name: dense, out: 8}}
      - {layer: {name: dense, out: 8}}
      - {layer: {name: dense, out: 10}}
  binarize: {weights: true, activations: true}
train: {epochs: 1, batch: 16}
seeds: {count: 8}
sweep: {grid: {model.ste: [identity, clipped, approx_sign, polynomial, ede]}}
baseline: {model.binarize: none}
run: {measure: false, keep: model}
compare: {margin: 0.2}
END

# field CSV COLUMN LABEL: of the row with the label, which has no comma.
field() {
    awk -F, -v column="$2" -v label="$3" '
        NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        $at["label"] == label { print $at[column] }' "$1"
}
is() { n_checks=$((n_checks + 1)); [ "$1" = "$2" ] || wrong "expected $2, got $1"; }

# ---- what the program measured -------------------------------------------------------------------
fails 4 compare --db none.db
says 'there is no database'
bnn 0 -q tiny.yaml --db three.db -s seeds.count=3
prints 'next: bnnrun compare --db three.db$'
omits '^Against ' # three seeds decide nothing
bnn 0 compare --db three.db
fits 80
prints '^Difference in mean test accuracy, in points, on this test set: each of 5 other'
prints 'max-T over 5$\|max-T over 5 '
prints '^3 seeds cannot decide 5 comparisons, however large the differences: 6 are the$'
prints '^binarize=none .* baseline$'
omits ' better$\| worse$\| equal'
omits 'significan'
bnn 0 compare tiny --db three.db --json
is_json
prints '"planned": true'
prints '"least_seeds": 6'
bnn 0 -q tiny.yaml
prints '^Against binarize=none, in points of test accuracy over 8 seeds: '
bnn 0 compare --csv
cp out measured.csv
is "$(field measured.csv images_n ste=clipped)" 8
is "$(printf '%.6f' "$(field measured.csv images_difference ste=clipped)")" \
    "$(printf '%.6f' "$(field measured.csv difference ste=clipped)")"
bnn 0 compare
prints '^Over other images, too'
prints '^ste=clipped  *8  *[-+][0-9.]* \[[-+][0-9.]*, [-+][0-9.]*\]$'
fits 80
bnn 0 compare --quiet
omits '^Over other images'
bnn 0 compare --by ste
omits '^Over other images'
prints '^Whether it holds for other images, too, is asked of configs alone: '
bnn 0 compare --by ste --metric train_seconds
omits 'other images'

# ---- what was planned ----------------------------------------------------------------------------
flat() { tr '\n' ' ' <out >flat && mv flat out; }
bnn 0 compare
flat
prints ' Planned: registered 20[0-9-]* [0-9:]* UTC, before the first run\. '
prints 'Equal: the interval lies within 0.2 points of 0\.'
bnn 0 compare --margin 0.3 --alpha 0.1
flat
prints 'Exploratory; what was registered is another comparison: the margin was 0.2; alpha was 0.05\.'
prints ' 90 % intervals hold together'
bnn 0 compare --baseline ste=clipped
flat
prints 'another comparison: the baseline was binarize=none\.'
bnn 0 compare --metric last_test_accuracy
flat
prints 'another comparison: the metric was test_accuracy\.'
bnn 0 compare --all-pairs
fits 80
flat
prints 'each of the 15 pairs of 6 configs'
prints 'another comparison: with a baseline, not of all pairs\.'
bnn 0 compare --by ste
flat
prints 'each of 4 other values of ste less ste=identity'
prints 'another comparison: of configs, not of values of a key\.'
prints 'Left out: 1 config without a counterpart at each value of ste\.'
bnn 0 -q tiny.yaml --db more.db -s seeds.count=1 -s compare.margin=0.1
bnn 0 -q tiny.yaml --db more.db -s seeds.count=2 -s compare.margin=0.4
bnn 0 compare --db more.db --json
prints '"departures": "without 1 of the seeds"'
prints '"margin": 0.1,'
sed '/^compare/d' tiny.yaml >unplanned.yaml
bnn 0 -q unplanned.yaml --db late.db -s seeds.count=2
bnn 0 compare --db late.db
flat
prints 'Exploratory: the spec registers no comparison (key `compare`)\.'
prints 'within 0.1 points of 0'
bnn 0 -q tiny.yaml --db late.db -s seeds.count=2
bnn 0 compare --db late.db
flat
prints 'another comparison: it was registered 20[0-9-]* [0-9:]*, after the first of these runs began, here or in another experiment\.'
bnn 0 -q unplanned.yaml --db again.db -s name=looked_at -s seeds.count=2
bnn 0 -q tiny.yaml --db again.db -s name=again -s seeds.count=2
bnn 0 compare again --db again.db --json
prints '"departures": "it was registered .*, after the first of these runs began, here or in another experiment"'
bnn 0 -q tiny.yaml --db again.db -s name=other_seeds -s 'seeds=[21, 22]'
bnn 0 compare other_seeds --db again.db --json
prints '"planned": true'
# Of an experiment that is named its own runs count, of digits those of all.
bnn 0 compare looked_at:ste=clipped looked_at:ste=ede --db again.db --json
prints '"n_seeds": 2,'
omits 'several experiments'
bnn 0 compare ste=clipped ste=ede --db again.db --json # of the last one
prints '"n_seeds": 2,'
bnn 0 compare looked_at:ste=clipped again:ste=ede --db again.db --csv
n_checks=$((n_checks + 1))
awk -F, 'NR == 2 && $5 == 2 { found = 1 } END { exit !found }' out || wrong "not 2 pairs"
bnn 0 query --db again.db --csv "SELECT config FROM run_summary WHERE label = 'ste=clipped' GROUP BY config"
clipped=$(sed -n 2p out)
bnn 0 query --db again.db --csv "SELECT config FROM run_summary WHERE label = 'ste=ede' GROUP BY config"
bnn 0 compare "$clipped" "$(sed -n 2p out)" --db again.db
flat
prints 'mean over 4 seeds, '
prints 'Runs of several experiments count: ste=clipped those of 3, ste=ede those of 3; EXPERIMENT:LABEL takes those of one\.'
for numbers in "'$.alpha', 0.9, '$.margin', 0.1" "'$.alpha', 0.05, '$.margin', -5"; do
    sqlite3 again.db "UPDATE spec_revision SET comparison = json_set(comparison, $numbers)" || exit 1
    fails 4 compare other_seeds --db again.db
    says 'other_seeds: the comparison that is registered in the database cannot be read'
done
# What is registered is said before and after; what comes too late, and how another one is registered.
bnn 0 plan tiny.yaml --db anew.db -s seeds.count=2
prints '^compare: the first run will register: test_accuracy of each config less binarize=none, margin 0.2, alpha 0.05, 2 seeds$'
bnn 0 -q tiny.yaml --db anew.db -s seeds.count=2
bnn 0 plan tiny.yaml --db anew.db -s seeds.count=2
prints '^compare: registered 20[0-9-]* [0-9:]* UTC, before the first run: test_accuracy of .*, margin 0.2, '
bnn 0 plan tiny.yaml --db anew.db -s seeds.count=2 -s compare.margin=0.4
prints '^compare: the spec has another comparison now (.*, margin 0.4, .*), but .* UTC counts: .*, margin 0.2, .*; to register another, '
bnn 0 tiny.yaml --db anew.db -s seeds.count=2 -s compare.margin=0.4
says '^bnnrun: compare: the spec has another comparison now (.* margin 0.4'
bnn 0 compare --db anew.db
flat
prints ' Planned: '
prints 'Equal: the interval lies within 0.2 points'
prints "The spec's .compare. was changed 20.* UTC, after these runs had begun"
bnn 0 tiny.yaml --db anew.db -s 'seeds={count: 2, base: 7}' -s compare.margin=0.4
says_not 'compare:'
prints '^means count 12 runs of seeds that are no longer in the spec; .bnnrun rm tiny seed=N'
bnn 0 plan tiny.yaml --db anew.db -s 'seeds={count: 2, base: 7}' -s compare.margin=0.4
prints '^compare: registered .*, margin 0.4, '
prints '^means count 12 runs of seeds'
bnn 0 compare --db anew.db
flat
prints ' Planned: '
prints 'Equal: the interval lies within 0.4 points'
prints 'mean over 2 seeds'
prints 'Left out: 2 seeds that neither the spec nor the comparison that counts has: 1, 2\.'
prints 'The spec registered 1 comparison with other seeds before this one: '
bnn 0 tiny.yaml --db anew.db -s name=late -s seeds.count=1
says '^bnnrun: compare: .*; exploratory, since runs of it had begun before it was registered; to register another, '
bnn 0 -q tiny.yaml --db more.db -s seeds.count=1 -s compare.margin=0.1
bnn 0 compare --db more.db
flat
prints 'Left out: 1 seed that neither the spec nor the comparison that counts has: 2\.'
bnn 0 compare tiny:ste=ede tiny:ste=clipped --db more.db --json
prints '"1 of these seeds is no longer in the spec: 2\."'
# A config that the spec had is asked for by its digits only, and said.
bnn 0 -q unplanned.yaml --db more.db -s name=other -s seeds.count=1 -s 'sweep={grid: {model.ste: [identity, ede]}}'
bnn 0 -q unplanned.yaml --db more.db -s name=other -s seeds.count=1 -s 'sweep={grid: {model.ste: [ede]}}' -s train.batch=8
bnn 0 runs other --db more.db --revision earlier ste=identity --csv
bnn 0 compare --db more.db "$(sed -n '2s/,.*//p' out)" ste=ede
prints '^ste=identity is no longer in the spec of its experiment\.$'
bnn 0 compare --db more.db ste=ede binarize=none
omits 'no longer in the spec'
bnn 0 -q unplanned.yaml --db late.db -s name=fewer -s seeds.count=2
bnn 0 -q unplanned.yaml --db late.db -s name=fewer -s 'seeds=[2]'
bnn 0 compare fewer --db late.db
prints '^1 of these seeds is no longer in the spec: 1\.$'

bnn 3 plan unplanned.yaml -s compare.margin=0.1 -s 'baseline=~'
bnn 3 plan tiny.yaml -s 'compare.baseline={model.ste: tanh}'
says 'compare.baseline: the sweep has no such point'
bnn 0 -q tiny.yaml --db point.db -s seeds.count=1 -s 'compare.baseline={model.ste: clipped}'
bnn 0 compare --db point.db --json
prints '"planned": true'
prints '"baseline": "ste=clipped"'

bnn 0 compare --db more.db --baseline ste=ede --csv
prints ',binarize=none,.*,ste=ede,'
bnn 0 compare --db point.db --baseline binarize=none
prints '^binarize=none .* baseline$'

# ---- two configs ---------------------------------------------------------------------------------
bnn 0 compare ste=clipped tiny:ste=ede
prints '^ste=clipped  *8  *[-+]'
prints '^model.ste  *clipped  *ede$'
flat
prints ': ste=clipped less ste=ede, mean over 8 seeds'
prints 'Exploratory: no spec registers this comparison\.'
omits 'decided by looks'
bnn 0 compare ste=clipped binarize=none --margin 0.2
flat
prints 'Exploratory: the spec of tiny registers it among 5 comparisons (`bnnrun compare tiny`), and here it is tested alone\.'
bnn 0 compare tiny:ste=clipped tiny:binarize=none --db late.db
flat
prints 'Exploratory: the spec of tiny registers it, but after its runs had begun\.'
bnn 0 runs ste=clipped seed=1 --csv
one=$(sed -n '2s/,.*//p' out)
bnn 0 query --csv "SELECT DISTINCT config FROM run_summary WHERE label = 'ste=ede'"
two=$(sed -n 2p out)
bnn 0 compare "$one" "$two" --json
is_json
prints '"key": "model.ste"'
prints '"label": "ste=clipped"'
prints "\"baseline_config\": \"$two\""
prints '"experiment": null'
fails 2 compare ste=clipped ste=clipped
says 'are one config, ste=clipped'
fails 2 compare ste=clipped ste=tanh
says 'no config of tiny has ste=tanh'
fails 2 compare ste=clipped weights=true
says '5 configs of tiny have weights=true: '
fails 2 compare ste=clipped ste=ede --by ste
fails 4 compare ste=clipped nope
bnn 0 query confusion config="$two"
prints 'ste=ede'
fails 4 query confusion config=nosuch
says 'there is no config whose hash begins with "nosuch"'
fails 4 query confusion config=

# A label names its config exactly, and a baseline is one of the experiment that is asked.
bnn 0 -q unplanned.yaml --db labels.db -s seeds.count=1 -s 'sweep={grid: {model.ordering: [bn_act, act_bn], model.ste: [identity, clipped]}}'
bnn 0 -q unplanned.yaml --db labels.db -s name=longer -s train.epochs=2 -s dataset.test_limit=20 -s seeds.count=1
bnn 0 compare 'tiny:ordering=act_bn ste=clipped' 'tiny:ordering=bn_act ste=clipped' --db labels.db
prints '^model.ordering  *act_bn  *bn_act$'
omits 'test sets differ'
bnn 0 compare ste=clipped binarize=none --db labels.db
omits 'test sets differ'
bnn 0 compare tiny:binarize=none binarize=none --db labels.db
flat
prints 'mean test accuracy, in points, each on its own test set: '
prints 'The test sets differ'
fails 2 compare longer --baseline 'tiny:ordering=act_bn,ste=clipped' --db labels.db
says 'has no such baseline'
fails 2 compare longer --baseline tiny:binarize=none --db labels.db
says 'has no such baseline'

# ---- mistakes ------------------------------------------------------------------------------------
fails 4 compare nothing
says 'there is no experiment'
fails 2 compare --by ordering
says -- '--by ordering: no such key varies there; these do: binarize, ste$'
fails 2 compare --metric accuracy
says 'there is no metric "accuracy"'
fails 2 compare --margin -1
says -- '--margin takes a number from 0 to 1e+09, not "-1"'
fails 2 compare --alpha 0.6
fails 2 compare --md --latex
says '; choose one'
fails 2 compare --all-pairs --baseline ste=clipped
bnn 0 -q tiny.yaml --db alone.db -s seeds.count=1 -s baseline={} -s 'compare.baseline={model.ste: clipped}'
bnn 0 compare --db alone.db
prints '^ste=clipped .* baseline$'

# ---- verdicts of known results -------------------------------------------------------------------
if ! sqlite3 -version >/dev/null 2>&1; then
    echo "skipped: known results (no sqlite3)"
    echo "$n_checks checks, $n_wrong wrong"
    [ $n_wrong -eq 0 ]
    exit
fi
# What is damaged is named, and left out; labels of a hostile hand are shown, and cannot command.
cp bnnrun.db damaged.db
# What all rows share has no empty column.
bnn 0 runs ste=ede seed=1 --csv
sqlite3 damaged.db "UPDATE prediction SET classes = x'00010203040506070809'
    WHERE run_id = (SELECT run_id FROM run WHERE run_uid = '$one')"
bnn 0 query disagreement --db damaged.db run="$one" other="$(sed -n '2s/,.*//p' out)"
prints 'label: ste=clipped'
omits '^label '
sqlite3 damaged.db "UPDATE prediction SET classes = x'ff' WHERE run_id = (SELECT run_id FROM run WHERE run_uid = '$one');
UPDATE experiment_config SET label = 'ste=' || char(27) || '[31m' || char(10) || CAST(x'ffe282' AS TEXT)
        || '\`<b>](x)|\\end{x}'
    WHERE label = 'ste=polynomial'"
bnn 0 compare --db damaged.db
flat
prints "the images of run $one is damaged"
prints '^.*Over other images, too .*ste=clipped  *7 '
bnn 0 compare --db damaged.db ste=ede ste=clipped
flat
prints "the images of run $one is damaged"
for form in --json --csv --md --latex; do
    bnn 0 compare --db damaged.db $form
    [ $form != --json ] || is_json
    prints 'ste=?\[31m????`'
    ! LC_ALL=C grep -q "$(printf '[\001-\010\013-\037\342\377]')" out || wrong "$form: control characters"
done
prints 'ste=?\[31m????`\$<\$b\$>\$\](x)|\\textbackslash{}end\\{x\\} &'
bnn 0 compare --db damaged.db --md
prints '^| `` ste=?\[31m????`<b>\](x)\\|\\end{x} `` |'
omits '^[^|].*\](x)'
omits '^[^|].*[^\]<b>'
# In points: 90 + seed, and one more or less by config, with a hundredth or two so that no difference is the
# same everywhere. ste=ede is better by far in seven seeds, and failed in one.
sqlite3 bnnrun.db "
DELETE FROM prediction;
UPDATE metric SET special = NULL, value = (SELECT 0.9 + run.seed / 100.0
        + CASE label WHEN 'ste=identity' THEN 0.01 WHEN 'ste=clipped' THEN -0.01 WHEN 'ste=ede' THEN 0.02
          ELSE 0 END
        + CASE label WHEN 'binarize=none' THEN 0
          WHEN 'ste=polynomial' THEN 0.02 * (2 * (run.seed % 2) - 1) + 0.001 * run.seed
          WHEN 'ste=approx_sign' THEN 0.00002 * (2 * (run.seed % 2) - 1) * run.seed
          ELSE 0.0001 * (2 * (run.seed % 2) - 1) END
    FROM run JOIN experiment_config USING (experiment_id, config_id) WHERE run.run_id = metric.run_id)
WHERE name = 'test_accuracy' AND epoch = 0;
UPDATE run SET state = 'failed' WHERE seed = 3 AND config_id =
    (SELECT config_id FROM experiment_config WHERE label = 'ste=ede')"
bnn 0 compare --csv
cp out known.csv
is "$(field known.csv verdict ste=identity)" better
is "$(field known.csv verdict ste=clipped)" worse
is "$(field known.csv verdict ste=approx_sign)" equal
is "$(field known.csv verdict ste=polynomial)" undecided
is "$(field known.csv verdict ste=ede)" undecided
is "$(field known.csv n_failed ste=ede)" 1
is "$(field known.csv n ste=ede)" 7
# A row adds up: its means are those of its pairs.
is "$(awk "BEGIN { printf \"%.6f\", $(field known.csv mean ste=ede) - $(field known.csv baseline_mean ste=ede) \
    - ($(field known.csv difference ste=ede)) }" | sed 's/^-//')" 0.000000
is "$(field known.csv low ste=ede)" -inf
# What eight pairs find at the level of one of five with a power of 80 %: R has 1.595896 standard deviations.
is "$(awk "BEGIN { printf \"%.4f\", $(field known.csv detectable ste=polynomial) / $(field known.csv sd ste=polynomial) }")" 1.5959
is "$(field known.csv detectable ste=ede)" ''
# Alone 2 of 256 flips; 2 more make all differences of ste=ede positive, or negative.
is "$(field known.csv p_alone ste=identity)" 0.0078125
is "$(field known.csv p ste=identity)" 0.015625
is "$(field known.csv p ste=clipped)" 0.015625
is "$(field known.csv superiority ste=clipped)" 0
is "$(field known.csv within_margin ste=approx_sign)" 1
is "$(printf '%.6f' "$(field known.csv difference ste=identity)")" 1.000000
is "$(printf '%.6f' "$(field known.csv difference ste=polynomial)")" 0.450000
is "$(printf '%.6f' "$(field known.csv mean binarize=none)$(field known.csv baseline_mean ste=clipped)")" 94.500000
bnn 0 compare
fits 80
prints '^ste=identity  *95.50  *+1.00 \[+[0-9.]*, +[0-9.]*\]  *1.00 *0.016 *better$'
prints '^ste=clipped  *93.50  *-1.00 \[-[0-9.]*, -[0-9.]*\]  *0.00 *0.016 *worse$'
prints '^ste=approx_sign .* equal within 0.2$'
prints '^ste=polynomial .* undecided: +[1-9][0-9,]*$'
prints '^ste=ede  *96.71  *+[0-9.]* \[-inf, +[0-9.]*\]  *0.88 .* undecided, 1 failed$'
prints '^Failed runs count as worse than any result: ste=ede 1 of 8; '
prints '^ste=ede is over 7 seeds, at which binarize=none has 94\.71\.$'
# It is the best by the runs that did not fail, and none the less the last.
is "$(sed -n 's/^\(ste=[a-z_]*\|binarize=none\) .*/\1/p' out | tail -1)" ste=ede
prints '^The best of 6 is the best of these seeds, too'
is "$(sed -n '1,/^$/p' out | tr '\n' ' ')" "Against binarize=none, in points of test accuracy over 8 seeds: 1 better, 1 \
equal, 2 undecided, 1 worse. The best of the others is ste=identity, better by \
$(sed -n 's/^ste=identity .*+\([0-9.]*\) \[+\([0-9.]*\), +\([0-9.]*\)\].*/\1 [\2, \3]/p' out).  "
prints '^Where undecided, these seeds find a difference of 3\.35 points with a power of 80$'
# On a terminal, bars leave room for the verdict beside them.
cp out table
if script -qec true /dev/null >/dev/null 2>&1; then
    LC_ALL=C.UTF-8 TERM=xterm script -qec "stty cols 80 rows 24; '$BNNRUN' compare ste=identity ste=clipped -q" \
        /dev/null </dev/null >out
    is "$(grep -c '^config' out)" 1
    prints 'verdict'
    prints '●'
fi
# The table, JSON and CSV say the same.
sqlite3 bnnrun.db "UPDATE run SET state = 'failed' WHERE seed = 3 AND config_id =
    (SELECT config_id FROM experiment_config WHERE label = 'binarize=none')"
bnn 0 compare
prints '^Where both sides failed (1 time) there is no pair\.$'
sqlite3 bnnrun.db "UPDATE run SET state = 'done' WHERE seed = 3 AND config_id =
    (SELECT config_id FROM experiment_config WHERE label = 'binarize=none')"
bnn 0 compare --json
is_json
for label in ste=identity ste=clipped ste=approx_sign ste=polynomial ste=ede; do
    n_checks=$((n_checks + 1))
    shown=$(printf '%+.2f [%+.2f, %+.2f]' "$(field known.csv difference $label)" \
        "$(field known.csv low $label)" "$(field known.csv high $label)" | sed 's/-0\.00/+0.00/g')
    grep "^$label " table | grep -qF -e "$shown" || wrong "the table lacks $label $shown"
    # shellcheck disable=SC2046 # a number
    awk -v label="\"$label\"," -v verdict="\"$(field known.csv verdict $label)\"," '
        $1 == "\"label\":" { own = $2 == label } own && $1 == "\"verdict\":" { found = $2 == verdict }
        END { exit !found }' out || wrong "JSON has another verdict of $label"
done
prints '"statement": "better by 1.00 \[0.9[0-9], 1.0[0-9]\]"$'
prints '"statement": "worse by 1.00 \[0.9[0-9], 1.0[0-9]\]"$'
prints '"statement": "undecided: about [0-9,]* more seeds would decide it"$'
bnn 0 compare --md
prints '^| `ste=identity` | 95.50 | +1.00 \[.*\] | 1.00 | 0.016 | better |$'
bnn 0 compare --latex
prints '^\\begin{tabular}{lrrrrl}$'
prints '^ste=approx\\_sign & .* & equal within 0.2 \\\\$'
prints '^ste=clipped & 93.50 & \$-\$1.00 \[\$-\$'
bnn 0 compare --quiet
omits '^Failed runs'
# A comparison with fewer seeds than the others is told by itself.
cp bnnrun.db holes.db
sqlite3 holes.db "UPDATE run SET state = 'interrupted' WHERE seed > 3 AND config_id IN
    (SELECT config_id FROM experiment_config WHERE label IN ('ste=polynomial', 'ste=approx_sign'))"
bnn 0 compare --db holes.db
flat
prints ' ste=[a-z_]*, ste=[a-z_]* have 3 seeds in common with binarize=none, which cannot decide anything, however large the difference: 6 are the least that can\.'
bnn 0 compare --all-pairs --db holes.db
flat
prints ' 9 of the pairs have 3 seeds in common with each other, which cannot decide anything'
# Of nothing there is no best.
sqlite3 holes.db "UPDATE run SET state = 'interrupted' WHERE config_id =
    (SELECT config_id FROM experiment_config WHERE label = 'binarize=none')"
bnn 0 compare --db holes.db
prints '^Against binarize=none, in points of test accuracy over 0 seeds: 5 undecided\.$'
omits 'The best of'
bnn 0 report --db holes.db -o holes.html
grep -q 'class="headline">.*5 undecided' holes.html || wrong 'a page without its headline'
! grep -q 'The best of the others' holes.html || wrong 'a page names the best of nothing'
# Of seconds less is better.
bnn 0 compare --metric train_seconds
flat
prints 'mean train seconds (less is better), as measured here'

# Two keys: a value is averaged over the values of the other, seed by seed.
bnn 0 -q tiny.yaml --db two.db -s seeds.count=6 -s 'sweep={grid: {model.ordering: [bn_act, act_bn], model.ste: [identity, clipped]}, exclude: []}'
sqlite3 two.db "
UPDATE metric SET special = NULL, value = (SELECT 0.5 + run.seed / 100.0
        + CASE WHEN label LIKE '%act_bn%' THEN 0.1 ELSE 0 END
        + CASE WHEN label LIKE '%act_bn%clipped' THEN 0.03 WHEN label LIKE '%bn_act%clipped' THEN 0.01 ELSE 0 END
    FROM run JOIN experiment_config USING (experiment_id, config_id) WHERE run.run_id = metric.run_id)
WHERE name = 'test_accuracy' AND epoch = 0"
bnn 0 compare --db two.db --by model.ste --csv
cp out by.csv
is "$(printf '%.6f' "$(field by.csv difference ste=clipped)")" 2.000000
is "$(field by.csv p ste=clipped)" 0.03125 # 2 of 64: the seeds are flipped, not the runs
is "$(field by.csv n ste=clipped)" 6
bnn 0 compare --db two.db --by ordering --baseline act_bn --csv
cp out by.csv
is "$(printf '%.6f' "$(field by.csv difference ordering=bn_act)")" -11.000000
fails 2 compare --db two.db --baseline ste=clipped
says '2 configs of tiny have ste=clipped: ordering=act_bn ste=clipped, ordering=bn_act ste=clipped'
bnn 0 compare --db two.db --baseline ste=clipped,ordering=bn_act
prints '^bn_act clipped .* baseline$\|^ordering=bn_act ste=clipped .* baseline$'
bnn 0 compare --db two.db --baseline 'ordering=act_bn ste=clipped' # a label
prints '^act_bn clipped .* baseline$\|^ordering=act_bn ste=clipped .* baseline$'

echo "$n_checks checks, $n_wrong wrong"
[ $n_wrong -eq 0 ]
