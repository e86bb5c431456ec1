/* effect.h - keys of a spec that are set and do nothing in any point of the sweep.
 *
 * A key acts where the condition of its row holds (bnn_key.acts). One that acts in one point may
 * idle in others: an STE beside a float baseline is fine. */
#ifndef BNN_SPEC_EFFECT_H
#define BNN_SPEC_EFFECT_H

#include "spec/key.h"
#include "spec/sweep.h"

typedef struct bnn_effect_key bnn_effect_key;

/* A key that idles in a point for a reason that its row cannot say. One whose row has no condition at
 * all is named in the points where it acts, too. */
typedef struct bnn_idle {
    const char *path;
    const char *why;     /* "no binary layer pads its input"; NULL: it acts */
    const char *depends; /* "KEY|...": the keys that decide it */
    bool in_vain; /* the key is set, and comes to nothing: those idle whose conditions name it */
} bnn_idle;

/* Zeroed but for these two, then filled by note. */
typedef struct bnn_effects {
    const bnn_section *spec; /* all keys that there are */
    bnn_arena *arena;
    size_t n, capacity;
    bnn_effect_key *keys;
} bnn_effects;

/* Notes which keys of a point act in the config that it became, by its settings and the n_idle that
 * idle for another reason. What depends on a section of which there are none, as it has a mistake,
 * acts. What is no map has none. BNN_OK or BNN_E_INTERNAL. */
int bnn_effect_note(bnn_effects *effects, const bnn_point *point, const bnn_settings *settings,
                    const bnn_idle *idle, size_t n_idle);

/* After all points: an error for each key that acts in none. overrides: as bnn_sweep_override takes
 * them, closed by NULL. What the file sets and one of them may have switched off is a warning. */
void bnn_effect_report(bnn_effects *effects, const bnn_sweep *sweep, const char *const *overrides,
                       bnn_diag *diag);

#endif
