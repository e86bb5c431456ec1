#!/bin/sh
# Models and the command: what show, predict and export make of one, and what plan says about
# deployment. The models are those of the fuzz corpus.
set -u
. "${srcdir:-.}/tests/cli/command.sh"
models=$srcdir/tests/fuzz/corpus/model
cp "$models/fully_binary.bnn" small.bnn
cp "$models/float.bnn" float.bnn

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
prints '^conv2d_1  *pixels  *5x4x3 bits  *45  *1  *19  *356  *240$'
prints '^conv2d_1  *2,520  *5 x 16 bit  *4 constant, 1 table$'
prints '^dense_3 .* 11 x 8 bit  *2 flipped, 6 constant, 2 tables$'
prints '^dense_4  *bits  *4x1x1 floats '
prints '^dense_4 .* float operations$'
prints '^(file header)  *72$'
prints '^total  *347  *72  *645  *1,648$'
fits 80
prints '^file  *645 bytes$'
prints '^bare  *566 bytes: without metadata and names; 45 of them weights$'
prints '^theoretical  *402 bytes'
prints '^float32  *1,648 bytes, 2.6 times the file; a batch norm is scale and shift$'
prints '^MACs  *602 binary .*, 2,520 integer .*, 0 float$'
prints '^  run  *0123abcd$'
bnn 0 show small.bnn --json
prints '"theoretical_bytes": 402,'
prints '"bare_bytes": 566,'
prints '"run": "0123abcd"'
bnn 0 show "$models/ternary.bnn"
prints '^conv2d_1  *pixels  *4x6x6 floats  *100  *1.6  *113  *464$'
prints '^conv2d_2  *floats  *3x2x2 floats  *108  *1.6  *3  *103  *480$'
prints '^file  *479 bytes$'
bnn 0 show "$models/ternary.bnn" --json
prints '"bits_of_weight": 1.6,'
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

# ---- predict -------------------------------------------------------------------------------------
for file in digit.png digit.jpg digit.pgm digit_on_white.pgm grey.png white_ink.png colour.ppm bad_crc.png; do
    cp "$srcdir/tests/fuzz/corpus/picture/$file" .
done
# Two images of 8x7 in IDX: the digit, and the digit on white; and their labels.
{ printf '\0\0\10\3\0\0\0\2\0\0\0\10\0\0\0\7'; tail -c 56 digit.pgm; tail -c 56 digit_on_white.pgm; } >two.idx
gzip -c two.idx >two.gz
printf '\0\0\10\1\0\0\0\2\0\1' >labels.idx
printf '\0\0\10\1\0\0\0\3\0\1\2' >three_labels.idx
# answer N: row N of CSV without the file and the number of the image.
answer() { sed -n "$((1 + $1))p" out | cut -d, -f3-9; }

