/* arena.h - memory whose lifetime is the lifetime of one object.
 *
 * An arena hands out zeroed, 64-byte aligned blocks and frees them all at once. One arena holds a
 * parsed spec, one holds everything a run needs; nothing is allocated inside a training step.
 * An arena belongs to one thread at a time. */
#ifndef BNN_BASE_ARENA_H
#define BNN_BASE_ARENA_H

#include "base/error.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BNN_ALIGN = 64 };

/* How far arenas may grow: bounds on what a hostile file or a mistake can ask for, far above what
 * sound ones need; a spec's configs take kilobytes each, LeNet-5 in training 17 MB. */
#define BNN_SMALL_LIMIT_BYTES   ((size_t)64 << 20) /* texts and descriptions */
#define BNN_SPEC_LIMIT_BYTES    ((size_t)2 << 30)  /* a spec and the configs of its sweep */
#define BNN_NETWORK_LIMIT_BYTES ((size_t)4 << 30)  /* a network in training, with its gradients */
#define BNN_MODEL_LIMIT_BYTES   ((size_t)16 << 30) /* a model: its file, unpacked, as floats */

typedef struct bnn_arena bnn_arena;

/* Creates an arena that refuses to grow beyond limit_bytes (a bound on hostile sizes).
 * The caller destroys it. NULL when there is no memory. */
bnn_arena *bnn_arena_create(size_t limit_bytes);

/* Frees every block. NULL is allowed. */
void bnn_arena_destroy(bnn_arena *arena);

/* From now on a fence stands behind each block, so that writing behind its end is seen: is_whole looks at all
 * of them. They count as bytes of the arena. */
void bnn_arena_fence(bnn_arena *arena);
bool bnn_arena_is_whole(const bnn_arena *arena);

/* n * size zeroed bytes, 64-byte aligned, or NULL when the product overflows, the limit is
 * reached or there is no memory. Zero bytes give a valid pointer that must not be read. */
void *bnn_arena_alloc(bnn_arena *arena, size_t n, size_t size);

/* Whether that was ever NULL: for whoever cannot tell from a NULL what it is for. */
bool bnn_arena_lacks(const bnn_arena *arena);

/* A copy of n * size bytes, or NULL likewise. */
void *bnn_arena_copy(bnn_arena *arena, const void *from, size_t n, size_t size);

/* Room for one more than n rows of this size: the rows, or a larger copy of them after changing
 * *capacity; NULL likewise. */
void *bnn_arena_grow(bnn_arena *arena, void *rows, size_t n, size_t *capacity, size_t size);

/* A copy of the text in the arena, or NULL. bnn_arena_printf formats into the arena. */
char *bnn_arena_strdup(bnn_arena *arena, const char *text);
char *bnn_arena_printf(bnn_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Bytes handed out so far, rounding included. */
size_t bnn_arena_used_bytes(const bnn_arena *arena);

/* Memory from which parts are cut, each aligned like an arena's; NULL to know how much they use. */
typedef struct bnn_cut {
    uint8_t *memory;
    size_t used;
} bnn_cut;

/* The next part, n * size bytes; NULL where there is no memory. */
static inline void *bnn_cut_off(bnn_cut *cut, size_t n, size_t size)
{
    void *const part = cut->memory != NULL ? cut->memory + cut->used : NULL;
    cut->used += (n * size + BNN_ALIGN - 1) / BNN_ALIGN * BNN_ALIGN;
    return part;
}

#endif
