/* path.h - paths taken apart and put together, lists of directories. Buffers have PATH_MAX bytes;
 * false when a path does not fit. Thread-safe. */
#ifndef BNN_BASE_PATH_H
#define BNN_BASE_PATH_H

#include "base/arena.h"
#include "base/error.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* The last part of a path: "b.yaml" of "a/b.yaml". It is the end of path itself. */
const char *bnn_path_name(const char *path);

/* The directory that a path lies in: "a" of "a/b", "." of "b", "/" of "/b". */
bool bnn_path_directory(const char *path, char out[PATH_MAX]);

/* DIRECTORY/NAME; and NAME in the directory that a file, or the running program, lies in. */
bool bnn_path_join(const char *directory, const char *name, char out[PATH_MAX]);
bool bnn_path_beside(const char *file, const char *name, char out[PATH_MAX]);
bool bnn_path_beside_program(const char *name, char out[PATH_MAX]);

/* Of "~/x" the path in the home directory; false of any other path, and when HOME is not set or it does
 * not fit. */
bool bnn_path_in_home(const char *path, char out[PATH_MAX]);

/* A path from the root, links and all. False when it does not fit, or the current folder is gone. */
bool bnn_path_absolute(const char *path, char out[PATH_MAX]);

/* What a path that is a symbolic link leads to in the end, whether that is there or not; any other
 * path as it is. */
bool bnn_path_follow(const char *path, char out[PATH_MAX]);

/* Where a folder that is installed with the program is, DIRECTORY as it was configured: the same way
 * from the program as BNN_BIN_DIR has to it, when something is there, so that a tree that was moved or
 * staged finds its own; else DIRECTORY. */
bool bnn_path_installed(const char *directory, char out[PATH_MAX]);

/* Takes the next directory from a colon-separated list, which may be NULL, and moves *list behind
 * it; false at the end. Empty entries are skipped, so the current directory counts only when it is
 * named, and so are those that do not fit. */
bool bnn_path_next(const char **list, char out[PATH_MAX]);

/* The first DIRECTORY/NAME of such a list that exists. */
bool bnn_path_find(const char *list, const char *name, char out[PATH_MAX]);

/* What the names of files with this ending, say ".yaml", have before it, in the directories of such a
 * list: sorted, each once, in the arena. A directory that is not there, or not for us, has none; more than a
 * thousand are not listed. NULL when the machine fails (base/fault.h). */
const char **bnn_path_scan(const char *list, const char *ending, bnn_arena *arena, size_t *n,
                           bnn_error *err);

#endif
