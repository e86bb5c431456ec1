/* looks.h - a design carried out: which looks there have been, and what they said.
 *
 * All of it is a pure function of the runs that have ended, whoever ran them and in which order: who
 * stops anywhere and asks again is told the same. A look is made when every config that is still in
 * has ended its runs up to it, and so has the baseline. Then a config with a verdict leaves: what it
 * may have of later seeds, from elsewhere, is not looked at. */
#ifndef BNN_COMPARISON_LOOKS_H
#define BNN_COMPARISON_LOOKS_H

#include "base/arena.h"
#include "comparison/comparison.h"

typedef struct bnn_looks {
    size_t made;         /* looks, of those of the design */
    size_t due;          /* so many seeds has a config that is in to have next; 0: it is over */
    size_t *asked;       /* [configs]: looks in which it was; a config that left, up to then */
    bool *has_left;      /* [configs]: it has its verdict, that of its last look */
    bnn_answer *answers; /* [made][configs]; of a config, `asked` of them */
    bnn_comparison *comparisons; /* [made] */
} bnn_looks;

/* paired: of all seeds of the design, in its order; ended[configs][seeds]: the config's run and that
 * of the baseline have ended, well or not. Arrays are from the arena. Errors as bnn_compare_look. */
int bnn_looks_make(const bnn_paired *paired, const bool *ended, const bnn_question *question,
                   const bnn_design *design, bnn_arena *arena, bnn_looks *out, bnn_error *err);

/* The answer of a config's last look, or NULL. */
const bnn_answer *bnn_looks_answer(const bnn_looks *looks, size_t configs, size_t config);

#endif
