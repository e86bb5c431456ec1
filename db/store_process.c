/* store_process.c - is the process that holds a run still there?
 *
 * A process number alone does not say: it is used again. Number and start time do, on one boot of
 * one machine, inside one PID namespace. A WAL database is used by one running kernel at a time, so
 * a process of another boot (this machine before its restart, or the machine that the file was
 * copied from) cannot be using it any more. */
#include "db/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
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
        return BNN_PROCESS_DEAD;
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
