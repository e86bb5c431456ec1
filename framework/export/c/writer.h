/* writer.h - what is known while a model is written as C. Private to export/c/.
 *
 * Stages are written first, into a text of their own. Writing them tells which helper functions
 * and how much workspace they need; then the file is put together in the order of reading. */
#ifndef BNN_EXPORT_C_WRITER_H
#define BNN_EXPORT_C_WRITER_H

#include "base/arena.h"
#include "export/c/c.h"
#include "infer/order.h"

#include <stdio.h>

enum { C_LINE_MAX = 100, C_CODE_MAX = 2048 }; /* characters of a line, of code at once */

/* The workspace, as members of a struct; 0: no such member. */
typedef struct c_workspace {
    uint32_t n_slots; /* between stages */
    size_t bits[BNN_VALUE_SLOTS_MAX], floats[BNN_VALUE_SLOTS_MAX],
        codes[BNN_VALUE_SLOTS_MAX]; /* words, floats, bytes of each */
    size_t window;                  /* words under a kernel */
    size_t bytes;                   /* under a kernel */
    size_t sums;                    /* of a pool's window, a channel each */
    size_t plane;                   /* floats of one channel */
    size_t nodes;                   /* words, of gates */
    size_t seen; /* bytes, of what is seen of an image; they lie where the second stage writes, */
    bool keeps_seen; /* or by themselves, where other stages than the first see them, too */
} c_workspace;

typedef struct c_writer {
    const bnn_model *model;
    const bnn_c_options *options;
    bnn_arena *arena; /* of texts */
    char upper[BNN_C_PREFIX_MAX + 1];
    const char **names;  /* [n_stages]: of functions, behind the prefix */
    uint32_t *slot;      /* [n_stages]: which their values are in (infer/order.h) */
    bool integer_logits; /* logits are in the order of the last stage's sums, which are integers */
    int32_t most_logit;  /* then these are -most to most */
    FILE *out;
    int indent; /* of code */
    /* The stage at hand, and what its names begin with, behind the prefix. */
    const bnn_stage *stage;
    const char *name;
    bool integer_sums;    /* formed in integers */
    uint32_t digit_bits;  /* of a weight that is a digit; 0: weights are none */
    const int64_t *bases; /* [op.out.c]: what has to be added to sums of bytes; NULL: nothing */
    uint32_t helpers;     /* a bit for each row of helpers.c that the code calls */
    c_workspace work;
    size_t constant_bytes;  /* of arrays */
    const char *not_finite; /* NULL, or the stage that has a float without a C constant */
    bool no_memory;
    const char *body; /* stages and interface, once they are written */
} c_writer;

static inline size_t bnn_c_words(size_t n_bits)
{
    return (n_bits + 31) / 32;
}

/* Eight digits make a unit. */
static inline size_t bnn_c_eights(size_t n)
{
    return (n + 7) / 8;
}

/* What the weights are of, those of -1 and +1 too. */
static inline bnn_codes bnn_c_codes_of(const bnn_stage *s)
{
    return s->op.binary_weights ? (bnn_codes){.min = -1, .max = 1, .step = 2} : s->op.codes;
}

/* What the values between stages are made of; codes are counted from the least. */
static inline const char *bnn_c_type(bnn_values values)
{
    return values == BNN_VALUES_BITS     ? "uint32_t"
           : values == BNN_VALUES_FLOATS ? "float"
                                         : "uint8_t";
}

static inline const bnn_stage *bnn_c_last_stage(const c_writer *w)
{
    return &w->model->stages[w->model->n_stages - 1];
}

/* ---- writer.c: texts, code, names, comments, arrays --------------------------------------- */

