/* Telemetry: what it measures, against other ways to the same numbers; that it changes nothing; that an
 * interrupted run reports the rows of one that was not. */
#include "train/clip.h"
#include "train/loss.h"
#include "train/telemetry/telemetry_internal.h"

#include "tests/fixtures/check_main.h"
#include "tests/fixtures/train_fixture.h"

#include <math.h>
#include <unistd.h>

#define MODEL "model:\n" SMALL_TOPOLOGY "  binarize: {first: true, last: true}\n"
#define SPEC  MODEL "  ste: ede\ntrain: {epochs: 3, batch: 64, optimizer: adam}\n"
/* One step an epoch. */
#define ONE_STEP(ste) \
    MODEL "  ste: " ste "\ntrain: {epochs: 1, batch: 256, optimizer: {name: sgd, lr: 0.5}}\n"

/* All that might be disturbed. */
static const char *const specs[] = {
    SPEC,
    MODEL "  ste: {weights: stochastic, activations: stochastic}\n"
          "train: {epochs: 3, batch: 64, label_smoothing: 0.1, mixup: 0.4, average: 0.9,"
          " augment: {shift: 2, rotate: 10}}\n",
    MODEL "  form: xnor\n  ste: clipped\ntrain: {epochs: 3, batch: 64, clip_gradient: 0.5,"
          " loss: squared_hinge}\n",
    MODEL "  form: ternary\n  ste: identity\ntrain: {epochs: 3, batch: 64, optimizer: sgd}\n",
    MODEL "  form: biper\n  ste: ede\ntrain: {epochs: 3, batch: 64}\n",
    MODEL "  form: learned_scale\n  ste: clipped\ntrain: {epochs: 3, batch: 64}\n",
};
enum { N_SPECS = sizeof specs / sizeof *specs };

static report *new_report(void)
{
    return bnn_arena_alloc(arena, 1, sizeof(report));
}

/* The value of a layer; NaN without a row. */
static double value_of(const report *r, const char *layer, const char *name, uint32_t epoch,
                       double bin)
{
    double value = (double)NAN;
    for (size_t i = 0; i < r->n; i++) {
        const bnn_layer_metric_record *m = &r->rows[i].layer_metric;
        if (r->rows[i].kind != BNN_RECORD_LAYER_METRIC || m->epoch != epoch ||
            strcmp(m->layer, layer) != 0 || strcmp(m->name, name) != 0 ||
            !(m->bin == bin || (isnan(bin) && isnan(m->bin))))
            continue;
        ck_assert_msg(isnan(value), "%s of %s is there twice", name, layer);
        value = m->value;
    }
    return value;
}

static double single(const report *r, const char *layer, const char *name)
{
    return value_of(r, layer, name, 1, (double)NAN);
}

static bool same_rows(const report *a, const report *b)
{
    size_t i = 0, j = 0, n = 0;
    for (;; n++) {
        while (i < a->n && a->rows[i].kind != BNN_RECORD_LAYER_METRIC)
            i++;
        while (j < b->n && b->rows[j].kind != BNN_RECORD_LAYER_METRIC)
            j++;
        if (i == a->n || j == b->n)
            return i == a->n && j == b->n && n > 0;
        const bnn_layer_metric_record *p = &a->rows[i++].layer_metric;
        const bnn_layer_metric_record *q = &b->rows[j++].layer_metric;
        if (strcmp(p->layer, q->layer) != 0 || strcmp(p->name, q->name) != 0 ||
            p->epoch != q->epoch || p->ordinal != q->ordinal ||
            memcmp(&p->value, &q->value, sizeof p->value) != 0 ||
            !(p->bin == q->bin || (isnan(p->bin) && isnan(q->bin))))
            return false;
    }
}

/* ---- the end of a run, kept ---- */

static bnn_network *ended; /* a network with the tensors of the run's end */

