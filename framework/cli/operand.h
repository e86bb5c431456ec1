/* operand.h - what RUN, MODEL and FILE on a command line stand for. */
#ifndef BNN_CLI_OPERAND_H
#define BNN_CLI_OPERAND_H

#include "cli/result.h"
#include "runner/reload.h"

#include <bnn/infer.h>

#include <stdint.h>

/* The first bytes of a file, and how many there are; 0 of what is no regular file, or not there. */
enum { CLI_PEEK_BYTES = 16 };
int cli_peek(const char *path, uint8_t head[CLI_PEEK_BYTES], size_t *n, bnn_error *err);

/* Whether an operand stands for a model file: it ends in .bnn, or is a file that begins like one.
 * Any other stands for a run. */
int cli_is_model_file(const char *operand, bool *out, bnn_error *err);

/* The uid, in the arena, of the one run whose uid begins like that. When there is none, or more than
 * one, the message says which are near. */
int cli_find_run(bnn_store *store, const char *wanted, bnn_arena *arena, const char **out_uid,
                 bnn_error *err);

/* Likewise one that is done, with what is recorded of it. */
int cli_find_done_run(bnn_store *store, const char *wanted, bnn_arena *arena, bnn_stored_run *out,
                      bnn_error *err);

/* The model that an operand stands for. */
typedef struct cli_model {
    const char *path;      /* of the model file; NULL: the run left none */
    bool is_of_run;        /* it is what a run left, and still the same */
    bnn_stored_run stored; /* then */
} cli_model;

/* Finds the file. All texts are in the arena of the options, or are the operand's. */
int cli_find_model(const char *operand, const cli_options *options, cli_model *out, bnn_error *err);

/* That a run left no model file, and why; or no weights. */
int cli_fail_without_model(const bnn_stored_run *stored, const cli_options *options,
                           bnn_error *err);
int cli_fail_without_weights(const bnn_stored_run *stored, bnn_error *err);

/* Opens a model file, to be closed by the caller, and makes a workspace for it in the arena. */
int cli_open_model(const char *path, bnn_arena *arena, bnn_model **out, void **out_workspace,
                   bnn_error *err);

/* Brings the network of a run back, in the arena and the registry, which has to outlive it. */
int cli_reload_run(const bnn_stored_run *stored, bnn_arena *arena, bnn_registry *registry,
                   bnn_reloaded *out, bnn_error *err);

/* Opens data, to be closed by the caller. spec_path: beside which entries of the catalogue may lie, or
 * NULL. */
int cli_open_data(const bnn_data_options *data, const char *spec_path, bool download,
                  const cli_options *options, bnn_dataset *out, bnn_error *err);

/* Opens the data that a run was trained on and no others, to be closed by the caller. data, shape,
 * n_classes: of its config. */
int cli_open_run_data(const bnn_stored_run *stored, const bnn_data_options *data, bnn_shape shape,
                      uint32_t n_classes, bool download, const cli_options *options,
                      bnn_dataset *out, bnn_error *err);

#endif
