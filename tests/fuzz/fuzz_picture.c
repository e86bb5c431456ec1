/* fuzz_picture.c - hostile PNG, JPEG and PGM files: as they are, and PNG with its checksums
 * corrected. */
#include "tests/fuzz/fuzz.h"
#include "tests/fixtures/hostile_picture.h"

FUZZ_TARGET(picture)
{
    if (try_picture(bytes, n) || n == 0)
        return 0;
    uint8_t *copy = malloc(n);
    if (copy == NULL)
        return 0;
    memcpy(copy, bytes, n);
    seal_png(copy, n);
    try_picture(copy, n);
    free(copy);
    return 0;
}
