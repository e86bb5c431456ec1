#include "cli/show_log.h"

#include "base/path.h"
#include "base/text.h"
#include "runner/artifacts.h"

#include <limits.h>
#include <string.h>

void cli_show_printed(const char *db, const char *uid, int n_lines, bnn_arena *arena)
{
    char size[BNN_SHORT_TEXT];
    int64_t bytes;
    const char *text = bnn_artifacts_log_end(db, uid, arena, &bytes);
    const char *path = bnn_run_path(db, uid, BNN_RUN_LOG, arena);
    if (text == NULL || path == NULL)
        return;
    const char *at = text + strlen(text);
    for (int n = 0; at > text; at--)
        if (at[-1] == '\n' && at[0] != '\0' && ++n == n_lines)
            break;
    printf("\nprinted by plugins in the last attempt (%s bytes, in %s)\n",
           bnn_count_text((uint64_t)bytes, size), path);
    while (*at != '\0') {
        const size_t n = strcspn(at, "\n");
        printf("  ");
        cli_print_clean(at, n);
        putchar('\n');
        at += n + (at[n] != '\0');
    }
}

/* One line an event, whatever its length: it is read, and searched, like any log. */
static void print_event(json_t *event)
{
    const char *key;
    json_t *value;
    json_object_foreach(event, key, value)
    {
        const bool last = strcmp(key, "text") == 0;
        if (json_is_integer(value))
            printf("%lld  ", (long long)json_integer_value(value));
        else if (json_is_string(value)) {
            cli_print_clean(json_string_value(value), json_string_length(value));
            fputs(last ? "" : "  ", stdout);
        }
    }
    putchar('\n');
}

int cli_show_log(bnn_store *store, const char *uid, const cli_options *options, bnn_error *err)
{
    const bnn_store_argument argument = cli_text_argument(NULL, uid);
    cli_table *table;
    int status = cli_result_read(store, bnn_store_sql("run_log"), &argument, 1, &table, err);
    if (status != BNN_OK || options->json || options->csv)
        return status != BNN_OK ? status : cli_table_end(table, options, err);
    size_t i;
    json_t *event, *events = cli_table_take(table, err);
    if (events == NULL)
        return err->status;
    json_array_foreach(events, i, event) print_event(event);
    json_decref(events);
    if (bnn_run_is_uid(uid))
        cli_show_printed(options->db, uid, INT_MAX, options->arena);
    return BNN_OK;
}
