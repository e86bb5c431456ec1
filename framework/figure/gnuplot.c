/* gnuplot.c - the program gnuplot: a script goes in, a drawing comes out. */
#include "figure/figure_internal.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Its three streams. */
typedef struct gnuplot_files {
    FILE *script, *drawing, *messages;
} gnuplot_files;

enum { GNUPLOT_VARIABLES = 3 };

/* The environment, in which numbers have a point and times are none. */
static char **gnuplot_environment(bnn_arena *arena)
{
    static const char *const own[GNUPLOT_VARIABLES] = {"LC_ALL=C.UTF-8", "SOURCE_DATE_EPOCH=0",
                                                       "GNUTERM=unknown"};
    size_t n = 0;
    while (environ[n] != NULL)
        n++;
    char **all = bnn_arena_alloc(arena, n + GNUPLOT_VARIABLES + 1, sizeof *all);
    if (all == NULL)
        return NULL;
    size_t k = 0;
    for (size_t i = 0; i < GNUPLOT_VARIABLES; i++)
        if ((all[k++] = bnn_arena_strdup(arena, own[i])) == NULL)
            return NULL;
    for (size_t i = 0; i < n; i++) {
        bool taken = false;
        for (size_t j = 0; j < GNUPLOT_VARIABLES; j++)
            taken |= strncmp(environ[i], own[j], strcspn(own[j], "=") + 1) == 0;
        if (!taken)
            all[k++] = environ[i];
    }
    return all;
}

/* A file in memory: who only looks writes nothing to a disk. */
static FILE *gnuplot_open_file(void)
{
    const int fd = memfd_create("gnuplot", MFD_CLOEXEC);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w+");
    if (file == NULL && fd >= 0)
        close(fd);
    return file;
}

static int gnuplot_set(posix_spawnattr_t *attributes, posix_spawn_file_actions_t *actions,
                       const gnuplot_files *files)
{
    FILE *const streams[] = {files->script, files->drawing, files->messages};
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setsigdefault(attributes, &all);
    posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    int failure = 0;
    for (int i = 0; failure == 0 && i < 3; i++)
        failure = posix_spawn_file_actions_adddup2(actions, fileno(streams[i]), i);
    return failure;
}

static int gnuplot_spawn(const gnuplot_files *files, char **environment, pid_t *out)
{
    static char name[] = "gnuplot", defaults[] = "-d";
    char *const argv[] = {name, defaults, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_init(&actions);
    int failure = gnuplot_set(&attributes, &actions, files);
    if (failure == 0)
        failure = posix_spawnp(out, name, &actions, &attributes, argv, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return failure;
}

/* The end of what it says, on one line. */
static void gnuplot_said(FILE *messages, char *out, size_t out_bytes)
{
    char line[200];
    out[0] = '\0';
    rewind(messages);
    while (fgets(line, sizeof line, messages) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (line[strspn(line, " \t^")] != '\0')
            snprintf(out, out_bytes, "%s", line + strspn(line, " \t"));
    }
}

static int gnuplot_read(FILE *file, bnn_arena *arena, bnn_drawing *out, bnn_error *err)
{
    const long n = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    if (n < 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "cannot read what gnuplot has drawn");
    char *bytes = bnn_arena_alloc(arena, (size_t)n + 1, 1);
    if (bytes == NULL)
        return bnn_no_memory(err);
    rewind(file);
    if (fread(bytes, 1, (size_t)n, file) != (size_t)n)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "cannot read what gnuplot has drawn");
    *out = (bnn_drawing){bytes, (size_t)n};
    return BNN_OK;
}

static int gnuplot_run(const gnuplot_files *files, bnn_arena *arena, bnn_error *err)
{
    pid_t child = 0;
    int exit = 0;
    char said[200];
    char **environment = gnuplot_environment(arena);
    if (environment == NULL)
        return bnn_no_memory(err);
    const int failure = gnuplot_spawn(files, environment, &child);
    if (failure == ENOENT)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "figures are drawn by gnuplot, which is not installed (Debian package "
                        "gnuplot-nox)");
    if (failure != 0) {
        errno = failure;
        return bnn_fail_errno(err, BNN_E_RESOURCE, "cannot start gnuplot");
    }
    while (waitpid(child, &exit, 0) < 0 && errno == EINTR)
        continue;
    if (exit == 0)
        return BNN_OK;
    gnuplot_said(files->messages, said, sizeof said);
    return bnn_fail(err, BNN_E_RESOURCE, "gnuplot failed%s%s; 5.2 or newer is needed",
                    said[0] == '\0' ? "" : ": ", said);
}

int figure_run_gnuplot(const char *script, size_t n, bnn_arena *arena, bnn_drawing *out,
                       bnn_error *err)
{
    const gnuplot_files files = {gnuplot_open_file(), gnuplot_open_file(), gnuplot_open_file()};
    int status = BNN_OK;
    if (files.script == NULL || files.drawing == NULL || files.messages == NULL ||
        fwrite(script, 1, n, files.script) != n || fflush(files.script) != 0 ||
        fseek(files.script, 0, SEEK_SET) != 0)
        status = bnn_fail_errno(err, BNN_E_RESOURCE, "cannot write what gnuplot is to draw");
    if (status == BNN_OK)
        status = gnuplot_run(&files, arena, err);
    if (status == BNN_OK)
        status = gnuplot_read(files.drawing, arena, out, err);
    FILE *const all[] = {files.script, files.drawing, files.messages};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i] != NULL)
            fclose(all[i]);
    return status;
}
