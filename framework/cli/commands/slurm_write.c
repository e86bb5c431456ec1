/* slurm_write.c - the scripts of a sweep on a cluster, written, or given other tasks. */
#include "base/file.h"
#include "base/path.h"
#include "cli/commands/slurm.h"
#include "cluster/script.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SCRIPT_LIMIT_BYTES = 1 << 20 };

/* ---- what the scripts are made of -------------------------------------------------------- */

/* A list of paths with colons between them, from the root. */
static const char *absolute_list(const char *list, bnn_arena *arena)
{
    char path[PATH_MAX], absolute[PATH_MAX];
    const char *out = "";
    while (out != NULL && bnn_path_next(&list, path))
        if (bnn_path_absolute(path, absolute))
            out = bnn_arena_printf(arena, "%s%s%s", out, *out != '\0' ? ":" : "", absolute);
    return out;
}

/* What the tasks need of this environment, wherever they are submitted from. */
static int find_exports(bnn_arena *arena, const char *const **out, bnn_error *err)
{
    static const char *const names[] = {"BNNRUN_PLUGIN_PATH",   "BNN_DATA_PATH",
                                        "XDG_CACHE_HOME",       "XDG_DATA_HOME",
                                        "BNNRUN_TRUST_PLUGINS", "BNN_CPU"};
    enum { N_NAMES = sizeof names / sizeof *names, N_PATHS = 4 };
    const char **exports = bnn_arena_alloc(arena, N_NAMES + 1, sizeof *exports);
    size_t n = 0;
    if (exports == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < N_NAMES; i++) {
        const char *value = getenv(names[i]);
        if (value == NULL)
            continue;
        if (i < N_PATHS && (value = absolute_list(value, arena)) == NULL)
            return bnn_no_memory(err);
        if ((exports[n++] = bnn_arena_printf(arena, "%s=%s", names[i], value)) == NULL)
            return bnn_no_memory(err);
    }
    *out = exports;
    return BNN_OK;
}

/* The rest of the command line of `bnnrun run`. Data are looked for here, before, and not by all tasks at once. */
static int find_arguments(const slurm_request *r, const char *const **out, bnn_error *err)
{
    bnn_arena *arena = r->common.options.arena;
    const char **words = bnn_arena_alloc(arena, 2 * r->common.n_overrides + 4, sizeof *words);
    size_t n = 0;
    if (words == NULL)
        return bnn_no_memory(err);
    words[n++] = "--no-download";
    if (r->common.options.plugin_path != NULL) {
        words[n++] = "--plugin-path";
        if ((words[n++] = absolute_list(r->common.options.plugin_path, arena)) == NULL)
            return bnn_no_memory(err);
    }
    for (size_t i = 0; i < r->common.n_overrides; i++) {
        words[n++] = "-s";
        words[n++] = r->common.overrides[i];
    }
    *out = words;
    return BNN_OK;
}

int slurm_join(const slurm_sweep *s, const char *name, char out[PATH_MAX], bnn_error *err)
{
    return bnn_path_join(s->folder, name, out)
               ? BNN_OK
               : bnn_fail(err, BNN_E_RESOURCE, "%s: the path is too long", s->folder);
}

/* The array script of the folder, to be freed; NULL: there is none. */
static char *read_script(const slurm_sweep *s)
{
    char path[PATH_MAX], *text;
    size_t n;
    bnn_error none;
    return slurm_join(s, "array.sh", path, &none) == BNN_OK &&
                   bnn_file_read(path, SCRIPT_LIMIT_BYTES, &text, &n, &none) == BNN_OK
               ? text
               : NULL;
}

static int write_script(const slurm_sweep *s, const bnn_slurm_job *job, const char *name,
                        int (*make)(const bnn_slurm_job *, bnn_arena *, const char **, bnn_error *),
                        bnn_error *err)
{
    char path[PATH_MAX];
    const char *text;
    if (make(job, s->arena, &text, err) != BNN_OK)
        return err->status;
    if (slurm_join(s, name, path, err) != BNN_OK)
        return err->status;
    return bnn_file_write(path, text, strlen(text), err);
}

/* Slurm makes no folder for the output. */
static int make_folders(const slurm_sweep *s, bnn_error *err)
{
    static const char *const names[] = {"shards", "logs"};
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (slurm_join(s, names[i], path, err) != BNN_OK ||
            bnn_file_make_directory(path, err) != BNN_OK)
            return err->status;
    return BNN_OK;
}

/* A script that is there, and may have been edited, gets other tasks, and is else as it was. */
static int retarget_script(const slurm_sweep *s, const bnn_slurm_job *job, const char *before,
                           bnn_error *err)
{
    char path[PATH_MAX];
    const char *text;
    if (slurm_join(s, "array.sh", path, err) != BNN_OK ||
        bnn_slurm_retarget(before, job, s->arena, &text, err) != BNN_OK)
        return err->status;
    return bnn_file_write(path, text, strlen(text), err);
}

static int write_both(const slurm_sweep *s, const bnn_slurm_job *job, bnn_error *err)
{
    const slurm_request *r = s->request;
    const bool says_how = r->n_tasks > 0 || r->time != NULL || r->partition != NULL ||
                          r->limit > 0 || r->others[0] != NULL;
    char merge[PATH_MAX], *before = says_how ? NULL : read_script(s);
    int status = slurm_join(s, "merge.sh", merge, err);
    if (status == BNN_OK)
        status = before != NULL ? retarget_script(s, job, before, err)
                                : write_script(s, job, "array.sh", bnn_slurm_array_script, err);
    if (status == BNN_OK && (before == NULL || access(merge, F_OK) != 0))
        status = write_script(s, job, "merge.sh", bnn_slurm_merge_script, err);
    free(before);
    return status;
}

int slurm_write(const slurm_sweep *s, bnn_error *err)
{
    const slurm_request *r = s->request;
    char bnnrun[PATH_MAX], spec[PATH_MAX];
    bnn_slurm_job job = {
        .experiment = r->common.experiment.name,
        .folder = s->folder,
        .bnnrun = bnnrun,
        .spec = spec,
        .n_tasks = s->n_tasks,
        .due = s->due,
        .limit = r->limit,
        .time = r->time,
        .partition = r->partition,
        .options = r->others,
    };
    if (!bnn_path_follow("/proc/self/exe", bnnrun) || !bnn_path_absolute(r->common.spec, spec))
        return bnn_fail(err, BNN_E_RESOURCE, "%s: the path is too long", r->common.spec);
    int status = find_arguments(r, &job.arguments, err);
    if (status == BNN_OK)
        status = find_exports(s->arena, &job.exports, err);
    if (status == BNN_OK)
        status = make_folders(s, err);
    return status == BNN_OK ? write_both(s, &job, err) : status;
}

uint32_t slurm_read_tasks(const slurm_sweep *s)
{
    char *text = read_script(s);
    const uint32_t n_tasks = text == NULL ? 0 : bnn_slurm_script_tasks(text);
    free(text);
    return n_tasks <= SLURM_TASKS_MAX ? n_tasks : 0;
}
