/* <bnn/infer.h> - runs `.bnn` models: classifies images with networks of bits.
 *
 *     char error[BNN_INFER_ERROR];
 *     bnn_model *model;
 *     if (bnn_model_open("lenet5.bnn", NULL, &model, error) != 0)
 *         return fprintf(stderr, "%s\n", error), 1;
 *     void *workspace = malloc(bnn_model_workspace_bytes(model));
 *     float logits[10];
 *     bnn_model_run(model, 1, pixels, logits, workspace);
 *     printf("a %u\n", bnn_model_class(model, logits));
 *     free(workspace);
 *     bnn_model_close(model);
 *
 *     cc program.c $(pkg-config --cflags --libs bnn-infer)
 *
 * A model is immutable once open: any number of threads may run it at the same time, each with a
 * workspace of its own. Running allocates nothing and cannot fail. The answers have the bits of
 * the training program's, on every machine and instruction set.
 *
 * Images are bytes [channels][height][width], 0 to 255, as in the data the network was trained on
 * (MNIST: white strokes on black). */
#ifndef BNN_INFER_H
#define BNN_INFER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The library exports what follows, and hides the rest of it. */
#ifdef __GNUC__
#    pragma GCC visibility push(default)
#endif

enum { BNN_INFER_ERROR = 1000 }; /* characters of an error text, terminator included */

typedef struct bnn_model bnn_model;

typedef struct bnn_model_info {
    uint32_t channels, height, width; /* of an image */
    uint32_t n_classes;
    uint32_t n_stages;         /* layers with weights, and what follows each */
    const char *engine;        /* "avx512", "avx2", "neon", "portable" */
    size_t file_bytes;         /* of the model file */
    uint64_t n_weights;        /* trained weights, of which ... */
    uint64_t n_binary_weights; /* ... take one bit */
} bnn_model_info;

/* Opens a model file, or one in memory (copied; bytes may go). A damaged or hostile file gives an
 * error, never a crash. engine: a name from the list above; or NULL for the fastest one that this
 * machine runs, of those from the one on that the environment variable BNN_CPU names, if it is set
 * (avx512, avx2, portable; neon, portable). 0 and *out, to be closed by the caller; or -1 and a
 * text in error[BNN_INFER_ERROR]. */
int bnn_model_open(const char *path, const char *engine, bnn_model **out, char *error);
int bnn_model_open_memory(const void *bytes, size_t n, const char *engine, bnn_model **out,
                          char *error);

/* Frees everything. NULL is allowed. */
void bnn_model_close(bnn_model *model);

/* Facts about the model; texts live as long as the model. */
void bnn_model_get_info(const bnn_model *model, bnn_model_info *out);

/* What the maker of the model wrote about it under a key ("run", "spec", "accuracy", "tool"), or
 * NULL; and pair i of them, false beyond the last. Texts live as long as the model. */
const char *bnn_model_metadata(const bnn_model *model, const char *key);
int bnn_model_metadata_at(const bnn_model *model, uint32_t i, const char **key, const char **value);

/* The name of stage i: that of its layer with weights, "conv2d_1". NULL beyond the last. */
const char *bnn_model_stage_name(const bnn_model *model, uint32_t i);

/* The memory that one call of the functions below needs, whatever the number of images. Any
 * alignment will do; need not be cleared; may be used again and again, by one thread at a time. */
size_t bnn_model_workspace_bytes(const bnn_model *model);

/* logits[n][n_classes] of images[n][channels][height][width]. Batches of 64 and more run faster
 * per image than single ones. */
void bnn_model_run(const bnn_model *model, size_t n, const uint8_t *images, float *logits,
                   void *workspace);

/* The same, and adds to stage_ns[n_stages] the nanoseconds spent in each stage. Slower: it looks at
 * the clock. */
void bnn_model_profile(const bnn_model *model, size_t n, const uint8_t *images, float *logits,
                       void *workspace, uint64_t *stage_ns);

/* The class of the largest logit; the first, where several are largest. */
uint32_t bnn_model_class(const bnn_model *model, const float *logits);

#ifdef __GNUC__
#    pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif

#endif
