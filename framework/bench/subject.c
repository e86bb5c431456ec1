#include "bench/subject.h"

#include "data/formats/idx.h"
#include "data/formats/synthetic.h"
#include "data/sources/directory.h"
#include "infer/modelfile.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static size_t subject_image_bytes(const bench_subject *subject)
{
    return bnn_shape_values(subject->model->input);
}

/* ---- Images ---------------------------------------------------------------------------------- */

/* Keeps subject->n_images of these, from the first again when they are fewer. */
static int subject_keep_images(bench_subject *subject, const uint8_t *images, size_t n_bytes,
                               bnn_error *err)
{
    const size_t n = subject->n_images * subject_image_bytes(subject);
    uint8_t *copy = bnn_arena_alloc(subject->arena, n, 1);
    if (copy == NULL)
        return bnn_no_memory(err);
    for (size_t done = 0; done < n;) {
        const size_t part = n_bytes < n - done ? n_bytes : n - done;
        memcpy(copy + done, images, part);
        done += part;
    }
    subject->images = copy;
    return BNN_OK;
}

/* Digits; of images of another shape they are the bytes. */
static int subject_draw_images(bench_subject *subject, bnn_error *err)
{
    uint8_t *pixels = malloc((size_t)BNN_SYNTHETIC_TEST * BNN_SYNTHETIC_PIXELS);
    uint8_t labels[BNN_SYNTHETIC_TEST];
    if (pixels == NULL)
        return bnn_no_memory(err);
    bnn_synthetic_draw(BNN_SYNTHETIC_TEST_PART, BNN_SYNTHETIC_TEST, pixels, labels);
    const int status = subject_keep_images(subject, pixels,
                                           (size_t)BNN_SYNTHETIC_TEST * BNN_SYNTHETIC_PIXELS, err);
    free(pixels);
    subject->images_name = "synthetic";
    return status;
}

int bench_subject_read_images(bench_subject *subject, const char *data, bnn_error *err)
{
    static const char name[] = "t10k-images-idx3-ubyte";
    char path[PATH_MAX];
    struct stat st;
    if (stat(data, &st) == 0 && S_ISDIR(st.st_mode)) {
        if (!bnn_directory_file(&bnn_format_idx, data, name, path))
            return bnn_fail(err, BNN_E_RESOURCE, "%s: has no %s; name an IDX file of images", data,
                            name);
        data = path;
    }
    bnn_array idx;
    int status = bnn_idx_read(data, &idx, err);
    if (status != BNN_OK)
        return status;
    const bnn_shape shape = subject->model->input;
    if (idx.n_dims < 2 || idx.n_bytes / idx.dims[0] != subject_image_bytes(subject))
        status = bnn_fail(err, BNN_E_RESOURCE,
                          "%s: images of %zu bytes, the model takes %ux%ux%u; name other images "
                          "with --data",
                          data, idx.n_bytes / idx.dims[0], shape.c, shape.h, shape.w);
    if (status == BNN_OK)
        status = subject_keep_images(subject, idx.data, idx.n_bytes, err);
    free(idx.data);
    if (status == BNN_OK && (subject->images_name = bnn_arena_strdup(subject->arena, data)) == NULL)
        status = bnn_no_memory(err);
    return status;
}

int bench_subject_open_images(bench_subject *subject, const bnn_data_options *options,
                              const bnn_data_search *search, bnn_error *err)
{
    bnn_dataset dataset = {.owner = NULL};
    int status = bnn_dataset_open(options, search, &dataset, err);
    if (status != BNN_OK)
        return bnn_error_prefix(err, "the images of run %s: ", subject->run_uid);
    const bnn_shape a = dataset.shape, b = subject->model->input;
    if (a.c != b.c || a.h != b.h || a.w != b.w)
        status = bnn_fail(err, BNN_E_RESOURCE,
                          "%s has images of %ux%ux%u, the model of run %s takes %ux%ux%u; name "
                          "other images with --data",
                          options->name, a.c, a.h, a.w, subject->run_uid, b.c, b.h, b.w);
    else
        status = subject_keep_images(subject, dataset.test.pixels,
                                     dataset.test.n * subject_image_bytes(subject), err);
    subject->images_name = options->name;
    bnn_dataset_close(&dataset);
    return status;
}

/* ---- A model file ---------------------------------------------------------------------------- */

int bench_subject_open_file(bench_subject *subject, const char *path, const char *data,
                            bnn_error *err)
{
    bnn_model *model;
    subject->path = path;
    int status = bnn_modelfile_read(path, subject->arena, &model, err);
    if (status == BNN_OK)
        status = bnn_file_sha256(path, subject->sha256, err);
    if (status != BNN_OK)
        return status;
    subject->model = model;
    return data != NULL ? bench_subject_read_images(subject, data, err)
                        : subject_draw_images(subject, err);
}
