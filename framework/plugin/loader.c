#include "plugin/loader.h"

#include "base/child.h"
#include "base/fault.h"
#include "base/fp_mode.h"
#include "base/sandbox.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fenv.h>
#include <limits.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__x86_64__)
enum { HOST_MACHINE = EM_X86_64 };
#elif defined(__aarch64__)
enum { HOST_MACHINE = EM_AARCH64 };
#else
#    error "bnnrun runs on x86-64 and AArch64"
#endif

enum { SEGMENTS_MAX = 256 };

/* Whether offset + n lies within a file of `size` bytes. */
static bool loader_is_inside(uint64_t offset, uint64_t n, uint64_t size)
{
    return offset <= size && n <= size - offset;
}

static int loader_fail_cut_off(uint64_t size, bnn_error *err)
{
    return bnn_fail(err, BNN_E_RESOURCE,
                    "the file is cut off at %llu bytes; build or copy it again",
                    (unsigned long long)size);
}

/* *got is less than n where the file ends before. */
static int loader_read(int fd, void *out, size_t n, uint64_t at, size_t *got, bnn_error *err)
{
    const ssize_t n_read = pread(fd, out, n, (off_t)at);
    if (n_read < 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "cannot be read");
    *got = (size_t)n_read;
    return BNN_OK;
}

/* The dynamic loader maps segments without looking at the size of the file, and the process dies
 * of SIGBUS at the first missing page. So a truncated file is found here. */
static int loader_check_segments(int fd, const ElfW(Ehdr) * elf, uint64_t size, bnn_error *err)
{
    ElfW(Phdr) segments[SEGMENTS_MAX];
    const size_t bytes = elf->e_phnum * sizeof *segments;
    if (elf->e_phentsize != sizeof *segments || elf->e_phnum == 0 || elf->e_phnum > SEGMENTS_MAX)
        return bnn_fail(err, BNN_E_RESOURCE, "a damaged ELF file (bad program headers)");
    size_t got = 0;
    bool complete = loader_is_inside(elf->e_phoff, bytes, size) &&
                    loader_is_inside(elf->e_shoff, (uint64_t)elf->e_shnum * elf->e_shentsize, size);
    if (complete && loader_read(fd, segments, bytes, elf->e_phoff, &got, err) != BNN_OK)
        return err->status;
    complete = complete && got == bytes;
    for (size_t i = 0; complete && i < elf->e_phnum; i++)
        complete = loader_is_inside(segments[i].p_offset, segments[i].p_filesz, size);
    return complete ? BNN_OK : loader_fail_cut_off(size, err);
}

static int loader_check_elf(int fd, uint64_t size, bnn_error *err)
{
    ElfW(Ehdr) elf;
    size_t got = 0;
    if (loader_read(fd, &elf, sizeof elf, 0, &got, err) != BNN_OK)
        return err->status;
    if (got < SELFMAG || memcmp(elf.e_ident, ELFMAG, SELFMAG) != 0)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "not an ELF file; a plugin is a shared object, built with cc -shared");
    if (got != sizeof elf)
        return loader_fail_cut_off(size, err);
    if (elf.e_ident[EI_CLASS] != ELFCLASS64 || elf.e_machine != HOST_MACHINE)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "built for another machine (ELF class %d, machine %d; this is class "
                        "%d, machine %d); build it here",
                        elf.e_ident[EI_CLASS], elf.e_machine, ELFCLASS64, HOST_MACHINE);
    if (elf.e_type != ET_DYN)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "an ELF file of type %d, not a shared object; build it with cc -shared",
                        elf.e_type);
    return loader_check_segments(fd, &elf, size, err);
}

static int loader_check_file(const char *path, bnn_error *err)
{
    /* O_NONBLOCK: opening a named pipe must not wait for its other end. */
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "cannot be opened");
    struct stat info;
    int status;
    if (fstat(fd, &info) != 0)
        status = bnn_fail_errno(err, BNN_E_RESOURCE, "cannot be read");
    else if (S_ISDIR(info.st_mode))
        status = bnn_fail(err, BNN_E_RESOURCE, "a directory, not a plugin");
    else if (!S_ISREG(info.st_mode))
        status = bnn_fail(err, BNN_E_RESOURCE, "not a regular file");
    else
        status = loader_check_elf(fd, (uint64_t)info.st_size, err);
    close(fd);
    return status;
}

/* dlopen, refusing what changes the floating-point mode of the thread that loads it: objects
 * linked with -ffast-math carry a constructor that turns denormals off, for all that follows. */
static int loader_open_object(const char *path, void **out, bnn_error *err)
{
    char local[PATH_MAX + 2];
    /* Without a slash dlopen would search the system's library path instead. */
    snprintf(local, sizeof local, "%s%s", strchr(path, '/') == NULL ? "./" : "", path);
    const uint64_t before = bnn_fp_mode();
    fenv_t environment;
    fegetenv(&environment);
    errno = 0;
    void *handle = dlopen(local, RTLD_NOW | RTLD_LOCAL);
    const int why = errno; /* which dlerror() may not say */
    const uint64_t after = bnn_fp_mode();
    fesetenv(&environment);
    if (handle == NULL && why == ENOMEM)
        return bnn_no_memory(err);
    if (handle == NULL) {
        const char *reason = dlerror();
        bnn_fail(err, BNN_E_RESOURCE,
                 "cannot be loaded: %s; `ldd -r` on the file shows what it misses (a "
                 "plugin calls nothing but libc, libm and the kernels it is given)",
                 reason == NULL ? "no reason given" : reason);
        err->reason = bnn_fault_remedy(why) != NULL ? why : 0;
        return BNN_E_RESOURCE;
    }
    if (before != after) {
        dlclose(handle);
        return bnn_fail(err, BNN_E_RESOURCE,
                        "changes the floating-point mode when it is loaded, which would "
                        "change the results of every run; build it without -ffast-math and -Ofast");
    }
    *out = handle;
    return BNN_OK;
}

