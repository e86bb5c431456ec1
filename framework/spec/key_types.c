/* key_types.c - the kinds of values that keys of any section may have. */
#include "spec/key.h"

#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { CHOICES_MAX = 48, CHOICE_BYTES = 64 };

/* ---- messages ---------------------------------------------------------------------------- */

/* Whether a list has names of switches of the key's section: what is to be on. */
static bool names_switches(const bnn_key *key, const bnn_node *list)
{
    if (list->kind != BNN_NODE_LIST || list->n == 0 || key->section == NULL)
        return false;
    for (size_t i = 0; i < list->n; i++) {
        const bnn_node *item = list->items[i];
        const bnn_key *row =
            item->kind == BNN_NODE_SCALAR ? bnn_key_in(key->section, item->text) : NULL;
        if (row == NULL || row->type != NULL || row->param.type != BNN_TYPE_SWITCH)
            return false;
    }
    return true;
}

static const char *switches_advice(const bnn_node *list, char out[BNN_KEY_PATH])
{
    size_t n = (size_t)snprintf(out, BNN_KEY_PATH, "; write {");
    for (size_t i = 0; i < list->n && n < BNN_KEY_PATH; i++)
        n += (size_t)snprintf(out + n, BNN_KEY_PATH - n, "%s: true%s", list->items[i]->text,
                              i + 1 < list->n ? ", " : "}");
    return out;
}

/* Several values to try stand in a sweep, and many expect them here; or a section has no keys. */
static const char *value_advice(const bnn_reader *r, const bnn_node *node, char out[BNN_KEY_PATH])
{
    const bool known = r->spec != NULL && r->path != NULL;
    const bnn_key *top = known ? bnn_key_in(r->spec, r->path) : NULL;
    const bnn_key *key = known ? bnn_key_find(r->spec, r->path) : NULL;
    const bool map = key != NULL && key->type == &bnn_key_section && key->words == NULL &&
                     (key->section->flags & BNN_SECTION_NAMED) == 0;
    const char *texts[3] = {NULL, NULL, "..."};
    char items[BNN_EXCERPT];
    out[0] = '\0';
    if (key != NULL && names_switches(key, node))
        return switches_advice(node, out);
    if (bnn_tree_is_null(node))
        return key != NULL && key->section != NULL
                   ? "; indent what belongs to it, or leave the key out"
                   : "; leave the key out for its default";
    for (size_t i = 0; node->kind == BNN_NODE_LIST && i < node->n; i++)
        if (node->items[i]->kind != BNN_NODE_SCALAR && bnn_tree_get(node->items[i], "name") == NULL)
            return out; /* no values of a key */
    if (node->kind != BNN_NODE_LIST || node->n < 2 || map || top == NULL ||
        (top->flags & BNN_KEY_FIXED) != 0)
        return out;
    for (size_t i = 0; i < 2; i++)
        texts[i] = node->items[i]->kind == BNN_NODE_SCALAR ? node->items[i]->text : "...";
    snprintf(out, BNN_KEY_PATH, "; to try each, write sweep: {grid: {%s: [%s]}}", r->path,
             bnn_text_join(texts, node->n < 3 ? node->n : 3, items, sizeof items));
    return out;
}

int bnn_reader_expected(const bnn_reader *r, const bnn_node *node, const char *thing,
                        const char *advice)
{
    char got[BNN_DESCRIPTION], sweep[BNN_KEY_PATH];
    return bnn_diag_add(r->diag, node->at, "%s: expected %s, got %s%s%s", r->path, thing,
                        bnn_tree_describe(node, got), advice, value_advice(r, node, sweep));
}

const char *bnn_key_word(const bnn_key *key, const bnn_node *node)
{
    if (key->words == NULL || !bnn_tree_is_plain(node))
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
    return key->type != NULL ? key->type->form : forms[key->param.type];
}

/* What other programs, and YAML 1.1, take for true (1) or false (0); -1: neither. */
static int truth_of(const char *text)
{
    static const char *const words[2][5] = {{"false", "no", "off", "n", "0"},
                                            {"true", "yes", "on", "y", "1"}};
    for (int i = 0; i < 10; i++)
        if (strcasecmp(text, words[i / 5][i % 5]) == 0)
            return i / 5;
    return -1;
}

