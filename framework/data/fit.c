#include "data/fit.h"

#include "base/size.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LEVELS = 256, MNIST_BOX = 20, MNIST_SIDE = 28 };

/* ---- scaling ----------------------------------------------------------------------------- */

/* A part of a plane. */
typedef struct fit_part {
    const uint8_t *pixels; /* of its first pixel */
    size_t stride;         /* pixels from row to row */
    uint32_t width, height;
} fit_part;

/* What a pixel of the result takes from n pixels in a line: a triangle around its place, as wide as
 * the pixels that become one, at least as two of them. So shrinking averages, and enlarging
 * interpolates. weights: [1 + 2 * reach]. Returns the first pixel. */
static uint32_t fit_weigh(uint32_t i, uint32_t n_to, uint32_t n, float *weights, uint32_t *n_taps)
{
    const double scale = (double)n / n_to, reach = scale > 1 ? scale : 1;
    const double middle = (i + 0.5) * scale;
    const uint32_t first = middle - reach < 0 ? 0 : (uint32_t)(middle - reach);
    double sum = 0;
    *n_taps = 0;
    for (uint32_t k = first; k < n && k < middle + reach; k++) {
        const double weight = 1 - fabs(k + 0.5 - middle) / reach;
        weights[(*n_taps)++] = weight > 0 ? (float)weight : 0;
        sum += weight > 0 ? weight : 0;
    }
    for (uint32_t k = 0; k < *n_taps; k++)
        weights[k] = (float)(weights[k] / sum);
    return first;
}

/* Scales a part to [h][w], through a table of what each level stands for: rows first. */
static int fit_scale(const fit_part *part, const float level[LEVELS], uint32_t w, uint32_t h,
                     uint8_t *out, bnn_error *err)
{
    const size_t n_weights = 4 + 2 * (size_t)bnn_size_larger(part->width / w, part->height / h);
    float *weights = malloc((n_weights + (size_t)part->height * w) * sizeof *weights);
    uint32_t n_taps;
    if (weights == NULL)
        return bnn_no_memory(err);
    float *rows = weights + n_weights; /* [part->height][w] */
    for (uint32_t x = 0; x < w; x++) {
        const uint32_t first = fit_weigh(x, w, part->width, weights, &n_taps);
        for (uint32_t y = 0; y < part->height; y++) {
            const uint8_t *from = part->pixels + y * part->stride + first;
            float sum = 0;
            for (uint32_t k = 0; k < n_taps; k++)
                sum += weights[k] * level[from[k]];
            rows[(size_t)y * w + x] = sum;
        }
    }
    for (uint32_t y = 0; y < h; y++) {
        const uint32_t first = fit_weigh(y, h, part->height, weights, &n_taps);
        for (uint32_t x = 0; x < w; x++) {
            float sum = 0;
            for (uint32_t k = 0; k < n_taps; k++)
                sum += weights[k] * rows[(size_t)(first + k) * w + x];
            out[(size_t)y * w + x] = (uint8_t)lrintf(fminf(sum, 255));
        }
    }
    free(weights);
    return BNN_OK;
}

int bnn_fit_middle(const bnn_picture *picture, bnn_shape shape, uint8_t *pixels, bnn_fit *out,
                   bnn_error *err)
{
    fit_part part = {.stride = picture->width, .width = picture->width, .height = picture->height};
    float level[LEVELS];
    int status = BNN_OK;
    for (unsigned i = 0; i < LEVELS; i++)
        level[i] = (float)i;
    if ((uint64_t)part.width * shape.h > (uint64_t)part.height * shape.w)
        part.width = (uint32_t)((uint64_t)part.height * shape.w / shape.h);
    else
        part.height = (uint32_t)((uint64_t)part.width * shape.h / shape.w);
    part.width = part.width > 0 ? part.width : 1;
    part.height = part.height > 0 ? part.height : 1;
    const uint32_t x = (picture->width - part.width) / 2, y = (picture->height - part.height) / 2;
    for (uint32_t c = 0; status == BNN_OK && c < shape.c; c++) {
        part.pixels = picture->pixels + ((size_t)c * picture->height + y) * picture->width + x;
        status =
            fit_scale(&part, level, shape.w, shape.h, pixels + (size_t)c * shape.h * shape.w, err);
    }
    *out = (bnn_fit){.x = x, .y = y, .width = part.width, .height = part.height};
    return status;
}

