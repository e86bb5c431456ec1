/* check_values.c - integers, numbers, switches, durations, choices and texts of a spec. */
#include "tests/fixtures/check_main.h"
#include "spec/key.h"
#include "tests/fixtures/spec_fixture.h"

#include <math.h>

#define N(table) ((int)(sizeof(table) / sizeof *(table)))

static const struct {
    const char *text; /* YAML */
    const char *value;
    const char *message; /* after "s:1:1: t: "; NULL: valid */
} integers[] = {
    {"5", "5", NULL},
    {"-10", "-10", NULL},
    {"+7", "7", NULL},
    {"100", "100", NULL},
    {"007", "7", NULL},
    {"101", NULL, "101 is out of range; it must be from -10 to 100"},
    {"99999999999999999999", NULL,
     "99999999999999999999 is out of range; it must be from -10 to 100"},
    {"5.0", NULL, "expected an integer, got \"5.0\"; write 5"},
    {"1e1", NULL, "expected an integer, got \"1e1\"; write 10"},
    {"0x10", NULL, "expected an integer, got \"0x10\""},
    {"1_0", NULL, "expected an integer, got \"1_0\"; leave out the _"},
    {"lots", NULL, "expected an integer, got \"lots\""},
    {"+", NULL, "expected an integer, got \"+\""},
    {"'5'", NULL, "expected an integer, got \"5\" in quotes, which is a text; remove the quotes"},
    {"''", NULL, "expected an integer, got \"\""},
    {"[5]", NULL, "expected an integer, got a list"},
    {"{a: 5}", NULL, "expected an integer, got a map"},
    {"~", NULL, "expected an integer, got nothing; leave the key out for its default"},
};

/* What a key reads from a text: the status and the message are compared, the field is filled. */
static void check_reads(const bnn_key *key, const char *text, const char *message, void *out)
{
    const bnn_key_type *type = key->type != NULL ? key->type : &bnn_key_value;
    reader.path = "t";
    type->read(&reader, key, parsed(text), out);
    ck_assert_int_eq(bnn_diag_status(diag), message == NULL ? BNN_OK : BNN_E_SPEC);
    if (message == NULL)
        ck_assert_str_eq(said(), "");
    else
        ck_assert_str_eq(said(), bnn_arena_printf(arena, "s:1:1: t: %s", message));
}

START_TEST(reads_integers)
{
    static const bnn_key key = {.param = {"t", BNN_TYPE_INTEGER, 0, 42, -10, 100, NULL, "a count"}};
    int32_t value = 0;
    check_reads(&key, integers[_i].text, integers[_i].message, &value);
    const char *expected = integers[_i].value == NULL ? "42" : integers[_i].value;
    ck_assert_int_eq(value, strtoll(expected, NULL, 10));
}
END_TEST

static const struct {
    const char *text;
    double value, minimum, maximum;
    const char *message;
} numbers[] = {
    {"0.1", 0.1, 0, 1, NULL},
    {"1e-3", 1e-3, 0, 1, NULL},
    {".5", 0.5, 0, 1, NULL},
    {"1.", 1.0, 0, 1, NULL},
    {"-2", -2.0, -10, 10, NULL},
    {"+1.5E+2", 150.0, 0, 1000, NULL},
    {"1e-400", 0.0, 0, 1, NULL},
    {"1.5", 0, 0, 1, "1.5 is out of range; it must be from 0 to 1"},
    {"-1", 0, 1e-3, 1e5, "-1 is out of range; it must be from 0.001 to 100000"},
    {"1e999", 0, 0, 1e6, "1e999 is out of range; it must be from 0 to 1000000"},
    {".nan", 0, 0, 1, "expected a number, got \".nan\""},
    {"nan", 0, 0, 1, "expected a number, got \"nan\""},
    {"inf", 0, 0, 1, "expected a number, got \"inf\""},
    {"0x1p3", 0, 0, 100, "expected a number, got \"0x1p3\""},
    {"1,5", 0, 0, 100, "expected a number, got \"1,5\""},
    {"1e", 0, 0, 100, "expected a number, got \"1e\""},
    {"1.2.3", 0, 0, 100, "expected a number, got \"1.2.3\""},
    {".", 0, 0, 100, "expected a number, got \".\""},
    {"\"1\"", 0, 0, 1,
     "expected a number, got \"1\" in quotes, which is a text; remove the quotes"},
    {"[1]", 0, 0, 1, "expected a number, got a list"},
};

START_TEST(reads_numbers)
{
    const bnn_key key = {.param = {"t", BNN_TYPE_NUMBER, 0, 42, numbers[_i].minimum,
                                   numbers[_i].maximum, NULL, "a rate"}};
    double value = 0;
    check_reads(&key, numbers[_i].text, numbers[_i].message, &value);
    ck_assert(value == (numbers[_i].message == NULL ? numbers[_i].value : 42));
}
END_TEST

START_TEST(reads_minus_zero_as_zero)
{
    static const bnn_key key = {.param = {"t", BNN_TYPE_NUMBER, 0, 42, -1, 1, NULL, "a rate"}};
    double value = 42;
    check_reads(&key, "-0.0", NULL, &value);
    ck_assert(value == 0.0 && !signbit(value));
}
END_TEST

