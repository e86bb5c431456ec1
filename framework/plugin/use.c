#include "plugin/use.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { ROLE_SHIFT = 8 };

bool bnn_plugin_set_has_strangers(const bnn_plugin_set *set)
{
    for (size_t i = 0; i < set->n; i++)
        if (!set->list[i]->bundled)
            return true;
    return false;
}

bool bnn_plugin_set_is_trusted(const bnn_plugin_set *set)
{
    for (size_t i = 0; i < set->n; i++)
        if (set->list[i]->rehearsal != NULL)
            return false;
    return true;
}

const char *bnn_plugin_set_name_strangers(const bnn_plugin_set *set, char out[BNN_STRANGERS])
{
    enum { ROOM = BNN_STRANGERS - 50 }; /* for what is said behind the names */
    size_t n = 0, used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < set->n && used < ROOM; i++)
        if (!set->list[i]->bundled)
            used += (size_t)snprintf(out + used, ROOM - used, "%s%s %s", n++ > 0 ? ", " : "",
                                     bnn_kind_name((bnn_kind)set->list[i]->head->kind),
                                     set->list[i]->head->name);
    if (n > 0)
        snprintf(out + strlen(out), BNN_STRANGERS - strlen(out),
                 ", which did not come with bnnrun, act%s in it", n == 1 ? "s" : "");
    return out;
}

bnn_kind bnn_key_kind(const bnn_key *key)
{
    return (bnn_kind)(key->detail & ((1u << ROLE_SHIFT) - 1));
}

uint32_t bnn_key_role(const bnn_key *key)
{
    return key->detail >> ROLE_SHIFT;
}

uint32_t bnn_plugin_flags(const bnn_head *head)
{
    const void *of = head;
    switch (head->kind) {
    case BNN_KIND_STE:
        return ((const bnn_ste *)of)->flags;
    case BNN_KIND_LAYER:
        return ((const bnn_layer *)of)->flags;
    case BNN_KIND_OPTIMIZER:
        return ((const bnn_optimizer *)of)->flags;
    case BNN_KIND_FORM:
        return ((const bnn_form *)of)->flags;
    default:
        return 0;
    }
}

bool bnn_use_is_unfit(const bnn_key *key, const bnn_use *use)
{
    return use->plugin != NULL && (bnn_plugin_flags(use->plugin->head) & key->unfit) != 0;
}

const char *bnn_role_name(uint32_t role)
{
    switch (role) {
    case BNN_ROLE_LINEAR:
        return "a linear layer";
    case BNN_ROLE_POOL:
        return "a pool";
    case BNN_ROLE_NORM:
        return "a norm";
    case BNN_ROLE_ACTIVATION:
        return "an activation";
    case BNN_ROLE_BEFORE_SIGN:
        return "what stands in front of a sign";
    case BNN_ROLE_QUANTIZER:
        return "a quantizer";
    default:
        return "a regularizer";
    }
}

/* ---- reading ----------------------------------------------------------------------------- */

static const bnn_param *use_params(const bnn_plugin *plugin)
{
    static const bnn_param none[] = {BNN_PARAMS_END};
    return plugin->head->params != NULL ? plugin->head->params : none;
}

/* Parameters are keys that have nothing but `param`, of a section that has nothing to say. */
static const bnn_section params_section = {.keys = NULL};

/* Fills the plugin's struct from the map, or with its defaults. */
static int use_fill(const bnn_reader *r, const bnn_node *map, bnn_use *use)
{
    const bnn_head *head = use->plugin->head;
    void *filled = bnn_arena_alloc(r->arena, 1, head->params_size);
    if (filled == NULL)
        return bnn_diag_no_memory(r->diag);
    for (const bnn_param *row = use_params(use->plugin); row->type != BNN_TYPE_END; row++) {
        const bnn_key param = {.param = *row};
        bnn_key_read(r, &params_section, &param, map, filled);
    }
    use->params = head->params == NULL ? NULL : filled;
    return BNN_OK;
}

