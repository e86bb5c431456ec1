/* gates_template.h - logic gates of one to six pins that are trained: images in the lanes.
 *
 * Pins are numbers from -1 to +1, and a gate is a multilinear polynomial of them: one coefficient for
 * each set of pins, bit i of its index for pin i. On pins of -1 and +1 that is any table of 2^k values,
 * with coefficients that are its Walsh-Hadamard transform over 2^k; so one loop serves all ways to
 * train a table.
 *
 * Parameters: simd/vec.h. */

enum { GATE_PINS = 6, GATE_TERMS = 1 << GATE_PINS };

/* ---- the polynomial ---------------------------------------------------------------------- */

/* Of the coefficients without and with the last pin, each a polynomial of the pins before. */
INLINE vf gate_value_of_0(const float *c, const vf *pin)
{
    (void)pin;
    return splat_f(c[0]);
}

#define GATE_VALUE(k, fewer)                                                             \
    INLINE vf gate_value_of_##k(const float *c, const vf *pin)                           \
    {                                                                                    \
        const vf without = gate_value_of_##fewer(c, pin);                                \
        return fma_f(pin[fewer], gate_value_of_##fewer(c + (1 << fewer), pin), without); \
    }
GATE_VALUE(1, 0)
GATE_VALUE(2, 1)
GATE_VALUE(3, 2)
GATE_VALUE(4, 3)
GATE_VALUE(5, 4)
GATE_VALUE(6, 5)

INLINE vf gate_value(const int k, const float *c, const vf *pin)
{
    return k == 0   ? gate_value_of_0(c, pin)
           : k == 1 ? gate_value_of_1(c, pin)
           : k == 2 ? gate_value_of_2(c, pin)
           : k == 3 ? gate_value_of_3(c, pin)
           : k == 4 ? gate_value_of_4(c, pin)
           : k == 5 ? gate_value_of_5(c, pin)
                    : gate_value_of_6(c, pin);
}

/* The coefficients of dy/d(pin): those of the sets that have it, by the other pins. */
INLINE void gate_slope(const int k, const int pin, const float *c, float slope[GATE_TERMS / 2])
{
    for (int m = 0, n = 0; m < 1 << k; m++)
        if (m >> pin & 1)
            slope[n++] = c[m];
}

/* ---- forward ----------------------------------------------------------------------------- */

INLINE void gates_run_forward(const bnn_gates *gates, const int k, const float *c, const float *x,
                              float *y)
{
    const size_t lanes = gates->lanes;
    const uint32_t *wire = gates->wire;
    for (size_t gate = 0; gate < gates->n; gate++, wire += k, c += 1 << k, y += lanes) {
        float own[GATE_TERMS]; /* which y cannot be */
        memcpy(own, c, sizeof *c << k);
        for (size_t lane = 0; lane < lanes; lane += VL) {
            vf pin[GATE_PINS];
            UNROLL
            for (int i = 0; i < k; i++)
                pin[i] = load_f(x + wire[i] * lanes + lane);
            store_f(y + lane, gate_value(k, own, pin));
        }
    }
}

/* ---- backward ---------------------------------------------------------------------------- */

/* One gate in the lanes lane, lane + LANES, ...: adds gy times each product of pins to the sums, and
 * to gx what comes through each pin. */
INLINE void gate_run_backward(const int k, const bool wants_input, const uint32_t *wire,
                              float slope[GATE_PINS][GATE_TERMS / 2], size_t lane, size_t lanes,
                              const float *x, const float *gy, float *gx, vf *sum)
{
    const int half = 1 << (k - 1);
    for (; lane < lanes; lane += LANES) {
        vf pin[GATE_PINS], term[GATE_TERMS / 2];
        UNROLL
        for (int i = 0; i < k; i++)
            pin[i] = load_f(x + wire[i] * lanes + lane);
        term[0] = load_f(gy + lane);
        UNROLL
        for (int i = 0; i < k - 1; i++) {
            const int n = 1 << i;
            UNROLL
            for (int m = 0; m < n; m++)
                term[m + n] = term[m] * pin[i];
        }
        UNROLL
        for (int m = 0; m < half; m++) {
            sum[m] += term[m];
            sum[m + half] = fma_f(term[m], pin[k - 1], sum[m + half]);
        }
        UNROLL
        for (int i = 0; wants_input && i < k; i++) {
            vf others[GATE_PINS];
            UNROLL
            for (int j = 0; j < k - 1; j++)
                others[j] = pin[j < i ? j : j + 1];
            float *to = gx + wire[i] * lanes + lane;
            store_f(to, fma_f(term[0], gate_value(k - 1, slope[i], others), load_f(to)));
        }
    }
}

INLINE void gates_run_backward(const bnn_gates *gates, const int k, const bool wants_input,
                               const float *slope, const float *x, const float *gy, float *gx,
                               float *gc)
{
    const int n_terms = 1 << k;
    const size_t lanes = gates->lanes;
    const uint32_t *wire = gates->wire;
    for (size_t gate = 0; gate < gates->n;
         gate++, wire += k, slope += n_terms, gc += n_terms, gy += lanes) {
        float sums[GATE_TERMS][LANES], by_pin[GATE_PINS][GATE_TERMS / 2];
        for (int i = 0; wants_input && i < k; i++)
            gate_slope(k, i, slope, by_pin[i]);
        for (size_t lane = 0; lane < LANES; lane += VL) {
            vf sum[GATE_TERMS];
            UNROLL
            for (int m = 0; m < n_terms; m++)
                sum[m] = splat_f(0.0f);
            gate_run_backward(k, wants_input, wire, by_pin, lane, lanes, x, gy, gx, sum);
            for (int m = 0; m < n_terms; m++)
                store_f(&sums[m][lane], sum[m]);
        }
        reduce_rows((size_t)n_terms, sums[0], gc);
    }
}

/* ---- for each number of pins ------------------------------------------------------------- */

#define GATES_OF(k)                                                                            \
    KERNEL void gates_forward_##k(const bnn_gates *gates, const float *c, const float *x,      \
                                  float *y)                                                    \
    {                                                                                          \
        gates_run_forward(gates, k, c, x, y);                                                  \
    }                                                                                          \
    KERNEL void gates_weights_##k(const bnn_gates *gates, const float *slope, const float *x,  \
                                  const float *gy, float *gx, float *gc)                       \
    {                                                                                          \
        gates_run_backward(gates, k, false, slope, x, gy, gx, gc);                             \
    }                                                                                          \
    KERNEL void gates_backward_##k(const bnn_gates *gates, const float *slope, const float *x, \
                                   const float *gy, float *gx, float *gc)                      \
    {                                                                                          \
        gates_run_backward(gates, k, true, slope, x, gy, gx, gc);                              \
    }
