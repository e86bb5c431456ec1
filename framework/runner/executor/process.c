/* process.c - an executor whose slots are processes, so that a plugin that crashes takes down one run.
 *
 * They are children of a zygote (zygote.c). Records come back over a socket as they are; the stop
 * flag and the progress lie in shared memory. Nothing that a child says is believed to be in order: it
 * may have written over what it sends. */
#include "runner/executor/process_internal.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/size.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const double process_look_seconds = 0.25; /* between two looks at who is late */
static const double process_gap_seconds = 5.0; /* more: nobody could look, or read what runs say */

static process_executor *process_of(bnn_executor *executor)
{
    return (process_executor *)executor;
}

static int process_fail(bnn_error *err)
{
    return bnn_fail(err, BNN_E_INTERNAL, "the process that starts runs has died");
}

static int process_control(const process_executor *x)
{
    return x->controls[x->i_zygote][0];
}

static bool process_watch(const process_executor *x, int fd, uint32_t what)
{
    return epoll_ctl(x->executor.fd, EPOLL_CTL_ADD, fd,
                     &(struct epoll_event){.events = EPOLLIN, .data.u32 = what}) == 0;
}

static void process_close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* ---- zygotes ----------------------------------------------------------------------------- */

/* Takes what it tells of an attempt: 1; 0 when there is nothing for now; -1 when it is gone. A command that
 * it has not read before its end makes a reset, behind which there is still what it has told. */
static int process_hear_zygote(process_executor *x)
{
    process_news news;
    ssize_t n;
    do
        n = recv(process_control(x), &news, sizeof news, MSG_DONTWAIT);
    while (n < 0 && (errno == EINTR || errno == ECONNRESET));
    if (n != (ssize_t)sizeof news)
        return n < 0 && errno == EAGAIN ? 0 : -1;
    if (news.attempt.slot >= x->executor.n_slots)
        return 1;
    process_slot *s = &x->slots[news.attempt.slot];
    if (!s->running || s->attempt.number != news.attempt.number)
        return 1;
    s->pid = news.pid;
    s->ended = news.ended;
    s->wait_status = news.wait_status;
    return 1;
}

/* The runs of one that was killed are lost, but those of which it had told the end; the keeper starts
 * another. False when there is none. */
static bool process_replace_zygote(process_executor *x)
{
    struct pollfd next = {.events = POLLIN};
    while (process_hear_zygote(x) > 0)
        continue;
    for (uint32_t i = 0; i < x->executor.n_slots; i++) {
        process_slot *s = &x->slots[i];
        s->orphaned = s->running && !s->ended;
        s->ended = s->running;
    }
    bnn_process_blame(x);
    process_close_fd(&x->controls[x->i_zygote][0]);
    if (x->i_zygote + 1 == PROCESS_ZYGOTES)
        return false;
    x->i_zygote++;
    next.fd = process_control(x);
    return poll(&next, 1, 0) == 0 && process_watch(x, next.fd, x->executor.n_slots);
}

/* ---- the life of an attempt -------------------------------------------------------------- */

/* The host's ends go to the slot, the child's to fds. */
static bool process_open_lines(process_slot *s, int fds[PROCESS_FDS])
{
    int socket[2], output[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, socket) != 0)
        return false;
    s->socket = socket[0];
    fds[PROCESS_SOCKET] = socket[1];
    if (pipe2(output, O_CLOEXEC) != 0)
        return false;
    s->output.pipe = output[0];
    fds[PROCESS_OUTPUT] = output[1];
    return fcntl(output[0], F_SETFL, O_NONBLOCK) == 0;
}

static void process_close_lines(process_slot *s)
{
    process_close_fd(&s->socket);
    bnn_process_close_output(&s->output);
}

/* When memory of the kernel stays short, no other zygote would hear it, either. */
static int process_send_start(process_executor *x, const process_slot *s, const bnn_run *run,
                              const int fds[PROCESS_FDS], bnn_error *err)
{
    process_command c;
    memset(&c, 0, sizeof c);
    c.kind = PROCESS_START;
    c.attempt = s->attempt;
    c.run = *run;
    while (!bnn_process_send_command(process_control(x), &c, fds)) {
        if (bnn_fault_remedy(errno) != NULL)
            return bnn_fail_errno(err, BNN_E_RESOURCE, "cannot send a run to its process");
        if (!process_replace_zygote(x))
            return process_fail(err);
    }
    return BNN_OK;
}

