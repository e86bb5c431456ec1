/* failing.h - put before each file that an analyzer reads: what returns an error never returns BNN_OK.
 *
 * An analyzer sees one file at a time. Without this, to it `return bnn_fail(...)` may be success, and what
 * the caller was to be given is uninitialized after it. */
#ifndef BNN_LINT_FAILING_H
#define BNN_LINT_FAILING_H

#include "base/error.h"
#include "cli/cli.h"
#include "spec/diag.h"

/* No function, which an analyzer need not look into. */
#define lint_failing(call)           \
    ({                               \
        const int failing_ = (call); \
        if (failing_ >= BNN_OK)      \
            __builtin_unreachable(); \
        failing_;                    \
    })

#define bnn_fail(...)           lint_failing(bnn_fail(__VA_ARGS__))
#define bnn_fail_errno(...)     lint_failing(bnn_fail_errno(__VA_ARGS__))
#define bnn_no_memory(err)      lint_failing(bnn_no_memory(err))
#define bnn_error_prefix(...)   lint_failing(bnn_error_prefix(__VA_ARGS__))
#define bnn_diag_no_memory(...) lint_failing(bnn_diag_no_memory(__VA_ARGS__))
#define cli_usage(...)          lint_failing(cli_usage(__VA_ARGS__))
#define cli_unknown(...)        lint_failing(cli_unknown(__VA_ARGS__))
#undef bnn_diag_add
#define bnn_diag_add(diag, at, ...) lint_failing(bnn_diag_fail(diag, BNN_E_SPEC, at, __VA_ARGS__))

#endif
