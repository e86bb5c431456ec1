#include "base/text.h"
#include "spec/schema.h"

#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { CHOICES_MAX = 32, CHOICE_BYTES = 64 };

const char *bnn_schema_describe(const bnn_node *node, char out[BNN_DESCRIPTION])
{
    char excerpt[BNN_EXCERPT];
    if (node->kind == BNN_NODE_LIST)
        snprintf(out, BNN_DESCRIPTION, "a list");
    else if (node->kind == BNN_NODE_MAP)
        snprintf(out, BNN_DESCRIPTION, "a map");
    else if (bnn_tree_is_null(node))
        snprintf(out, BNN_DESCRIPTION, "nothing");
    else
        snprintf(out, BNN_DESCRIPTION, "\"%s\"", bnn_excerpt(node->text, excerpt));
    return out;
}

static int add_expected(const bnn_node *node, const char *what, const char *thing,
                        const char *advice, bnn_diag *diag)
{
    char got[BNN_DESCRIPTION];
    return bnn_diag_add(diag, node->at, "%s: expected %s, got %s%s", what, thing,
                        bnn_schema_describe(node, got), advice);
}

int bnn_schema_expected(const bnn_node *node, const char *what, const char *thing, bnn_diag *diag)
{
    return add_expected(node, what, thing, "", diag);
}

static bool is_plain(const bnn_node *node)
{
    return node->kind == BNN_NODE_SCALAR && !node->quoted;
}

static size_t n_digits(const char *text)
{
    return strspn(text, "0123456789");
}

/* [+-]digits, nothing else. */
static bool is_integer(const char *text)
{
    text += *text == '+' || *text == '-';
    return *text != '\0' && text[n_digits(text)] == '\0';
}

/* The length of [+-]digits[.digits][e[+-]digits] at the start of text, one digit at least; 0: none.
 * strtod alone would take hexadecimal, infinities and leading blanks as well. */
static size_t n_number(const char *text)
{
    const char *p = text;
    p += *p == '+' || *p == '-';
    const size_t n_whole = n_digits(p);
    p += n_whole;
    size_t n_fraction = 0;
    if (*p == '.') {
        n_fraction = n_digits(p + 1);
        p += 1 + n_fraction;
    }
    if (n_whole + n_fraction == 0)
        return 0;
    if (*p == 'e' || *p == 'E') {
        const char *exponent = p + 1;
        exponent += *exponent == '+' || *exponent == '-';
        if (n_digits(exponent) > 0)
            p = exponent + n_digits(exponent);
    }
    return (size_t)(p - text);
}

/* strtod with the decimal point of YAML, whatever the program's locale is. An overflow gives an
 * infinity. Adding 0.0 makes -0.0 the zero that it is equal to. */
static double to_double(const char *text)
{
    const locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0); /* cannot fail, see settings.c */
    const double x = strtod_l(text, NULL, c);
    freelocale(c);
    return x + 0.0;
}

bool bnn_schema_is_number(const bnn_node *node, double *out)
{
    if (!is_plain(node))
        return false;
    const size_t n = n_number(node->text);
    if (n == 0 || node->text[n] != '\0')
        return false;
    *out = to_double(node->text);
    return true;
}

static const char *quotes_advice(const bnn_node *node)
{
    return node->kind == BNN_NODE_SCALAR && node->quoted && n_number(node->text) > 0
               ? " in quotes, which is a text; remove the quotes"
               : "";
}

int bnn_schema_integer(const bnn_node *node, const char *what, int64_t minimum, int64_t maximum,
                       int64_t *out, bnn_diag *diag)
{
    char excerpt[BNN_EXCERPT];
    if (!is_plain(node) || !is_integer(node->text))
        return add_expected(node, what, "an integer", quotes_advice(node), diag);
    errno = 0;
    const int64_t value = strtoimax(node->text, NULL, 10);
    if (errno == ERANGE || value < minimum || value > maximum)
        return bnn_diag_add(diag, node->at,
                            "%s: %s is out of range; it must be from %" PRId64 " to %" PRId64, what,
                            bnn_excerpt(node->text, excerpt), minimum, maximum);
    *out = value;
    return BNN_OK;
}

static int add_range_error(const bnn_node *node, const char *what, double minimum, double maximum,
                           bnn_diag *diag)
{
    char excerpt[BNN_EXCERPT], low[BNN_SHORT_TEXT], high[BNN_SHORT_TEXT];
    const bool below = isfinite(maximum), above = isfinite(minimum);
    return bnn_diag_add(diag, node->at, "%s: %s is out of range; it must be %s%s%s%s", what,
                        bnn_excerpt(node->text, excerpt),
                        above && below ? "from "
                        : above        ? "finite and at least "
                        : below        ? "finite and at most "
                                       : "finite",
                        above ? bnn_number_text(minimum, low) : "", above && below ? " to " : "",
                        below ? bnn_number_text(maximum, high) : "");
}

