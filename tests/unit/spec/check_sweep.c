/* check_sweep.c - the points of a sweep, their labels, and overrides from the command line. */
#include "tests/fixtures/check_main.h"
#include "spec/key.h"
#include "spec/sweep.h"
#include "tests/fixtures/spec_fixture.h"

#include <math.h>

#define N(table) ((int)(sizeof(table) / sizeof *(table)))

/* The base spec of most tests; a test adds lines after it. */
#define BASE                                                               \
    "model: {ste: clipped, binarize: {weights: true}, ordering: bn_act}\n" \
    "train: {epochs: 5, optimizer: {name: adam, lr: 0.001}}\n"

/* What of a spec does not vary, and takes lists. */
static const bnn_key spec_keys[] = {
    {.param = {.name = "name"}, .flags = BNN_KEY_FIXED},
    {.param = {.name = "seeds"}, .flags = BNN_KEY_FIXED | BNN_KEY_LIST},
    {.param = {.name = "sweep"}, .flags = BNN_KEY_FIXED},
    {.param = {.name = "baseline"}, .flags = BNN_KEY_FIXED},
    {.param = {.name = "run"}, .flags = BNN_KEY_FIXED},
    {.param = {.name = "model"}},
    {.param = {.name = "train"}},
    {.param = {.name = "a"}},
    {.param = {.name = "b"}},
    {.param = {.name = "lr"}},
    {.param = {.name = "m"}},
    {.param = {.name = "start"}},
    {.param = {.name = "teacher"}},
    BNN_KEYS_END,
};
static const bnn_section spec_section = {.keys = spec_keys};

static void sweep_set_up(void)
{
    set_up();
    reader.spec = &spec_section;
}

/* Labels of all points, "|" between them, "*" at the baseline. */
static const char *labels(const bnn_sweep *sweep)
{
    const char *all = "";
    for (size_t i = 0; i < sweep->n; i++)
        all = bnn_arena_printf(arena, "%s%s%s%s", all, i == 0 ? "" : "|", sweep->points[i].label,
                               sweep->points[i].baseline ? "*" : "");
    return all;
}

static bnn_sweep expanded(const bnn_node *spec)
{
    bnn_sweep sweep = {.n = 0};
    ck_assert_msg(bnn_sweep_expand(&reader, spec, 1, &sweep) == BNN_OK, "%s", said());
    return sweep;
}

/* ---- expansion and labels ---------------------------------------------------------------- */

