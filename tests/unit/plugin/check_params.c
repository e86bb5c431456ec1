/* check_params.c - descriptors that must be refused, and values that a spec gives to parameters. */
#include "tests/fixtures/check_main.h"
#include "plugin/loader.h"
#include "plugin/use.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bnn_error err;
static bnn_registry *registry;

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static void setup(void)
{
    registry = bnn_registry_create(NULL);
    ck_assert_ptr_nonnull(registry);
}

static void teardown(void)
{
    bnn_registry_destroy(registry);
}

/* ---- descriptors ------------------------------------------------------------------------- */

static void grad(const bnn_context *ctx, const void *params, size_t n, const float *x,
                 const float *gy, float *gx)
{
    (void)ctx, (void)params, (void)x, (void)gy;
    if (n > 0)
        gx[0] = 0;
}

struct params {
    double a, b;
    int32_t i, j;
};

/* An STE with one or two parameters; `table` is what varies. */
static bnn_ste ste_with(const bnn_param *table)
{
    return (bnn_ste){.head = {.abi_version = BNN_ABI_VERSION,
                              .struct_size = sizeof(bnn_ste),
                              .kind = BNN_KIND_STE,
                              .params_size = table == NULL ? 0 : sizeof(struct params),
                              .name = "x",
                              .summary = "a test",
                              .params = table},
                     .grad = grad};
}

static void expect(const void *descriptor, bnn_kind kind, const char *expected)
{
    const bnn_head *taken = NULL;
    bnn_arena *arena = bnn_arena_create(BNN_SMALL_LIMIT_BYTES);
    const int status = bnn_descriptor_take(descriptor, kind, "x", arena, &taken, &err);
    if (expected == NULL) {
        ck_assert_msg(status == 0, "%s", err.message);
        ck_assert(taken != descriptor && strcmp(taken->name, "x") == 0);
    } else {
        ck_assert_int_eq(status, BNN_E_RESOURCE);
        ck_assert_msg(starts_with(err.message, expected), "%s", err.message);
    }
    bnn_arena_destroy(arena);
}

#define NUMBER(name, offset, fallback, minimum, maximum)                        \
    {                                                                           \
        name, BNN_TYPE_NUMBER, offset, fallback, minimum, maximum, NULL, "help" \
    }
#define INTEGER(name, offset, fallback, minimum, maximum)                        \
    {                                                                            \
        name, BNN_TYPE_INTEGER, offset, fallback, minimum, maximum, NULL, "help" \
    }
#define CHOICE(fallback, choices)                                 \
    {                                                             \
        "a", BNN_TYPE_CHOICE, 16, fallback, 0, 0, choices, "help" \
    }

