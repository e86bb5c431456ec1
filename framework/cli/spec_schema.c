/* spec_schema.c - the language of specs as a JSON Schema, for editors: made from the tables that read specs.
 *
 * Draft 7, which is what yaml-language-server supports best. Each key has a definition under its dotted path,
 * which its section refers to, and the maps of dotted keys, too; rules of several keys stand in the end. What
 * it cannot say (tests/cli/schema_takes.txt) `bnnrun plan` says. Of what bnnrun takes it refuses
 * dotted keys in a map within a point, as {model: {binarize.weights: true}}; values that luck alone makes right,
 * as {uniform: [1, 2]} of an integer; and maps of nothing where nothing acts, as form: {} of a network in
 * full precision. */
#include "cli/spec_schema.h"

#include "base/json.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/spec_help.h"
#include "cli/spec_schema_internal.h"
#include "runner/experiment.h"
#include "build_info.h"

#include <assert.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- values in values -------------------------------------------------------------------- */

void cli_schema_put(cli_schema *s, json_t *object, const char *key, json_t *value)
{
    s->failed |= json_object_set_new(object, key, value) != 0;
}

void cli_schema_add(cli_schema *s, json_t *array, json_t *value)
{
    s->failed |= json_array_append_new(array, value) != 0;
}

json_t *cli_schema_string(cli_schema *s, const char *text)
{
    char *copy = bnn_arena_strdup(s->arena, text);
    return copy == NULL ? NULL : json_string(bnn_text_clean(copy, "\n"));
}

static void schema_put_text(cli_schema *s, json_t *object, const char *key, const char *text)
{
    cli_schema_put(s, object, key, cli_schema_string(s, text));
}

json_t *cli_schema_reference(const char *path)
{
    return json_pack("{s:s+}", "$ref", "#/definitions/", path);
}

json_t *cli_schema_number(double number)
{
    return number == floor(number) && fabs(number) < 0x1p53 ? json_integer((json_int_t)number)
                                                            : json_real(number);
}

/* One of several; takes the list. */
json_t *cli_schema_any(cli_schema *s, json_t *list)
{
    json_t *only = json_array_size(list) == 1 ? json_incref(json_array_get(list, 0)) : NULL;
    json_t *any = only != NULL ? only : json_pack("{s:O}", "anyOf", list);
    json_decref(list);
    s->failed |= any == NULL;
    return any;
}

/* ---- plain values ------------------------------------------------------------------------ */

/* The i-th of "a|b", "" without memory. */
static const char *schema_choice(cli_schema *s, const char *choices, size_t i)
{
    const size_t n_bytes = strlen(choices) + 1;
    char *text = bnn_arena_alloc(s->arena, n_bytes, 1);
    s->failed |= text == NULL;
    if (text == NULL)
        return "";
    bnn_choice_text(choices, i, text, n_bytes);
    return text;
}

/* "a|b" as {"enum": ["a", "b"]}; of one that reads as a number, the number, too. */
static json_t *schema_choices(cli_schema *s, const char *choices)
{
    const size_t n = bnn_choice_count(choices);
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        const char *text = schema_choice(s, choices, i);
        char *end;
        cli_schema_add(s, list, cli_schema_string(s, text));
        const long number = strtol(text, &end, 10);
        if (end > text && *end == '\0')
            cli_schema_add(s, list, json_integer(number));
    }
    return json_pack("{s:o}", "enum", list);
}

static json_t *schema_param(cli_schema *s, const bnn_param *param)
{
    if (param->type == BNN_TYPE_CHOICE)
        return schema_choices(s, param->choices);
    if (param->type == BNN_TYPE_SWITCH)
        return json_pack("{s:s}", "type", "boolean");
    return json_pack(
        "{s:s, s:o, s:o}", "type", param->type == BNN_TYPE_INTEGER ? "integer" : "number",
        "minimum", cli_schema_number(param->minimum), "maximum", cli_schema_number(param->maximum));
}

/* ---- what is said of a key --------------------------------------------------------------- */

