/* writer.h - one thread with the only write connection, behind a bounded queue.
 *
 * Nobody else writes to the database. Records are queued and written in batches, one transaction
 * each; when the queue is full, who reports one waits. Claims and ends of runs are requests: they
 * never wait for room, and are answered when they are committed, after all that was queued before.
 * While another program holds the database, all that waits. When the file is deleted or replaced under
 * the writer, all goes on in a new one (bnn_store_rescue), and the sweep has to stop. After any other error
 * nothing more is written: every request fails, and the sweep has to stop, too. All functions but open and
 * close may be called from any thread. */
#ifndef BNN_RUNNER_WRITER_H
#define BNN_RUNNER_WRITER_H

#include "db/store.h"

typedef struct bnn_writer bnn_writer;

/* Claims or ends a run. The writer's from bnn_writer_claim or _finish until it is answered, with all
 * that it points to. */
typedef struct bnn_writer_request {
    const bnn_run *run; /* these two: of a claim; NULL: it is an end */
    const bnn_store_attempt *with;
    bnn_run_state outcome; /* these three: of an end */
    const char *error;
    int signal;
    const bnn_store_predictions *predictions; /* likewise; or NULL */
    bool answered;                            /* under the writer's lock; ask bnn_writer_answered */
    int status;       /* the answer: of bnn_store_claim or bnn_store_finish */
    uint32_t attempt; /* that was claimed; 0: another process has the run */
    bnn_error err;    /* if status says so */
} bnn_writer_request;

/* How long others may hold the database, in milliseconds. */
typedef struct bnn_writer_patience {
    int try_ms;  /* one attempt; then it looks whether it is to end */
    int tell_ms; /* until bnn_writer_heard_wait tells of it */
    int end_ms;  /* until it gives up */
    int stop_ms; /* the same, after bnn_writer_hurry */
} bnn_writer_patience;

/* Starts the thread; the store is its own until the writer is closed, and then the caller's again.
 * n_requests: at a time. patience: NULL for half a second, 3 seconds, 10 minutes and 30 seconds. */
int bnn_writer_open(bnn_store *store, uint32_t n_requests, const bnn_writer_patience *patience,
                    bnn_writer **out, bnn_error *err);

/* Writes what is queued, ends the thread and frees the writer. Returns what bnn_writer_check would. */
int bnn_writer_close(bnn_writer *writer, bnn_error *err);

/* A descriptor to poll: readable after each batch, written or not, until bnn_writer_check. */
int bnn_writer_fd(const bnn_writer *writer);

/* Whether it has begun to wait for others since it was last asked, and who that is; it may be over by now. */
bool bnn_writer_heard_wait(bnn_writer *writer, char who[BNN_STORE_WRITER_MAX]);

/* The sweep stops: it waits for others less long. */
void bnn_writer_hurry(bnn_writer *writer);

/* 0, or the error that has to stop the sweep. */
int bnn_writer_check(bnn_writer *writer, bnn_error *err);

/* Whether a record would not have to wait. */
bool bnn_writer_has_room(bnn_writer *writer);

/* Like bnn_store_claim and bnn_store_finish, later. predictions: are kept with the end, or NULL. */
void bnn_writer_claim(bnn_writer *writer, const bnn_run *run, const bnn_store_attempt *with,
                      bnn_writer_request *request);
void bnn_writer_finish(bnn_writer *writer, int64_t run, uint32_t attempt, bnn_run_state outcome,
                       const char *error, int signal, const bnn_store_predictions *predictions,
                       bnn_writer_request *request);
bool bnn_writer_answered(bnn_writer *writer, const bnn_writer_request *request);

/* Like bnn_store_add_record, later. An attempt that was superseded is noticed at its end. */
void bnn_writer_record(bnn_writer *writer, int64_t run, uint32_t attempt, const bnn_record *record,
                       uint32_t co_runners);

#endif
