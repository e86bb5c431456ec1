#include "train/inference.h"

#include <stdio.h>
#include <string.h>

enum { ROUNDS = 7, ROUND_NS = 4000000 };

/* A network for batches of n with the session's weights, holding the first test images. */
static int prepare(bnn_session *s, uint32_t n, bnn_arena *arena, bnn_network **out, bnn_error *err)
{
    const bnn_train_job *job = s->job;
    const int status = bnn_network_create(job->model, job->data->shape, job->data->n_classes, n,
                                          job->seed, arena, out, err);
    if (status != BNN_OK)
        return status;
    bnn_network *net = *out;
    for (uint32_t i = 0; i < net->n_parameters; i++)
        memcpy(net->parameters[i].value, s->net->parameters[i].value,
               net->parameters[i].n * sizeof(float));
    bnn_network_binarize(net);
    const size_t size = (size_t)net->input.c * net->input.h * net->input.w;
    const uint8_t *rows[64];
    for (uint32_t i = 0; i < n; i++)
        rows[i] = job->data->test.pixels + i % job->data->test.n * size;
    net->kernels->load_pixels(n, net->lanes, (uint32_t)size, rows, net->x);
    return BNN_OK;
}

static void measure_round(const bnn_train_job *job, bnn_network *net, uint32_t n, uint32_t rep)
{
    bnn_record record = {.kind = BNN_RECORD_TIMING, .timing.rep = rep};
    snprintf(record.timing.phase, sizeof record.timing.phase, "inference_%u", n);
    const uint64_t start = bnn_clock_ns(CLOCK_MONOTONIC);
    const uint64_t cpu = bnn_clock_ns(CLOCK_THREAD_CPUTIME_ID);
    uint64_t passes = 0, wall;
    do {
        bnn_network_forward(net, n, false);
        passes++;
        wall = bnn_clock_ns(CLOCK_MONOTONIC) - start;
    } while (wall < ROUND_NS);
    record.timing.wall_ns = wall / (passes * n);
    record.timing.cpu_ns = (bnn_clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu) / (passes * n);
    if (rep > 0) /* round 0 warms up */
        job->record(job->context, &record);
}

int bnn_inference_measure(bnn_session *session, bnn_arena *arena, bnn_error *err)
{
    static const uint32_t batches[] = {1, 64};
    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++) {
        bnn_network *net;
        const int status = prepare(session, batches[i], arena, &net, err);
        if (status != BNN_OK)
            return status;
        for (uint32_t rep = 0; rep <= ROUNDS; rep++)
            measure_round(session->job, net, batches[i], rep);
    }
    return BNN_OK;
}
