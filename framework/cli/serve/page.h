/* page.h - what a child makes for a document. Private to cli/serve/. */
#ifndef BNN_CLI_SERVE_PAGE_H
#define BNN_CLI_SERVE_PAGE_H

#include "cli/report/report.h"

/* progress.c: how far the experiments are, as a piece of markup: counts, time left, what runs and what has ended. */
int serve_add_progress(bnn_store *store, const cli_report_wish *wish, cli_html *html,
                       bnn_error *err);

/* run.c: the page of a run, all up to its end; uid: or how it begins. BNN_E_RESOURCE when there is none, or
 * several. */
int serve_add_run(bnn_store *store, const cli_options *options, const char *uid, cli_html *html,
                  bnn_error *err);

#endif
