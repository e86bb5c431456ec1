/* loss_template.h - losses over logits z[classes][lanes], their gradients, and what was classified right.
 *
 * Parameters: simd/lanes.h; after elementwise_template.h. */

/* The largest logit of each lane, and ones in the lanes where it first occurs at the label. */
INLINE vf loss_largest_logit(uint32_t classes, uint32_t lanes, const float *z, vi label,
                             size_t lane, vi *right)
{
    vf most = load_f(z + lane);
    vi winner = splat_i(0);
    for (uint32_t c = 1; c < classes; c++) {
        const vf v = load_f(z + (size_t)c * lanes + lane);
        const vi better = v > most;
        most = select_f(better, v, most);
        winner = (winner & ~better) | (splat_i((int32_t)c) & better);
    }
    *right = winner == label;
    return most;
}

/* Adds up what the lanes < n hold, in order: losses[lanes] and rights[lanes] (1 or 0). */
static void loss_add_images(uint32_t n, const float *losses, const float *rights, double *loss,
                            uint32_t *n_correct)
{
    for (uint32_t i = 0; i < n; i++) {
        *loss += (double)losses[i];
        *n_correct += rights[i] > 0.0f;
    }
}

KERNEL void cross_entropy(uint32_t classes, uint32_t n, uint32_t lanes, const float *z,
                          const int32_t *labels, float *gz, float *scratch, double *loss,
                          uint32_t *n_correct)
{
    const vf share = splat_f(1.0f / (float)n);
    for (size_t lane = 0; lane < lanes; lane += VL) {
        const vi label = load_i(labels + lane);
        vi right;
        const vf most = loss_largest_logit(classes, lanes, z, label, lane, &right);
        vf total = splat_f(0.0f), at_label = splat_f(0.0f);
        for (uint32_t c = 0; c < classes; c++) {
            const vf above = load_f(z + (size_t)c * lanes + lane) - most;
            total += exp_f(above);
            at_label = select_f(label == splat_i((int32_t)c), above, at_label);
        }
        store_f(scratch + lane, log_f(total) - at_label);
        store_f(scratch + lanes + lane, select_f(right, splat_f(1.0f), splat_f(0.0f)));
        if (gz == NULL)
            continue;
        const vf mask = mask_f(lane, n) * share;
        for (uint32_t c = 0; c < classes; c++) {
            const size_t at = (size_t)c * lanes + lane;
            const vf target = select_f(label == splat_i((int32_t)c), splat_f(1.0f), splat_f(0.0f));
            store_f(gz + at, (exp_f(load_f(z + at) - most) / total - target) * mask);
        }
    }
    loss_add_images(n, scratch, scratch + lanes, loss, n_correct);
}

KERNEL void squared_hinge(uint32_t classes, uint32_t n, uint32_t lanes, const float *z,
                          const int32_t *labels, float *gz, float *scratch, double *loss,
                          uint32_t *n_correct)
{
    const vf share = splat_f(1.0f / (float)classes);
    const vf slope = splat_f(-2.0f / ((float)classes * (float)n));
    for (size_t lane = 0; lane < lanes; lane += VL) {
        const vi label = load_i(labels + lane);
        const vf mask = mask_f(lane, n);
        vi right;
        loss_largest_logit(classes, lanes, z, label, lane, &right);
        vf total = splat_f(0.0f);
        for (uint32_t c = 0; c < classes; c++) {
            const size_t at = (size_t)c * lanes + lane;
            const vf target = select_f(label == splat_i((int32_t)c), splat_f(1.0f), splat_f(-1.0f));
            /* max(margin, 0) that keeps NaN: a diverged run must be seen. */
            const vf margin = max_f(splat_f(0.0f), 1.0f - target * load_f(z + at));
            total = fma_f(margin, margin, total);
            if (gz != NULL)
                store_f(gz + at, margin * target * slope * mask);
        }
        store_f(scratch + lane, total * share);
        store_f(scratch + lanes + lane, select_f(right, splat_f(1.0f), splat_f(0.0f)));
    }
    loss_add_images(n, scratch, scratch + lanes, loss, n_correct);
}
