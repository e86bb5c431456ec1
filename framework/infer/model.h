/* model.h - what is inside the model of <bnn/infer.h>: a list of stages, each a linear operation, or a net
 * of logic gates, and what follows it.
 *
 * A model file holds one, an engine runs one, the exporters write one. A stage takes pixels, bits, codes
 * or floats, multiplies them by bits or floats, and turns the sums into bits, codes or floats:
 *
 *   folded   integer sums; bit = sum >= threshold, or a look-up in a table; maximum pooling on the
 *            bits. No float is touched.
 *   lines    whole sums; the greatest or the least of a pool's window; code = (factor * sum + offset)
 *            >> shift, held in a range. No float decides.
 *   chain    float sums (or integer ones, converted); then float operations one after the other,
 *            the very ones of training; in the end floats, codes among them, or bits by their sign.
 *
 * Float sums are chains of fused multiply-adds as defined in <bnn/plugin.h>, so logits have the
 * trainer's bits in all cases. Integer sums are exact in training, too: pixels enter training as
 * (p - 128) / 128 and here as p - 128, so an integer sum of pixels is 128 times training's.
 *
 * Immutable once made; any number of threads may read. Everything lives in one arena. */
#ifndef BNN_INFER_MODEL_H
#define BNN_INFER_MODEL_H

#include "base/arena.h"
#include "infer/logic.h"
#include "infer/view.h"

#include <bnn/infer.h>

/* What a stage takes and gives. */
typedef enum bnn_values {
    BNN_VALUES_PIXELS = 0, /* uint8; the first stage's input */
    BNN_VALUES_BITS = 1,   /* 1 is +1, 0 is -1 */
    BNN_VALUES_FLOATS = 2,
    BNN_VALUES_CODES = 3, /* floats that are whole numbers of a bnn_range */
} bnn_values;

/* Whole numbers from min to max, at most 256 of them, 0 among them: what padding is stays one. */
typedef struct bnn_range {
    int32_t min, max;
} bnn_range;

/* What is added to a float and taken away again to round it to a whole number, of halves the even one. */
#define BNN_ROUNDING 0x1.8p23f

/* Integer sums are exact in float32, hence equal to training's, up to this many weights a channel;
 * thresholds stay within it, too. */
#define BNN_SUM_MAX        (1 << 24)
#define BNN_PIXEL_TAPS_MAX (BNN_SUM_MAX / 128)

/* How a folded stage turns the sums of a channel into bits, and what it does with the bits of a
 * pool's window. */
enum {
    /* The bit falls with training's sum: the channel's weights are stored negated, so that it rises
     * with ours. For information only. */
    BNN_RULE_FLIPPED = 1,
    /* Pool: the bit is 1 where all bits of the window are (else: where any is). */
    BNN_RULE_AND = 2,
    /* The bit neither rises nor falls: look the sum up in the channel's table. */
    BNN_RULE_TABLE = 4,
};

typedef struct bnn_fold {
    /* [op.out.c]: bit = sum >= threshold. A constant channel has one that every sum reaches, or
     * none does; a channel with a table has 0. */
    const int32_t *threshold;
    const uint8_t *rule;    /* [op.out.c], BNN_RULE_... */
    uint32_t n_tables;      /* channels with BNN_RULE_TABLE; tables follow their order */
    int32_t table_first;    /* the sum at table index 0 */
    uint32_t table_step;    /* index = (sum - table_first) / table_step; 2: bits, 1: pixels */
    uint32_t table_size;    /* entries of a table */
    const uint64_t *tables; /* [n_tables][table_words]; entry i: bit i % 64 of word i / 64 */
    size_t table_words;
    uint32_t pool, pool_stride; /* maximum over windows of the bits; 0: no pool */
} bnn_fold;

/* How sums become codes, or bits, which are codes from 0 to 1: a channel c has (factor[c] * sum +
 * offset[c]) >> shift, held between 0 and their number, and counted from the least of them. The bounds
 * keep every number within 2^50. */
