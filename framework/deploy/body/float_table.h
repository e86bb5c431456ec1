/* float_table.h - the entries of a float engine, over everything in this folder. Included once by
 * each engine_float_<isa>.c, which says what the vectors are and what the table is called. */
#ifndef BNN_DEPLOY_BODY_FLOAT_TABLE_H
#define BNN_DEPLOY_BODY_FLOAT_TABLE_H

#include "deploy/body/float_dense.h"
#include "deploy/body/float_prepare.h"

/* The parts of a workspace, in floats. */
typedef struct parts {
    float *copy, *temporary, *rest[2];
} parts;

/* Cuts a workspace into its parts; returns the bytes that takes. */
static size_t cut(const bnn_float_stage *f, float *workspace, parts *out)
{
    const size_t copy = round_up(f->copy_values, LANES);
    const size_t temporary = round_up(f->temporary_values, LANES);
    const size_t rest = round_up(f->rest_values, LANES);
    if (out != NULL) {
        out->copy = workspace;
        out->temporary = out->copy + copy;
        out->rest[0] = out->temporary + temporary;
        out->rest[1] = out->rest[0] + rest;
    }
    return (copy + temporary + 2 * rest) * sizeof(float);
}

static size_t workspace_bytes(const bnn_float_stage *f, size_t n)
{
    (void)n;
    return cut(f, NULL, NULL);
}

/* The sums in the plain way, then the chain. */
static void run_plain(const bnn_float_stage *f, const float *x, float *y, const parts *w)
{
    float *const spare[2] = {w->rest[1], w->rest[0]};
    bnn_op_apply(&f->linear, x, w->rest[0]);
    run_chain_from(f, 0, w->rest[0], y, spare);
}

static void run_image(const bnn_float_stage *f, const float *x, float *y, const parts *w)
{
    float *const spare[2] = {w->rest[1], w->rest[0]};
    float *to = f->n_fused == f->stage->n_chain ? y : w->rest[0];
    if (f->method == FLOAT_PLAIN || (f->copies && !make_copy(f, x, w->copy))) {
        run_plain(f, x, y, w);
        return;
    }
    const float *from = f->copies ? w->copy : x;
    if (f->method == FLOAT_DENSE)
        run_dense(f, 1, x, to);
    else if (f->method == FLOAT_ROWS)
        run_rows(f, from, to);
    else
        run_channels(f, from, w->temporary, to);
    if (to != y)
        run_chain_from(f, f->n_fused, to, y, spare);
}

static void run_chain(const bnn_float_stage *f, size_t n, const float *sums, float *y,
                      void *workspace)
{
    const size_t in = bnn_shape_values(f->stage->sums), out = bnn_shape_values(f->stage->out);
    parts w;
    cut(f, workspace, &w);
    for (size_t i = 0; i < n; i++)
        run_chain_from(f, 0, sums + i * in, y + i * out, w.rest);
}

static void run(const bnn_float_stage *f, size_t n, const float *x, float *y, void *workspace)
{
    const size_t in = bnn_shape_values(f->stage->in), out = bnn_shape_values(f->stage->out);
    parts w;
    cut(f, workspace, &w);
    if (f->method == FLOAT_NONE)
        run_chain(f, n, x, y, workspace);
    else if (f->method == FLOAT_DENSE && f->n_fused == f->stage->n_chain)
        run_dense(f, n, x, y);
    else
        for (size_t i = 0; i < n; i++)
            run_image(f, x + i * in, y + i * out, &w);
}

const bnn_float_engine BNN_FLOAT_TABLE = {.name = BNN_FLOAT_NAME,
                                          .prepare = prepare,
                                          .workspace_bytes = workspace_bytes,
                                          .run = run,
                                          .run_chain = run_chain};

#endif
