/* query.c - bnnrun query: a question to the database, by name, from a file, or as SQL. */
#include "base/file.h"
#include "base/text.h"
#include "cli/operand.h"
#include "cli/options.h"
#include "cli/result.h"
#include "cli/selection.h"
#include "db/store_compare.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SQL_LIMIT_BYTES = 1 << 20, ARGUMENTS_MAX = 32 };

static int list_queries(const cli_options *options, bnn_error *err)
{
    size_t n;
    const bnn_store_named_query *queries = bnn_store_queries(&n);
    cli_table *table = cli_table_create("query|question");
    for (size_t i = 0; i < n; i++) {
        cli_table_cell(table, queries[i].name);
        cli_table_cell(table, queries[i].question);
    }
    return cli_table_end(table, options, err);
}

static int fail_unknown_query(const char *name, bnn_arena *arena, bnn_error *err)
{
    size_t n;
    const bnn_store_named_query *queries = bnn_store_queries(&n);
    const char **names = bnn_arena_alloc(arena, n, sizeof *names);
    if (names == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < n; i++)
        names[i] = queries[i].name;
    return cli_unknown(err, BNN_E_USAGE, "there is no query and no file", name, names, n);
}

/* The SQL that the operand stands for. */
static int find_sql(const char *operand, bnn_arena *arena, const char **out, bnn_error *err)
{
    const bnn_store_named_query *query = bnn_store_find_query(operand);
    *out = query != NULL ? query->sql : operand;
    if (query != NULL || strpbrk(operand, " \t\n;(") != NULL)
        return BNN_OK;
    if (strchr(operand, '/') == NULL && !bnn_text_ends_with(operand, ".sql"))
        return fail_unknown_query(operand, arena, err);
    char *text;
    size_t n;
    const int status = bnn_file_read(operand, SQL_LIMIT_BYTES, &text, &n, err);
    if (status != BNN_OK)
        return status;
    const bool is_text = strlen(text) == n;
    *out = bnn_arena_strdup(arena, text);
    free(text);
    if (!is_text)
        return bnn_fail(err, BNN_E_USAGE, "%s: a NUL byte; SQL is text", operand);
    return *out == NULL ? bnn_no_memory(err) : BNN_OK;
}

/* KEY=VALUE becomes the argument :KEY. What reads as a number is one, but not for the queries with a name,
 * which take texts: an experiment may be called 007. */
static int parse_argument(const char *text, bool named, bnn_arena *arena, bnn_store_argument *out,
                          bnn_error *err)
{
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text)
        return cli_usage(err, &cli_command_query,
                         "\"%s\" behind the query; expected KEY=VALUE for its parameter :KEY (SQL "
                         "with spaces needs quotes)",
                         text);
    const char *name = bnn_arena_printf(arena, ":%.*s", (int)(equals - text), text);
    if (name == NULL)
        return bnn_no_memory(err);
    const char *value = equals + 1;
    *out = cli_text_argument(name, value);
    if (named)
        return BNN_OK;
    char *end;
    errno = 0;
    const long long integer = strtoll(value, &end, 10);
    if (*value != '\0' && *end == '\0' && errno == 0)
        out->value = (bnn_store_value){
            .type = BNN_STORE_VALUE_INTEGER, .integer = integer, .real = (double)integer};
    else {
        const double real = strtod(value, &end);
        if (*value != '\0' && *end == '\0' && isfinite(real))
            out->value = (bnn_store_value){.type = BNN_STORE_VALUE_REAL, .real = real};
    }
    return BNN_OK;
}

/* The config whose hash begins so. */
static int settle_config(bnn_store *store, const char *digits, bnn_arena *arena,
                         bnn_store_argument *argument, bnn_error *err)
{
    const bnn_store_named_config *configs;
    size_t n;
    const int status = bnn_store_list_named_configs(store, NULL, digits, arena, &configs, &n, err);
    if (status == BNN_OK && (n == 0 || *digits == '\0'))
        return bnn_fail(err, BNN_E_RESOURCE,
                        "there is no config whose hash begins with \"%s\"; `bnnrun runs --json` "
                        "has them under config",
                        digits);
    if (status == BNN_OK && n > 1)
        return bnn_fail(err, BNN_E_RESOURCE, "\"%s\" begins %zu configs; give more digits", digits,
                        n);
    if (status == BNN_OK)
        *argument = cli_text_argument(argument->name, configs[0].config);
    return status;
}

