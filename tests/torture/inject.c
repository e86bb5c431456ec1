/* inject.c - a library to preload (LD_PRELOAD), which makes one call of a program fail, counted from the
 * beginning of main() over all its threads and processes. What the program executes is left alone. faults.h
 * says how it is told which. */
#include "tests/torture/faults.h"
#include "tests/torture/symbols.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static torture_report *report;
static torture_paths *paths;   /* or NULL */
static int n_sites;            /* callers of a path that count; 0: all */
static int group = -1, reason; /* of what is to fail */
static uint64_t number;
static bool goes_on;
static bool each; /* path fails once, in whichever process: what has failed is noted in paths */
static _Atomic bool begun;
static __thread int inside; /* calls of the library itself do not count */

/* The definition behind the one that stands here. */
#define NEXT(name)                 \
    static __typeof__(name) *next; \
    if (next == NULL)              \
    next = (__typeof__(name) *)(uintptr_t)dlsym(RTLD_NEXT, #name)

static void note_frames(void)
{
    void *frames[TORTURE_FRAMES_MAX];
    inside++;
    const int n = backtrace(frames, TORTURE_FRAMES_MAX);
    for (int i = 0; i < n; i++) {
        Dl_info info;
        if (dladdr(frames[i], &info) == 0 || info.dli_fname == NULL)
            continue;
        const char *slash = strrchr(info.dli_fname, '/');
        snprintf(report->frames[i], TORTURE_FRAME_TEXT, "%s+%#tx %s",
                 slash != NULL ? slash + 1 : info.dli_fname,
                 (char *)frames[i] - (char *)info.dli_fbase,
                 info.dli_sname != NULL ? info.dli_sname : "");
    }
    report->n_frames = n;
    inside--;
}

static uintptr_t program_at, program_begin, program_end; /* the program, and its code */

static bool is_of_program(uintptr_t at)
{
    return at >= program_begin && at < program_end;
}

static int take_frames(void *frames[TORTURE_FRAMES_MAX])
{
    inside++;
    const int n = backtrace(frames, TORTURE_FRAMES_MAX);
    inside--;
    return n;
}

static uint64_t hash_more(uint64_t hash, uint64_t more)
{
    return (hash ^ more) * UINT64_C(0x100000001b3);
}

/* Never 0. Of n_sites callers of the program it is the same in each process. */
static uint64_t hash_path(void)
{
    void *frames[TORTURE_FRAMES_MAX];
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    const int n_frames = take_frames(frames);
    for (int i = 0, n = 0; i < n_frames && (n_sites == 0 || n < n_sites); i++) {
        const uintptr_t at = (uintptr_t)frames[i];
        if (n_sites > 0 && !is_of_program(at))
            continue;
        hash = hash_more(hash, n_sites > 0 ? at - program_begin : at);
        n++;
    }
    return hash + (hash == 0);
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* Of a unit test, or of what executes these, whose functions that others see have other names than bnnrun's. */
static bool is_test(const torture_symbol *function)
{
    const char *file = function->file;
    if (file[0] == '\0')
        return !begins(function->name, "bnn_") && !begins(function->name, "cli_");
    return begins(file, "check_") || strcmp(file, "check.c") == 0 || begins(file, "libgcov") ||
           strstr(file, "_fixture.c") != NULL;
}

/* Tests take it for granted that what they make themselves is there. */
static bool is_maker(const torture_symbol *function)
{
    const size_t n = strlen(function->name), n_create = strlen("_create");
    return n > n_create && strcmp(function->name + n - n_create, "_create") == 0;
}

/* The same in all programs that have these functions. 0: it is a test that makes the call, or nobody is known. */
static uint64_t hash_functions(void)
{
    void *frames[TORTURE_FRAMES_MAX];
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    bool is_ours = false, is_made = false;
    const int n_frames = take_frames(frames);
    for (int i = 0, n = 0; i < n_frames && n < n_sites; i++) {
        const uintptr_t at = (uintptr_t)frames[i] - program_at;
        const torture_symbol *function =
            is_of_program((uintptr_t)frames[i]) ? torture_symbol_of(at) : NULL;
        if (function == NULL)
            continue;
        if ((!is_ours || is_made) && is_test(function))
            return 0;
        is_made = is_maker(function);
        is_ours |= strcmp(function->file, "arena.c") != 0 && !begins(function->name, "bnn_arena_");
        for (const char *c = function->name; *c != '\0'; c++)
            hash = hash_more(hash, (unsigned char)*c);
        hash = hash_more(hash, at - function->at);
        n++;
    }
    return is_ours ? hash + (hash == 0) : 0;
}

/* Whether it is the first by its path. */
static bool note_path(torture_calls calls, uint64_t hash, uint64_t n)
{
    for (uint64_t i = 0; i < TORTURE_PATHS_MAX; i++) {
        const uint64_t at = ((hash >> 32) + i) % TORTURE_PATHS_MAX;
        uint64_t found = 0;
        if (atomic_compare_exchange_strong(&paths->of[calls][at].hash, &found, hash))
            atomic_store(&paths->of[calls][at].first, n);
        if (found == 0 || found == hash)
            return found == 0;
    }
    return false;
}

static bool fails_by_path(torture_calls calls, uint64_t n)
{
    if ((int)calls != group)
        return false;
    const uint64_t hash = hash_functions();
    return hash != 0 && note_path(calls, hash, n);
}

/* Whether this call is to fail; then errno is set. */
static bool fails(torture_calls calls)
{
    if (report == NULL || inside > 0 || !begun)
        return false;
    const uint64_t n = 1 + atomic_fetch_add(&report->n_calls[calls], 1);
    if (paths != NULL && !each)
        note_path(calls, hash_path(), n);
    if (each ? !fails_by_path(calls, n)
             : (int)calls != group || (goes_on ? n < number : n != number))
        return false;
    if (atomic_fetch_add(&report->n_failed, 1) == 0)
        note_frames();
    errno = reason;
    return true;
}

/* The program is the first. */
static int find_program(struct dl_phdr_info *info, size_t n, void *context)
{
    (void)n;
    (void)context;
    program_at = info->dlpi_addr;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || (part->p_flags & PF_X) == 0)
            continue;
        program_begin = info->dlpi_addr + part->p_vaddr;
        program_end = program_begin + part->p_memsz;
    }
    return 1;
}

