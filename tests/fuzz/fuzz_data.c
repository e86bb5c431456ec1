/* fuzz_data.c - hostile files in every format of data sets, raw and gzip-compressed: each read alone,
 * then all as the files of a set. The input is the files, with SEPARATOR between them; the first
 * follows the last where a set has more. */
#include "tests/fuzz/fuzz.h"

#include "base/size.h"
#include "data/formats/format.h"
#include "data/formats/idx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char separator[] = "\n--next file--\n";

typedef struct piece {
    const uint8_t *bytes;
    size_t n;
} piece;

static size_t cut(const uint8_t *bytes, size_t n, piece out[BNN_DATA_FILES_MAX])
{
    size_t n_pieces = 0;
    for (const uint8_t *at = bytes; n_pieces < BNN_DATA_FILES_MAX;) {
        const size_t left = n - (size_t)(at - bytes);
        const uint8_t *end = memmem(at, left, separator, sizeof separator - 1);
        out[n_pieces++] = (piece){at, end == NULL ? left : (size_t)(end - at)};
        if (end == NULL)
            break;
        at = end + sizeof separator - 1;
    }
    return n_pieces;
}

/* Every byte is read, under the sanitizer's eyes. */
static void touch(const uint8_t *bytes, size_t n)
{
    unsigned sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += bytes[i];
    volatile unsigned sink = sum;
    (void)sink;
}

static void check_refusal(int status, const bnn_error *err)
{
    if (status >= 0 || err->status != status || err->message[0] == '\0')
        abort();
}

/* What a successful read promises. */
static void check_array(const bnn_array *array)
{
    size_t product = 1;
    for (uint32_t i = 0; i < BNN_ARRAY_DIMS_MAX; i++)
        product *= array->dims[i];
    if (array->n_dims < 1 || array->n_dims > BNN_ARRAY_DIMS_MAX || product != array->n_bytes ||
        product == 0 || product > BNN_ARRAY_LIMIT_BYTES)
        abort();
    touch(array->data, array->n_bytes);
}

/* What is said of a file before it is read: what its name in a catalogue pins, and whether it looks like IDX. */
static void check_looks(const char *path, const bnn_array *array, const bnn_content *content)
{
    static const char nothing[BNN_SHA256_HEX] =
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    bnn_catalogue_file file = {.name = "file", .gz_sha256 = nothing};
    bnn_content_pin pin;
    uint8_t type = 0, n_dims = 0;
    bnn_error err;
    const bool looks = bnn_idx_peek(path, &type, &n_dims, &err) == BNN_OK && type != 0;
    if (array != NULL && (!looks || n_dims != array->n_dims))
        abort();
    if (content != NULL &&
        bnn_content_is_pinned(content, &file, &pin) != (strcmp(pin.found, nothing) == 0))
        abort();
}

/* The piece as a file, which is read alone, too. */
static bool read_piece(piece p, bnn_content *out)
{
    bnn_error err;
    bnn_array array;
    char path[40];
    const int fd = memfd_create("file", MFD_CLOEXEC);
    if (fd < 0 || write(fd, p.bytes, p.n) != (ssize_t)p.n)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int status = bnn_idx_read(path, &array, &err);
    if (status == BNN_OK) {
        check_array(&array);
        check_looks(path, &array, NULL);
        free(array.data);
    } else {
        check_refusal(status, &err);
    }
    status = bnn_content_read(path, BNN_CONTENT_LIMIT_BYTES, out, &err);
    if (status != BNN_OK)
        check_refusal(status, &err);
    else if ((out->bytes = realloc(out->bytes, out->n_bytes + 1)) == NULL) /* nothing behind it */
        abort();
    else
        check_looks(path, NULL, out);
    close(fd);
    out->path = "file";
    return status == BNN_OK;
}

/* What a set promises: an image of the entry's shape for each label, which is one of its classes. */
static void check_images(const bnn_catalogue_entry *entry, const bnn_images images[2])
{
    for (int i = 0; i < 2; i++) {
        touch(images[i].pixels, images[i].n * bnn_shape_values(entry->shape));
        for (uint32_t k = 0; k < images[i].n; k++)
            if (images[i].labels[k] >= entry->n_classes)
                abort();
    }
}

static void try_set(const bnn_format *format, const piece *pieces, size_t n_pieces)
{
    bnn_catalogue_entry entry = {
        .path = "entry", .format = format, .shape = {3, 2, 2}, .n_classes = 3};
    bnn_content files[BNN_DATA_FILES_MAX] = {{.path = NULL}};
    bnn_images images[2] = {{.n = 0}};
    bool read = true;
    bnn_error err;
    for (size_t role = 0; role < format->n_roles; role++)
        for (int i = 0; i < (format->roles[role].may_be_list ? 2 : 1); i++)
            entry.files[entry.n_files++] = (bnn_catalogue_file){.name = "file", .role = role};
    for (size_t i = 0; read && i < entry.n_files; i++)
        read = read_piece(pieces[i % n_pieces], &files[i]);
    if (read) {
        bnn_images *const parts[2] = {&images[0], &images[1]};
        const int status = format->assemble(&entry, files, parts, &err);
        if (status == BNN_OK)
            check_images(&entry, images);
        else
            check_refusal(status, &err);
    }
    for (size_t i = 0; i < entry.n_files; i++)
        free(files[i].bytes);
    for (int i = 0; i < 2; i++)
        free(images[i].memory);
}

FUZZ_TARGET(data)
{
    piece pieces[BNN_DATA_FILES_MAX];
    const size_t n_pieces = cut(bytes, n, pieces);
    const bnn_format *format;
    for (size_t i = 0; (format = bnn_format_at(i)) != NULL; i++)
        if (format->n_roles > 0)
            try_set(format, pieces, n_pieces);
    return 0;
}
