/* needs.c - `start` and `teacher`: the configs whose runs of the same seed a point needs.
 *
 * Each is a map of dotted keys: what the other run differs in; `start` may be a list of them, each
 * starting from the one before. The teacher is that of all stages, too, but of those that say
 * `teacher: none`, and of itself. A point that is one of its stages is that stage, and starts from the
 * one before. A baseline in full precision needs nothing, unless it says so itself. */
#include "runner/experiment_internal.h"

#include "model/network.h"

#include <assert.h>
#include <string.h>

/* ---- reading ----------------------------------------------------------------------------- */

static bool need_is_none(const bnn_node *node)
{
    return node != NULL && bnn_tree_is_plain(node) && strcmp(node->text, "none") == 0;
}

/* What a run that is needed needs itself is said by its place in the list; only the teacher can be done
 * without. */
static int need_check_keys(const bnn_reader *r, bnn_purpose purpose, const bnn_node *map)
{
    for (size_t i = 0; i < map->n; i++) {
        const bnn_node *key = map->pairs[i].key, *value = map->pairs[i].value;
        const bool is_start = bnn_tree_covers("start", key->text);
        const bool is_teacher = bnn_tree_covers("teacher", key->text);
        if ((!is_start && !is_teacher) ||
            (is_teacher && purpose == BNN_PURPOSE_START && need_is_none(value)))
            continue;
        return bnn_diag_add(r->diag, key->at, "%s: %s cannot be set here%s", r->path, key->text,
                            purpose == BNN_PURPOSE_TEACHER ? "; a teacher needs no other run"
                            : is_start                     ? "; stages are a list of maps"
                                                           : ", but to none");
    }
    return BNN_OK;
}

static void need_read_maps(const bnn_reader *r, bnn_purpose purpose, const bnn_node *node,
                           bnn_need *need)
{
    const size_t n = node->kind == BNN_NODE_LIST ? node->n : 1;
    const bnn_node **maps = bnn_arena_alloc(r->arena, n, sizeof *maps);
    if (maps == NULL) {
        bnn_diag_no_memory(r->diag);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const bnn_node *map = node->kind == BNN_NODE_LIST ? node->items[i] : node;
        if (bnn_sweep_check_map(r, map, &maps[i]) != BNN_OK ||
            need_check_keys(r, purpose, map) != BNN_OK)
            return;
    }
    need->n_said = n;
    need->said = maps;
}

static void need_read(const bnn_reader *r, const bnn_key *key, const bnn_node *node, void *out)
{
    bnn_need *need = &((bnn_config *)out)->needs[key->detail];
    *need = (bnn_need){.n_said = 0};
    if (node == NULL || bnn_key_word(key, node) != NULL)
        return;
    if (r->recorded)
        need->hash = bnn_key_text_of(r, node);
    else if (node->kind == BNN_NODE_MAP ||
             (node->kind == BNN_NODE_LIST && key->detail == BNN_PURPOSE_START))
        need_read_maps(r, (bnn_purpose)key->detail, node, need);
    else
        bnn_key_expected(r, key, node);
}

static void need_record(const bnn_reader *r, const bnn_key *key, const void *in)
{
    const bnn_need *need = &((const bnn_config *)in)->needs[key->detail];
    if (need->hash != NULL)
        bnn_record_text(r, need->hash);
}

/* One in which nothing differs is the run itself. */
#define SOME_POINT "{\"allOf\": [{\"$ref\": \"#/definitions/point\"}, {\"minProperties\": 1}]}"

const bnn_key_type bnn_start_type = {
    "a map of dotted keys, or a list of such maps", need_read, need_record,
    "{\"anyOf\": [" SOME_POINT ","
    " {\"type\": \"array\", \"items\": {\"$ref\": \"#/definitions/point\"}}]}"};
const bnn_key_type bnn_teacher_type = {"a map of dotted keys", need_read, need_record, SOME_POINT};

/* ---- mistakes ---------------------------------------------------------------------------- */

static bool need_is_at(bnn_position_in_file a, bnn_position_in_file b)
{
    return a.file != NULL && b.file != NULL && strcmp(a.file, b.file) == 0 &&
           bnn_position_order(a, b) == 0;
}

/* Whether something stands in a part of the tree. */
static bool need_has(const bnn_node *node, bnn_position_in_file at)
{
    bool has = need_is_at(node->at, at);
    for (size_t i = 0; !has && node->kind == BNN_NODE_LIST && i < node->n; i++)
        has = need_has(node->items[i], at);
    for (size_t i = 0; !has && node->kind == BNN_NODE_MAP && i < node->n; i++)
        has = need_is_at(node->pairs[i].key->at, at) || need_has(node->pairs[i].value, at);
    return has;
}

