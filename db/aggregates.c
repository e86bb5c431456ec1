/* aggregates.c - mean, sd, median and ci95 for SQL. */
#include "db/store_internal.h"

#include "base/statistics.h"

#include <math.h>

typedef struct sample {
    int64_t n, capacity;
    double *values;
} sample;

/* False for NULL, which is skipped, and after an error for what is no number. */
static bool aggregate_argument(sqlite3_context *context, sqlite3_value *value, double *out)
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
    if (!aggregate_argument(context, values[0], &x))
        return;
    bnn_moments *m = sqlite3_aggregate_context(context, sizeof *m);
    if (m == NULL)
        sqlite3_result_error_nomem(context);
    else
        bnn_moments_add(m, x);
}

static double mean_of_moments(const bnn_moments *m)
{
    return m->mean;
}

typedef struct aggregate {
    const char *name;
    void (*add)(sqlite3_context *, int, sqlite3_value **);
    void (*give)(sqlite3_context *);
    double (*of_moments)(const bnn_moments *); /* what give_moment gives; NaN is NULL to SQLite */
} aggregate;

static void give_moment(sqlite3_context *context)
{
    const aggregate *a = sqlite3_user_data(context);
    const bnn_moments *m = sqlite3_aggregate_context(context, 0);
    if (m != NULL)
        sqlite3_result_double(context, a->of_moments(m));
}

static bool grow_sample(sample *s)
{
    const int64_t capacity = s->capacity == 0 ? 64 : 2 * s->capacity;
    double *grown = sqlite3_realloc64(s->values, (sqlite3_uint64)capacity * sizeof *grown);
    if (grown == NULL)
        return false;
    s->values = grown;
    s->capacity = capacity;
    return true;
}

static void add_sample(sqlite3_context *context, int n_values, sqlite3_value **values)
{
    (void)n_values;
    double x;
    if (!aggregate_argument(context, values[0], &x))
        return;
    sample *s = sqlite3_aggregate_context(context, sizeof *s);
    if (s == NULL || (s->n == s->capacity && !grow_sample(s)))
        sqlite3_result_error_nomem(context);
    else
        s->values[s->n++] = x;
}

/* Also called to clean up after an error. */
static void give_median(sqlite3_context *context)
{
    sample *s = sqlite3_aggregate_context(context, 0);
    if (s == NULL || s->n == 0)
        return;
    sqlite3_result_double(context, bnn_median(s->values, (size_t)s->n));
    sqlite3_free(s->values);
    s->values = NULL;
}

static void give_root(sqlite3_context *context, int n_values, sqlite3_value **values)
{
    (void)n_values;
    if (sqlite3_value_type(values[0]) != SQLITE_NULL && sqlite3_value_double(values[0]) >= 0)
        sqlite3_result_double(context, sqrt(sqlite3_value_double(values[0])));
}

int bnn_aggregates_register(sqlite3 *db)
{
    static aggregate table[] = {
        /* SQLite takes no const */
        {"mean", add_moment, give_moment, mean_of_moments},
        {"sd", add_moment, give_moment, bnn_moments_sd},
        {"ci95", add_moment, give_moment, bnn_moments_ci95},
        {"median", add_sample, give_median, NULL},
    };
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
    int code = SQLITE_OK;
    for (size_t i = 0; i < sizeof table / sizeof *table && code == SQLITE_OK; i++)
        code = sqlite3_create_function_v2(db, table[i].name, 1, flags, &table[i], NULL,
                                          table[i].add, table[i].give, NULL);
    /* The named queries need sqrt, which SQLite may have been built without. */
    if (code == SQLITE_OK && !sqlite3_compileoption_used("ENABLE_MATH_FUNCTIONS"))
        code = sqlite3_create_function_v2(db, "sqrt", 1, flags, NULL, give_root, NULL, NULL, NULL);
    return code;
}