static void schema_put_default(cli_schema *s, json_t *of, const bnn_key *key)
{
    const bnn_param *p = &key->param;
    if (key->computed != NULL || (key->flags & BNN_KEY_REQUIRED) != 0)
        return;
    if (key->standard != NULL && key->standard[0] != '{')
        schema_put_text(s, of, "default", key->standard);
    else if (p->type == BNN_TYPE_CHOICE)
        schema_put_text(s, of, "default", schema_choice(s, p->choices, (size_t)p->fallback));
    else if (p->type == BNN_TYPE_SWITCH)
        cli_schema_put(s, of, "default", json_boolean(p->fallback != 0));
    else if (p->type != BNN_TYPE_END && isfinite(p->fallback))
        cli_schema_put(s, of, "default", cli_schema_number(p->fallback));
}

/* The value with what help says of the key; takes it. Beside a reference, nothing else counts. */
static json_t *schema_described(cli_schema *s, const bnn_key *key, json_t *value)
{
    char standard[BNN_KEY_TEXT_BYTES], meaning[BNN_KEY_TEXT_BYTES];
    if (json_object_get(value, "$ref") != NULL)
        value = json_pack("{s:[o]}", "allOf", value);
    bnn_key_meaning_text(key, meaning);
    bnn_key_default_text(key, standard);
    const char *example = key->examples;
    const char *all = bnn_arena_printf(
        s->arena, "%s%s%s%s%s", meaning, standard[0] != '\0' ? "\n\nDefault: " : "", standard,
        example != NULL ? "\n\n" : "", example != NULL ? example : "");
    s->failed |= all == NULL;
    if (all != NULL)
        schema_put_text(s, value, "description", all);
    schema_put_default(s, value, key);
    return value;
}

enum { PATTERN_SIZE = 2 * BNN_KEY_PATH };

/* Adds a path to a pattern: with a number behind the first n_items bytes, if there are such; and where it has a row of
 * many keys, with any of them. */
static void schema_append_path(char pattern[PATTERN_SIZE], const char *path, size_t n_items)
{
    const char *others = strstr(path, BNN_KEY_OTHERS);
    for (const char *c = path; *c != '\0'; c++) {
        const size_t used = strlen(pattern), room = PATTERN_SIZE - used;
        if (c == others) {
            snprintf(pattern + used, room, "%s", BNN_KEY_OTHERS_PATTERN);
            c += strlen(BNN_KEY_OTHERS) - 1;
            continue;
        }
        snprintf(pattern + used, room, "%s%c%s", *c == '.' ? "\\" : "", *c,
                 n_items > 0 && (size_t)(c - path) == n_items ? "[1-9][0-9]*\\." : "");
    }
}

/* A definition that points refer to, unless the key is the same for all of them. Keys of items have their
 * number in the path: `items` of n bytes is the path of the list, or NULL. */
static void schema_define(cli_schema *s, const char *path, json_t *value, bool fixed,
                          size_t n_items)
{
    cli_schema_put(s, s->definitions, path, value);
    if (fixed)
        return;
    if (n_items == 0 && strstr(path, BNN_KEY_OTHERS) == NULL) {
        cli_schema_put(s, s->exact, path, cli_schema_reference(path));
        return;
    }
    char pattern[PATTERN_SIZE] = "^";
    schema_append_path(pattern, path, n_items);
    snprintf(pattern + strlen(pattern), sizeof pattern - strlen(pattern), "$");
    cli_schema_put(s, s->patterns, pattern, cli_schema_reference(path));
}

/* ---- plugins ----------------------------------------------------------------------------- */

static void schema_note_plugin(void *context, const bnn_plugin *plugin)
{
    cli_schema *s = context;
    const bnn_head *head = plugin->head;
    const bnn_use use = {.plugin = plugin};
    const bool layer = head->kind == BNN_KIND_LAYER;
    json_t *params = json_object();
    for (const bnn_param *p = head->params; p != NULL && p->type != BNN_TYPE_END; p++) {
        const bnn_key key = {.param = *p};
        cli_schema_put(s, params, p->name, schema_described(s, &key, schema_param(s, p)));
    }
    cli_schema_add(s, s->plugins,
                   json_pack("{s:i, s:i, s:i, s:s, s:o, s:o}", "kind", (int)head->kind, "role",
                             layer ? (int)bnn_use_layer(&use)->role : 0, "flags",
                             (int)bnn_plugin_flags(head), "name", head->name, "summary",
                             cli_schema_string(s, head->summary), "params", params));
}

