/* child.c - an attempt in a process of its own, which is forked from the zygote and so has plugins and data.
 *
 * It leads a session, by which the zygote finds what it has forked. What a plugin forks and lets run on
 * as if it were the run, is ended at its first word. */
#include "runner/executor/process_internal.h"

#include "base/child.h"
#include "base/file.h"
#include "base/sandbox.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

typedef struct child_line {
    int fd;
    pid_t pid; /* of the process that may speak */
    process_attempt attempt;
    bool sandboxed; /* as far as it is to be; or that was said */
    bnn_sandbox sandbox;
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
    if (!bnn_process_send(line->fd, &m, sizeof m))
        _exit(EXIT_FAILURE); /* the host is gone */
}

/* In the log, which the run has begun anew before its first record. */
static void child_tell_sandbox(child_line *line)
{
    char text[BNN_SANDBOX_TEXT];
    const char *with = bnn_sandbox_describe(line->sandbox, text);
    if (!line->sandboxed)
        dprintf(STDERR_FILENO, "[bnnrun: not sandboxed%s%s]\n", with != NULL ? " but by " : "",
                with != NULL ? with : ": this kernel has neither landlock nor seccomp");
    line->sandboxed = true;
}

static void child_send_record(void *context, const bnn_record *record)
{
    child_tell_sandbox(context);
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

/* Before code of strangers gets to run: what it does not need is taken away. It writes to the folder of its run, which
 * has to be there for that. */
static void child_enter_sandbox(const bnn_run_base *base, const bnn_run *run, child_line *line)
{
    char folder[PATH_MAX];
    bnn_error err;
    line->sandboxed = true;
    if (bnn_plugin_set_is_trusted(&base->experiment->configs[run->i_config].plugins))
        return;
    snprintf(folder, sizeof folder, "%.*s/%s", BNN_RUN_FOLDER_MAX, base->folder, run->uid);
    bnn_file_make_directory(folder, &err); /* else the run says so */
    line->sandbox = bnn_sandbox_enter(folder);
    line->sandboxed = line->sandbox.landlock > 0 && line->sandbox.seccomp;
}

/* What a run that says that it is well, or that the machine is not, does not know of itself. */
static void child_judge(const process_executor *x, const process_command *c,
                        const process_state *was, const child_line *line, bnn_outcome *out)
{
    char strangers[BNN_STRANGERS];
    const bnn_plugin_set *set = &x->base->experiment->configs[c->run.i_config].plugins;
    const char *changed =
        bnn_plugin_set_has_strangers(set) ? bnn_process_find_change(line->fd, was) : NULL;
    if (changed == NULL)
        return;
    *out = (bnn_outcome){.status = BNN_E_FAILED};
    snprintf(out->message, sizeof out->message, "a plugin changed %s of the run's process; %s",
             changed, bnn_plugin_set_name_strangers(set, strangers));
}

void bnn_child_run(process_executor *x, const process_command *c, const int fds[PROCESS_FDS],
                   pid_t zygote)
{
    process_crash *crash = &x->shared->crashes[c->attempt.slot];
    process_state state;
    bnn_process_die_with(zygote);
    bnn_child_leave_terminal();
    pthread_atfork(NULL, NULL, child_was_forked);
    child_print_to(fds[PROCESS_OUTPUT]);
    child_line line = {.fd = fds[PROCESS_SOCKET], .pid = getpid(), .attempt = c->attempt};
    const bnn_run_listener host = {.record = child_send_record, .context = &line};
    bnn_outcome outcome;
    bnn_child_close_others(line.fd);
    mprotect(x->shared, sizeof *x->shared, PROT_READ); /* a wish to stop is for all runs */
    bnn_process_catch_crashes(crash);
    bnn_process_limit_memory(crash, bnn_process_memory(x->base->experiment));
    child_enter_sandbox(x->base, &c->run, &line);
    bnn_process_note_state(line.fd, &state);
    bnn_run_execute(x->base, &c->run, &host, &x->shared->stop,
                    &x->shared->progress[c->attempt.slot], &outcome);
    if (outcome.status != BNN_OK)
        bnn_process_note_memory(crash);
    child_judge(x, c, &state, &line, &outcome);
    fflush(stdout);
    child_send(&line, PROCESS_OUTCOME, &outcome, sizeof outcome);
    _exit(EXIT_SUCCESS);
}