static const struct {
    bnn_param table[3];
    const char *expected; /* NULL: fine */
} tables[] = {
    {{BNN_PARAMS_END}, NULL},
    {{NUMBER("a", 0, 0, 0, 0)}, NULL},
    {{NUMBER("a", 0, 0.5, 0, 1), NUMBER("b", 8, -1e300, -1e300, 1e300)}, NULL},
    {{NUMBER("a", 0, 2, 0, 1)}, "the default 2 of parameter \"a\" is outside its range [0, 1]"},
    {{NUMBER("a", 0, NAN, 0, 1)}, "the default nan of parameter \"a\" is outside its range"},
    {{NUMBER("a", 0, 0, 1, -1)},
     "parameter \"a\" has the range [1, -1]; it must be finite and rise"},
    {{NUMBER("a", 0, 0, -INFINITY, 1)},
     "parameter \"a\" has the range [-inf, 1]; it must be finite"},
    {{NUMBER("a", 0, 0, 0, NAN)}, "parameter \"a\" has the range [0, nan]; it must be finite"},
    {{NUMBER("a", 20, 0, 0, 1)}, "parameter \"a\" lies at offset 20 of a struct of 24 bytes"},
    {{NUMBER("a", 24, 0, 0, 1)}, "parameter \"a\" lies at offset 24 of a struct of 24 bytes"},
    {{NUMBER("a", 0xfffffff8, 0, 0, 1)}, "parameter \"a\" lies at offset 4294967288 of a struct"},
    {{INTEGER("a", 20, 0, 0, 1)}, NULL},
    {{INTEGER("a", 18, 0, 0, 1)}, "parameter \"a\" lies at offset 18 of a struct of 24 bytes"},
    {{INTEGER("a", 16, 0.5, 0, 1)},
     "parameter \"a\" is an integer with default 0.5 and range [0, 1]; all three must be 32-bit"},
    {{INTEGER("a", 16, 0, 0, 3e9)},
     "parameter \"a\" is an integer with default 0 and range [0, 3e+09]"},
    {{INTEGER("a", 16, 5, 0, 4)}, "the default 5 of parameter \"a\" is outside its range [0, 4]"},
    {{NUMBER("a", 0, 0, 0, 1), NUMBER("a", 8, 0, 0, 1)}, "parameter \"a\" is there twice"},
    {{NUMBER("a", 8, 0, 0, 1), NUMBER("b", 8, 0, 0, 1)},
     "parameters \"a\" and \"b\" share a field"},
    {{NUMBER("a", 8, 0, 0, 1), INTEGER("b", 12, 0, 0, 1)},
     "parameters \"a\" and \"b\" share a field"},
    {{NUMBER("", 0, 0, 0, 1)}, "parameter 1 is called \"\"; use lower case letters"},
    {{NUMBER("a", 0, 0, 0, 1), NUMBER("A", 8, 0, 0, 1)},
     "parameter 2 is called \"A\"; use lower case"},
    {{NUMBER("a.b", 0, 0, 0, 1)}, "parameter 1 is called \"a.b\"; use lower case letters"},
    {{NUMBER(NULL, 0, 0, 0, 1)}, "parameter 1 is called \"\"; use lower case letters"},
    {{NUMBER("name", 0, 0, 0, 1)}, "parameter 1 is called \"name\"; use lower case letters"},
    {{{"a", 9, 0, 0, 0, 1, NULL, "help"}},
     "parameter \"a\" is of type 9, which this bnnrun does not"},
    {{BNN_NUMBER_LATER(struct params, b, 0, 0, 1, "help"),
      BNN_INTEGER_LATER(struct params, i, 1, 0, 1, "help")},
     NULL},
    {{BNN_NUMBER_LATER(struct params, b, 2, 0, 1, "help")},
     "the default 2 of parameter \"b\" is outside its range [0, 1]"},
    {{BNN_INTEGER_LATER(struct params, i, 0, 0, 3e9, "help")},
     "parameter \"i\" is an integer with default 0 and range [0, 3e+09]"},
    {{BNN_CHOICE_LATER(struct params, i, 2, "one|two", "help")},
     "the default of parameter \"i\" is choice 2; there are 2, counted from 0"},
    {{NUMBER("a", 8, 0, 0, 1), BNN_NUMBER_LATER(struct params, b, 0, 0, 1, "help")},
     "parameters \"a\" and \"b\" share a field"},
    {{{"a", BNN_TYPE_LATER, 0, 0, 0, 1, NULL, "help"}},
     "parameter \"a\" is of type 256, which this bnnrun does not"},
    {{{"a", BNN_TYPE_NUMBER, 0, 0, 0, 1, NULL, NULL}},
     "parameter \"a\" has no help text of one line"},
    {{{"a", BNN_TYPE_NUMBER, 0, 0, 0, 1, NULL, "a\nb"}},
     "parameter \"a\" has no help text of one line"},
    {{{"a", BNN_TYPE_SWITCH, 16, 1, 0, 1, NULL, "help"}}, NULL},
    {{{"a", BNN_TYPE_SWITCH, 16, 2, 0, 1, NULL, "help"}},
     "the default 2 of parameter \"a\" is outside"},
    {{CHOICE(1, "one|two")}, NULL},
    {{CHOICE(2, "one|two")},
     "the default of parameter \"a\" is choice 2; there are 2, counted from 0"},
    {{CHOICE(0.5, "one|two")}, "the default of parameter \"a\" is choice 0.5; there are 2"},
    {{CHOICE(NAN, "one|two")}, "the default of parameter \"a\" is choice nan; there are 2"},
    {{CHOICE(0, NULL)}, "parameter \"a\" is a choice of 0; write \"first|second\""},
    {{CHOICE(0, "one")}, "parameter \"a\" is a choice of 1; write \"first|second\""},
    {{CHOICE(0, "one||two")}, "parameter \"a\" has an empty choice in \"one||two\""},
    {{CHOICE(0, "one|two|one")}, "parameter \"a\" has the choice \"one\" twice"},
};

