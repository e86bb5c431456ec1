/* options.h - the `model` section of a spec: its keys, and what they make of a network. `bnnrun help
 * model` explains them; configs/topologies/ has a topology. */
#ifndef BNN_MODEL_OPTIONS_H
#define BNN_MODEL_OPTIONS_H

#include "infer/view.h"
#include "plugin/use.h"

/* Which blocks are binary, and how. */
typedef struct bnn_binarize {
    int32_t weights;     /* weights act as their sign, or what the form makes of them */
    int32_t activations; /* a sign stands before each binary layer (but not before the pixels) */
    int32_t first;       /* the first block, too */
    int32_t last;        /* the last block, too */
    int32_t padding;     /* choice -1|+1: what lies beyond the border of a binary convolution */
    double clip;         /* latent weights are kept in [-clip, clip]; 0: not clipped */
    const char *layers;  /* "all", or the one linear layer plugin that is binarized */
} bnn_binarize;

/* What a place of `quantize` says of layers. */
typedef struct bnn_width {
    bnn_use weights; /* their form; the word "float"; neither: nothing is said */
    bnn_use
        activations; /* what quantizes what the layer sees; the words "float", and "1", which is a sign; likewise */
} bnn_width;

typedef struct bnn_named_width {
    const char *layer; /* "conv2d_2" */
    bnn_position_in_file at;
    bnn_width width;
} bnn_named_width;

/* Widths layer by layer: a layer's own key goes before first and last, and those before what holds for all. */
typedef struct bnn_quantize {
    bnn_width all, first, last;
    uint32_t n_named;
    bnn_named_width *named;
    int32_t padding;           /* as of bnn_binarize */
    double clip;               /* likewise */
    bool acts;                 /* it makes the network another; then nothing of bnn_binarize does */
    bool weights, activations; /* it makes any weights latent; puts any sign or quantizer */
    bool signs;                /* any sign */
} bnn_quantize;

/* Another block, by its number, from 1; 0: the image; BNN_BLOCK_NONE: nothing is said. */
typedef struct bnn_block_link {
    int32_t block;
    bnn_position_in_file at;
} bnn_block_link;

enum { BNN_BLOCK_NONE = -1 };

/* One block of the topology. A use without a plugin means: not there. */
typedef struct bnn_block_options {
    bnn_use linear;
    bnn_use pool;
    bnn_use dropout;     /* a regularizer in front of the linear operation */
    bnn_block_link from; /* whose output it takes; none: that of the block before */
    bnn_block_link add;  /* whose output is added to its own */
    bnn_position_in_file at;
} bnn_block_options;

typedef struct bnn_model_options {
    const char *topology; /* its name */
    bnn_shape input;      /* images */
    bnn_view view;        /* what is seen of them */
    uint32_t n_blocks;
    const bnn_block_options *blocks;
    bnn_binarize binarize;
    bnn_quantize quantize;
    bnn_use form; /* of the weights that are binarized */
    bnn_use weight_ste, activation_ste;
    bnn_use ordering;
    bnn_use before_sign; /* in front of each sign; without a plugin: nothing */
    bnn_use norm;
    bnn_use activation;      /* without a plugin: none */
    int32_t activation_auto; /* leave it out where a sign or a quantizer follows */
    bnn_position_in_file at;
} bnn_model_options;

/* The number of the block, from 1, whose output block i takes; 0: the image. */
uint32_t bnn_model_block_source(const bnn_model_options *model, uint32_t i);

/* Whether block i adds the output of another to its own. */
bool bnn_model_block_adds(const bnn_model_options *model, uint32_t i);

/* The flags of block i's linear layer, BNN_LAYER_...; and whether its inputs are bits without a sign in
 * front of it: the block that it takes them from gives them, and the pools of both keep them. */
uint32_t bnn_model_block_flags(const bnn_model_options *model, uint32_t i);
bool bnn_model_block_sees_bits(const bnn_model_options *model, uint32_t i);

/* The form of the weights of block i, which are latent then; NULL: they act as they are. Whether it has binary inputs (a
 * sign before its linear operation). */
const bnn_use *bnn_model_block_form(const bnn_model_options *model, uint32_t i);
bool bnn_model_block_has_binary_inputs(const bnn_model_options *model, uint32_t i);

/* The quantizer in front of its linear operation, never beside a sign; NULL: none. */
const bnn_use *bnn_model_block_quantizer(const bnn_model_options *model, uint32_t i);

/* Whether any block has latent weights, binary inputs, or a quantizer. */
bool bnn_model_has_latent_weights(const bnn_model_options *model);
bool bnn_model_has_binary_inputs(const bnn_model_options *model);
bool bnn_model_has_quantizers(const bnn_model_options *model);

/* Where latent weights are kept, 0: anywhere; what lies beyond the border of a layer with binary inputs. */
double bnn_model_clip(const bnn_model_options *model);
float bnn_model_pad_value(const bnn_model_options *model);

/* Whether activations become -1 and +1, rather than other numbers. */
bool bnn_model_activations_are_signs(const bnn_model_options *model);

/* The section: a bnn_model_options. What does not act is not recorded (no STE in a float net), so
 * that equal configs have equal settings. binarize.weights and .activations, and those of quantize, say afterwards
 * whether there is a block that they make so. */
extern const bnn_section bnn_model_section;

enum { BNN_BLOCKS_MAX = 64 };

/* The key model.topology: the name of NAME.yaml in one of the reader's directories, or the topology
 * itself as a map. Fills topology, input, n_blocks and blocks of bnn_model_options; n_blocks is 0
 * after mistakes. */
extern const bnn_key_type bnn_key_topology;
extern const bnn_section bnn_topology_section;

#endif
