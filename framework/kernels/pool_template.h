/* pool_template.h - maximum and average over square windows; images in the lanes.
 *
 * Parameters: simd/vec.h. */

/* Runs `body` for each output vector: `y_at` is its offset, `x_at` that of its window's corner,
 * and WINDOW(t) the offset of window element t in [0, size * size), row by row. */
#define FOR_EACH_WINDOW(pool, body)                                                            \
    do {                                                                                       \
        const size_t size_ = (pool)->size, row_ = (size_t)(pool)->in.w * (pool)->lanes;        \
        for (size_t c_ = 0; c_ < (pool)->out.c; c_++)                                          \
            for (size_t h_ = 0; h_ < (pool)->out.h; h_++)                                      \
                for (size_t w_ = 0; w_ < (pool)->out.w; w_++)                                  \
                    for (size_t lane_ = 0; lane_ < (pool)->lanes; lane_ += VL) {               \
                        const size_t y_at =                                                    \
                            ((c_ * (pool)->out.h + h_) * (pool)->out.w + w_) * (pool)->lanes + \
                            lane_;                                                             \
                        const size_t x_at = (c_ * (pool)->in.h + h_ * (pool)->stride) * row_ + \
                                            w_ * (pool)->stride * (pool)->lanes + lane_;       \
                        body                                                                   \
                    }                                                                          \
    } while (0)
#define WINDOW(pool, t) (x_at + (t) / size_ * row_ + (t) % size_ * (pool)->lanes)

INLINE bool windows_tile(const bnn_pool *pool)
{
    return pool->stride == pool->size && pool->in.h == pool->out.h * pool->size &&
           pool->in.w == pool->out.w * pool->size;
}

/* Gradients are added where windows overlap or leave gaps; a clean tiling is written once. */
INLINE void clear_unless_tiled(const bnn_pool *pool, float *gx)
{
    if (!windows_tile(pool))
        memset(gx, 0, (size_t)pool->in.c * pool->in.h * pool->in.w * pool->lanes * sizeof *gx);
}

KERNEL void maxpool_forward(const bnn_pool *pool, const float *x, float *y)
{
    const size_t area = (size_t)pool->size * pool->size;
    FOR_EACH_WINDOW(pool, {
        vf most = load_f(x + x_at);
        for (size_t t = 1; t < area; t++)
            most = max_f(load_f(x + WINDOW(pool, t)), most);
        store_f(y + y_at, most);
    });
}

KERNEL void maxpool_backward(const bnn_pool *pool, const float *x, const float *y, const float *gy,
                             float *gx)
{
    const size_t area = (size_t)pool->size * pool->size;
    const bool tiled = windows_tile(pool);
    clear_unless_tiled(pool, gx);
    FOR_EACH_WINDOW(pool, {
        const vf most = load_f(y + y_at);
        const vi gradient = (vi)(load_f(gy + y_at));
        vi open = splat_i(-1); /* the lanes whose maximum is not found yet */
        for (size_t t = 0; t < area; t++) {
            const size_t at = WINDOW(pool, t);
            const vi here = (load_f(x + at) == most) & open;
            const vf share = (vf)(gradient & here);
            open &= ~here;
            store_f(gx + at, tiled ? share : load_f(gx + at) + share);
        }
    });
}

KERNEL void avgpool_forward(const bnn_pool *pool, const float *x, float *y)
{
    const size_t area = (size_t)pool->size * pool->size;
    const vf share = splat_f(1.0f / (float)area);
    FOR_EACH_WINDOW(pool, {
        vf sum = load_f(x + x_at);
        for (size_t t = 1; t < area; t++)
            sum += load_f(x + WINDOW(pool, t));
        store_f(y + y_at, sum * share);
    });
}

KERNEL void avgpool_backward(const bnn_pool *pool, const float *gy, float *gx)
{
    const size_t area = (size_t)pool->size * pool->size;
    const bool tiled = windows_tile(pool);
    const vf factor = splat_f(1.0f / (float)area);
    clear_unless_tiled(pool, gx);
    FOR_EACH_WINDOW(pool, {
        const vf share = load_f(gy + y_at) * factor;
        for (size_t t = 0; t < area; t++) {
            const size_t at = WINDOW(pool, t);
            store_f(gx + at, tiled ? share : load_f(gx + at) + share);
        }
    });
}
