#!/bin/sh
# published.sh - what others have published, beside an experiment: what is wrong with such a file is said with its
# line, its points are diamonds in the figure of costs and rows of the page, and what is said of the experiment stays
# the same, byte for byte.
set -u
. "${srcdir:-.}/tests/cli/command.sh"

tiny_spec >tiny.yaml
cat >>tiny.yaml <<'END'
name: tiny
train: {epochs: 1, batch: 50}
seeds: {count: 2}
sweep: {grid: {model.ste: [identity, clipped]}}
baseline: {model.binarize: none}
END
bnn 0 -q tiny.yaml
is() { n_checks=$((n_checks + 1)); [ "$1" = "$2" ] || wrong "expected $2, got $1"; }
shipped=$srcdir/experiments/fronts/published.csv

# ---- what is refused -----------------------------------------------------------------------------
head='name,source,dataset,accuracy,bytes,us,protocol'
fine='A,s,synthetic,99,100,,one seed'
# refused WORDS LINE...: a file of these lines, behind the heads unless WORDS has them, is said to be wrong at
# this place, by the figure and by the page.
refused() {
    words=$1
    shift
    printf '%b\n' "$@" >bad.csv
    for command in 'plot pareto' report; do
        # shellcheck disable=SC2086 # words
        fails 4 $command --published bad.csv -o bad.svg
        says "^bnnrun: bad.csv:$words"
        [ ! -e bad.svg ] || wrong 'there is a file'
    done
}
refused '1: there are no names of columns' ''
refused '1: there is no column "acuracy" here; did you mean "accuracy"' 'name,source,dataset,acuracy,protocol' 'A,s,d,9,p'
refused '1: there is no column "name;source' 'name;source;dataset;accuracy;protocol'
refused '1: the column "name" is there twice' "name,$head"
refused '1: the column "protocol" is missing' 'name,source,dataset,accuracy,bytes' 'A,s,d,99,1'
refused '2: "protocol" is empty' "$head" 'A,s,d,99,1,,'
refused '2: 6 fields, where the first line has 7' "$head" 'A,s,d,99,1,p'
refused '3: 8 fields, where the first line has 7' "$head" "$fine" "$fine,"
refused '2: a quote that its line does not close' "$head" '"A,s,d,99,1,,p'
refused '2: a quote inside of a field' "$head" 'A "b",s,d,99,1,,p'
refused '2: text behind a quote that is closed' "$head" '"A"b,s,d,99,1,,p'
refused '2: a control character' "$head" 'A\0033[2J,s,d,99,1,,p'
refused '2: a quote that its line does not close' "$head" '"A\nb",s,d,99,1,,p'
refused '2: a control character, or what is no UTF-8' "$head" 'A\0377,s,d,99,1,,p'
refused ' is no text: it has a byte that is 0' "$head" 'A\0000,s,d,99,1,,p'
for number in x 1e400 nan inf 0x10 -5 0 '1 2' '1,5' 1e99; do
    refused '4: "bytes" is a number from 1 to ' "$head" "$fine" '' "A,s,d,99,\"$number\",,p"
done
for percent in 0.98 100.1 99%%; do
    refused '2: "accuracy" is a number from 1 to 100, in percent, not' "$head" "A,s,d,$percent,1,,p"
done
refused '2: "name" has more than 200 bytes' "$head" "$(printf '%201s' '' | tr ' ' x),s,d,99,1,,p"
{ echo "$head" && yes "$fine" | head -n 201; } >many.csv
fails 4 plot pareto --published many.csv
says '^bnnrun: many.csv:202: more than 200 points$'
head -c 2000000 /dev/zero | tr '\0' , >large.csv
fails 4 report --published large.csv
fails 4 plot pareto --published none.csv
says 'none.csv: cannot open'
fails 4 plot pareto --published .
# What is not about the same is not beside it.
{ echo "$head" && echo "$fine" | sed s/synthetic/mnist/; } >mnist.csv
fails 2 plot pareto --published mnist.csv
says '^bnnrun: plot: mnist.csv has no point of "synthetic", which tiny is about$'
{ echo "$head" && echo "$fine"; } >fine.csv
fails 2 plot pareto --published fine.csv --metric validation_accuracy
says 'published accuracies are those of test images'
fails 2 plot seeds --published fine.csv
says '^bnnrun: plot: --published is for pareto'
fails 2 plot pareto --published "$shipped"
says 'has no point of "synthetic"'

