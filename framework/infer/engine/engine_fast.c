/* engine_fast.c - the fast engine: blocks of images, stage by stage. Compiled once for each
 * instruction set (simd/vec.h). */
#include "base/size.h"
#include "infer/engine/engine.h"
#include "infer/engine/engine_float.h"
#include "infer/engine/pack.h"
#include "infer/engine/pack_limits.h"
#include "infer/lines.h"
#include "simd/bytes.h"
#include "simd/count.h"
#include "simd/planes.h"

#include "infer/engine/convert_template.h"
#include "infer/engine/logic_template.h"
#include "infer/engine/products_template.h"
#include "infer/engine/rows_template.h"
#include "infer/engine/sums_template.h"

enum {
    BLOCK_MOST = 64,       /* images in a block; of gates, as many as a row has bits */
    BLOCK_BYTES = 1 << 19, /* of their values between two stages: half a second-level cache */
    OVERREAD = 64,         /* bytes behind pixels that a loop may read */
    SCRATCH_PARTS = 6,
};

typedef struct fast_model {
    bnn_prepared prepared;
    bnn_pack *packs;
    bnn_float_stage **floats;         /* [n_stages]; NULL where there is nothing to do in floats */
    size_t (*scratch)[SCRATCH_PARTS]; /* [n_stages]; where the parts begin */
} fast_model;

/* ---- memory ------------------------------------------------------------------------------ */

static size_t fast_in_values(const bnn_pack *p)
{
    return bnn_shape_values(p->stage->op.in);
}

static size_t fast_sum_values(const bnn_pack *p)
{
    return bnn_shape_values(p->stage->op.out);
}

static size_t fast_out_values(const bnn_pack *p)
{
    return bnn_shape_values(p->stage->out);
}

/* From an image's inputs to the next image's, and likewise of the outputs. */
static size_t fast_in_bytes(const bnn_pack *p)
{
    const bool codes = p->products.in.bytes > 0 && !p->products.takes_floats;
    return p->stage->inputs == BNN_VALUES_PIXELS ? fast_in_values(p)
           : p->stage->inputs == BNN_VALUES_BITS ? p->in.bytes
           : codes                               ? p->products.in.bytes
                                                 : fast_in_values(p) * sizeof(float);
}

static size_t fast_out_bytes(const bnn_pack *p)
{
    const bool codes = p->products.out.bytes > 0 && !p->products.gives_floats;
    return p->stage->outputs == BNN_VALUES_BITS ? p->out.bytes
           : codes                              ? p->products.out.bytes
                                                : fast_out_values(p) * sizeof(float);
}

static bool fast_is_dense(const bnn_pack *p)
{
    return p->stage->op.type == BNN_LOWER_DENSE;
}

/* What an image's inputs of BNN_PACK_WORDS take as the loop reads them; 0: as they are. */
static size_t fast_window_bytes(const bnn_pack *p)
{
    return p->words.input_bytes == 0
               ? 0
               : bnn_size_round_up(p->words.input_bytes + OVERREAD, BNN_ALIGN);
}

/* What a copy of an image takes, as BNN_PACK_PRODUCTS reads it; 0: there is none. */
static size_t fast_copy_bytes(const bnn_pack *p)
{
    const bnn_pack_products *const products = &p->products;
    return products->takes_floats ? products->in.bytes
           : products->pixel_bytes > 0
               ? bnn_size_round_up(products->pixel_bytes + OVERREAD, BNN_ALIGN)
               : 0;
}

/* The parts of a stage's scratch memory; what a stage does not need has no bytes. */
typedef struct scratch {
    uint8_t *inputs; /* as the loop reads them */
    float *floats;   /* [n][in], or [n][sums] in front of a chain */
    float *results;  /* [n][out], to become bits */
    int32_t *sums;   /* [n][sums] of a dense stage, [sums] of a convolution */
    uint8_t
        *bytes; /* [out], to become bits or floats, and behind them the bits of a channel's sums */
    void *rest; /* of the loop itself */
} scratch;

