/* mlflow.c - a file store of MLflow: EXPERIMENT/RUN/ with a file a metric (lines of time, value and step), a file a
 * parameter, a file a tag. */
#include "exchange/visit.h"

#include "base/json.h"
#include "base/memstream.h"
#include "base/path.h"
#include "base/sha256.h"
#include "base/text.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The numbers that stand in files. */
enum { RUNNING = 1, SCHEDULED = 2, FINISHED = 3, FAILED = 4, KILLED = 5, SOURCE_LOCAL = 4 };

enum { ID_DIGITS = 18 };
typedef struct mlflow_store {
    bnn_folder *folder;
    const char *experiment;
    char id[ID_DIGITS + 1]; /* of the experiment: digits, the same in each export */
    char *location;         /* of the store, as an address; malloc'ed */
    int64_t first_us, last_us;
} mlflow_store;

/* ---- names ------------------------------------------------------------------------------- */

/* MLflow takes letters, digits, "_-. /" in names, which are paths: "a/b", but nothing that leads elsewhere. What becomes
 * another name has digits of its hash behind it, since that one may be there, too. In the arena; NULL without memory. */
static const char *mlflow_name(const char *text, bnn_arena *arena)
{
    enum { NAME_BYTES = 200, HASH_DIGITS = 8 };
    char hash[BNN_SHA256_HEX];
    char *name = bnn_arena_printf(arena, "%.*s", NAME_BYTES, *text == '\0' ? "_" : text),
         last = '/';
    for (char *at = name; at != NULL && *at != '\0'; last = *at++) {
        const bool inner = last != '/' && last != '.' && at[1] != '\0';
        const unsigned char c = (unsigned char)*at;
        if (!(c < 0x80 && isalnum(c)) && c != '_' && c != '-' && !((c == '.' || c == '/') && inner))
            *at = '_';
    }
    if (name == NULL || strcmp(name, text) == 0)
        return name;
    bnn_sha256(text, strlen(text), hash);
    return bnn_arena_printf(arena, "%s_%.*s", name, HASH_DIGITS, hash);
}

/* "file:///home/me/results" of where the folder will be; malloc'ed, NULL without memory. */
static char *mlflow_address(const char *place)
{
    char path[PATH_MAX], *text = NULL;
    size_t n = 0;
    FILE *out = bnn_path_absolute(place, path) ? bnn_memstream_open(&text, &n) : NULL;
    if (out == NULL)
        return NULL;
    fputs("file://", out);
    for (const char *at = path; *at != '\0'; at++)
        if (((unsigned char)*at < 0x80 && isalnum((unsigned char)*at)) ||
            strchr("/._-~", *at) != NULL)
            putc(*at, out);
        else
            fprintf(out, "%%%02X", (unsigned char)*at);
    bnn_memstream_close(out, &text);
    return text;
}

/* ---- files ------------------------------------------------------------------------------- */

/* RUN/KIND/NAME of the store. */
static const char *mlflow_path(const mlflow_store *m, const bnn_exchange_run *run, const char *kind,
                               const char *name)
{
    const char *clean = mlflow_name(name, run->arena);
    return clean == NULL
               ? NULL
               : bnn_arena_printf(run->arena, "%s/%s/%s/%s", m->id, run->row->uid, kind, clean);
}

static int mlflow_add(const mlflow_store *m, const bnn_exchange_run *run, const char *kind,
                      const char *name, const char *text, bnn_error *err)
{
    const char *path = mlflow_path(m, run, kind, name);
    return path == NULL ? bnn_no_memory(err)
                        : bnn_folder_add(m->folder, path, text, strlen(text), err);
}

/* JSON, which is YAML. Releases the value. */
static int mlflow_add_meta(const mlflow_store *m, const char *path, json_t *value, bnn_error *err)
{
    char *text = bnn_json_dump(value, JSON_INDENT(2));
    json_decref(value);
    if (text == NULL || path == NULL) {
        free(text);
        return bnn_no_memory(err);
    }
    const int status = bnn_folder_add(m->folder, path, text, strlen(text), err);
    free(text);
    return status;
}

/* Milliseconds; null of a time that is not known. */
static json_t *mlflow_time(int64_t us)
{
    return us < 0 ? json_null() : json_integer(us / 1000);
}

