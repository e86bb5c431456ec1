/* run.c - bnnrun run SPEC: executes what is missing, then shows what the experiment came to. */
#include "base/text.h"
#include "cli/commands/looks.h"
#include "cli/commands/plan.h"
#include "cli/commands/run.h"
#include "cli/compare/compare.h"
#include "cli/deployment.h"
#include "cli/notify.h"
#include "cli/progress.h"
#include "kernels/kernels.h"
#include "runner/estimate.h"
#include "runner/executor/executor.h"
#include "runner/pool.h"
#include "runner/restore.h"
#include "runner/signals.h"

#include <math.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* ---- before ------------------------------------------------------------------------------ */

static void say_count(size_t n, const char *what)
{
    if (n > 0)
        fprintf(stderr, ", %zu %s", n, what);
}

static void say_runs(size_t n, const char *one, const char *several)
{
    if (n > 0)
        fprintf(stderr, "bnnrun: %zu %s\n", n, n == 1 ? one : several);
}

/* What stale runs, or those that start over, used and is another now. */
static void say_changed(const bnn_plan *plan, bool stale, const char *one, const char *several)
{
    const char *changed = NULL;
    size_t n = 0;
    for (const bnn_run *run = plan->runs; run < plan->runs + plan->n; run++)
        if ((run->state == BNN_RUN_STALE) == stale && run->changed != NULL) {
            changed =
                n == 0 || strcmp(changed, run->changed) == 0 ? run->changed : "several things";
            n++;
        }
    if (n > 0)
        fprintf(stderr, "bnnrun: %zu %s; changed since: %s\n", n, n == 1 ? one : several, changed);
}

/* "bnnrun: ste_sweep: 12 runs: 9 done, 3 new" */
static void say_plan(const cli_sweep *s)
{
    const bnn_plan *plan = &s->plan;
    fprintf(stderr, "bnnrun: %s: %zu run%s, %zu done", plan->experiment->name, plan->n,
            bnn_plural(plan->n), plan->n_of[BNN_RUN_DONE]);
    say_count(plan->n_of[BNN_RUN_STALE], "stale");
    say_count(plan->n_of[BNN_RUN_QUEUED], "new");
    say_count(plan->n_of[BNN_RUN_INTERRUPTED], "to resume");
    say_count(plan->n_of[BNN_RUN_FAILED], "to retry after a failure");
    say_count(plan->n_of[BNN_RUN_AGAIN], "to train again");
    say_count(plan->n_of[BNN_RUN_LOST], "done with lost files");
    say_count(plan->n_of[BNN_RUN_BLOCKED], "blocked");
    say_count(plan->n_of[BNN_RUN_LATER], plan->experiment->until.is_there
                                             ? "later, if no look decides before"
                                             : "later, if no rung drops them before");
    say_count(plan->n_of[BNN_RUN_SPARED], "spared");
    say_count(plan->n_of[BNN_RUN_APART], "of other shards");
    say_count(plan->n_of[BNN_RUN_RUNNING], "running in another process");
    fputs(plan->n_todo + plan->n_of[BNN_RUN_STALE] + plan->n_of[BNN_RUN_LOST] +
                      plan->n_of[BNN_RUN_BLOCKED] >
                  0
              ? "\n"
          : plan->n_of[BNN_RUN_RUNNING] == 0 ? ", nothing to do\n"
                                             : ", nothing to do here\n",
          stderr);
    say_runs(s->recovered.n_stale, "run of a process that has died is in the queue again",
             "runs of a process that has died are in the queue again");
    say_runs(s->recovered.n_unknown,
             "running run belongs to a process that cannot be seen from here, on another machine; "
             "if that is gone, --take-over goes on with it",
             "running runs belong to processes that cannot be seen from here, on another machine; "
             "if those are gone, --take-over goes on with them");
    say_runs(plan->n_dropped, "run in the database is no longer part of this spec",
             "runs in the database are no longer part of this spec");
    say_changed(plan, true, "run is stale", "runs are stale");
    say_changed(plan, false, "run starts over", "runs start over");
    for (const bnn_run *run = plan->runs; run < plan->runs + plan->n; run++)
        if (run->state == BNN_RUN_BLOCKED)
            fprintf(stderr, "bnnrun: run %s cannot begin: %s\n", run->uid, run->blocked);
    if (plan->n_of[BNN_RUN_LOST] > 0)
        fprintf(stderr, "bnnrun: %s\n", cli_plan_lost(plan, s->request->options.db));
}

