/* watch.c - the call of a plugin that a child is in: how long it takes, what it is called, and whether it is
 * to blame for the end of the child. What that has noted lies in memory that it may have written over, so it
 * is looked up, not believed. */
#include "runner/executor/process_internal.h"

#include "base/child.h"
#include "base/fault.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

bool bnn_process_is_lost(process_slot *slot, const bnn_call_note *note, double limit,
                         double seconds)
{
    const double waiting_is_cheaper = 6.0,
                 awake = 1.0; /* more between two looks: who looks slept */
    const unsigned number = atomic_load(&note->n_calls);
    process_call *call = &slot->call;
    if (atomic_load(&note->function) == BNN_CALL_NONE || number != call->number || slot->pid == 0) {
        *call = (process_call){.number = number, .began = bnn_child_cpu_seconds(slot->pid)};
        return false;
    }
    call->waited += seconds < awake ? seconds : awake;
    return bnn_child_cpu_seconds(slot->pid) - call->began > limit ||
           call->waited > waiting_is_cheaper * limit;
}

bool bnn_process_is_at_limit(const process_slot *slot)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_CPU, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return false;
    const double seconds = (double)limit.rlim_cur,
                 before = seconds < 10.0 ? seconds / 2.0 : 5.0; /* a hard one does not tell */
    return bnn_child_cpu_seconds(slot->pid) >=
           (limit.rlim_cur == limit.rlim_max ? seconds - before : seconds);
}

double bnn_process_call_seconds(const process_executor *x)
{
    return x->base->call_seconds > 0.0 ? x->base->call_seconds : BNN_RUN_CALL_SECONDS;
}

const bnn_plugin *bnn_process_called(const bnn_experiment *experiment, const bnn_call_note *note)
{
    const bnn_plugin *noted = atomic_load(&note->plugin), *known = NULL;
    if (bnn_call_function_name(atomic_load(&note->function)) == NULL)
        return NULL;
    for (size_t i = 0; known == NULL && i < experiment->n_configs; i++)
        for (size_t k = 0; k < experiment->configs[i].plugins.n; k++)
            if (experiment->configs[i].plugins.list[k] == noted)
                known = noted;
    return known;
}

const char *bnn_process_name_call(const bnn_experiment *experiment, const bnn_call_note *note,
                                  char text[PROCESS_CALL_TEXT])
{
    const bnn_plugin *known = bnn_process_called(experiment, note);
    const char *function = bnn_call_function_name(atomic_load(&note->function));
    text[0] = '\0';
    if (known != NULL && function != NULL)
        snprintf(text, PROCESS_CALL_TEXT, ", in %s of %s %s", function,
                 bnn_kind_name((bnn_kind)known->head->kind), known->head->name);
    return text;
}

/* ---- whose fault it is ------------------------------------------------------------------- */

void bnn_process_blame(process_executor *x)
{
    process_slot *orphan = NULL;
    uint32_t n_orphans = 0;
    for (uint32_t i = 0; i < x->executor.n_slots; i++)
        if (x->slots[i].orphaned) {
            orphan = &x->slots[i];
            n_orphans++;
        }
    if (n_orphans != 1)
        return;
    orphan->blamed = true;
    const bnn_plugin *plugin =
        bnn_process_called(x->base->experiment, &x->shared->progress[orphan->attempt.slot].call);
    if (plugin != NULL && !plugin->bundled)
        x->killers[x->i_zygote] = plugin;
}

bool bnn_process_refuses(const process_executor *x, const bnn_run *run, bnn_outcome *out)
{
    const bnn_plugin_set *set = &x->base->experiment->configs[run->i_config].plugins;
    if (x->i_zygote + 1 < PROCESS_ZYGOTES)
        return false;
    for (size_t i = 0; i < set->n; i++)
        for (uint32_t k = 0; k < x->i_zygote; k++)
            if (set->list[i] == x->killers[k]) {
                *out = (bnn_outcome){.status = BNN_E_FAILED};
                snprintf(out->message, sizeof out->message,
                         "%s %s has killed the process that starts runs, and %d of these are "
                         "gone: no run with it is started any more",
                         bnn_kind_name((bnn_kind)set->list[i]->head->kind),
                         set->list[i]->head->name, PROCESS_ZYGOTES - 1);
                return true;
            }
    return false;
}

/* Of one that a signal has ended, or itself. */
static void watch_explain_death(const process_executor *x, const process_slot *s, const char *call,
                                bnn_outcome *out)
{
    char frame[PROCESS_CALL_TEXT], memory[BNN_SHORT_TEXT], strangers[BNN_STRANGERS];
    const bnn_experiment *experiment = x->base->experiment;
    const bnn_plugin_set *set = &experiment->configs[s->i_config].plugins;
    const process_crash *crash = &x->shared->crashes[s->attempt.slot];
    bnn_process_name_frame(set, crash, frame);
    if (call[0] == '\0')
        bnn_plugin_set_name_strangers(set, strangers);
    else
        strangers[0] = '\0';
    const size_t n = sizeof out->message;
    if (bnn_process_ran_out_of_memory(crash))
        snprintf(out->message, n, "used more than its memory limit of %s%s%s",
                 bnn_process_memory_text(bnn_process_memory(experiment), memory), call, frame);
    else if (out->signal != 0)
        snprintf(out->message, n, "the run's process died: %s (signal %d)%s%s",
                 strsignal(out->signal), out->signal, call, frame);
    else
        snprintf(out->message, n, "the run's process ended with status %d before the run did%s",
                 WEXITSTATUS(s->wait_status), call);
    if (strangers[0] != '\0')
        snprintf(out->message + strlen(out->message), n - strlen(out->message), "; %s", strangers);
}

