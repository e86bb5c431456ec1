#include "cli/serve/document.h"

#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Seconds: the least rest between two children; how old a text may be that is passing; how old a text
 * may be that is given away while a newer one is made, if that takes long. */
static const double document_rest = 4, document_progress_rest = 1, document_passing_age = 10,
                    document_young = 30, document_long = 1;
static const double document_limit = 60; /* seconds that a child may take */
enum { DOCUMENT_RESTS = 9 };             /* times the CPU that it took */

/* ---- the state of the database ----------------------------------------------------------- */

static bool document_is_older(struct timespec t, struct timespec now)
{
    enum { TICK_NS = 50000000 };
    return (double)(now.tv_sec - t.tv_sec) * 1e9 + (double)(now.tv_nsec - t.tv_nsec) > TICK_NS;
}

/* All zeros without a database. A log without a byte is as good as none, and comes and goes with readers. */
static serve_stamp document_stamp(const char *db)
{
    char file[PATH_MAX], log[PATH_MAX + 8];
    struct stat st;
    struct timespec now;
    serve_stamp stamp;
    memset(&stamp, 0, sizeof stamp);
    clock_gettime(CLOCK_REALTIME, &now);
    if (realpath(db, file) != NULL && stat(file, &st) == 0) {
        stamp.device = st.st_dev;
        stamp.inode = st.st_ino;
        stamp.n_bytes = st.st_size;
        stamp.changed = st.st_ctim;
    }
    if (stamp.inode != 0)
        snprintf(log, sizeof log, "%s-wal", file); /* beside what a link leads to */
    if (stamp.inode != 0 && stat(log, &st) == 0 && st.st_size > 0) {
        stamp.n_log_bytes = st.st_size;
        stamp.log_changed = st.st_ctim;
    }
    stamp.settled =
        document_is_older(stamp.changed, now) && document_is_older(stamp.log_changed, now);
    return stamp;
}

static bool document_same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool document_is_stale(const serve_document *d, const char *db, double now)
{
    const serve_stamp *had = &d->stamp, has = document_stamp(db);
    if (d->passing && now - d->made > document_passing_age)
        return true;
    return d->status == 0 || !had->settled || had->device != has.device ||
           had->inode != has.inode || had->n_bytes != has.n_bytes ||
           had->n_log_bytes != has.n_log_bytes || !document_same_time(had->changed, has.changed) ||
           !document_same_time(had->log_changed, has.log_changed);
}

/* ---- the child --------------------------------------------------------------------------- */

/* Its own are the pipe, and what it says on stderr: connections end when their owner says so. */
static _Noreturn void document_work(const serve_document *d, const cli_serve_wish *wish,
                                    pid_t parent, int fd)
{
    sigset_t none;
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(EXIT_FAILURE);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    close_range(STDERR_FILENO + 1, (unsigned)fd - 1, 0);
    close_range((unsigned)fd + 1, ~0U, 0);
    serve_render(wish, d->kind, d->uid, fd);
}

static bool document_start(serve_document *d, const cli_serve_wish *wish)
{
    int ends[2];
    const pid_t parent = getpid();
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    d->next_stamp = document_stamp(wish->asking.options.db);
    fflush(NULL);
    d->child = fork();
    if (d->child == 0)
        document_work(d, wish, parent, ends[1]);
    close(ends[1]);
    if (d->child > 0)
        setpgid(d->child, d->child); /* whoever comes first */
    if (d->child < 0) {
        d->child = 0;
        close(ends[0]);
        return false;
    }
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    d->pipe = ends[0];
    d->begun = bnn_clock_seconds(CLOCK_MONOTONIC);
    d->ended_for = NULL;
    d->n_incoming = 0;
    return true;
}

serve_readiness serve_document_ask(serve_document *d, const cli_serve_wish *wish)
{
    const double now = bnn_clock_seconds(CLOCK_MONOTONIC), least = DOCUMENT_RESTS * d->cost;
    const double rest = d->kind == SERVE_PROGRESS ? document_progress_rest : document_rest;
    d->asked = now;
    if (d->child == 0) {
        const bool rests = d->status != 0 && now - d->made < (least > rest ? least : rest);
        if (rests || !document_is_stale(d, wish->asking.options.db, now))
            return SERVE_READY;
        if (!document_start(d, wish))
            return d->status != 0 ? SERVE_READY : SERVE_BUSY;
    }
    return d->status != 0 && d->cost > document_long && now - d->made < document_young ? SERVE_READY
                                                                                       : SERVE_WAIT;
}