typedef struct bnn_lines {
    uint32_t shift;             /* at most BNN_LINE_SHIFT_MAX */
    const int64_t *factor;      /* [op.out.c], of at most BNN_SUM_MAX */
    const int64_t *offset;      /* [op.out.c], of at most BNN_LINE_OFFSET_MAX */
    uint32_t pool, pool_stride; /* over windows of the sums; 0: no pool */
    /* [op.out.c], 1: of a window the least counts, not the greatest; 0 without a pool */
    const uint8_t *least;
} bnn_lines;

#define BNN_LINE_OFFSET_MAX ((int64_t)1 << 48)
enum { BNN_LINE_SHIFT_MAX = 30 };

typedef struct bnn_stage {
    /* The linear operation, whose outputs are the sums: a conv2d, with a pad value of -1, 0 or +1; a
     * dense, with kernel and stride 1; or BNN_LOWER_IDENTITY: the chain works on the inputs (a norm in front of the
     * first layer with weights, where it is named ""; a sign of floats that others take, too). Binary weights are not
     * here but in `bits`. Or a net of gates, `logic`: BNN_LOWER_TABLE, or BNN_LOWER_GROUP_SUM where its values are
     * counts; then the inputs are bits or pixels, and the values, which are floats, go through the
     * chain. */
    bnn_op op;
    /* What it takes: the values of the stage before, or of the one that is `from` before that, or pixels where there is
     * none. Only floats and pixels are taken from afar, or by several. Of BNN_LOWER_IDENTITY, floats that no other stage
     * takes: those of the stage that is `with` before this one are added to them first, unless it is 0. */
    uint32_t from, with;
    bnn_values inputs, outputs;
    bnn_range in_codes, out_codes; /* of inputs and outputs that are codes */
    bnn_shape out;                 /* behind all */

    /* Binary weights, no bias, and inputs that are bits (padded with -1 or +1, if at all) or pixels
     * (padded with 0). The only sums that fold, and those that engines form in integers. */
    bool integer_sums;
    uint32_t taps; /* weights of an output channel */
    /* Binary weights, [op.out.c][row_words]: weight i of a channel is +1 where bit i % 64 of word
     * i / 64 is 1; bits beyond taps are 0. */
    const uint64_t *bits;
    size_t row_words; /* (taps + 63) / 64 */

    const bnn_logic *logic; /* or NULL */

    bool folded;
    bnn_fold fold;
    /* NULL: none. With lines there is no chain, and out_codes are those of bits, too. */
    const bnn_lines *lines;
    /* Neither: operations that can follow (op.h), the first of them on the sums.
     * When outputs are BITS, the sign of the last values is taken in addition. */
    uint32_t n_chain;
    const bnn_op *chain;

    uint64_t macs; /* multiply-accumulates for an image */
    /* What inference of this stage needs in float32: weights, biases, two for each channel of an
     * affine, one for each of a slope. */
    uint32_t n_float_values;
} bnn_stage;

/* A text about the model, for people and tools: UTF-8 or ASCII, at most BNN_TEXT_MAX bytes, no
 * control characters but tabs and newlines. */
typedef struct bnn_metadata {
    const char *key; /* "run", "spec", "accuracy", "tool"; not empty */
    const char *value;
} bnn_metadata;

enum { BNN_METADATA_MAX = 256, BNN_TEXT_MAX = 65535, BNN_STAGES_MAX = 1024, BNN_CHAIN_MAX = 16 };

struct bnn_model {
    uint32_t version; /* of its file; 0: the oldest that can hold it */
    bnn_shape input;  /* images */
    bnn_view view;    /* what the first stage sees of them: its pixels */
    uint32_t n_classes;
    uint32_t n_metadata;
    const bnn_metadata *metadata;
    uint32_t n_stages;
    const bnn_stage *stages; /* the first takes what is seen, the last gives n_classes floats */
    /* Of a model that bnn_model_open made, which alone can be run as <bnn/infer.h> says. Elsewhere
     * NULL and 0: an engine prepares a state of such a model for whoever runs it. */
    const struct bnn_engine *engine;
    void *state;
    bnn_arena *arena; /* of the model and its state */
    size_t file_bytes;
};

