/* cifar.c - the binary format of CIFAR-10: records of a label and the pixels of an image.
 *
 * A record is one byte for the label and the image's planes, red, green and blue, each row by row:
 * [c][h][w], as everywhere here. A file is nothing but records; the training images of CIFAR-10 are
 * five files, data_batch_1.bin to data_batch_5.bin, those for testing one, test_batch.bin. Images of
 * other shapes are laid out alike.
 * Source: Krizhevsky, https://www.cs.toronto.edu/~kriz/cifar.html. */
#include "data/formats/format.h"

#include "base/size.h"

#include <stdlib.h>
#include <string.h>

/* Memory for all images of a part. */
static int cifar_begin_part(const bnn_catalogue_entry *entry, const bnn_content *files, size_t role,
                            bnn_images *part, bnn_error *err)
{
    const bnn_shape s = entry->shape;
    const size_t record = 1 + bnn_shape_values(s);
    size_t n = 0;
    for (size_t i = 0; i < entry->n_files; i++) {
        const size_t n_bytes = files[i].n_bytes;
        if (entry->files[i].role != role)
            continue;
        if (n_bytes == 0)
            return bnn_fail(err, BNN_E_RESOURCE, "%s: empty", files[i].path);
        if (n_bytes % record != 0)
            return bnn_fail(err, BNN_E_RESOURCE,
                            "%s: %zu bytes are no whole number of records of %zu: a label and an "
                            "image of %ux%ux%u, as %s says",
                            files[i].path, n_bytes, record, s.c, s.h, s.w, entry->path);
        n += n_bytes / record;
    }
    if (n > INT32_MAX)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: %zu images are more than %d", entry->path, n,
                        INT32_MAX);
    part->n = (uint32_t)n;
    part->memory = malloc(n * record);
    part->pixels = part->memory;
    part->labels = part->memory + n * (record - 1);
    return part->memory != NULL ? BNN_OK : bnn_no_memory(err);
}

/* Adds the images of a file behind the *at that the part has. */
static int cifar_add_file(const bnn_catalogue_entry *entry, bnn_content *file, bnn_images *part,
                          uint32_t *at, bnn_error *err)
{
    const size_t n_pixels = bnn_shape_values(entry->shape), record = 1 + n_pixels;
    const uint32_t n = (uint32_t)(file->n_bytes / record);
    uint8_t *pixels = part->memory + *at * n_pixels,
            *labels = part->memory + part->n * n_pixels + *at;
    for (size_t i = 0; i < n; i++) {
        labels[i] = file->bytes[i * record];
        memcpy(pixels + i * n_pixels, file->bytes + i * record + 1, n_pixels);
    }
    *at += n;
    free(file->bytes);
    file->bytes = NULL;
    return bnn_format_check_labels(entry, file->path, labels, n, err);
}

static int cifar_assemble(const bnn_catalogue_entry *entry, bnn_content *files,
                          bnn_images *const parts[2], bnn_error *err)
{
    int status = BNN_OK;
    uint32_t at[2] = {0};
    for (size_t role = 0; status == BNN_OK && role < 2; role++)
        status = cifar_begin_part(entry, files, role, parts[role], err);
    for (size_t i = 0; status == BNN_OK && i < entry->n_files; i++) {
        const size_t role = entry->files[i].role;
        status = cifar_add_file(entry, &files[i], parts[role], &at[role], err);
    }
    return status;
}

static const bnn_format_role cifar_roles[] = {
    {.key = "train", .may_be_list = true},
    {.key = "test", .may_be_list = true},
};

const bnn_format bnn_format_cifar = {
    .name = "cifar",
    .roles = cifar_roles,
    .n_roles = sizeof cifar_roles / sizeof *cifar_roles,
    .assemble = cifar_assemble,
};
