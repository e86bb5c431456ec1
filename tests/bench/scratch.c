#include "tests/bench/scratch.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int scratch_create(char path[SCRATCH_PATH], bnn_error *err)
{
    char made[SCRATCH_PATH];
    const char *parent = getenv("TMPDIR");
    const int n =
        snprintf(made, sizeof made, "%s/bnnbench.XXXXXX", parent != NULL ? parent : "/tmp");
    if (n < 0 || n >= SCRATCH_PATH)
        return bnn_fail(err, BNN_E_RESOURCE, "the path in TMPDIR is too long: %s", parent);
    if (mkdtemp(made) == NULL)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "cannot make the folder %s", made);
    memcpy(path, made, sizeof made);
    return BNN_OK;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void)info;
    (void)type;
    (void)where;
    remove(path); /* what cannot be removed stays in the temporary folder */
    return 0;
}

void scratch_remove(const char *path)
{
    enum { OPEN_FOLDERS = 8 };
    nftw(path, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
}
