#include "train/session.h"

#include "base/size.h"
#include "model/weights.h"
#include "train/average.h"
#include "train/clip.h"
#include "train/fit.h"
#include "train/hysteresis.h"
#include "train/loss.h"
#include "train/teacher.h"
#include "train/telemetry/telemetry.h"

#include <math.h>
#include <string.h>

/* The held-out images are drawn from the seed, the same for every config. */
static void split_images(bnn_session *s)
{
    const bnn_rng rng = {.seed = s->job->seed, .role = BNN_RNG_SPLIT};
    uint32_t *all = s->order; /* a permutation of all training images, only needed here */
    bnn_rng_permute(&rng, s->n_train + s->n_validation, all);
    memcpy(s->validation, all, s->n_validation * sizeof *all);
    memcpy(s->train, all + s->n_validation, s->n_train * sizeof *all);
}

static int plan_tensors(bnn_session *s)
{
    const bnn_network *net = s->net;
    s->slots = bnn_arena_alloc(s->arena, net->n_parameters, sizeof *s->slots);
    s->best = bnn_arena_alloc(s->arena, net->n_parameters, sizeof *s->best);
    if (s->slots == NULL || s->best == NULL)
        return BNN_E_INTERNAL;
    for (uint32_t i = 0; i < net->n_parameters; i++) {
        const bnn_parameter *p = &net->parameters[i];
        const bnn_use *use = &bnn_train_optimizer(s->job->train, p->latent)->use;
        const uint32_t n_slots = p->kind == BNN_TENSOR_STATE ? 0 : bnn_use_optimizer(use)->n_slots;
        s->best[i] = bnn_arena_alloc(s->arena, p->n, sizeof(float));
        bool ok = s->best[i] != NULL;
        for (uint32_t slot = 0; slot < n_slots; slot++) {
            s->slots[i][slot] = bnn_arena_alloc(s->arena, p->n, sizeof(float));
            ok = ok && s->slots[i][slot] != NULL;
        }
        if (!ok)
            return BNN_E_INTERNAL;
    }
    return BNN_OK;
}

/* What a batch needs besides the network. */
static int plan_batch(bnn_session *s)
{
    const uint32_t lanes = s->net->lanes;
    s->labels = bnn_arena_alloc(s->arena, lanes, sizeof *s->labels);
    s->scratch = bnn_arena_alloc(s->arena, lanes, 2 * sizeof *s->scratch);
    if (s->labels == NULL || s->scratch == NULL)
        return BNN_E_INTERNAL;
    s->mixed = 1.0f;
    if (s->job->train->label_smoothing == 0.0 && s->job->train->mixup == 0.0)
        return BNN_OK;
    s->targets = bnn_arena_alloc(s->arena, (size_t)s->net->n_classes * lanes, sizeof *s->targets);
    return s->targets == NULL ? BNN_E_INTERNAL : BNN_OK;
}

/* The network as it is before the first step: from the seed, or from the weights of another run. */
static int plan_session_network(bnn_session *s, bnn_error *err)
{
    const bnn_train_job *job = s->job;
    bnn_call_note *note = job->progress == NULL ? NULL : &job->progress->call;
    int status = bnn_network_create_noted(job->model, job->data->shape, job->data->n_classes,
                                          (uint32_t)job->train->batch, job->seed, note, s->arena,
                                          &s->net, err);
    if (status == BNN_OK)
        status = bnn_teacher_plan(s, err);
    if (status == BNN_OK && job->start != NULL)
        status = bnn_weights_take(s->net, job->start, err);
    if (status == BNN_OK)
        bnn_network_start_form(s->net);
    if (status != BNN_OK || job->start == NULL)
        return status;
    /* Once more, for tensors of the form that are there, too. */
    status = bnn_weights_take(s->net, job->start, err);
    if (status == BNN_OK)
        bnn_network_binarize(s->net);
    return status;
}

