/* check_base.c - errors, arenas, random streams, files, JSON. */
#include "base/arena.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/rng.h"

#include "base/run.h"
#include "base/sha256.h"
#include "tests/fixtures/check_main.h"

#include <Random123/philox.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- error ---- */

START_TEST(fail_formats_and_returns_the_status)
{
    bnn_error err = {0};
    ck_assert_int_eq(bnn_fail(&err, BNN_E_SPEC, "batch: %d is not in %s", 0, "[1, 65536]"),
                     BNN_E_SPEC);
    ck_assert_int_eq(err.status, BNN_E_SPEC);
    ck_assert_str_eq(err.message, "batch: 0 is not in [1, 65536]");
}
END_TEST

START_TEST(no_memory_has_one_wording)
{
    bnn_error err = {0};
    ck_assert_int_eq(bnn_no_memory(&err), BNN_E_INTERNAL);
    ck_assert_int_eq(err.status, BNN_E_INTERNAL);
    ck_assert_str_eq(err.message, "out of memory");
}
END_TEST

START_TEST(fail_truncates_what_does_not_fit)
{
    char text[3000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    bnn_error err = {0};
    bnn_fail(&err, BNN_E_INTERNAL, "%s", text);
    ck_assert_uint_eq(strlen(err.message), sizeof err.message - 1);
    errno = ENOENT;
    ck_assert_int_eq(bnn_fail_errno(&err, BNN_E_RESOURCE, "%s", text), BNN_E_RESOURCE);
    ck_assert_uint_eq(strlen(err.message), sizeof err.message - 1);
    bnn_error_prefix(&err, "run 7: ");
    ck_assert_uint_eq(strlen(err.message), sizeof err.message - 1);
    ck_assert_int_eq(strncmp(err.message, "run 7: xxx", 10), 0);
    bnn_error_prefix(&err, "%s", text);
    ck_assert_uint_eq(strlen(err.message), sizeof err.message - 1);
    ck_assert_ptr_null(strstr(err.message, "run"));
}
END_TEST

START_TEST(fail_errno_appends_the_reason)
{
    bnn_error err = {0};
    errno = EACCES;
    ck_assert_int_eq(bnn_fail_errno(&err, BNN_E_RESOURCE, "%s: cannot open", "a.yaml"),
                     BNN_E_RESOURCE);
    ck_assert_str_eq(err.message, "a.yaml: cannot open: Permission denied");
    errno = 99999; /* strerror_r has to build the text of an unknown one */
    bnn_fail_errno(&err, BNN_E_RESOURCE, "x");
    ck_assert_str_eq(err.message, "x: Unknown error 99999");
}
END_TEST

START_TEST(prefix_keeps_status_and_message)
{
    bnn_error err = {0};
    bnn_fail(&err, BNN_E_RESOURCE, "no such plugin");
    ck_assert_int_eq(bnn_error_prefix(&err, "run %d (%s): ", 7, "ste=swish"), BNN_E_RESOURCE);
    ck_assert_str_eq(err.message, "run 7 (ste=swish): no such plugin");
    bnn_error_prefix(&err, "sweep: ");
    ck_assert_str_eq(err.message, "sweep: run 7 (ste=swish): no such plugin");
}
END_TEST

/* ---- arena ---- */

enum { MANY = 500 };

static bool holds_only(const unsigned char *bytes, size_t n, unsigned char value)
{
    size_t k = 0;
    while (k < n && bytes[k] == value)
        k++;
    return k == n;
}

START_TEST(arena_blocks_are_zeroed_aligned_and_apart)
{
    bnn_arena *arena = bnn_arena_create(SIZE_MAX);
    ck_assert_ptr_nonnull(arena);
    unsigned char *blocks[MANY];
    size_t sizes[MANY];
    for (size_t i = 0; i < MANY; i++) {
        sizes[i] = i % 50 == 49 ? 70000 + i : i * 7 % 1000; /* some larger than a chunk */
        blocks[i] = bnn_arena_alloc(arena, sizes[i], 1);
        ck_assert_ptr_nonnull(blocks[i]);
        ck_assert_uint_eq((uintptr_t)blocks[i] % BNN_ALIGN, 0);
        ck_assert(holds_only(blocks[i], sizes[i], 0));
        memset(blocks[i], (int)(i % 255 + 1), sizes[i]);
    }
    for (size_t i = 0; i < MANY; i++)
        ck_assert(holds_only(blocks[i], sizes[i], (unsigned char)(i % 255 + 1)));
    bnn_arena_destroy(arena);
}
END_TEST

/* Blocks keep their places, and the first byte behind the end of any is seen. */
START_TEST(arena_fences_are_seen_when_they_are_down)
{
    bnn_arena *arena = bnn_arena_create(SIZE_MAX);
    unsigned char *blocks[MANY];
    bnn_arena_fence(arena);
    for (size_t i = 0; i < MANY; i++) {
        blocks[i] = bnn_arena_alloc(arena, i * BNN_ALIGN, 1);
        ck_assert_uint_eq((uintptr_t)blocks[i] % BNN_ALIGN, 0);
        ck_assert(holds_only(blocks[i], i * BNN_ALIGN, 0));
        memset(blocks[i], 1, i * BNN_ALIGN);
    }
    ck_assert(bnn_arena_is_whole(arena));
    for (size_t i = 0; i < MANY; i += 7) {
        unsigned char *behind = blocks[i] + i * BNN_ALIGN + i % BNN_ALIGN, was = *behind;
        *behind = (unsigned char)~was;
        ck_assert(!bnn_arena_is_whole(arena));
        *behind = was;
        ck_assert(bnn_arena_is_whole(arena));
    }
    bnn_arena_destroy(arena);
}
END_TEST

START_TEST(arena_stops_at_its_limit)
{
    bnn_arena *arena = bnn_arena_create(256);
    ck_assert_ptr_nonnull(arena);
    ck_assert_uint_eq(bnn_arena_used_bytes(arena), 0);
    ck_assert_ptr_null(bnn_arena_alloc(arena, 257, 1));
    ck_assert_ptr_null(bnn_arena_alloc(arena, 65, 4));
    ck_assert_uint_eq(bnn_arena_used_bytes(arena), 0);
    ck_assert_ptr_nonnull(bnn_arena_alloc(arena, 3, 43)); /* 129 bytes, rounded to 192 */
    ck_assert_uint_eq(bnn_arena_used_bytes(arena), 192);
    ck_assert_ptr_null(bnn_arena_alloc(arena, 65, 1));
    ck_assert_ptr_null(bnn_arena_strdup(arena, "a text with its terminator takes more than the "
                                               "sixty-four bytes that are left here"));
    ck_assert_ptr_null(bnn_arena_printf(arena, "%100d", 1));
    ck_assert_ptr_nonnull(bnn_arena_alloc(arena, 64, 1));
    ck_assert_uint_eq(bnn_arena_used_bytes(arena), 256);
    ck_assert_ptr_null(bnn_arena_alloc(arena, 1, 1));
    ck_assert_ptr_nonnull(bnn_arena_alloc(arena, 0, 8));
    bnn_arena_destroy(arena);
}
END_TEST

START_TEST(arena_refuses_products_that_overflow)
{
    bnn_arena *arena = bnn_arena_create(SIZE_MAX);
    ck_assert_ptr_nonnull(arena);
    ck_assert_ptr_null(bnn_arena_alloc(arena, SIZE_MAX / 2 + 1, 2));
    ck_assert_ptr_null(bnn_arena_alloc(arena, (size_t)1 << 33, (size_t)1 << 33));
    ck_assert_ptr_null(bnn_arena_alloc(arena, SIZE_MAX, 1));
    ck_assert_ptr_null(bnn_arena_alloc(arena, SIZE_MAX - BNN_ALIGN, 1));
    ck_assert_ptr_null(bnn_arena_alloc(arena, SIZE_MAX / 4, 1)); /* more than a machine has */
    ck_assert_uint_eq(bnn_arena_used_bytes(arena), 0);
    ck_assert_ptr_nonnull(bnn_arena_alloc(arena, 1, 1));
    bnn_arena_destroy(arena);
}
END_TEST

/* Also with the fence, and rounded up. */
START_TEST(arena_with_fences_refuses_what_overflows)
{
    bnn_arena *arena = bnn_arena_create(SIZE_MAX);
    bnn_arena_fence(arena);
    ck_assert_ptr_null(bnn_arena_alloc(arena, SIZE_MAX / 2, 4));
    for (size_t less = 0; less < (size_t)2 * BNN_ALIGN; less++)
        ck_assert_ptr_null(bnn_arena_alloc(arena, SIZE_MAX - less, 1));
    ck_assert_uint_eq(bnn_arena_used_bytes(arena), 0);
    bnn_arena_destroy(arena);
}
END_TEST

START_TEST(arena_copies_and_formats_texts)
{
    bnn_arena *arena = bnn_arena_create(1 << 20);
    ck_assert_ptr_nonnull(arena);
    char text[] = "clipped";
    const char *copy = bnn_arena_strdup(arena, text);
    text[0] = 'X';
    ck_assert_str_eq(copy, "clipped");
    ck_assert_str_eq(bnn_arena_strdup(arena, ""), "");
    ck_assert_str_eq(bnn_arena_printf(arena, "%s=%d", "epochs", 20), "epochs=20");
    ck_assert_str_eq(bnn_arena_printf(arena, "%s", ""), "");
    const int numbers[] = {3, 1, 2};
    const int *copies = bnn_arena_copy(arena, numbers, 3, sizeof *numbers);
    ck_assert_mem_eq(copies, numbers, sizeof numbers);
    ck_assert_ptr_nonnull(bnn_arena_copy(arena, NULL, 0, sizeof *numbers));
    ck_assert_ptr_null(bnn_arena_copy(arena, numbers, SIZE_MAX, sizeof *numbers));
    const char *wide = bnn_arena_printf(arena, "%100000d", 7); /* longer than a chunk */
    ck_assert_uint_eq(strlen(wide), 100000);
    ck_assert_int_eq(wide[99999], '7');
    bnn_arena_destroy(arena);
    bnn_arena_destroy(NULL);
}
END_TEST

/* ---- rng ---- */

/* The vectors that Random123 publishes (kat_vectors, philox4x32 with 10 rounds). */
START_TEST(philox_gives_the_published_vectors)
{
    static const struct {
        philox4x32_ctr_t counter;
        philox4x32_key_t key;
        philox4x32_ctr_t bits;
    } vectors[] = {
        {{{0, 0, 0, 0}}, {{0, 0}}, {{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}}},
        {{{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}},
         {{0xffffffff, 0xffffffff}},
         {{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}}},
        {{{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}},
         {{0xa4093822, 0x299f31d0}},
         {{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}}},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        const philox4x32_ctr_t bits = philox4x32(vectors[i].counter, vectors[i].key);
        for (size_t k = 0; k < 4; k++)
            ck_assert_uint_eq(bits.v[k], vectors[i].bits.v[k]);
    }
    const bnn_rng zero = {0};
    for (uint64_t k = 0; k < 4; k++)
        ck_assert_uint_eq(bnn_rng_bits(&zero, k), vectors[0].bits.v[k]);
}
END_TEST

/* From a second implementation of the generator, written from the paper. The last position needs
 * the upper half of the block number, the seed both its halves. */
START_TEST(rng_lays_seed_role_index_and_position_out_as_recorded)
{
    const bnn_rng rng = {.seed = 0x0123456789abcdef, .role = 3, .index = 7};
    ck_assert_uint_eq(bnn_rng_bits(&rng, 0), 0x2329ca2f);
    ck_assert_uint_eq(bnn_rng_bits(&rng, 1), 0x3aee584c);
    ck_assert_uint_eq(bnn_rng_bits(&rng, 5), 0x5f9b2b89);
    ck_assert_uint_eq(bnn_rng_bits(&rng, ((uint64_t)4 << 32) + 2), 0x46888ef2);
}
END_TEST

START_TEST(rng_uniform_is_in_range_and_even)
{
    const bnn_rng rng = {.seed = 1, .role = BNN_RNG_INIT};
    enum { N = 1000000, BINS = 64 };
    unsigned bins[BINS] = {0};
    unsigned outside = 0, inexact = 0;
    for (uint64_t i = 0; i < N; i++) {
        float u;
        bnn_rng_fill(&rng, i, 1, &u);
        outside += !(u >= 0.0f && u < 1.0f);
        inexact += u * 0x1p24f != (float)(bnn_rng_bits(&rng, i) >> 8);
        bins[(size_t)(u * BINS) % BINS]++;
    }
    ck_assert_uint_eq(outside, 0);
    ck_assert_uint_eq(inexact, 0);
    /* 15625 expected in each, standard deviation 124. */
    for (size_t i = 0; i < BINS; i++)
        ck_assert_msg(bins[i] > 15625 - 620 && bins[i] < 15625 + 620, "bin %zu: %u", i, bins[i]);
}
END_TEST

START_TEST(rng_fill_is_uniform_from_any_position)
{
    const bnn_rng rng = {.seed = 42, .role = BNN_RNG_DROPOUT, .index = 9};
    for (uint64_t start = 0; start < 9; start++)
        for (size_t n = 0; n < 12; n++) {
            float out[13];
            for (size_t i = 0; i < 13; i++)
                out[i] = -1.0f;
            bnn_rng_fill(&rng, start, n, out);
            for (size_t i = 0; i < n; i++)
                ck_assert(out[i] == (float)(bnn_rng_bits(&rng, start + i) >> 8) / 0x1p24f);
            ck_assert(out[n] == -1.0f);
        }
}
END_TEST

START_TEST(rng_bytes_are_those_of_the_numbers)
{
    const bnn_rng rng = {.seed = 42, .role = BNN_RNG_AUGMENT, .index = 9};
    for (uint64_t start = 0; start < 9; start++)
        for (size_t n = 0; n < 40; n++) {
            uint8_t out[41];
            memset(out, 0x5a, sizeof out);
            bnn_rng_fill_bytes(&rng, start, n, out);
            for (size_t i = 0; i < n; i++)
                ck_assert_uint_eq(out[i], bnn_rng_bits(&rng, start + i / 4) >> 8 * (i % 4) & 0xff);
            ck_assert_uint_eq(out[n], 0x5a);
        }
}
END_TEST

START_TEST(rng_permutes_as_recorded)
{
    const bnn_rng first = {.seed = 1, .role = BNN_RNG_ORDER, .index = 1};
    const bnn_rng second = {.seed = 2, .role = BNN_RNG_ORDER, .index = 1};
    static const uint32_t of_first[12] = {2, 1, 3, 11, 4, 6, 10, 0, 5, 9, 8, 7};
    static const uint32_t of_second[12] = {11, 1, 5, 2, 3, 4, 0, 7, 8, 9, 10, 6};
    uint32_t out[12];
    bnn_rng_permute(&first, 12, out);
    ck_assert_mem_eq(out, of_first, sizeof out);
    bnn_rng_permute(&second, 12, out);
    ck_assert_mem_eq(out, of_second, sizeof out);
}
END_TEST

START_TEST(rng_permutation_holds_every_number_once)
{
    static const uint32_t sizes[] = {0, 1, 2, 3, 16, 1000, 60000};
    static uint32_t out[60001];
    static bool seen[60001];
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        const bnn_rng rng = {.seed = 5 + s, .role = BNN_RNG_SPLIT};
        const uint32_t n = sizes[s];
        out[n] = UINT32_MAX;
        memset(seen, 0, sizeof seen);
        bnn_rng_permute(&rng, n, out);
        uint32_t distinct = 0;
        for (uint32_t i = 0; i < n; i++) {
            const uint32_t k = out[i] < n ? out[i] : 60000;
            distinct += k < n && !seen[k];
            seen[k] = true;
        }
        ck_assert_uint_eq(distinct, n);
        ck_assert_uint_eq(out[n], UINT32_MAX);
    }
}
END_TEST