/* Keys of the map must be the plugin's or the section's, and no key can be of both. */
static void use_check_keys(const bnn_reader *r, const bnn_plugin *plugin, const bnn_key *beside,
                           const bnn_node *map, bnn_position_in_file at)
{
    bnn_key keys[BNN_SECTION_KEYS] = {BNN_KEYS_END};
    char what[BNN_EXCERPT + 16];
    const bnn_section section = {.keys = keys, .name = what};
    size_t n = 0;
    snprintf(what, sizeof what, "%s %s", bnn_kind_name((bnn_kind)plugin->head->kind),
             plugin->head->name);
    for (const bnn_param *row = use_params(plugin); row->type != BNN_TYPE_END; row++)
        keys[n++].param = *row;
    keys[n++].param.name = "name";
    for (; beside != NULL && beside->param.name != NULL; beside++) {
        if (bnn_key_in(&section, beside->param.name) != NULL)
            bnn_diag_fail(r->diag, BNN_E_RESOURCE, at,
                          "%s: parameter \"%s\" has the name of a key of bnnrun's own; rename it",
                          plugin->path, beside->param.name);
        keys[n++] = *beside;
    }
    bnn_section_check(r, &section, map);
}

static bnn_node use_named(const char *name)
{
    return (bnn_node){.kind = BNN_NODE_SCALAR, .at = {.file = "default"}, .text = name};
}

/* The default plugin, where it is one. */
static bnn_node use_standard(const bnn_key *key)
{
    const bnn_node standard = use_named(key->standard);
    return use_named(key->standard != NULL && bnn_key_word(key, &standard) != NULL ? NULL
                                                                                   : key->standard);
}

/* What another program calls by that name is called here, or NULL. */
static const char *find_foreign(const bnn_key *key, const char *name, char out[BNN_EXCERPT])
{
    const size_t n = key->foreign == NULL ? 0 : bnn_choice_count(key->foreign),
                 n_name = strlen(name);
    for (size_t i = 0; i < n; i++) {
        bnn_choice_text(key->foreign, i, out, BNN_EXCERPT);
        if (strncasecmp(out, name, n_name) == 0 && out[n_name] == '=')
            return out + n_name + 1;
    }
    return NULL;
}

/* The plugin cannot be loaded: perhaps it has another name, or its parameters are part of it. */
static int use_missing(const bnn_reader *r, const bnn_key *key, const bnn_node *name,
                       const bnn_error *err)
{
    char excerpt[BNN_EXCERPT], buffer[BNN_EXCERPT];
    const char *kind = bnn_kind_name(bnn_key_kind(key)), *text = bnn_excerpt(name->text, excerpt);
    const char *ours = find_foreign(key, name->text, buffer);
    const size_t n = strcspn(text, "(");
    if (ours != NULL)
        return bnn_diag_fail(r->diag, err->status, name->at, "there is no %s \"%s\"; here it is %s",
                             kind, text, ours);
    if (text[n] == '(')
        return bnn_diag_fail(r->diag, err->status, name->at,
                             "there is no %s \"%s\"; write {name: %.*s, PARAMETER: VALUE}", kind,
                             text, (int)n, text);
    return bnn_diag_fail(r->diag, err->status, name->at, "%s", err->message);
}

