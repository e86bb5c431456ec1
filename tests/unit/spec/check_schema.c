/* check_schema.c - messages, tables, settings and their canonical JSON. */
#include "base/sha256.h"
#include "base/text.h"
#include "tests/fixtures/check_main.h"
#include "spec/key_text.h"
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

/* Line and column of s, and the lines that show it. */
static const struct {
    uint32_t line, column;
    const char *shown;
} lines[] = {
    {1, 1, "    a: 1\n    ^\n"},
    {2, 6, "    \xc3\xa4: ?[2J\n         ^\n"},
    {3, 101,
     "    bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbX\n"
     "                                                                   ^\n"},
    {4, 2, "    c\n     ^\n"},
    {5, 1, ""},
    {0, 0, ""},
    {4, 900, ""}, /* no position of the text */
};

START_TEST(shows_the_line)
{
    char text[256], out[BNN_DIAG_LINE];
    const size_t n =
        (size_t)snprintf(text, sizeof text, "a: 1\r\n\xc3\xa4:\t\033[2J\r%0100dX\nc", 0);
    for (size_t i = 0; i < n; i++)
        text[i] = text[i] == '0' ? 'b' : text[i];
    ck_assert_int_eq(bnn_diag_source(diag, "s", text, n), BNN_OK);
    ck_assert_int_eq(bnn_diag_source(diag, "s", "x", 1), BNN_OK);
    bnn_diag_add(diag, (bnn_position_in_file){"t", 1, 1}, "of another file");
    bnn_diag_add(diag, (bnn_position_in_file){"s", lines[_i].line, lines[_i].column}, "wrong");
    ck_assert_str_eq(bnn_diag_line(diag, 0, out), lines[_i].shown);
    ck_assert_str_eq(bnn_diag_line(diag, 1, out), "");
    ck_assert_str_eq(bnn_diag_line(diag, 2, out), "");
}
END_TEST

/* ---- sections ---------------------------------------------------------------------------- */

struct schedule {
    int32_t kind;
    double every, seconds;
};

struct options {
    double lr;
    int32_t epochs, nesterov, jobs, blur;
    double dust;
    const char *title, *first, *second;
    struct schedule schedule;
};

static const bnn_key schedule_keys[] = {
    {BNN_KEY_CHOICE(struct schedule, kind, "name", 2, "constant|step|cosine", "over time"),
     .flags = BNN_KEY_REQUIRED},
    {.param = BNN_NUMBER(struct schedule, every, 10, 1, 100, "epochs"),
     .acts = "train.schedule=step|train.epochs=7"},
    {BNN_KEY_DURATION(struct schedule, seconds, "pause", "between steps")},
    BNN_KEYS_END,
};
static const bnn_section schedule_section = {.keys = schedule_keys,
                                             .flags = BNN_SECTION_NAMED | BNN_SECTION_REFERENCE};

static const bnn_key both_keys[] = {
    {BNN_KEY_TEXT(struct options, first, "first", "of both"), .standard = "x"},
    {BNN_KEY_TEXT(struct options, second, "second", "of both"), .standard = "x",
     .acts = "train.nesterov!=false"},
    BNN_KEYS_END,
};
static const bnn_section both_section = {.keys = both_keys, .flags = BNN_SECTION_EACH};

static const bnn_key_type elsewhere = {"anything", NULL, NULL, NULL};

