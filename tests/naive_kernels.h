/* naive_kernels.h - every kernel as the plainest loop over single numbers, in the order of
 * summation that the tables promise. Included once a type, with these defined:
 *
 *     REAL        float, which must give the bits of every table, or double, the true value
 *     NAIVE(name) the name of a function for this type
 *     FMA SQRT EXP LOG
 *
 * Sums over images run in 16 partial sums, folded 8 + 8, 4 + 4, 2 + 2, 1 + 1. */

static __attribute__((unused)) REAL NAIVE(fold)(const REAL lanes[16])
{
    REAL t[16];
    for (int i = 0; i < 16; i++)
        t[i] = lanes[i];
    for (int half = 8; half > 0; half /= 2)
        for (int i = 0; i < half; i++)
            t[i] = t[i] + t[i + half];
    return t[0];
}

static __attribute__((unused)) REAL NAIVE(sum)(size_t n, const REAL *x)
{
    REAL lanes[16] = {0};
    for (size_t i = 0; i < n; i++)
        lanes[i % 16] += x[i];
    return NAIVE(fold)(lanes);
}

static __attribute__((unused)) REAL NAIVE(dot)(size_t n, const REAL *x, const REAL *y)
{
    REAL lanes[16] = {0};
    for (size_t i = 0; i < n; i++)
        lanes[i % 16] = FMA(x[i], y[i], lanes[i % 16]);
    return NAIVE(fold)(lanes);
}

/* Where the vector of images of (c, h, w) begins. */
static __attribute__((unused)) size_t NAIVE(at)(const bnn_shape *shape, size_t lanes, size_t c,
                                                size_t h, size_t w)
{
    return ((c * shape->h + h) * shape->w + w) * lanes;
}

/* The input row or column under tap k of output position `out`; false beyond the border. */
static __attribute__((unused)) bool NAIVE(under)(const bnn_conv *conv, size_t out, size_t k,
                                                 uint32_t size, size_t *in)
{
    const ptrdiff_t at = (ptrdiff_t)(out * conv->stride + k) - (ptrdiff_t)conv->padding;
    *in = (size_t)at;
    return at >= 0 && at < (ptrdiff_t)size;
}

static __attribute__((unused)) void NAIVE(conv_forward)(const bnn_conv *conv, const REAL *x,
                                                        const REAL *w, const REAL *bias, REAL *y)
{
    const size_t k = conv->kernel, lanes = conv->lanes;
    for (size_t o = 0; o < conv->out.c; o++)
        for (size_t oh = 0; oh < conv->out.h; oh++)
            for (size_t ow = 0; ow < conv->out.w; ow++, y += lanes) {
                for (size_t l = 0; l < lanes; l++)
                    y[l] = bias == NULL ? 0 : bias[o];
                for (size_t t = 0; t < conv->in.c * k * k; t++) {
                    size_t c = t / (k * k), ih, iw;
                    const bool row = NAIVE(under)(conv, oh, t / k % k, conv->in.h, &ih);
                    const bool column = NAIVE(under)(conv, ow, t % k, conv->in.w, &iw);
                    const REAL factor = w[o * conv->in.c * k * k + t];
                    if (row && column)
                        for (size_t l = 0; l < lanes; l++)
                            y[l] = FMA(factor, x[NAIVE(at)(&conv->in, lanes, c, ih, iw) + l], y[l]);
                    else if (conv->pad_value != 0)
                        for (size_t l = 0; l < lanes; l++)
                            y[l] = FMA(factor, (REAL)conv->pad_value, y[l]);
                }
            }
}

/* Over output channels, then taps: backwards where the tables run a forward pass with a flipped
 * kernel (stride 1), else forwards. */
