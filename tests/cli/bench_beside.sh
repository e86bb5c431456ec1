#!/bin/sh
# bench_beside.sh - bnnrun bench of several models: a binary network and one of gates, trained on drawn digits, side by
# side. What is counted (images that are right, bytes) is what other commands say; no time is looked at but that there is
# one, and that what is said of it in one form is said in the others.
set -u
. "${srcdir:-.}/tests/cli/command.sh"
quick='--rounds 3 --batch 1,7 --no-ort'

tiny_spec >xnor.yaml
cat >>xnor.yaml <<'END'
name: xnor
train: {epochs: 1, batch: 50}
seeds: {count: 1}
END
cat >logic.yaml <<'END'
name: logic
dataset: {name: synthetic, train_limit: 200, validation: 40, test_limit: 50}
model:
  topology:
    input: {channels: 1, height: 28, width: 28}
    blocks:
      - {layer: {name: thermometer, levels: 1}}
      - {layer: {name: lut, gates: 200}}
      - {layer: {name: lut, gates: 200}}
      - {layer: {name: group_sum, groups: 10}}
train: {epochs: 1, batch: 50, optimizer: {name: adam, lr: 0.01}}
seeds: {count: 1}
END
bnn 0 -q xnor.yaml
bnn 0 -q logic.yaml
uid_of() { "$BNNRUN" query "SELECT run_uid FROM run_summary WHERE experiment = '$1'" --csv | tail -n 1; }
xnor=$(uid_of xnor)
logic=$(uid_of logic)
model_of() { echo "bnnrun.db.artifacts/$1/model.bnn"; }
is() { n_checks=$((n_checks + 1)); [ "$1" = "$2" ] || wrong "expected $2, got $1"; }

# ---- what is refused -----------------------------------------------------------------------------
cp "$srcdir/tests/fuzz/corpus/model/pool_bn_act.bnn" small.bnn
fails 2 bench "$xnor" small.bnn
says "bench: $xnor takes images of 1x28x28, and small.bnn of 1x8x7; side by side"
fails 4 bench "$xnor" missing.bnn
fails 2 bench "$xnor" "$logic" --board m3
says 'several models are timed on this machine, by one of the --engines'
fails 2 bench "$xnor" "$logic" --engines all,portable
fails 2 bench "$xnor" "$logic" --engines portable,none
head -c 40 "$(model_of "$logic")" >cut.bnn
fails 4 bench "$xnor" cut.bnn
says 'cut.bnn: '
# shellcheck disable=SC2046 # words
fails 2 bench $(seq 17)

# ---- runs ----------------------------------------------------------------------------------------
# shellcheck disable=SC2086 # several words
{
    bnn 0 bench "$xnor" "$logic" "$xnor" $quick
    says_nothing
    prints "^run $xnor: xnor, .*, seed 1$"
    prints '1,000 images of synthetic in turn, 3 rounds'
    prints '^model  *network .* file  *RAM .*us, 1 ' # the words above numbers that are wide stand in two lines
    prints "^$xnor  *binary"
    prints "^$logic  *[0-9]* gates "
    prints "^$logic: [0-9.]* \[[0-9.]*, [0-9.]*\] times as fast at 1 image, .* at 7; of 50 images it gains [0-9]* and loses [0-9]*$"
    # Beside itself it gains and loses nothing.
    prints "^$xnor: .*; of 50 images it gains 0 and loses 0$"
    omits "$logic: .* gains 0 and loses 0$"
    cp out text
    bnn 0 bench "$xnor" "$logic" $quick --json --engines portable
    is_json
    cp out json
    bnn 0 bench "$xnor" "$logic" $quick --csv
    cp out csv
}
is "$(wc -l <csv)" 5
is "$(awk -F, 'NR > 1 && !($15 <= $5 && $5 < $4)' csv)" ''
is "$(awk -F, 'NR > 1 { print $1 "," $7 }' csv | tr '\n' ' ')" "$xnor,1 $xnor,7 $logic,1 $logic,7 "
is "$(awk -F, 'NR > 1 && !($8 > 0 && $9 <= $8 && $8 <= $10 && $11 > 0 && $13 <= $12 && $12 <= $14)' csv)" ''
is "$(awk -F, -v own="$xnor" '$1 == own { print $12, $13, $14 }' csv | sort -u)" '1.000000 1.000000 1.000000'
# What is right, and the bytes, other commands say, too.
for uid in $xnor $logic; do
    bnn 0 predict "$uid" --json
    accuracy=$(sed -n 's/^ *"accuracy": \([0-9.]*\),*$/\1/p' out | head -n 1)
    is "$(awk -F, -v own="$uid" '$1 == own { print $3; exit }' csv)" "$(printf '%.6f' "$accuracy")"
    is "$(awk -F, -v own="$uid" '$1 == own { print $4; exit }' csv)" "$(wc -c <"$(model_of "$uid")" | tr -d ' ')"
done
# Nobody gains or loses but by the difference.
is "$(sed -n "s/^$logic: .* of 50 images it gains \([0-9]*\) and loses \([0-9]*\)$/\1 \2/p" text | head -n 1 |
    awk '{ print $1 - $2 }')" \
    "$(awk -F, -v a="$xnor" -v b="$logic" '$7 == 1 { right[$1] = $3 } END { print int(50 * (right[b] - right[a]) + 1000.5) - 1000 }' csv)"
for key in '"engine": "portable"' '"measured_accuracy": true' '"n_labels": 50' '"gained_images": 0' '"network": "binary' '"weight_bytes": 0'; do
    grep -qF "$key" json || wrong "JSON lacks $key"
done
bnn 0 query 'SELECT count(*) FROM benchmark_summary' --csv
is "$(tail -n 1 out)" 0

# ---- files ---------------------------------------------------------------------------------------
cp "$(model_of "$xnor")" xnor.bnn
cp "$(model_of "$logic")" logic.bnn
# shellcheck disable=SC2086 # several words
{
    bnn 0 bench xnor.bnn logic.bnn $quick
    prints '^test %: as the files tell it of themselves'
    prints '^xnor.bnn  *binary'
    omits 'gains'
    bnn 0 bench xnor.bnn logic.bnn $quick --json
    is_json
    prints '"measured_accuracy": false'
    prints '"gained_images": null'
}
# Images with labels beside them: two, which are the first two classes.
mkdir images
{ printf '\000\000\010\003\000\000\000\002\000\000\000\034\000\000\000\034' && head -c 1568 "$BNNRUN"; } >images/t10k-images-idx3-ubyte
printf '\000\000\010\001\000\000\000\002\000\001' >images/t10k-labels-idx1-ubyte
# shellcheck disable=SC2086 # several words
{
    bnn 0 bench xnor.bnn "$logic" $quick --data images
    prints '; of 2 images it gains'
    bnn 0 bench xnor.bnn logic.bnn $quick --data images/t10k-images-idx3-ubyte
    prints 'as the files tell it'
    printf '\000\000\010\001\000\000\000\003\000\001\002' >images/t10k-labels-idx1-ubyte
    fails 4 bench xnor.bnn logic.bnn $quick --data images
    says 'images/t10k-labels-idx1-ubyte: 3 labels, and there are 2 images'
}

echo "$n_checks checks, $n_wrong wrong"
[ $n_wrong -eq 0 ]
