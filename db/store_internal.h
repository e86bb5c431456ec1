/* store_internal.h - what the files of the store share. */
#ifndef BNN_DB_STORE_INTERNAL_H
#define BNN_DB_STORE_INTERNAL_H

#include "base/arena.h"
#include "db/store.h"

#include <sqlite3.h>
#include <sys/types.h>

enum {
    BNN_STORE_APPLICATION_ID = 0x424e4e52, /* "BNNR", so that file(1) can tell */
    BNN_STORE_BUSY_TIMEOUT_MS = 30000,
    BNN_STORE_STATEMENTS_MAX = 64,
};

struct bnn_store {
    sqlite3 *db;
    char *file;       /* what SQLite is told: path, with "./" before a relative one */
    const char *path; /* as the user named it; points into file */
    int lock;         /* FILE.lock; -1: cannot be read */
    int64_t life;     /* the byte of it that is ours; 0: none yet */
    bool writes;      /* opened for that */
    int wait_ms;      /* for another writer */
    dev_t device;     /* where the file was when it was opened to be written, and its log; 0: not */
    ino_t inode, log_inode;
    gid_t group; /* whose the file was then, and what it let whom do */
    mode_t mode;
    bool reading;         /* the authorizer allows nothing but reading */
    bool entered;         /* between bnn_store_enter and bnn_store_leave */
    bool own_transaction; /* which that bnn_store_enter began */
    int status;           /* of the function under way; once negative, the rest does nothing */
    bnn_error *err;       /* its error */
    sqlite3_stmt *undo;   /* ROLLBACK, for which there may be no memory any more */
    size_t n_statements;
    struct {
        const char *sql; /* a literal: compared by address */
        sqlite3_stmt *statement;
    } statements[BNN_STORE_STATEMENTS_MAX];
};

/* Opens the database of a store, or closes it, which accepts one that is not open. */
int bnn_store_connect(bnn_store *store, bnn_store_mode mode, bnn_error *err);
void bnn_store_disconnect(bnn_store *store);

/* Whether one of the files beside the database is a link, which somebody may have planted and nobody follows;
 * then the error that says so. */
bool bnn_store_find_link(const bnn_store *store, bnn_error *err);

/* store_moved.c: remembers which file was opened, and which log it has once something was written. */
void bnn_store_note_place(bnn_store *store);
void bnn_store_note_log(bnn_store *store);

/* ESTALE when another file, or none, is where the database was; another reason when that cannot be seen. */
int bnn_store_check_place(bnn_store *store, bnn_error *err);

/* Why the last call of SQLite failed, as an errno: EBUSY, a fault of the machine (base/fault.h), or 0: neither. */
int bnn_store_reason(sqlite3 *db);

/* Turns the connection's last error into *err: what failed, and what can be done. Its reason is that of
 * bnn_store_reason(). */
int bnn_store_fail(bnn_store *store, const char *what, bnn_error *err);

/* Executes statements that take no values and give no rows. */
int bnn_store_script(bnn_store *store, const char *sql, bnn_error *err);

/* ---- one call after the other ----
 *
 * The functions below keep the first failure in the store; after it they do nothing and give what
 * they give for no row. A function that uses them begins with bnn_store_report, or enter, and returns
 * store->status, or what leave returns. */

void bnn_store_report(bnn_store *store, bnn_error *err);

