/* check_text.c - texts of numbers, lists, names, columns, suggestions. */
#include "base/text.h"
#include "tests/fixtures/check_main.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N(table) ((int)(sizeof(table) / sizeof *(table)))

/* ---- lists, names, columns --------------------------------------------------------------- */

START_TEST(joins)
{
    static const char *const words[] = {"one", "two", "three"};
    char out[32];
    ck_assert_str_eq(bnn_text_join(words, 0, out, sizeof out), "");
    ck_assert_str_eq(bnn_text_join(words, 1, out, sizeof out), "one");
    ck_assert_str_eq(bnn_text_join(words, 3, out, sizeof out), "one, two, three");
}
END_TEST

/* Never a part of a word, for any size. */
START_TEST(joins_what_fits)
{
    static const char *const words[] = {"one", "two", "three"};
    static const struct {
        size_t bytes;
        const char *text;
    } cases[] = {{16, "one, two, three"},
                 {15, "one, two, ..."},
                 {14, "one, two, ..."},
                 {13, "one, ..."},
                 {9, "one, ..."},
                 {8, "..."},
                 {4, "..."},
                 {3, ".."},
                 {1, ""}};
    for (int i = 0; i < N(cases); i++) {
        char out[17];
        memset(out, '#', sizeof out);
        ck_assert_str_eq(bnn_text_join(words, 3, out, cases[i].bytes), cases[i].text);
        ck_assert_int_eq(out[cases[i].bytes], '#');
    }
}
END_TEST

START_TEST(knows_names)
{
    ck_assert(bnn_text_is_name("lenet5", "", "_-", 6));
    ck_assert(!bnn_text_is_name("lenet5", "", "_-", 5));
    ck_assert(bnn_text_is_name("A.b-c_2", "", "._-", 64));
    ck_assert(bnn_text_is_name("_x", "_", "._-", 64));
    ck_assert(!bnn_text_is_name("_x", "", "._-", 64));
    ck_assert(!bnn_text_is_name("", "_-", "_-", 64));
    ck_assert(!bnn_text_is_name("-x", "_", "_-", 64));
    ck_assert(!bnn_text_is_name("..", "", ".", 64));
    ck_assert(!bnn_text_is_name("a/b", "", "._-", 64));
    ck_assert(!bnn_text_is_name("a b", "", "._-", 64));
    ck_assert(!bnn_text_is_name("\xc3\xa4", "", "._-", 64));
}
END_TEST

START_TEST(knows_endings)
{
    ck_assert(bnn_text_ends_with("a.yaml", ".yaml"));
    ck_assert(bnn_text_ends_with(".yaml", ".yaml"));
    ck_assert(!bnn_text_ends_with("yaml", ".yaml"));
    ck_assert(!bnn_text_ends_with("a.yaml.gz", ".yaml"));
    ck_assert(bnn_text_equal("a", "a") && bnn_text_equal(NULL, "") && bnn_text_equal("", NULL));
    ck_assert(!bnn_text_equal("a", "b") && !bnn_text_equal(NULL, "a") &&
              !bnn_text_equal("a", NULL));
}
END_TEST

START_TEST(keeps_each_once)
{
    const char *texts[] = {"b", "a", "c", "a", "b"};
    ck_assert_uint_eq(bnn_text_unique(texts, 5), 3);
    ck_assert_str_eq(texts[0], "a");
    ck_assert_str_eq(texts[1], "b");
    ck_assert_str_eq(texts[2], "c");
    ck_assert_uint_eq(bnn_text_unique(texts, 0), 0);
}
END_TEST

START_TEST(counts_characters)
{
    ck_assert_uint_eq(bnn_text_width(NULL), 0);
    ck_assert_uint_eq(bnn_text_width("\xc3\xa4 \xe2\x82\xac"), 3);
    ck_assert_uint_eq(bnn_text_bytes("\xc3\xa4 \xe2\x82\xac", 0), 0);
    ck_assert_uint_eq(bnn_text_bytes("\xc3\xa4 \xe2\x82\xac", 1), 2);
    ck_assert_uint_eq(bnn_text_bytes("\xc3\xa4 \xe2\x82\xac", 3), 6);
    ck_assert_uint_eq(bnn_text_bytes("\xc3\xa4 \xe2\x82\xac", 9), 6);
    ck_assert_uint_eq(bnn_text_width("a\xcc\x88\xe6\x97\xa5\xf0\x9f\x98\x80"), 5);
    ck_assert_uint_eq(bnn_text_bytes("a\xcc\x88\xe6\x97\xa5", 2), 3);
    ck_assert_uint_eq(bnn_text_bytes("a\xcc\x88\xe6\x97\xa5", 3), 6);
}
END_TEST

