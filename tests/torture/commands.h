/* commands.h - what is tortured, and where it begins. */
#ifndef BNN_TESTS_TORTURE_COMMANDS_H
#define BNN_TESTS_TORTURE_COMMANDS_H

#include "tests/torture/trial.h"

typedef struct torture_command {
    const char *name;
    const char *words;  /* of its command line; RUN, OTHER, GATES, WIDTHS are uids of runs */
    const char *folder; /* that it begins in a copy of */
    const char *again;  /* what takes up after a failure, beside the same command; or NULL */
    int status;    /* that it ends with, since it is refused: then what it says is the same, too */
    bool trains;   /* ends as "done" is, whatever happened */
    bool once;     /* writes nothing over, what it has made itself neither */
    bool steady;   /* prints the same each time */
    bool finds;    /* what it looks for is faults, which it prints: status 4 */
    bool may_lose; /* says by status 1 that a run could not be made again, or looked at */
} torture_command;

extern const torture_command torture_commands[];
extern const unsigned torture_n_commands;

/* Makes the folders that commands begin in: "fresh" has a spec; "done" has its two runs, too; in "torn" one has lost a
 * file; "stopped" was left when one was not done, but has a checkpoint; "shards" is that with "done" in it; "packed"
 * has the runs in an archive alone; in "dirty" something is to be removed; "gates" and "widths" have a run of other
 * networks, "looks" and "halving" what their specs come to; "pictures" some to add, which "added" has as a set, and
 * "mirrored" as one to be fetched; "cluster" a sweep on Slurm whose shards are saved. False where calls cannot be made
 * to fail. */
bool torture_make_folders(const trial_place *place);

/* The command's words with the uids of runs. */
void torture_words(const torture_command *command, char text[TRIAL_TEXT_MAX]);

#endif
