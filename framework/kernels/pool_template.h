/* pool_template.h - maximum and average over square windows; images in the lanes.
 *
 * Parameters: simd/vec.h. */

/* What a pass works on; what it has no use for is not there. */
typedef struct pool_pass {
    const float *x, *y, *gy;
    float *out; /* y or gx */
    vf share;   /* of a value in an average */
    bool tiled; /* the windows cover the input without gaps and do not overlap */
    size_t size, lanes;
    size_t next_row; /* from behind a row of a window to the next one */
} pool_pass;

/* One output vector, at y; its window's corner is at x. */
typedef void pool_window(const pool_pass *p, size_t y, size_t x);

INLINE void pool_windows(const bnn_pool *pool, pool_pass p, pool_window window)
{
    p.size = pool->size;
    p.lanes = pool->lanes;
    const size_t row = (size_t)pool->in.w * p.lanes;
    p.next_row = row - p.size * p.lanes;
    size_t y = 0;
    for (size_t c = 0; c < pool->out.c; c++)
        for (size_t h = 0; h < pool->out.h; h++)
            for (size_t w = 0; w < pool->out.w; w++) {
                const size_t x =
                    (c * pool->in.h + h * pool->stride) * row + w * pool->stride * p.lanes;
                for (size_t lane = 0; lane < p.lanes; lane += VL, y += VL)
                    window(&p, y, x + lane);
            }
}

/* Gradients are added where windows overlap or leave gaps; a clean tiling is written once. Returns
 * whether it is one. */
static bool pool_clear_unless_tiled(const bnn_pool *pool, float *gx)
{
    const bool tiled = pool->stride == pool->size && pool->in.h == pool->out.h * pool->size &&
                       pool->in.w == pool->out.w * pool->size;
    if (!tiled)
        memset(gx, 0, (size_t)pool->in.c * pool->in.h * pool->in.w * pool->lanes * sizeof *gx);
    return tiled;
}

INLINE void pool_store_gradient(const pool_pass *p, size_t at, vf value)
{
    store_f(p->out + at, p->tiled ? value : load_f(p->out + at) + value);
}

INLINE void maxpool_window(const pool_pass *p, size_t y, size_t x)
{
    vf most = load_f(p->x + x);
    for (size_t h = 0; h < p->size; h++, x += p->next_row)
        for (size_t w = 0; w < p->size; w++, x += p->lanes)
            most = max_f(load_f(p->x + x), most);
    store_f(p->out + y, most);
}

KERNEL void maxpool_forward(const bnn_pool *pool, const float *x, float *y)
{
    pool_windows(pool, (pool_pass){.x = x, .out = y}, maxpool_window);
}

INLINE void maxpool_gradient_window(const pool_pass *p, size_t y, size_t x)
{
    const vf most = load_f(p->y + y);
    const vi gradient = (vi)load_f(p->gy + y);
    vi open = splat_i(-1); /* the lanes whose maximum is not found yet */
    for (size_t h = 0; h < p->size; h++, x += p->next_row)
        for (size_t w = 0; w < p->size; w++, x += p->lanes) {
            const vi here = (load_f(p->x + x) == most) & open;
            open &= ~here;
            pool_store_gradient(p, x, (vf)(gradient & here));
        }
}

KERNEL void maxpool_backward(const bnn_pool *pool, const float *x, const float *y, const float *gy,
                             float *gx)
{
    const bool tiled = pool_clear_unless_tiled(pool, gx);
    pool_windows(pool, (pool_pass){.x = x, .y = y, .gy = gy, .out = gx, .tiled = tiled},
                 maxpool_gradient_window);
}

INLINE void avgpool_window(const pool_pass *p, size_t y, size_t x)
{
    vf sum = -splat_f(0.0f); /* -0 + v is v, whatever v is */
    for (size_t h = 0; h < p->size; h++, x += p->next_row)
        for (size_t w = 0; w < p->size; w++, x += p->lanes)
            sum += load_f(p->x + x);
    store_f(p->out + y, sum * p->share);
}

INLINE vf avgpool_share(const bnn_pool *pool)
{
    return splat_f(1.0f / (float)((size_t)pool->size * pool->size));
}

KERNEL void avgpool_forward(const bnn_pool *pool, const float *x, float *y)
{
    pool_windows(pool, (pool_pass){.x = x, .out = y, .share = avgpool_share(pool)}, avgpool_window);
}

INLINE void avgpool_gradient_window(const pool_pass *p, size_t y, size_t x)
{
    const vf share = load_f(p->gy + y) * p->share;
    for (size_t h = 0; h < p->size; h++, x += p->next_row)
        for (size_t w = 0; w < p->size; w++, x += p->lanes)
            pool_store_gradient(p, x, share);
}

KERNEL void avgpool_backward(const bnn_pool *pool, const float *gy, float *gx)
{
    const bool tiled = pool_clear_unless_tiled(pool, gx);
    const vf share = avgpool_share(pool);
    pool_windows(pool, (pool_pass){.gy = gy, .out = gx, .share = share, .tiled = tiled},
                 avgpool_gradient_window);
}