/* C0, C1, what ends lines or turns the direction of writing, what is no character or no UTF-8 (cut, too long, a
 * surrogate, beyond the last); not their neighbours. */
START_TEST(knows_what_a_terminal_obeys)
{
    static const struct {
        const char *text;
        size_t n;
    } cases[] = {{"", 0},
                 {"a", 0},
                 {"\x1b[", 1},
                 {"\x7f", 1},
                 {"\xc2\x9b", 2},
                 {"\xc2\xa0", 0},
                 {"\xd8\x9c", 2},
                 {"\xd8\x9b", 0},
                 {"\xe2\x80\x8e", 3},
                 {"\xe2\x80\x90", 0},
                 {"\xe2\x80\xa8", 3},
                 {"\xe2\x80\xae", 3},
                 {"\xe2\x80\xaf", 0},
                 {"\xe2\x81\xa5", 0},
                 {"\xe2\x81\xa6", 3},
                 {"\xe2\x81\xa9", 3},
                 {"\xe2\x81", 1},
                 {"\xe2", 1},
                 {"\xff", 1},
                 {"\x9b", 1},
                 {"\xc0\xaf", 1},
                 {"\xc3\xa4", 0},
                 {"\xe0\x80\xaf", 1},
                 {"\xed\x9f\xbf", 0},
                 {"\xed\xa0\x80", 1},
                 {"\xef\xbf\xbd", 0},
                 {"\xef\xbf\xbe", 3},
                 {"\xf0\x9f\x98\x80", 0},
                 {"\xf0\x8f\xbf\xbf", 1},
                 {"\xf4\x8f\xbf\xbf", 0},
                 {"\xf4\x90\x80\x80", 1},
                 {"\xf8\x88\x80\x80\x80", 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_msg(bnn_text_control(cases[i].text) == cases[i].n, "case %zu", i);
    char text[] = "a\xe2\x80\xaez";
    ck_assert_str_eq(bnn_text_clean(text, ""), "a???z");
    char cut[] = "\xff\xc3\xa4\xe2\x82z\xe2";
    ck_assert_str_eq(bnn_text_clean(cut, ""), "?\xc3\xa4??z?");
}
END_TEST

START_TEST(shortens_at_a_character)
{
    char out[BNN_EXCERPT], text[200] = "";
    for (int i = 0; i < 40; i++)
        memcpy(text + 2 * i, "\xc3\xa4", 3);
    bnn_excerpt(text, out);
    ck_assert_uint_eq(strlen(out), 63);
    ck_assert_str_eq(out + 58, "\xc3\xa4...");
    ck_assert_str_eq(bnn_excerpt("short", out), "short");
}
END_TEST

/* ---- numbers ----------------------------------------------------------------------------- */

static const struct {
    double x;
    const char *text;
} number_texts[] = {
    {0.0, "0"},
    {-0.0, "-0.0"},
    {1.0, "1"},
    {-60000.0, "-60000"},
    {100000.0, "100000"},
    {999999999999999.0, "999999999999999"},
    {1e15, "1e15"},
    {1e20, "1e20"},
    {0.1, "0.1"},
    {0.3, "0.3"},
    {0.1 + 0.2, "0.30000000000000004"},
    {0.001, "0.001"},
    {1e-5, "1e-5"},
    {1.5e-10, "1.5e-10"},
    {123456.789, "123456.789"},
    {5e-324, "5e-324"},
    {1.7976931348623157e308, "1.7976931348623157e308"},
    {1.0 / 3.0, "0.3333333333333333"},
};

START_TEST(writes_numbers)
{
    char text[BNN_SHORT_TEXT];
    ck_assert_str_eq(bnn_number_text(number_texts[_i].x, text), number_texts[_i].text);
    ck_assert(strtod(text, NULL) == number_texts[_i].x);
}
END_TEST

/* As many digits as it takes, and no more; of numbers of all sizes, subnormal ones too. */
START_TEST(writes_no_digit_too_many)
{
    uint64_t bits = 1;
    for (int i = 0; i < 20000; i++) {
        char text[BNN_SHORT_TEXT], shortest[BNN_SHORT_TEXT];
        double x = i % 2 == 0 ? i / 1000.0 : ldexp((double)(i + 1), -1074);
        if (i % 4 == 3) {
            bits = bits * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            memcpy(&x, &bits, sizeof x);
        }
        int precision = 1;
        do
            snprintf(shortest, sizeof shortest, "%.*e", precision - 1, x);
        while (strtod(shortest, NULL) != x && ++precision <= 17);
        bnn_number_text(x, text);
        ck_assert(isnan(x) || strtod(text, NULL) == x);
        size_t digits = 0;
        for (const char *at = text; *at != '\0' && *at != 'e'; at++)
            digits += (*at >= '1' && *at <= '9') || (*at == '0' && digits > 0);
        ck_assert_msg(!isfinite(x) || fabs(x) == floor(fabs(x)) || digits <= (size_t)precision,
                      "%s has more digits than %s", text, shortest);
    }
}
END_TEST

START_TEST(writes_numbers_for_readers)
{
    char text[BNN_SHORT_TEXT];
    ck_assert_str_eq(bnn_count_text(0, text), "0");
    ck_assert_str_eq(bnn_count_text(999, text), "999");
    ck_assert_str_eq(bnn_count_text(61706, text), "61,706");
    ck_assert_str_eq(bnn_count_text(UINT64_MAX, text), "18,446,744,073,709,551,615");
    ck_assert_str_eq(bnn_percent_text(0.98714, text), "98.71 %");
    ck_assert_str_eq(bnn_seconds_text(2.3149, text), "2.31 s");
    ck_assert_str_eq(bnn_seconds_text(100.4, text), "100 s");
    ck_assert_str_eq(bnn_plural(0), "s");
    ck_assert_str_eq(bnn_plural(1), "");
    ck_assert_str_eq(bnn_plural(2), "s");
}
END_TEST

/* ---- what a user may have meant ---------------------------------------------------------- */

static const struct {
    const char *word, *nearest;
} suggestions[] = {
    {"epoch", "epochs"},     {"epocsh", "epochs"}, {"EPOCHS", "epochs"}, {"epohcs", "epochs"},
    {"bath", "batch"},       {"clp", "clip"},      {"lr", "lr"},         {"rl", NULL},
    {"batsh", "batch"},      {"ep", NULL},         {"", NULL},           {"something", NULL},
    {"EpochsMax", "epochs"}, {"ochs", "epochs"},   {"max_epochs", NULL}, {"clipping", "clip"},
    {"lrs", "lr"},           {"lrate", NULL},
};

START_TEST(suggests)
{
    static const char *const candidates[] = {"epochs", "batch", "clip", "lr"};
    const char *found = bnn_suggest(suggestions[_i].word, candidates, 4);
    ck_assert_pstr_eq(found, suggestions[_i].nearest);
}
END_TEST

START_TEST(suggests_nothing_for_endless_words)
{
    char word[200];
    memset(word, 'x', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    const char *const candidates[] = {word};
    ck_assert_ptr_null(bnn_suggest(word, candidates, 1));
}
END_TEST

START_TEST(asks_whether_that_was_meant)
{
    static const char *const candidates[] = {"epochs", "batch"};
    char out[BNN_DID_YOU_MEAN];
    ck_assert_str_eq(bnn_did_you_mean("epoch", candidates, 2, out), "; did you mean \"epochs\"?");
    ck_assert_str_eq(bnn_did_you_mean("else", candidates, 2, out), "");
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("text");
    TCase *tc = tcase_create("text");
    tcase_add_test(tc, joins);
    tcase_add_test(tc, joins_what_fits);
    tcase_add_test(tc, knows_names);
    tcase_add_test(tc, knows_endings);
    tcase_add_test(tc, keeps_each_once);
    tcase_add_test(tc, counts_characters);
    tcase_add_test(tc, knows_what_a_terminal_obeys);
    tcase_add_test(tc, shortens_at_a_character);
    tcase_add_loop_test(tc, writes_numbers, 0, N(number_texts));
    tcase_add_test(tc, writes_no_digit_too_many);
    tcase_add_test(tc, writes_numbers_for_readers);
    tcase_add_loop_test(tc, suggests, 0, N(suggestions));
    tcase_add_test(tc, suggests_nothing_for_endless_words);
    tcase_add_test(tc, asks_whether_that_was_meant);
    suite_add_tcase(suite, tc);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
