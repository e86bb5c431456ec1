/* process_internal.h - what the two ends of the processes' executor say to each other. Private to
 * process.c, the host, and zygote.c. */
#ifndef BNN_RUNNER_EXECUTOR_PROCESS_INTERNAL_H
#define BNN_RUNNER_EXECUTOR_PROCESS_INTERNAL_H

#include "runner/executor/executor.h"

#include <sys/types.h>

typedef enum process_command_kind {
    PROCESS_START = 1,
    PROCESS_KILL = 2,
} process_command_kind;

/* To the zygote. */
typedef struct process_command {
    process_command_kind kind;
    uint32_t slot;
    bnn_run run; /* to start; what it points to is the host's */
} process_command;

typedef enum process_message_kind {
    PROCESS_RECORD = 1,  /* from the child */
    PROCESS_OUTCOME = 2, /* from the child, its last one */
    PROCESS_EXIT = 3,    /* from the zygote, after the child's last one */
} process_message_kind;

/* From a slot. */
typedef struct process_message {
    process_message_kind kind;
    union {
        bnn_record record;
        bnn_outcome outcome;
        int wait_status; /* negative: -errno of fork */
    };
} process_message;

/* Seen by all processes. */
typedef struct process_shared {
    atomic_int stop;
    bnn_train_progress progress[]; /* [n_slots] */
} process_shared;

typedef struct process_slot {
    int host, child; /* ends of a socket; child: the zygote's and its child's */
    pid_t pid;       /* in the zygote: of the running child, or 0 */
    /* In the host. */
    bool running;
    bnn_run_listener listener;
    double deadline;     /* when the child should have ended by its own timeout; 0: none */
    bool killed;         /* it was late */
    bool answered;       /* the outcome has come */
    bnn_outcome outcome; /* then */
} process_slot;

typedef struct process_executor {
    bnn_executor executor; /* must be first */
    const bnn_run_base *base;
    pid_t pid;        /* of the zygote */
    int control;      /* to the zygote; in the zygote: from the host */
    double stopped;   /* when the runs were cancelled; 0: they were not */
    double last_look; /* at who is late */
    size_t shared_bytes;
    process_shared *shared;
    process_slot slots[]; /* [executor.n_slots] */
} process_executor;

/* The rest of the zygote's life: obeys the host until that closes its end. host: its process. */
_Noreturn void bnn_zygote_run(process_executor *executor, pid_t host);

#endif
