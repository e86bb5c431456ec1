/* network.h - blocks + ordering -> a planned sequence of operations -> forward and backward.
 *
 * Creating a network plans every buffer in one arena; after that nothing is allocated. A network
 * belongs to one thread. Tensors are feature-major (see <bnn/plugin.h>). */
#ifndef BNN_MODEL_NETWORK_H
#define BNN_MODEL_NETWORK_H

#include "base/record.h"
#include "base/rng.h"
#include "kernels/kernels.h"
#include "model/options.h"
#include "plugin/call.h"
#include "spec/effect.h"

struct bnn_network;

/* What a form makes of one tensor of latent weights, in memory. */
typedef struct bnn_network_form {
    struct bnn_network *network;
    const bnn_use *use;
    bnn_context context;
    const char *layer;
    float *gscale; /* io.gscale, to write */
    float *noise;  /* [all weights]; what the STE draws from; NULL: it does not draw */
    bnn_form_io io;
} bnn_network_form;

/* A trained tensor or a state, with all that belongs to it. */
typedef struct bnn_parameter {
    const char *layer; /* "conv2d_1" */
    const char *name;  /* "weight" */
    uint32_t kind;     /* bnn_tensor_kind */
    size_t n;
    uint32_t dims[4];
    float *value;    /* [n]; latent weights when `latent` */
    float *acting;   /* [n]; what the layer multiplies with: value, or the form's codes of it */
    float *gradient; /* [n]; with respect to `value`; NULL for states */
    bool latent;     /* codes act in its place */
    bool taken;      /* its value is that of another run */
    bnn_network_form *form; /* which makes them; NULL when not latent */
    uint32_t place;         /* in the topology: its stream of random numbers */
} bnn_parameter;

/* Letters that no bnn_role has: what binarizes activations; what multiplies the sums of a linear
 * operation by the scale of its weights and the step of its inputs, right behind it; what adds the
 * output of another block. */
enum { BNN_NETWORK_SIGN = 'S', BNN_NETWORK_SCALE = '*', BNN_NETWORK_ADD = '+' };

/* Values are outputs of operations, by their numbers, or the image. */
enum { BNN_NETWORK_IMAGE = -1, BNN_NETWORK_NOTHING = -2 };

/* One operation of the network, in execution order. */
typedef struct bnn_network_op {
    char letter; /* bnn_role of a layer, or BNN_NETWORK_... */
    const char
        *name;   /* plugin and block: "conv2d_1", "batchnorm_1", "sign_2", "scale_1", "add_3" */
    bnn_use use; /* the layer plugin, the STE, or a layer of the host's own that scales or adds */
    uint32_t block;
    int32_t input;             /* the value that it sees */
    int32_t other;             /* that it adds, or BNN_NETWORK_NOTHING */
    uint32_t n_readers;        /* of its output */
    uint32_t reader;           /* the last of them */
    bnn_layer_plan plan;       /* shapes and sizes; of a sign, too: in and out */
    bnn_form_plan form;        /* of a linear operation with latent weights; else 0 filters */
    const bnn_use *form_use;   /* likewise; else NULL */
    bnn_parameter *parameters; /* [plan.n_tensors + form.n_tensors], in those of the network */
    float *y;                  /* [out][lanes] */
    float *noise;              /* [out][lanes]; what an STE draws from; NULL: it does not draw */
    bnn_layer_io io;           /* everything a layer is called with */
    const float *added;        /* [in][lanes]: the other value */
    float *gradient_sum;     /* [in][lanes]: what the gradient of its input is added to; or NULL */
    float *other_gradient;   /* [in][lanes]: where that of the other value is, or NULL */
    bool other_has_gradient; /* from readers behind this one, to which it is added */
} bnn_network_op;

/* Looks at gradients in front of an STE, and behind it (passed): n of them, of activations (layer: the
 * sign's name) or of the weights of a layer. */
typedef struct bnn_network_probe {
    void (*look)(void *context, const char *layer, bool passed, size_t n, const float *gradient);
    void *context;
} bnn_network_probe;

