/* family.c - processes that descend from this one, and how descriptors come to them. */
#include "runner/executor/process_internal.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

void bnn_process_die_with(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(EXIT_FAILURE);
}

void bnn_process_adopt_orphans(void)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/* The parent of a process; 0 when it is gone, or a zombie. */
static pid_t family_parent(const char *pid)
{
    char path[64], line[512], state;
    long parent = 0;
    snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return 0;
    const bool known = fgets(line, sizeof line, file) != NULL;
    const char *behind = known ? strrchr(line, ')') : NULL; /* a name can have any letters */
    if (behind == NULL || sscanf(behind + 1, " %c %ld", &state, &parent) != 2 || state == 'Z')
        parent = 0;
    fclose(file);
    return (pid_t)parent;
}

/* True when there were some: their children may have become those of this process. */
static bool family_kill_generation(bool (*spare)(const void *context, pid_t child),
                                   const void *context)
{
    const struct dirent *entry;
    bool some = false;
    DIR *all = opendir("/proc");
    while (all != NULL && (entry = readdir(all)) != NULL) {
        const pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10); /* 0: no process */
        if (pid == 0 || family_parent(entry->d_name) != getpid() || spare(context, pid))
            continue;
        kill(pid, SIGKILL);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            continue;
        some = true;
    }
    if (all != NULL)
        closedir(all);
    return some;
}

void bnn_process_kill_children(bool (*spare)(const void *context, pid_t child), const void *context)
{
    enum {
        GENERATIONS_MAX = 1000
    }; /* one that forks faster than this kills is not worth a sweep */
    for (int i = 0; i < GENERATIONS_MAX && family_kill_generation(spare, context); i++)
        continue;
}

/* ---- messages ---------------------------------------------------------------------------- */

enum { FAMILY_MOMENTS = 400 }; /* that the host waits for memory of the kernel: two seconds */

/* After a failure: true when the next try may go well, since memory of the kernel is short only for some
 * moments; or this was interrupted. */
static bool family_sends_again(unsigned *n_moments)
{
    const struct timespec moment = {.tv_nsec = 5000000};
    if ((errno != ENOBUFS && errno != ENOMEM) || *n_moments == 0)
        return errno == EINTR;
    --*n_moments;
    nanosleep(&moment, NULL);
    return true;
}

bool bnn_process_send(int socket, const void *message, size_t n_bytes)
{
    unsigned n_moments =
        UINT_MAX; /* the host, which takes the signals, can do without this process */
    ssize_t n;
    do
        n = send(socket, message, n_bytes, MSG_NOSIGNAL);
    while (n < 0 && family_sends_again(&n_moments));
    return n == (ssize_t)n_bytes;
}

/* Room for a descriptor, aligned as the kernel wants it. */
typedef union family_rights {
    struct cmsghdr head;
    char bytes[CMSG_SPACE(PROCESS_FDS * sizeof(int))];
} family_rights;

bool bnn_process_send_command(int control, const process_command *command,
                              const int fds[PROCESS_FDS])
{
    process_command copy = *command;
    family_rights rights;
    struct iovec content = {.iov_base = &copy, .iov_len = sizeof copy};
    struct msghdr message = {.msg_iov = &content, .msg_iovlen = 1};
    memset(&rights, 0, sizeof rights);
    if (fds != NULL) {
        rights.head.cmsg_level = SOL_SOCKET;
        rights.head.cmsg_type = SCM_RIGHTS;
        rights.head.cmsg_len = CMSG_LEN(PROCESS_FDS * sizeof *fds);
        memcpy(CMSG_DATA(&rights.head), fds, PROCESS_FDS * sizeof *fds);
        message.msg_control = rights.bytes;
        message.msg_controllen = sizeof rights.bytes;
    }
    unsigned n_moments = fds != NULL ? FAMILY_MOMENTS : 0;
    ssize_t n;
    do
        n = sendmsg(control, &message, MSG_NOSIGNAL);
    while (n < 0 && family_sends_again(&n_moments));
    return n == (ssize_t)sizeof copy;
}

int bnn_process_receive_command(int control, process_command *command, int fds[PROCESS_FDS])
{
    family_rights rights;
    struct iovec content = {.iov_base = command, .iov_len = sizeof *command};
    struct msghdr message = {.msg_iov = &content,
                             .msg_iovlen = 1,
                             .msg_control = rights.bytes,
                             .msg_controllen = sizeof rights.bytes};
    for (int i = 0; i < PROCESS_FDS; i++)
        fds[i] = -1;
    const ssize_t n = recvmsg(control, &message, MSG_CMSG_CLOEXEC);
    if (n != (ssize_t)sizeof *command)
        return n < 0 && errno == EINTR ? -1 : 0;
    const struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    if (head != NULL && head->cmsg_type == SCM_RIGHTS &&
        head->cmsg_len == CMSG_LEN(PROCESS_FDS * sizeof *fds))
        memcpy(fds, CMSG_DATA(head), PROCESS_FDS * sizeof *fds);
    return 1;
}
