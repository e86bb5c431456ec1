/* reader.h - what travels with everything that reads a spec. */
#ifndef BNN_SPEC_READER_H
#define BNN_SPEC_READER_H

#include "base/arena.h"
#include "spec/diag.h"

/* Owns nothing. A copy with other fields is a reader, too: one with another path reads another
 * place of the same spec. */
typedef struct bnn_reader {
    bnn_arena *arena; /* what is read lives here */
    bnn_diag *diag;
    const char *path;               /* the dotted key of the place; NULL: the spec as a whole */
    const struct bnn_section *spec; /* spec/key.h: all keys that there are */
    struct bnn_settings *settings;  /* spec/settings.h: where what acts is recorded */
    struct bnn_registry *registry;  /* plugin/registry.h */
    struct bnn_plugin_set *plugins; /* plugin/use.h: likewise, the plugins that act; or NULL */
    const char *catalogue;          /* colon-separated directories of data set entries */
    const char *topologies;         /* likewise, of topologies */
} bnn_reader;

#endif
