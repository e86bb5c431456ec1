/* check.c - what must hold when the sweep is done, whatever happened on the way. Asks the database with SQLite
 * alone, and looks at the files. */
#include "tests/sim/os.h"

#include "base/path.h"
#include "base/run.h"
#include "base/sha256.h"

#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* What is wrong, a row each, and what that is called. */
static const struct {
    const char *what, *sql;
} check_rules[] = {
    {"damaged", "SELECT * FROM pragma_integrity_check WHERE integrity_check <> 'ok'"},
    {"a row without what it refers to", "SELECT \"table\", rowid FROM pragma_foreign_key_check"},
    {"a run is not done", "SELECT run_uid, state FROM run WHERE state <> 'done'"},
    {"a run of a config and a seed is there twice",
     "SELECT config_id, seed FROM run GROUP BY experiment_id, config_id, seed HAVING count(*) > 1"},
    {"a run is recorded twice", "SELECT run_id, count(*) FROM attempt WHERE outcome = 'done'"
                                " GROUP BY run_id HAVING count(*) > 1"},
    {"the attempt that is done is not the newest",
     "SELECT run_uid, attempt, n_attempts FROM run JOIN attempt USING (run_id)"
     " WHERE outcome = 'done' AND attempt <> n_attempts"},
    {"an attempt has no end", "SELECT run_id, attempt FROM attempt WHERE outcome IS NULL"},
    {"a result is not of the attempt that is done",
     "SELECT run_uid, name FROM metric JOIN run USING (run_id)"
     " WHERE epoch = 0 AND attempt <> n_attempts"},
    {"a result is of a process that no longer held the run",
     "SELECT run_uid, wall_ns, pid FROM timing JOIN run USING (run_id) JOIN attempt USING (run_id)"
     " WHERE phase = 'evaluate' AND attempt.attempt = n_attempts AND wall_ns <> pid"},
    {"a file is of an attempt before",
     "SELECT run_uid, path FROM artifact JOIN run USING (run_id) WHERE attempt <> n_attempts"},
};

/* What the public views say; what measures time, or counts attempts, is left out. */
static const char *const check_views[] = {
    "SELECT run_uid, experiment, label, seed, state, best_epoch, validation_accuracy,"
    " test_accuracy, last_test_accuracy, n_parameters, float32_bytes, model_bytes, mismatches,"
    " is_baseline, in_spec, config, differs, stale, tags, note, need, dropped_at"
    " FROM run_summary ORDER BY run_uid",
    "SELECT * FROM epoch_metric WHERE name <> 'seconds' ORDER BY run_uid, epoch, name",
    "SELECT * FROM run_metric ORDER BY run_uid, name",
    "SELECT * FROM run_link ORDER BY run_uid, purpose",
    "SELECT run_uid, sample, n_images, n_classes, hex(true_classes), hex(predicted_classes)"
    " FROM run_prediction ORDER BY run_uid",
    "SELECT * FROM layer_size ORDER BY run_uid, ordinal",
    "SELECT run_uid, kind, artifact.path, n_bytes, sha256 FROM artifact JOIN run USING (run_id)"
    " ORDER BY run_uid, kind",
    "SELECT experiment, label, n, n_failed, mean_test_accuracy, sd_test_accuracy, float32_bytes,"
    " model_bytes, n_unfinished, is_baseline, in_spec, ordinal, config, differs, n_stale, need,"
    " dropped_at FROM leaderboard ORDER BY ordinal, config",
    "SELECT experiment, label, seed, baseline, difference, run_uid, baseline_uid FROM baseline_pair"
    " ORDER BY run_uid, baseline_uid",
    "SELECT rung, epochs, label, n, n_failed, validation_accuracy, place, n_in, n_kept, cut, kept"
    " FROM halving_rung ORDER BY rung, place",
    "SELECT config, key, value FROM config_setting ORDER BY config, key",
};

/* ---- SQL --------------------------------------------------------------------------------- */

static void check_append(char *out, size_t size, const char *text)
{
    const size_t used = strlen(out);
    if (used + 1 < size)
        snprintf(out + used, size - used, "%s", text);
}