static int keep_network(void *context, bnn_network *network, double accuracy, bnn_error *err)
{
    (void)context, (void)accuracy, (void)err;
    for (uint32_t i = 0; i < network->n_parameters; i++) {
        bnn_parameter *from = &network->parameters[i], *to = &ended->parameters[i];
        memcpy(to->value, from->value, from->n * sizeof(float));
        if (from->gradient != NULL)
            memcpy(to->gradient, from->gradient, from->n * sizeof(float));
    }
    bnn_network_binarize(ended);
    return BNN_OK;
}

static bnn_train_job kept_job(const char *spec, uint32_t telemetry, report *r)
{
    bnn_train_job job = job_of(spec, 7, r);
    ended = session_of(&job)->net;
    job.telemetry = telemetry;
    job.trained = keep_network;
    return job;
}

static const bnn_parameter *tensor_of(const bnn_network *net, const char *layer, const char *name)
{
    const bnn_parameter *found = NULL;
    for (uint32_t i = 0; i < net->n_parameters; i++)
        if (strcmp(net->parameters[i].layer, layer) == 0 &&
            strcmp(net->parameters[i].name, name) == 0)
            found = &net->parameters[i];
    ck_assert_msg(found != NULL, "%s.%s", layer, name);
    return found;
}

/* ---- nothing changes ---- */

START_TEST(it_changes_no_bit)
{
    report *without = new_report(), *with = new_report();
    bnn_train_job job = kept_job(specs[_i], 0, without);
    run_well(&job);
    const bnn_network *plain = ended;
    job = kept_job(specs[_i], BNN_TELEMETRY_ALL, with);
    run_well(&job);
    ck_assert(same_results(with, without));
    for (uint32_t i = 0; i < plain->n_parameters; i++)
        ck_assert_mem_eq(plain->parameters[i].value, ended->parameters[i].value,
                         plain->parameters[i].n * sizeof(float));
    for (size_t i = 0; i < without->n; i++)
        ck_assert_int_ne(without->rows[i].kind, BNN_RECORD_LAYER_METRIC);
    ck_assert_double_ge(single(with, "dense_2", "flips"), 0.0);
    ck_assert_double_le(fabs(single(with, "dense_2", "gradient_cosine")), 1.0);
}
END_TEST

static const struct {
    uint32_t topic;
    const char *name, *layer, *not_of;
    uint32_t n_values;
} rows[] = {
    {BNN_TELEMETRY_FLIPS, "flips", "dense_2", "sign_2", 1},
    {BNN_TELEMETRY_NEVER_FLIPPED, "never_flipped", "conv2d_1", "sign_2", 1},
    {BNN_TELEMETRY_HISTOGRAM, "histogram", "dense_3", "batchnorm_1", 19},
    {BNN_TELEMETRY_MASKED, "masked", "sign_2", "batchnorm_1", 1},
    {BNN_TELEMETRY_MASKED, "masked", "dense_3", "maxpool_1", 1},
    {BNN_TELEMETRY_BALANCE, "balance", "sign_3", "dense_3", 1},
    {BNN_TELEMETRY_SATURATION, "saturation", "sign_2", "dense_3", 1},
    {BNN_TELEMETRY_DEAD, "dead", "sign_2", "dense_3", 1},
    {BNN_TELEMETRY_NORM_SIGNS, "norm_negative", "batchnorm_2", "dense_3", 1},
    {BNN_TELEMETRY_NORM_SIGNS, "norm_zero", "batchnorm_1", "sign_2", 1},
    {BNN_TELEMETRY_GRADIENT_NORM, "gradient_norm", "batchnorm_1", "sign_2", 1},
    {BNN_TELEMETRY_MISMATCH, "gradient_cosine", "dense_2", "batchnorm_1", 1},
};