/* ---- strokes ----------------------------------------------------------------------------- */

static bool fit_is_border(const bnn_picture *p, uint32_t x, uint32_t y)
{
    return x == 0 || y == 0 || x + 1 == p->width || y + 1 == p->height;
}

/* The paper: the median of the border. */
static unsigned fit_paper(const bnn_picture *p)
{
    size_t n[LEVELS] = {0}, n_border = 0, n_below = 0;
    unsigned level = 0;
    for (uint32_t y = 0; y < p->height; y++)
        for (uint32_t x = 0; x < p->width; x++)
            if (fit_is_border(p, x, y)) {
                n[p->pixels[(size_t)y * p->width + x]]++;
                n_border++;
            }
    while (2 * (n_below + n[level]) < n_border)
        n_below += n[level++];
    return level;
}

/* Otsu's threshold: two classes of the distances from the paper, apart as far as can be. The means
 * of both; the farther ones are the strokes. */
static unsigned fit_threshold(const size_t n[LEVELS], double means[2])
{
    double n_all = 0, sum_all = 0, n_near = 0, sum_near = 0, best = -1;
    unsigned threshold = 0;
    for (unsigned i = 0; i < LEVELS; i++) {
        n_all += (double)n[i];
        sum_all += (double)i * (double)n[i];
    }
    for (unsigned i = 0; i + 1 < LEVELS; i++) {
        n_near += (double)n[i];
        sum_near += (double)i * (double)n[i];
        if (n_near == 0 || n_near == n_all)
            continue;
        const double mean = sum_near / n_near, far = (sum_all - sum_near) / (n_all - n_near);
        const double between = n_near * (n_all - n_near) * (far - mean) * (far - mean);
        if (between > best) {
            best = between;
            threshold = i;
            means[0] = mean;
            means[1] = far;
        }
    }
    return threshold;
}

/* What a level stands for in an image of bright strokes on black, and from where on it is a stroke. */
typedef struct fit_ink {
    bool is_dark;
    bool is_stroke[LEVELS];
    float level[LEVELS]; /* 0, the paper's mean, to 255, that of the strokes */
} fit_ink;

/* Strokes lie on the side of the paper that reaches farther. False: the picture has one colour. */
static bool fit_find_ink(const bnn_picture *p, bool dark, fit_ink *ink)
{
    size_t n[LEVELS] = {0}, n_far[LEVELS] = {0};
    double means[2] = {0, 0};
    unsigned darkest = 0, brightest = LEVELS - 1;
    const unsigned paper = fit_paper(p);
    for (size_t i = 0; i < (size_t)p->width * p->height; i++)
        n[p->pixels[i]]++;
    while (n[darkest] == 0)
        darkest++;
    while (n[brightest] == 0)
        brightest--;
    ink->is_dark = dark || paper - darkest > brightest - paper;
    if (paper == (ink->is_dark ? darkest : brightest))
        return false;
    for (unsigned i = 0; i < LEVELS; i++) {
        const int far = ink->is_dark ? (int)paper - (int)i : (int)i - (int)paper;
        n_far[far > 0 ? far : 0] += n[i];
    }
    const unsigned threshold = fit_threshold(n_far, means);
    for (unsigned i = 0; i < LEVELS; i++) {
        const int far = ink->is_dark ? (int)paper - (int)i : (int)i - (int)paper;
        ink->is_stroke[i] = far > (int)threshold;
        const double part = (far - means[0]) / (means[1] - means[0]);
        ink->level[i] = (float)(255 * fmin(fmax(part, 0), 1));
    }
    return true;
}