bool bnn_key_is_refusal(const bnn_key *key, const bnn_node *node)
{
    return key->words != NULL && bnn_choice_index(key->words, "none") == 0 &&
           bnn_tree_is_plain(node) && truth_of(node->text) == 0;
}

int bnn_key_expected(const bnn_reader *r, const bnn_key *key, const bnn_node *node)
{
    const char *words = key->words == NULL ? "" : key->words, *names[BNN_SECTION_KEYS] = {0};
    const bool map = key->type == &bnn_key_section;
    char thing[512], keys[256];
    bnn_text_join(names, map ? bnn_section_names(key->section, names) : 0, keys, sizeof keys);
    snprintf(thing, sizeof thing, "%s%s%s%s%s", words, words[0] == '\0' ? "" : " or ",
             bnn_key_form(key), map ? " of " : "", keys);
    const int truth = bnn_tree_is_plain(node) ? truth_of(node->text) : -1;
    const bool none = words[0] != '\0' && bnn_choice_index(words, "none") == 0;
    const bool all = words[0] != '\0' && bnn_choice_index(words, "all") < bnn_choice_count(words);
    return bnn_reader_expected(r, node, thing,
                               truth == 0 && none  ? "; write none"
                               : truth == 1 && all ? "; write all"
                               : truth == 1 && map ? "; {} stands for the defaults of all"
                                                   : "");
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

/* ---- choices ----------------------------------------------------------------------------- */

size_t bnn_choice_count(const char *choices)
{
    size_t n = 1;
    for (const char *p = choices; *p != '\0'; p++)
        n += *p == '|';
    return n;
}

void bnn_choice_text(const char *choices, size_t i, char *out, size_t n)
{
    while (i-- > 0) {
        choices += strcspn(choices, "|");
        choices += *choices == '|';
    }
    snprintf(out, n, "%.*s", (int)strcspn(choices, "|"), choices);
}

size_t bnn_choice_index(const char *choices, const char *text)
{
    const size_t n = strlen(text);
    size_t i = 0;
    for (;; i++, choices++) {
        const size_t n_choice = strcspn(choices, "|");
        if (n_choice == n && strncmp(choices, text, n) == 0)
            return i;
        choices += n_choice;
        if (*choices == '\0')
            return i + 1;
    }
}

static void choice_read(const bnn_reader *r, const char *choices, const bnn_node *node,
                        int64_t *out)
{
    char texts[CHOICES_MAX][CHOICE_BYTES], meant[BNN_DID_YOU_MEAN] = "";
    const char *candidates[CHOICES_MAX];
    char list[CHOICES_MAX * CHOICE_BYTES], thing[sizeof list + 8];
    const size_t n_choices = bnn_choice_count(choices);
    const size_t n = n_choices < CHOICES_MAX ? n_choices : CHOICES_MAX;
    const bool scalar = node->kind == BNN_NODE_SCALAR;
    const size_t i_chosen = scalar ? bnn_choice_index(choices, node->text) : n;
    if (i_chosen < n) {
        *out = (int64_t)i_chosen;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        bnn_choice_text(choices, i, texts[i], sizeof texts[i]);
        candidates[i] = texts[i];
    }
    if (scalar)
        bnn_did_you_mean(node->text, candidates, n, meant);
    snprintf(thing, sizeof thing, "one of %s", bnn_text_join(candidates, n, list, sizeof list));
    bnn_reader_expected(r, node, thing, meant);
}

/* ---- numbers ----------------------------------------------------------------------------- */

/* [+-]digits, nothing else. */
static bool is_integer(const char *text)
{
    text += *text == '+' || *text == '-';
    return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

/* The length of [+-]digits[.digits][e[+-]digits] at the start of text, one digit at least; 0: none.
 * The decimal point is that of YAML, whatever the program's locale is. *out: infinite when it is too
 * large; adding 0.0 makes -0.0 the zero that it is equal to. */
static size_t n_number(const char *text, double *out)
{
    const locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0); /* is always there */
    char *end;
    *out = strtod_l(text, &end, c) + 0.0;
    freelocale(c);
    const size_t n = (size_t)(end - text);
    /* strtod takes hexadecimal, infinities and leading blanks as well. */
    return strspn(text, "+-.0123456789eE") < n ? 0 : n;
}

bool bnn_key_is_number(const bnn_node *node, double *out)
{
    const size_t n = bnn_tree_is_plain(node) ? n_number(node->text, out) : 0;
    return n > 0 && node->text[n] == '\0';
}

/* "expected THING", of something that begins like a number. */
static int expected_number(const bnn_reader *r, const bnn_node *node, const char *thing)
{
    double number;
    const bool quoted =
        node->kind == BNN_NODE_SCALAR && node->quoted && n_number(node->text, &number) > 0;
    char advice[96] = "", digits[BNN_SHORT_TEXT];
    if (quoted)
        snprintf(advice, sizeof advice, " in quotes, which is a text; remove the quotes");
    else if (bnn_key_is_number(node, &number) && number == floor(number) && fabs(number) < 1e9)
        snprintf(advice, sizeof advice, "; write %s", bnn_number_text(number, digits));
    else if (bnn_tree_is_plain(node) && strchr(node->text, '_') != NULL &&
             node->text[strspn(node->text, "0123456789_")] == '\0')
        snprintf(advice, sizeof advice, "; leave out the _");
    else if (bnn_tree_is_plain(node) && strchr(node->text, '#') != NULL)
        snprintf(advice, sizeof advice, "; a comment begins with a blank and #");
    return bnn_reader_expected(r, node, thing, advice);
}

static int out_of_range(const bnn_reader *r, const bnn_node *node, const char *low,
                        const char *high)
{
    char excerpt[BNN_EXCERPT];
    return bnn_diag_add(r->diag, node->at, "%s: %s is out of range; it must be from %s to %s",
                        r->path, bnn_excerpt(node->text, excerpt), low, high);
}

int bnn_key_integer(const bnn_reader *r, const bnn_node *node, int64_t minimum, int64_t maximum,
                    int64_t *out)
{
    char low[BNN_SHORT_TEXT], high[BNN_SHORT_TEXT];
    if (!bnn_tree_is_plain(node) || !is_integer(node->text))
        return expected_number(r, node, "an integer");
    errno = 0;
    const int64_t value = strtoimax(node->text, NULL, 10);
    if (errno != ERANGE && value >= minimum && value <= maximum) {
        *out = value;
        return BNN_OK;
    }
    snprintf(low, sizeof low, "%" PRId64, minimum);
    snprintf(high, sizeof high, "%" PRId64, maximum);
    return out_of_range(r, node, low, high);
}

static void number_read(const bnn_reader *r, const bnn_param *row, const bnn_node *node,
                        double *out)
{
    char low[BNN_SHORT_TEXT], high[BNN_SHORT_TEXT];
    double value;
    if (!bnn_key_is_number(node, &value))
        expected_number(r, node, "a number");
    else if (value >= row->minimum && value <= row->maximum)
        *out = value;
    else
        out_of_range(r, node, bnn_number_text(row->minimum, low),
                     bnn_number_text(row->maximum, high));
}

static void switch_read(const bnn_reader *r, const bnn_node *node, int64_t *out)
{
    char advice[40] = "";
    const int truth = node->kind == BNN_NODE_SCALAR ? truth_of(node->text) : -1;
    const char *right = truth == 1 ? "true" : "false";
    if (truth >= 0 && !node->quoted && strcmp(node->text, right) == 0) {
        *out = truth;
        return;
    }
    if (truth >= 0)
        snprintf(advice, sizeof advice, "; write %s%s", right,
                 node->quoted ? " without quotes" : "");
    bnn_reader_expected(r, node, "true or false", advice);
}

/* ---- what <bnn/plugin.h> has ------------------------------------------------------------- */

static void value_read(const bnn_reader *r, const bnn_key *key, const bnn_node *node, void *out)
{
    const bnn_param *row = &key->param;
    char *field = (char *)out + row->offset;
    double number = row->fallback;
    node = unless_word(r, key, node, node != NULL && bnn_key_is_number(node, &(double){0}));
    if (row->type == BNN_TYPE_NUMBER) {
        if (node != NULL)
            number_read(r, row, node, &number);
        memcpy(field, &number, sizeof number);
        return;
    }
    const bool before = node == NULL && r->recorded && (key->flags & BNN_KEY_LATER) != 0;
    int64_t integer = before ? (int64_t)key->detail : (int64_t)number;
    if (node != NULL && row->type == BNN_TYPE_INTEGER)
        bnn_key_integer(r, node, (int64_t)row->minimum, (int64_t)row->maximum, &integer);
    else if (node != NULL && row->type == BNN_TYPE_SWITCH)
        switch_read(r, node, &integer);
    else if (node != NULL)
        choice_read(r, row->choices, node, &integer);
    const int32_t value = (int32_t)integer; /* as wide as the field, and so are the row's bounds */
    memcpy(field, &value, sizeof value);
}

static double value_number(const bnn_param *row, const void *in)
{
    const char *field = (const char *)in + row->offset;
    double number;
    int32_t value;
    if (row->type == BNN_TYPE_NUMBER) {
        memcpy(&number, field, sizeof number);
        return number;
    }
    memcpy(&value, field, sizeof value);
    return value;
}

bool bnn_key_is_standard(const bnn_key *key, const void *in)
{
    return value_number(&key->param, in) == key->param.fallback;
}

static void value_record(const bnn_reader *r, const bnn_key *key, const void *in)
{
    const bnn_param *row = &key->param;
    const double number = value_number(row, in);
    char text[64];
    if (((key->flags & BNN_KEY_LATER) != 0 && number == (int32_t)key->detail) ||
        ((key->flags & BNN_KEY_UNSET) != 0 && number == row->fallback))
        return;
    if (row->type == BNN_TYPE_CHOICE) {
        bnn_choice_text(row->choices, (size_t)number, text, sizeof text);
        bnn_record_text(r, text);
        return;
    }
    bnn_record_number(r, row->type, number);
}

const bnn_key_type bnn_key_value = {NULL, value_read, value_record, NULL};

/* ---- texts ------------------------------------------------------------------------------- */

const char *bnn_key_text_of(const bnn_reader *r, const bnn_node *node)
{
    if (node->kind == BNN_NODE_SCALAR && !bnn_tree_is_null(node))
        return node->text;
    bnn_reader_expected(r, node, "a text", "");
    return NULL;
}

static void text_read(const bnn_reader *r, const bnn_key *key, const bnn_node *node, void *out)
{
    const char *text = NULL;
    int64_t choice = -1;
    if (node != NULL && key->param.choices == NULL)
        text = bnn_key_text_of(r, node);
    else if (node != NULL)
        choice_read(r, key->param.choices, node, &choice);
    if (text == NULL)
        text = choice >= 0 ? node->text : key->standard;
    memcpy((char *)out + key->param.offset, &text, sizeof text);
}

static void text_record(const bnn_reader *r, const bnn_key *key, const void *in)
{
    const char *text;
    memcpy(&text, (const char *)in + key->param.offset, sizeof text);
    if (text != NULL)
        bnn_record_text(r, text);
}

const bnn_key_type bnn_key_text = {"a text", text_read, text_record, NULL};

/* ---- durations --------------------------------------------------------------------------- */

static void duration_read(const bnn_reader *r, const bnn_key *key, const bnn_node *node, void *out)
{
    static const char units[] = "smhd";
    static const double unit_seconds[] = {1.0, 60.0, 3600.0, 86400.0, 1.0}; /* the last: no unit */
    static const double seconds_max = 3650 * 86400.0;
    double given = 0.0, seconds = key->param.fallback;
    const size_t n = node != NULL && bnn_tree_is_plain(node) ? n_number(node->text, &given) : 0;
    const char *unit = n > 0 ? strchr(units, node->text[n]) : NULL;
    if (node != NULL && (unit == NULL || (*unit != '\0' && node->text[n + 1] != '\0'))) {
        expected_number(r, node, key->type->form);
    } else if (node != NULL) {
        given *= unit_seconds[unit - units];
        if (given >= 0.0 && given <= seconds_max)
            seconds = given;
        else
            out_of_range(r, node, "0", "3650d");
    }
    memcpy((char *)out + key->param.offset, &seconds, sizeof seconds);
}

const bnn_key_type bnn_key_duration = {"a duration such as 90s, 15m, 2h or 1d", duration_read, NULL,
                                       "{\"type\": [\"number\", \"string\"], \"minimum\": 0,"
                                       " \"pattern\": \"^[+]?[0-9.][0-9.eE+-]*[smhd]?$\"}"};

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

const bnn_key_type bnn_key_section = {"a map", bnn_section_of_key_read, section_record, NULL};
