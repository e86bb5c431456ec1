/* fuzz_main.h - with -DBNN_FUZZ_REPLAY a fuzz target is a plain program that runs the files it is
 * given; with libFuzzer it is what libFuzzer calls. */
#ifndef BNN_TESTS_FUZZ_FUZZ_MAIN_H
#define BNN_TESTS_FUZZ_FUZZ_MAIN_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

#ifdef BNN_FUZZ_REPLAY
#    include "base/file.h"

#    include <stdio.h>
#    include <stdlib.h>

int main(int argc, char **argv)
{
    enum { INPUT_LIMIT_BYTES = 1 << 20 };
    for (int i = 1; i < argc; i++) {
        char *bytes;
        size_t n;
        bnn_error err;
        if (bnn_file_read(argv[i], INPUT_LIMIT_BYTES, &bytes, &n, &err) != BNN_OK) {
            fprintf(stderr, "%s\n", err.message);
            return EXIT_FAILURE;
        }
        LLVMFuzzerTestOneInput((const uint8_t *)bytes, n);
        free(bytes);
    }
    return EXIT_SUCCESS;
}
#endif

#endif
