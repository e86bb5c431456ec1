/* fuzz_pack.c - hostile archives of runs: as they are, and with the checksums of their headers corrected. */
#include "tests/fuzz/fuzz.h"

#include "base/run.h"
#include "runner/merge_internal.h"
#include "runner/pack.h"

#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Bytes that may still be there of an archive: 64 MiB, and 200 times its own. */
static int64_t pack_left;

/* Takes away what has been written, which has the names of an archive of runs. */
static int pack_check(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    static const char artifacts[] = "/" BNN_PACK_DATABASE ".artifacts/";
    const char *name = path + at->base;
    if (kind != FTW_DP) {
        const bool is_database = at->level == 1 && strcmp(name, BNN_PACK_DATABASE) == 0;
        pack_left -= (int64_t)st->st_size;
        fuzz_require(S_ISREG(st->st_mode) && pack_left >= 0);
        fuzz_require(is_database || (at->level == 3 && strstr(path, artifacts) != NULL &&
                                     bnn_run_is_file(name) && !bnn_run_is_half_file(name)));
    }
    return remove(path);
}

static void pack_try(const uint8_t *bytes, size_t n)
{
    char path[FUZZ_PATH], folder[PATH_MAX];
    bnn_error err = {0};
    snprintf(folder, sizeof folder, "%s", fuzz_path("unpacked"));
    fuzz_require(mkdir(folder, 0700) == 0);
    const int fd = fuzz_file(bytes, n, path);
    pack_left = ((int64_t)64 << 20) + (int64_t)n * 200;
    const int status = bnn_unpack_archive(path, folder, &err);
    close(fd);
    if (status != BNN_OK)
        fuzz_require_refusal(status, &err);
    fuzz_require(nftw(folder, pack_check, 8, FTW_DEPTH | FTW_PHYS) == 0);
    fuzz_require(access(fuzz_path("evil"), F_OK) != 0);
}

FUZZ_TARGET(pack)
{
    uint8_t *copy = malloc(n + 1);
    fuzz_require(copy != NULL);
    if (n > 0)
        memcpy(copy, bytes, n);
    pack_try(bytes, n);
    fuzz_seal_tar(copy, n);
    if (n > 0 && memcmp(copy, bytes, n) != 0)
        pack_try(copy, n);
    free(copy);
    return 0;
}
