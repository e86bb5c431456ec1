/* call.h - which function of which plugin a thread is in, noted for who watches it from outside: when the
 * process dies, or does not come back, that one is named. Three plain stores a call. */
#ifndef BNN_PLUGIN_CALL_H
#define BNN_PLUGIN_CALL_H

#include "plugin/use.h"

#include <stdatomic.h>

typedef enum bnn_call_function {
    BNN_CALL_NONE = 0,
    BNN_CALL_PLAN = 1,
    BNN_CALL_SEQUENCE = 2,
    BNN_CALL_SCHEDULE = 3,
    BNN_CALL_FORWARD = 4,
    BNN_CALL_BACKWARD = 5,
    BNN_CALL_GRAD = 6,
    BNN_CALL_STEP = 7,
    BNN_CALL_LOWER = 8,
    BNN_CALL_START = 9,
    BNN_CALL_CALIBRATE = 10,
    BNN_CALL_FIT = 11,
} bnn_call_function;

/* Written by one thread; whoever reads it may see a call that is just over. */
typedef struct bnn_call_note {
    _Atomic(const bnn_plugin *) plugin;
    atomic_uint function; /* a bnn_call_function */
    atomic_uint n_calls;
} bnn_call_note;

/* note: NULL when nobody watches. */
static inline void bnn_call_enter(bnn_call_note *note, const bnn_use *use,
                                  bnn_call_function function)
{
    if (note == NULL)
        return;
    const unsigned n = atomic_load_explicit(&note->n_calls, memory_order_relaxed);
    atomic_store_explicit(&note->n_calls, n + 1, memory_order_relaxed);
    atomic_store_explicit(&note->plugin, use->plugin, memory_order_relaxed);
    atomic_store_explicit(&note->function, function, memory_order_relaxed);
}

static inline void bnn_call_leave(bnn_call_note *note)
{
    if (note != NULL)
        atomic_store_explicit(&note->function, BNN_CALL_NONE, memory_order_relaxed);
}

/* "grad"; NULL for BNN_CALL_NONE and what is none. */
const char *bnn_call_function_name(unsigned function);

#endif
