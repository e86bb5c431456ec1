/* guard.h - calls of plugins while an experiment is read, in the process that all runs come from.
 *
 * A plugin from elsewhere may crash there, end the process, or never come back. So before its first such
 * call the process forks: the child goes on reading the spec, to its end or to such a call, and is then thrown
 * away; this process waits for it, and refuses the call at which it ended. One fork for a spec, none where
 * all plugins came with bnnrun. */
#ifndef BNN_PLUGIN_GUARD_H
#define BNN_PLUGIN_GUARD_H

#include "plugin/call.h"

#include <fenv.h>

/* Main thread only. NULL without memory. */
bnn_rehearsal *bnn_rehearsal_create(void);
void bnn_rehearsal_destroy(bnn_rehearsal *rehearsal);

/* Between these two, which stand around the reading of a spec, calls are rehearsed. A child does not come back from the second one. No other thread may exist. */
void bnn_rehearsal_begin(bnn_rehearsal *rehearsal);
void bnn_rehearsal_end(bnn_rehearsal *rehearsal);

/* Whether that is so now. */
bool bnn_rehearsal_is_under_way(const bnn_rehearsal *rehearsal);

/* A call under way. */
typedef struct bnn_guard {
    const bnn_use *use;
    bnn_call_function function;
    fenv_t environment;
    uint64_t fp_mode;
    int output; /* where standard output leads, which results go to; -1: there */
} bnn_guard;

/* To be called before a function of a plugin. BNN_E_SPEC and the reason when it must not be called. */
int bnn_guard_enter(bnn_guard *guard, const bnn_use *use, bnn_call_function function,
                    bnn_error *err);

/* And behind it: restores the floating-point mode. BNN_E_SPEC when the function has changed it. */
int bnn_guard_leave(bnn_guard *guard, bnn_error *err);

#endif
