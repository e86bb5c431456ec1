/* store.h - the SQLite database in which every run is kept.
 *
 * A sweep writes like this, all from the one thread that owns the handle:
 *
 *     bnn_store_open(path, BNN_STORE_WRITE, &store, err);
 *     bnn_store_recover(store, false, &recovered, err);  runs of processes that died: queued again
 *     bnn_store_begin(store, err);                       the plan, in one transaction
 *       bnn_store_add_experiment(...);                   keeps the text of the spec
 *       bnn_store_add_config(...);  bnn_store_add_run(...);         each says what is there already
 *     bnn_store_commit(store, err);
 *     bnn_store_add_environment(...);
 *     bnn_store_claim(...);                              no two processes get the same run
 *       bnn_store_begin(...); bnn_store_add_record(...) for a batch; bnn_store_commit(...);
 *     bnn_store_finish(...);
 *
 * A handle and everything obtained through it belong to one thread at a time; several handles, also in
 * several processes of one machine, may use the same file. Every function that writes is atomic:
 * called between begin and commit it joins that transaction (and undoes its own part when it
 * fails), else it is a transaction of its own. What is committed survives a crash and a power cut.
 *
 * Errors: BNN_E_RESOURCE for a database that cannot be used, BNN_E_INTERNAL without memory or on a
 * bug, BNN_E_USAGE for SQL of the user, BNN_E_FAILED for an attempt that was superseded. Times are
 * microseconds since 1970, UTC. Texts given are borrowed for the call; NULL is allowed where it
 * says so. The tables are documented in schema_1.sql, the views (the stable interface for SQL) in
 * views.sql. */
#ifndef BNN_DB_STORE_H
#define BNN_DB_STORE_H

#include "base/error.h"
#include "base/record.h"
#include "base/run.h"
#include "base/sha256.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct bnn_store bnn_store;

typedef enum bnn_store_mode {
    /* The file must exist; nothing is changed, and nothing made beside it where this user may not
     * write: then it should lie still until it is closed. */
    BNN_STORE_READ = 0,
    BNN_STORE_WRITE = 1, /* created when missing, brought to the newest schema when older */
} bnn_store_mode;

/* Opens the database. Refused, each with its own message: a file that is not a SQLite database or
 * one of another program, a newer schema than this program knows (in READ mode an older one too), a
 * file on a network file system (WAL needs memory shared by all who use it). *out is closed by the
 * caller with bnn_store_close, which accepts NULL and rolls back an open transaction. */
int bnn_store_open(const char *path, bnn_store_mode mode, bnn_store **out, bnn_error *err);
void bnn_store_close(bnn_store *store);

/* The name of the file system with this statfs() type when it is a remote one, else NULL. */
const char *bnn_store_remote_file_system(unsigned long type);

/* One transaction around several writes; begin waits up to 30 seconds for another writer, and fails with
 * the reason EBUSY then. When another file, or none, is where the database was, its reason is ESTALE, and
 * nothing is ever written to the file that is there. After a failed commit the transaction is rolled back.
 * rollback without a transaction does nothing. */
int bnn_store_begin(bnn_store *store, bnn_error *err);
int bnn_store_commit(bnn_store *store, bnn_error *err);
void bnn_store_rollback(bnn_store *store);

/* As the user named it; of a store that was rescued, where it is now. */
const char *bnn_store_path(const bnn_store *store);

/* How long begin waits for another writer from now on. */
void bnn_store_set_wait(bnn_store *store, int milliseconds);

/* Who is writing to the database: "process 4711 (sqlite3)"; "another program" where that cannot be seen. */
enum { BNN_STORE_WRITER_MAX = 80 };
void bnn_store_find_writer(const bnn_store *store, char out[BNN_STORE_WRITER_MAX]);

/* After ESTALE: 0 when the database lies where it was opened, and else writes all that it holds to a new
 * file beside that place, FILE.saved, which the store has from then on; *told says what has happened, and
 * where all is now. When that fails, too, nothing can be done with the store but to close it. */
int bnn_store_rescue(bnn_store *store, bnn_error *told, bnn_error *err);

/* All that the database holds, in a new file. A copy has its very pages; what is saved is as small as it can be, and the
 * same rows, put in in the same order, give the same bytes. */
int bnn_store_copy(bnn_store *store, const char *path, bnn_error *err);
int bnn_store_save(bnn_store *store, const char *path, bnn_error *err);

/* ---- values ---- */

typedef enum bnn_store_type {
    BNN_STORE_VALUE_NULL = 0,
    BNN_STORE_VALUE_INTEGER = 1,
    BNN_STORE_VALUE_REAL = 2,
    BNN_STORE_VALUE_TEXT = 3,
    BNN_STORE_VALUE_BLOB = 4,
} bnn_store_type;

/* A value of a result, valid until the callback returns, or of an argument. */
typedef struct bnn_store_value {
    bnn_store_type type;
    int64_t integer;
    double real;      /* also set for integers, rounded */
    const char *text; /* TEXT: NUL-terminated, may hold further NULs; BLOB: n_bytes bytes */
    size_t n_bytes;   /* of text, terminator excluded; arguments: read for BLOB only */
} bnn_store_value;

