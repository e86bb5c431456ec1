/* key.h - the keys of the language of specs, a row each.
 *
 * A section of a spec is a table of rows: what a key is called, which values it takes, where its
 * value goes in the section's struct, when it acts, what it means. From the rows specs are read and
 * checked, resolved values are recorded, keys that idle are found, and help and the reference are
 * printed. A new key is one row and its field; a new kind of value is one bnn_key_type. */
#ifndef BNN_SPEC_KEY_H
#define BNN_SPEC_KEY_H

#include "spec/settings.h"
#include "spec/tree.h"

#include <bnn/plugin.h>

typedef struct bnn_key bnn_key;
typedef struct bnn_section bnn_section;

/* What travels with everything that reads a spec. Owns nothing. A copy with other fields is a reader,
 * too: one with another path reads another place of the same spec. */
typedef struct bnn_reader {
    bnn_arena *arena; /* what is read lives here */
    bnn_diag *diag;
    const char *path;               /* the dotted key of the place; NULL: the spec as a whole */
    const bnn_section *spec;        /* all keys that there are */
    bnn_settings *settings;         /* where what acts is recorded */
    struct bnn_registry *registry;  /* plugin/registry.h */
    struct bnn_plugin_set *plugins; /* plugin/use.h: likewise, the plugins that act; or NULL */
    const char *catalogue;          /* colon-separated directories of data set entries */
    const char *topologies;         /* likewise, of topologies */
    bool recorded; /* all settings of a config: what is not there came later, see BNN_KEY_LATER */
} bnn_reader;

/* A kind of value. Without read, something else reads what stands there; without record, the value
 * is never recorded. Both get the section's struct; the reader's path is that of the key. */
typedef struct bnn_key_type {
    const char *form; /* what is written there, for messages and help: "a text"; see bnn_key_form */
    /* Fills the field from node, or with the default when node is NULL or wrong. */
    void (*read)(const bnn_reader *r, const bnn_key *key, const bnn_node *node, void *out);
    void (*record)(const bnn_reader *r, const bnn_key *key, const void *in);
    /* The same for editors: a JSON Schema, draft 7, whose references are those of `bnnrun schema`; a
     * section of the key is an alternative to it. NULL: the row says it all. */
    const char *schema;
} bnn_key_type;

enum {
    BNN_SECTION_NAMED = 1,     /* a text instead of the map is its key `name` */
    BNN_SECTION_REFERENCE = 2, /* ... and `name` is recorded as the section's own value */
    BNN_SECTION_EACH = 4,      /* what is no map of its keys is the value of each not named in it */
    BNN_SECTION_ITEMS = 8,     /* of a list's items, whose numbers, from 1, stand before its keys */
};

/* How a row is called that stands for every key like conv2d_2; and such keys, as a regular expression. */
#define BNN_KEY_OTHERS         "LAYER_N"
#define BNN_KEY_OTHERS_PATTERN "[a-z][a-z0-9_]*_[1-9][0-9]*"

struct bnn_section {
    const bnn_key *keys; /* closed by a row without a name */
    uint32_t flags;      /* BNN_SECTION_... */
    const char *name;    /* how messages call it; NULL: by the path */
    /* The row of keys like conv2d_2, which have none of their own, called BNN_KEY_OTHERS; or NULL. Its type is given
     * the section as a whole: the reader's path, the node and the struct are those of the section. */
    const bnn_key *others;
    /* What rows cannot say: mistakes of several keys together, defaults that depend on others.
     * After the keys, even after mistakes; node: what stands there, or NULL. Or NULL. */
    void (*finish)(const bnn_reader *r, const bnn_node *node, void *out);
};

enum {
    BNN_KEY_FIXED = 1,    /* the same for all points of a sweep, and no part of a config */
    BNN_KEY_SILENT = 2,   /* varies, but is no part of a config */
    BNN_KEY_REQUIRED = 4, /* wherever there is a map */
    BNN_KEY_LIST = 8,     /* a list is one value of it, not several to try */
    BNN_KEY_LATER = 16,   /* an integer or a choice. `detail` is what all had before there was the
                             key: not recorded, so that their configs stay what they were */
    BNN_KEY_UNSET =
        32, /* recorded off its default only, likewise: a number, an integer, a switch, a
                             choice, or a plugin, whose parameters have their defaults, too */
    BNN_KEY_DECIDED = 64, /* its section says as a whole whether it is recorded, and as what */
};

