/* crash.c - the last words of a child: where it was when it crashed, and how much memory it had. Its handler has a stack of
 * its own, since a stack that is full is a crash, too; names are found by the host, which has the same plugins at the
 * same addresses. */
#include "runner/executor/process_internal.h"

#include "base/path.h"
#include "plugin/symbol.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { CRASH_STACK_BYTES = 256 << 10 };

static process_crash *crash_note; /* of this process, which is a child */

/* Async-signal-safe, without stdio: kB of a line "VmData:    1234 kB". 0 when it cannot be read. */
static size_t crash_read_kilobytes(const char *name)
{
    char text[4096];
    const int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    const ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    size_t kilobytes = 0;
    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = '\0';
    const char *at = strstr(text, name);
    for (at = at == NULL ? "" : at + strlen(name); *at == ' ' || *at == '\t'; at++)
        continue;
    for (; *at >= '0' && *at <= '9'; at++)
        kilobytes = 10 * kilobytes + (size_t)(*at - '0');
    return kilobytes;
}

static void crash_take(int signal_number)
{
    crash_note->data_kilobytes = crash_read_kilobytes("VmData:");
    crash_note->n_frames = backtrace(crash_note->frames, PROCESS_FRAMES);
    raise(signal_number); /* the usual handler is there again */
}

void bnn_process_prepare_crashes(void)
{
    void *frame;
    (void)!backtrace(&frame, 1);
}

void bnn_process_catch_crashes(process_crash *note)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
    const stack_t stack = {.ss_sp = malloc(CRASH_STACK_BYTES), .ss_size = CRASH_STACK_BYTES};
    struct sigaction action = {.sa_handler = crash_take,
                               .sa_flags = (int)(SA_ONSTACK | SA_RESETHAND | SA_NODEFER)};
    if (stack.ss_sp == NULL || sigaltstack(&stack, NULL) != 0)
        return;
    crash_note = note;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &action, NULL);
}

/* ---- memory ------------------------------------------------------------------------------ */

void bnn_process_limit_memory(process_crash *note, double bytes)
{
    const double kilobyte = 1024.0;
    static const struct {
        const char *name;
        int limit;
    } kinds[] = {{"VmData:", RLIMIT_DATA}, {"VmSize:", RLIMIT_AS}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const double now = kilobyte * (double)crash_read_kilobytes(kinds[i].name);
        struct rlimit limit;
        if (now == 0.0 || getrlimit(kinds[i].limit, &limit) != 0)
            return;
        const rlim_t most = (rlim_t)(now + bytes);
        if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur <= most)
            continue;
        limit.rlim_cur = limit.rlim_max = most;
        setrlimit(kinds[i].limit, &limit);
        if (i == 0)
            note->first_kilobytes = (size_t)(now / kilobyte);
        if (i == 0)
            note->more_kilobytes = (size_t)(bytes / kilobyte);
    }
}

double bnn_process_memory(const bnn_experiment *experiment)
{
    const double machine = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    return experiment->run.memory_limit > 0.0 ? experiment->run.memory_limit : 0.5 * machine;
}

const char *bnn_process_memory_text(double bytes, char out[BNN_SHORT_TEXT])
{
    const double megabyte = 1e6, gigabyte = 1e9;
    if (bytes < gigabyte)
        snprintf(out, BNN_SHORT_TEXT, "%.4g MB", bytes / megabyte);
    else
        snprintf(out, BNN_SHORT_TEXT, "%.4g GB", bytes / gigabyte);
    return out;
}

/* A request that was refused may have been for a part of what there is. */
bool bnn_process_ran_out_of_memory(const process_crash *note)
{
    const size_t more = note->more_kilobytes;
    return more > 0 && note->data_kilobytes >= note->first_kilobytes + more - more / 8;
}

/* ---- in the host ------------------------------------------------------------------------- */

static bool crash_is_foreign(const bnn_plugin_set *set, const char *file)
{
    for (size_t i = 0; i < set->n; i++)
        if (!set->list[i]->bundled && file != NULL &&
            strcmp(bnn_path_name(set->list[i]->path), bnn_path_name(file)) == 0)
            return true;
    return false;
}

const char *bnn_process_name_frame(const bnn_plugin_set *set, const process_crash *note,
                                   char text[PROCESS_CALL_TEXT])
{
    char symbol[BNN_SYMBOL_MAX];
    Dl_info info;
    text[0] = '\0';
    for (int i = 0; i < note->n_frames && i < PROCESS_FRAMES; i++) {
        /* Of a call the address is that of what comes after it. */
        const char *address = (const char *)note->frames[i] - (i > 0);
        if (note->frames[i] == NULL || dladdr(address, &info) == 0 ||
            !crash_is_foreign(set, info.dli_fname))
            continue;
        const size_t offset = (size_t)(address - (const char *)info.dli_fbase);
        const bool named = bnn_plugin_symbol(info.dli_fname, offset, symbol);
        snprintf(text, PROCESS_CALL_TEXT, ", at %s%s%s+0x%zx%s", named ? symbol : "",
                 named ? " (" : "", bnn_path_name(info.dli_fname), offset, named ? ")" : "");
        return text;
    }
    return text;
}
