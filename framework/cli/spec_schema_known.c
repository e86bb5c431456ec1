/* spec_schema_known.c - the data sets and topologies that a spec can name, and what does not go with one. */
#include "cli/cli.h"
#include "cli/spec_schema_internal.h"
#include "data/catalogue.h"
#include "model/network.h"
#include "runner/experiment.h"

#include "base/path.h"

#include <string.h>

/* ---- what there is ------------------------------------------------------------------------- */

/* What reads a topology as a spec does. What has mistakes is passed over, what the machine does not give is no such
 * thing: status is a failure then, and err says it. */
typedef struct known_reader {
    cli_schema *schema;
    bnn_reader reader;
    int status;
    bnn_error *err;
} known_reader;

/* The network of a topology and the defaults; false: it has mistakes, or cannot be read. */
static bool known_read_model(known_reader *k, const char *topology, bnn_model_options *out)
{
    const bnn_reader *r = &k->reader;
    const bnn_position_in_file at = {.file = "schema"};
    const bnn_node name = {.kind = BNN_NODE_SCALAR, .at = at, .text = topology};
    const bnn_node *root = bnn_tree_set(NULL, "topology", &name, r->arena, r->diag, at);
    const int begun = bnn_diag_begin(r->diag);
    if (root != NULL)
        bnn_section_read(r, &bnn_model_section, root, out);
    const int status = bnn_diag_end(r->diag, begun);
    k->schema->failed |= status == BNN_E_INTERNAL || root == NULL;
    if (status == BNN_E_RESOURCE)
        k->status = bnn_fail(k->err, BNN_E_RESOURCE, "%s", bnn_diag_message(r->diag, 0));
    return status == BNN_OK && root != NULL;
}

static const char *known_layer(const bnn_model_options *model, uint32_t i)
{
    return model->blocks[i].linear.plugin->head->name;
}

static void known_add_topology(known_reader *k, const char *name)
{
    bnn_model_options model;
    json_t *topology = json_pack("{s:o}", "name", cli_schema_string(k->schema, name));
    if (known_read_model(k, name, &model)) {
        cli_schema_put(k->schema, topology, "first", json_string(known_layer(&model, 0)));
        cli_schema_put(k->schema, topology, "last",
                       json_string(known_layer(&model, model.n_blocks - 1)));
    }
    cli_schema_add(k->schema, k->schema->topologies, topology);
}

/* The topologies that do not go with a data set. */
static json_t *known_unfit(known_reader *k, const bnn_catalogue_entry *entry)
{
    json_t *unfit = json_array(), *topology;
    size_t i;
    json_array_foreach(k->schema->topologies, i, topology)
    {
        const char *name = json_string_value(json_object_get(topology, "name"));
        bnn_model_options model;
        const int status =
            known_read_model(k, name, &model)
                ? bnn_network_check(&model, entry->shape, entry->n_classes, k->reader.diag)
                : BNN_OK;
        k->schema->failed |= status == BNN_E_INTERNAL;
        if (status != BNN_OK)
            cli_schema_add(k->schema, unfit, json_string(name));
    }
    return unfit;
}

static void known_add_dataset(known_reader *k, const char *name)
{
    bnn_catalogue_entry entry;
    json_t *dataset = json_pack("{s:o}", "name", cli_schema_string(k->schema, name));
    if (bnn_catalogue_load(k->reader.catalogue, name, k->reader.arena, &entry, k->err) == BNN_OK)
        cli_schema_put(k->schema, dataset, "is",
                       json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:o}", "classes",
                                 (int)entry.n_classes, "n_train", (int)entry.n_train, "n_test",
                                 (int)entry.n_test, "channels", (int)entry.shape.c, "height",
                                 (int)entry.shape.h, "width", (int)entry.shape.w, "unfit",
                                 known_unfit(k, &entry)));
    else if (k->err->status != BNN_E_SPEC)
        k->status = k->err->status;
    cli_schema_add(k->schema, k->schema->datasets, dataset);
}