START_TEST(test_table)
{
    const bnn_ste ste = ste_with(tables[_i].table);
    expect(&ste, BNN_KIND_STE, tables[_i].expected);
}
END_TEST

START_TEST(test_long_table)
{
    static bnn_param table[BNN_PARAMS_MAX + 1];
    static char names[BNN_PARAMS_MAX][8];
    bnn_ste ste = ste_with(table);
    ste.head.params_size = 4 * BNN_PARAMS_MAX;
    for (uint32_t i = 0; i < BNN_PARAMS_MAX; i++) {
        snprintf(names[i], sizeof names[i], "p%u", i);
        table[i] = (bnn_param)INTEGER(names[i], 4 * i, 0, 0, 1);
    }
    expect(&ste, BNN_KIND_STE, NULL);
    table[BNN_PARAMS_MAX] = table[0];
    expect(&ste, BNN_KIND_STE, "more than 64 parameters; close the table with BNN_PARAMS_END");
}
END_TEST

START_TEST(test_head)
{
    static const bnn_param table[] = {NUMBER("a", 0, 0, 0, 1), BNN_PARAMS_END};
    bnn_ste ste = ste_with(NULL);
    expect(&ste, BNN_KIND_STE, NULL);
    expect(&ste, BNN_KIND_LAYER,
           "the file name says layer, the descriptor says ste; name the file");
    ste.head.struct_size = sizeof ste + 64; /* a later host's plugin, appended to */
    expect(&ste, BNN_KIND_STE, NULL);
    ste.head.struct_size = 79;
    expect(&ste, BNN_KIND_STE,
           "its descriptor has 79 bytes, one of kind ste has 80 at least; rebuild it");
    ste = ste_with(NULL);
    ste.head.kind = 77;
    expect(&ste, BNN_KIND_STE, "the file name says ste, the descriptor says a kind that does not");
    ste = ste_with(NULL);
    ste.head.name = NULL;
    expect(&ste, BNN_KIND_STE,
           "the file name says \"x\", the descriptor says \"\"; they must agree");
    ste = ste_with(NULL);
    ste.head.summary = "";
    expect(&ste, BNN_KIND_STE, "its summary is empty; give one line");
    ste.head.summary = "two\nlines";
    expect(&ste, BNN_KIND_STE, "its summary is more than one line");
    ste = ste_with(NULL);
    ste.head.params_size = 8;
    expect(&ste, BNN_KIND_STE, "a parameter struct of 8 bytes without a table; use BNN_HEAD");
    ste = ste_with(table);
    ste.head.params_size = 0;
    expect(&ste, BNN_KIND_STE, "a parameter struct of 0 bytes with a table; use BNN_HEAD");
    ste.head.params_size = BNN_PARAMS_SIZE_MAX + 8;
    expect(&ste, BNN_KIND_STE, "a parameter struct of 65544 bytes with a table; use BNN_HEAD");
}
END_TEST

/* What the descriptor of an older plugin does not have is zero, whatever lies behind it. */
START_TEST(test_former_size)
{
    bnn_arena *arena = bnn_arena_create(BNN_SMALL_LIMIT_BYTES);
    const bnn_head *taken;
    bnn_ste ste = ste_with(NULL);
    ste.formula = "gx = gy";
    ck_assert_int_eq(bnn_descriptor_take(&ste.head, BNN_KIND_STE, "x", arena, &taken, &err), 0);
    ck_assert_str_eq(bnn_descriptor_formula(taken), "gx = gy");
    ste.head.struct_size = offsetof(bnn_ste, formula);
    ck_assert_int_eq(bnn_descriptor_take(&ste.head, BNN_KIND_STE, "x", arena, &taken, &err), 0);
    ck_assert_ptr_null(bnn_descriptor_formula(taken));
    const bnn_use use = {.plugin = &(bnn_plugin){.head = taken}};
    ck_assert(bnn_use_ste(&use)->grad == grad);
    bnn_arena_destroy(arena);
}
END_TEST

