#include "conform/conform_internal.h"

#include "base/child.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/fault.h"
#include "base/fp_mode.h"
#include "base/sandbox.h"
#include "kernels/kernels.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the list of checks ------------------------------------------------------------------ */

static void conform_check_loads(conform_subject *s)
{
    (void)s; /* it has been loaded */
}

static const conform_check conform_load_checks[] = {
    {"loads", "a plugin of this bnnrun, whose parameters make sense", conform_check_loads},
    {.name = NULL},
};

static const conform_check *conform_checks_of(bnn_kind kind)
{
    static const conform_check none[] = {{.name = NULL}};
    static const conform_check *const of_kinds[] = {[BNN_KIND_LAYER] = conform_layer_checks,
                                                    [BNN_KIND_STE] = conform_ste_checks,
                                                    [BNN_KIND_ORDERING] = conform_ordering_checks,
                                                    [BNN_KIND_OPTIMIZER] = conform_optimizer_checks,
                                                    [BNN_KIND_FORM] = conform_form_checks};
    const bool known = bnn_kind_name(kind) != NULL;
    return known ? of_kinds[kind] : none;
}

/* Check i of a kind; NULL when there are fewer. */
static const conform_check *conform_find(bnn_kind kind, size_t i)
{
    const conform_check *const lists[] = {conform_load_checks, conform_file_checks,
                                          conform_checks_of(kind)};
    for (size_t j = 0; j < sizeof lists / sizeof *lists; j++)
        for (const conform_check *c = lists[j]; c->name != NULL; c++)
            if (i-- == 0)
                return c;
    return NULL;
}

size_t bnn_conform_count(bnn_kind kind)
{
    size_t n = 0;
    while (conform_find(kind, n) != NULL)
        n++;
    return n;
}

/* ---- in the process of a check ----------------------------------------------------------- */

_Noreturn __attribute__((format(printf, 3, 0))) static void
conform_answer_is(conform_answer *answer, bnn_conform_verdict verdict, const char *format,
                  va_list args)
{
    const size_t n = sizeof answer->message;
    int used = 0;
    if (verdict == BNN_CONFORM_BROKEN && answer->setting[0] != '\0')
        used = snprintf(answer->message, n, "with %s: ", answer->setting);
    vsnprintf(answer->message + used, n - (size_t)used, format, args);
    answer->verdict = verdict;
    _exit(EXIT_SUCCESS);
}

void conform_break(const conform_subject *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    conform_answer_is(s->answer, BNN_CONFORM_BROKEN, format, args);
}

void conform_skip(const conform_subject *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    conform_answer_is(s->answer, BNN_CONFORM_SKIPPED, format, args);
}

/* Without a verdict. */
_Noreturn static void conform_give_up(const conform_subject *s, const bnn_error *err)
{
    s->answer->fault = *err;
    _exit(EXIT_SUCCESS);
}

void conform_check_fault(const conform_subject *s, const bnn_error *err)
{
    if (err->reason != 0 || bnn_fault_is(err))
        conform_give_up(s, err);
}

/* A core file of each crash helps nobody, and what the plugin prints is no result. */
static void conform_settle_child(pid_t parent, int line)
{
    const struct rlimit none = {0};
    setrlimit(RLIMIT_CORE, &none);
    dup2(STDERR_FILENO, STDOUT_FILENO);
    bnn_child_leave_terminal();
    bnn_child_close_others(line);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(EXIT_FAILURE);
}

_Noreturn static void conform_run_child(const conform_check *check, const char *path,
                                        conform_answer *answer)
{
    bnn_error err = {.message = ""};
    conform_subject s = {.answer = answer};
    conform_memory memory = {.s = &s};
    bnn_registry *registry = bnn_registry_create(NULL);
    s.ctx.kernels = bnn_kernels_choose(&err);
    if (registry == NULL)
        bnn_no_memory(&err);
    if (registry == NULL || s.ctx.kernels == NULL)
        conform_give_up(&s, &err);
    bnn_sandbox_enter(NULL);
    bnn_registry_trust(registry); /* this is a process to crash in */
    s.plugin = bnn_registry_load_file(registry, path, &err);
    if (s.plugin == NULL)
        conform_check_fault(&s, &err);
    /* The path is known. */
    const size_t n = strlen(path);
    const bool begins = strncmp(err.message, path, n) == 0 && err.message[n] == ':';
    CONFORM_REQUIRE(&s, s.plugin != NULL, "%s", err.message + (begins ? n + 2 : 0));
    s.head = s.plugin->head;
    if (s.head->params != NULL)
        s.params = conform_bytes(&memory, s.head->params_size);
    conform_set(&s, 0);
    const uint64_t mode = bnn_fp_mode();
    check->run(&s);
    CONFORM_REQUIRE(&s, bnn_fp_mode() == mode,
                    "changes the floating-point mode, as flush-to-zero, and does not restore it");
    answer->verdict = BNN_CONFORM_KEPT;
    _exit(EXIT_SUCCESS);
}

