/* lineup.h - a benchmark: what is timed, who takes part, and what was measured of each. Its parts are
 * lineup.c, images.c, machine.c and times.c. */
#ifndef BNN_BENCH_LINEUP_H
#define BNN_BENCH_LINEUP_H

#include "bench/measure.h"
#include "data/dataset.h"
#include "db/store_bench.h"
#include "infer/engine/engine.h"

#include <sched.h>

enum { BENCH_CONTENDERS_MAX = 24, BENCH_BATCHES_MAX = 16, BENCH_BATCH_MAX = 65536 };

typedef struct bench_contender {
    const char *name;   /* as in benchmark_result */
    const char *engine; /* "avx512", "onnxruntime 1.30.0" */
    const bnn_model *model;
    const bench_executor *executor;
    void *state;                             /* of the executor */
    const struct bench_contender *reference; /* whose answers it has to give; NULL: its own */
    float *logits;                           /* [n_images][n_classes] of all images */
    uint32_t n_differing;                    /* images with another class than the reference's */
    bnn_store_bench_result *times;           /* [n_batches], in the record; NULL: not measured yet.
                                                Layers: all stages, or none */
} bench_contender;

typedef struct bench_lineup {
    bnn_arena *arena; /* of the caller; has what the pointers point to */
    /* What the database keeps: the file, the images and the machine, and when it was measured the
     * results, n_batches of each contender. Without a run_uid it is not of a run. */
    bnn_store_bench record;
    const bnn_model *model;
    const bnn_model *twin; /* its full-precision twin, for images of the same shape; NULL: none */
    const char *run_text, *twin_text; /* "quick, clipped, seed 1" */
    const uint8_t *images;            /* [n_images][c][h][w] */
    bool whole; /* all images are wanted, not only as many as the record says; and their labels */
    uint32_t n_labels;     /* of the first so many images; 0: of none */
    const uint8_t *labels; /* [n_labels] */
    uint32_t n_batches;
    uint32_t batches[BENCH_BATCHES_MAX];
    size_t n;
    bench_contender contenders[BENCH_CONTENDERS_MAX];
} bench_lineup;

bool bench_has_binary_weights(const bnn_model *model);

/* Whether an engine with vectors forms the sums of a stage in integers, of bits, planes or bytes, where that pays. */
bool bench_is_integer(const bnn_stage *stage);

/* Adds our contenders: the model and its float form on each of the engines, and the twin on the
 * first of them. The model is "binary", or "integer" with weights of other widths; one whose sums are all of floats is its
 * own float form, and one with gates, "gates", has none. */
int bench_lineup_add_own(bench_lineup *lineup, const bnn_engine *const *engines, size_t n_engines,
                         bnn_error *err);

/* Adds a contender that an executor runs, in whose state the network is. name: as in
 * benchmark_result; engine: copied. *out_logits: room for those of all images; may be NULL. */
int bench_lineup_add(bench_lineup *lineup, const char *name, const char *engine,
                     const bnn_model *model, const bench_executor *executor, void *state,
                     float **out_logits, bnn_error *err);

/* Runs all images through every contender and compares the answers: those of our engines have to
 * be the same bits for the same network, those of others the same classes but where the logits
 * of two classes nearly agree. BNN_E_FAILED says who differs and where. */
int bench_lineup_compare(bench_lineup *lineup, bnn_error *err);

/* The contender with this name and engine (NULL: any); NULL when there is none. */
const bench_contender *bench_lineup_find(const bench_lineup *lineup, const char *name,
                                         const char *engine);

/* ---- images ---- */

/* For a model that is known, as many as the record says, again from the first when there are fewer; all, and then the
 * record says so, where the lineup wants them. Drawn ones have no labels.
 * From an IDX file, or a directory with MNIST's test images. */
int bench_images_read(bench_lineup *lineup, const char *path, bnn_error *err);

/* The test images of the data set that a run was trained on. */
int bench_images_open(bench_lineup *lineup, const bnn_data_options *options,
                      const bnn_data_search *search, bnn_error *err);

/* Digits; of images of another shape they are the bytes. */
int bench_images_draw(bench_lineup *lineup, bnn_error *err);

/* ---- the machine ---- */

/* Watches the CPUs for a tenth of a second and pins the calling thread to the idlest one that it
 * may use; children inherit that. What the system does not tell stays unknown in the record: the
 * CPU, how idle it was just before, the load of the minute before. allowed: all that it may use. */
void bench_machine_pin(bnn_store_bench *record, cpu_set_t *allowed);

/* Lets the thread use all CPUs again. */
void bench_machine_unpin(const bnn_store_bench *record, const cpu_set_t *allowed);

/* Counts who runs just now: the most threads seen running or waiting for a CPU beside this one, on
 * the whole machine, are the record's co_runners. Takes microseconds. */
void bench_machine_look(bnn_store_bench *record);

/* ---- times ---- */

/* Times all contenders at every batch; and the stages of our own. Looks at who else runs between
 * batches. */
int bench_times_measure(bench_lineup *lineup, bnn_error *err);

/* The contender that runs the float form of a binary or integer one on the same engine; NULL when c is another. */
const bench_contender *bench_times_float_form(const bench_lineup *lineup, const bench_contender *c);

/* Whom all are compared with; the column that says how many times as fast they are, its short
 * heading, and who that is in words. */
enum { BENCH_OTHERS = 4 };
extern const struct bench_other {
    const char *name, *column, *heading, *words;
} bench_others[BENCH_OTHERS];

/* How often the time of c at batch i goes into that of the contender of this name (for "float", the
 * one with the engine of c); NAN when there is none. */
double bench_times_of(const bench_lineup *lineup, const bench_contender *c, uint32_t i,
                      const char *name);

/* Amdahl's law at batch i: how many times as fast as the float form a model could be whose stages
 * with integer sums took no time at all. INFINITY when it has no others. */
double bench_times_ceiling(const bench_contender *binary, const bench_contender *floats,
                           uint32_t i);

#endif
