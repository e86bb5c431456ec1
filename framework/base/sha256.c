#include "base/sha256.h"

#include <sys/types.h>

#include <sha2.h>

void bnn_sha256(const void *bytes, size_t n, char out[BNN_SHA256_HEX])
{
    SHA256Data(bytes, n, out);
}

int bnn_file_sha256(const char *path, char out[BNN_SHA256_HEX], bnn_error *err)
{
    if (SHA256File(path, out) == NULL)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot read", path);
    return BNN_OK;
}
