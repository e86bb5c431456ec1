/* bits_template.h - forward passes of layers whose weights and inputs are all -1 or +1, counted on bits.
 *
 * With images in the lanes, a feature of 64 images is one 64-bit word (bit set: -1), and a sum of
 * products is taps - 2 * (number of set bits of x xor w), counted for 64 images at once in bit
 * planes, so a product costs a few bit operations for 64 to 512 images. All sums are small
 * integers, so the result equals the float kernels' bit for bit.
 *
 * Parameters: simd/planes.h; after conv_template.h. */

enum { WORD = 64, PLANES_MAX = 14, TAPS_MAX = (1 << PLANES_MAX) - 1 };

INLINE size_t bits_words_of(size_t lanes)
{
    return (lanes + WORD - 1) / WORD;
}

/* Sign bits of `lanes` floats, 64 to a word; the rest of the last word is zero. */
static void bits_pack_lanes(size_t lanes, const float *x, uint64_t *bits)
{
    for (size_t first = 0; first < lanes; first += WORD) {
        const size_t n = lanes - first < WORD ? lanes - first : WORD;
        uint64_t word = 0;
        for (size_t i = 0; i < n; i += VL)
            word |= (uint64_t)sign_bits_f(load_f(x + first + i)) << i;
        *bits++ = word;
    }
}

/* ---- counting ---------------------------------------------------------------------------- */

/* Which of the numbers of planes that are compiled, 8, 10 and PLANES_MAX, holds counts up to
 * `taps`. */
INLINE int bits_size_for(size_t taps)
{
    return taps < 1u << 8 ? 0 : taps < 1u << 10 ? 1 : 2;
}

/* y[lane] = taps - 2 * count[lane] for the lanes of one word; word_plane: bit planes of the counts,
 * `stride` words apart. */
INLINE void bits_spread_counts(const uint64_t *word_plane, size_t stride, int planes, size_t taps,
                               size_t lanes, float *y)
{
    vi lane_bit;
    for (int i = 0; i < VL; i++)
        lane_bit[i] = 1 << i;
    const vi zero = splat_i(0);
    for (size_t lane = 0; lane < lanes; lane += VL) {
        vi sum = splat_i((int32_t)taps);
        UNROLL
        for (int p = 0; p < planes; p++) {
            const int32_t bits =
                (int32_t)((word_plane[(size_t)p * stride] >> lane) & ((1u << VL) - 1));
            const vi set = (splat_i(bits) & lane_bit) != zero;
            sum -= set & splat_i(2 << p);
        }
        store_f(y + lane, __builtin_convertvector(sum, vf));
    }
}

/* ---- convolution, stride 1 --------------------------------------------------------------- */

/* Packed planes carry their padding, so that an output at flat index p of a plane has its taps at
 * p + kh * row + kw: one loop over the plane, whatever its width. */
typedef struct packed_conv {
    const bnn_conv *conv;
    size_t words, row, plane, taps; /* words a position, a row, a channel; taps of an output */
    uint64_t *bits;                 /* [in.c][plane] and slack for whole vectors */
    uint64_t *masks;                /* [out.c][taps]: all ones for weight -1 */
    uint32_t *offset;               /* [taps] words from an output to its taps */
    size_t n_scratch;               /* floats that these take */
} packed_conv;

INLINE packed_conv bits_conv_plan(const bnn_conv *conv, float *scratch)
{
    const size_t words = bits_words_of(conv->lanes);
    const size_t row = (conv->in.w + 2 * (size_t)conv->padding) * words;
    const size_t plane = (conv->in.h + 2 * (size_t)conv->padding) * row;
    packed_conv p = {.conv = conv,
                     .words = words,
                     .row = row,
                     .plane = plane,
                     .taps = (size_t)conv->in.c * conv->kernel * conv->kernel};
    bnn_cut cut = {.memory = (uint8_t *)scratch};
    p.bits = bnn_cut_off(&cut, conv->in.c * plane + VQ, sizeof *p.bits);
    p.masks = bnn_cut_off(&cut, conv->out.c * p.taps, sizeof *p.masks);
    p.offset = bnn_cut_off(&cut, p.taps, sizeof *p.offset);
    p.n_scratch = cut.used / sizeof *scratch;
    return p;
}

