/* images.c - what the contenders get to classify. */
#include "bench/lineup.h"

#include "data/formats/idx.h"
#include "data/formats/synthetic.h"
#include "data/sources/directory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* labels: one for each image; NULL: there are none, or none are wanted. */
static int images_keep(bench_lineup *lineup, const uint8_t *images, size_t n_bytes,
                       const uint8_t *labels, bnn_error *err)
{
    const size_t n_image = bnn_shape_values(lineup->model->input);
    if (lineup->whole && n_bytes / n_image > lineup->record.n_images)
        lineup->record.n_images = (uint32_t)(n_bytes / n_image);
    const size_t n = lineup->record.n_images * n_image;
    uint8_t *copy = bnn_arena_alloc(lineup->arena, n, 1);
    if (copy == NULL)
        return bnn_no_memory(err);
    for (size_t done = 0; done < n;) {
        const size_t part = n_bytes < n - done ? n_bytes : n - done;
        memcpy(copy + done, images, part);
        done += part;
    }
    lineup->images = copy;
    if (labels == NULL)
        return BNN_OK;
    lineup->labels = bnn_arena_copy(lineup->arena, labels, n_bytes / n_image, 1);
    lineup->n_labels = (uint32_t)(n_bytes / n_image);
    return lineup->labels == NULL ? bnn_no_memory(err) : BNN_OK;
}

int bench_images_draw(bench_lineup *lineup, bnn_error *err)
{
    const size_t n_bytes = (size_t)BNN_SYNTHETIC_TEST * BNN_SYNTHETIC_PIXELS;
    uint8_t *pixels = bnn_arena_alloc(lineup->arena, n_bytes, 1);
    uint8_t labels[BNN_SYNTHETIC_TEST];
    if (pixels == NULL)
        return bnn_no_memory(err);
    bnn_synthetic_draw(BNN_SYNTHETIC_TEST_PART, BNN_SYNTHETIC_TEST, pixels, labels);
    lineup->record.images = "synthetic";
    return images_keep(lineup, pixels, n_bytes, NULL, err);
}

/* The labels that lie beside n images in a directory; *out: NULL when there are none, else freed by the caller. */
static int images_read_labels(const char *directory, size_t n, uint8_t **out, bnn_error *err)
{
    static const bnn_catalogue_file file = {.name = "t10k-labels-idx1-ubyte"};
    char path[PATH_MAX];
    bnn_array idx;
    *out = NULL;
    if (!bnn_directory_file(&bnn_format_idx, directory, &file, path))
        return BNN_OK;
    int status = bnn_idx_read(path, &idx, err);
    if (status != BNN_OK)
        return status;
    if (idx.n_dims != 1 || idx.n_bytes != n) {
        status = bnn_fail(err, BNN_E_RESOURCE, "%s: %zu labels, and there are %zu images", path,
                          idx.n_bytes, n);
        free(idx.data);
        return status;
    }
    *out = idx.data;
    return BNN_OK;
}

int bench_images_read(bench_lineup *lineup, const char *data, bnn_error *err)
{
    static const bnn_catalogue_file file = {.name = "t10k-images-idx3-ubyte"};
    char path[PATH_MAX];
    struct stat st;
    const char *directory = NULL;
    uint8_t *labels = NULL;
    if (stat(data, &st) == 0 && S_ISDIR(st.st_mode)) {
        directory = data;
        if (!bnn_directory_file(&bnn_format_idx, data, &file, path))
            return bnn_fail(err, BNN_E_RESOURCE, "%s: has no %s; name an IDX file of images", data,
                            file.name);
        data = path;
    }
    bnn_array idx;
    int status = bnn_idx_read(data, &idx, err);
    if (status != BNN_OK)
        return status;
    const bnn_shape shape = lineup->model->input;
    if (idx.n_dims < 2 || idx.n_bytes / idx.dims[0] != bnn_shape_values(lineup->model->input))
        status = bnn_fail(err, BNN_E_RESOURCE,
                          "%s: images of %zu bytes, the model takes %ux%ux%u; name other images "
                          "with --data",
                          data, idx.n_bytes / idx.dims[0], shape.c, shape.h, shape.w);
    if (status == BNN_OK && lineup->whole && directory != NULL)
        status = images_read_labels(directory, idx.dims[0], &labels, err);
    if (status == BNN_OK)
        status = images_keep(lineup, idx.data, idx.n_bytes, labels, err);
    free(idx.data);
    free(labels);
    if (status == BNN_OK && (lineup->record.images = bnn_arena_strdup(lineup->arena, data)) == NULL)
        status = bnn_no_memory(err);
    return status;
}

int bench_images_open(bench_lineup *lineup, const bnn_data_options *options,
                      const bnn_data_search *search, bnn_error *err)
{
    bnn_dataset dataset = {.owner = NULL};
    int status = bnn_dataset_open(options, search, &dataset, err);
    if (status != BNN_OK)
        return bnn_error_prefix(err, "the images of run %s: ", lineup->record.run_uid);
    const bnn_shape a = dataset.shape, b = lineup->model->input;
    if (a.c != b.c || a.h != b.h || a.w != b.w)
        status = bnn_fail(err, BNN_E_RESOURCE,
                          "%s has images of %ux%ux%u, the model of run %s takes %ux%ux%u; name "
                          "other images with --data",
                          options->name, a.c, a.h, a.w, lineup->record.run_uid, b.c, b.h, b.w);
    else
        status = images_keep(lineup, dataset.test.pixels,
                             dataset.test.n * bnn_shape_values(lineup->model->input),
                             lineup->whole ? dataset.test.labels : NULL, err);
    lineup->record.images = options->name;
    bnn_dataset_close(&dataset);
    return status;
}