/* Each topic brings its rows, after each epoch, and no others. */
START_TEST(what_is_asked_for_is_reported)
{
    report *r = new_report();
    bnn_train_job job = kept_job(SPEC, rows[_i].topic, r);
    run_well(&job);
    for (uint32_t epoch = 1; epoch <= 3; epoch++) {
        uint32_t n = 0;
        for (size_t i = 0; i < r->n; i++) {
            const bnn_layer_metric_record *m = &r->rows[i].layer_metric;
            if (r->rows[i].kind != BNN_RECORD_LAYER_METRIC || m->epoch != epoch)
                continue;
            n += strcmp(m->layer, rows[_i].layer) == 0 && strcmp(m->name, rows[_i].name) == 0;
            ck_assert_str_ne(m->layer, rows[_i].not_of);
            ck_assert_str_eq(m->layer, ended->ops[m->ordinal].name);
        }
        ck_assert_uint_eq(n, rows[_i].n_values);
    }
    for (size_t i = 0; i < r->n; i++)
        if (r->rows[i].kind == BNN_RECORD_LAYER_METRIC &&
            rows[_i].topic != BNN_TELEMETRY_NORM_SIGNS)
            ck_assert_str_eq(r->rows[i].layer_metric.name, rows[_i].name);
}
END_TEST

/* ---- weights ---- */

START_TEST(loops_count_right)
{
    static const float acting[3][5] = {{1, -1, 1, 0, -1}, {1, 1, 1, 0, -1}, {1, -1, 1, 1, -1}};
    uint8_t codes[5] = {1, 2, 1, 0, 2};
    ck_assert_uint_eq(bnn_count_flips(5, acting[0], codes), 0);
    ck_assert_uint_eq(bnn_count_flips(5, acting[1], codes), 1);
    ck_assert_uint_eq(bnn_count_flips(5, acting[2], codes), 2);
    const uint8_t flipped[5] = {1, 2 | BNN_CODE_FLIPPED, 1, 1 | BNN_CODE_FLIPPED, 2};
    ck_assert_mem_eq(codes, flipped, sizeof codes);
    static const float x[] = {0.0f,   -0.0f,      1.0f,        -1.0f,       7.5f,
                              0.5f,   -0.5f,      0.999f,      1e-30f,      0.25f,
                              0.003f, 0.0039062f, 0.00390625f, -0.0078124f, -2.0f};
    uint64_t counts[BNN_BINS] = {0}, n_expected[BNN_BINS] = {0};
    const size_t n = sizeof x / sizeof *x;
    bnn_count_bins(n, x, counts);
    for (size_t i = 0; i < n; i++) {
        uint32_t bin = 0;
        double nearest = -1;
        for (uint32_t b = 0; b < BNN_BINS;
             b++) /* the bound that is farthest from 0, but not beyond */
            if ((double)x[i] * bnn_bin_bound(b) >= 0 &&
                fabs(bnn_bin_bound(b)) <= fabs((double)x[i]) && fabs(bnn_bin_bound(b)) > nearest) {
                nearest = fabs(bnn_bin_bound(b));
                bin = b;
            }
        n_expected[bin]++;
    }
    ck_assert_mem_eq(counts, n_expected, sizeof counts);
    ck_assert_double_eq(bnn_bin_bound(0), -1.0);
    ck_assert_double_eq(bnn_bin_bound(BNN_BINS_OF_SIGN), 0.0);
    ck_assert_double_eq(bnn_bin_bound(BNN_BINS_OF_SIGN + 1), 0.00390625);
    ck_assert_double_eq(bnn_bin_bound(BNN_BINS - 1), 1.0);
    ck_assert_uint_eq(bnn_count_nonzero(n, x), n - 2);
    ck_assert_double_eq(bnn_clip_squares(3, x + 2), 1.0 + 1.0 + 56.25);
    float many[19];
    for (int i = 0; i < 19; i++)
        many[i] = (float)i;
    ck_assert_double_eq(bnn_clip_squares(19, many), 18.0 * 19.0 * 37.0 / 6.0);
}
END_TEST

