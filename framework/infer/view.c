#include "infer/view.h"

#include <string.h>

/* The means of four times 2x2 pixels of two rows: each in 16 bits of a word. Neighbours share those on machines of either
 * byte order. */
static void view_take_four(const uint8_t *a, const uint8_t *b, uint8_t *seen)
{
    const uint64_t even = 0x00ff00ff00ff00ff, half = 0x0002000200020002;
    uint64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    x = (x & even) + (x >> 8 & even) + (y & even) + (y >> 8 & even) + half;
    x = x >> 2 & even;
    x = (x | x >> 8) & 0x0000ffff0000ffff;
    const uint32_t four = (uint32_t)(x | x >> 16);
    memcpy(seen, &four, sizeof four);
}

/* Those of n; where four do not go into it, some of the last twice. */
static void view_take_halves(const uint8_t *a, const uint8_t *b, size_t n, uint8_t *seen)
{
    size_t i = 0;
    for (; i + 4 <= n; i += 4)
        view_take_four(a + 2 * i, b + 2 * i, seen + i);
    if (i < n && n >= 4) {
        view_take_four(a + 2 * (n - 4), b + 2 * (n - 4), seen + n - 4);
        return;
    }
    for (; i < n; i++)
        seen[i] = (uint8_t)((a[2 * i] + a[2 * i + 1] + b[2 * i] + b[2 * i + 1] + 2) / 4);
}

static uint8_t view_mean(const uint8_t *pixels, size_t row, uint32_t side)
{
    uint32_t sum = side * side / 2;
    for (uint32_t y = 0; y < side; y++)
        for (uint32_t x = 0; x < side; x++)
            sum += pixels[y * row + x];
    return (uint8_t)(sum / (side * side));
}

void bnn_view_take(bnn_view view, bnn_shape image, const uint8_t *pixels, uint8_t *seen)
{
    const bnn_shape cut = bnn_view_cut(view, image), out = bnn_view_shape(view, image);
    const uint32_t side = bnn_view_side(view);
    const size_t row = image.w, plane = row * image.h;
    pixels += (image.h - cut.h) / 2 * row + (image.w - cut.w) / 2;
    for (uint32_t c = 0; c < out.c; c++)
        for (uint32_t y = 0; y < out.h; y++, seen += out.w) {
            const uint8_t *from = pixels + c * plane + (size_t)y * side * row;
            if (side == 1)
                memcpy(seen, from, out.w);
            else if (side == 2)
                view_take_halves(from, from + row, out.w, seen);
            else
                for (uint32_t x = 0; x < out.w; x++)
                    seen[x] = view_mean(from + (size_t)x * side, row, side);
        }
}
