#include "cli/bench_operand.h"

#include "cli/operand.h"
#include "db/store_results.h"
#include "infer/modelfile_decode.h"
#include "runner/reload.h"

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
    const bnn_data_search search = {.catalogue = cli_catalogue_path(stored.spec_path)};
    const bnn_data_options of_run = {.name = stored.dataset_name, .path = stored.dataset_source};
    status = data != NULL ? bench_subject_read_images(subject, data, arena, err)
                          : bench_subject_open_images(subject, &of_run, &search, arena, err);
    return status != BNN_OK ? status : find_twin(subject, store, arena, err);
}

int cli_bench_open(const char *operand, const char *data, uint32_t n_images,
                   const cli_options *options, bnn_arena *arena, bench_subject *out, bnn_error *err)
{
    *out = (bench_subject){.n_images = n_images};
    if (cli_is_model_file(operand))
        return bench_subject_open_file(out, operand, data, arena, err);
    bnn_store *store;
    int status = cli_store_open(options, &store, err);
    if (status != BNN_OK)
        return status;
    status = open_run(out, operand, data, arena, store, err);
    bnn_store_close(store);
    return status;
}
