/* aggregates.c - mean, sd, median and ci95 for SQL. */
#include "db/store_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Welford's running mean and sum of squared deviations (Technometrics 4, 1962): accuracies that
 * differ in their fifth digit keep their spread, which sums of squares lose. */
typedef struct moments {
    int64_t n;
    double mean, squares;
} moments;

typedef struct sample {
    int64_t n, capacity;
    double *values;
} sample;

/* False for NULL, which is skipped, and after an error for what is no number. */
static bool take_number(sqlite3_context *context, sqlite3_value *value, double *out)
{
    switch (sqlite3_value_numeric_type(value)) {
    case SQLITE_INTEGER:
    case SQLITE_FLOAT:
        *out = sqlite3_value_double(value);
        return true;
    case SQLITE_NULL:
        return false;
    default:
        sqlite3_result_error(context, "mean, sd, median and ci95 take numbers, not texts or blobs",
                             -1);
        return false;
    }
}

static void add_moment(sqlite3_context *context, int n_values, sqlite3_value **values)
{
    (void)n_values;
    double x;
    if (!take_number(context, values[0], &x))
        return;
    moments *m = sqlite3_aggregate_context(context, sizeof *m);
    if (m == NULL) {
        sqlite3_result_error_nomem(context);
        return;
    }
    m->n++;
    const double before = x - m->mean;
    m->mean += before / (double)m->n;
    m->squares += before * (x - m->mean);
}

static void give_mean(sqlite3_context *context)
{
    const moments *m = sqlite3_aggregate_context(context, 0);
    if (m != NULL && m->n > 0)
        sqlite3_result_double(context, m->mean);
}

static void give_sd(sqlite3_context *context)
{
    const moments *m = sqlite3_aggregate_context(context, 0);
    if (m != NULL && m->n > 1)
        sqlite3_result_double(context, sqrt(m->squares / (double)(m->n - 1)));
}

static void give_ci95(sqlite3_context *context)
{
    const moments *m = sqlite3_aggregate_context(context, 0);
    if (m == NULL || m->n < 2)
        return;
    const double sd = sqrt(m->squares / (double)(m->n - 1));
    sqlite3_result_double(context, bnn_student_t95(m->n - 1) * sd / sqrt((double)m->n));
}

static void add_sample(sqlite3_context *context, int n_values, sqlite3_value **values)
{
    (void)n_values;
    double x;
    if (!take_number(context, values[0], &x))
        return;
    sample *s = sqlite3_aggregate_context(context, sizeof *s);
    if (s != NULL && s->n == s->capacity) {
        const int64_t capacity = s->capacity == 0 ? 64 : 2 * s->capacity;
        double *grown = sqlite3_realloc64(s->values, (sqlite3_uint64)capacity * sizeof *grown);
        if (grown == NULL) {
            sqlite3_result_error_nomem(context);
            return;
        }
        s->values = grown;
        s->capacity = capacity;
    }
    if (s == NULL)
        sqlite3_result_error_nomem(context);
    else
        s->values[s->n++] = x;
}

static int compare_doubles(const void *a, const void *b)
{
    double x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

/* Also called to clean up after an error. */
static void give_median(sqlite3_context *context)
{
    sample *s = sqlite3_aggregate_context(context, 0);
    if (s == NULL || s->n == 0)
        return;
    qsort(s->values, (size_t)s->n, sizeof *s->values, compare_doubles);
    const double low = s->values[(s->n - 1) / 2], high = s->values[s->n / 2];
    sqlite3_result_double(context, low == high ? low : low / 2 + high / 2);
    sqlite3_free(s->values);
    s->values = NULL;
}

/* P(|T| <= sqrt(n) tan(angle)) for n degrees of freedom: the finite sums of Abramowitz and Stegun,
 * 26.7.3 and 26.7.4. */
static double student_inside(int64_t n, double angle)
{
    const double c = cos(angle), s = sin(angle);
    double term = n % 2 == 1 ? c : 1, sum = 0;
    for (int64_t i = n % 2 == 1 ? 3 : 2; i <= n; i += 2) {
        sum += term;
        term *= c * c * (double)(i - 1) / (double)i;
    }
    return n % 2 == 1 ? (angle + s * sum) / M_PI_2 : s * sum;
}

/* SQLite has no quantiles, and a statistics library is a large dependency for a single number. */
double bnn_student_t95(int64_t degrees)
{
    if (degrees > 200) { /* Cornish-Fisher, A&S 26.7.5, around the normal quantile */
        const double x = 1.959963984540054, n = (double)degrees;
        const double x2 = x * x;
        const double g1 = x * (x2 + 1) / 4;
        const double g2 = x * ((5 * x2 + 16) * x2 + 3) / 96;
        const double g3 = x * (((3 * x2 + 19) * x2 + 17) * x2 - 15) / 384;
        return x + (g1 + (g2 + g3 / n) / n) / n;
    }
    double low = 0, high = M_PI_2;
    for (int i = 0; i < 60; i++) {
        const double middle = low + (high - low) / 2;
        if (student_inside(degrees, middle) < 0.95)
            low = middle;
        else
            high = middle;
    }
    return sqrt((double)degrees) * tan(low);
}

static void give_root(sqlite3_context *context, int n_values, sqlite3_value **values)
{
    (void)n_values;
    if (sqlite3_value_type(values[0]) != SQLITE_NULL && sqlite3_value_double(values[0]) >= 0)
        sqlite3_result_double(context, sqrt(sqlite3_value_double(values[0])));
}

int bnn_aggregates_register(sqlite3 *db)
{
    static const struct {
        const char *name;
        void (*add)(sqlite3_context *, int, sqlite3_value **);
        void (*give)(sqlite3_context *);
    } table[] = {
        {"mean", add_moment, give_mean},
        {"sd", add_moment, give_sd},
        {"ci95", add_moment, give_ci95},
        {"median", add_sample, give_median},
    };
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
    int code = SQLITE_OK;
    for (size_t i = 0; i < sizeof table / sizeof *table && code == SQLITE_OK; i++)
        code = sqlite3_create_function_v2(db, table[i].name, 1, flags, NULL, NULL, table[i].add,
                                          table[i].give, NULL);
    /* The named queries need sqrt, which SQLite may have been built without. */
    if (code == SQLITE_OK && !sqlite3_compileoption_used("ENABLE_MATH_FUNCTIONS"))
        code = sqlite3_create_function_v2(db, "sqrt", 1, flags, NULL, give_root, NULL, NULL, NULL);
    return code;
}
