#include "data/add/add_internal.h"

#include "base/path.h"
#include "base/rng.h"
#include "base/size.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LABELS = 256,
    PER_CENT = 100,
    SPLIT_STREAM = 2, /* of the random numbers of samples; dataset.c has 0 and 1 for limits */
};

static int add_compare_names(const void *left, const void *right)
{
    const char *const *a = left, *const *b = right;
    const int numbers = strverscmp(*a, *b);
    return numbers != 0 ? numbers : strcmp(*a, *b);
}

int bnn_add_list(const char *folder, bnn_arena *arena, const char *const **out, size_t *n_out,
                 bnn_error *err)
{
    const char **names = NULL;
    size_t n = 0, capacity = 0;
    int status = BNN_OK;
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot open", folder);
    for (const struct dirent *e; status == BNN_OK && (e = readdir(dir)) != NULL;) {
        if (e->d_name[0] == '.')
            continue;
        const char **grown = bnn_arena_grow(arena, names, n, &capacity, sizeof *grown);
        const char *name = bnn_arena_strdup(arena, e->d_name);
        if (grown == NULL || name == NULL)
            status = bnn_no_memory(err);
        else if (n == ADD_ENTRIES_MAX)
            status =
                bnn_fail(err, BNN_E_RESOURCE, "%s: more than %d files", folder, ADD_ENTRIES_MAX);
        else
            (names = grown)[n++] = name;
    }
    closedir(dir);
    if (n > 0)
        qsort(names, n, sizeof *names, add_compare_names);
    *out = names;
    *n_out = n;
    return status;
}

/* ---- labels ------------------------------------------------------------------------------ */

/* How many classes there are, and the label of the first: 0, or 1 when nothing has 0. Without a number
 * from the user, every label up to the highest must be there for training. */
static int add_judge_labels(add_set *set, bnn_error *err)
{
    uint32_t counts[2][LABELS] = {{0}}, first = LABELS, last = 0, n = set->request->n_classes;
    for (size_t part = 0; part < 2; part++)
        for (uint32_t i = 0; i < set->parts[part].n; i++)
            counts[part][set->parts[part].labels[i]]++;
    for (uint32_t i = 0; i < LABELS; i++)
        if (counts[0][i] + counts[1][i] > 0) {
            first = i < first ? i : first;
            last = i;
        }
    first = first > 0 && (n == 0 || last == n);
    for (uint32_t i = first; n == 0 && i <= last; i++)
        if (counts[0][i] == 0)
            return bnn_fail(
                err, BNN_E_RESOURCE,
                "%s: labels run to %u, but no image for training has label %u; if there "
                "are such classes nevertheless, say how many with --classes",
                set->folder, last, i);
    if (n == 0)
        n = last - first + 1;
    if (last - first >= n)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: label %u, but --classes says %u classes",
                        set->folder, last, n);
    if (n < 2)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: only one class", set->folder);
    set->first_label = first;
    set->n_classes = n;
    return BNN_OK;
}

/* ---- a part for testing ------------------------------------------------------------------ */

/* Marks so many of the images of one label, drawn once for all. order: room for all images. */
static void add_draw_class(const bnn_images *all, uint8_t label, uint32_t percent, uint32_t *order,
                           uint32_t *drawn, bool *tests)
{
    const bnn_rng rng = {.role = BNN_RNG_SAMPLE, .index = SPLIT_STREAM + label};
    uint32_t n = 0;
    for (uint32_t i = 0; i < all->n; i++)
        if (all->labels[i] == label)
            order[n++] = i;
    uint32_t n_test = (uint32_t)(((uint64_t)n * percent + PER_CENT / 2) / PER_CENT);
    if (n_test == 0 && n > 1)
        n_test = 1;
    if (n_test == n && n > 0)
        n_test = n - 1;
    if (n > 0)
        bnn_rng_permute(&rng, n, drawn);
    for (uint32_t i = 0; i < n_test; i++)
        tests[order[drawn[i]]] = true;
}

