/* merge_archive.c - an archive, unpacked beside the database and merged as any other from elsewhere is. */
#include "runner/pack.h"

#include "base/file.h"
#include "runner/merge_internal.h"

#include <sys/stat.h>
#include <unistd.h>

int bnn_unpack(bnn_merge *into, const char *archive, bool skips, bnn_arena *arena, bnn_merged *out,
               bnn_error *err)
{
    const char *folder = bnn_arena_printf(arena, "%s/" BNN_MERGE_UNPACKED, into->folder);
    const char *db =
        bnn_arena_printf(arena, "%s/" BNN_MERGE_UNPACKED "/" BNN_PACK_DATABASE, into->folder);
    *out = (bnn_merged){.n = 0};
    if (folder == NULL || db == NULL)
        return bnn_no_memory(err);
    if (mkdir(folder, 0700) != 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot be made", folder);
    int status = bnn_unpack_archive(archive, folder, err);
    if (status == BNN_OK && access(db, F_OK) != 0)
        status = bnn_fail(err, BNN_E_RESOURCE,
                          "%s: not made by `bnnrun pack`: it has no " BNN_PACK_DATABASE, archive);
    if (status == BNN_OK)
        status = bnn_merge_from_as(into, db, archive, skips, arena, out, err);
    bnn_error cleared;
    if (bnn_merge_clear(into, &cleared) != BNN_OK && status == BNN_OK) {
        *err = cleared;
        status = cleared.status;
    }
    return status;
}
