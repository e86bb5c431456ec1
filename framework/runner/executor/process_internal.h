/* process_internal.h - what the processes of the processes' executor say to each other. Private to
 * runner/executor/.
 *
 *     host (process.c) - keeper (keeper.c) - zygote (zygote.c) - a child for each attempt (child.c)
 *
 * The host tells the zygote what to do over a socket, and hears there how children have begun and ended.
 * Each attempt has a socket of its own for what it reports, which nobody has before it and after it. */
#ifndef BNN_RUNNER_EXECUTOR_PROCESS_INTERNAL_H
#define BNN_RUNNER_EXECUTOR_PROCESS_INTERNAL_H

#include "base/text.h"
#include "runner/executor/executor.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/types.h>

/* A zygote that was killed is replaced, so many times less one. */
enum { PROCESS_ZYGOTES = 8 };

/* Between asking a child to end and killing it. */
enum { PROCESS_GRACE_SECONDS = 30 };

/* What messages are about: one of an earlier attempt is not heard. */
typedef struct process_attempt {
    int64_t run;
    uint32_t number; /* of all that this executor has started */
    uint32_t slot;
} process_attempt;

typedef enum process_command_kind {
    PROCESS_START = 1, /* with the child's ends of its socket, and of the pipe for what it prints */
    PROCESS_KILL = 2,
} process_command_kind;

/* To the zygote. */
typedef struct process_command {
    process_command_kind kind;
    process_attempt attempt;
    bnn_run run; /* to start; what it points to is the host's */
} process_command;

/* From the zygote. */
typedef struct process_news {
    process_attempt attempt;
    bool ended;      /* else it has begun */
    pid_t pid;       /* that has begun */
    int wait_status; /* of one that has ended; negative: -errno of fork */
} process_news;

typedef enum process_message_kind {
    PROCESS_RECORD = 1,
    PROCESS_OUTCOME = 2, /* the last one */
} process_message_kind;

/* From a child. */
typedef struct process_message {
    process_message_kind kind;
    process_attempt attempt;
    union {
        bnn_record record;
        bnn_outcome outcome;
    };
} process_message;

/* The last words of a child, which it may have written over. */
enum { PROCESS_FRAMES = 24 };
typedef struct process_crash {
    void *frames[PROCESS_FRAMES];           /* [n_frames], innermost first */
    int n_frames;                           /* 0: it had no time for any */
    int signal;                             /* the first one that was taken; 0: none */
    size_t data_kilobytes;                  /* memory that it had then */
    size_t first_kilobytes, more_kilobytes; /* that it began with, and might take; 0: no limit */
} process_crash;

/* Seen by all processes; on pages of its own, to which children do not write. */
typedef struct process_shared {
    atomic_int stop;
    /* [n_slots], behind these pages */
    process_crash *crashes;
    bnn_train_progress *progress;
} process_shared;

typedef enum process_late {
    PROCESS_IN_TIME = 0,
    PROCESS_OUTSTAYED = 1, /* its timeout, or a stop, by more than the grace period */
    PROCESS_LOST = 2,      /* in a call of a plugin that takes longer than any */
} process_late;

/* What a child prints goes to a file in the folder of the run, up to some bytes. */
typedef struct process_output {
    int pipe; /* the host's end; or -1 */
    int file; /* -1 before the first word */
    size_t n_bytes;
} process_output;

/* The call of a plugin that a child was seen in. */
typedef struct process_call {
    unsigned number;
    double began;  /* of the CPU seconds of the child */
    double waited; /* seconds */
} process_call;

typedef struct process_slot {
    pid_t pid; /* of the running child, or 0 */
    /* In the host. */
    process_attempt attempt; /* the one under way, or the last one */
    int socket; /* the host's end; -1 without an attempt, or when the child closed its own */
    bool running;
    const char *uid; /* of its run */
    uint32_t i_config;
    process_output output;
    process_call call;
    bnn_run_listener listener;
    double deadline;     /* when the child should have ended by its own timeout; 0: none */
    process_late late;   /* why it was killed */
    bool answered;       /* the outcome has come */
    bnn_outcome outcome; /* then */
    bool ended;          /* the child is gone; what it has said may still be in the socket */
    bool orphaned;       /* since its zygote was killed */
    bool blamed;         /* for that: no other run was under way */
    int wait_status;     /* else */
} process_slot;

typedef struct process_executor {
    bnn_executor executor; /* must be first */
    const bnn_run_base *base;
    pid_t keeper;
    uint32_t n_started;               /* attempts */
    uint32_t i_zygote;                /* the one in charge */
    int controls[PROCESS_ZYGOTES][2]; /* the host's end and that of each zygote */
    int signals; /* the zygotes': by which each reads its own; -1 in the host */
    const bnn_plugin *killers[PROCESS_ZYGOTES]; /* each zygote was killed in a call of; or NULL */
    double stopped;                             /* when the runs were cancelled; 0: they were not */
    double last_look;                           /* at who is late */
    size_t shared_bytes;
    process_shared *shared;
    process_slot slots[]; /* [executor.n_slots] */
} process_executor;

/* keeper.c: the rest of the keeper's life: starts a zygote, and the next one when that was killed. host: its
 * process. */
_Noreturn void bnn_keeper_run(process_executor *executor, pid_t host);

/* zygote.c: a descriptor by which each zygote reads its own signals; -1 with errno. */
int bnn_zygote_open_signals(void);

