/* diag.h - all mistakes of a spec in one pass: FILE:LINE:COLUMN: message.
 *
 * A bnn_diag collects messages, drops repeated ones (a mistake that every point of a sweep meets
 * is said once), and prints in the order of the file. It remembers the worst status that was added,
 * so what reads several things need not compare theirs. One thread at a time. */
#ifndef BNN_SPEC_DIAG_H
#define BNN_SPEC_DIAG_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

typedef struct bnn_position_in_file {
    const char *file; /* as the user named it; NULL: the message stands alone */
    uint32_t line;    /* from 1; 0: the file as a whole */
    uint32_t column;  /* from 1, in characters */
} bnn_position_in_file;

/* The order of two positions in one file, as qsort wants it. */
int bnn_position_order(bnn_position_in_file a, bnn_position_in_file b);

typedef struct bnn_diag bnn_diag;

/* NULL when there is no memory. destroy accepts NULL. */
bnn_diag *bnn_diag_create(void);
void bnn_diag_destroy(bnn_diag *diag);

/* Adds an error (lower case, no final period), or a warning, which does not count as an error.
 * Copies what it is given; control characters become '?'. The first 1000 messages are kept, a last
 * one says that there were more. Errors return their status, so that `return bnn_diag_add(...)` is
 * the whole error path: fail the given one (BNN_OK: a warning), no_memory BNN_E_INTERNAL. */
int bnn_diag_fail(bnn_diag *diag, int status, bnn_position_in_file at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
#define bnn_diag_add(diag, at, ...)  bnn_diag_fail(diag, BNN_E_SPEC, at, __VA_ARGS__)
#define bnn_diag_warn(diag, at, ...) bnn_diag_fail(diag, BNN_OK, at, __VA_ARGS__)
int bnn_diag_no_memory(bnn_diag *diag);

/* Why a file could not be read: a mistake of who named it, unless the machine fails. Returns that status. */
int bnn_diag_unread(bnn_diag *diag, const bnn_error *err);

/* What is read again with some other settings: while it is set, messages begin with "in NAME: ", and are
 * put where `locate` says, so that they stand at what those settings say. */
typedef struct bnn_diag_part {
    const char *name;
    bnn_position_in_file (*locate)(const void *context, bnn_position_in_file at);
    const void *context;
} bnn_diag_part;

/* part: stays the caller's; NULL: none. Returns the one of before, to be set again. */
const bnn_diag_part *bnn_diag_set_part(bnn_diag *diag, const bnn_diag_part *part);

/* Keeps the text of a file that positions are in, to show lines of it. The first text of a name
 * stays. BNN_OK or BNN_E_INTERNAL. */
int bnn_diag_source(bnn_diag *diag, const char *file, const char *text, size_t n);

size_t bnn_diag_n_errors(const bnn_diag *diag);

/* The worst status of the errors so far, BNN_OK without any. What a spec cannot say is worse than
 * what is only not there (BNN_E_RESOURCE), and BNN_E_INTERNAL is worst. */
int bnn_diag_status(const bnn_diag *diag);

/* For a part of what is read: begin starts the status afresh and returns the one so far; end puts
 * that back, worsened by the part, and returns the status of the part alone. */
int bnn_diag_begin(bnn_diag *diag);
int bnn_diag_end(bnn_diag *diag, int begun);

/* The number of messages, and message i, in the order of file, line, column:
 * "spec.yaml:3:7: unknown key ..." or "spec.yaml:3:7: warning: ...". Valid until the next add. */
size_t bnn_diag_count(bnn_diag *diag);
const char *bnn_diag_message(bnn_diag *diag, size_t i);

/* The line that message i is about and, below it, a mark at the column: two lines, indented, of at
 * most 100 columns. "" when the text is not known. Returns out. */
enum { BNN_DIAG_LINE = 1024 };
const char *bnn_diag_line(bnn_diag *diag, size_t i, char out[BNN_DIAG_LINE]);

#endif
