#include "infer/engine/places.h"

#include "base/size.h"

#include <string.h>

static bnn_places sized_places(bnn_places places, size_t bits)
{
    places.words = (bits + 31) / 32;
    places.bytes = bnn_size_round_up(places.words * 4, 64);
    return places;
}

bnn_places bnn_places_positions(bnn_shape shape, uint32_t unit_bits, uint32_t padding, bool ones)
{
    bnn_places places = {.shape = shape, .c_step = 1, .padding = padding, .ones = ones};
    places.x_step = bnn_size_round_up(shape.c, unit_bits);
    places.y_step = (shape.w + 2 * (size_t)padding) * places.x_step;
    places.origin = padding * (places.y_step + places.x_step);
    const size_t bits = (shape.h + 2 * (size_t)padding) * places.y_step;
    places.has_gaps =
        padding > 0 || bnn_size_round_up(shape.c, 16) != places.x_step || bits % 32 != 0;
    return sized_places(places, bits);
}

bnn_places bnn_places_dense_positions(bnn_shape shape, uint32_t padding, bool ones)
{
    const uint32_t unit_bits = shape.c <= 8 && padding == 0 ? 8 : 16;
    bnn_places places = bnn_places_positions(shape, unit_bits, padding, ones);
    places.has_gaps = padding > 0;
    places.words++;
    places.bytes = bnn_size_round_up(places.words * 4, 64);
    return places;
}

bnn_places bnn_places_rows(bnn_shape shape)
{
    const bnn_places places = {
        .shape = shape, .c_step = 32, .y_step = 32 * (size_t)shape.c, .x_step = 1};
    return sized_places(places, shape.h * places.y_step);
}

bnn_places bnn_places_flat(bnn_shape shape)
{
    const bnn_places places = {
        .shape = shape, .c_step = (size_t)shape.h * shape.w, .y_step = shape.w, .x_step = 1};
    return sized_places(places, bnn_shape_values(shape));
}

static void set_bit(uint8_t *bits, size_t at, unsigned value)
{
    bits[at / 8] |= (uint8_t)(value << at % 8);
}

static unsigned bit_of(const uint8_t *bits, size_t at)
{
    return (uint32_t)bits[at / 8] >> at % 8 & 1u;
}

/* All positions have +1 in all channels; then those of the image itself are cleared. */
static void fill_with_ones(const bnn_places *f, uint8_t *bits)
{
    const size_t padding = f->padding, position_bytes = f->x_step / 8;
    const size_t height = f->shape.h + 2 * padding, width = f->shape.w + 2 * padding;
    for (size_t c = 0; c < f->shape.c; c++)
        set_bit(bits, c, 1);
    for (size_t i = 1; i < height * width; i++)
        memcpy(bits + i * position_bytes, bits, position_bytes);
    for (size_t y = 0; y < f->shape.h; y++)
        memset(bits + bnn_places_bit(f, 0, y, 0) / 8, 0, f->shape.w * position_bytes);
}

void bnn_places_clear(const bnn_places *f, uint8_t *bits)
{
    memset(bits, 0, f->words * 4);
    if (f->ones)
        fill_with_ones(f, bits);
}

/* Calls body with (place of the bit, index of the value) for all values of an image. */
#define FOR_EACH_VALUE(places, at, i)                                                           \
    for (size_t c_ = 0, i = 0; c_ < (places)->shape.c; c_++)                                    \
        for (size_t y_ = 0; y_ < (places)->shape.h; y_++)                                       \
            for (size_t x_ = 0, at = bnn_places_bit(places, c_, y_, 0); x_ < (places)->shape.w; \
                 x_++, at += (places)->x_step, i++)

void bnn_places_to_bytes(const bnn_places *f, const uint8_t *bits, uint8_t *bytes)
{
    FOR_EACH_VALUE(f, at, i)
    bytes[i] = (uint8_t)bit_of(bits, at);
}

void bnn_places_from_bytes(const bnn_places *f, const uint8_t *bytes, uint8_t *bits)
{
    bnn_places_clear(f, bits);
    FOR_EACH_VALUE(f, at, i)
    set_bit(bits, at, bytes[i]);
}

void bnn_places_to_floats(const bnn_places *f, const uint8_t *bits, float *values)
{
    FOR_EACH_VALUE(f, at, i)
    values[i] = bit_of(bits, at) ? 1.0f : -1.0f;
}

void bnn_places_from_floats(const bnn_places *f, const float *values, uint8_t *bits)
{
    bnn_places_clear(f, bits);
    FOR_EACH_VALUE(f, at, i)
    set_bit(bits, at, values[i] >= 0.0f);
}
