#include "plugin/guard.h"

#include "base/child.h"
#include "base/fp_mode.h"
#include "base/sandbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* Of CPU time; six times as much of waiting. Between calls a spec is read, and data may be. */
enum { GUARD_CALL_SECONDS = 10, GUARD_SPEC_SECONDS = 600, GUARD_BROKEN_MAX = 16 };

/* A function that must not be called. */
typedef struct guard_broken {
    const bnn_plugin *plugin;
    bnn_call_function function;
    char how[2 * BNN_CHILD_END];
} guard_broken;

/* Seen by the child, too. */
typedef struct guard_shared {
    bnn_call_note note;
    atomic_bool done;
} guard_shared;

typedef enum rehearsal_state {
    REHEARSAL_OFF = 0,
    REHEARSAL_DUE = 1,   /* before the next call */
    REHEARSAL_CHILD = 2, /* this is the child */
    REHEARSAL_OVER = 3,
} rehearsal_state;

struct bnn_rehearsal {
    rehearsal_state state;
    guard_shared *shared;
    size_t n_broken;
    guard_broken broken[GUARD_BROKEN_MAX];
};

bnn_rehearsal *bnn_rehearsal_create(void)
{
    return calloc(1, sizeof(bnn_rehearsal));
}

void bnn_rehearsal_destroy(bnn_rehearsal *r)
{
    if (r != NULL && r->shared != NULL)
        munmap(r->shared, sizeof *r->shared);
    free(r);
}

void bnn_rehearsal_begin(bnn_rehearsal *r)
{
    r->state = REHEARSAL_DUE;
    r->n_broken = 0; /* with other parameters it may be well */
}

bool bnn_rehearsal_is_under_way(const bnn_rehearsal *r)
{
    return r->state != REHEARSAL_OFF;
}

void bnn_rehearsal_end(bnn_rehearsal *r)
{
    if (r->state == REHEARSAL_CHILD) {
        atomic_store(&r->shared->done, true);
        _exit(EXIT_SUCCESS);
    }
    r->state = REHEARSAL_OFF;
}

/* ---- the rehearsal ----------------------------------------------------------------------- */

/* The call that the child was seen in, or behind. */
typedef struct guard_watch {
    const bnn_call_note *note;
    unsigned number;
    bool inside;
    double cpu_began;
    bnn_child_patience patience;
} guard_watch;

static bool guard_is_late(void *context, pid_t child)
{
    guard_watch *w = context;
    const double cpu = bnn_child_cpu_seconds(child);
    const unsigned number = atomic_load(&w->note->n_calls);
    const bool inside = atomic_load(&w->note->function) != BNN_CALL_NONE;
    const double limit = inside ? GUARD_CALL_SECONDS : GUARD_SPEC_SECONDS;
    if (inside != w->inside || number != w->number) {
        w->number = number;
        w->inside = inside;
        w->cpu_began = cpu;
        w->patience.waited = 0.0;
    }
    return bnn_child_wait_on(&w->patience) > 6.0 * limit || cpu - w->cpu_began > limit;
}

/* What a child that did not come to the end of the spec shows. */
static void guard_blame(bnn_rehearsal *r, bool late, int wait_status)
{
    char end[BNN_CHILD_END];
    guard_broken *b = &r->broken[r->n_broken];
    b->plugin = atomic_load(&r->shared->note.plugin);
    b->function = (bnn_call_function)atomic_load(&r->shared->note.function);
    if (b->plugin == NULL || b->function == BNN_CALL_NONE)
        return; /* between calls: no plugin's fault that is known */
    if (late)
        snprintf(b->how, sizeof b->how, "does not come back within %d s", GUARD_CALL_SECONDS);
    else
        snprintf(b->how, sizeof b->how, "%s", bnn_child_explain(wait_status, end));
    r->state = ++r->n_broken < GUARD_BROKEN_MAX ? REHEARSAL_DUE : REHEARSAL_OVER;
}

