/* check_spec.c - YAML documents as trees: what is refused, limits, positions, edits. */
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/spec_fixture.h"

#include <unistd.h>

#define N(table) ((int)(sizeof(table) / sizeof *(table)))

/* ---- what is no document ---------------------------------------------------------------- */

static const struct {
    const char *text;
    const char *messages;
} bad_documents[] = {
    {"", "s: empty: no value in here"},
    {"# only a comment\n", "s: empty: no value in here"},
    {"a: 1\na: 2\n", "s:2:1: duplicate key \"a\"; it is set on line 1 already"},
    {"m:\n  a: 1\n  b: 2\n  a: 3\n  a: 4\n",
     "s:4:3: duplicate key \"a\"; it is set on line 2 already\n"
     "s:5:3: duplicate key \"a\"; it is set on line 2 already"},
    {"a: 1\n\"a\": 2\n", "s:2:1: duplicate key \"a\"; it is set on line 1 already"},
    {"a: 1\n---\nb: 2\n", "s:2:1: a second document starts here; only one is allowed"},
    {"a: &x {b: 1}\nc: {<<: *x}\n", "s:2:5: merge keys (<<) are not supported; write the keys out"},
    {"[a]: 1\n", "s:1:1: a key must be a name, not a list"},
    {"? {a: 1}\n: 2\n", "s:1:3: a key must be a name, not a map"},
    {"a: !!str 5\n", "s:1:4: tags are not supported; leave out !!str, or put the text in quotes"},
    {"a: !x [1]\nb: !y {}\n",
     "s:1:4: tags are not supported; leave out !x, or put the text in quotes\n"
     "s:2:4: tags are not supported; leave out !y, or put the text in quotes"},
    {"a: *nobody\n", "s:1:4: alias of an unknown anchor \"nobody\""},
    {"a: &a [1, *a]\n", "s:1:11: alias \"a\" stands inside its own anchor"},
    {"a: \"x\\0y\"\n", "s:1:4: a text cannot contain \\0"},
    {"a: [1, 2\nb: 3\n",
     "s:2:2: did not find expected ',' or ']' while parsing a flow sequence that starts on line 1"},
    {"a: 1\n b: 2\n",
     "s:2:3: mapping values are not allowed in this context; indent the line like its "
     "neighbours, and quote a text that contains a colon"},
    {"a:\n\tb: 1\n",
     "s:2:1: found character that cannot start any token: a tab; indent with spaces"},
    {"a: 'x\n", "s:2:1: found unexpected end of stream while scanning a quoted scalar that starts "
                "on line 1"},
    {"a: @x\n", "s:1:4: found character that cannot start any token; put the text in quotes"},
    {"a: 1\nb: \xff\n", "s:2:4: invalid leading UTF-8 octet; save it as UTF-8"},
    {"\xc3\xa4: \xc3\n", "s:1:5: invalid trailing UTF-8 octet; save it as UTF-8"},
    {"a: \x01\n", "s:1:4: control characters are not allowed"},
};

START_TEST(refuses_document)
{
    ck_assert_ptr_null(parse(bad_documents[_i].text));
    ck_assert_ptr_null(
        parse(bad_documents[_i].text)); /* refused again, though nothing new is said */
    ck_assert_str_eq(said(), bad_documents[_i].messages);
}
END_TEST

START_TEST(refuses_nul_byte)
{
    ck_assert_ptr_null(bnn_tree_parse("s", "a: 1\nb: x\0y\n", 12, arena, diag));
    ck_assert_str_eq(said(), "s:2:5: control characters are not allowed");
}
END_TEST

START_TEST(refuses_utf16)
{
    ck_assert_ptr_null(bnn_tree_parse("s", "\xff\xfe\x61\0", 4, arena, diag));
    ck_assert_str_eq(said(), "s:1:1: invalid leading UTF-8 octet; save it as UTF-8");
}
END_TEST

/* ---- limits ------------------------------------------------------------------------------ */

static char *repeat(char *to, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to = stpcpy(to, text);
    return to;
}

START_TEST(limits_depth)
{
    char text[200] = "";
    repeat(repeat(text, "[", 64), "]", 64);
    ck_assert_ptr_nonnull(parse(text));
    repeat(repeat(text, "[", 65), "]", 65);
    ck_assert_ptr_null(parse(text));
    ck_assert_str_eq(said(), "s:1:65: nested deeper than 64 levels");
}
END_TEST

