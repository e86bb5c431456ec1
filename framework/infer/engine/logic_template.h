/* logic_template.h - gates for a block of images at once: each node is a row, a vector of bits, one for each image.
 *
 * Pixels of eight images become bytes of bits, those of their places, as they are compared with the levels; a row is such
 * bytes of one place, one behind the other. So what is turned over are bytes. Where bits come in or go out, and where
 * counts do, squares of 64 words of 64 images are turned over, as many side by side as a vector has words.
 *
 * Parameters: simd/bytes.h, simd/count.h, simd/planes.h. */

enum {
    LOGIC_IMAGES = 64 * VQ,
    LOGIC_EIGHT = 8,
    LOGIC_PARTS = 64 / (4 * VL), /* vectors of the pixels of a block */
    LOGIC_COUNT_PLANES = 16
};

/* A block's bits while they come in. */
typedef union logic_block {
    bit_square square;
    /* Of pixels: of each eight images a byte for each pixel, bit k of image k. */
    vb eight[LOGIC_IMAGES / LOGIC_EIGHT][LOGIC_PARTS];
} logic_block;

INLINE const vq *logic_row(const vq *rows, uint32_t offset)
{
    return (const vq *)(const void *)((const uint8_t *)rows + offset);
}

INLINE void logic_set_row(vq *rows, uint32_t offset, vq row)
{
    *(vq *)(void *)((uint8_t *)rows + offset) = row;
}

/* ---- in ---------------------------------------------------------------------------------- */

/* Whether pixel i of image k reaches its level is bit k of byte i. */
INLINE void logic_compare(const bnn_logic_block *block, const size_t n, const uint8_t *in,
                          size_t step, vb out[LOGIC_PARTS])
{
    UNROLL
    for (size_t part = 0; part < LOGIC_PARTS; part++) {
        vb level, bits = {0};
        memcpy(&level, block->level + part * sizeof level, sizeof level);
        UNROLL
        for (size_t k = 0; k < n; k++) {
            const uint8_t *image = in + k * step + part * sizeof level;
            vb pixels;
            __builtin_prefetch(image + LOGIC_EIGHT * step); /* else most of the time is waiting */
            memcpy(&pixels, image, sizeof pixels);
            bits = bits_where_reached(bits, pixels, level, (uint8_t)(1u << k));
        }
        out[part] = bits;
    }
}

/* Pixels of at most eight images, the eights number `at`. */
INLINE void logic_read_pixels(const bnn_pack_logic *l, size_t n, const uint8_t *in, size_t n_in,
                              size_t at, logic_block *to)
{
    uint8_t few[LOGIC_EIGHT][64] = {0};
    const bool is_few = n_in < 64;
    for (size_t i = 0; is_few && i < n; i++)
        memcpy(few[i], in + i * n_in, n_in);
    for (uint32_t i = 0; i < l->n_blocks; i++) {
        const bnn_logic_block *block = &l->blocks[i];
        const uint8_t *first = is_few ? few[0] : in + block->first;
        const size_t step = is_few ? sizeof few[0] : n_in;
        if (n == LOGIC_EIGHT)
            logic_compare(block, LOGIC_EIGHT, first, step, to[i].eight[at]);
        else
            logic_compare(block, n, first, step, to[i].eight[at]);
    }
}

/* Words of one image. */
INLINE void logic_read_bits(const bnn_pack_logic *l, const uint8_t *in, size_t at, logic_block *to)
{
    for (uint32_t i = 0; i < l->n_blocks; i++)
        memcpy(&to[i].square.word[at % 64][at / 64], in + l->blocks[i].first, sizeof(uint64_t));
}

/* The rows of a block of at most eight images of pixels: of each pixel a byte. */
INLINE void logic_put_eight(const bnn_logic_block *block, const logic_block *from, vq *rows)
{
    uint8_t bits[64];
    memcpy(bits, from->eight[0], sizeof bits);
    for (size_t i = 0; i < 64; i++)
        logic_set_row(rows, block->row[i], (vq){bits[i]});
}

/* Turned bytes of one place to its row, for all that lie side by side in a vector. */
INLINE void logic_put_turned(vb turned, size_t eights, const uint32_t row[], vq *rows)
{
    UNROLL
    for (size_t side = 0; side < BYTES_SIDE_BY_SIDE; side++)
        memcpy((uint8_t *)rows + row[side * BYTES_SQUARE] + eights,
               (const uint8_t *)&turned + side * BYTES_SQUARE, BYTES_SQUARE);
}

