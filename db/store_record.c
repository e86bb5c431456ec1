/* store_record.c - what an attempt reports: metrics, timings, layer sizes, files.
 *
 * Each statement selects from run, so that it finds nothing to write when the attempt does not hold
 * the run: one statement checks and writes. It writes a row as a whole. */
#include "db/store_internal.h"

#include <math.h>
#include <string.h>

#define HOLDER " FROM run WHERE run_id = ?1 AND n_attempts = ?2 AND state = 'running'"

static void insert_metric(bnn_store *store, int64_t run, uint32_t attempt,
                          const bnn_metric_record *m)
{
    const char *special = isnan(m->value)    ? "nan"
                          : !isinf(m->value) ? NULL
                          : m->value > 0     ? "inf"
                                             : "-inf";
    const bnn_store_value value = special == NULL ? bnn_value_real(m->value) : bnn_value_null();
    bnn_store_execute(store,
                      "REPLACE INTO metric(run_id, name, epoch, attempt, value, special, time_us)"
                      " SELECT ?1, ?3, ?4, ?2, ?5, ?6, ?7" HOLDER,
                      BNN_VALUES(V(run), V(attempt), V(m->name), V(m->epoch), V(value), V(special),
                                 V(bnn_store_now_us())));
}

static void insert_timing(bnn_store *store, int64_t run, uint32_t attempt,
                          const bnn_timing_record *t, uint32_t co_runners)
{
    bnn_store_execute(
        store,
        "REPLACE INTO timing(run_id, phase, rep, attempt, wall_ns, cpu_ns, co_runners)"
        " SELECT ?1, ?3, ?4, ?2, ?5, ?6, ?7" HOLDER,
        BNN_VALUES(V(run), V(attempt), V(t->phase), V(t->rep), V(t->wall_ns), V(t->cpu_ns),
                   V(co_runners)));
}

static void insert_layer(bnn_store *store, int64_t run, uint32_t attempt, const bnn_layer_record *l)
{
    bnn_store_execute(store,
                      "REPLACE INTO layer(run_id, ordinal, attempt, name, kind, n_parameters, bits,"
                      " float32_bytes, packed_bytes, macs, binary_weights, binary_inputs)"
                      " SELECT ?1, ?3, ?2, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12" HOLDER,
                      BNN_VALUES(V(run), V(attempt), V(l->index), V(l->layer), V(l->kind),
                                 V(l->n_parameters), V(l->bits), V(l->float32_bytes),
                                 V(l->packed_bytes), V(l->macs), V(l->binary_weights != 0),
                                 V(l->binary_inputs != 0)));
}

/* The number that stands for a text in all runs; a new one for a new text. */
static int64_t number_text(bnn_store *store, const char *find, const char *add, const char *text,
                           bnn_store_value detail)
{
    const int64_t id = bnn_store_number(store, find, BNN_VALUES(V(text), detail), 0);
    if (id != 0)
        return id;
    bnn_store_execute(store, add, BNN_VALUES(V(text), detail));
    return sqlite3_last_insert_rowid(store->db);
}

static void insert_layer_metric(bnn_store *store, int64_t run, uint32_t attempt,
                                const bnn_layer_metric_record *m)
{
    const int64_t quantity =
        number_text(store, "SELECT quantity_id FROM quantity WHERE name = ?1 AND bin IS ?2",
                    "INSERT INTO quantity(name, bin) VALUES (?1, ?2)", m->name,
                    isnan(m->bin) ? bnn_value_null() : bnn_value_real(m->bin));
    const int64_t layer = number_text(
        store, "SELECT measured_layer_id FROM measured_layer WHERE name = ?1 AND ordinal = ?2",
        "INSERT INTO measured_layer(name, ordinal) VALUES (?1, ?2)", m->layer, V(m->ordinal));
    bnn_store_execute(
        store,
        "REPLACE INTO layer_value(run_id, epoch, quantity_id, measured_layer_id,"
        " attempt, value) SELECT ?1, ?3, ?4, ?5, ?2, ?6" HOLDER,
        BNN_VALUES(V(run), V(attempt), V(m->epoch), V(quantity), V(layer), V(m->value)));
}

