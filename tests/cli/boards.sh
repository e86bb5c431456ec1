#!/bin/sh
# bnnrun bench --board: what it takes, and says of tools that are missing or do not do what they should; and with the
# real cross compilers and qemu, what the boards have in common with each other and the exported C.
set -u
. "${srcdir:-.}/tests/cli/command.sh"
cp "$srcdir/tests/fuzz/corpus/model/pool_bn_act.bnn" small.bnn
cp "$srcdir/tests/fuzz/corpus/model/float.bnn" float.bnn
mkdir tmp
TMPDIR=$PWD/tmp
export TMPDIR

leaves_nothing() {
    [ -z "$(ls tmp)" ] || wrong "left in TMPDIR: $(ls tmp)"
}

# ---- the command line ----------------------------------------------------------------------------
for boards in '' m9 'm3,' 'm3,m3' 'm3 m4' 'all,m3'; do
    bnn 2 bench small.bnn --board "$boards"
    says '^bnnrun: bench: --board: ".*" is .*; there are m0plus, m3, m4, m4f, rv32imc and rv32ec, and "all" takes'
done
for other in '--rounds 2' '--batch 1' '--engines portable' --no-ort; do
    # shellcheck disable=SC2086 # two words
    bnn 2 bench small.bnn --board m3 $other
    says 'have no meaning with --board'
done
bnn 2 bench small.bnn --board-options -O2
says 'bench: --board-options needs --board'
bnn 4 bench missing.bnn --board m3
says 'missing.bnn'

# ---- tools that are not there, or do not do what they should ----------------------------------------
real=$BNNRUN
mkdir bin
printf '#!/bin/sh\nPATH=%s exec "%s" "$@"\n' "$PWD/bin" "$real" >bare
chmod +x bare
# tool NAME COMMANDS: one that does this, by the shell alone.
tool() {
    printf '#!/bin/sh\n%s\n' "$2" >"bin/$1"
    chmod +x "bin/$1"
}
BNNRUN=$PWD/bare
fails 4 bench small.bnn --board m3
says '^bnnrun: board m3: there is no arm-none-eabi-gcc; Debian.s packages gcc-arm-none-eabi, .* have it$'
fails 4 bench small.bnn --board all
for board in m0plus m3 m4 m4f rv32imc rv32ec; do
    says "^bnnrun: board $board: there is no .*-gcc; "
done
leaves_nothing
tool arm-none-eabi-gcc 'echo "cc1: a warning" >&2; echo "cc1: no such option" >&2; exit 1'
fails 2 bench small.bnn --board m3 --board-options '-Ofoo  -O'
says 'board m3: arm-none-eabi-gcc does not build it with "-Ofoo  -O": cc1: no such option$'
tool arm-none-eabi-gcc 'exit 0'
fails 4 bench small.bnn --board m3
says 'board m3: there is no arm-none-eabi-size; '
tool arm-none-eabi-size 'echo "no such file" >&2'
fails 4 bench small.bnn --board m3
says 'board m3: arm-none-eabi-size does not say sizes: no such file$'
tool arm-none-eabi-size 'printf "text data bss dec\n 1000 20 300 x\n"'
fails 4 bench small.bnn --board m3
says 'board m3: there is no qemu-system-arm; '
# shellcheck disable=SC2016 # for the emulated emulator
tool qemu-system-arm 'printf "fault\033[1m\n" >&2'
fails 4 bench small.bnn --board m3
says '^bnnrun: board m3: qemu-system-arm: fault?*\[1m$'
tool qemu-system-arm 'echo "wrong, stack 24, instructions 50" >&2'
fails 1 bench small.bnn --board m3
says 'board m3: its logits are not those of this machine'
# What they say is what is told; and of "all", who is missing.
tool qemu-system-arm 'echo "right, stack 24, instructions 50" >&2'
bnn 0 bench small.bnn --board m4f,m0plus --csv
says_nothing
cat >wanted <<'END'
board,core,flash_bytes,ram_bytes,stack_bytes,instructions
m4f,Cortex-M4 with FPU,1020,320,24,5
m0plus,Cortex-M0+,1020,320,24,5
END
cmp -s wanted out || wrong 'other rows'
bnn 0 bench small.bnn --board all --json
is_json
says '^bnnrun: board rv32imc: there is no riscv64-unknown-elf-gcc'
bnn 0 bench small.bnn --board m3
prints '^m3  *Cortex-M3  *1,020  *320  *24  *5$'
prints 'compiled with -Os'
fits 100
leaves_nothing
printf '#!/bin/sh\nPATH=%s TMPDIR=/nowhere exec "%s" "$@"\n' "$PWD/bin" "$real" >bare
fails 4 bench small.bnn --board m3
says '^bnnrun: /nowhere: no folder can be made there; set TMPDIR: No such file'
BNNRUN=$real

# ---- the real ones -----------------------------------------------------------------------------------
for tool in arm-none-eabi-gcc qemu-system-arm riscv64-unknown-elf-gcc qemu-system-riscv32; do
    command -v $tool >/dev/null || skipped="${skipped-}${skipped+, }$tool"
done
column() { awk -F, -v b="$1" -v c="$2" '$1 == b { print $c }' out; }
if [ -z "${skipped-}" ]; then
    for model in small float; do
        bnn 0 bench $model.bnn --board all --csv
        says_nothing
        cp out $model.csv
        [ "$(wc -l <out)" -eq 7 ] || wrong 'not six boards'
        # What is static is the workspace that the header says, on each board.
        bnn 0 export $model.bnn --format c -o net.c --quiet
        bytes=$(awk '$2 == "NET_WORKSPACE_BYTES" { print $3 }' net.h)
        awk -F, -v n="$bytes" 'NR > 1 && ($4 != n || !($3 > 0 && $5 > 0 && $6 > 0)) { exit 1 }' $model.csv ||
            wrong "other RAM than $bytes bytes, or numbers that are not there: $(cat $model.csv)"
        # An instruction of the M3 does as much as one of the M0+, or more; the FPU takes the place of functions,
        # and so do instructions that multiply.
        cp $model.csv out
        [ "$(column m3 6)" -lt "$(column m0plus 6)" ] || wrong 'the M3 takes more instructions than the M0+'
        [ "$(column m4f 6)" -le "$(column m4 6)" ] || wrong 'the FPU adds instructions'
        [ "$(column rv32imc 6)" -lt "$(column rv32ec 6)" ] || wrong 'to multiply takes instructions'
    done
    bnn 0 bench small.bnn --board m3,rv32imc --csv
    grep -e '^m3,' -e '^rv32imc,' small.csv >wanted
    tail -n 2 out | cmp -s - wanted || wrong 'other numbers at the second time'
    bnn 0 bench small.bnn --board m3 --csv --board-options '-O3 -funroll-loops'
    [ "$(column m3 3)" -gt "$(awk -F, '$1 == "m3" { print $3 }' small.csv)" ] || wrong '-O3 is not larger than -Os'
else
    echo "boards: without $skipped"
fi
leaves_nothing

echo "cli_boards: $n_checks commands, $n_wrong wrong"
[ $n_wrong -eq 0 ]
