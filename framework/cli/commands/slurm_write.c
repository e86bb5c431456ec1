/* slurm_write.c - the scripts of a sweep on a cluster, written, or given other tasks. */
#include "base/file.h"
#include "base/path.h"
#include "cli/commands/slurm.h"
#include "cli/notify.h"
#include "cluster/edited.h"
#include "cluster/saved.h"
#include "cluster/script.h"

#include <dirent.h>
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
    enum { N_NAMES = sizeof names / sizeof *names, N_LISTS = 2, N_PATHS = 4 };
    char path[PATH_MAX];
    const char **exports = bnn_arena_alloc(arena, N_NAMES + 1, sizeof *exports);
    size_t n = 0;
    if (exports == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < N_NAMES; i++) {
        const char *value = getenv(names[i]);
        if (value == NULL)
            continue;
        if (i < N_LISTS && (value = absolute_list(value, arena)) == NULL)
            return bnn_no_memory(err);
        if (i >= N_LISTS && i < N_PATHS && bnn_path_absolute(value, path))
            value = path; /* one folder, which may have a colon */
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

/* A script of the folder, to be freed; NULL: there is none. */
static char *read_script(const slurm_sweep *s, const char *name)
{
    char path[PATH_MAX], *text;
    size_t n;
    bnn_error none;
    return slurm_join(s, name, path, &none) == BNN_OK &&
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

/* Likewise the other script, and whether run.notify is run. */
static int write_merge(const slurm_sweep *s, const bnn_slurm_job *job, bool anew, bnn_error *err)
{
    char path[PATH_MAX], *before = anew ? NULL : read_script(s, "merge.sh");
    const char *text = NULL;
    int status = slurm_join(s, "merge.sh", path, err);
    if (status == BNN_OK && before != NULL)
        status = bnn_slurm_notifying(before, s->arena, &text, err);
    const bool is_told = text != NULL && strcmp(text, before) == 0;
    if (status == BNN_OK && !job->notifies && !is_told)
        cli_notify_refuse(&s->request->common);
    if (status == BNN_OK && (before == NULL || (job->notifies && text == NULL)))
        status = write_script(s, job, "merge.sh", bnn_slurm_merge_script, err);
    else if (status == BNN_OK && job->notifies && !is_told)
        status = bnn_file_write(path, text, strlen(text), err);
    free(before);
    return status;
}

static int write_both(const slurm_sweep *s, const bnn_slurm_job *job, bnn_error *err)
{
    const slurm_request *r = s->request;
    const bool says_how = r->n_tasks > 0 || r->time != NULL || r->partition != NULL ||
                          r->limit > 0 || r->others[0] != NULL;
    char *before = says_how ? NULL : read_script(s, "array.sh");
    int status = s->n_due == 0    ? BNN_OK
                 : before != NULL ? retarget_script(s, job, before, err)
                                  : write_script(s, job, "array.sh", bnn_slurm_array_script, err);
    if (status == BNN_OK)
        status = write_merge(s, job, before == NULL && s->n_due > 0, err);
    free(before);
    return status;
}

/* Has both paths in PATH_MAX bytes. */
static int find_job(const slurm_sweep *s, char bnnrun[], char spec[], bnn_slurm_job *job,
                    bnn_error *err)
{
    const slurm_request *r = s->request;
    *job = (bnn_slurm_job){
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
        .notifies = r->common.notify,
    };
    if (!bnn_path_follow("/proc/self/exe", bnnrun) || !bnn_path_absolute(r->common.spec, spec))
        return bnn_fail(err, BNN_E_RESOURCE, "%s: the path is too long", r->common.spec);
    const int status = find_arguments(r, &job->arguments, err);
    return status == BNN_OK ? find_exports(s->arena, &job->exports, err) : status;
}

int slurm_write(const slurm_sweep *s, bnn_error *err)
{
    char bnnrun[PATH_MAX], spec[PATH_MAX];
    bnn_slurm_job job;
    int status = find_job(s, bnnrun, spec, &job, err);
    if (status == BNN_OK)
        status = make_folders(s, err);
    return status == BNN_OK ? write_both(s, &job, err) : status;
}

int slurm_check_script(const slurm_sweep *s, bnn_error *err)
{
    char bnnrun[PATH_MAX], spec[PATH_MAX], *text = read_script(s, "array.sh");
    bnn_slurm_job job;
    int status = text == NULL ? BNN_OK : find_job(s, bnnrun, spec, &job, err);
    if (text != NULL && status == BNN_OK)
        status = bnn_slurm_check(text, &job, s->arena, err);
    free(text);
    return status;
}

/* ---- how many tasks ---------------------------------------------------------------------- */

/* What was saved, by a task of another number than this when there is such a one: its tasks, and its name; else 0. */
static uint32_t find_saved(const slurm_sweep *s, uint32_t but, char out[NAME_MAX + 1])
{
    char path[PATH_MAX];
    bnn_error none;
    const struct dirent *e;
    uint32_t n_tasks = 0;
    DIR *names = slurm_join(s, "shards", path, &none) == BNN_OK ? opendir(path) : NULL;
    while (names != NULL && n_tasks == 0 && (e = readdir(names)) != NULL) {
        const uint32_t n = bnn_slurm_saved_tasks(e->d_name);
        if (n == 0 || n == but)
            continue;
        n_tasks = n;
        memcpy(out, e->d_name, strlen(e->d_name) + 1);
    }
    if (names != NULL)
        closedir(names);
    return n_tasks;
}

int slurm_read_tasks(slurm_sweep *s, bnn_error *err)
{
    static const char *const names[] = {"array.sh", "merge.sh"};
    char saved[NAME_MAX + 1];
    uint32_t n = 0;
    for (size_t i = 0; n == 0 && i < sizeof names / sizeof *names; i++) {
        char *text = read_script(s, names[i]);
        n = text == NULL ? 0 : bnn_slurm_script_tasks(text);
        free(text);
    }
    if (n == 0)
        n = find_saved(s, 0, saved);
    s->n_before = n <= SLURM_TASKS_MAX ? n : 0;
    const uint32_t other = find_saved(s, n, saved);
    return other == 0 ? BNN_OK
                      : bnn_fail(err, BNN_E_USAGE,
                                 "%s has shards/%s of %u tasks, and is a sweep of %u; name another "
                                 "--folder, or put the file away",
                                 s->folder, saved, other, n);
}
