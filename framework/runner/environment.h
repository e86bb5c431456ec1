/* environment.h - the machine and the build, as the database keeps them. */
#ifndef BNN_RUNNER_ENVIRONMENT_H
#define BNN_RUNNER_ENVIRONMENT_H

#include "db/store.h"

/* Finds out and adds the environment of this process. */
int bnn_environment_add(bnn_store *store, int64_t *out_environment, bnn_error *err);

/* Versions of the libraries that are linked, as a JSON object, freed by the caller; NULL without memory. */
char *bnn_environment_libraries(void);

/* The CPUs that this process may use. */
uint32_t bnn_environment_cpus(void);

/* How many runs these can execute at a time: as many as they are, or, where the quota of a control
 * group is less, as that is, rounded up. */
uint32_t bnn_environment_jobs(void);

/* The least quota of the control groups, in CPUs, or infinity. groups: what /proc/self/cgroup has;
 * mounted: the folder with the controllers of version 1, or with the groups of version 2. */
double bnn_environment_quota(const char *groups, const char *mounted);

/* The bytes of memory that the machine has, or, where that is less, the limit of a control group. */
double bnn_environment_memory(const char *groups, const char *mounted);

/* The name of the CPU, as in "AMD EPYC 9R14". NULL when the system does not tell. */
enum { BNN_CPU_MODEL = 256 };
const char *bnn_environment_cpu_model(char out[BNN_CPU_MODEL]);

#endif
