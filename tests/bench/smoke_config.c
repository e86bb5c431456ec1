#include "tests/bench/smoke_config.h"

#include "base/clock.h"
#include "tests/bench/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs a command to its end. Its output is thrown away, its messages are shown. */
static int run_command(char *const arguments[], bnn_error *err)
{
    posix_spawn_file_actions_t actions;
    pid_t child;
    int state, failure = posix_spawn_file_actions_init(&actions);
    if (failure != 0)
        return bnn_fail(err, BNN_E_INTERNAL, "cannot start %s: %s", arguments[0],
                        strerror(failure));
    failure = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    if (failure == 0)
        failure = posix_spawn(&child, arguments[0], &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failure != 0)
        return bnn_fail(err, BNN_E_RESOURCE, "cannot start %s: %s", arguments[0],
                        strerror(failure));
    while (waitpid(child, &state, 0) < 0)
        if (errno != EINTR)
            return bnn_fail_errno(err, BNN_E_INTERNAL, "cannot wait for %s", arguments[0]);
    if (!WIFEXITED(state) || WEXITSTATUS(state) != 0)
        return bnn_fail(err, BNN_E_FAILED, "%s %s ended with status %d", arguments[0], arguments[1],
                        WIFEXITED(state) ? WEXITSTATUS(state) : -1);
    return BNN_OK;
}

/* One sweep into a database of its own. */
static int run_once(char *program, char *spec, samples *seconds, bnn_error *err)
{
    char folder[SCRATCH_PATH], db[SCRATCH_PATH + 16], option[] = "--db", quiet[] = "--quiet";
    int status = scratch_create(folder, err);
    if (status != BNN_OK)
        return status;
    snprintf(db, sizeof db, "%s/bench.db", folder);
    const double start = bnn_clock_seconds(CLOCK_MONOTONIC);
    status = run_command((char *[]){program, spec, quiet, option, db, NULL}, err);
    samples_add(seconds, bnn_clock_seconds(CLOCK_MONOTONIC) - start);
    scratch_remove(folder);
    return status;
}

int smoke_config_run(bench *b, bnn_error *err)
{
    static const report_column columns[] = {
        {"config", "config", 20, REPORT_TEXT},
        {"seconds", "seconds", 8, 2},
        {"seconds_min", "min", 6, 2},
        {"seconds_max", "max", 6, 2},
        {"rounds", "rounds", 6, 0},
    };
    static const char spec_name[] = "configs/quick.yaml";
    char spec[PATH_MAX];
    samples seconds = {0};
    char *program = getenv("BNNRUN");
    report_table(b->report, "smoke_config",
                 "bnnrun on drawn digits: wall time of the whole command", columns,
                 sizeof columns / sizeof *columns);
    if (program == NULL || access(program, X_OK) != 0) {
        report_note(b->report, "not run: BNNRUN names no program (%s)",
                    program != NULL ? program : "it is not set");
        return BNN_OK;
    }
    int status = bench_source_path(spec_name, spec, err);
    for (uint32_t i = 0; status == BNN_OK && i < (b->options.quick ? 1 : b->options.rounds); i++)
        status = run_once(program, spec, &seconds, err);
    if (status == BNN_OK)
        report_row(b->report,
                   (report_cell[]){TEXT(spec_name), NUMBER(samples_median(&seconds)),
                                   NUMBER(samples_min(&seconds)), NUMBER(samples_max(&seconds)),
                                   NUMBER((double)seconds.n)});
    return status;
}
