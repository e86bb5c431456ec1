#include "runner/run.h"

#include "base/file.h"
#include "base/path.h"
#include "runner/finish.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What an earlier attempt has left is no result of this one, and what it had not written to its end is
 * nothing at all. Nobody else works here. */
static void run_forget_files(const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *e;
    while (folder != NULL && (e = readdir(folder)) != NULL)
        if (bnn_run_is_half_file(e->d_name) || strcmp(e->d_name, BNN_RUN_MODEL) == 0 ||
            strcmp(e->d_name, BNN_RUN_WEIGHTS) == 0 || strcmp(e->d_name, BNN_RUN_LOG) == 0)
            unlinkat(dirfd(folder), e->d_name, 0);
    if (folder != NULL)
        closedir(folder);
}

/* What a link would lead to is not the run's to write. The names of the folders are made durable, also those that
 * are there: a process that was killed may have made them, and had no time for that. */
static int run_make_folder(const char *all, const char *folder, bnn_error *err)
{
    struct stat st;
    const int status = bnn_file_make_directory(folder, err);
    if (status == BNN_OK &&
        !(bnn_file_sync_directory_of(all) && bnn_file_sync_directory_of(folder)))
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: its folder cannot be synced", folder);
    if (status == BNN_OK && lstat(folder, &st) == 0 && S_ISLNK(st.st_mode))
        return bnn_fail(err, BNN_E_RESOURCE, "%s is a link, and the folder of a run is none",
                        folder);
    return status;
}

/* An attempt under way. */
typedef struct run_attempt {
    const bnn_run_base *base;
    const bnn_run *run;
    const char *folder;
    const bnn_run_listener *listener;
    double train_seconds; /* of its epochs */
} run_attempt;

static void run_report(void *context, const bnn_record *record)
{
    run_attempt *a = context;
    if (record->kind == BNN_RECORD_METRIC && strcmp(record->metric.name, "seconds") == 0)
        a->train_seconds += record->metric.value;
    a->listener->record(a->listener->context, record);
}

static int run_finish(void *context, bnn_network *network, double test_accuracy, bnn_error *err)
{
    const run_attempt *a = context;
    const bnn_experiment *experiment = a->base->experiment;
    const bnn_config *config = &experiment->configs[a->run->i_config];
    const bnn_run_options *options = &experiment->run;
    const bnn_finish_request request = {
        .folder = a->folder,
        .uid = a->run->uid,
        .experiment = experiment->name,
        .label = config->label,
        .test_accuracy = test_accuracy,
        .data = &a->base->datasets[config->i_dataset],
        .keeps_weights = options->keep == BNN_KEEP_ALL || config->is_needed,
        .measure_seconds = options->measure ? bnn_finish_measure_seconds(a->train_seconds) : 0,
        .record = a->listener->record,
        .context = a->listener->context};
    return bnn_finish(&request, network, err);
}

bnn_train_job bnn_run_train_job(const bnn_experiment *experiment, const bnn_config *config,
                                int64_t seed, const bnn_dataset *data)
{
    const bnn_need *teacher = &config->needs[BNN_PURPOSE_TEACHER];
    return (bnn_train_job){
        .model = &config->model,
        .train = &config->train,
        .data = data,
        .n_validation = config->data.validation,
        .seed = (uint64_t)seed,
        .identity = config->identity,
        .teacher = teacher->hash != NULL ? &experiment->configs[teacher->i_config].model : NULL};
}

/* The weights of the runs that are needed, which have to be what was claimed. */
static int run_find_needs(const run_attempt *a, char paths[BNN_PURPOSES][PATH_MAX],
                          bnn_train_job *job, bnn_error *err)
{
    const bnn_config *config = &a->base->experiment->configs[a->run->i_config];
    int status = BNN_OK;
    for (int p = 0; status == BNN_OK && p < BNN_PURPOSES; p++) {
        const bnn_run_need *need = &a->run->needs[p];
        char sha256[BNN_SHA256_HEX];
        if (config->needs[p].hash == NULL)
            continue;
        snprintf(paths[p], PATH_MAX, "%.*s/%s/" BNN_RUN_WEIGHTS, BNN_RUN_FOLDER_MAX,
                 a->base->needs_folder, need->uid);
        *(p == BNN_PURPOSE_START ? &job->start : &job->teacher_weights) = paths[p];
        status = bnn_file_sha256(paths[p], sha256, err);
        if (status == BNN_OK && strcmp(sha256, need->sha256) != 0)
            status =
                bnn_fail(err, BNN_E_RESOURCE, "%s has changed since it was recorded", paths[p]);
        if (status != BNN_OK)
            bnn_error_prefix(err, "its %s, run %s: ", bnn_purpose_name((bnn_purpose)p), need->uid);
    }
    return status;
}

void bnn_run_execute(const bnn_run_base *base, const bnn_run *run, const bnn_run_listener *listener,
                     const atomic_int *stop, bnn_train_progress *progress, bnn_outcome *out)
{
    const bnn_run_options *options = &base->experiment->run;
    const bnn_config *config = &base->experiment->configs[run->i_config];
    char folder[PATH_MAX], checkpoint[PATH_MAX], needs[BNN_PURPOSES][PATH_MAX];
    char strangers[BNN_STRANGERS];
    snprintf(folder, sizeof folder, "%.*s/%s", BNN_RUN_FOLDER_MAX, base->folder, run->uid);
    snprintf(checkpoint, sizeof checkpoint, "%.*s/%s/" BNN_RUN_CHECKPOINT, BNN_RUN_FOLDER_MAX,
             base->folder, run->uid);
    run_attempt attempt = {.base = base, .run = run, .folder = folder, .listener = listener};
    bnn_train_job job =
        bnn_run_train_job(base->experiment, config, run->seed, &base->datasets[config->i_dataset]);
    if (options->checkpoints != BNN_CHECKPOINTS_NONE)
        job.checkpoint_path = checkpoint;
    job.checkpoint_epochs = options->checkpoints == BNN_CHECKPOINTS_EPOCH;
    job.timeout_seconds = options->timeout_seconds;
    if (bnn_plugin_set_has_strangers(&config->plugins))
        job.strangers = bnn_plugin_set_name_strangers(&config->plugins, strangers);
    job.telemetry = base->experiment->telemetry;
    job.stop = stop;
    job.progress = progress;
    job.record = run_report;
    job.trained = run_finish;
    job.context = &attempt;
    bnn_error err = {.message = ""};
    *out = (bnn_outcome){.status = BNN_OK};
    /* A folder that cannot be is better known before the training than after it. */
    out->status = run_make_folder(base->folder, folder, &err);
    if (out->status == BNN_OK)
        run_forget_files(folder);
    if (out->status == BNN_OK)
        out->status = run_find_needs(&attempt, needs, &job, &err);
    if (out->status == BNN_OK)
        out->status = bnn_train_run(&job, &err);
    if (out->status == BNN_OK)
        return;
    out->reason = err.reason;
    snprintf(out->message, sizeof out->message, "%s", err.message);
}
