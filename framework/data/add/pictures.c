/* pictures.c - a folder for each class, with pictures of one size. All are read into one array, grey until
 * one has a colour; those for testing follow those for training. */
#include "data/add/add_internal.h"

#include "base/path.h"
#include "base/size.h"
#include "data/formats/idx.h"
#include "data/picture.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

typedef struct picture_file {
    const char *path;
    uint8_t label;
} picture_file;

typedef struct picture_reader {
    add_set *set;
    size_t n, capacity;
    picture_file *files; /* [n] */
    uint32_t width, height, channels;
    uint8_t *pixels;
} picture_reader;

static bool picture_is_folder(const char *parent, const char *name, char path[PATH_MAX])
{
    struct stat st;
    return bnn_path_join(parent, name, path) && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* ---- which files ------------------------------------------------------------------------- */

static int picture_add_file(picture_reader *r, const char *folder, const char *name, uint8_t label,
                            bnn_error *err)
{
    bnn_arena *arena = r->set->arena;
    struct stat st;
    const char *path = bnn_arena_printf(arena, "%s/%s", folder, name);
    if (path == NULL)
        return bnn_no_memory(err);
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return bnn_fail(
            err, BNN_E_RESOURCE,
            "%s: not a file, but what is in the folder of a class is one of its pictures", path);
    picture_file *grown = bnn_arena_grow(arena, r->files, r->n, &r->capacity, sizeof *grown);
    if (grown == NULL)
        return bnn_no_memory(err);
    r->files = grown;
    r->files[r->n++] = (picture_file){path, label};
    return BNN_OK;
}

static int picture_list_class(picture_reader *r, const char *parent, uint8_t label, bnn_error *err)
{
    char folder[PATH_MAX];
    const char *const *names;
    size_t n, n_pictures = 0;
    if (!picture_is_folder(parent, r->set->classes[label], folder))
        return bnn_fail(err, BNN_E_RESOURCE, "%s has no folder %s", parent, r->set->classes[label]);
    int status = bnn_add_list(folder, r->set->arena, &names, &n, err);
    for (size_t i = 0; status == BNN_OK && i < n; i++) {
        if (strcasecmp(names[i], "Thumbs.db") == 0)
            continue;
        status = picture_add_file(r, folder, names[i], label, err);
        n_pictures++;
    }
    if (status == BNN_OK && n_pictures == 0)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: no pictures", folder);
    return status;
}

/* The folders in one, which are the classes. */
static int picture_list_classes(add_set *set, const char *parent, const char ***out,
                                uint32_t *n_out, bnn_error *err)
{
    char path[PATH_MAX];
    const char *const *names;
    size_t n;
    if (bnn_add_list(parent, set->arena, &names, &n, err) != BNN_OK)
        return err->status;
    *out = bnn_arena_alloc(set->arena, BNN_DATA_CLASSES_MAX, sizeof **out);
    if (*out == NULL)
        return bnn_no_memory(err);
    *n_out = 0;
    for (size_t i = 0; i < n; i++) {
        if (!picture_is_folder(parent, names[i], path))
            continue;
        if (*n_out == BNN_DATA_CLASSES_MAX)
            return bnn_fail(err, BNN_E_RESOURCE, "%s: more than %d folders, and each is a class",
                            parent, BNN_DATA_CLASSES_MAX);
        (*out)[(*n_out)++] = names[i];
    }
    return BNN_OK;
}

/* A class that only the part for testing has could not be learnt. */
static int picture_check_test(const add_set *set, const char *test, const char *const *classes,
                              uint32_t n, bnn_error *err)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t k = 0;
        while (k < set->n_classes && strcmp(set->classes[k], classes[i]) != 0)
            k++;
        if (k == set->n_classes)
            return bnn_fail(err, BNN_E_RESOURCE, "%s/%s: there is no such folder for training",
                            test, classes[i]);
    }
    return BNN_OK;
}

/* The folder of a part, when the set has it: that of the request's name, or of one that people use. */
static bool picture_find_part(const add_set *set, const char *wanted, const char *const words[3],
                              char out[PATH_MAX])
{
    if (wanted != NULL)
        return picture_is_folder(set->folder, wanted, out);
    for (size_t i = 0; i < 3; i++)
        if (picture_is_folder(set->folder, words[i], out))
            return true;
    return false;
}

/* Those of all classes in a folder. */
static int picture_list_images(picture_reader *r, const char *parent, bnn_error *err)
{
    int status = BNN_OK;
    for (uint32_t i = 0; status == BNN_OK && i < r->set->n_classes; i++)
        status = picture_list_class(r, parent, (uint8_t)i, err);
    return status;
}

static int picture_list_tests(picture_reader *r, const char *test, bnn_error *err)
{
    const char **classes;
    uint32_t n;
    int status = picture_list_classes(r->set, test, &classes, &n, err);
    if (status == BNN_OK)
        status = picture_check_test(r->set, test, (const char *const *)classes, n, err);
    return status == BNN_OK ? picture_list_images(r, test, err) : status;
}

