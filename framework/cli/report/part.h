/* part.h - the parts of the page that are of one experiment. Private to cli/report/.
 *
 * Each function adds to the page, or to what the page's scripts get: BNN_OK, or a failure of the store or of
 * memory. What is not there (data, files of models) is left out, or said in the page. */
#ifndef BNN_CLI_REPORT_PART_H
#define BNN_CLI_REPORT_PART_H

#include "cli/report/html.h"
#include "cli/report/report.h"

typedef struct cli_part {
    const cli_report_wish *wish;
    bnn_store *store;
    bnn_arena *arena;
    cli_html *html;
    const char *name; /* of the experiment */
    const char *id;   /* "e1": the ids of its elements begin with it */
    cli_compared *compared;
    bool is_asked;           /* compared has what is asked */
    bool is_judged;          /* and what was found */
    const char *why;         /* else */
    cli_published published; /* what of the wish is about this experiment; n 0: nothing */
    json_t *runs;            /* rows of report_runs.sql */
    json_t *data;            /* an object for the scripts */
} cli_part;

/* Whether a row of report_runs.sql counts: the run is done, and the comparison has it. */
bool cli_part_counts(const cli_part *part, const json_t *run);

/* The seeds that count: "1, 2, 3", in the arena; NULL without memory. */
const char *cli_part_seeds(const cli_part *part, const char *between);

/* The SQL of db/sql/NAME.sql with what is asked in it (the experiment, the seeds that count, what is measured and
 * whether more of it is better, the baseline), in the arena; NULL without memory. */
const char *cli_part_sql(const cli_part *part, const char *name);

/* Its rows, to be released by the caller. */
int cli_part_rows(const cli_part *part, const char *name, json_t **out, bnn_error *err);

/* Options of the page that change what a command says or draws. */
typedef enum cli_part_option {
    CLI_PART_METRIC = 1,
    CLI_PART_BASELINE = 2,
    CLI_PART_BOUNDS = 4, /* margin and level */
    CLI_PART_PUBLISHED = 8,
} cli_part_option;

/* Those of `which` that the page was asked for with: " --margin 0.2", in the arena; NULL without memory. */
const char *cli_part_options(const cli_part *part, unsigned which);

/* "bnnrun BEFORE", the operand (NULL: the experiment), "AFTER --db FILE": for a shell, in the arena; NULL without
 * memory. */
const char *cli_part_command(const cli_part *part, const char *before, const char *operand,
                             const char *after);

/* A text as a word of a shell; as it is or in the arena. */
const char *cli_part_word(const char *text, bnn_arena *arena);

/* The command and the SQL of db/sql/NAME.sql that give what stands above. */
int cli_part_source(const cli_part *part, const char *command, const char *name, bnn_error *err);

/* The beginning of a section: id, heading, what it shows. It ends with cli_part_close. */
void cli_part_open(const cli_part *part, const char *section, const char *heading,
                   const char *text);
void cli_part_close(const cli_part *part);

/* Bytes in base64, as JSON; NULL without memory. */
json_t *cli_part_base64(const void *bytes, size_t n);

int cli_part_verdict(cli_part *part, bnn_error *err);     /* verdict.c */
int cli_part_figures(cli_part *part, bnn_error *err);     /* figures.c */
int cli_part_runs(cli_part *part, bnn_error *err);        /* runs.c */
int cli_part_confusion(cli_part *part, bnn_error *err);   /* confusion.c */
int cli_part_models(cli_part *part, bnn_error *err);      /* models.c */
int cli_part_environment(cli_part *part, bnn_error *err); /* environment.c */

/* costs.c: in words and as a table, which configs no other beats in accuracy, bytes and time; nothing where not all of
 * it is known of any. */
int cli_part_costs(const cli_part *part, bnn_error *err);

/* Likewise what others have published, with how that was measured; nothing without any. */
void cli_part_published(const cli_part *part);

#endif
