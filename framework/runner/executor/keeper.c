/* keeper.c - the parent of zygotes. It is forked while the host has a single thread, and so can start a
 * zygote when the host no longer could: the next one, after a plugin has killed its parent. */
#include "runner/executor/process_internal.h"

#include "runner/signals.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static bool keeper_spares_nobody(const void *context, pid_t child)
{
    (void)context;
    (void)child;
    return false;
}

/* The ends of the host, and of the zygotes before. */
static void keeper_close_controls(const process_executor *x)
{
    for (uint32_t i = 0; i < PROCESS_ZYGOTES; i++) {
        close(x->controls[i][0]);
        if (i < x->i_zygote)
            close(x->controls[i][1]);
    }
}

/* Whether it ended since the host is done. */
static bool keeper_await_zygote(pid_t zygote)
{
    int wait_status;
    pid_t pid;
    do
        pid = waitpid(zygote, &wait_status, 0);
    while (pid < 0 && errno == EINTR);
    return pid < 0 || (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == EXIT_SUCCESS);
}

void bnn_keeper_run(process_executor *x, pid_t host)
{
    bnn_process_die_with(host);
    bnn_process_adopt_orphans();
    bnn_signals_ignore();
    keeper_close_controls(x);
    bool done = false;
    for (; !done && x->i_zygote < PROCESS_ZYGOTES; x->i_zygote++) {
        const pid_t keeper = getpid(), zygote = fork();
        if (zygote == 0) {
            for (uint32_t i = x->i_zygote + 1; i < PROCESS_ZYGOTES; i++)
                close(x->controls[i][1]);
            bnn_zygote_run(x, keeper);
        }
        close(x->controls[x->i_zygote][1]);
        done = zygote > 0 && keeper_await_zygote(zygote);
        bnn_process_kill_children(keeper_spares_nobody, NULL);
    }
    _exit(EXIT_SUCCESS);
}
