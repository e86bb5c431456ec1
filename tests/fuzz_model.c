/* fuzz_model.c - hostile model files: as they are, and with size and checksum corrected.
 *
 * With libFuzzer: clang -fsanitize=fuzzer,address,undefined ... && ./fuzz_model CORPUS.
 * With -DBNN_FUZZ_REPLAY it is a plain program that runs the files it is given. */
#include "hostile_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    if (try_model(bytes, n) || n < 20)
        return 0;
    uint8_t *copy = malloc(n);
    if (copy == NULL)
        return 0;
    memcpy(copy, bytes, n);
    make_plausible(copy, n);
    try_model(copy, n);
    free(copy);
    return 0;
}

#ifdef BNN_FUZZ_REPLAY
#    include "base/file.h"

#    include <stdio.h>

enum { INPUT_LIMIT_BYTES = 1 << 20 };

int main(int argc, char **argv)
{
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