static int process_start(bnn_executor *executor, uint32_t slot, const bnn_run *run,
                         const bnn_run_listener *listener, bnn_error *err)
{
    process_executor *x = process_of(executor);
    process_slot *s = &x->slots[slot];
    const double timeout = x->base->experiment->run.timeout_seconds;
    int fds[PROCESS_FDS] = {-1, -1};
    *s = (process_slot){.attempt = {run->id, ++x->n_started, slot},
                        .socket = -1,
                        .uid = run->uid,
                        .i_config = run->i_config,
                        .output = {.pipe = -1, .file = -1},
                        .listener = *listener};
    bnn_train_reset_progress(&executor->progress[slot]);
    x->shared->crashes[slot] = (process_crash){.n_frames = 0};
    if (bnn_process_refuses(x, run, &s->outcome)) {
        s->running = s->answered = s->ended = true;
        return BNN_OK;
    }
    if (timeout > 0.0)
        s->deadline = bnn_clock_seconds(CLOCK_MONOTONIC) + timeout;
    int status = BNN_OK;
    if (!process_open_lines(s, fds) || !process_watch(x, s->socket, slot) ||
        !process_watch(x, s->output.pipe, slot))
        status = bnn_fail_errno(err, BNN_E_RESOURCE, "cannot make a socket for job %u", slot + 1);
    else
        status = process_send_start(x, s, run, fds, err);
    process_close_fd(&fds[PROCESS_SOCKET]);
    process_close_fd(&fds[PROCESS_OUTPUT]);
    s->running = status == BNN_OK;
    if (!s->running)
        process_close_lines(s);
    return status;
}

static void process_kill(process_executor *x, process_slot *s, process_late reason)
{
    process_command c;
    memset(&c, 0, sizeof c);
    c.kind = PROCESS_KILL;
    c.attempt = s->attempt;
    if (bnn_process_send_command(process_control(x), &c, NULL))
        s->late = reason;
}

/* Time in which children may have waited for this process, which waited for another, or slept. */
static void process_give_time(process_executor *x, double seconds)
{
    if (x->stopped > 0.0)
        x->stopped += seconds;
    for (uint32_t i = 0; i < x->executor.n_slots; i++)
        if (x->slots[i].deadline > 0.0)
            x->slots[i].deadline += seconds;
}

/* Kills the children that outstay their timeout, or a stop, by more than the grace period; and those that do
 * not come back from a plugin. What the kernel tells a child of its CPU time, that ignores: whoever polls is told. */
static void process_kill_late(process_executor *x)
{
    const double now = bnn_clock_seconds(CLOCK_MONOTONIC);
    if (now < x->last_look + process_look_seconds)
        return;
    const double seconds = now - x->last_look, limit = bnn_process_call_seconds(x);
    x->last_look = now;
    if (seconds > process_gap_seconds) {
        process_give_time(x, seconds);
        return; /* first, what they have said meanwhile is read */
    }
    for (uint32_t i = 0; i < x->executor.n_slots; i++) {
        process_slot *s = &x->slots[i];
        const bool late = (s->deadline > 0.0 && now > s->deadline + PROCESS_GRACE_SECONDS) ||
                          (x->stopped > 0.0 && now > x->stopped + PROCESS_GRACE_SECONDS);
        if (!s->running || s->ended || s->late != PROCESS_IN_TIME)
            continue;
        if (x->stopped <= 0.0 && bnn_process_is_at_limit(s))
            x->executor.at_limit = true;
        if (late)
            process_kill(x, s, PROCESS_OUTSTAYED);
        else if (bnn_process_is_lost(s, &x->shared->progress[i].call, limit, seconds))
            process_kill(x, s, PROCESS_LOST);
    }
}