static __attribute__((unused)) void NAIVE(conv_input_gradient)(const bnn_conv *conv, const REAL *gy,
                                                               const REAL *w, REAL *gx)
{
    const size_t k = conv->kernel, lanes = conv->lanes;
    const bool flipped = conv->stride == 1 && conv->padding < conv->kernel;
    for (size_t c = 0; c < conv->in.c; c++)
        for (size_t ih = 0; ih < conv->in.h; ih++)
            for (size_t iw = 0; iw < conv->in.w; iw++, gx += lanes) {
                for (size_t l = 0; l < lanes; l++)
                    gx[l] = 0;
                for (size_t t = 0; t < conv->out.c * k * k; t++) {
                    const size_t o = t / (k * k), inner = t % (k * k);
                    const size_t tap = flipped ? k * k - 1 - inner : inner;
                    const ptrdiff_t row = (ptrdiff_t)(ih + conv->padding) - (ptrdiff_t)(tap / k);
                    const ptrdiff_t column = (ptrdiff_t)(iw + conv->padding) - (ptrdiff_t)(tap % k);
                    const ptrdiff_t stride = (ptrdiff_t)conv->stride;
                    if (row < 0 || column < 0 || row % stride != 0 || column % stride != 0 ||
                        row / stride >= (ptrdiff_t)conv->out.h ||
                        column / stride >= (ptrdiff_t)conv->out.w)
                        continue;
                    const REAL factor = w[(o * conv->in.c + c) * k * k + tap];
                    const REAL *g = gy + NAIVE(at)(&conv->out, lanes, o, (size_t)(row / stride),
                                                   (size_t)(column / stride));
                    for (size_t l = 0; l < lanes; l++)
                        gx[l] = FMA(factor, g[l], gx[l]);
                }
            }
}

static __attribute__((unused)) void NAIVE(conv_weight_gradient)(const bnn_conv *conv, const REAL *x,
                                                                const REAL *gy, REAL *gw,
                                                                REAL *gbias)
{
    const size_t k = conv->kernel, lanes = conv->lanes;
    const size_t positions = (size_t)conv->out.h * conv->out.w;
    for (size_t i = 0; i < (size_t)conv->out.c * conv->in.c * k * k; i++) {
        const size_t o = i / (conv->in.c * k * k), c = i / (k * k) % conv->in.c;
        REAL sums[16] = {0};
        for (size_t p = 0; p < positions; p++) {
            size_t ih, iw;
            const bool row = NAIVE(under)(conv, p / conv->out.w, i / k % k, conv->in.h, &ih);
            const bool column = NAIVE(under)(conv, p % conv->out.w, i % k, conv->in.w, &iw);
            if (!(row && column) && conv->pad_value == 0)
                continue;
            const REAL *g = gy + (o * positions + p) * lanes;
            for (size_t l = 0; l < lanes; l++)
                sums[l % 16] = FMA(g[l],
                                   row && column ? x[NAIVE(at)(&conv->in, lanes, c, ih, iw) + l]
                                                 : (REAL)conv->pad_value,
                                   sums[l % 16]);
        }
        gw[i] = NAIVE(fold)(sums);
    }
    for (size_t o = 0; o < conv->out.c; o++)
        gbias[o] = NAIVE(sum)(positions * lanes, gy + o * positions * lanes);
}

static __attribute__((unused)) void NAIVE(dense_forward)(size_t in, size_t out, size_t lanes,
                                                         const REAL *x, const REAL *w,
                                                         const REAL *bias, REAL *y)
{
    for (size_t o = 0; o < out; o++)
        for (size_t l = 0; l < lanes; l++) {
            REAL sum = bias == NULL ? 0 : bias[o];
            for (size_t i = 0; i < in; i++)
                sum = FMA(w[o * in + i], x[i * lanes + l], sum);
            y[o * lanes + l] = sum;
        }
}

static __attribute__((unused)) void NAIVE(dense_input_gradient)(size_t in, size_t out, size_t lanes,
                                                                const REAL *gy, const REAL *w,
                                                                REAL *gx)
{
    for (size_t i = 0; i < in; i++)
        for (size_t l = 0; l < lanes; l++) {
            REAL sum = 0;
            for (size_t o = 0; o < out; o++)
                sum = FMA(w[o * in + i], gy[o * lanes + l], sum);
            gx[i * lanes + l] = sum;
        }
}

/* One chain over the lanes, unlike a convolution's: here lanes run over inputs. */
static __attribute__((unused)) void NAIVE(dense_weight_gradient)(size_t in, size_t out,
                                                                 size_t lanes, const REAL *x,
                                                                 const REAL *gy, REAL *gw,
                                                                 REAL *gbias)
{
    for (size_t o = 0; o < out; o++) {
        for (size_t i = 0; i < in; i++) {
            REAL sum = 0;
            for (size_t l = 0; l < lanes; l++)
                sum = FMA(gy[o * lanes + l], x[i * lanes + l], sum);
            gw[o * in + i] = sum;
        }
        gbias[o] = NAIVE(sum)(lanes, gy + o * lanes);
    }
}

/* Partial sums of a channel: vector i of 16 goes to chain i % 4, lanes >= n count as nothing. */
typedef struct NAIVE(channel_sum) {
    REAL chains[4][16];
} NAIVE(channel_sum);

