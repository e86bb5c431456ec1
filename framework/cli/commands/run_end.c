/* run_end.c - what `bnnrun run` says of a sweep at its end. */
#include "cli/commands/run.h"

#include "base/text.h"
#include "cli/compare/ask.h"
#include "cli/grid.h"
#include "cli/leaderboard.h"
#include "cli/result.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

json_t *cli_sweep_counts(const cli_sweep *s)
{
    const size_t *n_of = s->total;
    return json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "planned", (json_int_t)s->plan.n,
        "done_before", (json_int_t)s->done_before, "lost", (json_int_t)s->plan.n_of[BNN_RUN_LOST],
        "restored", (json_int_t)s->restored.n_of[BNN_RESTORED_FILES], "stale",
        (json_int_t)s->plan.n_of[BNN_RUN_STALE], "done", (json_int_t)n_of[BNN_RUN_DONE], "failed",
        (json_int_t)n_of[BNN_RUN_FAILED], "interrupted", (json_int_t)n_of[BNN_RUN_INTERRUPTED],
        "elsewhere",
        (json_int_t)s->summary.n_of[BNN_RUN_TAKEN] + (json_int_t)s->plan.n_of[BNN_RUN_RUNNING]);
}

static int sweep_print_json(const cli_sweep *s, json_t *board, bnn_error *err)
{
    json_t *all =
        json_pack("{s:s, s:s, s:o, s:O}", "experiment", s->plan.experiment->name, "database",
                  s->request->options.db, "runs", cli_sweep_counts(s), "leaderboard", board);
    if (all == NULL)
        return bnn_no_memory(err);
    return cli_json_print(all, err);
}

static bool run_is_elsewhere(const bnn_run *run)
{
    return run->state == BNN_RUN_RUNNING || run->state == BNN_RUN_TAKEN;
}

static bool sweep_has_elsewhere(const bnn_plan *plan)
{
    bool has = false;
    for (const bnn_run *run = plan->runs; run < plan->runs + plan->n; run++)
        has |= run_is_elsewhere(run);
    return has;
}

/* Looks what became of the runs that were not for this process. */
static int sweep_look_elsewhere(cli_sweep *s, bnn_store *store, bnn_error *err)
{
    const bnn_store_run *now;
    size_t n;
    if (!sweep_has_elsewhere(&s->plan))
        return BNN_OK;
    const int status =
        bnn_store_list_runs(store, s->plan.experiment->name, s->plan.arena, &now, &n, err);
    for (const bnn_run *run = s->plan.runs; status == BNN_OK && run < s->plan.runs + s->plan.n;
         run++) {
        size_t i = 0;
        if (!run_is_elsewhere(run))
            continue;
        while (i < n && now[i].id != run->id)
            i++;
        s->n_removed += i == n;
        if (i == n || now[i].state == BNN_RUN_DONE)
            continue;
        s->n_elsewhere++;
        if (s->elsewhere == NULL || s->elsewhere->holder[0] == '\0') /* others may wait for that */
            s->elsewhere = &now[i];
    }
    return status;
}

/* "compare mnist", "query leaderboard experiment=mnist": what has an answer from these results, and from
 * those of no other experiment. */
static int sweep_name_next(const cli_sweep *s, bnn_store *store, json_t *board, const char **out,
                           bnn_error *err)
{
    const char *const *names;
    size_t n, i;
    json_t *row;
    bool has_pairs = false;
    const int status = bnn_store_list_experiments(store, s->plan.arena, &names, &n, err);
    if (status != BNN_OK)
        return status;
    json_array_foreach(board, i, row) has_pairs =
        has_pairs ||
        (cli_row_number(row, "n_paired") > 0 && json_is_null(json_object_get(row, "need")));
    *out = bnn_arena_printf(s->plan.arena, "%s%s%s", has_pairs ? "compare" : "query leaderboard",
                            n <= 1      ? ""
                            : has_pairs ? " "
                                        : " experiment=",
                            n > 1 ? s->plan.experiment->name : "");
    return *out != NULL ? BNN_OK : bnn_no_memory(err);
}

/* The answer of `bnnrun compare`, where there is one that seeds could decide; else NULL. In the arena. */
static const char *sweep_headline(const cli_sweep *s, bnn_store *store, bnn_arena *arena)
{
    cli_asking asking = CLI_ASKING_VALUES;
    cli_compared compared;
    bnn_error none;
    asking.options.arena = arena;
    if (cli_ask_and_judge(store, &asking, s->plan.experiment->name, false, &compared, &none) !=
        BNN_OK)
        return NULL;
    const bnn_comparison *c = &compared.found.comparison;
    const bool can = compared.found.design != NULL ? compared.found.looks.made > 0
                                                   : c->seeds > 0 && c->seeds >= c->least_seeds;
    return can ? cli_compare_headline(&compared.asked, &compared.found, arena) : NULL;
}

static void sweep_say_headline(const cli_sweep *s, bnn_store *store)
{
    if (s->plan.n_of[BNN_RUN_APART] > 0)
        return; /* pairs are broken by the split */
    bnn_arena *arena = bnn_arena_create(BNN_SPEC_LIMIT_BYTES);
    const char *headline = arena == NULL ? NULL : sweep_headline(s, store, arena);
    if (headline != NULL) {
        putchar('\n');
        cli_print_prose(headline, 0, cli_width(stdout));
        putchar('\n');
    }
    bnn_arena_destroy(arena);
}

