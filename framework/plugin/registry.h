/* registry.h - finds, loads and checks plugins, each once.
 *
 * A plugin's file is named <kind>_<name>.so, so one is found without opening anything; the first on
 * the search path wins. Everything is loaded on the main thread
 * before the first job; then the registry is read-only and may be used from any thread. Nothing is
 * ever unloaded. */
#ifndef BNN_PLUGIN_REGISTRY_H
#define BNN_PLUGIN_REGISTRY_H

#include "base/arena.h"
#include "base/error.h"
#include "base/sha256.h"
#include "plugin/kind.h"

typedef struct bnn_rehearsal bnn_rehearsal;

typedef struct bnn_plugin {
    const bnn_head *head; /* a copy of its descriptor, of the size that its kind has here */
    const char *formula;  /* or NULL */
    uint64_t later;       /* bit i: parameter i is recorded off its default only (BNN_TYPE_LATER) */
    const char *path;
    char sha256[BNN_SHA256_HEX]; /* of the file */
    bool bundled;                /* installed with this program, or built with it */
    bnn_rehearsal *rehearsal; /* in which its calls are tried first (guard.h); NULL: they are not */
} bnn_plugin;

typedef struct bnn_registry bnn_registry;

/* The search path: extra_path (colon-separated, or NULL), BNNRUN_PLUGIN_PATH, the build tree when the
 * program runs uninstalled, the installed directory. A directory that appears twice counts once;
 * empty entries are skipped, so the current directory is searched only when named. NULL without
 * memory. */
bnn_registry *bnn_registry_create(const char *extra_path);
void bnn_registry_destroy(bnn_registry *registry);

/* From now on plugins that did not come with bnnrun are loaded without being tried in a child first, also
 * where everybody may write: this process is there to find out. BNNRUN_TRUST_PLUGINS=1 does so, too. */
void bnn_registry_trust(bnn_registry *registry);

/* Of the registry, for guard.h. */
bnn_rehearsal *bnn_registry_rehearsal(bnn_registry *registry);

/* Loads the plugin of this kind and name, which loader.h has to accept. NULL and a message saying what
 * is wrong, and what to do; of a name that is not found, the near one, or all and where was looked. */
const bnn_plugin *bnn_registry_load(bnn_registry *registry, bnn_kind kind, const char *name,
                                    bnn_error *err);

/* Loads one file, wherever it is. */
const bnn_plugin *bnn_registry_load_file(bnn_registry *registry, const char *path, bnn_error *err);

/* Whether a file came with this program: was installed with it, or built. */
bool bnn_registry_bundles(const char *plugin);

/* What is on the search path, sorted by kind and name; of each name the file that wins, then those
 * that it shadows. Lives as long as the registry. */
typedef struct bnn_plugin_file {
    bnn_kind kind;
    const char *name;
    const char *path;
    const char *shadowed_by; /* NULL when it is the one that wins */
} bnn_plugin_file;
int bnn_registry_scan(bnn_registry *registry, const bnn_plugin_file **out, size_t *n,
                      bnn_error *err);

/* Loads a file of it in a child, as loading would do first: whether that, and whoever may write to it, is to be feared.
 * This process stays without its code. */
int bnn_registry_probe(const bnn_registry *registry, const bnn_plugin_file *file, bnn_error *err);

#endif