void bnn_process_explain_end(const process_executor *x, const process_slot *s, bnn_outcome *out)
{
    char call[PROCESS_CALL_TEXT];
    const int wait_status = s->wait_status;
    const size_t n = sizeof out->message;
    bnn_process_name_call(x->base->experiment, &x->shared->progress[s->attempt.slot].call, call);
    *out = (bnn_outcome){.status = BNN_E_FAILED};
    if (!s->orphaned && wait_status >= 0 && WIFSIGNALED(wait_status)) {
        const int first = bnn_process_crash_signal(&x->shared->crashes[s->attempt.slot]);
        out->signal = first != 0 && s->late == PROCESS_IN_TIME ? first : WTERMSIG(wait_status);
    }
    if (s->orphaned) {
        out->status = s->blamed ? BNN_E_FAILED : BNN_E_INTERRUPTED;
        snprintf(out->message, n,
                 "the process that starts runs was killed while this one went on%s",
                 s->blamed ? call : ", and others");
    } else if (wait_status < 0) {
        out->reason = -wait_status;
        snprintf(out->message, n, "cannot fork a process for the run: %s", strerror(-wait_status));
    } else if (s->late == PROCESS_LOST) {
        snprintf(out->message, n,
                 "the run's process was killed%s, which took more than %g s of computing, or %g of "
                 "waiting",
                 call, bnn_process_call_seconds(x), 6.0 * bnn_process_call_seconds(x));
    } else if (s->late == PROCESS_OUTSTAYED) {
        snprintf(out->message, n,
                 "the run did not end within %d s of being told to, so it was killed%s",
                 PROCESS_GRACE_SECONDS, call);
    } else {
        watch_explain_death(x, s, call, out);
    }
}

/* Faults that meet whoever writes a file. */
static bool watch_is_of_files(int reason)
{
    return reason == ENOSPC || reason == EDQUOT || reason == EFBIG || reason == EIO ||
           reason == EROFS || reason == ENFILE;
}

/* A file without a name, or with one for a moment, so that nothing is left of it; a negative status. */
static int watch_open_nameless(const char *folder, bnn_error *err)
{
    char path[PATH_MAX], temporary[PATH_MAX];
    snprintf(path, sizeof path, "%.*s", BNN_RUN_FOLDER_MAX, folder);
    int fd = open(path, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fd;
    snprintf(path, sizeof path, "%.*s/probe", BNN_RUN_FOLDER_MAX, folder);
    fd = bnn_file_begin(path, 0600, temporary, err);
    if (fd >= 0)
        unlink(temporary);
    return fd;
}

/* Whether the disk of the runs is as bad as a child says: nearly full, or with a limit for files, or this process
 * cannot write to it, either. */
static bool watch_finds_fault(const process_executor *x)
{
    enum { PROBE_BYTES = 1 << 20, ROOM_BYTES = 256 << 20 };
    struct statvfs disk;
    struct rlimit limit;
    bnn_error err = {.reason = 0};
    if (getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur != RLIM_INFINITY ||
        statvfs(x->base->folder, &disk) != 0 ||
        (double)disk.f_bavail * (double)disk.f_frsize < ROOM_BYTES)
        return true;
    void *bytes = calloc(PROBE_BYTES, 1);
    const int fd = bytes == NULL ? -1 : watch_open_nameless(x->base->folder, &err);
    if (fd >= 0 && !(bnn_file_put(fd, bytes, PROBE_BYTES) && bnn_file_sync(fd)))
        err.reason = errno;
    if (fd >= 0 && close(fd) != 0 && err.reason == 0)
        err.reason = errno;
    free(bytes);
    return bytes == NULL || watch_is_of_files(err.reason);
}

/* Descriptors are a process's own, and who starts threads without end is in it; so is memory. A disk is not, and is
 * looked at: a plugin that is mistaken, or lies, is not to end the whole sweep. */
void bnn_process_judge(const process_executor *x, const process_slot *s, bnn_outcome *out)
{
    char strangers[BNN_STRANGERS], memory[BNN_SHORT_TEXT], call[PROCESS_CALL_TEXT];
    const bnn_experiment *experiment = x->base->experiment;
    const bnn_plugin_set *set = &experiment->configs[s->i_config].plugins;
    const size_t n = sizeof out->message;
    const bool starved = out->reason == ENOMEM || strstr(out->message, "out of memory") != NULL;
    bnn_process_memory_text(bnn_process_memory(experiment), memory);
    if (starved && bnn_process_ran_out_of_memory(&x->shared->crashes[s->attempt.slot])) {
        *out = (bnn_outcome){.status = BNN_E_FAILED};
        bnn_process_name_call(experiment, &x->shared->progress[s->attempt.slot].call, call);
        snprintf(out->message, n, "used more than its memory limit of %s%s", memory, call);
    } else if (starved && experiment->run.memory_limit > 0.0) {
        out->reason = 0; /* one request may be for more than there is */
        snprintf(out->message + strlen(out->message), n - strlen(out->message),
                 ", with a memory limit of %s", memory);
    } else if (bnn_fault_remedy(out->reason) != NULL && bnn_plugin_set_has_strangers(set) &&
               !(watch_is_of_files(out->reason) && watch_finds_fault(x))) {
        out->reason = 0;
        snprintf(out->message + strlen(out->message), n - strlen(out->message), "; %s",
                 bnn_plugin_set_name_strangers(set, strangers));
    }
}
