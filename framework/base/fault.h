/* fault.h - faults of the machine, that say nothing about the work which they ended: the same work, once
 * there is room again, ends well. */
#ifndef BNN_BASE_FAULT_H
#define BNN_BASE_FAULT_H

#include "base/error.h"

#include <stdbool.h>

/* What to do about the reason of an error (an errno): "make room on that disk". NULL when it is no fault
 * of the machine. Static. */
const char *bnn_fault_remedy(int reason);

/* Whether a failure is one of the machine, or of memory: what was looked at may be as good as any. */
bool bnn_fault_is(const bnn_error *err);

#endif