/* All rows, a line each. */
static bool check_rows(sqlite3 *db, const char *sql, char *out, size_t size)
{
    sqlite3_stmt *statement;
    int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    while (code == SQLITE_OK && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        code = SQLITE_OK;
        for (int i = 0; i < sqlite3_column_count(statement); i++) {
            const char *text = (const char *)sqlite3_column_text(statement, i);
            check_append(out, size, i > 0 ? "|" : "");
            check_append(out, size, text != NULL ? text : "NULL");
        }
        check_append(out, size, "\n");
    }
    if (code != SQLITE_DONE)
        sim_violate("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_finalize(statement);
    return code == SQLITE_DONE;
}

static bool check_each_rule(sqlite3 *db)
{
    char rows[400];
    for (size_t i = 0; i < sizeof check_rules / sizeof *check_rules; i++) {
        rows[0] = '\0';
        if (!check_rows(db, check_rules[i].sql, rows, sizeof rows))
            return false;
        if (rows[0] != '\0')
            sim_violate("%s: %s", check_rules[i].what, rows);
    }
    return world->violation[0] == '\0';
}

/* Runs that were told to be done are those, in the attempt that was told. */
static bool check_told(sqlite3 *db)
{
    for (int i = 0; i < SIM_RUNS; i++) {
        const sim_told *t = &world->told[i];
        char sql[200], rows[40] = "", expected[40];
        if (t->attempt == 0)
            continue;
        snprintf(sql, sizeof sql, "SELECT state, n_attempts FROM run WHERE run_uid = '%s'", t->uid);
        snprintf(expected, sizeof expected, "done|%u\n", t->attempt);
        if (!check_rows(db, sql, rows, sizeof rows))
            return false;
        if (strcmp(rows, expected) != 0)
            sim_violate("run %s was told to be done in attempt %u, and is %s", t->uid, t->attempt,
                        rows);
    }
    return world->violation[0] == '\0';
}

static bool check_same_views(sqlite3 *db, bool undisturbed)
{
    static char views[SIM_VIEWS];
    char *expected = world->views[world->spec];
    views[0] = '\0';
    for (size_t i = 0; i < sizeof check_views / sizeof *check_views; i++)
        if (!check_rows(db, check_views[i], views, sizeof views))
            return false;
    if (undisturbed)
        memcpy(expected, views, sizeof views);
    const char *a = views, *b = expected;
    while (*a != '\0' && *a == *b)
        a++, b++;
    if (*a == *b)
        return true;
    while (a > views && a[-1] != '\n')
        a--, b--;
    sim_violate("the views differ from those of an undisturbed sweep:\n%.*s\ninstead of\n%.*s",
                (int)strcspn(a, "\n"), a, (int)strcspn(b, "\n"), b);
    return false;
}

/* ---- files ------------------------------------------------------------------------------- */

static sqlite3 *check_db; /* that nftw()'s function asks */

/* Each file of a run is recorded, with its content. */
static int check_file(const char *path, const struct stat *st, int type, struct FTW *at)
{
    char sql[400], sha256[BNN_SHA256_HEX], rows[200] = "", expected[100];
    const size_t n = strlen(world->root) + strlen("/s.db.artifacts/");
    bnn_error err;
    (void)at;
    if (type != FTW_F)
        return 0;
    snprintf(sql, sizeof sql, "SELECT n_bytes, sha256 FROM artifact WHERE path = '%s'", path + n);
    if (!check_rows(check_db, sql, rows, sizeof rows))
        return 1;
    if (rows[0] == '\0') {
        sim_violate("%s: a file of which the database does not know", path + n);
        return 1;
    }
    if (bnn_file_sha256(path, sha256, &err) != BNN_OK) {
        sim_violate("%s", err.message);
        return 1;
    }
    snprintf(expected, sizeof expected, "%lld|%s\n", (long long)st->st_size, sha256);
    if (strcmp(rows, expected) != 0)
        sim_violate("%s: is %s and was recorded as %s", path + n, expected, rows);
    return world->violation[0] != '\0';
}

static bool check_files(sqlite3 *db)
{
    char path[PATH_MAX], rows[4000] = "", file[PATH_MAX + 256];
    snprintf(path, sizeof path, "%s/s.db.artifacts", world->root);
    check_db = db;
    nftw(path, check_file, 8, FTW_PHYS);
    if (!check_rows(db, "SELECT path FROM artifact", rows, sizeof rows))
        return false;
    char *rest = rows;
    for (char *name; (name = strsep(&rest, "\n")) != NULL && *name != '\0';) {
        snprintf(file, sizeof file, "%.200s/%s", path, name);
        if (access(file, F_OK) != 0)
            sim_violate("%s is recorded, and missing", name);
    }
    return world->violation[0] == '\0';
}

bool check_end(bool undisturbed)
{
    char path[PATH_MAX];
    sqlite3 *db;
    snprintf(path, sizeof path, "%s/s.db", world->root);
    bool holds = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK;
    if (!holds)
        sim_violate("the database cannot be opened: %s", sqlite3_errmsg(db));
    holds = holds && check_each_rule(db) && check_told(db) && check_same_views(db, undisturbed) &&
            check_files(db);
    sqlite3_close(db);
    return holds;
}
