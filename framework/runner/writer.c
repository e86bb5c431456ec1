#include "runner/writer.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    QUEUE_MAX = 1024, /* entries; about 200 KB */
    BATCH_MAX = 200,  /* entries of one transaction */
    BATCH_MS = 250,   /* how long a record may wait for company */
};

typedef enum entry_kind {
    ENTRY_RECORD,
    ENTRY_RESUME,
    ENTRY_CLAIM,  /* the caller waits */
    ENTRY_FINISH, /* likewise */
} entry_kind;

/* On the stack of a caller that waits; touched under the lock, and by the writer until done. */
typedef struct request {
    const bnn_run *run;
    const bnn_store_attempt *with;
    bnn_run_state outcome;
    const char *error;
    int signal;
    uint32_t attempt;
    bnn_error err;
    int status;
    bool done;
} request;

typedef struct entry {
    entry_kind kind;
    uint32_t attempt;
    int64_t run;
    uint32_t number; /* co-runners of a record, epoch of a resume */
    bnn_record record;
    request *request;
} entry;

struct bnn_writer {
    const char *db;
    pthread_t thread;
    pthread_mutex_t lock; /* all below */
    pthread_cond_t changed;
    bool opened, closing;
    int status; /* of the writer: BNN_OK, or what stopped it */
    bnn_error err;
    size_t first, n; /* of the ring */
    size_t n_urgent; /* entries in the ring that somebody waits for */
    entry ring[QUEUE_MAX];
};

/* ---- the thread -------------------------------------------------------------------------- */

static int apply(bnn_store *store, entry *e, bnn_error *err)
{
    request *r = e->request;
    switch (e->kind) {
    case ENTRY_RECORD:
        return bnn_store_add_record(store, e->run, e->attempt, &e->record, e->number, err);
    case ENTRY_RESUME:
        return bnn_store_resume(store, e->run, e->attempt, e->number, err);
    case ENTRY_CLAIM:
        return bnn_store_claim(store, r->run, r->with, &r->attempt, err);
    case ENTRY_FINISH:
        return bnn_store_finish(store, e->run, e->attempt, r->outcome, r->error, r->signal, err);
    }
    return BNN_OK;
}

/* One transaction. An attempt that was superseded concerns its run alone; any other failure rolls
 * all back. */
static int write_batch(bnn_store *store, entry *batch, size_t n, bnn_error *err)
{
    int status = bnn_store_begin(store, err);
    if (status != BNN_OK)
        return status;
    for (size_t i = 0; status == BNN_OK && i < n; i++) {
        status = apply(store, &batch[i], err);
        if (status == BNN_E_FAILED) {
            if (batch[i].request != NULL) {
                batch[i].request->status = status;
                batch[i].request->err = *err;
            }
            status = BNN_OK;
        }
    }
    if (status == BNN_OK)
        return bnn_store_commit(store, err);
    bnn_store_rollback(store);
    return status;
}

static void add_ms(struct timespec *t, long ms)
{
    t->tv_nsec += ms * 1000000;
    t->tv_sec += t->tv_nsec / 1000000000;
    t->tv_nsec %= 1000000000;
}

/* Waits for a batch: urgent, or large enough, or old enough. 0 entries: it is time to end. Under the
 * lock. */
static size_t wait_for_batch(bnn_writer *w)
{
    struct timespec deadline;
    while (w->n == 0 && !w->closing)
        pthread_cond_wait(&w->changed, &w->lock);
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    add_ms(&deadline, BATCH_MS);
    while (w->n < BATCH_MAX && w->n_urgent == 0 && !w->closing)
        if (pthread_cond_timedwait(&w->changed, &w->lock, &deadline) != 0)
            break;
    return w->n < BATCH_MAX ? w->n : BATCH_MAX;
}

static void take_batch(bnn_writer *w, size_t n, entry *batch)
{
    for (size_t i = 0; i < n; i++) {
        batch[i] = w->ring[w->first];
        w->n_urgent -= batch[i].request != NULL;
        w->first = (w->first + 1) % QUEUE_MAX;
    }
    w->n -= n;
    pthread_cond_broadcast(&w->changed);
}

/* Under the lock. */
static void answer(bnn_writer *w, const entry *batch, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        request *r = batch[i].request;
        if (r == NULL)
            continue;
        if (w->status != BNN_OK) {
            r->status = w->status;
            r->err = w->err;
        }
        r->done = true;
    }
    pthread_cond_broadcast(&w->changed);
}