static bool fails_to_allocate(const void *caller)
{
    return (is_of_program((uintptr_t)caller) && fails(TORTURE_OWN)) || fails(TORTURE_ALLOC);
}

/* NULL when there is none. */
static void *map_shared(const char *path, size_t n)
{
    const int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *map = fd < 0 ? MAP_FAILED : mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd >= 0)
        close(fd);
    return map != MAP_FAILED ? map : NULL;
}

__attribute__((constructor)) static void prepare(void)
{
    const char *asked = getenv(TORTURE_FAULT), *sites = getenv(TORTURE_SITES);
    char more = '\0';
    void *frame;
    inside++;
    torture_report *counts = map_shared(getenv(TORTURE_REPORT), sizeof *counts);
    paths = map_shared(getenv(TORTURE_PATHS), sizeof *paths);
    n_sites = sites != NULL ? (int)strtol(sites, NULL, 10) : 0;
    dl_iterate_phdr(find_program, NULL);
    backtrace(&frame, 1); /* loads what it needs */
    unsetenv("LD_PRELOAD");
    if (asked != NULL && counts != NULL &&
        sscanf(asked, "%d:%lu:%d%c", &group, &number, &reason, &more) >= 3) {
        goes_on = more == '+';
        each = more == '*' && paths != NULL && torture_symbols_load();
        report = more != '*' || each ? counts : NULL;
    }
    inside--;
}

/* ---- main() --------------------------------------------------------------------------------------- */

static int (*program_main)(int, char **, char **);

static int main_counted(int argc, char **argv, char **environment)
{
    begun = true;
    const int status = program_main(argc, argv, environment);
    begun = false; /* what looks for leaks, or has counted lines, has files of its own */
    return status;
}

int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void *stack_end);
int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void *stack_end)
{
    NEXT(__libc_start_main);
    program_main = main;
    return next(main_counted, argc, argv, init, fini, rtld_fini, stack_end);
}

/* ---- memory --------------------------------------------------------------------------------------- */

void *malloc(size_t n)
{
    NEXT(malloc);
    return fails_to_allocate(__builtin_return_address(0)) ? NULL : next(n);
}

void *calloc(size_t n, size_t size)
{
    NEXT(calloc);
    return fails_to_allocate(__builtin_return_address(0)) ? NULL : next(n, size);
}

void *realloc(void *old, size_t n)
{
    NEXT(realloc);
    return fails_to_allocate(__builtin_return_address(0)) ? NULL : next(old, n);
}

void *aligned_alloc(size_t alignment, size_t n)
{
    NEXT(aligned_alloc);
    return fails_to_allocate(__builtin_return_address(0)) ? NULL : next(alignment, n);
}

int posix_memalign(void **out, size_t alignment, size_t n)
{
    NEXT(posix_memalign);
    return fails_to_allocate(__builtin_return_address(0)) ? ENOMEM : next(out, alignment, n);
}

#define MAP(name)                                                                               \
    void *name(void *where, size_t n, int protection, int flags, int fd, off_t offset)          \
    {                                                                                           \
        NEXT(name);                                                                             \
        return fails(TORTURE_MAP) ? MAP_FAILED : next(where, n, protection, flags, fd, offset); \
    }
