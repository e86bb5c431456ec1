#include "spec/key_text.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* Adds "constant|step|cosine" as "constant, step or cosine". */
static void add_words(const char *words, char out[BNN_KEY_TEXT_BYTES])
{
    const size_t n = bnn_choice_count(words);
    size_t used = strlen(out);
    for (size_t i = 0; i < n && used + 1 < BNN_KEY_TEXT_BYTES; i++) {
        char word[64];
        bnn_choice_text(words, i, word, sizeof word);
        used += (size_t)snprintf(out + used, BNN_KEY_TEXT_BYTES - used, "%s%s",
                                 i == 0       ? ""
                                 : i + 1 == n ? " or "
                                              : ", ",
                                 word);
    }
}

void bnn_condition_text(const char *condition, char *out, size_t n)
{
    size_t used = 0;
    out[0] = '\0';
    for (const char *c = condition; *c != '\0' && used < n; c++) {
        const char *word = *c == '|'   ? " or "
                           : *c == '&' ? " and "
                           : *c == '!' ? " other than "
                           : *c == '=' ? ": "
                                       : NULL;
        used += word != NULL ? (size_t)snprintf(out + used, n - used, "%s", word)
                             : (size_t)snprintf(out + used, n - used, "%c", *c);
        c += *c == '!'; /* it is "!=" */
    }
}

const char *bnn_param_range_text(const bnn_param *param, char out[BNN_KEY_TEXT_BYTES])
{
    char low[BNN_SHORT_TEXT], high[BNN_SHORT_TEXT];
    out[0] = '\0';
    if (param->type == BNN_TYPE_CHOICE)
        snprintf(out, BNN_KEY_TEXT_BYTES, "%s", param->choices);
    else if (param->type == BNN_TYPE_NUMBER || param->type == BNN_TYPE_INTEGER)
        snprintf(out, BNN_KEY_TEXT_BYTES, "%s .. %s", bnn_number_text(param->minimum, low),
                 bnn_number_text(param->maximum, high));
    return out;
}

const char *bnn_key_value_text(const bnn_key *key, char out[BNN_KEY_TEXT_BYTES])
{
    char low[BNN_SHORT_TEXT], high[BNN_SHORT_TEXT];
    const bnn_param *p = &key->param;
    const bool named = key->section != NULL && (key->section->flags & BNN_SECTION_NAMED) != 0;
    out[0] = '\0';
    if (key->words != NULL) {
        add_words(key->words, out);
        snprintf(out + strlen(out), BNN_KEY_TEXT_BYTES - strlen(out), ", or ");
    }
    const size_t n = strlen(out);
    if (p->choices != NULL)
        add_words(p->choices, out);
    else if (p->type == BNN_TYPE_NUMBER || p->type == BNN_TYPE_INTEGER)
        snprintf(out + n, BNN_KEY_TEXT_BYTES - n, "%s from %s to %s", bnn_key_form(key),
                 bnn_number_text(p->minimum, low), bnn_number_text(p->maximum, high));
    else
        snprintf(out + n, BNN_KEY_TEXT_BYTES - n, "%s%s", named ? "its name, or " : "",
                 bnn_key_form(key));
    return out;
}

const char *bnn_key_default_text(const bnn_key *key, char out[BNN_KEY_TEXT_BYTES])
{
    const bnn_param *p = &key->param;
    char number[BNN_SHORT_TEXT];
    const char *text = key->computed != NULL                  ? key->computed
                       : key->standard != NULL                ? key->standard
                       : (key->flags & BNN_KEY_REQUIRED) != 0 ? "none: it must be there"
                       : p->type == BNN_TYPE_SWITCH ? p->fallback == 0.0 ? "false" : "true"
                       : p->type != BNN_TYPE_END || p->maximum > 0 || key->type == &bnn_key_duration
                           ? bnn_number_text(p->fallback, number)
                           : "";
    if (p->type == BNN_TYPE_CHOICE && key->computed == NULL)
        bnn_choice_text(p->choices, (size_t)p->fallback, out, BNN_KEY_TEXT_BYTES);
    else
        snprintf(out, BNN_KEY_TEXT_BYTES, "%s", text);
    return out;
}

const char *bnn_key_meaning_text(const bnn_key *key, char out[BNN_KEY_TEXT_BYTES])
{
    const int n = snprintf(out, BNN_KEY_TEXT_BYTES, "%s%s", key->param.help,
                           key->acts != NULL ? "; acts only with " : "");
    if (key->acts != NULL && n < BNN_KEY_TEXT_BYTES)
        bnn_condition_text(key->acts, out + n, BNN_KEY_TEXT_BYTES - (size_t)n);
    return out;
}
