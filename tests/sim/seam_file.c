/* seam_file.c - the functions of the C library that open, read, write, sync, name and lock files, in place of
 * the C library's, for bnnrun and for SQLite. Outside simulated processes they are the system's. */
#include "tests/sim/seam.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SEAM_FDS = 256 };

/* Of the calling process: the names of the files that it has open; "": not of the machine's disk. */
static char seam_names[SEAM_FDS][SIM_NAME];
static struct dirent seam_entries[SEAM_FDS]; /* of folders: what was last read */

static const char *seam_name(int fd)
{
    const bool ours = sim_is_inside() && fd >= 0 && fd < SEAM_FDS && seam_names[fd][0] != '\0';
    return ours ? seam_names[fd] : NULL;
}

static void seam_forget(int fd)
{
    if (fd >= 0 && fd < SEAM_FDS)
        seam_names[fd][0] = seam_entries[fd].d_name[0] = '\0';
}

/* A fault that the seed draws, as an errno; 0: none. */
static int seam_fault(const char *name, uint32_t odds, int reason)
{
    if (!sim_chance(odds))
        return 0;
    sim_note(SIM_FAULT, name, reason, 0);
    return reason;
}

static int seam_fail(int reason)
{
    errno = reason;
    return -1;
}

/* ---- opening ----------------------------------------------------------------------------- */

/* What the kernel tells of a machine and its processes. */
static const char *seam_kernel_file(const char *path, char out[SIM_NAME])
{
    int pid;
    if (strcmp(path, "/proc/sys/kernel/random/boot_id") == 0)
        snprintf(out, SIM_NAME, "%s.boot", world->root);
    else if (sscanf(path, "/proc/%d/stat", &pid) == 1 || strcmp(path, "/dev/urandom") == 0)
        return "/nowhere"; /* SQLite takes time and process number instead */
    else
        return path;
    return out;
}

/* Whether the disk is full; it stays so for a while. */
static bool seam_is_full(const char *name)
{
    if (world->now_ns >= world->full_until_ns && sim_chance(world->odds.full)) {
        world->full_until_ns = world->now_ns + UINT64_C(1000000) * sim_log_uniform(14);
        sim_note(SIM_FAULT, name, ENOSPC, (int64_t)world->full_until_ns);
    }
    return world->now_ns < world->full_until_ns;
}

static int seam_open(int directory, const char *path, int flags, mode_t mode)
{
    char name[SIM_NAME], other[SIM_NAME];
    if (!sim_is_inside() || !disk_name(directory, path, name)) {
        const char *real = sim_is_inside() ? seam_kernel_file(path, other) : path;
        const int fd = (int)syscall(SYS_openat, directory, real, flags, mode);
        seam_forget(fd);
        return fd;
    }
    const bool creates = (flags & O_CREAT) != 0 &&
                         syscall(SYS_faccessat, directory, path, F_OK) != 0 && errno == ENOENT;
    if (creates) {
        seam_point(SIM_CREATE, name, 0, 0);
        if (seam_is_full(name))
            return seam_fail(ENOSPC);
    }
    const int fd = (int)syscall(SYS_openat, directory, path, flags, mode);
    if (fd < 0)
        return -1;
    if (creates)
        disk_created(name);
    if (fd < SEAM_FDS)
        memcpy(seam_names[fd], name, sizeof name);
    return fd;
}

#define SEAM_MODE(flags, mode)                      \
    do {                                            \
        va_list args;                               \
        va_start(args, flags);                      \
        if (((flags) & (O_CREAT | O_TMPFILE)) != 0) \
            mode = va_arg(args, mode_t);            \
        va_end(args);                               \
    } while (0)

SEAM int open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    SEAM_MODE(flags, mode);
    return seam_open(AT_FDCWD, path, flags, mode);
}

SEAM int open64(const char *path, int flags, ...)
{
    mode_t mode = 0;
    SEAM_MODE(flags, mode);
    return seam_open(AT_FDCWD, path, flags, mode);
}

SEAM int openat(int directory, const char *path, int flags, ...)
{
    mode_t mode = 0;
    SEAM_MODE(flags, mode);
    return seam_open(directory, path, flags, mode);
}

static sim_process *seam_process(void)
{
    return &world->processes[world->actors[sim_self].process];
}

SEAM int close(int fd)
{
    if (sim_is_inside() && seam_process()->life_fd == fd)
        seam_process()->life = 0;
    seam_forget(fd);
    return (int)syscall(SYS_close, fd);
}

SEAM int fclose(FILE *file)
{
    seam_forget(fileno(file));
    return SEAM_REAL(fclose)(file);
}

