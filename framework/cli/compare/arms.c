/* arms.c - the runs of a comparison as arms with a result a seed. */
#include "base/text.h"
#include "cli/compare/compare.h"
#include "cli/label.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- from rows to arms ----------------------------------------------------------------------- */

static int arms_order_seeds(const void *left, const void *right)
{
    const int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* All seeds of the rows, ascending, each once. */
static int arms_find_seeds(const bnn_store_compared *rows, size_t n, bnn_arena *arena,
                           cli_arms *out, bnn_error *err)
{
    int64_t *seeds = bnn_arena_alloc(arena, n + 1, sizeof *seeds);
    size_t n_all = 0, n_seeds = 0;
    if (seeds == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < n; i++)
        if (rows[i].seed >= 0)
            seeds[n_all++] = rows[i].seed;
    qsort(seeds, n_all, sizeof *seeds, arms_order_seeds);
    for (size_t i = 0; i < n_all; i++)
        if (i == 0 || seeds[i] != seeds[n_seeds - 1])
            seeds[n_seeds++] = seeds[i];
    out->seeds = seeds;
    out->n_seeds = n_seeds;
    return BNN_OK;
}

static size_t arms_seed(const cli_arms *arms, int64_t seed)
{
    return (size_t)((const int64_t *)bsearch(&seed, arms->seeds, arms->n_seeds, sizeof seed,
                                             arms_order_seeds) -
                    arms->seeds);
}

size_t cli_arms_find(const cli_arms *arms, const char *config, int64_t seed)
{
    size_t i = 0;
    if (arms->n_seeds == 0 ||
        bsearch(&seed, arms->seeds, arms->n_seeds, sizeof seed, arms_order_seeds) == NULL)
        return arms->n;
    while (i < arms->n && strcmp(arms->arms[i].config, config) != 0)
        i++;
    return i;
}

/* An arm without results. */
static int arm_begin(const cli_arms *arms, const char *label, bnn_arena *arena, cli_arm *out,
                     bnn_error *err)
{
    *out = (cli_arm){.label = label,
                     .values = bnn_arena_alloc(arena, arms->n_seeds, sizeof *out->values),
                     .failed = bnn_arena_alloc(arena, arms->n_seeds, sizeof *out->failed),
                     .uids = bnn_arena_alloc(arena, arms->n_seeds, sizeof *out->uids)};
    if (label == NULL || out->values == NULL || out->failed == NULL || out->uids == NULL)
        return bnn_no_memory(err);
    for (size_t s = 0; s < arms->n_seeds; s++)
        out->values[s] = (double)NAN;
    return BNN_OK;
}

static void arm_end(const cli_arms *arms, cli_arm *arm)
{
    double sum = 0;
    for (size_t s = 0; s < arms->n_seeds; s++) {
        const bool done = !isnan(arm->values[s]);
        arm->n_done += done;
        arm->n_failed += !done && arm->failed[s];
        sum += done ? arm->values[s] : 0;
    }
    arm->n_missing = arms->n_seeds - arm->n_done - arm->n_failed;
    arm->mean = arm->n_done > 0 ? sum / (double)arm->n_done : (double)NAN;
}

/* What a run came to, unless another experiment has a result of it. */
static void arm_take(const cli_arms *arms, const bnn_store_compared *row, double unit, cli_arm *arm)
{
    const size_t s = arms_seed(arms, row->seed);
    if (isfinite(row->value)) {
        arm->values[s] = unit * row->value;
        arm->uids[s] = row->uid;
    }
    arm->failed[s] |= strcmp(row->state, "failed") == 0;
    arm->n_stale += strcmp(row->state, "stale") == 0;
}

/* A label as any form can show it, whoever wrote it. NULL without memory. */
static const char *arm_clean_label(const char *label, bnn_arena *arena)
{
    char *clean = bnn_arena_strdup(arena, label);
    return clean == NULL ? NULL : bnn_text_clean(clean, "");
}

/* What holds of the config in one of the experiments whose runs these are. */
static int arm_describe(const bnn_store_compared *row, bnn_arena *arena, cli_arm *arm,
                        bnn_error *err)
{
    size_t i = 0;
    while (i < arm->n_experiments && strcmp(arm->experiments[i], row->experiment) != 0)
        i++;
    if (i == arm->n_experiments) {
        arm->experiments = bnn_arena_grow(arena, arm->experiments, i, &arm->experiments_room,
                                          sizeof *arm->experiments);
        if (arm->experiments == NULL)
            return bnn_no_memory(err);
        arm->experiments[arm->n_experiments++] = row->experiment;
    }
    arm->in_spec |= row->in_spec;
    if (row->dropped_at > arm->dropped_at)
        arm->dropped_at = row->dropped_at;
    if (row->n_rungs > arm->n_rungs)
        arm->n_rungs = row->n_rungs;
    return BNN_OK;
}

/* Rows of one config follow each other. */
static int arms_make(const bnn_store_compared *rows, size_t n, const bnn_metric *metric,
                     bnn_arena *arena, cli_arms *out, bnn_error *err)
{
    const double unit = metric->unit == BNN_UNIT_FRACTION ? 100 : 1;
    out->arms = bnn_arena_alloc(arena, n, sizeof *out->arms);
    int status = out->arms == NULL ? bnn_no_memory(err) : arms_find_seeds(rows, n, arena, out, err);
    for (size_t i = 0; status == BNN_OK && i < n; i++) {
        if (i == 0 || strcmp(rows[i].config, rows[i - 1].config) != 0) {
            cli_arm *arm = &out->arms[out->n++];
            status = arm_begin(out, arm_clean_label(rows[i].label, arena), arena, arm, err);
            arm->config = rows[i].config;
            arm->test_set = rows[i].test_set;
            arm->is_baseline = rows[i].is_baseline;
            arm->is_drawn = rows[i].is_drawn;
        }
        if (status == BNN_OK)
            status = arm_describe(&rows[i], arena, &out->arms[out->n - 1], err);
        if (status == BNN_OK && rows[i].seed >= 0)
            arm_take(out, &rows[i], unit, &out->arms[out->n - 1]);
    }
    for (size_t i = 0; status == BNN_OK && i < out->n; i++)
        arm_end(out, &out->arms[i]);
    return status;
}

/* Takes the rows of configs that halving dropped out; how many rows are left. */
static size_t arms_leave_dropped(bnn_store_compared *rows, size_t n, cli_arms *out)
{
    size_t n_left = 0;
    const char *last = "";
    for (size_t i = 0; i < n; i++) {
        const int64_t rung = rows[i].dropped_at;
        if (rung <= 0) {
            rows[n_left++] = rows[i];
            continue;
        }
        if (strcmp(rows[i].config, last) != 0)
            out->dropped[out->n_dropped++] = rows[i].config;
        out->n_rungs = out->n_rungs > (size_t)rung ? out->n_rungs : (size_t)rung;
        last = rows[i].config;
    }
    return n_left;
}

int cli_arms_read(bnn_store *store, const char *experiment, const bnn_metric *metric,
                  bnn_arena *arena, cli_arms *out, bnn_error *err)
{
    const bnn_store_compared *rows;
    cli_plan plan;
    size_t n;
    *out = (cli_arms){.n = 0};
    int status = cli_plan_read(store, experiment, arena, &plan, err);
    if (status == BNN_OK)
        status =
            bnn_store_list_compared(store, experiment, NULL, metric->name, arena, &rows, &n, err);
    if (status != BNN_OK)
        return status;
    bnn_store_compared *chosen = bnn_arena_copy(arena, rows, n, sizeof *chosen);
    out->dropped = bnn_arena_alloc(arena, n, sizeof *out->dropped);
    if (chosen == NULL || out->dropped == NULL)
        return bnn_no_memory(err);
    n = arms_leave_dropped(chosen, n, out);
    status = cli_seeds_choose(store, experiment, &plan, arena, chosen, n, out, err);
    return status != BNN_OK ? status : arms_make(chosen, n, metric, arena, out, err);
}

int cli_arms_read_two(bnn_store *store, const bnn_store_named_config *const configs[2],
                      const bnn_metric *metric, bnn_arena *arena, cli_arms *out, bnn_error *err)
{
    const bnn_store_compared *rows[2];
    size_t n[2];
    for (size_t i = 0; i < 2; i++)
        if (bnn_store_list_compared(store, configs[i]->experiment, configs[i]->config, metric->name,
                                    arena, &rows[i], &n[i], err) != BNN_OK)
            return err->status;
    bnn_store_compared *all = bnn_arena_alloc(arena, n[0] + n[1], sizeof *all);
    if (all == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < n[0] + n[1]; i++) {
        const size_t side = i >= n[0];
        all[i] = rows[side][i - side * n[0]];
        all[i].label = configs[side]->label;
    }
    const char *experiment = configs[0]->experiment;
    *out = (cli_arms){.n = 0};
    if (experiment != NULL && configs[1]->experiment != NULL &&
        strcmp(experiment, configs[1]->experiment) == 0 &&
        cli_seeds_choose(store, experiment, NULL, arena, all, n[0] + n[1], out, err) != BNN_OK)
        return err->status;
    return arms_make(all, n[0] + n[1], metric, arena, out, err);
}

/* ---- the values of a key ---------------------------------------------------------------------- */

/* A config, taken apart. */
typedef struct arm_place {
    const char *value; /* "ste=clipped"; NULL: its label has not the key */
    const char *block; /* the other words */
} arm_place;

/* Whether the word of a label has this key: "ste=clipped" that of ste, model.ste. */
static bool arm_has_key(const char *word, const char *key)
{
    const size_t n = cli_label_key(word), n_key = strlen(key);
    char name[256];
    if (n == 0 || n > sizeof name)
        return false;
    snprintf(name, sizeof name, "%.*s", (int)n - 1, word);
    const size_t n_name = strlen(name);
    if (strcmp(name, key) == 0)
        return true;
    return n_key > n_name
               ? bnn_text_ends_with(key, name) && key[n_key - n_name - 1] == '.'
               : n_name > n_key && bnn_text_ends_with(name, key) && name[n_name - n_key - 1] == '.';
}

static int arm_take_apart(const char *label, const char *key, bnn_arena *arena, arm_place *out,
                          bnn_error *err)
{
    const char *begin[CLI_LABEL_WORDS];
    size_t n[CLI_LABEL_WORDS];
    const size_t n_words = cli_label_words(label, begin, n);
    *out = (arm_place){.block = ""};
    for (size_t i = 0; i < n_words && out->block != NULL; i++) {
        const bool is_key = arm_has_key(begin[i], key);
        if (is_key && out->value != NULL)
            return bnn_fail(err, BNN_E_USAGE, "\"%s\" is several keys of \"%s\"; say more of it",
                            key, label);
        if (is_key)
            out->value = bnn_arena_printf(arena, "%.*s", (int)n[i], begin[i]);
        else
            out->block = bnn_arena_printf(arena, "%s%s%.*s", out->block,
                                          *out->block == '\0' ? "" : " ", (int)n[i], begin[i]);
        if (is_key && out->value == NULL)
            return bnn_no_memory(err);
    }
    return out->block == NULL ? bnn_no_memory(err) : BNN_OK;
}

/* No label has the key: which keys there are. */
static int arms_fail_key(const cli_arms *configs, const char *key, bnn_arena *arena, bnn_error *err)
{
    const char *begin[CLI_LABEL_WORDS], **keys = NULL;
    size_t n[CLI_LABEL_WORDS], n_keys = 0, capacity = 0;
    char list[512], near[BNN_DID_YOU_MEAN];
    for (size_t i = 0; i < configs->n; i++) {
        const size_t n_words = cli_label_words(configs->arms[i].label, begin, n);
        for (size_t k = 0; k < n_words; k++) {
            const size_t n_key = cli_label_key(begin[k]);
            keys = bnn_arena_grow(arena, keys, n_keys, &capacity, sizeof *keys);
            if (keys == NULL)
                return bnn_no_memory(err);
            if (n_key > 0)
                keys[n_keys++] = bnn_arena_printf(arena, "%.*s", (int)n_key - 1, begin[k]);
            if (n_key > 0 && keys[n_keys - 1] == NULL)
                return bnn_no_memory(err);
        }
    }
    n_keys = n_keys == 0 ? 0 : bnn_text_unique(keys, n_keys);
    if (n_keys == 0)
        return bnn_fail(err, BNN_E_USAGE, "--by %s: no key varies there", key);
    return bnn_fail(err, BNN_E_USAGE, "--by %s: no such key varies there%s; these do: %s", key,
                    bnn_did_you_mean(key, keys, n_keys, near),
                    bnn_text_join(keys, n_keys, list, sizeof list));
}

/* The config of a value in a block, or their number. */
static size_t arms_find(const arm_place *places, size_t n, const char *value, const char *block)
{
    size_t i = 0;
    while (i < n && (places[i].value == NULL || strcmp(places[i].value, value) != 0 ||
                     strcmp(places[i].block, block) != 0))
        i++;
    return i;
}

/* The blocks that have all values; how many. */
static size_t arms_whole_blocks(const arm_place *places, size_t n, const cli_arms *values,
                                const char **blocks)
{
    size_t n_blocks = 0;
    for (size_t i = 0; i < n; i++) {
        bool whole = places[i].value != NULL;
        for (size_t k = 0; whole && k < n_blocks; k++)
            whole = strcmp(blocks[k], places[i].block) != 0;
        for (size_t v = 0; whole && v < values->n; v++)
            whole = arms_find(places, n, values->arms[v].label, places[i].block) < n;
        if (whole)
            blocks[n_blocks++] = places[i].block;
    }
    return n_blocks;
}

/* What a value came to with a seed, over all blocks. */
static void arm_average(const cli_arms *configs, const arm_place *places, const char *const *blocks,
                        size_t n_blocks, size_t s, cli_arm *arm)
{
    double sum = 0;
    for (size_t k = 0; k < n_blocks; k++) {
        const cli_arm *config =
            &configs->arms[arms_find(places, configs->n, arm->label, blocks[k])];
        sum += config->values[s];
        arm->failed[s] |= config->failed[s] && isnan(config->values[s]);
    }
    arm->values[s] = sum / (double)n_blocks;
}

/* The values of the key, in the order of the sweep. */
static int arms_list_values(const arm_place *places, size_t n, bnn_arena *arena, cli_arms *out,
                            bnn_error *err)
{
    for (size_t i = 0; i < n; i++) {
        size_t v = 0;
        while (places[i].value != NULL && v < out->n &&
               strcmp(out->arms[v].label, places[i].value) != 0)
            v++;
        if (places[i].value != NULL && v == out->n &&
            arm_begin(out, places[i].value, arena, &out->arms[out->n++], err) != BNN_OK)
            return err->status;
    }
    return BNN_OK;
}

int cli_arms_by(const cli_arms *configs, const char *key, bnn_arena *arena, cli_arms *out,
                bnn_error *err)
{
    arm_place *places = bnn_arena_alloc(arena, configs->n, sizeof *places);
    const char **blocks = bnn_arena_alloc(arena, configs->n, sizeof *blocks);
    *out = (cli_arms){.n_seeds = configs->n_seeds,
                      .seeds = configs->seeds,
                      .n_dropped = configs->n_dropped,
                      .dropped = configs->dropped,
                      .n_rungs = configs->n_rungs,
                      .n_gone = configs->n_gone,
                      .gone = configs->gone,
                      .n_not_planned = configs->n_not_planned,
                      .not_planned = configs->not_planned,
                      .arms = bnn_arena_alloc(arena, configs->n, sizeof *out->arms)};
    if (places == NULL || blocks == NULL || out->arms == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < configs->n; i++)
        if (arm_take_apart(configs->arms[i].label, key, arena, &places[i], err) != BNN_OK)
            return err->status;
    if (arms_list_values(places, configs->n, arena, out, err) != BNN_OK)
        return err->status;
    if (out->n == 0)
        return arms_fail_key(configs, key, arena, err);
    out->n_blocks = arms_whole_blocks(places, configs->n, out, blocks);
    out->n_left_out = configs->n - out->n_blocks * out->n;
    if (out->n_blocks == 0)
        return bnn_fail(err, BNN_E_USAGE,
                        "--by %s: no combination of the other keys is there with each of "
                        "its %zu values",
                        key, out->n);
    for (size_t v = 0; v < out->n; v++) {
        cli_arm *arm = &out->arms[v];
        for (size_t s = 0; s < out->n_seeds; s++)
            arm_average(configs, places, blocks, out->n_blocks, s, arm);
        for (size_t i = 0; i < configs->n; i++)
            arm->is_baseline |= configs->arms[i].is_baseline && places[i].value != NULL &&
                                strcmp(places[i].value, arm->label) == 0;
        arm_end(out, arm);
    }
    return BNN_OK;
}