static void forward(const bnn_context *ctx, const void *p, size_t n, const float *x, float *y)
{
    (void)ctx, (void)p, (void)n, (void)x, (void)y;
}

START_TEST(test_ste)
{
    bnn_ste ste = ste_with(NULL);
    ste.flags = BNN_STE_DRAWS;
    expect(&ste, BNN_KIND_STE, "it draws, but has no function forward; give .forward");
    ste.forward = forward;
    expect(&ste, BNN_KIND_STE, NULL);
    ste.levels = BNN_LEVELS_UNIT;
    expect(&ste, BNN_KIND_STE, "its levels are those of activations only, which do not draw");
    ste.flags = 0;
    expect(&ste, BNN_KIND_STE, "its levels are those of activations only, which do not draw");
    ste.flags = BNN_STE_ACTIVATIONS;
    expect(&ste, BNN_KIND_STE, NULL);
    ste.forward = NULL;
    expect(&ste, BNN_KIND_STE, "it has other levels than sign, but no function forward");
    ste.levels = 2;
    expect(&ste, BNN_KIND_STE, "its levels are 2, which this bnnrun does not know");
    ste.flags = 0x40;
    expect(&ste, BNN_KIND_STE, "its flags are 0x40, of which this bnnrun knows 0x3");
}
END_TEST

static int plan(const void *params, bnn_layer_plan *plan)
{
    (void)params, (void)plan;
    return 0;
}

static void pass(const bnn_context *ctx, const void *params, const bnn_layer_io *io)
{
    (void)ctx, (void)params, (void)io;
}

START_TEST(test_layer)
{
    const bnn_layer good = {
        .head = {BNN_ABI_VERSION, sizeof good, BNN_KIND_LAYER, 0, "x", "a test", NULL, NULL},
        .role = BNN_ROLE_POOL,
        .flags = BNN_LAYER_KEEPS_SIGN,
        .plan = plan,
        .forward = pass,
        .backward = pass};
    static const uint32_t roles[] = {0, 'X', 'l', 0x4c4c, 0xffffffff};
    bnn_layer layer = good;
    expect(&layer, BNN_KIND_LAYER, NULL);
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        layer.role = roles[i];
        expect(&layer, BNN_KIND_LAYER, "its role is ");
    }
    layer.role = BNN_ROLE_QUANTIZER;
    expect(&layer, BNN_KIND_LAYER, "it has no function proxy, which every quantizer must have");
    layer.proxy = pass;
    layer.flags = 0;
    expect(&layer, BNN_KIND_LAYER, NULL);
    layer = good;
    layer.flags = 0x80000001;
    expect(&layer, BNN_KIND_LAYER, "its flags are 0x80000001, of which this bnnrun knows 0x7f");
    layer.flags = BNN_LAYER_GIVES_BITS;
    expect(&layer, BNN_KIND_LAYER, "its flags are 0x8, which a layer of role P has not");
    layer = good;
    layer.plan = NULL;
    expect(&layer, BNN_KIND_LAYER,
           "it has no function plan, which every layer must have; give .plan");
    layer = good;
    layer.forward = NULL;
    expect(&layer, BNN_KIND_LAYER,
           "it has no function forward, which every layer must have; give .forward");
    layer = good;
    layer.backward = NULL;
    expect(&layer, BNN_KIND_LAYER,
           "it has no function backward, which every layer must have; give .backward");
}
END_TEST

static void step(const bnn_context *ctx, const void *params, const bnn_step *s, size_t n, float *w,
                 const float *g, float *const *slots)
{
    (void)ctx, (void)params, (void)s, (void)n, (void)w, (void)g, (void)slots;
}