/* A text in the arena, never NULL. */
const char *bnn_c_text(c_writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Lines of code, indented by w->indent. In it, @ is the prefix and $ the prefix in upper case. The
 * helpers that it calls are noted. */
void bnn_c_code(c_writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "for (size_t NAME = 0; NAME < n; NAME++" and `end`, and what follows is indented; a brace, and it
 * is so no longer. */
void bnn_c_loop(c_writer *w, const char *name, uint32_t n, const char *end);
void bnn_c_end(c_writer *w);

/* Whether a text can be a prefix. */
bool bnn_c_is_prefix(const char *text);

/* Fills w->names: the stage's own where it looks like "conv2d_1" and is the only such. */
void bnn_c_name_stages(c_writer *w);

/* A text inside a comment, whatever it holds: lines behind the first start with `margin`, long
 * ones are broken. `column`: where it starts. */
void bnn_c_comment_text(FILE *out, const char *text, const char *margin, size_t column);

/* A line across the page with a title. */
void bnn_c_section(FILE *out, const char *title);

/* A float constant into text[]; false when it is not finite. */
enum { C_FLOAT_MAX = 32 };
bool bnn_c_float(float value, char text[C_FLOAT_MAX]);

/* "static const TYPE PREFIX_NAME_SUFFIX[rows][n] = {...};", with 0 rows [n]. The integer type is the
 * smallest that holds all values; codes, which are whole numbers, are int8_t. */
void bnn_c_floats(c_writer *w, const char *suffix, size_t rows, size_t n, const float *values);
void bnn_c_integers(c_writer *w, const char *suffix, size_t rows, size_t n, const int64_t *values);
void bnn_c_codes(c_writer *w, const char *suffix, size_t rows, size_t n, const float *values);

/* The weights of the stage by the numbers of their levels, each of 1, 2 or 4 bits, eight to a uint8_t, uint16_t or
 * uint32_t, the first in the lowest place. */
void bnn_c_digits(c_writer *w, const char *suffix, uint32_t bits);

/* The same of 32-bit words from rows of 64-bit ones with n bits each; complement: the bits that
 * are not set. */
void bnn_c_bits(c_writer *w, const char *suffix, size_t rows, size_t n_bits,
                const uint64_t *rows_of_bits, bool complement);

/* ---- the parts of a file, each in the C file of its name --------------------------------- */

/* view.c: the function that takes what is seen of an image; nothing where that is all. */
void bnn_c_view(c_writer *w);

/* chain.c, fold.c, lines.c: the stage with a chain of float operations, with folded decisions, or with
 * lines: constants and function. */
void bnn_c_chain_stage(c_writer *w);
void bnn_c_folded_stage(c_writer *w);
void bnn_c_lines_stage(c_writer *w);

/* fold.c: which of its channels want all bits of a pool's window. */
void bnn_c_all_or_any(c_writer *w);

/* pairs.c: whether a stage with folded decisions can take its sums two at a time; and that stage. mixed: it has a pool
 * that wants all bits of some channels. */
bool bnn_c_fits_pairs(const bnn_stage *s);
void bnn_c_pairs_stage(c_writer *w, bool mixed);

/* pairs.c: how many sums stand in a row, of which two neighbours are a pair: of a pool's window (pool: its size), or of
 * the map (0). */
uint32_t bnn_c_sums_in_a_row(const bnn_stage *s, uint32_t pool);

/* pairs.c: the function that gathers what is under the kernel, a byte in each half of a word, and returns what both
 * come to, where that is asked for; and the loops over pairs of sums, in which it is called, up to the body. */
void bnn_c_pairs_window(c_writer *w);
void bnn_c_pairs_loops(c_writer *w, uint32_t pool, uint32_t stride);

/* ops.c: whether an operation of this type makes a value of a window, from a channel that is
 * complete. */
bool bnn_c_op_has_windows(uint32_t type);

/* Operation j of the stage's chain: statements that change `value`; or with windows, "float value
 * = ..." of the one at (h, v), from work.plane. */
void bnn_c_op(c_writer *w, uint32_t j);

/* logic.c: constants and functions of a stage of gates: NAME_nodes(x) makes them all, NAME_value(i)
 * is output i. Nothing for other stages. */
void bnn_c_logic(c_writer *w);

/* Of so many nodes each output is the sum. */
static inline uint32_t bnn_c_logic_group(const bnn_stage *s)
{
    return s->logic->group == 0 ? 1 : s->logic->group;
}

/* integers.c: whether the logits can be left out to find the class: they are the last stage's sums, or one multiply-add
 * of them that keeps their order. */
bool bnn_c_has_integer_logits(const bnn_model *model);

/* The greatest of them, and of their negations. */
int32_t bnn_c_most_logit(const bnn_stage *last);

/* The sum that a logit is made of; false when it is of none. */
bool bnn_c_sum_of_logit(const c_writer *w, float logit, int32_t *sum);

/* Statements that make logits[i] from integers[i]. */
void bnn_c_logit_of_sum(c_writer *w);

/* sums.c: "a * factor + b - minus" without what changes nothing. */
const char *bnn_c_position(c_writer *w, const char *a, uint32_t factor, const char *b,
                           uint32_t minus);

/* The index of a value in a tensor of this shape; channel: NULL where there is one only. */
const char *bnn_c_index(c_writer *w, bnn_shape shape, const char *channel, const char *row,
                        const char *column);

/* A single sum for each channel, without a position; no pool does anything to it. */
bool bnn_c_is_flat(const bnn_stage *s);

/* The index of the value at (c, h, v): "c" where the stage is flat. */
const char *bnn_c_value_index(c_writer *w, bnn_shape shape);

/* Whether a stage forms its sums in integers: asked of all weights. */
bool bnn_c_sums_are_integers(const bnn_stage *s);

/* Fills in what the writer knows of the sums of the stage at hand. The number of its level takes the place of a weight
 * that is a digit: the sum is then `step` times that of the products, and `min` times that of the inputs, `total`. */
void bnn_c_find_sums(c_writer *w);

/* The byte that stands for 0, of pixels, of codes, or of bits that are bytes of 0 and 2. */
int32_t bnn_c_zero(bnn_values values, bnn_range codes);

/* What stands for the padding. */
int32_t bnn_c_padding(const bnn_stage *s);

/* How many taps of a window a sum of digits takes. More than three behind the last eight become eight: what stands there
 * is multiplied by digits that are 0, and loops take eight at a time. */
uint32_t bnn_c_taps_of_digits(const bnn_stage *s);

/* The sum of digits, of the expressions for both. */
const char *bnn_c_sum_of_digits(c_writer *w, const char *products, const char *total);

/* The weights of the stage. */
void bnn_c_weights(c_writer *w);

/* The function that gathers the inputs under the kernel of the stage, a convolution with integer
 * sums; and the call of it, for the sum at (row, column). Nothing for dense stages. */
void bnn_c_window(c_writer *w);
void bnn_c_window_call(c_writer *w, const char *row, const char *column);

/* What the sums of a dense stage share, in front of all channels. */
void bnn_c_dense_total(c_writer *w);

/* An expression for the sum of channel c, without its base, or how many products of bits are +1. */
const char *bnn_c_sum(c_writer *w, bool agreement);

/* helpers.c: the helpers that this code calls, and what they call themselves, are needed. */
void bnn_c_note_helpers(c_writer *w, const char *code);

/* The text of helper i where it is needed, else ""; NULL behind the last. */
enum { BNN_C_HELPER_FLOATS = 24 }; /* the one that needs <float.h> */
const char *bnn_c_helper(const c_writer *w, size_t i);

/* interface.c: what stands in front of the stages: #include, helper functions, the workspace;
 * nothing where it is empty. */
void bnn_c_prologue(c_writer *w);

/* Makes room for the values between stages: each writes to a slot that nobody reads from any more, the last one to the
 * caller's logits. */
void bnn_c_size_buffers(c_writer *w);

/* Of all members, of which each fills its words. */
size_t bnn_c_workspace_bytes(const c_workspace *work);

/* The functions of the header, and the header. */
void bnn_c_interface(c_writer *w);
void bnn_c_header(c_writer *w);

#endif
