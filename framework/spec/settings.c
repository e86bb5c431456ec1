#include "spec/key.h"

#include "base/memstream.h"
#include "base/sha256.h"
#include "base/text.h"

#include <assert.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bnn_setting *bnn_settings_find(const bnn_settings *settings, const char *key)
{
    for (size_t i = 0; i < settings->n; i++)
        if (strcmp(settings->rows[i].key, key) == 0)
            return &settings->rows[i];
    return NULL;
}

/* Adds a row, or replaces the one with the same key. */
static void record_setting(const bnn_reader *r, bnn_setting row)
{
    bnn_settings *settings = r->settings;
    bnn_setting *same = bnn_settings_find(settings, r->path);
    if (same != NULL) {
        row.key = same->key;
        *same = row;
        return;
    }
    bnn_setting *rows = bnn_arena_grow(settings->arena, settings->rows, settings->n,
                                       &settings->capacity, sizeof row);
    row.key = bnn_arena_strdup(settings->arena, r->path);
    if (rows != NULL)
        settings->rows = rows;
    if (row.key == NULL || rows == NULL)
        bnn_diag_no_memory(r->diag);
    else
        rows[settings->n++] = row;
}

void bnn_record_number(const bnn_reader *r, uint32_t type, double number)
{
    assert(isfinite(number));
    record_setting(r, (bnn_setting){.type = type, .number = number});
}

void bnn_record_text(const bnn_reader *r, const char *text)
{
    const char *copy = bnn_arena_strdup(r->settings->arena, text);
    if (copy == NULL)
        bnn_diag_no_memory(r->diag);
    else
        record_setting(r, (bnn_setting){.type = BNN_TYPE_CHOICE, .text = copy});
}

static int compare_settings(const void *left, const void *right)
{
    const bnn_setting *a = left, *b = right;
    return strcmp(a->key, b->key);
}

/* A text as JSON. false without memory. */
static bool write_json_text(FILE *out, const char *text)
{
    json_t *value = json_string(text);
    const bool written = value != NULL && json_dumpf(value, out, JSON_ENCODE_ANY) == 0;
    json_decref(value);
    return written;
}

static bool write_row(FILE *out, const bnn_setting *row)
{
    char number[32];
    if (!write_json_text(out, row->key) || fputc(':', out) == EOF)
        return false;
    switch (row->type) {
    case BNN_TYPE_CHOICE:
        return write_json_text(out, row->text);
    case BNN_TYPE_SWITCH:
        return fputs(row->number != 0.0 ? "true" : "false", out) != EOF;
    default:
        bnn_number_text(row->number, number);
        return fputs(number, out) != EOF;
    }
}

/* jansson writes the texts. The object is written here, because jansson prints a real with a fixed
 * number of digits (17 to be exact: 0.1 becomes 0.10000000000000001), cannot print the shortest
 * ones, and cannot take a number's text from elsewhere. */
const char *bnn_settings_json(bnn_settings *settings, char hash[65])
{
    char *buffer = NULL;
    size_t n = 0;
    const char *json = NULL;
    if (settings->n > 0)
        qsort(settings->rows, settings->n, sizeof *settings->rows, compare_settings);
    FILE *out = bnn_memstream_open(&buffer, &n);
    if (out == NULL)
        return NULL;
    bool ok = fputc('{', out) != EOF;
    for (size_t i = 0; ok && i < settings->n; i++)
        ok = (i == 0 || fputc(',', out) != EOF) && write_row(out, &settings->rows[i]);
    ok = ok && fputc('}', out) != EOF;
    if (bnn_memstream_close(out, &buffer) && ok)
        json = bnn_arena_strdup(settings->arena, buffer);
    if (json != NULL)
        bnn_sha256(json, strlen(json), hash);
    free(buffer);
    return json;
}
