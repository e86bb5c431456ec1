/* fault.h - faults of the machine, that say nothing about the work which they ended: the same work, once
 * there is room again, ends well. */
#ifndef BNN_BASE_FAULT_H
#define BNN_BASE_FAULT_H

/* What to do about the reason of an error (an errno): "make room on that disk". NULL when it is no fault
 * of the machine. Static. */
const char *bnn_fault_remedy(int reason);

#endif