/* In a run of one step, what was there before and after tells it all. */
START_TEST(weights_are_measured_as_they_are)
{
    report *r = new_report();
    bnn_train_job job =
        kept_job(ONE_STEP("clipped"), BNN_TELEMETRY_ALL & ~BNN_TELEMETRY_MISMATCH, r);
    const bnn_network *begun = session_of(&job)->net;
    run_well(&job);
    static const char *const layers[] = {"conv2d_1", "dense_2", "dense_3"};
    for (size_t i = 0; i < 3; i++) {
        const bnn_parameter *was = tensor_of(begun, layers[i], "weight");
        const bnn_parameter *is = tensor_of(ended, layers[i], "weight");
        uint32_t n_flips = 0, n_small = 0;
        double squares = 0.0, sum = 0.0;
        for (size_t k = 0; k < was->n; k++) {
            n_flips += (was->value[k] >= 0) != (is->value[k] >= 0);
            n_small += is->value[k] >= 0.03125f && is->value[k] < 0.0625f;
            squares += (double)is->gradient[k] * (double)is->gradient[k];
        }
        ck_assert_double_eq(single(r, layers[i], "flips"), (double)n_flips / (double)was->n);
        ck_assert_double_eq(single(r, layers[i], "never_flipped"),
                            (double)(was->n - n_flips) / (double)was->n);
        ck_assert_double_eq(value_of(r, layers[i], "histogram", 1, 0.03125),
                            (double)n_small / (double)was->n);
        for (uint32_t b = 0; b < BNN_BINS; b++)
            sum += value_of(r, layers[i], "histogram", 1, bnn_bin_bound(b));
        ck_assert_double_eq_tol(sum, 1.0, 1e-12);
        for (uint32_t k = 0; k < ended->n_parameters; k++) {
            const bnn_parameter *other = &ended->parameters[k];
            if (strcmp(other->layer, layers[i]) == 0 && other != is)
                squares += bnn_clip_squares(other->n, other->gradient);
        }
        ck_assert_double_eq_tol(single(r, layers[i], "gradient_norm"), sqrt(squares), 1e-9);
        ck_assert_double_gt(squares, 0.0);
    }
    ck_assert_double_gt(single(r, "dense_2", "flips"), 0.0);
}
END_TEST

START_TEST(signs_of_scales_are_counted)
{
    report *r = new_report();
    bnn_train_job job = job_of(SPEC, 7, r);
    job.telemetry = BNN_TELEMETRY_NORM_SIGNS;
    bnn_session *s = session_of(&job);
    float *scale = tensor_of(s->net, "batchnorm_1", "scale")->value;
    scale[0] = -1.0f, scale[1] = 0.0f, scale[2] = -0.0f, scale[3] = -1e-9f;
    bnn_telemetry_end_epoch(s);
    bnn_telemetry_send(s, 1);
    ck_assert_double_eq(single(r, "batchnorm_1", "norm_negative"), 0.5);
    ck_assert_double_eq(single(r, "batchnorm_1", "norm_zero"), 0.5);
    ck_assert_double_eq(single(r, "batchnorm_2", "norm_negative"), 0.0);
}
END_TEST

/* ---- masked gradients ---- */

/* Of weights: with identity the gradients that arrive, and the weights that a clip would have masked. */
START_TEST(masked_weights_are_those_beyond_the_clip)
{
    report *all = new_report(), *clipped = new_report();
    bnn_train_job job =
        kept_job(ONE_STEP("{weights: identity, activations: identity}"), BNN_TELEMETRY_MASKED, all);
    const bnn_network *begun = session_of(&job)->net;
    run_well(&job);
    const bnn_network *identity = ended;
    job = kept_job(ONE_STEP("{weights: {name: clipped, clip: 0.05}, activations: identity}"),
                   BNN_TELEMETRY_MASKED, clipped);
    run_well(&job);
    static const char *const layers[] = {"conv2d_1", "dense_2", "dense_3"};
    for (size_t i = 0; i < 3; i++) {
        const bnn_parameter *was = tensor_of(begun, layers[i], "weight");
        const bnn_parameter *g = tensor_of(identity, layers[i], "weight");
        uint32_t n = 0, n_masked = 0;
        for (size_t k = 0; k < was->n; k++) {
            n += g->gradient[k] != 0;
            n_masked += g->gradient[k] != 0 && fabsf(was->value[k]) > 0.05f;
        }
        ck_assert_double_eq(single(all, layers[i], "masked"), 0.0);
        ck_assert_double_eq(single(clipped, layers[i], "masked"), (double)n_masked / (double)n);
        ck_assert_uint_gt(n_masked, 0);
        ck_assert_uint_lt(n_masked, n);
    }
    ck_assert_double_eq(single(all, "sign_2", "masked"), 0.0);
}
END_TEST

