/* plan_networks.c - bnnrun plan SPEC --networks: what each network's signs see, whether that can be
 * exactly 0, and how their bits come about once it is deployed. */
#include "base/text.h"
#include "cli/commands/plan.h"
#include "cli/table.h"
#include "export/forecast.h"

#include <string.h>

static bool forecasts_equal(const bnn_forecast *a, const bnn_forecast *b)
{
    bool equal = a->n == b->n && bnn_text_equal(a->obstacle, b->obstacle);
    for (uint32_t i = 0; equal && i < a->n; i++)
        equal = strcmp(a->signs[i].sees, b->signs[i].sees) == 0 &&
                a->signs[i].zero == b->signs[i].zero && a->signs[i].bits == b->signs[i].bits &&
                bnn_text_equal(a->signs[i].why, b->signs[i].why);
    return equal;
}

static void add_sign(cli_table *table, const char *label, const bnn_sign_forecast *sign)
{
    cli_table_cell(table, label);
    cli_table_cell(table, sign->name);
    cli_table_cell(table, sign->sees);
    cli_table_cell(table, bnn_zero_text(sign->zero));
    cli_table_cellf(table, "%s%s%s", bnn_bits_text(sign->bits), sign->why != NULL ? ": " : "",
                    sign->why != NULL ? sign->why : "");
}

static void add_network(cli_table *table, const char *label, const bnn_forecast *f)
{
    for (uint32_t i = 0; i < f->n; i++)
        add_sign(table, label, &f->signs[i]);
    if (f->n > 0)
        return;
    cli_table_cell(table, label);
    cli_table_cell(table, NULL);
    cli_table_cell(table, NULL);
    cli_table_cell(table, NULL);
    if (f->obstacle != NULL)
        cli_table_cellf(table, "cannot be deployed: %s", f->obstacle);
    else
        cli_table_cell(table, "no sign: floats throughout");
}

/* The forecast of config i, which leaves nothing else behind in the arena. */
static int forecast_config(const bnn_experiment *x, size_t i, bnn_arena *arena,
                           bnn_forecast *forecasts, bnn_error *err)
{
    const bnn_config *c = &x->configs[i];
    bnn_arena *own = bnn_arena_create(BNN_MODEL_LIMIT_BYTES);
    if (own == NULL)
        return bnn_no_memory(err);
    bnn_forecast made;
    int status = bnn_forecast_make(&c->model, c->input, c->n_classes, own, &made, err);
    if (status == BNN_OK)
        status = bnn_forecast_copy(&made, arena, &forecasts[i], err);
    bnn_arena_destroy(own);
    return status;
}

/* A row a sign, for a program; people see networks that are alike once. */
static int fill_table(const bnn_experiment *x, const bnn_forecast *forecasts, bool each,
                      bnn_arena *arena, cli_table *table, bnn_error *err)
{
    for (size_t i = 0; i < x->n_configs; i++) {
        size_t n_alike = 0;
        bool first = true;
        for (size_t k = 0; k < x->n_configs && !each; k++) {
            const bool alike = forecasts_equal(&forecasts[i], &forecasts[k]);
            first = first && !(alike && k < i);
            n_alike += alike && k > i;
        }
        const char *label = x->configs[i].label;
        if (n_alike > 0)
            label = bnn_arena_printf(arena, "%s and %zu more", label, n_alike);
        if (label == NULL)
            return bnn_no_memory(err);
        if (first)
            add_network(table, label, &forecasts[i]);
    }
    return BNN_OK;
}

int cli_plan_print_networks(const bnn_experiment *x, const cli_options *options, bnn_error *err)
{
    bnn_arena *arena = options->arena;
    int status = BNN_OK;
    bnn_forecast *forecasts = bnn_arena_alloc(arena, x->n_configs, sizeof *forecasts);
    if (forecasts == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; status == BNN_OK && i < x->n_configs; i++)
        status = forecast_config(x, i, arena, forecasts, err);
    if (status != BNN_OK)
        return status;
    cli_table *table = cli_table_create("@config|sign|sees|exactly 0|bits");
    status = fill_table(x, forecasts, options->json, arena, table, err);
    if (status != BNN_OK) {
        cli_table_destroy(table);
        return status;
    }
    status = cli_table_end(table, options, err);
    if (status == BNN_OK && !options->json && !options->quiet)
        printf("\nA sign of exactly 0 is +1. Thresholds: what stands between the integer sums and\n"
               "the sign becomes one comparison a channel. No sign is constant: a spec with one\n"
               "is refused.\n");
    return status;
}
