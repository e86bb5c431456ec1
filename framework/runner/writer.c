#include "runner/writer.h"

#include "base/clock.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    QUEUE_MAX = 8192, /* records; about 2 MB, touched only when they wait */
    BATCH_MAX = 200,  /* entries of one transaction */
    BATCH_MS = 250,   /* how long a record may wait for company */
};

/* A record, or a request. */
typedef struct writer_entry {
    uint32_t attempt;
    int64_t run;
    uint32_t co_runners;
    bnn_record record;
    bnn_writer_request *request; /* NULL: it is a record */
} writer_entry;

struct bnn_writer {
    bnn_store *store; /* the thread's, like the next */
    bnn_writer_patience patience;
    bool lost; /* the store can only be closed; the thread's, too */
    pthread_t thread;
    pthread_mutex_t lock; /* all below */
    pthread_cond_t changed;
    bool closing, hurries;
    bool broken;                    /* nothing more is written */
    int status;                     /* BNN_OK, or what has to stop the sweep */
    bnn_error err;                  /* if status says so */
    bool waits, told;               /* for others; and that is known */
    char who[BNN_STORE_WRITER_MAX]; /* for whom, until it is told */
    int fd;                         /* eventfd: a batch was written, or could not be */
    size_t first, n;                /* of the ring */
    size_t n_urgent;                /* requests in the ring */
    size_t capacity;                /* QUEUE_MAX, and room for every request */
    writer_entry ring[];
};

/* ---- the thread -------------------------------------------------------------------------- */

static int writer_apply(bnn_store *store, writer_entry *e, bnn_error *err)
{
    bnn_writer_request *r = e->request;
    if (r == NULL)
        return bnn_store_add_record(store, e->run, e->attempt, &e->record, e->co_runners, err);
    if (r->run != NULL)
        return bnn_store_claim(store, r->run, r->with, &r->attempt, err);
    int status = BNN_OK;
    if (r->predictions != NULL)
        status = bnn_store_add_predictions(store, e->run, e->attempt, r->predictions, err);
    return status != BNN_OK
               ? status
               : bnn_store_finish(store, e->run, e->attempt, r->outcome, r->error, r->signal, err);
}

static const bnn_writer_patience usual_patience = {
    .try_ms = 500, .tell_ms = 3000, .end_ms = 600000, .stop_ms = 30000};

/* Notes that it waits for others, or does so no more; whether it is asked to hurry. */
static bool writer_note_wait(bnn_writer *w, bool waits)
{
    char who[BNN_STORE_WRITER_MAX] = "";
    if (waits)
        bnn_store_find_writer(w->store, who);
    pthread_mutex_lock(&w->lock);
    const bool news = waits && !w->waits, hurries = w->hurries;
    w->waits = waits;
    if (news) {
        w->told = false;
        memcpy(w->who, who, sizeof who);
    }
    pthread_mutex_unlock(&w->lock);
    if (news)
        eventfd_write(w->fd, 1);
    return hurries;
}

static int writer_give_up(const bnn_writer *w, double seconds, bnn_error *err)
{
    char who[BNN_STORE_WRITER_MAX];
    bnn_store_find_writer(w->store, who);
    return bnn_fail(
        err, BNN_E_RESOURCE,
        "%s: %s has been writing to it for %.0f seconds, and nothing could be recorded; "
        "wait for it to end, or stop it, then the same command goes on",
        bnn_store_path(w->store), who, seconds);
}

/* A transaction, as soon as no other program has one. Who hurries counts from then on. */
static int writer_begin(bnn_writer *w, bnn_error *err)
{
    const bnn_writer_patience *patience = &w->patience;
    const double first = bnn_clock_seconds(CLOCK_MONOTONIC);
    double began = first;
    bool waits = false, hurries = false;
    int status;
    while ((status = bnn_store_begin(w->store, err)) != BNN_OK && err->reason == EBUSY) {
        const double now = bnn_clock_seconds(CLOCK_MONOTONIC);
        waits |= 1e3 * (now - began) >= patience->tell_ms;
        if (writer_note_wait(w, waits) && !hurries) {
            hurries = true;
            began = now;
        }
        if (1e3 * (now - began) >= (hurries ? patience->stop_ms : patience->end_ms)) {
            status = writer_give_up(w, now - first, err);
            break;
        }
    }
    writer_note_wait(w, false);
    return status;
}