/* Copies what passes a sign. */
typedef struct seen_gradients {
    float *gradient[2];
    size_t n;
} seen_gradients;

static void copy_gradient(void *context, const char *layer, bool passed, size_t n,
                          const float *gradient)
{
    seen_gradients *seen = context;
    if (strcmp(layer, "sign_2") != 0)
        return;
    seen->n = n;
    seen->gradient[passed] = bnn_arena_copy(arena, gradient, n, sizeof *gradient);
}

START_TEST(masked_activations_are_those_beyond_the_clip)
{
    report *r = new_report();
    bnn_train_job job = kept_job(ONE_STEP("clipped"), BNN_TELEMETRY_MASKED, r);
    run_well(&job);
    bnn_session *s = session_of(&(bnn_train_job){.model = job.model,
                                                 .train = job.train,
                                                 .data = job.data,
                                                 .n_validation = job.n_validation,
                                                 .seed = job.seed});
    seen_gradients seen = {.n = 0};
    const bnn_network_probe probe = {copy_gradient, &seen};
    double loss = 0;
    uint32_t n_correct = 0;
    const bnn_rng rng = {.seed = job.seed, .role = BNN_RNG_ORDER};
    bnn_rng_permute(&rng, s->n_train, s->order);
    for (uint32_t i = 0; i < s->n_train; i++)
        s->order[i] = s->train[s->order[i]];
    bnn_session_load(s, &data.train, s->order, s->n_train);
    bnn_network_forward(s->net, s->n_train, true);
    bnn_loss_train(s, s->n_train, &loss, &n_correct);
    s->net->probe = &probe;
    bnn_network_backward(s->net, s->n_train);
    const bnn_network_op *op = s->net->ops;
    while (strcmp(op->name, "sign_2") != 0)
        op++;
    size_t n = 0, n_masked = 0;
    for (size_t i = 0; i < seen.n; i++) {
        n += seen.gradient[0][i] != 0;
        n_masked += seen.gradient[0][i] != 0 && fabsf(op->io.x[i]) > 1.0f;
    }
    ck_assert_uint_gt(n_masked, 0);
    ck_assert_double_eq(single(r, "sign_2", "masked"), (double)n_masked / (double)n);
}
END_TEST

/* ---- activations ---- */

/* Image by image, from the pixels on. */
START_TEST(activations_are_measured_as_they_are)
{
    report *r = new_report();
    bnn_train_job job =
        kept_job(SPEC, BNN_TELEMETRY_BALANCE | BNN_TELEMETRY_SATURATION | BNN_TELEMETRY_DEAD, r);
    job.n_validation = 53;
    bnn_session *s = session_of(&job);
    for (uint32_t i = 0; i < tensor_of(s->net, "batchnorm_1", "scale")->n; i += 2) {
        tensor_of(s->net, "batchnorm_1", "scale")->value[i] =
            0.0f; /* dead: only the shift is left */
        tensor_of(s->net, "batchnorm_1", "shift")->value[i] = -1.5f;
    }
    bnn_telemetry_end_epoch(s);
    bnn_telemetry_send(s, 1);
    for (uint32_t i = 0; i < s->net->n_ops; i++) {
        const bnn_network_op *op = &s->net->ops[i];
        if (op->letter != BNN_NETWORK_SIGN)
            continue;
        const size_t size = volume(op->plan.out), per = size / op->plan.out.c;
        uint32_t n_positive = 0, n_saturated = 0, n_dead = 0, up[32] = {0}, down[32] = {0};
        for (uint32_t k = 0; k < s->n_validation; k++) {
            float logits[10];
            bnn_network_infer(s->net, 1, data.train.pixels + (size_t)s->validation[k] * 784,
                              logits);
            for (size_t v = 0; v < size; v++) {
                const float x = op->io.x[v * s->net->lanes];
                (x >= 0 ? up : down)[v / per]++;
                n_positive += x >= 0;
                n_saturated += x > 1 || x < -1;
            }
        }
        for (uint32_t c = 0; c < op->plan.out.c; c++)
            n_dead += up[c] == 0 || down[c] == 0;
        const double n = (double)(size * s->n_validation);
        ck_assert_double_eq(single(r, op->name, "balance"), n_positive / n);
        ck_assert_double_eq(single(r, op->name, "saturation"), n_saturated / n);
        ck_assert_double_eq(single(r, op->name, "dead"), (double)n_dead / op->plan.out.c);
        if (strcmp(op->name, "sign_2") == 0)
            ck_assert_uint_ge(n_dead, 2);
    }
}
END_TEST