static void *run_thread(void *argument)
{
    bnn_writer *w = argument;
    bnn_store *store = NULL;
    bnn_error err = {.status = BNN_OK};
    entry batch[BATCH_MAX];
    int status = bnn_store_open(w->db, BNN_STORE_WRITE, &store, &err);
    pthread_mutex_lock(&w->lock);
    w->status = status;
    w->err = err;
    w->opened = true;
    pthread_cond_broadcast(&w->changed);
    for (size_t n; status == BNN_OK && (n = wait_for_batch(w)) > 0;) {
        take_batch(w, n, batch);
        pthread_mutex_unlock(&w->lock);
        status = write_batch(store, batch, n, &err);
        pthread_mutex_lock(&w->lock);
        if (status != BNN_OK) {
            w->status = status;
            w->err = err;
        }
        answer(w, batch, n);
    }
    for (size_t n; (n = w->n < BATCH_MAX ? w->n : BATCH_MAX) > 0;) { /* after an error only */
        take_batch(w, n, batch);
        answer(w, batch, n);
    }
    pthread_mutex_unlock(&w->lock);
    bnn_store_close(store);
    return NULL;
}

/* ---- the callers ------------------------------------------------------------------------- */

/* False when the writer has stopped. Under the lock. */
static bool push(bnn_writer *w, const entry *e)
{
    while (w->n == QUEUE_MAX && w->status == BNN_OK)
        pthread_cond_wait(&w->changed, &w->lock);
    if (w->status != BNN_OK)
        return false;
    w->ring[(w->first + w->n) % QUEUE_MAX] = *e;
    w->n++;
    w->n_urgent += e->request != NULL;
    pthread_cond_broadcast(&w->changed);
    return true;
}

static bool send(bnn_writer *w, const entry *e)
{
    pthread_mutex_lock(&w->lock);
    const bool sent = push(w, e);
    pthread_mutex_unlock(&w->lock);
    return sent;
}

static int send_and_wait(bnn_writer *w, const entry *e, bnn_error *err)
{
    request *r = e->request;
    pthread_mutex_lock(&w->lock);
    if (push(w, e)) {
        while (!r->done)
            pthread_cond_wait(&w->changed, &w->lock);
    } else {
        r->status = w->status;
        r->err = w->err;
    }
    pthread_mutex_unlock(&w->lock);
    if (r->status != BNN_OK)
        *err = r->err;
    return r->status;
}

int bnn_writer_claim(bnn_writer *w, const bnn_run *run, const bnn_store_attempt *with,
                     uint32_t *out_attempt, bnn_error *err)
{
    request r = {.run = run, .with = with};
    const int status = send_and_wait(w, &(entry){.kind = ENTRY_CLAIM, .request = &r}, err);
    if (status == BNN_OK)
        *out_attempt = r.attempt;
    return status;
}

bool bnn_writer_resume(bnn_writer *w, int64_t run, uint32_t attempt, uint32_t epoch)
{
    return send(w, &(entry){.kind = ENTRY_RESUME, .run = run, .attempt = attempt, .number = epoch});
}

bool bnn_writer_record(bnn_writer *w, int64_t run, uint32_t attempt, const bnn_record *record,
                       uint32_t co_runners)
{
    return send(w, &(entry){.kind = ENTRY_RECORD,
                            .run = run,
                            .attempt = attempt,
                            .number = co_runners,
                            .record = *record});
}

int bnn_writer_finish(bnn_writer *w, int64_t run, uint32_t attempt, bnn_run_state outcome,
                      const char *error, int signal, bnn_error *err)
{
    request r = {.outcome = outcome, .error = error, .signal = signal};
    const entry e = {.kind = ENTRY_FINISH, .run = run, .attempt = attempt, .request = &r};
    return send_and_wait(w, &e, err);
}

int bnn_writer_check(bnn_writer *w, bnn_error *err)
{
    pthread_mutex_lock(&w->lock);
    const int status = w->status;
    if (status != BNN_OK)
        *err = w->err;
    pthread_mutex_unlock(&w->lock);
    return status;
}

/* ---- open and close ---------------------------------------------------------------------- */

static void destroy(bnn_writer *w)
{
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

static int end_thread(bnn_writer *w, bnn_error *err)
{
    pthread_mutex_lock(&w->lock);
    w->closing = true;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    if (w->status != BNN_OK)
        *err = w->err;
    return w->status;
}

int bnn_writer_open(const char *db, bnn_writer **out, bnn_error *err)
{
    pthread_condattr_t monotonic;
    bnn_writer *w = calloc(1, sizeof *w);
    if (w == NULL)
        return bnn_no_memory(err);
    w->db = db;
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&w->thread, NULL, run_thread, w) != 0) {
        destroy(w);
        return bnn_fail(err, BNN_E_INTERNAL, "cannot start the thread that writes the database");
    }
    pthread_mutex_lock(&w->lock);
    while (!w->opened)
        pthread_cond_wait(&w->changed, &w->lock);
    pthread_mutex_unlock(&w->lock);
    const int status = bnn_writer_check(w, err);
    if (status == BNN_OK) {
        *out = w;
        return BNN_OK;
    }
    end_thread(w, err);
    destroy(w);
    return status;
}

int bnn_writer_close(bnn_writer *w, bnn_error *err)
{
    if (w == NULL)
        return BNN_OK;
    const int status = end_thread(w, err);
    destroy(w);
    return status;
}
