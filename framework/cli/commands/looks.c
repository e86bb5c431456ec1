/* looks.c - seeds until it is decided, as `plan` and `run` tell it. */
#include "cli/commands/looks.h"

#include "base/text.h"
#include "cli/progress.h"
#include "db/store_results.h"
#include "runner/estimate.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

/* How many configs have each verdict, by the looks up to this one. */
static size_t looks_count(const bnn_plan *plan, size_t look, bnn_verdict verdict)
{
    const bnn_looks *looks = &plan->looks;
    size_t n = 0;
    for (size_t i = 0; i < plan->n_looked; i++) {
        const size_t last = looks->asked[i] < look ? looks->asked[i] : look;
        n += last > 0 && looks->answers[(last - 1) * plan->n_looked + i].verdict == verdict;
    }
    return n;
}

/* "3 of 5 configs are decided: 2 worse, 1 equal". */
static void looks_write(const bnn_plan *plan, size_t look, FILE *stream)
{
    static const bnn_verdict verdicts[] = {BNN_VERDICT_BETTER, BNN_VERDICT_WORSE,
                                           BNN_VERDICT_EQUAL};
    const size_t open = looks_count(plan, look, BNN_VERDICT_UNDECIDED);
    const char *separator = ": ";
    fprintf(stream, "%zu of %zu config%s decided", plan->n_looked - open, plan->n_looked,
            bnn_plural(plan->n_looked));
    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++) {
        const size_t n = looks_count(plan, look, verdicts[i]);
        if (n > 0)
            fprintf(stream, "%s%zu %s", separator, n, bnn_verdict_name(verdicts[i]));
        separator = n > 0 ? ", " : separator;
    }
}

void cli_looks_say(const bnn_plan *plan, size_t before)
{
    const bnn_design *design = &plan->experiment->until.design;
    for (size_t k = before; k < plan->looks.made; k++) {
        fprintf(stderr, "bnnrun: look %zu of %zu, at %zu seeds: ", k + 1, design->looks,
                design->seeds[k]);
        looks_write(plan, k + 1, stderr);
        fputc('\n', stderr);
    }
}

void cli_looks_print(const bnn_plan *plan, uint32_t n_jobs)
{
    const bnn_design *design = &plan->experiment->until.design;
    char duration[CLI_DURATION_MAX];
    if (!plan->experiment->until.is_there)
        return;
    printf("seeds.until: looks at ");
    for (size_t k = 0; k < design->looks; k++)
        printf("%s%zu", k == 0 ? "" : k + 1 < design->looks ? ", " : " and ", design->seeds[k]);
    printf(" seeds");
    if (plan->looks.made > 0) {
        printf("; %zu made, ", plan->looks.made);
        looks_write(plan, plan->looks.made, stdout);
    }
    if (plan->looks.due > 0 && plan->n_of[BNN_RUN_LATER] > 0) {
        size_t n_more;
        const double seconds = bnn_estimate_most(plan, n_jobs, &n_more);
        printf("; if no other is decided before the last, %zu more run%s", n_more,
               bnn_plural(n_more));
        if (!isnan(seconds))
            printf(", in all about %s", cli_duration_text(seconds, duration));
    }
    putchar('\n');
}

const char *cli_looks_later(const bnn_plan *plan)
{
    return plan->experiment->until.is_there ? "if no look decides before"
                                            : "if no rung drops it before";
}

const char *cli_looks_spared(const bnn_plan *plan, const bnn_run *run)
{
    if (plan->experiment->until.is_there)
        return "a look has decided";
    return run->result.error != NULL ? "failed; runs of an earlier rung come first"
                                     : "a rung has dropped it";
}

/* ---- waiting ----------------------------------------------------------------------------- */

/* How many of the runs that the plan found under way still are. */
static int looks_count_running(const bnn_plan *plan, bnn_store *store, size_t *n, bnn_error *err)
{
    bnn_arena *arena = bnn_arena_create(BNN_SPEC_LIMIT_BYTES);
    const bnn_store_run *rows;
    size_t n_rows;
    if (arena == NULL)
        return bnn_no_memory(err);
    const int status =
        bnn_store_list_runs(store, plan->experiment->name, arena, &rows, &n_rows, err);
    *n = 0;
    for (size_t i = 0; status == BNN_OK && i < plan->n; i++)
        for (size_t k = 0; plan->runs[i].state == BNN_RUN_RUNNING && k < n_rows; k++)
            *n +=
                rows[k].id == plan->runs[i].id && rows[k].state == BNN_RUN_RUNNING && !rows[k].died;
    bnn_arena_destroy(arena);
    return status;
}

int cli_looks_wait(const bnn_plan *plan, const char *db, bnn_error *err)
{
    static const struct timespec pause = {.tv_nsec = 200L * 1000 * 1000};
    size_t n = plan->n_of[BNN_RUN_RUNNING];
    bnn_store *store = NULL;
    int status = bnn_store_open(db, BNN_STORE_READ, &store, err);
    while (status == BNN_OK && n > 0 && n == plan->n_of[BNN_RUN_RUNNING]) {
        nanosleep(&pause, NULL);
        status = looks_count_running(plan, store, &n, err);
    }
    bnn_store_close(store);
    return status;
}
