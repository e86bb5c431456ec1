#!/bin/sh
# plot.sh - figures of an experiment: their numbers are those of compare, and what cannot be drawn is said.
# What becomes of hostile labels is in tests/unit/figure/check_figure.c.
set -u
. "${srcdir:-.}/tests/cli/command.sh"

tiny_spec >tiny.yaml
cat >>tiny.yaml <<'END'
name: tiny
train: {epochs: 2, batch: 50}
seeds: {count: 7}
sweep: {grid: {model.ste: [identity, clipped]}}
baseline: {model.binarize: none}
telemetry: [flips, balance]
END
fails 4 plot seeds --db none.db
says 'there is no database'
bnn 0 -q tiny.yaml

# ---- what is refused -----------------------------------------------------------------------------
fails 2 plot
says 'effects, seeds, curves, pareto or telemetry'
fails 2 plot effcts
says 'did you mean "effects"'
fails 2 plot effects -o effects.gif
says 'ends in .svg, .pdf or .png'
fails 2 plot effects --metric test_acuracy
fails 2 plot curves --metric test_accuracy
says 'there is no metric of epochs'
fails 2 plot telemetry --metric dead
says 'telemetry measured no'
fails 2 plot pareto --by ste
fails 2 plot effects --by nothing
says '^bnnrun: plot: --by nothing: no such key varies there'
fails 2 plot effects --baseline ste=ede
says '^bnnrun: plot: no config of tiny has ste=ede'
fails 4 plot seeds tinny
ln -s bnnrun.db link.svg
fails 2 plot seeds -o link.svg
says 'which would be lost'
[ -s bnnrun.db ] || wrong 'the database is lost'
mkdir empty
last='plot seeds, without gnuplot'
env PATH="$scratch/empty" "$BNNRUN" plot seeds -o none.svg >out 2>err
[ $? -eq 4 ] || wrong 'not status 4'
says 'Debian package gnuplot-nox'
[ ! -e none.svg ] || wrong 'there is a file without a figure'
if ! command -v gnuplot >/dev/null 2>&1; then
    [ $n_wrong -eq 0 ] || exit 1
    echo 'gnuplot is not installed: no figure was drawn'
    exit 77
fi

# ---- what is drawn -------------------------------------------------------------------------------
has() { n_checks=$((n_checks + 1)); grep -qF "$2" "$1" || wrong "$1 lacks: $2"; }
for figure in effects seeds curves pareto telemetry; do
    bnn 0 plot $figure
    prints "^$figure.svg: [0-9,]* bytes$"
    has $figure.svg ste=clipped
    has $figure.svg '</svg>'
    ! grep -qE '<use|<script|gnuplot' $figure.svg || wrong "$figure.svg has what it should not"
    bnn 0 plot $figure --width 400 -o - -q
    prints '^<?xml'
    prints 'viewBox="0 0 400 '
done
bnn 0 plot effects tiny -o a.pdf
bnn 0 plot effects tiny -o a.png -q
prints_nothing
[ "$(head -c 4 a.pdf)" = %PDF ] || wrong 'a.pdf is no PDF'
[ "$(head -c 4 a.png | tail -c 3)" = PNG ] || wrong 'a.png is no PNG'
bnn 0 plot curves --metric train_loss -o -
prints '<text>train loss</text>'
bnn 0 plot telemetry --metric balance -o -
prints '<text>share of signs that are +1</text>'
bnn 0 plot effects --margin 3 -o -
prints "fill-opacity = '0.200000'"
bnn 0 plot seeds --by ste -o -
prints '<text>ste=identity</text>'
omits '<text>binarize=none</text>'
bnn 0 plot effects -o -
cmp -s out effects.svg || wrong 'the same figure has other bytes'

# ---- numbers are those of compare ----------------------------------------------------------------
bnn 0 compare --quiet
grep -o '[-+][0-9.]* [[(][-+0-9., inf]*[])]' out >numbers
[ "$(wc -l <numbers)" -eq 2 ] || wrong 'compare does not print two differences'
while read -r line; do
    has effects.svg "<text>$line</text>"
done <numbers
# Of rows in the order of compare the dots, whose distances are those of the differences.
bnn 0 compare --csv
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } { print $at["difference"] }' out >wanted
grep -o "<circle cx='[0-9.]*'" effects.svg | grep -o '[0-9.]*' >drawn
[ "$(wc -l <drawn)" -eq "$(wc -l <wanted)" ] || wrong 'there are not as many dots as comparisons'
# The numbers below the axis say how many pixels a point has.
awk '/translate/ { split($0, part, /[(,)]/); x = part[2] }
     /<text>-?[0-9.]+<\/text>/ && x != "" { gsub(/[^-0-9.]/, ""); print x, $0; x = "" }' effects.svg |
    sort -u >scale
awk 'FILENAME == "scale" { n++; px[n] = $1; value[n] = $2; next }
     FILENAME == "drawn" { dot[++k] = $1; next }
     { j++; slope = (px[n] - px[1]) / (value[n] - value[1])
       d = px[1] + slope * ($1 - value[1]) - dot[j]
       if (n < 2 || d > 0.1 || d < -0.1) { print "dot " j " is off by " d; bad = 1 } }
     END { exit bad }' scale drawn wanted >off || wrong "$(cat off)"

# A row that is far from all others would leave nothing to be seen of those: it is an arrow at the edge. Gradients of
# weights that are alike where the weights are clipped differ by nothing.
tiny_spec >far.yaml
cat >>far.yaml <<'END'
name: far
train: {epochs: 4, batch: 20}
seeds: {count: 6}
compare: {margin: 1}
sweep:
  list:
    - {label: identity, model.ste.weights: identity}
    - {label: leaky 1, model.ste.weights: {name: leaky, leak: 0.1}}
    - {label: leaky 2, model.ste.weights: {name: leaky, leak: 0.2}}
    - {label: leaky 3, model.ste.weights: {name: leaky, leak: 0.3}}
    - {label: leaky 4, model.ste.weights: {name: leaky, leak: 0.4}}
    - {label: untrained, train.optimizer.lr: 0.000001}
baseline: {label: clipped, model.ste.weights: clipped}
END
bnn 0 -q far.yaml
bnn 0 plot effects far -o -
prints '<text>untrained</text>'
prints '<text>-[1-9][0-9].*</text>' # of the row, not of the axis
grep -o '<text>-*[0-9.]*</text>' out | grep -o '[-0-9.]*[0-9]' | awk '$1 < -1.5 || $1 > 1.5 { bad = 1 } END { exit bad || NR < 2 }' ||
    wrong 'the axis goes out to one row'
[ "$(grep -c '<circle' out)" -eq 5 ] || wrong 'there is a dot of what is beyond the edge'

# ---- what can be read by others ------------------------------------------------------------------
if command -v python3 >/dev/null 2>&1; then
    for figure in effects seeds curves pareto telemetry; do
        python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' $figure.svg 2>json ||
            wrong "$figure.svg is no XML: $(tail -n 1 json)"
    done
fi

echo "$n_checks checks, $n_wrong wrong"
[ $n_wrong -eq 0 ]