typedef struct bnn_network {
    const bnn_model_options *options;
    const bnn_kernels *kernels;
    uint32_t lanes; /* images a pass can hold, a multiple of BNN_LANES */
    uint32_t n_classes;
    bnn_shape image; /* what the data set has, and what is seen of it: bytes [input] */
    bnn_shape input;
    float *x;               /* [input][lanes]: the caller writes images here */
    const uint8_t **rows;   /* [lanes]: images, for bnn_network_load */
    uint8_t *seen;          /* [lanes][input]; NULL: all is seen of an image */
    const float *logits;    /* [n_classes][lanes] */
    float *logits_gradient; /* [n_classes][lanes]: the caller writes here before backward */
    uint32_t n_ops;
    bnn_network_op *ops;
    uint32_t first_trained; /* the first of them with tensors that are trained */
    uint32_t n_parameters;
    bnn_parameter *parameters;
    bnn_context weight_context, activation_context, context; /* of the STEs and the layers */
    uint64_t seed;
    uint64_t step;      /* counts training passes: the position in the dropout streams */
    float *gradient[2]; /* ping and pong; what more values have that several read: wire.h */
    float *scratch;
    float *noise;
    const bnn_position_in_file *fault; /* where a mistake stands in the spec; NULL: nowhere */
    bool weights_are_drawn;         /* they do not act as their signs, or not as those of today */
    uint64_t fp_mode;               /* of the thread, from base/fp_mode.h, when it was planned */
    const bnn_use *fp_changer;      /* the first plugin that changed it; NULL: none has */
    const char *fp_changer_at;      /* in which layer */
    bnn_call_note *note;            /* of calls of plugins; or NULL */
    const bnn_network_probe *probe; /* asked by each backward pass; or NULL */
} bnn_network;

/* ---- network.c ---- */

/* Checks a model for a data set without training it: every ordering legal, shapes fit, logits
 * match the classes (n_classes 0: there are as many as logits), no sign that is constant. Problems
 * go to diag with the position of the model section. BNN_OK or a negative status. */
int bnn_network_check(const bnn_model_options *model, bnn_shape input, uint32_t n_classes,
                      bnn_diag *diag);

/* Plans the operations of a model for a data set in the arena, and no other memory: what
 * bnn_layout_build fills is there. */
int bnn_network_lay_out(const bnn_model_options *model, bnn_shape input, uint32_t n_classes,
                        bnn_arena *arena, bnn_network *out, bnn_error *err);

/* The values of all its tensors: each four bytes in the file of weights. 0 when it cannot be planned. */
size_t bnn_network_count_values(const bnn_model_options *model, bnn_shape input,
                                uint32_t n_classes);

/* Whether training of a network can start from the weights of another: tensors of the same name have
 * the same shape, and each linear operation finds its weight. BNN_E_SPEC and the tensor when it
 * cannot. */
int bnn_network_check_start(const bnn_model_options *from, bnn_shape from_input,
                            uint32_t from_classes, const bnn_model_options *to, bnn_shape to_input,
                            uint32_t to_classes, bnn_error *err);

/* Plans and initializes a network for batches of up to `batch` images. Weights come from the seed
 * alone, so networks of equal shape start equal. n_classes: as above. Everything lives in the
 * arena. */
int bnn_network_create(const bnn_model_options *model, bnn_shape input, uint32_t n_classes,
                       uint32_t batch, uint64_t seed, bnn_arena *arena, bnn_network **out,
                       bnn_error *err);

/* The same; calls of plugins are noted, from now on. */
int bnn_network_create_noted(const bnn_model_options *model, bnn_shape input, uint32_t n_classes,
                             uint32_t batch, uint64_t seed, bnn_call_note *note, bnn_arena *arena,
                             bnn_network **out, bnn_error *err);

/* How many of n values are NaN or infinite. */
size_t bnn_count_not_finite(size_t n, const float *values);

/* Whether every value of every tensor, latent weights and running statistics too, is finite;
 * else BNN_E_FAILED and "diverged: " with the first tensor that has others. */
int bnn_network_check_finite(const bnn_network *network, bnn_error *err);

/* ---- idle.c ---- */

enum { BNN_MODEL_IDLE_MAX = 10 + 2 * (3 + BNN_BLOCKS_MAX) };

