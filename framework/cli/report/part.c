#include "cli/report/part.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* A text as a literal: of SQL, where a quote is doubled, or of a shell, where it is "'\''". */
static const char *part_quoted(const char *text, const char *quote, bnn_arena *arena)
{
    const size_t n_quote = strlen(quote);
    char *out = bnn_arena_alloc(arena, strlen(text) * n_quote + 3, 1);
    if (out == NULL)
        return NULL;
    char *at = out;
    *at++ = '\'';
    for (; *text != '\0'; text++) {
        const size_t n = *text == '\'' ? n_quote : 1;
        memcpy(at, *text == '\'' ? quote : text, n);
        at += n;
    }
    *at = '\'';
    return out;
}

const char *cli_part_word(const char *text, bnn_arena *arena)
{
    return bnn_text_is_name(text, "_./", "_./-", strlen(text)) ? text
                                                               : part_quoted(text, "'\\''", arena);
}

/* ---- what counts ------------------------------------------------------------------------- */

bool cli_part_counts(const cli_part *part, const json_t *run)
{
    const cli_arms *configs = &part->compared->configs;
    const char *state = json_string_value(json_object_get(run, "state"));
    const char *config = json_string_value(json_object_get(run, "config"));
    const json_int_t seed = json_integer_value(json_object_get(run, "seed"));
    return state != NULL && config != NULL && strcmp(state, "done") == 0 &&
           cli_arms_find(configs, config, seed) < configs->n;
}

const char *cli_part_seeds(const cli_part *part, const char *between)
{
    enum { SEED_MOST = 24 };
    const cli_arms *configs = &part->compared->configs;
    const size_t n = configs->n_seeds * (SEED_MOST + strlen(between)) + 1;
    char *out = bnn_arena_alloc(part->arena, n, 1);
    for (size_t i = 0, at = 0; out != NULL && i < configs->n_seeds; i++)
        at += (size_t)snprintf(out + at, n - at, "%s%lld", i > 0 ? between : "",
                               (long long)configs->seeds[i]);
    return out;
}

/* ---- SQL --------------------------------------------------------------------------------- */

static const char *part_sql_experiment(const cli_part *part)
{
    return part_quoted(part->name, "''", part->arena);
}

static const char *part_sql_seeds(const cli_part *part)
{
    return cli_part_seeds(part, ", ");
}

/* The metric as it is shown. */
static const char *part_sql_value(const cli_part *part)
{
    const bnn_metric *metric = part->compared->asked.metric;
    if (metric == NULL) /* what is asked could not be read */
        return "NULL";
    return metric->unit == BNN_UNIT_FRACTION
               ? bnn_arena_printf(part->arena, "100 * %s", metric->name)
               : metric->name;
}

static const char *part_sql_baseline(const cli_part *part)
{
    const cli_question *asked = &part->compared->asked;
    return asked->baseline < asked->arms->n
               ? part_quoted(asked->arms->arms[asked->baseline].config, "''", part->arena)
               : "NULL";
}

/* What it is to be multiplied with, so that more is better. */
static const char *part_sql_goal(const cli_part *part)
{
    const bnn_metric *metric = part->compared->asked.metric;
    return metric != NULL && metric->goal == BNN_GOAL_MIN ? "-1" : "1";
}

static const struct {
    const char *name;
    const char *(*text)(const cli_part *part); /* NULL without memory */
} part_parameters[] = {{":experiment", part_sql_experiment},
                       {":seeds", part_sql_seeds},
                       {":value", part_sql_value},
                       {":goal", part_sql_goal},
                       {":baseline", part_sql_baseline}};
enum { N_PARAMETERS = sizeof part_parameters / sizeof *part_parameters };

/* The parameter that the SQL goes on with, or their number. */
static size_t part_parameter(const char *sql)
{
    size_t i = 0;
    while (i < N_PARAMETERS &&
           strncmp(sql, part_parameters[i].name, strlen(part_parameters[i].name)) != 0)
        i++;
    return i;
}

