/* run.h - one run: a config with a seed, from the plan to its end in the database.
 *
 *     QUEUED -> RUNNING -> DONE
 *                       -> FAILED, INTERRUPTED -> RUNNING again, as the next attempt
 *
 * The plan makes the runs, the store fills in what it knows of them, the pool executes those that
 * are to do and leaves in them what each came to. A run is plain values; its texts have another
 * owner, who is named. */
#ifndef BNN_BASE_RUN_H
#define BNN_BASE_RUN_H

#include "base/arena.h"
#include "base/sha256.h"

#include <stdbool.h>
#include <stdint.h>

/* The oldest version of bnnrun whose results have the bits of this one's. */
#define BNN_BITS_SINCE "0.1.0"

/* The first five are those of the database. */
typedef enum bnn_run_state {
    BNN_RUN_QUEUED = 0,      /* not begun; in the database also one whose process died */
    BNN_RUN_RUNNING = 1,     /* an attempt is under way, in this or another process */
    BNN_RUN_DONE = 2,        /* all is recorded */
    BNN_RUN_FAILED = 3,      /* the last attempt says why */
    BNN_RUN_INTERRUPTED = 4, /* stopped by a signal, or its process died; can be resumed */
    BNN_RUN_STALE = 5,       /* done, but with something that has changed since */
    BNN_RUN_TAKEN = 6,       /* was to do, but another process was faster */
    BNN_RUN_AGAIN = 7,       /* to be trained from its start, whatever it was */
    BNN_RUN_LOST = 8,        /* done, but a file that it left is missing or damaged */
    BNN_RUN_BLOCKED = 9,     /* to do, but it needs a run that is stale, or blocked itself */
    BNN_RUN_LATER =
        10, /* to do if the next look at a comparison does not decide it (seeds.until) */
    BNN_RUN_SPARED = 11, /* not to do: it is decided, or it failed in this sweep */
    BNN_RUN_APART = 12,  /* to do, but by another shard */
    BNN_RUN_STATES = 13,
} bnn_run_state;

/* What a run needs another one of the same seed for. */
typedef enum bnn_purpose {
    BNN_PURPOSE_START = 0,   /* training starts from its weights */
    BNN_PURPOSE_TEACHER = 1, /* its answers are learned from, too */
    BNN_PURPOSES = 2,
} bnn_purpose;

/* "start", "teacher". */
const char *bnn_purpose_name(bnn_purpose purpose);

/* What the last attempt came to. */
typedef struct bnn_run_result {
    uint32_t n_tries;     /* attempts of this sweep */
    double begun;         /* epochs that earlier attempts had done, with a part of one */
    double seconds;       /* of the attempt */
    double test_accuracy; /* a fraction; NaN when there is none */
    const char *error;    /* why it failed, in the arena of the plan; else NULL */
} bnn_run_result;

/* A run that is needed, for whoever executes the one that needs it. */
typedef struct bnn_run_need {
    char uid[BNN_SHA256_HEX];    /* "": none is */
    char sha256[BNN_SHA256_HEX]; /* of its weights */
} bnn_run_need;

typedef struct bnn_run {
    uint32_t i_config; /* in the configs of the experiment */
    int64_t seed;
    int64_t id;               /* in the database; 0: it does not know the run */
    char uid[BNN_SHA256_HEX]; /* its short name: 10 hexadecimal digits, the same on every machine
                                 (more in the unlikely case that two runs share them) */
    bnn_run_state state;
    uint32_t n_attempts;  /* so far */
    uint32_t epochs_done; /* that a checkpoint saves */
    const char *changed;  /* what its last attempt used and is another now, so that it is stale or
                             starts over: "dataset mnist, ste clipped"; in the plan's arena; or NULL */
    const char *lost;     /* the files of a LOST one: "model.bnn is missing"; likewise; or NULL */
    const char *blocked;  /* why a BLOCKED one is; likewise; or NULL */
    bool died;            /* an interrupted one: its process ended without a word */
    bool measured;        /* its last attempt, with the telemetry that the spec asks for */
    bool has_weights;     /* a done one: its weights are recorded */
    bnn_run_need needs[BNN_PURPOSES]; /* by bnn_purpose; once it is to be executed */
    bnn_run_result result;
} bnn_run;

/* Whether it is still to be executed. */
static inline bool bnn_run_is_todo(const bnn_run *run)
{
    return run->state == BNN_RUN_QUEUED || run->state == BNN_RUN_FAILED ||
           run->state == BNN_RUN_INTERRUPTED || run->state == BNN_RUN_AGAIN;
}

/* Whether it is trained now, be it only for its files. */
static inline bool bnn_run_trains(const bnn_run *run)
{
    return bnn_run_is_todo(run) || run->state == BNN_RUN_LOST;
}

/* The files that a run leaves, in a folder of its own beside the database, the one that a symbolic
 * link leads to: FILE.artifacts/UID/. */
#define BNN_RUN_CHECKPOINT "checkpoint" /* only until the run is done */
#define BNN_RUN_MODEL      "model.bnn"
#define BNN_RUN_WEIGHTS    "weights.safetensors"
#define BNN_RUN_LOG        "log" /* what plugins of the last attempt printed, if they did */

/* FILE.artifacts, or with a uid the folder of a run in it, or with a file a file in that; in the
 * arena, NULL without memory. */
const char *bnn_run_path(const char *db, const char *uid, const char *file, bnn_arena *arena);

/* The SHA-256 of what identifies a run, whose first digits are its name: the experiment, the hash of its config
 * and the seed. False without memory. */
bool bnn_run_hash(const char *experiment, const char *config, int64_t seed,
                  char out[BNN_SHA256_HEX]);

/* Whether a name is one that a run, and so its folder, can have: a database from anywhere may say
 * "../..". */
bool bnn_run_is_uid(const char *name);

/* Whether a name in the folder of a run is that of a file that bnnrun writes; or of one that it had not
 * yet written to its end. All others are somebody else's. */
bool bnn_run_is_file(const char *name);
bool bnn_run_is_half_file(const char *name);

#endif
