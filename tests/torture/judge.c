/* judge.c - see judge.h. */
#include "tests/torture/judge.h"

#include "base/fault.h"

#include <errno.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void torture_refer(const trial_place *place, const torture_command *command, bool notes_paths,
                   torture_reference *reference)
{
    char words[TRIAL_TEXT_MAX];
    trial_outcome second;
    trial_place noting = *place;
    noting.paths = reference->paths = notes_paths ? malloc(sizeof *reference->paths) : NULL;
    if (notes_paths && noting.paths == NULL)
        trial_die("%s", strerror(errno));
    torture_words(command, words);
    trial_copy(place, command->folder, "try");
    trial_run(&noting, "try", words, NULL, &reference->outcome);
    if (reference->outcome.status != command->status)
        trial_die("%s: status %d without a fault\n%s", words, reference->outcome.status,
                  reference->outcome.err);
    reference->once = trial_describe(place, command->trains ? "done" : "try");
    if (!command->once) {
        trial_run(place, "try", words, NULL, &second);
        trial_free(&second);
    }
    reference->twice = trial_describe(place, "try");
}

void torture_forget(torture_reference *reference)
{
    free(reference->once);
    free(reference->twice);
    free(reference->paths);
    trial_free(&reference->outcome);
}

/* ---- what is said ------------------------------------------------------------------------- */

/* A message may go on in lines that begin with a space. */
static const char *last_line(const char *text, char line[TRIAL_TEXT_MAX])
{
    const char *from = text, *end = text;
    for (const char *at = text; *at != '\0'; at += strcspn(at, "\n"), at += *at == '\n')
        if (*at != '\n' && *at != ' ') {
            from = at;
            end = at + strcspn(at, "\n");
        }
    snprintf(line, TRIAL_TEXT_MAX, "%.*s", (int)(end - from), from);
    return line;
}

static int count_texts(const char *text, const char *part)
{
    int n = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at++)
        n++;
    return n;
}

/* The last line is an error, and the reason is said, in the words of the system or in our own. Why a file could
 * not be opened, SQLite does not tell where it tries again in another way, for reading only, or in another place; nor
 * libcurl why it could not open a file, or that it could not read it: it then has another hash. */
static bool says_why(const trial_outcome *outcome, const trial_fault *fault)
{
    char line[TRIAL_TEXT_MAX];
    if (strncmp(last_line(outcome->err, line), "bnnrun: ", strlen("bnnrun: ")) != 0)
        return false;
    return fault->calls == TORTURE_STEP || strstr(outcome->err, "out of memory") != NULL ||
           strstr(outcome->err, strerror(fault->reason)) != NULL ||
           (fault->calls == TORTURE_READ && strstr(outcome->err, " has SHA-256 ") != NULL) ||
           (fault->reason == ENOSPC && strstr(outcome->err, "the disk is full") != NULL) ||
           (fault->calls == TORTURE_OPEN &&
            (strstr(outcome->err, "-wal, cannot be read by you in this folder") != NULL ||
             strstr(outcome->err, "unable to open database file") != NULL ||
             strstr(outcome->err, "a copy of it cannot be opened") != NULL ||
             strstr(outcome->err, "Couldn't open file") != NULL ||
             strstr(outcome->err, "cannot be written: opened for reading") != NULL));
}

/* ---- what is left ------------------------------------------------------------------------- */

/* forgives: what is left over, all of it in lines one after the other. */
static bool is_same(const char *wanted, const char *got, bool forgives)
{
    const char *left = forgives ? strstr(got, "\n" TRIAL_LEFT_OVER) : NULL;
    if (left == NULL)
        return strcmp(wanted, got) == 0;
    const size_t n = (size_t)(left + 1 - got);
    const char *rest = left + 1;
    while (strncmp(rest, TRIAL_LEFT_OVER, strlen(TRIAL_LEFT_OVER)) == 0)
        rest = strchr(rest, '\n') + 1;
    return strncmp(wanted, got, n) == 0 && strcmp(wanted + n, rest) == 0;
}

/* Lines that only one of them has; both are sorted. */
static void print_difference(const char *wanted, const char *got)
{
    while (*wanted != '\0' || *got != '\0') {
        const int a = (int)strcspn(wanted, "\n"), b = (int)strcspn(got, "\n");
        const int n = a < b ? a : b;
        int order = *wanted == '\0' ? 1 : *got == '\0' ? -1 : strncmp(wanted, got, (size_t)n);
        order = order == 0 ? a - b : order;
        if (order < 0)
            printf("    lacks: %.*s\n", a, wanted);
        if (order > 0)
            printf("    has:   %.*s\n", b, got);
        wanted += order <= 0 ? a + 1 : 0;
        got += order >= 0 ? b + 1 : 0;
    }
}

/* ---- the call that meets the fault -------------------------------------------------------- */

/* A run without memory has failed: one that wants more than there is would else end each sweep. It is tried
 * again by the next call, as all that have failed. */
static bool has_failed_run(const trial_fault *fault, const trial_outcome *outcome)
{
    return (fault->calls == TORTURE_ALLOC || fault->calls == TORTURE_OWN) &&
           strstr(outcome->err, "] failed ") != NULL &&
           strstr(outcome->err, "out of memory") != NULL;
}

/* What somebody can do something about is a fault of the machine; without memory, whoever is short of it. */
static bool is_of_machine(const trial_fault *fault)
{
    return fault->calls != TORTURE_STEP && fault->reason != ENOMEM &&
           bnn_fault_remedy(fault->reason) != NULL;
}

