/* spec_schema_internal.h - a schema of specs while it is made: spec_schema.c has the keys one by one,
 * spec_schema_dotted.c the maps that set them by their paths, spec_schema_rules.c what they say together. Private to
 * spec_schema*.c. */
#ifndef BNN_CLI_SPEC_SCHEMA_INTERNAL_H
#define BNN_CLI_SPEC_SCHEMA_INTERNAL_H

#include "base/arena.h"
#include "spec/key.h"

#include <jansson.h>

typedef struct cli_schema {
    bnn_arena *arena;
    json_t *
        definitions; /* of keys and parameters, by dotted path; of what rules share, by names of its own */
    json_t *plugins;    /* a list of {kind, role, flags, name, summary, params} */
    json_t *exact;      /* dotted keys that points may have: path to definition */
    json_t *patterns;   /* likewise, by patterns of them */
    json_t *datasets;   /* that can be named: a list of {name}, with what `is` known of it */
    json_t *topologies; /* likewise: a list of {name, first, last} */
    bool failed;        /* no memory */
} cli_schema;

/* What stands at a key. */
typedef struct cli_schema_wanted {
    json_t *test;    /* of its value */
    bool by_default; /* holds of the default, too */
    bool by_none;    /* holds where a section is none */
} cli_schema_wanted;

/* Each takes the value. */
void cli_schema_put(cli_schema *s, json_t *object, const char *key, json_t *value);
void cli_schema_add(cli_schema *s, json_t *array, json_t *value);

/* JSON is UTF-8, and a plugin or the name of a file may be anything. */
json_t *cli_schema_string(cli_schema *s, const char *text);

/* To a definition. */
json_t *cli_schema_reference(const char *name);

json_t *cli_schema_number(double number);

/* One of the list, which it takes. */
json_t *cli_schema_any(cli_schema *s, json_t *list);

/* What is known beside a spec, at first; the names of it; and last, what follows from one. */
int cli_schema_look(cli_schema *s, const char *spec, const char *plugin_path, bnn_error *err);
json_t *cli_schema_names(cli_schema *s, const json_t *list);
void cli_schema_add_known_rules(cli_schema *s, json_t *all);

/* Last, too: what binarizes no block. */
void cli_schema_add_block_rules(cli_schema *s, json_t *all);

/* Once the keys are defined: what points set as a whole; then the maps of dotted keys. */
void cli_schema_define_wholes(cli_schema *s, const bnn_section *section, const char *path);
void cli_schema_define_dotted(cli_schema *s);

/* Once these are: a list of what holds of a spec as a whole. */
json_t *cli_schema_rules(cli_schema *s);

/* A map of a section with what is wanted at a path; and with something there, which it takes, where it is there. */
json_t *cli_schema_in(cli_schema *s, const bnn_section *section, const char *path,
                      const cli_schema_wanted *wanted);
json_t *cli_schema_below(cli_schema *s, const char *path, json_t *value);

/* A value that sets nothing; why none does is for editors. */
json_t *cli_schema_idle(const char *why);

/* A spec in which each map of dotted keys is as a definition says. */
json_t *cli_schema_maps(cli_schema *s, const char *definition);

/* A spec in which the keys of a condition are the same for all points, and so is what stands at a path; or NULL.
 * What starts from a run, or learns from it, has maps of its own. */
json_t *cli_schema_is_constant(cli_schema *s, const char *condition, const char *below);

#endif
