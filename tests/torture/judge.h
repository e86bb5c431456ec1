/* judge.h - whether a command has borne a fault. */
#ifndef BNN_TESTS_TORTURE_JUDGE_H
#define BNN_TESTS_TORTURE_JUDGE_H

#include "tests/torture/commands.h"

/* What the command does when nothing fails. */
typedef struct torture_reference {
    char *once, *twice; /* the folder after one call, and after another */
    trial_outcome outcome;
    torture_paths *paths; /* by which its calls were made; or NULL */
} torture_reference;

void torture_refer(const trial_place *place, const torture_command *command, bool notes_paths,
                   torture_reference *reference);
void torture_forget(torture_reference *reference);

/* Calls the command with the fault, and then without; NULL, or what is wrong, of which more is printed. *reached: the
 * call that was to fail has been made. says: print each message. */
const char *torture_try(const trial_place *place, const torture_command *command,
                        const trial_fault *fault, const torture_reference *reference, bool says,
                        bool *reached);

#endif
