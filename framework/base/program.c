#include "base/program.h"

#include "base/child.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PROGRAM_LIMIT_BYTES = 100 << 20 };

typedef struct program_limits {
    double end;
    int out;
} program_limits;

/* One that prints without an end is late, too. */
static bool program_is_late(void *context, pid_t child)
{
    const program_limits *limits = context;
    struct stat st;
    (void)child;
    return bnn_clock_seconds(CLOCK_MONOTONIC) > limits->end ||
           (fstat(limits->out, &st) == 0 && st.st_size > PROGRAM_LIMIT_BYTES);
}

static int program_fail_read(const char *name, bnn_error *err)
{
    return bnn_fail_errno(err, BNN_E_RESOURCE, "cannot read what %s prints", name);
}

static int program_read(int fd, const char *name, bnn_arena *arena, char **out, bnn_error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return program_fail_read(name, err);
    const size_t n = st.st_size < PROGRAM_LIMIT_BYTES ? (size_t)st.st_size : PROGRAM_LIMIT_BYTES;
    size_t used = 0;
    ssize_t k = 1;
    char *text = bnn_arena_alloc(arena, n + 1, 1);
    if (text == NULL)
        return bnn_no_memory(err);
    for (; used < n && k > 0; used += (size_t)(k > 0 ? k : 0))
        k = pread(fd, text + used, n - used, (off_t)used);
    *out = text;
    return k < 0 ? program_fail_read(name, err) : BNN_OK;
}

/* What stands before it may be a warning. */
static char *program_last_line(char *text)
{
    size_t n = strlen(text);
    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == ' '))
        text[--n] = '\0';
    char *line = strrchr(text, '\n');
    return line == NULL ? text : line + 1;
}

int bnn_program_run(const char *const *argv, double seconds, bnn_arena *arena, bnn_program *p,
                    bnn_error *err)
{
    int wait_status = 0, status = BNN_OK;
    pid_t pid;
    char *out = NULL, *said = NULL;
    *p = (bnn_program){.status = -1};
    const int out_fd = memfd_create("out", MFD_CLOEXEC),
              said_fd = memfd_create("said", MFD_CLOEXEC);
    if (out_fd < 0 || said_fd < 0)
        status = program_fail_read(argv[0], err);
    program_limits limits = {bnn_clock_seconds(CLOCK_MONOTONIC) + seconds, out_fd};
    const int failure =
        status == BNN_OK ? bnn_child_spawn(argv, -1, out_fd, said_fd, &pid) : status;
    if (failure > 0 && bnn_fault_remedy(failure) != NULL) {
        errno = failure;
        status = bnn_fail_errno(err, BNN_E_RESOURCE, "cannot start %s", argv[0]);
    }
    if (failure == 0) {
        p->started = true;
        p->ended = bnn_child_wait(pid, program_is_late, &limits, &wait_status);
        p->status = p->ended && WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : -1;
    }
    if (status == BNN_OK)
        status = program_read(out_fd, argv[0], arena, &out, err);
    if (status == BNN_OK)
        status = program_read(said_fd, argv[0], arena, &said, err);
    if (status == BNN_OK) {
        p->out = out;
        p->said = bnn_text_clean(program_last_line(said), "");
    }
    if (out_fd >= 0)
        close(out_fd);
    if (said_fd >= 0)
        close(said_fd);
    return status;
}