static const struct {
    const char *text;
    const char *labels;
} sweeps[] = {
    {"", "base"},
    {"sweep: {}\n", "base"},
    {"sweep: {grid: {}, zip: {}, list: [], exclude: []}\n", "base"},
    {"baseline: {}\n", "base*"},
    {"baseline: {model.ste: identity}\n", "base|ste=identity*"},
    /* the first key varies slowest */
    {"sweep: {grid: {model.ste: [a, b], train.epochs: [1, 2]}}\n",
     "ste=a epochs=1|ste=a epochs=2|ste=b epochs=1|ste=b epochs=2"},
    {"sweep: {zip: {model.ste: [a, b, c], train.epochs: [1, 2, 3]}}\n",
     "ste=a epochs=1|ste=b epochs=2|ste=c epochs=3"},
    {"sweep: {zip: {model.ste: [a, b], train.epochs: [1, 2]}, grid: {model.ordering: [x, y]}}\n",
     "ordering=x ste=a epochs=1|ordering=x ste=b epochs=2|ordering=y ste=a epochs=1|"
     "ordering=y ste=b epochs=2"},
    {"sweep: {grid: {model.ste: [clipped, b]}, list: [{model.binarize: none}]}\n"
     "baseline: {model.binarize: none}\n",
     "ste=clipped|ste=b|binarize=none*"},
    /* a list alone is the whole sweep; beside a grid without keys it is not */
    {"sweep: {list: [{train.epochs: 1}, {train.epochs: 2, model.ste: a}]}\n",
     "epochs=1|epochs=2 ste=a"},
    {"sweep: {list: [{}, {train.epochs: 2}]}\n", "base|epochs=2"},
    {"sweep: {grid: {}, list: [{train.epochs: 2}]}\n", "base|epochs=2"},
    /* exclude */
    {"sweep:\n  grid: {model.ste: [a, b], train.epochs: [1, 2]}\n"
     "  exclude: [{model.ste: a, train.epochs: 2}]\n",
     "ste=a epochs=1|ste=b epochs=1|ste=b epochs=2"},
    {"sweep:\n  grid: {model.ste: [a, b], train.optimizer.lr: [0.001, 0.1]}\n"
     "  exclude: [{train.optimizer.lr: 1e-3, model.ordering: bn_act}]\n",
     "ste=a lr=0.1|ste=b lr=0.1"},
    {"sweep: {grid: {model.ste: [a, b]}, exclude: [{model.ste: a}, {model.ste: b}]}\n"
     "baseline: {model.ste: a}\n",
     "ste=a*"},
    {"sweep: {list: [{model.ste: {name: a, p: 1}}], exclude: [{model.ste: a}, {model.ste.p: 2}]}\n",
     "ste=a(p=1)"},
    /* points that are written alike */
    {"sweep: {grid: {model.ste: [a, b, a]}, list: [{model.ste: b}, {model.ste: c}]}\n",
     "ste=a|ste=b|ste=c"},
    {"sweep: {list: [{model.ste: {name: a, p: 1, q: 2}}, {model.ste: {q: 2, name: a, p: 1}}]}\n",
     "ste=a(p=1,q=2)"},
    /* the baseline */
    {"sweep: {grid: {model.ste: [a, clipped]}}\nbaseline: {}\n", "ste=a|ste=clipped*"},
    {"sweep: {grid: {model.ste: [a, b]}}\nbaseline: {}\n", "ste=a|ste=b|base*"},
    {"sweep: {grid: {model.ste: [a, b]}}\nbaseline: {train.epochs: 9, model.ste: a}\n",
     "ste=a|ste=b|epochs=9 ste=a*"},
    /* labels */
    {"sweep: {grid: {model.ste: [{name: a}, {name: b, clip: 1.3}, {name: c, x: {y: [1, 2]}}]}}\n",
     "ste=a|ste=b(clip=1.3)|ste=c(x={y=[1,2]})"},
    {"sweep: {list: [{model.binarize: {weights: false, activations: true}}]}\n",
     "binarize={weights=false,activations=true}"},
    {"sweep: {grid: {train.optimizer.lr: [1, 2], train.binary_optimizer.lr: [3]}}\n",
     "optimizer.lr=1 binary_optimizer.lr=3|optimizer.lr=2 binary_optimizer.lr=3"},
    {"sweep: {grid: {a.lr: [1], b.a.lr: [2], lr: [3], b.x.lr: [4]}}\n",
     "a.lr=1 b.a.lr=2 lr=3 x.lr=4"},
    {"sweep: {grid: {train.epochs: [5], model.ste: [a, b]}}\n", "ste=a|ste=b"},
    {"sweep: {grid: {model.ste: ['a b', '', \"x=1\"]}}\n", "ste=\"a b\"|ste=\"\"|ste=\"x=1\""},
    {"sweep: {list: [{a.b: '1'}, {a.b: 1}]}\n", "b=1|b=1 #2"},
    /* what other runs differ in is in braces, with keys as short as those of the points */
    {"sweep: {list: [{start: {model.ste: a}}, {teacher: none, start: [{model.ste: {name: a, p: 1}, "
     "train.epochs: 2}, {}]}, {start: {}}]}\n",
     "start={ste=a}|teacher=none start={ste=a(p=1),epochs=2 > base}|start={}"},
    {"sweep: {list: [{teacher: {train.binary_optimizer.lr: 1, train.epochs: 5}}, "
     "{train.optimizer.lr: 2}]}\n",
     "teacher={binary_optimizer.lr=1,epochs=5}|optimizer.lr=2"},
    /* what the spec calls them */
    {"sweep: {list: [{label: one = 1, model.ste: a}, {model.ste: b}, {label: plain}]}\n",
     "one = 1|ste=b|plain"},
    {"sweep: {list: [{model.ste: a}, {model.ste: a, label: again}]}\n"
     "baseline: {label: zero, train.epochs: 9}\n",
     "ste=a|zero*"},
    {"sweep: {list: [{model.ste: a}]}\nbaseline: {label: zero, model.ste: a}\n", "zero*"},
    {"sweep: {list: [{label: x, model.ste: a}, {model.ste: b, label: x}]}\n", "x|x #2"},
    {"sweep: {list: [{teacher: {label: wide, train.epochs: 5}}, {start: [{}, {label: s, a: 1}]}]}\n",
     "teacher={wide}|start={base > s}"},
    /* a parent first, then into it */
    {"sweep: {grid: {model.ste: [clipped, b], model.ste.clip: [1, 2]}}\n",
     "ste=clipped clip=1|ste=clipped clip=2|ste=b clip=1|ste=b clip=2"},
    {"sweep: {grid: {model.ste.clip: [1, 2]}}\n", "clip=1|clip=2"},
    {"sweep: {max_runs: 2, grid: {model.ste: [a, b]}}\n", "ste=a|ste=b"},
};

