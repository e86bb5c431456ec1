/* key_types.c - the kinds of values that keys of any section may have. */
#include "spec/key.h"

#include "base/text.h"

#include <string.h>

const char *bnn_key_word(const bnn_key *key, const bnn_node *node)
{
    if (key->words == NULL || node->kind != BNN_NODE_SCALAR || node->quoted)
        return NULL;
    for (const char *word = key->words;; word++) {
        const size_t n = strcspn(word, "|");
        if (strlen(node->text) == n && strncmp(word, node->text, n) == 0)
            return node->text;
        word += n;
        if (*word == '\0')
            return NULL;
    }
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
    char got[BNN_DESCRIPTION], keys[256] = "";
    const char *words = key->words == NULL ? "" : key->words, *names[32] = {NULL};
    const bool map = key->type == &bnn_key_section;
    size_t n = 0;
    for (const bnn_key *below = map ? key->section->keys : NULL;
         map && below->param.name != NULL && n < 32; below++)
        names[n++] = below->param.name;
    bnn_text_join(names, n, keys, sizeof keys);
    return bnn_diag_add(r->diag, node->at, "%s: expected %s%s%s%s%s, got %s", r->path, words,
                        words[0] == '\0' ? "" : " or ", bnn_key_form(key), map ? " of " : "", keys,
                        bnn_schema_describe(node, got));
}

/* ---- what <bnn/plugin.h> has ------------------------------------------------------------- */

static void value_read(const bnn_reader *r, const bnn_key *key, const bnn_node *node, void *out)
{
    double number;
    if (node != NULL && key->words != NULL && !bnn_schema_is_number(node, &number)) {
        if (bnn_key_word(key, node) == NULL)
            bnn_key_expected(r, key, node);
        node = NULL; /* the word is the default */
    }
    bnn_param_read(r, &key->param, node, out);
}

static void value_record(const bnn_reader *r, const bnn_key *key, const void *in)
{
    bnn_param_record(r, &key->param, in);
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
    if (node != NULL && key->words != NULL && node->kind != BNN_NODE_MAP) {
        if (bnn_key_word(key, node) == NULL)
            bnn_key_expected(r, key, node);
        node = NULL;
    }
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
