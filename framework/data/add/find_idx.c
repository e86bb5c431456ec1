/* find_idx.c - IDX files in a folder: what they are is told by their first bytes, which part of the set
 * they belong to by their names. */
#include "data/add/add_internal.h"

#include "base/path.h"
#include "base/text.h"
#include "data/formats/idx.h"

#include <string.h>
#include <sys/stat.h>

enum { LIST_BYTES = 300, IDX_FILES_MAX = 1000, BELOW_MAX = 16 };

/* What a name says of an IDX file. */
typedef struct idx_file {
    const char *name; /* without .gz */
    bool labels;
    int part; /* 0 for training, 1 for testing; -1: it does not say */
} idx_file;

typedef struct idx_finder {
    add_set *set;
    size_t n;
    idx_file *files;   /* [n] */
    const char *other; /* an IDX file whose elements are no bytes, or NULL */
} idx_finder;

static int idx_part_of(const bnn_add_request *request, const char *name)
{
    const bool train = request->train_name != NULL ? strstr(name, request->train_name) != NULL
                                                   : strcasestr(name, "train") != NULL;
    const bool test = request->test_name != NULL
                          ? strstr(name, request->test_name) != NULL
                          : strcasestr(name, "test") != NULL || strcasestr(name, "t10k") != NULL;
    return train == test ? -1 : test;
}

/* Adds a file when it is an IDX file of bytes; NAME and NAME.gz are one. */
static int idx_add_file(idx_finder *f, const char *name, bnn_error *err)
{
    char path[PATH_MAX];
    uint8_t type, n_dims;
    if (!bnn_path_join(f->set->folder, name, path))
        return BNN_OK;
    const int status = bnn_idx_peek(path, &type, &n_dims, err);
    if (status != BNN_OK || type == 0)
        return status;
    const bool bytes = type == BNN_IDX_TYPE_BYTE, labels = n_dims == 1;
    char *base = bnn_arena_strdup(f->set->arena, name);
    if (base == NULL)
        return bnn_no_memory(err);
    if (bnn_text_ends_with(base, ".gz"))
        base[strlen(base) - strlen(".gz")] = '\0';
    if (!bytes)
        f->other = base;
    for (size_t i = 0; i < f->n; i++)
        if (strcmp(f->files[i].name, base) == 0)
            return BNN_OK;
    if (!bytes)
        return BNN_OK;
    if (f->n == IDX_FILES_MAX)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: more than %d IDX files", f->set->folder,
                        IDX_FILES_MAX);
    f->files[f->n++] = (idx_file){base, labels, idx_part_of(f->set->request, base)};
    return BNN_OK;
}

static bool idx_is_in(const char *folder, const char *name)
{
    char path[PATH_MAX];
    uint8_t type, n_dims;
    bnn_error err;
    return bnn_path_join(folder, name, path) &&
           bnn_idx_peek(path, &type, &n_dims, &err) == BNN_OK && type != 0;
}

/* A folder in it may be the one that is meant, as raw/ of torchvision: a failure says so. */
static int idx_look_below(const add_set *set, bnn_error *err)
{
    const char *const *folders, *const *names;
    size_t n, n_names;
    if (bnn_add_list(set->folder, set->arena, &folders, &n, err) != BNN_OK)
        return err->status;
    for (size_t i = 0; i < n && i < BELOW_MAX; i++) {
        char below[PATH_MAX];
        struct stat st;
        if (!bnn_path_join(set->folder, folders[i], below) || stat(below, &st) != 0 ||
            !S_ISDIR(st.st_mode) ||
            bnn_add_list(below, set->arena, &names, &n_names, err) != BNN_OK)
            continue;
        for (size_t k = 0; k < n_names && k < BELOW_MAX; k++)
            if (idx_is_in(below, names[k]))
                return bnn_fail(err, BNN_E_USAGE,
                                "%s: no images in it, but IDX files in its folder "
                                "%s; name that one",
                                set->folder, folders[i]);
    }
    return BNN_OK;
}

static int idx_list_files(idx_finder *f, bnn_error *err)
{
    const char *match = f->set->request->match;
    const char *const *names;
    size_t n;
    if (bnn_add_list(f->set->folder, f->set->arena, &names, &n, err) != BNN_OK)
        return err->status;
    f->files = bnn_arena_alloc(f->set->arena, n + 1, sizeof *f->files);
    if (f->files == NULL)
        return bnn_no_memory(err);
    int status = BNN_OK;
    for (size_t i = 0; status == BNN_OK && i < n; i++)
        if (match == NULL || strstr(names[i], match) != NULL)
            status = idx_add_file(f, names[i], err);
    return status;
}

/* Those of a part, with images or labels; *first is one of them. */
static size_t idx_count(const idx_finder *f, int part, bool labels, const idx_file **first,
                        char list[LIST_BYTES])
{
    const char *names[16];
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++) {
        if (f->files[i].labels != labels || f->files[i].part != part)
            continue;
        if (n < sizeof names / sizeof *names)
            names[n] = f->files[i].name;
        if (n++ == 0)
            *first = &f->files[i];
    }
    const size_t most = sizeof names / sizeof *names;
    bnn_text_join(names, n < most ? n : most, list, LIST_BYTES);
    return n;
}

