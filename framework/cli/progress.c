#include "cli/progress.h"

#include "base/clock.h"
#include "base/text.h"
#include "cli/status.h"
#include "runner/estimate.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

enum {
    BAR_COLUMNS = 20,
    JOB_LINES = 6, /* of the status at most; more jobs share them */
    JOB_BYTES = 320,
};

/* What runs of one config were seen to take. */
typedef struct measured {
    double seconds;
    size_t n;
} measured;

struct cli_progress {
    const bnn_plan *plan;
    uint32_t n_jobs;
    bool redraws, quiet, verbose;
    cli_status status;
    bnn_estimate_end end;
    measured *configs;        /* [n_configs] */
    bnn_estimate_task *tasks; /* work space of remaining_seconds, a run each */
    double *busy;             /* likewise, [n_jobs] */
    size_t n_ended;
    bnn_pool_observer observer;
};

const char *cli_duration_text(double seconds, char out[CLI_DURATION_MAX])
{
    const bool known = !isnan(seconds) && seconds < 1e8;
    const long whole = known ? lround(seconds) : 0;
    if (!known)
        snprintf(out, CLI_DURATION_MAX, "?");
    else if (seconds < 9.95)
        snprintf(out, CLI_DURATION_MAX, "%.1f s", seconds);
    else if (whole < 60)
        snprintf(out, CLI_DURATION_MAX, "%ld s", whole);
    else if (whole < 3600)
        snprintf(out, CLI_DURATION_MAX, "%ld min %ld s", whole / 60, whole % 60);
    else
        snprintf(out, CLI_DURATION_MAX, "%ld h %ld min", whole / 3600, whole / 60 % 60);
    return out;
}

/* ---- how long it still takes ------------------------------------------------------------- */

static const bnn_config *config_of(const cli_progress *p, const bnn_run *run)
{
    return &p->plan->experiment->configs[run->i_config];
}

static bool may_end_early(const cli_progress *p, uint32_t i_config)
{
    const bnn_config *config = &p->plan->experiment->configs[i_config];
    return bnn_train_may_end_early(&config->train, config->data.validation);
}

/* What a whole run of a config takes: seen in this sweep, or the plan's estimate times what the
 * runs that were seen took longer than theirs. */
static double config_seconds(const cli_progress *p, uint32_t i_config, double scale)
{
    const measured *m = &p->configs[i_config];
    return m->n > 0 ? m->seconds / (double)m->n : scale * p->plan->seconds[i_config];
}

/* The parts of a run, from 0 to 1, that earlier attempts had done, and that are done by now; until the
 * first step, what the plan says. */
static double begun_part(const cli_progress *p, const bnn_pool_running *r)
{
    if (atomic_load(&r->progress->epoch) == 0)
        return 1.0 - bnn_plan_rest(p->plan, r->run);
    return (double)atomic_load(&r->progress->begun) / config_of(p, r->run)->train.epochs;
}

static double done_part(const cli_progress *p, const bnn_pool_running *r)
{
    const unsigned epoch = atomic_load(&r->progress->epoch);
    const unsigned n_steps = atomic_load(&r->progress->n_steps);
    const double step = atomic_load(&r->progress->step);
    if (epoch == 0 || n_steps == 0)
        return begun_part(p, r);
    return fmin(1.0, (epoch - 1 + step / n_steps) / config_of(p, r->run)->train.epochs);
}

/* What runs took, ended or not, beside what was planned for as much of them. How much a run that
 * ended early did is not known. */
static double measured_scale(const cli_progress *p, const bnn_pool_view *view)
{
    double seen = 0.0, planned = 0.0;
    for (size_t i = 0; i < p->plan->experiment->n_configs; i++) {
        if (p->configs[i].n == 0 || isnan(p->plan->seconds[i]) || may_end_early(p, (uint32_t)i))
            continue;
        seen += p->configs[i].seconds;
        planned += (double)p->configs[i].n * p->plan->seconds[i];
    }
    for (uint32_t j = 0; j < view->n_running; j++) {
        const bnn_pool_running *r = &view->running[j];
        const double seconds = p->plan->seconds[r->run->i_config];
        const double part = done_part(p, r) - begun_part(p, r);
        if (isnan(seconds) || part < 0.05)
            continue;
        seen += r->seconds;
        planned += part * seconds;
    }
    return planned > 0.0 ? seen / planned : 1.0;
}

