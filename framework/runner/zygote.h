/* zygote.h - runs in processes of their own, so that a plugin that crashes takes down one run.
 *
 * Threads and fork() do not mix: a child of a process with threads may only call what is safe in a
 * signal handler. So a process with a single thread, the zygote, is forked before there are any
 * threads, with plugins loaded and data decoded (the pages stay shared). It forks a child for each
 * task, waits for it and tells how it ended. Records come back over a socket as they are; the stop
 * flag and the progress lie in shared memory. When this process dies, however it dies, the kernel
 * kills zygote and children. */
#ifndef BNN_RUNNER_ZYGOTE_H
#define BNN_RUNNER_ZYGOTE_H

#include "runner/task.h"

typedef struct bnn_zygote bnn_zygote;

/* Forks the zygote. Before the first thread. base and what it points to must stay until close.
 * n_slots: tasks at a time. */
int bnn_zygote_open(const bnn_task_base *base, uint32_t n_slots, bnn_zygote **out, bnn_error *err);

/* Ends the zygote and waits for it. NULL is allowed. No task is running. */
void bnn_zygote_close(bnn_zygote *zygote);

/* The slot's progress, in shared memory. */
bnn_train_progress *bnn_zygote_progress(bnn_zygote *zygote, uint32_t slot);

/* Asks all children to write a checkpoint and end. */
void bnn_zygote_stop(bnn_zygote *zygote);

/* Executes a task in a child and waits for its end; one thread a slot at a time. link->record is
 * called in this thread; link->stop and ->progress are not used. A child that outstays its timeout
 * or a stop by more than a grace period is killed. Fails only when the zygote itself is gone. */
int bnn_zygote_execute(bnn_zygote *zygote, uint32_t slot, const bnn_task *task,
                       const bnn_task_link *link, bnn_outcome *out, bnn_error *err);

#endif