static bool schema_takes(const bnn_key *key, const json_t *plugin)
{
    const json_int_t role = bnn_key_role(key);
    return json_integer_value(json_object_get(plugin, "kind")) == (json_int_t)bnn_key_kind(key) &&
           (role == 0 || json_integer_value(json_object_get(plugin, "role")) == role) &&
           (json_integer_value(json_object_get(plugin, "flags")) & key->unfit) == 0;
}

static const char *schema_plugin_name(const json_t *plugin)
{
    return json_string_value(json_object_get(plugin, "name"));
}

static json_t *schema_plugin_names(cli_schema *s, const bnn_key *key)
{
    json_t *names = json_array(), *plugin;
    size_t i;
    json_array_foreach(s->plugins, i, plugin) if (schema_takes(key, plugin))
        cli_schema_add(s, names, json_incref(json_object_get(plugin, "name")));
    return json_pack("{s:s, s:o}", "type", "string", "enum", names);
}

/* Any scalar is a text, but the name of a plugin. */
static json_t *schema_text(cli_schema *s, const bnn_key *key)
{
    if (key->param.choices != NULL)
        return schema_choices(s, key->param.choices);
    if (key->detail != 0)
        return schema_plugin_names(s, key);
    json_t *text = json_pack("{s:[s, s, s]}", "type", "string", "number", "boolean");
    if (key->pattern != NULL)
        schema_put_text(s, text, "pattern", key->pattern);
    return text;
}

/* Adds to a map the keys of a section, as references to their definitions. */
static void schema_put_keys(cli_schema *s, json_t *properties, const bnn_section *section,
                            const char *path)
{
    for (const bnn_key *key = section->keys; key->param.name != NULL; key++) {
        char below[BNN_KEY_PATH];
        const bnn_reader at = {.path = path};
        bnn_reader_below(&at, key->param.name, below);
        cli_schema_put(s, properties, key->param.name, cli_schema_reference(below));
    }
}

/* {name: NAME, PARAMETER: VALUE, ...}; of the default plugin, the name may be left out. */
static json_t *schema_plugin_map(cli_schema *s, const bnn_key *key, const json_t *plugin,
                                 const bnn_section *beside, const char *path)
{
    const char *name = schema_plugin_name(plugin);
    json_t *properties = json_pack("{s:{s:s}}", "name", "const", name);
    s->failed |= json_object_update(properties, json_object_get(plugin, "params")) != 0;
    if (beside != NULL)
        schema_put_keys(s, properties, beside, path);
    json_t *map = json_pack("{s:s, s:O, s:o, s:b}", "type", "object", "description",
                            json_object_get(plugin, "summary"), "properties", properties,
                            "additionalProperties", 0);
    if (key->standard == NULL || strcmp(key->standard, name) != 0)
        cli_schema_put(s, map, "required", json_pack("[s]", "name"));
    return map;
}

/* Adds what a key takes: names, and maps of each plugin. beside: the section of keys beside parameters. */
static void schema_add_plugins(cli_schema *s, json_t *any, const bnn_key *key,
                               const bnn_section *beside, const char *path)
{
    size_t i;
    json_t *plugin;
    cli_schema_add(s, any, schema_plugin_names(s, key));
    if (key->pattern != NULL) {
        cli_schema_add(s, any, json_pack("{s:s, s:s}", "type", "string", "pattern", key->pattern));
        cli_schema_add(s, any,
                       json_pack("{s:s, s:{s:{s:s, s:s}}, s:[s]}", "type", "object", "properties",
                                 "name", "type", "string", "pattern", key->pattern, "required",
                                 "name"));
    }
    json_array_foreach(s->plugins, i, plugin) if (schema_takes(key, plugin))
        cli_schema_add(s, any, schema_plugin_map(s, key, plugin, beside, path));
}