/* A failure with a message of its own. */
void bnn_store_refuse(bnn_store *store, bnn_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* enter and leave make a function atomic: a transaction, or a savepoint inside one. leave keeps what
 * was done since enter, or undoes it after a failure, and returns the status. */
void bnn_store_enter(bnn_store *store, bnn_error *err);
int bnn_store_leave(bnn_store *store);

/* Values for the statements below. A NULL text is NULL; integers fit 64 bits with a sign. */
static inline bnn_store_value bnn_value_null(void)
{
    return (bnn_store_value){.type = BNN_STORE_VALUE_NULL};
}

static inline bnn_store_value bnn_value_text(const char *x)
{
    return x == NULL ? bnn_value_null() : (bnn_store_value){BNN_STORE_VALUE_TEXT, .text = x};
}

static inline bnn_store_value bnn_value_real(double x)
{
    return (bnn_store_value){BNN_STORE_VALUE_REAL, .real = x};
}

static inline bnn_store_value bnn_value_integer(int64_t x)
{
    return (bnn_store_value){BNN_STORE_VALUE_INTEGER, .integer = x};
}

static inline bnn_store_value bnn_value_unsigned(uint64_t x)
{
    return bnn_value_integer((int64_t)x);
}

static inline bnn_store_value bnn_value_itself(bnn_store_value x)
{
    return x;
}

/* The value of what C has, and a list of them with its length: BNN_VALUES(V(run), V(name)). */
#define V(x) \
    _Generic((x), char *                       \
             : bnn_value_text, const char *    \
             : bnn_value_text, double          \
             : bnn_value_real, uint64_t        \
             : bnn_value_unsigned, bnn_store_value \
             : bnn_value_itself, default       \
             : bnn_value_integer)(x)
#define BNN_VALUES(...)                     \
    (const bnn_store_value[]){__VA_ARGS__}, \
        sizeof((const bnn_store_value[]){__VA_ARGS__}) / sizeof(bnn_store_value)

/* Runs the statement sql, a literal, prepared once a connection, with the values as ?1, ?2 and so on
 * to its end; rows are ignored. */
void bnn_store_execute(bnn_store *store, const char *sql, const bnn_store_value *values, size_t n);

/* The text of a column, NULL where there is none; also without memory for it, which is then the status of the store. */
const char *bnn_store_column_text(bnn_store *store, sqlite3_stmt *statement, int column);

/* The same up to its first row, from which the caller reads columns before it resets the statement.
 * NULL when there is none. */
sqlite3_stmt *bnn_store_first(bnn_store *store, const char *sql, const bnn_store_value *values,
                              size_t n);

/* The integer in the first column of the first row, or `none` when there is no row. */
int64_t bnn_store_number(bnn_store *store, const char *sql, const bnn_store_value *values, size_t n,
                         int64_t none);

/* Binds one value; a SQLite result code. */
int bnn_store_bind(sqlite3_stmt *statement, int i, const bnn_store_value *value);

/* Keeps a BNN_RECORD_BEGIN. */
int bnn_store_resume(bnn_store *store, int64_t run, uint32_t attempt, uint32_t epoch,
                     bnn_error *err);

/* store_needs.c, all inside a transaction. For a claim: fills in the needs of an attempt; whether none of
 * them is still to be done. Records them, once it is claimed. */
bool bnn_store_look_at_needs(bnn_store *store, const bnn_store_attempt *with);
void bnn_store_record_needs(bnn_store *store, int64_t run, const bnn_store_attempt *with);

/* Done runs that used other weights of this run than it has now, and those that used theirs, are stale. */
void bnn_store_outdate_dependents(bnn_store *store, int64_t run);

/* A run that is new was there before, and others used it: they know it again. */
void bnn_store_link_needs(bnn_store *store, int64_t run, const char *uid);

/* The state that a text stands for. False when it is none, or NULL. */
bool bnn_store_state_of(const char *name, bnn_run_state *out);

/* ---- rows with types ---- */

/* A column that becomes a member of a struct. */
typedef enum bnn_member_type {
    BNN_MEMBER_TEXT,    /* const char *; "" for what is no text */
    BNN_MEMBER_INTEGER, /* int64_t; -1 for what is no integer */
    BNN_MEMBER_REAL,    /* double; NaN for what is no number */
    BNN_MEMBER_FLAG,    /* bool */
} bnn_member_type;

typedef struct bnn_row_member {
    const char *column;
    bnn_member_type type;
    size_t offset;
} bnn_row_member;

typedef struct bnn_row_type {
    size_t size;                /* of the struct */
    bnn_row_member members[20]; /* in the order of the columns, and named like them; NULL ends */
} bnn_row_type;

/* The member of the struct `row`, or of one inside it (a.b), and the column that it comes from. */
/* clang-format off */
#define BNN_MEMBER_TYPE(x)                       \
    _Generic((x), const char *: BNN_MEMBER_TEXT, \
                  int64_t: BNN_MEMBER_INTEGER,   \
                  double: BNN_MEMBER_REAL,       \
                  bool: BNN_MEMBER_FLAG)
/* clang-format on */
#define BNN_MEMBER_OF(row, member, column)                                    \
    {                                                                         \
        column, BNN_MEMBER_TYPE(((row *)NULL)->member), offsetof(row, member) \
    }
#define BNN_MEMBER(row, member) BNN_MEMBER_OF(row, member, #member)

/* All rows of a query, as an array in the arena with its texts; *out_rows is a pointer to the struct
 * that the type describes. values: of ?1, ?2 and so on. */
enum { BNN_ROWS_VALUES_MAX = 4 };
int bnn_store_rows(bnn_store *store, const char *sql, const bnn_store_value *values,
                   size_t n_values, const bnn_row_type *type, bnn_arena *arena, void *out_rows,
                   size_t *out_n, bnn_error *err);
int bnn_store_rows_with(bnn_store *store, const char *sql, const bnn_store_argument *arguments,
                        size_t n_arguments, const bnn_row_type *type, bnn_arena *arena,
                        void *out_rows, size_t *out_n, bnn_error *err);

/* ---- the rest ---- */

/* Microseconds since 1970, UTC. */
int64_t bnn_store_now_us(void);

/* Fails with BNN_E_FAILED: this attempt no longer holds the run. */
void bnn_store_superseded(bnn_store *store, int64_t run, uint32_t attempt);

/* The same, unless it does. */
void bnn_store_check_holder(bnn_store *store, int64_t run, uint32_t attempt);

/* Brings the open database to the newest schema, or checks that it has it (READ mode). */
int bnn_store_migrate(bnn_store *store, bool writable, bnn_error *err);

/* The text of db/NAME.sql, or NULL. */
const char *bnn_store_find_script(const char *name);

/* What tells a process from every other one, of the past and of the future. */
typedef struct bnn_process {
    char host[256];
    int64_t pid;
    char boot_id[64];      /* changes when the machine starts; "" when unknown */
    int64_t pid_namespace; /* numbers mean something only inside it; 0 when unknown */
    int64_t start;         /* in clock ticks since boot; 0 when unknown */
    int64_t life;          /* the byte of FILE.lock that it has; 0: none, it is an old one */
} bnn_process;

typedef enum bnn_liveness {
    BNN_PROCESS_DEAD = 0,
    BNN_PROCESS_ALIVE = 1,
    BNN_PROCESS_UNKNOWN = 2, /* of another machine, or an old one in a container */
} bnn_liveness;

/* Whether the process of a running run is dead. */
bool bnn_store_is_dead(bnn_store *store, int64_t run);

/* Lets our SQL say run_state(run_uid, state): what the database cannot know, that a process is dead. A
 * code of SQLite. */
int bnn_store_register_state(bnn_store *store);

void bnn_process_self(bnn_process *out);

/* Whether the process is there, by its number alone. */
bnn_liveness bnn_process_liveness(const bnn_process *process, const bnn_process *self);

/* The same by the byte that it has locked, when there is one. */
bnn_liveness bnn_store_liveness(bnn_store *store, const bnn_process *process,
                                const bnn_process *self);

/* FILE.lock, made when it is missing and the database writable; and a byte of it for this store alone,
 * until that is closed or the process is gone. */
int bnn_store_open_lock(bnn_store *store, bool writable, bnn_error *err);
int bnn_store_lock_life(bnn_store *store, bnn_error *err);

/* Refuses a file whose place is that of another one, to which somebody still writes. */
int bnn_store_check_log(const bnn_store *store, bnn_error *err);

/* Adds mean, sd, median and ci95 to a connection; a SQLite result code. */
int bnn_aggregates_register(sqlite3 *db);

/* Allows what reads, when store->reading; always allows everything else. */
int bnn_store_authorize(void *store, int action, const char *first, const char *second,
                        const char *database, const char *trigger);

#endif
