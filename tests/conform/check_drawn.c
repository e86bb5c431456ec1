/* STEs that draw, and those with other levels than signs, against numbers that a script computed. */
#include "tests/fixtures/buffers.h"
#include "tests/fixtures/check_main.h"
#include "kernels/kernels.h"
#include "plugin/registry.h"

#include "tests/fixtures/reference/drawn_stes.inc"

/* The defaults of a plugin's parameters. */
static void *drawn_params(buffers *b, const bnn_head *head)
{
    char *params = head->params == NULL ? NULL : buffer_bytes(b, head->params_size);
    for (const bnn_param *row = head->params; row != NULL && row->type != BNN_TYPE_END; row++) {
        const int32_t integer = (int32_t)row->fallback;
        if (row->type == BNN_TYPE_NUMBER)
            memcpy(params + row->offset, &row->fallback, sizeof row->fallback);
        else
            memcpy(params + row->offset, &integer, sizeof integer);
    }
    return params;
}

START_TEST(values_and_gradients)
{
    bnn_error err;
    bnn_registry *registry = bnn_registry_create(NULL);
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        buffers b = {0};
        const bnn_plugin *plugin = bnn_registry_load(registry, BNN_KIND_STE, facts[i].name, &err);
        ck_assert_msg(plugin != NULL, "%s", err.message);
        const bnn_ste *ste = (const void *)plugin->head;
        const bnn_context ctx = {.kernels = bnn_kernels_choose(&err), .noise = &facts[i].u};
        const void *params = drawn_params(&b, plugin->head);
        const float one = 1.0f;
        float y, g;
        ste->forward(&ctx, params, 1, &facts[i].x, &y);
        ste->grad(&ctx, params, 1, &facts[i].x, &one, &g);
        ck_assert_msg(fabs((double)y - facts[i].y) <= 1e-7, "%s at %g, %g: %.9g, expected %.9g",
                      facts[i].name, (double)facts[i].x, (double)facts[i].u, (double)y, facts[i].y);
        ck_assert_msg(fabs((double)g - facts[i].gradient) <= 1e-6,
                      "%s at %g, %g: gradient %.9g, expected %.9g", facts[i].name,
                      (double)facts[i].x, (double)facts[i].u, (double)g, facts[i].gradient);
        buffers_free(&b);
    }
    bnn_registry_destroy(registry);
}
END_TEST

static Suite *drawn_suite(void)
{
    Suite *s = suite_create("drawn");
    TCase *tc = tcase_create("facts");
    tcase_add_test(tc, values_and_gradients);
    suite_add_tcase(s, tc);
    return s;
}

BNN_CHECK_MAIN(drawn_suite)
