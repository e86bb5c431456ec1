#include "data/formats/format.h"

#include "base/size.h"

#include <stdlib.h>

extern const bnn_format bnn_format_idx, bnn_format_cifar, bnn_format_synthetic;
static const bnn_format *const format_rows[] = {
    &bnn_format_idx,
    &bnn_format_cifar,
    &bnn_format_synthetic,
};

const bnn_format *bnn_format_at(size_t i)
{
    return i < sizeof format_rows / sizeof *format_rows ? format_rows[i] : NULL;
}

int bnn_format_read(const bnn_format *format, bnn_content *content, bnn_array *out,
                    char sha256[BNN_SHA256_HEX], bnn_error *err)
{
    if (content == NULL)
        return err->status;
    bnn_array array = {.data = NULL};
    const int status = format->read(content, &array, err);
    if (status == BNN_OK && sha256 != NULL)
        bnn_content_end(content, sha256);
    if (status == BNN_OK)
        *out = array;
    else
        free(array.data);
    bnn_content_close(content);
    return status;
}

size_t bnn_format_image_bytes(const bnn_catalogue_entry *entry)
{
    const bnn_shape s = entry->shape;
    return bnn_size_product(bnn_size_product(s.c, s.h), s.w);
}

int bnn_format_check_labels(const bnn_catalogue_entry *entry, const char *path,
                            const uint8_t *labels, uint32_t n, bnn_error *err)
{
    for (uint32_t i = 0; i < n; i++)
        if (labels[i] >= entry->n_classes)
            return bnn_fail(err, BNN_E_RESOURCE, "%s: label %u at index %u, but %s has %u classes",
                            path, (unsigned)labels[i], i, entry->path, entry->n_classes);
    return BNN_OK;
}