/* ---- a run ------------------------------------------------------------------------------- */

static int mlflow_status(const char *state)
{
    return strcmp(state, "done") == 0 || strcmp(state, "stale") == 0 ? FINISHED
           : strcmp(state, "failed") == 0                            ? FAILED
           : strcmp(state, "running") == 0                           ? RUNNING
           : strcmp(state, "interrupted") == 0                       ? KILLED
                                                                     : SCHEDULED;
}

static int mlflow_write_meta(const mlflow_store *m, const bnn_exchange_run *run, const char *name,
                             bnn_error *err)
{
    const bnn_store_begun *row = run->row;
    const char *path = bnn_arena_printf(run->arena, "%s/%s/meta.yaml", m->id, row->uid);
    const char *artifacts =
        bnn_arena_printf(run->arena, "%s/%s/%s/artifacts", m->location, m->id, row->uid);
    json_t *meta = json_pack(
        "{s:s, s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:o, s:i, s:[], s:s, s:n}",
        "artifact_uri", artifacts == NULL ? "" : artifacts, "end_time", mlflow_time(row->ended_us),
        "entry_point_name", "", "experiment_id", m->id, "lifecycle_stage", "active", "run_id",
        row->uid, "run_name", name, "run_uuid", row->uid, "source_name", "", "source_type",
        SOURCE_LOCAL, "source_version", "", "start_time", mlflow_time(row->started_us), "status",
        mlflow_status(row->state), "tags", "user_id", "", "deleted_time");
    return artifacts == NULL || meta == NULL ? (json_decref(meta), bnn_no_memory(err))
                                             : mlflow_add_meta(m, path, meta, err);
}

static int mlflow_order(const void *a, const void *b)
{
    const bnn_store_point *p = a, *q = b;
    const int names = strcmp(p->name, q->name);
    return names != 0 ? names : (p->step > q->step) - (p->step < q->step);
}

/* The lines of one metric, from the first of its points. */
static int mlflow_write_metric(const mlflow_store *m, const bnn_exchange_run *run,
                               const bnn_store_point *points, size_t n, bnn_error *err)
{
    const char *path = mlflow_path(m, run, "metrics", points->name);
    char number[BNN_SHORT_TEXT];
    FILE *file;
    if (path == NULL)
        return bnn_no_memory(err);
    if (bnn_folder_open(m->folder, path, &file, err) != BNN_OK)
        return err->status;
    for (size_t i = 0; i < n; i++)
        fprintf(file, "%lld %s %lld\n", (long long)(points[i].time_us / 1000),
                isnan(points[i].value) ? "nan" : bnn_number_text(points[i].value, number),
                (long long)points[i].step);
    return bnn_folder_end(m->folder, file, BNN_OK, err);
}

static int mlflow_write_metrics(const mlflow_store *m, const bnn_exchange_run *run, bnn_error *err)
{
    bnn_store_point *points =
        bnn_arena_copy(run->arena, run->points, run->n_points, sizeof *points);
    int status = points == NULL ? bnn_no_memory(err) : BNN_OK;
    if (status == BNN_OK && run->n_points > 0)
        qsort(points, run->n_points, sizeof *points, mlflow_order);
    for (size_t i = 0, next; status == BNN_OK && i < run->n_points; i = next) {
        for (next = i; next < run->n_points && strcmp(points[next].name, points[i].name) == 0;)
            next++;
        status = mlflow_write_metric(m, run, &points[i], next - i, err);
    }
    return status;
}

static int mlflow_write_params(const mlflow_store *m, const bnn_exchange_run *run, bnn_error *err)
{
    char number[BNN_SHORT_TEXT];
    int status = BNN_OK;
    for (size_t i = 0; status == BNN_OK && i < run->n_settings; i++)
        status =
            mlflow_add(m, run, "params", run->settings[i].key,
                       run->settings[i].is_text ? run->settings[i].text
                                                : bnn_number_text(run->settings[i].number, number),
                       err);
    if (status != BNN_OK)
        return status;
    snprintf(number, sizeof number, "%lld", (long long)run->row->seed);
    return mlflow_add(m, run, "params", "seed", number, err);
}

