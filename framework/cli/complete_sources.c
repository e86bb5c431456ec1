/* complete_sources.c - what the words of the help stand for. */
#include "base/path.h"
#include "cli/complete.h"
#include "cli/result.h"
#include "cli/spec_help.h"
#include "db/store_curate.h"
#include "db/store_results.h"
#include "model/options.h"
#include "runner/experiment.h"

#include <string.h>

enum { RUNS_MAX = 1000 };

static void offer_nothing_more(void)
{
    printf(":nospace\t\n");
}

static void offer_names(const cli_place *place, const char *const *names, size_t n)
{
    for (size_t i = 0; names != NULL && i < n; i++)
        cli_offer(place, names[i], "");
}

/* The files with an ending in directories of a list, without it. */
static void offer_scanned(const cli_place *place, const char *list, const char *ending)
{
    size_t n = 0;
    bnn_error ignored;
    const char **names = bnn_path_scan(list, ending, place->options.arena, &n, &ignored);
    offer_names(place, names, n);
}

static void offer_commands(const cli_place *place)
{
    for (const cli_command *const *at = cli_commands; *at != NULL; at++)
        cli_offer(place, (*at)->name, (*at)->summary);
}

static void offer_files(const cli_place *place)
{
    (void)place;
    printf(":files\t\n");
}

static void offer_specs(const cli_place *place)
{
    offer_scanned(place, cli_spec_path(), ".yaml");
    printf(":files\t.yaml\n");
}

/* None where a new one is named. */
static void offer_datasets(const cli_place *place)
{
    if (strcmp(place->before, "add") != 0)
        offer_scanned(place, cli_catalogue_path(NULL), ".yaml");
}

static void offer_queries(const cli_place *place)
{
    size_t n;
    const bnn_store_named_query *queries = bnn_store_queries(&n);
    for (size_t i = 0; i < n; i++)
        cli_offer(place, queries[i].name, queries[i].question);
}

/* ---- what the database has ------------------------------------------------------------------- */

static void offer_runs(const cli_place *place)
{
    bnn_store *store = NULL;
    bnn_error err;
    const char *const *uids = NULL;
    size_t n = 0;
    if (cli_store_open(&place->options, &store, &err) == BNN_OK)
        bnn_store_list_uids(store, place->current, RUNS_MAX, place->options.arena, &uids, &n, &err);
    offer_names(place, uids, n);
    bnn_store_close(store);
}

/* Names that one function of the store lists. */
static void offer_listed(const cli_place *place,
                         int (*list)(bnn_store *, bnn_arena *, const char *const **, size_t *,
                                     bnn_error *))
{
    bnn_store *store = NULL;
    bnn_error err;
    const char *const *names = NULL;
    size_t n = 0;
    if (cli_store_open(&place->options, &store, &err) == BNN_OK)
        list(store, place->options.arena, &names, &n, &err);
    offer_names(place, names, n);
    bnn_store_close(store);
}

static void offer_experiments(const cli_place *place)
{
    offer_listed(place, bnn_store_list_experiments);
}

static void offer_columns(const cli_place *place)
{
    offer_listed(place, bnn_store_list_columns);
}

static void offer_tags(const cli_place *place)
{
    offer_listed(place, bnn_store_list_tags);
}

/* ---- plugins, keys of a spec ------------------------------------------------------------------- */

static void offer_plugin(void *context, const bnn_plugin *plugin)
{
    const cli_place *place = context;
    cli_offer(place, plugin->head->name, plugin->head->summary);
}

static void offer_plugin_of_kind(void *context, const bnn_plugin *plugin)
{
    const cli_place *place = context;
    if (strcmp(bnn_kind_name((bnn_kind)plugin->head->kind), place->before) == 0)
        offer_plugin(context, plugin);
}

/* Those of the kind that the operand before names; behind another word, files. */
static void offer_plugins(const cli_place *place)
{
    cli_place at = *place;
    bnn_error err;
    bool is_kind = false;
    for (bnn_kind kind = BNN_KIND_LAYER; bnn_kind_name(kind) != NULL; kind++)
        is_kind |= strcmp(bnn_kind_name(kind), place->before) == 0;
    if (!is_kind) {
        offer_files(place);
        return;
    }
    cli_visit_plugins(NULL, place->options.plugin_path, offer_plugin_of_kind, &at, &err);
}

static void offer_key(void *context, const char *path, const bnn_key *key)
{
    cli_offer(context, path, key->param.help);
}

