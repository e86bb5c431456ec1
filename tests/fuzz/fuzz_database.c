/* fuzz_database.c - hostile databases: the sample, of whose tables the types and constraints are gone, changed by the
 * input, is read by commands. The first byte says by which; from 0x80 on by all where corpora are replayed. Then changes:
 *
 *     '=' TABLE COLUMN VALUE    a column gets a value in all rows
 *     '1' TABLE COLUMN VALUE    in the first one
 *     '-' TABLE                 a table loses its rows
 *     '@' PLACE PLACE BYTE      a byte of the file is another, at a place in 16 bits of 64ths of its size
 *     any other                 SQL, up to a NUL byte
 *
 * TABLE and COLUMN are bytes, numbers modulo how many there are; VALUE is a byte, and for some a text up to NUL. */
#include "tests/fuzz/fuzz.h"

#include "tests/fixtures/sample_database.h"
#include "tests/fuzz/commands.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct changes {
    const uint8_t *bytes;
    size_t n;
    sqlite3 *db;
} changes;

static uint8_t changes_byte(changes *c)
{
    if (c->n == 0)
        return 0;
    c->n--;
    return *c->bytes++;
}

static const char *changes_text(changes *c, char *out, size_t out_bytes)
{
    const size_t length = strnlen((const char *)c->bytes, c->n),
                 used = length < c->n ? length + 1 : length;
    snprintf(out, out_bytes, "%.*s", (int)length, length > 0 ? (const char *)c->bytes : "");
    c->bytes += used;
    c->n -= used;
    return out;
}

/* Row number `which`, modulo how many there are, of what a statement gives. */
static void database_name(sqlite3 *db, const char *sql, const char *of, unsigned which,
                          char out[64])
{
    sqlite3_stmt *rows = NULL;
    unsigned n = 0;
    out[0] = '\0';
    if (sqlite3_prepare_v2(db, sql, -1, &rows, NULL) != SQLITE_OK)
        return;
    sqlite3_bind_text(rows, 1, of, -1, SQLITE_STATIC);
    while (sqlite3_step(rows) == SQLITE_ROW)
        n++;
    sqlite3_reset(rows);
    for (unsigned i = 0; n > 0 && i <= which % n && sqlite3_step(rows) == SQLITE_ROW; i++)
        snprintf(out, 64, "%s", (const char *)sqlite3_column_text(rows, 0));
    sqlite3_finalize(rows);
}

static void database_table(changes *c, char out[64])
{
    database_name(c->db,
                  "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
                  " ORDER BY name",
                  "", changes_byte(c), out);
}

static void database_value(changes *c, char *out, size_t n)
{
    static const char *const values[] = {
        "NULL",
        "0",
        "-1",
        "7",
        "9223372036854775807",
        "-9223372036854775808",
        "1e308",
        "9e999",
        "0.5",
        "''",
        "'../../x'",
        "X'00ff80'",
        "zeroblob(5000)",
        "'=' || char(27, 91, 51, 49, 109, 155, 8238, 8297) || '<&%$#_{}~^\\'"};
    char text[1000];
    const unsigned which = changes_byte(c);
    if (which < sizeof values / sizeof *values)
        snprintf(out, n, "%s", values[which]);
    else if (which < 0x80)
        snprintf(out, n, "%u", which);
    else
        sqlite3_snprintf((int)n, out, "%Q", changes_text(c, text, sizeof text));
}

static void database_set(changes *c, const char *where)
{
    char table[64], column[64], value[2100], sql[2600];
    database_table(c, table);
    database_name(c->db, "SELECT name FROM pragma_table_info(?1)", table, changes_byte(c), column);
    database_value(c, value, sizeof value);
    snprintf(sql, sizeof sql, "UPDATE \"%s\" SET \"%s\" = %s%s", table, column, value, where);
    sqlite3_exec(c->db, sql, NULL, NULL, NULL);
}

static void database_damage(changes *c)
{
    struct stat st;
    const unsigned place = changes_byte(c) | (unsigned)changes_byte(c) << 8;
    const uint8_t byte = changes_byte(c);
    const int fd = open(fuzz_commands_database(), O_RDWR | O_CLOEXEC);
    fuzz_require(fd >= 0 && fstat(fd, &st) == 0);
    fuzz_require(st.st_size == 0 ||
                 pwrite(fd, &byte, 1, (off_t)(place % (unsigned)st.st_size)) == 1);
    close(fd);
}

/* No other file is opened, and no statement takes long. */
static int database_authorize(void *context, int action, const char *a, const char *b,
                              const char *c, const char *d)
{
    (void)context, (void)a, (void)b, (void)c, (void)d;
    return action == SQLITE_ATTACH ? SQLITE_DENY : SQLITE_OK;
}

