/* report.h - `bnnrun report`: what the database knows of experiments, as one page of HTML that needs nothing
 * else. Private to cli/; commands/report.c is the command.
 *
 * The page is markup, which stands without scripts (verdict.c, figures.c, costs.c, environment.c), and data
 * for its scripts in page/ (runs.c, confusion.c, models.c), put together by page.c. */
#ifndef BNN_CLI_REPORT_REPORT_H
#define BNN_CLI_REPORT_REPORT_H

#include "cli/compare/ask.h"
#include "cli/plot/published.h"

/* What the page is to be. */
typedef struct cli_report_wish {
    cli_asking asking; /* of all experiments */
    const char *const *experiments;
    size_t n_experiments;
    const cli_published
        *published; /* what others have published, to stand beside costs; NULL: nothing */
    bool live;      /* it will be served (cli/serve/), and changes while it is looked at */
} cli_report_wish;

/* Fills in the experiments: those that are operands, which must have runs; without any that which was run last. */
int cli_report_choose(bnn_store *store, cli_report_wish *wish, bnn_error *err);

/* Makes the page: text[n], malloc'ed, freed by the caller also after a failure. An experiment that cannot be
 * compared is shown without verdicts. */
int cli_report_make(bnn_store *store, const cli_report_wish *wish, char **text, size_t *n,
                    bnn_error *err);

#endif
