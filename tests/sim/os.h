/* os.h - calls of the system that no seam sees. Private to tests/sim/. */
#ifndef BNN_TESTS_SIM_OS_H
#define BNN_TESTS_SIM_OS_H

#include "tests/sim/sim.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline int os_open(const char *path, int flags)
{
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0666);
}

static inline void os_close(int fd)
{
    if (fd >= 0)
        syscall(SYS_close, fd);
}

static inline ssize_t os_pread(int fd, void *bytes, size_t n, int64_t offset)
{
    return syscall(SYS_pread64, fd, bytes, n, offset);
}

static inline ssize_t os_pwrite(int fd, const void *bytes, size_t n, int64_t offset)
{
    return syscall(SYS_pwrite64, fd, bytes, n, offset);
}

static inline int os_ftruncate(int fd, int64_t size)
{
    return (int)syscall(SYS_ftruncate, fd, size);
}

static inline int os_rename(const char *from, const char *to)
{
    return (int)syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
}

static inline int os_unlink(const char *path)
{
    return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

static inline int os_rmdir(const char *path)
{
    return (int)syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR);
}

static inline int os_mkdir(const char *path, mode_t mode)
{
    return (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

#endif