KERNEL size_t conv2d_binary_scratch(const bnn_conv *conv)
{
    const size_t bits = bits_conv_plan(conv, NULL).n_scratch, floats = conv2d_scratch(conv);
    return bits > floats ? bits : floats; /* some are done in floats */
}

static void bits_pack_conv_inputs(const packed_conv *p, const float *x)
{
    const bnn_conv *conv = p->conv;
    const size_t pad = conv->padding;
    if (pad > 0)
        memset(p->bits, conv->pad_value < 0.0f ? 0xff : 0, conv->in.c * p->plane * 8);
    for (size_t c = 0; c < conv->in.c; c++)
        for (size_t h = 0; h < conv->in.h; h++) {
            uint64_t *bits = p->bits + c * p->plane + (h + pad) * p->row + pad * p->words;
            for (size_t w = 0; w < conv->in.w; w++, x += conv->lanes, bits += p->words)
                bits_pack_lanes(conv->lanes, x, bits);
        }
}

static void bits_pack_conv_weights(const packed_conv *p, const float *w)
{
    const size_t k = p->conv->kernel;
    for (size_t i = 0; i < p->conv->out.c * p->taps; i++)
        p->masks[i] = w[i] < 0.0f ? UINT64_MAX : 0;
    for (size_t t = 0; t < p->taps; t++)
        p->offset[t] = (uint32_t)(t / (k * k) * p->plane + t / k % k * p->row + t % k * p->words);
}

/* The words under an output's taps, inverted where the weight is -1. */
typedef struct conv_words {
    const uint64_t *bits, *masks;
    const uint32_t *offset;
} conv_words;

INLINE vq bits_conv_word(const void *words, size_t t)
{
    const conv_words *w = words;
    return load_q(w->bits + w->offset[t]) ^ splat_q(w->masks[t]);
}

/* One output channel: a vector of words of the plane at a time; what lies between the rows is
 * counted along and left out. */
INLINE void bits_count_conv_channel(const packed_conv *p, const int planes, size_t channel,
                                    float *y)
{
    const bnn_conv *conv = p->conv;
    const size_t end = (conv->out.h - 1) * p->row + conv->out.w * p->words;
    for (size_t first = 0; first < end; first += VQ) {
        const conv_words words = {p->bits + first, p->masks + channel * p->taps, p->offset};
        bit_counter c;
        bits_count(&c, planes, p->taps, bits_conv_word, &words);
        uint64_t plane[PLANES_MAX][VQ];
        memcpy(plane, c.plane, (size_t)planes * sizeof *plane);
        for (size_t i = 0; i < VQ && first + i < end; i++) {
            const size_t at = first + i, oh = at / p->row, left = at % p->row;
            const size_t ow = left / p->words, word = left % p->words;
            if (ow >= conv->out.w)
                continue;
            const size_t lane = word * WORD;
            const size_t lanes = conv->lanes - lane < WORD ? conv->lanes - lane : WORD;
            bits_spread_counts(&plane[0][i], VQ, planes, p->taps, lanes,
                               y + (oh * conv->out.w + ow) * conv->lanes + lane);
        }
    }
}

#define COUNT_CONV(planes)                                                               \
    KERNEL void bits_count_conv_##planes(const packed_conv *p, size_t channel, float *y) \
    {                                                                                    \
        bits_count_conv_channel(p, planes, channel, y);                                  \
    }
COUNT_CONV(8)
COUNT_CONV(10)
COUNT_CONV(14)

static void (*const bits_count_conv[])(const packed_conv *, size_t channel, float *y) = {
    bits_count_conv_8, bits_count_conv_10, bits_count_conv_14};

KERNEL void conv2d_forward_binary(const bnn_conv *conv, const float *x, const float *w, float *y,
                                  float *scratch)
{
    const packed_conv p = bits_conv_plan(conv, scratch);
    if (conv->stride != 1 || p.taps > TAPS_MAX) { /* strided layers are rare: no bits for them */
        conv2d_forward(conv, x, w, NULL, y, scratch);
        return;
    }
    bits_pack_conv_inputs(&p, x);
    bits_pack_conv_weights(&p, w);
    for (size_t c = 0; c < conv->out.c; c++)
        bits_count_conv[bits_size_for(p.taps)](&p, c,
                                               y + c * conv->out.h * conv->out.w * conv->lanes);
}

/* ---- dense ------------------------------------------------------------------------------- */

/* VQ outputs at a time: the word of an input goes to all of them, inverted where the bit of the
 * weight is set. */
