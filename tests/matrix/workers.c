#include "tests/matrix/workers.h"

#include "base/size.h"
#include "tests/matrix/exports.h"
#include "tests/matrix/network.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS_MAX = 256 };

/* What all of them share. */
typedef struct shared_work {
    atomic_size_t next;               /* the first point that nobody has taken */
    atomic_size_t begun[WORKERS_MAX]; /* the last point that a worker began, from 1 */
} shared_work;

static volatile sig_atomic_t stopped;

static void note_signal(int number)
{
    (void)number;
    stopped = 1;
}

/* ---- in a worker ------------------------------------------------------------------------- */

/* A few at a time, that all workers have something to do to the end. */
static uint32_t batch_size(const matrix *m)
{
    const size_t share = m->n / m->options.jobs;
    return share > MATRIX_BATCH ? MATRIX_BATCH : share > 0 ? (uint32_t)share : 1;
}

static void batch_try(const matrix *m, const char *folder, shared_work *work, uint32_t worker,
                      size_t first, uint32_t n, float *logits, matrix_result *results)
{
    bnn_error err;
    const size_t size = (size_t)m->data.test.n * m->data.n_classes;
    bool any = false;
    for (uint32_t i = 0; i < n; i++) {
        atomic_store(&work->begun[worker], first + i + 1);
        matrix_network_try(m, first + i, folder, i, logits + i * size, &results[i]);
        any |= results[i].outcome == MATRIX_TRIED;
    }
    if (folder == NULL || !any || matrix_exports_run(m, folder, n, logits, results, &err) == BNN_OK)
        return;
    for (uint32_t i = 0; i < n; i++)
        if (results[i].outcome == MATRIX_TRIED)
            matrix_result_fail(&results[i], err.message);
}

/* The life of a worker: its exit status. */
static int worker_run(const matrix *m, shared_work *work, uint32_t worker, int to)
{
    char path[PATH_MAX];
    matrix_result results[MATRIX_BATCH];
    bnn_error err;
    const uint32_t size = batch_size(m);
    const char *folder = m->options.engines ? NULL : path;
    float *logits = malloc((size_t)size * m->data.test.n * m->data.n_classes * sizeof *logits);
    snprintf(path, sizeof path, "%s/%u", m->folder, worker);
    if (logits == NULL || (folder != NULL && matrix_exports_begin(m, folder, &err) != BNN_OK))
        return 1;
    for (size_t first; (first = atomic_fetch_add(&work->next, size)) < m->n;) {
        const uint32_t n = (uint32_t)bnn_size_smaller(size, m->n - first);
        batch_try(m, folder, work, worker, first, n, logits, results);
        for (uint32_t i = 0; i < n; i++)
            if (write(to, &results[i], sizeof results[i]) != (ssize_t)sizeof results[i])
                return 1;
    }
    free(logits);
    return 0;
}

/* ---- in front of them -------------------------------------------------------------------- */

/* What a pipe has in one piece has the size of one. */
_Static_assert(sizeof(matrix_result) <= PIPE_BUF, "a result is written in one piece");

static int results_read(int from, bool *done, void (*take)(void *, const matrix_result *),
                        void *context, bnn_error *err)
{
    matrix_result result;
    ssize_t n;
    while ((n = read(from, &result, sizeof result)) == (ssize_t)sizeof result) {
        done[result.point] = true;
        take(context, &result);
    }
    if (stopped)
        return bnn_fail(err, BNN_E_INTERRUPTED, "stopped");
    return n == 0 ? BNN_OK : bnn_fail_errno(err, BNN_E_INTERNAL, "cannot read from a worker");
}

/* The points that are missing failed: those of workers that ended by themselves. */
static void missing_take(const matrix *m, const shared_work *work, const int *ends,
                         const bool *done, void (*take)(void *, const matrix_result *),
                         void *context)
{
    for (size_t i = 0; i < m->n; i++) {
        matrix_result result = {.point = i, .outcome = MATRIX_FAILED};
        if (done[i])
            continue;
        snprintf(result.message, sizeof result.message, "not tried: its worker had ended");
        for (uint32_t k = 0; k < m->options.jobs; k++)
            if (atomic_load(&work->begun[k]) == i + 1)
                snprintf(result.message, sizeof result.message, "its worker ended with %s %d",
                         WIFSIGNALED(ends[k]) ? "signal" : "status",
                         WIFSIGNALED(ends[k]) ? WTERMSIG(ends[k]) : WEXITSTATUS(ends[k]));
        take(context, &result);
    }
}

static pid_t worker_start(const matrix *m, shared_work *work, uint32_t worker, const int ends[2])
{
    const pid_t child = fork();
    if (child != 0)
        return child;
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    close(ends[0]);
    _exit(worker_run(m, work, worker, ends[1]));
}

static void workers_catch_signals(void)
{
    const struct sigaction action = {.sa_handler = note_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

int matrix_workers_run(const matrix *m, void (*take)(void *context, const matrix_result *result),
                       void *context, bnn_error *err)
{
    pid_t children[WORKERS_MAX];
    int ends[2], statuses[WORKERS_MAX] = {0};
    bool *done = bnn_arena_alloc(m->arena, m->n, sizeof *done);
    shared_work *work =
        mmap(NULL, sizeof *work, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (done == NULL || work == MAP_FAILED)
        return bnn_no_memory(err);
    if (pipe(ends) != 0)
        return bnn_fail_errno(err, BNN_E_INTERNAL, "cannot make a pipe");
    workers_catch_signals();
    fflush(stdout);
    uint32_t n = 0;
    while (n < m->options.jobs && (children[n] = worker_start(m, work, n, ends)) > 0)
        n++;
    close(ends[1]);
    int status = n == m->options.jobs ? results_read(ends[0], done, take, context, err)
                                      : bnn_fail_errno(err, BNN_E_INTERNAL, "cannot fork");
    close(ends[0]);
    for (uint32_t i = 0; i < n; i++) {
        if (status != BNN_OK)
            kill(children[i], SIGTERM);
        while (waitpid(children[i], &statuses[i], 0) < 0 && errno == EINTR)
            continue;
    }
    if (status == BNN_OK)
        missing_take(m, work, statuses, done, take, context);
    munmap(work, sizeof *work);
    return status;
}
