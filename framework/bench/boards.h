/* boards.h - a model as C on emulated boards: bytes of flash, RAM and stack, instructions an image.
 *
 * The C that `bnnrun export --format c` writes is built by a cross compiler and run by qemu, which counts instructions
 * (-icount), no cycles: neither memories nor pipelines are emulated. */
#ifndef BNN_BENCH_BOARDS_H
#define BNN_BENCH_BOARDS_H

#include "base/arena.h"
#include "base/error.h"
#include "infer/model.h"

typedef struct bench_board {
    const char *name;     /* "m4f" */
    const char *core;     /* "Cortex-M4 with FPU" */
    const char *tools;    /* what the names of its compiler and that one's tools begin with */
    const char *packages; /* Debian's, that have them and the emulator */
    const char
        *target[5]; /* options of the compiler for the processor and its C library; to NULL */
    const char *processor, *script; /* in boards/: a C file, a linker script */
    const char *emulator[6];        /* qemu and the board; to NULL */
} bench_board;

enum { BENCH_BOARDS = 6, BENCH_BOARD_IMAGES = 10 };
extern const bench_board bench_boards[BENCH_BOARDS];

/* What it came to; bytes are those of classifying alone: without a self-test, and without what starts the board. */
typedef struct bench_board_result {
    const bench_board *board;
    uint64_t
        flash; /* bytes of code and constants, what the compiler's own functions take among them */
    uint64_t ram;        /* bytes of static memory */
    uint64_t stack;      /* bytes of the deepest calls */
    double instructions; /* an image, the mean of BENCH_BOARD_IMAGES */
} bench_board_result;

/* Builds and runs it. images: BENCH_BOARD_IMAGES of them; options: of the compiler, words with spaces between ("-Os").
 * BNN_E_RESOURCE when a tool is missing: *missing is its name, else NULL; BNN_E_USAGE when the compiler refuses the
 * options; BNN_E_FAILED when a logit is not that of the engine. Files are in a folder of their own below TMPDIR, and
 * are removed. */
int bench_board_measure(const bnn_model *model, const bench_board *board, const char *options,
                        const uint8_t *images, bnn_arena *arena, bench_board_result *out,
                        const char **missing, bnn_error *err);

#endif