bnn 0 predict float.bnn digit.png --csv
prints '^file,image,class,probability,margin,second,probability_2,third,probability_3$'
prints '^digit.png,,2,1,[0-9.]*e+16,1,0,0,0$'
says_nothing
digit=$(answer 1)
bnn 0 predict float.bnn digit.pgm --csv
[ "$(answer 1)" = "$digit" ] || wrong "another answer than for digit.png, $digit"
bnn 0 predict float.bnn digit.jpg --csv
[ "$(answer 1 | cut -d, -f1)" = 2 ] || wrong "another class than for digit.png, 2"
bnn 0 predict float.bnn two.idx --csv
[ "$(answer 1)" = "$digit" ] || wrong "another answer than for digit.png, $digit"
prints '^two.idx,1,'
on_white=$(answer 2)
[ "$on_white" != "$digit" ] || wrong 'the test is blind: both pictures have the same answer'
says_nothing
bnn 0 predict float.bnn two.gz digit.png --csv
[ "$(answer 2)" = "$on_white" ] || wrong "another answer than for the raw file, $on_white"
[ "$(answer 3)" = "$digit" ] || wrong "another answer than for digit.png alone, $digit"
bnn 0 predict float.bnn two.idx --csv --invert
[ "$(answer 1)" = "$on_white" ] || wrong 'inverted, the digit is not the digit on white'
[ "$(answer 2)" = "$digit" ] || wrong 'inverted, the digit on white is not the digit'
bnn 0 predict small.bnn digit.png --csv
prints '^digit.png,,0,0.434608,0.277305,2,0.329356,3,0.236035$'
bnn 0 predict small.bnn digit.png
prints '^file  *class  *probability  *margin  *next$'
prints '^digit.png  *0  *43.5 %  *0.277305  *2 32.9 %, 3 23.6 %$'
bnn 0 predict small.bnn two.idx digit.png
prints '^file  *image  *class  *probability  *margin  *next$'
prints '^two.idx  *1 '
prints '^digit.png  *0  *43.5 %'
bnn 0 predict float.bnn digit.png digit_on_white.pgm
says '^digit_on_white.pgm: its border is bright; .*--invert$'
bnn 0 predict float.bnn digit_on_white.pgm -q
says_nothing
bnn 0 predict float.bnn digit_on_white.pgm --invert
says_nothing

# White ink on transparent paper is all white, and a black picture all black.
head -c 11 digit.pgm >black.pgm
head -c 56 /dev/zero >>black.pgm
for invert in '' --invert; do
    # shellcheck disable=SC2086 # a word or none
    bnn 0 predict float.bnn $invert digit.pgm white_ink.png black.pgm
    says '^white_ink.png: all its pixels have one colour, so the answer means nothing; what is transparent lies on white'
    says '^black.pgm: all its pixels have one colour, so the answer means nothing$'
    [ "$(wc -l <err)" -eq 2 ] || wrong 'not two lines on stderr'
done
bnn 0 predict float.bnn white_ink.png -q
says_nothing
# --fit: where the strokes lie, how large they are and which are the colours does not matter.
# page SCALE X Y PAPER INK: the digit on a page, in a plain PGM.
page() {
    tail -c 56 digit.pgm | od -An -v -tu1 -w7 | awk -v s="$1" -v x="$2" -v y="$3" -v paper="$4" -v ink="$5" '
        { for (i = 1; i <= 7; i++) on[NR - 1, i - 1] = $i >= 128 }
        END {
            print "P2", 8 * s + x + 9, 9 * s + y + 9, 255
            for (v = 0; v < 9 * s + y + 9; v++) {
                for (u = 0; u < 8 * s + x + 9; u++)
                    printf "%d ", (v >= y && u >= x && on[int((v - y) / s), int((u - x) / s)] ? ink : paper)
                print ""
            }
        }'
}
page 5 3 2 0 255 >fit_1.pgm
page 5 30 40 255 0 >fit_2.pgm
page 15 7 90 230 20 >fit_3.pgm
bnn 0 predict float.bnn --fit fit_1.pgm fit_2.pgm fit_3.pgm --csv
prints '^file,image,class,.*,probability_3,box,strokes$'
[ "$(sed -n 2p out | cut -d, -f3-9)" = "$(sed -n 3p out | cut -d, -f3-9)" ] || wrong 'place and colours matter'
[ "$(sed -n 2p out | cut -d, -f3)" = "$(sed -n 4p out | cut -d, -f3)" ] || wrong 'the size matters'
prints '^fit_1.pgm,.*,[0-9]*x[0-9]*+[0-9]*+[0-9]*,bright$'
prints '^fit_3.pgm,.*,[0-9]*x[0-9]*+[0-9]*+[0-9]*,dark$'
says_nothing
bnn 0 predict float.bnn --fit fit_1.pgm fit_2.pgm --json
is_json
prints '"strokes": "dark"'
bnn 0 predict float.bnn --fit fit_1.pgm fit_2.pgm
prints '^--fit: as in MNIST, strokes scaled to fit 5x6, .* in 7x8;$'
prints 'dark strokes made bright in 1 of 2 pictures$'
says_nothing
bnn 0 predict float.bnn --fit --invert fit_2.pgm black.pgm
says '^black.pgm: no strokes on its paper, so the answer means nothing$'
prints 'dark strokes made bright in 1 of 2 pictures$'
{ printf 'P5 7 4 255\n'; tail -c 56 digit.pgm | head -c 28; } >half.pgm
bnn 0 predict float.bnn --fit half.pgm
says '^half.pgm: its strokes reach the border: '
bnn 0 predict float.bnn --fit half.pgm black.pgm -q
says_nothing
bnn 0 predict float.bnn two.idx --json --labels labels.idx
is_json
prints '"images": 2,'
prints '"accuracy": '
prints '"label": 1$'

