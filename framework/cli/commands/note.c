/* note.c - bnnrun note and bnnrun tag: what people say of runs. */
#include "base/text.h"
#include "cli/operand.h"
#include "cli/options.h"
#include "cli/result.h"
#include "db/store_curate.h"

/* Answers with what db/sql/NAME.sql says of a run. */
static int note_answer(const cli_options *options, const char *sql, bnn_error *err)
{
    bnn_store *store = NULL;
    cli_table *table;
    const char *uid = NULL;
    int status = cli_store_open(options, &store, err);
    if (status == BNN_OK && options->n_operands > 0)
        status = cli_find_run(store, options->operands[0], options->arena, &uid, err);
    if (status == BNN_OK) {
        const bnn_store_argument argument = cli_text_argument(NULL, uid);
        status = cli_result_read(store, bnn_store_sql(sql), &argument, 1, &table, err);
    }
    bnn_store_close(store);
    return status != BNN_OK ? status : cli_table_end(table, options, err);
}

/* ---- bnnrun note ------------------------------------------------------------------------- */

static int run_note(void *request, bnn_error *err)
{
    const cli_options *options = request;
    bnn_store *store = NULL;
    const char *uid;
    if (options->n_operands < 2)
        return note_answer(options, "run_notes", err);
    const char *note = options->operands[1][0] == '\0' ? NULL : options->operands[1];
    int status = cli_store_open_to_write(options, &store, err);
    if (status == BNN_OK)
        status = cli_find_run(store, options->operands[0], options->arena, &uid, err);
    if (status == BNN_OK)
        status = bnn_store_set_note(store, uid, note, err);
    bnn_store_close(store);
    return status;
}

static const cli_option note_options[] = {
    {.name = "db", .help = "the database (BNNRUN_DB, else bnnrun.db)"},
    {.name = "json", .help = "the note, or all, for programs"},
    {.name = "csv", .help = "likewise"},
    {.name = NULL},
};

const cli_command cli_command_note = {
    .name = "note",
    .arguments = "[RUN [TEXT]]",
    .summary = "keep a note on a run, or read it",
    .notes =
        "TEXT replaces the note that there is; '' takes it away. Without TEXT: the note of the\n"
        "run, and without RUN: all notes.\n",
    .options = note_options,
    .examples = "  bnnrun note 3f 'the run of figure 2'\n"
                "  bnnrun note 3f\n",
    .most = 2,
    .surplus = "one TEXT, in quotes",
    .run = run_note,
};

/* ---- bnnrun tag -------------------------------------------------------------------------- */

typedef struct tag_request {
    cli_options options;
    bool remove;
} tag_request;

static int tag_check(const char *tag, bnn_error *err)
{
    char excerpt[BNN_EXCERPT];
    if (bnn_text_is_name(tag, "_", "_.:/+-", BNN_STORE_TAG_MAX))
        return BNN_OK;
    return cli_usage(err, &cli_command_tag,
                     "\"%s\" is no tag: 1 to %d letters, digits and _ . : / + -, the first a "
                     "letter, a digit or _",
                     bnn_excerpt(tag, excerpt), BNN_STORE_TAG_MAX);
}

/* All tags of the command line, or none. */
static int tag_change(bnn_store *store, const tag_request *r, bnn_error *err)
{
    const cli_options *options = &r->options;
    const char *uid;
    int status = bnn_store_begin(store, err);
    if (status == BNN_OK)
        status = cli_find_run(store, options->operands[0], options->arena, &uid, err);
    for (int i = 1; status == BNN_OK && i < options->n_operands; i++)
        status = bnn_store_set_tag(store, uid, options->operands[i], !r->remove, err);
    return status == BNN_OK ? bnn_store_commit(store, err) : status;
}

static int run_tag(void *request, bnn_error *err)
{
    const tag_request *r = request;
    bnn_store *store = NULL;
    int status = BNN_OK;
    if (r->options.n_operands < 2 && !r->remove)
        return note_answer(&r->options, r->options.n_operands == 0 ? "tags" : "run_tags", err);
    if (r->options.n_operands < 2)
        return cli_usage(err, &cli_command_tag, "--delete needs a RUN and its TAG");
    for (int i = 1; status == BNN_OK && i < r->options.n_operands; i++)
        status = tag_check(r->options.operands[i], err);
    if (status == BNN_OK)
        status = cli_store_open_to_write(&r->options, &store, err);
    if (status == BNN_OK)
        status = tag_change(store, r, err);
    bnn_store_close(store);
    return status;
}

static const cli_option tag_options[] = {
    CLI_ROW("delete", 'd', CLI_SWITCH, NULL, tag_request, remove, "take these tags away"),
    {.name = "db", .help = "the database (BNNRUN_DB, else bnnrun.db)"},
    {.name = "json", .help = "tags for programs"},
    {.name = "csv", .help = "likewise"},
    {.name = NULL},
};

const cli_command cli_command_tag = {
    .name = "tag",
    .arguments = "[RUN [TAG...]]",
    .summary = "put tags on a run, or list them; `runs --tag TAG` finds it again",
    .notes =
        "Without TAG: the tags of the run; without RUN: all tags, and how many runs have them.\n",
    .options = tag_options,
    .examples = "  bnnrun tag 3f good figure2\n"
                "  bnnrun tag -d 3f good\n"
                "  bnnrun tag\n",
    .n_request = sizeof(tag_request),
    .run = run_tag,
};
