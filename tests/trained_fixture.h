/* trained_fixture.h - LeNet-5 after a moment of training, for exporters: sums as they are in use. */
#ifndef BNN_TESTS_TRAINED_FIXTURE_H
#define BNN_TESTS_TRAINED_FIXTURE_H

#include "train/session.h"

#include "model_fixture.h"

enum { TRAINED_STEPS = 300, TRAINED_BATCH = 64 };

/* MNIST where it is, else digits that the program draws: then false. */
static inline bool open_digits(bnn_dataset *digits)
{
    const char *source = getenv("srcdir");
    const bnn_data_search search = {
        .catalogue = bnn_arena_printf(arena, "%s/configs/datasets", source != NULL ? source : ".")};
    bnn_data_options options = {.name = "mnist", .validation = 5000};
    bnn_error err;
    if (bnn_dataset_open(&options, &search, digits, &err) == BNN_OK)
        return true;
    options.name = "synthetic";
    ck_assert_msg(bnn_dataset_open(&options, &search, digits, &err) == BNN_OK, "%s", err.message);
    return false;
}

static inline void drop_record(void *context, const bnn_record *record)
{
    (void)context, (void)record;
}

/* A session for the model section "{topology: lenet5, SETTINGS}", trained for TRAINED_STEPS. In the
 * test's arena; its network is binarized. */
static inline bnn_session *trained_session(const char *model, const bnn_dataset *digits)
{
    static const char text[] = "train: {epochs: 1, batch: 64, optimizer: {name: adam, lr: 0.001}}";
    bnn_train_job *job = bnn_arena_alloc(arena, 1, sizeof *job);
    *job = (bnn_train_job){.model = parsed_model(model),
                           .train = parsed_train(text, true),
                           .data = digits,
                           .n_validation = 5000,
                           .seed = 1,
                           .identity = "trained",
                           .record = drop_record};
    bnn_error err = {0};
    bnn_session *s = NULL;
    ck_assert_msg(bnn_session_create(job, arena, &s, &err) == BNN_OK, "%s", err.message);
    for (uint32_t step = 0; step < TRAINED_STEPS; step++) {
        const uint32_t first = step * TRAINED_BATCH % (s->n_train - TRAINED_BATCH);
        double loss;
        uint32_t right;
        bnn_session_load(s, &digits->train, s->train + first, TRAINED_BATCH);
        bnn_network_forward(s->net, TRAINED_BATCH, true);
        bnn_session_loss(s, TRAINED_BATCH, true, &loss, &right);
        bnn_network_backward(s->net, TRAINED_BATCH);
        bnn_session_update(s, 1.0);
    }
    bnn_network_binarize(s->net);
    return s;
}

#endif
