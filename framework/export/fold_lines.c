#include "export/fold_lines.h"

#include "export/fold.h"
#include "export/line.h"
#include "infer/lines.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* As in fold.c: more different sums of a channel are not run. */
#define SUMS_MAX ((int64_t)1 << 22)

typedef struct folding {
    const bnn_stage *stage;
    const bnn_op *ops;
    uint32_t n, pool; /* ops; index of the pool, n without one */
    int32_t levels;   /* codes above the least */
    /* The channel at hand: all sums that it can give, and what they become. */
    int32_t first;
    size_t n_sums;
    float *before; /* [n_sums]: what the pool would see */
    float *after;  /* [n_sums]: codes, or what the sign would see, of a pool over one value */
    bnn_line_search *searches; /* [op.out.c]: of the sums, or of their negations */
    bool *falls;               /* [op.out.c]: the latter */
    uint8_t *least;            /* [op.out.c] */
    int64_t *factor, *offset;  /* [op.out.c]: of lines of what was searched */
    bnn_error *err;
} folding;

static void lines_run_sums(folding *f, uint32_t c)
{
    for (size_t i = 0; i < f->n_sums; i++)
        f->before[i] = bnn_stage_sum_value(f->stage, f->first + (int32_t)i);
    for (uint32_t i = 0; i < f->pool; i++)
        bnn_op_kind_of(f->ops[i].type)
            ->apply_channel(&f->ops[i], c, f->n_sums, f->before, f->before);
    memcpy(f->after, f->before, f->n_sums * sizeof *f->after);
    for (uint32_t i = f->pool + 1; i < f->n; i++)
        bnn_op_kind_of(f->ops[i].type)->apply_channel(&f->ops[i], c, f->n_sums, f->after, f->after);
}

/* The code of sum i, counted from the least; -1 where it is none. */
static int32_t lines_code_at(const folding *f, size_t i)
{
    const float v = f->after[i], low = (float)f->stage->out_codes.min;
    if (f->stage->outputs == BNN_VALUES_BITS)
        return v >= 0.0f;
    return v >= low && v <= (float)f->stage->out_codes.max && floorf(v) == v ? (int32_t)(v - low)
                                                                             : -1;
}

/* Whether the greatest value of a window is that of its greatest sum, or that of its least. */
static int lines_turn_pool(const folding *f, uint32_t c)
{
    bool rises = true, falls = true;
    for (size_t i = 1; f->pool < f->n && i < f->n_sums; i++) {
        rises = rises && f->before[i] >= f->before[i - 1];
        falls = falls && f->before[i] <= f->before[i - 1];
    }
    f->least[c] = !rises;
    if (!rises && !falls)
        return bnn_fail(f->err, BNN_E_FAILED,
                        "channel %u in front of %s neither rises nor falls with the sum", c,
                        f->ops[f->pool].name);
    return BNN_OK;
}

/* Which way codes go, and the sums at which they change. */
static int lines_find_thresholds(folding *f, uint32_t c, int32_t *threshold)
{
    bool rises = true, falls = true;
    int32_t before = lines_code_at(f, 0);
    for (size_t i = 0; i < f->n_sums; i++) {
        const int32_t code = lines_code_at(f, i);
        if (code < 0)
            return bnn_fail(f->err, BNN_E_FAILED, "channel %u makes %g of a sum, which is no code",
                            c, (double)f->after[i]);
        rises = rises && code >= before;
        falls = falls && code <= before;
        before = code;
    }
    if (!rises && !falls)
        return bnn_fail(f->err, BNN_E_FAILED, "channel %u neither rises nor falls with the sum", c);
    const int32_t last = f->first + (int32_t)(f->n_sums - 1);
    bnn_line_search *s = &f->searches[c];
    f->falls[c] = !rises;
    *s = (bnn_line_search){.threshold = threshold,
                           .n = f->levels,
                           .first = rises ? f->first : -last,
                           .last = rises ? last : -f->first};
    int32_t k = 0;
    for (size_t i = 0; i < f->n_sums; i++)
        for (const int32_t code = lines_code_at(f, rises ? i : f->n_sums - 1 - i); k < code; k++)
            threshold[k] = s->first + (int32_t)i;
    while (k < f->levels)
        threshold[k++] = s->last + 1;
    if (!bnn_line_bound(s))
        return bnn_fail(f->err, BNN_E_FAILED, "the codes of channel %u lie on no line", c);
    return BNN_OK;
}

static int lines_fold_channel(folding *f, uint32_t c, int32_t *threshold)
{
    int32_t last;
    bnn_stage_sums_reach(f->stage, c, &f->first, &last);
    f->n_sums = (size_t)(last - f->first) + 1;
    lines_run_sums(f, c);
    const int status = lines_turn_pool(f, c);
    return status == BNN_OK ? lines_find_thresholds(f, c, threshold) : status;
}

/* Whether floats can say the line, too: for engines and formats that have no integers. */
static bool lines_have_floats(const folding *f, uint32_t c, uint32_t shift)
{
    const bnn_line line = {.factor = f->factor[c],
                           .offset = f->offset[c],
                           .shift = shift,
                           .codes = f->stage->out_codes,
                           .bits = f->stage->outputs == BNN_VALUES_BITS};
    float factor, offset;
    return bnn_line_in_floats(&line, f->searches[c].first, f->searches[c].last, &factor, &offset);
}

