/* slurm.c - bnnrun slurm SPEC: a sweep as an array job of Slurm, written, submitted, and looked at. */
#include "cli/commands/slurm.h"

#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "cluster/words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TASKS_MAX = SLURM_TASKS_MAX, TASKS_DEFAULT = 10 };

/* ---- the command line -------------------------------------------------------------------- */

/* What the scripts say themselves, also shortened, as in "-a3" and "--job-n=x". */
static bool is_own_option(const char *option)
{
    static const char *const own[] = {"--array", "--chdir",    "--job-name",
                                      "--wrap",  "--parsable", "--wait"};
    const size_t n = strcspn(option, "=");
    if (option[0] == '-' && option[1] != '\0' && strchr("aJDW", option[1]) != NULL)
        return true;
    for (size_t k = 0; k < sizeof own / sizeof *own; k++)
        if (n > 3 && strncmp(option, own[k], n) == 0)
            return true;
    return false;
}

/* What stands behind --, for sbatch. */
static int take_others(slurm_request *r, bnn_error *err)
{
    cli_options *o = &r->common.options;
    if (o->n_operands < 2) {
        static const char *const none[] = {NULL};
        r->others = none;
        return BNN_OK;
    }
    const size_t n = (size_t)o->n_operands - 1;
    const char **others = bnn_arena_alloc(o->arena, n + 1, sizeof *others);
    if (others == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < n; i++)
        others[i] = o->operands[i + 1];
    if (others[0][0] != '-')
        return cli_usage(err, &cli_command_slurm,
                         "one spec at a time, and \"%s\" is another argument; options of sbatch "
                         "come behind --",
                         others[0]);
    for (size_t i = 0; i < n; i++)
        if (is_own_option(others[i]))
            return cli_usage(err, &cli_command_slurm,
                             "%s is what the scripts say themselves, and not for sbatch",
                             others[i]);
    o->n_operands = 1;
    r->others = others;
    return BNN_OK;
}

static int slurm_check_request(slurm_request *r, bnn_error *err)
{
    const uint64_t seconds = r->time == NULL ? 0 : bnn_slurm_seconds(r->time);
    if (r->common.options.names_db)
        return cli_usage(err, &cli_command_slurm,
                         "--db is of no use: the database is FOLDER/merged/bnnrun.db");
    if (r->submits && r->asks)
        return cli_usage(err, &cli_command_slurm, "--submit or --status, not both");
    if (r->time != NULL && seconds == 0)
        return cli_usage(err, &cli_command_slurm,
                         "--time takes minutes, H:MM:SS or DAYS-HOURS, not \"%s\"", r->time);
    if (r->time != NULL && seconds < BNN_SLURM_LEAST_SECONDS)
        return cli_usage(err, &cli_command_slurm,
                         "--time %s leaves no time to train: two to three minutes before the end "
                         "a task stops to save; 5 minutes are the least",
                         r->time);
    return BNN_OK;
}

/* ---- submitting -------------------------------------------------------------------------- */

/* The indices of an array have a limit of the site. Where that is not told, sbatch says it. */
static int check_size(const slurm_sweep *s, bnn_error *err)
{
    static const char *const ask[] = {"scontrol", "show", "config", NULL};
    const char *config;
    const uint32_t most =
        slurm_ask(ask, s->arena, &config, err) == BNN_OK ? bnn_slurm_max_array(config) : 0;
    if (most == 0 || s->n_tasks < most)
        return BNN_OK;
    return bnn_fail(
        err, BNN_E_USAGE,
        "%u tasks are too many here: Slurm's MaxArraySize is %u, so --tasks %u is the most",
        s->n_tasks, most, most - 1);
}

/* By the name and the folder it is found again, whatever the environment or an edited script says of them. */
static int slurm_submit(const slurm_sweep *s, const char *script, const char *dependency,
                        uint64_t *job, bnn_error *err)
{
    char path[PATH_MAX];
    const char *name = dependency == NULL ? s->queue.array_name : s->queue.merge_name;
    const char *argv[] = {"sbatch",
                          "--parsable",
                          bnn_arena_printf(s->arena, "--job-name=%s", name),
                          bnn_arena_printf(s->arena, "--chdir=%s", s->folder),
                          dependency == NULL ? path : dependency,
                          dependency == NULL ? NULL : path,
                          NULL};
    const char *out;
    if (argv[2] == NULL || argv[3] == NULL)
        return bnn_no_memory(err);
    if (slurm_join(s, script, path, err) != BNN_OK)
        return err->status;
    unsetenv("SBATCH_ARRAY_INX"); /* would overrule the script */
    if (slurm_ask(argv, s->arena, &out, err) != BNN_OK)
        return err->status;
    *job = bnn_slurm_submitted(out);
    return *job != 0 ? BNN_OK
                     : bnn_fail(err, BNN_E_RESOURCE, "sbatch has not said the number of the job");
}

