#include "base/sha256.h"
#include "base/text.h"
#include "spec/schema.h"

#include <assert.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bnn_settings_init(bnn_settings *settings, bnn_arena *arena)
{
    *settings = (bnn_settings){.arena = arena};
}

static bnn_setting *find_setting(const bnn_settings *settings, const char *key)
{
    for (size_t i = 0; i < settings->n; i++)
        if (strcmp(settings->rows[i].key, key) == 0)
            return &settings->rows[i];
    return NULL;
}

static int add_setting(bnn_settings *settings, const char *prefix, const char *name,
                       bnn_setting row)
{
    const char *dot = prefix[0] == '\0' || name[0] == '\0' ? "" : ".";
    row.key = bnn_arena_printf(settings->arena, "%s%s%s", prefix, dot, name);
    if (row.key == NULL)
        return BNN_E_INTERNAL;
    bnn_setting *same = find_setting(settings, row.key);
    if (same != NULL) {
        *same = row;
        return BNN_OK;
    }
    if (settings->n == settings->capacity) {
        const size_t capacity = settings->capacity == 0 ? 32 : 2 * settings->capacity;
        bnn_setting *grown = bnn_arena_alloc(settings->arena, capacity, sizeof *grown);
        if (grown == NULL)
            return BNN_E_INTERNAL;
        if (settings->n > 0)
            memcpy(grown, settings->rows, settings->n * sizeof *grown);
        settings->rows = grown;
        settings->capacity = capacity;
    }
    settings->rows[settings->n++] = row;
    return BNN_OK;
}

int bnn_settings_add_number(bnn_settings *settings, const char *prefix, const char *name,
                            uint32_t type, double number)
{
    assert(isfinite(number));
    return add_setting(settings, prefix, name, (bnn_setting){.type = type, .number = number});
}

int bnn_settings_add_text(bnn_settings *settings, const char *prefix, const char *name,
                          const char *text)
{
    const char *copy = bnn_arena_strdup(settings->arena, text);
    if (copy == NULL)
        return BNN_E_INTERNAL;
    return add_setting(settings, prefix, name,
                       (bnn_setting){.type = BNN_TYPE_CHOICE, .text = copy});
}

void bnn_record_number(const bnn_reader *r, uint32_t type, double number)
{
    if (bnn_settings_add_number(r->settings, "", r->path, type, number) != BNN_OK)
        bnn_diag_no_memory(r->diag);
}

void bnn_record_text(const bnn_reader *r, const char *text)
{
    if (bnn_settings_add_text(r->settings, "", r->path, text) != BNN_OK)
        bnn_diag_no_memory(r->diag);
}

const bnn_setting *bnn_settings_find(const bnn_settings *settings, const char *key)
{
    return find_setting(settings, key);
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
    FILE *out = open_memstream(&buffer, &n);
    if (out == NULL)
        return NULL;
    bool ok = fputc('{', out) != EOF;
    for (size_t i = 0; ok && i < settings->n; i++)
        ok = (i == 0 || fputc(',', out) != EOF) && write_row(out, &settings->rows[i]);
    ok = ok && fputc('}', out) != EOF;
    ok = fclose(out) == 0 && ok;
    if (ok)
        json = bnn_arena_strdup(settings->arena, buffer);
    if (json != NULL)
        bnn_sha256(json, strlen(json), hash);
    free(buffer);
    return json;
}
