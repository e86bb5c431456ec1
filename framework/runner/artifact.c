#include "runner/artifact.h"

const char *bnn_artifact_path(const char *db, const char *uid, const char *file, bnn_arena *arena)
{
    if (file == NULL)
        return bnn_arena_printf(arena, "%s.artifacts/%s", db, uid);
    return bnn_arena_printf(arena, "%s.artifacts/%s/%s", db, uid, file);
}