/* Lists all pictures; *n_train of them come first. */
static int picture_list_parts(picture_reader *r, uint32_t *n_train, bnn_error *err)
{
    static const char *const train_words[3] = {"train", "training", "Train"},
                             *const test_words[3] = {"test", "testing", "Test"};
    add_set *set = r->set;
    const bnn_add_request *request = set->request;
    char train[PATH_MAX], test[PATH_MAX];
    const bool has_train = picture_find_part(set, request->train_name, train_words, train);
    const bool has_test = picture_find_part(set, request->test_name, test_words, test);
    if (has_test && request->test_percent > 0)
        return bnn_fail(err, BNN_E_USAGE,
                        "--test is for data without images for testing, and there "
                        "is %s",
                        test);
    if (has_train != has_test && request->test_percent == 0)
        return bnn_fail(
            err, BNN_E_USAGE,
            "%s: has a folder for %s, but none for %s; --train-name and --test-name say "
            "how they are called",
            set->folder, has_train ? "training" : "testing",
            has_train ? "testing, and --test PERCENT takes a part of each class" : "training");
    const char *parent = has_train ? train : set->folder;
    if (picture_list_classes(set, parent, &set->classes, &set->n_classes, err) != BNN_OK)
        return err->status;
    if (set->n_classes == 0)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s: neither IDX files nor folders with the pictures of a class", parent);
    if (!has_train && request->test_percent == 0)
        return bnn_fail(err, BNN_E_USAGE,
                        "%s: folders of pictures, but none called train and test; --test PERCENT "
                        "takes a part of each class for testing",
                        set->folder);
    const int status = picture_list_images(r, parent, err);
    *n_train = (uint32_t)r->n;
    return status == BNN_OK && has_test ? picture_list_tests(r, test, err) : status;
}

/* ---- what is in them --------------------------------------------------------------------- */

/* Memory for all, of so many channels; the first n_read keep their grey in each. */
static int picture_allocate(picture_reader *r, uint32_t channels, size_t n_read, bnn_error *err)
{
    const size_t plane = (size_t)r->width * r->height;
    const size_t bytes = bnn_size_product(bnn_size_product(r->n, plane), channels);
    if (bytes > BNN_ARRAY_LIMIT_BYTES)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s: %zu pictures of %ux%ux%u make more than the limit of %d bytes",
                        r->set->folder, r->n, channels, r->height, r->width, BNN_ARRAY_LIMIT_BYTES);
    uint8_t *pixels = malloc(bytes);
    if (pixels == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < n_read; i++)
        for (uint32_t c = 0; c < channels; c++)
            memcpy(pixels + (i * channels + c) * plane, r->pixels + i * plane, plane);
    free(r->pixels);
    r->pixels = pixels;
    r->channels = channels;
    return BNN_OK;
}

static int picture_keep(picture_reader *r, size_t i, const bnn_picture *picture, uint32_t channels,
                        bnn_error *err)
{
    const size_t plane = (size_t)picture->width * picture->height;
    const bool colour =
        channels == 3 && (memcmp(picture->pixels, picture->pixels + plane, plane) != 0 ||
                          memcmp(picture->pixels, picture->pixels + 2 * plane, plane) != 0);
    if (i == 0) {
        r->width = picture->width;
        r->height = picture->height;
    } else if (picture->width != r->width || picture->height != r->height) {
        return bnn_fail(
            err, BNN_E_RESOURCE,
            "%s: %u pixels high and %u wide, but %s is %u high and %u wide; all must be of "
            "one size",
            r->files[i].path, picture->height, picture->width, r->files[0].path, r->height,
            r->width);
    }
    const uint32_t wanted = r->set->request->n_channels;
    const uint32_t needed = wanted > 0 ? wanted : colour ? 3 : 1;
    if (needed > r->channels && picture_allocate(r, needed, i, err) != BNN_OK)
        return err->status;
    memcpy(r->pixels + i * r->channels * plane, picture->pixels, r->channels * plane);
    return BNN_OK;
}

static int picture_read_all(picture_reader *r, bnn_error *err)
{
    const uint32_t channels = r->set->request->n_channels == 1 ? 1 : 3;
    int status = BNN_OK;
    for (size_t i = 0; status == BNN_OK && i < r->n; i++) {
        bnn_picture picture;
        status = bnn_picture_read(r->files[i].path, channels, &picture, err);
        if (status != BNN_OK)
            break;
        status = picture_keep(r, i, &picture, channels, err);
        free(picture.pixels);
    }
    return status;
}

int bnn_add_read_pictures(add_set *set, bnn_error *err)
{
    picture_reader r = {.set = set};
    uint32_t n_train = 0;
    if (set->request->n_classes > 0)
        return bnn_fail(err, BNN_E_USAGE, "--classes is for labels; of pictures the folders count");
    int status = picture_list_parts(&r, &n_train, err);
    if (status == BNN_OK)
        status = picture_read_all(&r, err);
    uint8_t *labels = status == BNN_OK ? bnn_arena_alloc(set->arena, r.n, 1) : NULL;
    if (status == BNN_OK && labels == NULL)
        status = bnn_no_memory(err);
    set->parts[0].memory = r.pixels; /* the caller frees it, also after a failure */
    if (status != BNN_OK)
        return status;
    for (size_t i = 0; i < r.n; i++)
        labels[i] = r.files[i].label;
    set->shape = (bnn_shape){r.channels, r.height, r.width};
    const size_t at = n_train * bnn_shape_values(set->shape);
    set->parts[0].n = n_train;
    set->parts[0].pixels = r.pixels;
    set->parts[0].labels = labels;
    set->parts[1] = (bnn_images){
        .n = (uint32_t)r.n - n_train, .pixels = r.pixels + at, .labels = labels + n_train};
    return BNN_OK;
}
