/* json.h - JSON texts, with an eye on memory. */
#ifndef BNN_BASE_JSON_H
#define BNN_BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>

/* As json_loadb(), which shortens a word for which there is no memory, and goes on, or aborts. NULL when the text is
 * no JSON, or there was no memory. */
json_t *bnn_json_parse(const char *text, size_t n, size_t flags, bool *no_memory);

/* Of a text that is JSON; NULL without memory. */
json_t *bnn_json_of(const char *text);

/* As json_dumps(), which writes what lacks a part for which there was no memory. NULL without memory for the text, or
 * when there was none for some JSON of this thread since the last call; value may be NULL. So whoever builds what is
 * written need not look at each part of it. */
char *bnn_json_dump(const json_t *value, size_t flags);

/* Whether there was no memory for some JSON of this thread since this, or bnn_json_dump, was last called: for whoever has
 * built or compared it to look at. */
bool bnn_json_lacks(void);

#endif