/* Whether a text may stand in a model: its length and characters are as said above. */
bool bnn_model_text_is_clean(const char *text);

/* The first stage of gates; NULL: there is none. */
const bnn_stage *bnn_model_logic(const bnn_model *model);

/* The stage whose values stage i takes, -1: it takes pixels; and the one whose values are added, -1: none. */
static inline int32_t bnn_stage_source(const bnn_stage *stage, uint32_t i)
{
    return (int32_t)i - 1 - (int32_t)stage->from;
}

static inline int32_t bnn_stage_other(const bnn_stage *stage, uint32_t i)
{
    return stage->with == 0 ? -1 : (int32_t)i - (int32_t)stage->with;
}

/* The first stage that does not just take what the one before gives; NULL: there is none. */
const bnn_stage *bnn_model_skip(const bnn_model *model);

/* What `integer_sums` of a stage has to be, given its other fields. */
bool bnn_stage_sums_are_integers(const bnn_stage *stage);

/* Whether the sums are whole numbers of at most BNN_SUM_MAX (of pixels: 128 times training's), in
 * whatever order they are added, and so exact in float32: of bits or codes by bits or codes, which
 * padding is one of, without a bias. It is asked of the weights. */
bool bnn_stage_sums_are_whole(const bnn_stage *stage);

/* Then those of channel c lie in [*first, *last]. */
void bnn_stage_sums_reach(const bnn_stage *stage, uint32_t c, int32_t *first, int32_t *last);

/* Whether n operations end in those of a quantizer: held in a range, and rounded. */
bool bnn_chain_ends_in_codes(const bnn_op *chain, uint32_t n, bnn_range *out);

/* Whether the last values of a stage with such a chain are codes for any image: none can be no number. */
bool bnn_stage_gives_codes(const bnn_stage *stage);

/* The float value of an integer sum of this stage, as training has it. */
static inline float bnn_stage_sum_value(const bnn_stage *stage, int32_t sum)
{
    return stage->inputs == BNN_VALUES_PIXELS ? (float)sum * 0x1p-7f : (float)sum;
}

/* The sums that a stage with integer sums can give lie in [-bound, bound]. */
static inline int32_t bnn_stage_sum_bound(const bnn_stage *stage)
{
    return (int32_t)stage->taps * (stage->inputs == BNN_VALUES_PIXELS ? 128 : 1);
}

/* The first sum, step, entries and words of each table: all sums within the bound have an entry. */
static inline void bnn_fold_size_tables(const bnn_stage *stage, bnn_fold *fold)
{
    const int32_t bound = bnn_stage_sum_bound(stage);
    fold->table_first = -bound;
    fold->table_step = stage->inputs == BNN_VALUES_PIXELS ? 1 : 2;
    fold->table_size = 2 * (uint32_t)bound / fold->table_step + 1;
    fold->table_words = ((size_t)fold->table_size + 63) / 64;
}

/* The class of the largest logit; the first, where several are largest. */
static inline uint32_t bnn_class_of(const float *logits, uint32_t n_classes)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < n_classes; i++)
        if (logits[i] > logits[best])
            best = i;
    return best;
}

/* The linear operation with its weights as floats: where they are bits, floats in the arena.
 * BNN_E_INTERNAL without memory. */
int bnn_stage_linear(const bnn_stage *stage, bnn_arena *arena, bnn_op *out, bnn_error *err);

/* Weight i of channel c as a float. */
static inline float bnn_stage_weight(const bnn_stage *stage, uint32_t c, size_t i)
{
    if (!stage->op.binary_weights)
        return stage->op.weight[(size_t)c * stage->taps + i];
    return stage->bits[c * stage->row_words + i / 64] >> i % 64 & 1 ? 1.0f : -1.0f;
}

#endif
