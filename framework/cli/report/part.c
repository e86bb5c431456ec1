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

const char *cli_part_sql(const cli_part *part, const char *name)
{
    static const char parameter[] = ":experiment";
    const char *sql = bnn_store_sql(name), *at = strstr(sql, parameter);
    const char *literal = part_quoted(part->name, "''", part->arena);
    if (literal == NULL)
        return NULL;
    return bnn_arena_printf(part->arena, "%.*s%s%s", (int)(at - sql), sql, literal,
                            at + strlen(parameter));
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

const char *cli_part_command(const cli_part *part, const char *before, const char *after)
{
    const cli_options *options = &part->wish->asking.options;
    const char *name = cli_part_word(part->name, part->arena);
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
