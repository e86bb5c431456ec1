/* fuzz_spec.c - hostile specs: bytes become a tree, a sweep, and the values of one table.
 * A text up to the first NUL byte, when there is one, is an override of what follows it. */
#include "base/sha256.h"
#include "tests/fuzz/fuzz_main.h"

#include "spec/schema.h"
#include "spec/sweep.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
    double lr;
    int32_t epochs, nesterov, schedule;
};

static const bnn_param table[] = {
    BNN_INTEGER(struct options, epochs, 5, 1, 100000, "passes over the data"),
    BNN_NUMBER(struct options, lr, 0.001, 1e-9, 10, "learning rate"),
    BNN_SWITCH(struct options, nesterov, 1, "look ahead"),
    BNN_CHOICE(struct options, schedule, 2, "constant|step|cosine", "learning rate over time"),
    BNN_PARAMS_END,
};

static void require(int holds)
{
    if (!holds)
        abort();
}

/* Whatever the map holds, the struct is filled with values that the table allows. */
static void fill(const bnn_node *map, bnn_arena *arena, bnn_diag *diag)
{
    struct options out;
    bnn_settings settings;
    char hash[BNN_SHA256_HEX];
    double seconds;
    const size_t n_errors = bnn_diag_n_errors(diag);
    bnn_settings_init(&settings, arena);
    const int status = bnn_schema_fill(table, map, "train", "train", NULL, &out, &settings, diag);
    require(status != BNN_OK || bnn_diag_n_errors(diag) == n_errors);
    require(out.epochs >= 1 && out.epochs <= 100000 && out.lr >= 1e-9 && out.lr <= 10);
    require((out.nesterov | 1) == 1 && out.schedule >= 0 && out.schedule <= 2);
    if (status != BNN_E_INTERNAL && bnn_settings_json(&settings, hash) != NULL)
        require(strlen(hash) == 64);
    for (size_t i = 0; map != NULL && map->kind == BNN_NODE_MAP && i < map->n && i < 8; i++)
        if (bnn_schema_duration(map->pairs[i].value, "duration", &seconds, diag) == BNN_OK)
            require(isfinite(seconds) && seconds >= 0);
}

static void expand(const bnn_reader *r, const bnn_node *root)
{
    bnn_sweep sweep;
    size_t n_baselines = 0;
    if (bnn_sweep_expand(r, root, 2, &sweep) != BNN_OK) {
        require(bnn_diag_n_errors(r->diag) > 0);
        return;
    }
    require(sweep.n >= 1);
    for (size_t i = 0; i < sweep.n; i++) {
        require(sweep.points[i].label[0] != '\0');
        n_baselines += sweep.points[i].baseline;
        if (i < 4)
            fill(bnn_tree_get(sweep.points[i].root, "train"), r->arena, r->diag);
    }
    require(n_baselines <= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    bnn_arena *arena = bnn_arena_create((size_t)32 << 20);
    bnn_diag *diag = bnn_diag_create();
    const bnn_reader reader = {.arena = arena, .diag = diag};
    const char *text = (const char *)bytes, *override = NULL;
    const char *nul = n == 0 ? NULL : memchr(text, '\0', n);
    if (arena == NULL || diag == NULL)
        goto out;
    if (nul != NULL) {
        override = text;
        n -= (size_t)(nul + 1 - text);
        text = nul + 1;
    }
    const bnn_node *root = bnn_tree_parse("spec.yaml", text, n, arena, diag);
    require(root != NULL || bnn_diag_n_errors(diag) > 0);
    if (root != NULL && override != NULL)
        root = bnn_sweep_override(&reader, root, override);
    if (root != NULL)
        expand(&reader, root);
    for (size_t i = 0; i < bnn_diag_count(diag); i++)
        require(bnn_diag_message(diag, i)[0] != '\0');
out:
    bnn_diag_destroy(diag);
    bnn_arena_destroy(arena);
    return 0;
}