/* The rows of a block of pixels. */
INLINE void logic_put_pixels(const bnn_logic_block *block, const logic_block *from, vq *rows)
{
    for (size_t eights = 0; eights < LOGIC_IMAGES / LOGIC_EIGHT; eights += BYTES_SQUARE)
        for (size_t part = 0; part < LOGIC_PARTS; part++) {
            const uint32_t *row = block->row + part * sizeof(vb);
            vb turned[BYTES_SQUARE];
            UNROLL
            for (size_t i = 0; i < BYTES_SQUARE; i++)
                turned[i] = from->eight[eights + i][part];
            bytes_turn(turned);
            UNROLL
            for (size_t i = 0; i < BYTES_SQUARE; i++)
                logic_put_turned(turned[i], eights, row + i, rows);
        }
}

INLINE void logic_put_words(const bnn_logic_block *block, logic_block *from, vq *rows)
{
    bits_turn(&from->square);
    for (size_t i = 0; i < 64; i++)
        logic_set_row(rows, block->row[i], from->square.row[i]);
}

/* The rows of the sources; step: bytes from an image to the next. */
static void logic_read(const bnn_pack_logic *l, bool pixels, size_t n, const uint8_t *in,
                       size_t step, logic_block *work, vq *rows)
{
    const size_t unit = pixels ? LOGIC_EIGHT : 1;
    for (size_t i = 0, at = 0; i < n; i += unit, at++) {
        const size_t some = n - i < unit ? n - i : unit;
        if (pixels)
            logic_read_pixels(l, some, in + i * step, step, at, work);
        else
            logic_read_bits(l, in + i * step, at, work);
    }
    for (uint32_t i = 0; i < l->n_blocks; i++)
        if (!pixels)
            logic_put_words(&l->blocks[i], &work[i], rows);
        else if (n <= LOGIC_EIGHT)
            logic_put_eight(&l->blocks[i], &work[i], rows);
        else
            logic_put_pixels(&l->blocks[i], &work[i], rows);
    rows[0] = splat_q(0); /* what belongs to no source went there */
}

/* ---- gates ------------------------------------------------------------------------------- */

INLINE vq logic_gate_of_two(const bnn_logic_op op, vq a, vq b)
{
    return op == BNN_LOGIC_AND       ? a & b
           : op == BNN_LOGIC_AND_NOT ? a & ~b
           : op == BNN_LOGIC_OR      ? a | b
                                     : a ^ b;
}

INLINE void logic_run_pairs(const bnn_logic_op op, const bnn_logic_part *part, const vq *rows,
                            vq *out)
{
    const uint32_t *wire = part->wire;
    if (part->inverted)
        for (size_t i = 0; i < part->n; i++, wire += 2)
            out[i] = ~logic_gate_of_two(op, *logic_row(rows, wire[0]), *logic_row(rows, wire[1]));
    else
        for (size_t i = 0; i < part->n; i++, wire += 2)
            out[i] = logic_gate_of_two(op, *logic_row(rows, wire[0]), *logic_row(rows, wire[1]));
}

/* A case for each table; of those that do not occur nothing remains. */
#define LOGIC_TRIPLE(table)                                                                    \
    case table:                                                                                \
        for (size_t i = 0; bnn_logic_is_least(table) && i < part->n; i++, wire += 3)           \
            out[i] = TABLE_OF_3_Q(table, *logic_row(rows, wire[0]), *logic_row(rows, wire[1]), \
                                  *logic_row(rows, wire[2]));                                  \
        return;
#define LOGIC_TRIPLES_4(t) \
    LOGIC_TRIPLE(t) LOGIC_TRIPLE((t) + 1) LOGIC_TRIPLE((t) + 2) LOGIC_TRIPLE((t) + 3)
#define LOGIC_TRIPLES_16(t) \
    LOGIC_TRIPLES_4(t)      \
    LOGIC_TRIPLES_4((t) + 4) LOGIC_TRIPLES_4((t) + 8) LOGIC_TRIPLES_4((t) + 12)
