/* spec_text.h - the text of a spec as it was run: the file, then each override as a comment
 * "# -s KEY=VALUE". So the database keeps it, and a reader sees it. */
#ifndef BNN_RUNNER_SPEC_TEXT_H
#define BNN_RUNNER_SPEC_TEXT_H

#include "base/arena.h"

/* File and overrides, of one line each, closed by NULL, as one text, in the arena; NULL without
 * memory. An empty comment stands between them when the file itself ends in comments like ours. */
const char *bnn_spec_text_join(const char *text, const char *const *overrides, bnn_arena *arena);

#endif
