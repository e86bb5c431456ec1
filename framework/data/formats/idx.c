#include "data/formats/idx.h"

#include "base/size.h"

#include <stdlib.h>

enum { MAGIC_BYTES = 4, TYPE_UNSIGNED_BYTE = 8 };

static uint32_t idx_big_endian(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
           (uint32_t)bytes[3];
}

static int idx_read_magic(bnn_content *content, bnn_array *array, bnn_error *err)
{
    const char *name = bnn_content_name(content);
    uint8_t magic[MAGIC_BYTES];
    size_t got;
    const int status = bnn_content_read(content, magic, sizeof magic, &got, err);
    if (status != BNN_OK)
        return status;
    if (got < sizeof magic)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: only %zu bytes, too short for an IDX file", name,
                        got);
    if (magic[0] != 0 || magic[1] != 0)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s: not an IDX file: it starts with %02x %02x instead of 00 00", name,
                        (unsigned)magic[0], (unsigned)magic[1]);
    if (magic[2] != TYPE_UNSIGNED_BYTE)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s: elements of IDX type 0x%02x; only unsigned bytes (0x08) are read",
                        name, (unsigned)magic[2]);
    if (magic[3] < 1 || magic[3] > BNN_ARRAY_DIMS_MAX)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: %u dimensions, not 1 to %d", name,
                        (unsigned)magic[3], BNN_ARRAY_DIMS_MAX);
    array->n_dims = magic[3];
    return BNN_OK;
}

static int idx_read_dims(bnn_content *content, bnn_array *array, bnn_error *err)
{
    const char *name = bnn_content_name(content);
    uint8_t bytes[4 * BNN_ARRAY_DIMS_MAX];
    size_t got;
    const size_t n = (size_t)4 * array->n_dims;
    const int status = bnn_content_read(content, bytes, n, &got, err);
    if (status != BNN_OK)
        return status;
    if (got < n)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: only %zu bytes of a %zu-byte IDX header", name,
                        MAGIC_BYTES + got, MAGIC_BYTES + n);
    array->n_bytes = 1;
    for (uint32_t i = 0; i < BNN_ARRAY_DIMS_MAX; i++) {
        array->dims[i] = i < array->n_dims ? idx_big_endian(bytes + (size_t)4 * i) : 1;
        if (array->dims[i] == 0)
            return bnn_fail(err, BNN_E_RESOURCE, "%s: dimension %u is 0", name, i + 1);
        array->n_bytes = bnn_size_product(array->n_bytes, array->dims[i]);
        if (array->n_bytes > BNN_ARRAY_LIMIT_BYTES)
            return bnn_fail(err, BNN_E_RESOURCE,
                            "%s: its dimensions make more than the limit of %d bytes", name,
                            BNN_ARRAY_LIMIT_BYTES);
    }
    /* Checked before the memory is asked for: a few bytes cannot claim a gigabyte. */
    if (array->n_bytes > bnn_content_bound_bytes(content))
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s: truncated: the header counts %zu data bytes, more than the file can "
                        "hold",
                        name, array->n_bytes);
    return BNN_OK;
}

static int idx_read(bnn_content *content, bnn_array *array, bnn_error *err)
{
    const char *name = bnn_content_name(content);
    size_t got;
    uint8_t beyond;
    int status = idx_read_magic(content, array, err);
    if (status == BNN_OK)
        status = idx_read_dims(content, array, err);
    if (status != BNN_OK)
        return status;
    array->data = malloc(array->n_bytes);
    if (array->data == NULL)
        return bnn_no_memory(err);
    status = bnn_content_read(content, array->data, array->n_bytes, &got, err);
    if (status != BNN_OK)
        return status;
    if (got < array->n_bytes)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s: truncated: %zu data bytes, but the header counts %zu", name, got,
                        array->n_bytes);
    status = bnn_content_read(content, &beyond, 1, &got, err);
    if (status != BNN_OK)
        return status;
    if (got != 0)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s: bytes follow the %zu data bytes that the header counts", name,
                        array->n_bytes);
    return BNN_OK;
}

int bnn_idx_read(const char *path, bnn_array *out, bnn_error *err)
{
    return bnn_format_read(&bnn_format_idx, bnn_content_open(path, err), out, NULL, err);
}

/* The images of one part must have the entry's shape, and a label each, within the classes. */
static int idx_check_part(const bnn_catalogue_entry *entry, const bnn_data_file *images,
                          const bnn_data_file *labels, bnn_error *err)
{
    const bnn_shape s = entry->shape;
    const uint32_t *dims = images->array.dims;
    const bool planar = s.c == 1 && images->array.n_dims == 3;
    const bnn_shape found =
        planar ? (bnn_shape){1, dims[1], dims[2]} : (bnn_shape){dims[1], dims[2], dims[3]};
    if (!planar && images->array.n_dims != 4)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: %u dimensions, but images have %d", images->path,
                        images->array.n_dims, s.c == 1 ? 3 : 4);
    if (found.c != s.c || found.h != s.h || found.w != s.w)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: images of %ux%ux%u, but %s says %ux%ux%u",
                        images->path, found.c, found.h, found.w, entry->path, s.c, s.h, s.w);
    if (labels->array.n_dims != 1)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: %u dimensions, but labels have 1", labels->path,
                        labels->array.n_dims);
    if (labels->array.dims[0] != dims[0])
        return bnn_fail(err, BNN_E_RESOURCE, "%s: %u labels for the %u images of %s", labels->path,
                        labels->array.dims[0], dims[0], images->path);
    return bnn_format_check_labels(entry, labels->path, labels->array.data, dims[0], err);
}

static int idx_assemble(const bnn_catalogue_entry *entry, bnn_data_file *files,
                        bnn_data_part parts[2], bnn_error *err)
{
    for (int i = 0; i < 2; i++) {
        bnn_data_file *images = &files[2 * i], *labels = images + 1;
        const int status = idx_check_part(entry, images, labels, err);
        if (status != BNN_OK)
            return status;
        parts[i] = (bnn_data_part){images->array.dims[0], images->array.data, labels->array.data};
        images->array.data = labels->array.data = NULL;
    }
    return BNN_OK;
}

static const bnn_format_role idx_roles[] = {
    {.key = "train_images"},
    {.key = "train_labels"},
    {.key = "test_images"},
    {.key = "test_labels"},
};

const bnn_format bnn_format_idx = {
    .name = "idx",
    .roles = idx_roles,
    .n_roles = sizeof idx_roles / sizeof *idx_roles,
    .spelled = "-idx", /* train-images.idx3-ubyte is train-images-idx3-ubyte, too */
    .also_spelled = ".idx",
    .read = idx_read,
    .assemble = idx_assemble,
};