/* ---- in the host ------------------------------------------------------------------------- */

/* Until the child has closed its end of the pipe, which it never uses; false after that many
 * seconds. */
static bool conform_await(int pipe_end, double seconds)
{
    const double end = bnn_clock_seconds(CLOCK_MONOTONIC) + seconds;
    struct pollfd wait = {.fd = pipe_end};
    double left = seconds;
    int n = 0;
    while (n == 0 && left > 0) {
        n = poll(&wait, 1, (int)fmin(1000.0 * left + 1.0, 1e6));
        n = n < 0 && errno == EINTR ? 0 : n;
        left = end - bnn_clock_seconds(CLOCK_MONOTONIC);
    }
    return n != 0;
}

/* What the child did not say itself. */
static void conform_explain(const conform_answer *answer, int status, bool late, double seconds,
                            bnn_conform_result *out)
{
    const bool sets = answer->setting[0] != '\0';
    char setting[sizeof answer->setting + 16];
    snprintf(setting, sizeof setting, "%s%s%s", sets ? "with " : "", answer->setting,
             sets ? ": " : "");
    out->verdict = BNN_CONFORM_BROKEN;
    if (late)
        snprintf(out->message, sizeof out->message, "%sdid not come back within %g s", setting,
                 seconds);
    else if (WIFSIGNALED(status))
        snprintf(
            out->message, sizeof out->message,
            "%scrashes: %s (signal %d); %s%smemory is of just the size that the contract names, "
            "and touching what lies behind it is a crash",
            setting, strsignal(WTERMSIG(status)), WTERMSIG(status), answer->hint,
            answer->hint[0] != '\0' ? "; " : "");
    else
        snprintf(out->message, sizeof out->message, "%sends the process, with status %d%s%s",
                 setting, WEXITSTATUS(status), answer->hint[0] != '\0' ? "; " : "", answer->hint);
}

static int conform_fork(const conform_check *check, const char *path, double seconds,
                        conform_answer *answer, bnn_conform_result *out, bnn_error *err)
{
    int ends[2], status = 0;
    const pid_t parent = getpid();
    if (pipe2(ends, O_CLOEXEC) != 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "cannot make a pipe");
    const pid_t child = fork();
    if (child == 0) {
        conform_settle_child(parent, ends[1]);
        conform_run_child(check, path, answer);
    }
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        return bnn_fail_errno(err, BNN_E_RESOURCE, "cannot fork a process for a check");
    }
    const bool late = !conform_await(ends[0], seconds);
    close(ends[0]);
    if (late) {
        kill(-child, SIGKILL); /* what holds the pipe may be what it has forked */
        kill(child, SIGKILL);
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    /* The plugin could write there, too: it is taken as text of some length, and as one of two kinds. */
    const bnn_error *fault = &answer->fault;
    if (fault->status != BNN_OK)
        return bnn_fail(err, fault->status == BNN_E_INTERNAL ? BNN_E_INTERNAL : BNN_E_RESOURCE,
                        "%.*s", (int)sizeof fault->message - 1, fault->message);
    out->verdict = answer->verdict;
    snprintf(out->message, sizeof out->message, "%.*s", (int)sizeof answer->message - 1,
             answer->message);
    if (late || answer->verdict == 0)
        conform_explain(answer, status, late, seconds, out);
    return BNN_OK;
}

int bnn_conform_run(const char *path, bnn_kind kind, size_t i, double seconds,
                    bnn_conform_result *out, bnn_error *err)
{
    const conform_check *check = conform_find(kind, i);
    assert(check != NULL);
    conform_answer *answer =
        mmap(NULL, sizeof *answer, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (answer == MAP_FAILED)
        return bnn_no_memory(err);
    *out = (bnn_conform_result){.check = check->name, .promise = check->promise};
    const int status = conform_fork(check, path, seconds, answer, out, err);
    munmap(answer, sizeof *answer);
    return status;
}