/* Ends the texts of a record where their arrays end. False: it is of no kind. */
static bool process_mend_record(bnn_record *r)
{
    switch (r->kind) {
    case BNN_RECORD_METRIC:
        r->metric.name[BNN_NAME_MAX - 1] = '\0';
        return true;
    case BNN_RECORD_TIMING:
        r->timing.phase[BNN_NAME_MAX - 1] = '\0';
        return true;
    case BNN_RECORD_LAYER:
        r->layer.layer[BNN_NAME_MAX - 1] = r->layer.kind[BNN_NAME_MAX - 1] = '\0';
        return true;
    case BNN_RECORD_FILE:
        r->file.kind[BNN_NAME_MAX - 1] = r->file.name[BNN_NAME_MAX - 1] = '\0';
        r->file.sha256[sizeof r->file.sha256 - 1] = '\0';
        return true;
    case BNN_RECORD_LAYER_METRIC:
        r->layer_metric.layer[BNN_NAME_MAX - 1] = r->layer_metric.name[BNN_NAME_MAX - 1] = '\0';
        return true;
    case BNN_RECORD_PREDICTIONS:
        return r->predictions.n <= BNN_PREDICTIONS_MAX;
    case BNN_RECORD_BEGIN:
        return true;
    }
    return false;
}

static void process_take(process_slot *s, process_message *m)
{
    if (m->attempt.run != s->attempt.run || m->attempt.number != s->attempt.number || s->answered)
        return;
    if (m->kind == PROCESS_RECORD && process_mend_record(&m->record))
        s->listener.record(s->listener.context, &m->record);
    if (m->kind != PROCESS_OUTCOME)
        return;
    s->outcome = m->outcome;
    s->outcome.message[sizeof s->outcome.message - 1] = '\0';
    s->answered = true;
}

/* Takes the next message; false when there is none. */
static bool process_hear_child(process_slot *s)
{
    process_message m;
    if (s->socket < 0)
        return false;
    const ssize_t n = recv(s->socket, &m, sizeof m, MSG_DONTWAIT);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return errno == EINTR;
    if (n <= 0)
        process_close_fd(&s->socket); /* it will end now */
    else if (n == (ssize_t)sizeof m)
        process_take(s, &m);
    return n > 0;
}

static bool process_take_output(const process_executor *x, process_slot *s)
{
    return bnn_process_take_output(&s->output, x->base->folder, s->uid);
}

/* A child that has ended said all before that. Who lives on and prints is not waited for. */
static bnn_news process_finish(const process_executor *x, process_slot *s, bnn_outcome *out)
{
    enum { READS_MAX = 64 };
    if (process_hear_child(s))
        return BNN_NEWS_REPORT;
    for (int i = 0; i < READS_MAX && process_take_output(x, s); i++)
        continue;
    if (s->answered)
        *out = s->outcome;
    else
        bnn_process_explain_end(x, s, out);
    if (s->answered && out->status != BNN_OK)
        bnn_process_judge(x, s, out);
    process_close_lines(s);
    s->running = false;
    return BNN_NEWS_END;
}

static int process_poll(bnn_executor *executor, uint32_t *slot, bnn_outcome *out, bnn_error *err)
{
    process_executor *x = process_of(executor);
    struct epoll_event event;
    process_kill_late(x);
    for (*slot = 0; *slot < executor->n_slots; ++*slot)
        if (x->slots[*slot].running && x->slots[*slot].ended)
            return (int)process_finish(x, &x->slots[*slot], out);
    if (epoll_wait(executor->fd, &event, 1, 0) <= 0)
        return BNN_NEWS_NONE;
    if (event.data.u32 < executor->n_slots) {
        process_hear_child(&x->slots[event.data.u32]);
        process_take_output(x, &x->slots[event.data.u32]);
    } else if (process_hear_zygote(x) < 0 && !process_replace_zygote(x)) {
        return process_fail(err);
    }
    return BNN_NEWS_REPORT;
}

static void process_cancel(bnn_executor *executor)
{
    process_executor *x = process_of(executor);
    atomic_store(&x->shared->stop, 1);
    if (x->stopped == 0.0)
        x->stopped = bnn_clock_seconds(CLOCK_MONOTONIC);
}

/* ---- opening and closing ----------------------------------------------------------------- */

