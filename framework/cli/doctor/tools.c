/* tools.c - programs of others that some commands start, and what goes without them. */
#include "base/child.h"
#include "base/clock.h"
#include "base/path.h"
#include "cli/doctor/doctor.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

typedef struct tools_row {
    const char *name;
    const char *without; /* what does not go then, and how to get it */
} tools_row;

static const tools_row tools_rows[] = {
    {"gnuplot", "`bnnrun plot` needs it (Debian package gnuplot-nox)"},
    {"node", "onnxruntime in `bnnrun bench` needs it, and onnxruntime-node"},
    {"cc", "to build plugins and exported C (Debian package gcc)"},
};

enum { TOOLS_SECONDS = 2, TOOLS_LINE = 200 };

static bool tools_is_late(void *end, pid_t child)
{
    (void)child;
    return bnn_clock_seconds(CLOCK_MONOTONIC) > *(const double *)end;
}

/* The first line of what comes before the end; what follows is read, too, so that the program can write it. */
static void tools_read_line(int fd, double end, char line[TOOLS_LINE])
{
    const double millisecond = 1e-3;
    char text[512];
    size_t used = 0;
    for (;;) {
        const double left = (end - bnn_clock_seconds(CLOCK_MONOTONIC)) / millisecond;
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        if (left <= 0.0 || poll(&wait, 1, (int)left + 1) <= 0)
            break;
        const ssize_t n = read(fd, text, sizeof text);
        if (n <= 0)
            break;
        for (size_t i = 0; i < (size_t)n && used + 1 < TOOLS_LINE; i++)
            line[used++] = text[i];
    }
    line[used] = '\0';
    line[strcspn(line, "\n")] = '\0';
}

static bool tools_spawn(const char *path, int output, pid_t *pid)
{
    char program[PATH_MAX], version[] = "--version";
    char *const argv[] = {program, version, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    snprintf(program, sizeof program, "%s", path);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETPGROUP); /* to be ended with what it starts */
    const bool started = posix_spawn(pid, path, &actions, &attributes, argv, environ) == 0;
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return started;
}

/* The first line that the program says of its version; false when it does not start, fails, or says nothing in time. */
static bool tools_ask(const char *path, char line[TOOLS_LINE])
{
    double end = bnn_clock_seconds(CLOCK_MONOTONIC) + TOOLS_SECONDS;
    int ends[2], wait_status = -1;
    pid_t pid;
    line[0] = '\0';
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    const bool started = tools_spawn(path, ends[1], &pid);
    close(ends[1]);
    if (started)
        tools_read_line(ends[0], end, line);
    const bool ended = started && bnn_child_wait(pid, tools_is_late, &end, &wait_status);
    close(ends[0]);
    return ended && wait_status == 0;
}

static void tools_try(doctor *d, const tools_row *row)
{
    char path[PATH_MAX], line[TOOLS_LINE];
    const char *list = getenv("PATH");
    if (list == NULL || !bnn_path_find(list, row->name, path))
        doctor_note(d, DOCTOR_OK, "tools", row->without, "%s: not here", row->name);
    else if (!tools_ask(path, line))
        doctor_note(d, DOCTOR_WARNING, "tools", row->without, "%s: does not start, or answer",
                    path);
    else
        doctor_note(d, DOCTOR_OK, "tools", NULL, "%s: %s", path, line);
}

void doctor_look_at_tools(doctor *d)
{
    for (size_t i = 0; i < sizeof tools_rows / sizeof *tools_rows; i++)
        tools_try(d, &tools_rows[i]);
}
