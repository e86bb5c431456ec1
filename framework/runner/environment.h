/* environment.h - the machine and the build, as the database keeps them. */
#ifndef BNN_RUNNER_ENVIRONMENT_H
#define BNN_RUNNER_ENVIRONMENT_H

#include "db/store.h"

/* Finds out and adds the environment of this process. */
int bnn_environment_add(bnn_store *store, int64_t *out_environment, bnn_error *err);

/* The CPUs that this process may use. */
uint32_t bnn_environment_cpus(void);

/* The name of the CPU, as in "AMD EPYC 9R14". False when the system does not tell. */
bool bnn_environment_cpu_model(char *out, size_t n);

#endif
