/* trial.c - folders and processes; describe.c has what is in a folder. */
#include "tests/torture/trial.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FILE_LIMIT_BYTES = 1 << 28, TRIAL_BROKEN = 98, FOLDERS_OPEN = 16 };

void trial_die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("torture: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(99);
}

/* ---- folders ------------------------------------------------------------------------------ */

static struct {
    const char *from, *to;
} walk;

static int walk_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static int walk_copy(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    char to[PATH_MAX], *bytes;
    size_t n;
    bnn_error err;
    (void)ftw;
    snprintf(to, sizeof to, "%s%s", walk.to, path + strlen(walk.from));
    if (type == FTW_D)
        return mkdir(to, 0777);
    if (bnn_file_read(path, FILE_LIMIT_BYTES, &bytes, &n, &err) != BNN_OK)
        return -1;
    const int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, st->st_mode & 0777);
    const bool well = fd >= 0 && write(fd, bytes, n) == (ssize_t)n && close(fd) == 0;
    free(bytes);
    return well ? 0 : -1;
}

const char *trial_path(const trial_place *place, const char *folder, const char *name,
                       char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s/%s%s%s", place->scratch, folder, name != NULL ? "/" : "",
             name != NULL ? name : "");
    return path;
}

void trial_open(trial_place *place, const char *program, const char *library)
{
    const char *folder = getenv("TMPDIR");
    place->program = program;
    place->library = library;
    place->paths = NULL;
    place->n_sites = 0;
    place->keeps_paths = false;
    snprintf(place->scratch, sizeof place->scratch, "%.200s/bnn_torture.XXXXXX",
             folder != NULL ? folder : "/tmp");
    if (mkdtemp(place->scratch) == NULL)
        trial_die("%s: %s", place->scratch, strerror(errno));
    trial_write(place, ".", "linker", "leak:ld-linux\n");
}

void trial_close(const trial_place *place)
{
    nftw(place->scratch, walk_remove, FOLDERS_OPEN, FTW_DEPTH | FTW_PHYS);
}

void trial_copy(const trial_place *place, const char *from, const char *to)
{
    char source[PATH_MAX], target[PATH_MAX];
    walk.from = trial_path(place, from, NULL, source);
    walk.to = trial_path(place, to, NULL, target);
    nftw(target, walk_remove, FOLDERS_OPEN, FTW_DEPTH | FTW_PHYS);
    if (nftw(source, walk_copy, FOLDERS_OPEN, FTW_PHYS) != 0)
        trial_die("cannot copy %s: %s", source, strerror(errno));
}

void trial_write(const trial_place *place, const char *folder, const char *name, const char *text)
{
    char path[PATH_MAX];
    bnn_error err;
    trial_path(place, folder, name, path);
    *strrchr(path, '/') = '\0';
    if (bnn_file_make_directory(path, &err) != BNN_OK ||
        bnn_file_write(trial_path(place, folder, name, path), text, strlen(text), &err) != BNN_OK)
        trial_die("%s", err.message);
}

/* ---- processes ---------------------------------------------------------------------------- */