START_TEST(expands)
{
    const bnn_node *spec = parsed(bnn_arena_printf(arena, "%s%s", BASE, sweeps[_i].text));
    const bnn_sweep sweep = expanded(spec);
    ck_assert_str_eq(labels(&sweep), sweeps[_i].labels);
    for (size_t i = 0; i < sweep.n; i++) { /* what a point claims to set is what its spec says */
        const bnn_point *point = &sweep.points[i];
        for (size_t j = 0; j < point->n; j++) {
            const bnn_node *found = bnn_tree_find(point->root, point->values[j].key->text);
            ck_assert(found == point->values[j].value || found->kind == BNN_NODE_MAP);
        }
    }
}
END_TEST

START_TEST(leaves_the_base_alone)
{
    const char *text = BASE "sweep: {grid: {model.ste: [{name: a, p: 1}], model.binarize: [none]}}";
    const bnn_node *spec = parsed(text);
    const bnn_sweep sweep = expanded(spec);
    ck_assert(bnn_tree_equal(spec, parsed(text)));
    const bnn_node *root = sweep.points[0].root;
    ck_assert_str_eq(bnn_tree_find(root, "model.binarize")->text, "none");
    ck_assert_str_eq(bnn_tree_find(root, "model.ste.p")->text, "1");
    ck_assert_ptr_eq(bnn_tree_get(root, "train"), bnn_tree_get(spec, "train"));
}
END_TEST

START_TEST(keys_stand_where_the_sweep_has_them)
{
    const bnn_sweep sweep = expanded(parsed(BASE "sweep:\n  grid:\n    model.stee: [a, b]\n"));
    const bnn_node *model = bnn_tree_get(sweep.points[1].root, "model");
    const bnn_node *key = model->pairs[model->n - 1].key;
    ck_assert_str_eq(key->text, "stee");
    ck_assert_uint_eq(key->at.line, 5);
    ck_assert_uint_eq(key->at.column, 5);
    ck_assert_uint_eq(bnn_tree_get(model, "stee")->at.column, 21);
}
END_TEST

START_TEST(cuts_long_labels)
{
    char value[600] = "";
    for (int i = 0; i < 30; i++)
        snprintf(value + strlen(value), sizeof value - strlen(value), "k%d: long_text, ", i);
    const char *text = bnn_arena_printf(
        arena, "sweep: {list: [{m.a: {%s z: 1}}, {m.a: {%s z: 2}}]}", value, value);
    const bnn_sweep sweep = expanded(parsed(text));
    ck_assert_uint_eq(sweep.n, 2);
    ck_assert_uint_le(strlen(sweep.points[0].label), 203);
    ck_assert_ptr_nonnull(strstr(sweep.points[0].label, "..."));
    ck_assert_str_eq(sweep.points[1].label,
                     bnn_arena_printf(arena, "%s #2", sweep.points[0].label));
}
END_TEST

/* ---- what is drawn ------------------------------------------------------------------------- */

/* Each value is that of its key and number, whatever else the spec says: they are fixed here, since specs
 * that were run before would else become others. */
