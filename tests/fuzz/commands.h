/* commands.h - commands called in this process, and what they print looked at. */
#ifndef BNN_TESTS_FUZZ_COMMANDS_H
#define BNN_TESTS_FUZZ_COMMANDS_H

#include <stdbool.h>

/* The sample database (tests/fixtures/sample_database.h) in fuzz_folder(), which is the current one from now on: a
 * first copy, without types and constraints if it is loose, of which fuzz_commands_renew makes that which commands read. No program is found, so that
 * nothing is started. */
void fuzz_commands_begin(bool loose);
void fuzz_commands_renew(void);
const char *fuzz_commands_database(void);

/* Runs `bnnrun WORDS`, closed by NULL. It fails with a message or does not, and has no control characters in what it
 * prints. */
void fuzz_commands_run(const char *const *words);

#endif