/* ---- the mismatch ---- */

#define TINY                                                                               \
    "model:\n  topology:\n    input: {channels: 1, height: 28, width: 28}\n    blocks:\n"  \
    "      - layer: {name: conv2d, out: 2, kernel: 5}\n"                                   \
    "        pool: {name: maxpool, size: 8, stride: 8}\n"                                  \
    "      - layer: {name: dense, out: 6}\n"                                               \
    "      - layer: {name: dense, out: 10}\n        dropout: {name: dropout, rate: 0.2}\n" \
    "  binarize: {first: true, last: true}\n"                                              \
    "train: {epochs: 1, batch: 32}\n"

static bnn_session *mismatch_session(const char *spec)
{
    static report ignored;
    bnn_train_job *job = bnn_arena_alloc(arena, 1, sizeof *job);
    *job = job_of(spec, 7, &ignored);
    job->telemetry = BNN_TELEMETRY_MISMATCH;
    return session_of(job);
}

/* The mean loss of the batch that is loaded, from the logits alone, in double. */
static double loss_of(bnn_session *s, uint32_t n, uint64_t step)
{
    const bnn_network *net = s->net;
    double sum = 0.0;
    s->net->step = step;
    bnn_network_forward(s->net, n, true);
    for (uint32_t i = 0; i < n; i++) {
        double total = 0.0;
        for (uint32_t c = 0; c < net->n_classes; c++)
            total += exp((double)net->logits[c * net->lanes + i]);
        sum += log(total) - (double)net->logits[(uint32_t)s->labels[i] * net->lanes + i];
    }
    return sum / n;
}

/* The cosine of a layer over batches, flipping every weight. */
static double brute_cosine(bnn_session *s, const char *layer, uint32_t n_batches)
{
    const bnn_parameter *p = tensor_of(s->net, layer, "weight");
    double *g = bnn_arena_alloc(arena, p->n, sizeof *g);
    double product = 0, ste = 0, truth = 0, ignored_loss = 0;
    uint32_t images[32], ignored;
    const uint64_t step = s->net->step;
    for (uint32_t b = 0; b < n_batches; b++) {
        bnn_mismatch_draw_images(s, b, 32, images);
        bnn_session_load(s, &data.train, images, 32);
        loss_of(s, 32, step);
        bnn_loss_train(s, 32, &ignored_loss, &ignored);
        bnn_network_backward(s->net, 32);
        for (size_t i = 0; i < p->n; i++)
            g[i] = (double)p->gradient[i];
        for (size_t i = 0; i < p->n; i++) {
            const float was = p->acting[i];
            p->acting[i] = 1.0f;
            const double plus = loss_of(s, 32, step);
            p->acting[i] = -1.0f;
            const double minus = loss_of(s, 32, step), slope = (plus - minus) / 2;
            p->acting[i] = was;
            product += g[i] * slope;
            ste += g[i] * g[i];
            truth += slope * slope;
        }
    }
    s->net->step = step;
    return product / sqrt(ste * truth);
}

