/* exp, log and tanh against libm in double precision, over all of float and at its corners; and how
 * a table of kernels is chosen. */
#include "base/error.h"
#include "kernels/kernels.h"
#include "simd/cpu.h"

#include "tests/fixtures/buffers.h"
#include "tests/fixtures/check_main.h"

#include <float.h>
#include <stdio.h>

static const bnn_kernels *k;

/* The best table that runs here: the first of the list that is found. */
static void choose_table(void)
{
    bnn_error err;
    k = bnn_kernels_choose(&err);
    ck_assert_ptr_nonnull(k);
}

/* The distance of y from the true value, in units in the last place of a float near it; below the
 * smallest normal number the unit is that of the denormals. */
static double error_ulp(float y, double truth)
{
    if (isnan(truth))
        return isnan(y) ? 0 : INFINITY;
    if (fabs(truth) >= 0x1.ffffffp127) /* rounds to infinity */
        return (double)y == copysign((double)INFINITY, truth) ? 0 : INFINITY;
    const int exponent = truth == 0 ? -126 : ilogb(truth);
    return fabs((double)y - truth) / ldexp(1.0, (exponent < -126 ? -126 : exponent) - 23);
}

typedef struct function_case {
    const char *name;
    double (*truth)(double);
    double bound;
} function_case;

START_TEST(functions_keep_their_bounds)
{
    static const function_case cases[] = {{"exp", exp, 2}, {"log", log, 2}, {"tanh", tanh, 3}};
    enum { BLOCK = 1024, STEP = 997 };
    const function_case *f = &cases[_i];
    void (*function)(size_t, const float *, float *) = _i == 0   ? k->exp
                                                       : _i == 1 ? k->log
                                                                 : k->tanh;
    double worst = 0;
    float worst_at = 0;
    for (uint64_t bits = 0; bits <= UINT32_MAX;) {
        float x[BLOCK], y[BLOCK];
        for (int i = 0; i < BLOCK; i++, bits += STEP) {
            const uint32_t pattern = (uint32_t)bits;
            memcpy(&x[i], &pattern, sizeof pattern);
        }
        function(BLOCK, x, y);
        for (int i = 0; i < BLOCK; i++) {
            const double error = error_ulp(y[i], f->truth((double)x[i]));
            if (error > worst)
                worst = error, worst_at = x[i];
        }
    }
    ck_assert_msg(worst <= f->bound, "%s is off by %.3f units in the last place at %a", f->name,
                  worst, (double)worst_at);
}
END_TEST

START_TEST(functions_at_special_values)
{
    const float x[] = {0.0f,      -0.0f,  INFINITY, -INFINITY, NAN,        1.0f,         -1.0f,
                       0x1p-149f, 88.7f,  88.8f,    -103.9f,   -104.5f,    FLT_MAX,      -FLT_MAX,
                       FLT_MIN,   0.625f, 9.0f,     20.0f,     -0x1p-149f, 0x1.62e430p6f};
    enum { N = sizeof x / sizeof *x };
    float e[N], l[N], t[N];
    k->exp(N, x, e);
    k->log(N, x, l);
    k->tanh(N, x, t);
    for (int i = 0; i < N; i++) {
        ck_assert_msg(error_ulp(e[i], exp((double)x[i])) <= 2, "exp(%a) = %a", (double)x[i],
                      (double)e[i]);
        ck_assert_msg(error_ulp(t[i], tanh((double)x[i])) <= 3, "tanh(%a) = %a", (double)x[i],
                      (double)t[i]);
        if (x[i] != 0)
            ck_assert_msg(error_ulp(l[i], log((double)x[i])) <= 2, "log(%a) = %a", (double)x[i],
                          (double)l[i]);
    }
    ck_assert_float_eq(l[0], -INFINITY);
    ck_assert_float_eq(l[1], -INFINITY);
    ck_assert_float_eq(l[5], 0.0f);
    ck_assert_float_eq(e[0], 1.0f);
    ck_assert(signbit(t[1]));
    ck_assert_float_eq(t[2], 1.0f);
    ck_assert_float_eq(t[3], -1.0f);
}
END_TEST

START_TEST(every_table_has_the_same_functions)
{
    enum { BLOCK = 1021, STEP = 4999 };
    size_t n;
    const char *const *names = bnn_cpu_names(&n);
    for (uint64_t bits = 0; bits <= UINT32_MAX;) {
        float x[BLOCK], want[3][BLOCK], got[3][BLOCK];
        for (int i = 0; i < BLOCK; i++, bits += STEP) {
            const uint32_t pattern = (uint32_t)bits;
            memcpy(&x[i], &pattern, sizeof pattern);
        }
        k->exp(BLOCK, x, want[0]);
        k->log(BLOCK, x, want[1]);
        k->tanh(BLOCK, x, want[2]);
        for (size_t t = 0; t < n; t++) {
            const bnn_kernels *table = bnn_kernels_find(names[t]);
            if (table == NULL)
                continue;
            table->exp(BLOCK, x, got[0]);
            table->log(BLOCK, x, got[1]);
            memcpy(got[2], x, sizeof x);
            table->tanh(BLOCK, got[2], got[2]);
            expect_same("exp, log, tanh", names[t], got[0], want[0], 3 * (size_t)BLOCK);
        }
    }
}
END_TEST

/* BNN_CPU names a table; without it, or empty, the best one is taken. */
START_TEST(cpu_is_chosen_by_name)
{
    size_t n;
    const char *const *names = bnn_cpu_names(&n);
    bnn_error err;
    char runnable[200] = "", wanted[300];
    for (size_t i = 0; i < n; i++) {
        setenv("BNN_CPU", names[i], 1);
        const bnn_kernels *table = bnn_kernels_find(names[i]);
        ck_assert_ptr_eq(bnn_kernels_choose(&err), table);
        if (table == NULL)
            continue;
        ck_assert_str_eq(table->name, names[i]);
        ck_assert_uint_eq(table->abi_version, BNN_ABI_VERSION);
        ck_assert_uint_eq(table->struct_size, sizeof *table);
        const size_t used = strlen(runnable);
        snprintf(runnable + used, sizeof runnable - used, "%s%s", used > 0 ? ", " : "", names[i]);
    }
    snprintf(wanted, sizeof wanted, "BNN_CPU=sse9 cannot run here; this machine and build run: %s",
             runnable);
    setenv("BNN_CPU", "sse9", 1);
    ck_assert_ptr_null(bnn_kernels_choose(&err));
    ck_assert_int_eq(err.status, BNN_E_USAGE);
    ck_assert_str_eq(err.message, wanted);
    setenv("BNN_CPU", "", 1);
    ck_assert_ptr_eq(bnn_kernels_choose(&err), k);
    unsetenv("BNN_CPU");
    ck_assert_ptr_eq(bnn_kernels_choose(&err), k);
    ck_assert_ptr_null(bnn_kernels_find("AVX2"));
}
END_TEST

static Suite *functions_suite(void)
{
    Suite *suite = suite_create("functions");
    TCase *tc = tcase_create("functions");
    tcase_set_timeout(tc, 300);
    tcase_add_checked_fixture(tc, choose_table, NULL);
    tcase_add_loop_test(tc, functions_keep_their_bounds, 0, 3);
    tcase_add_test(tc, functions_at_special_values);
    tcase_add_test(tc, every_table_has_the_same_functions);
    tcase_add_test(tc, cpu_is_chosen_by_name);
    suite_add_tcase(suite, tc);
    return suite;
}

BNN_CHECK_MAIN(functions_suite)
