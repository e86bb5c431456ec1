#include "base/child.h"

#include "base/clock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- descriptors ------------------------------------------------------------------------- */

#ifndef SYS_close_range
#    define SYS_close_range 436
#endif

static bool child_close_range(unsigned first, unsigned last)
{
    return first > last || syscall(SYS_close_range, first, last, 0) == 0;
}

/* Where the kernel does not do it. */
static void child_close_each(int kept)
{
    DIR *open_ones = opendir("/proc/self/fd");
    const struct dirent *e;
    while (open_ones != NULL && (e = readdir(open_ones)) != NULL) {
        const int fd = (int)strtol(e->d_name, NULL, 10);
        if (fd > STDERR_FILENO && fd != kept && fd != dirfd(open_ones))
            close(fd);
    }
    if (open_ones != NULL)
        closedir(open_ones);
}

void bnn_child_close_others(int kept)
{
    const unsigned first = STDERR_FILENO + 1, k = kept > STDERR_FILENO ? (unsigned)kept : first - 1;
    if (!(k < first || child_close_range(first, k - 1)) || !child_close_range(k + 1, UINT_MAX))
        child_close_each(kept);
}

void bnn_child_leave_terminal(void)
{
    const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    setsid();
    if (nothing > STDIN_FILENO) {
        dup2(nothing, STDIN_FILENO);
        close(nothing);
    }
}

/* ---- processes --------------------------------------------------------------------------- */

static void child_settle(pid_t parent)
{
    const struct rlimit none = {0};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(EXIT_FAILURE);
    bnn_child_leave_terminal();
    setrlimit(RLIMIT_CORE, &none);
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere >= 0) {
        dup2(nowhere, STDOUT_FILENO);
        dup2(nowhere, STDERR_FILENO);
    }
    bnn_child_close_others(-1);
}

pid_t bnn_child_fork(void)
{
    const pid_t parent = getpid();
    fflush(NULL); /* a child that ends by exit() would print it again */
    const pid_t child = fork();
    if (child == 0)
        child_settle(parent);
    return child;
}

static pid_t child_reap(pid_t child, int *wait_status, int flags)
{
    pid_t pid;
    do
        pid = waitpid(child, wait_status, flags);
    while (pid < 0 && errno == EINTR);
    return pid;
}

bool bnn_child_wait(pid_t child, bool (*is_late)(void *context, pid_t child), void *context,
                    int *wait_status)
{
    enum { SLEEP_NS = 200000, SLEEP_MAX_NS = 10000000 };
    struct timespec sleep = {.tv_nsec = SLEEP_NS};
    pid_t pid;
    bool late = false;
    *wait_status = 0;
    while ((pid = child_reap(child, wait_status, WNOHANG)) == 0 && !late) {
        late = is_late(context, child);
        nanosleep(&sleep, NULL);
        if (sleep.tv_nsec < SLEEP_MAX_NS)
            sleep.tv_nsec *= 2;
    }
    kill(-child, SIGKILL); /* also a child that is late itself */
    if (pid == 0) {
        kill(child, SIGKILL);
        child_reap(child, wait_status, 0);
    }
    return !late || pid != 0;
}

double bnn_child_cpu_seconds(pid_t child)
{
    clockid_t clock;
    struct timespec t;
    if (child <= 0 || clock_getcpuclockid(child, &clock) != 0 || clock_gettime(clock, &t) != 0)
        return 0.0;
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double bnn_child_wait_on(bnn_child_patience *patience)
{
    const double now = bnn_clock_seconds(CLOCK_MONOTONIC), seconds = now - patience->looked;
    if (patience->looked > 0.0)
        patience->waited += seconds < 1.0 ? seconds : 1.0;
    patience->looked = now;
    return patience->waited;
}

const char *bnn_child_explain(int wait_status, char text[BNN_CHILD_END])
{
    if (WIFSIGNALED(wait_status))
        snprintf(text, BNN_CHILD_END, "crashes: %s (signal %d)", strsignal(WTERMSIG(wait_status)),
                 WTERMSIG(wait_status));
    else
        snprintf(text, BNN_CHILD_END, "ends the process, with status %d", WEXITSTATUS(wait_status));
    return text;
}

/* ---- programs ---------------------------------------------------------------------------- */

static int child_set(posix_spawnattr_t *attributes, posix_spawn_file_actions_t *actions,
                     const int descriptors[3])
{
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int code = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
                                                        POSIX_SPAWN_SETSID);
    if (code == 0)
        code = posix_spawnattr_setsigmask(attributes, &none);
    if (code == 0)
        code = posix_spawnattr_setsigdefault(attributes, &all);
    for (int i = 0; code == 0 && i < 3; i++)
        code = descriptors[i] < 0
                   ? posix_spawn_file_actions_addopen(actions, i, "/dev/null", O_RDONLY, 0)
                   : posix_spawn_file_actions_adddup2(actions, descriptors[i], i);
    return code;
}

/* posix_spawnp() gives a file that is no program to no shell, as execvp() does; it takes arguments that it does not
 * change. */
int bnn_child_spawn(const char *const *argv, int in, int out, int said, pid_t *child)
{
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    union {
        const char *const *given;
        char *const *taken;
    } words = {.given = argv};
    int code = posix_spawnattr_init(&attributes);
    if (code != 0)
        return code;
    code = posix_spawn_file_actions_init(&actions);
    if (code == 0) {
        code = child_set(&attributes, &actions, (int[]){in, out, said});
        if (code == 0)
            code = posix_spawnp(child, argv[0], &actions, &attributes, words.taken, environ);
        posix_spawn_file_actions_destroy(&actions);
    }
    posix_spawnattr_destroy(&attributes);
    return code;
}
