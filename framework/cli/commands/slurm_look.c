/* slurm_look.c - where a sweep on a cluster stands: from what its tasks have saved, and from Slurm. */
#include "base/file.h"
#include "base/path.h"
#include "cli/commands/slurm.h"
#include "base/program.h"
#include "cluster/saved.h"
#include "cluster/words.h"
#include "db/store.h"
#include "db/store_results.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { ANSWER_SECONDS = 60, LIST_LIMIT_BYTES = 1 << 20 };

/* ---- what Slurm knows -------------------------------------------------------------------- */

int slurm_ask(const char *const *argv, bnn_arena *arena, const char **out, bnn_error *err)
{
    bnn_program p;
    const int status = bnn_program_run(argv, ANSWER_SECONDS, arena, &p, err);
    if (status != BNN_OK)
        return status;
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

bool slurm_is_unmerged(const slurm_sweep *s)
{
    return s->shards[0].is_saved && !s->shards[0].is_merged;
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
    const int status = bnn_plan_shards(plan, s->n_tasks, tasks, err);
    if (status != BNN_OK)
        return status;
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
            s->shards[task].n_done += counts && found[i].state == BNN_RUN_DONE;
            s->shards[task].n_stale += counts && found[i].state == BNN_RUN_STALE;
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

static int look_at_shard(slurm_sweep *s, uint32_t task, const char *list, const char *scratch,
                         const look_run *runs, bnn_error *err)
{
    struct stat st;
    bool found;
    const char *name = bnn_arena_printf(s->arena, "%uof%u.tar", task, s->n_tasks);
    const char *db = bnn_arena_printf(s->arena, "%uof%u.db", task, s->n_tasks);
    if (name == NULL || db == NULL)
        return bnn_no_memory(err);
    const char *tar = bnn_arena_printf(s->arena, "%s/shards/%s", s->folder, name);
    const char *copy = bnn_arena_printf(s->arena, "%s/%s", scratch, db);
    if (tar == NULL || copy == NULL)
        return bnn_no_memory(err);
    if (stat(tar, &st) != 0)
        return BNN_OK;
    s->shards[task].is_saved = true;
    s->shards[task].is_merged = bnn_slurm_is_merged(list, name, &st);
    int status = bnn_slurm_unpack(tar, db, scratch, &found, err);
    if (status == BNN_OK && found && look_count(s, task, copy, runs, err) != BNN_OK)
        status = bnn_error_prefix(err, "what %s has: ", tar);
    look_clear(scratch);
    return status == BNN_OK ? BNN_OK : bnn_error_prefix(err, "task %u: ", task);
}

/* A folder on a disk of this machine, as databases want it; of TMPDIR only when that is one. */
static char *look_make_scratch(slurm_sweep *s, bnn_error *err)
{
    struct statfs fs;
    const char *tmp = getenv("TMPDIR");
    if (tmp == NULL || *tmp == '\0' || access(tmp, W_OK | X_OK) != 0 || statfs(tmp, &fs) != 0 ||
        bnn_store_remote_file_system((unsigned long)fs.f_type) != NULL)
        tmp = "/tmp";
    char *scratch = bnn_arena_printf(s->arena, "%s/bnnrun.XXXXXX", tmp);
    if (scratch == NULL)
        bnn_no_memory(err);
    else if (mkdtemp(scratch) == NULL) {
        bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot be made; set TMPDIR to a local disk",
                       scratch);
        scratch = NULL;
    }
    return scratch;
}

static void look_add(slurm_shard *sum, const slurm_shard *shard)
{
    sum->n_done += shard->n_done;
    sum->n_stale += shard->n_stale;
    sum->n_failed += shard->n_failed;
    sum->is_saved |= shard->is_saved;
    sum->is_merged &= !shard->is_saved || shard->is_merged;
}

static int look_at_shards(slurm_sweep *s, bnn_error *err)
{
    char path[PATH_MAX], *list = NULL;
    size_t n;
    bnn_error none;
    look_run *runs = NULL;
    s->shards = bnn_arena_alloc(s->arena, (size_t)s->n_tasks + 1, sizeof *s->shards);
    if (s->shards == NULL)
        return bnn_no_memory(err);
    int status = look_share(s, &runs, err);
    if (status == BNN_OK)
        status = slurm_join(s, "merged/shards.txt", path, err);
    if (status != BNN_OK)
        return status;
    const char *scratch = look_make_scratch(s, err);
    if (scratch == NULL)
        return err->status;
    if (bnn_file_read(path, LIST_LIMIT_BYTES, &list, &n, &none) != BNN_OK)
        list = NULL;
    s->shards[0].is_merged = true;
    for (uint32_t i = 1; status == BNN_OK && i <= s->n_tasks; i++) {
        status = look_at_shard(s, i, list != NULL ? list : "", scratch, runs, err);
        look_add(&s->shards[0], &s->shards[i]);
    }
    free(list);
    rmdir(scratch);
    return status;
}

/* ------------------------------------------------------------------------------------------ */

int slurm_look(slurm_sweep *s, bnn_error *err)
{
    int status = look_at_queue(s, err); /* first, since what ends meanwhile has saved before */
    if (status == BNN_OK)
        status = look_at_shards(s, err);
    if (status != BNN_OK)
        return status;
    s->due = bnn_arena_alloc(s->arena, (size_t)s->n_tasks + 1, sizeof *s->due);
    if (s->due == NULL)
        return bnn_no_memory(err);
    s->n_due = 0;
    s->due[0] = !s->queue.tasks[0].active && (slurm_is_unmerged(s) || slurm_is_active(s));
    for (uint32_t i = 1; i <= s->n_tasks; i++) {
        const slurm_shard *shard = &s->shards[i];
        s->due[i] = shard->n_done + shard->n_stale < shard->n && !s->queue.tasks[i].active;
        s->n_due += s->due[i];
    }
    return BNN_OK;
}
