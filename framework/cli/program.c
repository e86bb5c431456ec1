#include "cli/program.h"

#include "base/child.h"
#include "base/clock.h"
#include "base/text.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

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

/* A group of its own, to be ended with what it starts. posix_spawnp takes arguments that it does not change. */
static bool program_spawn(const char *const *argv, int out, int said, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    union {
        const char *const *given;
        char *const *taken;
    } words = {.given = argv};
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, said, STDERR_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    const bool started =
        posix_spawnp(pid, argv[0], &actions, &attributes, words.taken, environ) == 0;
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return started;
}

static char *program_read(int fd, bnn_arena *arena)
{
    struct stat st;
    size_t n = fstat(fd, &st) == 0 && st.st_size > 0 ? (size_t)st.st_size : 0, used = 0;
    n = n < PROGRAM_LIMIT_BYTES ? n : PROGRAM_LIMIT_BYTES;
    char *text = bnn_arena_alloc(arena, n + 1, 1);
    for (ssize_t k = 1; text != NULL && used < n && k > 0; used += (size_t)(k > 0 ? k : 0))
        k = pread(fd, text + used, n - used, (off_t)used);
    return text;
}

int cli_program_run(const char *const *argv, double seconds, bnn_arena *arena, cli_program *p,
                    bnn_error *err)
{
    int wait_status = 0, status = BNN_OK;
    pid_t pid;
    char *out = NULL, *said = NULL;
    *p = (cli_program){.status = -1};
    const int out_fd = memfd_create("out", MFD_CLOEXEC),
              said_fd = memfd_create("said", MFD_CLOEXEC);
    if (out_fd < 0 || said_fd < 0)
        status = bnn_fail_errno(err, BNN_E_INTERNAL, "cannot read what %s prints", argv[0]);
    program_limits limits = {bnn_clock_seconds(CLOCK_MONOTONIC) + seconds, out_fd};
    if (status == BNN_OK)
        p->started = program_spawn(argv, out_fd, said_fd, &pid);
    if (p->started) {
        p->ended = bnn_child_wait(pid, program_is_late, &limits, &wait_status);
        p->status = p->ended && WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : -1;
    }
    if (status == BNN_OK) {
        out = program_read(out_fd, arena);
        said = program_read(said_fd, arena);
        if (out == NULL || said == NULL)
            status = bnn_no_memory(err);
    }
    if (status == BNN_OK) {
        said[strcspn(said, "\n")] = '\0';
        p->out = out;
        p->said = bnn_text_clean(said, "");
    }
    if (out_fd >= 0)
        close(out_fd);
    if (said_fd >= 0)
        close(said_fd);
    return status;
}
