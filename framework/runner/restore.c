#include "runner/restore.h"

#include "base/clock.h"
#include "base/file.h"
#include "db/store_results.h"
#include "runner/artifacts.h"
#include "runner/executor/executor.h"
#include "runner/replay.h"
#include "runner/signals.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    RESTORE_TICK_MS = 200,
    RESTORE_SAME_EVENT_MS = 500, /* as the pool has it */
    RESTORE_FILE_LIMIT_BYTES = 1 << 30,
};

/* A run that is trained again in the executor's slot of the same number. */
typedef struct restore_job {
    bnn_run *run; /* NULL: none */
    bnn_replay replay;
} restore_job;

typedef struct restore {
    bnn_plan *plan;
    const bnn_restore_options *options;
    bnn_restore_summary *summary;
    bnn_store *store;
    bnn_executor *executor;
    bnn_signals signals;
    char folder[BNN_RUN_FOLDER_MAX];
    double hurry;      /* after a signal: from when on the next one does what it always does */
    bool *begun;       /* [plan->n]: runs that were trained again, or are */
    restore_job *jobs; /* [executor->n_slots] */
} restore;

/* ---- a run that has been trained --------------------------------------------------------- */

/* Puts the new file in the place of the one that is missing or damaged. */
static int restore_write(const restore *r, const bnn_run *run, const char *name, bnn_error *err)
{
    char from[PATH_MAX], *bytes;
    size_t n;
    const char *folder = bnn_run_path(r->options->db, run->uid, NULL, r->plan->arena);
    const char *to = bnn_run_path(r->options->db, run->uid, name, r->plan->arena);
    if (folder == NULL || to == NULL)
        return bnn_no_memory(err);
    snprintf(from, sizeof from, "%.*s/%s/%s", BNN_RUN_FOLDER_MAX, r->folder, run->uid, name);
    int status = bnn_file_read(from, RESTORE_FILE_LIMIT_BYTES, &bytes, &n, err);
    if (status != BNN_OK)
        return status;
    status = bnn_file_make_directory(folder, err);
    if (status == BNN_OK)
        status = bnn_file_write(to, bytes, n, err);
    free(bytes);
    return status;
}

/* What the new attempt has made in the place of a file. */
static const bnn_file_record *restore_record(const restore_job *j, const bnn_store_file *file)
{
    return strcmp(file->kind, "model") == 0 ? &j->replay.model : &j->replay.weights;
}

/* Compares what came out with what is recorded; BNN_E_FAILED when it is something else. */
static int restore_compare(const restore *r, const restore_job *j, const bnn_store_file *files,
                           size_t n, bool *same_weights, bnn_error *err)
{
    bnn_replayed replayed;
    const int status = bnn_replay_compare(r->store, j->run->id, &j->replay, &replayed, err);
    if (status != BNN_OK)
        return status;
    if (replayed.n_different > 0)
        return bnn_fail(err, BNN_E_FAILED, "%u of %u metrics are others; %s", replayed.n_different,
                        replayed.n_metrics, replayed.first);
    for (size_t i = 0; i < n; i++) {
        const bnn_file_record *now = restore_record(j, &files[i]);
        const bool same = strcmp(now->sha256, files[i].sha256) == 0;
        *same_weights |= same && now == &j->replay.weights;
        if (!same && now == &j->replay.weights)
            return bnn_fail(err, BNN_E_FAILED, "the metrics are the same, but the weights are not");
    }
    return BNN_OK;
}

/* A model file that is of the same weights says otherwise what it is of: labels change with the sweep
 * that a config is a part of, and so does the version of bnnrun. Then it is recorded anew. */
static int restore_file(const restore *r, const restore_job *j, const bnn_store_file *file,
                        bool same_weights, bnn_error *err)
{
    const bnn_file_record *now = restore_record(j, file);
    const bool same = strcmp(now->sha256, file->sha256) == 0;
    if (bnn_artifacts_look(file) == NULL)
        return BNN_OK;
    if (!same && (!same_weights || now->name[0] == '\0'))
        return bnn_fail(err, BNN_E_FAILED, "the metrics are the same, but the %s is not",
                        file->kind);
    const int status = restore_write(r, j->run, now->name, err);
    return status != BNN_OK || same ? status
                                    : bnn_store_replace_file(r->store, j->run->id, now, err);
}

/* Weights that others need and that were not kept: now they are. */
static int restore_unkept(const restore *r, const restore_job *j, bnn_error *err)
{
    const bnn_config *config = &r->plan->experiment->configs[j->run->i_config];
    if (!config->is_needed || j->run->has_weights)
        return BNN_OK;
    const int status = restore_write(r, j->run, BNN_RUN_WEIGHTS, err);
    return status != BNN_OK ? status
                            : bnn_store_replace_file(r->store, j->run->id, &j->replay.weights, err);
}

