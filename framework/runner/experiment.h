/* experiment.h - a spec file and its overrides become checked configs.
 *
 * Everything a sweep will need is read, resolved and checked here, before anything runs: each point
 * of the sweep, the topologies, the plugins and their parameters, the shapes of the networks. All
 * mistakes are reported in one pass. */
#ifndef BNN_RUNNER_EXPERIMENT_H
#define BNN_RUNNER_EXPERIMENT_H

#include "base/run.h"
#include "comparison/design.h"
#include "data/dataset.h"
#include "model/options.h"
#include "results/metrics.h"
#include "spec/rule.h"
#include "spec/sweep.h"
#include "train/options.h"
#include "train/telemetry/options.h"

typedef enum bnn_checkpoints {
    BNN_CHECKPOINTS_EPOCH = 0, /* after every epoch, and when stopped */
    BNN_CHECKPOINTS_STOP = 1,  /* only when stopped */
    BNN_CHECKPOINTS_NONE = 2,
} bnn_checkpoints;

typedef enum bnn_isolation {
    BNN_ISOLATION_AUTO = 0,    /* threads when every plugin came with bnnrun, else processes */
    BNN_ISOLATION_THREAD = 1,  /* runs are threads of this process */
    BNN_ISOLATION_PROCESS = 2, /* a run that crashes takes only itself down */
} bnn_isolation;

typedef enum bnn_keep {
    BNN_KEEP_ALL = 0,   /* the trained weights as floats, beside the model file */
    BNN_KEEP_MODEL = 1, /* the model file alone, unless there can be none */
} bnn_keep;

/* The `run` section: how runs are executed. Not part of any config. */
typedef struct bnn_run_options {
    int32_t jobs;              /* 0: auto, as bnn_environment_jobs says */
    int32_t checkpoints;       /* bnn_checkpoints */
    int32_t isolation;         /* bnn_isolation */
    int32_t retries;           /* further attempts after a failure, in the same sweep */
    double timeout_seconds;    /* of an attempt; 0: none */
    double memory_limit;       /* bytes, of one in a process of its own; 0: auto */
    int32_t measure;           /* the latency of each run's model */
    int32_t keep;              /* bnn_keep */
    const char *const *notify; /* a command and its arguments, closed by NULL; NULL: none */
} bnn_run_options;

/* The `metric` section: what the leaderboard is sorted by. */
typedef struct bnn_metric_options {
    const char *name; /* a column of run_summary */
    int32_t goal;     /* bnn_goal */
} bnn_metric_options;

/* The `compare` section: what `bnnrun compare` is to decide, said before the first run. */
typedef struct bnn_compare_options {
    bool is_there;            /* the spec has the section: the comparison is registered */
    const bnn_node *baseline; /* a map of dotted keys; NULL: the spec's baseline */
    const char *metric;       /* of a run (results/metrics.h) */
    double margin;         /* up to which configs are equal: points of accuracies, else the unit */
    double alpha;          /* the chance of any wrong better or worse */
    const char *reference; /* then: the hash of the config that it compares with */
} bnn_compare_options;

/* `seeds: {until: ...}`: all runs of a config are planned, to the last look, but it gets no more of them once
 * the comparison of the spec has decided about it. */
typedef struct bnn_until {
    bool is_there;
    double margin;    /* below 0: that of the comparison, which it becomes */
    int32_t max;      /* seeds: those of the last look */
    int32_t spending; /* bnn_spending */
    bnn_design design;
} bnn_until;

/* A rung of sweep.halving: what a contender has to have done there. */
typedef struct bnn_rung {
    size_t seeds;          /* the first so many of the experiment */
    int32_t epochs;        /* over seeds 0: each config's own */
    size_t n;              /* contenders that reach it */
    const size_t *configs; /* [contenders]: whose runs count, by their places in the experiment */
} bnn_rung;

enum { BNN_RUNGS_MAX = 32 };

/* `sweep: {halving: ...}`: all points are planned to the end, but a contender that a rung drops gets no more
 * runs. The baseline, and what the spec compares with, is none. */
typedef struct bnn_contest {
    size_t n, eta;         /* contenders, in the order of the sweep; 0: there is no halving */
    size_t n_rungs;        /* at least two */
    const bnn_rung *rungs; /* configs of the last are the contenders themselves */
} bnn_contest;

