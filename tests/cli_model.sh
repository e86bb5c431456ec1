#!/bin/sh
# The subcommands that take a model file (show, predict, export): what they print and write, and with
# which exit status. The models are those of the fuzz corpus.
set -u
. "${srcdir:-.}/tests/command.sh"
models=$srcdir/tests/corpus/model
cp "$models/fully_binary.bnn" small.bnn

# column NAME: the sum of a column of CSV in out.
column() {
    awk -F, -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) n = i }
        NR > 1 { sum += $n } END { print n == "" ? "no such column" : sum }' out
}
# sums NAME...: all but the first add up to the first.
sums() {
    whole=$(column "$1")
    parts=0
    first=$1
    shift
    for name in "$@"; do
        parts=$((parts + $(column "$name")))
    done
    [ "$whole" -eq "$parts" ] || wrong "$first is $whole, its parts are $parts"
}

# ---- show ----------------------------------------------------------------------------------------
for model in "$models"/*.bnn; do
    size=$(($(wc -c <"$model")))
    bnn 0 show "$model"
    says_nothing
    bnn 0 show "$model" --csv
    says_nothing
    [ "$(column bytes)" = $size ] || wrong "its bytes are $(column bytes), the file has $size"
    sums bytes weight_bytes bias_bytes threshold_bytes rule_bytes table_bytes chain_bytes header_bytes
    bnn 0 show "$model" --json
    is_json
    prints "\"file_bytes\": $size,"
    says_nothing
done
bnn 0 show small.bnn
prints '^small.bnn: images of 1x8x7, 4 classes; engine [a-z]'
prints '^conv2d_1  *pixels  *5x4x3 bits  *45  *1  *19  *356  *240  *2,520  *5 x 16 bit  *4 constant, 1 table$'
prints '^dense_3 .* 11 x 8 bit  *2 flipped, 6 constant, 2 tables$'
prints '^dense_4 .* 4x1x1 floats .* float operations$'
prints '^(file header)  *72  *$'
prints '^total  *347  *72  *645  *1,648 '
prints '^file  *645 bytes$'
prints '^theoretical  *402 bytes'
prints '^float32  *1,648 bytes, 2.6 times the file$'
prints '^MACs  *602 binary .*, 2,520 integer .*, 0 float$'
prints '^  run  *0123abcd$'
bnn 0 show small.bnn --json
prints '"theoretical_bytes": 402,'
prints '"run": "0123abcd"'
BNN_CPU=portable
export BNN_CPU
bnn 0 show small.bnn
prints 'engine portable$'
BNN_CPU=abacus
fails 2 show small.bnn
says 'abacus'
unset BNN_CPU

# A file that begins like a model is one, whatever its name; a name that ends in .bnn is no run.
cp small.bnn nameless
bnn 0 show nameless
prints '^nameless: '
fails 4 show missing.bnn
says 'missing.bnn: cannot open: No such file'
head -c 600 small.bnn >short.bnn
fails 4 show short.bnn
says 'short.bnn: byte 16: the file says it has 645 bytes, it has 600; copy it again'
{ head -c 300 small.bnn; printf 'x'; tail -c +302 small.bnn; } >damaged.bnn
fails 4 show damaged.bnn
says 'damaged.bnn: byte 20: the checksum is .*: it is damaged; copy it again'
for format in --json --csv; do
    fails 4 show damaged.bnn $format
done
echo 'no model' >text.bnn
fails 4 show text.bnn
says 'text.bnn: byte 0: not a model file'
: >empty.bnn
fails 4 show empty.bnn
mkdir folder.bnn
fails 4 show folder.bnn
says 'not a regular file'
fails 2 show small.bnn small.bnn

echo "cli_model: $n_checks commands, $n_wrong wrong"
[ $n_wrong -eq 0 ]
