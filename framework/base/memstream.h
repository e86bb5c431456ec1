/* memstream.h - texts that are written as streams.
 *
 * As open_memstream(), which glibc does not let say that memory was short: what did not fit is missing, ferror() is
 * false and fclose() 0. */
#ifndef BNN_BASE_MEMSTREAM_H
#define BNN_BASE_MEMSTREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* *text, of *n bytes and a terminator, is what was written until the last fflush(), or less where ferror() says so. NULL
 * without memory. */
FILE *bnn_memstream_open(char **text, size_t *n);

/* Closes the stream; *text is freed by the caller. False with NULL when there was no memory for all of it. */
bool bnn_memstream_close(FILE *stream, char **text);

#endif
