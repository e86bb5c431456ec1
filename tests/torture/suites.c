/* suites.c - see suites.h. */
#include "tests/torture/suites.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What Check says of a test that did not come to its end. Tests may abort; an assertion is one of the program. */
static bool is_bad_end(const char *line, size_t n, const char *err)
{
    if (memmem(line, n, "Received signal 6 ", strlen("Received signal 6 ")) != NULL)
        return strstr(err, "Assertion") != NULL;
    return memmem(line, n, "Received signal", strlen("Received signal")) != NULL ||
           memmem(line, n, "timeout expired", strlen("timeout expired")) != NULL;
}

static void suites_judge(const char *name, const trial_outcome *outcome, torture_suites *suites)
{
    if (outcome->status > 1) {
        printf("wrong: %s %s: status %d\n%s", name, suites->kind, outcome->status, outcome->err);
        suites->n_wrong++;
    }
    bool bad = false;
    for (const char *line = outcome->out; *line != '\0';) {
        const size_t n = strcspn(line, "\n");
        if (is_bad_end(line, n, outcome->err)) {
            printf("wrong: %s %s: %.*s\n", name, suites->kind, (int)n, line);
            suites->n_wrong++;
            bad = true;
        }
        line += n + (line[n] == '\n');
    }
    if (bad)
        printf("%s", outcome->err);
}

static void suites_try_program(const trial_place *place, const char *program,
                               torture_suites *suites)
{
    enum { ROUNDS_MAX = 1000 };
    const char *slash = strrchr(program, '/'), *name = slash != NULL ? slash + 1 : program;
    char path[PATH_MAX];
    trial_place its = *place;
    unsigned long n_failed = 0;
    int n_rounds = 0;
    its.program = realpath(program, path);
    if (its.program == NULL)
        trial_die("%s: %s", program, strerror(errno));
    for (bool more = true; more && n_rounds < ROUNDS_MAX; n_rounds++) {
        trial_outcome outcome;
        its.keeps_paths = suites->begun;
        suites->begun = true;
        trial_run(&its, ".", "", &suites->fault, &outcome);
        suites_judge(name, &outcome, suites);
        n_failed += outcome.report.n_failed;
        more = outcome.report.n_failed > 0;
        trial_free(&outcome);
    }
    suites->n_tried += n_failed;
    printf("%-24s %-8s %5lu calls failed, in %d rounds\n", name, suites->kind, n_failed, n_rounds);
    fflush(stdout);
}

void torture_suites_try(const trial_place *place, torture_suites *suites)
{
    char *programs = strdup(suites->programs), *rest = programs, *program;
    if (programs == NULL)
        trial_die("out of memory");
    while ((program = strsep(&rest, ",")) != NULL)
        suites_try_program(place, program, suites);
    free(programs);
}
