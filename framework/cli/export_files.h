/* export_files.h - what bnnrun export was asked for, and how it hands over what it has made. */
#ifndef BNN_CLI_EXPORT_FILES_H
#define BNN_CLI_EXPORT_FILES_H

#include "cli/operand.h"
#include "infer/model.h"

typedef enum cli_export_format {
    CLI_EXPORT_ONNX,
    CLI_EXPORT_PACKED,
    CLI_EXPORT_QONNX,
    CLI_EXPORT_C,
    CLI_EXPORT_FORMATS
} cli_export_format;

typedef struct cli_export {
    cli_options options;
    const char *operand;
    cli_export_format format;
    const char *output;      /* "-": stdout */
    const char *input;       /* "pixels", "floats", or NULL */
    uint32_t n_tests;        /* images in the self-test */
    const char *images_path; /* of the self-test; NULL: the run's test set */
    const char *prefix;      /* of names in C, or NULL */
    bnn_arena *arena;        /* for all of the command */
    cli_model source;
    const bnn_model *model;
} cli_export;

typedef struct cli_export_file {
    const char *path; /* "-": stdout */
    const void *bytes;
    size_t n;
} cli_export_file;

/* Writes each file atomically, then says which there are now, and the advice: a line on what to do
 * with them. An advice of NULL is one that found no memory. */
int cli_export_deliver(const cli_export *r, const cli_export_file *files, size_t n,
                       const char *advice, bnn_error *err);

#endif