/* Behind all tasks that are under way, and never two at once. */
static int submit_merge(const slurm_sweep *s, uint64_t array, uint64_t *merge, bnn_error *err)
{
    size_t n;
    const uint64_t *active = bnn_slurm_active(&s->queue, s->arena, &n);
    const char *dependency = "--dependency=singleton";
    for (size_t i = 0; active != NULL && dependency != NULL && i <= n; i++) {
        const uint64_t job = i < n ? active[i] : array;
        if (job > 0)
            dependency =
                bnn_arena_printf(s->arena, "%s,afterany:%llu", dependency, (unsigned long long)job);
    }
    return active == NULL || dependency == NULL
               ? bnn_no_memory(err)
               : slurm_submit(s, "merge.sh", dependency, merge, err);
}

static int submit_all(const slurm_sweep *s, bnn_error *err)
{
    const cli_options *options = &s->request->common.options;
    uint64_t array = 0, merge = 0;
    int status = check_size(s, err);
    if (status == BNN_OK && s->n_due > 0)
        status = slurm_submit(s, "array.sh", NULL, &array, err);
    if (status == BNN_OK)
        status = submit_merge(s, array, &merge, err);
    if (status != BNN_OK)
        return array == 0
                   ? status
                   : bnn_error_prefix(err,
                                      "the array job %llu is submitted, but not merge.sh, which "
                                      "the same command does: ",
                                      (unsigned long long)array);
    const char *tasks = bnn_slurm_tasks_text(s->due, s->n_tasks, 0, s->arena);
    if (tasks == NULL)
        return bnn_no_memory(err);
    if (options->json)
        return cli_json_print(json_pack("{s:I, s:s, s:I, s:s}", "array", (json_int_t)array, "tasks",
                                        tasks, "merge", (json_int_t)merge, "folder", s->folder),
                              err);
    if (array > 0)
        printf("submitted: array job %llu (task%s %s), and job %llu, which merges behind it\n",
               (unsigned long long)array, bnn_plural(s->n_due), tasks, (unsigned long long)merge);
    else
        printf("submitted: job %llu, which merges\n", (unsigned long long)merge);
    return BNN_OK;
}

/* ---- the sweep --------------------------------------------------------------------------- */

/* A sweep that has begun keeps its number of tasks: a shard of other parts would do their runs again. */
static int look_at_sweep(slurm_sweep *s, bnn_error *err)
{
    const uint32_t asked = s->request->n_tasks;
    const size_t n_runs = s->plan.n;
    s->n_tasks = s->n_before > 0          ? s->n_before
                 : asked > 0              ? asked
                 : n_runs < TASKS_DEFAULT ? (uint32_t)n_runs
                                          : TASKS_DEFAULT;
    const int status = slurm_look(s, err);
    if (status != BNN_OK || asked == 0 || asked == s->n_tasks)
        return status;
    if (s->shards[0].is_saved || slurm_is_active(s))
        return bnn_fail(err, BNN_E_USAGE,
                        "%s has a sweep of %u tasks that has begun; go on without --tasks, or name "
                        "another --folder",
                        s->folder, s->n_before);
    s->n_tasks = asked;
    return slurm_look(s, err);
}

/* Data sets are had, and whole, before tasks look for them on nodes that may have no network. */
static int fetch_data(slurm_sweep *s, bnn_error *err)
{
    const cli_request *r = &s->request->common;
    cli_download download;
    bnn_dataset *datasets;
    const bnn_data_search search =
        cli_download_search(&download, cli_catalogue_path(r->spec), r->download, &r->options);
    const int status = bnn_plan_open_data(&s->plan, &search, &datasets, err);
    cli_download_end(&download);
    if (status == BNN_OK)
        bnn_plan_close_data(&s->plan, datasets);
    return status;
}