START_TEST(test_ordering_and_optimizer)
{
    const bnn_ordering ordering = {.head = {BNN_ABI_VERSION, sizeof ordering, BNN_KIND_ORDERING, 0,
                                            "x", "a test", NULL, NULL}};
    expect(&ordering, BNN_KIND_ORDERING,
           "it has no function sequence, which every ordering must have; give .sequence");

    const bnn_optimizer good = {
        .head = {BNN_ABI_VERSION, sizeof good, BNN_KIND_OPTIMIZER, 0, "x", "a test", NULL, NULL},
        .n_slots = 4,
        .default_lr = 0.1,
        .step = step};
    static const double rates[] = {0, -1, NAN, INFINITY, 1e7};
    bnn_optimizer optimizer = good;
    expect(&optimizer, BNN_KIND_OPTIMIZER, NULL);
    optimizer.n_slots = 5;
    expect(&optimizer, BNN_KIND_OPTIMIZER, "it wants 5 slots; there are at most 4");
    optimizer = good;
    optimizer.flags = 2;
    expect(&optimizer, BNN_KIND_OPTIMIZER, "its flags are 0x2, of which this bnnrun knows 0x1");
    optimizer = good;
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        optimizer.default_lr = rates[i];
        expect(&optimizer, BNN_KIND_OPTIMIZER, "its default_lr is ");
    }
    optimizer = good;
    optimizer.step = NULL;
    expect(&optimizer, BNN_KIND_OPTIMIZER,
           "it has no function step, which every optimizer must have; give .step");
}
END_TEST

/* ---- using a plugin ---------------------------------------------------------------------- */

struct place {
    bnn_use ste;
    double lr, every;
};

static const bnn_key beside_keys[] = {
    {.param = BNN_NUMBER(struct place, lr, 0, 0, 10, "beside the plugin's")},
    {.param = BNN_NUMBER(struct place, every, 0, 0, 10, "likewise")},
    BNN_KEYS_END,
};
static const bnn_section beside = {.keys = beside_keys};

static const bnn_key clip_keys[] = {
    {.param = {"clip", BNN_TYPE_NUMBER, offsetof(struct place, lr), 0, 0, 10, NULL, "collides"}},
    BNN_KEYS_END,
};
static const bnn_section collision = {.keys = clip_keys};

static const bnn_key ste_keys[] = {
    {BNN_KEY_PLUGIN(struct place, ste, "ste", BNN_KIND_STE, "the gradient"), .standard = "clipped",
     .section = &beside},
    {BNN_KEY_PLUGIN(struct place, ste, "plain", BNN_KIND_STE, "without parameters"),
     .standard = "identity", .words = "none|auto"},
    {BNN_KEY_PLUGIN(struct place, ste, "wrong", BNN_KIND_STE, "a name that is taken"),
     .standard = "clipped", .section = &collision},
    BNN_KEYS_END,
};
static const bnn_section model_section = {.keys = ste_keys};

/* Reads what stands at a key of the model, and records it when that is right. */
static int read_key(const bnn_reader *r, const bnn_key *key, const bnn_node *map, struct place *out)
{
    bnn_reader below = *r;
    below.path = "model";
    const int status = bnn_key_read(&below, &model_section, key, map, out);
    if (status == BNN_OK && r->settings != NULL)
        bnn_key_record(&below, &model_section, key, out);
    return status;
}

/* What a plugin with two parameters, the second of which came later, is recorded as. */
static size_t count_recorded(const bnn_plugin *plugin, struct params params)
{
    bnn_arena *arena = bnn_arena_create(1 << 20);
    bnn_diag *diag = bnn_diag_create();
    bnn_settings settings = {.arena = arena};
    const struct place place = {.ste = {.plugin = plugin, .params = &params}};
    const bnn_key key = {BNN_KEY_PLUGIN(struct place, ste, "ste", BNN_KIND_STE, "the gradient")};
    const bnn_section section = {.keys = &key};
    const bnn_reader reader = {
        .arena = arena, .diag = diag, .registry = registry, .settings = &settings, .path = "model"};
    bnn_key_record(&reader, &section, &key, &place);
    const size_t n = settings.n;
    bnn_diag_destroy(diag);
    bnn_arena_destroy(arena);
    return n;
}

