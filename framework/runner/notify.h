/* notify.h - a command of the user that is told how a sweep ended: run.notify. */
#ifndef BNN_RUNNER_NOTIFY_H
#define BNN_RUNNER_NOTIFY_H

#include "base/error.h"
#include "spec/key.h"

#include <stddef.h>

/* The words of a command, closed by NULL: what stands in a const char *const * of a section's struct; NULL: none. */
enum { BNN_NOTIFY_WORDS_MAX = 64 };
extern const bnn_key_type bnn_command_type;

/* Runs the command, found as a shell finds it, but without one: the words are its arguments as they are. The text is
 * its standard input, and what it prints goes to stderr. After so many seconds it is killed, and at its end whatever it
 * has left running. BNN_OK when its status is 0; else BNN_E_FAILED, and why. */
int bnn_notify(const char *const *command, const char *text, double seconds, bnn_error *err);

#endif