# The accuracy counts what the answers say.
bnn 0 predict float.bnn two.idx --csv
first=$(sed -n 2p out | cut -d, -f3)
second=$(sed -n 3p out | cut -d, -f3)
printf '\0\0\10\1\0\0\0\2'"\\$first\\$(((second + 1) % 4))" >half.idx
bnn 0 predict float.bnn two.idx --labels half.idx
prints "^two.idx .* $(((second + 1) % 4)), wrong$"
prints '^accuracy 50.00 %: 1 of 2$'
bnn 0 predict float.bnn two.idx --labels half.idx -q
[ "$(wc -l <out)" -eq 1 ] || wrong 'prints more than the accuracy'
bnn 0 predict float.bnn two.idx --labels half.idx --limit 1
prints '^accuracy 100.00 %: 1 of 1$'
bnn 0 predict float.bnn two.idx --labels half.idx --csv
says '^accuracy 50.00 %: 1 of 2$'
omits accuracy

fails 2 predict
says 'a model is needed'
fails 2 predict float.bnn
says 'a model file does not say on which data it is to be tried: give an IMAGE, or --dataset NAME'
fails 2 predict float.bnn --dataset synthetic
says 'synthetic: images of 1x28x28, and the model takes 1x8x7'
fails 2 predict float.bnn --dataset synthetic digit.png
says '--dataset is for a test set, and digit.png is an image'
fails 2 predict float.bnn --dataset synthetic --fit
says '--fit, --invert and --labels are for an IMAGE'
fails 2 predict float.bnn grey.png
says 'grey.png: 5x4 pixels, and the model takes 7x8; --fit crops and scales pictures'
fails 2 predict float.bnn digit.png --limit 1
says '--limit is for IDX files, and digit.png is a picture'
fails 2 predict float.bnn two.idx --fit
says '--fit is for pictures, and two.idx is an IDX file'
fails 2 predict "$models/by_hand.bnn" digit.png
says "digit.png: 7x8 pixels, and the model takes 2x1"
fails 2 predict "$models/by_hand.bnn" two.idx
says 'two.idx: images of 1x8x7, and the model takes 1x1x2'
# The header of an IDX file is looked at before its data: these are cut short.
{ printf '\0\0\10\3\0\0\0\2\0\0\0\10\0\0\0\10'; tail -c 100 small.bnn; } | gzip -c | head -c 60 >other_shape.gz
fails 2 predict float.bnn other_shape.gz
says 'other_shape.gz: images of 1x8x8, and the model takes 1x8x7'
fails 2 predict float.bnn labels.idx
says 'labels.idx: an IDX file of 1 dimension holds no images'
fails 2 predict float.bnn two.idx --labels three_labels.idx
says 'three_labels.idx: 3 labels for 2 images'
fails 2 predict float.bnn two.idx --labels two.idx
says 'two.idx: 3 dimensions; labels have one'
fails 4 predict float.bnn colour.ppm
says 'P6; only grey ones'
fails 4 predict float.bnn digit.png bad_crc.png
says 'bad_crc.png: damaged PNG'
fails 4 predict float.bnn small.bnn
says 'small.bnn: none of PNG, JPEG, PGM and IDX'
fails 4 predict float.bnn missing.png
says 'missing.png: cannot open'
fails 4 predict damaged.bnn digit.png
says 'damaged.bnn: byte 20: the checksum is '
for limit in 0 -1 x 1x '' 99999999999; do
    fails 2 predict float.bnn two.idx --limit "$limit"
    says '--limit takes a number from 1 to '
