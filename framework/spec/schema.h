/* schema.h - values of a spec: checked, typed, and recorded under their dotted keys.
 *
 * The parameters of a plugin, and most keys of a spec, are rows of bnn_param (see <bnn/plugin.h>);
 * the others, and sections, are in key.h. */
#ifndef BNN_SPEC_SCHEMA_H
#define BNN_SPEC_SCHEMA_H

#include "base/text.h"
#include "spec/reader.h"
#include "spec/tree.h"

#include <bnn/plugin.h>

/* The resolved values of a config: what its hash covers and what the database records. */
typedef struct bnn_setting {
    const char *key; /* dotted */
    uint32_t type;   /* bnn_type; texts and choices are BNN_TYPE_CHOICE with `text` set */
    double number;
    const char *text;
} bnn_setting;

typedef struct bnn_settings {
    bnn_arena *arena; /* rows and texts live here; the rest is zero at first */
    size_t n, capacity;
    bnn_setting *rows;
} bnn_settings;

/* The row with this key, or NULL. */
bnn_setting *bnn_settings_find(const bnn_settings *settings, const char *key);

/* Sorts rows by key and returns them as canonical JSON (one object, sorted dotted keys, no blanks,
 * numbers as bnn_number_text writes them), in the arena; NULL without memory. hash: its SHA-256. */
const char *bnn_settings_json(bnn_settings *settings, char hash[65]);

/* Records a value in the reader's settings, under its path; number: finite. */
void bnn_record_number(const bnn_reader *r, uint32_t type, double number);
void bnn_record_text(const bnn_reader *r, const char *text);

/* How a message calls a value that it did not expect: "lots" (in quotes), a list, a map, nothing.
 * Returns out. */
enum { BNN_DESCRIPTION = BNN_EXCERPT + 8 };
const char *bnn_schema_describe(const bnn_node *node, char out[BNN_DESCRIPTION]);

/* Adds "WHAT: expected THING, got ...". */
int bnn_schema_expected(const bnn_node *node, const char *what, const char *thing, bnn_diag *diag);

/* Whether the node is a plain decimal number; *out is infinite when it is too large. */
bool bnn_schema_is_number(const bnn_node *node, double *out);

/* Single values, for what does not fit a table. BNN_OK or BNN_E_SPEC after a message. `what` as in
 * "train.batch". Integers are decimal and exact; numbers are finite; texts are any
 * scalar that is not empty, ~ or null. */
int bnn_schema_integer(const bnn_node *node, const char *what, int64_t minimum, int64_t maximum,
                       int64_t *out, bnn_diag *diag);
int bnn_schema_number(const bnn_node *node, const char *what, double minimum, double maximum,
                      double *out, bnn_diag *diag);
int bnn_schema_switch(const bnn_node *node, const char *what, int32_t *out, bnn_diag *diag);
int bnn_schema_text(const bnn_node *node, const char *what, const char **out, bnn_diag *diag);
int bnn_schema_choice(const bnn_node *node, const char *what, const char *choices, int32_t *out,
                      bnn_diag *diag);

/* Seconds from 90, 90s, 15m, 2h, 1d: 0 to 3650 days. */
int bnn_schema_duration(const bnn_node *node, const char *what, double *out_seconds,
                        bnn_diag *diag);

/* Adds an error for each key of map that is not in `known` (NULL-terminated), with a suggestion.
 * A node that is neither NULL nor a map is an error, too. BNN_OK or BNN_E_SPEC. */
int bnn_schema_known_keys(const bnn_node *map, const char *what, const char *const *known,
                          bnn_diag *diag);

/* A plugin reference: `name` or `{name: NAME, parameter: value...}`. *name gets the name, *params
 * the map (NULL for a bare name). BNN_OK or BNN_E_SPEC after a message. */
int bnn_schema_reference(const bnn_node *node, const char *what, const char **name,
                         const bnn_node **params, bnn_diag *diag);

/* Of choices, "a|b|c": choice i, copied into out (truncated); their number; the index of one, or
 * their number when it is none. */
size_t bnn_choice_count(const char *choices);
void bnn_choice_text(const char *choices, size_t i, char *out, size_t n);
size_t bnn_choice_index(const char *choices, const char *text);

#endif