static int database_interrupt(void *n_calls)
{
    return ++*(int *)n_calls > 100;
}

static void database_change(changes *c)
{
    char sql[2000], table[64];
    switch (c->bytes[0]) {
    case '=':
    case '1':
        database_set(c, changes_byte(c) == '=' ? "" : " WHERE rowid = 1");
        break;
    case '-':
        changes_byte(c);
        database_table(c, table);
        snprintf(sql, sizeof sql, "DELETE FROM \"%s\"", table);
        sqlite3_exec(c->db, sql, NULL, NULL, NULL);
        break;
    case '@':
        changes_byte(c);
        database_damage(c);
        break;
    default:
        sqlite3_exec(c->db, changes_text(c, sql, sizeof sql), NULL, NULL, NULL);
    }
}

static void database_apply(const uint8_t *bytes, size_t n)
{
    int n_calls = 0;
    changes c = {.bytes = bytes, .n = n};
    fuzz_require(sqlite3_open(fuzz_commands_database(), &c.db) == SQLITE_OK);
    sqlite3_set_authorizer(c.db, database_authorize, NULL);
    sqlite3_progress_handler(c.db, 10000, database_interrupt, &n_calls);
    sqlite3_exec(c.db, "PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF", NULL, NULL, NULL);
    while (c.n > 0)
        database_change(&c);
    sqlite3_close(c.db);
}

/* ---- what reads it ----------------------------------------------------------------------- */

static const char *const commands[][8] = {
    /* each closed by NULL */
    {"runs"},
    {"runs", "--json"},
    {"runs", "tiny", "ste=clipped", "--csv"},
    {"show", SAMPLE_RUN},
    {"show", SAMPLE_RUN, "--json"},
    {"compare", "tiny"},
    {"compare", "tiny", "--json"},
    {"compare", "tiny", "--csv"},
    {"compare", "tiny", "--md"},
    {"compare", "tiny", "--latex", "--all-pairs"},
    {"compare", SAMPLE_RUN, SAMPLE_OTHER},
    {"diff", SAMPLE_RUN, SAMPLE_OTHER},
    {"verify", SAMPLE_RUN},
    {"export", SAMPLE_RUN, "--format", "c", "-o", "out.c"},
    {"export", SAMPLE_RUN, "--format", "qonnx", "-o", "out.onnx"},
    {"predict", SAMPLE_RUN, "--no-download"},
    {"report", "tiny", "-o", "out.html"},
    {"plan", "tiny.yaml"},
    {"plan", "tiny.yaml", "--json"},
    {"gc", "-n"},
    {"query", "SELECT * FROM run_summary, leaderboard", "--csv"},
    {"query", "accuracy_by_ste"},
    {"query", "benchmarks"},
    {"query", "confusion", "run=" SAMPLE_RUN},
    {"query", "disagreement", "run=" SAMPLE_RUN, "other=" SAMPLE_OTHER},
    {"query", "failures"},
    {"query", "flips_by_epoch"},
    {"query", "layer_sizes"},
    {"query", "leaderboard"},
    {"query", "looks"},
    {"query", "paired_difference"},
    {"query", "rungs"},
    {"query", "size_and_speed"},
    {"plot", "curves", "tiny", "-o", "out.svg"},
    {"plot", "pareto", "tiny", "-o", "out.svg"},
    {"plot", "seeds", "tiny", "-o", "out.svg"},
    {"plot", "telemetry", "tiny", "-o", "out.svg"},
    {"bench", SAMPLE_RUN, "--rounds", "1", "--batch", "1", "--no-ort"},
    {"predict", "sample.db.artifacts/" SAMPLE_RUN "/model.bnn", "--dataset", "synthetic", "--limit",
     "5"},
};

static void database_begin(void)
{
    char path[PATH_MAX + 40];
    static bool begun;
    if (begun)
        return;
    fuzz_commands_begin(true);
    snprintf(path, sizeof path, "%s/tests/fixtures/sample/tiny.yaml", getenv("srcdir"));
    fuzz_require(symlink(path, fuzz_path("tiny.yaml")) == 0);
    begun = true;
}

FUZZ_TARGET(database)
{
    enum { N_COMMANDS = sizeof commands / sizeof *commands };
    if (n == 0)
        return 0;
    database_begin();
    fuzz_commands_renew();
    database_apply(bytes + 1, n - 1);
#ifdef BNN_FUZZ_REPLAY
    const bool all = bytes[0] >= 0x80;
#else
    const bool all = false; /* it would take long */
#endif
    for (unsigned i = 0; i < N_COMMANDS; i++)
        if (all || bytes[0] % N_COMMANDS == i)
            fuzz_commands_run(commands[i]);
    return 0;
}