/* stands: what is written, or what is meant where nothing is. */
static int use_read(const bnn_reader *r, const bnn_key *key, const bnn_node *stands, bnn_use *out)
{
    const bnn_node *map = stands->kind == BNN_NODE_MAP ? stands : NULL;
    const bnn_node *name = map != NULL ? bnn_tree_get(map, "name") : stands;
    const bnn_key *beside = key->section != NULL ? key->section->keys : NULL;
    const uint32_t role = bnn_key_role(key);
    char excerpt[BNN_EXCERPT];
    bnn_error err;
    const bnn_node standard = use_standard(key);
    if (name == NULL && standard.text != NULL)
        name = &standard;
    for (size_t i = 0; map != NULL && name == &standard && i < map->n; i++)
        if (map->pairs[i].value->kind == BNN_NODE_MAP)
            return bnn_diag_add(r->diag, map->pairs[i].key->at,
                                "%s: a name is missing, as in {name: %s, ...}", r->path,
                                bnn_excerpt(map->pairs[i].key->text, excerpt));
    if (name == NULL)
        return bnn_diag_add(r->diag, map->at, "%s: a name is missing, as in {name: NAME, ...}",
                            r->path);
    if (bnn_key_is_refusal(key, name))
        return bnn_key_expected(r, key, name);
    if (name->kind != BNN_NODE_SCALAR || bnn_tree_is_null(name))
        return bnn_reader_expected(r, name, map != NULL ? "a name" : "a name or a map with one",
                                   "");
    *out = (bnn_use){.plugin = bnn_registry_load(r->registry, bnn_key_kind(key), name->text, &err)};
    if (out->plugin == NULL)
        return use_missing(r, key, name, &err);
    use_check_keys(r, out->plugin, beside, map, name->at);
    const uint32_t found = role == 0 ? 0 : bnn_use_layer(out)->role;
    if (found != role)
        bnn_diag_add(r->diag, stands->at, "%s: layer %s is %s; %s is needed here", r->path,
                     out->plugin->head->name, bnn_role_name(found), bnn_role_name(role));
    return use_fill(r, map, out);
}

int bnn_use_default(const bnn_reader *r, bnn_kind kind, const char *name, bnn_use *out)
{
    const bnn_key key = {.detail = kind};
    const bnn_node standard = use_named(name);
    return use_read(r, &key, &standard, out);
}

int bnn_use_default_of(bnn_registry *registry, const bnn_plugin *plugin, bnn_arena *arena,
                       bnn_use *out, bnn_error *err)
{
    const bnn_head *const head = plugin->head;
    bnn_diag *diag = bnn_diag_create();
    if (diag == NULL)
        return bnn_no_memory(err);
    const bnn_reader reader = {.arena = arena, .diag = diag, .registry = registry};
    const int status = bnn_use_default(&reader, (bnn_kind)head->kind, head->name, out);
    if (status != BNN_OK)
        bnn_fail(err, (bnn_status)status, "%s", bnn_diag_message(diag, 0));
    bnn_diag_destroy(diag);
    return status;
}

static void plugin_read(const bnn_reader *r, const bnn_key *key, const bnn_node *node, void *out)
{
    bnn_use use = {.plugin = NULL};
    char *field = (char *)out + key->param.offset;
    const bnn_node standard = use_named(key->standard);
    if (node != NULL && key->spell_out != NULL && (node = key->spell_out(r, node)) == NULL)
        bnn_diag_no_memory(r->diag);
    const bnn_node *stands = node != NULL ? node : key->standard != NULL ? &standard : NULL;
    const int begun = bnn_diag_begin(r->diag);
    if (stands != NULL)
        use.word = bnn_key_word(key, stands);
    if (stands != NULL && use.word == NULL)
        use_read(r, key, stands, &use);
    if (bnn_diag_end(r->diag, begun) != BNN_OK)
        use = (bnn_use){.plugin = NULL};
    memcpy(field, &use, sizeof use);
    for (const bnn_key *beside = key->section == NULL ? NULL : key->section->keys;
         beside != NULL && beside->param.name != NULL; beside++)
        bnn_key_read(r, key->section, beside, node, field);
}

/* ---- recording --------------------------------------------------------------------------- */

static void note_plugin(const bnn_reader *r, const bnn_plugin *plugin)
{
    bnn_plugin_set *set = r->plugins;
    for (size_t i = 0; i < set->n; i++)
        if (set->list[i] == plugin)
            return;
    if (set->n < BNN_PLUGIN_SET_MAX)
        set->list[set->n++] = plugin;
    else
        bnn_diag_add(r->diag, (bnn_position_in_file){.file = NULL},
                     "more than %d different plugins in one config", BNN_PLUGIN_SET_MAX);
}

