/* words.h - words as bash and Slurm read them: quoted, as names, lists of tasks and times. */
#ifndef BNN_CLUSTER_WORDS_H
#define BNN_CLUSTER_WORDS_H

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* As bash reads it as one word: 'a b'; and as sbatch does in a line of #SBATCH: "a b". */
void bnn_slurm_put_word(const char *word, FILE *out);
void bnn_slurm_put_option(const char *word, FILE *out);

/* Words of bash, up to a NULL, with a blank between them. */
void bnn_slurm_put_words(const char *const *words, FILE *out);

/* A text that is put together: bytes and n are there once it is ended. */
typedef struct bnn_slurm_text {
    FILE *out;
    char *bytes; /* malloc'ed */
    size_t n;
} bnn_slurm_text;

/* False without memory; end releases what begin made, and gives the text in the arena, or NULL without memory. */
bool bnn_slurm_text_begin(bnn_slurm_text *text);
const char *bnn_slurm_text_end(bnn_slurm_text *text, bnn_arena *arena);

/* What the jobs of an experiment are called, by which they are found again in the queue. In the arena; NULL without
 * memory. */
const char *bnn_slurm_array_name(const char *experiment, bnn_arena *arena);
const char *bnn_slurm_merge_name(const char *experiment, bnn_arena *arena);

/* "1-3,7", with "%4" behind it for a limit (0: none), of due[n_tasks + 1]. In the arena; NULL without memory. */
const char *bnn_slurm_tasks_text(const bool *due, uint32_t n_tasks, uint32_t limit,
                                 bnn_arena *arena);

/* The seconds of a --time ("90", minutes; "1:30:00"; "2-12"); 0: it is none. And the least that leaves time to train,
 * since the warning comes 120 seconds before the end, or up to 60 earlier. */
enum { BNN_SLURM_LEAST_SECONDS = 300 };
uint64_t bnn_slurm_seconds(const char *time);

#endif