static int write_and_submit(slurm_sweep *s, bnn_error *err)
{
    const slurm_request *r = s->request;
    if (s->n_due == 0 && !(r->submits && s->due[0])) {
        fprintf(stderr, "bnnrun: nothing to submit: %s%s\n",
                slurm_is_active(s)     ? "what is left is in the queue"
                : slurm_is_unmerged(s) ? "all is done, and --submit merges it"
                                       : "all is done and merged",
                r->common.notify ? ", and so --notify changes nothing" : "");
        return BNN_OK;
    }
    if (r->submits && s->unanswered != NULL)
        return bnn_fail(err, BNN_E_RESOURCE, "%s, so nothing is submitted", s->unanswered);
    if (s->unanswered != NULL && s->n_before > 0)
        fprintf(stderr, "bnnrun: %s; array.sh has tasks that may wait or run already\n",
                s->unanswered);
    int status = s->n_due > 0 ? fetch_data(s, err) : BNN_OK;
    if (status == BNN_OK)
        status = slurm_write(s, err);
    if (status != BNN_OK || r->submits)
        return status == BNN_OK ? submit_all(s, err) : status;
    if (!r->common.options.quiet)
        printf(
            "%s/array.sh has %u task%s, merge.sh comes behind; array.sh begins with how to submit "
            "both, and --submit does it\n",
            s->folder, s->n_due, bnn_plural(s->n_due));
    return BNN_OK;
}

/* Puts the parts of a path of folders that are not there yet behind what is there. */
static bool add_parts(const char *parts, char out[PATH_MAX])
{
    char there[PATH_MAX], part[NAME_MAX + 1];
    for (size_t n; *parts != '\0'; parts += n) {
        parts += *parts == '/';
        n = strcspn(parts, "/");
        if (n == 0 || (n == 1 && *parts == '.'))
            continue;
        if (n > NAME_MAX || (n == 2 && strncmp(parts, "..", 2) == 0))
            return false;
        snprintf(part, sizeof part, "%.*s", (int)n, parts);
        memcpy(there, out, strlen(out) + 1);
        if (!bnn_path_join(there, part, out))
            return false;
    }
    return true;
}

/* The one way to write a folder, by which jobs are found again: no "..", no link, no / behind it. */
static bool without_links(const char *path, char out[PATH_MAX])
{
    char above[PATH_MAX];
    for (size_t i = strlen(path); i > 0; i--) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(above, path, i);
        above[i] = '\0';
        if (realpath(above, out) != NULL)
            return add_parts(path + i, out);
        if (errno != ENOENT)
            return false;
    }
    memcpy(out, "/", 2);
    return add_parts(path, out);
}

static int find_folder(const slurm_request *r, char out[PATH_MAX], bnn_error *err)
{
    char absolute[PATH_MAX];
    const char *named = r->folder != NULL ? r->folder
                                          : bnn_arena_printf(r->common.options.arena, "%s.slurm",
                                                             r->common.experiment.name);
    if (named == NULL)
        return bnn_no_memory(err);
    return bnn_path_absolute(named, absolute) && without_links(absolute, out)
               ? BNN_OK
               : bnn_fail(err, BNN_E_RESOURCE,
                          "%s: the path is too long, or a folder of it is gone", named);
}

/* Finds out what there is of it. */
static int find_sweep(slurm_sweep *s, bnn_error *err)
{
    const slurm_request *r = s->request;
    int status = slurm_read_tasks(s, err);
    if (status == BNN_OK && r->asks && s->n_before == 0)
        status =
            bnn_fail(err, BNN_E_RESOURCE, "%s: there is no sweep yet; `bnnrun slurm %s` writes it",
                     s->folder, r->common.options.operands[0]);
    if (status == BNN_OK)
        status = bnn_plan_make(&r->common.experiment, NULL, "", NULL, s->arena, &s->plan, err);
    if (status == BNN_OK && r->asks)
        status = slurm_check_script(s, err);
    return status == BNN_OK ? look_at_sweep(s, err) : status;
}

static int slurm_run_sweep(const slurm_request *r, bnn_error *err)
{
    slurm_sweep s = {.request = r, .arena = r->common.options.arena};
    char folder[PATH_MAX];
    int status = find_folder(r, folder, err);
    if (status != BNN_OK)
        return status;
    s.folder = folder;
    status = find_sweep(&s, err);
    if (r->asks)
        slurm_notify(&s, status, err);
    if (status != BNN_OK)
        return status;
    return r->asks ? slurm_print_status(&s, err) : write_and_submit(&s, err);
}

static int run_slurm(void *request, bnn_error *err)
{
    slurm_request *r = request;
    int status = slurm_check_request(r, err);
    if (status == BNN_OK)
        status = take_others(r, err);
    if (status != BNN_OK)
        return status;
    r->common.shard = (bnn_shard){1, 1}; /* refuses what cannot be split */
    status = cli_request_load(&cli_command_slurm, &r->common, err);
    r->common.experiment.shard = (bnn_shard){0, 0};
    if (status == BNN_OK && strcmp(r->common.spec, BNN_STDIN) == 0)
        status = bnn_fail(err, BNN_E_USAGE, "tasks read the spec when they begin: name a file");
    if (status == BNN_OK)
        status = slurm_run_sweep(r, err);
    bnn_registry_destroy(r->common.registry);
    return status;
}

