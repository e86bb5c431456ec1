/* check_ste_facts.c - the STEs that come with bnnrun against their papers: slopes and proxies that a
 * script of its own computed (tests/fixtures/reference/ste_facts.py). */
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/plugin_fixture.h"

#include "tests/fixtures/reference/ste_facts.inc"

enum { N_FACTS = sizeof ste_facts / sizeof *ste_facts, N_SET = 2 };

/* An STE with parameters, at a moment of a run. */
static const bnn_ste *ste_begin(subject *s, const char *name, double progress)
{
    const bnn_ste *ste;
    facts_begin(s, BNN_KIND_STE, name);
    ste = (const void *)s->head;
    s->ctx.progress = progress;
    return ste;
}

static void ste_schedule(subject *s, const bnn_ste *ste)
{
    if (ste->schedule != NULL)
        ste->schedule(&s->ctx, s->params, s->ctx.progress, s->ctx.state);
}

START_TEST(papers_have_these_numbers)
{
    subject s;
    float got[3];
    const struct ste_fact *fact = &ste_facts[_i];
    const float x[2] = {fact->x, 0.0f}, gy = -2.0f;
    const bnn_ste *ste = ste_begin(&s, fact->name, fact->progress);
    for (int i = 0; i < N_SET && fact->set[i].name != NULL; i++)
        facts_set_param(&s, fact->set[i].name, fact->set[i].value);
    ste_schedule(&s, ste);
    ste->grad(&s.ctx, s.params, 1, x, &gy, &got[0]);
    ste->proxy(&s.ctx, s.params, 2, x, &got[1]);
    const double slope = (double)got[0] / -2.0, value = (double)got[1] - (double)got[2];
    ck_assert_msg(fabs(slope - fact->slope) <= 1e-5 * (1 + fabs(fact->slope)) &&
                      fabs(value - fact->value) <= 1e-5 * (1 + fabs(fact->value)),
                  "%s at %g: slope %.7g and value %.7g, expected %.7g and %.7g", fact->name,
                  (double)fact->x, slope, value, fact->slope, fact->value);
    facts_end(&s);
}
END_TEST

/* The slopes of an STE at x, with one parameter set. */
static void ste_slopes(const char *name, const char *parameter, double set, size_t n,
                       const float *x, const float *gy, float *gx)
{
    subject s;
    const bnn_ste *ste = ste_begin(&s, name, 1.0);
    if (parameter != NULL)
        facts_set_param(&s, parameter, set);
    ste_schedule(&s, ste);
    ste->grad(&s.ctx, s.params, n, x, gy, gx);
    facts_end(&s);
}

/* Members of one family are each other, to the bit. */
START_TEST(families_meet)
{
    enum { N = 1027 };
    static const struct {
        const char *name, *parameter, *other, *parameter_of_other;
        double value, value_of_other;
    } pairs[] = {
        {"power", "p", "clipped", NULL, 1, 0},
        {"power", "p", "approx_sign", NULL, 2, 0},
        {"leaky", "leak", "identity", NULL, 1, 0},
        {"reste", "o_end", "clipped", "clip", 1, 1.5},
    };
    buffers b = {.state = 5};
    float *x = random_floats(&b, N), *gy = random_floats(&b, N);
    float *one = empty_floats(&b, N), *other = empty_floats(&b, N);
    const float special[] = {0.0f,          -0.0f, 1.0f,   -1.0f, 0x1.fffffep-1f,
                             0x1.000002p0f, 3e38f, -3e38f, 1e-40f};
    for (int i = 0; i < N; i++)
        x[i] *= 2.0f;
    memcpy(x, special, sizeof special);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        ste_slopes(pairs[i].name, pairs[i].parameter, pairs[i].value, N, x, gy, one);
        ste_slopes(pairs[i].other, pairs[i].parameter_of_other, pairs[i].value_of_other, N, x, gy,
                   other);
        expect_same(pairs[i].name, pairs[i].other, one, other, N);
    }
    buffers_free(&b);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("ste_facts");
    TCase *tc = tcase_create("facts");
    tcase_add_loop_test(tc, papers_have_these_numbers, 0, N_FACTS);
    tcase_add_test(tc, families_meet);
    suite_add_tcase(s, tc);
    return s;
}

BNN_CHECK_MAIN(suite)
