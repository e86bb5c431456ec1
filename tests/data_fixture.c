#include "data_fixture.h"

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

char fixture_root[PATH_MAX];

void fixture_begin(void)
{
    const char *temporary = getenv("TMPDIR");
    if (temporary == NULL || temporary[0] != '/')
        temporary = "/tmp";
    snprintf(fixture_root, sizeof fixture_root, "%s/bnn-data-XXXXXX", temporary);
    ck_assert_ptr_nonnull(mkdtemp(fixture_root));
    ck_assert_int_eq(setenv("XDG_CACHE_HOME", fixture_path("cache"), 1), 0);
    ck_assert_int_eq(unsetenv("BNN_DATA_PATH"), 0);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

void fixture_end(void)
{
    nftw(fixture_root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *fixture_path(const char *relative)
{
    static char paths[8][PATH_MAX];
    static unsigned next;
    char *path = paths[next++ % 8];
    ck_assert_int_lt(snprintf(path, PATH_MAX, "%s/%s", fixture_root, relative), PATH_MAX);
    return path;
}

static const char *path_with_parents(const char *relative)
{
    bnn_error err;
    const char *path = fixture_path(relative);
    char parent[PATH_MAX];
    snprintf(parent, sizeof parent, "%s", path);
    *strrchr(parent, '/') = '\0';
    ck_assert_int_eq(bnn_file_make_directory(parent, &err), BNN_OK);
    return path;
}

void fixture_write(const char *relative, const void *bytes, size_t n)
{
    bnn_error err;
    ck_assert_int_eq(bnn_file_write(path_with_parents(relative), bytes, n, &err), BNN_OK);
}

void fixture_write_gz(const char *relative, const void *bytes, size_t n)
{
    gzFile file = gzopen(path_with_parents(relative), "wb9");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(gzwrite(file, bytes, (unsigned)n), (int)n);
    ck_assert_int_eq(gzclose(file), Z_OK);
}

static void put_big_endian(unsigned char *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (unsigned char)(value >> (24 - 8 * i));
}

static size_t make_images(unsigned char *to, uint32_t n)
{
    const unsigned char magic[4] = {0, 0, 8, 3};
    memcpy(to, magic, 4);
    put_big_endian(to + 4, n);
    put_big_endian(to + 8, TINY_H);
    put_big_endian(to + 12, TINY_W);
    for (uint32_t i = 0; i < n * TINY_H * TINY_W; i++)
        to[16 + i] = (unsigned char)(i * 7 + n);
    return 16 + (size_t)n * TINY_H * TINY_W;
}

static size_t make_labels(unsigned char *to, uint32_t n)
{
    const unsigned char magic[4] = {0, 0, 8, 1};
    memcpy(to, magic, 4);
    put_big_endian(to + 4, n);
    for (uint32_t i = 0; i < n; i++)
        to[8 + i] = (unsigned char)(i % TINY_CLASSES);
    return 8 + (size_t)n;
}

void fixture_make_tiny(tiny_set *set)
{
    *set = (tiny_set){.names = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"}};
    set->n_bytes[0] = make_images(set->bytes[0], TINY_TRAIN);
    set->n_bytes[1] = make_labels(set->bytes[1], TINY_TRAIN);
    set->n_bytes[2] = make_images(set->bytes[2], TINY_TEST);
    set->n_bytes[3] = make_labels(set->bytes[3], TINY_TEST);
}

void fixture_write_set(const tiny_set *set, const char *directory, bool compressed)
{
    char relative[PATH_MAX];
    for (int i = 0; i < BNN_DATA_FILES; i++) {
        snprintf(relative, sizeof relative, "%s/%s%s", directory, set->names[i],
                 compressed ? ".gz" : "");
        (compressed ? fixture_write_gz : fixture_write)(relative, set->bytes[i], set->n_bytes[i]);
    }
}

void fixture_write_catalogue(const tiny_set *set, const char *name, const char *more)
{
    static const char *const keys[] = {"train_images", "train_labels", "test_images",
                                       "test_labels"};
    char text[4096], sha256[BNN_SHA256_HEX], relative[128];
    size_t n = (size_t)snprintf(text, sizeof text,
                                "summary: a small set\nclasses: %d\n"
                                "shape: [1, %d, %d]\nfiles:\n",
                                TINY_CLASSES, TINY_H, TINY_W);
    for (int i = 0; i < BNN_DATA_FILES; i++) {
        bnn_sha256(set->bytes[i], set->n_bytes[i], sha256);
        n += (size_t)snprintf(text + n, sizeof text - n, "  %s: {name: %s, sha256: \"%s\"}\n",
                              keys[i], set->names[i], sha256);
    }
    n += (size_t)snprintf(text + n, sizeof text - n, "%s", more);
    ck_assert_uint_lt(n, sizeof text);
    snprintf(relative, sizeof relative, "catalogue/%s.yaml", name);
    fixture_write(relative, text, n);
}

static void keep_note(void *context, const char *message)
{
    fixture_notes *notes = context;
    const size_t n = strlen(notes->text);
    snprintf(notes->text + n, sizeof notes->text - n, "%s\n", message);
    if (strstr(message, ": downloading ") != NULL)
        notes->n_downloads++;
}

static void keep_progress(void *context, const char *file, uint64_t done_bytes,
                          uint64_t total_bytes)
{
    fixture_notes *notes = context;
    ck_assert_ptr_nonnull(strstr(file, "-ubyte"));
    ck_assert_uint_le(done_bytes, total_bytes);
    if (notes->first_bytes == 0)
        notes->first_bytes = done_bytes;
    notes->last_bytes = done_bytes;
}

bnn_data_search fixture_search(bool download, fixture_notes *notes)
{
    static char catalogue[PATH_MAX];
    snprintf(catalogue, sizeof catalogue, "%s", fixture_path("catalogue"));
    bnn_data_search search = {.catalogue = catalogue, .download = download};
    if (notes != NULL) {
        *notes = (fixture_notes){0};
        search.context = notes;
        search.note = keep_note;
        search.progress = keep_progress;
    }
    return search;
}

int fixture_open(const char *name, const char *path, bnn_dataset *out, bnn_error *err)
{
    const bnn_data_options options = {.name = name, .path = path, .validation = 1};
    const bnn_data_search search = fixture_search(false, NULL);
    return bnn_dataset_open(&options, &search, out, err);
}

void fixture_expect_at(const tiny_set *set, const char *name, const char *relative)
{
    bnn_dataset data;
    bnn_error err = {0};
    ck_assert_msg(fixture_open(name, NULL, &data, &err) == BNN_OK, "%s", err.message);
    ck_assert_str_eq(data.source, fixture_path(relative));
    ck_assert_uint_eq(data.train.n, TINY_TRAIN);
    ck_assert_uint_eq(data.test.n, TINY_TEST);
    ck_assert_mem_eq(data.test.pixels, set->bytes[2] + 16, set->n_bytes[2] - 16);
    ck_assert_mem_eq(data.train.labels, set->bytes[1] + 8, set->n_bytes[1] - 8);
    bnn_dataset_close(&data);
}