/* Files are where the run's folder is: the path begins there. */
static void insert_file(bnn_store *store, int64_t run, uint32_t attempt, const bnn_file_record *f)
{
    bnn_store_execute(
        store,
        "REPLACE INTO artifact(run_id, kind, path, attempt, n_bytes, sha256, created_us)"
        " SELECT ?1, ?3, run_uid || '/' || ?4, ?2, ?5, ?6, ?7" HOLDER,
        BNN_VALUES(V(run), V(attempt), V(f->kind), V(f->name), V(f->n_bytes), V(f->sha256),
                   V(bnn_store_now_us())));
}

/* A record may come through a pipe from a run that crashed: names that do not end, and counts that
 * SQLite has no integer for, are refused. */
static bool is_name(const char name[BNN_NAME_MAX])
{
    return name[0] != '\0' && memchr(name, '\0', BNN_NAME_MAX) != NULL;
}

static bool is_sound(const bnn_record *record)
{
    switch (record->kind) {
    case BNN_RECORD_BEGIN:
        return true;
    case BNN_RECORD_METRIC:
        return is_name(record->metric.name);
    case BNN_RECORD_TIMING:
        return is_name(record->timing.phase) && record->timing.wall_ns <= INT64_MAX &&
               record->timing.cpu_ns <= INT64_MAX;
    case BNN_RECORD_LAYER: {
        const bnn_layer_record *l = &record->layer;
        return is_name(l->layer) && is_name(l->kind) && l->n_parameters <= INT64_MAX &&
               l->bits <= INT64_MAX && l->float32_bytes <= INT64_MAX &&
               l->packed_bytes <= INT64_MAX && l->macs <= INT64_MAX;
    }
    case BNN_RECORD_LAYER_METRIC: {
        const bnn_layer_metric_record *m = &record->layer_metric;
        return is_name(m->layer) && is_name(m->name) && m->epoch > 0 && isfinite(m->value) &&
               !isinf(m->bin);
    }
    case BNN_RECORD_PREDICTIONS: /* are kept as a whole, with the end of the run */
        return false;
    case BNN_RECORD_FILE: {
        const bnn_file_record *f = &record->file;
        return is_name(f->kind) && is_name(f->name) && f->n_bytes <= INT64_MAX &&
               memchr(f->sha256, '\0', sizeof f->sha256) == &f->sha256[sizeof f->sha256 - 1];
    }
    }
    return false;
}

int bnn_store_add_record(bnn_store *store, int64_t run, uint32_t attempt, const bnn_record *record,
                         uint32_t co_runners, bnn_error *err)
{
    if (!is_sound(record))
        return bnn_fail(err, BNN_E_INTERNAL, "run %lld: a record of kind %d is damaged",
                        (long long)run, (int)record->kind);
    bnn_store_report(store, err);
    switch (record->kind) {
    case BNN_RECORD_BEGIN:
        return bnn_store_resume(store, run, attempt, record->resumed_epoch, err);
    case BNN_RECORD_METRIC:
        insert_metric(store, run, attempt, &record->metric);
        break;
    case BNN_RECORD_TIMING:
        insert_timing(store, run, attempt, &record->timing, co_runners);
        break;
    case BNN_RECORD_LAYER:
        insert_layer(store, run, attempt, &record->layer);
        break;
    case BNN_RECORD_LAYER_METRIC:
        insert_layer_metric(store, run, attempt, &record->layer_metric);
        break;
    case BNN_RECORD_FILE:
        insert_file(store, run, attempt, &record->file);
        break;
    case BNN_RECORD_PREDICTIONS: /* not sound here */
        break;
    }
    if (sqlite3_changes(store->db) == 0)
        bnn_store_superseded(store, run, attempt);
    return store->status;
}