/* What the spec registers too late to count. */
static int say_registered(const cli_sweep *s, bnn_error *err)
{
    bnn_store *store;
    if (!s->request->experiment.compare.is_there)
        return BNN_OK;
    int status = cli_store_open(&s->request->options, &store, err);
    if (status != BNN_OK)
        return status;
    const char *said = cli_registered_say(store, s->plan.experiment, true, s->plan.arena, err);
    bnn_store_close(store);
    if (said == NULL)
        return err->status;
    if (*said != '\0')
        fprintf(stderr, "bnnrun: %s", said);
    return BNN_OK;
}

static void say_start(const cli_sweep *s, bool isolates)
{
    char duration[CLI_DURATION_MAX];
    bnn_error err;
    const bnn_kernels *kernels = bnn_kernels_choose(&err);
    const double seconds = bnn_estimate_plan(&s->plan, s->n_jobs);
    fprintf(stderr, "bnnrun: %u job%s%s, %s kernels", s->n_jobs, bnn_plural(s->n_jobs),
            isolates ? " in processes of their own" : "", kernels == NULL ? "?" : kernels->name);
    if (!isnan(seconds))
        fprintf(stderr, ", %s %s", bnn_estimate_is_limit(&s->plan) ? "at most about" : "about",
                cli_duration_text(seconds, duration));
    fputc('\n', stderr);
}

/* ------------------------------------------------------------------------------------------ */

static int execute_sweep(cli_sweep *s, bnn_error *err)
{
    const bool isolates = bnn_executor_isolates(s->plan.experiment);
    cli_progress *progress = cli_progress_create(&s->plan, s->n_jobs, &s->request->options);
    if (progress == NULL)
        return bnn_no_memory(err);
    if (!isolates) /* a plugin that may crash is not called in this process */
        bnn_estimate_configs(&s->plan, s->datasets, s->request->options.db);
    if (!s->request->options.quiet)
        say_start(s, isolates);
    const bnn_pool_options options = {.db = s->request->options.db,
                                      .n_jobs = s->n_jobs,
                                      .datasets = s->datasets,
                                      .observer = cli_progress_observer(progress)};
    const int status = bnn_pool_execute(&s->plan, &options, &s->summary, err);
    cli_progress_end(progress);
    return status;
}

static bnn_data_search sweep_search_data(const cli_request *r, cli_download *download)
{
    return cli_download_search(download, cli_catalogue_path(r->spec), r->download, &r->options);
}

static void say_restored(void *context, const bnn_run *run, bnn_restored what, const char *why)
{
    static const char *const texts[] = {
        [BNN_RESTORED_FILES] = "its files are there again",
        [BNN_RESTORED_OTHER] = ("training gives another result now, so nothing was replaced; "
                                "`bnnrun verify` looks closer, --retrain replaces: "),
        [BNN_RESTORED_NOT] = "its files could not be made again: ",
    };
    const cli_sweep *s = context;
    if (!s->request->options.quiet || what != BNN_RESTORED_FILES)
        fprintf(stderr, "bnnrun: run %s: %s%s\n", run->uid, texts[what], why);
}

static int restore_lost(cli_sweep *s, bnn_error *err)
{
    const bnn_restore_options options = {.db = s->request->options.db,
                                         .n_jobs = s->n_jobs,
                                         .datasets = s->datasets,
                                         .ended = say_restored,
                                         .context = s};
    const size_t n = s->plan.n_of[BNN_RUN_LOST];
    if (!s->request->options.quiet)
        fprintf(stderr, "bnnrun: training %zu run%s again for %s files\n", n, bnn_plural(n),
                n == 1 ? "its" : "their");
    return bnn_restore(&s->plan, &options, &s->restored, err);
}

/* What will become of the networks that are to be trained. */
static int warn_of_networks(const cli_sweep *s, bnn_error *err)
{
    const bnn_plan *plan = &s->plan;
    bool *asked = bnn_arena_alloc(plan->arena, plan->experiment->n_configs, sizeof *asked);
    if (asked == NULL)
        return bnn_no_memory(err);
    for (const bnn_run *run = plan->runs; run < plan->runs + plan->n; run++)
        asked[run->i_config] |= bnn_run_is_todo(run);
    return cli_deployment_warn(plan->experiment, asked, plan->arena, err);
}

