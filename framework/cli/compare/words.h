/* words.h - sentences that are put together. Private to cli/compare/. */
#ifndef BNN_CLI_COMPARE_WORDS_H
#define BNN_CLI_COMPARE_WORDS_H

#include "cli/compare/compare.h"

/* A text that grows; NULL without memory. */
typedef struct cli_words {
    bnn_arena *arena;
    const char *text;
} cli_words;

void cli_words_add(cli_words *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Whether the results of the comparisons are all of one test set: "on this test set". */
const char *cli_words_place(const cli_question *asked);

#endif
