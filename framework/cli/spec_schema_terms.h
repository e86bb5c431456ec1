/* spec_schema_terms.h - conditions of keys as values of a schema. Private to spec_schema*.c. */
#ifndef BNN_CLI_SPEC_SCHEMA_TERMS_H
#define BNN_CLI_SPEC_SCHEMA_TERMS_H

#include "cli/spec_schema_internal.h"
#include "spec/key_text.h"

/* One of a condition: KEY=VALUE, KEY!=VALUE or KEY. */
typedef struct cli_schema_term {
    char key[BNN_KEY_PATH];
    const char *value; /* NULL: KEY */
    bool negated;
    const bnn_key *row;
    char standard[BNN_KEY_TEXT_BYTES];
} cli_schema_term;

/* Text that grows in the arena; "" without memory. */
void cli_schema_append(cli_schema *s, const char **text, const char *separator, const char *more);

/* A dotted path as a pattern: a\.b */
const char *cli_schema_escape(cli_schema *s, const char *path, size_t n);

/* Reads the first term of a condition; gives what stands behind it. */
const char *cli_schema_read_term(const char *condition, cli_schema_term *out);

/* A spec of which a term holds, or does not; at: a key of which all terms are, then its value, or NULL. */
json_t *cli_schema_of_term(cli_schema *s, const bnn_key *at, const cli_schema_term *term,
                           bool holds);

/* Adds to a list what must be so for no alternative of the condition to hold. */
void cli_schema_add_fails(cli_schema *s, json_t *all, const bnn_key *at, const char *condition);

/* The keys that set those of a condition, or a path; *names: what they set. */
const char *cli_schema_setters(cli_schema *s, const char *condition, const char *below,
                               const char **names);

/* A spec in which what maps of dotted keys have at a pattern is like the value, which it takes; name: of the
 * definition of such maps. */
json_t *cli_schema_where_maps_have(cli_schema *s, const char *name, const char *pattern,
                                   json_t *value);

#endif
