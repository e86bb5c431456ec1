/* writer.h - one thread with the only write connection, behind a bounded queue.
 *
 * Job threads never touch the database. Records are queued and written in batches, one transaction
 * each; claims and ends of runs wait until they are committed. When the queue is full, callers wait.
 * After an error nothing more is written: every call fails, and the sweep has to stop. All functions
 * but open and close may be called from any thread. */
#ifndef BNN_RUNNER_WRITER_H
#define BNN_RUNNER_WRITER_H

#include "db/store.h"

typedef struct bnn_writer bnn_writer;

/* Starts the thread, which opens the database. */
int bnn_writer_open(const char *db, bnn_writer **out, bnn_error *err);

/* Writes what is queued, ends the thread and frees the writer. Returns the error that stopped it,
 * or 0. NULL is allowed. */
int bnn_writer_close(bnn_writer *writer, bnn_error *err);

/* 0, or the error that stopped the writer. */
int bnn_writer_check(bnn_writer *writer, bnn_error *err);

/* Like bnn_store_claim; waits for the commit. */
int bnn_writer_claim(bnn_writer *writer, const bnn_run *run, const bnn_store_attempt *with,
                     uint32_t *out_attempt, bnn_error *err);

/* Like bnn_store_resume and bnn_store_add_record, later. False when the writer has stopped. An
 * attempt that was superseded is noticed at its end. */
bool bnn_writer_resume(bnn_writer *writer, int64_t run, uint32_t attempt, uint32_t epoch);
bool bnn_writer_record(bnn_writer *writer, int64_t run, uint32_t attempt, const bnn_record *record,
                       uint32_t co_runners);

/* Like bnn_store_finish; waits for the commit, and so for all that was recorded before. */
int bnn_writer_finish(bnn_writer *writer, int64_t run, uint32_t attempt, bnn_run_state outcome,
                      const char *error, int signal, bnn_error *err);

#endif