static const struct {
    const char *text;
    int32_t value;
    const char *message;
} switches[] = {
    {"true", 1, NULL},
    {"false", 0, NULL},
    {"yes", 0, "expected true or false, got \"yes\"; write true"},
    {"Off", 0, "expected true or false, got \"Off\"; write false"},
    {"True", 0, "expected true or false, got \"True\"; write true"},
    {"1", 0, "expected true or false, got \"1\"; write true"},
    {"'true'", 0, "expected true or false, got \"true\"; write true without quotes"},
    {"maybe", 0, "expected true or false, got \"maybe\""},
    {"[]", 0, "expected true or false, got a list"},
};

START_TEST(reads_switches)
{
    static const bnn_key key = {.param = {"t", BNN_TYPE_SWITCH, 0, 42, 0, 1, NULL, "or not"}};
    int32_t value = 0;
    check_reads(&key, switches[_i].text, switches[_i].message, &value);
    ck_assert_int_eq(value, switches[_i].message == NULL ? switches[_i].value : 42);
}
END_TEST

static const struct {
    const char *text;
    double seconds;
    const char *message;
} durations[] = {
    {"90", 90, NULL},
    {"90s", 90, NULL},
    {"15m", 900, NULL},
    {"2h", 7200, NULL},
    {"1d", 86400, NULL},
    {"1.5h", 5400, NULL},
    {"0", 0, NULL},
    {"3651d", 0, "3651d is out of range; it must be from 0 to 3650d"},
    {"-1s", 0, "-1s is out of range; it must be from 0 to 3650d"},
    {"1e999h", 0, "1e999h is out of range; it must be from 0 to 3650d"},
    {"2 h", 0, "expected a duration such as 90s, 15m, 2h or 1d, got \"2 h\""},
    {"2w", 0, "expected a duration such as 90s, 15m, 2h or 1d, got \"2w\""},
    {"h", 0, "expected a duration such as 90s, 15m, 2h or 1d, got \"h\""},
    {"{h: 2}", 0, "expected a duration such as 90s, 15m, 2h or 1d, got a map"},
    {"'2h'", 0,
     "expected a duration such as 90s, 15m, 2h or 1d, got \"2h\" in quotes, which is a text; "
     "remove the quotes"},
};

START_TEST(reads_durations)
{
    static const bnn_key key = {.param = {.name = "t", .fallback = 42}, .type = &bnn_key_duration};
    double value = 0;
    check_reads(&key, durations[_i].text, durations[_i].message, &value);
    ck_assert(value == (durations[_i].message == NULL ? durations[_i].seconds : 42));
}
END_TEST

static const struct {
    const char *text;
    int32_t value;
    const char *message;
} choices[] = {
    {"constant", 0, NULL},
    {"'cosine'", 2, NULL},
    {"cosin", 0, "expected one of constant, step, cosine, got \"cosin\"; did you mean \"cosine\"?"},
    {"linear", 0, "expected one of constant, step, cosine, got \"linear\""},
    {"constant|step", 0,
     "expected one of constant, step, cosine, got \"constant|step\"; did you mean \"constant\"?"},
    {"[step]", 0, "expected one of constant, step, cosine, got a list"},
};

START_TEST(reads_choices)
{
    static const bnn_key key = {
        .param = {"t", BNN_TYPE_CHOICE, 0, 42, 0, 0, "constant|step|cosine", "over time"}};
    int32_t value = 0;
    check_reads(&key, choices[_i].text, choices[_i].message, &value);
    ck_assert_int_eq(value, choices[_i].message == NULL ? choices[_i].value : 42);
}
END_TEST

START_TEST(splits_choices)
{
    char text[8];
    ck_assert_uint_eq(bnn_choice_count("a|bc|d"), 3);
    ck_assert_uint_eq(bnn_choice_count("a"), 1);
    bnn_choice_text("a|bc|d", 1, text, sizeof text);
    ck_assert_str_eq(text, "bc");
    bnn_choice_text("a|bc|d", 2, text, sizeof text);
    ck_assert_str_eq(text, "d");
    bnn_choice_text("a|bc|d", 3, text, sizeof text);
    ck_assert_str_eq(text, "");
    bnn_choice_text("long_choice", 0, text, sizeof text);
    ck_assert_str_eq(text, "long_ch");
}
END_TEST

START_TEST(reads_texts)
{
    static const bnn_key key = {
        .param = {.name = "t"}, .type = &bnn_key_text, .standard = "default"};
    const char *text = NULL;
    check_reads(&key, "5", NULL, &text);
    ck_assert_str_eq(text, "5");
    check_reads(&key, "''", NULL, &text);
    ck_assert_str_eq(text, "");
    check_reads(&key, "null", "expected a text, got nothing; leave the key out for its default",
                &text);
    ck_assert_str_eq(text, "default");
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("values");
    TCase *tc = tcase_create("values");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, reads_integers, 0, N(integers));
    tcase_add_loop_test(tc, reads_numbers, 0, N(numbers));
    tcase_add_test(tc, reads_minus_zero_as_zero);
    tcase_add_loop_test(tc, reads_switches, 0, N(switches));
    tcase_add_loop_test(tc, reads_durations, 0, N(durations));
    tcase_add_loop_test(tc, reads_choices, 0, N(choices));
    tcase_add_test(tc, splits_choices);
    tcase_add_test(tc, reads_texts);
    suite_add_tcase(suite, tc);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
