/* watch.c - the call of a plugin that a child is in: how long it takes, and what it is called. What the
 * child has noted lies in memory that it may have written over, so it is looked up, not believed. */
#include "runner/executor/process_internal.h"

#include "base/child.h"

#include <stdio.h>

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

const char *bnn_process_name_call(const bnn_experiment *experiment, const bnn_call_note *note,
                                  char text[PROCESS_CALL_TEXT])
{
    const bnn_plugin *noted = atomic_load(&note->plugin), *known = NULL;
    const char *function = bnn_call_function_name(atomic_load(&note->function));
    for (size_t i = 0; known == NULL && i < experiment->n_configs; i++)
        for (size_t k = 0; k < experiment->configs[i].plugins.n; k++)
            if (experiment->configs[i].plugins.list[k] == noted)
                known = noted;
    text[0] = '\0';
    if (known != NULL && function != NULL)
        snprintf(text, PROCESS_CALL_TEXT, ", in %s of %s %s", function,
                 bnn_kind_name((bnn_kind)known->head->kind), known->head->name);
    return text;
}
