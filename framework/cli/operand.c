#include "cli/operand.h"

#include "base/fault.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/progress.h"
#include "data/recorded.h"
#include "db/store_results.h"
#include "infer/modelfile.h"
#include "runner/verify.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    SIMILAR_MAX = 6,       /* runs that an ambiguous prefix lists */
    CANDIDATES_MAX = 10000 /* runs among which the nearest is looked for */
};

int cli_peek(const char *path, uint8_t head[CLI_PEEK_BYTES], size_t *n, bnn_error *err)
{
    struct stat st;
    *n = 0;
    /* Not opened unless it is a regular file: a pipe would wait for a writer. */
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return BNN_OK;
    FILE *file = fopen(path, "rbe");
    if (file == NULL)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot open", path);
    *n = fread(head, 1, CLI_PEEK_BYTES, file);
    const int status =
        ferror(file) ? bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot read", path) : BNN_OK;
    fclose(file);
    return status;
}

int cli_is_model_file(const char *operand, bool *out, bnn_error *err)
{
    uint8_t head[CLI_PEEK_BYTES];
    size_t n;
    if ((*out = bnn_text_ends_with(operand, ".bnn")))
        return BNN_OK;
    const int status = cli_peek(operand, head, &n, err);
    *out = bnn_modelfile_begins(head, n);
    return status;
}

/* No run begins like that: the nearest one, or how to find them. */
static int fail_unknown(bnn_store *store, const char *wanted, bnn_arena *arena, bnn_error *err)
{
    const char *const *uids, *const *experiments;
    size_t n, n_experiments;
    int status = bnn_store_list_uids(store, "", CANDIDATES_MAX, arena, &uids, &n, err);
    if (status == BNN_OK)
        status = bnn_store_list_experiments(store, arena, &experiments, &n_experiments, err);
    if (status != BNN_OK)
        return status;
    for (size_t i = 0; i < n_experiments; i++)
        if (strcmp(experiments[i], wanted) == 0)
            return bnn_fail(err, BNN_E_RESOURCE,
                            "%s is an experiment; `bnnrun runs %s` lists its runs", wanted, wanted);
    const char *near = bnn_suggest(wanted, uids, n);
    if (near != NULL)
        return bnn_fail(err, BNN_E_RESOURCE, "there is no run \"%s\"; did you mean \"%s\"?", wanted,
                        near);
    return bnn_fail(err, BNN_E_RESOURCE,
                    "there is no run \"%s\"; `bnnrun runs` lists the %zu there are", wanted, n);
}

int cli_find_run(bnn_store *store, const char *wanted, bnn_arena *arena, const char **out_uid,
                 bnn_error *err)
{
    const char *const *uids;
    char list[512];
    size_t n;
    const int status = bnn_store_list_uids(store, wanted, SIMILAR_MAX, arena, &uids, &n, err);
    if (status != BNN_OK)
        return status;
    if (n == 0 || wanted[0] == '\0')
        return fail_unknown(store, wanted, arena, err);
    if (n > 1 && strcasecmp(uids[0], wanted) != 0)
        return bnn_fail(err, BNN_E_RESOURCE, "\"%s\" begins %s runs (%s%s); give more digits",
                        wanted, n == SIMILAR_MAX ? "many" : "several",
                        bnn_text_join(uids, n, list, sizeof list), n == SIMILAR_MAX ? ", ..." : "");
    *out_uid = uids[0];
    return BNN_OK;
}

/* A database that came without the folder of its files. */
static int check_folder(const bnn_stored_run *stored, bnn_error *err)
{
    const char *file = stored->weights_path != NULL ? stored->weights_path : stored->model_path;
    char of_run[PATH_MAX], folder[PATH_MAX];
    if (file == NULL || !bnn_path_directory(file, of_run) || !bnn_path_directory(of_run, folder) ||
        access(folder, F_OK) == 0)
        return BNN_OK;
    return bnn_fail(err, BNN_E_RESOURCE,
                    "run %s: the folder %s, which has the files of all runs and belongs beside "
                    "the database, is missing; if the database was moved, move it, too",
                    stored->run.uid, folder);
}

int cli_find_done_run(bnn_store *store, const char *wanted, bnn_arena *arena, bnn_stored_run *out,
                      bnn_error *err)
{
    const char *uid = NULL;
    int status = cli_find_run(store, wanted, arena, &uid, err);
    if (status == BNN_OK)
        status = bnn_store_find_run(store, uid, arena, out, err);
    return status != BNN_OK ? status : check_folder(out, err);
}