/* ---- what it has made -------------------------------------------------------------------- */

double serve_document_left(const serve_document *d)
{
    return d->ended_for != NULL ? (double)INFINITY
                                : d->begun + document_limit - bnn_clock_seconds(CLOCK_MONOTONIC);
}

/* The pipe tells when it is gone. */
static void document_end(serve_document *d, unsigned status, const char *why)
{
    d->ended_for = why;
    d->ended_status = status;
    kill(-d->child, SIGKILL);
}

static bool document_grow(serve_document *d)
{
    const size_t capacity = 2 * d->capacity + (size_t)8 * BUFSIZ;
    char *grown = realloc(d->incoming, capacity);
    if (grown == NULL)
        return false;
    d->incoming = grown;
    d->capacity = capacity;
    return true;
}

/* False when there is no more for now; *ended: and there will be none. What is left of one that was ended is lost. */
static bool document_read(serve_document *d, bool *ended)
{
    static char lost[BUFSIZ];
    if (d->ended_for == NULL && d->capacity - d->n_incoming < BUFSIZ && !document_grow(d))
        document_end(d, 500, "out of memory");
    const bool kept = d->ended_for == NULL;
    const ssize_t n = read(d->pipe, kept ? d->incoming + d->n_incoming : lost,
                           kept ? d->capacity - d->n_incoming : sizeof lost);
    if (n > 0 && kept)
        d->n_incoming += (size_t)n;
    *ended = n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
    return n > 0 || (n < 0 && errno == EINTR);
}

static double document_seconds(struct timeval t)
{
    return (double)t.tv_sec + 1e-6 * (double)t.tv_usec;
}

/* In place of what the child has not made: it has crashed, or was killed. */
static void document_excuse(serve_document *d, int wait_status)
{
    char message[CLI_TEXT_MAX];
    const char *why = d->ended_for != NULL       ? d->ended_for
                      : WIFSIGNALED(wait_status) ? strsignal(WTERMSIG(wait_status))
                                                 : "out of memory";
    snprintf(message, sizeof message, "the page could not be made: %s\n", why);
    d->n_incoming = d->capacity < sizeof message && !document_grow(d) ? 0 : strlen(message);
    if (d->n_incoming > 0)
        memcpy(d->incoming, message, d->n_incoming);
}

static void document_accept(serve_document *d, int wait_status)
{
    serve_answer answer = {.status = d->ended_for != NULL ? d->ended_status : 500, .passing = true};
    char tag[BNN_SHA256_HEX];
    if (d->ended_for == NULL && d->n_incoming >= sizeof answer && WIFEXITED(wait_status) &&
        WEXITSTATUS(wait_status) == 0) {
        memcpy(&answer, d->incoming, sizeof answer);
        d->n_incoming -= sizeof answer;
        memmove(d->incoming, d->incoming + sizeof answer, d->n_incoming);
    } else
        document_excuse(d, wait_status);
    bnn_sha256(d->n_incoming > 0 ? d->incoming : "", d->n_incoming, tag);
    if (strcmp(tag, d->tag) != 0 || answer.status != d->status)
        d->version++;
    memcpy(d->tag, tag, sizeof tag);
    free(d->text);
    d->text = d->incoming;
    d->n = d->n_incoming;
    d->status = answer.status;
    d->passing = answer.passing;
    d->incoming = NULL;
    d->capacity = 0;
}

bool serve_document_take(serve_document *d)
{
    bool ended = false;
    int wait_status = 0;
    struct rusage used = {.ru_utime = {0}};
    if (serve_document_left(d) <= 0)
        document_end(d, 504, "it took more than a minute");
    while (document_read(d, &ended))
        continue;
    if (!ended)
        return false;
    close(d->pipe);
    kill(-d->child, SIGKILL); /* what it has started, if it was killed itself */
    while (wait4(d->child, &wait_status, 0, &used) < 0 && errno == EINTR)
        continue;
    d->child = 0;
    d->cost = document_seconds(used.ru_utime) + document_seconds(used.ru_stime);
    d->made = bnn_clock_seconds(CLOCK_MONOTONIC);
    d->stamp = d->next_stamp;
    document_accept(d, wait_status);
    return true;
}

void serve_document_drop(serve_document *d)
{
    if (d->child != 0) {
        kill(-d->child, SIGKILL);
        waitpid(d->child, NULL, 0);
        close(d->pipe);
    }
    free(d->incoming);
    free(d->text);
    *d = (serve_document){.kind = d->kind};
}