static const char *const no_overrides[] = {NULL};
static const slurm_request slurm_values = {.common = {.download = true, .overrides = no_overrides}};

static const cli_option slurm_options[] = {
    CLI_COUNT_ROW("tasks", "N", slurm_request, n_tasks, TASKS_MAX,
                  "tasks of the array, each a shard (default: as before, or 10)"),
    CLI_ROW("time", 0, CLI_STRING, "TIME", slurm_request, time,
            "the limit of a task: 90 (minutes), 2:00:00 or 1-12 (a day and\n"
            "twelve hours); default: that of the partition"),
    CLI_ROW("partition", 0, CLI_STRING, "NAME", slurm_request, partition, "the partition"),
    CLI_COUNT_ROW("array-limit", "N", slurm_request, limit, TASKS_MAX,
                  "only so many tasks at a time"),
    CLI_ROW("folder", 0, CLI_STRING, "DIR", slurm_request, folder,
            "where all of the sweep lies, which all nodes see (default:\n"
            "NAME.slurm here)"),
    CLI_ROW("submit", 0, CLI_SWITCH, NULL, slurm_request, submits, "submit what is written"),
    CLI_ROW("status", 0, CLI_SWITCH, NULL, slurm_request, asks,
            "what is done, waits, runs or has failed, and what\n"
            "submitting again would do"),
    CLI_ROW("notify", 0, CLI_SWITCH, NULL, cli_request, notify,
            "let the merge run the command of run.notify, once no task\n"
            "waits or runs; else no spec runs one"),
    CLI_PARSED_ROW("set", 's', "KEY=VALUE", cli_request_add_override,
                   "as in bnnrun run; say the same each time"),
    CLI_ROW("no-download", 0, CLI_NO, NULL, cli_request, download,
            "use data sets that are here, or fail"),
    {.name = "plugin-path", .help = "colon-separated folders with plugins, searched first"},
    {.name = "json", .help = "the status, or the numbers of the jobs, for programs"},
    {.name = "quiet", .help = "of the status the sum alone"},
    {.name = NULL},
};

const cli_command cli_command_slurm = {
    .name = "slurm",
    .arguments = "SPEC.yaml [-- OPTION OF SBATCH...]",
    .completion = "SPEC.yaml",
    .summary = "a sweep as an array job of Slurm: written, submitted, looked at",
    .notes =
        "Writes FOLDER/array.sh, whose tasks each do a shard of the runs (`bnnrun run --shard`), and\n"
        "merge.sh, a job behind them that joins the shards to FOLDER/merged/bnnrun.db. Both are a\n"
        "page, to be read and changed, and work without this command. A task trains on the disk of\n"
        "its node, with as many jobs as it has CPUs, and saves its shard to FOLDER/shards every ten\n"
        "minutes, when its time limit is near (then it goes on in a new allocation), and when it is\n"
        "told to end. A node that dies costs what was trained since it saved.\n"
        "The same command again does only what is missing, with the tasks that it has: it is how to\n"
        "go on after faults. What has failed is tried again. Slurm's accounting, where there is none\n"
        "the queue alone, and the shards say what there is. Specs with seeds.until or sweep.halving\n"
        "cannot be split.\n"
        "With --notify the merge, which is the last job, runs the command of run.notify on its node,\n"
        "when no task waits or runs: once, whether all is done or something failed. It is told what\n"
        "`bnnrun run` tells it, of FOLDER/merged/bnnrun.db. With --status it is told here and now.\n"
        "The page on clusters of the documentation tells how it scales, and how to do without.\n",
    .options = slurm_options,
    .examples = "  bnnrun slurm ste_sweep --tasks 20 --time 2:00:00 --submit -- --cpus-per-task=8\n"
                "  bnnrun slurm ste_sweep --status\n"
                "  bnnrun slurm ste_sweep --submit\n"
                "  bnnrun merge bnnrun.db ste_sweep.slurm/merged/bnnrun.db\n",
    .least = 1,
    .needs = "a spec is needed, as in `bnnrun slurm ste_sweep`",
    .memory = BNN_SPEC_LIMIT_BYTES,
    .n_request = sizeof(slurm_request),
    .values = &slurm_values,
    .run = run_slurm,
};