/* Where they begin for a block of n images, which suits fewer, too; returns where the last ends. */
static size_t fast_cut_scratch(const fast_model *e, uint32_t stage, size_t n,
                               size_t begins[SCRATCH_PARTS])
{
    const bnn_pack *const p = &e->packs[stage];
    const bnn_stage *const s = p->stage;
    const bool to_bits = s->outputs == BNN_VALUES_BITS;
    const bool from_bits = s->inputs == BNN_VALUES_BITS;
    const bool from_floats = s->inputs == BNN_VALUES_FLOATS;
    size_t inputs = 0, floats = 0, results = 0, sums = 0, bytes = 0, rest = 0;
    if (e->floats[stage] != NULL) {
        floats = p->loop != BNN_PACK_FLOATS ? fast_sum_values(p)
                 : from_floats              ? 0
                                            : fast_in_values(p);
        results = to_bits ? fast_out_values(p) : 0;
        rest = OF_ISA(bnn_float).workspace_bytes(e->floats[stage],
                                                 bnn_size_smaller(n, BNN_FLOAT_IMAGES_MAX));
    }
    if (p->loop == BNN_PACK_PRODUCTS) {
        inputs = fast_copy_bytes(p) * (fast_is_dense(p) ? n : 1);
        bytes = p->products.gives_floats ? n * p->products.out.bytes : 0;
    } else if (p->loop == BNN_PACK_ROWS) {
        rest = rows_scratch_bytes(p);
    } else if (p->loop == BNN_PACK_WORDS) {
        inputs = fast_window_bytes(p) * (fast_is_dense(p) ? n : 1);
        sums = p->words.decides ? 0 : fast_sum_values(p) * (fast_is_dense(p) ? n : 1);
        bytes = p->words.decides || !s->folded
                    ? 0
                    : fast_out_values(p) + fast_sum_values(p) / s->op.out.c;
    } else if (p->loop == BNN_PACK_PLAIN) {
        inputs = from_bits ? fast_in_values(p) : 0;
        bytes = to_bits ? fast_out_values(p) : 0;
        rest = bnn_plain_workspace_bytes(&p->plain);
    }
    if (p->loop == BNN_PACK_LOGIC)
        inputs = p->logic.n_blocks * sizeof(logic_block) + p->logic.n_rows * sizeof(vq);
    const size_t parts[SCRATCH_PARTS] = {inputs,
                                         n * floats * sizeof(float),
                                         n * results * sizeof(float),
                                         sums * sizeof(int32_t),
                                         bytes,
                                         rest};
    size_t end = 0;
    for (size_t i = 0; i < SCRATCH_PARTS; i++) {
        begins[i] = end;
        end += bnn_size_round_up(parts[i], BNN_ALIGN);
    }
    return end;
}

static scratch fast_scratch(const size_t begins[SCRATCH_PARTS], void *memory)
{
    uint8_t *const bytes = memory;
    return (scratch){.inputs = bytes + begins[0],
                     .floats = (void *)(bytes + begins[1]),
                     .results = (void *)(bytes + begins[2]),
                     .sums = (void *)(bytes + begins[3]),
                     .bytes = bytes + begins[4],
                     .rest = bytes + begins[5]};
}

/* ---- stages ------------------------------------------------------------------------------ */

/* The float part of a stage, on values[n]. */
static void fast_run_operations(const bnn_pack *p, const bnn_float_stage *floats, size_t n,
                                const float *values, uint8_t *out, const scratch *w)
{
    const bool to_bits = p->stage->outputs == BNN_VALUES_BITS;
    const size_t in = p->loop == BNN_PACK_FLOATS ? fast_in_values(p) : fast_sum_values(p);
    float *const results = to_bits ? w->results : (float *)(void *)out;
    for (size_t i = 0; i < n; i += BNN_FLOAT_IMAGES_MAX)
        OF_ISA(bnn_float).run(floats, bnn_size_smaller(n - i, BNN_FLOAT_IMAGES_MAX),
                              values + i * in, results + i * fast_out_values(p), w->rest);
    for (size_t i = 0; to_bits && i < n; i++)
        convert_floats_to_bits(&p->out, w->results + i * fast_out_values(p),
                               out + i * p->out.bytes);
}

static void fast_run_floats(const bnn_pack *p, const bnn_float_stage *floats, size_t n,
                            const uint8_t *x, uint8_t *out, const scratch *w)
{
    const float *values = w->floats;
    if (p->stage->inputs == BNN_VALUES_PIXELS)
        convert_pixels_to_floats(n * fast_in_values(p), x, w->floats);
    else if (p->stage->inputs == BNN_VALUES_BITS)
        for (size_t i = 0; i < n; i++)
            convert_bits_to_floats(&p->in, x + i * p->in.bytes, w->floats + i * fast_in_values(p));
    else
        values = (const float *)(const void *)x;
    fast_run_operations(p, floats, n, values, out, w);
}