if ! command -v gnuplot >/dev/null 2>&1; then
    [ $n_wrong -eq 0 ] || exit 1
    echo 'gnuplot is not installed: no figure is drawn'
    exit 77
fi

# ---- what is drawn -------------------------------------------------------------------------------
# Columns in another order, quotes, a mark in front, ends of lines of others. One has no cost, one lies far below.
{
    printf '\357\273\277protocol,accuracy,us,bytes,name,dataset,source,seeds,cycles,front,core,images_per_second,year\r\n'
    printf 'watched on test,99.5,,700,"one ""1"", <b>",synthetic,arXiv:1,1,12345,bytes,M0,,2024\r\n\r\n'
    printf 'watched on test,99.0,0.25,900,two,synthetic,arXiv:2,,,,,2000000,2025\r\n'
    printf '"ten seeds, validation",98,3,,three,synthetic,arXiv:3,10,,,,,\r\n'
    printf 'ten seeds,99,3,5,elsewhere,mnist,arXiv:4,10,,,,,\r\n'
    printf 'x,97,,,no cost,synthetic,arXiv:5,,,,,,\r\n'
    printf 'y,1.5,,800,far below,synthetic,arXiv:6,,,,,,'
} >own.csv
diamonds() { grep -c "<path d='M[^']* z' fill='none' stroke-width='1.8'" "$1"; }
bnn 0 plot pareto -o none.svg
bnn 0 plot pareto --published own.csv -o own.svg
is "$(diamonds none.svg)" 0
# Two have bytes, two have a time, and two protocols are in the key.
is "$(diamonds own.svg)" 6
cp own.svg out
prints '<text>published: watched on test</text>'
prints '<text>published: ten seeds, validation</text>'
prints '<text>one "1", &lt;b></text>'
prints '<text>three</text>'
prints ' 3 diamonds: what others have published (own.csv)'
prints '2 more have neither bytes nor a time, or lie far below'
for word in elsewhere 'no cost' 'far below</text>' 'published: x' 'published: y'; do omits "<text>$word"; done
# The experiment says what it said: the same dots, on the same front, in the same words.
said() { sed -n 's/<desc>\(Each dot[^.]*\.[^.]*\.\).*/\1/p' "$1"; grep -c '<circle' "$1"; }
is "$(said own.svg)" "$(said none.svg)"
bnn 0 plot pareto --published own.csv -o own.pdf
[ "$(head -c 4 own.pdf)" = %PDF ] || wrong 'own.pdf is no PDF'
# More protocols than there are colours for.
{ echo "$head" && seq 8 | sed 's/.*/P&,s,synthetic,9&,10&,,protocol &/'; } >eight.csv
bnn 0 plot pareto --published eight.csv -o -
is "$(grep -c '<text>published: ' out)" 5
prints '<text>published: other protocols</text>'

# ---- the page ------------------------------------------------------------------------------------
bnn 0 report -q -o none.html
bnn 0 report -q -o own.html --published own.csv
is "$(grep -c 'What others have published' none.html)" 0
cp own.html out
prints 'Diamonds are what others have published: 5 points of own.csv'
prints '<td class="">one &quot;1&quot;, &lt;b&gt;</td><td class="n">99.5</td><td class="n">700</td>'
prints 'far below'
omits '>elsewhere<'
is "$(diamonds own.html)" 12 # for wide screens, and for narrow ones
page_block command own.html
grep -h '^bnnrun plot pareto ' command_* >line
is "$(cat line)" 'bnnrun plot pareto tiny --published own.csv'
"$BNNRUN" plot pareto tiny --published own.csv -o again.svg >out 2>err || wrong 'the command of the page fails'
cmp -s own.svg again.svg || wrong 'another figure than the one that was drawn'
# No verdict knows of them: all that the page says is there without them, too.
verdict() { sed -n '/id="e1-verdict"/,/<\/section>/p; /no other config beats/p; /id="data">/p' "$1"; }
is "$(verdict own.html | cksum)" "$(verdict none.html | cksum)"
# Another metric, or another data set: a page without them.
bnn 0 report -q -o - --published own.csv --metric validation_accuracy
omits 'What others have published'
bnn 0 report -q -o - --published mnist.csv
omits 'What others have published'

echo "$n_checks checks, $n_wrong wrong"
[ $n_wrong -eq 0 ]
