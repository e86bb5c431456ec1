/* check_memory.c - texts and JSON when memory is short: all of it, or word of that. */
#include "base/arena.h"
#include "base/json.h"
#include "base/memstream.h"
#include "tests/fixtures/check_main.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__has_feature)
#    define HAS_FEATURE(x) __has_feature(x)
#else
#    define HAS_FEATURE(x) 0
#endif
/* Sanitizers take more addresses than any limit leaves. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
    HAS_FEATURE(address_sanitizer) || HAS_FEATURE(thread_sanitizer)
#    define LIMITS false
#else
#    define LIMITS true
#endif

enum { TEXT = 1 << 20, STEPS = 96, STEP = 128 << 10 };

/* What a process does in so little memory: WHOLE or SHORT; all else is a fault. */
enum { WHOLE = 0, SHORT = 1, WRONG = 2 };

static size_t used_bytes(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fscanf(file, "%lu", &pages), 1);
    fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* With some KiB more in each process than in the one before; some of them have to be short, and the last ones not. */
static void starve(int (*work)(void))
{
    int n_of[2] = {0, 0};
    for (size_t i = 0; LIMITS && i < STEPS; i++) {
        int status;
        const pid_t child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0) {
            struct rlimit limit;
            getrlimit(RLIMIT_AS, &limit);
            limit.rlim_cur = used_bytes() + i * STEP;
            _exit(setrlimit(RLIMIT_AS, &limit) == 0 ? work() : WRONG);
        }
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) < WRONG,
                      "with %zu KiB more: status %#x", i * (STEP >> 10), (unsigned)status);
        n_of[WEXITSTATUS(status)]++;
    }
    ck_assert(!LIMITS || (n_of[SHORT] > 0 && n_of[WHOLE] > 0));
    ck_assert_int_eq(work(), WHOLE);
}

/* ---- streams ----------------------------------------------------------------------------- */

static int write_stream(void)
{
    char *text;
    size_t n;
    FILE *stream = bnn_memstream_open(&text, &n);
    if (stream == NULL)
        return text == NULL ? SHORT : WRONG;
    for (int i = 0; i < TEXT / 16; i++)
        fprintf(stream, "%015d\n", i);
    if (!bnn_memstream_close(stream, &text))
        return text == NULL ? SHORT : WRONG;
    bool whole = n == TEXT && strlen(text) == n;
    for (int i = 0; whole && i < TEXT / 16; i++) {
        char line[32];
        snprintf(line, sizeof line, "%015d\n", i);
        whole = memcmp(text + (size_t)16 * (size_t)i, line, 16) == 0;
    }
    free(text);
    return whole ? WHOLE : WRONG;
}

START_TEST(a_stream_is_whole_or_none)
{
    starve(write_stream);
}
END_TEST

START_TEST(a_stream_is_up_to_date_when_flushed)
{
    char *text;
    size_t n;
    FILE *stream = bnn_memstream_open(&text, &n);
    ck_assert_str_eq(text, "");
    fputs("one", stream);
    ck_assert_int_eq(fflush(stream), 0);
    ck_assert_uint_eq(n, 3);
    ck_assert_str_eq(text, "one");
    fputs(", two", stream);
    ck_assert(bnn_memstream_close(stream, &text));
    ck_assert_uint_eq(n, 8);
    ck_assert_str_eq(text, "one, two");
    free(text);
}
END_TEST

/* ---- JSON -------------------------------------------------------------------------------- */

static char json_text[TEXT + 8];

/* A long key, which jansson's scanner reads word by word into a buffer that grows. */
static int parse_json(void)
{
    bool no_memory;
    json_t *json = bnn_json_parse(json_text, strlen(json_text), 0, &no_memory);
    if (json == NULL)
        return no_memory ? SHORT : WRONG;
    const char *key = json_object_iter_key(json_object_iter(json));
    const bool whole = !no_memory && key != NULL && strlen(key) == TEXT;
    json_decref(json);
    return whole ? WHOLE : WRONG;
}

START_TEST(json_is_whole_or_none)
{
    memset(json_text, 'k', sizeof json_text);
    memcpy(json_text, "{\"", 2);
    memcpy(json_text + 2 + TEXT, "\":1}", sizeof "\":1}");
    starve(parse_json);
}
END_TEST

START_TEST(json_that_is_none_is_not_for_want_of_memory)
{
    static const char *const texts[] = {"", "{", "{\"a\": 1} x", "[1,]", "\"\xff\""};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        bool no_memory = true;
        ck_assert_ptr_null(bnn_json_parse(texts[i], strlen(texts[i]), JSON_DECODE_ANY, &no_memory));
        ck_assert(!no_memory);
    }
}
END_TEST

/* ---- arenas ------------------------------------------------------------------------------ */

START_TEST(an_arena_knows_that_it_lacked)
{
    bnn_arena *arena = bnn_arena_create(1024);
    ck_assert_ptr_nonnull(bnn_arena_alloc(arena, 1, 512));
    ck_assert(!bnn_arena_lacks(arena));
    ck_assert_ptr_null(bnn_arena_alloc(arena, 1, 4096));
    ck_assert_ptr_nonnull(bnn_arena_alloc(arena, 1, 64));
    ck_assert(bnn_arena_lacks(arena));
    bnn_arena_destroy(arena);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("memory");
    TCase *tc = tcase_create("memory");
    tcase_add_test(tc, a_stream_is_whole_or_none);
    tcase_add_test(tc, a_stream_is_up_to_date_when_flushed);
    tcase_add_test(tc, json_is_whole_or_none);
    tcase_add_test(tc, json_that_is_none_is_not_for_want_of_memory);
    tcase_add_test(tc, an_arena_knows_that_it_lacked);
    suite_add_tcase(suite, tc);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
