#!/bin/sh
# cross_aarch64.sh - kernels and engines, built for AArch64 by a cross compiler, pass their tests
# under qemu-user: NEON and portable ones give the bits of the plain loops, as those of x86-64 do.
# Needs aarch64-linux-gnu-gcc, qemu-aarch64 and Debian's check:arm64; skips without them.
set -eu
: "${srcdir:=.}"
unset CK_TAP_LOG_FILE_NAME

skip() {
    echo "SKIP: $1"
    exit 77
}
cc=aarch64-linux-gnu-gcc
command -v $cc >/dev/null || skip "no $cc (gcc-aarch64-linux-gnu)"
command -v qemu-aarch64 >/dev/null || skip "no qemu-aarch64 (qemu-user)"
[ -e /usr/lib/aarch64-linux-gnu/libcheck.a ] || skip "no libcheck for AArch64 (check:arm64)"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# build SOURCE [neon]: with a second word, for that instruction set.
build() {
    $cc ${2:+-DBNN_VEC_NEON} -std=gnu11 -O3 -D_GNU_SOURCE -pthread -ffp-contract=off \
        -fno-math-errno -fno-trapping-math \
        -Wall -Wextra -Wpedantic -Wconversion -Werror -I"$srcdir/framework" \
        -I"$srcdir" -c "$srcdir/$1.c" \
        -o "$scratch/$(basename "$1")${2:+_$2}.o"
}
for source in framework/base/arena framework/base/error framework/base/rng \
    framework/simd/cpu framework/kernels/kernels framework/kernels/table \
    framework/infer/codes framework/infer/lines framework/infer/logic framework/infer/model \
    framework/infer/op framework/infer/order framework/infer/view \
    framework/infer/engine/engine framework/infer/engine/engine_portable \
    framework/infer/engine/pack framework/infer/engine/pack_logic framework/infer/engine/pack_planes \
    framework/infer/engine/pack_products \
    framework/infer/engine/places framework/infer/engine/plain; do
    build "$source"
done
for source in framework/kernels/table framework/infer/engine/engine_fast \
    framework/infer/engine/engine_float; do
    build "$source" neon
done
ar cr "$scratch/libbnn.a" "$scratch"/*.o
for suite in kernels/check_kernels kernels/check_functions kernels/check_numerics \
    infer/check_codes infer/check_engines infer/check_engine_float; do
    build "tests/unit/$suite"
    suite=${suite#*/}
    $cc -pthread "$scratch/$suite.o" "$scratch/libbnn.a" -lcheck -lsubunit -lm -lrt \
        -o "$scratch/$suite"
    CK_FORK=no CK_VERBOSITY=normal qemu-aarch64 "$scratch/$suite"
done
