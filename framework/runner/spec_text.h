/* spec_text.h - the text of a spec as it was run: the file, then each override as a comment
 * "# -s KEY=VALUE". So the database keeps it, and a reader sees it. Here it is written, and read for its
 * seeds. */
#ifndef BNN_RUNNER_SPEC_TEXT_H
#define BNN_RUNNER_SPEC_TEXT_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* File and overrides, of one line each, closed by NULL, as one text, in the arena; NULL without
 * memory. An empty comment stands between them when the file itself ends in comments like ours. */
const char *bnn_spec_text_join(const char *text, const char *const *overrides, bnn_arena *arena);

/* The seeds that such a text asks for, ascending, in the arena. False: it has mistakes, or there is no
 * memory. */
bool bnn_spec_text_seeds(const char *text, bnn_arena *arena, const int64_t **out, size_t *out_n);

#endif
