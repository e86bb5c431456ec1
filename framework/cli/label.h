/* label.h - labels of configs, "ste=clipped ordering=bn_act", as words. */
#ifndef BNN_CLI_LABEL_H
#define BNN_CLI_LABEL_H

#include <stddef.h>

enum { CLI_LABEL_WORDS = 64 };

/* Where the words of a label begin and how many bytes they have; blanks inside quotes, brackets and braces
 * part none, nor does one after a colon: "start: binarize=none" is a word. The last word that there is room
 * for has the rest. How many there are. */
size_t cli_label_words(const char *label, const char *begin[CLI_LABEL_WORDS],
                       size_t n[CLI_LABEL_WORDS]);

/* The bytes of "KEY=" at the beginning of a word; 0: it has none. */
size_t cli_label_key(const char *word);

#endif