/* Of what is refused anyway the fault is told, too, where it kept something from being seen. */
static bool is_refused(const torture_command *command, const trial_fault *fault,
                       const trial_outcome *outcome, const torture_reference *reference)
{
    return command->status != 0 && outcome->status == command->status &&
           (strcmp(outcome->err, reference->outcome.err) == 0 ||
            (fault != NULL && says_why(outcome, fault)));
}

static const char *judge_status(const torture_command *command, const trial_fault *fault,
                                const trial_outcome *outcome, const torture_reference *reference)
{
    const int status = outcome->status;
    if (is_refused(command, fault, outcome, reference))
        return NULL;
    if (status == 128 + SIGALRM)
        return "hangs";
    if (strstr(outcome->err, "Sanitizer") != NULL || strstr(outcome->err, "runtime error:") != NULL)
        return "a sanitizer has found something";
    if (status > 5)
        return "crashes";
    if (status == 1 && (command->may_lose || has_failed_run(fault, outcome)))
        return NULL;
    if (status == 4 && command->finds)
        return NULL;
    if (status >= 1 && status <= 3)
        return "blames the user, or a run";
    if (status == 5 && is_of_machine(fault))
        return "blames bnnrun";
    if (status != 0 && !says_why(outcome, fault))
        return "does not say why";
    return status == 0 && command->status != 0 ? "is not refused" : NULL;
}

static const char *judge_first(const trial_place *place, const torture_command *command,
                               const trial_fault *fault, const trial_outcome *outcome,
                               const torture_reference *reference, const char *state)
{
    const char *wrong = judge_status(command, fault, outcome, reference);
    if (wrong != NULL)
        return wrong;
    if (trial_count_runs(place, "try", "done") < count_texts(outcome->err, "] done "))
        return "loses a run that it said is done";
    if (trial_count_runs(place, "try", "failed") > 0 && !has_failed_run(fault, outcome))
        return "takes the fault for one of a run";
    if (strstr(state, "\ndangling ") != NULL ||
        (strstr(state, "\ninteg") != NULL && strstr(state, "\nintegrity ok") == NULL))
        return "damages the database";
    if (outcome->status != 0)
        return NULL;
    if (command->steady && strcmp(outcome->out, reference->outcome.out) != 0 &&
        strstr(outcome->out, "cannot be read") == NULL)
        return "prints something else, and says that all is well";
    return is_same(reference->once, state, true)
               ? NULL
               : "leaves something else, and says that all is well";
}

/* ---- the call after it -------------------------------------------------------------------- */

static const char *judge_second(const torture_command *command, const trial_outcome *outcome,
                                const torture_reference *reference, const char *state)
{
    if (outcome->status != 0 && !is_refused(command, NULL, outcome, reference))
        return "does not go on";
    if (command->steady && strcmp(outcome->out, reference->outcome.out) != 0)
        return "then prints something else";
    return is_same(reference->once, state, false) || is_same(reference->twice, state, false)
               ? NULL
               : "then ends otherwise";
}

/* ---- both --------------------------------------------------------------------------------- */

static void print_text(const char *head, const char *text)
{
    for (int n; *text != '\0'; text += n + (text[n] == '\n')) {
        n = (int)strcspn(text, "\n");
        printf("    %s: %.*s\n", head, n, text);
    }
}

static void print_wrong(const trial_outcome *outcome)
{
    print_text("stderr", outcome->err);
    for (int i = 2; i < outcome->report.n_frames && i < TORTURE_FRAMES_MAX; i++)
        printf("    call:   %.*s\n", TORTURE_FRAME_TEXT, outcome->report.frames[i]);
}

static const char *try_again(const trial_place *place, const torture_command *command,
                             const char *words, const torture_reference *reference)
{
    trial_outcome outcome;
    trial_run(place, "try", words, NULL, &outcome);
    if (command->again != NULL) {
        trial_free(&outcome);
        trial_run(place, "try", command->again, NULL, &outcome);
    }
    char *state = trial_describe(place, "try");
    const char *wrong = judge_second(command, &outcome, reference, state);
    if (wrong != NULL) {
        print_text("then", outcome.err);
        print_difference(reference->once, state);
    }
    free(state);
    trial_free(&outcome);
    return wrong;
}

/* Also where it could not be printed. */
static bool has_done(const trial_fault *fault, const trial_outcome *outcome,
                     const torture_reference *reference, const char *state)
{
    return outcome->status == 0 ||
           (fault->calls == TORTURE_FLUSH && is_same(reference->once, state, true));
}

const char *torture_try(const trial_place *place, const torture_command *command,
                        const trial_fault *fault, const torture_reference *reference, bool says,
                        bool *reached)
{
    char words[TRIAL_TEXT_MAX], line[TRIAL_TEXT_MAX];
    trial_outcome outcome;
    torture_words(command, words);
    trial_copy(place, command->folder, "try");
    trial_run(place, "try", words, fault, &outcome);
    *reached = outcome.report.n_failed > 0;
    char *state = trial_describe(place, "try");
    const char *wrong = judge_first(place, command, fault, &outcome, reference, state);
    if (wrong != NULL)
        print_difference(reference->once, state);
    if (wrong == NULL && *reached &&
        !(command->once && has_done(fault, &outcome, reference, state)))
        wrong = try_again(place, command, words, reference);
    if (wrong != NULL)
        print_wrong(&outcome);
    else if (says)
        printf("%s: status %d: %s\n", command->name, outcome.status, last_line(outcome.err, line));
    free(state);
    trial_free(&outcome);
    return wrong;
}
