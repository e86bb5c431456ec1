#include "conform/conform_internal.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MEMORY_ALIGNMENT = 64, MEMORY_FILL = 0xa5 };

static size_t memory_round_up(size_t n, size_t unit)
{
    return (n + unit - 1) / unit * unit;
}

/* The bytes of a block's pages, without the one behind. */
static size_t memory_pages(size_t n_bytes)
{
    return memory_round_up(n_bytes + 1, (size_t)sysconf(_SC_PAGESIZE));
}

/* The few bytes between the end and the page behind are filled, and looked at when all is freed. */
void *conform_bytes(conform_memory *m, size_t n_bytes)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    CONFORM_REQUIRE(m->s, m->n < sizeof m->blocks / sizeof *m->blocks && n_bytes < SIZE_MAX / 4,
                    "asks for %zu bytes of memory", n_bytes);
    const size_t whole = memory_pages(n_bytes);
    char *pages =
        mmap(NULL, whole + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CONFORM_REQUIRE(m->s, pages != MAP_FAILED && mprotect(pages + whole, page, PROT_NONE) == 0,
                    "asks for %zu bytes of memory, more than there are", n_bytes);
    char *at = pages + whole - memory_round_up(n_bytes, MEMORY_ALIGNMENT);
    memset(at + n_bytes, MEMORY_FILL, (size_t)(pages + whole - (at + n_bytes)));
    m->blocks[m->n++] = (struct conform_block){at, n_bytes};
    return at;
}

void conform_memory_free(conform_memory *m)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    while (m->n > 0) {
        const struct conform_block *b = &m->blocks[--m->n];
        const size_t rounded = memory_round_up(b->n_bytes, MEMORY_ALIGNMENT);
        for (size_t i = b->n_bytes; i < rounded; i++)
            CONFORM_REQUIRE(m->s, (unsigned char)b->at[i] == MEMORY_FILL,
                            "writes behind the end of memory of %zu bytes", b->n_bytes);
        const size_t whole = memory_pages(b->n_bytes);
        munmap(b->at + rounded - whole, whole + page);
    }
}

/* SplitMix64 (Steele, Lea & Flood 2014). */
static uint64_t memory_random_bits(conform_memory *m)
{
    uint64_t z = m->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

uint32_t conform_random_between(conform_memory *m, uint32_t low, uint32_t high)
{
    return low + (uint32_t)(memory_random_bits(m) % (high - low + 1u));
}

float conform_random_float(conform_memory *m)
{
    return (float)(memory_random_bits(m) >> 40) * 0x1p-23f - 1.0f;
}

float *conform_random_floats(conform_memory *m, size_t n)
{
    float *x = conform_bytes(m, n * sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = conform_random_float(m);
    return x;
}

float *conform_empty_floats(conform_memory *m, size_t n)
{
    CONFORM_REQUIRE(m->s, n < SIZE_MAX / sizeof(float), "asks for %zu floats of memory", n);
    float *x = conform_bytes(m, n * sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = NAN;
    return x;
}

bool conform_is_same(float a, float b)
{
    /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): the bits are meant: 0 and -0 differ */
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

void conform_require_same(const conform_subject *s, const char *table, const float *got,
                          const float *want, size_t n)
{
    for (size_t i = 0; i < n; i++)
        CONFORM_REQUIRE(s, conform_is_same(got[i], want[i]),
                        "%s: element %zu of %zu is %a, expected %a", table, i, n, (double)got[i],
                        (double)want[i]);
}