/* The 24 orders of 4 come up equally often: chi-square with 23 degrees of freedom, 49.7 at 0.001. */
START_TEST(rng_permutations_are_unbiased)
{
    enum { N = 48000 };
    unsigned count[256] = {0};
    for (uint32_t i = 0; i < N; i++) {
        const bnn_rng rng = {.seed = 3, .role = BNN_RNG_ORDER, .index = i};
        uint32_t out[4];
        bnn_rng_permute(&rng, 4, out);
        count[out[0] | out[1] << 2 | out[2] << 4 | out[3] << 6]++;
    }
    double chi2 = 0;
    unsigned orders = 0;
    for (size_t i = 0; i < 256; i++) {
        const double difference = (double)count[i] - N / 24;
        orders += count[i] > 0;
        chi2 += count[i] > 0 ? difference * difference / (N / 24) : 0;
    }
    ck_assert_uint_eq(orders, 24);
    ck_assert_msg(chi2 < 49.7, "chi-square %g", chi2);
}
END_TEST

/* ---- file ---- */

static char folder[64];

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "check_base.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

/* Files are removed one level deep, then the folder: what a test leaves elsewhere shows up. */
static void remove_folder(void)
{
    DIR *directory = opendir(folder);
    ck_assert_ptr_nonnull(directory);
    const struct dirent *entry;
    while ((entry = readdir(directory)) != NULL) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] != '.')
            remove(path);
    }
    closedir(directory);
    ck_assert_int_eq(rmdir(folder), 0);
}