START_TEST(draws_points)
{
    const bnn_sweep sweep = expanded(parsed(
        "sweep:\n  random:\n    n: 4\n    lr: {log_uniform: [1e-4, 1e-2]}\n    a: {uniform: [0.5, 1]}\n"
        "    b: {integers: [1, 3]}\n    m: {choice: [x, y]}\nbaseline: {b: 9}\n"));
    ck_assert_str_eq(labels(&sweep), "lr=0.00046 a=0.7187 b=1 m=y|lr=0.000678 a=0.649 b=2 m=y|"
                                     "lr=0.0013 a=0.866 b=2 m=x|lr=0.000187 a=0.9229 b=2 m=x|b=9*");
    for (size_t i = 0; i < sweep.n; i++)
        ck_assert_int_eq(sweep.points[i].drawn, i < 4);
}
END_TEST

START_TEST(more_draws_keep_those_before)
{
    const bnn_sweep few = expanded(
        parsed("sweep: {random: {n: 50, a: {uniform: [-1, 1]}, lr: {log_uniform: [1, 1e9]}}}"));
    const bnn_sweep many = expanded(
        parsed("sweep: {random: {n: 60, b: {integers: [0, 1000000]}, a: {uniform: [-1, 1]}}}"));
    double sum = 0, a, b;
    ck_assert_uint_eq(few.n, 50);
    ck_assert_uint_eq(many.n, 60);
    for (size_t i = 0; i < few.n; i++) {
        const bnn_node *drawn = bnn_tree_find(few.points[i].root, "a");
        ck_assert(bnn_tree_equal(drawn, bnn_tree_find(many.points[i].root, "a")));
        ck_assert(bnn_key_is_number(drawn, &a) && a >= -1 && a <= 1);
        ck_assert(bnn_key_is_number(bnn_tree_find(many.points[i].root, "b"), &b) && b == floor(b));
        sum += a;
    }
    ck_assert_double_lt(fabs(sum / 50), 0.25); /* three standard deviations */
}
END_TEST

/* Every combination of a grid gets the same values; what is drawn twice is one point. */
START_TEST(crosses_draws)
{
    const bnn_sweep sweep =
        expanded(parsed("sweep: {grid: {m: [x, y]}, random: {n: 3, a: {integers: [0, 1000]}}}"));
    ck_assert_uint_eq(sweep.n, 6);
    for (size_t i = 0; i < 3; i++)
        ck_assert(bnn_tree_equal(bnn_tree_find(sweep.points[i].root, "a"),
                                 bnn_tree_find(sweep.points[i + 3].root, "a")));
    ck_assert_uint_eq(expanded(parsed("sweep: {random: {n: 50, m: {choice: [x, y]}}}")).n, 2);
    const bnn_sweep none = expanded(parsed("sweep: {random: {n: 50}}"));
    ck_assert_str_eq(labels(&none), "base");
}
END_TEST

/* ---- mistakes ---------------------------------------------------------------------------- */