/* What is to do, then what is lost, unless that is needed. */
static int do_runs(cli_sweep *s, bnn_error *err)
{
    const bool has_lost = s->plan.n_of[BNN_RUN_LOST] > 0;
    const bool first = has_lost && bnn_plan_needs_lost(&s->plan);
    int status = first ? restore_lost(s, err) : BNN_OK;
    if (status == BNN_OK && s->plan.n_todo > 0)
        status = execute_sweep(s, err);
    if (status == BNN_OK && has_lost && !first)
        status = restore_lost(s, err);
    return status;
}

static void sweep_close_data(cli_sweep *s)
{
    if (s->datasets != NULL)
        bnn_plan_close_data(&s->plan, s->datasets);
    s->datasets = NULL;
}

/* Whether the plan of a look before has opened all that this one needs. */
static bool sweep_has_data(const cli_sweep *s)
{
    bool has = s->datasets != NULL;
    for (const bnn_run *run = s->plan.runs; has && run < s->plan.runs + s->plan.n; run++)
        has = !bnn_run_trains(run) ||
              s->datasets[s->plan.experiment->configs[run->i_config].i_dataset].owner != NULL;
    return has;
}

static int open_data(cli_sweep *s, bnn_error *err)
{
    cli_download download;
    if (sweep_has_data(s))
        return BNN_OK;
    sweep_close_data(s);
    const bnn_data_search search = sweep_search_data(s->request, &download);
    const int status = bnn_plan_open_data(&s->plan, &search, &s->datasets, err);
    cli_download_end(&download);
    return status;
}

/* What decides which runs are stale is known before they are planned. */
static void sweep_identify_data(cli_request *r)
{
    cli_download download;
    const bnn_data_search search = sweep_search_data(r, &download);
    bnn_experiment_identify_data(&r->experiment, &search);
    cli_download_end(&download);
}

/* The runs of the plan: all, or those up to the next look. */
static int sweep_do_plan(cli_sweep *s, int *signal, bnn_error *err)
{
    if (s->plan.n_todo + s->plan.n_of[BNN_RUN_LOST] == 0)
        return BNN_OK;
    int status = open_data(s, err);
    if (status != BNN_OK)
        return status;
    status = do_runs(s, err);
    *signal = s->summary.signal != 0 ? s->summary.signal : s->restored.signal;
    s->n_tried += s->plan.n_todo;
    for (size_t i = 0; i < BNN_RUN_STATES; i++)
        s->total[i] += s->summary.n_of[i];
    return status;
}

static int sweep_plan(cli_sweep *s, const char *retrain, bool take_over, bnn_error *err)
{
    cli_request *r = s->request;
    const int status = bnn_plan_record(&r->experiment, r->options.db, retrain, take_over,
                                       r->options.arena, &s->plan, &s->recovered, err);
    if (status == BNN_OK)
        s->n_jobs = bnn_plan_jobs(&s->plan, r->n_jobs);
    return status;
}

/* What has been decided since so many looks, or rungs. */
static void sweep_say_looks(const cli_sweep *s, size_t looks, size_t rungs)
{
    cli_looks_say(&s->plan, looks);
    cli_rungs_say(&s->plan, rungs);
}

/* From look to look, or rung to rung, until all is decided. Runs up to one that other processes have are
 * waited for, if these can be seen from here. */
static int sweep_look_on(cli_sweep *s, int *signal, bnn_error *err)
{
    int status = BNN_OK;
    bool more = bnn_plan_goes_on(&s->plan);
    s->request->experiment.goes_on = true;
    while (status == BNN_OK && more) {
        const size_t looks = s->plan.looks.made, rungs = s->plan.settled.made;
        status = sweep_plan(s, NULL, false, err);
        if (status != BNN_OK)
            break;
        s->summary = (bnn_pool_summary){.signal = 0};
        if (!s->request->options.quiet)
            sweep_say_looks(s, looks, rungs);
        const bool waits = bnn_plan_goes_on(&s->plan) && s->plan.n_todo == 0 &&
                           s->plan.n_of[BNN_RUN_RUNNING] > 0 && s->recovered.n_unknown == 0;
        more = s->plan.n_todo > 0 || waits;
        status = waits ? cli_looks_wait(&s->plan, s->request->options.db, err)
                       : sweep_do_plan(s, signal, err);
    }
    return status;
}

