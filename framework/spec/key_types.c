/* key_types.c - the kinds of values that keys of any section may have. */
#include "spec/key.h"

#include "base/text.h"

#include <math.h>
#include <string.h>

const char *bnn_key_word(const bnn_key *key, const bnn_node *node)
{
    if (key->words == NULL || node->kind != BNN_NODE_SCALAR || node->quoted)
        return NULL;
    const size_t n = bnn_choice_count(key->words);
    return bnn_choice_index(key->words, node->text) < n ? node->text : NULL;
}

const char *bnn_key_form(const bnn_key *key)
{
    static const char *const forms[] = {
        [BNN_TYPE_NUMBER] = "a number",
        [BNN_TYPE_INTEGER] = "an integer",
        [BNN_TYPE_SWITCH] = "true or false",
        [BNN_TYPE_CHOICE] = "one of the choices",
    };
    if (key->type == &bnn_key_node)
        return key->param.choices;
    return key->type != NULL ? key->type->form : forms[key->param.type];
}

int bnn_key_expected(const bnn_reader *r, const bnn_key *key, const bnn_node *node)
{
    const char *words = key->words == NULL ? "" : key->words, *names[BNN_SECTION_KEYS] = {0};
    const bool map = key->type == &bnn_key_section;
    char got[BNN_DESCRIPTION], keys[256];
    bnn_text_join(names, map ? bnn_section_names(key->section, names) : 0, keys, sizeof keys);
    return bnn_diag_add(r->diag, node->at, "%s: expected %s%s%s%s%s, got %s", r->path, words,
                        words[0] == '\0' ? "" : " or ", bnn_key_form(key), map ? " of " : "", keys,
                        bnn_schema_describe(node, got));
}

/* What stands there, or NULL where the default counts: nothing, or a word. `fits`: it is no word. */
static const bnn_node *unless_word(const bnn_reader *r, const bnn_key *key, const bnn_node *node,
                                   bool fits)
{
    if (node == NULL || key->words == NULL || fits)
        return node;
    if (bnn_key_word(key, node) == NULL)
        bnn_key_expected(r, key, node);
    return NULL;
}

/* ---- what <bnn/plugin.h> has ------------------------------------------------------------- */

static void value_read(const bnn_reader *r, const bnn_key *key, const bnn_node *node, void *out)
{
    const bnn_param *row = &key->param;
    char *field = (char *)out + row->offset;
    double number = row->fallback;
    node = unless_word(r, key, node, node != NULL && bnn_schema_is_number(node, &(double){0}));
    if (row->type == BNN_TYPE_NUMBER) {
        if (node != NULL)
            bnn_schema_number(node, r->path, row->minimum, row->maximum, &number, r->diag);
        memcpy(field, &number, sizeof number);
        return;
    }
    int32_t value = (int32_t)number;
    int64_t integer = value; /* bounds are those of the field, whatever the row says */
    if (node != NULL && row->type == BNN_TYPE_INTEGER)
        bnn_schema_integer(node, r->path, (int64_t)fmax(row->minimum, INT32_MIN),
                           (int64_t)fmin(row->maximum, INT32_MAX), &integer, r->diag);
    else if (node != NULL && row->type == BNN_TYPE_SWITCH)
        bnn_schema_switch(node, r->path, &value, r->diag);
    else if (node != NULL)
        bnn_schema_choice(node, r->path, row->choices, &value, r->diag);
    if (row->type == BNN_TYPE_INTEGER)
        value = (int32_t)integer;
    memcpy(field, &value, sizeof value);
}

static void value_record(const bnn_reader *r, const bnn_key *key, const void *in)
{
    const bnn_param *row = &key->param;
    const char *field = (const char *)in + row->offset;
    double number;
    int32_t value;
    char text[64];
    memcpy(&value, field, sizeof value);
    if (row->type == BNN_TYPE_CHOICE) {
        bnn_choice_text(row->choices, (size_t)value, text, sizeof text);
        bnn_record_text(r, text);
        return;
    }
    number = value;
    if (row->type == BNN_TYPE_NUMBER)
        memcpy(&number, field, sizeof number);
    bnn_record_number(r, row->type, number);
}

const bnn_key_type bnn_key_value = {NULL, value_read, value_record};

/* ---- texts ------------------------------------------------------------------------------- */

static void text_read(const bnn_reader *r, const bnn_key *key, const bnn_node *node, void *out)
{
    const char *text = key->standard;
    int32_t choice;
    if (node != NULL && key->param.choices != NULL) {
        if (bnn_schema_choice(node, r->path, key->param.choices, &choice, r->diag) == BNN_OK)
            text = node->text;
    } else if (node != NULL)
        bnn_schema_text(node, r->path, &text, r->diag);
    memcpy((char *)out + key->param.offset, &text, sizeof text);
}

static void text_record(const bnn_reader *r, const bnn_key *key, const void *in)
{
    const char *text;
    memcpy(&text, (const char *)in + key->param.offset, sizeof text);
    if (text != NULL)
        bnn_record_text(r, text);
}

const bnn_key_type bnn_key_text = {"a text", text_read, text_record};

/* ---- durations --------------------------------------------------------------------------- */

static void duration_read(const bnn_reader *r, const bnn_key *key, const bnn_node *node, void *out)
{
    double seconds = key->param.fallback;
    if (node != NULL)
        bnn_schema_duration(node, r->path, &seconds, r->diag);
    memcpy((char *)out + key->param.offset, &seconds, sizeof seconds);
}

const bnn_key_type bnn_key_duration = {"a duration such as 90s, 15m, 2h or 1d", duration_read,
                                       NULL};

/* ---- maps -------------------------------------------------------------------------------- */

void bnn_section_of_key_read(const bnn_reader *r, const bnn_key *key, const bnn_node *node,
                             void *out)
{
    node = unless_word(r, key, node, node != NULL && node->kind == BNN_NODE_MAP);
    bnn_section_read(r, key->section, node, (char *)out + key->param.offset);
}

static void section_record(const bnn_reader *r, const bnn_key *key, const void *in)
{
    bnn_section_record(r, key->section, (const char *)in + key->param.offset);
}

const bnn_key_type bnn_key_section = {"a map", bnn_section_of_key_read, section_record};

static void node_read(const bnn_reader *r, const bnn_key *key, const bnn_node *node, void *out)
{
    (void)r;
    memcpy((char *)out + key->param.offset, &node, sizeof node);
}

const bnn_key_type bnn_key_node = {NULL, node_read, NULL};
