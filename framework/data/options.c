#include "data/dataset.h"

#include "data/catalogue.h"

#include <stdio.h>

enum {
    IMAGES_MAX = 1000 * 1000 * 1000, /* more than any file may hold */
    LARGE_SET = 20000,               /* training images */
    LARGE_SET_VALIDATION = 5000,
    VALIDATION_DEFAULT = -1,
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

/* ---- the keys ---------------------------------------------------------------------------- */

static const bnn_key data_keys[] = {
    {BNN_KEY_TEXT(bnn_data_options, name, "name", "an entry of the catalogue, see `bnnrun data`"),
     .standard = "mnist"},
    {BNN_KEY_TEXT(bnn_data_options, path, "path", "the folder with its files"),
     .computed = "wherever `bnnrun data` finds them", .acts = "dataset.name!=synthetic",
     .flags = BNN_KEY_SILENT},
    {.param =
         BNN_INTEGER(bnn_data_options, validation, VALIDATION_DEFAULT, 0, IMAGES_MAX,
                     "training images held out to choose the best epoch by; 0: the last is it"),
     .computed = "5000 of 20000 or more images, else a tenth"},
    {.param = BNN_INTEGER(bnn_data_options, train_limit, 0, 0, IMAGES_MAX,
                          "only so many training images, validation included; 0: all")},
    {.param = BNN_INTEGER(bnn_data_options, test_limit, 0, 0, IMAGES_MAX,
                          "only so many test images; 0: all")},
    {BNN_KEY_CHOICE(bnn_data_options, sample, "sample", BNN_SAMPLE_RANDOM, "random|first",
                    "the images that a limit leaves: drawn, or as they stand in the files"),
     .acts = "dataset.train_limit!=0&dataset.name!=synthetic|"
             "dataset.test_limit!=0&dataset.name!=synthetic",
     .flags = BNN_KEY_LATER, .detail = BNN_SAMPLE_FIRST},
    BNN_KEYS_END,
};

/* ---- what rows cannot say ---------------------------------------------------------------- */

static void check_validation(const bnn_reader *r, const bnn_data_options *data,
                             const bnn_node *node)
{
    if (data->train_limit > 0 && data->validation >= data->train_limit)
        bnn_diag_add(r->diag, node != NULL ? node->at : data->at,
                     "dataset.validation: %d of dataset.train_limit %d leaves no image to train on",
                     data->validation, data->train_limit);
}

static void data_finish(const bnn_reader *r, const bnn_node *node, void *out)
{
    bnn_data_options *data = out;
    const bnn_position_in_file nowhere = {.file = NULL};
    const bnn_node *name = bnn_tree_get(node, "name"), *path = bnn_tree_get(node, "path");
    data->at = node != NULL ? node->at : nowhere;
    data->path_at = path != NULL ? path->at : nowhere;
    if (!bnn_catalogue_is_name(data->name))
        bnn_diag_add(r->diag, name != NULL ? name->at : data->at,
                     "dataset.name: \"%s\" is no name of a data set: letters, digits, _ and -, at "
                     "most %d",
                     data->name, BNN_DATA_NAME_MAX);
    if (data->path != NULL && data->path[0] == '\0')
        bnn_diag_add(r->diag, path->at, "dataset.path: must name a directory");
    if (data->validation == VALIDATION_DEFAULT)
        data->validation = default_validation(data);
    check_validation(r, data, bnn_tree_get(node, "validation"));
}

const bnn_section bnn_data_section = {
    .keys = data_keys, .flags = BNN_SECTION_NAMED, .finish = data_finish};
