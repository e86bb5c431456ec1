/* store_process.c - is the process that holds a run still there?
 *
 * It locks a byte of FILE.lock, beside the database, that no other has: the kernel drops the lock when
 * the process is gone, and tells of it in every container. The file stays: whoever deletes it while
 * it is in use hides those who live.
 *
 * Attempts of old versions have no such byte. A process number alone does not say: it is used again.
 * Number and start time do, on one boot of one machine, inside one PID namespace. A WAL database is
 * used by one running kernel at a time, so a process of before this machine's restart cannot be
 * using it any more. Of another machine's, only a person can know: the file may have been copied, or
 * be shared in a way that we do not see. */
#include "db/store_internal.h"
#include "db/store_merge.h"

#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* At most size - 1 bytes; "" when the file cannot be read. */
static void read_line(const char *path, char *out, size_t size)
{
    out[0] = '\0';
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    const ssize_t n = read(fd, out, size - 1);
    close(fd);
    out[n > 0 ? n : 0] = '\0';
    out[strcspn(out, "\n")] = '\0';
}

/* From /proc/PID/stat: "PID (name) state ppid ...", the start time in field 22. The name may hold
 * anything, parentheses too. False when there is none to read. */
static bool read_stat(int64_t pid, char *state, int64_t *start)
{
    char path[64], line[1024];
    snprintf(path, sizeof path, "/proc/%" PRId64 "/stat", pid);
    read_line(path, line, sizeof line);
    const char *end_of_name = strrchr(line, ')');
    return end_of_name != NULL &&
           sscanf(end_of_name + 1,
                  " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d "
                  "%" SCNd64,
                  state, start) == 2;
}

void bnn_process_self(bnn_process *out)
{
    *out = (bnn_process){.pid = getpid()};
    if (gethostname(out->host, sizeof out->host) != 0)
        out->host[0] = '\0';
    out->host[sizeof out->host - 1] = '\0';
    read_line("/proc/sys/kernel/random/boot_id", out->boot_id, sizeof out->boot_id);
    struct stat st;
    if (stat("/proc/self/ns/pid", &st) == 0)
        out->pid_namespace = (int64_t)st.st_ino;
    char state;
    int64_t start;
    if (read_stat(out->pid, &state, &start))
        out->start = start;
}

bnn_liveness bnn_process_liveness(const bnn_process *process, const bnn_process *self)
{
    if (strcmp(process->boot_id, self->boot_id) != 0)
        return strcmp(process->host, self->host) == 0 ? BNN_PROCESS_DEAD : BNN_PROCESS_UNKNOWN;
    if (process->pid_namespace != self->pid_namespace)
        return BNN_PROCESS_UNKNOWN;
    if (process->pid <= 0 || process->pid > INT32_MAX)
        return BNN_PROCESS_DEAD;
    if (kill((pid_t)process->pid, 0) != 0 && errno == ESRCH)
        return BNN_PROCESS_DEAD;
    char state;
    int64_t start;
    if (process->start == 0 || !read_stat(process->pid, &state, &start))
        return BNN_PROCESS_ALIVE;     /* somebody has the number, and /proc does not say who */
    if (state == 'Z' || state == 'X') /* dead, and not yet waited for */
        return BNN_PROCESS_DEAD;
    return start == process->start ? BNN_PROCESS_ALIVE : BNN_PROCESS_DEAD;
}

/* ---- the lock ---- */

static struct flock byte_of(int64_t life)
{
    return (struct flock){
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = (off_t)life, .l_len = 1};
}

int bnn_store_open_lock(bnn_store *store, bool writable, bnn_error *err)
{
    char file[PATH_MAX], path[PATH_MAX + 8];
    struct stat st;
    if (realpath(store->file, file) == NULL)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s", store->path);
    snprintf(path, sizeof path, "%s.lock", file);
    const int flags = writable ? O_RDWR | O_CREAT | O_NOFOLLOW : O_RDONLY;
    store->lock = open(path, flags | O_CLOEXEC, 0666);
    if (store->lock < 0 && writable)
        return errno == ELOOP && bnn_store_find_link(store, err)
                   ? err->status
                   : bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot open", path);
    /* For whoever may use the database, like the files that SQLite has beside it. */
    if (writable && stat(file, &st) == 0 &&
        (fchown(store->lock, st.st_uid, st.st_gid) == 0 ||
         fchown(store->lock, (uid_t)-1, st.st_gid) == 0))
        fchmod(store->lock, st.st_mode & 0666);
    return BNN_OK;
}

