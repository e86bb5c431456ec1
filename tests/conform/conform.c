#include "tests/conform/conform.h"

#include <stdio.h>

static const bnn_plugin_file *conform_find(bnn_registry *registry, bnn_kind kind, size_t i,
                                           size_t *count)
{
    const bnn_plugin_file *files, *found = NULL;
    const size_t n = bnn_registry_scan(registry, &files);
    *count = 0;
    for (size_t j = 0; j < n; j++) {
        if (files[j].kind != kind || files[j].shadowed_by != NULL)
            continue;
        if (*count == i)
            found = &files[j];
        ++*count;
    }
    return found;
}

/* The search path, and the skeletons. */
bnn_registry *conform_registry(void)
{
    return bnn_registry_create(getenv("BNN_SKELETONS"));
}

size_t conform_count(bnn_kind kind)
{
    size_t n;
    bnn_registry *registry = conform_registry();
    if (registry == NULL) /* no assertion: this also runs before the first test */
        abort();
    conform_find(registry, kind, 0, &n);
    bnn_registry_destroy(registry);
    return n;
}

void conform_begin(subject *s, bnn_kind kind, size_t i)
{
    size_t n;
    bnn_error err;
    *s = (subject){.registry = conform_registry(), .memory.state = i + 1};
    ck_assert_ptr_nonnull(s->registry);
    const bnn_plugin_file *file = conform_find(s->registry, kind, i, &n);
    ck_assert_ptr_nonnull(file);
    s->plugin = bnn_registry_load_file(s->registry, file->path, &err);
    REQUIRE(s->plugin != NULL, "%s", err.message);
    s->head = s->plugin->head;
    s->ctx.kernels = bnn_kernels_choose(&err);
    REQUIRE(s->ctx.kernels != NULL, "%s", err.message);
    if (s->head->params != NULL)
        s->params = buffer_bytes(&s->memory, s->head->params_size);
    conform_set(s, 0);
}

void conform_end(subject *s)
{
    buffers_free(&s->memory);
    bnn_registry_destroy(s->registry);
}

static void conform_store(const subject *s, const bnn_param *row, double value)
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
static bool conform_alternative(const bnn_param *row, size_t which, double *value, bool *near)
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
    default: {
        size_t n = 1;
        for (const char *c = row->choices; *c != '\0'; c++)
            n += *c == '|';
        *value = (double)which;
        return which < n;
    }
    }
}

bool conform_set(subject *s, size_t turn)
{
    const bnn_param *const table = s->head->params;
    for (size_t i = 0; table != NULL && table[i].type != BNN_TYPE_END; i++)
        conform_store(s, &table[i], table[i].fallback);
    s->moderate = true;
    snprintf(s->what, sizeof s->what, "%s", s->plugin->path);
    if (turn == 0)
        return true;
    for (size_t i = 0; table != NULL && table[i].type != BNN_TYPE_END; i++) {
        double value;
        for (size_t which = 0; conform_alternative(&table[i], which, &value, &s->moderate);
             which++) {
            if (--turn > 0)
                continue;
            conform_store(s, &table[i], value);
            snprintf(s->what, sizeof s->what, "%s with %s = %g", s->plugin->path, table[i].name,
                     value);
            return true;
        }
    }
    return false;
}

void conform_set_param(subject *s, const char *name, double value)
{
    const bnn_param *row = s->head->params;
    while (row != NULL && row->type != BNN_TYPE_END && strcmp(row->name, name) != 0)
        row++;
    REQUIRE(row != NULL && row->type != BNN_TYPE_END, "%s has no parameter %s", s->what, name);
    conform_store(s, row, value);
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
