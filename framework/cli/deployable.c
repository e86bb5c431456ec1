#include "cli/deployable.h"

#include "export/check.h"

#include <stdio.h>
#include <string.h>

enum { LABELS_BYTES = 160 };

/* A message, and the configs that it is about. */
typedef struct warning {
    const char *text;
    size_t n;
    char labels[LABELS_BYTES]; /* "ste=clipped, ste=identity, ..." */
    struct warning *next;
} warning;

static bool is_of_model(const bnn_setting *row)
{
    return strncmp(row->key, "model.", sizeof "model." - 1) == 0;
}

static bool is_same_setting(const bnn_setting *a, const bnn_setting *b)
{
    if (strcmp(a->key, b->key) != 0 || (a->text == NULL) != (b->text == NULL))
        return false;
    return a->text != NULL ? strcmp(a->text, b->text) == 0 : a->number == b->number;
}

/* Whether two configs have one network: they may differ in training and in the split of the data. */
static bool is_same_network(const bnn_config *a, const bnn_config *b)
{
    const bnn_settings *x = &a->settings, *y = &b->settings;
    if (memcmp(&a->input, &b->input, sizeof a->input) != 0 || a->n_classes != b->n_classes)
        return false;
    for (size_t i = 0, j = 0;; i++, j++) {
        while (i < x->n && !is_of_model(&x->rows[i]))
            i++;
        while (j < y->n && !is_of_model(&y->rows[j]))
            j++;
        if (i == x->n || j == y->n)
            return i == x->n && j == y->n;
        if (!is_same_setting(&x->rows[i], &y->rows[j]))
            return false;
    }
}

static void add_label(warning *w, const char *label)
{
    const size_t used = strlen(w->labels);
    w->n++;
    if (used + strlen(label) + sizeof ", , ..." <= LABELS_BYTES)
        snprintf(w->labels + used, LABELS_BYTES - used, "%s%s", used == 0 ? "" : ", ", label);
    else if (used < 3 || strcmp(w->labels + used - 3, "...") != 0)
        snprintf(w->labels + used, LABELS_BYTES - used, "%s...", used == 0 ? "" : ", ");
}

/* The warning with this text, made when there is none yet; NULL without memory. */
static warning *find_warning(warning **first, const char *text, bnn_arena *arena)
{
    for (; *first != NULL; first = &(*first)->next)
        if (strcmp((*first)->text, text) == 0)
            return *first;
    warning *w = bnn_arena_alloc(arena, 1, sizeof *w);
    if (w == NULL || (w->text = bnn_arena_strdup(arena, text)) == NULL)
        return NULL;
    *first = w;
    return w;
}

/* Asks about the network of configs[i], for all configs that have it. */
static int check_network(const bnn_experiment *x, size_t i, const size_t *same_as, warning **first,
                         bnn_arena *arena, bnn_error *err)
{
    const bnn_config *config = &x->configs[i];
    bnn_diag *diag = bnn_diag_create();
    int status = BNN_OK;
    if (diag == NULL)
        return bnn_no_memory(err);
    /* A failure has left its reason in diag; what is planned is not changed by it. */
    bnn_export_check(&config->model, config->input, config->n_classes, diag);
    for (size_t m = 0; status == BNN_OK && m < bnn_diag_count(diag); m++) {
        warning *w = find_warning(first, bnn_diag_message(diag, m), arena);
        if (w == NULL)
            status = bnn_no_memory(err);
        for (size_t j = i; w != NULL && j < x->n_configs; j++)
            if (same_as[j] == i)
                add_label(w, x->configs[j].label);
    }
    bnn_diag_destroy(diag);
    return status;
}

int cli_warn_undeployable(const bnn_experiment *x, bnn_arena *arena, bnn_error *err)
{
    warning *first = NULL;
    int status = BNN_OK;
    size_t *same_as = bnn_arena_alloc(arena, x->n_configs, sizeof *same_as);
    if (same_as == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < x->n_configs; i++)
        for (size_t j = 0; j <= i; j++)
            if (j == i || (same_as[j] == j && is_same_network(&x->configs[i], &x->configs[j]))) {
                same_as[i] = j;
                break;
            }
    for (size_t i = 0; status == BNN_OK && i < x->n_configs; i++)
        if (same_as[i] == i)
            status = check_network(x, i, same_as, &first, arena, err);
    for (const warning *w = first; status == BNN_OK && w != NULL; w = w->next)
        if (w->n == x->n_configs)
            fprintf(stderr, "%s\n", w->text);
        else
            fprintf(stderr, "%s (%zu of %zu configs: %s)\n", w->text, w->n, x->n_configs,
                    w->labels);
    return status;
}