/* What has to stop the sweep; what has so already stays, and is told first. Under the lock. */
static void writer_note_error(bnn_writer *w, const bnn_error *err)
{
    const size_t used = w->status == BNN_OK ? 0 : strlen(w->err.message);
    if (w->status == BNN_OK)
        w->err = *err;
    else if (strstr(w->err.message, err->message) == NULL)
        snprintf(w->err.message + used, sizeof w->err.message - used, "; and %s", err->message);
    w->status = w->err.status;
}

/* The batch that follows goes to where all that was recorded is now. */
static int writer_rescue(bnn_writer *w, bnn_error *err)
{
    bnn_error told = {.status = BNN_OK};
    const int status = bnn_store_rescue(w->store, &told, err);
    w->lost = status != BNN_OK;
    if (status != BNN_OK || told.status == BNN_OK)
        return status;
    pthread_mutex_lock(&w->lock);
    writer_note_error(w, &told);
    pthread_mutex_unlock(&w->lock);
    return BNN_OK;
}

/* One transaction. An attempt that was superseded concerns its run alone; any other failure rolls
 * all back. */
static int writer_write_batch(bnn_writer *w, writer_entry *batch, size_t n, bnn_error *err)
{
    bnn_store *store = w->store;
    int status = writer_begin(w, err);
    if (status != BNN_OK && err->reason == ESTALE && (status = writer_rescue(w, err)) == BNN_OK)
        status = writer_begin(w, err);
    if (status != BNN_OK)
        return status;
    for (size_t i = 0; status == BNN_OK && i < n; i++) {
        status = writer_apply(store, &batch[i], err);
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

/* Waits for a batch: urgent, or large enough, or old enough. 0 entries: it is time to end. Under the
 * lock. */
static size_t writer_wait_for_batch(bnn_writer *w)
{
    while (w->n == 0 && !w->closing)
        pthread_cond_wait(&w->changed, &w->lock);
    const uint64_t ns = bnn_clock_ns(CLOCK_MONOTONIC) + BATCH_MS * (uint64_t)1000000;
    const struct timespec deadline = {.tv_sec = (time_t)(ns / 1000000000),
                                      .tv_nsec = (long)(ns % 1000000000)};
    while (w->n < BATCH_MAX && w->n_urgent == 0 && !w->closing)
        if (pthread_cond_timedwait(&w->changed, &w->lock, &deadline) != 0)
            break;
    return w->n < BATCH_MAX ? w->n : BATCH_MAX;
}

static void writer_take_batch(bnn_writer *w, size_t n, writer_entry *batch)
{
    for (size_t i = 0; i < n; i++) {
        batch[i] = w->ring[w->first];
        w->n_urgent -= batch[i].request != NULL;
        w->first = (w->first + 1) % w->capacity;
    }
    w->n -= n;
    if (w->n == 0)
        w->first = 0;
    pthread_cond_broadcast(&w->changed);
}

/* Under the lock. */
static void writer_answer(bnn_writer *w, const writer_entry *batch, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bnn_writer_request *r = batch[i].request;
        if (r == NULL)
            continue;
        if (w->broken) {
            r->status = w->status;
            r->err = w->err;
        }
        r->answered = true;
    }
    eventfd_write(w->fd, 1);
    pthread_cond_broadcast(&w->changed);
}

/* Under the lock. */
static void writer_break(bnn_writer *w, const bnn_error *err)
{
    w->broken = true;
    writer_note_error(w, err);
}

/* After an error the entries are only answered. In the end, whatever has failed, it looks once more whether all
 * that was written can be found. */
static void *writer_run_thread(void *argument)
{
    bnn_writer *w = argument;
    writer_entry batch[BATCH_MAX];
    bnn_error err;
    pthread_mutex_lock(&w->lock);
    for (size_t n; (n = writer_wait_for_batch(w)) > 0;) {
        writer_take_batch(w, n, batch);
        if (!w->broken) {
            pthread_mutex_unlock(&w->lock);
            const int status = writer_write_batch(w, batch, n, &err);
            pthread_mutex_lock(&w->lock);
            if (status != BNN_OK)
                writer_break(w, &err);
        }
        writer_answer(w, batch, n);
    }
    pthread_mutex_unlock(&w->lock);
    if (!w->lost && writer_rescue(w, &err) != BNN_OK) {
        pthread_mutex_lock(&w->lock);
        writer_break(w, &err);
        pthread_mutex_unlock(&w->lock);
    }
    return NULL;
}

/* ---- the callers ------------------------------------------------------------------------- */

/* A record waits for room; the ring has some for every request. */
static void writer_send(bnn_writer *w, const writer_entry *e)
{
    pthread_mutex_lock(&w->lock);
    while (e->request == NULL && w->n >= QUEUE_MAX)
        pthread_cond_wait(&w->changed, &w->lock);
    w->ring[(w->first + w->n) % w->capacity] = *e;
    w->n++;
    w->n_urgent += e->request != NULL;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

void bnn_writer_claim(bnn_writer *w, const bnn_run *run, const bnn_store_attempt *with,
                      bnn_writer_request *request)
{
    *request = (bnn_writer_request){.run = run, .with = with};
    writer_send(w, &(writer_entry){.request = request});
}

void bnn_writer_finish(bnn_writer *w, int64_t run, uint32_t attempt, bnn_run_state outcome,
                       const char *error, int signal, const bnn_store_predictions *predictions,
                       bnn_writer_request *request)
{
    *request = (bnn_writer_request){
        .outcome = outcome, .error = error, .signal = signal, .predictions = predictions};
    writer_send(w, &(writer_entry){.run = run, .attempt = attempt, .request = request});
}

bool bnn_writer_answered(bnn_writer *w, const bnn_writer_request *request)
{
    pthread_mutex_lock(&w->lock);
    const bool answered = request->answered;
    pthread_mutex_unlock(&w->lock);
    return answered;
}

void bnn_writer_record(bnn_writer *w, int64_t run, uint32_t attempt, const bnn_record *record,
                       uint32_t co_runners)
{
    writer_send(w,
                &(writer_entry){
                    .run = run, .attempt = attempt, .co_runners = co_runners, .record = *record});
}

bool bnn_writer_has_room(bnn_writer *w)
{
    pthread_mutex_lock(&w->lock);
    const bool room = w->n < QUEUE_MAX;
    pthread_mutex_unlock(&w->lock);
    return room;
}

int bnn_writer_fd(const bnn_writer *w)
{
    return w->fd;
}

bool bnn_writer_heard_wait(bnn_writer *w, char who[BNN_STORE_WRITER_MAX])
{
    pthread_mutex_lock(&w->lock);
    const bool news = !w->told;
    w->told = true;
    memcpy(who, w->who, sizeof w->who);
    pthread_mutex_unlock(&w->lock);
    return news;
}

void bnn_writer_hurry(bnn_writer *w)
{
    pthread_mutex_lock(&w->lock);
    w->hurries = true;
    pthread_mutex_unlock(&w->lock);
}

int bnn_writer_check(bnn_writer *w, bnn_error *err)
{
    eventfd_t n_batches;
    eventfd_read(w->fd, &n_batches);
    pthread_mutex_lock(&w->lock);
    const int status = w->status;
    if (status != BNN_OK)
        *err = w->err;
    pthread_mutex_unlock(&w->lock);
    return status;
}

/* ---- open and close ---------------------------------------------------------------------- */

static void writer_destroy(bnn_writer *w)
{
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    close(w->fd);
    free(w);
}

int bnn_writer_open(bnn_store *store, uint32_t n_requests, const bnn_writer_patience *patience,
                    bnn_writer **out, bnn_error *err)
{
    pthread_condattr_t monotonic;
    const size_t capacity = QUEUE_MAX + (size_t)n_requests;
    bnn_writer *w = calloc(1, sizeof *w + capacity * sizeof w->ring[0]);
    if (w == NULL)
        return bnn_no_memory(err);
    w->store = store;
    w->patience = patience != NULL ? *patience : usual_patience;
    bnn_store_set_wait(store, w->patience.try_ms);
    w->capacity = capacity;
    w->told = true;
    w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (w->fd < 0) {
        free(w);
        return bnn_fail_errno(err, BNN_E_RESOURCE, "cannot make an event counter");
    }
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    errno = pthread_create(&w->thread, NULL, writer_run_thread, w);
    if (errno != 0) {
        bnn_fail_errno(err, BNN_E_RESOURCE, "cannot start the thread that writes the database");
        writer_destroy(w);
        return err->status;
    }
    *out = w;
    return BNN_OK;
}

int bnn_writer_close(bnn_writer *w, bnn_error *err)
{
    pthread_mutex_lock(&w->lock);
    w->closing = true;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    const int status = bnn_writer_check(w, err);
    writer_destroy(w);
    return status;
}
