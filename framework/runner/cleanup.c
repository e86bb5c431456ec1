#include "runner/cleanup.h"

#include "base/text.h"
#include "db/store_results.h"

#include <dirent.h>
#include <string.h>
#include <unistd.h>

/* What cannot be removed, or is not there, is of no concern to a sweep. */
static void cleanup_folder(const char *path, bool done)
{
    DIR *folder = opendir(path);
    const struct dirent *e;
    if (folder == NULL)
        return;
    while ((e = readdir(folder)) != NULL)
        if (bnn_text_ends_with(e->d_name, ".tmp") ||
            (done && strcmp(e->d_name, BNN_RUN_CHECKPOINT) == 0))
            unlinkat(dirfd(folder), e->d_name, 0);
    closedir(folder);
}

int bnn_cleanup_runs(bnn_store *store, const char *db, bnn_arena *arena, bnn_error *err)
{
    const bnn_store_resting *runs;
    size_t n;
    const int status = bnn_store_list_resting(store, arena, &runs, &n, err);
    for (size_t i = 0; status == BNN_OK && i < n; i++) {
        const char *folder = bnn_run_path(db, runs[i].uid, NULL, arena);
        if (folder == NULL)
            return bnn_no_memory(err);
        cleanup_folder(folder, runs[i].done);
    }
    return status;
}