SEAM int closedir(DIR *folder)
{
    seam_forget(dirfd(folder));
    return SEAM_REAL(closedir)(folder);
}

/* ---- reading and writing ----------------------------------------------------------------- */

static ssize_t seam_read(int fd, void *bytes, size_t n, int64_t offset)
{
    const char *name = seam_name(fd);
    if (name != NULL) {
        seam_point(SIM_READ, name, offset, (int64_t)n);
        if (seam_fault(name, world->odds.io_error, EIO) != 0)
            return seam_fail(EIO);
        if (seam_fault(name, world->odds.interrupt, EINTR) != 0)
            return seam_fail(EINTR);
    }
    return offset < 0 ? syscall(SYS_read, fd, bytes, n)
                      : syscall(SYS_pread64, fd, bytes, n, offset);
}

SEAM ssize_t read(int fd, void *bytes, size_t n)
{
    return seam_read(fd, bytes, n, -1);
}

SEAM ssize_t pread(int fd, void *bytes, size_t n, off_t offset)
{
    return seam_read(fd, bytes, n, offset);
}

SEAM ssize_t pread64(int fd, void *bytes, size_t n, off64_t offset)
{
    return seam_read(fd, bytes, n, offset);
}

/* The time at which a file was changed is the machine's, too. */
static void seam_touch(int fd)
{
    const uint64_t now = world->now_ns + (uint64_t)world->wall_ns;
    const struct timespec t = {.tv_sec = (time_t)(now / 1000000000),
                               .tv_nsec = (long)(now % 1000000000)};
    const struct timespec times[] = {t, t};
    syscall(SYS_utimensat, fd, NULL, times, 0);
}

static ssize_t seam_really_write(int fd, const char *name, const void *bytes, size_t n,
                                 int64_t offset)
{
    const int64_t at = offset >= 0 ? offset : lseek(fd, 0, SEEK_CUR);
    disk_before_write(fd, name, at, n);
    const ssize_t written =
        offset < 0 ? syscall(SYS_write, fd, bytes, n) : syscall(SYS_pwrite64, fd, bytes, n, offset);
    seam_touch(fd);
    return written;
}

/* Why a write fails, or how much of it is written. */
static int seam_write_fault(const char *name, size_t *n)
{
    if (seam_is_full(name)) {
        if (*n <= 1 || sim_chance(2))
            return ENOSPC;
        *n = sim_below((uint32_t)*n); /* what there was room for */
        return *n == 0 ? ENOSPC : 0;
    }
    if (seam_fault(name, world->odds.io_error, EIO) != 0)
        return EIO;
    if (seam_fault(name, world->odds.interrupt, EINTR) != 0)
        return EINTR;
    if (*n > 1 && seam_fault(name, world->odds.cut_short, 0) == 0 &&
        sim_chance(world->odds.cut_short))
        *n = 1 + sim_below((uint32_t)*n - 1);
    return 0;
}

static ssize_t seam_write(int fd, const void *bytes, size_t n, int64_t offset)
{
    const char *name = seam_name(fd);
    if (name == NULL)
        return offset < 0 ? syscall(SYS_write, fd, bytes, n)
                          : syscall(SYS_pwrite64, fd, bytes, n, offset);
    sim_note(SIM_WRITE, name, offset, (int64_t)n);
    if (sim_is_due()) { /* in the midst of it */
        const size_t part = sim_below((uint32_t)n + 1);
        if (part > 0)
            seam_really_write(fd, name, bytes, part, offset);
        sim_die();
    }
    sim_may_switch();
    const int reason = seam_write_fault(name, &n);
    if (reason != 0)
        return seam_fail(reason);
    return seam_really_write(fd, name, bytes, n, offset);
}

SEAM ssize_t write(int fd, const void *bytes, size_t n)
{
    return seam_write(fd, bytes, n, -1);
}

SEAM ssize_t pwrite(int fd, const void *bytes, size_t n, off_t offset)
{
    return seam_write(fd, bytes, n, offset);
}

SEAM ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t offset)
{
    return seam_write(fd, bytes, n, offset);
}

static int seam_truncate(int fd, int64_t size)
{
    const char *name = seam_name(fd);
    if (name != NULL) {
        seam_point(SIM_TRUNCATE, name, size, 0);
        if (seam_fault(name, world->odds.io_error, EIO) != 0)
            return seam_fail(EIO);
        disk_before_truncate(fd, name, size);
    }
    return (int)syscall(SYS_ftruncate, fd, size);
}

SEAM int ftruncate(int fd, off_t size)
{
    return seam_truncate(fd, size);
}