/* What is to be done with the sums of an image that the loop could not decide by itself. image: the
 * number in the block. */
static void fast_use_sums(const bnn_pack *p, size_t image, const int32_t *sums, const scratch *w,
                          uint8_t *out)
{
    const bnn_stage *const s = p->stage;
    if (s->folded) {
        bnn_plain_fold(s, sums, w->bytes + fast_out_values(p), w->bytes);
        bnn_places_from_bytes(&p->out, w->bytes, out + image * p->out.bytes);
    } else {
        float *const to = w->floats + image * fast_sum_values(p);
        for (size_t i = 0; i < fast_sum_values(p); i++)
            to[i] = bnn_stage_sum_value(s, sums[i]);
    }
}

static void fast_run_dense(const bnn_pack *p, size_t n, const uint8_t *x, uint8_t *out,
                           const scratch *w)
{
    const bool decides = p->words.decides;
    if (p->words.n_planes > 0) {
        sums_dense_planes(p, n, x, p->in.bytes, out, w->sums);
    } else if (p->stage->inputs == BNN_VALUES_PIXELS) {
        for (size_t i = 0; i < n; i++)
            memcpy(w->inputs + i * fast_window_bytes(p), x + i * fast_in_values(p),
                   fast_in_values(p));
        sums_dense_pixels(p, n, w->inputs, fast_window_bytes(p), out, w->sums);
    } else {
        sums_dense_bits(p, n, x, p->in.bytes, out, w->sums);
    }
    for (size_t i = 0; !decides && i < n; i++)
        fast_use_sums(p, i, w->sums + i * fast_sum_values(p), w, out);
}

static void fast_run_convolution(const bnn_pack *p, size_t n, const uint8_t *x, uint8_t *out,
                                 const scratch *w)
{
    for (size_t i = 0; i < n; i++) {
        uint8_t *const to = out + i * fast_out_bytes(p);
        const uint8_t *const from = x + i * fast_in_bytes(p);
        const bool pixels = p->stage->inputs == BNN_VALUES_PIXELS;
        const uint8_t *const words = p->words.input_bytes > 0 ? w->inputs : from;
        if (pixels)
            convert_pad_pixels(p->stage, from, w->inputs);
        else if (p->words.input_bytes > 0)
            convert_rows_to_windows(p->stage, from, w->inputs);
        if (pixels)
            sums_convolve_pixels(p, words, to, w->sums);
        else if (p->words.n_planes > 0)
            sums_convolve_planes(p, words, to, w->sums);
        else
            sums_convolve_bits(p, words, to, w->sums);
        if (!p->words.decides)
            fast_use_sums(p, i, w->sums, w, out);
    }
}

static void fast_run_plain(const bnn_pack *p, size_t n, const uint8_t *x, uint8_t *out,
                           const scratch *w)
{
    for (size_t i = 0; i < n; i++) {
        const uint8_t *from = x + i * fast_in_bytes(p);
        uint8_t *const to = out + i * fast_out_bytes(p);
        if (p->stage->inputs == BNN_VALUES_BITS) {
            bnn_places_to_bytes(&p->in, from, w->inputs);
            from = w->inputs;
        }
        if (p->stage->outputs == BNN_VALUES_BITS) {
            bnn_plain_run(&p->plain, from, w->bytes, w->rest);
            bnn_places_from_bytes(&p->out, w->bytes, to);
        } else {
            bnn_plain_run(&p->plain, from, to, w->rest);
        }
    }
}

/* The rows lie where other stages have inputs. */
static void fast_run_logic(const bnn_pack *p, const bnn_float_stage *floats, size_t n,
                           const uint8_t *x, uint8_t *out, const scratch *w)
{
    const bool pixels = p->stage->inputs == BNN_VALUES_PIXELS;
    logic_block *const blocks = (logic_block *)(void *)w->inputs;
    logic_run(&p->logic, pixels, n, x, pixels ? p->logic.image_bytes : fast_in_bytes(p), blocks,
              (vq *)(void *)(blocks + p->logic.n_blocks),
              floats != NULL ? (uint8_t *)(void *)w->floats : out, fast_out_bytes(p));
    if (floats != NULL)
        fast_run_operations(p, floats, n, w->floats, out, w);
}