/* A parameter that came later is none of the config at its default, and the table is as of any other. */
START_TEST(test_later)
{
    static const bnn_param table[] = {
        BNN_INTEGER(struct params, i, 3, 0, 9, "was always there"),
        BNN_NUMBER_LATER(struct params, b, 0.5, 0, 1, "came later"),
        BNN_PARAMS_END,
    };
    bnn_arena *arena = bnn_arena_create(BNN_SMALL_LIMIT_BYTES);
    const bnn_ste ste = ste_with(table);
    const bnn_head *taken;
    ck_assert_int_eq(bnn_descriptor_take(&ste.head, BNN_KIND_STE, "x", arena, &taken, &err), 0);
    ck_assert_uint_eq(bnn_descriptor_later(taken), 2);
    ck_assert_uint_eq(taken->params[1].type, BNN_TYPE_NUMBER);
    ck_assert_uint_eq(taken->params[2].type, BNN_TYPE_END);
    const bnn_plugin plugin = {.head = taken, .later = bnn_descriptor_later(taken)};
    ck_assert_uint_eq(count_recorded(&plugin, (struct params){.i = 3, .b = 0.5}), 2);
    ck_assert_uint_eq(count_recorded(&plugin, (struct params){.i = 3, .b = 0.25}), 3);
    bnn_arena_destroy(arena);
}
END_TEST

/* Resolves `yaml` as the STE of a model, and compares the messages ("" for none). */
static int use_ste(const char *yaml, const char *expected, double *clip, bnn_settings *settings,
                   bnn_arena *arena)
{
    bnn_diag *diag = bnn_diag_create();
    struct place place;
    const bnn_reader reader = {
        .arena = arena, .diag = diag, .registry = registry, .settings = settings};
    const char *text = yaml == NULL ? "{}" : bnn_arena_printf(arena, "ste:\n  %s\n", yaml);
    const bnn_node *map = bnn_tree_parse("spec.yaml", text, strlen(text), arena, diag);
    const int status = read_key(&reader, &ste_keys[0], map, &place);
    ck_assert_uint_eq(bnn_diag_count(diag), expected[0] == '\0' ? 0 : 1);
    if (expected[0] != '\0') {
        ck_assert_msg(starts_with(bnn_diag_message(diag, 0), expected), "%s",
                      bnn_diag_message(diag, 0));
        ck_assert_int_lt(status, 0);
        ck_assert_ptr_null(place.ste.plugin);
    }
    if (status == BNN_OK)
        *clip = *(const double *)place.ste.params;
    bnn_diag_destroy(diag);
    return status;
}

static const struct {
    const char *yaml, *message;
    double clip;
} uses[] = {
    {NULL, "", 1.0},
    {"clipped", "", 1.0},
    {"{name: clipped}", "", 1.0},
    {"{name: clipped, clip: 1.3}", "", 1.3},
    {"{clip: 2, lr: 7, name: clipped, every: 1}", "", 2.0},
    {"{name: clipped, clop: 1}",
     "spec.yaml:2:19: unknown key \"clop\" in ste clipped; did you mean", 0},
    {"{name: clipped, clip: 1e9}", "spec.yaml:2:25: ", 0},
    {"{name: clipped, clip: wide}", "spec.yaml:2:25: ", 0},
    {"{name: clippet}", "spec.yaml:2:10: there is no ste \"clippet\"; did you mean \"clipped\"?",
     0},
    {"clippet", "spec.yaml:2:3: there is no ste \"clippet\"; did you mean \"clipped\"?", 0},
    {"../clipped", "spec.yaml:2:3: there is no ste \"../clipped\"; ", 0},
    {"{clip: 1.5}", "", 1.5},
    {"{name: [x]}", "spec.yaml:2:10: model.ste: expected a name, got a list", 0},
    {"[clipped]", "spec.yaml:2:3: model.ste: expected a name or a map with one, got a list", 0},
    {"~", "spec.yaml:2:3: model.ste: expected a name or a map with one, got nothing", 0},
};

START_TEST(test_use)
{
    bnn_arena *arena = bnn_arena_create(1 << 20);
    bnn_settings settings;
    settings = (bnn_settings){.arena = arena};
    double clip = 0;
    if (use_ste(uses[_i].yaml, uses[_i].message, &clip, &settings, arena) == 0) {
        ck_assert(clip == uses[_i].clip);
        ck_assert_uint_eq(settings.n, 4);
        ck_assert_str_eq(bnn_settings_find(&settings, "model.ste")->text, "clipped");
        ck_assert(bnn_settings_find(&settings, "model.ste.clip")->number == clip);
    }
    use_ste(uses[_i].yaml, uses[_i].message, &clip, NULL, arena);
    bnn_arena_destroy(arena);
}
END_TEST