static const bnn_key train_keys[] = {
    {.param = BNN_INTEGER(struct options, epochs, 5, 1, 100000, "passes over the data")},
    {.param = BNN_NUMBER(struct options, lr, 0.001, 1e-9, 10, "learning rate")},
    {.param = BNN_SWITCH(struct options, nesterov, 1, "look ahead")},
    {.param = BNN_INTEGER(struct options, jobs, 0, 1, 8, "at a time"),
     .words = "auto",
     .flags = BNN_KEY_SILENT},
    {.param = BNN_NUMBER(struct options, dust, 0.5, 0, 1, "came later"), .flags = BNN_KEY_UNSET},
    {.param = BNN_SWITCH(struct options, blur, 1, "only with dust"),
     .acts = "train.dust",
     .flags = BNN_KEY_UNSET},
    {BNN_KEY_SECTION(struct options, schedule, "schedule", &schedule_section, "over time")},
    {BNN_KEY_OF("both", 0, &bnn_key_section, "two texts"), .section = &both_section},
    {BNN_KEY_TEXT(struct options, title, "title", "for readers"), .flags = BNN_KEY_FIXED},
    {BNN_KEY_OF("mine", 0, &elsewhere, "read elsewhere")},
    BNN_KEYS_END,
};
static const bnn_section train_section = {.keys = train_keys};
static const bnn_key root_keys[] = {
    {BNN_KEY_OF("train", 0, &bnn_key_section, "all"), .section = &train_section},
    BNN_KEYS_END,
};
static const bnn_section root_section = {.keys = root_keys};

/* What is recorded when nothing, or nothing right, is there. */
#define DEFAULTS                                                                                     \
    "{\"train.both.first\":\"x\",\"train.both.second\":\"x\",\"train.epochs\":5,\"train.lr\":0.001," \
    "\"train.nesterov\":true,\"train.schedule\":\"cosine\"}"

static const struct {
    const char *text;
    const char *messages;
    const char *json;
} fills[] = {
    {"{}", "", DEFAULTS},
    {"{lr: 1e-1, epochs: 6, nesterov: false, mine: [1], title: t, jobs: 3, both: {second: y}, "
     "schedule: step}",
     "",
     "{\"train.both.first\":\"x\",\"train.epochs\":6,\"train.lr\":0.1,\"train.nesterov\":false,"
     "\"train.schedule\":\"step\",\"train.schedule.every\":10}"},
    {"{epochs: 7, jobs: auto, both: y, schedule: {name: constant, every: 2, pause: 2m}}", "",
     "{\"train.both.first\":\"y\",\"train.both.second\":\"y\",\"train.epochs\":7,"
     "\"train.lr\":0.001,\"train.nesterov\":true,\"train.schedule\":\"constant\","
     "\"train.schedule.every\":2}"},
    {"epochs: 0\njobs: many\nboth: []\nschedule: {every: 0}\ntitle: ~",
     "s:1:9: train.epochs: 0 is out of range; it must be from 1 to 100000\n"
     "s:2:7: train.jobs: expected auto or an integer, got \"many\"\n"
     "s:3:7: train.both: expected a text, got a list\n"
     "s:4:11: train.schedule: the key \"name\" is missing\n"
     "s:4:19: train.schedule.every: 0 is out of range; it must be from 1 to 100\n"
     "s:5:8: train.title: expected a text, got nothing; leave the key out for its default",
     DEFAULTS},
    {"epoch: 3\nlr: big\nmomentum: 1\na.b: 1\nschedule: [step]",
     "s:1:1: unknown key \"epoch\" in train; did you mean \"epochs\"?\n"
     "s:2:5: train.lr: expected a number, got \"big\"\n"
     "s:3:1: unknown key \"momentum\" in train; known keys: epochs, lr, nesterov, jobs, dust, blur, "
     "schedule, both, title, mine\n"
     "s:4:1: unknown key \"a.b\" in train; keys with dots belong in sweep, baseline and -s, "
     "elsewhere write maps\n"
     "s:5:11: train.schedule: expected a name or a map of name, every, pause, got a list",
     DEFAULTS},
    {"[1]",
     "s:1:1: train: expected a map of epochs, lr, nesterov, jobs, dust, blur, schedule, both, title, mine, got a list",
     DEFAULTS},
    {"~",
     "s:1:1: train: expected a map of epochs, lr, nesterov, jobs, dust, blur, schedule, both, title, mine, got nothing; leave the key out for its default",
     DEFAULTS},
    {"{dust: 0.5, blur: false}", "", DEFAULTS},
    {"{lr: 1, dust: 0.25, blur: false}", "",
     "{\"train.blur\":false,\"train.both.first\":\"x\",\"train.both.second\":\"x\","
     "\"train.dust\":0.25,\"train.epochs\":5,\"train.lr\":1,\"train.nesterov\":true,"
     "\"train.schedule\":\"cosine\"}"},
};

