/* store_predictions.c - what runs take each image of their test set for: kept and read back.
 *
 * A database may come from anywhere: what is in the blobs is not believed before it is checked. */
#include "db/store_internal.h"
#include "db/store_results.h"

#include <assert.h>
#include <string.h>

/* ---- to keep ---- */

static bool predictions_are_sound(const bnn_store_predictions *p)
{
    bool sound = p->n > 0 && p->n_classes > 0 && p->n_classes <= BNN_STORE_CLASSES_MAX;
    for (size_t i = 0; sound && i < p->n; i++)
        sound = p->classes[i] < p->n_classes && p->true_classes[i] < p->n_classes;
    return sound;
}

static bnn_store_value predictions_blob(const uint8_t *classes, size_t n)
{
    return (bnn_store_value){
        .type = BNN_STORE_VALUE_BLOB, .text = (const char *)classes, .n_bytes = n};
}

/* The test set of these images; a new one when no run was tested on them. */
static int64_t predictions_test_set(bnn_store *store, int64_t run, int64_t attempt,
                                    const bnn_store_predictions *p)
{
    const bnn_store_value classes = predictions_blob(p->true_classes, p->n);
    const int64_t id = bnn_store_number(
        store,
        "SELECT test_set_id FROM test_set WHERE sha256 = (SELECT sha256 FROM dataset"
        " JOIN attempt USING (dataset_id) WHERE run_id = ?1 AND attempt = ?2)"
        " AND sample = ?3 AND n_classes = ?4 AND classes = ?5",
        BNN_VALUES(V(run), V(attempt), V(p->sample), V(p->n_classes), V(classes)), 0);
    if (id != 0)
        return id;
    bnn_store_execute(store,
                      "INSERT INTO test_set(sha256, sample, n_classes, classes)"
                      " SELECT sha256, ?3, ?4, ?5 FROM dataset JOIN attempt USING (dataset_id)"
                      " WHERE run_id = ?1 AND attempt = ?2",
                      BNN_VALUES(V(run), V(attempt), V(p->sample), V(p->n_classes), V(classes)));
    return sqlite3_last_insert_rowid(store->db);
}

static void predictions_insert(bnn_store *store, int64_t run, int64_t attempt,
                               const bnn_store_predictions *p)
{
    const int64_t test_set = predictions_test_set(store, run, attempt, p);
    bnn_store_execute(
        store,
        "REPLACE INTO prediction(run_id, attempt, test_set_id, classes)"
        " VALUES (?1, ?2, ?3, ?4)",
        BNN_VALUES(V(run), V(attempt), V(test_set), V(predictions_blob(p->classes, p->n))));
}

static int predictions_refuse(int64_t run, bnn_error *err)
{
    return bnn_fail(err, BNN_E_INTERNAL, "run %lld: its predicted classes are damaged",
                    (long long)run);
}

int bnn_store_add_predictions(bnn_store *store, int64_t run, uint32_t attempt,
                              const bnn_store_predictions *predictions, bnn_error *err)
{
    if (!predictions_are_sound(predictions))
        return predictions_refuse(run, err);
    bnn_store_enter(store, err);
    bnn_store_check_holder(store, run, attempt);
    predictions_insert(store, run, attempt, predictions);
    return bnn_store_leave(store);
}

int bnn_store_fill_predictions(bnn_store *store, int64_t run,
                               const bnn_store_predictions *predictions, bnn_error *err)
{
    if (!predictions_are_sound(predictions))
        return predictions_refuse(run, err);
    bnn_store_enter(store, err);
    const int64_t attempt =
        bnn_store_number(store,
                         "SELECT n_attempts FROM run WHERE run_id = ?1 AND state = 'done'"
                         " AND run_id NOT IN (SELECT run_id FROM prediction)",
                         BNN_VALUES(V(run)), 0);
    if (attempt != 0)
        predictions_insert(store, run, attempt, predictions);
    return bnn_store_leave(store);
}

/* ---- to read ---- */

/* The columns of db/sql/predictions.sql. */
enum {
    PREDICTED_HASH = 0,
    PREDICTED_SEED = 1,
    PREDICTED_UID = 2,
    PREDICTED_TEST_SET = 3,
    PREDICTED_SAMPLE = 4,
    PREDICTED_N_CLASSES = 5,
    PREDICTED_TRUE = 6,
    PREDICTED_CLASSES = 7,
    PREDICTED_COLUMNS = 8,
};

typedef struct predictions_reader {
    const bnn_store *store;
    bnn_arena *arena;
    bnn_store_predicted *rows;
    size_t n, capacity;
    const char *damaged; /* the runs of damaged ones; NULL: these are a failure */
} predictions_reader;