SEAM int ftruncate64(int fd, off64_t size)
{
    return seam_truncate(fd, size);
}

static int seam_sync(int fd, long call)
{
    const char *name = seam_name(fd);
    if (name == NULL)
        return (int)syscall(call, fd);
    seam_point(SIM_SYNC, name, 0, 0);
    if (seam_is_full(name) && sim_chance(8))
        return seam_fail(ENOSPC);
    if (seam_fault(name, world->odds.io_error, EIO) != 0)
        return seam_fail(EIO);
    if (seam_fault(name, world->odds.interrupt, EINTR) != 0)
        return seam_fail(EINTR);
    disk_sync(fd, name);
    return 0;
}

SEAM int fsync(int fd)
{
    return seam_sync(fd, SYS_fsync);
}

SEAM int fdatasync(int fd)
{
    return seam_sync(fd, SYS_fdatasync);
}

/* ---- names ------------------------------------------------------------------------------- */

SEAM int rename(const char *from, const char *to)
{
    char a[SIM_NAME], b[SIM_NAME];
    if (!sim_is_inside() || !disk_name(AT_FDCWD, from, a) || !disk_name(AT_FDCWD, to, b))
        return (int)syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
    seam_point(SIM_RENAME, b, 0, 0);
    if (seam_fault(b, world->odds.io_error, EIO) != 0 || (seam_is_full(b) && sim_chance(8)))
        return seam_fail(sim_chance(2) ? EIO : ENOSPC);
    return disk_rename(a, b);
}

SEAM int unlinkat(int directory, const char *path, int flags)
{
    char name[SIM_NAME];
    if (!sim_is_inside() || !disk_name(directory, path, name))
        return (int)syscall(SYS_unlinkat, directory, path, flags);
    seam_point(flags == 0 ? SIM_UNLINK : SIM_RMDIR, name, 0, 0);
    return flags == 0 ? disk_unlink(name) : disk_rmdir(name);
}

SEAM int unlink(const char *path)
{
    return unlinkat(AT_FDCWD, path, 0);
}

SEAM int rmdir(const char *path)
{
    return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

SEAM int mkdir(const char *path, mode_t mode)
{
    char name[SIM_NAME];
    if (!sim_is_inside() || !disk_name(AT_FDCWD, path, name))
        return (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
    if (syscall(SYS_faccessat, AT_FDCWD, path, F_OK) == 0)
        return seam_fail(EEXIST);
    seam_point(SIM_MKDIR, name, 0, 0);
    if (seam_is_full(name))
        return seam_fail(ENOSPC);
    return disk_mkdir(name, mode);
}

/* In the order of names: that of a file system is its own. */
SEAM struct dirent *readdir(DIR *folder)
{
    const int fd = dirfd(folder);
    struct dirent next = {.d_name = ""};
    if (!sim_is_inside() || fd >= SEAM_FDS)
        return SEAM_REAL(readdir)(folder);
    rewinddir(folder);
    for (const struct dirent *e; (e = SEAM_REAL(readdir)(folder)) != NULL;)
        if (strcmp(e->d_name, seam_entries[fd].d_name) > 0 &&
            (next.d_name[0] == '\0' || strcmp(e->d_name, next.d_name) < 0))
            memcpy(&next, e, e->d_reclen < sizeof next ? e->d_reclen : sizeof next);
    if (next.d_name[0] == '\0')
        return NULL;
    seam_entries[fd] = next;
    return &seam_entries[fd];
}

/* ---- locks ------------------------------------------------------------------------------- */

static int seam_control(int fd, int command, long argument)
{
    const char *name = seam_name(fd);
    const bool locks = command == F_SETLK || command == F_OFD_SETLK || command == F_OFD_GETLK;
    if (name != NULL && locks) {
        const struct flock *lock = (const struct flock *)argument;
        seam_point(SIM_LOCK, name, command == F_SETLK ? lock->l_start : command, lock->l_type);
    }
    const int code = (int)syscall(SYS_fcntl, fd, command, argument);
    if (name != NULL && command == F_OFD_SETLK && code == 0) {
        seam_process()->life = ((const struct flock *)argument)->l_start;
        seam_process()->life_fd = fd;
    }
    return code;
}

SEAM int fcntl(int fd, int command, ...)
{
    va_list args;
    va_start(args, command);
    const long argument = va_arg(args, long);
    va_end(args);
    return seam_control(fd, command, argument);
}

SEAM int fcntl64(int fd, int command, ...)
{
    va_list args;
    va_start(args, command);
    const long argument = va_arg(args, long);
    va_end(args);
    return seam_control(fd, command, argument);
}