/* Forty levels, and forty more through an alias. */
START_TEST(limits_depth_of_aliases)
{
    char text[400];
    char *p = stpcpy(text, "a: &x ");
    p = repeat(repeat(p, "[", 40), "]", 40);
    p = stpcpy(p, "\nb: ");
    p = stpcpy(repeat(p, "[", 40), "*x");
    repeat(p, "]", 40);
    ck_assert_ptr_null(parse(text));
    ck_assert_str_eq(said(), "s:2:44: nested deeper than 64 levels");
}
END_TEST

START_TEST(limits_aliases)
{
    const char *bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
                       "b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n"
                       "c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\n"
                       "d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\n"
                       "e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]\n";
    ck_assert_ptr_null(parse(bomb));
    ck_assert_str_eq(said(), "s:5:36: more than 100000 values, with aliases expanded");
}
END_TEST

START_TEST(limits_nodes)
{
    static char text[300000];
    char *p = repeat(stpcpy(text, "["), "1,", 99999);
    memcpy(p, "]", 2);
    const bnn_node *root = parsed(text);
    ck_assert_uint_eq(root->n, 99999);
    memcpy(p, "1]", 3);
    ck_assert_ptr_null(parse(text));
    ck_assert_str_eq(said(), "s:1:200000: more than 100000 values, with aliases expanded");
}
END_TEST

START_TEST(limits_anchors)
{
    static char text[20000];
    char *p = stpcpy(text, "[");
    for (int i = 0; i <= 1000; i++)
        p += snprintf(p, 16, "&a%d 1,", i);
    memcpy(p, "]", 2);
    ck_assert_ptr_null(parse(text));
    ck_assert_ptr_nonnull(strstr(said(), ": more than 1000 anchors"));
}
END_TEST

START_TEST(limits_size)
{
    const size_t n = (1 << 20) + 1;
    char *text = malloc(n);
    memset(text, '#', n);
    ck_assert_ptr_null(bnn_tree_parse("s", text, n, arena, diag));
    ck_assert_str_eq(said(), "s: 1048577 bytes, more than the limit of 1048576");
    free(text);
}
END_TEST

START_TEST(survives_a_full_arena)
{
    static const char text[] = "a: [1, 2, {b: c}]\nd: &x {e: f}\ng: *x\n";
    bool parsed_once = false;
    for (size_t limit = 0; limit < 8192; limit += BNN_ALIGN) {
        bnn_arena *small = bnn_arena_create(limit);
        bnn_diag *own = bnn_diag_create();
        const bnn_node *root = bnn_tree_parse("s", text, sizeof text - 1, small, own);
        ck_assert_int_eq(root == NULL, bnn_diag_n_errors(own) > 0);
        parsed_once |= root != NULL;
        bnn_diag_destroy(own);
        bnn_arena_destroy(small);
    }
    ck_assert(parsed_once);
}
END_TEST

/* ---- trees ------------------------------------------------------------------------------- */

static void check_at(const bnn_node *node, uint32_t line, uint32_t column)
{
    ck_assert_ptr_nonnull(node);
    ck_assert_str_eq(node->at.file, "s");
    ck_assert_uint_eq(node->at.line, line);
    ck_assert_uint_eq(node->at.column, column);
}

START_TEST(remembers_positions)
{
    const bnn_node *root = parsed("a: 1\nm\xc3\xa4p:\n  list: [x,  'y']\n  e:\n");
    check_at(root, 1, 1);
    check_at(bnn_tree_get(root, "a"), 1, 4);
    check_at(root->pairs[1].key, 2, 1);
    check_at(bnn_tree_get(root, "m\xc3\xa4p"), 3, 3);
    const bnn_node *list = bnn_tree_find(root, "m\xc3\xa4p.list");
    check_at(list, 3, 9);
    check_at(list->items[1], 3, 14);
    ck_assert(list->items[1]->quoted);
    ck_assert(!list->items[0]->quoted);
    ck_assert(bnn_tree_is_null(bnn_tree_find(root, "m\xc3\xa4p.e")));
}
END_TEST

START_TEST(skips_a_byte_order_mark)
{
    const bnn_node *map = parsed("\xef\xbb\xbf"
                                 "a: 1\nb: 2\n");
    ck_assert_str_eq(bnn_tree_get(map, "b")->text, "2");
    ck_assert_uint_eq(map->pairs[0].key->at.column, 1);
}
END_TEST

