/* trainer.c - training and deployment that take microseconds: a few epochs whose values are a function of config,
 * seed and epoch, with the real checkpoints, and files of the real names. */
#include "tests/sim/sim.h"

#include "base/file.h"
#include "base/sha256.h"
#include "base/run.h"
#include "runner/finish.h"
#include "runner/predictions.h"
#include "train/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SIM_VALUES = 300, SIM_EPOCHS = 16, SIM_CLASSES = 64 };

int __wrap_bnn_train_run(const bnn_train_job *job, bnn_error *err);
int __wrap_bnn_finish(const bnn_finish_request *r, bnn_network *network, bnn_error *err);

/* A network of one tensor. */
typedef struct sim_training {
    bnn_session session;
    bnn_network net;
    bnn_parameter parameter;
    bnn_epoch epochs[SIM_EPOCHS];
    float values[SIM_VALUES], best[SIM_VALUES];
    float *bests[1];
    float *slots[1][BNN_SLOTS_MAX];
    uint32_t key; /* of config and seed */
} sim_training;

static void training_begin(sim_training *t, const bnn_train_job *job)
{
    *t = (sim_training){.parameter = {.layer = "dense_1", .name = "weight", .n = SIM_VALUES}};
    t->parameter.value = t->values;
    t->bests[0] = t->best;
    t->net = (bnn_network){.n_parameters = 1, .parameters = &t->parameter};
    t->session = (bnn_session){.job = job,
                               .net = &t->net,
                               .slots = t->slots,
                               .best = t->bests,
                               .epochs = t->epochs,
                               .n_steps = 1};
    t->key = 2166136261u;
    for (const char *c = job->identity; *c != '\0'; c++)
        t->key = (t->key ^ (uint8_t)*c) * 16777619u;
    t->key = (t->key ^ (uint32_t)job->seed) * 16777619u;
}

static void training_step(sim_training *t)
{
    for (uint32_t i = 0; i < SIM_VALUES; i++)
        t->values[i] = 0.5f * t->values[i] + (float)((t->key >> (i % 24)) % 97) / 97.0f;
}

static double training_value(const sim_training *t)
{
    double sum = 0.0;
    for (uint32_t i = 0; i < SIM_VALUES; i++)
        sum += (double)t->values[i];
    return sum / (2.0 * SIM_VALUES);
}

/* ---- records ----------------------------------------------------------------------------- */

static void training_send(const bnn_train_job *job, const char *name, uint32_t epoch, double value)
{
    bnn_record record = {.kind = BNN_RECORD_METRIC, .metric = {.epoch = epoch, .value = value}};
    snprintf(record.metric.name, sizeof record.metric.name, "%s", name);
    job->record(job->context, &record);
}

/* Its duration is the number of the process, so that a result can be traced to who made it. */
static void training_send_timing(const bnn_train_job *job, const char *phase, uint32_t rep)
{
    bnn_record record = {.kind = BNN_RECORD_TIMING,
                         .timing = {.rep = rep, .wall_ns = (uint64_t)getpid(), .cpu_ns = 1}};
    snprintf(record.timing.phase, sizeof record.timing.phase, "%s", phase);
    job->record(job->context, &record);
}

static void training_send_epoch(const sim_training *t, uint32_t epoch)
{
    const bnn_train_job *job = t->session.job;
    training_send(job, "train_loss", epoch, t->epochs[epoch - 1].train_loss);
    training_send(job, "validation_accuracy", epoch, t->epochs[epoch - 1].validation_accuracy);
    training_send(job, "seconds", epoch, 0.001);
    training_send_timing(job, "train_epoch", epoch);
}

static void training_send_layer(const bnn_train_job *job)
{
    bnn_record record = {.kind = BNN_RECORD_LAYER,
                         .layer = {.layer = "dense_1",
                                   .kind = "dense",
                                   .n_parameters = SIM_VALUES,
                                   .bits = SIM_VALUES,
                                   .float32_bytes = 4 * SIM_VALUES,
                                   .packed_bytes = SIM_VALUES / 8}};
    job->record(job->context, &record);
}

/* ---- a run ------------------------------------------------------------------------------- */

static int training_check_stop(const bnn_train_job *job, bnn_error *err)
{
    if (job->stop != NULL && atomic_load(job->stop) != 0)
        return bnn_fail(err, BNN_E_INTERRUPTED, "interrupted");
    if (sim_chance(world->odds.fails))
        return bnn_fail(err, BNN_E_FAILED, "diverged");
    return BNN_OK;
}

