#include "data/dataset.h"

#include "base/path.h"
#include "data/catalogue.h"

#include <string.h>

enum {
    IMAGES_MAX = 1000 * 1000 * 1000, /* more than any file may hold */
    LARGE_SET = 20000,               /* training images */
    LARGE_SET_VALIDATION = 5000,
    VALIDATION_DEFAULT = -1,
};

/* ---- the keys ---------------------------------------------------------------------------- */

static const bnn_key data_keys[] = {
    {BNN_KEY_TEXT(bnn_data_options, name, "name", "an entry of the catalogue, see `bnnrun data`"),
     .standard = "mnist", .pattern = "^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$"},
    {BNN_KEY_TEXT(bnn_data_options, path, "path",
                  "the folder with its files, relative to the spec's; ~/ is the home directory"),
     .also = "root|dir|data_dir|data_path|folder", .computed = "wherever `bnnrun data` finds them",
     .acts = "dataset.name!=synthetic", .flags = BNN_KEY_SILENT},
    {.param =
         BNN_INTEGER(bnn_data_options, validation, VALIDATION_DEFAULT, 0, IMAGES_MAX,
                     "training images held out to choose the best epoch by; 0: the last is it"),
     .computed = "5000 of 20000 or more images, else a tenth",
     .also = "val|valid|val_size|validation_split|holdout"},
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

/* Beside the file that names it, as topologies/ and datasets/ lie; what -s names, or no file does, here. */
static void resolve_path(const bnn_reader *r, const bnn_node *node, bnn_data_options *data)
{
    char whole[PATH_MAX];
    const char *path = data->path;
    if (path[0] == '\0')
        bnn_diag_add(r->diag, node->at, "dataset.path: must name a directory");
    else if (bnn_path_in_home(path, whole) ||
             (path[0] != '/' && node->at.file != NULL && strchr(node->at.file, '/') != NULL &&
              bnn_path_beside(node->at.file, path, whole)))
        data->path = bnn_arena_strdup(r->arena, whole);
    if (data->path == NULL)
        bnn_diag_no_memory(r->diag);
}

static void data_finish(const bnn_reader *r, const bnn_node *node, void *out)
{
    bnn_data_options *data = out;
    const bnn_position_in_file nowhere = {.file = NULL};
    const bnn_node *name = bnn_tree_get(node, "name"), *path = bnn_tree_get(node, "path");
    const bnn_node *validation = bnn_tree_get(node, "validation");
    data->at = node != NULL ? node->at : nowhere;
    data->path_at = path != NULL ? path->at : nowhere;
    if (!bnn_catalogue_is_name(data->name))
        bnn_diag_add(r->diag, name != NULL ? name->at : data->at,
                     "dataset.name: \"%s\" is no name of a data set: letters, digits, _ and -, at "
                     "most %d%s",
                     data->name, BNN_DATA_NAME_MAX,
                     strchr(data->name, '/') != NULL ? "; a folder is a dataset.path" : "");
    if (data->path != NULL && path != NULL)
        resolve_path(r, path, data);
    if (data->train_limit > 0 && data->validation >= data->train_limit)
        bnn_diag_add(r->diag, validation != NULL ? validation->at : data->at,
                     "dataset.validation: %d of dataset.train_limit %d leaves no image to train on",
                     data->validation, data->train_limit);
}

const bnn_section bnn_data_section = {
    .keys = data_keys, .flags = BNN_SECTION_NAMED, .finish = data_finish};

/* ---- the default of validation ----------------------------------------------------------- */

static int count_images(const bnn_data_options *options, const char *catalogue, int32_t *out,
                        bnn_error *err)
{
    const bnn_data_options all = {.name = options->name, .path = options->path};
    const bnn_data_search search = {.catalogue = catalogue};
    bnn_dataset data;
    if (bnn_dataset_open(&all, &search, &data, err) != BNN_OK) {
        char *tried = strstr(err->message, "; tried:"); /* several lines, and a mistake has one */
        if (tried != NULL)
            *tried = '\0';
        return bnn_error_prefix(err, "dataset.validation: without a value it depends on the number "
                                     "of training images, which is not known: ");
    }
    *out = (int32_t)data.train.n;
    bnn_dataset_close(&data);
    return BNN_OK;
}

int bnn_data_check_train(const bnn_data_options *options, uint32_t n, bnn_error *err)
{
    const int32_t limit = options->train_limit;
    if (limit > 0 && (uint32_t)limit > n)
        return bnn_fail(err, BNN_E_SPEC, "dataset.train_limit: %d is more than the %u images of %s",
                        limit, n, options->name);
    const uint32_t left = limit > 0 ? (uint32_t)limit : n;
    if ((int64_t)options->validation >= (int64_t)left)
        return bnn_fail(err, BNN_E_SPEC,
                        "dataset.validation: %d of the %u training images of %s leaves none to "
                        "train on",
                        options->validation, left, options->name);
    return BNN_OK;
}

int bnn_data_settle(bnn_data_options *options, const bnn_catalogue_entry *entry,
                    const char *catalogue, bnn_error *err)
{
    int32_t n = options->train_limit > 0 ? options->train_limit : (int32_t)entry->n_train;
    if (options->validation != VALIDATION_DEFAULT)
        return entry->n_train > 0 ? bnn_data_check_train(options, entry->n_train, err) : BNN_OK;
    if (n == 0 && count_images(options, catalogue, &n, err) != BNN_OK)
        return err->status;
    options->validation = n >= LARGE_SET ? LARGE_SET_VALIDATION : n >= 10 ? n / 10 : n > 1;
    options->default_of = n;
    return entry->n_train > 0 ? bnn_data_check_train(options, entry->n_train, err) : BNN_OK;
}