/* Reads and records the value of `train`. */
static int fill(const bnn_node *node, struct options *out, bnn_settings *settings)
{
    bnn_reader at_root = reader, r = reader;
    at_root.settings = settings;
    r.path = "train";
    *settings = (bnn_settings){.arena = arena};
    const int status = bnn_section_read(&r, &train_section, node, out);
    bnn_section_record(&at_root, &root_section, out);
    return status;
}

START_TEST(fills_a_struct)
{
    struct options out = {0};
    bnn_settings settings;
    char hash[65], expected_hash[65];
    const bnn_node *node = parsed(fills[_i].text);
    ck_assert_int_eq(fill(node, &out, &settings),
                     fills[_i].messages[0] == '\0' ? BNN_OK : BNN_E_SPEC);
    ck_assert_str_eq(said(), fills[_i].messages);
    ck_assert_str_eq(bnn_settings_json(&settings, hash), fills[_i].json);
    bnn_sha256(fills[_i].json, strlen(fills[_i].json), expected_hash);
    ck_assert_str_eq(hash, expected_hash);
    ck_assert_int_eq(out.epochs, (int32_t)bnn_settings_find(&settings, "train.epochs")->number);
    ck_assert(out.lr == bnn_settings_find(&settings, "train.lr")->number);
    ck_assert_int_eq(out.nesterov, _i == 1 ? 0 : 1);
    ck_assert_int_eq(out.schedule.kind, _i == 1 ? 1 : _i == 2 ? 0 : 2);
    ck_assert_int_eq(out.jobs, _i == 1 ? 3 : 0);
    ck_assert_double_eq(out.schedule.seconds, _i == 2 ? 120 : 0);
    ck_assert_pstr_eq(out.title, _i == 1 ? "t" : NULL);
}
END_TEST

START_TEST(fills_defaults_without_a_map)
{
    struct options out = {0};
    bnn_settings settings;
    ck_assert_int_eq(fill(NULL, &out, &settings), BNN_OK);
    ck_assert_int_eq(out.epochs, 5);
    ck_assert(out.lr == 0.001);
    ck_assert_str_eq(out.second, "x");
}
END_TEST

START_TEST(recording_reports_a_full_arena)
{
    bnn_arena *small = bnn_arena_create(BNN_ALIGN);
    struct options out;
    bnn_settings settings;
    ck_assert_int_eq(fill(NULL, &out, &settings), BNN_OK);
    bnn_reader r = reader;
    r.settings = &settings;
    settings = (bnn_settings){.arena = small};
    bnn_section_record(&r, &root_section, &out);
    ck_assert_int_eq(bnn_diag_status(diag), BNN_E_INTERNAL);
    bnn_arena_destroy(small);
}
END_TEST

START_TEST(finds_keys)
{
    char text[256];
    ck_assert_str_eq(bnn_key_find(&root_section, "train.schedule.every")->param.name, "every");
    ck_assert_str_eq(bnn_key_find(&root_section, "train")->param.name, "train");
    ck_assert_ptr_null(bnn_key_find(&root_section, "train.schedule.ever"));
    ck_assert_ptr_null(bnn_key_find(&root_section, "train.epochs.first"));
    ck_assert_ptr_null(bnn_key_find(&root_section, ""));
    ck_assert_ptr_null(bnn_key_find(NULL, "train"));
    bnn_condition_text("a.b=step|c!=no", text, sizeof text);
    ck_assert_str_eq(text, "a.b: step or c other than no");
    bnn_condition_text("a=1&b.c!=0|d=x", text, sizeof text);
    ck_assert_str_eq(text, "a: 1 and b.c other than 0 or d: x");
}
END_TEST

