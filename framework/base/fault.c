#include "base/fault.h"

#include <errno.h>
#include <stddef.h>

const char *bnn_fault_remedy(int reason)
{
    switch (reason) {
    case ENOSPC:
        return "make room on that disk";
    case EDQUOT:
        return "the quota on that disk is used up: remove something, or ask for more";
    case EFBIG:
        return "no file may grow that large: see `ulimit -f`";
    case EMFILE:
        return "this process may not open that many: see `ulimit -n`, or take fewer jobs";
    case ENFILE:
        return "all programs of the machine together have too many open";
    case EIO:
        return "the disk fails: see `dmesg`";
    case EROFS:
        return "the disk may only be read: see `dmesg`, a disk that fails is often made so";
    case EAGAIN:
        return "no more processes or threads may be started: see `ulimit -u`, or take fewer jobs";
    case ENOMEM:
        return "the memory is used up: take fewer jobs";
    case ENOBUFS:
        return "the kernel has no memory for it: take fewer jobs";
    default:
        return NULL;
    }
}

bool bnn_fault_is(const bnn_error *err)
{
    return err->status == BNN_E_INTERNAL || bnn_fault_remedy(err->reason) != NULL;
}
