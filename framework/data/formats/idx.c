#include "data/formats/idx.h"

#include "base/size.h"
#include "data/content.h"

#include <stdlib.h>

enum { MAGIC_BYTES = 4, TYPE_UNSIGNED_BYTE = 8 };

static uint32_t big_endian(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
           (uint32_t)bytes[3];
}

/* The number of dimensions, or a negative status. */
static int parse_magic(const uint8_t *bytes, size_t n, const char *name, bnn_error *err)
{
    if (n < MAGIC_BYTES)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: only %zu bytes, too short for an IDX file", name,
                        n);
    if (bytes[0] != 0 || bytes[1] != 0)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s: not an IDX file: it starts with %02x %02x instead of 00 00", name,
                        (unsigned)bytes[0], (unsigned)bytes[1]);
    if (bytes[2] != TYPE_UNSIGNED_BYTE)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s: elements of IDX type 0x%02x; only unsigned bytes (0x08) are read",
                        name, (unsigned)bytes[2]);
    if (bytes[3] < 1 || bytes[3] > BNN_IDX_DIMS_MAX)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: %u dimensions, not 1 to %d", name,
                        (unsigned)bytes[3], BNN_IDX_DIMS_MAX);
    return bytes[3];
}

int bnn_idx_parse_header(const uint8_t *bytes, size_t n, const char *name, bnn_idx *out,
                         size_t *header_bytes, bnn_error *err)
{
    const int n_dims = parse_magic(bytes, n, name, err);
    if (n_dims < 0)
        return n_dims;
    const size_t size = MAGIC_BYTES + 4 * (size_t)n_dims;
    if (n < size)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: only %zu bytes of a %zu-byte IDX header", name, n,
                        size);
    bnn_idx idx = {.n_dims = (uint32_t)n_dims, .dims = {1, 1, 1, 1}, .n_bytes = 1};
    for (uint32_t i = 0; i < idx.n_dims; i++) {
        idx.dims[i] = big_endian(bytes + MAGIC_BYTES + (size_t)4 * i);
        if (idx.dims[i] == 0)
            return bnn_fail(err, BNN_E_RESOURCE, "%s: dimension %u is 0", name, i + 1);
        idx.n_bytes = bnn_size_product(idx.n_bytes, idx.dims[i]);
        if (idx.n_bytes > BNN_IDX_LIMIT_BYTES)
            return bnn_fail(err, BNN_E_RESOURCE,
                            "%s: its dimensions make more than the limit of %d bytes", name,
                            BNN_IDX_LIMIT_BYTES);
    }
    *out = idx;
    *header_bytes = size;
    return BNN_OK;
}

static int read_header(bnn_content *content, const char *name, bnn_idx *idx, bnn_error *err)
{
    uint8_t header[BNN_IDX_HEADER_MAX];
    size_t got, more, size;
    int status = bnn_content_read(content, header, MAGIC_BYTES, &got, err);
    if (status != BNN_OK)
        return status;
    const int n_dims = parse_magic(header, got, name, err);
    if (n_dims < 0)
        return n_dims;
    status = bnn_content_read(content, header + got, 4 * (size_t)n_dims, &more, err);
    if (status != BNN_OK)
        return status;
    status = bnn_idx_parse_header(header, got + more, name, idx, &size, err);
    if (status != BNN_OK)
        return status;
    /* Checked before the memory is asked for: a few bytes cannot claim a gigabyte. */
    if (idx->n_bytes > bnn_content_bound_bytes(content))
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s: truncated: the header counts %zu data bytes, more than the file can "
                        "hold",
                        name, idx->n_bytes);
    return BNN_OK;
}

static int read_data(bnn_content *content, const char *name, bnn_idx *idx, bnn_error *err)
{
    size_t got;
    uint8_t beyond;
    idx->data = malloc(idx->n_bytes);
    if (idx->data == NULL)
        return bnn_no_memory(err);
    int status = bnn_content_read(content, idx->data, idx->n_bytes, &got, err);
    if (status != BNN_OK)
        return status;
    if (got < idx->n_bytes)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s: truncated: %zu data bytes, but the header counts %zu", name, got,
                        idx->n_bytes);
    status = bnn_content_read(content, &beyond, 1, &got, err);
    if (status != BNN_OK)
        return status;
    if (got != 0)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s: bytes follow the %zu data bytes that the header counts", name,
                        idx->n_bytes);
    bnn_content_end(content, idx->sha256);
    return BNN_OK;
}

static int read_content(bnn_content *content, const char *name, bnn_idx *out, bnn_error *err)
{
    if (content == NULL)
        return err->status;
    bnn_idx idx = {0};
    int status = read_header(content, name, &idx, err);
    if (status == BNN_OK)
        status = read_data(content, name, &idx, err);
    if (status == BNN_OK)
        *out = idx;
    else
        free(idx.data);
    bnn_content_close(content);
    return status;
}

int bnn_idx_read(const char *path, bnn_idx *out, bnn_error *err)
{
    return read_content(bnn_content_open(path, err), path, out, err);
}

int bnn_idx_read_fd(int fd, const char *name, bnn_idx *out, bnn_error *err)
{
    return read_content(bnn_content_open_fd(fd, name, err), name, out, err);
}