/* Defines the name and the parameters, as points set them: model.ste.clip. */
static void schema_define_params(cli_schema *s, const bnn_key *key, const char *path, bool fixed,
                                 size_t n_items)
{
    const bnn_reader at = {.path = path};
    char below[BNN_KEY_PATH];
    json_t *all = json_object(), *plugin, *param;
    const char *name;
    size_t i;
    json_array_foreach(s->plugins, i, plugin) if (schema_takes(key, plugin))
        json_object_foreach(json_object_get(plugin, "params"), name, param)
    {
        if (json_object_get(all, name) == NULL)
            cli_schema_put(s, all, name, json_array());
        cli_schema_add(s, json_object_get(all, name), json_incref(param));
    }
    json_object_foreach(all, name, param)
    {
        bnn_reader_below(&at, name, below);
        schema_define(s, below, json_pack("{s:O}", "anyOf", param), fixed, n_items);
    }
    json_decref(all);
    bnn_reader_below(&at, "name", below);
    schema_define(s, below, json_pack("{s:s}", "type", "string"), fixed, n_items);
}

/* ---- sections ---------------------------------------------------------------------------- */

/* Where something stands. */
typedef struct schema_place {
    const char *path; /* NULL: the spec as a whole */
    bool fixed;       /* the same for all points */
    size_t n_items;   /* bytes of the path of the list that it is in, or 0 */
} schema_place;

static void schema_define_keys(cli_schema *s, const bnn_section *section,
                               const schema_place *place);

static json_t *schema_section_map(cli_schema *s, const bnn_section *section, const char *path)
{
    json_t *properties = json_object(), *required = json_array();
    schema_put_keys(s, properties, section, path);
    for (const bnn_key *key = section->keys; key->param.name != NULL; key++)
        if ((key->flags & BNN_KEY_REQUIRED) != 0)
            cli_schema_add(s, required, json_string(key->param.name));
    json_t *map = json_pack("{s:s, s:o, s:b}", "type", "object", "properties", properties,
                            "additionalProperties", 0);
    if (json_array_size(required) > 0)
        s->failed |= json_object_set(map, "required", required) != 0;
    json_decref(required);
    if (section->others != NULL) {
        char below[BNN_KEY_PATH];
        bnn_reader_below(&(bnn_reader){.path = path}, section->others->param.name, below);
        cli_schema_put(
            s, map, "patternProperties",
            json_pack("{s:o}", "^" BNN_KEY_OTHERS_PATTERN "$", cli_schema_reference(below)));
    }
    return map;
}

/* Adds the forms of a section: a map of its keys, and what its flags allow. */
static void schema_add_section(cli_schema *s, json_t *any, const bnn_section *section,
                               const schema_place *place)
{
    const bnn_reader at = {.path = place->path};
    char name[BNN_KEY_PATH];
    json_t *map = schema_section_map(s, section, place->path);
    if ((section->flags & BNN_SECTION_NAMED) != 0) {
        bnn_reader_below(&at, "name", name);
        cli_schema_add(s, any, cli_schema_reference(name));
    }
    if ((section->flags & BNN_SECTION_EACH) != 0) {
        bnn_key each = *section->keys;
        each.unfit = 0; /* what does not fit one of them may be set for another alone */
        schema_add_plugins(s, any, &each, section, place->path);
        schema_define_params(s, &each, place->path, place->fixed, place->n_items);
    }
    cli_schema_add(
        s, any,
        (section->flags & BNN_SECTION_ITEMS) == 0
            ? map
            : json_pack("{s:s, s:i, s:o}", "type", "array", "minItems", 1, "items", map));
    schema_define_keys(s, section, place);
}

/* ---- keys -------------------------------------------------------------------------------- */

static json_t *schema_value(cli_schema *s, const bnn_key *key, const schema_place *place)
{
    json_t *any = json_array();
    const bool plugin = key->type == &bnn_key_plugin;
    if (key->words != NULL)
        cli_schema_add(s, any, schema_choices(s, key->words));
    if (plugin) {
        schema_add_plugins(s, any, key, key->section, place->path);
        schema_define_params(s, key, place->path, place->fixed, place->n_items);
        if (key->section != NULL)
            schema_define_keys(s, key->section, place);
        return cli_schema_any(s, any);
    }
    if (key->type != NULL && key->type->schema != NULL)
        cli_schema_add(s, any, bnn_json_of(key->type->schema));
    else if (key->section == NULL)
        cli_schema_add(s, any,
                       key->param.type != BNN_TYPE_END            ? schema_param(s, &key->param)
                       : strcmp(place->path, "dataset.name") == 0 ? cli_schema_reference("datasets")
                                                                  : schema_text(s, key));
    if (key->section != NULL)
        schema_add_section(s, any, key->section, place);
    return cli_schema_any(s, any);
}