/* Of one that may end early, not more than is left of what those took that have ended. */
static double rest_of_running(const cli_progress *p, const bnn_pool_running *r, double scale)
{
    const double begun = begun_part(p, r), whole = config_seconds(p, r->run->i_config, scale);
    const double rest = bnn_estimate_rest(begun, done_part(p, r), r->seconds, whole);
    if (!may_end_early(p, r->run->i_config) || p->configs[r->run->i_config].n == 0)
        return rest;
    return fmin(rest, fmax(0.0, (1.0 - begun) * whole - r->seconds));
}

/* NaN when it is not known. */
static double remaining_seconds(cli_progress *p, const bnn_pool_view *view)
{
    const double scale = measured_scale(p, view);
    const bnn_run *runs = p->plan->runs;
    double sum = 0.0;
    for (size_t i = 0; i < p->plan->n; i++) {
        p->tasks[i] = bnn_estimate_task_of(p->plan, &runs[i]);
        if (runs[i].state != BNN_RUN_QUEUED)
            continue;
        p->tasks[i].end = -1.0;
        p->tasks[i].seconds =
            config_seconds(p, runs[i].i_config, scale) * bnn_plan_rest(p->plan, &runs[i]);
        sum += p->tasks[i].seconds;
    }
    for (uint32_t j = 0; j < p->n_jobs; j++) {
        p->busy[j] = j < view->n_running ? rest_of_running(p, &view->running[j], scale) : 0.0;
        if (j < view->n_running)
            p->tasks[view->running[j].run - runs].end = p->busy[j];
        sum += p->busy[j];
    }
    return isnan(sum) ? sum : bnn_estimate_makespan(p->tasks, p->plan->n, p->busy, p->n_jobs);
}

/* ---- the status -------------------------------------------------------------------------- */

/* The part of all runs that is done, from 0 to 1. */
static double sweep_part(const cli_progress *p, const bnn_pool_view *view)
{
    double done = (double)(view->n - view->n_of[BNN_RUN_QUEUED] - view->n_of[BNN_RUN_RUNNING]);
    for (uint32_t j = 0; j < view->n_running; j++)
        done += done_part(p, &view->running[j]);
    return view->n == 0 ? 1.0 : fmin(1.0, done / (double)view->n);
}

static void add_bar(cli_progress *p, double part)
{
    const bool draws = cli_draws(stderr);
    const int n_full = (int)(part * BAR_COLUMNS);
    cli_status_add(&p->status, "%s", draws ? "" : "[");
    for (int i = 0; i < BAR_COLUMNS; i++)
        cli_status_add(&p->status, "%s",
                       draws        ? (i < n_full ? "\u2588" : "\u2591")
                       : i < n_full ? "#"
                                    : "-");
    cli_status_add(&p->status, "%s ", draws ? "" : "]");
}

/* "[####----] 3/12 done, 1 failed, 24 s left" */
static void add_head(cli_progress *p, const bnn_pool_view *view)
{
    char left[CLI_DURATION_MAX];
    const double seconds = bnn_estimate_smooth(&p->end, bnn_clock_seconds(CLOCK_MONOTONIC),
                                               remaining_seconds(p, view));
    add_bar(p, sweep_part(p, view));
    cli_status_add(&p->status, "%zu/%zu done", view->n_of[BNN_RUN_DONE], view->n);
    if (view->n_of[BNN_RUN_FAILED] > 0)
        cli_status_add(&p->status, ", %zu failed", view->n_of[BNN_RUN_FAILED]);
    if (!isnan(seconds))
        cli_status_add(&p->status, ", %s left",
                       cli_duration_text(seconds < 9.95 ? seconds : round(seconds), left));
}

