/* file.h - whole files in, whole files out. */
#ifndef BNN_BASE_FILE_H
#define BNN_BASE_FILE_H

#include "base/error.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* The path, for reading, of standard input. */
#define BNN_STDIN "<stdin>"

/* Reads a whole regular file, or standard input, of at most limit_bytes. *out is malloc'ed,
 * NUL-terminated (the terminator is not counted in *out_bytes) and freed by the caller. */
int bnn_file_read(const char *path, size_t limit_bytes, char **out, size_t *out_bytes,
                  bnn_error *err);

/* Replaces path by the given bytes, atomically: temporary file beside it (of a random name, which is no
 * link), fsync, rename, fsync of the directory. After a crash the old or the new content is there, never a
 * part. */
int bnn_file_write(const char *path, const void *bytes, size_t n, bnn_error *err);

/* The same to where a user points. What is there and is no regular file (a device, a pipe) gets the bytes, and stays
 * what it is; so does what standard output or error goes to, whatever its name. A link to a regular file is
 * replaced, not followed. */
int bnn_file_deliver(const char *path, const void *bytes, size_t n, bnn_error *err);

/* Whether a file is there that deliver would replace. */
bool bnn_file_is_replaced(const char *path);

/* Writes all of it, also where a signal interrupts that; false with errno. */
bool bnn_file_put(int fd, const void *bytes, size_t n);

/* What bnn_file_write does, in parts: begin makes the file beside path, with these rights as far as the umask lets it,
 * and gives its descriptor, or a negative status; end closes it, and renames it once all of it is durable, but for
 * its name (bnn_file_sync_directory_of). reason: the errno of what went wrong before, or 0: then it is removed. */
int bnn_file_begin(const char *path, unsigned mode, char temporary[PATH_MAX], bnn_error *err);
int bnn_file_end(int fd, const char *temporary, const char *path, int reason, bnn_error *err);

/* Likewise with the content, the times and at most the rights of a regular file that is open. */
int bnn_file_copy(int from, const char *path, bnn_error *err);

/* Makes what was written to fd durable, also where a signal interrupts that; false with errno. */
bool bnn_file_sync(int fd);

/* Makes a rename to path durable, as far as the file system can do that; false with errno after a fault of the
 * machine. */
bool bnn_file_sync_directory_of(const char *path);

/* Creates a directory and its missing parents; one that exists is fine. */
int bnn_file_make_directory(const char *path, bnn_error *err);

/* Removes a folder in the folder `parent` (or AT_FDCWD) with what is in it, as far as that goes; links are removed, and
 * lead nowhere. False with errno when something is left. */
bool bnn_file_remove_folder(int parent, const char *name);

#endif