/* A run of an older bnnrun, which did not keep them. */
static int restore_predictions(const restore *r, const restore_job *j, bnn_error *err)
{
    const bnn_config *config = &r->plan->experiment->configs[j->run->i_config];
    bnn_store_predictions p;
    return bnn_predictions_gather(&j->replay.predictions, &r->options->datasets[config->i_dataset],
                                  &p)
               ? bnn_store_fill_predictions(r->store, j->run->id, &p, err)
               : BNN_OK;
}

/* In a transaction, in which nobody can remove the run or begin it again. */
static int restore_files(const restore *r, const restore_job *j, bnn_error *err)
{
    const bnn_store_file *files;
    bool same_weights = false;
    size_t n;
    int status =
        bnn_store_list_files(r->store, NULL, j->run->uid, j->replay.arena, &files, &n, err);
    if (status == BNN_OK && n == 0)
        status =
            bnn_fail(err, BNN_E_RESOURCE, "it was removed, or is trained again, in the meantime");
    if (status == BNN_OK)
        status = restore_compare(r, j, files, n, &same_weights, err);
    for (size_t i = 0; status == BNN_OK && i < n; i++)
        status = restore_file(r, j, &files[i], same_weights, err);
    if (status == BNN_OK)
        status = restore_unkept(r, j, err);
    return status == BNN_OK ? restore_predictions(r, j, err) : status;
}

static void restore_end(restore *r, restore_job *j, const bnn_outcome *outcome)
{
    bnn_error err = {.message = ""};
    bnn_restored what = BNN_RESTORED_NOT;
    if (outcome->status == BNN_OK) {
        int status = bnn_store_begin(r->store, &err);
        if (status == BNN_OK)
            status = restore_files(r, j, &err);
        if (status == BNN_OK)
            status = bnn_store_commit(r->store, &err);
        else
            bnn_store_rollback(r->store);
        what = status == BNN_OK         ? BNN_RESTORED_FILES
               : status == BNN_E_FAILED ? BNN_RESTORED_OTHER
                                        : BNN_RESTORED_NOT;
    } else
        snprintf(err.message, sizeof err.message, "%s", outcome->message);
    bnn_replay_clear_folder(r->folder, j->run->uid);
    bnn_arena_destroy(j->replay.arena);
    if (what == BNN_RESTORED_FILES)
        j->run->state = BNN_RUN_DONE;
    if (outcome->status != BNN_E_INTERRUPTED) {
        r->summary->n_of[what]++;
        r->options->ended(r->options->context, j->run, what, err.message);
    }
    j->run = NULL;
}

/* ---- all of them ------------------------------------------------------------------------- */

static bool restore_is_under_way(const restore *r, const bnn_run *run)
{
    for (uint32_t i = 0; i < r->executor->n_slots; i++)
        if (r->jobs[i].run == run)
            return true;
    return false;
}

/* A lost run that needs no lost one any more: it was restored, or cannot be. NULL when there is none. */
static bnn_run *restore_next(const restore *r)
{
    for (size_t i = 0; i < r->plan->n; i++) {
        bnn_run *run = &r->plan->runs[i];
        bool waits = run->state != BNN_RUN_LOST || r->begun[i];
        for (int p = 0; !waits && p < BNN_PURPOSES; p++) {
            const bnn_run *need = bnn_plan_need(r->plan, run, (bnn_purpose)p);
            waits = need != NULL && need->state == BNN_RUN_LOST &&
                    (!r->begun[need - r->plan->runs] || restore_is_under_way(r, need));
        }
        if (!waits)
            return run;
    }
    return NULL;
}

/* What it was trained with. */
static int restore_find_needs(const restore *r, bnn_run *run, bnn_arena *arena, bnn_error *err)
{
    const bnn_store_link *links;
    size_t n;
    const int status = bnn_store_list_links(r->store, NULL, run->uid, arena, &links, &n, err);
    if (status == BNN_OK)
        bnn_replay_take_links(run, links, n);
    return status;
}

/* BNN_OK, too, when there is none. */
static int restore_begin(restore *r, uint32_t slot, bnn_error *err)
{
    restore_job *j = &r->jobs[slot];
    bnn_run *run = restore_next(r);
    if (run == NULL)
        return BNN_OK;
    j->replay = (bnn_replay){.arena = bnn_arena_create(BNN_SMALL_LIMIT_BYTES)};
    if (j->replay.arena == NULL)
        return bnn_no_memory(err);
    const size_t i_dataset = r->plan->experiment->configs[run->i_config].i_dataset;
    bnn_predictions *p = &j->replay.predictions;
    p->n = r->options->datasets[i_dataset].test.n;
    p->classes = bnn_arena_alloc(j->replay.arena, p->n, 1);
    int status = p->classes == NULL ? bnn_no_memory(err) : BNN_OK;
    if (status == BNN_OK)
        status = restore_find_needs(r, run, j->replay.arena, err);
    r->begun[run - r->plan->runs] = true;
    j->run = run;
    const bnn_run_listener listener = {.record = bnn_replay_record, .context = &j->replay};
    if (status == BNN_OK)
        status = r->executor->start(r->executor, slot, j->run, &listener, err);
    if (status != BNN_OK) {
        bnn_arena_destroy(j->replay.arena);
        j->run = NULL;
    }
    return status;
}

