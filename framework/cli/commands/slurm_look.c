/* slurm_look.c - where a sweep on a cluster stands: from what its tasks have saved, and from Slurm. */
#include "base/path.h"
#include "cli/commands/slurm.h"
#include "cli/program.h"
#include "cluster/saved.h"
#include "cluster/script.h"
#include "db/store_results.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ANSWER_SECONDS = 60 };

/* ---- what Slurm knows -------------------------------------------------------------------- */

int slurm_ask(const char *const *argv, bnn_arena *arena, const char **out, bnn_error *err)
{
    cli_program p;
    if (cli_program_run(argv, ANSWER_SECONDS, arena, &p, err) != BNN_OK)
        return err->status;
    if (!p.started)
        return bnn_fail(err, BNN_E_RESOURCE, "there is no %s here", argv[0]);
    if (!p.ended)
        return bnn_fail(err, BNN_E_RESOURCE, "%s does not come to an end in %d seconds", argv[0],
                        ANSWER_SECONDS);
    if (p.status != 0)
        return bnn_fail(err, BNN_E_RESOURCE, "%s fails: %s", argv[0],
                        *p.said != '\0' ? p.said : "it does not say why");
    *out = p.out;
    return BNN_OK;
}

/* Asks about the jobs of the sweep. NULL, and *out, or why there is no answer. */
static const char *look_ask(slurm_sweep *s, const char *program, const char *whose,
                            const char *const *options, const char **out)
{
    enum { WORDS = 16 };
    const char *argv[WORDS];
    size_t n = 0;
    bnn_error err;
    argv[n++] = program;
    if (whose != NULL)
        argv[n++] = whose;
    argv[n++] =
        bnn_arena_printf(s->arena, "--name=%s,%s", s->queue.array_name, s->queue.merge_name);
    if (argv[n - 1] == NULL)
        return "out of memory";
    while (*options != NULL && n + 1 < WORDS)
        argv[n++] = *options++;
    argv[n] = NULL;
    if (slurm_ask(argv, s->arena, out, &err) == BNN_OK)
        return NULL;
    const char *why = bnn_arena_strdup(s->arena, err.message);
    return why != NULL ? why : "out of memory";
}

static int look_at_queue(slurm_sweep *s, bnn_error *err)
{
    const char *name = s->request->common.experiment.name, *queue, *account;
    s->queue = (bnn_slurm_sweep){
        .array_name = bnn_slurm_array_name(name, s->arena),
        .merge_name = bnn_slurm_merge_name(name, s->arena),
        .folder = s->folder,
        .n_tasks = s->n_tasks,
        .tasks = bnn_arena_alloc(s->arena, (size_t)s->n_tasks + 1, sizeof(bnn_slurm_task)),
    };
    if (s->queue.array_name == NULL || s->queue.merge_name == NULL || s->queue.tasks == NULL)
        return bnn_no_memory(err);
    s->unanswered = look_ask(s, "squeue", "--me", bnn_squeue_options, &queue);
    if (s->unanswered != NULL)
        return BNN_OK;
    s->unaccounted = look_ask(s, "sacct", NULL, bnn_sacct_options, &account);
    if (s->unaccounted == NULL)
        bnn_slurm_read_sacct(&s->queue, account);
    bnn_slurm_read_squeue(&s->queue, queue);
    return BNN_OK;
}

bool slurm_is_active(const slurm_sweep *s)
{
    for (uint32_t i = 1; i <= s->n_tasks; i++)
        if (s->queue.tasks[i].active)
            return true;
    return false;
}

/* ---- what tasks have saved --------------------------------------------------------------- */

/* A run by what a database knows it by, and the task that has it. */
typedef struct look_run {
    const char *hash;
    int64_t seed;
    uint32_t task;
} look_run;

static int look_compare(const void *a, const void *b)
{
    const look_run *x = a, *y = b;
    const int order = strcmp(x->hash, y->hash);
    return order != 0 ? order : (x->seed > y->seed) - (x->seed < y->seed);
}

/* *out: [plan.n], sorted. */
static int look_share(slurm_sweep *s, look_run **out, bnn_error *err)
{
    const bnn_plan *plan = &s->plan;
    uint32_t *tasks = bnn_arena_alloc(s->arena, plan->n, sizeof *tasks);
    look_run *runs = bnn_arena_alloc(s->arena, plan->n, sizeof *runs);
    if (tasks == NULL || runs == NULL)
        return bnn_no_memory(err);
    if (bnn_plan_shards(plan, s->n_tasks, tasks, err) != BNN_OK)
        return err->status;
    for (size_t i = 0; i < plan->n; i++) {
        const bnn_run *run = &plan->runs[i];
        runs[i] = (look_run){plan->experiment->configs[run->i_config].hash, run->seed, tasks[i]};
        s->shards[tasks[i]].n++;
        s->shards[0].n++;
    }
    qsort(runs, plan->n, sizeof *runs, look_compare);
    *out = runs;
    return BNN_OK;
}

