#include "runner/verify.h"

#include "base/file.h"
#include "export/modelfile_encode.h"
#include "infer/modelfile.h"
#include "runner/executor/executor.h"
#include "runner/predictions.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the model file ---------------------------------------------------------------------- */

/* Labels change with the sweep that a config is a part of. */
static const char *verify_spec_of(const bnn_model *model)
{
    const char *spec = bnn_model_metadata(model, "spec");
    return spec != NULL ? spec : "";
}

/* Whether whoever built the model made lines of sums, and codes of what goes on. */
static bool verify_has_lines(const bnn_model *model)
{
    for (uint32_t i = 0; i < model->n_stages; i++)
        if (model->stages[i].lines != NULL || model->stages[i].outputs == BNN_VALUES_CODES)
            return true;
    return false;
}

int bnn_verify_rebuild(const bnn_stored_run *stored, const bnn_reloaded *reloaded, bnn_arena *arena,
                       bool *same, bnn_error *err)
{
    char *bytes = NULL;
    uint8_t *again = NULL;
    bnn_graph *graph;
    bnn_model *was, *model;
    size_t n;
    int status = bnn_graph_create(reloaded->network, arena, &graph, err);
    if (status == BNN_OK)
        status = bnn_file_read(stored->model_path, BNN_MODELFILE_LIMIT_BYTES, &bytes, &n, err);
    if (status == BNN_OK)
        status = bnn_modelfile_decode(bytes, n, stored->model_path, arena, &was, err);
    if (status == BNN_OK)
        status = bnn_finish_build(graph, bnn_model_metadata(was, "tool"), stored->run.uid,
                                  verify_spec_of(was), stored->run.result.test_accuracy,
                                  verify_has_lines(was), arena, &model, err);
    if (status == BNN_OK) {
        model->version = was->version;
        again = bnn_arena_alloc(arena, bnn_modelfile_encode(model, NULL), 1);
    }
    if (status == BNN_OK && again == NULL)
        status = bnn_no_memory(err);
    if (status == BNN_OK)
        *same = bnn_modelfile_encode(model, again) == n && memcmp(bytes, again, n) == 0;
    free(bytes);
    return status;
}

int bnn_verify_undeployed(const bnn_stored_run *stored, const bnn_reloaded *reloaded,
                          bnn_arena *arena, bnn_error *err)
{
    bnn_graph *graph;
    bnn_model *model;
    const int status = bnn_graph_create(reloaded->network, arena, &graph, err);
    return status != BNN_OK
               ? status
               : bnn_finish_build(graph, NULL, stored->run.uid, stored->label,
                                  stored->run.result.test_accuracy, true, arena, &model, err);
}

/* ---- the classes of the test set --------------------------------------------------------- */

static int verify_predict(const bnn_stored_run *stored, const bnn_reloaded *reloaded,
                          const bnn_images *test, bnn_arena *arena, uint8_t **out_classes,
                          bnn_error *err)
{
    bnn_model *model;
    if (stored->model_path == NULL)
        return bnn_predictions_of_network(reloaded->network, test, arena, out_classes, err);
    const int status = bnn_modelfile_read(stored->model_path, arena, &model, err);
    return status != BNN_OK ? status
                            : bnn_predictions_of_model(model, test, arena, out_classes, err);
}

static void verify_compare_classes(const bnn_store_predictions *was, bnn_verified_classes *out)
{
    const bnn_store_predictions *now = &out->now;
    out->recorded = true;
    out->same_images =
        was->n == now->n && memcmp(was->true_classes, now->true_classes, now->n) == 0;
    for (size_t i = 0; out->same_images && i < now->n; i++)
        out->n_different += was->classes[i] != now->classes[i];
}

int bnn_verify_classes(bnn_store *store, const bnn_stored_run *stored, const bnn_reloaded *reloaded,
                       const bnn_dataset *data, bnn_arena *arena, bnn_verified_classes *out,
                       bnn_error *err)
{
    const bnn_store_predicted *recorded;
    const bnn_images *test = &data->test;
    uint8_t *classes;
    size_t n, n_right = 0;
    int status = verify_predict(stored, reloaded, test, arena, &classes, err);
    if (status != BNN_OK)
        return status;
    *out = (bnn_verified_classes){.right = false};
    const bnn_predictions made = {.n = test->n, .n_known = test->n, .classes = classes};
    for (size_t i = 0; i < test->n; i++)
        n_right += classes[i] == test->labels[i];
    out->right = bnn_predictions_gather(&made, data, &out->now) &&
                 (double)n_right / (double)test->n == stored->run.result.test_accuracy;
    status = bnn_store_list_predictions(store, NULL, stored->run.uid, arena, &recorded, &n, err);
    if (status == BNN_E_RESOURCE) {
        out->damage = *err;
        return BNN_OK;
    }
    if (status == BNN_OK && n > 0)
        verify_compare_classes(&recorded[0].images, out);
    return status;
}

