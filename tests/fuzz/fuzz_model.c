/* fuzz_model.c - hostile model files: as they are, and with size and checksum corrected. */
#include "tests/fuzz/fuzz.h"
#include "tests/fixtures/hostile_model.h"

FUZZ_TARGET(model)
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
