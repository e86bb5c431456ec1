#include "exchange/visit.h"

#include "base/run.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* What the visit keeps of all runs: rows and the keys that vary; and the settings of the config it is at. */
typedef struct exchange_visit {
    bnn_arena *arena, *of_config;
    const bnn_store_begun *rows;
    size_t n;
    const bnn_store_key *varying;
    size_t n_varying;
    bnn_store_set *settings;
    bool *varies;
    size_t n_settings;
    const char *group;
} exchange_visit;

/* ---- texts as other programs can have them ----------------------------------------------- */

static const char *visit_clean(const char *text, const char *kept, bnn_arena *arena, bool *failed)
{
    char *own = bnn_arena_strdup(arena, text);
    *failed |= own == NULL;
    return own == NULL ? "" : bnn_text_clean(own, kept);
}

/* "ste=clipped", or "ste=clipped [3f02...]". */
static const char *visit_name_group(const bnn_store_begun *row, bnn_arena *arena, bool *failed)
{
    const char *name = row->differs[0] == '\0'
                           ? row->label
                           : bnn_arena_printf(arena, "%s [%s]", row->label, row->config);
    *failed |= name == NULL;
    return name == NULL ? "" : visit_clean(name, "", arena, failed);
}

static bnn_store_begun visit_clean_row(const bnn_store_begun *row, bnn_arena *arena, bool *failed)
{
    bnn_store_begun own = *row;
    own.label = visit_clean(row->label, "", arena, failed);
    own.config = visit_clean(row->config, "", arena, failed);
    own.state = visit_clean(row->state, "", arena, failed);
    own.tags = visit_clean(row->tags, "", arena, failed);
    own.note = visit_clean(row->note, "\n\t", arena, failed);
    return own;
}

static int visit_compare_keys(const void *a, const void *b)
{
    return strcmp(((const bnn_store_key *)a)->key, ((const bnn_store_key *)b)->key);
}

static bool visit_varies(const exchange_visit *v, const char *key)
{
    const bnn_store_key wanted = {key};
    return v->n_varying > 0 && bsearch(&wanted, v->varying, v->n_varying, sizeof *v->varying,
                                       visit_compare_keys) != NULL;
}

static int visit_take_settings(exchange_visit *v, const bnn_store_set *settings, bnn_error *err)
{
    bool failed = false;
    v->settings = bnn_arena_copy(v->of_config, settings, v->n_settings, sizeof *settings);
    v->varies = bnn_arena_alloc(v->of_config, v->n_settings, sizeof *v->varies);
    if (v->settings == NULL || v->varies == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < v->n_settings; i++) {
        v->varies[i] = visit_varies(v, settings[i].key);
        v->settings[i].key = visit_clean(settings[i].key, "", v->of_config, &failed);
        v->settings[i].text = visit_clean(settings[i].text, "", v->of_config, &failed);
    }
    return failed ? bnn_no_memory(err) : BNN_OK;
}

/* Runs of a config are neighbours, and have its settings. */
static int visit_enter_config(exchange_visit *v, bnn_store *store, const bnn_store_begun *row,
                              bnn_error *err)
{
    const bnn_store_set *settings;
    bool failed = false;
    if (row > v->rows && strcmp(row->config, row[-1].config) == 0)
        return BNN_OK;
    bnn_arena_destroy(v->of_config);
    v->of_config = bnn_arena_create(BNN_SMALL_LIMIT_BYTES);
    if (v->of_config == NULL)
        return bnn_no_memory(err);
    if (bnn_store_list_settings(store, row->uid, v->of_config, &settings, &v->n_settings, err) !=
        BNN_OK)
        return err->status;
    v->group = visit_name_group(row, v->of_config, &failed);
    return failed ? bnn_no_memory(err) : visit_take_settings(v, settings, err);
}

static int visit_read_points(bnn_store *store, bnn_exchange_run *run, bnn_error *err)
{
    const bnn_store_point *points;
    bool failed = false;
    if (bnn_store_list_points(store, run->row->uid, run->arena, &points, &run->n_points, err) !=
        BNN_OK)
        return err->status;
    bnn_store_point *own = bnn_arena_copy(run->arena, points, run->n_points, sizeof *own);
    for (size_t i = 0; own != NULL && i < run->n_points; i++)
        own[i].name = visit_clean(points[i].name, "", run->arena, &failed);
    run->points = own;
    return failed || own == NULL ? bnn_no_memory(err) : BNN_OK;
}

/* ------------------------------------------------------------------------------------------ */

static int visit_run(exchange_visit *v, bnn_store *store, const bnn_store_begun *row,
                     int (*take)(void *context, const bnn_exchange_run *run, bnn_error *err),
                     void *context, bnn_error *err)
{
    bool failed = false;
    if (!bnn_run_is_uid(row->uid)) /* it names folders */
        return bnn_fail(err, BNN_E_RESOURCE, "%s has a run whose name is none of bnnrun",
                        bnn_store_path(store));
    if (visit_enter_config(v, store, row, err) != BNN_OK)
        return err->status;
    bnn_exchange_run run = {.group = v->group,
                            .settings = v->settings,
                            .varies = v->varies,
                            .n_settings = v->n_settings,
                            .arena = bnn_arena_create(BNN_SPEC_LIMIT_BYTES)};
    if (run.arena == NULL)
        return bnn_no_memory(err);
    const bnn_store_begun own = visit_clean_row(row, run.arena, &failed);
    run.row = &own;
    int status = failed ? bnn_no_memory(err) : visit_read_points(store, &run, err);
    if (status == BNN_OK)
        status = take(context, &run, err);
    bnn_arena_destroy(run.arena);
    return status;
}

int bnn_exchange_visit(bnn_store *store, const char *experiment,
                       int (*take)(void *context, const bnn_exchange_run *run, bnn_error *err),
                       void *context, size_t *out_n, bnn_error *err)
{
    exchange_visit v = {.arena = bnn_arena_create(BNN_SPEC_LIMIT_BYTES)};
    int status = v.arena == NULL
                     ? bnn_no_memory(err)
                     : bnn_store_list_begun(store, experiment, v.arena, &v.rows, &v.n, err);
    if (status == BNN_OK)
        status = bnn_store_list_varying(store, experiment, v.arena, &v.varying, &v.n_varying, err);
    for (size_t i = 0; status == BNN_OK && i < v.n; i++)
        status = visit_run(&v, store, &v.rows[i], take, context, err);
    *out_n = v.n;
    bnn_arena_destroy(v.of_config);
    bnn_arena_destroy(v.arena);
    return status;
}
