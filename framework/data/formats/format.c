#include "data/formats/format.h"

#include <stdio.h>

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

int bnn_format_check_labels(const bnn_catalogue_entry *entry, const char *path,
                            const uint8_t *labels, uint32_t n, bnn_error *err)
{
    const uint32_t first = entry->first_label;
    char from[40] = "";
    if (first > 0)
        snprintf(from, sizeof from, ", the first with label %u", first);
    for (uint32_t i = 0; i < n; i++)
        if (labels[i] < first || labels[i] - first >= entry->n_classes)
            return bnn_fail(err, BNN_E_RESOURCE,
                            "%s: label %u at index %u, but %s has %u classes%s", path,
                            (unsigned)labels[i], i, entry->path, entry->n_classes, from);
    return BNN_OK;
}
