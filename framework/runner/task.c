#include "runner/task.h"

#include <stdio.h>

/* Puts link->begin before the first record. */
typedef struct reporter {
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

void bnn_task_execute(const bnn_task_base *base, const bnn_task *task, const bnn_task_link *link,
                      bnn_outcome *out)
{
    const bnn_config *config = &base->experiment->configs[task->i_config];
    const bool checkpoints = task->checkpoints != BNN_CHECKPOINTS_NONE;
    const bnn_train_job job = {
        .model = &config->model,
        .train = &config->train,
        .data = &base->datasets[config->i_dataset],
        .n_validation = config->data.validation,
        .seed = (uint64_t)task->seed,
        .identity = config->identity,
        .checkpoint_path = checkpoints ? task->checkpoint_path : NULL,
        .checkpoint_epochs = task->checkpoints == BNN_CHECKPOINTS_EPOCH,
        .timeout_seconds = task->timeout_seconds,
        .stop = link->stop,
        .progress = link->progress,
        .record = report,
        .context = &(reporter){.link = link, .resumed_epoch = &out->resumed_epoch},
    };
    bnn_error err = {.message = ""};
    *out = (bnn_outcome){.status = BNN_OK};
    out->status = bnn_train_run(&job, &out->resumed_epoch, &err);
    if (out->status != BNN_OK)
        snprintf(out->message, sizeof out->message, "%s", err.message);
}
