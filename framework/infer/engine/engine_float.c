/* engine_float.c - the float stages of an engine. Compiled once for each instruction set
 * (simd/vec.h). */
#include "infer/engine/engine_float.h"

#include "simd/lanes.h"
#include "simd/tile.h"

#include <math.h>
#include <string.h>

/* Accumulators that fit into the registers beside what they are fed with. */
#if defined(BNN_VEC_AVX2)
#    define SUMS_IN_REGISTERS 12
#else
#    define SUMS_IN_REGISTERS 24
#endif

/* Each may use what is in front of it. */
#include "infer/engine/float_stage_template.h"
#include "infer/engine/float_chain_template.h"
#include "infer/engine/float_copy_template.h"
#include "infer/engine/float_conv_template.h"
#include "infer/engine/float_images_template.h"
#include "infer/engine/float_dense_template.h"
#include "infer/engine/float_prepare_template.h"

/* The parts of a workspace, in floats. */
typedef struct parts {
    float *copy, *temporary, *images;
    float *fused;    /* [n][fused_out], when there is more to the chain */
    float *spare[2]; /* between the operations of a chain */
} parts;

INLINE bool float_has_more(const bnn_float_stage *f)
{
    return f->n_fused < f->stage->n_chain;
}

/* Cuts a workspace for n images into its parts; returns the bytes that takes. */
static size_t float_parts(const bnn_float_stage *f, size_t n, void *workspace, parts *out)
{
    const size_t fused = float_has_more(f) ? n * bnn_shape_values(f->fused_out) : 0;
    bnn_cut cut = {.memory = workspace};
    *out = (parts){.copy = bnn_cut_off(&cut, f->copy_values, sizeof(float)),
                   .temporary = bnn_cut_off(&cut, f->temporary_values, sizeof(float)),
                   .images = bnn_cut_off(&cut, f->images_values, sizeof(float)),
                   .fused = bnn_cut_off(&cut, fused, sizeof(float)),
                   .spare = {bnn_cut_off(&cut, f->rest_values, sizeof(float)),
                             bnn_cut_off(&cut, f->rest_values, sizeof(float))}};
    return cut.used;
}

static size_t float_workspace_bytes(const bnn_float_stage *f, size_t n)
{
    parts unused;
    return float_parts(f, n, NULL, &unused);
}

/* The fused outputs of one image as op.h makes them. */
static void float_run_plain(const bnn_float_stage *f, const float *x, float *y, const parts *w)
{
    bnn_op_apply(&f->linear, x, w->spare[1]);
    float_run_operations(f, 0, f->n_fused, w->spare[1], y, w->spare);
}

/* The fused outputs of a few images, some of which have padding that is no tap. */
static void float_run_exactly(const bnn_float_stage *f, size_t images, const float *x, float *y,
                              const parts *w)
{
    const size_t in = bnn_shape_values(f->stage->op.in), out = bnn_shape_values(f->fused_out);
    if (f->packed_images != NULL)
        float_run_images(f, images, x, w->images, y);
    else
        for (size_t i = 0; i < images; i++)
            float_run_plain(f, x + i * in, y + i * out, w);
}

/* The fused outputs of one image by a convolution. */
static void float_run_image(const bnn_float_stage *f, const float *x, float *y, const parts *w)
{
    if (f->copies && !float_make_copy(f, x, w->copy))
        float_run_exactly(f, 1, x, y, w);
    else if (f->method == FLOAT_ROWS)
        float_run_rows(f, w->copy, y);
    else
        float_run_channels(f, f->copies ? w->copy : x, w->temporary, y);
}

/* The fused outputs of n images. */
static void float_run_fused(const bnn_float_stage *f, size_t n, const float *x, float *y,
                            const parts *w)
{
    const size_t in = bnn_shape_values(f->stage->op.in), out = bnn_shape_values(f->fused_out);
    if (f->method == FLOAT_DENSE) {
        float_run_dense(f, n, x, y);
        return;
    }
    for (size_t i = 0, images; i < n; i += images) {
        images = n - i < BLOCK ? n - i : BLOCK;
        if (f->least_input == INFINITY || (images >= BLOCK_MIN && f->packed_images != NULL)) {
            float_run_exactly(f, images, x + i * in, y + i * out, w);
        } else {
            images = 1;
            float_run_image(f, x + i * in, y + i * out, w);
        }
    }
}

/* The chain from operation `at` on, of n images. */
static void float_run_rest(const bnn_float_stage *f, uint32_t at, size_t n, const float *x,
                           float *y, const parts *w)
{
    const bnn_stage *s = f->stage;
    const size_t in = bnn_shape_values(at < s->n_chain ? s->chain[at].in : s->out);
    const size_t out = bnn_shape_values(s->out);
    for (size_t i = 0; i < n; i++)
        float_run_operations(f, at, s->n_chain, x + i * in, y + i * out, w->spare);
}

static void float_run(const bnn_float_stage *f, size_t n, const float *x, float *y, void *workspace)
{
    parts w;
    float_parts(f, n, workspace, &w);
    if (f->method == FLOAT_NONE) {
        float_run_rest(f, 0, n, x, y, &w);
    } else if (float_has_more(f)) {
        float_run_fused(f, n, x, w.fused, &w);
        float_run_rest(f, f->n_fused, n, w.fused, y, &w);
    } else {
        float_run_fused(f, n, x, y, &w);
    }
}

const bnn_float_engine OF_ISA(bnn_float) = {.name = ISA_NAME,
                                            .prepare = float_prepare,
                                            .workspace_bytes = float_workspace_bytes,
                                            .run = float_run};