static double cosine_of(const bnn_session *s, const double *cosines, const char *layer)
{
    uint32_t i = 0;
    while (strcmp(s->net->ops[i].name, layer) != 0)
        i++;
    return cosines[i];
}

START_TEST(all_weights_give_the_brute_force_cosine)
{
    static const char *const layers[] = {"conv2d_1", "dense_2", "dense_3"};
    bnn_session *s = mismatch_session(TINY);
    double cosines[32];
    bnn_mismatch_measure(s, &(bnn_mismatch_effort){2, UINT32_MAX}, cosines);
    for (size_t i = 0; i < 3; i++)
        ck_assert_double_eq_tol(cosine_of(s, cosines, layers[i]), brute_cosine(s, layers[i], 2),
                                2e-3);
}
END_TEST

/* The more weights are drawn, the nearer. */
START_TEST(the_estimate_converges)
{
    bnn_session *s = mismatch_session(TINY);
    const bnn_mismatch_effort efforts[] = {{12, 2}, {12, 8}, {12, 24}};
    double cosines[32];
    const double whole = brute_cosine(s, "conv2d_1", 12);
    double errors[3];
    for (size_t i = 0; i < 3; i++) {
        bnn_mismatch_measure(s, &efforts[i], cosines);
        errors[i] = fabs(cosine_of(s, cosines, "conv2d_1") - whole);
    }
    ck_assert_msg(errors[2] < 0.05 && errors[2] < errors[0], "%g: %g, %g, %g", whole, errors[0],
                  errors[1], errors[2]);
}
END_TEST

/* Where nothing is binary behind the weights, the STE's slope is the loss's. */
START_TEST(without_a_sign_behind_there_is_little_mismatch)
{
    bnn_session *s = mismatch_session(
        "model:\n  topology:\n    input: {channels: 1, height: 28, width: 28}\n    blocks:\n"
        "      - layer: {name: dense, out: 10}\n  binarize: {first: true, last: true}\n"
        "  ste: identity\ntrain: {epochs: 1, batch: 32}\n");
    double cosines[32];
    bnn_mismatch_measure(s, &(bnn_mismatch_effort){1, 400}, cosines);
    ck_assert_double_gt(cosine_of(s, cosines, "dense_1"), 0.9);
}
END_TEST

START_TEST(measuring_leaves_the_network_as_it_was)
{
    bnn_session *s = mismatch_session(TINY);
    const bnn_network *net = s->net;
    float *before[32];
    double cosines[32];
    for (uint32_t i = 0; i < net->n_parameters; i++) {
        const bnn_parameter *p = &net->parameters[i];
        before[i] = bnn_arena_alloc(arena, 2 * p->n, sizeof(float));
        memcpy(before[i], p->value, p->n * sizeof(float));
        memcpy(before[i] + p->n, p->acting, p->n * sizeof(float));
    }
    bnn_mismatch_measure(s, &bnn_mismatch_usual, cosines);
    for (uint32_t i = 0; i < net->n_parameters; i++) {
        const bnn_parameter *p = &net->parameters[i];
        ck_assert_mem_eq(before[i], p->value, p->n * sizeof(float));
        ck_assert_mem_eq(before[i] + p->n, p->acting, p->n * sizeof(float));
    }
    ck_assert_uint_eq(net->step, 0);
}
END_TEST

/* ---- interrupted ---- */

static char directory[] = "check_telemetry_XXXXXX";
static char path[64];