static void process_close(bnn_executor *executor)
{
    process_executor *x = process_of(executor);
    process_close_fd(&executor->fd);
    for (uint32_t i = 0; i < PROCESS_ZYGOTES; i++) {
        process_close_fd(&x->controls[i][0]);
        process_close_fd(&x->controls[i][1]);
    }
    process_close_fd(&x->signals);
    for (uint32_t i = 0; i < executor->n_slots; i++)
        process_close_lines(&x->slots[i]);
    while (x->keeper > 0 && waitpid(x->keeper, NULL, 0) < 0 && errno == EINTR)
        ;
    if (x->shared != NULL)
        munmap(x->shared, x->shared_bytes);
    free(x);
}

static int process_open_controls(process_executor *x, bnn_error *err)
{
    for (uint32_t i = 0; i < PROCESS_ZYGOTES; i++)
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, x->controls[i]) != 0) {
            x->controls[i][0] = x->controls[i][1] = -1;
            return bnn_fail_errno(err, BNN_E_RESOURCE, "cannot make a socket for the runs' parent");
        }
    x->signals = bnn_zygote_open_signals();
    return x->signals >= 0 ? BNN_OK
                           : bnn_fail_errno(err, BNN_E_RESOURCE,
                                            "cannot watch the signals of the runs' parent");
}

static int process_fork_keeper(process_executor *x, bnn_error *err)
{
    const pid_t host = getpid();
    fflush(NULL); /* what waits there is not a child's to print */
    x->keeper = fork();
    if (x->keeper == 0)
        bnn_keeper_run(x, host);
    if (x->keeper < 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "cannot fork the runs' parent");
    for (uint32_t i = 0; i < PROCESS_ZYGOTES; i++)
        process_close_fd(&x->controls[i][1]);
    process_close_fd(&x->signals);
    return BNN_OK;
}

static int process_watch_zygote(process_executor *x, bnn_error *err)
{
    x->executor.fd = epoll_create1(EPOLL_CLOEXEC);
    return x->executor.fd >= 0 && process_watch(x, process_control(x), x->executor.n_slots)
               ? BNN_OK
               : bnn_fail_errno(err, BNN_E_RESOURCE, "cannot watch processes");
}

static int process_share(process_executor *x, bnn_error *err)
{
    const size_t n = x->executor.n_slots, page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t crashes = bnn_size_round_up(n * sizeof(bnn_train_progress), BNN_ALIGN);
    x->shared_bytes = page + crashes + n * sizeof(process_crash);
    char *memory =
        mmap(NULL, x->shared_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return bnn_fail_errno(err, BNN_E_INTERNAL, "cannot share memory with runs");
    x->shared = (process_shared *)(void *)memory;
    x->shared->progress = (bnn_train_progress *)(void *)(memory + page);
    x->shared->crashes = (process_crash *)(void *)(memory + page + crashes);
    x->executor.progress = x->shared->progress;
    return BNN_OK;
}

int bnn_executor_open_processes(const bnn_run_base *base, uint32_t n_slots, bnn_executor **out,
                                bnn_error *err)
{
    process_executor *x = calloc(1, sizeof *x + n_slots * sizeof x->slots[0]);
    if (x == NULL)
        return bnn_no_memory(err);
    x->executor = (bnn_executor){.fd = -1,
                                 .n_slots = n_slots,
                                 .start = process_start,
                                 .poll = process_poll,
                                 .cancel = process_cancel,
                                 .close = process_close};
    x->base = base;
    x->signals = -1;
    x->last_look = bnn_clock_seconds(CLOCK_MONOTONIC);
    for (uint32_t i = 0; i < PROCESS_ZYGOTES; i++)
        x->controls[i][0] = x->controls[i][1] = -1;
    for (uint32_t i = 0; i < n_slots; i++)
        x->slots[i] = (process_slot){.socket = -1, .output = {.pipe = -1, .file = -1}};
    bnn_process_prepare_crashes();
    int status = process_share(x, err);
    if (status == BNN_OK)
        status = process_open_controls(x, err);
    if (status == BNN_OK)
        status = process_fork_keeper(x, err);
    if (status == BNN_OK)
        status = process_watch_zygote(x, err);
    if (status == BNN_OK)
        *out = &x->executor;
    else
        process_close(&x->executor);
    return status;
}
