/* check_plugins.c - the conformance suite: every plugin on the search path, third-party ones too,
 * keeps the contract of its kind; and the numbers of the plugins that come with bnnrun. */
#include "tests/fixtures/check_main.h"
#include "tests/conform/conform.h"

/* ---- orderings --------------------------------------------------------------------------- */

static size_t count(const char *text, char letter)
{
    size_t n = 0;
    for (; *text != '\0'; text++)
        n += *text == letter;
    return n;
}

static void check_sequence(const subject *s, const bnn_block *block, const char *sequence)
{
    REQUIRE(sequence != NULL && sequence[strspn(sequence, "LPBA")] == '\0',
            "%s: letters other than L, P, B, A in \"%s\"", s->what,
            sequence == NULL ? "(null)" : sequence);
    REQUIRE(count(sequence, 'L') == 1, "%s: \"%s\" must have one L", s->what, sequence);
    REQUIRE(count(sequence, 'P') == (block->pools ? 1u : 0u), "%s: \"%s\" in a block %s", s->what,
            sequence, block->pools ? "that pools" : "without a pool");
    REQUIRE(count(sequence, 'B') <= 1 && count(sequence, 'A') <= 1, "%s: \"%s\" has a letter twice",
            s->what, sequence);
    if (block->position == BNN_POSITION_LAST)
        REQUIRE(strchr(strchr(sequence, 'L'), 'A') == NULL,
                "%s: \"%s\" has an activation behind the logits", s->what, sequence);
}

void conform_ordering(size_t i)
{
    subject s;
    conform_begin(&s, BNN_KIND_ORDERING, i);
    conform_file(&s);
    const bnn_ordering *ordering = (const void *)s.head;
    for (size_t turn = 0; conform_set(&s, turn); turn++)
        for (uint32_t j = 0; j < 3 * 8; j++) {
            const bnn_block block = {.position = j / 8,
                                     .pools = j % 2 != 0,
                                     .binary_weights = j / 2 % 2 != 0,
                                     .binary_inputs = j / 4 % 2 != 0};
            const char *sequence = ordering->sequence(s.params, &block);
            check_sequence(&s, &block, sequence);
            ck_assert_str_eq(sequence, ordering->sequence(s.params, &block));
        }
    conform_end(&s);
}

START_TEST(test_ste)
{
    conform_ste((size_t)_i);
}
END_TEST

START_TEST(test_layer)
{
    conform_layer((size_t)_i);
}
END_TEST

START_TEST(test_ordering)
{
    conform_ordering((size_t)_i);
}
END_TEST

START_TEST(test_optimizer)
{
    conform_optimizer((size_t)_i);
}
END_TEST

/* ---- the plugins that come with bnnrun --------------------------------------------------- */

/* All of them are found: a folder that is missing from the path would pass every test above. */
START_TEST(test_all_there)
{
    static const struct {
        bnn_kind kind;
        const char *name;
    } shipped[] = {
        {BNN_KIND_LAYER, "conv2d"},         {BNN_KIND_LAYER, "dense"},
        {BNN_KIND_LAYER, "batchnorm"},      {BNN_KIND_LAYER, "maxpool"},
        {BNN_KIND_LAYER, "avgpool"},        {BNN_KIND_LAYER, "relu"},
        {BNN_KIND_LAYER, "prelu"},          {BNN_KIND_LAYER, "hardtanh"},
        {BNN_KIND_LAYER, "dropout"},        {BNN_KIND_STE, "identity"},
        {BNN_KIND_STE, "clipped"},          {BNN_KIND_STE, "approx_sign"},
        {BNN_KIND_STE, "swish_sign"},       {BNN_KIND_STE, "ede"},
        {BNN_KIND_ORDERING, "bn_act"},      {BNN_KIND_ORDERING, "act_bn"},
        {BNN_KIND_ORDERING, "pool_bn_act"}, {BNN_KIND_ORDERING, "bn_pool_act"},
        {BNN_KIND_ORDERING, "act_pool_bn"}, {BNN_KIND_ORDERING, "xnor"},
        {BNN_KIND_OPTIMIZER, "sgd"},        {BNN_KIND_OPTIMIZER, "adam"},
        {BNN_KIND_OPTIMIZER, "bop"},
    };
    bnn_error err;
    bnn_registry *registry = bnn_registry_create(NULL);
    for (size_t i = 0; i < sizeof shipped / sizeof *shipped; i++)
        REQUIRE(bnn_registry_load(registry, shipped[i].kind, shipped[i].name, &err) != NULL, "%s",
                err.message);
    bnn_registry_destroy(registry);
}
END_TEST

/* Loads a plugin that comes with bnnrun, by name. */
static void begin(subject *s, bnn_kind kind, const char *name)
{
    const size_t n = conform_count(kind);
    for (size_t i = 0; i < n; i++) {
        conform_begin(s, kind, i);
        if (strcmp(s->head->name, name) == 0)
            return;
        conform_end(s);
    }
    ck_abort_msg("no %s %s", bnn_kind_name(kind), name);
}

/* Gradients of the papers' formulas, worked out in double precision. swish_sign at 0.2 (beta 5):
 * 5 (2 - tanh 0.5) / (1 + cosh 1). ede: t = 0.1, 1, 10 and k = 10, 1, 1 over the run; at 0.1 in
 * the last epoch 10 (1 - tanh^2 1). */