static void fast_clear_gaps(const bnn_pack *p, size_t n, uint8_t *out)
{
    for (size_t i = 0; p->out.has_gaps && i < n; i++)
        bnn_places_clear(&p->out, out + i * p->out.bytes);
}

static void fast_run_words(const bnn_pack *p, const bnn_float_stage *floats, size_t n,
                           const uint8_t *x, uint8_t *out, const scratch *w)
{
    if (p->words.decides)
        fast_clear_gaps(p, n, out);
    if (fast_is_dense(p))
        fast_run_dense(p, n, x, out, w);
    else
        fast_run_convolution(p, n, x, out, w);
    if (floats != NULL)
        fast_run_operations(p, floats, n, w->floats, out, w);
}

/* The bytes of an image as the loop reads them. */
static const uint8_t *fast_read_bytes(const bnn_pack *p, const uint8_t *x, uint8_t *copy)
{
    if (p->products.takes_floats)
        convert_floats_to_codes(p, (const float *)(const void *)x, copy);
    else if (p->products.pixel_bytes == 0)
        return x;
    else if (fast_is_dense(p))
        memcpy(copy, x, fast_in_values(p));
    else
        convert_pad_pixels(p->stage, x, copy);
    return copy;
}

static void fast_multiply_dense(const bnn_pack *p, size_t n, const uint8_t *x, size_t out_bytes,
                                product_end to, uint8_t *copies)
{
    const size_t copied = fast_copy_bytes(p), in_bytes = fast_in_bytes(p);
    const size_t step = copied > 0 ? copied : in_bytes;
    for (size_t i = 0; copied > 0 && i < n; i++)
        fast_read_bytes(p, x + i * in_bytes, copies + i * copied);
    const uint8_t *bytes = copied > 0 ? copies : x;
    while (n > 0) {
        const size_t some = n >= PRODUCT_WINDOWS ? PRODUCT_WINDOWS : 1;
        if (some > 1)
            products_dense_images(p->stage, &p->products, bytes, step, out_bytes, to);
        else
            products_dense_image(p->stage, &p->products, bytes, to);
        n -= some;
        bytes += some * step;
        to.codes += some * out_bytes;
        to.sums += some * fast_sum_values(p);
    }
}

static void fast_run_products(const bnn_pack *p, const bnn_float_stage *floats, size_t n,
                              const uint8_t *x, uint8_t *out, const scratch *w)
{
    const bnn_codes_places *const places = &p->products.out;
    const size_t out_bytes = p->products.limit != NULL ? p->out.bytes : places->bytes;
    uint8_t *const codes = p->products.gives_floats ? w->bytes : out;
    const size_t origin = p->products.limit == NULL ? places->origin
                          : fast_is_dense(p)        ? bnn_places_bit(&p->out, 0, 0, 0) / 8
                                                    : 0; /* which its places have */
    product_end to = {.codes = codes + origin, .sums = w->floats};
    if (places->has_padding)
        memset(codes, places->outside, n * places->bytes);
    if (p->products.limit != NULL)
        fast_clear_gaps(p, n, out);
    if (fast_is_dense(p)) {
        fast_multiply_dense(p, n, x, out_bytes, to, w->inputs);
    } else {
        for (size_t i = 0; i < n; i++) {
            products_convolve(p->stage, &p->products,
                              fast_read_bytes(p, x + i * fast_in_bytes(p), w->inputs), to);
            to.codes += out_bytes;
            to.sums += fast_sum_values(p);
        }
    }
    for (size_t i = 0; p->products.gives_floats && i < n; i++)
        convert_codes_to_floats(p, codes + i * places->bytes,
                                (float *)(void *)out + i * fast_out_values(p));
    if (!p->products.decides)
        fast_run_operations(p, floats, n, w->floats, out, w);
}

static void fast_run_stage(const void *state, uint32_t stage, size_t n, const uint8_t *x,
                           uint8_t *out, void *memory)
{
    const fast_model *const e = state;
    const bnn_pack *const p = &e->packs[stage];
    const scratch w = fast_scratch(e->scratch[stage], memory);
    switch (p->loop) {
    case BNN_PACK_ROWS:
        for (size_t i = 0; i < n; i++)
            rows_convolve(p, x + i * fast_in_values(p), out + i * p->out.bytes, w.rest);
        break;
    case BNN_PACK_WORDS:
        fast_run_words(p, e->floats[stage], n, x, out, &w);
        break;
    case BNN_PACK_PRODUCTS:
        fast_run_products(p, e->floats[stage], n, x, out, &w);
        break;
    case BNN_PACK_FLOATS:
        fast_run_floats(p, e->floats[stage], n, x, out, &w);
        break;
    case BNN_PACK_PLAIN:
        fast_run_plain(p, n, x, out, &w);
        break;
    case BNN_PACK_LOGIC:
        fast_run_logic(p, e->floats[stage], n, x, out, &w);
        break;
    }
}