int cli_find_model(const char *operand, const cli_options *options, cli_model *out, bnn_error *err)
{
    const bnn_stored_run *stored = &out->stored;
    bnn_store *store = NULL;
    bool is_file;
    int status = cli_is_model_file(operand, &is_file, err);
    *out = (cli_model){.path = operand, .is_of_run = !is_file};
    if (status != BNN_OK || is_file)
        return status;
    status = cli_store_open(options, &store, err);
    if (status == BNN_OK)
        status = cli_find_done_run(store, operand, options->arena, &out->stored, err);
    bnn_store_close(store);
    out->path = stored->model_path;
    if (status == BNN_OK && out->path != NULL)
        status = bnn_reload_check_file(stored, out->path, stored->model_sha256, err);
    return status;
}

/* Brings the network back, which says what it lacks. False when it does not come back. */
static bool explain_no_model(const bnn_stored_run *stored, const cli_options *options,
                             bnn_error *why)
{
    bnn_reloaded reloaded = {.network = NULL};
    bnn_registry *registry = bnn_registry_create(options->plugin_path);
    if (registry == NULL)
        bnn_no_memory(why);
    bool known = registry != NULL && stored->weights_path != NULL &&
                 cli_reload_run(stored, options->arena, registry, &reloaded, why) == BNN_OK;
    known = known && bnn_verify_undeployed(stored, &reloaded, options->arena, why) == BNN_E_FAILED;
    bnn_registry_destroy(registry);
    return known;
}

int cli_fail_without_model(const bnn_stored_run *stored, const cli_options *options, bnn_error *err)
{
    bnn_error why = {.status = BNN_OK};
    if (explain_no_model(stored, options, &why))
        return bnn_fail(err, BNN_E_RESOURCE, "run %s left no model file: %s", stored->run.uid,
                        why.message);
    if (bnn_fault_is(&why)) {
        *err = why;
        return err->status;
    }
    return bnn_fail(err, BNN_E_RESOURCE,
                    "run %s left no model file: its network cannot be deployed (`bnnrun plan` says "
                    "why), or an older version of bnnrun made it",
                    stored->run.uid);
}

int cli_fail_without_weights(const bnn_stored_run *stored, bnn_error *err)
{
    return bnn_fail(err, BNN_E_RESOURCE,
                    "run %s kept no weights (run.keep: model, or an older version made it); "
                    "`bnnrun run SPEC --retrain %s -s run.keep=all` trains it again, to the same "
                    "bits, and keeps them",
                    stored->run.uid, stored->run.uid);
}

int cli_open_model(const char *path, bnn_arena *arena, bnn_model **out, void **out_workspace,
                   bnn_error *err)
{
    char message[BNN_INFER_ERROR];
    if (bnn_model_open(path, NULL, out, message) != 0)
        return bnn_fail(err, BNN_E_RESOURCE, "%s", message);
    *out_workspace = bnn_arena_alloc(arena, bnn_model_workspace_bytes(*out), 1);
    return *out_workspace == NULL ? bnn_no_memory(err) : BNN_OK;
}

int cli_reload_run(const bnn_stored_run *stored, bnn_arena *arena, bnn_registry *registry,
                   bnn_reloaded *out, bnn_error *err)
{
    const bnn_reader reader = {.arena = arena, .registry = registry};
    return bnn_reload(stored, &reader, out, err);
}

int cli_open_data(const bnn_data_options *data, const char *spec_path, bool download,
                  const cli_options *options, bnn_dataset *out, bnn_error *err)
{
    cli_download told;
    const bnn_data_search search =
        cli_download_search(&told, cli_catalogue_path(spec_path), download, options);
    const int status = bnn_dataset_open(data, &search, out, err);
    cli_download_end(&told);
    return status;
}

int cli_open_run_data(const bnn_stored_run *stored, const bnn_data_options *data, bnn_shape shape,
                      uint32_t n_classes, bool download, const cli_options *options,
                      bnn_dataset *out, bnn_error *err)
{
    cli_download told;
    const bnn_data_search search =
        cli_download_search(&told, cli_catalogue_path(stored->spec_path), download, options);
    const bnn_recorded_data recorded = {
        .options = data, .sha256 = stored->dataset_sha256, .shape = shape, .n_classes = n_classes};
    const int status = bnn_dataset_reopen(&recorded, &search, out, err);
    cli_download_end(&told);
    return status != BNN_OK ? bnn_error_prefix(err, "run %s: ", stored->run.uid) : BNN_OK;
}