START_TEST(test_ste_facts)
{
    static const struct {
        const char *name;
        double progress;
        float x;
        double gradient;
    } facts[] = {
        {"identity", 0, 1e30f, 1},
        {"clipped", 0, 1.0f, 1},
        {"clipped", 0, -1.0f, 1},
        {"clipped", 0, 1.0000001f, 0},
        {"approx_sign", 0, 0.0f, 2},
        {"approx_sign", 0, -0.25f, 1.5},
        {"approx_sign", 0, 1.25f, 0},
        {"swish_sign", 0, 0.0f, 5},
        {"swish_sign", 0, 0.2f, 3.0236612},
        {"swish_sign", 0, -1.0f, -0.1949923},
        {"swish_sign", 0, 1e38f, 0},
        {"ede", 0.0, 0.0f, 1},
        {"ede", 0.5, 0.0f, 1},
        {"ede", 1.0, 0.0f, 10},
        {"ede", 1.0, 0.1f, 4.199743},
        {"ede", 0.0, 10.0f, 0.4199743},
    };
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        subject s;
        float g;
        const float one = 1.0f;
        begin(&s, BNN_KIND_STE, facts[i].name);
        const bnn_ste *ste = (const void *)s.head;
        if (ste->schedule != NULL)
            ste->schedule(&s.ctx, s.params, facts[i].progress, s.ctx.state);
        ste->grad(&s.ctx, s.params, 1, &facts[i].x, &one, &g);
        REQUIRE(fabs(g - facts[i].gradient) <= 1e-5, "%s at %g: %.7g, expected %.7g", facts[i].name,
                (double)facts[i].x, (double)g, facts[i].gradient);
        conform_end(&s);
    }
}
END_TEST

/* Three steps from w = 1 with gradients 0.5, 0.1, -0.3, learning rate 0.1 and weight decay 0.01:
 * numbers of a double-precision evaluation of the update rules in PyTorch's documentation. */
START_TEST(test_optimizer_facts)
{
    static const float gradients[] = {0.5f, 0.1f, -0.3f};
    static const struct {
        const char *name, *option; /* a switch to turn on */
        double w[3];
    } facts[] = {
        {"sgd", NULL, {0.94900000, 0.89215100, 0.87009475}},
        {"sgd", "nesterov", {0.90310000, 0.84107411, 0.85046556}},
        {"adam", NULL, {0.90000000, 0.81891517, 0.79544605}},
        {"adam", "decoupled", {0.89900000, 0.81779691, 0.79590781}},
    };
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        subject s;
        float w = 1.0f, slots[2] = {0}, *const pointers[] = {&slots[0], &slots[1]};
        begin(&s, BNN_KIND_OPTIMIZER, facts[i].name);
        conform_set_param(&s, "weight_decay", 0.01);
        if (facts[i].option != NULL)
            conform_set_param(&s, facts[i].option, 1);
        const bnn_optimizer *optimizer = (const void *)s.head;
        for (uint64_t t = 0; t < 3; t++) {
            const bnn_step step = {.t = t + 1, .lr = 0.1, .decays = 1};
            optimizer->step(&s.ctx, s.params, &step, 1, &w, &gradients[t], pointers);
            REQUIRE(fabs(w - facts[i].w[t]) <= 5e-7, "%s, step %d: %.8f, expected %.8f",
                    facts[i].name, (int)t + 1, (double)w, facts[i].w[t]);
        }
        conform_end(&s);
    }
}
END_TEST

/* A mean gradient of 0.25 against a threshold of 0.2: what pushes against the sign flips, by sign
 * only, and zero acts as +1. With 0.3 it stays. */
START_TEST(test_bop_facts)
{
    static const float before[] = {0.3f, -0.3f, 0.0f, -0.0f}, after[] = {-0.3f, -0.3f, -1, -1};
    static const float g[] = {0.5f, 0.5f, 0.5f, 0.5f};
    for (int patient = 0; patient < 2; patient++) {
        subject s;
        float w[4], mean[4] = {0}, *const slots[] = {mean};
        const bnn_step step = {.t = 1, .lr = 1, .latent = 1};
        memcpy(w, before, sizeof w);
        begin(&s, BNN_KIND_OPTIMIZER, "bop");
        conform_set_param(&s, "gamma", 0.5);
        conform_set_param(&s, "threshold", patient ? 0.3 : 0.2);
        ((const bnn_optimizer *)(const void *)s.head)
            ->step(&s.ctx, s.params, &step, 4, w, g, slots);
        expect_same("bop", patient ? "patient" : "flips", w, patient ? before : after, 4);
        conform_end(&s);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("plugins");
    TCase *tc = tcase_create("contracts");
    tcase_add_loop_test(tc, test_ste, 0, (int)conform_count(BNN_KIND_STE));
    tcase_add_loop_test(tc, test_layer, 0, (int)conform_count(BNN_KIND_LAYER));
    tcase_add_loop_test(tc, test_ordering, 0, (int)conform_count(BNN_KIND_ORDERING));
    tcase_add_loop_test(tc, test_optimizer, 0, (int)conform_count(BNN_KIND_OPTIMIZER));
    suite_add_tcase(s, tc);
    tc = tcase_create("shipped");
    tcase_add_test(tc, test_all_there);
    tcase_add_test(tc, test_ste_facts);
    tcase_add_test(tc, test_optimizer_facts);
    tcase_add_test(tc, test_bop_facts);
    suite_add_tcase(s, tc);
    return s;
}

BNN_CHECK_MAIN(suite)