/* Whether the process that had this run has left it: it died, or was stopped; or left the checkpoint of it, since it
 * was killed after the end was recorded. */
static bool run_is_left(const cli_sweep *s, const bnn_run *run, const bnn_store_run *now)
{
    if (now->state != BNN_RUN_DONE)
        return now->died || now->state == BNN_RUN_INTERRUPTED;
    const char *checkpoint =
        bnn_run_path(s->request->options.db, run->uid, BNN_RUN_CHECKPOINT, s->plan.arena);
    return checkpoint != NULL && access(checkpoint, F_OK) == 0;
}

/* Whether a process that had runs of this sweep has left one. */
static int sweep_has_left(const cli_sweep *s, bool *out, bnn_error *err)
{
    const bnn_plan *plan = &s->plan;
    const bnn_store_run *now = NULL;
    bnn_store *store;
    size_t n = 0;
    *out = false;
    if (plan->n_of[BNN_RUN_RUNNING] + s->summary.n_of[BNN_RUN_TAKEN] == 0)
        return BNN_OK;
    int status = cli_store_open(&s->request->options, &store, err);
    if (status != BNN_OK)
        return status;
    status = bnn_store_list_runs(store, plan->experiment->name, plan->arena, &now, &n, err);
    bnn_store_close(store);
    for (const bnn_run *run = plan->runs; status == BNN_OK && run < plan->runs + plan->n; run++)
        for (size_t i = 0; i < n; i++)
            *out |= (run->state == BNN_RUN_RUNNING || run->state == BNN_RUN_TAKEN) &&
                    now[i].id == run->id && run_is_left(s, run, &now[i]);
    return status;
}

/* Does what other processes have left, before this one ends. A round that ended no run would be the same
 * again: what is left needs runs that are under way elsewhere. */
static int sweep_take_over(cli_sweep *s, int *signal, bnn_error *err)
{
    bool left;
    int status = sweep_has_left(s, &left, err);
    while (status == BNN_OK && left) {
        s->n_tried -= s->summary.n_of[BNN_RUN_TAKEN];
        s->summary = (bnn_pool_summary){.signal = 0};
        status = sweep_plan(s, NULL, false, err);
        if (status != BNN_OK || s->plan.n_todo == 0)
            break;
        if (!s->request->options.quiet)
            say_plan(s);
        status = sweep_do_plan(s, signal, err);
        if (s->summary.n_of[BNN_RUN_DONE] + s->summary.n_of[BNN_RUN_FAILED] == 0)
            break;
        if (status == BNN_OK)
            status = sweep_has_left(s, &left, err);
    }
    return status;
}

static int sweep_run(cli_sweep *s, int *signal, bnn_error *err)
{
    cli_request *r = s->request;
    sweep_identify_data(r);
    int status = sweep_plan(s, r->retrain, r->take_over, err);
    if (status != BNN_OK)
        return status;
    s->done_before = s->plan.n_of[BNN_RUN_DONE] + s->plan.n_of[BNN_RUN_LOST];
    if (!r->options.quiet) {
        say_plan(s);
        sweep_say_looks(s, 0, 0);
        status = say_registered(s, err);
    }
    if (status == BNN_OK && s->plan.n_todo > 0 && !r->options.quiet)
        status = warn_of_networks(s, err);
    if (status == BNN_OK)
        status = sweep_do_plan(s, signal, err);
    if (status == BNN_OK)
        status = sweep_take_over(s, signal, err);
    if (status == BNN_OK)
        status = sweep_look_on(s, signal, err);
    sweep_close_data(s);
    if (status == BNN_E_INTERRUPTED) {
        bnn_error late; /* that a signal ended the sweep counts, whatever the table comes to */
        cli_sweep_show_results(s, &late);
        fflush(stdout); /* the process may die by the signal */
        return bnn_fail(err, BNN_E_INTERRUPTED,
                        "interrupted; %zu of %zu runs are done, and the same command%s goes on",
                        s->summary.n_of[BNN_RUN_DONE] + s->plan.n_of[BNN_RUN_DONE] +
                            s->plan.n_of[BNN_RUN_LOST],
                        s->plan.n, r->retrain != NULL ? " without --retrain" : "");
    }
    if (status == BNN_OK)
        status = cli_sweep_show_results(s, err);
    return status == BNN_OK ? cli_sweep_judge(s, err) : status;
}