static const char *in_folder(const char *name)
{
    static char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static size_t count_files(void)
{
    size_t n = 0;
    DIR *directory = opendir(folder);
    ck_assert_ptr_nonnull(directory);
    while (readdir(directory) != NULL)
        n++;
    closedir(directory);
    return n - 2;
}

START_TEST(file_reads_what_was_written)
{
    static const char binary[] = "one\0two\r\n\xff";
    bnn_error err = {0};
    char *bytes = NULL;
    size_t n = 77;
    const char *path = in_folder("x");
    ck_assert_int_eq(bnn_file_write(path, "something longer to be replaced", 31, &err), 0);
    ck_assert_int_eq(bnn_file_write(path, binary, sizeof binary, &err), 0);
    ck_assert_int_eq(bnn_file_read(path, sizeof binary, &bytes, &n, &err), 0);
    ck_assert_uint_eq(n, sizeof binary);
    ck_assert_mem_eq(bytes, binary, sizeof binary);
    ck_assert_int_eq(bytes[n], '\0');
    free(bytes);
    ck_assert_int_eq(bnn_file_write(path, "", 0, &err), 0);
    ck_assert_int_eq(bnn_file_read(path, 0, &bytes, &n, &err), 0);
    ck_assert_uint_eq(n, 0);
    ck_assert_str_eq(bytes, "");
    free(bytes);
    ck_assert_uint_eq(count_files(), 1);
}
END_TEST

/* Fails to read path, with the message and nothing else changed. */
static void refuse_read(const char *path, size_t limit, const char *expected)
{
    bnn_error err = {0};
    char *bytes = (char *)1;
    size_t n = 77;
    ck_assert_int_eq(bnn_file_read(path, limit, &bytes, &n, &err), BNN_E_RESOURCE);
    ck_assert_str_eq(err.message, expected);
    ck_assert_ptr_eq(bytes, (char *)1);
    ck_assert_uint_eq(n, 77);
}

START_TEST(file_read_refuses_what_is_no_bounded_file)
{
    bnn_error err = {0};
    char expected[PATH_MAX + 100];
    const char *path = in_folder("x");
    snprintf(expected, sizeof expected, "%s: cannot open: No such file or directory", path);
    refuse_read(path, 10, expected);
    ck_assert_int_eq(bnn_file_write(path, "12345", 5, &err), 0);
    snprintf(expected, sizeof expected, "%s: 5 bytes, more than the limit of 4", path);
    refuse_read(path, 4, expected);
    refuse_read("/dev/zero", SIZE_MAX, "/dev/zero: not a regular file");
    snprintf(expected, sizeof expected, "%s: not a regular file", folder);
    refuse_read(folder, SIZE_MAX, expected);
    /* Opening a named pipe that nobody writes to must not block. */
    path = in_folder("pipe");
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    snprintf(expected, sizeof expected, "%s: not a regular file", path);
    refuse_read(path, SIZE_MAX, expected);
    char digits[BNN_SHA256_HEX];
    ck_assert_int_eq(bnn_file_sha256(path, digits, &err), BNN_E_RESOURCE);
    ck_assert_str_eq(err.message, expected);
}
END_TEST

START_TEST(file_write_that_fails_leaves_nothing_behind)
{
    bnn_error err = {0};
    char path[PATH_MAX], expected[PATH_MAX + 100];
    snprintf(path, sizeof path, "%s/missing/x", folder);
    ck_assert_int_eq(bnn_file_write(path, "1", 1, &err), BNN_E_RESOURCE);
    snprintf(expected, sizeof expected, "%s: cannot create: No such file or directory", path);
    ck_assert_str_eq(err.message, expected);

    snprintf(path, sizeof path, "%s/in_the_way", folder);
    ck_assert_int_eq(mkdir(path, 0777), 0);
    ck_assert_int_eq(bnn_file_write(path, "1", 1, &err), BNN_E_RESOURCE);
    snprintf(expected, sizeof expected, "%s: cannot write: Is a directory", path);
    ck_assert_str_eq(err.message, expected);
    ck_assert_uint_eq(count_files(), 1);

    char endless[PATH_MAX + 10];
    memset(endless, 'x', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    ck_assert_int_eq(bnn_file_write(endless, "1", 1, &err), BNN_E_RESOURCE);
}
END_TEST

/* What is no regular file is none that could be replaced. */
START_TEST(file_deliver_writes_to_what_is_no_file)
{
    bnn_error err = {0};
    char path[PATH_MAX], got[8] = "";
    struct stat st;
    snprintf(path, sizeof path, "%s", in_folder("pipe"));
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    const int reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    ck_assert_int_eq(bnn_file_deliver(path, "12345", 5, &err), 0);
    ck_assert_int_eq(read(reader, got, sizeof got), 5);
    ck_assert_str_eq(got, "12345");
    close(reader);
    ck_assert_int_eq(symlink("/dev/null", in_folder("null")), 0);
    ck_assert_int_eq(bnn_file_deliver(in_folder("null"), "12345", 5, &err), 0);
    ck_assert(lstat(path, &st) == 0 && S_ISFIFO(st.st_mode));
    ck_assert(lstat(in_folder("null"), &st) == 0 && S_ISLNK(st.st_mode));
    ck_assert_int_eq(bnn_file_deliver(folder, "1", 1, &err), BNN_E_RESOURCE);
    ck_assert_ptr_nonnull(strstr(err.message, ": cannot write: Is a directory"));
    ck_assert_int_eq(bnn_file_deliver("/dev/full", "1", 1, &err), BNN_E_RESOURCE);
    ck_assert_int_eq(err.reason, ENOSPC);
    ck_assert_uint_eq(count_files(), 2);
}
END_TEST

/* A file is replaced, and a link to one, too: the file that it leads to is another's. */
START_TEST(file_deliver_replaces_files)
{
    bnn_error err = {0};
    char *bytes;
    size_t n;
    struct stat st;
    ck_assert_int_eq(bnn_file_deliver(in_folder("victim"), "all", 3, &err), 0);
    ck_assert_int_eq(symlink("victim", in_folder("link")), 0);
    ck_assert_int_eq(bnn_file_deliver(in_folder("link"), "new", 3, &err), 0);
    ck_assert_int_eq(bnn_file_read(in_folder("victim"), 3, &bytes, &n, &err), 0);
    ck_assert_str_eq(bytes, "all");
    free(bytes);
    ck_assert(lstat(in_folder("link"), &st) == 0 && S_ISREG(st.st_mode));
    ck_assert_uint_eq(count_files(), 2);
}
END_TEST

/* Whoever shares a folder may have put a link where a temporary file was expected. */
START_TEST(file_write_follows_no_link_and_obeys_the_umask)
{
    bnn_error err = {0};
    struct stat st;
    char victim[PATH_MAX], path[PATH_MAX], trap[PATH_MAX + 30];
    snprintf(victim, sizeof victim, "%s", in_folder("victim"));
    snprintf(path, sizeof path, "%s", in_folder("x"));
    snprintf(trap, sizeof trap, "%s.%ld.tmp", path, (long)getpid());
    ck_assert_int_eq(symlink(victim, trap), 0);
    const mode_t before = umask(027);
    ck_assert_int_eq(bnn_file_write(path, "1", 1, &err), 0);
    umask(before);
    ck_assert_int_ne(access(victim, F_OK), 0);
    ck_assert_int_eq(lstat(trap, &st), 0);
    ck_assert_int_eq(lstat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode, S_IFREG | 0640);
    ck_assert_uint_eq(count_files(), 2);
}
END_TEST

enum { BIG = 300000, ROUNDS = 40 };

typedef struct race {
    const char *path;
    atomic_bool done;
    bool failed;
} race;

static void *write_in_turns(void *context)
{
    race *r = context;
    char *bytes = malloc(BIG);
    bnn_error err;
    for (int i = 0; i < ROUNDS && bytes != NULL; i++) {
        memset(bytes, 'a' + i % 2, BIG);
        r->failed |= bnn_file_write(r->path, bytes, BIG, &err) != 0;
    }
    r->failed |= bytes == NULL;
    free(bytes);
    atomic_store(&r->done, true);
    return NULL;
}

START_TEST(file_write_is_atomic_for_a_reader)
{
    bnn_error err = {0};
    race r = {.path = in_folder("x")};
    ck_assert_int_eq(bnn_file_write(r.path, "", 0, &err), 0);
    pthread_t writer;
    ck_assert_int_eq(pthread_create(&writer, NULL, write_in_turns, &r), 0);
    bool whole = true;
    while (!atomic_load(&r.done)) {
        char *bytes;
        size_t n;
        whole &= bnn_file_read(r.path, BIG, &bytes, &n, &err) == 0;
        if (!whole)
            break;
        whole &= n == 0 || (n == BIG && memchr(bytes, bytes[0] == 'a' ? 'b' : 'a', n) == NULL);
        free(bytes);
    }
    pthread_join(writer, NULL);
    ck_assert(whole);
    ck_assert(!r.failed);
}
END_TEST

/* FIPS 180-2, appendix B, and the empty message. */
START_TEST(sha256_gives_the_published_digests)
{
    static const char million[] =
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
    char out[BNN_SHA256_HEX];
    bnn_sha256("", 0, out);
    ck_assert_str_eq(out, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    bnn_sha256("abc", 3, out);
    ck_assert_str_eq(out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    bnn_sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, out);
    ck_assert_str_eq(out, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    char *bytes = malloc(1000000);
    ck_assert_ptr_nonnull(bytes);
    memset(bytes, 'a', 1000000);
    bnn_sha256(bytes, 1000000, out);
    ck_assert_str_eq(out, million);

    bnn_error err = {0};
    const char *path = in_folder("x");
    ck_assert_int_eq(bnn_file_write(path, bytes, 1000000, &err), 0);
    free(bytes);
    memset(out, 0, sizeof out);
    ck_assert_int_eq(bnn_file_sha256(path, out, &err), 0);
    ck_assert_str_eq(out, million);
    char expected[PATH_MAX + 100];
    path = in_folder("missing");
    snprintf(expected, sizeof expected, "%s: cannot read: No such file or directory", path);
    ck_assert_int_eq(bnn_file_sha256(path, out, &err), BNN_E_RESOURCE);
    ck_assert_str_eq(err.message, expected);
    ck_assert_str_eq(out, million);
}
END_TEST

static void expect_directory(const char *path)
{
    bnn_error err = {0};
    struct stat st;
    ck_assert_msg(bnn_file_make_directory(path, &err) == 0, "%s", err.message);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert(S_ISDIR(st.st_mode));
}

/* Uids and shards are digits of it, on every machine and in every version. */
START_TEST(a_run_has_the_hash_of_experiment_config_and_seed)
{
    char out[BNN_SHA256_HEX];
    ck_assert(bnn_run_hash("a", "b", -7, out));
    ck_assert_str_eq(out, "bbc8ef5dfa548c36a123c66340c9ade4db5431e4fc444c24679359fa8a4395a6");
}
END_TEST

START_TEST(make_directory_makes_the_parents)
{
    char path[PATH_MAX], other[PATH_MAX];
    snprintf(path, sizeof path, "%s//a/b/", folder);
    expect_directory(path);
    expect_directory(path);
    expect_directory("/");
    ck_assert_int_eq(rmdir(path), 0);
    snprintf(other, sizeof other, "%s/a", folder);
    expect_directory(other);
}
END_TEST

START_TEST(make_directory_refuses_a_file_in_the_way)
{
    bnn_error err = {0};
    char path[PATH_MAX], below[PATH_MAX + 10], expected[PATH_MAX + 100];
    snprintf(path, sizeof path, "%s/x", folder);
    snprintf(below, sizeof below, "%s/y", path);
    ck_assert_int_eq(bnn_file_write(path, "1", 1, &err), 0);
    snprintf(expected, sizeof expected, "%s: cannot create directory: File exists", path);
    ck_assert_int_eq(bnn_file_make_directory(below, &err), BNN_E_RESOURCE);
    ck_assert_str_eq(err.message, expected);
    ck_assert_int_eq(bnn_file_make_directory(path, &err), BNN_E_RESOURCE);
    ck_assert_str_eq(err.message, expected);
}
END_TEST

/* ---- JSON ---- */

/* For this there is no memory anywhere. */
static json_t *text_without_memory(void)
{
    return json_stringn_nocheck("x", SIZE_MAX / 2);
}

START_TEST(json_that_lacks_a_part_is_not_written)
{
    json_t *list = json_array();
    json_array_append_new(list, json_integer(1));
    ck_assert_int_ne(json_array_append_new(list, text_without_memory()), 0);
    ck_assert_ptr_null(bnn_json_dump(list, JSON_COMPACT));
    char *text = bnn_json_dump(list, JSON_COMPACT); /* that was told */
    ck_assert_pstr_eq(text, "[1]");
    free(text);
    json_decref(list);
    ck_assert_ptr_null(bnn_json_dump(NULL, 0));
}
END_TEST

START_TEST(json_that_is_read_hides_no_lack_of_memory)
{
    bool no_memory = true;
    json_t *list = json_array();
    json_array_append_new(list, text_without_memory());
    json_t *read = bnn_json_parse("[2]", 3, 0, &no_memory);
    ck_assert(read != NULL && !no_memory);
    ck_assert_ptr_null(bnn_json_dump(list, 0));
    json_decref(read);
    json_decref(list);
}
END_TEST

static Suite *base_suite(void)
{
    Suite *suite = suite_create("base");
    TCase *error = tcase_create("error");
    tcase_add_test(error, fail_formats_and_returns_the_status);
    tcase_add_test(error, no_memory_has_one_wording);
    tcase_add_test(error, fail_truncates_what_does_not_fit);
    tcase_add_test(error, fail_errno_appends_the_reason);
    tcase_add_test(error, prefix_keeps_status_and_message);
    suite_add_tcase(suite, error);

    TCase *arena = tcase_create("arena");
    tcase_add_test(arena, arena_blocks_are_zeroed_aligned_and_apart);
    tcase_add_test(arena, arena_fences_are_seen_when_they_are_down);
    tcase_add_test(arena, arena_stops_at_its_limit);
    tcase_add_test(arena, arena_refuses_products_that_overflow);
    tcase_add_test(arena, arena_with_fences_refuses_what_overflows);
    tcase_add_test(arena, arena_copies_and_formats_texts);
    suite_add_tcase(suite, arena);

    TCase *rng = tcase_create("rng");
    tcase_add_test(rng, philox_gives_the_published_vectors);
    tcase_add_test(rng, rng_lays_seed_role_index_and_position_out_as_recorded);
    tcase_add_test(rng, rng_uniform_is_in_range_and_even);
    tcase_add_test(rng, rng_fill_is_uniform_from_any_position);
    tcase_add_test(rng, rng_bytes_are_those_of_the_numbers);
    tcase_add_test(rng, rng_permutes_as_recorded);
    tcase_add_test(rng, rng_permutation_holds_every_number_once);
    tcase_add_test(rng, rng_permutations_are_unbiased);
    suite_add_tcase(suite, rng);

    TCase *file = tcase_create("file");
    tcase_add_checked_fixture(file, make_folder, remove_folder);
    tcase_add_test(file, file_reads_what_was_written);
    tcase_add_test(file, file_read_refuses_what_is_no_bounded_file);
    tcase_add_test(file, file_write_that_fails_leaves_nothing_behind);
    tcase_add_test(file, file_deliver_writes_to_what_is_no_file);
    tcase_add_test(file, file_deliver_replaces_files);
    tcase_add_test(file, file_write_follows_no_link_and_obeys_the_umask);
    tcase_add_test(file, file_write_is_atomic_for_a_reader);
    tcase_add_test(file, sha256_gives_the_published_digests);
    tcase_add_test(file, a_run_has_the_hash_of_experiment_config_and_seed);
    tcase_add_test(file, make_directory_makes_the_parents);
    tcase_add_test(file, make_directory_refuses_a_file_in_the_way);
    suite_add_tcase(suite, file);

    TCase *json = tcase_create("json");
    tcase_add_test(json, json_that_lacks_a_part_is_not_written);
    tcase_add_test(json, json_that_is_read_hides_no_lack_of_memory);
    suite_add_tcase(suite, json);
    return suite;
}

BNN_CHECK_MAIN(base_suite)
