/* child.c - an attempt in a process of its own, which is forked from the zygote and so has plugins and data.
 *
 * It leads a session, by which the zygote finds what it has forked. What a plugin forks and lets run on
 * as if it were the run, is ended at its first word. */
#include "runner/executor/process_internal.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct child_line {
    int fd;
    pid_t pid; /* of the process that may speak */
    process_attempt attempt;
} child_line;

/* content: the member of the message that belongs to its kind. */
static void child_send(const child_line *line, process_message_kind kind, const void *content,
                       size_t n_bytes)
{
    process_message m;
    if (getpid() != line->pid)
        _exit(EXIT_FAILURE);
    memset(&m, 0, sizeof m);
    m.kind = kind;
    m.attempt = line->attempt;
    memcpy(&m.record, content, n_bytes);
    while (send(line->fd, &m, sizeof m, MSG_NOSIGNAL) < 0)
        if (errno != EINTR)
            _exit(EXIT_FAILURE); /* the host is gone */
}

static void child_send_record(void *context, const bnn_record *record)
{
    child_send(context, PROCESS_RECORD, record, sizeof *record);
}

/* In what a plugin forks: nobody else would end it when all are killed. */
static void child_was_forked(void)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* Both streams of what it prints, line by line, so that little is lost when it dies. */
static void child_print_to(int fd)
{
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    close(fd);
    setvbuf(stdout, NULL, _IOLBF, 0);
}

void bnn_child_run(process_executor *x, const process_command *c, const int fds[PROCESS_FDS],
                   pid_t zygote)
{
    bnn_process_die_with(zygote);
    setsid();
    pthread_atfork(NULL, NULL, child_was_forked);
    child_print_to(fds[PROCESS_OUTPUT]);
    child_line line = {.fd = fds[PROCESS_SOCKET], .pid = getpid(), .attempt = c->attempt};
    const bnn_run_listener host = {.record = child_send_record, .context = &line};
    bnn_outcome outcome;
    bnn_run_execute(x->base, &c->run, &host, &x->shared->stop,
                    &x->shared->progress[c->attempt.slot], &outcome);
    fflush(stdout);
    child_send(&line, PROCESS_OUTCOME, &outcome, sizeof outcome);
    _exit(EXIT_SUCCESS);
}
