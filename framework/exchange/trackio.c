/* trackio.c - the database of a project of Trackio, NAME.db in its folder: a row a step with its numbers as JSON, and
 * the settings of each run. Further tables and columns Trackio adds itself. */
#include "exchange/visit.h"

#include "base/json.h"
#include "base/text.h"
#include "db/store_foreign.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char trackio_schema[] =
    "CREATE TABLE metrics (id INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL,"
    " timestamp TEXT NOT NULL, run_name TEXT NOT NULL, step INTEGER NOT NULL,"
    " metrics TEXT NOT NULL);"
    "CREATE TABLE configs (id INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL,"
    " run_name TEXT NOT NULL, config TEXT NOT NULL, created_at TEXT NOT NULL, UNIQUE (run_id));"
    "CREATE INDEX idx_metrics_run_step ON metrics (run_id, step);"
    "CREATE INDEX idx_configs_run_name ON configs (run_name)";

/* "2026-11-28T22:10:13.512000+00:00" */
static const char *trackio_time(int64_t us, bnn_arena *arena)
{
    const time_t seconds = us < 0 ? 0 : (time_t)(us / 1000000);
    struct tm utc;
    char text[sizeof "-2147483648-11-28T22:10:13"];
    gmtime_r(&seconds, &utc);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    return bnn_arena_printf(arena, "%s.%06d+00:00", text, us < 0 ? 0 : (int)(us % 1000000));
}

/* What JSON has no numbers for, Trackio writes so. */
static json_t *trackio_number(double x)
{
    return isfinite(x) ? json_real(x)
                       : json_string(isnan(x) ? "NaN"
                                     : x > 0  ? "Infinity"
                                              : "-Infinity");
}

/* In the arena, released; NULL without memory. */
static const char *trackio_dump(json_t *value, bnn_arena *arena)
{
    char *text = bnn_json_dump(value, JSON_COMPACT | JSON_REAL_PRECISION(17));
    const char *own = text == NULL ? NULL : bnn_arena_strdup(arena, text);
    free(text);
    json_decref(value);
    return own;
}

static bnn_store_value trackio_text(const char *text)
{
    return (bnn_store_value){.type = BNN_STORE_VALUE_TEXT, .text = text};
}

static int trackio_insert_step(bnn_foreign *out, const bnn_exchange_run *run, const char *name,
                               const bnn_store_point *points, size_t n, bnn_error *err)
{
    json_t *numbers = json_object();
    int64_t time_us = -1;
    for (size_t i = 0; i < n; i++) {
        json_object_set_new(numbers, points[i].name, trackio_number(points[i].value));
        time_us = points[i].time_us > time_us ? points[i].time_us : time_us;
    }
    const char *text = trackio_dump(numbers, run->arena), *when = trackio_time(time_us, run->arena);
    if (text == NULL || when == NULL)
        return bnn_no_memory(err);
    const bnn_store_value values[] = {trackio_text(run->row->uid),
                                      trackio_text(when),
                                      trackio_text(name),
                                      {.type = BNN_STORE_VALUE_INTEGER, .integer = points->step},
                                      trackio_text(text)};
    return bnn_foreign_insert(out,
                              "INSERT INTO metrics (run_id, timestamp, run_name, step, metrics)"
                              " VALUES (?1, ?2, ?3, ?4, ?5)",
                              values, sizeof values / sizeof *values, err);
}

/* "64" rather than "64.0". */
static json_t *trackio_setting(double number)
{
    return fabs(number) < 1e15 && number == floor(number) ? json_integer((json_int_t)number)
                                                          : trackio_number(number);
}

/* Runs of a config are a group. */
static int trackio_insert_config(bnn_foreign *out, const bnn_exchange_run *run, const char *name,
                                 bnn_error *err)
{
    const char *when = trackio_time(run->row->started_us, run->arena);
    json_t *config = json_object();
    for (size_t i = 0; i < run->n_settings; i++) {
        const bnn_store_set *s = &run->settings[i];
        json_object_set_new(config, s->key,
                            s->is_text ? json_string(s->text) : trackio_setting(s->number));
    }
    json_object_set_new(config, "seed", json_integer(run->row->seed));
    json_object_set_new(config, "_Group", json_string(run->group));
    json_object_set_new(config, "_Created", json_string(when));
    const char *text = trackio_dump(config, run->arena);
    if (text == NULL || when == NULL)
        return bnn_no_memory(err);
    const bnn_store_value values[] = {trackio_text(run->row->uid), trackio_text(name),
                                      trackio_text(text), trackio_text(when)};
    return bnn_foreign_insert(out,
                              "INSERT INTO configs (run_id, run_name, config, created_at)"
                              " VALUES (?1, ?2, ?3, ?4)",
                              values, sizeof values / sizeof *values, err);
}

static int trackio_take_run(void *context, const bnn_exchange_run *run, bnn_error *err)
{
    const char *name =
        bnn_arena_printf(run->arena, "%s seed=%lld", run->group, (long long)run->row->seed);
    int status = name == NULL ? bnn_no_memory(err) : trackio_insert_config(context, run, name, err);
    for (size_t i = 0, next; status == BNN_OK && i < run->n_points; i = next) {
        for (next = i; next < run->n_points && run->points[next].step == run->points[i].step;)
            next++;
        status = trackio_insert_step(context, run, name, &run->points[i], next - i, err);
    }
    return status;
}

/* Trackio calls files of its own so. */
static bool trackio_is_taken(const char *project)
{
    static const char *const endings[] = {"_configs", "_system", "_traces", "_artifacts"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (bnn_text_ends_with(project, endings[i]))
            return true;
    return false;
}

/* "ste_sweep.db": Trackio leaves out of a project's name what is no letter, digit, "_" or "-". */
static const char *trackio_file(const char *experiment, char out[NAME_MAX + 1])
{
    size_t n = 0;
    for (const char *at = experiment; *at != '\0' && n < 100; at++)
        if ((unsigned char)*at < 0x80 && (isalnum((unsigned char)*at) || *at == '_' || *at == '-'))
            out[n++] = *at;
    out[n] = '\0';
    if (strncmp(out, "registry-", 9) == 0)
        out[8] = '_';
    else if (trackio_is_taken(out))
        out[n++] = '_';
    snprintf(out + n, NAME_MAX + 1 - n, "%s.db", n == 0 ? "default" : "");
    return out;
}

int bnn_exchange_write_trackio(bnn_store *store, const char *experiment, bnn_folder *folder,
                               size_t *out_n, bnn_error *err)
{
    char path[PATH_MAX], name[NAME_MAX + 1];
    bnn_foreign *out = NULL;
    int status = bnn_folder_path(folder, trackio_file(experiment, name), path, err);
    if (status == BNN_OK)
        status = bnn_foreign_create(path, trackio_schema, &out, err);
    if (status == BNN_OK)
        status = bnn_exchange_visit(store, experiment, trackio_take_run, out, out_n, err);
    if (status == BNN_OK)
        status = bnn_foreign_commit(out, err);
    bnn_foreign_close(out);
    return status == BNN_OK ? bnn_folder_count(folder, path, err) : status;
}
