#include "tests/bench/memory.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A line "KEY:  123 kB" of /proc/self/status, in bytes. */
static int read_status(const char *key, double *out_bytes, bnn_error *err)
{
    char line[256];
    bool found = false;
    FILE *file = fopen("/proc/self/status", "re");
    if (file == NULL)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "cannot read /proc/self/status");
    while (!found && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, key, strlen(key)) == 0) {
            *out_bytes = 1024.0 * strtod(line + strlen(key), NULL);
            found = true;
        }
    fclose(file);
    return found ? BNN_OK
                 : bnn_fail(err, BNN_E_RESOURCE, "/proc/self/status says nothing of %s", key);
}

/* Makes the images resident, so that they do not count. */
static void touch(const bnn_images *images, size_t image_bytes)
{
    volatile uint8_t sink = 0;
    for (size_t i = 0; i < images->n * image_bytes; i += 4096)
        sink = images->pixels[i];
    for (size_t i = 0; i < images->n; i += 4096)
        sink = images->labels[i];
    (void)sink;
}

/* What the child tells its parent. */
typedef struct answer {
    int status;
    double megabytes;
    bnn_error err;
} answer;

static void measure(const setup *s, const training *t, answer *a)
{
    const size_t image_bytes = (size_t)s->data.shape.c * s->data.shape.h * s->data.shape.w;
    double before = 0.0, peak = 0.0;
    training_result result;
    touch(&s->data.train, image_bytes);
    touch(&s->data.test, image_bytes);
    malloc_trim(0); /* free memory that the training could take again would hide its need */
    a->status = read_status("VmRSS:", &before, &a->err);
    if (a->status == BNN_OK)
        a->status = setup_train(s, t, &result, &a->err);
    if (a->status == BNN_OK)
        a->status = read_status("VmHWM:", &peak, &a->err);
    a->megabytes = (peak - before) * 1e-6;
}

int memory_of_training(const setup *s, const training *t, double *out_megabytes, bnn_error *err)
{
    int ends[2], state;
    answer a = {.status = BNN_OK};
    if (pipe(ends) != 0)
        return bnn_fail_errno(err, BNN_E_INTERNAL, "cannot make a pipe");
    const pid_t child = fork();
    if (child == 0) {
        measure(s, t, &a);
        _exit(write(ends[1], &a, sizeof a) == (ssize_t)sizeof a ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    close(ends[1]);
    int status = BNN_OK;
    if (child < 0) {
        status = bnn_fail_errno(err, BNN_E_INTERNAL, "cannot start a process");
    } else {
        /* Less than PIPE_BUF: whole or not at all. */
        const ssize_t n = read(ends[0], &a, sizeof a);
        while (waitpid(child, &state, 0) < 0 && errno == EINTR)
            ;
        if (n != (ssize_t)sizeof a)
            status = bnn_fail(err, BNN_E_INTERNAL, "the process that measures memory has died");
        else if (a.status != BNN_OK)
            status = bnn_fail(err, (bnn_status)a.status, "%s", a.err.message);
    }
    close(ends[0]);
    if (status == BNN_OK)
        *out_megabytes = a.megabytes;
    return status;
}