int cli_schema_look(cli_schema *s, const char *spec, const char *plugin_path, bnn_error *err)
{
    const char *const *datasets;
    const char *catalogue = cli_catalogue_path(spec), *topologies = cli_topology_path(spec);
    size_t n_topologies = 0, n_datasets = 0;
    const char **names = bnn_path_scan(topologies, ".yaml", s->arena, &n_topologies, err);
    if (names == NULL)
        return err->status;
    bnn_diag *diag = bnn_diag_create();
    bnn_registry *registry = bnn_registry_create(plugin_path);
    known_reader k = {.schema = s,
                      .err = err,
                      .reader = {.arena = s->arena,
                                 .diag = diag,
                                 .registry = registry,
                                 .path = "model",
                                 .catalogue = catalogue,
                                 .topologies = topologies}};
    k.status = diag == NULL || registry == NULL ? bnn_no_memory(err) : BNN_OK;
    for (size_t i = 0; k.status == BNN_OK && i < n_topologies; i++)
        known_add_topology(&k, names[i]);
    if (k.status == BNN_OK)
        k.status = bnn_catalogue_list(catalogue, s->arena, &datasets, &n_datasets, err);
    for (size_t i = 0; k.status == BNN_OK && i < n_datasets; i++)
        known_add_dataset(&k, datasets[i]);
    bnn_registry_destroy(registry);
    bnn_diag_destroy(diag);
    return k.status;
}

json_t *cli_schema_names(cli_schema *s, const json_t *list)
{
    json_t *names = json_array(), *one;
    size_t i;
    json_array_foreach((json_t *)(uintptr_t)list, i, one)
        cli_schema_add(s, names, json_incref(json_object_get(one, "name")));
    return json_pack("{s:s, s:o}", "type", "string", "enum", names);
}

/* ---- what follows from a name -------------------------------------------------------------- */

/* A spec with a value at a key, by default or said. */
static json_t *known_is(cli_schema *s, const char *path, const char *standard, json_t *name)
{
    const cli_schema_wanted wanted = {.test = json_pack("{s:O}", "const", name),
                                      .by_default = strcmp(standard, json_string_value(name)) == 0};
    json_t *is = cli_schema_in(s, &bnn_spec_section, path, &wanted);
    json_decref(wanted.test);
    return is;
}

static const char *known_standard(const char *path)
{
    return bnn_key_find(&bnn_spec_section, path)->standard;
}

/* A network ends with a value for each class: one of its blocks has so many channels, or a divisor of them. */
static json_t *known_outputs(cli_schema *s, json_int_t classes)
{
    json_t *divisors = json_array();
    for (json_int_t n = 1; n <= classes; n++)
        if (classes % n == 0)
            cli_schema_add(s, divisors, json_integer(n));
    return cli_schema_below(s, "model.topology.blocks",
                            json_pack("{s:{s:{s:{s:{s:{s:o}}}}}}", "contains", "properties",
                                      "layer", "properties", "out", "enum", divisors));
}

/* What a spec with this data set is like. */
static json_t *known_with_dataset(cli_schema *s, const json_t *is)
{
    static const char *const sides[] = {"channels", "height", "width"};
    json_t *input = json_object(), *limits = json_object();
    const json_int_t n_train = json_integer_value(json_object_get(is, "n_train"));
    const json_int_t n_test = json_integer_value(json_object_get(is, "n_test"));
    json_t *unfit = json_object_get(is, "unfit");
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++)
        cli_schema_put(s, input, sides[i],
                       json_pack("{s:O}", "const", json_object_get(is, sides[i])));
    const json_int_t height = json_integer_value(json_object_get(is, "height"));
    const json_int_t width = json_integer_value(json_object_get(is, "width"));
    cli_schema_put(s, input, "crop",
                   json_pack("{s:I}", "maximum", height < width ? height : width));
    if (n_train > 0) {
        cli_schema_put(s, limits, "train_limit", json_pack("{s:I}", "maximum", n_train));
        cli_schema_put(s, limits, "validation", json_pack("{s:I}", "maximum", n_train - 1));
    }
    if (n_test > 0)
        cli_schema_put(s, limits, "test_limit", json_pack("{s:I}", "maximum", n_test));
    json_t *with = json_pack(
        "[o, o, o]", known_outputs(s, json_integer_value(json_object_get(is, "classes"))),
        cli_schema_below(s, "dataset", json_pack("{s:o}", "properties", limits)),
        cli_schema_below(s, "model.topology.input", json_pack("{s:o}", "properties", input)));
    if (json_array_size(unfit) > 0) {
        const char *standard = known_standard("model.topology");
        cli_schema_wanted wanted = {.test = json_pack("{s:{s:O}}", "not", "enum", unfit),
                                    .by_default = true};
        json_t *name;
        size_t i;
        json_array_foreach(unfit, i, name) if (strcmp(json_string_value(name), standard) == 0)
            wanted.by_default = false;
        cli_schema_add(s, with, cli_schema_in(s, &bnn_spec_section, "model.topology", &wanted));
        json_decref(wanted.test);
    }
    return json_pack("{s:o}", "allOf", with);
}

