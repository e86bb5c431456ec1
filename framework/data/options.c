#include "data/dataset.h"

#include "data/catalogue.h"

#include <stdio.h>

enum {
    IMAGES_MAX = 1000 * 1000 * 1000, /* more than any file may hold */
    LARGE_SET = 20000,               /* training images */
    LARGE_SET_VALIDATION = 5000,
};

static int32_t default_validation(const bnn_data_options *options)
{
    const bnn_catalogue_entry *builtin = bnn_catalogue_builtin(options->name);
    int32_t n = builtin != NULL ? (int32_t)builtin->n_train : LARGE_SET;
    if (options->train_limit > 0)
        n = options->train_limit;
    if (n >= LARGE_SET)
        return LARGE_SET_VALIDATION;
    return n >= 10 ? n / 10 : 1;
}

static int parse_name(const bnn_reader *r, const bnn_node *node, bnn_data_options *options)
{
    int status = bnn_schema_text(node, "dataset.name", &options->name, r->diag);
    if (status != BNN_OK || bnn_catalogue_is_name(options->name))
        return status;
    return bnn_diag_add(
        r->diag, node->at,
        "dataset.name: \"%s\" is no name of a data set: letters, digits, _ and -, at most %d",
        options->name, BNN_DATA_NAME_MAX);
}

static int parse_path(const bnn_reader *r, const bnn_node *node, bnn_data_options *options)
{
    const char *path;
    int status = bnn_schema_text(node, "dataset.path", &path, r->diag);
    if (status != BNN_OK)
        return status;
    if (path[0] == '\0')
        return bnn_diag_add(r->diag, node->at, "dataset.path: must name a directory");
    options->path = bnn_arena_strdup(r->arena, path);
    options->path_at = node->at;
    return options->path != NULL ? BNN_OK : bnn_diag_no_memory(r->diag);
}

/* The integer at a key of the map; *out is left alone when the key is missing. */
static int parse_integer(const bnn_reader *r, const bnn_node *map, const char *key, int32_t *out)
{
    int64_t value;
    char what[64];
    const bnn_node *node = bnn_tree_get(map, key);
    if (node == NULL)
        return BNN_OK;
    snprintf(what, sizeof what, "dataset.%s", key);
    int status = bnn_schema_integer(node, what, 0, IMAGES_MAX, &value, r->diag);
    if (status == BNN_OK)
        *out = (int32_t)value;
    return status;
}

static int parse_validation(const bnn_reader *r, const bnn_node *map, bnn_data_options *options)
{
    const bnn_node *node = bnn_tree_get(map, "validation");
    options->validation = default_validation(options);
    int status = parse_integer(r, map, "validation", &options->validation);
    if (status != BNN_OK)
        return status;
    if (options->validation == 0)
        return bnn_diag_add(
            r->diag, node->at,
            "dataset.validation: 0 leaves no images to choose the best epoch by; the test "
            "set is not for choosing, so hold out at least 1");
    if (options->train_limit > 0 && options->validation >= options->train_limit)
        return bnn_diag_add(
            r->diag, node != NULL ? node->at : options->at,
            "dataset.validation: %d of dataset.train_limit %d leaves no image to train on",
            options->validation, options->train_limit);
    return BNN_OK;
}

static void parse_map(const bnn_reader *r, const bnn_node *map, bnn_data_options *options)
{
    static const char *const known[] = {"name",        "path",       "validation",
                                        "train_limit", "test_limit", NULL};
    const bnn_node *name = bnn_tree_get(map, "name");
    const bnn_node *path = bnn_tree_get(map, "path");
    bnn_schema_known_keys(map, "dataset", known, r->diag);
    if (name != NULL)
        parse_name(r, name, options);
    if (path != NULL)
        parse_path(r, path, options);
    parse_integer(r, map, "test_limit", &options->test_limit);
    parse_integer(r, map, "train_limit", &options->train_limit);
    parse_validation(r, map, options);
}

static int record(const bnn_data_options *options, bnn_settings *settings)
{
    const struct {
        const char *key;
        int32_t value;
    } numbers[] = {
        {"validation", options->validation},
        {"train_limit", options->train_limit},
        {"test_limit", options->test_limit},
    };
    int status = bnn_settings_add_text(settings, "dataset", "name", options->name);
    for (size_t i = 0; status == BNN_OK && i < sizeof numbers / sizeof *numbers; i++)
        status = bnn_settings_add_number(settings, "dataset", numbers[i].key, BNN_TYPE_INTEGER,
                                         numbers[i].value);
    return status;
}

int bnn_data_options_parse(const bnn_reader *r, const bnn_node *node, bnn_data_options *out)
{
    bnn_data_options options = {.name = "mnist"};
    const int begun = bnn_diag_begin(r->diag);
    if (node != NULL)
        options.at = node->at;
    if (node == NULL || node->kind != BNN_NODE_SCALAR)
        parse_map(r, node, &options);
    else if (parse_name(r, node, &options) == BNN_OK)
        parse_map(r, NULL, &options);
    options.name = bnn_arena_strdup(r->arena, options.name);
    if (options.name == NULL || (r->settings != NULL && record(&options, r->settings) != BNN_OK))
        bnn_diag_no_memory(r->diag);
    const int status = bnn_diag_end(r->diag, begun);
    if (status == BNN_OK)
        *out = options;
    return status;
}