/* FILE.lock also says which file is the database, by inode and device, of those who lock a byte of it: while
 * one of them lives, the log that lies here is of that file, and of no other that may lie here now. Where the
 * device is another, the file is seen through another file system, and may well be the same. Old versions
 * wrote the inode alone. */
int bnn_store_check_log(const bnn_store *store, bnn_error *err)
{
    char file[PATH_MAX], path[PATH_MAX + 8], text[64];
    uintmax_t inode, device;
    struct stat st;
    struct flock any = byte_of(1);
    any.l_len = 0;
    if (!bnn_path_follow(store->file, file))
        return BNN_OK;
    snprintf(path, sizeof path, "%s.lock", file);
    read_line(path, text, sizeof text);
    const int n_known = sscanf(text, "%ju %ju", &inode, &device);
    if (n_known < 1 ||
        (stat(file, &st) == 0 && (st.st_ino == inode || (n_known == 2 && st.st_dev != device))))
        return BNN_OK;
    const int lock = open(path, O_RDONLY | O_CLOEXEC);
    const bool lives = lock >= 0 && fcntl(lock, F_OFD_GETLK, &any) == 0 && any.l_type != F_UNLCK;
    if (lock >= 0)
        close(lock);
    if (!lives)
        return BNN_OK;
    return bnn_fail(
        err, BNN_E_RESOURCE,
        "%s: is not the database that a process is still writing to here, whose log would "
        "damage this one; wait for that, or stop it",
        store->path);
}

bool bnn_store_is_in_use(const char *file)
{
    char path[PATH_MAX + 8];
    struct flock any = byte_of(1);
    any.l_len = 0;
    snprintf(path, sizeof path, "%s.lock", file);
    const int lock = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    const bool is = lock >= 0 && fcntl(lock, F_OFD_GETLK, &any) == 0 && any.l_type != F_UNLCK;
    if (lock >= 0)
        close(lock);
    return is;
}

/* False with errno. */
static bool write_line(int fd, const char *text, size_t n)
{
    for (size_t at = 0; at < n;) {
        const ssize_t written = pwrite(fd, text + at, n - at, (off_t)at);
        if (written < 0 && errno != EINTR)
            return false;
        at += written > 0 ? (size_t)written : 0;
    }
    return true;
}

int bnn_store_lock_life(bnn_store *store, bnn_error *err)
{
    while (store->life == 0) {
        uint64_t drawn;
        if (getrandom(&drawn, sizeof drawn, 0) != sizeof drawn)
            return bnn_fail_errno(err, BNN_E_INTERNAL, "cannot draw a number");
        struct flock byte = byte_of((int64_t)(drawn >> 2) + 1);
        char text[64]; /* of one length: nothing of another line stays behind it */
        const int n = snprintf(text, sizeof text, "%020ju %020ju\n", (uintmax_t)store->inode,
                               (uintmax_t)store->device);
        if (!write_line(store->lock, text, (size_t)n))
            return bnn_fail_errno(err, BNN_E_RESOURCE, "%s.lock: cannot write", store->path);
        if (fcntl(store->lock, F_OFD_SETLK, &byte) == 0)
            store->life = byte.l_start;
        else if (errno != EAGAIN && errno != EACCES) /* else another process has it */
            return bnn_fail_errno(err, BNN_E_RESOURCE, "%s.lock: cannot lock", store->path);
    }
    return BNN_OK;
}

bnn_liveness bnn_store_liveness(bnn_store *store, const bnn_process *process,
                                const bnn_process *self)
{
    struct flock byte = byte_of(process->life);
    if (process->life != 0 && process->life == store->life)
        return BNN_PROCESS_ALIVE;
    if (process->life != 0 && fcntl(store->lock, F_OFD_GETLK, &byte) == 0) {
        if (byte.l_type != F_UNLCK)
            return BNN_PROCESS_ALIVE;
        if (strcmp(process->boot_id, self->boot_id) == 0)
            return BNN_PROCESS_DEAD;
    }
    return bnn_process_liveness(process, self);
}