typedef struct packed_dense {
    size_t in, out, lanes, words;
    uint64_t *bits; /* [in][words] */
    uint8_t *signs; /* [out / VQ][in]: bit i for output i of the group */
    size_t n_scratch;
} packed_dense;

INLINE packed_dense bits_dense_plan(uint32_t in, uint32_t out, uint32_t lanes, float *scratch)
{
    packed_dense p = {.in = in, .out = out, .lanes = lanes, .words = bits_words_of(lanes)};
    bnn_cut cut = {.memory = (uint8_t *)scratch};
    p.bits = bnn_cut_off(&cut, in * p.words, sizeof *p.bits);
    p.signs = bnn_cut_off(&cut, round_up(out, VQ) / VQ * in, 1);
    p.n_scratch = cut.used / sizeof *scratch;
    return p;
}

KERNEL size_t dense_binary_scratch(uint32_t in, uint32_t out, uint32_t lanes)
{
    return bits_dense_plan(in, out, lanes, NULL).n_scratch;
}

static void bits_pack_dense_weights(packed_dense p, const float *w)
{
    for (size_t o = 0; o < p.out; o++, w += p.in) {
        uint8_t *signs = p.signs + o / VQ * p.in;
        const uint8_t bit = (uint8_t)(1u << o % VQ);
        for (size_t i = 0; i < p.in; i++)
            signs[i] = (uint8_t)((o % VQ == 0 ? 0 : signs[i]) | (w[i] < 0.0f ? bit : 0));
    }
}

/* An input's word for each output of a group. */
typedef struct dense_words {
    const uint64_t *bits; /* `step` words apart */
    const uint8_t *signs;
    size_t step;
    vq output_bit;
} dense_words;

INLINE vq bits_dense_word(const void *words, size_t t)
{
    const dense_words *w = words;
    const vq negative = (vq)((splat_q(w->signs[t]) & w->output_bit) != splat_q(0));
    return splat_q(w->bits[t * w->step]) ^ negative;
}

INLINE void bits_count_dense_group(const packed_dense *p, const int planes, size_t group,
                                   size_t word, float *y)
{
    dense_words words = {
        .bits = p->bits + word, .signs = p->signs + group * p->in, .step = p->words};
    for (int i = 0; i < VQ; i++)
        words.output_bit[i] = (uint64_t)1 << i;
    bit_counter c;
    bits_count(&c, planes, p->in, bits_dense_word, &words);
    uint64_t plane[PLANES_MAX][VQ];
    memcpy(plane, c.plane, (size_t)planes * sizeof *plane);
    const size_t lane = word * WORD;
    const size_t lanes = p->lanes - lane < WORD ? p->lanes - lane : WORD;
    for (size_t i = 0; i < VQ && group * VQ + i < p->out; i++)
        bits_spread_counts(&plane[0][i], VQ, planes, p->in, lanes,
                           y + (group * VQ + i) * p->lanes + lane);
}

#define COUNT_DENSE(planes)                                                                 \
    KERNEL void bits_count_dense_##planes(const packed_dense *p, size_t group, size_t word, \
                                          float *y)                                         \
    {                                                                                       \
        bits_count_dense_group(p, planes, group, word, y);                                  \
    }
COUNT_DENSE(8)
COUNT_DENSE(10)
COUNT_DENSE(14)

static void (*const bits_count_dense[])(const packed_dense *, size_t group, size_t word,
                                        float *y) = {bits_count_dense_8, bits_count_dense_10,
                                                     bits_count_dense_14};

KERNEL void dense_forward_binary(uint32_t in, uint32_t out, uint32_t lanes, const float *x,
                                 const float *w, float *y, float *scratch)
{
    const packed_dense p = bits_dense_plan(in, out, lanes, scratch);
    if (in > TAPS_MAX) {
        dense_forward(in, out, lanes, x, w, NULL, y, scratch);
        return;
    }
    for (size_t i = 0; i < in; i++)
        bits_pack_lanes(lanes, x + i * lanes, p.bits + i * p.words);
    bits_pack_dense_weights(p, w);
    for (size_t group = 0; group * VQ < out; group++)
        for (size_t word = 0; word < p.words; word++)
            bits_count_dense[bits_size_for(in)](&p, group, word, y);
}

#undef COUNT_CONV
#undef COUNT_DENSE