/* ---- the plan ---- */

typedef struct bnn_store_experiment {
    const char *name;        /* what makes it the same experiment */
    const char *description; /* or NULL */
    const char *path;        /* of the spec, as the user named it */
    const char *text;        /* of the spec, overrides included */
    const char *comparison;  /* that the spec registers (schema_7.sql), or NULL */
    const char *metric;      /* a column of run_summary: what it is about */
    bool minimize;           /* whether less of it is better */
} bnn_store_experiment;

/* Finds or adds the experiment and keeps this revision of its spec. Its configs count as no longer
 * part of the spec until bnn_store_add_config names them again: do both in one transaction. */
int bnn_store_add_experiment(bnn_store *store, const bnn_store_experiment *experiment,
                             int64_t *out_experiment, bnn_error *err);

typedef struct bnn_store_param {
    const char *key;       /* dotted: "train.optimizer.lr" */
    bnn_store_value value; /* INTEGER, also for a switch (0 or 1); REAL: finite; TEXT */
} bnn_store_param;

typedef struct bnn_store_config {
    const char *json;  /* canonical: equal text means equal config, in any experiment */
    const char *label; /* its name in this experiment */
    bool baseline;
    uint32_t ordinal; /* position in the sweep, from 0 */
    const char *need; /* "start", "teacher": others need it, and that is all; or NULL */
    bool drawn;       /* some of its values were */
    size_t n_params;
    const bnn_store_param *params; /* each key once; written when the config is new */
} bnn_store_config;

/* Finds or adds the config, as part of the newest spec of the experiment. */
int bnn_store_add_config(bnn_store *store, int64_t experiment, const bnn_store_config *config,
                         int64_t *out_config, bnn_error *err);

/* "queued" and so on: the values of run.state. */
const char *bnn_store_state_name(bnn_run_state state);

/* Finds or adds the run experiment x config x seed. A new one is queued. Of *out it sets seed, id,
 * uid, state and n_attempts. */
int bnn_store_add_run(bnn_store *store, int64_t experiment, int64_t config, int64_t seed,
                      bnn_run *out, bnn_error *err);

/* Brings a run that is there up to date: why it is stale (what it used and is another now, as
 * "dataset mnist"), or NULL; again: puts it into the queue, unless it is running. */
int bnn_store_update_run(bnn_store *store, int64_t run, const char *stale, bool again,
                         bnn_error *err);

/* Records a file of a done run that was made again, or that was not kept before. */
int bnn_store_replace_file(bnn_store *store, int64_t run, const bnn_file_record *file,
                           bnn_error *err);

/* What a run takes each image of its test set for. */
enum { BNN_STORE_CLASSES_MAX = 256 }; /* a class is a byte */
typedef struct bnn_store_predictions {
    const char *sample; /* "all" images of the data set, or "random" or the "first" n */
    size_t n;           /* images */
    uint32_t n_classes;
    const uint8_t *true_classes; /* [n], each < n_classes, like the next */
    const uint8_t *classes;      /* [n]: that were predicted */
} bnn_store_predictions;

/* Keeps what a done run takes its test images for, if that is not known. */
int bnn_store_fill_predictions(bnn_store *store, int64_t run,
                               const bnn_store_predictions *predictions, bnn_error *err);

/* ---- attempts ---- */

/* Runs in state running whose attempt will not go on. */
typedef struct bnn_store_recovered {
    uint32_t n_stale;   /* their process is dead: now queued, the attempt's outcome is stale */
    uint32_t n_unknown; /* their process is out of sight, on another machine: left alone */
} bnn_store_recovered;

/* Looks at every running run, of all experiments. A process that holds one locks a byte of FILE.lock
 * until its store is closed, so it is seen from other containers, too. take_over: those out of sight
 * are dead. */
int bnn_store_recover(bnn_store *store, bool take_over, bnn_store_recovered *out, bnn_error *err);

/* The machine and the build. NULL for what is not known, except host and version. */
typedef struct bnn_store_environment {
    const char *host;
    const char *os;        /* "Linux 6.1.0 x86_64" */
    const char *cpu_model; /* "AMD EPYC 9R14" */
    uint32_t n_cpu;        /* CPUs this process may use */
    const char *kernels;   /* the instruction set in use: "avx512" */
    const char *compiler;
    const char *cflags;
    const char *version;   /* of bnnrun */
    const char *revision;  /* git describe of the source */
    const char *libraries; /* a JSON object: {"sqlite":"3.40.1"} */
} bnn_store_environment;

/* Finds or adds the environment. */
int bnn_store_add_environment(bnn_store *store, const bnn_store_environment *environment,
                              int64_t *out_environment, bnn_error *err);

typedef struct bnn_store_plugin {
    const char *kind; /* layer, ste, ordering, optimizer */
    const char *name;
    const char *path;
    const char *sha256; /* of the file */
    uint32_t abi;
} bnn_store_plugin;