MAP(mmap)
MAP(mmap64)

/* ---- descriptors ---------------------------------------------------------------------------------- */

#define MODE(flags, mode)                         \
    mode_t mode = 0;                              \
    if (((flags) & (O_CREAT | O_TMPFILE)) != 0) { \
        va_list args;                             \
        va_start(args, flags);                    \
        mode = va_arg(args, mode_t);              \
        va_end(args);                             \
    }
#define OPEN(name)                                                 \
    int name(const char *path, int flags, ...)                     \
    {                                                              \
        NEXT(name);                                                \
        MODE(flags, mode)                                          \
        return fails(TORTURE_OPEN) ? -1 : next(path, flags, mode); \
    }
#define OPENAT(name)                                                       \
    int name(int folder, const char *path, int flags, ...)                 \
    {                                                                      \
        NEXT(name);                                                        \
        MODE(flags, mode)                                                  \
        return fails(TORTURE_OPEN) ? -1 : next(folder, path, flags, mode); \
    }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

#define FAILS(calls, type, result, name, parameters, arguments) \
    type name parameters                                        \
    {                                                           \
        NEXT(name);                                             \
        return fails(calls) ? (result) : next arguments;        \
    }
FAILS(TORTURE_OPEN, FILE *, NULL, fopen, (const char *path, const char *mode), (path, mode))
FAILS(TORTURE_OPEN, FILE *, NULL, fopen64, (const char *path, const char *mode), (path, mode))
FAILS(TORTURE_OPEN, DIR *, NULL, opendir, (const char *path), (path))
FAILS(TORTURE_OPEN, int, -1, pipe2, (int fds[2], int flags), (fds, flags))
FAILS(TORTURE_OPEN, int, -1, dup, (int fd), (fd))
FAILS(TORTURE_OPEN, int, -1, eventfd, (unsigned n, int flags), (n, flags))
FAILS(TORTURE_OPEN, int, -1, epoll_create1, (int flags), (flags))
FAILS(TORTURE_OPEN, int, -1, signalfd, (int fd, const sigset_t *set, int flags), (fd, set, flags))
FAILS(TORTURE_OPEN, int, -1, socketpair, (int domain, int type, int protocol, int fds[2]),
      (domain, type, protocol, fds))
FAILS(TORTURE_OPEN, int, -1, memfd_create, (const char *name, unsigned flags), (name, flags))

FAILS(TORTURE_READ, ssize_t, -1, read, (int fd, void *out, size_t n), (fd, out, n))
FAILS(TORTURE_READ, ssize_t, -1, pread, (int fd, void *out, size_t n, off_t at), (fd, out, n, at))
FAILS(TORTURE_READ, ssize_t, -1, pread64, (int fd, void *out, size_t n, off_t at), (fd, out, n, at))
/* Without a reason, a part is written, as when a signal comes in between. */
#define WRITE(name, parameters, whole, part)                 \
    ssize_t name parameters                                  \
    {                                                        \
        NEXT(name);                                          \
        if (!fails(TORTURE_WRITE) || (reason == 0 && n < 2)) \
            return next whole;                               \
        return reason == 0 ? next part : -1;                 \
    }
WRITE(write, (int fd, const void *in, size_t n), (fd, in, n), (fd, in, n / 2))
WRITE(pwrite, (int fd, const void *in, size_t n, off_t at), (fd, in, n, at), (fd, in, n / 2, at))
WRITE(pwrite64, (int fd, const void *in, size_t n, off_t at), (fd, in, n, at), (fd, in, n / 2, at))
FAILS(TORTURE_SYNC, int, -1, fsync, (int fd), (fd))
FAILS(TORTURE_SYNC, int, -1, fdatasync, (int fd), (fd))
FAILS(TORTURE_SYNC, int, -1, syncfs, (int fd), (fd))
FAILS(TORTURE_RENAME, int, -1, rename, (const char *from, const char *to), (from, to))
FAILS(TORTURE_RENAME, int, -1, renameat, (int in, const char *from, int out, const char *to),
      (in, from, out, to))
FAILS(TORTURE_RENAME, int, -1, renameat2,
      (int in, const char *from, int out, const char *to, unsigned flags),
      (in, from, out, to, flags))
FAILS(TORTURE_UNLINK, int, -1, unlink, (const char *path), (path))
FAILS(TORTURE_UNLINK, int, -1, unlinkat, (int folder, const char *path, int flags),
      (folder, path, flags))
FAILS(TORTURE_UNLINK, int, -1, rmdir, (const char *path), (path))
FAILS(TORTURE_MKDIR, int, -1, mkdir, (const char *path, mode_t mode), (path, mode))
FAILS(TORTURE_MKDIR, int, -1, mkdirat, (int folder, const char *path, mode_t mode),
      (folder, path, mode))
