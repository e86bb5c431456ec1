#include "cli/text.h"

#include "base/text.h"
#include "spec/diag.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

int cli_unknown(bnn_error *err, bnn_status status, const char *what, const char *word,
                const char *const *candidates, size_t n)
{
    const char *near = bnn_suggest(word, candidates, n);
    if (near != NULL)
        return bnn_fail(err, status, "%s \"%s\"; did you mean \"%s\"?", what, word, near);
    char list[512];
    return bnn_fail(err, status, "%s \"%s\"; there is %s", what, word,
                    n == 0 ? "none" : bnn_text_join(candidates, n, list, sizeof list));
}

int cli_table_columns(cli_table *table, const char *const *names, size_t n, bnn_error *err)
{
    for (size_t i = 0; i < n; i++)
        if (cli_table_column(table, names[i], CLI_TEXT) != 0)
            return bnn_no_memory(err);
    return BNN_OK;
}

int cli_table_row(cli_table *table, const char *const *cells, size_t n, bnn_error *err)
{
    for (size_t i = 0; i < n; i++)
        if (cli_table_cell(table, cells[i]) != 0)
            return bnn_no_memory(err);
    return BNN_OK;
}

bool cli_draws(FILE *file)
{
    if (isatty(fileno(file)) != 1)
        return false;
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && value[0] != '\0')
            return strcasestr(value, "UTF-8") != NULL || strcasestr(value, "utf8") != NULL;
    }
    return false;
}