/* "ste=clipped seed 1 2/5 97.1 %" in so many columns: the label gives way. */
static void write_job(const cli_progress *p, const bnn_pool_running *r, size_t width,
                      char out[JOB_BYTES])
{
    char facts[64];
    const bnn_config *config = config_of(p, r->run);
    const unsigned epoch = atomic_load(&r->progress->epoch);
    const float validation = atomic_load(&r->progress->validation);
    int n = snprintf(facts, sizeof facts, " seed %lld %u/%d", (long long)r->run->seed, epoch,
                     config->train.epochs);
    if (validation >= 0.0f)
        n += snprintf(facts + n, sizeof facts - (size_t)n, " %.1f %%", 100.0 * (double)validation);
    const size_t room = width > (size_t)n ? width - (size_t)n : 0;
    if (bnn_text_width(config->label) <= room)
        snprintf(out, JOB_BYTES, "%s%s", config->label, facts);
    else if (room > 4)
        snprintf(out, JOB_BYTES, "%.*s..%s", (int)bnn_text_bytes(config->label, room - 2),
                 config->label, facts);
    else /* epoch and accuracy tell most */
        snprintf(out, JOB_BYTES, "%s", room > 0 ? facts + 1 : strchr(facts + 6, ' ') + 1);
}

/* Behind the head when there is room, else below it, as many jobs a line as it takes. */
static void add_jobs(cli_progress *p, const bnn_pool_view *view)
{
    char job[JOB_BYTES];
    const size_t width = cli_width(stderr) - CLI_STATUS_MARGIN, n = view->n_running;
    size_t all = bnn_text_width(p->status.text), widest = 0;
    for (uint32_t j = 0; j < n; j++) {
        write_job(p, &view->running[j], SIZE_MAX, job);
        const size_t columns = bnn_text_width(job);
        all += columns + 3;
        widest = columns > widest ? columns : widest;
    }
    const bool below = all > width;
    size_t a_line = below ? width / (widest + 3) : n;
    const size_t least = (n + JOB_LINES - 1) / JOB_LINES;
    a_line = a_line > least ? a_line : least;
    const size_t share = below ? (width - 1) / a_line : 0;
    const size_t room = !below ? SIZE_MAX : share > 2 ? share - 2 : 0;
    for (uint32_t j = 0; j < n; j++) {
        const bool first = below && j % a_line == 0;
        write_job(p, &view->running[j], room, job);
        cli_status_add(&p->status, "%s%s", first ? "\n  " : below ? "  " : " | ", job);
        const size_t columns = bnn_text_width(job);
        if (below && (j + 1) % a_line != 0 && j + 1 < n && room > columns)
            cli_status_add(&p->status, "%*s", (int)(room - columns), "");
    }
}

static void draw_status(cli_progress *p, const bnn_pool_view *view)
{
    add_head(p, view);
    add_jobs(p, view);
    cli_status_draw(&p->status);
}

/* ---- the observer ------------------------------------------------------------------------ */

static void print_ended(const cli_progress *p, size_t n, const bnn_run *run)
{
    const bnn_run_result *r = &run->result;
    char took[CLI_DURATION_MAX];
    const size_t digits = (size_t)snprintf(NULL, 0, "%zu", n);
    static const char *const words[BNN_RUN_STATES] = {
        [BNN_RUN_DONE] = "done",
        [BNN_RUN_FAILED] = "failed",
        [BNN_RUN_INTERRUPTED] = "stopped",
        [BNN_RUN_TAKEN] = "skipped",
    };
    static const char *const colours[BNN_RUN_STATES] = {
        [BNN_RUN_DONE] = "32", [BNN_RUN_FAILED] = "31", [BNN_RUN_INTERRUPTED] = "33"};
    const char *colour = cli_colours(stderr) ? colours[run->state] : NULL;
    fprintf(stderr, "[%*zu/%zu] %s%s%s%s%s %s seed %lld", (int)digits, p->n_ended, n,
            colour == NULL ? "" : "\033[", colour == NULL ? "" : colour, colour == NULL ? "" : "m",
            words[run->state], colour == NULL ? "" : "\033[0m", config_of(p, run)->label,
            (long long)run->seed);
    if (run->state == BNN_RUN_DONE)
        fprintf(stderr, ": test %.2f %% in %s\n", 100.0 * r->test_accuracy,
                cli_duration_text(r->seconds, took));
    else if (run->state == BNN_RUN_FAILED)
        fprintf(stderr, ": %s%s\n", r->error == NULL ? "out of memory" : r->error,
                r->n_tries > 1 ? " (retried in vain)" : "");
    else if (run->state == BNN_RUN_TAKEN)
        fputs(": another process has taken it or what it needs, or removed it\n", stderr);
    else
        fputs(": can be resumed\n", stderr);
}

