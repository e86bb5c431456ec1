/* error.h - one error value, made where the fact is known and carried up.
 *
 * A function that can fail returns 0 or a negative bnn_status and takes a `bnn_error *err` last:
 * caller-owned, fixed size, never NULL. Outputs are untouched on failure. The status of a program
 * is the negated status of the error that ended it (see the table in `bnnrun --help`). */
#ifndef BNN_BASE_ERROR_H
#define BNN_BASE_ERROR_H

#include <stdarg.h>

typedef enum bnn_status {
    BNN_OK = 0,
    BNN_E_FAILED = -1,      /* a run failed and was recorded as such */
    BNN_E_USAGE = -2,       /* the command line is wrong */
    BNN_E_SPEC = -3,        /* the spec, a topology or a catalogue entry is wrong */
    BNN_E_RESOURCE = -4,    /* a plugin, a data set, a file or the database cannot be used */
    BNN_E_INTERNAL = -5,    /* out of memory, or a bug */
    BNN_E_INTERRUPTED = -6, /* a signal asked us to stop; state is saved */
} bnn_status;

typedef struct bnn_error {
    int status; /* bnn_status */
    int reason; /* errno, where that is why; else 0 */
    char message[1000];
} bnn_error;

/* Sets *err (message truncated to fit, always terminated) and returns status, so that
 * `return bnn_fail(err, BNN_E_SPEC, "...")` is the whole error path. Thread-safe. */
int bnn_fail(bnn_error *err, bnn_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int bnn_fail_v(bnn_error *err, bnn_status status, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

/* Like bnn_fail, with ": " and the text of errno appended. */
int bnn_fail_errno(bnn_error *err, bnn_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The one way to say that memory is exhausted: "out of memory", BNN_E_INTERNAL. */
int bnn_no_memory(bnn_error *err);

/* Puts context in front of the message of a failed call and returns err->status. */
int bnn_error_prefix(bnn_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