static __attribute__((unused)) void NAIVE(add)(NAIVE(channel_sum) * sum, size_t i, REAL a, REAL b)
{
    REAL *slot = &sum->chains[i / 16 % 4][i % 16];
    *slot = FMA(a, b, *slot);
}

static __attribute__((unused)) REAL NAIVE(total)(const NAIVE(channel_sum) * sum)
{
    REAL lanes[16];
    for (int i = 0; i < 16; i++)
        lanes[i] =
            (sum->chains[0][i] + sum->chains[1][i]) + (sum->chains[2][i] + sum->chains[3][i]);
    return NAIVE(fold)(lanes);
}

static __attribute__((unused)) void NAIVE(batchnorm_inference)(const bnn_batchnorm *bn,
                                                               const REAL *x, const REAL *scale,
                                                               const REAL *shift, const REAL *mean,
                                                               const REAL *variance, REAL *y)
{
    const size_t size = (size_t)bn->positions * bn->lanes;
    for (size_t i = 0; i < bn->channels * size; i++) {
        const size_t c = i / size;
        const REAL factor = scale[c] * (1 / SQRT(variance[c] + (REAL)bn->epsilon));
        y[i] = FMA(x[i], factor, FMA(-mean[c], factor, shift[c]));
    }
}

static __attribute__((unused)) void NAIVE(batchnorm_forward)(const bnn_batchnorm *bn, const REAL *x,
                                                             const REAL *scale, const REAL *shift,
                                                             REAL *mean, REAL *inverse,
                                                             REAL *running_mean,
                                                             REAL *running_variance, REAL *y)
{
    const size_t size = (size_t)bn->positions * bn->lanes;
    const REAL count = (REAL)bn->positions * (REAL)bn->n;
    const REAL unbiased = count > 1 ? count / (count - 1) : 1;
    for (size_t c = 0; c < bn->channels; c++, x += size, y += size) {
        NAIVE(channel_sum) sum = {{{0}}}, squares = {{{0}}};
        for (size_t i = 0; i < size; i++)
            NAIVE(add)(&sum, i, x[i], i % bn->lanes < bn->n);
        mean[c] = NAIVE(total)(&sum) / count;
        for (size_t i = 0; i < size; i++) {
            const REAL mask = i % bn->lanes < bn->n;
            NAIVE(add)(&squares, i, (x[i] - mean[c]) * mask, x[i] - mean[c]);
        }
        const REAL variance = NAIVE(total)(&squares) / count;
        inverse[c] = 1 / SQRT(variance + (REAL)bn->epsilon);
        running_mean[c] += (REAL)bn->momentum * (mean[c] - running_mean[c]);
        running_variance[c] += (REAL)bn->momentum * (variance * unbiased - running_variance[c]);
        const REAL factor = scale[c] * inverse[c];
        for (size_t i = 0; i < size; i++)
            y[i] = FMA(x[i], factor, FMA(-mean[c], factor, shift[c]));
    }
}

static __attribute__((unused)) void NAIVE(batchnorm_backward)(const bnn_batchnorm *bn,
                                                              const REAL *x, const REAL *scale,
                                                              const REAL *mean, const REAL *inverse,
                                                              const REAL *gy, REAL *gx,
                                                              REAL *gscale, REAL *gshift)
{
    const size_t size = (size_t)bn->positions * bn->lanes;
    const REAL count = (REAL)bn->positions * (REAL)bn->n;
    for (size_t c = 0; c < bn->channels; c++, x += size, gy += size, gx += size) {
        NAIVE(channel_sum) sum = {{{0}}}, products = {{{0}}};
        for (size_t i = 0; i < size; i++) {
            const REAL mask = i % bn->lanes < bn->n;
            NAIVE(add)(&sum, i, gy[i], mask);
            NAIVE(add)(&products, i, gy[i] * mask, x[i] - mean[c]);
        }
        gshift[c] = NAIVE(total)(&sum);
        gscale[c] = NAIVE(total)(&products) * inverse[c];
        const REAL factor = scale[c] * inverse[c];
        const REAL slope = -factor * inverse[c] * gscale[c] / count;
        const REAL offset = FMA(-slope, mean[c], -factor * gshift[c] / count);
        for (size_t i = 0; i < size; i++)
            gx[i] = i % bn->lanes < bn->n ? FMA(gy[i], factor, FMA(x[i], slope, offset)) : 0;
    }
}

