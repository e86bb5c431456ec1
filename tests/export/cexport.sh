#!/bin/sh
# Networks exported as C: compiled strictly and freestanding, run, and compared with the engine's
# logits bit for bit; and their self-tests on a Cortex-M3 and a Cortex-M4 in qemu, with the bytes of
# flash and RAM that classifying takes. Skips the boards, and says so, where their tools are missing.
#
#     BNN_TEST_LONG   1: of the random networks an eighth, on boards a 28th; the trained ones, on 10,000 images,
#                     by one compiler, and not as without multiplication; all: all, on boards a seventh
set -u
case ${BNN_TEST_LONG-} in
'')
    echo "SKIP: some minutes of compiling and emulating; set BNN_TEST_LONG=1"
    exit 77 ;;
all) every=1 every_on_boards=7 ;;
*) every=8 every_on_boards=28 ;;
esac
here=${srcdir:-.}/tests/export/c
boards=${srcdir:-.}/framework/bench/boards
: "${abs_top_builddir:=.}" "${CC:=cc}"
case $here in /*) ;; *) here=$PWD/$here boards=$PWD/$boards ;; esac

scratch=$(mktemp -d "${TMPDIR:-/tmp}/bnn_cexport.XXXXXX") || exit 99
trap 'rm -rf "$scratch"' EXIT
trap 'exit 99' HUP INT TERM
BNN_CEXPORT_DIR=$scratch/cases
export BNN_CEXPORT_DIR
mkdir "$BNN_CEXPORT_DIR" || exit 99

# The cases, and the tests of the exporter's options.
(unset CK_TAP_LOG_FILE_NAME && CK_VERBOSITY=normal "${CEXPORT_MAKE:-$abs_top_builddir/tests/export/c/make}") \
    >"$scratch/made" 2>&1 || {
    cat "$scratch/made"
    exit 1
}

strict='-std=c99 -Wall -Wextra -Wconversion -Werror -pedantic -ffreestanding'
n_run=0
n_wrong=0

wrong() {
    n_wrong=$((n_wrong + 1))
    echo "$1: $2"
}

# Needs nothing but what a compiler may call for anything: check_symbols CASE OBJECT NM
check_symbols() {
    more=$("$3" -u "$2" | awk '$2 !~ /^(mem(cpy|set|move|cmp)|_GLOBAL_OFFSET_TABLE_|__aeabi_.*)$/ {
        print $2 }')
    [ -z "$more" ] || wrong "$1" "needs $more"
}

# All names begin with the prefix, but for those of types, members and what functions have inside.
check_names() {
    others=$(awk '/^(static|extern|typedef|void|int) / { sub(/[[(].*/, ""); if ($0 !~ / \**net_[a-z0-9_]+$/ &&
            $0 != "static struct {") print }
        /^} / && !/^} net_[a-z]+;$/ || /^# *define/ && !/^#define NET_[A-Z0-9_]+[(]/ { print }' "$2")
    [ -z "$others" ] || wrong "$1" "names without the prefix: $others"
}

# on_host CASE COMPILER FLAG...
on_host() {
    case_name=$1
    compiler=$2
    shift 2
    dir=$BNN_CEXPORT_DIR/$case_name
    self_test=
    ! grep -q self_test "$dir/net.h" || self_test=-DSELF_TEST
    # shellcheck disable=SC2086 # flags and the compiler are words
    $compiler $strict "$@" -c -o "$dir/net.o" "$dir/net.c" &&
        $compiler $strict "$@" $self_test -I"$dir" -o "$dir/host" "$here/host.c" "$dir/net.o" || {
        wrong "$case_name" "$compiler does not compile it"
        return
    }
    n_run=$((n_run + 1))
    said=$("$dir/host" "$dir/images" "$dir/logits") || wrong "$case_name" "$compiler $*: $said"
    case $case_name in mnist_*) echo "$case_name, $compiler $*: $said" ;; esac
}

compilers=${CC#ccache } # which takes no options of its own here
compilers=${compilers%% *}
for other in gcc clang; do
    case $compilers in *$other*) continue ;; esac
    ! command -v $other >/dev/null || compilers="$compilers $other"
done
i=0
for dir in "$BNN_CEXPORT_DIR"/*; do
    name=${dir##*/}
    turn=$compilers
    without_multiplying=yes
    case $name in
    mnist_*) [ $every -eq 1 ] || turn=${compilers%% *} without_multiplying= ;;
    integers_* | hostile_*) ;;
    *) # the many random networks: the compilers in turn
        i=$((i + 1))
        [ $((i % every)) -eq 0 ] || continue
        # shellcheck disable=SC2086 # names without spaces
        set -- $compilers
        shift $((i / every % $#))
        turn=$1 ;;
    esac
    for compiler in $turn; do
        on_host "$name" "$compiler" -O2
        [ ! -f "$dir/net.o" ] || check_symbols "$name" "$dir/net.o" nm
        check_names "$name" "$dir/net.c"
    done
    # As on a core that cannot multiply.
    [ -z "$without_multiplying" ] || ! grep -q NET_TIMES_ "$dir/net.c" || on_host "$name" "${turn%% *}" -O2 -D__riscv
done
# Other instructions for the same numbers.
if grep -qw fma /proc/cpuinfo && grep -qw popcnt /proc/cpuinfo; then
    for name in mnist_float mnist_float_ends mixed_bn_act_0_prelu mixed_xnor_4_prelu; do
        [ ! -d "$BNN_CEXPORT_DIR/$name" ] || on_host "$name" "${compilers%% *}" -O2 -mfma -mpopcnt
    done
fi
# What changes the bits of float stages is refused.
refused() {
    # shellcheck disable=SC2086 # flags and the compiler are words
    ! ${compilers%% *} $strict "$@" -c -o "$scratch/refused.o" \
        "$BNN_CEXPORT_DIR/mixed_bn_act_0_prelu/net.c" 2>"$scratch/refusal" &&
        grep -q '#error' "$scratch/refusal" || wrong mixed_bn_act_0_prelu "$* is not refused"
}
refused -ffast-math
case $(${compilers%% *} -v 2>&1) in *'gcc version'*)
    refused -funsafe-math-optimizations
    refused -fassociative-math -fno-signed-zeros -fno-trapping-math
    case $(uname -m) in x86_64)
        refused -mfpmath=387
        refused -mfpmath=both ;;
    esac ;;