static void known_add_dataset_rule(cli_schema *s, json_t *all, const json_t *dataset)
{
    static const char decided[] =
        "dataset.name|dataset.train_limit|dataset.test_limit|dataset.validation|model.topology";
    const json_t *is = json_object_get(dataset, "is");
    if (is == NULL)
        return;
    cli_schema_add(s, all,
                   json_pack("{s:{s:[o, o]}, s:o}", "if", "allOf",
                             known_is(s, "dataset.name", known_standard("dataset.name"),
                                      json_object_get(dataset, "name")),
                             cli_schema_is_constant(s, decided, NULL), "then",
                             known_with_dataset(s, is)));
}

/* Those that do not go with the topology. */
static json_t *known_unfit_datasets(cli_schema *s, json_t *topology)
{
    json_t *unfit = json_array(), *dataset, *name;
    size_t i, k;
    json_array_foreach(s->datasets, i, dataset)
    {
        const json_t *is = json_object_get(dataset, "is");
        json_array_foreach(json_object_get(is, "unfit"), k, name) if (json_equal(name, topology))
            cli_schema_add(s, unfit, json_incref(json_object_get(dataset, "name")));
    }
    return unfit;
}

/* Nor is such a data set set by a point, where all have the topology. */
static void known_add_topology_rule(cli_schema *s, json_t *all, json_t *topology)
{
    json_t *name = json_object_get(topology, "name");
    json_t *unfit = known_unfit_datasets(s, name);
    const char *definition =
        bnn_arena_printf(s->arena, "with_topology:%s", json_string_value(name));
    s->failed |= definition == NULL;
    if (json_array_size(unfit) == 0 || definition == NULL) {
        json_decref(unfit);
        return;
    }
    json_t *no =
        json_pack("{s:{s:o}, s:{s:{s:O}}}", "not", "enum", unfit, "items", "not", "enum", unfit);
    cli_schema_put(s, s->definitions, definition,
                   json_pack("{s:{s:O, s:o}, s:{s:s+}}", "properties", "dataset", no,
                             "dataset.name", no, "items", "$ref", "#/definitions/", definition));
    cli_schema_add(s, all,
                   json_pack("{s:{s:[o, o]}, s:o}", "if", "allOf",
                             known_is(s, "model.topology", known_standard("model.topology"), name),
                             cli_schema_is_constant(s, "model.topology", NULL), "then",
                             cli_schema_maps(s, definition)));
}

/* place: "first" or "last". Of another layer than the one that is binarized, it stays as it is. */
static void known_add_block_rule(cli_schema *s, json_t *all, json_t *topology, const char *place)
{
    const char *layer = json_string_value(json_object_get(topology, place));
    json_t *name = json_object_get(topology, "name");
    if (layer == NULL)
        return;
    const cli_schema_wanted other = {.test =
                                         json_pack("{s:{s:[s, s]}}", "not", "enum", "all", layer)};
    const char *path = bnn_arena_printf(s->arena, "model.binarize.%s", place);
    const char *why = bnn_arena_printf(
        s->arena, "the %s block of %s has %s, which model.binarize.layers leaves out", place,
        json_string_value(name), layer);
    s->failed |= path == NULL || why == NULL;
    if (path != NULL && why != NULL)
        cli_schema_add(
            s, all,
            json_pack(
                "{s:{s:[o, o, o]}, s:o}", "if", "allOf",
                known_is(s, "model.topology", known_standard("model.topology"), name),
                cli_schema_in(s, &bnn_spec_section, "model.binarize.layers", &other),
                cli_schema_is_constant(s, "model.topology|model.binarize.layers", "model.binarize"),
                "then", cli_schema_below(s, path, cli_schema_idle(why))));
    json_decref(other.test);
}

void cli_schema_add_known_rules(cli_schema *s, json_t *all)
{
    json_t *one;
    size_t i;
    json_array_foreach(s->datasets, i, one) known_add_dataset_rule(s, all, one);
    json_array_foreach(s->topologies, i, one)
    {
        known_add_topology_rule(s, all, one);
        known_add_block_rule(s, all, one, "first");
        known_add_block_rule(s, all, one, "last");
    }
}
