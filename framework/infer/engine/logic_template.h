/* logic_template.h - gates for up to 64 images at once: each node is a row of 64 bits, one for each image.
 *
 * Pixels become bits 64 at a time: those of an image against their levels, which gives a word of the image; the words of
 * 64 images are transposed. Counts of a group are bit planes.
 *
 * Parameters: simd/count.h. */

enum { LOGIC_PLANES = 25 }; /* counts up to 2^24 */

/* ---- in ---------------------------------------------------------------------------------- */

/* rows[j] bit i and rows[i] bit j change places (Warren, "Hacker's Delight", 2nd ed. 2012, section 7-3). */
INLINE void logic_transpose(uint64_t rows[64])
{
    uint64_t mask = 0x00000000ffffffff;
    for (unsigned d = 32; d != 0; d >>= 1, mask ^= mask << d)
        for (unsigned i = 0; i < 64; i = ((i | d) + 1) & ~d) {
            const uint64_t moved = (rows[i] >> d ^ rows[i | d]) & mask;
            rows[i] ^= moved << d;
            rows[i | d] ^= moved;
        }
}

/* The rows of 64 neighbouring inputs, of which some are sources. */
INLINE void logic_read_block(const bnn_logic_block *block, size_t n, const uint8_t *in, size_t n_in,
                             uint64_t *rows)
{
    uint64_t square[64] = {0};
    for (size_t i = 0; i < n; i++, in += n_in) {
        uint8_t few[64] = {0};
        if (n_in < 64)
            memcpy(few, in, n_in);
        square[i] = reach_bits(n_in < 64 ? few : in + block->first, block->level);
    }
    logic_transpose(square);
    for (size_t i = 0; i < 64; i++)
        rows[block->node[i]] = square[i];
}

/* ---- gates ------------------------------------------------------------------------------- */

/* All gates of two inputs that depend on both and give 0 for zeros: a & b, a & ~b, b & ~a, a ^ b, a | b, by the three
 * entries of their tables. */
INLINE uint64_t logic_gate_of_two(uint64_t a, uint64_t b, uint64_t table)
{
    const uint64_t only_a = -(table >> 1 & 1), only_b = -(table >> 2 & 1), both = -(table >> 3 & 1);
    return (a & ~b & only_a) | (b & ~a & only_b) | (a & b & both);
}

/* The last input chooses between the tables of the others. */
INLINE uint64_t logic_gate(const uint64_t *pins, uint32_t inputs, uint64_t table)
{
    uint64_t values[1 << (BNN_GATE_INPUTS_MAX - 1)];
    const uint64_t a = pins[0];
    uint32_t n = 1u << (inputs - 1);
    for (uint32_t m = 0; m < n; m++) {
        const uint64_t clear = -(table >> 2 * m & 1), set = -(table >> (2 * m + 1) & 1);
        values[m] = (a & set) | (~a & clear);
    }
    for (uint32_t i = 1; i < inputs; i++) {
        n /= 2;
        for (uint32_t m = 0; m < n; m++)
            values[m] = values[2 * m] ^ (pins[i] & (values[2 * m] ^ values[2 * m + 1]));
    }
    return values[0];
}

INLINE uint64_t *logic_run_rows(const bnn_logic_run *run, const uint64_t *rows, uint64_t *out)
{
    const uint32_t *wire = run->wire;
    uint64_t pins[BNN_GATE_INPUTS_MAX];
    if (run->inputs == 2) {
        for (uint32_t i = 0; i < run->n; i++, wire += 2)
            *out++ = logic_gate_of_two(rows[wire[0]], rows[wire[1]], run->table[i]);
        return out;
    }
    for (uint32_t i = 0; i < run->n; i++, wire += run->inputs) {
        for (uint32_t j = 0; j < run->inputs; j++)
            pins[j] = rows[wire[j]];
        *out++ = logic_gate(pins, run->inputs, run->table[i]);
    }
    return out;
}

/* ---- out --------------------------------------------------------------------------------- */

INLINE uint64_t logic_output(const bnn_logic *logic, const uint64_t *rows, uint32_t i)
{
    return rows[logic->output[i] / 2] ^ -(uint64_t)(logic->output[i] & 1);
}

/* Adds two rows to *sum; returns the carries. */
INLINE uint64_t logic_add(uint64_t *sum, uint64_t a, uint64_t b)
{
    const uint64_t either = *sum ^ a, carry = (*sum & a) | (b & either);
    *sum = either ^ b;
    return carry;
}

INLINE void logic_ripple(uint64_t *planes, uint64_t carry)
{
    for (uint32_t k = 0; carry != 0; k++) {
        const uint64_t next = planes[k] & carry;
        planes[k] ^= carry;
        carry = next;
    }
}

/* Bit k of each image's count of ones is in plane k: of outputs first to first + n - 1, eight at a time through
 * carry-save adders (as kernels/bits_template.h). */
INLINE void logic_count(const bnn_logic *logic, const uint64_t *rows, uint32_t first, uint32_t n,
                        uint64_t planes[LOGIC_PLANES])
{
    uint32_t i = first;
    memset(planes, 0, LOGIC_PLANES * sizeof *planes);
    for (; i + 8 <= first + n; i += 8) {
        uint64_t in[8];
        for (uint32_t k = 0; k < 8; k++)
            in[k] = logic_output(logic, rows, i + k);
        const uint64_t a = logic_add(&planes[0], in[0], in[1]);
        const uint64_t b = logic_add(&planes[0], in[2], in[3]);
        const uint64_t c = logic_add(&planes[0], in[4], in[5]);
        const uint64_t d = logic_add(&planes[0], in[6], in[7]);
        const uint64_t e = logic_add(&planes[1], a, b), f = logic_add(&planes[1], c, d);
        logic_ripple(planes + 3, logic_add(&planes[2], e, f));
    }
    for (; i < first + n; i++)
        logic_ripple(planes, logic_output(logic, rows, i));
}

/* The values of n images, as bnn_logic_evaluate() has them: out[n][values] of in[n][n_in]. rows: a word for each node. */
static void logic_run(const bnn_pack *p, size_t n, const uint8_t *in, size_t n_in, uint64_t *rows,
                      float *out)
{
    const bnn_logic *logic = p->stage->logic;
    const uint32_t group = logic->group == 0 ? 1 : logic->group;
    const uint32_t n_values = logic->n_outputs / group;
    const uint32_t n_planes = bnn_logic_width(group + 1);
    uint64_t *row = rows + 1 + logic->n_sources, planes[LOGIC_PLANES];
    for (uint32_t i = 0; i < p->n_blocks; i++)
        logic_read_block(&p->blocks[i], n, in, n_in, rows);
    rows[0] = 0; /* what belongs to no source went there */
    for (uint32_t i = 0; i < logic->n_runs; i++)
        row = logic_run_rows(&logic->runs[i], rows, row);
    for (uint32_t value = 0; value < n_values; value++) {
        logic_count(logic, rows, value * group, group, planes);
        for (size_t i = 0; i < n; i++) {
            int32_t ones = 0;
            for (uint32_t k = 0; k < n_planes; k++)
                ones += (int32_t)(planes[k] >> i & 1) << k;
            out[i * n_values + value] = (float)(2 * ones - (int32_t)group);
        }
    }
}