struct bnn_key {
    bnn_param param;          /* name, field, default, range, choices, help */
    const bnn_key_type *type; /* NULL: param says it all */
    const char *standard;     /* the default, when it is no number: a text, a plugin, a word */
    const char *computed;     /* how help calls a default that depends on other things */
    const char *words;        /* "none|auto": what may stand there instead */
    const char *acts; /* "KEY=VALUE|...": acts where one holds; NULL: everywhere; also != and &, and
                         KEY alone, which holds where it is recorded */
    const char *also; /* "lr|rate": how other programs call it; or NULL */
    const char *foreign; /* "htanh=clipped|...": names of plugins elsewhere, and here; or NULL */
    /* "rmsprop or sgd": plugins that may stand here and have such a parameter, or NULL; or NULL. */
    const char *(*takes)(const bnn_reader *r, const bnn_key *key, const char *parameter);
    /* For the types that say so. The long form of what is written there; the node itself when it is
     * long already; NULL without memory. Or NULL: there is no short form. */
    const bnn_node *(*spell_out)(const bnn_reader *r, const bnn_node *node);
    const char *pattern;        /* to editors: what a text, or a short form, looks like; or NULL */
    const char *examples;       /* lines that help shows; or NULL */
    const char *depends;        /* "KEY|...": others that decide what is recorded; or NULL */
    const bnn_section *section; /* the keys below this one */
    uint32_t flags;             /* BNN_KEY_... */
    uint32_t detail;            /* the type's own */
    uint32_t unfit; /* flags of plugins that may not stand here: BNN_STE_..., BNN_OPTIMIZER_... */
};

/* A row is {.param = BNN_INTEGER(...)} with more fields behind, or one of these in braces:
 * {BNN_KEY_TEXT(bnn_data_options, name, "name", "the data set"), .standard = "mnist"} */
#define BNN_KEY_OF(key_name, key_offset, key_type, key_help)                             \
    .param = {.name = (key_name), .offset = (uint32_t)(key_offset), .help = (key_help)}, \
    .type = (key_type)
#define BNN_KEY_TEXT(T, field, key_name, key_help) \
    BNN_KEY_OF(key_name, BNN_OFFSET(T, field, const char *), &bnn_key_text, key_help)
#define BNN_KEY_DURATION(T, field, key_name, key_help) \
    BNN_KEY_OF(key_name, BNN_OFFSET(T, field, double), &bnn_key_duration, key_help)
#define BNN_KEY_SIZE(T, field, key_name, key_help) \
    BNN_KEY_OF(key_name, BNN_OFFSET(T, field, double), &bnn_key_size, key_help)
#define BNN_KEY_SECTION(T, field, key_name, key_section, key_help) \
    BNN_KEY_OF(key_name, offsetof(T, field), &bnn_key_section, key_help), .section = (key_section)
#define BNN_KEY_CHOICE(T, field, key_name, key_fallback, key_choices, key_help)                   \
    .param = BNN_PARAM(key_name, BNN_TYPE_CHOICE, BNN_OFFSET(T, field, int32_t), key_fallback, 0, \
                       0, key_choices, key_help)
#define BNN_KEYS_END            \
    {                           \
        .param = BNN_PARAMS_END \
    }

extern const bnn_key_type bnn_key_value; /* what param says */
/* const char *; with choices: one of them; detail: the plugins that it names, as of bnn_key_plugin */
extern const bnn_key_type bnn_key_text;
extern const bnn_key_type bnn_key_duration; /* double, seconds */
extern const bnn_key_type bnn_key_size;     /* double, bytes */
extern const bnn_key_type bnn_key_section;  /* a map: a struct within the section's */

/* How a section is read, for types that record it in another way. */
void bnn_section_of_key_read(const bnn_reader *r, const bnn_key *key, const bnn_node *node,
                             void *out);

/* For types. Single values: BNN_OK and *out, or BNN_E_SPEC after a message; the text, or NULL after one
 * (nothing is no text). Integers are decimal and exact. */
