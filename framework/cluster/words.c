#include "cluster/words.h"

#include "base/memstream.h"

#include <stdlib.h>
#include <string.h>

/* ---- quoted ------------------------------------------------------------------------------ */

/* Whether a word means itself without quotes. */
static bool words_is_plain(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_/.:,+@%=-";
    return *word != '\0' && word[strspn(word, plain)] == '\0';
}

void bnn_slurm_put_word(const char *word, FILE *out)
{
    if (words_is_plain(word)) {
        fputs(word, out);
        return;
    }
    putc('\'', out);
    for (; *word != '\0'; word++)
        if (*word == '\'')
            fputs("'\\''", out);
        else
            putc(*word, out);
    putc('\'', out);
}

void bnn_slurm_put_option(const char *word, FILE *out)
{
    if (words_is_plain(word)) {
        fputs(word, out);
        return;
    }
    putc('"', out);
    for (; *word != '\0'; word++) {
        if (*word == '"' || *word == '\\')
            putc('\\', out);
        putc(*word, out);
    }
    putc('"', out);
}

void bnn_slurm_put_words(const char *const *words, FILE *out)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        fputs(i > 0 ? " " : "", out);
        bnn_slurm_put_word(words[i], out);
    }
}

/* ---- texts ------------------------------------------------------------------------------- */

bool bnn_slurm_text_begin(bnn_slurm_text *text)
{
    *text = (bnn_slurm_text){.n = 0};
    text->out = bnn_memstream_open(&text->bytes, &text->n);
    return text->out != NULL;
}

const char *bnn_slurm_text_end(bnn_slurm_text *text, bnn_arena *arena)
{
    const char *own =
        bnn_memstream_close(text->out, &text->bytes) ? bnn_arena_strdup(arena, text->bytes) : NULL;
    free(text->bytes);
    return own;
}

/* ------------------------------------------------------------------------------------------ */

const char *bnn_slurm_array_name(const char *experiment, bnn_arena *arena)
{
    return bnn_arena_printf(arena, "bnnrun-%s", experiment);
}

const char *bnn_slurm_merge_name(const char *experiment, bnn_arena *arena)
{
    return bnn_arena_printf(arena, "bnnrun-%s-merge", experiment);
}

const char *bnn_slurm_tasks_text(const bool *due, uint32_t n_tasks, uint32_t limit,
                                 bnn_arena *arena)
{
    bnn_slurm_text t;
    const char *between = "";
    if (!bnn_slurm_text_begin(&t))
        return NULL;
    for (uint32_t i = 1, last; i <= n_tasks; i = last + 1) {
        last = i;
        if (!due[i])
            continue;
        while (last < n_tasks && due[last + 1])
            last++;
        fprintf(t.out, "%s%u", between, i);
        if (last > i)
            fprintf(t.out, "%s%u", last == i + 1 ? "," : "-", last);
        between = ",";
    }
    if (limit > 0)
        fprintf(t.out, "%%%u", limit);
    return bnn_slurm_text_end(&t, arena);
}

/* Up to four numbers of at most five digits: behind days come hours, else a number alone is minutes, and two are
 * minutes and seconds. */
uint64_t bnn_slurm_seconds(const char *time)
{
    enum { PARTS = 3 };
    static const uint64_t with_days[PARTS] = {3600, 60, 1},
                          units[PARTS][PARTS] = {{60, 0, 0}, {60, 1, 0}, {3600, 60, 1}};
    uint64_t days = 0, parts[PARTS], seconds = 0;
    size_t n = 0;
    bool has_days = false;
    for (const char *at = time;;) {
        const size_t digits = strspn(at, "0123456789");
        if (digits == 0 || digits > 5 || n == PARTS)
            return 0;
        const uint64_t number = strtoull(at, NULL, 10);
        at += digits;
        if (*at == '-' && n == 0 && !has_days) {
            has_days = true;
            days = number;
        } else
            parts[n++] = number;
        if (*at == '\0')
            break;
        if (*at != ':' && (*at != '-' || n > 0))
            return 0;
        at++;
    }
    for (size_t i = 0; i < n; i++)
        seconds += parts[i] * (has_days ? with_days[i] : units[n - 1][i]);
    return n == 0 ? 0 : days * 24 * 3600 + seconds;
}