static int training_epoch(sim_training *t, bnn_error *err)
{
    bnn_session *s = &t->session;
    const bnn_train_job *job = s->job;
    sim_note(SIM_TRAIN, job->checkpoint_path, s->at.epoch, 0);
    usleep((useconds_t)sim_log_uniform(20));
    int status = training_check_stop(job, err);
    if (status == BNN_E_INTERRUPTED && job->checkpoint_path != NULL) {
        bnn_error failure;
        if (bnn_checkpoint_save(s, &failure) != BNN_OK)
            bnn_error_prefix(err, "%s; ", failure.message);
    }
    if (status != BNN_OK)
        return status;
    training_step(t);
    t->epochs[s->at.epoch] = (bnn_epoch){.train_loss = 1.0 - training_value(t),
                                         .validation_accuracy = training_value(t)};
    s->at.epoch++;
    s->at.best_epoch = s->at.epoch;
    memcpy(t->best, t->values, sizeof t->best);
    training_send_epoch(t, s->at.epoch);
    if (job->checkpoint_path != NULL && job->checkpoint_epochs &&
        s->at.epoch < (uint32_t)job->train->epochs)
        status = bnn_checkpoint_save(s, err);
    return status;
}

static int training_end(sim_training *t, bnn_error *err)
{
    const bnn_train_job *job = t->session.job;
    const double accuracy = training_value(t);
    training_send_timing(job, "evaluate", 1);
    training_send(job, "test_loss", 0, 1.0 - accuracy);
    training_send(job, "test_accuracy", 0, accuracy);
    training_send(job, "best_epoch", 0, t->session.at.best_epoch);
    training_send(job, "validation_accuracy", 0, accuracy);
    return job->trained(job->context, &t->net, accuracy, err);
}

int __wrap_bnn_train_run(const bnn_train_job *job, bnn_error *err)
{
    sim_training *t = malloc(sizeof *t);
    int status = BNN_OK;
    if (t == NULL)
        return bnn_no_memory(err);
    training_begin(t, job);
    if (job->checkpoint_path != NULL)
        bnn_checkpoint_load(&t->session);
    const uint32_t begun = t->session.at.epoch;
    job->record(job->context, &(bnn_record){.kind = BNN_RECORD_BEGIN, .resumed_epoch = begun});
    training_send_layer(job);
    for (uint32_t i = 0; i < begun; i++)
        training_send_epoch(t, i + 1);
    while (status == BNN_OK && t->session.at.epoch < (uint32_t)job->train->epochs)
        status = training_epoch(t, err);
    if (status == BNN_OK)
        status = training_end(t, err);
    free(t);
    return status;
}

/* ---- what it leaves ---------------------------------------------------------------------- */

static int finish_file(const bnn_finish_request *r, const char *kind, const char *name,
                       const void *bytes, size_t n, bnn_error *err)
{
    char path[PATH_MAX];
    bnn_record record = {.kind = BNN_RECORD_FILE, .file.n_bytes = n};
    snprintf(path, sizeof path, "%s/%s", r->folder, name);
    int status = bnn_file_write(path, bytes, n, err);
    if (status == BNN_OK)
        status = bnn_file_sha256(path, record.file.sha256, err);
    if (status != BNN_OK)
        return status;
    snprintf(record.file.kind, sizeof record.file.kind, "%s", kind);
    snprintf(record.file.name, sizeof record.file.name, "%s", name);
    r->record(r->context, &record);
    return BNN_OK;
}

int __wrap_bnn_finish(const bnn_finish_request *r, bnn_network *network, bnn_error *err)
{
    const bnn_parameter *p = &network->parameters[0];
    uint8_t signs[SIM_VALUES], classes[SIM_CLASSES];
    for (uint32_t i = 0; i < SIM_VALUES; i++)
        signs[i] = p->value[i] > 0.5f;
    for (uint32_t i = 0; i < SIM_CLASSES; i++)
        classes[i] = (uint8_t)(i % 10);
    int status = BNN_OK;
    if (r->keeps_weights)
        status = finish_file(r, "weights", BNN_RUN_WEIGHTS, p->value, p->n * sizeof *p->value, err);
    if (status == BNN_OK)
        status = finish_file(r, "model", BNN_RUN_MODEL, signs, sizeof signs, err);
    if (status != BNN_OK)
        return status;
    bnn_record record = {.kind = BNN_RECORD_METRIC, .metric.name = "mismatches"};
    r->record(r->context, &record);
    bnn_predictions_send(classes, r->data->test.n < SIM_CLASSES ? r->data->test.n : SIM_CLASSES,
                         r->record, r->context);
    return BNN_OK;
}