static void show_end(void *context, const bnn_pool_view *view, const bnn_run *run)
{
    cli_progress *p = context;
    const bnn_run_result *r = &run->result;
    p->n_ended++;
    if (run->state == BNN_RUN_DONE && r->begun <= 0.0) {
        p->configs[run->i_config].seconds += r->seconds;
        p->configs[run->i_config].n++;
    }
    if (p->redraws)
        cli_status_erase(&p->status);
    if (run->state == BNN_RUN_DONE && (p->quiet || (p->redraws && !p->verbose)))
        return;
    print_ended(p, view->n, run);
}

static void show_tick(void *context, const bnn_pool_view *view)
{
    cli_progress *p = context;
    if (p->redraws && view->n_running > 0)
        draw_status(p, view);
}

static void show_stopping(void *context, const bnn_pool_view *view, int signal)
{
    cli_progress *p = context;
    const char *plural = bnn_plural(view->n_running);
    const bool keeps = p->plan->experiment->run.checkpoints != BNN_CHECKPOINTS_NONE;
    cli_status_erase(&p->status);
    fprintf(stderr, "bnnrun: %s: %s %u run%s", strsignal(signal),
            keeps ? "stopping: checkpointing" : "stopping (run.checkpoint is none):",
            view->n_running, plural);
    fputs(isatty(STDERR_FILENO) == 1 ? "; press Ctrl-C again to stop at once\n" : "\n", stderr);
}

static void show_waiting(void *context, const bnn_pool_view *view, const char *who)
{
    cli_progress *p = context;
    (void)view;
    cli_status_erase(&p->status);
    fprintf(stderr,
            "bnnrun: %s is writing to the database; what is to be recorded waits, and the runs go "
            "on\n",
            who);
}

/* ------------------------------------------------------------------------------------------ */

cli_progress *cli_progress_create(const bnn_plan *plan, uint32_t n_jobs, const cli_options *options)
{
    bnn_arena *arena = options->arena;
    cli_progress *p = bnn_arena_alloc(arena, 1, sizeof *p);
    if (p == NULL)
        return NULL;
    *p = (cli_progress){.plan = plan,
                        .n_jobs = n_jobs,
                        .redraws = !options->quiet && cli_redraws(stderr),
                        .quiet = options->quiet,
                        .verbose = options->verbose > 0,
                        .configs =
                            bnn_arena_alloc(arena, plan->experiment->n_configs, sizeof *p->configs),
                        .tasks = bnn_arena_alloc(arena, plan->n, sizeof *p->tasks),
                        .busy = bnn_arena_alloc(arena, n_jobs, sizeof *p->busy),
                        .observer = {.finished = show_end,
                                     .tick = show_tick,
                                     .stopping = show_stopping,
                                     .waiting = show_waiting,
                                     .context = p}};
    return p->configs != NULL && p->tasks != NULL && p->busy != NULL ? p : NULL;
}

void cli_progress_end(cli_progress *p)
{
    cli_status_erase(&p->status);
}

const bnn_pool_observer *cli_progress_observer(cli_progress *p)
{
    return &p->observer;
}

/* ---- downloads --------------------------------------------------------------------------- */

void cli_download_end(cli_download *d)
{
    if (d->drawn)
        fputc('\n', stderr);
    d->drawn = false;
}

static void print_note(void *context, const char *message)
{
    cli_download *d = context;
    cli_download_end(d);
    if (!d->quiet)
        fprintf(stderr, "bnnrun: %s\n", message);
}

static void print_progress(void *context, const char *file, uint64_t done_bytes,
                           uint64_t total_bytes)
{
    cli_download *d = context;
    char done[CLI_TEXT_MAX], total[CLI_TEXT_MAX];
    if (!d->redraws)
        return;
    fprintf(stderr, "\r%s: %s", file, bnn_count_text(done_bytes, done));
    if (total_bytes > 0)
        fprintf(stderr, " of %s", bnn_count_text(total_bytes, total));
    fputs(" bytes\033[K", stderr);
    d->drawn = true;
}

bnn_data_search cli_download_search(cli_download *d, const char *catalogue, bool allowed,
                                    const cli_options *options)
{
    *d = (cli_download){.quiet = options->quiet, .redraws = !options->quiet && cli_redraws(stderr)};
    return (bnn_data_search){.catalogue = catalogue,
                             .download = allowed,
                             .progress = print_progress,
                             .note = print_note,
                             .context = d};
}
