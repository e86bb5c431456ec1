#include "data/dataset.h"

#include "data/catalogue.h"
#include "data/formats/synthetic.h"

#include <string.h>

enum {
    IMAGES_MAX = 1000 * 1000 * 1000, /* more than any file may hold */
    LARGE_SET = 20000,               /* training images */
    LARGE_SET_VALIDATION = 5000,
};

static int32_t default_validation(const bnn_data_options *options)
{
    int32_t n = LARGE_SET;
    if (options->train_limit > 0)
        n = options->train_limit;
    else if (strcmp(options->name, "synthetic") == 0)
        n = BNN_SYNTHETIC_TRAIN;
    if (n >= LARGE_SET)
        return LARGE_SET_VALIDATION;
    return n >= 10 ? n / 10 : 1;
}

static int parse_name(const bnn_node *node, bnn_data_options *options, bnn_diag *diag)
{
    int status = bnn_schema_text(node, "dataset.name", &options->name, diag);
    if (status != BNN_OK || bnn_catalogue_is_name(options->name))
        return status;
    bnn_diag_add(
        diag, node->at,
        "dataset.name: \"%s\" is no name of a data set: letters, digits, _ and -, at most %d",
        options->name, BNN_DATA_NAME_MAX);
    return BNN_E_SPEC;
}

static int parse_path(const bnn_node *node, bnn_arena *arena, bnn_data_options *options,
                      bnn_diag *diag)
{
    const char *path;
    int status = bnn_schema_text(node, "dataset.path", &path, diag);
    if (status != BNN_OK)
        return status;
    if (path[0] == '\0') {
        bnn_diag_add(diag, node->at, "dataset.path: must name a directory");
        return BNN_E_SPEC;
    }
    options->path = bnn_arena_strdup(arena, path);
    options->path_at = node->at;
    return options->path != NULL ? BNN_OK : BNN_E_INTERNAL;
}

/* The integer at a key of the map; *out is left alone when the key is missing. */
static int parse_integer(const bnn_node *map, const char *key, const char *what, int32_t *out,
                         bnn_diag *diag)
{
    int64_t value;
    const bnn_node *node = bnn_tree_get(map, key);
    if (node == NULL)
        return BNN_OK;
    int status = bnn_schema_integer(node, what, 0, IMAGES_MAX, &value, diag);
    if (status == BNN_OK)
        *out = (int32_t)value;
    return status;
}

static int parse_validation(const bnn_node *map, bnn_data_options *options, bnn_diag *diag)
{
    const bnn_node *node = bnn_tree_get(map, "validation");
    options->validation = default_validation(options);
    int status = parse_integer(map, "validation", "dataset.validation", &options->validation, diag);
    if (status != BNN_OK)
        return status;
    if (options->validation == 0) {
        bnn_diag_add(diag, node->at,
                     "dataset.validation: 0 leaves no images to choose the best epoch by; the test "
                     "set is not for choosing, so hold out at least 1");
        return BNN_E_SPEC;
    }
    if (options->train_limit > 0 && options->validation >= options->train_limit) {
        bnn_diag_add(diag, node != NULL ? node->at : options->at,
                     "dataset.validation: %d of dataset.train_limit %d leaves no image to train on",
                     options->validation, options->train_limit);
        return BNN_E_SPEC;
    }
    return BNN_OK;
}

static int parse_map(const bnn_node *map, bnn_arena *arena, bnn_data_options *options,
                     bnn_diag *diag)
{
    static const char *const known[] = {"name",        "path",       "validation",
                                        "train_limit", "test_limit", NULL};
    const bnn_node *name = bnn_tree_get(map, "name");
    const bnn_node *path = bnn_tree_get(map, "path");
    int status = bnn_schema_known_keys(map, "dataset", known, diag);
    int more = name != NULL ? parse_name(name, options, diag) : BNN_OK;
    status = status != BNN_OK ? status : more;
    more = path != NULL ? parse_path(path, arena, options, diag) : BNN_OK;
    status = status != BNN_OK ? status : more;
    more = parse_integer(map, "test_limit", "dataset.test_limit", &options->test_limit, diag);
    status = status != BNN_OK ? status : more;
    more = parse_integer(map, "train_limit", "dataset.train_limit", &options->train_limit, diag);
    status = status != BNN_OK ? status : more;
    more = parse_validation(map, options, diag);
    return status != BNN_OK ? status : more;
}

static int record(const bnn_data_options *options, bnn_settings *settings)
{
    int status = bnn_settings_add_text(settings, "dataset", "name", options->name);
    if (status == BNN_OK)
        status = bnn_settings_add_number(settings, "dataset", "validation", BNN_TYPE_INTEGER,
                                         options->validation);
    if (status == BNN_OK)
        status = bnn_settings_add_number(settings, "dataset", "train_limit", BNN_TYPE_INTEGER,
                                         options->train_limit);
    if (status == BNN_OK)
        status = bnn_settings_add_number(settings, "dataset", "test_limit", BNN_TYPE_INTEGER,
                                         options->test_limit);
    return status;
}

int bnn_data_options_parse(const bnn_node *node, bnn_arena *arena, bnn_data_options *out,
                           bnn_settings *settings, bnn_diag *diag)
{
    bnn_data_options options = {.name = "mnist"};
    int status = BNN_OK;
    if (node != NULL)
        options.at = node->at;
    if (node != NULL && node->kind == BNN_NODE_SCALAR) {
        status = parse_name(node, &options, diag);
        node = NULL;
    }
    if (status == BNN_OK)
        status = parse_map(node, arena, &options, diag);
    if (status == BNN_OK)
        options.name = bnn_arena_strdup(arena, options.name);
    if (status == BNN_OK && options.name == NULL)
        status = BNN_E_INTERNAL;
    if (status == BNN_OK && settings != NULL)
        status = record(&options, settings);
    if (status == BNN_OK)
        *out = options;
    return status;
}
