#include "runner/experiment.h"

#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "runner/config.h"
#include "runner/spec_keys.h"
#include "runner/spec_text.h"
#include "spec/effect.h"

#include <stdlib.h>
#include <string.h>

enum { SPEC_BYTES_MAX = 1 << 20, NAME_BYTES_MAX = 64 };

/* The text of a spec, and how it is taken. */
typedef struct source {
    const char *text;
    size_t n;
    const char *const *overrides; /* closed by NULL */
    bool recorded;                /* it has been run as it is, and is not corrected any more */
} source;

/* ---- the name ---------------------------------------------------------------------------- */

/* The file's name without its folder and ending, when the spec has none. */
static void finish_name(const bnn_reader *r, const bnn_node *root, bnn_experiment *experiment)
{
    const bnn_node *node = bnn_tree_get(root, "name");
    char excerpt[BNN_EXCERPT];
    if (experiment->name == NULL) {
        char *name = bnn_arena_strdup(r->arena, bnn_path_name(experiment->path));
        char *dot = name == NULL ? NULL : strrchr(name, '.');
        if (dot != NULL)
            *dot = '\0';
        experiment->name = name;
    }
    if (experiment->name == NULL)
        bnn_diag_no_memory(r->diag);
    else if (!bnn_text_is_name(experiment->name, "_", "_.-", NAME_BYTES_MAX - 1))
        bnn_diag_add(r->diag, node != NULL ? node->at : root->at,
                     "name: \"%s\" is not a name: 1 to %d letters, digits, _, - and ., beginning "
                     "with none of the last two",
                     bnn_excerpt(experiment->name, excerpt), NAME_BYTES_MAX - 1);
}

/* ---- points ------------------------------------------------------------------------------ */

static bool is_same_dataset(const bnn_data_options *a, const bnn_data_options *b)
{
    const char *p = a->path == NULL ? "" : a->path, *q = b->path == NULL ? "" : b->path;
    return strcmp(a->name, b->name) == 0 && strcmp(p, q) == 0 && a->train_limit == b->train_limit &&
           a->test_limit == b->test_limit;
}

/* The data sets that runs need, each once. */
static size_t index_of_dataset(bnn_experiment *out, const bnn_data_options *wanted)
{
    size_t i = 0;
    while (i < out->n_datasets && !is_same_dataset(&out->datasets[i], wanted))
        i++;
    if (i == out->n_datasets)
        out->datasets[out->n_datasets++] = *wanted;
    else if (wanted->validation > out->datasets[i].validation)
        out->datasets[i] = *wanted;
    return i;
}

/* Adds a config unless an equal one is there: that one's label stays, and a warning says so. */
static void add_config(const bnn_reader *r, const bnn_point *point, const bnn_config *config,
                       bnn_experiment *out)
{
    for (size_t i = 0; i < out->n_configs; i++) {
        bnn_config *same = &out->configs[i];
        if (strcmp(same->hash, config->hash) != 0)
            continue;
        same->baseline |= config->baseline;
        bnn_diag_warn(r->diag, point->n > 0 ? point->values[0].value->at : point->root->at,
                      "%s%s is the same config as %s; they are run once",
                      config->baseline ? "the baseline " : "", config->label, same->label);
        return;
    }
    bnn_config *added = &out->configs[out->n_configs++];
    *added = *config;
    added->i_dataset = index_of_dataset(out, &config->data);
}

static void resolve_points(const bnn_reader *r, const bnn_sweep *sweep, const source *from,
                           bnn_experiment *out)
{
    bnn_effects effects = {.spec = r->spec, .arena = r->arena};
    const int begun = bnn_diag_begin(r->diag);
    out->configs = bnn_arena_alloc(r->arena, sweep->n, sizeof *out->configs);
    out->datasets = bnn_arena_alloc(r->arena, sweep->n, sizeof *out->datasets);
    if (out->configs == NULL || out->datasets == NULL)
        bnn_diag_no_memory(r->diag);
    for (size_t i = 0; i < sweep->n && out->datasets != NULL; i++) {
        const bnn_point *point = &sweep->points[i];
        bnn_config config;
        if (bnn_config_resolve(r, point, &config) != BNN_OK)
            continue;
        config.data.path_may_fail = from->recorded;
        add_config(r, point, &config, out);
        if (bnn_effect_note(&effects, point, &config.settings) != BNN_OK)
            bnn_diag_no_memory(r->diag);
    }
    if (bnn_diag_end(r->diag, begun) == BNN_OK && !from->recorded)
        bnn_effect_report(&effects, sweep, from->overrides[0] != NULL, r->diag);
}

