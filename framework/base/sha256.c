#include "base/sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <sha2.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

void bnn_sha256(const void *bytes, size_t n, char out[BNN_SHA256_HEX])
{
    SHA256Data(bytes, n, out);
}

/* SHA256File would open it anew, and wait for somebody to write to a named pipe. */
static int sha256_of_file(int fd, const char *path, char out[BNN_SHA256_HEX], bnn_error *err)
{
    unsigned char bytes[1 << 14];
    struct stat st;
    SHA2_CTX context;
    ssize_t n;
    if (fstat(fd, &st) != 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot stat", path);
    if (!S_ISREG(st.st_mode))
        return bnn_fail(err, BNN_E_RESOURCE, "%s: not a regular file", path);
    SHA256Init(&context);
    while ((n = read(fd, bytes, sizeof bytes)) > 0 || (n < 0 && errno == EINTR))
        if (n > 0)
            SHA256Update(&context, bytes, (size_t)n);
    if (n < 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot read", path);
    SHA256End(&context, out);
    return BNN_OK;
}

int bnn_file_sha256(const char *path, char out[BNN_SHA256_HEX], bnn_error *err)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot read", path);
    const int status = sha256_of_file(fd, path, out, err);
    close(fd);
    return status;
}
