/* check_schema.c - messages, tables, settings and their canonical JSON. */
#include "base/sha256.h"
#include "base/text.h"
#include "tests/fixtures/check_main.h"
#include "spec/schema.h"
#include "tests/fixtures/spec_fixture.h"

#include <locale.h>

#define N(table) ((int)(sizeof(table) / sizeof *(table)))

/* ---- diag -------------------------------------------------------------------------------- */

START_TEST(sorts_and_says_once)
{
    bnn_diag_add(diag, (bnn_position_in_file){"b", 1, 1}, "in b");
    bnn_diag_add(diag, (bnn_position_in_file){"a", 10, 2}, "tenth");
    bnn_diag_warn(diag, (bnn_position_in_file){"a", 9, 3}, "odd %d", 1);
    bnn_diag_add(diag, (bnn_position_in_file){"a", 10, 1}, "first");
    bnn_diag_add(diag, (bnn_position_in_file){"a", 10, 1}, "second");
    bnn_diag_add(diag, (bnn_position_in_file){"a", 10, 1}, "first");
    bnn_diag_add(diag, (bnn_position_in_file){"a", 0, 0}, "whole");
    bnn_diag_add(diag, (bnn_position_in_file){NULL, 0, 0}, "alone");
    ck_assert_str_eq(said(), "alone\na: whole\na:9:3: warning: odd 1\na:10:1: first\n"
                             "a:10:1: second\na:10:2: tenth\nb:1:1: in b");
    ck_assert_uint_eq(bnn_diag_n_errors(diag), 6);
}
END_TEST

START_TEST(keeps_control_characters_from_the_terminal)
{
    bnn_diag_add(diag, (bnn_position_in_file){"s", 1, 1}, "a\033[31m\n\xc2\x9b\xc3\xa4\x7f");
    ck_assert_str_eq(said(), "s:1:1: a?[31m???\xc3\xa4?");
}
END_TEST

START_TEST(bounds_the_number_of_messages)
{
    for (uint32_t i = 1; i <= 1500; i++)
        bnn_diag_add(diag, (bnn_position_in_file){"s", i, 1}, "wrong");
    ck_assert_uint_eq(bnn_diag_n_errors(diag), 1500);
    ck_assert_uint_eq(bnn_diag_count(diag), 1001);
    ck_assert_str_eq(bnn_diag_message(diag, 1000), "too many messages: the rest is not shown");
}
END_TEST

/* ---- tables ------------------------------------------------------------------------------ */

struct options {
    double lr;
    int32_t epochs, nesterov, schedule;
};

static const bnn_param table[] = {
    BNN_INTEGER(struct options, epochs, 5, 1, 100000, "passes over the data"),
    BNN_NUMBER(struct options, lr, 0.001, 1e-9, 10, "learning rate"),
    BNN_SWITCH(struct options, nesterov, 1, "look ahead"),
    BNN_CHOICE(struct options, schedule, 2, "constant|step|cosine", "learning rate over time"),
    BNN_PARAMS_END,
};

static const struct {
    const char *text;
    const char *messages;
    const char *json;
} fills[] = {
    {"{}", "",
     "{\"train.epochs\":5,\"train.lr\":0.001,\"train.nesterov\":true,"
     "\"train.schedule\":\"cosine\"}"},
    {"{lr: 1e-1, epochs: 7, schedule: step, nesterov: false, mine: [1]}", "",
     "{\"train.epochs\":7,\"train.lr\":0.1,\"train.nesterov\":false,"
     "\"train.schedule\":\"step\"}"},
    {"epochs: 0", "s:1:9: train.epochs: 0 is out of range; it must be from 1 to 100000",
     "{\"train.epochs\":5,\"train.lr\":0.001,\"train.nesterov\":true,"
     "\"train.schedule\":\"cosine\"}"},
    {"epoch: 3\nlr: big\nmomentum: 1\na.b: 1",
     "s:1:1: unknown key \"epoch\" in train; did you mean \"epochs\"?\n"
     "s:2:5: train.lr: expected a number, got \"big\"\n"
     "s:3:1: unknown key \"momentum\" in train; known keys: epochs, lr, nesterov, schedule, mine\n"
     "s:4:1: unknown key \"a.b\" in train; keys with dots belong in sweep, baseline and -s, "
     "elsewhere write maps",
     "{\"train.epochs\":5,\"train.lr\":0.001,\"train.nesterov\":true,"
     "\"train.schedule\":\"cosine\"}"},
    {"[1]", "s:1:1: train: expected a map, got a list",
     "{\"train.epochs\":5,\"train.lr\":0.001,\"train.nesterov\":true,"
     "\"train.schedule\":\"cosine\"}"},
};