/* Another config, whose run of the same seed a run needs. */
typedef struct bnn_need {
    size_t n_said;
    const bnn_node *const *said; /* maps of dotted keys: what the spec says of it */
    const char *hash;            /* of the config; NULL: none is needed */
    size_t i_config;             /* in bnn_experiment.configs, before the config that needs it; of a
                                    config from bnn_config_load nobody's */
} bnn_need;

/* One point of the sweep, resolved; or what points need. */
typedef struct bnn_config {
    const char *label;
    bool baseline;
    bool drawn;                   /* some of its values are */
    bnn_need needs[BNN_PURPOSES]; /* by bnn_purpose */
    bool is_needed;               /* others need it: its weights are kept */
    bool is_sound;                /* no mistake in it, but for what it needs */
    const char *only;             /* "start", "teacher": it is no point, but only needed; or
                                     bnn_rung_word: it is a point at a rung; or NULL */
    bool is_both;                 /* it is only needed, as a start and as a teacher */
    const bnn_point *needed_by;   /* then: a point that needs it */
    bnn_data_options data;
    bnn_model_options model;
    bnn_train_options train;
    bnn_settings settings;
    const char *json;  /* of the settings, canonical */
    char hash[65];     /* SHA-256 of json */
    char identity[65]; /* SHA-256 of hash, plugin files, data, BNN_BITS_SINCE and the identities of
                          what it needs: what a checkpoint must agree with */
    char data_sha256[BNN_SHA256_HEX]; /* of the data that the catalogue names now; "": they are not
                                         here, and only they could tell */
    bool data_pinned;                 /* the catalogue says what they must be */
    size_t i_dataset;                 /* in bnn_experiment.datasets */
    bnn_shape input;                  /* of its images */
    uint32_t n_classes;
    bnn_plugin_set plugins; /* those that act */
} bnn_config;

extern const char bnn_rung_word[]; /* "rung" */

/* `bnnrun run --shard I/N`: the part of the runs that is done here. Not of the spec. */
typedef struct bnn_shard {
    uint32_t i, n; /* from 1; n 0: all runs */
} bnn_shard;

typedef struct bnn_experiment {
    const char *name;
    const char *description; /* or NULL */
    const char *path;        /* of the spec; may be BNN_STDIN */
    const char *text;        /* of the spec, with the overrides as comments at the end */
    size_t n_seeds;
    const int64_t *seeds;
    bnn_until until;
    bnn_contest contest;
    bnn_shard shard; /* none, until the command sets it */
    bool
        goes_on; /* the plan is made again, by a command that has executed the one before: what failed
                     has been tried */
    bnn_metric_options metric;
    bnn_compare_options compare;
    bnn_run_options run;
    uint32_t telemetry; /* of bnn_telemetry_topic: what is measured; no part of any config */
    size_t n_configs;
    bnn_config *configs;
    size_t n_datasets;          /* distinct ones; the split does not matter */
    bnn_data_options *datasets; /* each with the largest split that a config asks for */
} bnn_experiment;

/* Finds out, downloading when the search may, what the data are that configs do not know the hash of.
 * It stays unknown when they cannot be had. For the thread that loaded the experiment. */
void bnn_experiment_identify_data(bnn_experiment *experiment, const bnn_data_search *search);

/* Whether an experiment may be called so: letters, digits, _, - and ., the first none of the last two. */
enum { BNN_EXPERIMENT_NAME_MAX = 63 };
bool bnn_experiment_is_name(const char *name);

/* All keys of a spec. Fixed keys are fields of bnn_experiment, the others of bnn_config. */
extern const bnn_section bnn_spec_section;

/* What they need and exclude. */
extern const bnn_rule bnn_spec_rules[];

/* Reads, resolves and checks a spec. overrides: "dotted.key=value" texts, applied in order, closed
 * by NULL; or NULL. *out and all it points to live in the reader's arena and registry. Loads
 * plugins, so: main thread, before any job. BNN_OK, or a negative status after messages: BNN_E_SPEC,
 * BNN_E_RESOURCE when only a plugin cannot be used, or BNN_E_INTERNAL. */
int bnn_experiment_load(const bnn_reader *r, const char *path, const char *const *overrides,
                        bnn_experiment *out);

/* The config whose settings, as maps, are given; its topology is among them. The images are those
 * that the topology takes, n_classes is 0, and label, baseline and i_dataset are nobody's. Reads no
 * file but plugins. Otherwise as above. */
int bnn_config_load(const bnn_reader *r, const bnn_node *root, bnn_config *out);

#endif