static const struct {
    const char *text;
    const char *messages;
} bad_sweeps[] = {
    {"sweep: {gird: {}}", "s:1:9: unknown key \"gird\" in sweep; did you mean \"grid\"?"},
    {"sweep: [1]",
     "s:1:8: sweep: expected a map of grid, zip, random, list, exclude, max_runs, halving, got a list"},
    {"sweep:",
     "s:1:7: sweep: expected a map of grid, zip, random, list, exclude, max_runs, halving, got nothing; leave the key out for its default"},
    {"sweep: {grid: [a]}",
     "s:1:15: sweep.grid: expected a map of dotted keys, got a list; points one by one are a list in sweep.list"},
    {"sweep: {grid: {a: b}}",
     "s:1:19: sweep.grid.a: expected a list of values, got \"b\"; brackets are missing"},
    {"sweep: {grid: {a: []}}", "s:1:19: sweep.grid.a: the list is empty and leaves no points"},
    {"sweep: {grid: {a..b: [1]}}",
     "s:1:16: \"a..b\" is not a key: names joined with dots, as in train.epochs"},
    {"sweep:\n  grid: {seeds: [1]}\n  list: [{run.jobs: 1}]\nbaseline: {name: x}",
     "s:2:10: seeds is the same for all points and cannot vary\n"
     "s:3:11: run.jobs is the same for all points and cannot vary\n"
     "s:4:12: name is the same for all points and cannot vary"},
    {"sweep:\n  zip:\n    a: [1, 2, 3]\n    b: [1, 2]\n",
     "s:4:8: sweep.zip: the lists go together, but b has 2 values and a of line 3 has 3"},
    {"sweep:\n  grid: {a: [1]}\n  zip: {a: [2]}\n", "s:3:9: a varies on line 2 already"},
    {"sweep:\n  grid:\n    m.a.b: [1]\n    m.a: [2]\n",
     "s:4:5: m.a would undo m.a.b of line 3; put it first"},
    {"sweep: {list: [{m.a: 1, m: x}]}", "s:1:25: m would undo m.a of line 1; put it first"},
    {"sweep: {list: {a: 1}}",
     "s:1:15: sweep.list: expected a list of maps, got a map; put it in brackets"},
    {"sweep: {list: [a]}", "s:1:16: sweep.list: expected a map of dotted keys, got \"a\""},
    {"sweep: {exclude: [{}]}", "s:1:19: sweep.exclude: an empty map drops every point"},
    {"sweep: {exclude: x}", "s:1:18: sweep.exclude: expected a list of maps, got \"x\""},
    {"sweep: {grid: {a: [1, 2]}, exclude: [{a: 1}, {a: 2}]}",
     "s:1:37: sweep.exclude: drops every point"},
    {"baseline: none",
     "s:1:11: baseline: expected a map of dotted keys, got \"none\", as in {model.binarize: none}"},
    {"sweep: {max_runs: 0}",
     "s:1:19: sweep.max_runs: 0 is out of range; it must be from 1 to 1000000"},
    {"sweep: {max_runs: many}", "s:1:19: sweep.max_runs: expected an integer, got \"many\""},
    {"sweep: {max_runs: 5, grid: {a: [1, 2, 3]}}",
     "s:1:19: 3 points x 2 seeds = 6 runs, more than max_runs (5); to allow them, set "
     "sweep.max_runs: 6"},
    {"sweep: {max_runs: 3, grid: {a: [1]}}\nbaseline: {a: 2}",
     "s:1:19: 2 points x 2 seeds = 4 runs, more than max_runs (3); to allow them, set "
     "sweep.max_runs: 4"},
    {"sweep: {random: [1]}",
     "s:1:17: sweep.random: expected a map of n, and of dotted keys to what they are drawn from, got a list"},
    {"sweep: {random: {a: {uniform: [0, 1]}}}",
     "s:1:17: sweep.random: n is missing: how many points to draw"},
    {"sweep: {random: {n: 0, a: {uniform: [0, 1]}}}",
     "s:1:21: sweep.random.n: 0 is out of range; it must be from 1 to 10000"},
    {"sweep: {random: {n: 2, a: [1, 2]}}",
     "s:1:27: sweep.random.a: expected {uniform: [LOW, HIGH]}, {log_uniform: [LOW, HIGH]}, {integers: [LOW, HIGH]} or {choice: [...]}, got a list; of a list one is a {choice: [...]}"},
    {"sweep:\n  random:\n    n: 2\n    a: {uniform: [1, 1]}\n    b: {log_uniform: [0, 1]}\n"
     "    lr: {integers: [0.5, 2]}\n    m.c: {choice: []}\n    m.d: {uniform: 5}\n    m.e: {unform: [0, 1]}\n",
     "s:4:18: sweep.random.a.uniform: the first bound must be the lesser one\n"
     "s:5:22: sweep.random.b.log_uniform: bounds of log_uniform must be above 0\n"
     "s:6:21: sweep.random.lr.integers: expected an integer, got \"0.5\"\n"
     "s:7:19: sweep.random.m.c.choice: expected a list of values, got a list\n"
     "s:8:20: sweep.random.m.d.uniform: expected the bounds, as [LOW, HIGH], got \"5\"\n"
     "s:9:10: sweep.random.m.e: expected {uniform: [LOW, HIGH]}, {log_uniform: [LOW, HIGH]}, {integers: [LOW, HIGH]} or {choice: [...]}, got a map"},
    {"sweep:\n  grid: {a: [1]}\n  random: {n: 2, a: {uniform: [0, 1]}}\n",
     "s:3:18: a varies on line 2 already"},
    {"m: [1]\nsweep: {grid: {m.a: [1, 2, 3]}}", "s:2:16: cannot set m.a: m is a list, not a map"},
};

