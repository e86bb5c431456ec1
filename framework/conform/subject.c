#include "conform/conform_internal.h"

#include "spec/key.h"

#include <stdio.h>
#include <string.h>

static void subject_store(const conform_subject *s, const bnn_param *row, double value)
{
    char *field = (char *)s->params + row->offset;
    const int32_t integer = (int32_t)value;
    if (row->type == BNN_TYPE_NUMBER)
        memcpy(field, &value, sizeof value);
    else
        memcpy(field, &integer, sizeof integer);
}

/* Alternative `which` of a parameter; false when it has no such one. `near`: close to the default.
 * Integers stay small: the upper end of a size is a test of memory, not of a contract. */
static bool subject_alternative(const bnn_param *row, size_t which, double *value, bool *near)
{
    const double numbers[] = {row->fallback / 2, row->fallback * 2, row->minimum, row->maximum};
    const double integers[] = {row->minimum, row->fallback + 1, row->fallback + 2};
    *near = row->type != BNN_TYPE_NUMBER || which < 2;
    switch (row->type) {
    case BNN_TYPE_NUMBER:
        *value = which < 4 ? fmin(fmax(numbers[which], row->minimum), row->maximum) : 0;
        return which < 4;
    case BNN_TYPE_INTEGER:
        *value = which < 3 ? fmin(integers[which], row->maximum) : 0;
        return which < 3;
    case BNN_TYPE_SWITCH:
        *value = row->fallback == 0;
        return which < 1;
    default:
        *value = (double)which;
        return which < bnn_choice_count(row->choices);
    }
}

/* As a spec would set it. */
static void subject_name_setting(const bnn_param *row, double value, char *out, size_t n)
{
    char choice[64];
    if (row->type == BNN_TYPE_CHOICE) {
        bnn_choice_text(row->choices, (size_t)value, choice, sizeof choice);
        snprintf(out, n, "%s = %s", row->name, choice);
    } else if (row->type == BNN_TYPE_SWITCH)
        snprintf(out, n, "%s = %s", row->name, value != 0 ? "true" : "false");
    else
        snprintf(out, n, "%s = %g", row->name, value);
}

bool conform_set(conform_subject *s, size_t turn)
{
    const bnn_param *const table = s->head->params;
    for (size_t i = 0; table != NULL && table[i].type != BNN_TYPE_END; i++)
        subject_store(s, &table[i], table[i].fallback);
    s->moderate = true;
    s->answer->setting[0] = '\0';
    if (turn == 0)
        return true;
    for (size_t i = 0; table != NULL && table[i].type != BNN_TYPE_END; i++) {
        double value;
        for (size_t which = 0; subject_alternative(&table[i], which, &value, &s->moderate);
             which++) {
            if (--turn > 0)
                continue;
            subject_store(s, &table[i], value);
            subject_name_setting(&table[i], value, s->answer->setting, sizeof s->answer->setting);
            return true;
        }
    }
    return false;
}

bool conform_slope(const double at[5], const double y[5], double kink, double tolerance,
                   double *out)
{
    const double left = (y[2] - y[1]) / (at[2] - at[1]), right = (y[3] - y[2]) / (at[3] - at[2]);
    const double narrow = (y[3] - y[1]) / (at[3] - at[1]), wide = (y[4] - y[0]) / (at[4] - at[0]);
    *out = narrow;
    return fabs(left - right) <= kink * (fabs(left) + fabs(right)) + tolerance &&
           fabs(narrow - wide) <= tolerance * (1 + fabs(narrow));
}
