/* merge_internal.h - what the files that merge databases share. */
#ifndef BNN_RUNNER_MERGE_INTERNAL_H
#define BNN_RUNNER_MERGE_INTERNAL_H

#include "runner/merge.h"

#include <sys/stat.h>

/* What is written before a commit is noted in INTO.merging/, whose lock is held as long: the copy of the other
 * database, and a folder for each run whose files are being put in their places (merge_files.c). */
struct bnn_merge {
    bnn_store *store;
    const char *into;
    char *folder; /* INTO.merging, for nobody else */
    char *copy;   /* in it */
    int lock;     /* the folder, opened */
};

/* Takes away what is in the folder, and settles what notes stand for. */
int bnn_merge_clear(bnn_merge *merge, bnn_error *err);

/* INTO.merging/unpacked: what is in an archive. */
#define BNN_MERGE_UNPACKED "unpacked"

/* unpack.c: takes what an archive has into a folder, which is there, empty, and nobody else's. */
int bnn_unpack_archive(const char *archive, const char *folder, bnn_error *err);

/* Opens FILE.artifacts/NAME/, or a file in a folder, and no link; *out is -1, and that no failure, of what is missing, or
 * is something else. */
int bnn_merge_open_folder(const char *db, const char *name, bnn_arena *arena, int *out,
                          bnn_error *err);
int bnn_merge_open_file(int folder, const char *name, int *out, struct stat *st, bnn_error *err);

/* Likewise what is called name by whoever gave the database. */
int bnn_merge_from_as(bnn_merge *merge, const char *from, const char *name, bool skips,
                      bnn_arena *arena, bnn_merged *out, bnn_error *err);

/* ---- merge_files.c ---- */

/* Copies the files of the runs that are new or better, before the rows are committed: those of new ones to their
 * places, those of others beside these. And those that are lost, or were not kept, of runs that are the same. */
int bnn_merge_copy_files(const bnn_merge *merge, const char *from, bnn_arena *arena,
                         bnn_merged *out, bnn_error *err);

/* Afterwards, or after a process that was killed: puts in place, or takes away again, what a note stands for. */
bool bnn_merge_is_note(const char *name);
int bnn_merge_settle_notes(bnn_merge *merge, const char *const *notes, size_t n, bnn_error *err);

#endif