int bnn_key_integer(const bnn_reader *r, const bnn_node *node, int64_t minimum, int64_t maximum,
                    int64_t *out);
const char *bnn_key_text_of(const bnn_reader *r, const bnn_node *node);

/* Records a value in the reader's settings, under its path; number: finite. */
void bnn_record_number(const bnn_reader *r, uint32_t type, double number);
void bnn_record_text(const bnn_reader *r, const char *text);

/* Adds "PATH: expected THING, got ...ADVICE". */
int bnn_reader_expected(const bnn_reader *r, const bnn_node *node, const char *thing,
                        const char *advice);

/* Whether what <bnn/plugin.h> has as a parameter has its default. */
bool bnn_key_is_standard(const bnn_key *key, const void *in);

/* Whether the node is a plain decimal number; *out is infinite when it is too large. */
bool bnn_key_is_number(const bnn_node *node, double *out);

/* Of choices, "a|b|c": choice i, copied into out (truncated); their number; the index of one, or
 * their number when it is none. */
size_t bnn_choice_count(const char *choices);
void bnn_choice_text(const char *choices, size_t i, char *out, size_t n);
size_t bnn_choice_index(const char *choices, const char *text);

/* Whether node is one of the key's words, which is returned, or NULL. */
const char *bnn_key_word(const bnn_key *key, const bnn_node *node);

/* Whether node is a false, no or off for the word none that the key takes. */
bool bnn_key_is_refusal(const bnn_key *key, const bnn_node *node);

/* What may be written for the key, its words aside: "an integer", "a name or ...". */
const char *bnn_key_form(const bnn_key *key);

/* Adds "PATH: expected none or a map, got "x"". */
int bnn_key_expected(const bnn_reader *r, const bnn_key *key, const bnn_node *node);

/* The names of the section's keys, closed by NULL; how many there are. */
enum { BNN_SECTION_KEYS = 80 };
size_t bnn_section_names(const bnn_section *section, const char *names[BNN_SECTION_KEYS]);

/* Reads what stands at the reader's path (NULL: all defaults) into the section's struct: each field
 * gets a value, even after mistakes. bnn_section_check finds keys that are none, and what is no
 * map; bnn_section_read does both. BNN_OK, or the worst status of its messages. */
int bnn_section_check(const bnn_reader *r, const bnn_section *section, const bnn_node *node);
int bnn_section_read(const bnn_reader *r, const bnn_section *section, const bnn_node *node,
                     void *out);
int bnn_key_read(const bnn_reader *r, const bnn_section *section, const bnn_key *key,
                 const bnn_node *node, void *out);

/* Records the values that act in the reader's settings, in the order of the rows. */
void bnn_section_record(const bnn_reader *r, const bnn_section *section, const void *in);
void bnn_key_record(const bnn_reader *r, const bnn_section *section, const bnn_key *key,
                    const void *in);

/* Whether a condition (bnn_key.acts) holds for what has been recorded. */
bool bnn_key_holds(const bnn_settings *settings, const char *condition);

/* Reports a key that has no row in the section; where: how messages call the section, or NULL. */
void bnn_key_check_known(const bnn_reader *r, const bnn_section *section, const char *where,
                         const bnn_node *key);

/* Which key of the whole spec may be meant by a word that is none of the keys at the reader's path,
 * as the end of a message: "; did you mean "train.optimizer.lr"?", "; sgd has one" of parameters of
 * another plugin; or "". Returns out. */
enum { BNN_KEY_MEANT = 512 };
const char *bnn_key_meant(const bnn_reader *r, const char *word, char out[BNN_KEY_MEANT]);

/* The row of the section that a path begins with, or NULL. */
const bnn_key *bnn_key_in(const bnn_section *section, const char *path);

/* The row of a dotted path, or NULL. Parameters of a plugin, and keys of a sweep's maps, have no rows. */
const bnn_key *bnn_key_find(const bnn_section *spec, const char *path);

/* A reader of a key below: path gets room for its path. */
enum { BNN_KEY_PATH = 256 };
bnn_reader bnn_reader_below(const bnn_reader *r, const char *name, char path[BNN_KEY_PATH]);

#endif