/* Whether it is what stands there unless something is written. */
static bool use_is_standard(const bnn_key *key, const bnn_use *use)
{
    const char *is = use->plugin != NULL ? use->plugin->head->name : use->word;
    if (is == NULL || key->standard == NULL || strcmp(is, key->standard) != 0)
        return is == NULL && key->standard == NULL;
    bool standard = true;
    for (const bnn_param *row = use->plugin == NULL ? NULL : use_params(use->plugin);
         standard && row != NULL && row->type != BNN_TYPE_END; row++)
        standard = bnn_key_is_standard(&(bnn_key){.param = *row}, use->params);
    return standard;
}

static void plugin_record(const bnn_reader *r, const bnn_key *key, const void *in)
{
    const char *field = (const char *)in + key->param.offset;
    bnn_use use;
    memcpy(&use, field, sizeof use);
    const bool bundled = use.plugin == NULL || use.plugin->bundled;
    if ((key->flags & BNN_KEY_UNSET) != 0 && bundled && use_is_standard(key, &use))
        return;
    if (use.plugin != NULL && r->plugins != NULL)
        note_plugin(r, use.plugin);
    if (use.word != NULL)
        bnn_record_text(r, use.word);
    if (use.word != NULL || use.plugin == NULL)
        return;
    bnn_record_text(r, use.plugin->head->name);
    for (const bnn_param *row = use_params(use.plugin); row->type != BNN_TYPE_END; row++) {
        const bool later = use.plugin->later >> (row - use_params(use.plugin)) & 1;
        const bnn_key param = {.param = *row, .flags = later ? BNN_KEY_UNSET : 0};
        bnn_key_record(r, &params_section, &param, use.params);
    }
    if (key->section != NULL)
        bnn_section_record(r, key->section, field);
}

/* ---- finding ----------------------------------------------------------------------------- */

/* Whether a file of plugins is one that the key takes, and that has the parameter; then its name. */
static const char *takes_of_file(const bnn_reader *r, const bnn_key *key,
                                 const bnn_plugin_file *file, const char *parameter)
{
    bnn_error unusable;
    if (file->shadowed_by != NULL || file->kind != bnn_key_kind(key))
        return NULL;
    const bnn_use use = {.plugin = bnn_registry_load_file(r->registry, file->path, &unusable)};
    if (use.plugin == NULL ||
        (bnn_key_role(key) != 0 && bnn_use_layer(&use)->role != bnn_key_role(key)))
        return NULL;
    for (const bnn_param *row = use_params(use.plugin); row->type != BNN_TYPE_END; row++)
        if (strcmp(row->name, parameter) == 0)
            return use.plugin->head->name;
    return NULL;
}

const char *bnn_use_takes(const bnn_reader *r, const bnn_key *key, const char *parameter)
{
    enum { NAMED_MAX = 3 };
    const bnn_plugin_file *files;
    const char *names = NULL;
    size_t n = 0;
    bnn_error ignored; /* nobody is named then */
    if (r->registry != NULL && bnn_registry_scan(r->registry, &files, &n, &ignored) != BNN_OK)
        n = 0;
    for (size_t i = 0, n_named = 0; i < n && n_named < NAMED_MAX; i++) {
        const char *name = takes_of_file(r, key, &files[i], parameter);
        const char *more = name == NULL    ? NULL
                           : names == NULL ? name
                                           : bnn_arena_printf(r->arena, "%s or %s", names, name);
        names = more != NULL ? more : names;
        n_named += name != NULL;
    }
    return names;
}

const bnn_key_type bnn_key_plugin = {"a plugin's name, or {name: NAME, PARAMETER: VALUE}",
                                     plugin_read, plugin_record, NULL};
