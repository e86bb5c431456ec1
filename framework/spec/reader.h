/* reader.h - what travels with everything that reads a spec. */
#ifndef BNN_SPEC_READER_H
#define BNN_SPEC_READER_H

#include "base/arena.h"
#include "spec/diag.h"

/* Owns nothing. A copy with other fields is a reader, too: one without settings records nothing. */
typedef struct bnn_reader {
    bnn_arena *arena; /* what is read lives here */
    bnn_diag *diag;
    struct bnn_registry *registry; /* plugin/registry.h */
    struct bnn_settings *settings; /* spec/schema.h: what acts is recorded here; or NULL */
    const char *catalogue;         /* colon-separated directories of data set entries */
    const char *topologies;        /* likewise, of topologies */
} bnn_reader;

#endif