START_TEST(expands_aliases)
{
    const bnn_node *root = parsed("a: &x {b: 1}\nc: *x\nd: &x 2\ne: *x\n");
    ck_assert_ptr_eq(bnn_tree_get(root, "a"), bnn_tree_get(root, "c"));
    ck_assert_str_eq(bnn_tree_get(root, "e")->text, "2");
}
END_TEST

START_TEST(finds_paths)
{
    const bnn_node *root = parsed("a: {b: {c: 1}, bb: 2}\nx.y: 3\n");
    ck_assert_str_eq(bnn_tree_find(root, "a.b.c")->text, "1");
    ck_assert_str_eq(bnn_tree_find(root, "a.bb")->text, "2");
    ck_assert_str_eq(bnn_tree_get(root, "x.y")->text, "3");
    static const char *const missing[] = {"a.b.c.d", "a.", "", "a..b", "x.y", "b", ".a"};
    for (int i = 0; i < N(missing); i++)
        ck_assert_ptr_null(bnn_tree_find(root, missing[i]));
    ck_assert_ptr_null(bnn_tree_find(NULL, "a"));
    ck_assert_ptr_null(bnn_tree_get(bnn_tree_find(root, "a.bb"), "a"));
}
END_TEST

START_TEST(loads_files)
{
    char path[] = "check_spec_XXXXXX";
    const int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, "a: 1\nb: [\n", 10), 10);
    close(fd);
    ck_assert_ptr_null(bnn_tree_load(path, arena, diag));
    unlink(path);
    const char *expected = bnn_arena_printf(
        arena, "%s:3:1: did not find expected node content while parsing a flow node", path);
    ck_assert_str_eq(said(), expected);
}
END_TEST

START_TEST(reports_missing_files)
{
    ck_assert_ptr_null(bnn_tree_load("no/such.yaml", arena, diag));
    ck_assert_str_eq(said(), "no/such.yaml: cannot open: No such file or directory");
    ck_assert_ptr_null(bnn_tree_load("/dev/zero", arena, diag));
    ck_assert_ptr_nonnull(strstr(said(), "/dev/zero: not a regular file"));
}
END_TEST

/* path set to {v: 1} in the text gives `found`, or the message. */
static const struct {
    const char *text, *path, *look_at, *found, *messages;
} sets[] = {
    {"a: 1", "b.c.d", "b.c.d.v", "1", ""},
    {"a: 1", "a", "a.v", "1", ""},
    {"a: {b: 2}", "a.c", "a.b", "2", ""},
    {"a:", "a.b", "a.b.v", "1", ""},
    {"a: ~", "a.b", "a.b.v", "1", ""},
    {"ste: clipped", "ste.p", "ste.name", "clipped", ""},
    {"m: {ste: clipped}", "m.ste.p", "m.ste.p.v", "1", ""},
    {"a: [1]", "a.b", NULL, NULL, "t:7:9: cannot set a.b: a is a list, not a map"},
    {"m: {a: none}", "m.a.b", NULL, NULL, "t:7:9: cannot set m.a.b: m.a is \"none\", not a map"},
    {"m: {a: 5}", "m.a.b.c", NULL, NULL, "t:7:9: cannot set m.a.b.c: m.a is \"5\", not a map"},
    {"m: {a: true}", "m.a.b", NULL, NULL, "t:7:9: cannot set m.a.b: m.a is \"true\", not a map"},
    {"word", "a", NULL, NULL, "t:7:9: cannot set a: the document is \"word\", not a map"},
    {"a: 1", "a..b", NULL, NULL,
     "t:7:9: \"a..b\" is not a key: names joined with dots, as in train.epochs"},
    {"a: 1", "", NULL, NULL,
     "t:7:9: \"\" is not a key: names joined with dots, as in train.epochs"},
    {"a: 1", "a b", NULL, NULL,
     "t:7:9: \"a b\" is not a key: names joined with dots, as in train.epochs"},
    {"a: 1", "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a", NULL, NULL,
     "t:7:9: \"a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a\" is not a key: names joined with dots, as in "
     "train.epochs"},
};

