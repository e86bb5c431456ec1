/* pack.h - runs in one file, to be sent: an archive of
 *
 *     bnnrun.db                           a database with these runs and all they need
 *     bnnrun.db.artifacts/UID/model.bnn   and so on: their files, by uid and name
 *     SHA256SUMS                          of all of these, as sha256sum -c takes it; the last
 *
 * What is packed again, or unpacked into a new database and packed there, gives the same bytes with the same libraries.
 * Ids follow those of the database, so one that was put together in another order may give others. */
#ifndef BNN_RUNNER_PACK_H
#define BNN_RUNNER_PACK_H

#include "runner/merge.h"

/* The names in an archive; files of runs are in the folder DATABASE.artifacts. */
#define BNN_PACK_DATABASE "bnnrun.db"
#define BNN_PACK_SUMS     "SHA256SUMS"

/* Of all files: 1980-01-01, earlier than any record, so that what is unpacked counts as what was recorded. */
enum { BNN_PACK_TIME = 315532800 };

typedef struct bnn_packed {
    const bnn_store_merged *runs; /* with those that they need */
    size_t n_runs;
    size_t n_files;
    size_t n_lost; /* that are recorded, but missing, or damaged */
    int64_t bytes; /* of the archive */
} bnn_packed;

/* Packs the runs with these uids, which are there and not under way, with the runs that they need, which may be, from a
 * database that others may be writing to. path: ends in .tar.zst, .tar.gz, .tar.xz or .tar; replaced when all is there, and not
 * before. BNN_E_USAGE for another ending. */
int bnn_pack(const char *db, const bnn_store_words *uids, const char *path, bnn_arena *arena,
             bnn_packed *out, bnn_error *err);

/* Merges what an archive holds, as bnn_merge_from does with a database. The archive may be anybody's: what is not as
 * above, or not whole, is refused, and nothing is written outside of INTO.merging/ before all is checked. */
int bnn_unpack(bnn_merge *into, const char *archive, bool skips, bnn_arena *arena, bnn_merged *out,
               bnn_error *err);

#endif
