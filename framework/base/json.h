/* json.h - JSON texts, with an eye on memory. */
#ifndef BNN_BASE_JSON_H
#define BNN_BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>

/* As json_loadb(), which shortens a word for which there is no memory, and goes on. NULL when the text is no
 * JSON, or there was no memory. */
json_t *bnn_json_parse(const char *text, size_t n, size_t flags, bool *no_memory);

#endif