typedef struct bnn_store_dataset {
    const char *name;
    const char *sha256; /* of the content */
    const char *source; /* where it came from: a path, a mirror, "generated" */
} bnn_store_dataset;

/* Another run that an attempt needs. */
typedef struct bnn_store_need {
    bnn_purpose purpose;
    int64_t run;
    const char *uid;
    /* Filled in by a claim. */
    bnn_run_state state;         /* also STALE; LOST: done, but without weights */
    char sha256[BNN_SHA256_HEX]; /* of its weights */
    char error[400];             /* why its last attempt failed */
} bnn_store_need;

/* What an attempt runs with. */
typedef struct bnn_store_attempt {
    int64_t environment;
    bnn_store_dataset dataset;
    size_t n_plugins;
    const bnn_store_plugin *plugins;
    size_t n_needs;
    bnn_store_need *needs;
    uint32_t telemetry; /* what is measured of layers: a set, of which the store knows no more */
} bnn_store_attempt;

/* Starts an attempt on a run, if it is still as the caller saw it: neither running nor done, and
 * with run->n_attempts attempts. Then *out_attempt is the number of the new attempt (from 1), held
 * by this process; 0 means that another process took the run (run is not changed in either case).
 * A run whose needs are still to be done is not claimed: then, too, it is 0, and the states of the
 * needs tell. One of them that cannot be had any more (failed, stale, without weights) claims the run
 * nevertheless, for its failure to be recorded.
 * To try a failed run again, set run->n_attempts to the number of the attempt that failed. */
int bnn_store_claim(bnn_store *store, const bnn_run *run, const bnn_store_attempt *with,
                    uint32_t *out_attempt, bnn_error *err);

/* The functions below write only for the attempt that holds the run. For any other they change
 * nothing and return BNN_E_FAILED: somebody else has taken the run over, and the caller stops. */

/* Keeps a record; one with the same name and epoch (phase and rep, layer index) is replaced. The
 * first is a BNN_RECORD_BEGIN: what earlier attempts recorded of later epochs than it resumes, and of
 * the run as a whole, is dropped. co_runners: the runs that were executed beside this one, for timings. */
int bnn_store_add_record(bnn_store *store, int64_t run, uint32_t attempt, const bnn_record *record,
                         uint32_t co_runners, bnn_error *err);

/* Keeps those of a run that is about to end: in one transaction with its end. What is damaged is
 * BNN_E_INTERNAL. */
int bnn_store_add_predictions(bnn_store *store, int64_t run, uint32_t attempt,
                              const bnn_store_predictions *predictions, bnn_error *err);

/* Ends the attempt and gives the run its state: DONE, FAILED or INTERRUPTED. error: why it failed,
 * or NULL; signal: the one that ended it, or 0. Done runs that used other weights of one that is DONE now
 * are stale. */
int bnn_store_finish(bnn_store *store, int64_t run, uint32_t attempt, bnn_run_state outcome,
                     const char *error, int signal, bnn_error *err);

/* ---- questions ---- */

/* An argument of a statement. name: with its prefix (":experiment"); NULL: the parameter at its
 * position in the list (?1 is the first). Parameters without an argument are NULL. */
typedef struct bnn_store_argument {
    const char *name;
    bnn_store_value value;
} bnn_store_argument;

/* Receives a result. columns, unless NULL, is called once before any row, also when there are
 * none. A callback that returns a negative status (with *err set) ends the query with it. They must
 * not use the store. */
typedef struct bnn_store_reader {
    int (*columns)(void *context, size_t n, const char *const *names, bnn_error *err);
    int (*row)(void *context, size_t n, const bnn_store_value *values, bnn_error *err);
    void *context;
} bnn_store_reader;

/* Runs one read-only statement (SELECT, VALUES, EXPLAIN, a PRAGMA that only reads); a trailing
 * semicolon and comments are fine. Anything that could change the database or this connection,
 * several statements, an argument that names no parameter: BNN_E_USAGE with a message.
 * Besides SQLite's functions there are the aggregates mean, sd (sample standard deviation), median
 * and ci95 (half width of the 95 % t confidence interval of the mean); they skip NULL, and are NULL
 * when there are too few values (sd and ci95: fewer than 2). */
int bnn_store_query(bnn_store *store, const char *sql, const bnn_store_argument *arguments,
                    size_t n_arguments, const bnn_store_reader *reader, bnn_error *err);

/* The queries built in from db/queries. */
typedef struct bnn_store_named_query {
    const char *name;     /* "leaderboard" */
    const char *question; /* what it answers */
    const char *sql;
} bnn_store_named_query;

/* All of them, sorted by name; static. find: the one of this name, or NULL. */
const bnn_store_named_query *bnn_store_queries(size_t *out_n);
const bnn_store_named_query *bnn_store_find_query(const char *name);

/* The text of db/sql/NAME.sql: a query of the program itself, which says there what its parameters
 * are. Static; the name must be one. */
const char *bnn_store_sql(const char *name);

#endif