static int mlflow_write_tags(const mlflow_store *m, const bnn_exchange_run *run, const char *name,
                             bnn_error *err)
{
    const struct {
        const char *name, *text;
    } tags[] = {
        {"mlflow.runName", name},          {"mlflow.source.name", "bnnrun"},
        {"mlflow.source.type", "LOCAL"},   {"mlflow.note.content", run->row->note},
        {"bnnrun.label", run->group},      {"bnnrun.config", run->row->config},
        {"bnnrun.state", run->row->state}, {"bnnrun.tags", run->row->tags},
    };
    int status = BNN_OK;
    for (size_t i = 0; status == BNN_OK && i < sizeof tags / sizeof *tags; i++)
        if (tags[i].text[0] != '\0')
            status = mlflow_add(m, run, "tags", tags[i].name, tags[i].text, err);
    return status;
}

static int mlflow_take_run(void *context, const bnn_exchange_run *run, bnn_error *err)
{
    mlflow_store *m = context;
    const int64_t began = run->row->started_us, ended = run->row->ended_us;
    const char *name =
        bnn_arena_printf(run->arena, "%s seed=%lld", run->group, (long long)run->row->seed);
    const char *artifacts = bnn_arena_printf(run->arena, "%s/%s/artifacts", m->id, run->row->uid);
    if (name == NULL || artifacts == NULL)
        return bnn_no_memory(err);
    m->first_us = m->first_us < 0 || (began >= 0 && began < m->first_us) ? began : m->first_us;
    m->last_us = ended > m->last_us ? ended : m->last_us;
    int status = mlflow_write_meta(m, run, name, err);
    if (status == BNN_OK)
        status = bnn_folder_make(m->folder, artifacts, err);
    if (status == BNN_OK)
        status = mlflow_write_metrics(m, run, err);
    if (status == BNN_OK)
        status = mlflow_write_params(m, run, err);
    return status == BNN_OK ? mlflow_write_tags(m, run, name, err) : status;
}

/* ---- the store --------------------------------------------------------------------------- */

static int mlflow_write_experiment(const mlflow_store *m, bnn_error *err)
{
    bnn_arena *arena = bnn_arena_create(BNN_SMALL_LIMIT_BYTES);
    const char *path = arena == NULL ? NULL : bnn_arena_printf(arena, "%s/meta.yaml", m->id);
    const char *location =
        arena == NULL ? NULL : bnn_arena_printf(arena, "%s/%s", m->location, m->id);
    char *experiment = arena == NULL ? NULL : bnn_arena_strdup(arena, m->experiment);
    json_t *meta =
        location == NULL || experiment == NULL
            ? NULL
            : json_pack("{s:s, s:o, s:s, s:o, s:s, s:s}", "artifact_location", location,
                        "creation_time", mlflow_time(m->first_us), "experiment_id", m->id,
                        "last_update_time", mlflow_time(m->last_us), "lifecycle_stage", "active",
                        "name", bnn_text_clean(experiment, ""));
    const int status = meta == NULL ? bnn_no_memory(err) : mlflow_add_meta(m, path, meta, err);
    bnn_arena_destroy(arena);
    return status;
}

int bnn_exchange_write_mlflow(bnn_store *store, const char *experiment, bnn_folder *folder,
                              size_t *out_n, bnn_error *err)
{
    mlflow_store m = {.folder = folder,
                      .experiment = experiment,
                      .location = mlflow_address(folder->place),
                      .first_us = -1,
                      .last_us = -1};
    char hash[BNN_SHA256_HEX];
    if (m.location == NULL)
        return bnn_no_memory(err);
    /* Of one that has its name in another database, too, so that stores can be put together. */
    bnn_sha256(experiment, strlen(experiment), hash);
    hash[15] = '\0';
    snprintf(m.id, sizeof m.id, "%018llu", strtoull(hash, NULL, 16) % 1000000000000000000ull);
    m.id[0] = m.id[0] == '0' ? '1' : m.id[0];
    int status = bnn_exchange_visit(store, experiment, mlflow_take_run, &m, out_n, err);
    if (status == BNN_OK)
        status = mlflow_write_experiment(&m, err);
    free(m.location);
    return status;
}