/* What is said of a run that is needed, and the spec that it becomes. */
typedef struct need_place {
    const bnn_node *map, *root;
} need_place;

/* The map's key of a section, or NULL. */
static const bnn_node *need_key_of(const bnn_node *map, const char *section)
{
    for (size_t k = 0; k < map->n; k++)
        if (bnn_tree_covers(section, map->pairs[k].key->text))
            return map->pairs[k].key;
    return NULL;
}

/* What is wrong elsewhere is so by what the map says: by its key of the same section, or of one that others
 * depend on. */
static bnn_position_in_file need_locate(const void *context, bnn_position_in_file at)
{
    static const char *const others[] = {"dataset", "model"};
    const need_place *place = context;
    const bnn_node *map = place->map, *key = NULL;
    if (need_has(map, at) || map->n == 0)
        return need_has(map, at) ? at : map->at;
    for (size_t i = 0; key == NULL && i < place->root->n; i++) {
        const bnn_pair *section = &place->root->pairs[i];
        if (need_is_at(section->key->at, at) || need_has(section->value, at))
            key = need_key_of(map, section->key->text);
    }
    for (size_t i = 0; key == NULL && i < sizeof others / sizeof *others; i++)
        key = need_key_of(map, others[i]);
    return key != NULL ? key->at : map->pairs[0].key->at;
}

/* ---- resolving --------------------------------------------------------------------------- */

/* What a point needs, while it is found out. */
typedef struct need_finder {
    bnn_builder *b;
    const bnn_point *point;
    const bnn_config *own; /* the point without needs */
    bnn_point teacher_point;
    bnn_config teacher; /* its hash is "": there is none */
    bnn_need needs[BNN_PURPOSES];
} need_finder;

/* The spec of the point without what it needs, and with the values of the map. */
static int need_make_point(const need_finder *f, bnn_purpose purpose, const bnn_node *map,
                           bnn_point *out)
{
    const bnn_reader *r = f->b->r;
    const bnn_point *own = f->point;
    const bnn_node *root = own->root;
    for (int p = 0; root != NULL && p < BNN_PURPOSES; p++)
        root = bnn_tree_put(root, bnn_purpose_name((bnn_purpose)p), NULL, r->arena, map->at);
    if (root == NULL)
        return bnn_diag_no_memory(r->diag);
    const int status = bnn_sweep_point(root, map->n, map->pairs, r->arena, r->diag, out);
    if (status != BNN_OK)
        return status;
    bnn_pair *values = bnn_arena_alloc(r->arena, own->n + out->n, sizeof *values);
    if (values == NULL || bnn_label_points(own->root, 1, out, r->arena) != BNN_OK)
        return bnn_diag_no_memory(r->diag);
    for (size_t i = 0; i < own->n + out->n; i++)
        values[i] = i < own->n ? own->values[i] : out->values[i - own->n];
    out->label = bnn_arena_printf(r->arena, "%s: %s", bnn_purpose_name(purpose), out->label);
    out->n += own->n;
    out->values = values;
    return out->label != NULL ? BNN_OK : bnn_diag_no_memory(r->diag);
}

/* A config that is needed, without its own needs. */
static int need_resolve_bare(const need_finder *f, bnn_purpose purpose, const bnn_node *map,
                             bnn_point *point, bnn_config *out)
{
    bnn_diag *diag = f->b->r->diag;
    int status = need_make_point(f, purpose, map, point);
    if (status != BNN_OK)
        return status;
    const need_place place = {map, point->root};
    const bnn_diag_part part = {bnn_purpose_name(purpose), need_locate, &place};
    const bnn_diag_part *before = bnn_diag_set_part(diag, &part);
    status = bnn_experiment_resolve(f->b->r, f->b->out, point, NULL, out);
    bnn_diag_set_part(diag, before);
    if (bnn_experiment_note(f->b, point, out, status == BNN_OK) != BNN_OK)
        return bnn_diag_no_memory(diag);
    return status;
}

static int need_add(const need_finder *f, bnn_purpose purpose, const bnn_point *point,
                    bnn_config *config, bnn_need *out)
{
    size_t i;
    config->only = bnn_purpose_name(purpose);
    config->needed_by = f->point;
    if (bnn_experiment_add(f->b, point, config, &i) != BNN_OK)
        return BNN_E_INTERNAL;
    f->b->out->configs[i].is_needed = true;
    *out = (bnn_need){.hash = f->b->out->configs[i].hash, .i_config = i};
    return BNN_OK;
}