done

# ---- export --------------------------------------------------------------------------------------
# holds FILE TEXT: a file that was written has it.
holds() { grep -aq -e "$2" "$1" || wrong "$1 lacks $2"; }
bnn 0 export small.bnn --format onnx
prints '^small.onnx: [0-9,]* bytes$'
prints 'input "pixels" uint8 \[N\]\[1\]\[8\]\[7\], output "logits" float32 \[N\]\[4\]$'
says_nothing
holds small.onnx 0123abcd
holds small.onnx pixels
bnn 0 export small.bnn --format onnx -o - --input floats
cp out floats.onnx
holds floats.onnx logits
says '^stdout: [0-9,]* bytes$'
says 'input "image" float32, '
cmp -s floats.onnx small.onnx && wrong 'floats and pixels are the same'
bnn 0 export small.bnn --format onnx -o - --quiet
cmp -s out small.onnx || wrong 'stdout has other bytes than the file'
says_nothing
bnn 0 export small.bnn --format onnx-packed --json
is_json
prints '"file": "small_packed.onnx"'
prints "\"bytes\": $(($(wc -c <small_packed.onnx))),"
says_nothing

# The C file gives the answers that predict gives, and passes its own test.
mkdir firmware
bnn 0 export float.bnn --format c -o firmware/3digits.c --self-test 2 --images two.idx
prints '^firmware/3digits.c: [0-9,]* bytes$'
prints '^firmware/3digits.h: [0-9,]* bytes$'
prints 'include 3digits.h and call net_3digits_classify(pixels)'
prints 'net_3digits_self_test()$'
bnn 0 export float.bnn --format c -o firmware/named.c --prefix digits -q
prints_nothing
[ -e firmware/named.h ] || wrong 'no header'
cat >firmware/main.c <<'MAIN'
#include "3digits.h"
#include "named.h"
#include <stdio.h>
int main(void)
{
    unsigned char pixels[DIGITS_PIXELS];
    if (fread(pixels, 1, sizeof pixels, stdin) != sizeof pixels)
        return 9;
    printf("%d %d %d\n", net_3digits_classify(pixels), digits_classify(pixels),
           net_3digits_self_test());
    return 0;
}
MAIN
if ${CC:-cc} -std=c99 -Wall -Wextra -Werror -o firmware/main firmware/main.c firmware/3digits.c \
    firmware/named.c 2>err; then
    said=$(tail -c 56 digit.pgm | firmware/main)
    bnn 0 predict float.bnn digit.pgm --csv
    class=$(answer 1 | cut -d, -f1)
    [ "$said" = "$class $class 0" ] || wrong "predicts $class; in C: $said"
else
    wrong 'its C does not compile'
fi

# All names begin with the prefix: two networks can be one translation unit, and answer as before.
bnn 0 export small.bnn --format c -o firmware/small.c --self-test 2 --images two.idx -q
bnn 0 predict small.bnn digit.pgm --csv
classes="$class $(answer 1 | cut -d, -f1)"
for order in '3digits small' 'small 3digits'; do
    {
        for part in $order; do
            echo "#include \"$part.c\""
        done
        cat <<'MAIN'
#include <stdio.h>
int main(void)
{
    unsigned char pixels[SMALL_PIXELS];
    if (fread(pixels, 1, sizeof pixels, stdin) != sizeof pixels)
        return 9;
    printf("%d %d", net_3digits_classify(pixels), small_classify(pixels));
    return net_3digits_self_test() + 20 * small_self_test();
}
MAIN
    } >firmware/one.c
    if ${CC:-cc} -std=c99 -Wall -Wextra -Werror -o firmware/one firmware/one.c 2>err; then
        said=$(tail -c 56 digit.pgm | firmware/one) || wrong "in one unit, a self-test returns $?"
        [ "$said" = "$classes" ] || wrong "predicts $classes; in one unit: $said"
    else
        wrong 'two networks do not compile in one unit'
    fi
