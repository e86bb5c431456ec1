/* database.c - whether the database is whole, and what its runs have left. Only reads. */
#include "base/clock.h"
#include "base/text.h"
#include "cli/doctor/doctor.h"
#include "db/store_results.h"
#include "runner/artifacts.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is bigger takes longer to read than anybody waits for here. */
enum { DATABASE_CHECK_BYTES = 256 << 20 };
static const double database_files_seconds = 0.4;

/* ---- questions --------------------------------------------------------------------------- */

typedef struct database_answer {
    bnn_arena *arena;
    int64_t numbers[4]; /* of the last row */
    const char **texts; /* of the first column, where it has texts */
    size_t n_texts, capacity;
} database_answer;

static int database_take(void *context, size_t n, const bnn_store_value *values, bnn_error *err)
{
    database_answer *a = context;
    for (size_t i = 0; i < n && i < sizeof a->numbers / sizeof *a->numbers; i++)
        a->numbers[i] = values[i].integer;
    if (n == 0 || values[0].type != BNN_STORE_VALUE_TEXT)
        return BNN_OK;
    const char **grown =
        bnn_arena_grow(a->arena, a->texts, a->n_texts, &a->capacity, sizeof *grown);
    const char *text = bnn_arena_strdup(a->arena, values[0].text);
    if (grown == NULL || text == NULL)
        return bnn_no_memory(err);
    a->texts = grown;
    grown[a->n_texts++] = text;
    return BNN_OK;
}

/* False, and a finding, when the database cannot answer. */
static bool database_ask(doctor *d, bnn_store *store, const char *sql, database_answer *out)
{
    bnn_error err;
    *out = (database_answer){.arena = d->arena};
    const bnn_store_reader reader = {.row = database_take, .context = out};
    if (bnn_store_query(store, sql, NULL, 0, &reader, &err) == BNN_OK)
        return true;
    doctor_note(d, DOCTOR_WRONG, "database", "go back to a copy, and keep this file", "%s",
                err.message);
    return false;
}

/* ---- looks ------------------------------------------------------------------------------- */

static void database_check_pages(doctor *d, bnn_store *store)
{
    database_answer a;
    struct stat st;
    if (stat(d->options->db, &st) == 0 && st.st_size > DATABASE_CHECK_BYTES) {
        doctor_note(d, DOCTOR_OK, "database", "`bnnrun query 'PRAGMA quick_check'` checks it",
                    "%s: too large to be checked here", d->options->db);
        return;
    }
    if (!database_ask(d, store, "PRAGMA quick_check", &a))
        return;
    const bool well = a.n_texts == 1 && strcmp(a.texts[0], "ok") == 0;
    if (!well)
        doctor_note(d, DOCTOR_WRONG, "database",
                    "go back to a copy; `sqlite3 FILE .recover` saves what can be read",
                    "%s: damaged: %s (and %zu more)", d->options->db,
                    a.n_texts > 0 ? a.texts[0] : "?", a.n_texts > 1 ? a.n_texts - 1 : 0);
    else
        doctor_note(d, DOCTOR_OK, "database", NULL, "its pages are whole (quick_check)");
}

static void database_count(doctor *d, bnn_store *store)
{
    database_answer schema, runs, states;
    char text[BNN_SHORT_TEXT];
    if (!database_ask(d, store, "PRAGMA user_version", &schema) ||
        !database_ask(d, store,
                      "SELECT count(*), sum(state = 'done'), sum(state = 'failed') FROM run",
                      &runs) ||
        !database_ask(d, store,
                      "SELECT count(*), sum(run_state(run_uid, state) <> 'running') FROM run "
                      "WHERE state = 'running'",
                      &states))
        return;
    doctor_note(d, DOCTOR_OK, "database", NULL,
                "%s: schema %" PRId64 ", %s runs, %" PRId64 " done, %" PRId64 " failed",
                d->options->db, schema.numbers[0], bnn_count_text((uint64_t)runs.numbers[0], text),
                runs.numbers[1], runs.numbers[2]);
    if (states.numbers[0] > states.numbers[1])
        doctor_note(d, DOCTOR_OK, "runs", NULL, "%" PRId64 " under way",
                    states.numbers[0] - states.numbers[1]);
    if (states.numbers[1] > 0)
        doctor_note(d, DOCTOR_WARNING, "runs", "the same `bnnrun run` again goes on with them",
                    "%" PRId64 " stand as running, but their process is dead", states.numbers[1]);
}

