#include "runner/reload.h"

#include "model/weights.h"

#include <string.h>

int bnn_reload_check_file(const char *path, const char *sha256, bnn_error *err)
{
    char now[BNN_SHA256_HEX];
    const int status = bnn_file_sha256(path, now, err);
    if (status != BNN_OK)
        return status;
    if (strcmp(now, sha256) != 0)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s has changed since it was written: its SHA-256 is %.12s..., recorded is "
                        "%.12s...",
                        path, now, sha256);
    return BNN_OK;
}

/* ---- the spec ---------------------------------------------------------------------------- */

/* A text that no longer loads, or has no such config, is passed over. */
static int reload_try_revision(const bnn_stored_run *stored, const bnn_reader *r,
                               const bnn_store_revision *revision, bnn_reloaded *out,
                               bnn_error *err)
{
    bnn_experiment experiment;
    const int status = bnn_experiment_load_text(r, revision->path, revision->text, &experiment);
    if (status == BNN_E_INTERNAL)
        return bnn_no_memory(err);
    for (size_t i = 0; status == BNN_OK && i < experiment.n_configs; i++)
        if (strcmp(experiment.configs[i].hash, stored->config_hash) == 0)
            *out = (bnn_reloaded){.experiment = experiment, .config = &experiment.configs[i]};
    return BNN_OK;
}

/* Looks through the texts under which the experiment was run, with the defaults of now and of before. */
static int reload_find_config(bnn_store *store, const bnn_stored_run *stored, const bnn_reader *r,
                              bnn_reloaded *out, bnn_error *err)
{
    const bnn_store_revision *revisions;
    size_t n;
    bnn_reader before = *r;
    before.old_defaults = true;
    int status = bnn_store_list_revisions(store, stored->run.id, r->arena, &revisions, &n, err);
    for (size_t i = 0; status == BNN_OK && out->config == NULL && i < 2 * n; i++)
        status = reload_try_revision(stored, i % 2 == 0 ? r : &before, &revisions[i / 2], out, err);
    if (status != BNN_OK || out->config != NULL)
        return status;
    if (bnn_diag_n_errors(r->diag) > 0)
        return bnn_fail(err, BNN_E_RESOURCE, "run %s: its spec can no longer be read: %s",
                        stored->run.uid, bnn_diag_message(r->diag, 0));
    return bnn_fail(
        err, BNN_E_RESOURCE,
        "run %s: %s no longer gives the config %s as it was run; a topology, a data set "
        "or a default has changed since",
        stored->run.uid, stored->spec_path, stored->label);
}

/* ------------------------------------------------------------------------------------------ */

int bnn_reload(bnn_store *store, const bnn_stored_run *stored, const bnn_reader *reader,
               bnn_reloaded *out, bnn_error *err)
{
    if (stored->weights_path == NULL)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "run %s kept no weights: it was made by an older version of bnnrun",
                        stored->run.uid);
    bnn_reloaded reloaded = {.config = NULL};
    bnn_reader own = *reader;
    own.diag = bnn_diag_create();
    if (own.diag == NULL)
        return bnn_no_memory(err);
    int status = reload_find_config(store, stored, &own, &reloaded, err);
    bnn_diag_destroy(own.diag);
    if (status == BNN_OK)
        status = bnn_reload_check_file(stored->weights_path, stored->weights_sha256, err);
    if (status == BNN_OK)
        status = bnn_network_create(
            &reloaded.config->model, reloaded.config->input, reloaded.config->n_classes,
            BNN_RELOAD_BATCH, (uint64_t)stored->run.seed, reader->arena, &reloaded.network, err);
    if (status == BNN_OK)
        status = bnn_weights_read(reloaded.network, stored->weights_path, err);
    if (status != BNN_OK)
        return status;
    status = bnn_network_check_finite(reloaded.network, err);
    if (status != BNN_OK)
        return bnn_error_prefix(err, "run %s: its kept weights are no result: ", stored->run.uid);
    bnn_network_binarize(reloaded.network);
    *out = reloaded;
    return BNN_OK;
}
