/* search_path.h - where plugins lie: the directories of the search path, and the files in them.
 *
 * A plugin's file is named <kind>_<name>.so, so a plugin is found without opening anything. */
#ifndef BNN_PLUGIN_SEARCH_PATH_H
#define BNN_PLUGIN_SEARCH_PATH_H

#include "base/arena.h"
#include "plugin/kind.h"

#include <limits.h>

enum { BNN_SEARCH_PATH_MAX = 64 }; /* directories on the path; more are ignored */

typedef struct bnn_search_path {
    size_t n;
    const char *directories[BNN_SEARCH_PATH_MAX]; /* in the arena */
    const char *list;                             /* the same, colon-separated; or NULL */
} bnn_search_path;

/* The path: extra (colon-separated, or NULL), BNNRUN_PLUGIN_PATH, the build tree when the program
 * runs uninstalled, the installed directory. A directory that appears twice counts once; empty
 * entries are skipped, so the current directory is searched only when named. BNN_OK, or
 * BNN_E_INTERNAL when the arena is full. */
int bnn_search_path_init(bnn_search_path *search, const char *extra, bnn_arena *arena);

/* Writes the path of the first file named <kind>_<name>.so; false when there is none. */
bool bnn_search_path_find(const bnn_search_path *search, bnn_kind kind, const char *name,
                          char path[PATH_MAX]);

/* What a scan of the path finds: files named <kind>_<name>.so, sorted by kind and name; of each
 * name the one that wins, then those that it shadows. Opens nothing. */
typedef struct bnn_plugin_file {
    bnn_kind kind;
    const char *name;
    const char *path;
    const char *shadowed_by; /* NULL when it is the one that wins */
} bnn_plugin_file;
size_t bnn_search_path_scan(const bnn_search_path *search, bnn_arena *arena,
                            const bnn_plugin_file **out);

#endif