/* What the leaderboard is not. */
static void sweep_say_chosen(const bnn_plan *plan)
{
    if (plan->experiment->until.is_there)
        puts(
            "\nIntervals here are those of one look at all seeds; `bnnrun compare` has those of the "
            "looks");
    if (plan->halved.made > 1 || (plan->halved.made > 0 && bnn_plan_goes_on(plan)))
        puts("\nConfigs that a rung dropped are left out, and the others were chosen with these "
             "seeds; `bnnrun query rungs` has all");
}

/* Whoever read the results may have had enough of them, as `head`: that is no error of the sweep. */
static void sweep_let_reader_go(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO};
    if ((fflush(stdout) == 0 && !ferror(stdout)) || poll(&out, 1, 0) != 1 ||
        (out.revents & (POLLERR | POLLHUP)) == 0)
        return;
    const int nobody = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nobody < 0 || dup2(nobody, STDOUT_FILENO) < 0)
        return;
    close(nobody);
    clearerr(stdout);
}

int cli_sweep_show_results(cli_sweep *s, bnn_error *err)
{
    const cli_options *options = &s->request->options;
    const bnn_experiment *e = s->plan.experiment;
    const bnn_metric *metric = bnn_run_metric(e->metric.name);
    bnn_store *store;
    const char *next = NULL;
    int status = cli_store_open(options, &store, err);
    if (status != BNN_OK)
        return status;
    json_t *board = cli_leaderboard_read(store, e->name, metric, (bnn_goal)e->metric.goal, err);
    status = board == NULL ? err->status : BNN_OK;
    if (status == BNN_OK)
        status = bnn_store_count_mismatched(store, e->name, &s->n_mismatched, err);
    if (status == BNN_OK)
        status = sweep_look_elsewhere(s, store, err);
    if (status == BNN_OK)
        status = sweep_name_next(s, store, board, &next, err);
    if (status == BNN_OK && options->json)
        status = sweep_print_json(s, board, err);
    else if (status == BNN_OK) {
        status = cli_leaderboard_print(board, metric, err);
        sweep_say_headline(s, store);
        if (s->plan.n_of[BNN_RUN_STALE] > 0)
            puts("\n" CLI_PLAN_STALE);
        if (s->plan.n_other_seeds > 0) {
            putchar('\n');
            cli_plan_say_other_seeds(&s->plan, stdout);
        }
        sweep_say_chosen(&s->plan);
        const bool named = strcmp(options->db, cli_options_standard(NULL).db) != 0;
        if (s->plan.n_of[BNN_RUN_APART] > 0)
            printf("\nThe results of shard %u of %u are in %s; with those of the others: bnnrun "
                   "merge INTO.db %s ...\n",
                   e->shard.i, e->shard.n, options->db, options->db);
        else
            printf("\nAll results are in %s; next: bnnrun %s%s%s\n", options->db, next,
                   named ? " --db " : "", named ? options->db : "");
    }
    sweep_let_reader_go();
    bnn_store_close(store);
    json_decref(board);
    return status;
}

int cli_sweep_judge(const cli_sweep *s, bnn_error *err)
{
    const size_t n_failed = s->total[BNN_RUN_FAILED];
    const size_t n_lost = s->plan.n_of[BNN_RUN_LOST] - s->restored.n_of[BNN_RESTORED_FILES];
    if (s->n_mismatched > 0) /* a mistake of this program */
        return bnn_fail(err, BNN_E_INTERNAL,
                        "%lld runs have a model file that gives test images another class than "
                        "training did; this is a mistake of bnnrun, please report it: `bnnrun "
                        "query \"SELECT run_uid, label, mismatches FROM run_summary WHERE "
                        "mismatches > 0\"`",
                        (long long)s->n_mismatched);
    if (n_failed > 0)
        return bnn_fail(err, BNN_E_FAILED,
                        "%zu of %zu runs failed; `bnnrun query failures` says why", n_failed,
                        s->n_tried);
    if (n_lost > 0)
        return bnn_fail(err, BNN_E_FAILED, "the files of %zu of %zu runs could not be made again",
                        n_lost, s->plan.n);
    if (s->n_removed > 0)
        return bnn_fail(
            err, BNN_E_FAILED,
            "%zu of %zu runs were removed from the database meanwhile; the same command "
            "does them",
            s->n_removed, s->plan.n);
    if (s->plan.n_of[BNN_RUN_BLOCKED] > 0)
        return bnn_fail(err, BNN_E_FAILED,
                        "%zu of %zu runs need runs that are stale; the same command with --retrain "
                        "stale does all of them",
                        s->plan.n_of[BNN_RUN_BLOCKED], s->plan.n);
    if (s->n_elsewhere == 0 && s->plan.looks.due > 0)
        return bnn_fail(
            err, BNN_E_FAILED,
            "the look at %zu seeds waits for runs that are not done; `bnnrun plan` says "
            "why",
            s->plan.looks.due);
    if (s->n_elsewhere == 0 && bnn_plan_goes_on(&s->plan))
        return bnn_fail(err, BNN_E_FAILED,
                        "rung %zu waits for runs that are not done; `bnnrun plan` says why",
                        s->plan.settled.made + 1);
    if (s->n_elsewhere == 0)
        return BNN_OK;
    return bnn_fail(
        err, BNN_E_FAILED,
        "%zu of %zu runs are not done: %s took run %s; give the same command again once "
        "it has ended, with --take-over if it was on another machine",
        s->n_elsewhere, s->plan.n,
        s->elsewhere->holder[0] != '\0' ? s->elsewhere->holder : "a process that has ended",
        s->elsewhere->uid);
}
