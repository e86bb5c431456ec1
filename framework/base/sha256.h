/* sha256.h - what names contents. Apart from file.h, so that what only reads files needs no libmd. */
#ifndef BNN_BASE_SHA256_H
#define BNN_BASE_SHA256_H

#include "base/error.h"

#include <stddef.h>

enum { BNN_SHA256_HEX = 65 }; /* characters in hexadecimal, terminator included */

/* SHA-256 of bytes, or of a file's content, as lower-case hexadecimal. */
void bnn_sha256(const void *bytes, size_t n, char out[BNN_SHA256_HEX]);
int bnn_file_sha256(const char *path, char out[BNN_SHA256_HEX], bnn_error *err);

#endif