START_TEST(refuses_sweep)
{
    bnn_sweep sweep = {.n = 77};
    ck_assert_int_eq(bnn_sweep_expand(&reader, parsed(bad_sweeps[_i].text), 2, &sweep), BNN_E_SPEC);
    ck_assert_str_eq(said(), bad_sweeps[_i].messages);
    /* What is not wrong, or nothing. */
    ck_assert_uint_le(sweep.n, 3);
    ck_assert_int_eq(sweep.n == 0, sweep.points == NULL);
}
END_TEST

START_TEST(warns_of_a_useless_exclude)
{
    const bnn_sweep sweep = expanded(parsed("sweep: {grid: {a: [1, 2]}, exclude: [{a: 3}]}"));
    ck_assert_uint_eq(sweep.n, 2);
    ck_assert_str_eq(said(), "s:1:38: warning: sweep.exclude: no point has these values, so none "
                             "is dropped");
}
END_TEST

START_TEST(limits_runs)
{
    const bnn_node *spec = parsed("a: 1");
    bnn_sweep sweep;
    ck_assert_int_eq(bnn_sweep_expand(&reader, spec, 500, &sweep), BNN_OK);
    ck_assert_int_eq(bnn_sweep_expand(&reader, spec, 501, &sweep), BNN_E_SPEC);
    ck_assert_int_eq(bnn_sweep_expand(&reader, spec, SIZE_MAX, &sweep), BNN_E_SPEC);
    ck_assert_str_eq(said(),
                     "s:1:1: 1 point x 501 seeds = 501 runs, more than max_runs (500); to allow "
                     "them, set sweep.max_runs: 501\n"
                     "s:1:1: 1 point x 18446744073709551615 seeds are more runs than the limit of "
                     "1000000");
}
END_TEST

/* "sweep: {...{grid: {", n keys with the given values, and the closing braces. */
static const char *grid_of(const char *open, int n, const char *values)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    fputs(open, out);
    for (int i = 0; i < n; i++)
        fprintf(out, "m.k%d: %s, ", i, values);
    fputs("}}", out);
    fclose(out);
    const char *kept = bnn_arena_strdup(arena, text);
    free(text);
    return kept;
}

/* 16 keys of 16 values are 2^64 points: the count must neither wrap nor be built. */
START_TEST(limits_points)
{
    const char *text = grid_of("sweep: {max_runs: 1000000, grid: {", 16,
                               "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, a, b, c, d, e, f]");
    bnn_sweep sweep;
    ck_assert_int_eq(bnn_sweep_expand(&reader, parsed(text), 1, &sweep), BNN_E_SPEC);
    ck_assert_str_eq(said(),
                     "s:1:19: the sweep has more than 10000 points, however large max_runs is");
}
END_TEST

START_TEST(limits_keys)
{
    const char *text = grid_of("sweep: {grid: {", 65, "[0]");
    bnn_sweep sweep;
    ck_assert_int_eq(bnn_sweep_expand(&reader, parsed(text), 1, &sweep), BNN_E_SPEC);
    ck_assert_str_eq(said(), "s:1:15: sweep.grid: 65 keys, more than the limit of 64");
}
END_TEST

START_TEST(survives_a_full_arena)
{
    const bnn_node *spec = parsed(BASE "sweep: {grid: {model.ste: [a, b]}, list: [{m.x: 1}]}\n"
                                       "baseline: {model.binarize: none}\n");
    bool expanded_once = false;
    for (size_t limit = 0; limit < 16384; limit += BNN_ALIGN) {
        bnn_arena *small = bnn_arena_create(limit);
        bnn_diag *own = bnn_diag_create();
        const bnn_reader tight = {.arena = small, .diag = own, .spec = &spec_section};
        bnn_sweep sweep = {.n = 77};
        const int status = bnn_sweep_expand(&tight, spec, 1, &sweep);
        ck_assert_int_eq(status != BNN_OK, bnn_diag_n_errors(own) > 0);
        ck_assert_uint_eq(sweep.n, status == BNN_OK ? 4 : 0);
        expanded_once |= status == BNN_OK;
        bnn_diag_destroy(own);
        bnn_arena_destroy(small);
    }
    ck_assert(expanded_once);
}
END_TEST