/* Element t, row by row, of the window of output vector `o` (counted over c, h, w), image l. */
static __attribute__((unused)) size_t NAIVE(window)(const bnn_pool *pool, size_t o, size_t t,
                                                    size_t l)
{
    const size_t w = o % pool->out.w, h = o / pool->out.w % pool->out.h;
    const size_t c = o / pool->out.w / pool->out.h;
    return NAIVE(at)(&pool->in, pool->lanes, c, h * pool->stride + t / pool->size,
                     w * pool->stride + t % pool->size) +
           l;
}

static __attribute__((unused)) void NAIVE(pool_forward)(const bnn_pool *pool, bool maximum,
                                                        const REAL *x, REAL *y)
{
    const size_t outputs = (size_t)pool->out.c * pool->out.h * pool->out.w;
    const size_t area = (size_t)pool->size * pool->size;
    for (size_t i = 0; i < outputs * pool->lanes; i++) {
        REAL value = x[NAIVE(window)(pool, i / pool->lanes, 0, i % pool->lanes)];
        for (size_t t = 1; t < area; t++) {
            const REAL v = x[NAIVE(window)(pool, i / pool->lanes, t, i % pool->lanes)];
            value = maximum ? (v > value ? v : value) : value + v;
        }
        y[i] = maximum ? value : value * (1 / (REAL)area);
    }
}

static __attribute__((unused)) void NAIVE(pool_backward)(const bnn_pool *pool, bool maximum,
                                                         const REAL *x, const REAL *y,
                                                         const REAL *gy, REAL *gx)
{
    const size_t outputs = (size_t)pool->out.c * pool->out.h * pool->out.w;
    const size_t area = (size_t)pool->size * pool->size;
    for (size_t i = 0; i < (size_t)pool->in.c * pool->in.h * pool->in.w * pool->lanes; i++)
        gx[i] = 0;
    for (size_t i = 0; i < outputs * pool->lanes; i++)
        for (size_t t = 0; t < area; t++) {
            const size_t at = NAIVE(window)(pool, i / pool->lanes, t, i % pool->lanes);
            if (!maximum) {
                gx[at] += gy[i] * (1 / (REAL)area);
            } else if (x[at] == y[i]) {
                gx[at] += gy[i];
                break;
            }
        }
}

/* The class with the first largest logit of an image. */
static __attribute__((unused)) size_t NAIVE(winner)(size_t classes, size_t lanes, const REAL *z)
{
    size_t winner = 0;
    for (size_t c = 1; c < classes; c++)
        if (z[c * lanes] > z[winner * lanes])
            winner = c;
    return winner;
}

static __attribute__((unused)) void NAIVE(cross_entropy)(size_t classes, size_t n, size_t lanes,
                                                         const REAL *z, const int32_t *labels,
                                                         REAL *gz, double *loss,
                                                         uint32_t *n_correct)
{
    for (size_t l = 0; l < lanes; l++) {
        const size_t winner = NAIVE(winner)(classes, lanes, z + l);
        const REAL most = z[winner * lanes + l];
        REAL total = 0, at_label = 0;
        for (size_t c = 0; c < classes; c++) {
            total += EXP(z[c * lanes + l] - most);
            if ((size_t)labels[l] == c)
                at_label = z[c * lanes + l] - most;
        }
        for (size_t c = 0; c < classes; c++)
            gz[c * lanes + l] = (EXP(z[c * lanes + l] - most) / total - ((size_t)labels[l] == c)) *
                                ((REAL)(l < n) * (1 / (REAL)n));
        if (l < n) {
            *loss += (double)(LOG(total) - at_label);
            *n_correct += (size_t)labels[l] == winner;
        }
    }
}

static __attribute__((unused)) void NAIVE(squared_hinge)(size_t classes, size_t n, size_t lanes,
                                                         const REAL *z, const int32_t *labels,
                                                         REAL *gz, double *loss,
                                                         uint32_t *n_correct)
{
    for (size_t l = 0; l < lanes; l++) {
        REAL total = 0;
        for (size_t c = 0; c < classes; c++) {
            const REAL target = (size_t)labels[l] == c ? 1 : -1;
            const REAL distance = 1 - target * z[c * lanes + l];
            const REAL margin = 0 > distance ? 0 : distance;
            total = FMA(margin, margin, total);
            gz[c * lanes + l] = margin * target * (-2 / ((REAL)classes * (REAL)n)) * (REAL)(l < n);
        }
        if (l < n) {
            *loss += (double)(total * (1 / (REAL)classes));
            *n_correct += (size_t)labels[l] == NAIVE(winner)(classes, lanes, z + l);
        }
    }
}

#undef REAL
#undef NAIVE
#undef FMA
#undef SQRT
#undef EXP
#undef LOG