START_TEST(the_worst_status_is_known)
{
    const bnn_position_in_file at = {.file = "s", .line = 1, .column = 1};
    ck_assert_int_eq(bnn_diag_status(diag), BNN_OK);
    bnn_diag_warn(diag, at, "odd");
    ck_assert_int_eq(bnn_diag_status(diag), BNN_OK);
    ck_assert_int_eq(bnn_diag_fail(diag, BNN_E_RESOURCE, at, "not there"), BNN_E_RESOURCE);
    const int begun = bnn_diag_begin(diag);
    ck_assert_int_eq(bnn_diag_status(diag), BNN_OK);
    ck_assert_int_eq(bnn_diag_add(diag, at, "wrong"), BNN_E_SPEC);
    bnn_diag_fail(diag, BNN_E_RESOURCE, at, "not there"); /* said already, and counts again */
    ck_assert_int_eq(bnn_diag_end(diag, begun), BNN_E_SPEC);
    ck_assert_int_eq(bnn_diag_status(diag), BNN_E_SPEC);
    ck_assert_int_eq(bnn_diag_end(diag, bnn_diag_begin(diag)), BNN_OK);
    ck_assert_int_eq(bnn_diag_no_memory(diag), BNN_E_INTERNAL);
    ck_assert_int_eq(bnn_diag_status(diag), BNN_E_INTERNAL);
    ck_assert_uint_eq(bnn_diag_n_errors(diag), 3);
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
    ck_assert(bnn_key_is_number(parsed("0.25"), &value));
    ck_assert(value == 0.25);
    setlocale(LC_NUMERIC, "C");
}
END_TEST

static void record(bnn_settings *settings, const char *key, uint32_t type, double number)
{
    reader.settings = settings;
    reader.path = key;
    bnn_record_number(&reader, type, number);
}

START_TEST(json_does_not_depend_on_the_order)
{
    bnn_settings one, two;
    char hash_one[65], hash_two[65], key[32];
    one = (bnn_settings){.arena = arena};
    two = (bnn_settings){.arena = arena};
    for (int i = 0; i < 100; i++) {
        snprintf(key, sizeof key, "k%d", i);
        record(&one, key, BNN_TYPE_INTEGER, i);
        snprintf(key, sizeof key, "k%d", 99 - i);
        record(&two, key, BNN_TYPE_INTEGER, 99 - i);
    }
    ck_assert_str_eq(bnn_settings_json(&one, hash_one), bnn_settings_json(&two, hash_two));
    ck_assert_str_eq(hash_one, hash_two);
    record(&two, "k5", BNN_TYPE_INTEGER, 6);
    bnn_settings_json(&two, hash_two);
    ck_assert_str_ne(hash_one, hash_two);
}
END_TEST

START_TEST(json_is_canonical)
{
    bnn_settings settings;
    char hash[65];
    settings = (bnn_settings){.arena = arena};
    ck_assert_str_eq(bnn_settings_json(&settings, hash), "{}");
    ck_assert_str_eq(hash, "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
    reader.path = "model.ste";
    reader.settings = &settings;
    bnn_record_text(&reader, "a \"b\" \\ \n \xc3\xa4");
    record(&settings, "z", BNN_TYPE_SWITCH, 0);
    record(&settings, "a.b", BNN_TYPE_NUMBER, 2.5);
    record(&settings, "a.b", BNN_TYPE_NUMBER, 0.25);
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
    tcase_add_loop_test(tc, shows_the_line, 0, N(lines));
    tcase_add_loop_test(tc, fills_a_struct, 0, N(fills));
    tcase_add_test(tc, fills_defaults_without_a_map);
    tcase_add_test(tc, recording_reports_a_full_arena);
    tcase_add_test(tc, finds_keys);
    tcase_add_test(tc, the_worst_status_is_known);
    tcase_add_test(tc, ignores_the_locale);
    tcase_add_test(tc, json_does_not_depend_on_the_order);
    tcase_add_test(tc, json_is_canonical);
    suite_add_tcase(suite, tc);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
