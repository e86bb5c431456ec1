/* fuzz_idx.c - hostile IDX files, raw and gzip-compressed. */
#include "tests/fuzz/fuzz_main.h"

#include "data/formats/idx.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* What a successful read promises. */
static void check(const bnn_idx *idx)
{
    size_t product = 1;
    for (uint32_t i = 0; i < BNN_IDX_DIMS_MAX; i++)
        product *= idx->dims[i];
    if (idx->n_dims < 1 || idx->n_dims > BNN_IDX_DIMS_MAX || product != idx->n_bytes ||
        product == 0 || product > BNN_IDX_LIMIT_BYTES)
        abort();
    unsigned sum = 0;
    for (size_t i = 0; i < idx->n_bytes; i++)
        sum += idx->data[i];
    volatile unsigned sink = sum; /* every byte is read, under the sanitizer's eyes */
    (void)sink;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    bnn_idx idx;
    bnn_error err;
    size_t header_bytes;
    if (bnn_idx_parse_header(bytes, n, "header", &idx, &header_bytes, &err) == BNN_OK &&
        (header_bytes > n || header_bytes > BNN_IDX_HEADER_MAX))
        abort();
    const int fd = memfd_create("idx", MFD_CLOEXEC);
    if (fd < 0)
        return 0;
    if (write(fd, bytes, n) != (ssize_t)n || lseek(fd, 0, SEEK_SET) != 0) {
        close(fd);
        return 0;
    }
    if (bnn_idx_read_fd(fd, "file", &idx, &err) == BNN_OK) {
        check(&idx);
        free(idx.data);
    } else if (err.status >= 0 || err.message[0] == '\0') {
        abort();
    }
    return 0;
}
