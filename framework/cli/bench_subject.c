#include "cli/bench_subject.h"

#include "cli/operand.h"
#include "data/formats/idx.h"
#include "data/sources/directory.h"
#include "data/formats/synthetic.h"
#include "db/store_results.h"
#include "infer/modelfile_decode.h"
#include "runner/reload.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static size_t image_bytes(const bench_subject *subject)
{
    return bnn_shape_values(subject->model->input);
}

/* ---- Images ---------------------------------------------------------------------------------- */

/* Keeps subject->n_images of these, from the first again when they are fewer. */
static int keep_images(bench_subject *subject, const uint8_t *images, size_t n_bytes,
                       bnn_arena *arena, bnn_error *err)
{
    const size_t n = subject->n_images * image_bytes(subject);
    uint8_t *copy = bnn_arena_alloc(arena, n, 1);
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
static int draw_images(bench_subject *subject, bnn_arena *arena, bnn_error *err)
{
    uint8_t *pixels = malloc((size_t)BNN_SYNTHETIC_TEST * BNN_SYNTHETIC_PIXELS);
    uint8_t labels[BNN_SYNTHETIC_TEST];
    if (pixels == NULL)
        return bnn_no_memory(err);
    bnn_synthetic_draw(BNN_SYNTHETIC_TEST_PART, BNN_SYNTHETIC_TEST, pixels, labels);
    const int status =
        keep_images(subject, pixels, (size_t)BNN_SYNTHETIC_TEST * BNN_SYNTHETIC_PIXELS, arena, err);
    free(pixels);
    subject->images_name = "synthetic";
    return status;
}

static int read_images(bench_subject *subject, const char *data, bnn_arena *arena, bnn_error *err)
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
    if (idx.n_dims < 2 || idx.n_bytes / idx.dims[0] != image_bytes(subject))
        status = bnn_fail(err, BNN_E_RESOURCE,
                          "%s: images of %zu bytes, the model takes %ux%ux%u; name other images "
                          "with --data",
                          data, idx.n_bytes / idx.dims[0], shape.c, shape.h, shape.w);
    if (status == BNN_OK)
        status = keep_images(subject, idx.data, idx.n_bytes, arena, err);
    free(idx.data);
    if (status == BNN_OK && (subject->images_name = bnn_arena_strdup(arena, data)) == NULL)
        status = bnn_no_memory(err);
    return status;
}

/* The test images of the data set that the run was evaluated on. */
static int open_images(bench_subject *subject, const bnn_stored_run *stored, bnn_arena *arena,
                       bnn_error *err)
{
    const bnn_data_search search = {.catalogue = cli_catalogue_path(stored->spec_path)};
    const bnn_data_options options = {.name = stored->dataset_name, .path = stored->dataset_source};
    bnn_dataset dataset = {.owner = NULL};
    int status = bnn_dataset_open(&options, &search, &dataset, err);
    if (status != BNN_OK)
        return bnn_error_prefix(err, "the images of run %s: ", stored->run.uid);
    const bnn_shape a = dataset.shape, b = subject->model->input;
    if (a.c != b.c || a.h != b.h || a.w != b.w)
        status = bnn_fail(err, BNN_E_RESOURCE,
                          "%s has images of %ux%ux%u, the model of run %s takes %ux%ux%u; name "
                          "other images with --data",
                          stored->dataset_name, a.c, a.h, a.w, stored->run.uid, b.c, b.h, b.w);
    else
        status = keep_images(subject, dataset.test.pixels, dataset.test.n * image_bytes(subject),
                             arena, err);
    subject->images_name = stored->dataset_name;
    bnn_dataset_close(&dataset);
    return status;
}

/* ---- Models ---------------------------------------------------------------------------------- */