static const char *fast_arithmetic(const bnn_pack *p)
{
    const bool pixels = p->stage->inputs == BNN_VALUES_PIXELS;
    switch (p->loop) {
    case BNN_PACK_ROWS:
        return "bits x pixels";
    case BNN_PACK_WORDS:
        return p->words.n_planes > 0 ? "planes x bits" : pixels ? "bits x pixels" : "bits x bits";
    case BNN_PACK_PRODUCTS:
        return pixels ? "bytes x pixels" : "bytes x codes";
    case BNN_PACK_FLOATS:
        return p->stage->op.binary_weights ? "bits x floats" : "floats";
    case BNN_PACK_LOGIC:
        return "gates";
    case BNN_PACK_PLAIN:
        break;
    }
    return "one by one";
}

/* ---- the model --------------------------------------------------------------------------- */

static int fast_prepare(const bnn_model *model, bnn_arena *arena, void **state, bnn_error *err)
{
    fast_model *e = bnn_arena_alloc(arena, 1, sizeof *e);
    bnn_float_stage **floats = bnn_arena_alloc(arena, model->n_stages, sizeof *floats);
    size_t most = 1, block = BLOCK_MOST;
    size_t(*begins)[SCRATCH_PARTS] = bnn_arena_alloc(arena, model->n_stages, sizeof *begins);
    const char **arithmetic = bnn_arena_alloc(arena, model->n_stages, sizeof *arithmetic);
    if (e == NULL || floats == NULL || begins == NULL || arithmetic == NULL)
        return bnn_no_memory(err);
    *e = (fast_model){.prepared = {.model = model,
                                   .run_stage = fast_run_stage,
                                   .arithmetic = arithmetic,
                                   .crops = bnn_pack_logic_crops(model)},
                      .floats = floats,
                      .scratch = begins};
    const bnn_pack_target target = {
        .byte_zero = BYTE_ZERO, .pair_most = PAIR_MOST, .plane_cost = PLANE_COST};
    const bnn_model *unfolded = model;
    int status = bnn_engine_order(model, arena, &e->prepared, err);
    if (status == BNN_OK)
        status = bnn_lines_unfold(model, arena, &unfolded, err);
    if (status == BNN_OK)
        status = bnn_pack_model(model, unfolded, target, sizeof(vq), arena, &e->packs, err);
    for (uint32_t i = 0; status == BNN_OK && i < model->n_stages; i++) {
        const bnn_pack *const p = &e->packs[i];
        arithmetic[i] = fast_arithmetic(p);
        most = bnn_size_larger(most, fast_out_bytes(p));
        block = p->loop == BNN_PACK_LOGIC ? bnn_size_larger(block, LOGIC_IMAGES) : block;
        if (p->loop == BNN_PACK_FLOATS ||
            (p->loop == BNN_PACK_WORDS && !p->words.decides && !p->stage->folded) ||
            (p->loop == BNN_PACK_PRODUCTS && !p->products.decides) ||
            (p->loop == BNN_PACK_LOGIC && p->logic.has_chain))
            status = OF_ISA(bnn_float).prepare(p->stage, p->loop != BNN_PACK_FLOATS, arena,
                                               &floats[i], err);
    }
    if (status != BNN_OK)
        return status;
    block = bnn_size_smaller(bnn_size_larger(1, BLOCK_BYTES / most), block);
    e->prepared.block = block;
    e->prepared.value_bytes = bnn_size_round_up(block * most, BNN_ALIGN);
    for (uint32_t i = 0; i < model->n_stages; i++)
        e->prepared.scratch_bytes =
            bnn_size_larger(e->prepared.scratch_bytes, fast_cut_scratch(e, i, block, begins[i]));
    *state = e;
    return BNN_OK;
}

const bnn_engine OF_ISA(bnn_engine) = {.name = ISA_NAME, .prepare = fast_prepare};