FAILS(TORTURE_MKDIR, char *, NULL, mkdtemp, (char *path), (path))
FAILS(TORTURE_TRUNCATE, int, -1, ftruncate, (int fd, off_t n), (fd, n))
FAILS(TORTURE_TRUNCATE, int, -1, ftruncate64, (int fd, off_t n), (fd, n))
FAILS(TORTURE_SEND, ssize_t, -1, send, (int fd, const void *in, size_t n, int flags),
      (fd, in, n, flags))
FAILS(TORTURE_SEND, ssize_t, -1, sendmsg, (int fd, const struct msghdr *message, int flags),
      (fd, message, flags))
FAILS(TORTURE_FORK, pid_t, -1, fork, (void), ())
FAILS(TORTURE_THREAD, int, reason, pthread_create,
      (pthread_t * out, const pthread_attr_t *attributes, void *(*body)(void *), void *context),
      (out, attributes, body, context))

/* The descriptor is gone all the same. */
int close(int fd)
{
    NEXT(close);
    const bool failed = fails(TORTURE_CLOSE);
    const int result = next(fd);
    if (failed)
        errno = reason;
    return failed ? -1 : result;
}

/* ---- streams: the C library's own calls cannot be seen, so that the file behind them is another --------- */

/* -1, or what stands for fd's file meanwhile. */
static int swap(int fd, const char *path)
{
    inside++;
    const int kept = dup(fd), other = open(path, O_RDWR | O_CLOEXEC);
    if (other >= 0) {
        dup2(other, fd);
        close(other);
    }
    inside--;
    return kept;
}

static void swap_back(int fd, int kept)
{
    inside++;
    dup2(kept, fd);
    close(kept);
    inside--;
}

size_t fread(void *out, size_t size, size_t n, FILE *file)
{
    NEXT(fread);
    if (fileno(file) < 0 || !fails(TORTURE_READ))
        return next(out, size, n, file);
    const int fd = fileno(file), kept = swap(fd, "/proc/self/mem"); /* EIO at 0 */
    const size_t got = next(out, size, n, file);
    swap_back(fd, kept);
    errno = EIO;
    return got;
}

int fflush(FILE *file)
{
    NEXT(fflush);
    if (file == NULL || fileno(file) < 0 || !fails(TORTURE_FLUSH))
        return next(file);
    const int fd = fileno(file), kept = swap(fd, "/dev/full");
    const int result = next(file);
    const int why = errno;
    swap_back(fd, kept);
    errno = why;
    return result;
}

int fclose(FILE *file)
{
    NEXT(fclose);
    if (fileno(file) < 0 || !fails(TORTURE_FLUSH))
        return next(file);
    inside++;
    const int other = open("/dev/full", O_RDWR | O_CLOEXEC);
    dup2(other, fileno(file));
    close(other);
    inside--;
    return next(file);
}

/* ---- SQLite --------------------------------------------------------------------------------------- */

/* The connection whose last call was made to fail, by this thread. */
static __thread sqlite3 *struck;
static __thread int
    executing; /* sqlite3_exec: steps of its own that fail would be taken for done */

int sqlite3_step(sqlite3_stmt *statement)
{
    NEXT(sqlite3_step);
    struck = executing == 0 && fails(TORTURE_STEP) ? sqlite3_db_handle(statement) : NULL;
    return struck != NULL ? reason : next(statement);
}

int sqlite3_exec(sqlite3 *db, const char *sql, int (*row)(void *, int, char **, char **),
                 void *context, char **message)
{
    NEXT(sqlite3_exec);
    struck = fails(TORTURE_STEP) ? db : NULL;
    if (struck != NULL)
        return reason;
    executing++;
    const int code = next(db, sql, row, context, message);
    executing--;
    return code;
}

int sqlite3_errcode(sqlite3 *db)
{
    NEXT(sqlite3_errcode);
    return db != NULL && db == struck ? reason : next(db);
}

const char *sqlite3_errmsg(sqlite3 *db)
{
    NEXT(sqlite3_errmsg);
    return db != NULL && db == struck ? sqlite3_errstr(reason) : next(db);
}

int sqlite3_finalize(sqlite3_stmt *statement)
{
    NEXT(sqlite3_finalize);
    const bool failed = statement != NULL && sqlite3_db_handle(statement) == struck;
    const int code = next(statement);
    return failed ? reason : code;
}

int sqlite3_reset(sqlite3_stmt *statement)
{
    NEXT(sqlite3_reset);
    const bool failed = statement != NULL && sqlite3_db_handle(statement) == struck;
    const int code = next(statement);
    return failed ? reason : code;
}