/* Moves a part of the images of each class to the second part; both keep their order. */
static int add_split(add_set *set, bnn_error *err)
{
    bnn_images *all = &set->parts[0];
    const size_t size = bnn_shape_values(set->shape);
    uint32_t *order = bnn_arena_alloc(set->arena, 2 * (size_t)all->n, sizeof *order);
    bool *tests = bnn_arena_alloc(set->arena, all->n, sizeof *tests);
    uint8_t *memory = malloc(all->n * (size + 1));
    if (order == NULL || tests == NULL || memory == NULL) {
        free(memory);
        return bnn_no_memory(err);
    }
    for (uint32_t label = 0; label < LABELS; label++)
        add_draw_class(all, (uint8_t)label, set->request->test_percent, order, order + all->n,
                       tests);
    uint8_t *labels = memory + all->n * size;
    bnn_images split[2] = {{.memory = memory}};
    uint32_t at = 0;
    for (size_t part = 0; part < 2; part++) {
        split[part].pixels = memory + at * size;
        split[part].labels = labels + at;
        for (uint32_t i = 0; i < all->n; i++) {
            if (tests[i] != (part == 1))
                continue;
            memcpy(memory + at * size, all->pixels + i * size, size);
            labels[at++] = all->labels[i];
            split[part].n++;
        }
    }
    free(all->memory);
    memcpy(set->parts, split, sizeof split);
    for (size_t i = 0; i < ADD_FILES; i++)
        set->names[i] = NULL;
    if (split[1].n > 0)
        return BNN_OK;
    return bnn_fail(err, BNN_E_RESOURCE,
                    "%s: too few images of each class to take some for testing", set->folder);
}

/* ------------------------------------------------------------------------------------------ */

static int add_read_folder(add_set *set, bnn_error *err)
{
    bool found;
    if (bnn_add_find_idx(set, &found, err) != BNN_OK)
        return err->status;
    if (!found && bnn_add_read_pictures(set, err) != BNN_OK)
        return err->status;
    return set->request->test_percent > 0 ? add_split(set, err) : BNN_OK;
}

/* Where the entry goes, when it may. */
static int add_find_place(const bnn_add_request *request, bnn_add_result *out, bnn_error *err)
{
    char file[BNN_DATA_NAME_MAX + sizeof ".yaml"];
    snprintf(file, sizeof file, "%s.yaml", request->name);
    if (!bnn_path_join(request->catalogue, file, out->entry))
        return bnn_fail(err, BNN_E_RESOURCE, "%s: path too long", request->catalogue);
    if (!request->replace && access(out->entry, F_OK) == 0)
        return bnn_fail(err, BNN_E_RESOURCE, "%s is there already; --force replaces it",
                        out->entry);
    return BNN_OK;
}

static int add_open_folder(add_set *set, bnn_error *err)
{
    struct stat st;
    const char *folder = set->request->folder;
    if (realpath(folder, set->folder) == NULL || stat(set->folder, &st) != 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot open", folder);
    if (!S_ISDIR(st.st_mode))
        return bnn_fail(err, BNN_E_RESOURCE, "%s: not a folder", folder);
    return BNN_OK;
}

int bnn_data_add(const bnn_add_request *request, bnn_add_result *out, bnn_error *err)
{
    bnn_add_result result = {.n_train = 0};
    bnn_arena *arena = bnn_arena_create(BNN_SPEC_LIMIT_BYTES);
    add_set *set = arena != NULL ? bnn_arena_alloc(arena, 1, sizeof *set) : NULL;
    if (set == NULL) {
        bnn_arena_destroy(arena);
        return bnn_no_memory(err);
    }
    *set = (add_set){.request = request, .arena = arena};
    int status = add_find_place(request, &result, err);
    if (status == BNN_OK)
        status = add_open_folder(set, err);
    if (status == BNN_OK)
        status = add_read_folder(set, err);
    if (status == BNN_OK)
        status = add_judge_labels(set, err);
    if (status == BNN_OK)
        status = bnn_add_write(set, &result, err);
    if (status == BNN_OK)
        *out = result;
    for (size_t i = 0; i < ADD_FILES; i++)
        free(set->files[i].bytes);
    free(set->parts[0].memory);
    free(set->parts[1].memory);
    bnn_arena_destroy(arena);
    return status;
}