/* The box around all strokes. */
static void fit_find_box(const bnn_picture *p, const fit_ink *ink, bnn_fit *out)
{
    uint32_t x0 = UINT32_MAX, x1 = 0, y0 = UINT32_MAX, y1 = 0;
    for (uint32_t y = 0; y < p->height; y++)
        for (uint32_t x = 0; x < p->width; x++)
            if (ink->is_stroke[p->pixels[(size_t)y * p->width + x]]) {
                x0 = x < x0 ? x : x0;
                x1 = x > x1 ? x : x1;
                y0 = y < y0 ? y : y0;
                y1 = y;
            }
    *out = (bnn_fit){.is_dark = ink->is_dark,
                     .x = x0,
                     .y = y0,
                     .width = x1 - x0 + 1,
                     .height = y1 - y0 + 1,
                     .is_cut = x0 == 0 || y0 == 0 || x1 + 1 == p->width || y1 + 1 == p->height};
}

/* Where n pixels begin, of which `middle` is the centre of mass, so that it comes to the centre of a
 * side, and none is lost. */
static uint32_t fit_place(double middle, uint32_t n, uint32_t side)
{
    const long first = lround(side / 2.0 - middle), most = (long)(side - n);
    return (uint32_t)(first < 0 ? 0 : first > most ? most : first);
}

/* An image of w x h strokes, with its centre of mass in the centre. */
static void fit_centre(const uint8_t *strokes, uint32_t w, uint32_t h, bnn_shape shape,
                       uint8_t *pixels)
{
    double mass = 0, middle_x = 0, middle_y = 0;
    for (uint32_t y = 0; y < h; y++)
        for (uint32_t x = 0; x < w; x++) {
            mass += strokes[y * w + x];
            middle_x += x * (double)strokes[y * w + x];
            middle_y += y * (double)strokes[y * w + x];
        }
    const uint32_t x = mass > 0 ? fit_place(middle_x / mass, w, shape.w) : 0;
    const uint32_t y = mass > 0 ? fit_place(middle_y / mass, h, shape.h) : 0;
    memset(pixels, 0, (size_t)shape.h * shape.w);
    for (uint32_t row = 0; row < h; row++)
        memcpy(pixels + (size_t)(y + row) * shape.w + x, strokes + (size_t)row * w, w);
}

uint32_t bnn_fit_box(uint32_t side)
{
    return (uint32_t)fmax(1, round((double)side * MNIST_BOX / MNIST_SIDE));
}

int bnn_fit_strokes(const bnn_picture *grey, bool dark, bnn_shape shape, uint8_t *pixels,
                    bnn_fit *out, bnn_error *err)
{
    fit_ink ink;
    memset(pixels, 0, (size_t)shape.h * shape.w);
    *out = (bnn_fit){.width = 0};
    if (!fit_find_ink(grey, dark, &ink))
        return BNN_OK;
    fit_find_box(grey, &ink, out);
    const fit_part part = {.pixels = grey->pixels + (size_t)out->y * grey->width + out->x,
                           .stride = grey->width,
                           .width = out->width,
                           .height = out->height};
    const double scale =
        fmin((double)bnn_fit_box(shape.w) / out->width, (double)bnn_fit_box(shape.h) / out->height);
    const uint32_t w = (uint32_t)fmax(1, round(out->width * scale));
    const uint32_t h = (uint32_t)fmax(1, round(out->height * scale));
    uint8_t *strokes = malloc((size_t)w * h);
    if (strokes == NULL)
        return bnn_no_memory(err);
    const int status = fit_scale(&part, ink.level, w, h, strokes, err);
    if (status == BNN_OK)
        fit_centre(strokes, w, h, shape, pixels);
    free(strokes);
    return status;
}
