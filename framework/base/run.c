#include "base/run.h"

#include "base/path.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UID_DIGITS_MIN = 10 };

static const char *const run_files[] = {BNN_RUN_CHECKPOINT, BNN_RUN_MODEL, BNN_RUN_WEIGHTS,
                                        BNN_RUN_LOG};
enum { N_RUN_FILES = sizeof run_files / sizeof *run_files };

const char *bnn_purpose_name(bnn_purpose purpose)
{
    static const char *const names[] = {
        [BNN_PURPOSE_START] = "start", [BNN_PURPOSE_TEACHER] = "teacher"};
    return names[purpose];
}

bool bnn_run_hash(const char *experiment, const char *config, int64_t seed,
                  char out[BNN_SHA256_HEX])
{
    char *text;
    const int n = asprintf(&text, "%s\n%s\n%" PRId64, experiment, config, seed);
    if (n < 0)
        return false;
    bnn_sha256(text, (size_t)n, out);
    free(text);
    return true;
}

bool bnn_run_is_uid(const char *name)
{
    const size_t n = strlen(name);
    return n >= UID_DIGITS_MIN && n < BNN_SHA256_HEX && strspn(name, "0123456789abcdef") == n;
}

bool bnn_run_is_file(const char *name)
{
    for (size_t i = 0; i < N_RUN_FILES; i++)
        if (strcmp(name, run_files[i]) == 0)
            return true;
    return bnn_run_is_half_file(name);
}

/* As bnn_file_write() names them: FILE.NUMBER.tmp. */
bool bnn_run_is_half_file(const char *name)
{
    for (size_t i = 0; i < N_RUN_FILES; i++) {
        const size_t n = strlen(run_files[i]);
        if (strncmp(name, run_files[i], n) != 0 || name[n] != '.')
            continue;
        const char *number = name + n + 1, *end = number + strspn(number, "0123456789");
        if (end > number && strcmp(end, ".tmp") == 0)
            return true;
    }
    return false;
}

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
