/* fuzz_spec.c - hostile specs: bytes become a tree, a sweep, and the values of one table.
 * A text up to the first NUL byte, when there is one, is an override of what follows it. */
#include "base/sha256.h"
#include "tests/fuzz/fuzz.h"

#include "spec/effect.h"
#include "spec/key.h"
#include "spec/sweep.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct schedule {
    int32_t kind;
    double every, seconds;
};

struct options {
    double lr;
    int32_t epochs, nesterov;
    const char *title;
    struct schedule schedule;
};

static const bnn_key schedule_keys[] = {
    {BNN_KEY_CHOICE(struct schedule, kind, "name", 2, "constant|step|cosine", "over time")},
    {.param = BNN_NUMBER(struct schedule, every, 10, 1, 100, "epochs"),
     .acts = "train.schedule=step"},
    {BNN_KEY_DURATION(struct schedule, seconds, "duration", "between steps")},
    BNN_KEYS_END,
};
static const bnn_section schedule_section = {.keys = schedule_keys,
                                             .flags = BNN_SECTION_NAMED | BNN_SECTION_REFERENCE};

static const bnn_key train_keys[] = {
    {.param = BNN_INTEGER(struct options, epochs, 5, 1, 100000, "passes over the data"),
     .also = "num_epochs|rounds"},
    {.param = BNN_NUMBER(struct options, lr, 0.001, 1e-9, 10, "learning rate"), .words = "auto"},
    {.param = BNN_SWITCH(struct options, nesterov, 1, "look ahead"), .depends = "train.lr|seeds"},
    {BNN_KEY_TEXT(struct options, title, "title", "for readers"), .standard = "none"},
    {BNN_KEY_SECTION(struct options, schedule, "schedule", &schedule_section, "over time"),
     .words = "none"},
    BNN_KEYS_END,
};
static const bnn_section train_section = {.keys = train_keys};
static const bnn_key spec_keys[] = {
    {BNN_KEY_OF("train", 0, &bnn_key_section, "all"), .section = &train_section},
    {.param = {.name = "seeds"}, .flags = BNN_KEY_FIXED | BNN_KEY_LIST},
    {.param = {.name = "sweep"}, .flags = BNN_KEY_FIXED},
    BNN_KEYS_END,
};
static const bnn_section spec_section = {.keys = spec_keys};

static void require(int holds)
{
    if (!holds)
        abort();
}

/* Whatever the map holds, the struct is filled with values that the table allows. */
static void fill(const bnn_reader *r, const bnn_point *point, const char *override)
{
    const char *const overrides[] = {override, NULL};
    const bnn_sweep one = {.n = 1, .points = point};
    struct options out;
    bnn_settings settings;
    bnn_effects effects = {.spec = &spec_section, .arena = r->arena};
    char hash[BNN_SHA256_HEX];
    bnn_reader recording = *r;
    const size_t n_errors = bnn_diag_n_errors(r->diag);
    settings = (bnn_settings){.arena = r->arena};
    recording.settings = &settings;
    const int status = bnn_key_read(r, &spec_section, spec_keys, point->root, &out);
    require(status != BNN_OK || bnn_diag_n_errors(r->diag) == n_errors);
    require(out.epochs >= 1 && out.epochs <= 100000 && out.lr >= 1e-9 && out.lr <= 10);
    require((out.nesterov | 1) == 1 && out.title != NULL);
    require(out.schedule.kind >= 0 && out.schedule.kind <= 2 && out.schedule.every >= 1);
    require(isfinite(out.schedule.seconds) && out.schedule.seconds >= 0);
    bnn_key_record(&recording, &spec_section, spec_keys, &out);
    if (bnn_diag_status(r->diag) != BNN_E_INTERNAL && bnn_settings_json(&settings, hash) != NULL)
        require(strlen(hash) == 64);
    if (bnn_effect_note(&effects, point, &settings, NULL, 0) == BNN_OK)
        bnn_effect_report(&effects, &one, overrides, r->diag);
}

static void expand(const bnn_reader *r, const bnn_node *root, const char *override)
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
            fill(r, &sweep.points[i], override);
    }
    require(n_baselines <= 1);
}

FUZZ_TARGET(spec)
{
    bnn_arena *arena = bnn_arena_create((size_t)32 << 20);
    bnn_diag *diag = bnn_diag_create();
    const bnn_reader reader = {.arena = arena, .diag = diag, .spec = &spec_section};
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
        root = bnn_sweep_override(&reader, root, 1, override);
    if (root != NULL)
        expand(&reader, root, override);
    for (size_t i = 0; i < bnn_diag_count(diag); i++) {
        char line[BNN_DIAG_LINE];
        require(bnn_diag_message(diag, i)[0] != '\0');
        require(strlen(bnn_diag_line(diag, i, line)) < sizeof line);
    }
out:
    bnn_diag_destroy(diag);
    bnn_arena_destroy(arena);
    return 0;
}
