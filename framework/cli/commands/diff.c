/* diff.c - bnnrun diff: in what two runs differ. */
#include "cli/operand.h"
#include "cli/options.h"
#include "db/store_curate.h"

#include <string.h>

enum { DIGITS = 12, SHA256_DIGITS = 64 };

/* Two runs and what differs between them. */
typedef struct diff_answer {
    const char *uids[2];
    bool both_done;
    cli_table *table;
} diff_answer;

static int diff_read(const cli_options *options, diff_answer *out, bnn_error *err)
{
    bnn_store *store = NULL;
    const bnn_store_chosen *runs;
    size_t n;
    int status = cli_store_open(options, &store, err);
    for (int i = 0; status == BNN_OK && i < 2; i++)
        status = cli_find_run(store, options->operands[i], options->arena, &out->uids[i], err);
    const bnn_store_filter both = {.uids = {2, out->uids}};
    if (status == BNN_OK)
        status = bnn_store_choose(store, &both, options->arena, &runs, &n, err);
    out->both_done = status == BNN_OK;
    for (size_t i = 0; status == BNN_OK && i < n; i++)
        out->both_done &= strcmp(runs[i].state, "done") == 0 || strcmp(runs[i].state, "stale") == 0;
    if (status == BNN_OK) {
        const bnn_store_argument arguments[] = {cli_text_argument(NULL, out->uids[0]),
                                                cli_text_argument(NULL, out->uids[1])};
        status = cli_result_read(store, bnn_store_sql("run_diff"), arguments, 2, &out->table, err);
    }
    bnn_store_close(store);
    return status;
}

/* To look at, a hash is as long as it takes to tell it from others. */
static void diff_put(cli_table *table, json_t *value)
{
    const char *text = json_string_value(value);
    if (text != NULL && strlen(text) == SHA256_DIGITS)
        cli_table_cellf(table, "%.*s", DIGITS, text);
    else
        cli_table_put(table, json_incref(value));
}

static int diff_print(const diff_answer *answer, json_t *rows, bnn_error *err)
{
    size_t i;
    json_t *row;
    cli_table *table = cli_table_create("part|key");
    cli_table_column(table, answer->uids[0], CLI_TEXT);
    cli_table_column(table, answer->uids[1], CLI_TEXT);
    json_array_foreach(rows, i, row)
    {
        const json_t *epoch = json_object_get(row, "epoch");
        cli_table_cell(table, json_string_value(json_object_get(row, "part")));
        cli_table_cellf(table, json_is_integer(epoch) ? "%s, epoch %lld" : "%s",
                        json_string_value(json_object_get(row, "key")),
                        (long long)json_integer_value(epoch));
        diff_put(table, json_object_get(row, "a"));
        diff_put(table, json_object_get(row, "b"));
    }
    return cli_table_end(table, NULL, err);
}

/* Whether anything differs in what came out. */
static bool diff_has_results(const json_t *rows)
{
    size_t i;
    const json_t *row;
    bool has = false;
    json_array_foreach(rows, i, row)
    {
        const char *part = json_string_value(json_object_get(row, "part"));
        has |=
            strcmp(part, "epoch") == 0 || strcmp(part, "result") == 0 || strcmp(part, "file") == 0;
    }
    return has;
}

static int run_diff(void *request, bnn_error *err)
{
    const cli_options *options = request;
    diff_answer answer = {.table = NULL};
    int status = diff_read(options, &answer, err);
    if (status != BNN_OK)
        return status;
    if (options->json || options->csv)
        return cli_table_end(answer.table, options, err);
    json_t *rows = cli_table_take(answer.table, err);
    if (rows == NULL)
        return err->status;
    if (json_array_size(rows) == 0)
        printf("the same\n");
    else
        status = diff_print(&answer, rows, err);
    if (status == BNN_OK && json_array_size(rows) > 0 && answer.both_done &&
        !diff_has_results(rows) && !options->quiet)
        fprintf(stderr, "what came out is the same, to the last bit\n");
    json_decref(rows);
    return status;
}

static const cli_option diff_options[] = {
    {.name = "db", .help = "the database (BNNRUN_DB, else bnnrun.db)"},
    {.name = "json",
     .help = "differences for programs: part, key, epoch, a, b; of files, weights\n"
             "only"},
    {.name = "csv", .help = "likewise"},
    {.name = "quiet", .help = "only the differences"},
    {.name = NULL},
};

const cli_command cli_command_diff = {
    .name = "diff",
    .arguments = "RUN RUN",
    .summary = "in what two runs differ, from their parameters to their results",
    .notes =
        "Compares experiment, label, seed and state; parameters; data; plugins; the environment\n"
        "of the last attempts; the metrics of the first epoch in which one differs; results;\n"
        "the kept weights. How long something took is no difference. Model files are not compared,\n"
        "since each names its run: the same weights and parameters make the same network. \"the\n"
        "same\": nothing of that differs.\n",
    .options = diff_options,
    .examples = "  bnnrun diff 3f 8a\n",
    .least = 2,
    .most = 2,
    .needs = "two RUNs are needed; `bnnrun runs` lists runs",
    .run = run_diff,
};