const char *cli_part_sql(const cli_part *part, const char *name)
{
    const char *sql = bnn_store_sql(name), *out = "";
    while (out != NULL && *sql != '\0') {
        size_t n = 0;
        while (sql[n] != '\0' && part_parameter(&sql[n]) == N_PARAMETERS)
            n++;
        const size_t i = part_parameter(&sql[n]);
        const char *text = i < N_PARAMETERS ? part_parameters[i].text(part) : "";
        out =
            text == NULL ? NULL : bnn_arena_printf(part->arena, "%s%.*s%s", out, (int)n, sql, text);
        sql += n + (i < N_PARAMETERS ? strlen(part_parameters[i].name) : 0);
    }
    return out;
}

int cli_part_rows(const cli_part *part, const char *name, json_t **out, bnn_error *err)
{
    cli_table *table;
    const char *sql = cli_part_sql(part, name);
    if (sql == NULL)
        return bnn_no_memory(err);
    const int status = cli_result_read(part->store, sql, NULL, 0, &table, err);
    if (status != BNN_OK)
        return status;
    *out = cli_table_take(table, err);
    return *out == NULL ? err->status : BNN_OK;
}

const char *cli_part_options(const cli_part *part, unsigned which)
{
    const cli_asking *r = &part->wish->asking;
    const bool metric = (which & CLI_PART_METRIC) != 0 && r->metric != NULL;
    const bool baseline = (which & CLI_PART_BASELINE) != 0 && r->baseline != NULL;
    const bool margin = (which & CLI_PART_BOUNDS) != 0 && r->margin >= 0;
    const bool alpha = (which & CLI_PART_BOUNDS) != 0 && r->alpha >= 0;
    const bool published = (which & CLI_PART_PUBLISHED) != 0 && part->published.n > 0;
    char numbers[2][BNN_SHORT_TEXT];
    return bnn_arena_printf(
        part->arena, "%s%s%s%s%s%s%s%s%s%s", metric ? " --metric " : "",
        metric ? r->metric->name : "", baseline ? " --baseline " : "",
        baseline ? cli_part_word(r->baseline, part->arena) : "", margin ? " --margin " : "",
        margin ? bnn_number_text(r->margin, numbers[0]) : "", alpha ? " --alpha " : "",
        alpha ? bnn_number_text(r->alpha, numbers[1]) : "", published ? " --published " : "",
        published ? cli_part_word(part->published.path, part->arena) : "");
}

const char *cli_part_command(const cli_part *part, const char *before, const char *operand,
                             const char *after)
{
    const cli_options *options = &part->wish->asking.options;
    const char *name = cli_part_word(operand == NULL ? part->name : operand, part->arena);
    const char *db = cli_part_word(options->db, part->arena);
    if (name == NULL || db == NULL)
        return NULL;
    return bnn_arena_printf(part->arena, "bnnrun %s%s%s%s%s", before, name, after,
                            options->names_db ? " --db " : "", options->names_db ? db : "");
}

int cli_part_source(const cli_part *part, const char *command, const char *name, bnn_error *err)
{
    const char *sql = cli_part_sql(part, name);
    if (sql == NULL || command == NULL)
        return bnn_no_memory(err);
    cli_html_source(part->html, command, sql);
    return BNN_OK;
}

void cli_part_open(const cli_part *part, const char *section, const char *heading, const char *text)
{
    cli_html_add(part->html,
                 "<section id=\"%s-%s\" class=\"part\" aria-labelledby=\"%s-%s-h\">\n"
                 "<h3 id=\"%s-%s-h\">%s</h3>\n",
                 part->id, section, part->id, section, part->id, section, heading);
    if (text != NULL)
        cli_html_add(part->html, "<p class=\"about\">%s</p>\n", text);
}

void cli_part_close(const cli_part *part)
{
    cli_html_put(part->html, "</section>\n");
}

json_t *cli_part_base64(const void *bytes, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *in = bytes;
    const size_t n_out = (n + 2) / 3 * 4;
    char *out = malloc(n_out + 1);
    if (out == NULL)
        return NULL;
    for (size_t i = 0, at = 0; i < n; i += 3) {
        const size_t left = n - i;
        const uint32_t word = (uint32_t)in[i] << 16 | (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) |
                              (left > 2 ? in[i + 2] : 0);
        for (unsigned k = 0; k < 4; k++)
            out[at++] = k <= left ? digits[word >> (18 - 6 * k) & 63] : '=';
    }
    json_t *json = json_stringn_nocheck(out, n_out);
    free(out);
    return json;
}
