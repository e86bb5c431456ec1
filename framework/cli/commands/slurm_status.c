/* slurm_status.c - where a sweep on a cluster stands, said. */
#include "base/text.h"
#include "cli/commands/slurm.h"
#include "cli/table.h"
#include "cluster/words.h"

#include <string.h>

static size_t status_left(const slurm_shard *shard)
{
    return shard->n - shard->n_done - shard->n_stale - shard->n_failed;
}

static void status_row(cli_table *table, const slurm_sweep *s, uint32_t i)
{
    const slurm_shard *shard = &s->shards[i];
    const bnn_slurm_task *task = &s->queue.tasks[i];
    cli_table_cellf(table, "%u", i);
    cli_table_cellf(table, "%zu", shard->n);
    cli_table_cellf(table, "%zu", shard->n_done);
    cli_table_cellf(table, "%zu", shard->n_stale);
    cli_table_cellf(table, "%zu", shard->n_failed);
    cli_table_cellf(table, "%zu", status_left(shard));
    if (task->job == 0)
        cli_table_cell(table, NULL);
    else
        cli_table_cellf(table, "%llu_%u", (unsigned long long)task->job, i);
    cli_table_cell(table, task->job == 0 ? NULL : task->state);
    cli_table_cell(table, task->note[0] == '\0' ? NULL : task->note);
    cli_table_cell(table, s->unanswered != NULL     ? NULL
                          : s->due[i]               ? "again"
                          : bnn_slurm_is_held(task) ? "held"
                                                    : NULL);
}

/* "3 RUNNING", of the tasks that are active, or of the others. */
static size_t status_count(const slurm_sweep *s, bool active)
{
    size_t n = 0;
    for (uint32_t i = 1; i <= s->n_tasks; i++)
        n += s->queue.tasks[i].active == active && s->shards[i].n > 0;
    return n;
}

static void status_say_merge(const slurm_sweep *s)
{
    const bnn_slurm_task *merge = &s->queue.tasks[0];
    const unsigned long long job = merge->job;
    if (merge->active)
        printf("merge: job %llu, %s %s\n", job, merge->state, merge->note);
    else if (slurm_is_unmerged(s))
        puts("merge: something that was saved is not merged; --submit merges it");
    if (!merge->active && slurm_is_unmerged(s) && job != 0 &&
        strcmp(merge->state, "COMPLETED") != 0)
        printf("merge: job %llu ended as %s; logs/merge_%llu.out tells why\n", job, merge->state,
               job);
    if (!merge->active && !slurm_is_unmerged(s) && s->shards[0].is_saved)
        printf("merge: %s/merged/bnnrun.db has all that was saved\n", s->folder);
}

/* Nothing of these goes on by itself, nor what comes behind them. */
static void status_say_held(const slurm_sweep *s)
{
    size_t n = 0;
    for (uint32_t i = 0; i <= s->n_tasks; i++) {
        const bnn_slurm_task *task = &s->queue.tasks[i];
        if (!bnn_slurm_is_held(task))
            continue;
        printf("%s %llu", n++ == 0 ? "held, until somebody releases them: scontrol release" : "",
               (unsigned long long)task->job);
        if (i > 0)
            printf("_%u", i);
    }
    if (n > 0)
        putchar('\n');
}

static void status_say_next(const slurm_sweep *s, const char *tasks)
{
    const slurm_shard *sum = &s->shards[0];
    if (s->unanswered != NULL)
        puts("submitting again: not before squeue answers");
    else if (s->n_due > 0)
        printf("submitting again does %u task%s: %s\n", s->n_due, bnn_plural(s->n_due), tasks);
    else if (s->due[0])
        puts(slurm_is_unmerged(s) ? "submitting again merges"
                                  : "submitting again adds the merge, which is not in the queue");
    else
        puts(sum->n_done + sum->n_stale == sum->n
                 ? "submitting again does nothing: all is done"
                 : "submitting again does nothing: the rest is in the queue");
}

static int status_say_sum(const slurm_sweep *s, bnn_error *err)
{
    const slurm_shard *sum = &s->shards[0];
    const char *tasks = bnn_slurm_tasks_text(s->due, s->n_tasks, 0, s->arena);
    if (tasks == NULL)
        return bnn_no_memory(err);
    printf("%zu runs: %zu done, %zu failed, %zu left, as far as saved; ", sum->n, sum->n_done,
           sum->n_failed, status_left(sum));
    if (s->unanswered != NULL)
        puts("what is in the queue is not known");
    else
        printf("%zu of %u tasks in the queue\n", status_count(s, true), s->n_tasks);
    if (sum->n_stale > 0)
        printf("and %zu stale: done with something that is another now; merge, and see `bnnrun run "
               "--retrain`\n",
               sum->n_stale);
    status_say_merge(s);
    status_say_held(s);
    status_say_next(s, tasks);
    return BNN_OK;
}

int slurm_print_status(const slurm_sweep *s, bnn_error *err)
{
    const cli_options *options = &s->request->common.options;
    if (s->unanswered != NULL)
        fprintf(stderr, "bnnrun: %s; what waits or runs is not known\n", s->unanswered);
    else if (s->unaccounted != NULL && !options->quiet)
        fprintf(stderr,
                "bnnrun: %s; of tasks that have left the queue, only what they saved is known\n",
                s->unaccounted);
    if (!options->quiet || options->json || options->csv) {
        cli_table *table = cli_table_create(
            "#task|#runs|#done|#stale|#failed|#left|job|state|node or reason|next");
        for (uint32_t i = 1; i <= s->n_tasks; i++)
            if (s->shards[i].n > 0)
                status_row(table, s, i);
        const int status = cli_table_end(table, options, err);
        if (status != BNN_OK || options->json || options->csv)
            return status;
        putchar('\n');
    }
    return status_say_sum(s, err);
}