static void in_directory(void)
{
    train_set_up();
    memcpy(directory + strlen(directory) - 6, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/7.ckpt", directory);
}

static void out_of_directory(void)
{
    unlink(path);
    rmdir(directory);
    train_tear_down();
}

START_TEST(a_resumed_run_reports_the_same_rows)
{
    report *whole = new_report(), *r = new_report();
    bnn_train_job job = job_of(specs[_i], 7, whole);
    bnn_error err;
    job.telemetry = BNN_TELEMETRY_ALL;
    run_well(&job);
    job.checkpoint_path = path;
    job.context = r;
    job.stop = &r->stop;
    for (int n = 0;; n++) {
        r->n = 0;
        atomic_store(&r->stop, n < 12);
        const int status = run_job(&job, &err);
        if (status == BNN_OK)
            break;
        ck_assert_int_eq(status, BNN_E_INTERRUPTED);
    }
    ck_assert(same_rows(r, whole));
    ck_assert(same_results(r, whole));
}
END_TEST

/* Stops in the second epoch, with one set, and goes on with another: from which epoch? */
static uint32_t goes_on_from(uint32_t first, uint32_t second, report *r)
{
    bnn_train_job job = job_of(SPEC, 7, r);
    bnn_error err;
    job.checkpoint_path = path;
    job.telemetry = first;
    atomic_store(&r->stop, 1);
    unlink(path);
    for (int n = 0; n < 6; n++) {
        r->n = 0;
        ck_assert_int_eq(run_job(&job, &err), BNN_E_INTERRUPTED);
    }
    uint32_t found = UINT32_MAX;
    job.telemetry = second;
    r->n = 0;
    atomic_store(&r->stop, 0);
    if (!bnn_train_find_checkpoint(path, job.identity, job.seed, second, &found))
        found = 0;
    run_well(&job);
    ck_assert_uint_eq(r->rows[0].resumed_epoch, found);
    return found;
}

START_TEST(a_checkpoint_that_lacks_what_is_measured_is_left)
{
    report *r = new_report(), *whole = new_report();
    const uint32_t some = BNN_TELEMETRY_FLIPS, other = BNN_TELEMETRY_DEAD;
    bnn_train_job job = job_of(SPEC, 7, whole);
    job.telemetry = some;
    run_well(&job);
    ck_assert_uint_eq(goes_on_from(0, 0, r), 1);
    ck_assert_uint_eq(goes_on_from(some, 0, r), 1);
    ck_assert(same_results(r, whole));
    ck_assert_uint_eq(goes_on_from(some, some, r), 1);
    ck_assert(same_rows(r, whole));
    ck_assert_uint_eq(goes_on_from(0, some, r), 0);
    ck_assert(same_rows(r, whole));
    ck_assert_uint_eq(goes_on_from(other, some, r), 0);
    ck_assert(same_rows(r, whole) && same_results(r, whole));
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("telemetry");
    TCase *tests = tcase_create("values");
    tcase_add_checked_fixture(tests, train_set_up, train_tear_down);
    tcase_add_loop_test(tests, it_changes_no_bit, 0, N_SPECS);
    tcase_add_loop_test(tests, what_is_asked_for_is_reported, 0, sizeof rows / sizeof *rows);
    tcase_add_test(tests, loops_count_right);
    tcase_add_test(tests, weights_are_measured_as_they_are);
    tcase_add_test(tests, signs_of_scales_are_counted);
    tcase_add_test(tests, masked_weights_are_those_beyond_the_clip);
    tcase_add_test(tests, masked_activations_are_those_beyond_the_clip);
    tcase_add_test(tests, activations_are_measured_as_they_are);
    tcase_add_test(tests, all_weights_give_the_brute_force_cosine);
    tcase_add_test(tests, the_estimate_converges);
    tcase_add_test(tests, without_a_sign_behind_there_is_little_mismatch);
    tcase_add_test(tests, measuring_leaves_the_network_as_it_was);
    suite_add_tcase(suite, tests);
    TCase *interrupted = tcase_create("interrupted");
    tcase_add_checked_fixture(interrupted, in_directory, out_of_directory);
    tcase_add_loop_test(interrupted, a_resumed_run_reports_the_same_rows, 0, N_SPECS);
    tcase_add_test(interrupted, a_checkpoint_that_lacks_what_is_measured_is_left);
    suite_add_tcase(suite, interrupted);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
