#include "data/formats/idx.h"

#include "base/fault.h"
#include "base/size.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    MAGIC_BYTES = 4,
    HEADER_BYTES_MAX = MAGIC_BYTES + 4 * BNN_ARRAY_DIMS_MAX,
    TYPE_FIRST = BNN_IDX_TYPE_BYTE,
    TYPE_LAST = 14, /* a double */
};

static uint32_t idx_big_endian(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
           (uint32_t)bytes[3];
}

static int idx_parse_magic(const bnn_content *file, bnn_array *array, bnn_error *err)
{
    const char *path = file->path;
    const uint8_t *magic = file->bytes;
    if (file->n_bytes < MAGIC_BYTES)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: only %zu bytes, too short for an IDX file", path,
                        file->n_bytes);
    if (magic[0] != 0 || magic[1] != 0)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s: not an IDX file: it starts with %02x %02x instead of 00 00", path,
                        (unsigned)magic[0], (unsigned)magic[1]);
    if (magic[2] != BNN_IDX_TYPE_BYTE)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s: elements of IDX type 0x%02x; only unsigned bytes (0x08) are read",
                        path, (unsigned)magic[2]);
    if (magic[3] < 1 || magic[3] > BNN_ARRAY_DIMS_MAX)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: %u dimensions, not 1 to %d", path,
                        (unsigned)magic[3], BNN_ARRAY_DIMS_MAX);
    array->n_dims = magic[3];
    return BNN_OK;
}

static size_t idx_header_bytes(const bnn_array *array)
{
    return MAGIC_BYTES + (size_t)4 * array->n_dims;
}

static int idx_parse_header(const bnn_content *file, bnn_array *array, bnn_error *err)
{
    const char *path = file->path;
    if (idx_parse_magic(file, array, err) != BNN_OK)
        return err->status;
    const size_t n_header = idx_header_bytes(array);
    if (file->n_bytes < n_header)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: only %zu bytes of a %zu-byte IDX header", path,
                        file->n_bytes, n_header);
    array->n_bytes = 1;
    for (uint32_t i = 0; i < BNN_ARRAY_DIMS_MAX; i++) {
        array->dims[i] =
            i < array->n_dims ? idx_big_endian(file->bytes + MAGIC_BYTES + (size_t)4 * i) : 1;
        if (array->dims[i] == 0)
            return bnn_fail(err, BNN_E_RESOURCE, "%s: dimension %u is 0", path, i + 1);
        array->n_bytes = bnn_size_product(array->n_bytes, array->dims[i]);
        if (array->n_bytes > BNN_ARRAY_LIMIT_BYTES)
            return bnn_fail(err, BNN_E_RESOURCE,
                            "%s: its dimensions make more than the limit of %d bytes", path,
                            BNN_ARRAY_LIMIT_BYTES);
    }
    return BNN_OK;
}

int bnn_idx_parse(const bnn_content *file, bnn_array *array, bnn_error *err)
{
    const char *path = file->path;
    if (idx_parse_header(file, array, err) != BNN_OK)
        return err->status;
    const size_t n_header = idx_header_bytes(array);
    const size_t n_data = file->n_bytes - n_header;
    if (n_data < array->n_bytes)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s: truncated: %zu data bytes, but the header counts %zu", path, n_data,
                        array->n_bytes);
    if (n_data > array->n_bytes)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s: bytes follow the %zu data bytes that the header counts", path,
                        array->n_bytes);
    array->data = file->bytes + n_header;
    return BNN_OK;
}

int bnn_idx_peek(const char *path, uint8_t *type, uint8_t *n_dims, bnn_error *err)
{
    struct stat st;
    bnn_content head;
    *type = *n_dims = 0;
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return BNN_OK;
    if (bnn_content_read_head(path, MAGIC_BYTES, &head, err) != BNN_OK)
        return err->reason != 0 || bnn_fault_is(err) ? err->status : BNN_OK; /* it may be damaged */
    const uint8_t *b = head.bytes;
    if (head.n_bytes == MAGIC_BYTES && b[0] == 0 && b[1] == 0 && b[2] >= TYPE_FIRST &&
        b[2] <= TYPE_LAST && b[3] >= 1 && b[3] <= BNN_ARRAY_DIMS_MAX) {
        *type = b[2];
        *n_dims = b[3];
    }
    free(head.bytes);
    return BNN_OK;
}

int bnn_idx_read_header(const char *path, bnn_array *out, bnn_error *err)
{
    bnn_content head;
    bnn_array array = {.data = NULL};
    int status = bnn_content_read_head(path, HEADER_BYTES_MAX, &head, err);
    if (status != BNN_OK)
        return status;
    status = idx_parse_header(&head, &array, err);
    free(head.bytes);
    if (status == BNN_OK)
        *out = array;
    return status;
}

int bnn_idx_read(const char *path, bnn_array *out, bnn_error *err)
{
    bnn_content file;
    bnn_array array;
    if (bnn_idx_read_header(path, &array, err) != BNN_OK)
        return err->status;
    /* One byte too many is enough to see that the file is not what its header says. */
    const size_t n_whole = idx_header_bytes(&array) + array.n_bytes;
    if (bnn_content_read_head(path, n_whole + 1, &file, err) != BNN_OK)
        return err->status;
    if (bnn_idx_parse(&file, &array, err) != BNN_OK) {
        free(file.bytes);
        return err->status;
    }
    array.data = memmove(file.bytes, array.data, array.n_bytes);
    *out = array;
    return BNN_OK;
}

/* The images of one part must have the entry's shape, and a label each, within the classes. */
static int idx_assemble_part(const bnn_catalogue_entry *entry, const bnn_content *files,
                             bnn_images *part, bnn_error *err)
{
    bnn_array images = {.data = NULL}, labels = {.data = NULL};
    const char *path = files[0].path, *labels_path = files[1].path;
    if (bnn_idx_parse(&files[0], &images, err) != BNN_OK ||
        bnn_idx_parse(&files[1], &labels, err) != BNN_OK)
        return err->status;
    const bnn_shape s = entry->shape;
    const bnn_shape found = bnn_array_shape(&images);
    const uint32_t n = images.dims[0];
    if (images.n_dims != 4 && (images.n_dims != 3 || s.c != 1))
        return bnn_fail(err, BNN_E_RESOURCE, "%s: %u dimensions, but images have %d", path,
                        images.n_dims, s.c == 1 ? 3 : 4);
    if (found.c != s.c || found.h != s.h || found.w != s.w)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: images of %ux%ux%u, but %s says %ux%ux%u", path,
                        found.c, found.h, found.w, entry->path, s.c, s.h, s.w);
    if (labels.n_dims != 1)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: %u dimensions, but labels have 1", labels_path,
                        labels.n_dims);
    if (labels.dims[0] != n)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: %u labels for the %u images of %s", labels_path,
                        labels.dims[0], n, path);
    *part = (bnn_images){.n = n, .pixels = images.data, .labels = labels.data};
    return bnn_format_check_labels(entry, labels_path, labels.data, n, err);
}

static int idx_assemble(const bnn_catalogue_entry *entry, bnn_content *files,
                        bnn_images *const parts[2], bnn_error *err)
{
    const int status = idx_assemble_part(entry, files, parts[0], err);
    return status == BNN_OK ? idx_assemble_part(entry, files + 2, parts[1], err) : status;
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
    .assemble = idx_assemble,
};