#define LOGIC_TRIPLES_64(t) \
    LOGIC_TRIPLES_16(t)     \
    LOGIC_TRIPLES_16((t) + 16) LOGIC_TRIPLES_16((t) + 32) LOGIC_TRIPLES_16((t) + 48)

static void logic_run_triples(const bnn_logic_part *part, const vq *rows, vq *out)
{
    const uint32_t *wire = part->wire;
    switch (part->table[0]) {
        LOGIC_TRIPLES_64(0)
        LOGIC_TRIPLES_64(64)
        LOGIC_TRIPLES_64(128)
        LOGIC_TRIPLES_64(192)
    }
}

#undef LOGIC_TRIPLE
#undef LOGIC_TRIPLES_4
#undef LOGIC_TRIPLES_16
#undef LOGIC_TRIPLES_64

/* Pairs of a table's bits choose between the first input, its inverse and constants; the others choose between these. */
INLINE void logic_run_tables(const int inputs, const bnn_logic_part *part, const vq *rows, vq *out)
{
    const int pairs = 1 << (inputs - 1);
    const uint32_t *wire = part->wire;
    for (size_t i = 0; i < part->n; i++, wire += inputs) {
        const uint64_t table = part->table[i];
        const vq first = *logic_row(rows, wire[0]);
        const vq choice[4] = {splat_q(0), ~first, first, ~splat_q(0)};
        vq value[1 << (BNN_GATE_INPUTS_MAX - 1)];
        UNROLL
        for (int m = 0; m < pairs; m++)
            value[m] = choice[table >> 2 * m & 3];
        UNROLL
        for (int j = 1; j < inputs; j++) {
            const int n = pairs >> j;
            const vq pin = *logic_row(rows, wire[j]);
            UNROLL
            for (int m = 0; m < n; m++)
                value[m] = select_q(pin, value[2 * m + 1], value[2 * m]);
        }
        out[i] = value[0];
    }
}

static void logic_run_part(const bnn_logic_part *part, const vq *rows, vq *out)
{
    switch (part->op) {
    case BNN_LOGIC_AND:
        logic_run_pairs(BNN_LOGIC_AND, part, rows, out);
        return;
    case BNN_LOGIC_AND_NOT:
        logic_run_pairs(BNN_LOGIC_AND_NOT, part, rows, out);
        return;
    case BNN_LOGIC_OR:
        logic_run_pairs(BNN_LOGIC_OR, part, rows, out);
        return;
    case BNN_LOGIC_XOR:
        logic_run_pairs(BNN_LOGIC_XOR, part, rows, out);
        return;
    case BNN_LOGIC_COPY:
        for (size_t i = 0; i < part->n; i++)
            out[i] = ~*logic_row(rows, part->wire[i]);
        return;
    case BNN_LOGIC_TRIPLE:
        logic_run_triples(part, rows, out);
        return;
    case BNN_LOGIC_TABLE:
        break;
    }
    if (part->inputs == 4)
        logic_run_tables(4, part, rows, out);
    else if (part->inputs == 5)
        logic_run_tables(5, part, rows, out);
    else
        logic_run_tables(6, part, rows, out);
}

/* ---- out --------------------------------------------------------------------------------- */

/* Rows that are counted. */
typedef struct logic_words {
    const vq *rows;
    const uint32_t *counted;
} logic_words;

INLINE vq logic_word(const void *words, size_t t)
{
    const logic_words *w = words;
    return *logic_row(w->rows, w->counted[t]);
}

INLINE void logic_count_with(const int planes, size_t group, const logic_words *words, vq *plane)
{
    bit_counter counter;
    bits_count(&counter, planes, group, logic_word, words);
    for (int p = 0; p < LOGIC_COUNT_PLANES; p++)
        plane[p] = p < planes ? counter.plane[p] : splat_q(0);
}

static void logic_count(size_t group, const logic_words *words, vq *plane)
{
    if (group < 1u << 8)
        logic_count_with(8, group, words, plane);
    else if (group < 1u << 10)
        logic_count_with(10, group, words, plane);
    else
        logic_count_with(LOGIC_COUNT_PLANES, group, words, plane);
}

typedef uint16_t logic_counts __attribute__((vector_size(2 * VL)));