/* What a child has come to, for its parent to see. */
typedef enum loader_stage {
    LOADER_LOADS = 1,
    LOADER_ASKS = 2, /* the entry function */
    LOADER_DONE = 3,
} loader_stage;

static int loader_load(const char *path, bnn_kind kind, const char *name, bnn_arena *arena,
                       volatile loader_stage *stage, const bnn_head **out, bnn_error *err)
{
    void *object = NULL;
    const bnn_head *(*entry)(void);
    int status = loader_check_file(path, err);
    *stage = LOADER_LOADS;
    if (status == BNN_OK)
        status = loader_open_object(path, &object, err);
    if (status != BNN_OK)
        return bnn_error_prefix(err, "%s: ", path);
    /* POSIX makes both kinds of pointer alike; ISO C has no cast that says so. */
    void *const symbol = dlsym(object, BNN_ENTRY_NAME);
    _Static_assert(sizeof entry == sizeof symbol, "a function pointer fits a data pointer");
    memcpy(&entry, &symbol, sizeof entry);
    *stage = LOADER_ASKS;
    const bnn_head *const head = symbol == NULL ? NULL : entry();
    if (symbol == NULL)
        status = bnn_fail(err, BNN_E_RESOURCE,
                          "has no symbol %s; end the source with BNN_DEFINE_STE or its like",
                          BNN_ENTRY_NAME);
    else if (head == NULL)
        status = bnn_fail(err, BNN_E_RESOURCE, "its %s gives no descriptor", BNN_ENTRY_NAME);
    else
        status = bnn_descriptor_take(head, kind, name, arena, out, err);
    if (status == BNN_OK)
        return BNN_OK;
    dlclose(object);
    return bnn_error_prefix(err, "%s: ", path);
}

int bnn_loader_open(const char *path, bnn_kind kind, const char *name, bnn_arena *arena,
                    const bnn_head **out, bnn_error *err)
{
    volatile loader_stage stage;
    return loader_load(path, kind, name, arena, &stage, out, err);
}

/* ---- files from elsewhere ---------------------------------------------------------------- */

static bool loader_is_ours(const struct stat *info)
{
    return info->st_uid == geteuid() || info->st_uid == 0;
}

/* Of a folder in which everybody may write, but replace only what is theirs, our files are ours. */
static int loader_check_writers(const char *path, bnn_error *err)
{
    char folder[PATH_MAX];
    struct stat file, around;
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash != NULL)
        slash[slash == folder] = '\0';
    if (stat(path, &file) != 0 || stat(slash == NULL ? "." : folder, &around) != 0)
        return BNN_OK; /* loading says so */
    const char *wrong = NULL;
    if (file.st_mode & S_IWOTH)
        wrong = "everybody may write to it";
    else if ((around.st_mode & S_IWOTH) && !(around.st_mode & S_ISVTX && loader_is_ours(&file)))
        wrong = "everybody may write to its folder";
    return wrong == NULL
               ? BNN_OK
               : bnn_fail(err, BNN_E_RESOURCE,
                          "%s: %s, and a plugin runs with your rights; take that right away (chmod "
                          "o-w), or set BNNRUN_TRUST_PLUGINS=1",
                          path, wrong);
}

enum { LOADER_PROBE_SECONDS = 10 };

/* Computing without end, or waiting; a machine that is busy or slept is given time. */
static bool loader_is_late(void *context, pid_t child)
{
    return bnn_child_wait_on(context) > 6.0 * LOADER_PROBE_SECONDS ||
           bnn_child_cpu_seconds(child) > LOADER_PROBE_SECONDS;
}

_Noreturn static void loader_try(const char *path, bnn_kind kind, const char *name,
                                 volatile loader_stage *stage)
{
    bnn_error err;
    const bnn_head *head;
    bnn_arena *arena = bnn_arena_create(BNN_SMALL_LIMIT_BYTES);
    bnn_sandbox_enter(NULL);
    if (arena != NULL)
        loader_load(path, kind, name, arena, stage, &head, &err);
    *stage = LOADER_DONE;
    _exit(0);
}

static int loader_fork_probe(const char *path, bnn_kind kind, const char *name,
                             volatile loader_stage *stage, bnn_error *err)
{
    char end[BNN_CHILD_END];
    int wait_status;
    bnn_child_patience patience = {0};
    const pid_t child = bnn_child_fork();
    if (child == 0)
        loader_try(path, kind, name, stage);
    if (child < 0)
        return bnn_fail_errno(err, BNN_E_INTERNAL, "cannot fork a process to try plugins in");
    const bool ended = bnn_child_wait(child, loader_is_late, &patience, &wait_status);
    if (*stage == LOADER_DONE)
        return BNN_OK;
    const char *what = *stage == LOADER_ASKS ? "its " BNN_ENTRY_NAME : "a constructor of it";
    if (!ended)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: %s does not come back within %d s", path, what,
                        LOADER_PROBE_SECONDS);
    return bnn_fail(err, BNN_E_RESOURCE, "%s: %s %s", path, what,
                    bnn_child_explain(wait_status, end));
}

int bnn_loader_probe(const char *path, bnn_kind kind, const char *name, bnn_error *err)
{
    int status = loader_check_writers(path, err);
    if (status != BNN_OK)
        return status;
    loader_stage *stage =
        mmap(NULL, sizeof *stage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (stage == MAP_FAILED)
        return bnn_no_memory(err);
    status = loader_fork_probe(path, kind, name, stage, err);
    munmap(stage, sizeof *stage);
    return status;
}
