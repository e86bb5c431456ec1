#include "train/teacher.h"

#include "base/size.h"
#include "model/weights.h"
#include "train/loss.h"

#include <string.h>

struct bnn_teacher {
    bnn_network *net;
    float *room; /* of a lesson */
};

/* The softmax of the teacher's answers, into soft->gz. Returns the sum of the images' entropies. */
static double teacher_soften(const bnn_soft_loss *soft)
{
    const size_t size = (size_t)soft->classes * soft->lanes;
    const float *most = soft->scratch, *total = soft->scratch + soft->lanes;
    double entropy = 0.0;
    bnn_loss_softmax(soft);
    for (size_t row = 0; row < size; row += soft->lanes)
        for (uint32_t i = 0; i < soft->n; i++)
            entropy -= (double)(soft->gz[row + i] * (soft->z[row + i] - most[i]));
    for (uint32_t i = 0; i < soft->n; i++)
        entropy += (double)total[i];
    return entropy;
}

void bnn_teacher_give_lesson(const bnn_lesson *l, double *loss)
{
    const size_t size = (size_t)l->classes * l->lanes;
    const float t = (float)l->temperature, own = (float)(1.0 - l->weight);
    const float taught = (float)(l->weight * l->temperature); /* T^2, and 1 / T of the logits */
    float *p = l->room, *z = l->room + size, *gradient = l->room + 2 * size;
    bnn_soft_loss soft = {.kernels = l->kernels,
                          .classes = l->classes,
                          .n = l->n,
                          .lanes = l->lanes,
                          .z = z,
                          .gz = p,
                          .scratch = l->scratch};
    for (size_t i = 0; i < size; i++)
        z[i] = l->teacher[i] / t;
    const double entropy = teacher_soften(&soft);
    soft.p = p;
    soft.gz = gradient;
    for (size_t i = 0; i < size; i++)
        z[i] = l->own[i] / t;
    const double kl = bnn_loss_soft_cross_entropy(&soft) - entropy;
    *loss = (1.0 - l->weight) * *loss + l->weight * l->temperature * l->temperature * kl;
    for (size_t i = 0; i < size; i++)
        l->gradient[i] = own * l->gradient[i] + taught * gradient[i];
}

int bnn_teacher_plan(bnn_session *session, bnn_error *err)
{
    const bnn_train_job *job = session->job;
    const bnn_network *net = session->net;
    if (job->teacher == NULL)
        return BNN_OK;
    bnn_teacher *t = bnn_arena_alloc(session->arena, 1, sizeof *t);
    if (t == NULL)
        return bnn_no_memory(err);
    t->room =
        bnn_arena_alloc(session->arena, (size_t)3 * net->n_classes * net->lanes, sizeof(float));
    if (t->room == NULL)
        return bnn_no_memory(err);
    int status = bnn_network_create_noted(job->teacher, net->image, net->n_classes,
                                          (uint32_t)job->train->batch, job->seed, net->note,
                                          session->arena, &t->net, err);
    if (status == BNN_OK && job->teacher_weights != NULL)
        status = bnn_weights_read(t->net, job->teacher_weights, err);
    if (status != BNN_OK)
        return bnn_error_prefix(err, "the teacher: ");
    bnn_network_binarize(t->net);
    session->teacher = t;
    return BNN_OK;
}

void bnn_teacher_teach(bnn_session *session, uint32_t n, double *loss)
{
    bnn_network *net = session->net, *teacher = session->teacher->net;
    const bnn_distill_options *options = &session->job->train->distill;
    memcpy(teacher->x, net->x, bnn_shape_values(net->input) * net->lanes * sizeof *net->x);
    bnn_network_forward(teacher, n, false);
    if (net->fp_changer == NULL && teacher->fp_changer != NULL) {
        net->fp_changer = teacher->fp_changer;
        net->fp_changer_at = teacher->fp_changer_at;
    }
    const bnn_lesson lesson = {.kernels = net->kernels,
                               .classes = net->n_classes,
                               .n = n,
                               .lanes = net->lanes,
                               .weight = options->weight,
                               .temperature = options->temperature,
                               .teacher = teacher->logits,
                               .own = net->logits,
                               .gradient = net->logits_gradient,
                               .room = session->teacher->room,
                               .scratch = session->scratch};
    bnn_teacher_give_lesson(&lesson, loss);
}
