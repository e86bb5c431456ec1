/* experiment_internal.h - how the points of a spec become configs. Private to runner/: experiment.c
 * reads them, needs.c finds out which others they need. */
#ifndef BNN_RUNNER_EXPERIMENT_INTERNAL_H
#define BNN_RUNNER_EXPERIMENT_INTERNAL_H

#include "runner/experiment.h"
#include "spec/effect.h"

/* An experiment that is being read. */
typedef struct bnn_builder {
    const bnn_reader *r;
    bnn_experiment *out;
    size_t config_capacity, dataset_capacity;
    bnn_effects effects;
    bool whole; /* all points are there: what is the same may be said */
} bnn_builder;

/* Reads the sections of a point and checks the network against the shapes of the data set, which a
 * recorded one need not ask for any more; all but i_dataset is filled in. known: what was read before.
 * needs: the configs that it needs, by purpose; NULL: none, or those that are recorded. After a
 * mistake, only the settings of the sections without one are there. */
int bnn_experiment_resolve(const bnn_reader *r, const bnn_experiment *known, const bnn_point *point,
                           const bnn_need *needs, bnn_config *out);

/* Adds a config unless an equal one is there: that is *out_i then. One that others only need becomes the
 * point that it is. BNN_OK, or BNN_E_INTERNAL without memory. */
int bnn_experiment_add(bnn_builder *b, const bnn_point *point, const bnn_config *config,
                       size_t *out_i);

/* Notes which keys of the point act in the config; sound: it was resolved. BNN_OK or BNN_E_INTERNAL. */
int bnn_experiment_note(bnn_builder *b, const bnn_point *point, const bnn_config *config,
                        bool sound);

/* ---- registered.c ---- */

extern const bnn_section bnn_compare_section;

/* After all points: finds the config that the spec's comparison is made with, or says that there is
 * none. root: of the spec. */
void bnn_registered_resolve(bnn_builder *b, const bnn_node *root);

/* ---- seeds.c ---- */

extern const bnn_key_type bnn_seeds_type;
extern const bnn_section bnn_seeds_section;

/* After the fixed keys: warns of seeds that are too few for the comparison of the spec, with which seeds.until
 * goes, whose margin it may say. */
void bnn_seeds_check(const bnn_reader *r, const bnn_node *root, bnn_experiment *x);

/* ---- isolation.c ---- */

/* After all points: warns of what does not go with where the runs are executed. root: of the spec. */
void bnn_isolation_check(const bnn_reader *r, const bnn_node *root, const bnn_experiment *x);

/* ---- rungs.c ---- */

/* After all points and what they are compared with: adds the configs of the rungs, and fills in the contest.
 * points[n_configs]: of each config that is one. */
void bnn_rungs_resolve(bnn_builder *b, const bnn_halving *halving, const bnn_point *const *points);

/* ---- needs.c ---- */

/* The keys `start` and `teacher` of a bnn_config; detail: the bnn_purpose. */
extern const bnn_key_type bnn_start_type, bnn_teacher_type;

/* Resolves a point, and adds the configs that it needs. As bnn_experiment_resolve. */
int bnn_needs_resolve(bnn_builder *b, const bnn_point *point, bnn_config *out);

/* After all points: a start or a teacher that the spec names (root) must be one of some run; an error
 * where each run would be its own. */
void bnn_needs_check(const bnn_builder *b, const bnn_node *root);

/* After all points: gives the configs that others only need labels of their own. */
int bnn_needs_label(bnn_builder *b);

#endif