/* Likewise: the rest of a zygote's life: obeys the host until that closes its end. keeper: its process. */
_Noreturn void bnn_zygote_run(process_executor *executor, pid_t keeper);

/* The descriptors that a start comes with. */
enum { PROCESS_SOCKET = 0, PROCESS_OUTPUT = 1, PROCESS_FDS = 2 };

/* child.c: the rest of a child's life: an attempt. zygote: its process. */
_Noreturn void bnn_child_run(process_executor *executor, const process_command *command,
                             const int fds[PROCESS_FDS], pid_t zygote);

/* ---- state.c: in a child ---- */

/* What of its process a run relies on. */
typedef struct process_state {
    struct stat folder, line;
    mode_t mask;
    char point[8]; /* of numbers */
    struct rlimit files, size;
} process_state;

/* line: the descriptor on which the child is heard. find_change: what is not as it was, "the umask"; or NULL. */
void bnn_process_note_state(int line, process_state *out);
const char *bnn_process_find_change(int line, const process_state *was);

/* ---- crash.c: in the host ---- */

/* Loads what a handler of crashes must not load, once for all children. */
void bnn_process_prepare_crashes(void);

/* ---- crash.c: in a child ---- */

/* Crashes from now on are noted, and go on as before. */
void bnn_process_catch_crashes(process_crash *note);

/* Lets the process have so many bytes more than it has now. */
void bnn_process_limit_memory(process_crash *note, double bytes);

/* Notes how much it has, or had at most. */
void bnn_process_note_memory(process_crash *note);

/* ---- crash.c: in the host again ---- */

/* The signal that it crashed by, which a second crash may hide; 0: none. */
int bnn_process_crash_signal(const process_crash *note);

/* Whether it had nearly as much as it may, when it crashed or failed. */
bool bnn_process_ran_out_of_memory(const process_crash *note);

/* "300 MB". */
const char *bnn_process_memory_text(double bytes, char out[BNN_SHORT_TEXT]);

/* How much a run may have: as run.memory_limit says. */
double bnn_process_memory(const bnn_experiment *experiment);

/* ---- output.c: in the host ---- */

/* Takes some of what was printed; false when there is nothing for now. folder: of the runs. */
bool bnn_process_take_output(process_output *output, const char *folder, const char *uid);
void bnn_process_close_output(process_output *output);

/* ---- watch.c: in the host ---- */

enum { PROCESS_CALL_TEXT = 200 };

/* Whether the call that the child is in takes longer than any call; seconds: since the last look. */
bool bnn_process_is_lost(process_slot *slot, const bnn_call_note *note, double limit,
                         double seconds);

/* Whether the child has used up its CPU time (`ulimit -t`), or the kernel kills it for that in seconds. */
bool bnn_process_is_at_limit(const process_slot *slot);

/* How long a call may compute. */
double bnn_process_call_seconds(const process_executor *executor);

/* The plugin of the experiment that the child was in a call of; or NULL. */
const bnn_plugin *bnn_process_called(const bnn_experiment *experiment, const bnn_call_note *note);

/* ", in grad of ste clipped"; "" when the child was in no call of a plugin of the experiment. */
const char *bnn_process_name_call(const bnn_experiment *experiment, const bnn_call_note *note,
                                  char text[PROCESS_CALL_TEXT]);

/* ", at ste_step (ste_window.so+0x1b2c)": the innermost frame of a plugin that did not come with bnnrun; "" when there
 * is none. */
const char *bnn_process_name_frame(const bnn_plugin_set *set, const process_crash *note,
                                   char text[PROCESS_CALL_TEXT]);

/* After a zygote was killed, with its orphans known: one that was alone has done it, and the plugin that it
 * was in is noted. Of several, any may have. */
void bnn_process_blame(process_executor *executor);

/* With the last zygote, no run is started of a plugin that has killed one: true, and the run's failure. */
bool bnn_process_refuses(const process_executor *executor, const bnn_run *run, bnn_outcome *out);

/* The end of a child that said nothing itself: a failure; an interruption when another one's zygote was
 * killed, maybe by another. */
void bnn_process_explain_end(const process_executor *executor, const process_slot *slot,
                             bnn_outcome *out);

/* Whether what a child says that it failed by, a fault of the machine maybe, is its plugins' own. */
void bnn_process_judge(const process_executor *executor, const process_slot *slot,
                       bnn_outcome *out);

/* family.c */

/* The kernel kills this process when its parent dies; a parent that is dead already is noticed. */
void bnn_process_die_with(pid_t parent);

/* Who is orphaned below this process becomes its child. */
void bnn_process_adopt_orphans(void);

/* Kills those children of this process, and of those, that spare() does not spare. */
void bnn_process_kill_children(bool (*spare)(const void *context, pid_t child),
                               const void *context);

/* In a child or a zygote: sends a message whole, as soon as the kernel has memory for it; false when nobody hears it. */
bool bnn_process_send(int socket, const void *message, size_t n_bytes);

/* In the host: sends a command, with descriptors or NULL. False with errno when nobody hears it; or when the kernel has
 * no memory for it, be it for some seconds, or at once for one without descriptors: those are said again. */
bool bnn_process_send_command(int control, const process_command *command,
                              const int fds[PROCESS_FDS]);

/* 1 and the command, with its descriptors, or -1 for each; 0 when the host has closed its end; or it was
 * interrupted: -1. */
int bnn_process_receive_command(int control, process_command *command, int fds[PROCESS_FDS]);

#endif