/* ---- training again ---------------------------------------------------------------------- */

/* In a process of its own where a sweep would have one, too. */
static int verify_execute(const bnn_run_base *base, const bnn_run *run,
                          const bnn_run_listener *listener, bnn_outcome *out, bnn_error *err)
{
    enum { LOOK_MS = 100 };
    bnn_executor *executor;
    uint32_t slot;
    if (!bnn_executor_isolates(base->experiment)) {
        bnn_run_execute(base, run, listener, NULL, NULL, out);
        return BNN_OK;
    }
    int news = bnn_executor_open(base, 1, &executor, err);
    if (news != BNN_OK)
        return news;
    news = executor->start(executor, 0, run, listener, err);
    while (news >= 0 && (news = executor->poll(executor, &slot, out, err)) != BNN_NEWS_END)
        if (news == BNN_NEWS_NONE)
            poll(&(struct pollfd){.fd = executor->fd, .events = POLLIN}, 1, LOOK_MS);
    executor->close(executor);
    return news < 0 ? news : BNN_OK;
}

/* Without checkpoints and without a timeout. */
static int verify_train(const char *needs_folder, const bnn_run *stored,
                        const char *experiment_name, bnn_config configs[2], const bnn_dataset *data,
                        bnn_replay *seen, bnn_error *err)
{
    bnn_experiment experiment = {
        .name = experiment_name,
        .configs = configs,
        .n_configs = 2,
        .run = {.checkpoints = BNN_CHECKPOINTS_NONE},
    };
    char folder[BNN_RUN_FOLDER_MAX];
    bnn_run run = *stored;
    bnn_outcome outcome;
    int status = bnn_replay_make_folder(folder, err);
    if (status != BNN_OK)
        return status;
    run.i_config = 0;
    const bnn_run_base base = {.experiment = &experiment,
                               .datasets = data,
                               .folder = folder,
                               .needs_folder = needs_folder};
    const bnn_run_listener listener = {.record = bnn_replay_record, .context = seen};
    status = verify_execute(&base, &run, &listener, &outcome, err);
    bnn_replay_clear_folder(folder, run.uid);
    rmdir(folder);
    if (status == BNN_OK && outcome.status != BNN_OK)
        return bnn_fail(err, (bnn_status)outcome.status, "run %s: training again: %s", run.uid,
                        outcome.message);
    return status;
}

int bnn_verify_retrain(bnn_store *store, const char *db, const bnn_stored_run *stored,
                       const bnn_reloaded *reloaded, const bnn_config *teacher,
                       const bnn_dataset *data, bnn_arena *arena, bnn_retrained *out,
                       bnn_error *err)
{
    bnn_replay seen = {.arena = arena};
    bnn_config configs[2] = {*reloaded->config};
    bnn_run run = stored->run;
    const bnn_store_link *links;
    size_t n;
    const char *needs_folder = bnn_run_path(db, NULL, NULL, arena);
    if (teacher != NULL)
        configs[1] = *teacher;
    configs[0].needs[BNN_PURPOSE_TEACHER].i_config = 1;
    int status = bnn_store_list_links(store, NULL, run.uid, arena, &links, &n, err);
    if (status == BNN_OK && needs_folder == NULL)
        status = bnn_no_memory(err);
    if (status != BNN_OK)
        return status;
    bnn_replay_take_links(&run, links, n);
    status = verify_train(needs_folder, &run, stored->experiment, configs, data, &seen, err);
    if (status == BNN_OK)
        status = bnn_replay_compare(store, stored->run.id, &seen, &out->replayed, err);
    if (status == BNN_OK)
        out->same_weights = stored->weights_sha256 == NULL ||
                            strcmp(stored->weights_sha256, seen.weights.sha256) == 0;
    return status;
}