/* Of n images the sums of some values, at most four: each image has a word with their counts. */
INLINE void logic_put_sums(const bnn_pack_logic *l, size_t n, uint32_t first, const uint32_t some,
                           const bit_square *square, float *out)
{
    enum { IMAGES = VL / 4 }; /* whose counts are a vector */
    vf factor = splat_f(0.0f);
    for (uint32_t i = 0; i < VL; i++)
        factor[i] = i % 4 < some ? l->factor[first + i % 4] : 0.0f;
    for (size_t i = 0; i < 64 && i < n; i++)
        for (size_t lane = 0; lane < VQ; lane += IMAGES) {
            logic_counts count;
            memcpy(&count, &square->word[i][lane], sizeof count);
            const vf sum = (2.0f * __builtin_convertvector(__builtin_convertvector(count, vi), vf) -
                            (float)l->group) *
                           factor;
            for (size_t k = 0; k < IMAGES && 64 * (lane + k) + i < n; k++)
                memcpy(out + (64 * (lane + k) + i) * l->n_values + first,
                       (const float *)&sum + 4 * k, some * sizeof *out);
        }
}

/* out[n][n_values]; so also below. */
static void logic_put_counts(const bnn_pack_logic *l, size_t n, const vq *rows, float *out)
{
    bit_square square;
    for (uint32_t first = 0; first < l->n_values; first += 4) {
        const uint32_t left = l->n_values - first, some = left < 4 ? left : 4;
        memset(&square, 0, sizeof square);
        for (uint32_t i = 0; i < some; i++)
            logic_count(l->group, &(logic_words){rows, l->counted + (size_t)(first + i) * l->group},
                        square.row + i * LOGIC_COUNT_PLANES);
        bits_turn(&square);
        if (some == 4)
            logic_put_sums(l, n, first, 4, &square, out);
        else if (some == 3)
            logic_put_sums(l, n, first, 3, &square, out);
        else if (some == 2)
            logic_put_sums(l, n, first, 2, &square, out);
        else
            logic_put_sums(l, n, first, 1, &square, out);
    }
}

/* The words of images that some rows are. */
INLINE void logic_turn_word(const bnn_pack_logic *l, size_t word, const vq *rows,
                            bit_square *square)
{
    for (size_t i = 0; i < 64; i++)
        square->row[i] = *logic_row(rows, l->word[64 * word + i]);
    bits_turn(square);
}

static void logic_put_signs(const bnn_pack_logic *l, size_t n, const vq *rows, float *out)
{
    bit_square square;
    for (size_t word = 0; word < l->n_words; word++) {
        const size_t left = l->n_values - 64 * word, some = left < 64 ? left : 64;
        logic_turn_word(l, word, rows, &square);
        for (size_t i = 0; i < n; i++)
            for (size_t at = 0; at < some; at += LANES)
                store_signs(out + i * l->n_values + 64 * word + at,
                            (uint32_t)(square.word[i % 64][i / 64] >> at & 0xffff),
                            some - at < LANES ? some - at : LANES);
    }
}

/* In the places of bits between stages, `step` bytes from an image to the next. */
static void logic_put_bits(const bnn_pack_logic *l, size_t n, const vq *rows, uint8_t *out,
                           size_t step)
{
    bit_square square;
    for (size_t word = 0; word < l->n_words; word++) {
        logic_turn_word(l, word, rows, &square);
        for (size_t i = 0; i < n; i++)
            memcpy(out + i * step + word * sizeof(uint64_t), &square.word[i % 64][i / 64],
                   sizeof(uint64_t));
    }
}

/* The values of n images, in front of the chain. */
static void logic_run(const bnn_pack_logic *l, bool pixels, size_t n, const uint8_t *in,
                      size_t in_step, logic_block *work, vq *rows, uint8_t *out, size_t out_step)
{
    vq *row = rows + l->n_first;
    logic_read(l, pixels, n, in, in_step, work, rows);
    for (uint32_t i = 0; i < l->n_parts; row += l->parts[i++].n)
        logic_run_part(&l->parts[i], rows, row);
    if (l->group > 1)
        logic_put_counts(l, n, rows, (float *)(void *)out);
    else if (l->to_bits)
        logic_put_bits(l, n, rows, out, out_step);
    else
        logic_put_signs(l, n, rows, (float *)(void *)out);
}
