/* tools.c - programs of others that some commands start, and what goes without them. */
#include "base/path.h"
#include "cli/doctor/doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
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

/* The first line that the program says of its version; false when it does not start, or fails. */
static bool tools_ask(const char *path, char line[200])
{
    int ends[2], wait_status = -1;
    pid_t pid;
    char program[PATH_MAX], version[] = "--version";
    char *const argv[] = {program, version, NULL};
    posix_spawn_file_actions_t actions;
    snprintf(program, sizeof program, "%s", path);
    line[0] = '\0';
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    const bool started = posix_spawn(&pid, path, &actions, NULL, argv, environ) == 0;
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    FILE *answer = fdopen(ends[0], "r");
    if (answer != NULL && fgets(line, 200, answer) == NULL)
        line[0] = '\0';
    line[strcspn(line, "\n")] = '\0';
    for (int other = 0; answer != NULL && other != EOF;)
        other = fgetc(answer);
    if (answer != NULL)
        fclose(answer);
    while (started && waitpid(pid, &wait_status, 0) < 0 && errno == EINTR)
        continue;
    return started && wait_status == 0;
}

static void tools_try(doctor *d, const tools_row *row)
{
    char path[PATH_MAX], line[200];
    const char *list = getenv("PATH");
    if (list == NULL || !bnn_path_find(list, row->name, path))
        doctor_note(d, DOCTOR_OK, "tools", row->without, "%s: not here", row->name);
    else if (!tools_ask(path, line))
        doctor_note(d, DOCTOR_WARNING, "tools", row->without, "%s: does not start", path);
    else
        doctor_note(d, DOCTOR_OK, "tools", NULL, "%s: %s", path, line);
}

void doctor_look_at_tools(doctor *d)
{
    for (size_t i = 0; i < sizeof tools_rows / sizeof *tools_rows; i++)
        tools_try(d, &tools_rows[i]);
}