/* ---- overrides --------------------------------------------------------------------------- */

static const struct {
    const char *spec, *override, *after;
} overrides[] = {
    {"a: 1", "b.c=2", "{a: 1, b: {c: 2}}"},
    {"a: 1", "a=x=y", "{a: x=y}"},
    {"a: 1", "a={b: 2, c: [3]}", "{a: {b: 2, c: [3]}}"},
    {"a: {name: x}", "a=\"5\"", "{a: \"5\"}"},
    {"m: {ste: clipped}", "m.ste.clip=2", "{m: {ste: {name: clipped, clip: 2}}}"},
    {"a: [1, {b: x, c: [2]}]", "a.2.b.d=5", "{a: [1, {b: {name: x, d: 5}, c: [2]}]}"},
    {"a: [1, {b: x, c: [2]}]", "a.2.c.1=5", "{a: [1, {b: x, c: [5]}]}"},
    {"a: [1, 2]", "a.2=[5, 6]", "{a: [1, 2], sweep: {grid: {a.2: [5, 6]}}}"},
    {"a: 1", "a=[2, 3]", "{a: 1, sweep: {grid: {a: [2, 3]}}}"},
    {"a: [1]", "a=[2, 3]", "{a: [2, 3]}"},
    {"seeds: {count: 3}", "seeds=[2, 3]", "{seeds: [2, 3]}"},
    {"sweep: {grid: {m.a: [1, 2], m.b: [3]}}", "m.a=[4, 5]",
     "{sweep: {grid: {m.a: [4, 5], m.b: [3]}}}"},
    {"sweep: {grid: {m.a: [1, 2], m.b: [3]}}", "m.a=4", "{sweep: {grid: {m.b: [3]}}, m: {a: 4}}"},
    {"sweep: {zip: {m.a: [1, 2], m.b: [3, 4]}}", "m.a=4",
     "{sweep: {zip: {m.b: [3, 4]}}, m: {a: 4}}"},
    {"sweep: {zip: {m.a: [1, 2]}}", "m.a=[4, 5]", "{sweep: {zip: {}, grid: {m.a: [4, 5]}}}"},
    {"sweep: {random: {n: 5, m.a: {uniform: [0, 1]}}}", "m.a=4",
     "{sweep: {random: {n: 5}}, m: {a: 4}}"},
    {"sweep: {random: {n: 5, m.a: {uniform: [0, 1]}}}", "sweep.random.n=6",
     "{sweep: {random: {n: 6, m.a: {uniform: [0, 1]}}}}"},
    {"a: 1", "sweep.grid.m.a=[1]", "{a: 1, sweep: {grid: {m.a: [1]}}}"},
    {"a: 1", "sweep.zip.m.a=[1]", "{a: 1, sweep: {zip: {m.a: [1]}}}"},
    {"a: 1", "sweep.list=[{m.a: 1}]", "{a: 1, sweep: {list: [{m.a: 1}]}}"},
    {"a: 1", "sweep.max_runs=7", "{a: 1, sweep: {max_runs: 7}}"},
    {"baseline: {m.a: 1}", "baseline.m.b=2", "{baseline: {m.a: 1, m.b: 2}}"},
    {"baseline: {m.a: 1}", "baseline={m.b: 2}", "{baseline: {m.b: 2}}"},
};

START_TEST(overrides_values)
{
    const bnn_node *spec = parsed(overrides[_i].spec);
    const bnn_node *after = bnn_sweep_override(&reader, spec, 1, overrides[_i].override);
    ck_assert_str_eq(said(), "");
    ck_assert(bnn_tree_equal(after, parsed(overrides[_i].after)));
    ck_assert(bnn_tree_equal(spec, parsed(overrides[_i].spec)));
}
END_TEST

