/* reload.h - a finished run, brought back from the database and the files beside it.
 *
 *     bnn_store_find_run(store, uid, arena, &stored, err);   what is recorded; cheap
 *     bnn_reload_check_file(&stored, stored.model_path, stored.model_sha256, err);
 *     bnn_reload(&stored, &reader, &reloaded, err);   the network itself
 */
#ifndef BNN_RUNNER_RELOAD_H
#define BNN_RUNNER_RELOAD_H

#include "db/store_results.h"
#include "model/network.h"
#include "runner/experiment.h"

/* Whether there is no such file; one that cannot be looked at may be there. */
bool bnn_reload_is_missing(const char *path);

enum { BNN_REMEDY = 128 };

/* How a file of a run that is gone or damaged comes back: what the user may do, or that nothing does.
 * Seeds, plugins and data as they are now are not looked at; a plan does that. */
void bnn_reload_remedy(const char *uid, bool in_spec, bool is_stale, char out[BNN_REMEDY]);

/* Whether the file of the run is still the one that was recorded. BNN_E_RESOURCE when it is gone or
 * changed, with what makes it again. */
int bnn_reload_check_file(const bnn_stored_run *stored, const char *path, const char *sha256,
                          bnn_error *err);

/* A run's network as it was at the end of training: the weights of its best epoch, binarized. */
typedef struct bnn_reloaded {
    bnn_config *config;   /* of the recorded settings */
    bnn_network *network; /* for up to BNN_RELOAD_BATCH images; NULL: no weights were kept */
} bnn_reloaded;

enum { BNN_RELOAD_BATCH = 64 };

/* Makes the config of the recorded settings alone, loads its plugins, and puts the kept weights into
 * its network; neither the spec nor a topology or a catalogue is looked for. The data of the config
 * are those that were used, or, when they are gone, others of that name. Everything lives in the
 * reader's arena and registry; its diag is not used. Main thread: loads plugins. BNN_E_RESOURCE, with
 * the reason, when a plugin is missing, this version makes another config of the settings, or the
 * weights are gone or changed; BNN_E_FAILED when they are not finite, and so no result. */
int bnn_reload(const bnn_stored_run *stored, const bnn_reader *reader, bnn_reloaded *out,
               bnn_error *err);

/* The data of a run alone, from its recorded settings: no plugin is looked for, nor weights. */
int bnn_reload_data(const bnn_stored_run *stored, bnn_arena *arena, bnn_data_options *out,
                    bnn_error *err);

#endif
