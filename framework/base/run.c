#include "base/run.h"

#include "base/path.h"

const char *bnn_run_path(const char *db, const char *uid, const char *file, bnn_arena *arena)
{
    char real[PATH_MAX];
    if (bnn_path_follow(db, real))
        db = real;
    if (uid == NULL)
        return bnn_arena_printf(arena, "%s.artifacts", db);
    if (file == NULL)
        return bnn_arena_printf(arena, "%s.artifacts/%s", db, uid);
    return bnn_arena_printf(arena, "%s.artifacts/%s/%s", db, uid, file);
}
