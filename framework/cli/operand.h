/* operand.h - what RUN, MODEL and FILE on a command line stand for. */
#ifndef BNN_CLI_OPERAND_H
#define BNN_CLI_OPERAND_H

#include "cli/result.h"
#include "runner/reload.h"

#include <stdint.h>

/* The first bytes of a regular file, and how many there are; 0 when it cannot be read. */
enum { CLI_PEEK_BYTES = 16 };
size_t cli_peek(const char *path, uint8_t head[CLI_PEEK_BYTES]);

/* Whether an operand stands for a model file: it ends in .bnn, or is a file that begins like one.
 * Any other stands for a run. */
bool cli_is_model_file(const char *operand);

/* The uid, in the arena, of the one run whose uid begins like that. When there is none, or more than
 * one, the message says which are near. */
int cli_find_run(bnn_store *store, const char *wanted, bnn_arena *arena, const char **out_uid,
                 bnn_error *err);

/* The model that an operand stands for. */
typedef struct cli_model {
    const char *path;      /* of the model file */
    bool is_of_run;        /* it is what a run left, and still the same */
    bnn_stored_run stored; /* then */
} cli_model;

/* Finds the file. All texts are in the arena of the options, or are the operand's. */
int cli_find_model(const char *operand, const cli_options *options, cli_model *out, bnn_error *err);

/* Brings the network of a run back, with the registry that its plugins live in, to be destroyed by
 * the caller after the last use, also when this fails. *registry is NULL before. */
int cli_reload_run(const bnn_stored_run *stored, const cli_options *options,
                   bnn_registry **registry, bnn_reloaded *out, bnn_error *err);

#endif