/* ------------------------------------------------------------------------------------------ */

static const bnn_node *read_root(const bnn_reader *r, const source *from, const char *path)
{
    const bnn_node *root = bnn_tree_parse(path, from->text, from->n, r->arena, r->diag);
    if (root != NULL && root->kind != BNN_NODE_MAP) {
        char got[BNN_DESCRIPTION];
        bnn_diag_add(r->diag, root->at, "a spec is a map of sections, got %s",
                     bnn_schema_describe(root, got));
        return NULL;
    }
    for (const char *const *o = from->overrides; root != NULL && *o != NULL; o++) {
        const bnn_node *changed = bnn_sweep_override(r, root, *o);
        root = changed != NULL ? changed : root;
    }
    return root;
}

static int load_experiment(const bnn_reader *given, const source *from, bnn_experiment *out)
{
    bnn_reader reader = *given, *r = &reader;
    bnn_sweep sweep;
    r->spec = &bnn_spec_section;
    r->path = NULL;
    const int begun = bnn_diag_begin(r->diag);
    const bnn_node *root = read_root(r, from, out->path);
    if (root == NULL)
        return bnn_diag_end(r->diag, begun);
    bnn_section_check(r, r->spec, root);
    for (const bnn_key *key = r->spec->keys; key->param.name != NULL; key++)
        if ((key->flags & BNN_KEY_FIXED) != 0)
            bnn_key_read(r, r->spec, key, root, out);
    finish_name(r, root, out);
    /* When the sweep cannot be expanded, the base still shows its mistakes. */
    const bnn_point base = {.root = root, .label = "base"};
    if (bnn_sweep_expand(r, root, out->n_seeds, &sweep) != BNN_OK)
        sweep = (bnn_sweep){.n = 1, .points = &base};
    resolve_points(r, &sweep, from, out);
    return bnn_diag_end(r->diag, begun);
}

int bnn_experiment_load(const bnn_reader *r, const char *path, const char *const *overrides,
                        bnn_experiment *out)
{
    static const char *const none[] = {NULL};
    const bnn_position_in_file nowhere = {.file = NULL};
    bnn_experiment experiment = {.path = bnn_arena_strdup(r->arena, path)};
    source from = {.overrides = overrides != NULL ? overrides : none};
    bnn_error err;
    char *text;
    if (bnn_file_read(path, SPEC_BYTES_MAX, &text, &from.n, &err) != BNN_OK)
        return bnn_diag_fail(r->diag, err.status == BNN_E_INTERNAL ? BNN_E_INTERNAL : BNN_E_SPEC,
                             nowhere, "%s", err.message);
    from.text = text;
    experiment.text = bnn_spec_text_join(text, from.overrides, r->arena);
    const int status = experiment.path != NULL && experiment.text != NULL
                           ? load_experiment(r, &from, &experiment)
                           : bnn_diag_no_memory(r->diag);
    free(text);
    if (status == BNN_OK)
        *out = experiment;
    return status;
}

int bnn_experiment_load_text(const bnn_reader *r, const char *path, const char *text,
                             bnn_experiment *out)
{
    bnn_experiment experiment = {.path = bnn_arena_strdup(r->arena, path),
                                 .text = bnn_arena_strdup(r->arena, text)};
    char *spec = bnn_arena_strdup(r->arena, text);
    source from = {.text = spec, .recorded = true};
    if (experiment.path == NULL || experiment.text == NULL || spec == NULL ||
        bnn_spec_text_split(spec, r->arena, &from.overrides) != BNN_OK)
        return bnn_diag_no_memory(r->diag);
    from.n = strlen(spec);
    const int status = load_experiment(r, &from, &experiment);
    if (status == BNN_OK)
        *out = experiment;
    return status;
}
