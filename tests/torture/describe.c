/* describe.c - what is in a folder, as text to compare. */
#include "tests/torture/trial.h"

#include "base/run.h"

#include <ftw.h>
#include <sha256.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
    size_t skip; /* characters of a path: those of the folder */
    FILE *out;
} described;

/* Of what is measured and when it was, nothing. */
static const char results[] =
    "SELECT 'integrity', integrity_check, '', '', '', '' FROM pragma_integrity_check UNION ALL "
    "SELECT 'dangling', \"table\", rowid, '', '', '' FROM pragma_foreign_key_check UNION ALL "
    "SELECT 'run', run_uid, label, seed, state, note FROM run_summary UNION ALL "
    "SELECT 'epoch', run_uid, epoch, name, printf('%!.20g', value), special "
    "FROM epoch_metric WHERE name <> 'seconds' UNION ALL "
    "SELECT 'metric', run_uid, name, printf('%!.20g', value), special, '' FROM run_metric UNION ALL "
    "SELECT 'artifact', run_uid, kind, n_bytes, sha256, path "
    "FROM artifact JOIN run USING (run_id) UNION ALL "
    "SELECT 'layer', run_uid, layer, n_parameters, bits, packed_bytes FROM layer_size UNION ALL "
    "SELECT 'classes', run_uid, n_images, hex(true_classes), hex(predicted_classes), '' "
    "FROM run_prediction";

static int describe_row(void *context, int n, char **values, char **names)
{
    (void)context;
    (void)names;
    for (int i = 0; i < n; i++)
        fprintf(described.out, "%s%c", values[i] != NULL ? values[i] : "NULL",
                i + 1 < n ? ' ' : '\n');
    return 0;
}

/* SQLite has files beside the database, too, as long as that is open. */
static void describe_database(const char *path)
{
    sqlite3 *db;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
        sqlite3_exec(db, results, describe_row, NULL, NULL) != SQLITE_OK)
        fprintf(described.out, "database: %s\n", sqlite3_errmsg(db));
    sqlite3_close(db);
}

/* What SQLite has beside the database belongs to that, whoever could not remove it. */
static bool is_of_sqlite(const char *name)
{
    return strcmp(name, TRIAL_DB "-wal") == 0 || strcmp(name, TRIAL_DB "-shm") == 0;
}

/* Its path below the folder. */
static bool is_same_each_time(const char *below)
{
    return strcmp(below, "/" TRIAL_DB) != 0 && strcmp(below, "/" TRIAL_DB ".lock") != 0 &&
           strcmp(below, "/report.html") != 0;
}

static int describe_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    char digest[SHA256_DIGEST_STRING_LENGTH] = "";
    const char *name = path + ftw->base, *below = path + described.skip;
    if (strcmp(name, BNN_RUN_CHECKPOINT) == 0 || bnn_run_is_half_file(name) ||
        strcmp(below, "/" TRIAL_DB ".merging") == 0)
        fprintf(described.out, TRIAL_LEFT_OVER "%s\n", below);
    else if (type == FTW_F && is_same_each_time(below) && !is_of_sqlite(name))
        fprintf(described.out, "file %s %jd %s\n", below, (intmax_t)st->st_size,
                SHA256File(path, digest) != NULL ? digest : "cannot be read");
    else if (!is_of_sqlite(name))
        fprintf(described.out, "%s %s\n", type == FTW_D ? "folder" : "file", below);
    return 0;
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* In the order of the alphabet, since neither folders nor tables have one. */
static char *sort_lines(char *text, size_t n_bytes)
{
    enum { LINES_MAX = 4096 };
    static char *lines[LINES_MAX];
    char *sorted = calloc(n_bytes + 2, 1), *rest = text, *line, *end = sorted;
    size_t n = 0;
    while ((line = strsep(&rest, "\n")) != NULL && n < LINES_MAX)
        if (line[0] != '\0')
            lines[n++] = line;
    if (sorted == NULL || n == LINES_MAX)
        trial_die("too much in a folder");
    qsort(lines, n, sizeof *lines, compare_lines);
    for (size_t i = 0; i < n; i++) {
        end = stpcpy(end, lines[i]);
        *end++ = '\n';
    }
    free(text);
    return sorted;
}

char *trial_describe(const trial_place *place, const char *folder)
{
    enum { FOLDERS_OPEN = 16 };
    char path[PATH_MAX], *text = NULL;
    size_t n;
    described.out = open_memstream(&text, &n);
    described.skip = strlen(trial_path(place, folder, NULL, path));
    if (described.out == NULL || nftw(path, describe_file, FOLDERS_OPEN, FTW_PHYS) != 0)
        trial_die("cannot look at %s", path);
    if (access(trial_path(place, folder, TRIAL_DB, path), F_OK) == 0)
        describe_database(path);
    if (fclose(described.out) != 0)
        trial_die("out of memory");
    return sort_lines(text, n);
}

int trial_count_runs(const trial_place *place, const char *folder, const char *state)
{
    char path[PATH_MAX];
    sqlite3 *db;
    sqlite3_stmt *statement = NULL;
    int n = 0;
    trial_path(place, folder, TRIAL_DB, path);
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(db, "SELECT count(*) FROM run WHERE state = ?", -1, &statement, NULL) ==
            SQLITE_OK &&
        sqlite3_bind_text(statement, 1, state, -1, SQLITE_STATIC) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        n = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return n;
}