int bnn_schema_number(const bnn_node *node, const char *what, double minimum, double maximum,
                      double *out, bnn_diag *diag)
{
    double value;
    if (!bnn_schema_is_number(node, &value))
        return add_expected(node, what, "a number", quotes_advice(node), diag);
    if (!isfinite(value) || value < minimum || value > maximum)
        return add_range_error(node, what, minimum, maximum, diag);
    *out = value;
    return BNN_OK;
}

int bnn_schema_switch(const bnn_node *node, const char *what, int32_t *out, bnn_diag *diag)
{
    static const char *const yes[] = {"true", "yes", "on", "y", "1"};
    static const char *const no[] = {"false", "no", "off", "n", "0"};
    if (is_plain(node) && strcmp(node->text, "true") == 0) {
        *out = 1;
        return BNN_OK;
    }
    if (is_plain(node) && strcmp(node->text, "false") == 0) {
        *out = 0;
        return BNN_OK;
    }
    const char *advice = "";
    for (size_t i = 0; node->kind == BNN_NODE_SCALAR && i < sizeof yes / sizeof *yes; i++) {
        if (strcasecmp(node->text, yes[i]) == 0)
            advice = node->quoted ? "; write true without quotes" : "; write true";
        else if (strcasecmp(node->text, no[i]) == 0)
            advice = node->quoted ? "; write false without quotes" : "; write false";
    }
    return add_expected(node, what, "true or false", advice, diag);
}

int bnn_schema_text(const bnn_node *node, const char *what, const char **out, bnn_diag *diag)
{
    if (node->kind != BNN_NODE_SCALAR || bnn_tree_is_null(node))
        return bnn_schema_expected(node, what, "a text", diag);
    *out = node->text;
    return BNN_OK;
}

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

int bnn_schema_choice(const bnn_node *node, const char *what, const char *choices, int32_t *out,
                      bnn_diag *diag)
{
    char texts[CHOICES_MAX][CHOICE_BYTES];
    const char *candidates[CHOICES_MAX];
    char list[CHOICES_MAX * CHOICE_BYTES], got[BNN_DESCRIPTION], meant[BNN_DID_YOU_MEAN] = "";
    const size_t n_choices = bnn_choice_count(choices);
    const size_t n = n_choices < CHOICES_MAX ? n_choices : CHOICES_MAX;
    const size_t i_chosen =
        node->kind == BNN_NODE_SCALAR ? bnn_choice_index(choices, node->text) : n;
    if (i_chosen < n) {
        *out = (int32_t)i_chosen;
        return BNN_OK;
    }
    for (size_t i = 0; i < n; i++) {
        bnn_choice_text(choices, i, texts[i], sizeof texts[i]);
        candidates[i] = texts[i];
    }
    if (node->kind == BNN_NODE_SCALAR)
        bnn_did_you_mean(node->text, candidates, n, meant);
    bnn_schema_describe(node, got);
    return bnn_diag_add(diag, node->at, "%s: expected one of %s, got %s%s", what,
                        bnn_text_join(candidates, n, list, sizeof list), got, meant);
}

int bnn_schema_duration(const bnn_node *node, const char *what, double *out_seconds, bnn_diag *diag)
{
    static const struct {
        const char *text;
        double seconds;
    } units[] = {{"", 1.0}, {"s", 1.0}, {"m", 60.0}, {"h", 3600.0}, {"d", 86400.0}};
    static const double seconds_max = 3650 * 86400.0;
    char excerpt[BNN_EXCERPT];
    const size_t n = is_plain(node) ? n_number(node->text) : 0;
    for (size_t i = 0; n > 0 && i < sizeof units / sizeof *units; i++) {
        if (strcmp(node->text + n, units[i].text) != 0)
            continue;
        const double seconds = to_double(node->text) * units[i].seconds;
        if (seconds >= 0.0 && seconds <= seconds_max) {
            *out_seconds = seconds;
            return BNN_OK;
        }
        return bnn_diag_add(diag, node->at, "%s: %s is out of range; it must be from 0 to 3650d",
                            what, bnn_excerpt(node->text, excerpt));
    }
    return add_expected(node, what, "a duration such as 90s, 15m, 2h or 1d", quotes_advice(node),
                        diag);
}