static int look_count(slurm_sweep *s, uint32_t task, const char *db, const look_run *runs,
                      bnn_error *err)
{
    bnn_store *store;
    const bnn_store_run *found;
    size_t n;
    bnn_arena *arena = bnn_arena_create(BNN_SPEC_LIMIT_BYTES);
    if (arena == NULL)
        return bnn_no_memory(err);
    int status = bnn_store_open(db, BNN_STORE_WRITE, &store, err); /* a copy, brought up to date */
    if (status == BNN_OK) {
        status = bnn_store_list_runs(store, s->plan.experiment->name, arena, &found, &n, err);
        for (size_t i = 0; status == BNN_OK && i < n; i++) {
            const look_run key = {.hash = found[i].config_hash, .seed = found[i].seed};
            const look_run *run = bsearch(&key, runs, s->plan.n, sizeof *runs, look_compare);
            const bool counts = run != NULL && run->task == task;
            const bool done = found[i].state == BNN_RUN_DONE || found[i].state == BNN_RUN_STALE;
            s->shards[task].n_done += counts && done;
            s->shards[task].n_failed += counts && found[i].state == BNN_RUN_FAILED;
        }
        bnn_store_close(store);
    }
    bnn_arena_destroy(arena);
    return status;
}

static void look_clear(const char *folder)
{
    char path[PATH_MAX];
    DIR *names = opendir(folder);
    const struct dirent *e;
    while (names != NULL && (e = readdir(names)) != NULL)
        if (bnn_path_join(folder, e->d_name, path))
            unlink(path);
    if (names != NULL)
        closedir(names);
}

static int look_at_shard(slurm_sweep *s, uint32_t task, const char *scratch, const look_run *runs,
                         bnn_error *err)
{
    struct stat st;
    bool found;
    const char *name = bnn_arena_printf(s->arena, "%uof%u.db", task, s->n_tasks);
    const char *tar =
        bnn_arena_printf(s->arena, "%s/shards/%uof%u.tar", s->folder, task, s->n_tasks);
    const char *db = bnn_arena_printf(s->arena, "%s/%s", scratch, name != NULL ? name : "");
    if (name == NULL || tar == NULL || db == NULL)
        return bnn_no_memory(err);
    if (stat(tar, &st) != 0)
        return BNN_OK;
    s->shards[task].is_saved = true;
    s->shards[task].saved_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    int status = bnn_slurm_unpack(tar, name, scratch, &found, err);
    if (status == BNN_OK && found)
        status = look_count(s, task, db, runs, err);
    look_clear(scratch);
    return status == BNN_OK
               ? BNN_OK
               : bnn_error_prefix(err, "task %u (delete %s to do its runs anew): ", task, tar);
}

static int look_at_shards(slurm_sweep *s, bnn_error *err)
{
    const char *tmp = getenv("TMPDIR");
    char *scratch =
        bnn_arena_printf(s->arena, "%s/bnnrun.XXXXXX", tmp != NULL && *tmp != '\0' ? tmp : "/tmp");
    look_run *runs = NULL;
    s->shards = bnn_arena_alloc(s->arena, (size_t)s->n_tasks + 1, sizeof *s->shards);
    if (s->shards == NULL || scratch == NULL)
        return bnn_no_memory(err);
    int status = look_share(s, &runs, err);
    if (status != BNN_OK)
        return status;
    if (mkdtemp(scratch) == NULL)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot be made", scratch);
    for (uint32_t i = 1; status == BNN_OK && i <= s->n_tasks; i++) {
        status = look_at_shard(s, i, scratch, runs, err);
        s->shards[0].n_done += s->shards[i].n_done;
        s->shards[0].n_failed += s->shards[i].n_failed;
        s->shards[0].is_saved |= s->shards[i].is_saved;
        if (s->shards[0].saved_ns < s->shards[i].saved_ns)
            s->shards[0].saved_ns = s->shards[i].saved_ns;
    }
    rmdir(scratch);
    return status;
}

/* ------------------------------------------------------------------------------------------ */

/* What was saved since the last merge. A folder's time is that of the last merge into it. */
static bool look_is_merge_due(const slurm_sweep *s)
{
    struct stat st;
    const char *merged = bnn_arena_printf(s->arena, "%s/merged", s->folder);
    if (!s->shards[0].is_saved || merged == NULL || s->queue.tasks[0].active)
        return false;
    return stat(merged, &st) != 0 ||
           (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec < s->shards[0].saved_ns;
}

int slurm_look(slurm_sweep *s, bnn_error *err)
{
    int status = look_at_shards(s, err);
    if (status == BNN_OK)
        status = look_at_queue(s, err);
    if (status != BNN_OK)
        return status;
    s->due = bnn_arena_alloc(s->arena, (size_t)s->n_tasks + 1, sizeof *s->due);
    if (s->due == NULL)
        return bnn_no_memory(err);
    s->n_due = 0;
    s->due[0] = look_is_merge_due(s);
    for (uint32_t i = 1; i <= s->n_tasks; i++) {
        s->due[i] = s->shards[i].n_done < s->shards[i].n && !s->queue.tasks[i].active;
        s->n_due += s->due[i];
    }
    return BNN_OK;
}
