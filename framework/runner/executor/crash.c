/* crash.c - the last words of a child: where it was when it crashed, and how much memory it had. Its handler has a stack of
 * its own, since a stack that is full is a crash, too; names are found by the host, which has the same plugins at the
 * same addresses. */
#include "runner/executor/process_internal.h"

#include "base/path.h"
#include "base/size.h"
#include "plugin/symbol.h"
#include "runner/environment.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { CRASH_STACK_BYTES = 256 << 10 };

static process_crash *crash_note; /* of this process, which is a child */

static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
enum { CRASH_SIGNALS = sizeof crash_signals / sizeof *crash_signals, CRASH_SECONDS = 2 };

/* The number of a line "VmData:    1234 kB", which is there to its end. */
static size_t crash_parse_kilobytes(const char *at)
{
    size_t kilobytes = 0;
    while (*at == ' ' || *at == '\t')
        at++;
    for (; *at >= '0' && *at <= '9'; at++)
        kilobytes = 10 * kilobytes + (size_t)(*at - '0');
    return kilobytes;
}

/* Async-signal-safe, without stdio: kB of a line, as "\nVmData:", before which there may be a long one of groups.
 * 0 when it cannot be read. */
static size_t crash_read_kilobytes(const char *name)
{
    enum { LINE = 64 }; /* more than such a line has */
    char text[4096];
    const int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    size_t used = 0, kilobytes = 0;
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    while (n > 0) {
        used += (size_t)n;
        text[used] = '\0';
        const char *at = strstr(text, name), *end = at == NULL ? NULL : strchr(at + 1, '\n');
        if (end != NULL) {
            kilobytes = crash_parse_kilobytes(at + strlen(name));
            break;
        }
        const size_t kept = used < LINE ? used : LINE;
        memmove(text, text + used - kept, kept);
        used = kept;
        n = read(fd, text + used, sizeof text - 1 - used);
    }
    if (fd >= 0)
        close(fd);
    return kilobytes;
}

/* What comes now may crash, too, or wait for a lock that the crashed one has. */
static void crash_limit_itself(void)
{
    const struct sigaction usual = {.sa_handler = SIG_DFL};
    sigset_t set;
    for (size_t i = 0; i < CRASH_SIGNALS; i++)
        sigaction(crash_signals[i], &usual, NULL);
    sigaction(SIGALRM, &usual, NULL);
    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    alarm(CRASH_SECONDS);
}

static void crash_take(int signal_number)
{
    crash_note->signal = signal_number;
    crash_limit_itself();
    crash_note->data_kilobytes = crash_read_kilobytes("\nVmData:");
    crash_note->n_frames = backtrace(crash_note->frames, PROCESS_FRAMES);
    raise(signal_number);
}

void bnn_process_prepare_crashes(void)
{
    void *frame;
    (void)!backtrace(&frame, 1);
}

void bnn_process_catch_crashes(process_crash *note)
{
    const stack_t stack = {.ss_sp = malloc(CRASH_STACK_BYTES), .ss_size = CRASH_STACK_BYTES};
    struct sigaction action = {.sa_handler = crash_take,
                               .sa_flags = (int)(SA_ONSTACK | SA_NODEFER)};
    if (stack.ss_sp == NULL || sigaltstack(&stack, NULL) != 0)
        return;
    crash_note = note;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < CRASH_SIGNALS; i++)
        sigaction(crash_signals[i], &action, NULL);
}

/* ---- memory ------------------------------------------------------------------------------ */

static size_t crash_first_resident; /* kB, of this process, too */

/* What is written to, alone: address space is also taken by stacks and heaps of threads, which touch little of it. */
void bnn_process_limit_memory(process_crash *note, double bytes)
{
    const double kilobyte = 1024.0;
    struct rlimit limit;
    const size_t first = crash_read_kilobytes("\nVmData:");
    if (first == 0 || getrlimit(RLIMIT_DATA, &limit) != 0)
        return;
    const rlim_t most = (rlim_t)(kilobyte * (double)first + bytes);
    if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur <= most)
        return;
    limit.rlim_cur = limit.rlim_max = most;
    setrlimit(RLIMIT_DATA, &limit);
    crash_first_resident = crash_read_kilobytes("\nVmRSS:");
    note->first_kilobytes = first;
    note->more_kilobytes = (size_t)(bytes / kilobyte);
}

void bnn_process_note_memory(process_crash *note)
{
    const size_t data = crash_read_kilobytes("\nVmData:"), most = crash_read_kilobytes("\nVmHWM:");
    const size_t grown = most > crash_first_resident ? most - crash_first_resident : 0;
    note->data_kilobytes = bnn_size_larger(data, note->first_kilobytes + grown);
}

double bnn_process_memory(const bnn_experiment *experiment)
{
    const double part = 0.5; /* where nothing is said */
    return experiment->run.memory_limit > 0.0
               ? experiment->run.memory_limit
               : part * bnn_environment_memory("/proc/self/cgroup", "/sys/fs/cgroup");
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

int bnn_process_crash_signal(const process_crash *note)
{
    for (size_t i = 0; i < CRASH_SIGNALS; i++)
        if (note->signal == crash_signals[i])
            return note->signal;
    return 0;
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