done

fails 2 export small.bnn
says '--format is needed: onnx, onnx-packed, qonnx or c'
fails 2 export small.bnn --format onxx
says 'unknown format "onxx"; did you mean "onnx"'
fails 2 export --format c
says 'one RUN, MODEL.bnn or EXPERIMENT is needed'
(ulimit -f 4 && exec "$BNNRUN" export float.bnn --format c -o limited.c) >out 2>err
[ $? -eq 4 ] || wrong "a limit to the size of files ends it"
says 'limited.c: cannot write: File too large'
cp small.bnn same.bnn
ln same.bnn linked.bnn
fails 2 export same.bnn --format onnx -o linked.bnn
says 'linked.bnn is the model itself, which would be lost'
echo results >own.db
fails 2 export small.bnn --format onnx --db own.db -o own.db
says 'own.db is the database, which would be lost'
[ "$(cat own.db)" = results ] || wrong "the database is lost"
fails 2 export small.bnn --format qonnx
says 'small.bnn: qonnx has the network.s own operations'
fails 2 export small.bnn --format onnx --prefix x
says '--self-test and --prefix are for --format c'
fails 2 export small.bnn --format onnx --input bytes
says '--input is pixels or floats'
fails 2 export small.bnn --format c --input pixels
says '--input is for ONNX'
fails 2 export small.bnn --format c -o -
says 'C is a source and a header'
fails 2 export small.bnn --format c -o x.cc
fails 2 export small.bnn --format onnx -o - --json
says 'not both'
fails 2 export small.bnn --format c --self-test 2
says 'needs --images FILE'
fails 2 export small.bnn --format c --images two.idx
says 'are those of --self-test'
fails 2 export small.bnn --format c --self-test 3 --images two.idx
says 'two.idx: 2 images, and the self-test is to have 3'
fails 2 export small.bnn --format c --self-test 1001 --images two.idx
says '--self-test takes a number from 1 to 1000'
fails 2 export small.bnn --format c --prefix 3x
says 'prefix "3x"'
fails 4 export damaged.bnn --format onnx
says 'damaged.bnn: byte 20'
fails 4 export small.bnn --format onnx -o nowhere/x.onnx
says 'nowhere/x.onnx'
fails 4 export small.bnn --format onnx -o firmware
says 'firmware: cannot write'
for file in firmware.*; do
    [ ! -e "$file" ] || wrong "left $file behind"
done

# ---- the model of a run --------------------------------------------------------------------------
fails 4 predict 3f digit.png
says 'there is no database bnnrun.db yet'
fails 4 export 3f --format c
says 'there is no database bnnrun.db yet'
tiny_spec >tiny.yaml
echo 'train: {epochs: 1, batch: 32}' >>tiny.yaml
bnn 0 run tiny.yaml -q
bnn 0 runs --csv
run=$(sed -n 2p out | cut -d, -f1)
for format in onnx onnx-packed qonnx c; do
    bnn 0 export "$(echo "$run" | cut -c 1-8)" --format $format
    says_nothing
done
for file in "$run.onnx" "${run}_packed.onnx" "${run}_qonnx.onnx"; do
    holds "$file" "$run"
    holds "$file" 'tiny: '
done
holds "${run}_qonnx.onnx" BipolarQuant
holds "$run.c" "$run"
bnn 0 export "bnnrun.db.artifacts/$run/model.bnn" --format onnx-packed -o - -q
cmp -s out "${run}_packed.onnx" || wrong 'the run and its model file give different bytes'

