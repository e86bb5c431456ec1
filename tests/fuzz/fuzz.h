/* fuzz.h - a fuzz target: what must hold for any bytes. With libFuzzer it is what libFuzzer calls; with
 * -DBNN_FUZZ_REPLAY a function fuzz_NAME of the program that replays all corpora (replay.c). A target aborts, or a
 * sanitizer does, where something does not hold. */
#ifndef BNN_TESTS_FUZZ_FUZZ_H
#define BNN_TESTS_FUZZ_FUZZ_H

#include "base/error.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#ifdef BNN_FUZZ_REPLAY
#    define FUZZ_TARGET(NAME)                            \
        int fuzz_##NAME(const uint8_t *bytes, size_t n); \
        int fuzz_##NAME(const uint8_t *bytes, size_t n)
#else
#    define FUZZ_TARGET(NAME)                                       \
        int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n); \
        int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
#endif

static inline void fuzz_require(bool holds)
{
    if (!holds)
        abort();
}

/* A failure has a status and says something. */
static inline void fuzz_require_refusal(int status, const bnn_error *err)
{
    fuzz_require(status < 0 && err->status == status && err->message[0] != '\0');
}

/* ---- support.c ---- */

/* A file of these bytes, without a name; the path is that of the descriptor, which the caller closes. */
enum { FUZZ_PATH = 40 };
int fuzz_file(const uint8_t *bytes, size_t n, char path[FUZZ_PATH]);

/* A folder of this process, removed when it ends. */
const char *fuzz_folder(void);

/* DIRECTORY/NAME in it; in one of a few buffers, which take turns. */
const char *fuzz_path(const char *name);

/* Writes a file there, without waiting for the disk. */
void fuzz_write(const char *path, const void *bytes, size_t n);

/* Corrects the checksums of the headers of a tarball. */
void fuzz_seal_tar(uint8_t *bytes, size_t n);

/* The input as texts, each up to a NUL byte, in memory of their own, freed by fuzz_free_texts; the last of them ends
 * where the input does. */
enum { FUZZ_TEXTS_MAX = 24 };
typedef struct fuzz_texts {
    size_t n;
    char *texts[FUZZ_TEXTS_MAX + 1]; /* closed by NULL */
} fuzz_texts;
void fuzz_cut_texts(const uint8_t *bytes, size_t n, fuzz_texts *out);
void fuzz_free_texts(fuzz_texts *texts);

#endif
