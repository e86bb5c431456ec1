/* convert_template.h - inputs into what loops read: pixels with their padding, rows of bits as the words of
 * windows; and the ways between bits, pixels and floats.
 *
 * Parameters: simd/count.h. */

/* out[c][h + 2 * padding][w + 2 * padding]; padding is the pixel of its value, 0 or -1. */
static void convert_pad_pixels(const bnn_stage *s, const uint8_t *image, uint8_t *out)
{
    const size_t row = bnn_pack_pixel_row(s), padding = s->op.padding;
    const size_t height = s->op.in.h + 2 * padding;
    if (padding > 0)
        memset(out, 128 + 128 * (int)s->op.pad_value, s->op.in.c * height * row);
    for (size_t c = 0; c < s->op.in.c; c++)
        for (size_t y = 0; y < s->op.in.h; y++, image += s->op.in.w)
            memcpy(out + (c * height + y + padding) * row + padding, image, s->op.in.w);
}

/* Codes as floats, in training's order, to bytes. */
static void convert_floats_to_codes(const bnn_pack *p, const float *values, uint8_t *out)
{
    const bnn_codes_places *const places = &p->products.in;
    const bnn_shape in = p->stage->op.in;
    memset(out, places->outside, places->bytes);
    for (size_t c = 0; c < in.c; c++)
        for (size_t y = 0; y < in.h; y++)
            for (size_t x = 0; x < in.w; x++)
                out[places->origin + y * places->y_step + x * places->x_step + c] =
                    (uint8_t)((int32_t)*values++ - p->stage->in_codes.min);
}

/* And back. */
static void convert_codes_to_floats(const bnn_pack *p, const uint8_t *codes, float *out)
{
    const bnn_codes_places *const places = &p->products.out;
    const bnn_shape shape = p->stage->out;
    for (size_t c = 0; c < shape.c; c++)
        for (size_t y = 0; y < shape.h; y++)
            for (size_t x = 0; x < shape.w; x++)
                *out++ = (float)(codes[y * places->y_step + x * places->x_step + c] +
                                 p->stage->out_codes.min);
}

/* The words of a row's windows, 16 windows from column x on: for each channel the kernel's width of
 * bits, side by side. outside: ones where the padding is +1. */
INLINE void convert_row_to_words(const bnn_stage *s, const uint32_t *row, size_t n_channels,
                                 size_t x, uint32_t outside, uint32_t *out)
{
    const uint32_t k = s->op.kernel, kernel_bits = k < 32 ? (1u << k) - 1 : ~0u;
    static const uint32_t lane_numbers[LANES] = {0, 1, 2,  3,  4,  5,  6,  7,
                                                 8, 9, 10, 11, 12, 13, 14, 15};
    vu windows[PARTS], lane[PARTS];
    UNROLL
    for (int part = 0; part < PARTS; part++) {
        windows[part] = splat_u(0);
        lane[part] = s->op.padding - (uint32_t)x - load_u(lane_numbers + part * VL);
    }
    for (uint32_t c = 0; c < n_channels; c++) {
        UNROLL
        for (int part = 0; part < PARTS; part++)
            windows[part] = insert_rotated_u(windows[part], row[c] | outside, lane[part] + c * k,
                                             kernel_bits << c * k);
    }
    UNROLL
    for (int part = 0; part < PARTS; part++)
        store_u(out + part * VL, windows[part]);
}

/* out[h + 2 * padding][words of a row][columns] of rows[h][c]. */
static void convert_rows_to_windows(const bnn_stage *s, const uint8_t *rows, uint8_t *out)
{
    const size_t n_words = bnn_pack_row_words(s), columns = bnn_pack_row_columns(s);
    const size_t channels = bnn_pack_row_channels(s), padding = s->op.padding;
    /* Bits from w to 31 - padding belong to windows beyond the last; those left of the image turn
     * up at the upper end of the word. */
    const uint32_t outside = s->op.pad_value > 0 && s->op.in.w < 32 ? ~0u << s->op.in.w : 0;
    uint32_t *to = (uint32_t *)(void *)out;
    for (size_t y = 0; y < s->op.in.h + 2 * padding; y++) {
        const bool inside = y >= padding && y - padding < s->op.in.h;
        const uint32_t *const row =
            (const uint32_t *)(const void *)rows + (inside ? y - padding : 0) * s->op.in.c;
        for (size_t word = 0; word < n_words; word++) {
            const size_t first = word * channels, left = s->op.in.c - first;
            const size_t n = left < channels ? left : channels;
            const size_t n_bits = n * s->op.kernel;
            const uint32_t ones = n_bits < 32 ? (1u << n_bits) - 1 : ~0u;
            for (size_t x = 0; x < columns; x += LANES, to += LANES) {
                if (inside)
                    convert_row_to_words(s, row + first, n, x, outside, to);
                else
                    for (size_t i = 0; i < LANES; i++)
                        to[i] = s->op.pad_value > 0 ? ones : 0;
            }
        }
    }
}

static void convert_pixels_to_floats(size_t n, const uint8_t *pixels, float *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = bnn_pixel_value(pixels[i]);
}

/* How many values of an image are neighbours in training's order and in memory, too; their bits
 * begin with a half word. 0: none to speak of. */
static size_t convert_run_of_values(const bnn_places *places)
{
    const bnn_shape s = places->shape;
    const size_t plane = (size_t)s.h * s.w;
    if (places->x_step == 1)
        return places->c_step == plane && places->y_step == s.w ? s.c * plane : s.w;
    return plane == 1 && places->c_step == 1 ? s.c : 0;
}

/* Where the bits of run i begin. */
static size_t convert_byte_of_run(const bnn_places *places, size_t i)
{
    return bnn_places_bit(places, i / places->shape.h, i % places->shape.h, 0) / 8;
}

static void convert_bits_to_floats(const bnn_places *places, const uint8_t *bits, float *out)
{
    const size_t run = convert_run_of_values(places);
    if (run == 0) {
        bnn_places_to_floats(places, bits, out);
        return;
    }
    for (size_t i = 0; i * run < bnn_shape_values(places->shape); i++, out += run) {
        const uint8_t *const from = bits + convert_byte_of_run(places, i);
        for (size_t j = 0; j < run; j += LANES) {
            uint16_t some;
            memcpy(&some, from + j / 8, sizeof some);
            store_signs(out + j, some, run - j < LANES ? run - j : LANES);
        }
    }
}

static void convert_floats_to_bits(const bnn_places *places, const float *values, uint8_t *out)
{
    const size_t run = convert_run_of_values(places);
    if (run == 0) {
        bnn_places_from_floats(places, values, out);
        return;
    }
    bnn_places_clear(places, out);
    for (size_t i = 0; i * run < bnn_shape_values(places->shape); i++, values += run) {
        uint8_t *const to = out + convert_byte_of_run(places, i);
        for (size_t j = 0; j < run; j += LANES) {
            const size_t n = run - j < LANES ? run - j : LANES;
            const uint16_t some = (uint16_t)load_signs(values + j, n);
            memcpy(to + j / 8, &some, sizeof some);
        }
    }
}
