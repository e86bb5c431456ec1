/* page.h - the frame of a page: its head, style and scripts, for the report and for what cli/serve/ has beside it.
 * Private to cli/. */
#ifndef BNN_CLI_REPORT_PAGE_H
#define BNN_CLI_REPORT_PAGE_H

#include "base/arena.h"
#include "cli/report/html.h"

typedef struct cli_page {
    const char *title, *kicker; /* kicker: a line above the title */
    const char *skip;           /* what the link is called that leads to the element main */
    bool live;                  /* it asks whoever serves it for what is new */
} cli_page;

/* All up to the element main; BNN_E_INTERNAL without memory. */
int cli_page_begin(const cli_page *page, cli_html *html, bnn_arena *arena, bnn_error *err);

/* All behind it, with the data of the scripts, which are released. */
void cli_page_end(const cli_page *page, cli_html *html, json_t *data);

/* Its Content-Security-Policy; NULL without memory. Nothing is loaded from anywhere, but by a live page from where it
 * came from, and no script runs but ours, whatever a label says. */
const char *cli_page_policy(bool live, bnn_arena *arena);

#endif