static void schema_define_key(cli_schema *s, const bnn_section *section, const bnn_key *key,
                              const schema_place *place)
{
    const bool items = (section->flags & BNN_SECTION_ITEMS) != 0;
    assert(!items || place->path != NULL); /* the spec as a whole is no list */
    const bnn_reader at = {.path = place->path};
    char path[BNN_KEY_PATH];
    const schema_place below = {.path = path,
                                .fixed = place->fixed || (key->flags & BNN_KEY_FIXED) != 0,
                                .n_items = items ? strlen(place->path) : place->n_items};
    bnn_reader_below(&at, key->param.name, path);
    json_t *value = schema_described(s, key, schema_value(s, key, &below));
    schema_define(s, path, value, below.fixed, below.n_items);
}

static void schema_define_keys(cli_schema *s, const bnn_section *section, const schema_place *place)
{
    for (const bnn_key *key = section->keys; key->param.name != NULL; key++)
        schema_define_key(s, section, key, place);
    if (section->others != NULL)
        schema_define_key(s, section, section->others, place);
}

/* ------------------------------------------------------------------------------------------ */

/* A whole block, or a start or teacher below its key, which have no rows. */
static void schema_allow_unlisted(cli_schema *s)
{
    cli_schema_put(s, s->patterns, "^model\\.topology\\.blocks\\.[1-9][0-9]*$", json_object());
    cli_schema_put(s, s->patterns, "^(start|teacher)\\.", json_object());
}

static int schema_print(cli_schema *s, bnn_error *err)
{
    json_t *root = schema_section_map(s, &bnn_spec_section, NULL);
    json_t *head =
        json_pack("{s:s, s:s, s:O}", "$schema", "http://json-schema.org/draft-07/schema#", "title",
                  "A spec of bnnrun " BNN_VERSION, "definitions", s->definitions);
    s->failed |= json_object_update(root, head) != 0;
    cli_schema_put(s, root, "allOf", cli_schema_rules(s));
    int status = s->failed ? bnn_no_memory(err) : BNN_OK;
    if (status == BNN_OK &&
        (json_dumpf(root, stdout, JSON_INDENT(1) | JSON_SORT_KEYS) != 0 || putchar('\n') == EOF))
        status = bnn_fail_errno(err, BNN_E_RESOURCE, "cannot write to stdout");
    json_decref(head);
    json_decref(root);
    return status;
}

int cli_spec_schema(const char *spec, const char *plugin_path, bnn_arena *arena, bnn_error *err)
{
    cli_schema s = {.arena = arena,
                    .definitions = json_object(),
                    .plugins = json_array(),
                    .exact = json_object(),
                    .patterns = json_object(),
                    .datasets = json_array(),
                    .topologies = json_array()};
    int status = cli_visit_plugins(NULL, plugin_path, schema_note_plugin, &s, err);
    if (status == BNN_OK)
        status = cli_schema_look(&s, spec, plugin_path, err);
    if (status == BNN_OK) {
        cli_schema_put(&s, s.definitions, "datasets", cli_schema_names(&s, s.datasets));
        cli_schema_put(&s, s.definitions, "topologies", cli_schema_names(&s, s.topologies));
        schema_define_keys(&s, &bnn_spec_section, &(schema_place){.path = NULL});
        schema_allow_unlisted(&s);
        cli_schema_define_wholes(&s, &bnn_spec_section, NULL);
        cli_schema_define_dotted(&s);
        status = schema_print(&s, err);
    }
    json_decref(s.definitions);
    json_decref(s.plugins);
    json_decref(s.exact);
    json_decref(s.patterns);
    json_decref(s.datasets);
    json_decref(s.topologies);
    return status;
}
