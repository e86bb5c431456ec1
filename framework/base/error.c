#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int bnn_fail_v(bnn_error *err, bnn_status status, const char *format, va_list args)
{
    err->status = status;
    err->reason = 0;
    vsnprintf(err->message, sizeof err->message, format, args);
    return status;
}

int bnn_fail(bnn_error *err, bnn_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    bnn_fail_v(err, status, format, args);
    va_end(args);
    return status;
}

int bnn_fail_errno(bnn_error *err, bnn_status status, const char *format, ...)
{
    const int saved = errno;
    va_list args;
    va_start(args, format);
    bnn_fail_v(err, status, format, args);
    va_end(args);
    err->reason = saved;
    const size_t used = strlen(err->message);
    char reason[128];
    /* The GNU strerror_r may return a constant string instead of filling the buffer. */
    const char *text = strerror_r(saved, reason, sizeof reason);
    snprintf(err->message + used, sizeof err->message - used, ": %s", text);
    return status;
}

int bnn_no_memory(bnn_error *err)
{
    return bnn_fail(err, BNN_E_INTERNAL, "out of memory");
}

int bnn_error_prefix(bnn_error *err, const char *format, ...)
{
    char rest[sizeof err->message];
    memcpy(rest, err->message, sizeof rest);
    va_list args;
    va_start(args, format);
    vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    const size_t used = strlen(err->message);
    snprintf(err->message + used, sizeof err->message - used, "%s", rest);
    return err->status;
}