static void child_redirect(const trial_place *place, const char *name, int fd)
{
    char path[PATH_MAX];
    const int file = name == NULL ? open("/dev/null", O_RDONLY | O_CLOEXEC)
                                  : open(trial_path(place, name, NULL, path),
                                         O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
    if (file < 0 || dup2(file, fd) < 0)
        _exit(TRIAL_BROKEN);
}

/* What sanitizers find is a status that bnnrun does not have. Of the dynamic linker they know which of its memory is
 * no leak only where it calls malloc itself. */
static void child_set_environment(const trial_place *place, const char *folder,
                                  const trial_fault *fault)
{
    static const trial_fault none = {.calls = -1};
    char text[64], path[PATH_MAX + 64];
    const trial_fault *f = fault != NULL ? fault : &none;
    snprintf(text, sizeof text, "%d:%llu:%d%s", f->calls, (unsigned long long)f->n, f->reason,
             f->each      ? "*"
             : f->goes_on ? "+"
                          : "");
    setenv(TORTURE_FAULT, text, 1);
    setenv("XDG_CACHE_HOME", trial_path(place, folder, "cache", path), 1);
    setenv(TORTURE_REPORT, trial_path(place, "report", NULL, path), 1);
    if (place->paths != NULL)
        setenv(TORTURE_PATHS, trial_path(place, "paths", NULL, path), 1);
    snprintf(text, sizeof text, "%d", place->n_sites);
    setenv(TORTURE_SITES, text, 1);
    setenv("ASAN_OPTIONS", "verify_asan_link_order=0:allocator_may_return_null=1:exitcode=86", 1);
    snprintf(path, sizeof path, "suppressions=%s/linker:print_suppressions=0", place->scratch);
    setenv("LSAN_OPTIONS", path, 1);
    setenv("UBSAN_OPTIONS", "print_stacktrace=1:halt_on_error=1:exitcode=86", 1);
    setenv("LD_PRELOAD", place->library, 1);
}

static _Noreturn void child_execute(const trial_place *place, const char *folder, const char *words,
                                    const trial_fault *fault)
{
    char path[PATH_MAX], text[TRIAL_TEXT_MAX];
    char program[] = "bnnrun", *argv[TRIAL_WORDS_MAX + 2] = {program}, *rest = text;
    snprintf(text, sizeof text, "%s", words);
    for (int i = 1; i <= TRIAL_WORDS_MAX && rest != NULL; i++)
        argv[i] = strsep(&rest, " ");
    child_redirect(place, NULL, STDIN_FILENO);
    child_redirect(place, "out", STDOUT_FILENO);
    child_redirect(place, "err", STDERR_FILENO);
    if (chdir(trial_path(place, folder, NULL, path)) != 0)
        _exit(TRIAL_BROKEN);
    child_set_environment(place, folder, fault);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm(fault != NULL && fault->each ? TRIAL_SUITE_SECONDS : TRIAL_SECONDS);
    execv(place->program, argv);
    _exit(TRIAL_BROKEN);
}

static char *read_text(const trial_place *place, const char *name)
{
    char path[PATH_MAX], *text;
    size_t n;
    bnn_error err;
    if (bnn_file_read(trial_path(place, name, NULL, path), FILE_LIMIT_BYTES, &text, &n, &err) !=
        BNN_OK)
        trial_die("%s", err.message);
    return text;
}

/* A file of zeros, or of what it has. */
static int open_zeros(const trial_place *place, const char *name, size_t n, bool keeps)
{
    char path[PATH_MAX];
    const int fd = open(trial_path(place, name, NULL, path),
                        O_RDWR | O_CREAT | (keeps ? 0 : O_TRUNC) | O_CLOEXEC, 0666);
    if (fd < 0 || ftruncate(fd, (off_t)n) != 0)
        trial_die("%s: %s", path, strerror(errno));
    return fd;
}

/* What the library has written to it. */
static void close_read(int fd, void *out, size_t n)
{
    for (size_t at = 0; at < n;) {
        const ssize_t got = pread(fd, (char *)out + at, n - at, (off_t)at);
        if (got <= 0)
            trial_die("cannot read the report: %s", strerror(errno));
        at += (size_t)got;
    }
    close(fd);
}

void trial_run(const trial_place *place, const char *folder, const char *words,
               const trial_fault *fault, trial_outcome *out)
{
    int status;
    const int report = open_zeros(place, "report", sizeof out->report, false);
    const int paths = place->paths != NULL
                          ? open_zeros(place, "paths", sizeof *place->paths, place->keeps_paths)
                          : -1;
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0)
        child_execute(place, folder, words, fault);
    if (child < 0 || waitpid(child, &status, 0) != child)
        trial_die("cannot start %s: %s", place->program, strerror(errno));
    out->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    if (out->status == TRIAL_BROKEN)
        trial_die("cannot execute %s", place->program);
    close_read(report, &out->report, sizeof out->report);
    if (paths >= 0)
        close_read(paths, place->paths, sizeof *place->paths);
    out->out = read_text(place, "out");
    out->err = read_text(place, "err");
}

void trial_free(trial_outcome *outcome)
{
    free(outcome->out);
    free(outcome->err);
}