START_TEST(sets_values)
{
    const bnn_node *root = parsed(sets[_i].text), *value = parsed("{v: 1}");
    const bnn_position_in_file at = {"t", 7, 9};
    const bnn_node *copy = bnn_tree_set(root, sets[_i].path, value, arena, diag, at);
    ck_assert_str_eq(said(), sets[_i].messages);
    ck_assert_int_eq(copy == NULL, sets[_i].found == NULL);
    if (copy != NULL)
        ck_assert_str_eq(bnn_tree_find(copy, sets[_i].look_at)->text, sets[_i].found);
    ck_assert(bnn_tree_equal(root, parsed(sets[_i].text)));
}
END_TEST

START_TEST(set_carries_the_position_of_the_override)
{
    const bnn_position_in_file at = {"t", 7, 9};
    const bnn_node *root = parsed("a: {b: 1}\nz: {}");
    const bnn_node *copy = bnn_tree_set(root, "a.new.leaf", root, arena, diag, at);
    const bnn_node *a = bnn_tree_get(copy, "a");
    check_at(copy->pairs[0].key, 1, 1);
    check_at(a->pairs[0].key, 1, 5);
    ck_assert_str_eq(a->pairs[1].key->at.file, "t");
    ck_assert_uint_eq(bnn_tree_get(a, "new")->pairs[0].key->at.line, 7);
    ck_assert_ptr_eq(bnn_tree_get(copy, "z"), bnn_tree_get(root, "z"));
}
END_TEST

START_TEST(puts_and_drops)
{
    const bnn_position_in_file at = {"t", 1, 1};
    const bnn_node *map = parsed("{a.b: 1, c: 2, d: 3}");
    const bnn_node *more = bnn_tree_put(map, "a.b", map, arena, at);
    ck_assert_uint_eq(more->n, 3);
    ck_assert_ptr_eq(more->pairs[0].value, map);
    ck_assert_uint_eq(bnn_tree_put(NULL, "x", map, arena, at)->n, 1);
    const bnn_node *less = bnn_tree_put(map, "c", NULL, arena, at);
    ck_assert(bnn_tree_equal(less, parsed("{a.b: 1, d: 3}")));
    ck_assert(bnn_tree_equal(bnn_tree_put(map, "nothing", NULL, arena, at), map));
}
END_TEST

static const struct {
    const char *a, *b;
    bool equal;
} pairs_of_values[] = {
    {"{a: 1, b: [x, y]}", "{b: [x, y], a: 1}", true},
    {"{a: 1}", "{a: 1, b: 2}", false},
    {"{a: 1, b: 2}", "{a: 1, c: 2}", false},
    {"[x, y]", "[y, x]", false},
    {"1", "\"1\"", false},
    {"1", "1.0", false},
    {"x", "[x]", false},
};

START_TEST(compares)
{
    const bnn_node *a = parsed(pairs_of_values[_i].a), *b = parsed(pairs_of_values[_i].b);
    ck_assert_int_eq(bnn_tree_equal(a, b), pairs_of_values[_i].equal);
    ck_assert_int_eq(bnn_tree_equal(b, a), pairs_of_values[_i].equal);
    ck_assert(!bnn_tree_equal(a, NULL));
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("spec");
    TCase *tree = tcase_create("tree");
    tcase_add_checked_fixture(tree, set_up, tear_down);
    tcase_add_loop_test(tree, refuses_document, 0, N(bad_documents));
    tcase_add_test(tree, refuses_nul_byte);
    tcase_add_test(tree, refuses_utf16);
    tcase_add_test(tree, limits_depth);
    tcase_add_test(tree, limits_depth_of_aliases);
    tcase_add_test(tree, limits_aliases);
    tcase_add_test(tree, limits_nodes);
    tcase_add_test(tree, limits_anchors);
    tcase_add_test(tree, limits_size);
    tcase_add_test(tree, survives_a_full_arena);
    tcase_add_test(tree, remembers_positions);
    tcase_add_test(tree, skips_a_byte_order_mark);
    tcase_add_test(tree, expands_aliases);
    tcase_add_test(tree, finds_paths);
    tcase_add_test(tree, loads_files);
    tcase_add_test(tree, reports_missing_files);
    tcase_add_loop_test(tree, sets_values, 0, N(sets));
    tcase_add_test(tree, set_carries_the_position_of_the_override);
    tcase_add_test(tree, puts_and_drops);
    tcase_add_loop_test(tree, compares, 0, N(pairs_of_values));
    suite_add_tcase(suite, tree);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