int bnn_session_create(const bnn_train_job *job, bnn_arena *arena, bnn_session **out,
                       bnn_error *err)
{
    const uint32_t n = job->data->train.n, batch = (uint32_t)job->train->batch;
    bnn_session *s = bnn_arena_alloc(arena, 1, sizeof *s);
    if (s == NULL)
        return bnn_no_memory(err);
    if (job->n_validation < 0 || (uint32_t)job->n_validation >= n)
        return bnn_fail(err, BNN_E_SPEC,
                        "dataset.validation: cannot hold out %d of %u training images",
                        job->n_validation, n);
    s->job = job;
    s->arena = arena;
    if (plan_session_network(s, err) != BNN_OK ||
        bnn_augmenter_create(&job->train->augment, job->data->shape, batch, job->seed,
                             s->net->kernels, arena, &s->augmenter, err) != BNN_OK)
        return err->status;
    s->n_validation = (uint32_t)job->n_validation;
    s->n_train = n - s->n_validation;
    s->n_steps = (s->n_train + batch - 1) / batch;
    s->order = bnn_arena_alloc(arena, n, sizeof *s->order);
    s->train = bnn_arena_alloc(arena, s->n_train, sizeof *s->train);
    s->validation = bnn_arena_alloc(arena, s->n_validation, sizeof *s->validation);
    s->test = bnn_arena_alloc(arena, job->data->test.n, sizeof *s->test);
    s->epochs = bnn_arena_alloc(arena, (size_t)job->train->epochs, sizeof *s->epochs);
    if (s->order == NULL || s->train == NULL || s->validation == NULL || s->test == NULL ||
        s->epochs == NULL || plan_batch(s) != BNN_OK || plan_tensors(s) != BNN_OK ||
        bnn_average_plan(s) != BNN_OK) {
        bnn_no_memory(err);
        return bnn_error_prefix(err, "a run at batch %u: ", batch);
    }
    if (bnn_telemetry_create(s) != BNN_OK)
        return bnn_no_memory(err);
    split_images(s);
    for (uint32_t i = 0; i < job->data->test.n; i++)
        s->test[i] = i;
    if (bnn_fit_layers(s, err) != BNN_OK)
        return err->status;
    *out = s;
    return BNN_OK;
}

/* augmenter: NULL for images as they are. */
static void session_load(bnn_session *session, const bnn_images *images, const uint32_t *index,
                         uint32_t n, bnn_augmenter *augmenter)
{
    bnn_network *net = session->net;
    const size_t size = bnn_shape_values(net->image);
    for (uint32_t i = 0; i < n; i++) {
        net->rows[i] = images->pixels + (size_t)index[i] * size;
        session->labels[i] = images->labels[index[i]];
    }
    for (uint32_t i = n; i < net->lanes; i++)
        session->labels[i] = -1;
    if (augmenter != NULL)
        bnn_augment_images(augmenter, session->at.epoch, index, n, net->rows);
    bnn_network_load(net, n);
}

void bnn_session_load(bnn_session *session, const bnn_images *images, const uint32_t *index,
                      uint32_t n)
{
    session_load(session, images, index, n, NULL);
}

void bnn_session_load_batch(bnn_session *session, const uint32_t *index, uint32_t n)
{
    session_load(session, &session->job->data->train, index, n, session->augmenter);
}

void bnn_session_evaluate(bnn_session *session, const bnn_images *images, const uint32_t *index,
                          uint32_t n, double *loss, double *accuracy)
{
    const uint32_t lanes = session->net->lanes;
    uint32_t n_correct = 0;
    double sum = 0.0;
    for (uint32_t i = 0, m; i < n; i += m) {
        m = n - i < lanes ? n - i : lanes;
        bnn_session_load(session, images, index + i, m);
        bnn_network_forward(session->net, m, false);
        bnn_loss_evaluate(session, m, &sum, &n_correct);
    }
    *loss = sum / (double)n;
    *accuracy = (double)n_correct / (double)n;
}

/* BinaryNet's factor (Courbariaux & Hubara 2016, arXiv:1602.02830): latent weights live in [-1, 1]
 * whatever the size of the layer, and the rate is that of weights with Glorot's spread. A kernel's
 * positions count in both fans. A method without latent weights has no step to scale. */
static double rate_scale(const bnn_session *s, const bnn_parameter *p, const bnn_use *use)
{
    const double positions = (double)p->dims[2] * p->dims[3];
    if (s->job->train->lr_scale != BNN_LR_SCALE_GLOROT || !p->latent ||
        (bnn_use_optimizer(use)->flags & BNN_OPTIMIZER_BINARY_ONLY) != 0)
        return 1.0;
    return sqrt(positions * ((double)p->dims[0] + (double)p->dims[1]) / 1.5);
}

enum { SLICE = 1024 };

