/* engine.h - what runs a model: blocks of images, stage by stage; one implementation of a stage for
 * each instruction set.
 *
 * An engine lays a model's weights out as its loops want them, once, at open; then images are run
 * from any number of threads, each with a workspace of its own. All engines give the same bits. */
#ifndef BNN_INFER_ENGINE_ENGINE_H
#define BNN_INFER_ENGINE_ENGINE_H

#include "infer/model.h"

typedef struct bnn_engine {
    const char *name; /* "portable", "avx2", "avx512", "neon": the words of BNN_CPU */

    /* Makes the engine's own form of the model in the arena, which begins with a bnn_prepared. The
     * model outlives it. Fails only for want of memory. */
    int (*prepare)(const bnn_model *model, bnn_arena *arena, void **state, bnn_error *err);
} bnn_engine;

/* What all engines know of a model. */
typedef struct bnn_prepared {
    const bnn_model *model;
    size_t block;         /* images that go through a stage together */
    size_t value_bytes;   /* a block's values between two stages */
    uint32_t n_slots;     /* for such values */
    const uint32_t *slot; /* [n_stages]: of each stage's (infer/order.h); NULL: two take turns */
    size_t scratch_bytes; /* of a stage */
    const char *const *arithmetic; /* [n_stages]; NULL: that of the plain engine */
    bool crops; /* the first stage takes whole images, of which the model sees the middle */
    /* Values of n images through a stage; where it is the last, out are logits. */
    void (*run_stage)(const void *state, uint32_t stage, size_t n, const uint8_t *x, uint8_t *out,
                      void *scratch);
} bnn_prepared;

/* For prepare: the slots of a model. BNN_E_INTERNAL without memory. */
int bnn_engine_order(const bnn_model *model, bnn_arena *arena, bnn_prepared *out, bnn_error *err);

/* What one call of bnn_engine_run needs, whatever the number of images; 64-byte aligned, not
 * cleared. */
size_t bnn_engine_workspace_bytes(const void *state);

/* logits[n][classes] of images[n][c][h][w]. Allocates nothing, fails never. stage_ns: NULL, or
 * [n_stages] to which the nanoseconds spent in each stage are added. */
void bnn_engine_run(const void *state, size_t n, const uint8_t *images, float *logits,
                    void *workspace, uint64_t *stage_ns);

/* What the loop that a stage takes multiplies: "planes x bits", "bytes x codes", "floats". */
const char *bnn_engine_arithmetic(const void *state, uint32_t stage);

/* The engine for this machine: the best that it can run, from the one that BNN_CPU names on
 * (simd/cpu.h). NULL with a message when that is not built in. */
const bnn_engine *bnn_engine_choose(bnn_error *err);

/* An engine by name, or NULL when it is not built in or cannot run here. */
const bnn_engine *bnn_engine_find(const char *name);

/* The plain one, which runs anywhere; and those with vectors, where the compiler's target has
 * them. */
extern const bnn_engine bnn_engine_portable;
extern const bnn_engine bnn_engine_avx512, bnn_engine_avx2, bnn_engine_neon;

#endif
