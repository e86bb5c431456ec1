/* spec_text.h - the text of a spec as it was run: the file, then each override as a comment
 * "# -s KEY=VALUE". So the database keeps it, a reader sees it, and it can be run again. */
#ifndef BNN_RUNNER_SPEC_TEXT_H
#define BNN_RUNNER_SPEC_TEXT_H

#include "base/arena.h"

/* File and overrides, of one line each, closed by NULL, as one text, in the arena; NULL without
 * memory. */
const char *bnn_spec_text_join(const char *text, const char *const *overrides, bnn_arena *arena);

/* The way back: cuts the overrides off the text, which is changed; they point into it. What is left
 * is the file, perhaps with a line feed at its end, and an empty comment behind comments like ours.
 * BNN_OK, or BNN_E_INTERNAL without memory. */
int bnn_spec_text_split(char *text, bnn_arena *arena, const char *const **overrides);

#endif