static int need_find_teacher(need_finder *f, const bnn_need *said)
{
    const bnn_node *map = said->said[0];
    const int status =
        need_resolve_bare(f, BNN_PURPOSE_TEACHER, map, &f->teacher_point, &f->teacher);
    const bnn_config *own = f->own, *teacher = &f->teacher;
    if (status != BNN_OK)
        return status;
    if (memcmp(&teacher->input, &own->input, sizeof own->input) != 0 ||
        teacher->n_classes != own->n_classes)
        return bnn_diag_add(f->b->r->diag, map->at,
                            "teacher: takes images of %ux%ux%u in %u classes, and its pupil of "
                            "%ux%ux%u in %u",
                            teacher->input.c, teacher->input.h, teacher->input.w,
                            teacher->n_classes, own->input.c, own->input.h, own->input.w,
                            own->n_classes);
    /* It is shown what its pupil sees, mixed images among it. */
    const bnn_view a = teacher->model.view, b = own->model.view;
    if (a.crop != b.crop || bnn_view_side(a) != bnn_view_side(b))
        return bnn_diag_add(
            f->b->r->diag, map->at,
            "teacher: sees crop %u and shrink %u of an image, and its pupil %u and %u; "
            "both must see the same (crop 0: all)",
            a.crop, bnn_view_side(a), b.crop, bnn_view_side(b));
    return BNN_OK;
}

/* The needs of a config, whose own settings are without them, become part of it. from: the stage
 * before, or NULL; map: where the spec says so. */
static int need_bind(need_finder *f, const bnn_point *point, const bnn_config *from,
                     const bnn_node *map, bnn_config *config)
{
    bnn_need *taught = &f->needs[BNN_PURPOSE_TEACHER];
    bnn_error err;
    int status = BNN_OK;
    *taught = (bnn_need){.hash = NULL};
    assert(from == NULL || map != NULL);
    if (from != NULL)
        status = bnn_network_check_start(&from->model, from->input, from->n_classes, &config->model,
                                         config->input, config->n_classes, &err);
    if (status != BNN_OK)
        return bnn_diag_fail(f->b->r->diag, status, map->at, "start: %s", err.message);
    if (f->teacher.hash[0] != '\0' && !need_is_none(bnn_tree_get(point->root, "teacher")) &&
        strcmp(f->teacher.hash, config->hash) != 0)
        status = need_add(f, BNN_PURPOSE_TEACHER, &f->teacher_point, &f->teacher, taught);
    return status == BNN_OK && (from != NULL || taught->hash != NULL)
               ? bnn_experiment_resolve(f->b->r, f->b->out, point, f->needs, config)
               : status;
}

/* The stages, one after the other, up to the one that the point is; *last: the one before it, in the
 * place that the caller has for it, or NULL. After a mistake (status, of before) those left only show
 * theirs. */
static int need_find_stages(need_finder *f, const bnn_need *said, int status, bnn_config *place,
                            const bnn_config **last)
{
    *last = NULL;
    for (size_t i = 0; i < said->n_said; i++) {
        bnn_point point;
        bnn_config stage;
        const int bare = need_resolve_bare(f, BNN_PURPOSE_START, said->said[i], &point, &stage);
        status = status != BNN_OK ? status : bare;
        if (status != BNN_OK)
            continue;
        if (strcmp(stage.hash, f->own->hash) == 0)
            return BNN_OK;
        status = need_bind(f, &point, *last, said->said[i], &stage);
        if (status == BNN_OK)
            status = need_add(f, BNN_PURPOSE_START, &point, &stage, &f->needs[BNN_PURPOSE_START]);
        *place = stage;
        *last = place;
    }
    return status;
}

/* Whether the point is a baseline in full precision that does not say itself what it needs. */
static bool need_is_nothing(const bnn_point *point, const bnn_config *config, bnn_purpose purpose)
{
    if (!point->baseline || bnn_model_has_latent_weights(&config->model) ||
        bnn_model_has_binary_inputs(&config->model) || bnn_model_has_quantizers(&config->model))
        return false;
    for (size_t i = 0; i < point->n; i++)
        if (bnn_tree_covers(bnn_purpose_name(purpose), point->values[i].key->text))
            return false;
    return true;
}

int bnn_needs_resolve(bnn_builder *b, const bnn_point *point, bnn_config *out)
{
    bnn_config own, stage;
    const bnn_config *from;
    need_finder f = {.b = b, .point = point, .own = &own};
    int status = bnn_experiment_resolve(b->r, b->out, point, NULL, out);
    for (int p = 0; p < BNN_PURPOSES; p++)
        if (need_is_nothing(point, out, (bnn_purpose)p))
            out->needs[p].n_said = 0;
    own = *out;
    const bnn_need *start = &own.needs[BNN_PURPOSE_START];
    const bnn_need *teacher = &own.needs[BNN_PURPOSE_TEACHER];
    if ((status != BNN_OK && !out->is_sound) || start->n_said + teacher->n_said == 0)
        return status;
    if (teacher->n_said > 0) {
        const int found = need_find_teacher(&f, teacher);
        status = status != BNN_OK ? status : found;
    }
    status = need_find_stages(&f, start, status, &stage, &from);
    if (status == BNN_OK)
        status = need_bind(&f, point, from,
                           start->n_said > 0 ? start->said[start->n_said - 1] : NULL, out);
    if (status != BNN_OK) /* which keys act is not known */
        out->settings.n = 0;
    return status;
}

