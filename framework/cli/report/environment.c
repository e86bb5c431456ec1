/* environment.c - with which data, builds and machines the runs were made, and from which spec. */
#include "cli/report/part.h"

#include <string.h>

static void environment_lists(const cli_part *part, const char *heading, const json_t *rows)
{
    size_t i;
    json_t *row;
    cli_html_add(part->html, "<h4>%s</h4>\n", heading);
    json_array_foreach(rows, i, row) cli_html_facts(part->html, row);
}

/* What the named query has of the experiment. */
static int environment_read(const cli_part *part, json_t **out, bnn_error *err)
{
    cli_table *table;
    const bnn_store_argument argument = cli_text_argument(":experiment", part->name);
    const int status = cli_result_read(part->store, bnn_store_find_query("environments")->sql,
                                       &argument, 1, &table, err);
    if (status != BNN_OK)
        return status;
    *out = cli_table_take(table, err);
    return *out == NULL ? err->status : BNN_OK;
}

static int environment_spec(const cli_part *part, bnn_error *err)
{
    json_t *rows;
    const int status = cli_part_rows(part, "report_spec", &rows, err);
    if (status != BNN_OK)
        return status;
    const char *text = json_string_value(json_object_get(json_array_get(rows, 0), "text"));
    if (text != NULL)
        cli_html_add(part->html,
                     "<details><summary>The spec</summary><pre class=\"spec\"><code>%s</code>"
                     "</pre></details>\n",
                     text);
    json_decref(rows);
    return BNN_OK;
}

int cli_part_environment(cli_part *part, bnn_error *err)
{
    json_t *machines = NULL, *data = NULL;
    cli_part_open(part, "environment", "Where it was made", NULL);
    int status = cli_part_rows(part, "report_data", &data, err);
    if (status == BNN_OK)
        status = environment_read(part, &machines, err);
    if (status == BNN_OK) {
        environment_lists(part, "Data", data);
        environment_lists(part, "Builds and machines", machines);
        status = environment_spec(part, err);
    }
    json_decref(machines);
    json_decref(data);
    if (status == BNN_OK)
        status = cli_part_source(part,
                                 cli_part_command(part, "query environments experiment=", NULL, ""),
                                 "report_data", err);
    cli_part_close(part);
    return status;
}