static bool guard_share(bnn_rehearsal *r)
{
    void *memory = r->shared != NULL ? r->shared
                                     : mmap(NULL, sizeof *r->shared, PROT_READ | PROT_WRITE,
                                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return false;
    r->shared = memory;
    bnn_call_leave(&r->shared->note);
    atomic_store(&r->shared->done, false);
    return true;
}

static int guard_rehearse(bnn_rehearsal *r, bnn_error *err)
{
    int wait_status;
    if (!guard_share(r))
        return bnn_no_memory(err);
    const pid_t child = bnn_child_fork();
    if (child < 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "cannot fork a process to try plugins in");
    if (child == 0) {
        bnn_sandbox_enter(NULL);
        r->state = REHEARSAL_CHILD;
        return BNN_OK;
    }
    guard_watch watch = {.note = &r->shared->note};
    const bool ended = bnn_child_wait(child, guard_is_late, &watch, &wait_status);
    r->state = REHEARSAL_OVER;
    if (!atomic_load(&r->shared->done))
        guard_blame(r, !ended, wait_status);
    return BNN_OK;
}

/* ---- a call ------------------------------------------------------------------------------ */

static int guard_refuse_broken(const bnn_rehearsal *r, const bnn_use *use,
                               bnn_call_function function, bnn_error *err)
{
    for (size_t i = 0; i < r->n_broken; i++) {
        const guard_broken *b = &r->broken[i];
        if (b->plugin == use->plugin && b->function == function)
            return bnn_fail(err, BNN_E_SPEC, "%s: its function %s %s", use->plugin->path,
                            bnn_call_function_name(function), b->how);
    }
    return BNN_OK;
}

/* The results on standard output are not a plugin's. */
static int guard_divert_output(void)
{
    fflush(NULL);
    const int output = dup(STDOUT_FILENO);
    if (output >= 0)
        dup2(STDERR_FILENO, STDOUT_FILENO);
    return output;
}

int bnn_guard_enter(bnn_guard *guard, const bnn_use *use, bnn_call_function function,
                    bnn_error *err)
{
    bnn_rehearsal *r = use->plugin->rehearsal;
    *guard = (bnn_guard){.use = use, .function = function, .fp_mode = bnn_fp_mode(), .output = -1};
    fegetenv(&guard->environment);
    if (r == NULL || r->state == REHEARSAL_OFF)
        return BNN_OK;
    int status = guard_refuse_broken(r, use, function, err);
    while (status == BNN_OK && r->state == REHEARSAL_DUE) {
        status = guard_rehearse(r, err);
        if (status == BNN_OK)
            status = guard_refuse_broken(r, use, function, err);
    }
    if (status != BNN_OK)
        return status;
    if (r->state == REHEARSAL_CHILD)
        bnn_call_enter(&r->shared->note, use, function);
    else
        guard->output = guard_divert_output();
    return BNN_OK;
}

int bnn_guard_leave(bnn_guard *guard, bnn_error *err)
{
    const bnn_plugin *plugin = guard->use->plugin;
    const bool changed = bnn_fp_mode() != guard->fp_mode;
    if (changed)
        fesetenv(&guard->environment);
    if (plugin->rehearsal != NULL && plugin->rehearsal->state == REHEARSAL_CHILD)
        bnn_call_leave(&plugin->rehearsal->shared->note);
    if (guard->output >= 0) {
        fflush(NULL);
        dup2(guard->output, STDOUT_FILENO);
        close(guard->output);
    }
    return changed ? bnn_fail(err, BNN_E_SPEC,
                              "%s %s changed the floating-point mode in its function %s, which "
                              "changes all results; a plugin leaves rounding and denormals as they "
                              "are",
                              bnn_kind_name((bnn_kind)plugin->head->kind), plugin->head->name,
                              bnn_call_function_name(guard->function))
                   : BNN_OK;
}
