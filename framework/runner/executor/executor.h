/* executor.h - where runs are executed: in threads of this process, or in processes of their own. A
 * further place (a cluster) is a file with these four functions, and a line in executor.c.
 *
 * An executor has slots; each executes one run at a time. Its functions belong to one thread, that of
 * the pool, and none of them waits for a run. What runs report goes to their listeners in whatever
 * thread it comes up in. */
#ifndef BNN_RUNNER_EXECUTOR_EXECUTOR_H
#define BNN_RUNNER_EXECUTOR_EXECUTOR_H

#include "runner/run.h"

/* What a poll has found. */
typedef enum bnn_news {
    BNN_NEWS_NONE = 0,   /* nothing for now */
    BNN_NEWS_REPORT = 1, /* a listener was told something; there may be more */
    BNN_NEWS_END = 2,    /* a run has ended; there may be more */
} bnn_news;

typedef struct bnn_executor bnn_executor;
struct bnn_executor {
    int fd; /* readable when a poll may find news */

    /* Set by a poll: a run has used up its CPU time (`ulimit -t`), which nobody else is told of. It goes on until all
     * are asked to end, or the kernel kills it. */
    bool at_limit;

    uint32_t n_slots;
    bnn_train_progress *progress; /* [n_slots], of the run in each slot, for anybody to look at */

    /* Begins a run in a free slot. The run and what the listener needs must stay until its end. */
    int (*start)(bnn_executor *executor, uint32_t slot, const bnn_run *run,
                 const bnn_run_listener *listener, bnn_error *err);

    /* A bnn_news; at an end *slot is free again and *out says how its run ended. To be called when
     * fd is readable, and a few times a second: it also looks at the clock. A negative status: this
     * executor can execute nothing more, and what was under way is lost. */
    int (*poll)(bnn_executor *executor, uint32_t *slot, bnn_outcome *out, bnn_error *err);

    /* Asks all runs, also those that are still to be started, to write a checkpoint and end. */
    void (*cancel)(bnn_executor *executor);

    /* Frees the executor, when no run is under way, or a poll has failed. */
    void (*close)(bnn_executor *executor);
};

/* Whether runs get processes of their own: as run.isolation says; auto: when a plugin did not come
 * with bnnrun, but from elsewhere on the search path. */
bool bnn_executor_isolates(const bnn_experiment *experiment);

/* Opens the executor that the experiment asks for. base and what it points to must stay until it is
 * closed. Before any other thread exists, and after the signals were blocked. */
int bnn_executor_open(const bnn_run_base *base, uint32_t n_slots, bnn_executor **out,
                      bnn_error *err);

/* thread.c: runs are threads: they share one address space, and a crash is the end of all. */
int bnn_executor_open_threads(const bnn_run_base *base, uint32_t n_slots, bnn_executor **out,
                              bnn_error *err);

/* process.c and zygote.c: runs are processes: a plugin that crashes takes down one run. */
int bnn_executor_open_processes(const bnn_run_base *base, uint32_t n_slots, bnn_executor **out,
                                bnn_error *err);

#endif