static const struct {
    const char *spec, *override, *message;
} bad_overrides[] = {
    {"a: 1", "train.epochs", "-s 1:1:1: expected KEY=VALUE, got \"train.epochs\""},
    {"a: 1", "a=", "-s 1:1:1: expected KEY=VALUE, got \"a=\""},
    {"a: 1", "a=[1,\n2]", "-s 1:1:1: \"a=[1,?2]\" is more than one line"},
    {"a: 1", "=5", "-s 1:1:1: \"\" is not a key: names joined with dots, as in train.epochs"},
    {"a: 1", "a b=5", "-s 1:1:1: \"a b\" is not a key: names joined with dots, as in train.epochs"},
    {"a: 1", "a= ", "-s 1: empty: no value in here"},
    {"a: 1", "b.c=[1, 2",
     "-s 1:1:10: did not find expected ',' or ']' while parsing a flow sequence"},
    {"a: 1", "b={c: 1, c: 2}", "-s 1:1:10: duplicate key \"c\"; it is set on line 1 already"},
    {"a: 1", "a.b=2", "-s 1:1:1: cannot set a.b: a is \"1\", not a map"},
    {"a: [5]", "a.2=1", "-s 1:1:1: cannot set a.2: a has the numbers 1 to 1"},
    {"a: [5]", "a.b=1", "-s 1:1:1: cannot set a.b: a is a list, not a map"},
    {"sweep: {list: [{a: 1}]}", "sweep.list.1.a=2",
     "-s 1:1:1: cannot set sweep.list.1.a: give the list as a whole"},
    {"sweep: [1]", "a=[1, 2]", "-s 1:1:1: cannot set sweep.grid: sweep is a list, not a map"},
    {"a: 1", "sweep.grid.=[1]",
     "-s 1:1:1: \"sweep.grid.\" is not a key: names joined with dots, as in train.epochs"},
};

START_TEST(refuses_overrides)
{
    const bnn_node *spec = parsed(bad_overrides[_i].spec);
    ck_assert_ptr_null(bnn_sweep_override(&reader, spec, 1, bad_overrides[_i].override));
    ck_assert_str_eq(said(), bad_overrides[_i].message);
}
END_TEST

/* An override of the shipped shape of sweep: the axis gives way, the float baseline stays. */
START_TEST(override_fixes_a_swept_key)
{
    const bnn_node *spec = parsed(BASE "sweep: {grid: {model.ste: [a, b]}, "
                                       "list: [{model.binarize: none}]}\n"
                                       "baseline: {model.binarize: none}\n");
    spec = bnn_sweep_override(&reader, spec, 1, "model.ste=b");
    bnn_sweep sweep = expanded(spec);
    ck_assert_str_eq(labels(&sweep), "base|binarize=none*");
    ck_assert_str_eq(bnn_tree_find(sweep.points[0].root, "model.ste")->text, "b");
    spec = bnn_sweep_override(&reader, spec, 1, "model.ste=[c, d]");
    sweep = expanded(spec);
    ck_assert_str_eq(labels(&sweep), "ste=c|ste=d|binarize=none*");
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("sweep");
    TCase *tc = tcase_create("sweep");
    tcase_add_checked_fixture(tc, sweep_set_up, tear_down);
    tcase_add_loop_test(tc, expands, 0, N(sweeps));
    tcase_add_test(tc, leaves_the_base_alone);
    tcase_add_test(tc, keys_stand_where_the_sweep_has_them);
    tcase_add_test(tc, cuts_long_labels);
    tcase_add_test(tc, draws_points);
    tcase_add_test(tc, more_draws_keep_those_before);
    tcase_add_test(tc, crosses_draws);
    tcase_add_loop_test(tc, refuses_sweep, 0, N(bad_sweeps));
    tcase_add_test(tc, warns_of_a_useless_exclude);
    tcase_add_test(tc, limits_runs);
    tcase_add_test(tc, limits_points);
    tcase_add_test(tc, limits_keys);
    tcase_add_test(tc, survives_a_full_arena);
    tcase_add_loop_test(tc, overrides_values, 0, N(overrides));
    tcase_add_loop_test(tc, refuses_overrides, 0, N(bad_overrides));
    tcase_add_test(tc, override_fixes_a_swept_key);
    suite_add_tcase(suite, tc);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
