/* network.h - a small network with its config and its data, for targets that read what belongs to one. */
#ifndef BNN_TESTS_FUZZ_NETWORK_H
#define BNN_TESTS_FUZZ_NETWORK_H

#include "runner/experiment.h"
#include "train/trainer.h"

/* Made once for a process; plugins are those of BNNRUN_PLUGIN_PATH. */
typedef struct fuzz_net {
    bnn_arena *arena;
    bnn_registry *registry;
    bnn_config config;
    bnn_dataset data;
} fuzz_net;

const fuzz_net *fuzz_net_get(void);

/* A run of it: two epochs of two steps, whose records go nowhere. */
bnn_train_job fuzz_net_job(const fuzz_net *net);

#endif