/* Which keys that are set in a model section (NULL: none are) change nothing in its network, though
 * what they act with is there: switches of binarize where no block can become binary, first and last beside a `layers` that the block is not of, a norm or an
 * activation that the ordering has no place for, padding where no binary inputs are padded. To find the
 * latter the layers are tried. Returns how many, those that act as bnn_idle says among them; their
 * texts live in the arena. */
size_t bnn_model_find_idle(const bnn_model_options *model, bnn_shape input, uint32_t n_classes,
                           const bnn_node *section, bnn_arena *arena,
                           bnn_idle out[BNN_MODEL_IDLE_MAX]);

/* ---- pass.c ---- */

/* Tells STEs and forms which epoch it is: progress 0 in the first, 1 in the last. */
void bnn_network_set_progress(bnn_network *network, double progress);

/* Lets forms that set their own tensors do so, for the latent weights that there are, and refreshes the
 * acting ones. For a network that is to be trained from them. */
void bnn_network_start_form(bnn_network *network);

/* Lets the forms act as they are deployed, with progress 1, until the next set_progress, and refreshes the
 * acting weights: for every evaluation. A new network is there already. */
void bnn_network_deploy_form(bnn_network *network);

/* Refreshes the acting weights from the latent ones. After every change of parameters. Where the STE
 * draws, they become signs here, and are drawn anew by each forward pass in training. */
void bnn_network_binarize(bnn_network *network);

/* The same in two parts, for an optimizer that walks through parameter i in slices: each slice
 * where that is possible, and after the last slice the tensors where it is not. */
void bnn_network_binarize_slice(bnn_network *network, uint32_t i, size_t first, size_t n);
void bnn_network_binarize_wholes(bnn_network *network);

/* The first n of rows, bytes [image], -> x: what the network sees of them. The rows point to that afterwards. */
void bnn_network_load(bnn_network *network, uint32_t n);

/* x -> logits for n <= lanes images; training: batch statistics, dropout, STEs that draw; and in the first such pass,
 * quantizers take their tensors, but those of another run, from what they see. */
void bnn_network_forward(bnn_network *network, uint32_t n, bool training);

/* The same from operation `first` on, whose input is that of the pass before. */
void bnn_network_forward_from(bnn_network *network, uint32_t first, uint32_t n, bool training);

/* Images as bytes [n][image] -> logits [n][n_classes], in inference; any n. What evaluation sees,
 * to the bit. */
void bnn_network_infer(bnn_network *network, uint32_t n, const uint8_t *images, float *logits);

/* logits_gradient -> the gradient of every parameter; after a forward pass in training. */
void bnn_network_backward(bnn_network *network, uint32_t n);

/* After each call of a plugin: notes the first that changed how this thread computes. layer: where
 * it is used. */
void bnn_network_watch_fp_mode(bnn_network *network, const bnn_use *use, const char *layer);

/* ---- size.c ---- */

/* The size of op i, its index aside. Binary weights count 1 bit, weights with other whole codes the bits
 * of their digits (infer/codes.h), and real ones 32. The scale of a form belongs to its layer: 32 bits
 * for each number, or nothing where it folds into the threshold of the next sign. A batch norm between a
 * binary linear operation on binary inputs and the next sign folds into an integer threshold and a
 * direction per channel: 16 + 1 bits; one in front of a sign but behind real sums keeps a float threshold
 * and a direction: 32 + 1; any other keeps scale and shift: 64. A learned shift in front of a sign is part
 * of the threshold of the norm before it, or one of its own. Layers that say their deployed_bits count
 * those. Everything else counts 32 bits a value. False for ops without values (signs, pools). */
bool bnn_network_layer_size(const bnn_network *network, uint32_t i, bnn_layer_record *out);

/* ---- start.c ---- */

/* For bnn_network_create: layers that have a start write the initial values of their tensors. */
int bnn_network_start(const bnn_network *network, bnn_error *err);

/* ---- layout.c ---- */

/* For bnn_network_create: the options of a network become its list of operations, for its kernels,
 * lanes, classes and input; no other memory is planned yet. Checks the ordering's sequence for each
 * block, puts signs where binary inputs are wanted, and plans every layer for its input shape. Fills
 * name, use, letter, block and plan of each op. ops live in the arena. */
int bnn_layout_build(bnn_network *network, bnn_arena *arena, bnn_error *err);

#endif