/* Of a query with a name, an experiment is one that there is, a run is found like an operand, and a
 * config by its digits. */
static int settle_argument(bnn_store *store, const char *operand, bnn_arena *arena,
                           bnn_store_argument *argument, bnn_error *err)
{
    const char *value = strchr(operand, '=') + 1, *uid;
    if (strcmp(argument->name, ":experiment") == 0)
        return cli_selection_check_experiment(store, value, arena, err);
    if (strcmp(argument->name, ":config") == 0)
        return settle_config(store, value, arena, argument, err);
    if (strcmp(argument->name, ":run") != 0 && strcmp(argument->name, ":other") != 0)
        return BNN_OK;
    const int status = cli_find_run(store, value, arena, &uid, err);
    if (status == BNN_OK)
        *argument = cli_text_argument(argument->name, uid);
    return status;
}

static int settle_arguments(bnn_store *store, const cli_options *options,
                            bnn_store_argument *arguments, bnn_error *err)
{
    int status = BNN_OK;
    if (bnn_store_find_query(options->operands[0]) == NULL)
        return BNN_OK;
    for (int i = 1; status == BNN_OK && i < options->n_operands; i++)
        status =
            settle_argument(store, options->operands[i], options->arena, &arguments[i - 1], err);
    return status;
}

static int answer_query(const cli_options *options, bnn_error *err)
{
    bnn_store_argument arguments[ARGUMENTS_MAX];
    const char *sql;
    bnn_store *store = NULL;
    cli_table *table;
    int status = BNN_OK;
    const size_t n = (size_t)options->n_operands - 1;
    if (n > ARGUMENTS_MAX)
        return cli_usage(err, &cli_command_query, "more than %d parameters", ARGUMENTS_MAX);
    for (size_t i = 0; status == BNN_OK && i < n; i++)
        status = parse_argument(options->operands[i + 1],
                                bnn_store_find_query(options->operands[0]) != NULL, options->arena,
                                &arguments[i], err);
    if (status == BNN_OK)
        status = find_sql(options->operands[0], options->arena, &sql, err);
    if (status == BNN_OK)
        status = cli_store_open(options, &store, err);
    if (status == BNN_OK)
        status = settle_arguments(store, options, arguments, err);
    if (status == BNN_OK)
        status = cli_result_read(store, sql, arguments, n, &table, err);
    bnn_store_close(store);
    return status != BNN_OK ? status : cli_table_end(table, options, err);
}

static int run_query(void *request, bnn_error *err)
{
    const cli_options *options = request;
    return options->n_operands == 0 ? list_queries(options, err) : answer_query(options, err);
}

static const cli_option query_options[] = {
    {.name = "db", .help = "the database (BNNRUN_DB, else bnnrun.db)"},
    {.name = "csv", .help = "comma-separated, numbers with every digit"},
    {.name = "json", .help = "an array of objects"},
    {.name = NULL},
};

const cli_command cli_command_query = {
    .name = "query",
    .arguments = "[NAME|FILE|'SQL' [KEY=VALUE...]]",
    .completion = "QUERY|FILE",
    .summary = "ask the database; without arguments: list the queries that have a name",
    .notes =
        "NAME is a query that comes with bnnrun, FILE one that ends in .sql or has a slash, SQL\n"
        "anything with a space. Read-only, one statement. KEY=VALUE sets the parameter :KEY;\n"
        "one that is not set is NULL, which the queries with a name take as \"all\".\n"
        "Besides SQLite's functions there are the aggregates mean, sd, median and ci95, half the\n"
        "width of the mean's 95 % confidence interval, which goes from mean - ci95 to mean + ci95.\n",
    .options = query_options,
    .examples = "  bnnrun query\n"
                "  bnnrun query leaderboard experiment=ste_sweep\n"
                "  bnnrun query confusion run=3f\n"
                "  bnnrun query \"SELECT label, mean(test_accuracy), ci95(test_accuracy)\n"
                "                FROM run_summary WHERE experiment = 'ste_sweep' AND in_spec\n"
                "                AND state = 'done' GROUP BY config\"\n"
                "  bnnrun query mine.sql --csv\n",
    .run = run_query,
};