START_TEST(test_use_without_params)
{
    static const char yaml[] = "plain:\n  name: identity\n  clip: 1\n";
    bnn_arena *arena = bnn_arena_create(1 << 20);
    bnn_diag *diag = bnn_diag_create();
    const bnn_reader reader = {.arena = arena, .diag = diag, .registry = registry};
    struct place place = {.ste = {.params = &place}};
    ck_assert_int_eq(read_key(&reader, &ste_keys[1], NULL, &place), BNN_OK);
    ck_assert_ptr_null(place.ste.params);
    ck_assert_ptr_eq(bnn_use_ste(&place.ste)->head.name, place.ste.plugin->head->name);
    const bnn_node *map = bnn_tree_parse("s.yaml", yaml, strlen(yaml), arena, diag);
    ck_assert_int_eq(read_key(&reader, &ste_keys[1], map, &place), BNN_E_SPEC);
    ck_assert_uint_eq(bnn_diag_n_errors(diag), 1);
    ck_assert_msg(
        starts_with(bnn_diag_message(diag, 0), "s.yaml:3:3: unknown key \"clip\" in ste identity"),
        "%s", bnn_diag_message(diag, 0));
    bnn_diag_destroy(diag);
    bnn_arena_destroy(arena);
}
END_TEST

/* A word stands for no plugin, and is recorded as it is. */
START_TEST(test_use_word)
{
    static const char yaml[] = "plain: auto\n";
    bnn_arena *arena = bnn_arena_create(1 << 20);
    bnn_diag *diag = bnn_diag_create();
    bnn_settings settings;
    const bnn_reader reader = {
        .arena = arena, .diag = diag, .registry = registry, .settings = &settings};
    struct place place;
    settings = (bnn_settings){.arena = arena};
    const bnn_node *map = bnn_tree_parse("s.yaml", yaml, strlen(yaml), arena, diag);
    ck_assert_int_eq(read_key(&reader, &ste_keys[1], map, &place), BNN_OK);
    ck_assert_ptr_null(place.ste.plugin);
    ck_assert_str_eq(place.ste.word, "auto");
    ck_assert_uint_eq(settings.n, 1);
    ck_assert_str_eq(bnn_settings_find(&settings, "model.plain")->text, "auto");
    bnn_diag_destroy(diag);
    bnn_arena_destroy(arena);
}
END_TEST

/* A parameter that the caller reads itself could never be set. */
START_TEST(test_use_collision)
{
    bnn_arena *arena = bnn_arena_create(1 << 20);
    bnn_diag *diag = bnn_diag_create();
    const bnn_reader reader = {.arena = arena, .diag = diag, .registry = registry};
    struct place place;
    ck_assert_int_eq(read_key(&reader, &ste_keys[2], NULL, &place), BNN_E_RESOURCE);
    ck_assert_msg(strstr(bnn_diag_message(diag, 0), "parameter \"clip\" has the name of a key of "
                                                    "bnnrun's own") != NULL,
                  "%s", bnn_diag_message(diag, 0));
    bnn_diag_destroy(diag);
    bnn_arena_destroy(arena);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("params");
    TCase *tc = tcase_create("descriptor");
    tcase_add_loop_test(tc, test_table, 0, sizeof tables / sizeof *tables);
    tcase_add_test(tc, test_long_table);
    tcase_add_test(tc, test_head);
    tcase_add_test(tc, test_former_size);
    tcase_add_test(tc, test_ste);
    tcase_add_test(tc, test_layer);
    tcase_add_test(tc, test_ordering_and_optimizer);
    suite_add_tcase(s, tc);
    tc = tcase_create("use");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, test_later);
    tcase_add_loop_test(tc, test_use, 0, sizeof uses / sizeof *uses);
    tcase_add_test(tc, test_use_without_params);
    tcase_add_test(tc, test_use_word);
    tcase_add_test(tc, test_use_collision);
    suite_add_tcase(s, tc);
    return s;
}

BNN_CHECK_MAIN(suite)
