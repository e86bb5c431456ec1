#include "base/arena.h"

#include "base/size.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Blocks are carved from chunks. Large blocks get a chunk of their own, so a run's tensors are
 * page-aligned runs of memory and a spec's many small strings share one. Where memory is watched, or made to fail, all
 * blocks are apart (see configure.ac). */
#ifdef BNN_ARENA_APART
enum { CHUNK_BYTES = 0 };
#else
enum { CHUNK_BYTES = 64 * 1024 };
#endif

typedef struct chunk {
    struct chunk *next;
    size_t size; /* usable bytes after the header */
    size_t used;
} chunk;

enum { HEADER_BYTES = (sizeof(chunk) + BNN_ALIGN - 1) / BNN_ALIGN * BNN_ALIGN };

struct bnn_arena {
    chunk *chunks; /* the newest first */
    size_t used_bytes;
    size_t limit_bytes;
    bool fenced, lacks;
    size_t n_fences, fences_capacity;
    uint64_t **fences; /* [n_fences] */
};

enum { FENCE_BYTES = BNN_ALIGN, FENCE_WORDS = FENCE_BYTES / sizeof(uint64_t) };
static const uint64_t fence_word = UINT64_C(0x7ff8fe7cefe7cefe); /* no number */

bnn_arena *bnn_arena_create(size_t limit_bytes)
{
    bnn_arena *arena = calloc(1, sizeof *arena);
    if (arena != NULL)
        arena->limit_bytes = limit_bytes;
    return arena;
}

void bnn_arena_destroy(bnn_arena *arena)
{
    if (arena == NULL)
        return;
    for (chunk *c = arena->chunks, *next; c != NULL; c = next) {
        next = c->next;
        free(c);
    }
    free(arena->fences);
    free(arena);
}

static chunk *add_chunk(bnn_arena *arena, size_t bytes)
{
    const size_t size = bytes > CHUNK_BYTES ? bytes : CHUNK_BYTES;
    if (size > SIZE_MAX - HEADER_BYTES)
        return NULL;
    chunk *c = aligned_alloc(BNN_ALIGN, HEADER_BYTES + size);
    if (c == NULL)
        return NULL;
    *c = (chunk){.next = arena->chunks, .size = size};
    arena->chunks = c;
    return c;
}

/* ---- fences ------------------------------------------------------------------------------ */

void bnn_arena_fence(bnn_arena *arena)
{
    arena->fenced = true;
}

bool bnn_arena_is_whole(const bnn_arena *arena)
{
    for (size_t i = 0; i < arena->n_fences; i++)
        for (size_t k = 0; k < FENCE_WORDS; k++)
            if (arena->fences[i][k] != fence_word)
                return false;
    return true;
}

/* False without memory. */
static bool arena_put_up_fence(bnn_arena *arena, void *at)
{
    if (arena->n_fences == arena->fences_capacity) {
        const size_t capacity = arena->fences_capacity == 0 ? 64 : 2 * arena->fences_capacity;
        uint64_t **grown = realloc(arena->fences, capacity * sizeof *grown);
        if (grown == NULL)
            return false;
        arena->fences = grown;
        arena->fences_capacity = capacity;
    }
    uint64_t *fence = at;
    for (size_t k = 0; k < FENCE_WORDS; k++)
        fence[k] = fence_word;
    arena->fences[arena->n_fences++] = fence;
    return true;
}

/* ---- blocks ------------------------------------------------------------------------------ */

static void *arena_cut(bnn_arena *arena, size_t n, size_t size)
{
    size_t bytes = bnn_size_product(n, size);
    if (bytes > SIZE_MAX - BNN_ALIGN)
        return NULL;
    bytes = bnn_size_round_up(bytes, BNN_ALIGN);
    if (bytes > arena->limit_bytes - arena->used_bytes)
        return NULL;
    chunk *c = arena->chunks;
    if (c == NULL || bytes > c->size - c->used) {
        c = add_chunk(arena, bytes);
        if (c == NULL)
            return NULL;
    }
    void *block = (char *)c + HEADER_BYTES + c->used;
    c->used += bytes;
    arena->used_bytes += bytes;
    return memset(block, 0, bytes);
}

static void *arena_cut_fenced(bnn_arena *arena, size_t n, size_t size)
{
    size_t bytes = bnn_size_product(n, size);
    if (bytes > SIZE_MAX - BNN_ALIGN - FENCE_BYTES)
        return NULL;
    bytes = bnn_size_round_up(bytes, BNN_ALIGN);
    char *block = arena_cut(arena, bytes + FENCE_BYTES, 1);
    return block != NULL && arena_put_up_fence(arena, block + bytes) ? block : NULL;
}

void *bnn_arena_alloc(bnn_arena *arena, size_t n, size_t size)
{
    void *block = arena->fenced ? arena_cut_fenced(arena, n, size) : arena_cut(arena, n, size);
    arena->lacks |= block == NULL;
    return block;
}

bool bnn_arena_lacks(const bnn_arena *arena)
{
    return arena->lacks;
}

void *bnn_arena_copy(bnn_arena *arena, const void *from, size_t n, size_t size)
{
    void *copy = bnn_arena_alloc(arena, n, size);
    if (copy != NULL && n > 0)
        memcpy(copy, from, n * size);
    return copy;
}

void *bnn_arena_grow(bnn_arena *arena, void *rows, size_t n, size_t *capacity, size_t size)
{
    if (n < *capacity)
        return rows;
    const size_t grown = *capacity == 0 ? 32 : 2 * *capacity;
    void *copy = bnn_arena_alloc(arena, grown, size);
    if (copy != NULL && n > 0)
        memcpy(copy, rows, n * size);
    if (copy != NULL)
        *capacity = grown;
    return copy;
}

char *bnn_arena_strdup(bnn_arena *arena, const char *text)
{
    return bnn_arena_copy(arena, text, strlen(text) + 1, 1);
}

char *bnn_arena_printf(bnn_arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = n < 0 ? NULL : bnn_arena_alloc(arena, (size_t)n + 1, 1);
    if (text == NULL)
        return NULL;
    va_start(args, format);
    vsnprintf(text, (size_t)n + 1, format, args);
    va_end(args);
    return text;
}

size_t bnn_arena_used_bytes(const bnn_arena *arena)
{
    return arena->used_bytes;
}