/* The channel whose sums reach the most thresholds. */
static uint32_t lines_widest(const folding *f)
{
    uint32_t widest = 0;
    int32_t most = -1;
    for (uint32_t c = 0; c < f->stage->op.out.c; c++) {
        const bnn_line_search *s = &f->searches[c];
        int32_t n = 0;
        for (int32_t k = 0; k < s->n; k++)
            n += s->threshold[k] > s->first && s->threshold[k] <= s->last;
        if (n > most) {
            most = n;
            widest = c;
        }
    }
    return widest;
}

/* The line of another channel, if it is as good: it takes no bytes where all have the same. */
static bool lines_take(folding *f, uint32_t c, uint32_t from, uint32_t shift)
{
    f->factor[c] = f->factor[from];
    f->offset[c] = f->offset[from];
    return bnn_line_holds(&f->searches[c], shift, f->factor[c], f->offset[c]) &&
           lines_have_floats(f, c, shift);
}

static bool lines_find_own(folding *f, uint32_t c, uint32_t shift)
{
    return bnn_line_find(&f->searches[c], shift, BNN_SUM_MAX, &f->factor[c], &f->offset[c]) &&
           f->offset[c] >= -BNN_LINE_OFFSET_MAX && f->offset[c] <= BNN_LINE_OFFSET_MAX &&
           lines_have_floats(f, c, shift);
}

/* The smallest shift with which all channels have lines: it takes the fewest bytes. */
static int lines_find(folding *f, uint32_t *shift)
{
    const uint32_t channels = f->stage->op.out.c, widest = lines_widest(f);
    uint32_t c = widest;
    for (*shift = 0; *shift <= BNN_LINE_SHIFT_MAX; ++*shift) {
        if (!lines_find_own(f, widest, *shift))
            continue;
        for (c = 0; c < channels && (c == widest || lines_take(f, c, widest, *shift) ||
                                     lines_find_own(f, c, *shift));)
            c++;
        if (c == channels)
            return BNN_OK;
    }
    return bnn_fail(f->err, BNN_E_FAILED, "the codes of channel %u lie on no line", c);
}

/* The most sums of a channel, and memory for them. */
static int lines_reserve(folding *f, int32_t **thresholds)
{
    const uint32_t channels = f->stage->op.out.c;
    int64_t most = 0;
    assert(channels > 0);
    for (uint32_t c = 0; c < channels; c++) {
        int32_t first, last;
        bnn_stage_sums_reach(f->stage, c, &first, &last);
        const int64_t n = (int64_t)last - first + 1;
        most = n > most ? n : most;
    }
    if (most > SUMS_MAX)
        return bnn_fail(f->err, BNN_E_FAILED, "%lld different sums are more than %lld",
                        (long long)most, (long long)SUMS_MAX);
    f->before = malloc((size_t)most * sizeof *f->before);
    f->after = malloc((size_t)most * sizeof *f->after);
    f->searches = calloc(channels, sizeof *f->searches);
    f->falls = calloc(channels, sizeof *f->falls);
    *thresholds = malloc((size_t)channels * (size_t)f->levels * sizeof **thresholds);
    return f->before != NULL && f->after != NULL && f->searches != NULL && f->falls != NULL &&
                   *thresholds != NULL
               ? BNN_OK
               : bnn_no_memory(f->err);
}

static int lines_fold(folding *f, bnn_arena *arena, bnn_lines *lines)
{
    const uint32_t channels = f->stage->op.out.c;
    int32_t *thresholds = NULL;
    int status = lines_reserve(f, &thresholds);
    f->least = bnn_arena_alloc(arena, channels, sizeof *f->least);
    f->factor = bnn_arena_alloc(arena, channels, sizeof *f->factor);
    f->offset = bnn_arena_alloc(arena, channels, sizeof *f->offset);
    if (status == BNN_OK && (f->least == NULL || f->factor == NULL || f->offset == NULL))
        status = bnn_no_memory(f->err);
    for (uint32_t c = 0; status == BNN_OK && c < channels; c++)
        status = lines_fold_channel(f, c, thresholds + (size_t)c * (size_t)f->levels);
    if (status == BNN_OK)
        status = lines_find(f, &lines->shift);
    for (uint32_t c = 0; status == BNN_OK && c < channels; c++)
        f->factor[c] = f->falls[c] ? -f->factor[c] : f->factor[c];
    free(thresholds);
    return status;
}

int bnn_fold_lines(bnn_stage *stage, const bnn_op *ops, uint32_t n, bnn_arena *arena,
                   bnn_error *err)
{
    folding f = {.stage = stage, .ops = ops, .n = n, .err = err};
    if (stage->outputs == BNN_VALUES_BITS)
        stage->out_codes = (bnn_range){0, 1};
    f.levels = stage->out_codes.max - stage->out_codes.min;
    bnn_lines *lines = bnn_arena_alloc(arena, 1, sizeof *lines);
    const char *end = stage->outputs == BNN_VALUES_BITS ? "sign" : "quantizer";
    int status = lines == NULL ? bnn_no_memory(err) : bnn_fold_find_pool(ops, n, end, &f.pool, err);
    if (status == BNN_OK)
        status = lines_fold(&f, arena, lines);
    free(f.before);
    free(f.after);
    free(f.searches);
    free(f.falls);
    if (status != BNN_OK)
        return status;
    stage->out = stage->op.out;
    lines->factor = f.factor;
    lines->offset = f.offset;
    if (f.pool < n) {
        stage->out = ops[f.pool].out;
        lines->pool = ops[f.pool].kernel;
        lines->pool_stride = ops[f.pool].stride;
        lines->least = f.least;
    }
    stage->lines = lines;
    return BNN_OK;
}
