/* store_internal.h - what the files of the store share. */
#ifndef BNN_DB_STORE_INTERNAL_H
#define BNN_DB_STORE_INTERNAL_H

#include "base/arena.h"
#include "db/store.h"

#include <sqlite3.h>

enum {
    BNN_STORE_APPLICATION_ID = 0x424e4e52, /* "BNNR", so that file(1) can tell */
    BNN_STORE_BUSY_TIMEOUT_MS = 30000,
    BNN_STORE_STATEMENTS_MAX = 64,
};

struct bnn_store {
    sqlite3 *db;
    char *file;           /* what SQLite is told: path, with "./" before a relative one */
    const char *path;     /* as the user named it; points into file */
    bool reading;         /* the authorizer allows nothing but reading */
    bool entered;         /* between bnn_store_enter and bnn_store_leave */
    bool own_transaction; /* which that bnn_store_enter began */
    size_t n_statements;
    struct {
        const char *sql; /* a literal: compared by address */
        sqlite3_stmt *statement;
    } statements[BNN_STORE_STATEMENTS_MAX];
};

/* Turns the connection's last error into *err: what failed, and what can be done. */
int bnn_store_fail(bnn_store *store, const char *what, bnn_error *err);

/* enter and leave make a function atomic: a transaction, or a savepoint inside one. leave takes the
 * status so far, keeps or undoes what was done since enter, and returns the final status. */
int bnn_store_enter(bnn_store *store, bnn_error *err);
int bnn_store_leave(bnn_store *store, int status, bnn_error *err);

/* Executes statements that take no values and give no rows. */
int bnn_store_script(bnn_store *store, const char *sql, bnn_error *err);

/* Values for the statements below. A NULL text is NULL. */
bnn_store_value bnn_value_integer(int64_t integer);
bnn_store_value bnn_value_real(double real);
bnn_store_value bnn_value_text(const char *text);
bnn_store_value bnn_value_null(void);

/* A list of values, with its length: BNN_VALUES(bnn_value_integer(run), bnn_value_text(name)). */
#define BNN_VALUES(...)                     \
    (const bnn_store_value[]){__VA_ARGS__}, \
        sizeof((const bnn_store_value[]){__VA_ARGS__}) / sizeof(bnn_store_value)

/* The statement for sql, a literal: prepared once a connection, ready to be stepped, with the
 * values bound to ?1, ?2 and so on. The caller steps and resets it. */
int bnn_store_start(bnn_store *store, const char *sql, const bnn_store_value *values, size_t n,
                    sqlite3_stmt **out, bnn_error *err);

/* Runs it to the end; rows are ignored. */
int bnn_store_execute(bnn_store *store, const char *sql, const bnn_store_value *values, size_t n,
                      bnn_error *err);

/* The integer in the first column of the first row, or `none` when there is no row. */
int bnn_store_number(bnn_store *store, const char *sql, const bnn_store_value *values, size_t n,
                     int64_t none, int64_t *out, bnn_error *err);

/* Binds one value; a SQLite result code. */
int bnn_store_bind(sqlite3_stmt *statement, int i, const bnn_store_value *value);

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
    size_t size, n_members;
    const bnn_row_member *members; /* in the order of the columns, and named like them */
} bnn_row_type;

#define BNN_MEMBER(row, type, name)                   \
    {                                                 \
#        name, BNN_MEMBER_##type, offsetof(row, name) \
    }
#define BNN_ROW_TYPE(row, members)                                \
    {                                                             \
        sizeof(row), sizeof(members) / sizeof *(members), members \
    }

/* All rows of a query, as an array in the arena with its texts; *out_rows is a pointer to the struct
 * that the type describes. values: of ?1, ?2 and so on. */
enum { BNN_ROWS_VALUES_MAX = 4 };
int bnn_store_rows(bnn_store *store, const char *sql, const bnn_store_value *values,
                   size_t n_values, const bnn_row_type *type, bnn_arena *arena, void *out_rows,
                   size_t *out_n, bnn_error *err);

/* ---- the rest ---- */

/* Microseconds since 1970, UTC. */
int64_t bnn_store_now_us(void);

/* BNN_E_FAILED with the message that this attempt no longer holds the run. */
int bnn_store_superseded(bnn_store *store, int64_t run, uint32_t attempt, bnn_error *err);

/* Brings the open database to the newest schema, or checks that it has it (READ mode). */
int bnn_store_migrate(bnn_store *store, bool writable, bnn_error *err);

/* The text of db/NAME.sql, or NULL. */
const char *bnn_store_find_script(const char *name);

/* The name of the file system with this statfs() type when it is a remote one, else NULL. */
const char *bnn_store_remote_file_system(unsigned long type);

/* What tells a process from every other one, of the past and of the future. */
typedef struct bnn_process {
    char host[256];
    int64_t pid;
    char boot_id[64];      /* changes when the machine starts; "" when unknown */
    int64_t pid_namespace; /* numbers mean something only inside it; 0 when unknown */
    int64_t start;         /* in clock ticks since boot; 0 when unknown */
} bnn_process;

typedef enum bnn_liveness {
    BNN_PROCESS_DEAD = 0,
    BNN_PROCESS_ALIVE = 1,
    BNN_PROCESS_UNKNOWN = 2, /* in a container that cannot be looked into */
} bnn_liveness;

void bnn_process_self(bnn_process *out);
bnn_liveness bnn_process_liveness(const bnn_process *process, const bnn_process *self);

/* Adds mean, sd, median and ci95 to a connection; a SQLite result code. */
int bnn_aggregates_register(sqlite3 *db);

/* Allows what reads, when store->reading; always allows everything else. */
int bnn_store_authorize(void *store, int action, const char *first, const char *second,
                        const char *database, const char *trigger);

#endif