START_TEST(fills_a_struct)
{
    static const char *const also[] = {"mine", NULL};
    struct options out = {0};
    bnn_settings settings;
    char hash[65], expected_hash[65];
    bnn_settings_init(&settings, arena);
    const int status = bnn_schema_fill(table, parsed(fills[_i].text), "train", "train", also, &out,
                                       &settings, diag);
    ck_assert_int_eq(status, fills[_i].messages[0] == '\0' ? BNN_OK : BNN_E_SPEC);
    ck_assert_str_eq(said(), fills[_i].messages);
    ck_assert_str_eq(bnn_settings_json(&settings, hash), fills[_i].json);
    bnn_sha256(fills[_i].json, strlen(fills[_i].json), expected_hash);
    ck_assert_str_eq(hash, expected_hash);
    ck_assert_int_eq(out.epochs, (int32_t)bnn_settings_find(&settings, "train.epochs")->number);
    ck_assert(out.lr == bnn_settings_find(&settings, "train.lr")->number);
    ck_assert_int_eq(out.nesterov, _i == 1 ? 0 : 1);
    ck_assert_int_eq(out.schedule, _i == 1 ? 1 : 2);
}
END_TEST

START_TEST(fills_defaults_without_a_map)
{
    struct options out = {0};
    ck_assert_int_eq(bnn_schema_fill(table, NULL, "train", "", NULL, &out, NULL, diag), BNN_OK);
    ck_assert_int_eq(out.epochs, 5);
    ck_assert(out.lr == 0.001);
}
END_TEST

START_TEST(fills_nothing_without_a_table)
{
    static const char *const also[] = {"name", NULL};
    const bnn_node *map = parsed("{name: x, clip: 1}");
    ck_assert_int_eq(bnn_schema_fill(NULL, map, "ste x", "p", also, NULL, NULL, diag), BNN_E_SPEC);
    ck_assert_str_eq(said(), "s:1:11: unknown key \"clip\" in ste x; known keys: name");
}
END_TEST

START_TEST(fill_reports_a_full_arena)
{
    bnn_arena *small = bnn_arena_create(BNN_ALIGN);
    struct options out;
    bnn_settings settings;
    bnn_settings_init(&settings, small);
    ck_assert_int_eq(bnn_schema_fill(table, NULL, "train", "train", NULL, &out, &settings, diag),
                     BNN_E_INTERNAL);
    bnn_arena_destroy(small);
}
END_TEST

START_TEST(knows_keys)
{
    static const char *const known[] = {"name", "model", NULL}, *const none[] = {NULL};
    ck_assert_int_eq(bnn_schema_known_keys(parsed("{name: 1}"), "x", known, diag), BNN_OK);
    ck_assert_int_eq(bnn_schema_known_keys(NULL, "x", known, diag), BNN_OK);
    ck_assert_int_eq(bnn_schema_known_keys(parsed("modle: 1"), "x", known, diag), BNN_E_SPEC);
    ck_assert_int_eq(bnn_schema_known_keys(parsed("  a: 1"), "x", none, diag), BNN_E_SPEC);
    ck_assert_int_eq(bnn_schema_known_keys(parsed("    ~"), "x", known, diag), BNN_E_SPEC);
    ck_assert_str_eq(said(), "s:1:1: unknown key \"modle\" in x; did you mean \"model\"?\n"
                             "s:1:3: unknown key \"a\" in x, which takes none\n"
                             "s:1:5: x: expected a map, got nothing");
}
END_TEST

static const struct {
    const char *text, *name, *message;
} references[] = {
    {"clipped", "clipped", NULL},
    {"{name: clipped, clip: 1.3}", "clipped", NULL},
    {"{clip: 1}", NULL, "s:1:1: model.ste: a name is missing, as in {name: NAME, ...}"},
    {"{name: [x]}", NULL, "s:1:8: model.ste.name: expected a text, got a list"},
    {"[clipped]", NULL, "s:1:1: model.ste: expected a name or a map with one, got a list"},
    {"~", NULL, "s:1:1: model.ste: expected a name or a map with one, got nothing"},
};