static void database_look_for_leftovers(doctor *d, bnn_store *store)
{
    const bnn_leftover *leftovers;
    bnn_error err;
    size_t n;
    int64_t bytes = 0;
    if (bnn_artifacts_find_leftovers(store, d->options->db, d->arena, &leftovers, &n, &err) !=
        BNN_OK) {
        doctor_note(d, DOCTOR_WRONG, "left over", NULL, "%s", err.message);
        return;
    }
    for (size_t i = 0; i < n; i++)
        bytes += leftovers[i].bytes;
    if (n > 0)
        doctor_note(d, DOCTOR_WARNING, "left over", "`bnnrun gc` shows and removes it",
                    "%s: %s%s%s%s in %s.artifacts; %zu such, %.1f MB", leftovers[0].what,
                    leftovers[0].uid, leftovers[0].file != NULL ? "/" : "",
                    leftovers[0].file != NULL ? leftovers[0].file : "", "", d->options->db, n,
                    (double)bytes / 1e6);
    else
        doctor_note(d, DOCTOR_OK, "left over", NULL, "nothing that no run needs");
}

/* Files of done runs that are not as they were recorded. */
typedef struct database_files {
    double end; /* when it is enough */
    bool all;
    size_t n, n_wrong;
    char first[PATH_MAX]; /* the path of the first wrong one */
    const char *how;
} database_files;

static void database_look_at_file(database_files *f, const bnn_store_file *file)
{
    const char *wrong = bnn_artifacts_look(file);
    if (wrong != NULL && f->n_wrong++ == 0) {
        snprintf(f->first, sizeof f->first, "%s", file->path);
        f->how = wrong;
    }
    f->n++;
    f->all = bnn_clock_seconds(CLOCK_MONOTONIC) < f->end;
}

/* Of an experiment, whose list is forgotten then. */
static int database_look_at_experiment(bnn_store *store, const char *name, database_files *f,
                                       bnn_error *err)
{
    const bnn_store_file *files;
    size_t n = 0;
    bnn_arena *arena = bnn_arena_create(BNN_SPEC_LIMIT_BYTES);
    if (arena == NULL)
        return bnn_no_memory(err);
    const int status = bnn_store_list_files(store, name, NULL, arena, &files, &n, err);
    for (size_t i = 0; status == BNN_OK && i < n && f->all; i++)
        database_look_at_file(f, &files[i]);
    bnn_arena_destroy(arena);
    return status;
}

static void database_look_at_files(doctor *d, bnn_store *store)
{
    database_answer experiments;
    bnn_error err;
    database_files f = {.end = bnn_clock_seconds(CLOCK_MONOTONIC) + database_files_seconds,
                        .all = true};
    if (!database_ask(d, store, "SELECT name FROM experiment", &experiments))
        return;
    for (size_t i = 0; i < experiments.n_texts && f.all; i++)
        if (database_look_at_experiment(store, experiments.texts[i], &f, &err) != BNN_OK) {
            doctor_note(d, DOCTOR_WRONG, "files", NULL, "%s", err.message);
            return;
        }
    const char *rest = f.all ? "" : " (the rest was not looked at)";
    if (f.n_wrong > 0)
        doctor_note(d, DOCTOR_WARNING, "files", "the same `bnnrun run` again makes them anew",
                    "%s %s; %zu of %zu files of runs are not as recorded%s", f.first, f.how,
                    f.n_wrong, f.n, rest);
    else
        doctor_note(d, DOCTOR_OK, "files", NULL, "%zu%s of runs are as recorded", f.n, rest);
}

void doctor_look_at_database(doctor *d)
{
    bnn_store *store;
    bnn_error err;
    if (access(d->options->db, F_OK) != 0) {
        doctor_note(d, DOCTOR_OK, "database", NULL, "%s: there is none yet", d->options->db);
        return;
    }
    if (bnn_store_open(d->options->db, BNN_STORE_READ, &store, &err) != BNN_OK) {
        doctor_note(d, DOCTOR_WRONG, "database",
                    "name another file with --db, or go back to a copy", "%s", err.message);
        return;
    }
    if (eaccess(d->options->db, W_OK) != 0)
        doctor_note(d, DOCTOR_WARNING, "database", "ask its owner for the right, to run specs",
                    "%s: you may read it, but not write", d->options->db);
    database_check_pages(d, store);
    database_count(d, store);
    database_look_for_leftovers(d, store);
    database_look_at_files(d, store);
    bnn_store_close(store);
}