void bnn_needs_check(const bnn_builder *b, const bnn_node *root)
{
    static const char *const own[] = {
        [BNN_PURPOSE_START] = "start from itself", [BNN_PURPOSE_TEACHER] = "be its own teacher"};
    for (int p = 0; p < BNN_PURPOSES; p++) {
        const char *name = bnn_purpose_name((bnn_purpose)p);
        const bnn_node *said = bnn_tree_get(root, name);
        bool needed = said == NULL || need_is_none(said) || b->out->n_configs == 0;
        for (size_t i = 0; !needed && i < b->out->n_configs; i++)
            needed = b->out->configs[i].needs[p].hash != NULL;
        if (!needed)
            bnn_diag_add(b->r->diag, said->at,
                         "%s: names no other config, so each run would %s; say what differs in it, "
                         "or leave it out",
                         name, own[p]);
    }
}

/* ---- labels ------------------------------------------------------------------------------ */

enum { NEED_FORMS = 5 };

/* Label i of a config in one of its forms: with more and more of the point that needs it. */
static const char *need_label(const bnn_config *c, int form, bnn_arena *arena)
{
    const bnn_point *by = c->needed_by;
    const char *const more[NEED_FORMS][2] = {
        {"", ""}, {by->own, ""}, {by->taught, ""}, {by->own, by->taught}, {by->label, ""}};
    const char *a = more[form][0], *b = more[form][1];
    return bnn_arena_printf(arena, "%s%s%s%s%s", c->label, *a == '\0' ? "" : " ", a,
                            *b == '\0' ? "" : " ", b);
}

static bool need_is_like(const bnn_config *a, const bnn_config *b)
{
    return a->needed_by != NULL && b->needed_by != NULL && strcmp(a->label, b->label) == 0;
}

static size_t need_count_label(const char *const *labels, size_t n, const char *label)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += strcmp(labels[i], label) == 0;
    return count;
}

/* Gives the configs that are called like the first of them their labels in the form in which all differ,
 * or in the last one. False without memory. */
static bool need_tell_apart(const bnn_experiment *x, size_t first, const char **labels,
                            bnn_arena *arena)
{
    const bnn_config *c = x->configs;
    bool alike = true;
    for (int form = 0; alike && form < NEED_FORMS; form++) {
        alike = false;
        for (size_t i = first; i < x->n_configs; i++) {
            if (!need_is_like(&c[i], &c[first]))
                continue;
            if ((labels[i] = need_label(&c[i], form, arena)) == NULL)
                return false;
            for (size_t k = first; !alike && k < i; k++)
                alike = need_is_like(&c[k], &c[i]) && strcmp(labels[k], labels[i]) == 0;
        }
    }
    return true;
}

/* "start and teacher: binarize=none" of "start: binarize=none". */
static const char *need_label_both(const bnn_config *c, bnn_arena *arena)
{
    return bnn_arena_printf(arena, "%s and %s%s", bnn_purpose_name(BNN_PURPOSE_START),
                            bnn_purpose_name(BNN_PURPOSE_TEACHER), c->label + strlen(c->only));
}

int bnn_needs_label(bnn_builder *b)
{
    bnn_experiment *x = b->out;
    bnn_arena *arena = b->r->arena;
    const char **labels = bnn_arena_alloc(arena, x->n_configs, sizeof *labels);
    bool memory = labels != NULL;
    for (size_t i = 0; memory && i < x->n_configs; i++)
        if (x->configs[i].only != NULL && x->configs[i].is_both)
            memory = (x->configs[i].label = need_label_both(&x->configs[i], arena)) != NULL;
    for (size_t i = 0; memory && i < x->n_configs; i++) {
        size_t before = 0;
        while (before < i && !need_is_like(&x->configs[before], &x->configs[i]))
            before++;
        if (x->configs[i].only == NULL || x->configs[i].only == bnn_rung_word)
            labels[i] = x->configs[i].label;
        else if (before == i)
            memory = need_tell_apart(x, i, labels, arena);
    }
    for (size_t i = 0; memory && i < x->n_configs; i++) {
        const size_t n = x->configs[i].only == NULL ? 0 : need_count_label(labels, i, labels[i]);
        x->configs[i].label =
            n == 0 ? labels[i] : bnn_arena_printf(arena, "%s #%zu", labels[i], n + 1);
        memory = x->configs[i].label != NULL;
    }
    return memory ? BNN_OK : bnn_diag_no_memory(b->r->diag);
}
