/* sweep.h - the sweep section of a spec becomes points: the base tree with values replaced.
 *
 *   grid:    every combination of its lists (the first key varies slowest)
 *   zip:     lists of equal length, varied together; crossed with grid
 *   random:  n points with values that are drawn; crossed with grid and zip
 *   list:    extra points, each a map of dotted keys; without the three above, all points
 *   exclude: partial points; a point that agrees with one of them is dropped
 *   max_runs: points x seeds beyond this are an error, never a silent sample
 *   halving: not all points are trained to the end; see bnn_halving
 *
 * `baseline` (a map of dotted keys) names the point that others are compared with: the base with
 * these values. It joins the points when it is not one of them; exclude does not drop it.
 *
 * A point of list, baseline, and a start or a teacher may have a `label`, which is what it is called.
 *
 * Points that are written alike count once. What is the same for every run (name, seeds, metric,
 * run) cannot vary. Keys are not checked against what the sections know: the points are read like
 * any spec, and a value that a point sets has the position of the sweep.
 *
 * In all these maps a section may be a map itself, {model: {binarize: none}}, which says the same as
 * {model.binarize: none}: what it does not name stays. What is a dotted key's value, or a plugin's or a
 * topology's map, is the whole of it.
 *
 * sweep_section.c and sweep_halving.c read, sweep_random.c draws, sweep.c makes the points, dotted.c writes maps as dotted keys,
 * label.c names the points, override.c has the command line's. */
#ifndef BNN_SPEC_SWEEP_H
#define BNN_SPEC_SWEEP_H

#include "spec/key.h"

typedef struct bnn_point {
    const bnn_node *root; /* the spec with the point's values in place */
    size_t n;
    const bnn_pair *values; /* dotted keys that the sweep set here, in the order of the spec */
    bool baseline;
    bool drawn;       /* some of its values are, by sweep.random */
    const char *name; /* what the spec calls it; NULL: nothing */
    /* Its name, or what distinguishes the point from its neighbours: "ste=clipped order=bn_act"; the last part
     * of each key that varies, or more of it where two keys would look alike. "base" when nothing
     * varies. What differs in a run that it needs is in braces, stage after stage:
     * "start={binarize=none,epochs=15 > weights=false}". */
    const char *label;
    const char *own;    /* of the label, what is not said of other runs; "" when nothing is */
    const char *taught; /* and what is said of the teacher */
} bnn_point;

typedef enum bnn_halving_over {
    BNN_HALVE_EPOCHS = 0,
    BNN_HALVE_SEEDS = 1,
} bnn_halving_over;

/* The keys of which each rung gives more. */
extern const char *const bnn_halving_amounts[];

/* Successive halving (Jamieson and Talwalkar 2016; a bracket of Hyperband): all points but the baseline have
 * `from` epochs or seeds, the best 1 in eta of them eta times as many, and so on. */
typedef struct bnn_halving {
    bool is_there;
    int32_t over;            /* bnn_halving_over */
    int32_t from, eta;       /* at least 1 and 2 */
    bnn_position_in_file at; /* when it is there */
} bnn_halving;

typedef struct bnn_sweep {
    size_t n;
    const bnn_point *points;
    bnn_halving halving; /* of these points */
} bnn_sweep;

/* The keys of `sweep`, for those who explain them. */
extern const bnn_section bnn_sweep_section;

/* Expands the sweep of a parsed spec (without one: a single point). out is allocated in the arena.
 * BNN_OK, or a negative status after messages; out then has the points of what is not wrong, so
 * that their mistakes can be shown too, or none. */
int bnn_sweep_expand(const bnn_reader *r, const bnn_node *spec, size_t n_seeds, bnn_sweep *out);

/* Checks a map of dotted keys, as `baseline` is one, at the reader's path. *sound: the map of its keys
 * without a mistake; NULL when it is no such map. BNN_OK, or the worst status of its messages. */
int bnn_sweep_check_map(const bnn_reader *r, const bnn_node *map, const bnn_node **sound);

/* The spec with sections in its maps of dotted keys (sweep, baseline, compare.baseline, start, teacher)
 * written as dotted keys; to be done before all else here. NULL after a message. */
const bnn_node *bnn_sweep_write_dots(const bnn_reader *r, const bnn_node *spec);

/* The point that a spec becomes with n values set, without a label. BNN_OK, or a negative status after
 * a message. */
int bnn_sweep_point(const bnn_node *root, size_t n, const bnn_pair *pairs, bnn_arena *arena,
                    bnn_diag *diag, bnn_point *out);

/* Gives each of the n points a label of its own: what the sweep set there, of the keys whose value
 * differs from that of the base spec at some point. Labels are allocated in the arena. BNN_OK, or
 * BNN_E_INTERNAL without memory. */
int bnn_label_points(const bnn_node *spec, size_t n, bnn_point *points, bnn_arena *arena);

/* The key of a map of dotted keys that is what a point is called, and none that it sets. */
bool bnn_sweep_is_label(const char *key);

/* Applies a command-line override "dotted.key=YAML value". A list value for a key outside `sweep`
 * becomes an entry of sweep.grid (-s model.ste=[clipped,approx_sign]), unless the spec's value at
 * that key is a list itself or the key is "seeds". Any other value is the value of all points: it
 * takes the key out of sweep.grid, sweep.zip and sweep.random. Keys below these, baseline, start and
 * teacher are dotted keys of these maps. Override `number`, from 1, is the file "-s NUMBER" of its positions.
 * Returns the new root, or NULL after a message. */
const bnn_node *bnn_sweep_override(const bnn_reader *r, const bnn_node *spec, size_t number,
                                   const char *text);

/* Whether a position is one of an override. */
bool bnn_sweep_is_override(bnn_position_in_file at);

/* The key of the points that an override's key sets: what stands behind "sweep.grid." and the like.
 * NULL when it is several, as for "sweep". */
const char *bnn_sweep_key(const char *key);

#endif