# Its self-test has the first images of its test set, and passes.
bnn 0 export "$run" --format c -o tested.c --self-test 5
printf '#include "tested.h"\nint main(void) { return tested_self_test(); }\n' >main.c
if ${CC:-cc} -o self_test main.c tested.c 2>err; then
    ./self_test || wrong "the self-test returns $?"
else
    wrong 'its C does not compile'
fi
fails 2 export "$run" --format c -o tested.c --self-test 51
says 'the test set: 50 images, and the self-test is to have 51'
fails 2 predict "$run" digit.png
says 'digit.png: 7x8 pixels, and the model takes 28x28'
fails 4 export xyz --format onnx
says 'there is no run "xyz"'

# Without an image it is the test set, with its limit, and the accuracy that is recorded.
bnn 0 query --csv "SELECT test_accuracy FROM run_summary"
recorded=$(sed -n 2p out)
bnn 0 predict "$run" --json
is_json
prints '"images": 50,'
prints "\"accuracy\": $recorded,"
prints "\"recorded_accuracy\": $recorded,"
bnn 0 predict "$run"
prints '^synthetic: 50 test images, drawn by bnnrun$'
prints '^accuracy .* of 50, as recorded$'
prints '^  class .* 9  recall %$'
prints '^prec. %  '
[ "$(awk 'length > 80' out | wc -l)" -eq 0 ] || wrong 'lines of more than 80 columns'
bnn 0 predict "$run" -q
[ "$(wc -l <out)" -eq 1 ] || wrong 'prints more than the accuracy'
bnn 0 predict "$run" --csv
says '^accuracy .*, as recorded$'
sums images predicted_0 predicted_1 predicted_2 predicted_3 predicted_4 predicted_5 predicted_6 \
    predicted_7 predicted_8 predicted_9
[ "$(column images)" = 50 ] || wrong 'not 50 images'
bnn 0 predict "$run" --limit 20
prints '^synthetic: 20 test images'
omits recorded
bnn 0 predict "bnnrun.db.artifacts/$run/model.bnn" --dataset synthetic
prints '^accuracy .* of 1,000$'

# Many classes do not fit a screen: what matters does. The data are those of the run, or none.
mkdir datasets letters
{
    printf 'summary: letters\nclasses: 26\nshape: [1, 4, 4]\npath: ../letters\nfiles:\n'
    for part in train test; do
        printf '  %s_images: {name: %s.idx3}\n  %s_labels: {name: %s.idx1}\n' $part $part $part $part
    done
} >datasets/letters.yaml
printf '\0\0\10\3\0\0\0\32\0\0\0\4\0\0\0\4' >letters/train.idx3
printf '\0\0\10\1\0\0\0\32' >letters/train.idx1
for i in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do
    awk -v i=$i 'BEGIN { for (k = 0; k < 16; k++) printf "%c", 33 + (i * (k + 3)) % 90 }' >>letters/train.idx3
    # shellcheck disable=SC2059 # an octal escape
    printf "\\$(printf %o $i)" >>letters/train.idx1
done
cp letters/train.idx3 letters/test.idx3
cp letters/train.idx1 letters/test.idx1
cat >letters.yaml <<'END'
dataset: {name: letters, validation: 0}
model:
  topology: {input: {channels: 1, height: 4, width: 4}, blocks: [{layer: {name: dense, out: 26}}]}
  binarize: none
