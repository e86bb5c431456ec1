#!/bin/sh
# What is drawn on a terminal, whose size is set here: tables and the status fit it, colour is where it is
# wanted. Drawn digits, a second.
set -u
. "${srcdir:-.}/tests/cli/command.sh"
unset NO_COLOR CLICOLOR_FORCE
LC_ALL=C
export LC_ALL
if ! script -qec true /dev/null >/dev/null 2>&1; then
    echo 'SKIP: no script (util-linux) that makes terminals'
    exit 77
fi
# terminal COLUMNS TERM ARGUMENT...: the command on a terminal; all that it wrote is in out, without the
# carriage returns of line ends.
terminal() {
    columns=$1 TERM=$2
    shift 2
    last="(on $columns columns) $*"
    n_checks=$((n_checks + 1))
    : >err
    TERM=$TERM script -qec "stty cols $columns rows 24; '$BNNRUN' $*" /dev/null </dev/null >out ||
        wrong "status $?"
    sed -i 's/\r$//' out
}
escape=$(printf '\033')
cat >spec.yaml <<'END'
name: drawn
dataset: {name: synthetic, train_limit: 3000, validation: 100, test_limit: 200}
model:
  topology:
    input: {channels: 1, height: 28, width: 28}
    blocks:
      - {layer: {name: dense, out: 96}}
      - {layer: {name: dense, out: 96}}
      - {layer: {name: dense, out: 10}}
  binarize: {weights: true, activations: true}
train: {epochs: 12, batch: 50}
seeds: {count: 1}
sweep: {list: [{model.ste: clipped, model.ordering: bn_act}, {model.ste: {name: clipped, clip: 1.25}, model.ordering: act_bn}]}
baseline: {model.binarize: none}
END

terminal 60 xterm run spec.yaml -j 2
prints '\[#*-*\] [012]/3 done, [0-9].* left'
grep -q 'seed 1 [0-9]*/12 .*seed 1 [0-9]*/12' out || { tr '\r' '\n' <out | grep -q 'seed 1 [0-9]*/12'; } ||
    wrong 'no running job is drawn'
tr '\r' '\n' <out | sed 's/\x1b\[[0-9]*[A-Za-z]//g' >drawn
awk '/ done, | seed / && length > 60 { exit 1 }' drawn || wrong 'the status is wider than the terminal'
prints "$escape\\[1m"
terminal 60 dumb run spec.yaml
omits "$escape"
terminal 120 xterm runs
prints "$escape\\[32mdone"
NO_COLOR=1
export NO_COLOR
terminal 120 xterm runs
omits "$escape"
unset NO_COLOR
terminal 120 xterm runs --color=never
omits "$escape"
for columns in 40 80 132; do
    for arguments in runs query 'query leaderboard' plugins data 'plan spec.yaml -q'; do
        # shellcheck disable=SC2086 # words
        terminal $columns dumb $arguments '2>err'
        fits $columns
    done
done

# A pipe has colour only where that is asked for; what all share is said once, long labels have a legend.
bnn 0 runs
omits "$escape"
bnn 0 query "SELECT 'done' AS state" --color=always
prints "$escape\\[32mdone"
CLICOLOR_FORCE=1
export CLICOLOR_FORCE
bnn 4 show nobody
says "$escape\\[31mbnnrun:"
unset CLICOLOR_FORCE
fails 2 runs --color=red
bnn 0 query leaderboard
prints '^experiment: drawn; label: ste=\.\. ordering=\.\.; n: 1; '
bnn 0 run spec.yaml
prints '^clipped bn_act  '
fits 80
terminal 60 dumb query leaderboard
prints ' \[1\]'
prints '^\[1\] .*clip=1.25'

# A label that is too long begins and ends with whole names, whichever fewer rows have.
cat >labels.sql <<'END'
SELECT 'start={binarize=none,epochs=15 > weights=false,epochs=20}' AS label,
    'abcdefghijabcdefghij' AS a
UNION ALL SELECT 'start={binarize=none,epochs=25 > weights=false,epochs=20}', 'b'
UNION ALL SELECT 'start: binarize=none epochs=15 augment={shift=1.5,scale=0.06,elastic={alpha=20}}', 'b'
UNION ALL SELECT 'start=none ste=a', 'b'
UNION ALL SELECT 'start=none ste=b', 'b'
UNION ALL SELECT 'start=none ste=c', 'b'
UNION ALL SELECT 'start=none ste=d', 'b'
END
terminal 60 dumb query labels.sql
prints '^start={binarize=none,epochs=15..} \[1\] '
prints '^start={binarize=none,epochs=25..} \[2\] '
prints '^start: binarize=none \[3\] '
prints '^start=none ste=a '
prints '^    augment={shift=1.5,scale=0.06,elastic={alpha=20}}$'
fits 60
terminal 40 dumb query labels.sql
prints '^start={..} \[1\] '
prints '^start: ..none \[3\] '
prints '^    augment={shift=1.5,scale=0.06,$'

echo "terminal: $n_checks commands, $n_wrong wrong"
[ $n_wrong -eq 0 ]