/* Steps, clips and signs a slice of one parameter while it is in the first-level cache: a pass over
 * memory for each of the three would cost more than their arithmetic. */
static void update_slice(bnn_session *s, const bnn_use *use, const bnn_step *step, uint32_t i,
                         size_t first, size_t n)
{
    bnn_network *net = s->net;
    const bnn_parameter *p = &net->parameters[i];
    const float clip = (float)bnn_model_clip(s->job->model);
    const bool moves = p->latent && bnn_hysteresis_acts(s->job->train, p->form->use);
    float before[SLICE], *slots[BNN_SLOTS_MAX] = {NULL};
    if (moves)
        memcpy(before, p->value + first, n * sizeof *before);
    for (int slot = 0; slot < BNN_SLOTS_MAX; slot++)
        if (s->slots[i][slot] != NULL)
            slots[slot] = s->slots[i][slot] + first;
    bnn_call_enter(net->note, use, BNN_CALL_STEP);
    bnn_use_optimizer(use)->step(&net->context, use->params, step, n, p->value + first,
                                 p->gradient + first, slots);
    bnn_call_leave(net->note);
    if (!p->latent)
        return;
    if (moves)
        bnn_hysteresis_move((float)s->job->train->hysteresis, n, before, p->value + first);
    if (clip > 0.0f)
        net->kernels->clamp(n, -clip, clip, p->value + first, p->value + first);
    bnn_network_binarize_slice(net, i, first, n);
}

void bnn_session_update(bnn_session *session, double lr_factor)
{
    const bnn_train_options *train = session->job->train;
    bnn_network *net = session->net;
    bnn_clip_gradients(session);
    for (uint32_t i = 0; i < net->n_parameters; i++) {
        const bnn_parameter *p = &net->parameters[i];
        if (p->kind == BNN_TENSOR_STATE)
            continue;
        const bnn_optimizer_options *optimizer = bnn_train_optimizer(train, p->latent);
        const bnn_use *use = &optimizer->use;
        const bnn_step step = {.t = net->step,
                               .lr = optimizer->lr * lr_factor * rate_scale(session, p, use),
                               .latent = p->latent,
                               .decays = p->kind == BNN_TENSOR_WEIGHT};
        for (size_t first = 0; first < p->n; first += SLICE)
            update_slice(session, use, &step, i, first,
                         p->n - first < SLICE ? p->n - first : SLICE);
        bnn_network_watch_fp_mode(net, use, p->layer);
    }
    bnn_network_binarize_wholes(net);
    bnn_average_update(session);
}

/* values: NULL for what a tensor does not have. what: in front of its name. */
static int check_array(const bnn_session *s, const bnn_parameter *p, const char *what,
                       const float *values, bnn_error *err)
{
    const size_t n = values == NULL ? 0 : bnn_count_not_finite(p->n, values);
    if (n > 0)
        return bnn_fail(err, BNN_E_FAILED,
                        "diverged: %zu of %zu values of %s%s.%s are not finite after epoch %u", n,
                        p->n, what, p->layer, p->name, s->at.epoch + 1);
    return BNN_OK;
}

int bnn_session_check_finite(const bnn_session *session, bnn_error *err)
{
    int status = BNN_OK;
    for (uint32_t i = 0; status == BNN_OK && i < session->net->n_parameters; i++) {
        const bnn_parameter *p = &session->net->parameters[i];
        status = check_array(session, p, "", p->value, err);
        if (status == BNN_OK)
            status = check_array(session, p, "the gradient of ", p->gradient, err);
        for (int slot = 0; status == BNN_OK && slot < BNN_SLOTS_MAX; slot++)
            status =
                check_array(session, p, "the optimizer's slots of ", session->slots[i][slot], err);
    }
    return status;
}

void bnn_session_keep_best(bnn_session *session)
{
    for (uint32_t i = 0; i < session->net->n_parameters; i++) {
        const bnn_parameter *p = &session->net->parameters[i];
        memcpy(session->best[i], p->value, p->n * sizeof *p->value);
    }
}

void bnn_session_restore_best(bnn_session *session)
{
    for (uint32_t i = 0; i < session->net->n_parameters; i++) {
        const bnn_parameter *p = &session->net->parameters[i];
        memcpy(p->value, session->best[i], p->n * sizeof *p->value);
    }
    bnn_network_binarize(session->net);
}
