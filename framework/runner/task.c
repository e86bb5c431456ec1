#include "runner/task.h"

#include "base/file.h"
#include "base/run.h"
#include "runner/finish.h"

#include <stdio.h>
#include <stdlib.h>

/* Puts link->begin before the first record, and the files behind the last. */
typedef struct reporter {
    const bnn_task_base *base;
    const bnn_task *task;
    const bnn_task_link *link;
    const uint32_t *resumed_epoch;
    bool begun;
} reporter;

static void report(void *context, const bnn_record *record)
{
    reporter *r = context;
    if (!r->begun)
        r->link->begin(r->link->context, *r->resumed_epoch);
    r->begun = true;
    r->link->record(r->link->context, record);
}

static int deliver(void *context, bnn_network *network, double test_accuracy, bnn_error *err)
{
    const reporter *r = context;
    const bnn_experiment *experiment = r->base->experiment;
    const bnn_config *config = &experiment->configs[r->task->i_config];
    char *spec;
    if (asprintf(&spec, "%s: %s", experiment->name, config->label) < 0)
        return bnn_no_memory(err);
    const bnn_finish_request request = {.folder = r->task->folder,
                                        .uid = r->task->uid,
                                        .spec = spec,
                                        .test_accuracy = test_accuracy,
                                        .data = &r->base->datasets[config->i_dataset],
                                        .record = report,
                                        .context = context};
    const int status = bnn_finish(&request, network, err);
    free(spec);
    return status;
}

void bnn_task_execute(const bnn_task_base *base, const bnn_task *task, const bnn_task_link *link,
                      bnn_outcome *out)
{
    const bnn_config *config = &base->experiment->configs[task->i_config];
    char checkpoint[PATH_MAX];
    snprintf(checkpoint, sizeof checkpoint, "%s/" BNN_RUN_CHECKPOINT, task->folder);
    const bool checkpoints = task->checkpoints != BNN_CHECKPOINTS_NONE;
    const bnn_train_job job = {
        .model = &config->model,
        .train = &config->train,
        .data = &base->datasets[config->i_dataset],
        .n_validation = config->data.validation,
        .seed = (uint64_t)task->seed,
        .identity = config->identity,
        .checkpoint_path = checkpoints ? checkpoint : NULL,
        .checkpoint_epochs = task->checkpoints == BNN_CHECKPOINTS_EPOCH,
        .timeout_seconds = task->timeout_seconds,
        .stop = link->stop,
        .progress = link->progress,
        .record = report,
        .trained = deliver,
        .context =
            &(reporter){
                .base = base, .task = task, .link = link, .resumed_epoch = &out->resumed_epoch},
    };
    bnn_error err = {.message = ""};
    *out = (bnn_outcome){.status = BNN_OK};
    /* A folder that cannot be is better known before the training than after it. */
    out->status = bnn_file_make_directory(task->folder, &err);
    if (out->status == BNN_OK)
        out->status = bnn_train_run(&job, &out->resumed_epoch, &err);
    if (out->status != BNN_OK)
        snprintf(out->message, sizeof out->message, "%s", err.message);
}