START_TEST(reads_references)
{
    const char *name = NULL;
    const bnn_node *params = NULL, *node = parsed(references[_i].text);
    const int status = bnn_schema_reference(node, "model.ste", &name, &params, diag);
    ck_assert_int_eq(status, references[_i].name == NULL ? BNN_E_SPEC : BNN_OK);
    ck_assert_pstr_eq(name, references[_i].name);
    ck_assert_str_eq(said(), references[_i].message == NULL ? "" : references[_i].message);
    ck_assert_ptr_eq(params, status == BNN_OK && node->kind == BNN_NODE_MAP ? node : NULL);
}
END_TEST

/* ---- settings ---------------------------------------------------------------------------- */

/* A comma as the decimal point must not reach a spec or the JSON. */
START_TEST(ignores_the_locale)
{
    static const char *const locales[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE"};
    const char *locale = NULL;
    for (int i = 0; i < N(locales) && locale == NULL; i++)
        locale = setlocale(LC_NUMERIC, locales[i]);
    if (locale == NULL)
        fprintf(stderr, "ignores_the_locale: no locale with a comma here, so nothing is tried\n");
    char text[32];
    double value = 0;
    bnn_number_text(0.5, text);
    ck_assert_str_eq(text, "0.5");
    ck_assert_int_eq(bnn_schema_number(parsed("0.25"), "t", 0, 1, &value, diag), BNN_OK);
    ck_assert(value == 0.25);
    setlocale(LC_NUMERIC, "C");
}
END_TEST

START_TEST(json_does_not_depend_on_the_order)
{
    bnn_settings one, two;
    char hash_one[65], hash_two[65], key[32];
    bnn_settings_init(&one, arena);
    bnn_settings_init(&two, arena);
    for (int i = 0; i < 100; i++) {
        snprintf(key, sizeof key, "k%d", i);
        bnn_settings_add_number(&one, "p", key, BNN_TYPE_INTEGER, i);
        snprintf(key, sizeof key, "k%d", 99 - i);
        bnn_settings_add_number(&two, "p", key, BNN_TYPE_INTEGER, 99 - i);
    }
    ck_assert_str_eq(bnn_settings_json(&one, hash_one), bnn_settings_json(&two, hash_two));
    ck_assert_str_eq(hash_one, hash_two);
    bnn_settings_add_number(&two, "p", "k5", BNN_TYPE_INTEGER, 6);
    bnn_settings_json(&two, hash_two);
    ck_assert_str_ne(hash_one, hash_two);
}
END_TEST

START_TEST(json_is_canonical)
{
    bnn_settings settings;
    char hash[65];
    bnn_settings_init(&settings, arena);
    ck_assert_str_eq(bnn_settings_json(&settings, hash), "{}");
    ck_assert_str_eq(hash, "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
    bnn_settings_add_text(&settings, "model.ste", "", "a \"b\" \\ \n \xc3\xa4");
    bnn_settings_add_number(&settings, "", "z", BNN_TYPE_SWITCH, 0);
    bnn_settings_add_number(&settings, "a", "b", BNN_TYPE_NUMBER, 2.5);
    bnn_settings_add_number(&settings, "a", "b", BNN_TYPE_NUMBER, 0.25);
    ck_assert_str_eq(bnn_settings_json(&settings, hash),
                     "{\"a.b\":0.25,\"model.ste\":\"a \\\"b\\\" \\\\ \\n \xc3\xa4\",\"z\":false}");
    ck_assert_ptr_null(bnn_settings_find(&settings, "a"));
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("schema");
    TCase *tc = tcase_create("schema");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, sorts_and_says_once);
    tcase_add_test(tc, keeps_control_characters_from_the_terminal);
    tcase_add_test(tc, bounds_the_number_of_messages);
    tcase_add_loop_test(tc, fills_a_struct, 0, N(fills));
    tcase_add_test(tc, fills_defaults_without_a_map);
    tcase_add_test(tc, fills_nothing_without_a_table);
    tcase_add_test(tc, fill_reports_a_full_arena);
    tcase_add_test(tc, knows_keys);
    tcase_add_loop_test(tc, reads_references, 0, N(references));
    tcase_add_test(tc, ignores_the_locale);
    tcase_add_test(tc, json_does_not_depend_on_the_order);
    tcase_add_test(tc, json_is_canonical);
    suite_add_tcase(suite, tc);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
