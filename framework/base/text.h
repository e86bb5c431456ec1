/* text.h - small texts: of numbers for readers, lists in messages, what a user may have meant.
 *
 * Texts are UTF-8. Functions that fill `out` return it, and cut what does not fit. Thread-safe. */
#ifndef BNN_BASE_TEXT_H
#define BNN_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    BNN_SHORT_TEXT = 32,   /* bytes of a number's text, terminator included */
    BNN_EXCERPT = 64,      /* of an excerpt */
    BNN_DID_YOU_MEAN = 96, /* of what bnn_did_you_mean writes */
};

/* ---- lists, names, columns --------------------------------------------------------------- */

/* "a, b, c"; the end of a list that does not fit is ", ...". */
const char *bnn_text_join(const char *const *words, size_t n, char *out, size_t out_bytes);

/* Whether text has 1 to n_max bytes, each of them a letter of ASCII, a digit or one of `also`, the
 * first a letter, a digit or one of `first`. So, without "." and "/", it is no path that escapes. */
bool bnn_text_is_name(const char *text, const char *first, const char *also, size_t n_max);

bool bnn_text_ends_with(const char *text, const char *ending);

/* NULL is "". */
bool bnn_text_equal(const char *a, const char *b);

/* Sorts texts by their bytes and keeps each once; how many are left. */
size_t bnn_text_unique(const char **texts, size_t n);

/* The columns of a terminal that a text takes: a character takes one, a Chinese one and most
 * pictures two, an accent of its own none. NULL takes none. And the bytes of what fits in
 * n_columns. */
size_t bnn_text_width(const char *text);
size_t bnn_text_bytes(const char *text, size_t n_columns);

/* Copies what fits; of a longer text the end, from a whole character on, is "...". bnn_excerpt: a
 * text of a file as a message may quote it. */
const char *bnn_text_shorten(const char *text, char *out, size_t out_bytes);
const char *bnn_excerpt(const char *text, char out[BNN_EXCERPT]);

/* The bytes of the character that a text begins with, 1 at its end; 0: they are no UTF-8. */
size_t bnn_text_character(const char *text);

/* The bytes of what a terminal, or a reader of XML, is not to get: the control character that a text begins with, also
 * of C1 (two in UTF-8), one that ends lines or turns the direction of writing, so that a text looks like
 * another, a character that is none, and a byte that is no UTF-8, which may be a C1. 0: it begins with
 * another character. bnn_text_clean: makes all of them '?' but for those in `kept`; returns the text, which is
 * UTF-8 then. */
size_t bnn_text_control(const char *text);
char *bnn_text_clean(char *text, const char *kept);

/* ---- numbers ----------------------------------------------------------------------------- */

/* The shortest decimal that reads back as the same double: "0.001", "1e-5", "60000", and "-0.0".
 * Whole numbers below 1e15 have all their digits. Hashes of configs are made of these. */
const char *bnn_number_text(double x, char out[BNN_SHORT_TEXT]);

/* "61,706", "98.71 %", "2.31 s". */
const char *bnn_count_text(uint64_t n, char out[BNN_SHORT_TEXT]);
const char *bnn_percent_text(double fraction, char out[BNN_SHORT_TEXT]);
const char *bnn_seconds_text(double seconds, char out[BNN_SHORT_TEXT]);

/* "s" behind the noun for n things that are not one, else "". */
const char *bnn_plural(size_t n);

/* ---- what a user may have meant ---------------------------------------------------------- */

/* The candidate nearest to `word` (Damerau-Levenshtein without regard to case, at most a third of
 * the letters of the longer one wrong), else one that it begins or ends (a third of it or more), else
 * one that begins it (four letters or more), or NULL. */
const char *bnn_suggest(const char *word, const char *const *candidates, size_t n);

/* The same as the end of a message: "; did you mean "WORD"?", or "" when no candidate is near. */
const char *bnn_did_you_mean(const char *word, const char *const *candidates, size_t n,
                             char out[BNN_DID_YOU_MEAN]);

#endif