static int open_file(bench_subject *subject, const char *path, const char *data, bnn_arena *arena,
                     bnn_error *err)
{
    bnn_model *model;
    subject->path = path;
    int status = bnn_modelfile_read(path, arena, &model, err);
    if (status == BNN_OK)
        status = bnn_file_sha256(path, subject->sha256, err);
    if (status != BNN_OK)
        return status;
    subject->model = model;
    return data != NULL ? read_images(subject, data, arena, err) : draw_images(subject, arena, err);
}

static const char *run_text(const bnn_stored_run *stored, bnn_arena *arena)
{
    return bnn_arena_printf(arena, "%s, %s, seed %lld", stored->experiment, stored->label,
                            (long long)stored->run.seed);
}

/* The model of a run, after a look at whether it is the one that was recorded. */
static int read_run_model(const bnn_stored_run *stored, bnn_arena *arena, bnn_model **out,
                          bnn_error *err)
{
    if (stored->model_path == NULL)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "run %s has no model file: its network cannot be deployed, or an older "
                        "bnnrun made it; `bnnrun plan` says why a network cannot be",
                        stored->run.uid);
    const int status = bnn_reload_check_file(stored->model_path, stored->model_sha256, err);
    return status != BNN_OK ? status : bnn_modelfile_read(stored->model_path, arena, out, err);
}

/* The run with full precision to compare with, if it has a model for the same images. */
static int find_twin(bench_subject *subject, bnn_store *store, bnn_arena *arena, bnn_error *err)
{
    const char *uid;
    bnn_stored_run stored;
    bnn_model *model;
    int status = bnn_store_find_twin(store, subject->run_uid, arena, &uid, err);
    if (status == BNN_OK && uid != NULL)
        status = bnn_store_find_run(store, uid, arena, &stored, err);
    if (status != BNN_OK || uid == NULL || stored.model_path == NULL)
        return status;
    status = read_run_model(&stored, arena, &model, err);
    if (status != BNN_OK)
        return bnn_error_prefix(err, "the full-precision twin: ");
    const bnn_shape a = model->input, b = subject->model->input;
    bool is_float = a.c == b.c && a.h == b.h && a.w == b.w;
    for (uint32_t i = 0; i < model->n_stages; i++)
        is_float &= !model->stages[i].binary_weights;
    if (!is_float)
        return BNN_OK;
    subject->twin = model;
    subject->twin_uid = uid;
    subject->twin_text = run_text(&stored, arena);
    return BNN_OK;
}

static int open_run(bench_subject *subject, const char *wanted, const char *data, bnn_arena *arena,
                    bnn_store *store, bnn_error *err)
{
    bnn_stored_run stored;
    bnn_model *model;
    const char *uid;
    int status = cli_find_run(store, wanted, arena, &uid, err);
    if (status == BNN_OK)
        status = bnn_store_find_run(store, uid, arena, &stored, err);
    if (status == BNN_OK)
        status = read_run_model(&stored, arena, &model, err);
    if (status != BNN_OK)
        return status;
    subject->path = stored.model_path;
    snprintf(subject->sha256, sizeof subject->sha256, "%s", stored.model_sha256);
    subject->model = model;
    subject->run_uid = uid;
    subject->run_text = run_text(&stored, arena);
    if (subject->run_text == NULL)
        return bnn_no_memory(err);
    status = data != NULL ? read_images(subject, data, arena, err)
                          : open_images(subject, &stored, arena, err);
    return status != BNN_OK ? status : find_twin(subject, store, arena, err);
}

int bench_subject_open(const char *operand, const char *data, uint32_t n_images,
                       const cli_options *options, bnn_arena *arena, bench_subject *out,
                       bnn_error *err)
{
    *out = (bench_subject){.n_images = n_images};
    if (cli_is_model_file(operand))
        return open_file(out, operand, data, arena, err);
    bnn_store *store;
    int status = cli_store_open(options, &store, err);
    if (status != BNN_OK)
        return status;
    status = open_run(out, operand, data, arena, store, err);
    bnn_store_close(store);
    return status;
}