static int idx_fail_missing(const idx_finder *f, int part, bool labels, bnn_error *err)
{
    const char *names[16];
    char list[LIST_BYTES];
    size_t n = 0;
    for (size_t i = 0; i < f->n && n < sizeof names / sizeof *names; i++)
        names[n++] = f->files[i].name;
    return bnn_fail(
        err, BNN_E_USAGE,
        "%s: no file of %s for %s among its IDX files (%s); their names tell the parts: "
        "\"train\"; \"test\" or \"t10k\". --train-name and --test-name say other words, "
        "--test PERCENT takes the images for testing from the others",
        f->set->folder, labels ? "labels" : "images", part == 1 ? "testing" : "training",
        bnn_text_join(names, n, list, sizeof list));
}

/* The file that is meant, one of four. With a percentage for testing, one that does not say its part is
 * for training. */
static int idx_choose(const idx_finder *f, size_t role, const idx_file **out, bnn_error *err)
{
    static const char *const words[2][2] = {{"images for training", "labels for training"},
                                            {"images for testing", "labels for testing"}};
    const int part = role >= 2;
    const bool labels = role % 2 == 1;
    char list[LIST_BYTES];
    size_t n = idx_count(f, part, labels, out, list);
    if (n == 0 && f->set->request->test_percent > 0)
        n = idx_count(f, -1, labels, out, list);
    if (n > 1)
        return bnn_fail(
            err, BNN_E_USAGE,
            "%s: several files could be the %s: %s; --match TEXT takes only those whose "
            "names have the text",
            f->set->folder, words[part][labels], list);
    return n == 1 ? BNN_OK : idx_fail_missing(f, part, labels, err);
}

static int idx_read_file(add_set *set, size_t role, const idx_file *file, bnn_array *out,
                         bnn_error *err)
{
    char found[PATH_MAX];
    if (!bnn_path_join(set->folder, file->name, found))
        return bnn_fail(err, BNN_E_RESOURCE, "%s/%s: path too long", set->folder, file->name);
    struct stat st;
    const bool packed = stat(found, &st) != 0;
    const char *path = bnn_arena_printf(set->arena, "%s%s", found, packed ? ".gz" : "");
    if (path == NULL)
        return bnn_no_memory(err);
    const int status = bnn_content_read(path, BNN_CONTENT_LIMIT_BYTES, &set->files[role], err);
    if (status != BNN_OK)
        return status;
    set->names[role] = file->name;
    return bnn_idx_parse(&set->files[role], out, err);
}

/* The images of a part and their labels. */
static int idx_read_part(add_set *set, size_t part, const idx_file *const chosen[2], bnn_error *err)
{
    bnn_array images, labels;
    int status = idx_read_file(set, 2 * part, chosen[0], &images, err);
    if (status == BNN_OK)
        status = idx_read_file(set, 2 * part + 1, chosen[1], &labels, err);
    if (status != BNN_OK)
        return status;
    const char *path = set->files[2 * part].path;
    if (images.n_dims < 3)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: %u dimensions, but images have 3 or 4", path,
                        images.n_dims);
    if (labels.dims[0] != images.dims[0])
        return bnn_fail(err, BNN_E_RESOURCE, "%s: %u labels for the %u images of %s",
                        set->files[2 * part + 1].path, labels.dims[0], images.dims[0], path);
    const bnn_shape s = bnn_array_shape(&images), other = set->shape;
    if (part == 1 && (s.c != other.c || s.h != other.h || s.w != other.w))
        return bnn_fail(err, BNN_E_RESOURCE, "%s: images of %ux%ux%u, but those of %s are %ux%ux%u",
                        path, s.c, s.h, s.w, set->files[0].path, other.c, other.h, other.w);
    set->shape = s;
    set->parts[part] =
        (bnn_images){.n = images.dims[0], .pixels = images.data, .labels = labels.data};
    return BNN_OK;
}

int bnn_add_find_idx(add_set *set, bool *found, bnn_error *err)
{
    const bnn_add_request *request = set->request;
    idx_finder f = {.set = set};
    const idx_file *chosen[ADD_FILES], *one;
    char list[LIST_BYTES];
    if (idx_list_files(&f, err) != BNN_OK)
        return err->status;
    *found = f.n > 0;
    if (f.n == 0 && f.other != NULL)
        return bnn_fail(
            err, BNN_E_RESOURCE,
            "%s/%s: an IDX file whose elements are no unsigned bytes; only those are read",
            set->folder, f.other);
    if (f.n == 0 && request->match != NULL)
        return bnn_fail(err, BNN_E_USAGE, "%s: no IDX file with \"%s\" in its name", set->folder,
                        request->match);
    if (f.n == 0)
        return idx_look_below(set, err);
    if (request->n_channels > 0)
        return bnn_fail(err, BNN_E_USAGE, "--channels is for pictures; the IDX files of %s say it",
                        set->folder);
    const size_t n_parts = request->test_percent > 0 ? 1 : 2;
    if (n_parts == 1 && idx_count(&f, 1, false, &one, list) > 0)
        return bnn_fail(err, BNN_E_USAGE,
                        "--test is for data without images for testing, and %s has %s", set->folder,
                        list);
    for (size_t i = 0; i < 2 * n_parts; i++)
        if (idx_choose(&f, i, &chosen[i], err) != BNN_OK)
            return err->status;
    int status = BNN_OK;
    for (size_t part = 0; status == BNN_OK && part < n_parts; part++)
        status = idx_read_part(set, part, &chosen[2 * part], err);
    return status;
}