GATES_OF(1)
GATES_OF(2)
GATES_OF(3)
GATES_OF(4)
GATES_OF(5)
GATES_OF(6)

typedef void gates_backward_of_k(const bnn_gates *, const float *slope, const float *x,
                                 const float *gy, float *gx, float *gc);

static void gates_forward(const bnn_gates *gates, const float *c, const float *x, float *y)
{
    static void (*const by_pins[])(const bnn_gates *, const float *c, const float *x,
                                   float *y) = {gates_forward_1, gates_forward_2, gates_forward_3,
                                                gates_forward_4, gates_forward_5, gates_forward_6};
    by_pins[gates->inputs - 1](gates, c, x, y);
}

static void gates_backward(const bnn_gates *gates, const float *slope, const float *x,
                           const float *gy, float *gx, float *gc)
{
    static gates_backward_of_k *const weights[] = {gates_weights_1, gates_weights_2,
                                                   gates_weights_3, gates_weights_4,
                                                   gates_weights_5, gates_weights_6};
    static gates_backward_of_k *const both[] = {gates_backward_1, gates_backward_2,
                                                gates_backward_3, gates_backward_4,
                                                gates_backward_5, gates_backward_6};
    if (gx != NULL)
        memset(gx, 0, (size_t)gates->features * gates->lanes * sizeof *gx);
    (gx != NULL ? both : weights)[gates->inputs - 1](gates, slope, x, gy, gx, gc);
}

#undef GATE_VALUE
#undef GATES_OF