/* The bytes of a blob of classes, as many as there are images. NULL with an error. */
static const uint8_t *predictions_copy(const predictions_reader *r, const bnn_store_value *blob,
                                       size_t n, uint32_t n_classes, const char *uid,
                                       bnn_error *err)
{
    bool sound = blob->type == BNN_STORE_VALUE_BLOB && n > 0 && blob->n_bytes == n;
    for (size_t i = 0; sound && i < n; i++)
        sound = (uint8_t)blob->text[i] < n_classes;
    if (!sound) {
        bnn_fail(err, BNN_E_RESOURCE,
                 "%s: somebody has changed it: the predicted classes of run %s are damaged; remove "
                 "the run with `bnnrun rm`, and run its spec again",
                 r->store->path, uid);
        return NULL;
    }
    uint8_t *copy = bnn_arena_alloc(r->arena, n, 1);
    if (copy == NULL)
        bnn_no_memory(err);
    else
        memcpy(copy, blob->text, n);
    return copy;
}

/* A text of the row, in the arena; "" for what is none. NULL without memory. */
static const char *predictions_text(const predictions_reader *r, const bnn_store_value *value)
{
    return bnn_arena_strdup(r->arena, value->type == BNN_STORE_VALUE_TEXT ? value->text : "");
}

/* Both blobs; true classes are those of the row before, when it is of the same test set. */
static int predictions_take_blobs(const predictions_reader *r, const bnn_store_value *values,
                                  bnn_store_predicted *row, bnn_error *err)
{
    const bnn_store_value *true_blob = &values[PREDICTED_TRUE];
    const int64_t n_classes = values[PREDICTED_N_CLASSES].integer;
    bnn_store_predictions *p = &row->images;
    p->n = true_blob->n_bytes;
    p->n_classes = n_classes < 0 || n_classes > BNN_STORE_CLASSES_MAX ? 0 : (uint32_t)n_classes;
    const bool is_known = r->n > 0 && r->rows[r->n - 1].test_set == row->test_set;
    p->true_classes = is_known ? r->rows[r->n - 1].images.true_classes
                               : predictions_copy(r, true_blob, p->n, p->n_classes, row->uid, err);
    if (p->true_classes != NULL)
        p->classes =
            predictions_copy(r, &values[PREDICTED_CLASSES], p->n, p->n_classes, row->uid, err);
    return p->classes == NULL ? err->status : BNN_OK;
}

static int predictions_take(void *context, size_t n, const bnn_store_value *values, bnn_error *err)
{
    predictions_reader *r = context;
    assert(n == PREDICTED_COLUMNS);
    bnn_store_predicted *grown =
        bnn_arena_grow(r->arena, r->rows, r->n, &r->capacity, sizeof *grown);
    if (grown == NULL)
        return bnn_no_memory(err);
    r->rows = grown;
    bnn_store_predicted row = {.config_hash = predictions_text(r, &values[PREDICTED_HASH]),
                               .seed = values[PREDICTED_SEED].integer,
                               .uid = predictions_text(r, &values[PREDICTED_UID]),
                               .test_set = values[PREDICTED_TEST_SET].integer,
                               .images.sample = predictions_text(r, &values[PREDICTED_SAMPLE])};
    if (row.config_hash == NULL || row.uid == NULL || row.images.sample == NULL)
        return bnn_no_memory(err);
    const int status = predictions_take_blobs(r, values, &row, err);
    (void)n;
    if (status == BNN_OK)
        r->rows[r->n++] = row;
    if (status != BNN_E_RESOURCE || r->damaged == NULL)
        return status;
    r->damaged =
        bnn_arena_printf(r->arena, "%s%s%s", r->damaged, *r->damaged == '\0' ? "" : ", ", row.uid);
    return r->damaged == NULL ? bnn_no_memory(err) : BNN_OK;
}

static int predictions_list(predictions_reader *r, bnn_store *store, const char *experiment,
                            const char *uid, const bnn_store_predicted **out_rows, size_t *out_n,
                            bnn_error *err)
{
    const bnn_store_reader reader = {.row = predictions_take, .context = r};
    const bnn_store_argument arguments[] = {{.value = bnn_value_text(experiment)},
                                            {.value = bnn_value_text(uid)}};
    const int status =
        bnn_store_query(store, bnn_store_sql("predictions"), arguments, 2, &reader, err);
    if (status == BNN_OK) {
        *out_rows = r->rows;
        *out_n = r->n;
    }
    return status;
}

int bnn_store_list_predictions(bnn_store *store, const char *experiment, const char *uid,
                               bnn_arena *arena, const bnn_store_predicted **out_rows,
                               size_t *out_n, bnn_error *err)
{
    predictions_reader r = {.store = store, .arena = arena};
    return predictions_list(&r, store, experiment, uid, out_rows, out_n, err);
}

int bnn_store_list_sound_predictions(bnn_store *store, const char *experiment, const char *uid,
                                     bnn_arena *arena, const bnn_store_predicted **out_rows,
                                     size_t *out_n, const char **out_damaged, bnn_error *err)
{
    predictions_reader r = {.store = store, .arena = arena, .damaged = ""};
    const int status = predictions_list(&r, store, experiment, uid, out_rows, out_n, err);
    if (status == BNN_OK)
        *out_damaged = r.damaged;
    return status;
}