static int run_sweep(cli_request *r, int *signal, bnn_error *err)
{
    cli_sweep s = {.request = r, .began = time(NULL)};
    /* Who listens may go: runs are recorded all the same. */
    sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    if (!r->notify)
        cli_notify_refuse(r);
    const int status = sweep_run(&s, signal, err);
    cli_sweep_notify(&s, status, *signal, err);
    return status;
}

static int run_run(void *request, bnn_error *err)
{
    cli_request *r = request;
    int signal = 0;
    int status = cli_request_load(&cli_command_run, r, err);
    if (status == BNN_OK)
        status = r->dry_run ? cli_plan_print(r, err) : run_sweep(r, &signal, err);
    bnn_registry_destroy(r->registry);
    if (status == BNN_E_INTERRUPTED) {
        cli_print_failure(err);
        err->message[0] = '\0';
        bnn_signals_die(signal);
    }
    return status;
}

static const cli_option run_options[] = {
    CLI_REQUEST_OPTIONS,
    CLI_ROW("take-over", 0, CLI_SWITCH, NULL, cli_request, take_over,
            "go on with runs of processes on other machines, which\n"
            "cannot be seen from here: they are gone"),
    CLI_ROW("notify", 0, CLI_SWITCH, NULL, cli_request, notify,
            "run the command of run.notify at the end; else no spec runs one"),
    {.name = "quiet", .help = "errors only"},
    {.name = "verbose", .help = "each finished run on a terminal, too"},
    {.name = NULL},
};

const cli_command cli_command_run = {
    .name = "run",
    .arguments = "SPEC.yaml",
    .summary = "runs what is missing of a spec, and shows the leaderboard",
    .notes =
        "Runs that are done stay done: the same command, given again, does what is missing. Runs\n"
        "of a process that has died are taken over. The exit status is 0 when all runs are done.\n"
        "Done runs whose data or plugins have changed since are stale: they enter no mean, and\n"
        "--retrain trains them again; `bnnrun plan` takes it, too, and only shows what would be.\n"
        "Done runs whose files are missing or damaged are trained once more for these alone; they\n"
        "must be what was recorded, else nothing is replaced.\n"
        "SPEC.yaml is a file, or the name of one that came along, as quick (see `bnnrun help`).\n"
        "The spec - is standard input, with topologies/ and datasets/ in the current folder.\n"
        "The first Ctrl-C lets every run write a checkpoint and shows the leaderboard so far, a\n"
        "second one (half a second later or more) stops at once. So do SIGTERM, SIGHUP, SIGQUIT,\n"
        "and what clusters send before they kill: SIGUSR1, SIGUSR2 and SIGXCPU. The same command\n"
        "goes on in the next job; `bnnrun slurm` makes the jobs.\n"
        "\n"
        "A sweep of a night can say how it ended: run.notify is a command, as a list of words, which\n"
        "no shell sees. With --notify it is run once, when all is done or nothing goes on (runs that\n"
        "failed, a signal, a full disk), with the outcome as JSON on its standard input: experiment,\n"
        "database, outcome (done, failed, interrupted or error), message, signal, seconds, and runs, as\n"
        "--json has them. It has 30 seconds, and changes neither results nor the exit status. Without\n"
        "--notify no spec runs a command, whoever wrote it. The words are kept in the database with\n"
        "the spec: a password belongs in a script.\n" CLI_SHARD_NOTES,
    .options = run_options,
    .examples = "  bnnrun ste_sweep\n"
                "  bnnrun ste_sweep -s train.epochs=20 -s seeds.count=10 -j 2\n"
                "  bnnrun ste_sweep --retrain stale\n"
                "  bnnrun ste_sweep --shard 3/16\n"
                "  bnnrun ste_sweep --notify -s 'run.notify=[notify-send, sweep ended]'\n",
    .refuses_csv = true,
    .memory = BNN_SPEC_LIMIT_BYTES,
    .n_request = sizeof(cli_request),
    .values = &cli_request_values,
    .run = run_run,
};
