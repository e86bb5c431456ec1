/* search_path.h - where plugins lie: the directories of the search path, and the files in them.
 *
 * A plugin's file is named <kind>_<name>.so, so a plugin is found without opening anything. */
#ifndef BNN_PLUGIN_SEARCH_PATH_H
#define BNN_PLUGIN_SEARCH_PATH_H

#include "plugin/registry.h"

#include <limits.h>
#include <stdbool.h>

enum {
    BNN_SEARCH_PATH_MAX = 64, /* directories on the path; more are ignored */
    BNN_PLUGIN_NAME = 64,     /* bytes of a plugin's name, terminator included */
};

typedef struct bnn_search_path {
    size_t n;
    const char *directories[BNN_SEARCH_PATH_MAX]; /* in the arena */
} bnn_search_path;

/* The path: extra (colon-separated, or NULL), BNNRUN_PLUGIN_PATH, the build tree when the program
 * runs uninstalled, the installed directory. A directory that appears twice counts once; empty
 * entries are skipped, so the current directory is searched only when named. 0, or
 * BNN_E_INTERNAL when the arena is full. */
int bnn_search_path_init(bnn_search_path *search, const char *extra, bnn_arena *arena);

/* Writes the path of the first file named <kind>_<name>.so; false when there is none. */
bool bnn_search_path_find(const bnn_search_path *search, bnn_kind kind, const char *name,
                          char path[PATH_MAX]);

/* The files that bnn_registry_scan returns. */
size_t bnn_search_path_scan(const bnn_search_path *search, bnn_arena *arena,
                            const bnn_plugin_file **out);

/* Takes "dir/ste_clipped.so" apart. False when the file is not named like a plugin. */
bool bnn_plugin_file_name(const char *path, bnn_kind *kind, char name[BNN_PLUGIN_NAME]);

/* Lower case letters, digits and underscores, a letter first, shorter than BNN_PLUGIN_NAME: what a
 * plugin or a parameter may be called. */
bool bnn_plugin_name_is_valid(const char *name);

#endif