static void offer_keys(const cli_place *place)
{
    cli_place at = *place;
    cli_offer(place, "spec", "all keys");
    cli_visit_keys(offer_key, &at);
}

static void offer_parameters(void *context, const bnn_plugin *plugin)
{
    const cli_place *place = context;
    const bnn_param *p = plugin->head->params;
    for (; p != NULL && p->type != BNN_TYPE_END; p++) {
        const char *word = bnn_arena_printf(place->options.arena, "%s=", p->name);
        if (word != NULL)
            cli_offer(place, word, p->help);
    }
}

/* KEY=, and where a plugin stands the parameters of those that may. */
static void offer_assignment(void *context, const char *path, const bnn_key *key)
{
    const cli_place *place = context;
    const size_t n = strlen(path);
    const char *word = bnn_arena_printf(place->options.arena, "%s=", path);
    if (word != NULL)
        cli_offer(place, word, key->param.help);
    if (key->type != &bnn_key_plugin || strncmp(place->current, path, n) != 0 ||
        place->current[n] != '.')
        return;
    cli_place below = *place;
    bnn_error err;
    below.prefix = bnn_arena_printf(place->options.arena, "%s%s.", place->prefix, path);
    below.current += n + 1;
    if (below.prefix != NULL)
        cli_visit_plugins(key, place->options.plugin_path, offer_parameters, &below, &err);
}

static void offer_words(const cli_place *place, const char *words)
{
    char *list = words == NULL ? NULL : bnn_arena_strdup(place->options.arena, words);
    for (const char *word; list != NULL && (word = strsep(&list, "|")) != NULL;)
        cli_offer(place, word, "");
}

static void offer_values(const cli_place *place, const bnn_key *key)
{
    cli_place at = *place;
    bnn_error err;
    offer_words(place, key->words);
    offer_words(place, key->param.choices);
    if (key->param.type == BNN_TYPE_SWITCH)
        offer_words(place, "true|false");
    if (key->type == &bnn_key_topology)
        offer_scanned(place, cli_topology_path(NULL), ".yaml");
    if (key->section == &bnn_data_section)
        offer_datasets(place);
    /* What may stand in place of a map is the value of its keys, or its name. */
    const bnn_section *section = key->section;
    if (section != NULL && (section->flags & BNN_SECTION_EACH) != 0)
        offer_values(place, section->keys);
    else if (section != NULL && (section->flags & BNN_SECTION_NAMED) != 0)
        offer_values(place, bnn_key_in(section, "name"));
    if (key->type == &bnn_key_plugin)
        cli_visit_plugins(key, place->options.plugin_path, offer_plugin, &at, &err);
}

/* Behind KEY= what may be written there, also in a list. */
static void offer_assignments(const cli_place *place)
{
    cli_place at = *place;
    const char *equals = strchr(place->current, '=');
    if (equals == NULL) {
        cli_visit_keys(offer_assignment, &at);
        offer_nothing_more();
        return;
    }
    const char *value = equals + 1;
    for (const char *c = value; *c != '\0'; c++)
        if (*c == '[' || *c == ',')
            value = c + 1;
    const char *path = bnn_arena_printf(place->options.arena, "%.*s",
                                        (int)(equals - place->current), place->current);
    at.prefix = bnn_arena_printf(place->options.arena, "%s%.*s", place->prefix,
                                 (int)(value - place->current), place->current);
    at.current = value;
    const bnn_key *key =
        path == NULL || at.prefix == NULL ? NULL : bnn_key_find(&bnn_spec_section, path);
    if (key != NULL)
        offer_values(&at, key);
    if (value > equals + 1)
        offer_nothing_more();
}

/* ---- the words ----------------------------------------------------------------------------- */

static const struct {
    const char *word;
    void (*offer)(const cli_place *place);
} sources[] = {
    {"COLUMN", offer_columns},   {"COMMAND", offer_commands},
    {"DATASET", offer_datasets}, {"DIR", offer_files},
    {"DIRS", offer_files},       {"EXPERIMENT", offer_experiments},
    {"FILE", offer_files},       {"IMAGE", offer_files},
    {"KEY", offer_keys},         {"KEY=VALUE", offer_assignments},
    {"MODEL.bnn", offer_files},  {"PATH", offer_files},
    {"PLUGIN", offer_plugins},   {"QUERY", offer_queries},
    {"RUN", offer_runs},         {"SPEC.yaml", offer_specs},
    {"TAG", offer_tags},
};

void cli_offer_source(const cli_place *place, const char *source)
{
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        if (strcmp(sources[i].word, source) == 0)
            sources[i].offer(place);
}