esac
echo "cexport: $n_run programs on this machine ($compilers), $n_wrong wrong"
[ -d "$BNN_CEXPORT_DIR/mnist_binary" ] || echo "cexport: no MNIST here, so no trained networks"
[ $n_wrong -eq 0 ] && [ $n_run -gt 0 ] || exit 1

# ---- boards ----------------------------------------------------------------------------------

for tool in arm-none-eabi-gcc arm-none-eabi-size arm-none-eabi-nm qemu-system-arm; do
    command -v $tool >/dev/null || {
        echo "cexport: boards skipped, there is no $tool (gcc-arm-none-eabi, qemu-system-arm)"
        exit 77
    }
done
echo 'int x;' | arm-none-eabi-gcc -x c - -mcpu=cortex-m3 -mthumb -nostartfiles -Wl,-e,0 -lc \
    -o "$scratch/probe" 2>/dev/null || {
    echo "cexport: boards skipped, arm-none-eabi-gcc has no C library (libnewlib-arm-none-eabi)"
    exit 77
}

# on_board CASE BOARD FLAG...: the self-test passes.
on_board() {
    case_name=$1
    board=$2
    shift 2
    dir=$BNN_CEXPORT_DIR/$case_name
    sections='-ffunction-sections -fdata-sections'
    link="-nostartfiles -Wl,--gc-sections"
    # shellcheck disable=SC2086 # flags are words
    arm-none-eabi-gcc $strict -Os -mthumb "$@" $sections -c -o "$dir/arm.o" "$dir/net.c" &&
        arm-none-eabi-gcc -std=gnu99 -Wall -Wextra -Werror -ffreestanding -Os -mthumb "$@" $sections \
            $link -T "$boards/mps2.ld" -I"$dir" -I"$boards" -o "$dir/board.elf" "$boards/arm.c" "$boards/common.c" \
            "$here/board.c" "$dir/arm.o" -lc -lgcc &&
        arm-none-eabi-gcc -mthumb "$@" $link -Wl,-e,net_classify -o "$dir/classify.elf" \
            "$dir/arm.o" -lc -lgcc || {
        wrong "$case_name" "arm-none-eabi-gcc $* does not compile it"
        return
    }
    check_symbols "$case_name" "$dir/arm.o" arm-none-eabi-nm
    n_run=$((n_run + 1))
    said=$(timeout 300 qemu-system-arm -M "$board" -nographic -monitor none -serial none \
        -semihosting-config enable=on,target=native -kernel "$dir/board.elf" 2>&1 </dev/null) ||
        wrong "$case_name" "$board: status $?"
    [ "$said" = "self-test passed" ] || wrong "$case_name" "$board: $said"
    # Text and initialized data are flash; data and zeroed memory are RAM.
    bytes=$(arm-none-eabi-size "$dir/classify.elf" | awk 'NR == 2 { print $1 + $2, $2 + $3 }')
    case $case_name in
    mnist_* | integers_*)
        echo "$case_name, $board: flash ${bytes% *} bytes, RAM ${bytes#* } bytes" ;;
    esac
}

n_run=0
i=0
for dir in "$BNN_CEXPORT_DIR"/*; do
    name=${dir##*/}
    i=$((i + 1))
    grep -q self_test "$dir/net.h" || continue
    # Of the random networks a part.
    case $name in
    mnist_binary | mnist_float* | mnist_weights | mnist_gates | integers_* | hostile_*) ;;
    mnist_*) continue ;;
    *) [ $((i % every_on_boards)) -eq 0 ] || continue ;;
    esac
    on_board "$name" mps2-an385 -mcpu=cortex-m3
    case $name in
    integers_* | mnist_gates)
        # Classifying touches no float: the processor would need functions for them.
        ! arm-none-eabi-nm "$dir/classify.elf" | grep -E '__aeabi_([fd]|[a-z]+2[fd])' ||
            wrong "$name" "classifies with floats" ;;
    esac
    on_board "$name" mps2-an386 -mcpu=cortex-m4 -mfpu=fpv4-sp-d16 -mfloat-abi=hard
done
echo "cexport: $n_run programs on boards, $n_wrong wrong"
[ $n_wrong -eq 0 ] && [ $n_run -gt 0 ]
