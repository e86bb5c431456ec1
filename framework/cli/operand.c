#include "cli/operand.h"

#include "base/text.h"
#include "infer/modelfile_decode.h"
#include "spec/diag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { SIMILAR_MAX = 6 }; /* runs that an ambiguous prefix lists, see cli_find_run */

size_t cli_peek(const char *path, uint8_t head[CLI_PEEK_BYTES])
{
    struct stat st;
    /* Not opened unless it is a regular file: a pipe would wait for a writer. */
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return 0;
    FILE *file = fopen(path, "rbe");
    if (file == NULL)
        return 0;
    const size_t n = fread(head, 1, CLI_PEEK_BYTES, file);
    fclose(file);
    return n;
}

bool cli_is_model_file(const char *operand)
{
    uint8_t head[CLI_PEEK_BYTES];
    if (bnn_text_ends_with(operand, ".bnn"))
        return true;
    return bnn_modelfile_begins(head, cli_peek(operand, head));
}

static const char *text_of(const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));
    return text == NULL ? "" : text;
}

/* No run begins like that: the nearest one, or how to find them. */
static int fail_unknown(bnn_store *store, const char *wanted, bnn_error *err)
{
    json_t *rows = cli_result_json(store,
                                   "SELECT run_uid, experiment = ?1 AS is_experiment "
                                   "FROM run_summary LIMIT 10000",
                                   (bnn_store_argument[]){cli_text_argument(NULL, wanted)}, 1, err);
    if (rows == NULL)
        return err->status;
    const size_t n = json_array_size(rows);
    const char **uids = calloc(n + 1, sizeof *uids);
    bool is_experiment = false;
    for (size_t i = 0; uids != NULL && i < n; i++) {
        const json_t *row = json_array_get(rows, i);
        uids[i] = text_of(row, "run_uid");
        is_experiment |= json_integer_value(json_object_get(row, "is_experiment")) != 0;
    }
    const char *near = uids == NULL ? NULL : bnn_suggest(wanted, uids, n);
    if (is_experiment)
        bnn_fail(err, BNN_E_RESOURCE, "%s is an experiment; `bnnrun runs %s` lists its runs",
                 wanted, wanted);
    else if (near != NULL)
        bnn_fail(err, BNN_E_RESOURCE, "there is no run \"%s\"; did you mean \"%s\"?", wanted, near);
    else
        bnn_fail(err, BNN_E_RESOURCE,
                 "there is no run \"%s\"; `bnnrun runs` lists the %zu there are", wanted, n);
    free(uids);
    json_decref(rows);
    return err->status;
}

int cli_find_run(bnn_store *store, const char *wanted, json_t **out, bnn_error *err)
{
    const bnn_store_argument argument = cli_text_argument(NULL, wanted);
    json_t *rows = cli_result_json(store,
                                   "SELECT * FROM run_summary WHERE substr(run_uid, 1, length(?1)) "
                                   "= lower(?1) ORDER BY length(run_uid), run_uid LIMIT 6",
                                   &argument, 1, err);
    if (rows == NULL)
        return err->status;
    const size_t n = json_array_size(rows);
    const json_t *first = json_array_get(rows, 0);
    int status = BNN_OK;
    if (n == 0 || wanted[0] == '\0')
        status = fail_unknown(store, wanted, err);
    else if (n > 1 && strcasecmp(text_of(first, "run_uid"), wanted) != 0) {
        char list[512] = "";
        for (size_t i = 0; i < n; i++) {
            const size_t used = strlen(list);
            snprintf(list + used, sizeof list - used, "%s%s", i == 0 ? "" : ", ",
                     text_of(json_array_get(rows, i), "run_uid"));
        }
        status =
            bnn_fail(err, BNN_E_RESOURCE, "\"%s\" begins %s runs (%s%s); give more digits", wanted,
                     n == SIMILAR_MAX ? "many" : "several", list, n == SIMILAR_MAX ? ", ..." : "");
    } else
        *out = json_deep_copy(first);
    json_decref(rows);
    return status;
}

static int find_run_model(bnn_store *store, const char *operand, bnn_arena *arena, cli_model *out,
                          bnn_error *err)
{
    json_t *row = NULL;
    cli_model model = {.is_of_run = true};
    int status = cli_find_run(store, operand, &row, err);
    if (status == BNN_OK)
        status = bnn_store_find_run(store, text_of(row, "run_uid"), arena, &model.stored, err);
    json_decref(row);
    if (status != BNN_OK)
        return status;
    if (model.stored.model_path == NULL)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "run %s left no model file: its network cannot be deployed (`bnnrun plan` "
                        "says why), or an older version of bnnrun made it",
                        model.stored.run.uid);
    model.path = model.stored.model_path;
    status = bnn_reload_check_file(model.path, model.stored.model_sha256, err);
    if (status == BNN_OK)
        *out = model;
    return status;
}

int cli_find_model(const char *operand, const cli_options *options, bnn_arena *arena,
                   cli_model *out, bnn_error *err)
{
    bnn_store *store = NULL;
    if (cli_is_model_file(operand)) {
        *out = (cli_model){.path = operand};
        return BNN_OK;
    }
    int status = cli_store_open(options, &store, err);
    if (status == BNN_OK)
        status = find_run_model(store, operand, arena, out, err);
    bnn_store_close(store);
    return status;
}

int cli_reload_run(const bnn_stored_run *stored, const cli_options *options, bnn_arena *arena,
                   bnn_registry **registry, bnn_reloaded *out, bnn_error *err)
{
    bnn_store *store = NULL;
    *registry = bnn_registry_create(options->plugin_path);
    if (*registry == NULL)
        return bnn_no_memory(err);
    const bnn_reader reader = {.arena = arena,
                               .registry = *registry,
                               .catalogue = cli_catalogue_path(stored->spec_path),
                               .topologies = cli_topology_path(stored->spec_path)};
    int status = cli_store_open(options, &store, err);
    if (status == BNN_OK)
        status = bnn_reload(store, stored, &reader, out, err);
    bnn_store_close(store);
    return status;
}