train: {epochs: 1, batch: 4}
END
bnn 0 run letters.yaml -q --db letters.db
bnn 0 runs --csv --db letters.db
letters=$(sed -n 2p out | cut -d, -f1)
bnn 0 predict "$letters" --db letters.db
prints '^accuracy .* of 26, as recorded$'
prints '^class  images  recall %  precision %  mostly taken for$'
[ "$(wc -l <out)" -eq 30 ] || wrong 'not a line for each of 26 classes'
[ "$(awk 'length > 80' out | wc -l)" -eq 0 ] || wrong 'lines of more than 80 columns'
bnn 0 predict "$letters" --db letters.db --csv
prints ',predicted_25$'
bnn 0 predict "$letters" --db letters.db --json
is_json
fails 2 predict "$run" --dataset letters
says 'letters: images of 1x4x4, and the model takes 1x28x28'
bnn 0 predict letters.db.artifacts/*/model.bnn --dataset letters -q
prints '^accuracy .* of 26$'
tr A-M B-N <letters/train.idx3 >other.idx3
cp other.idx3 letters/train.idx3
mv other.idx3 letters/test.idx3
fails 4 predict "$letters" --db letters.db
says 'the data that the run was trained on are not here: letters, SHA-256 '
says '/letters (where they were): other files$'

# A file that is not the one that was recorded is not used.
cp "bnnrun.db.artifacts/$run/model.bnn" kept.bnn
cp small.bnn "bnnrun.db.artifacts/$run/model.bnn"
fails 4 predict "$run" digit.png
says 'model.bnn has changed since it was written'
fails 4 export "$run" --format onnx
says 'model.bnn has changed since it was written'
rm "bnnrun.db.artifacts/$run/model.bnn"
fails 4 export "$run" --format onnx
says 'model.bnn'
cp kept.bnn "bnnrun.db.artifacts/$run/model.bnn"
rm "bnnrun.db.artifacts/$run/weights.safetensors"
bnn 0 export "$run" --format onnx
fails 4 export "$run" --format qonnx
says 'weights.safetensors'

# ---- plan: what would not be deployed ------------------------------------------------------------
cat >mean.yaml <<'END'
dataset: synthetic
model:
  topology:
    input: {channels: 1, height: 28, width: 28}
    blocks:
      - {layer: {name: conv2d, out: 4, kernel: 5}, pool: avgpool}
      - {layer: {name: conv2d, out: 4, kernel: 3}, pool: avgpool}
      - {layer: {name: dense, out: 10}}
  binarize: {first: true}
train: {epochs: 1}
seeds: {count: 2}
END
cp mean.yaml sweep.yaml
cat >>sweep.yaml <<'END'
sweep: {grid: {model.ordering: [bn_act, pool_bn_act], train.batch: [16, 32, 64, 128]}}
baseline: {model.binarize: none}
END
floats='warning: deployment: conv2d_1 stays in floats up to its sign: avgpool_1 mixes sums before the sign'
bnn 0 plan mean.yaml
says "^mean.yaml:3:3: $floats\$"
[ "$(wc -l <err)" -eq 1 ] || wrong 'more than one line on stderr'
bnn 0 plan sweep.yaml
says "$floats (8 of 9 configs: ordering=bn_act batch=16, .*, \\.\\.\\.)\$"
[ "$(wc -l <err)" -eq 1 ] || wrong 'more than one line on stderr'
bnn 0 plan sweep.yaml --json
is_json
says "$floats"
bnn 0 run sweep.yaml --dry-run
says "$floats"
# Only of the networks: two that are alike are shown once to people, each to programs.
bnn 0 plan sweep.yaml --networks
prints 'ordering=bn_act batch=16 and 3 more$'
prints 'ordering=pool_bn_act batch=16 and 3 more$'
prints 'floats: avgpool_1'
prints 'no sign: floats'
bnn 0 plan sweep.yaml --networks --json
is_json
prints '"bits": *"floats: avgpool_1 mixes sums before the sign"'
bnn 0 plan sweep.yaml -q
says_nothing
bnn 0 plan mean.yaml -s model.binarize=none
says_nothing
bnn 0 plan "$srcdir/configs/order_sweep.yaml" --no-download -s dataset=synthetic
says_nothing

echo "cli_model: $n_checks commands, $n_wrong wrong"
[ $n_wrong -eq 0 ]