static void restore_take_signal(restore *r)
{
    const double now = bnn_clock_seconds(CLOCK_MONOTONIC);
    if (r->summary->signal != 0 && now >= r->hurry)
        bnn_signals_close(&r->signals);
    if (r->executor->at_limit)
        bnn_signals_come(&r->signals, SIGXCPU);
    const int signal = bnn_signals_next(&r->signals);
    if (signal == 0 || r->summary->signal != 0)
        return;
    r->summary->signal = signal;
    r->hurry = now + 1e-3 * RESTORE_SAME_EVENT_MS;
    r->executor->cancel(r->executor);
}

/* Until nothing is under way. *status: the first error, after which nothing is begun. */
static void restore_supervise(restore *r, int *status, bnn_error *err)
{
    bnn_outcome outcome;
    uint32_t slot, n_busy;
    int news;
    for (;;) {
        while ((news = r->executor->poll(r->executor, &slot, &outcome, err)) > 0)
            if (news == BNN_NEWS_END)
                restore_end(r, &r->jobs[slot], &outcome);
        if (news < 0) {
            *status = news;
            return;
        }
        n_busy = 0;
        for (uint32_t i = 0; i < r->executor->n_slots; i++) {
            if (r->jobs[i].run == NULL && *status == BNN_OK && r->summary->signal == 0)
                *status = restore_begin(r, i, err);
            n_busy += r->jobs[i].run != NULL;
        }
        if (n_busy == 0)
            return;
        struct pollfd fds[] = {{.fd = r->executor->fd, .events = POLLIN},
                               {.fd = r->signals.fd, .events = POLLIN}};
        poll(fds, 2, RESTORE_TICK_MS);
        restore_take_signal(r);
    }
}

/* With a folder to train in. */
static int restore_run(restore *r, uint32_t n_slots, bnn_error *err)
{
    bnn_experiment experiment = *r->plan->experiment;
    experiment.run.checkpoints = BNN_CHECKPOINTS_NONE;
    experiment.run.timeout_seconds = 0.0;
    experiment.run.keep = BNN_KEEP_ALL; /* what was recorded is compared */
    experiment.run.measure = 0;
    experiment.telemetry = 0; /* it changes no bit */
    const bnn_run_base base = {.experiment = &experiment,
                               .datasets = r->options->datasets,
                               .folder = r->folder,
                               .needs_folder =
                                   bnn_run_path(r->options->db, NULL, NULL, r->plan->arena)};
    if (base.needs_folder == NULL)
        return bnn_no_memory(err);
    int status = bnn_executor_open(&base, n_slots, &r->executor, err);
    if (status != BNN_OK)
        return status;
    status = bnn_store_open(r->options->db, BNN_STORE_WRITE, &r->store, err);
    if (status == BNN_OK) {
        restore_supervise(r, &status, err);
        bnn_store_close(r->store);
    }
    r->executor->close(r->executor);
    return status;
}

int bnn_restore(bnn_plan *plan, const bnn_restore_options *options, bnn_restore_summary *out,
                bnn_error *err)
{
    const size_t n = plan->n_of[BNN_RUN_LOST];
    const uint32_t n_slots = options->n_jobs < n ? options->n_jobs : (uint32_t)n;
    restore r = {.plan = plan, .options = options, .summary = out};
    *out = (bnn_restore_summary){.signal = 0};
    r.jobs = bnn_arena_alloc(plan->arena, n_slots, sizeof *r.jobs);
    r.begun = bnn_arena_alloc(plan->arena, plan->n, sizeof *r.begun);
    if (r.jobs == NULL || r.begun == NULL)
        return bnn_no_memory(err);
    int status = bnn_replay_make_folder(r.folder, err);
    if (status != BNN_OK)
        return status;
    status = bnn_signals_open(&r.signals, err);
    if (status == BNN_OK) {
        status = restore_run(&r, n_slots, err);
        while (out->signal != 0 && bnn_signals_next(&r.signals) != 0)
            ;
        bnn_signals_close(&r.signals);
    }
    for (uint32_t i = 0; i < n_slots; i++)
        if (r.jobs[i].run != NULL) { /* the executor has lost it */
            bnn_replay_clear_folder(r.folder, r.jobs[i].run->uid);
            bnn_arena_destroy(r.jobs[i].replay.arena);
        }
    rmdir(r.folder);
    if (status == BNN_OK && out->signal != 0)
        status = bnn_fail(err, BNN_E_INTERRUPTED, "interrupted: %s", strsignal(out->signal));
    return status;
}
