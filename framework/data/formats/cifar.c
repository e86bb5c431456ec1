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

static size_t cifar_record_bytes(const bnn_catalogue_entry *entry)
{
    return bnn_size_sum(1, bnn_format_image_bytes(entry));
}

static int cifar_read(bnn_content *content, bnn_array *array, bnn_error *err)
{
    const int status =
        bnn_content_read_all(content, BNN_ARRAY_LIMIT_BYTES, &array->data, &array->n_bytes, err);
    array->n_dims = 1;
    for (int i = 0; i < BNN_ARRAY_DIMS_MAX; i++)
        array->dims[i] = i == 0 ? (uint32_t)array->n_bytes : 1;
    return status;
}

/* Memory for all images of a part. */
static int cifar_begin_part(const bnn_catalogue_entry *entry, const bnn_data_file *files,
                            size_t role, bnn_data_part *part, bnn_error *err)
{
    const bnn_shape s = entry->shape;
    const size_t record = cifar_record_bytes(entry);
    size_t n = 0;
    for (size_t i = 0; i < entry->n_files; i++) {
        const size_t n_bytes = entry->files[i].role == role ? files[i].array.n_bytes : 0;
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
    part->pixels = malloc(bnn_size_product(n, record - 1));
    part->labels = malloc(n);
    return part->pixels != NULL && part->labels != NULL ? BNN_OK : bnn_no_memory(err);
}

/* The file's memory is freed at once: no set is held twice. */
static int cifar_add_file(const bnn_catalogue_entry *entry, bnn_data_file *file,
                          bnn_data_part *part, bnn_error *err)
{
    const size_t record = cifar_record_bytes(entry), n_pixels = record - 1;
    const uint32_t n = (uint32_t)(file->array.n_bytes / record);
    uint8_t *labels = part->labels + part->n, *pixels = part->pixels + part->n * n_pixels;
    for (size_t i = 0; i < n; i++) {
        labels[i] = file->array.data[i * record];
        memcpy(pixels + i * n_pixels, file->array.data + i * record + 1, n_pixels);
    }
    part->n += n;
    free(file->array.data);
    file->array.data = NULL;
    return bnn_format_check_labels(entry, file->path, labels, n, err);
}

static int cifar_assemble(const bnn_catalogue_entry *entry, bnn_data_file *files,
                          bnn_data_part parts[2], bnn_error *err)
{
    int status = BNN_OK;
    for (size_t role = 0; status == BNN_OK && role < 2; role++)
        status = cifar_begin_part(entry, files, role, &parts[role], err);
    for (size_t i = 0; status == BNN_OK && i < entry->n_files; i++)
        status = cifar_add_file(entry, &files[i], &parts[entry->files[i].role], err);
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
    .read = cifar_read,
    .assemble = cifar_assemble,
};
