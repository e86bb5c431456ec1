/* status.h - lines on the terminal of stderr, if it redraws, that are drawn again and again in one place,
 * below all that is printed meanwhile. */
#ifndef BNN_CLI_STATUS_H
#define BNN_CLI_STATUS_H

#include <stddef.h>

/* The margin is what stays free at the right: a terminal writes ^C there. */
enum { CLI_STATUS_BYTES = 4096, CLI_STATUS_MARGIN = 3 };

/* All zeros to begin with. */
typedef struct cli_status {
    char text[CLI_STATUS_BYTES];  /* being drawn: lines, with line feeds between them */
    char drawn[CLI_STATUS_BYTES]; /* on the screen; "" is nothing */
} cli_status;

/* Adds to the text; what does not fit is cut. */
void cli_status_add(cli_status *status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Puts the text where the last one was, in one write, and begins a new one. Every line is cut to the
 * width that the terminal has now; lines that its height has no place for are left out. */
void cli_status_draw(cli_status *status);

/* Takes away what is drawn, so that something can be printed there. */
void cli_status_erase(cli_status *status);

#endif
