/* spec_schema.c - the language of specs as a JSON Schema, for editors: made from the tables that read specs.
 *
 * Draft 7, which is what yaml-language-server supports best. Each key has a definition under its dotted path,
 * which its section refers to, and the maps of dotted keys, too. Of what bnnrun takes it refuses
 * dotted keys in a map within a point, as {model: {binarize.weights: true}}; what it cannot say (what depends
 * on other keys, on files, on the sweep as a whole) `bnnrun plan` says. */
#include "cli/spec_schema.h"

#include "base/path.h"
#include "base/text.h"
#include "cli/spec_help.h"
#include "runner/experiment.h"
#include "build_info.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct schema {
    bnn_arena *arena;
    json_t *definitions; /* of keys and parameters, by dotted path */
    json_t *plugins;     /* a list of {kind, role, name, summary, params} */
    json_t *exact;       /* dotted keys that points may have: path to definition */
    json_t *patterns;    /* likewise, by patterns of them */
    bool failed;         /* no memory */
} schema;

/* ---- values in values -------------------------------------------------------------------- */

static void schema_put(schema *s, json_t *object, const char *key, json_t *value)
{
    s->failed |= json_object_set_new(object, key, value) != 0;
}

static void schema_add(schema *s, json_t *array, json_t *value)
{
    s->failed |= json_array_append_new(array, value) != 0;
}

/* JSON is UTF-8, and a plugin or the name of a file may be anything. */
static json_t *schema_string(schema *s, const char *text)
{
    char *copy = bnn_arena_strdup(s->arena, text);
    return copy == NULL ? NULL : json_string(bnn_text_clean(copy, "\n"));
}

static void schema_put_text(schema *s, json_t *object, const char *key, const char *text)
{
    schema_put(s, object, key, schema_string(s, text));
}

static json_t *schema_reference(const char *path)
{
    return json_pack("{s:s+}", "$ref", "#/definitions/", path);
}

static json_t *schema_number(double number)
{
    return number == floor(number) && fabs(number) < 0x1p53 ? json_integer((json_int_t)number)
                                                            : json_real(number);
}

/* One of several; takes the list. */
static json_t *schema_any(schema *s, json_t *list)
{
    json_t *only = json_array_size(list) == 1 ? json_incref(json_array_get(list, 0)) : NULL;
    json_t *any = only != NULL ? only : json_pack("{s:O}", "anyOf", list);
    json_decref(list);
    s->failed |= any == NULL;
    return any;
}

/* ---- plain values ------------------------------------------------------------------------ */

/* The i-th of "a|b", "" without memory. */
static const char *schema_choice(schema *s, const char *choices, size_t i)
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
static json_t *schema_choices(schema *s, const char *choices)
{
    const size_t n = bnn_choice_count(choices);
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        const char *text = schema_choice(s, choices, i);
        char *end;
        schema_add(s, list, schema_string(s, text));
        const long number = strtol(text, &end, 10);
        if (end > text && *end == '\0')
            schema_add(s, list, json_integer(number));
    }
    return json_pack("{s:o}", "enum", list);
}

static json_t *schema_param(schema *s, const bnn_param *param)
{
    if (param->type == BNN_TYPE_CHOICE)
        return schema_choices(s, param->choices);
    if (param->type == BNN_TYPE_SWITCH)
        return json_pack("{s:s}", "type", "boolean");
    return json_pack("{s:s, s:o, s:o}", "type",
                     param->type == BNN_TYPE_INTEGER ? "integer" : "number", "minimum",
                     schema_number(param->minimum), "maximum", schema_number(param->maximum));
}

/* Any scalar is a text. */
static json_t *schema_text(schema *s, const bnn_key *key)
{
    if (key->param.choices != NULL)
        return schema_choices(s, key->param.choices);
    json_t *text = json_pack("{s:[s, s, s]}", "type", "string", "number", "boolean");
    if (key->pattern != NULL)
        schema_put_text(s, text, "pattern", key->pattern);
    return text;
}

/* What there is by a name, for completion; others may lie beside a spec. */
static json_t *schema_known(schema *s, const char *path)
{
    const char *list = strcmp(path, "dataset.name") == 0     ? cli_catalogue_path(NULL)
                       : strcmp(path, "model.topology") == 0 ? cli_topology_path(NULL)
                                                             : NULL;
    size_t n = 0;
    const char **names = list == NULL ? NULL : bnn_path_scan(list, ".yaml", s->arena, &n);
    json_t *known = json_array();
    for (size_t i = 0; names != NULL && i < n; i++)
        schema_add(s, known, schema_string(s, names[i]));
    return known;
}

/* ---- what is said of a key --------------------------------------------------------------- */

static void schema_put_default(schema *s, json_t *of, const bnn_key *key)
{
    const bnn_param *p = &key->param;
    if (key->computed != NULL || (key->flags & BNN_KEY_REQUIRED) != 0)
        return;
    if (key->standard != NULL && key->standard[0] != '{')
        schema_put_text(s, of, "default", key->standard);
    else if (p->type == BNN_TYPE_CHOICE)
        schema_put_text(s, of, "default", schema_choice(s, p->choices, (size_t)p->fallback));
    else if (p->type == BNN_TYPE_SWITCH)
        schema_put(s, of, "default", json_boolean(p->fallback != 0));
    else if (p->type != BNN_TYPE_END && isfinite(p->fallback))
        schema_put(s, of, "default", schema_number(p->fallback));
}

/* The value with what help says of the key; takes it. Beside a reference, nothing else counts. */
static json_t *schema_described(schema *s, const bnn_key *key, json_t *value)
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

/* A definition that points refer to, unless the key is the same for all of them. Keys of items have their
 * number in the path: `items` of n bytes is the path of the list, or NULL. */
static void schema_define(schema *s, const char *path, json_t *value, bool fixed, size_t n_items)
{
    schema_put(s, s->definitions, path, value);
    if (fixed)
        return;
    if (n_items == 0) {
        schema_put(s, s->exact, path, schema_reference(path));
        return;
    }
    char pattern[2 * BNN_KEY_PATH] = "^";
    for (const char *c = path; *c != '\0'; c++) {
        const size_t used = strlen(pattern);
        snprintf(pattern + used, sizeof pattern - used, "%s%c%s", *c == '.' ? "\\" : "", *c,
                 (size_t)(c - path) == n_items ? "[1-9][0-9]*\\." : "");
    }
    snprintf(pattern + strlen(pattern), sizeof pattern - strlen(pattern), "$");
    schema_put(s, s->patterns, pattern, schema_reference(path));
}

/* ---- plugins ----------------------------------------------------------------------------- */

static void schema_note_plugin(void *context, const bnn_plugin *plugin)
{
    schema *s = context;
    const bnn_head *head = plugin->head;
    const bnn_use use = {.plugin = plugin};
    const bool layer = head->kind == BNN_KIND_LAYER;
    json_t *params = json_object();
    for (const bnn_param *p = head->params; p != NULL && p->type != BNN_TYPE_END; p++) {
        const bnn_key key = {.param = *p};
        schema_put(s, params, p->name, schema_described(s, &key, schema_param(s, p)));
    }
    schema_add(s, s->plugins,
               json_pack("{s:i, s:i, s:s, s:o, s:o}", "kind", (int)head->kind, "role",
                         layer ? (int)bnn_use_layer(&use)->role : 0, "name", head->name, "summary",
                         schema_string(s, head->summary), "params", params));
}

static bool schema_takes(const bnn_key *key, const json_t *plugin)
{
    const json_int_t role = bnn_key_role(key);
    return json_integer_value(json_object_get(plugin, "kind")) == (json_int_t)bnn_key_kind(key) &&
           (role == 0 || json_integer_value(json_object_get(plugin, "role")) == role);
}

static const char *schema_plugin_name(const json_t *plugin)
{
    return json_string_value(json_object_get(plugin, "name"));
}

/* Adds to a map the keys of a section, as references to their definitions. */
static void schema_put_keys(schema *s, json_t *properties, const bnn_section *section,
                            const char *path)
{
    for (const bnn_key *key = section->keys; key->param.name != NULL; key++) {
        char below[BNN_KEY_PATH];
        const bnn_reader at = {.path = path};
        bnn_reader_below(&at, key->param.name, below);
        schema_put(s, properties, key->param.name, schema_reference(below));
    }
}

/* {name: NAME, PARAMETER: VALUE, ...}; of the default plugin, the name may be left out. */
static json_t *schema_plugin_map(schema *s, const bnn_key *key, const json_t *plugin,
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
        schema_put(s, map, "required", json_pack("[s]", "name"));
    return map;
}

/* Adds what a key takes: names, and maps of each plugin. beside: the section of keys beside parameters. */
static void schema_add_plugins(schema *s, json_t *any, const bnn_key *key,
                               const bnn_section *beside, const char *path)
{
    json_t *names = json_array(), *plugin;
    size_t i;
    json_array_foreach(s->plugins, i, plugin) if (schema_takes(key, plugin))
        schema_add(s, names, json_incref(json_object_get(plugin, "name")));
    schema_add(s, any, json_pack("{s:s, s:o}", "type", "string", "enum", names));
    if (key->pattern != NULL) {
        schema_add(s, any, json_pack("{s:s, s:s}", "type", "string", "pattern", key->pattern));
        schema_add(s, any,
                   json_pack("{s:s, s:{s:{s:s, s:s}}, s:[s]}", "type", "object", "properties",
                             "name", "type", "string", "pattern", key->pattern, "required",
                             "name"));
    }
    json_array_foreach(s->plugins, i, plugin) if (schema_takes(key, plugin))
        schema_add(s, any, schema_plugin_map(s, key, plugin, beside, path));
}

/* Defines the name and the parameters, as points set them: model.ste.clip. */
static void schema_define_params(schema *s, const bnn_key *key, const char *path, bool fixed,
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
            schema_put(s, all, name, json_array());
        schema_add(s, json_object_get(all, name), json_incref(param));
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

static void schema_define_keys(schema *s, const bnn_section *section, const schema_place *place);

static json_t *schema_section_map(schema *s, const bnn_section *section, const char *path)
{
    json_t *properties = json_object(), *required = json_array();
    schema_put_keys(s, properties, section, path);
    for (const bnn_key *key = section->keys; key->param.name != NULL; key++)
        if ((key->flags & BNN_KEY_REQUIRED) != 0)
            schema_add(s, required, json_string(key->param.name));
    json_t *map = json_pack("{s:s, s:o, s:b}", "type", "object", "properties", properties,
                            "additionalProperties", 0);
    if (json_array_size(required) > 0)
        s->failed |= json_object_set(map, "required", required) != 0;
    json_decref(required);
    return map;
}

/* Adds the forms of a section: a map of its keys, and what its flags allow. */
static void schema_add_section(schema *s, json_t *any, const bnn_section *section,
                               const schema_place *place)
{
    const bnn_reader at = {.path = place->path};
    char name[BNN_KEY_PATH];
    json_t *map = schema_section_map(s, section, place->path);
    if ((section->flags & BNN_SECTION_NAMED) != 0) {
        bnn_reader_below(&at, "name", name);
        schema_add(s, any, schema_reference(name));
    }
    if ((section->flags & BNN_SECTION_EACH) != 0) {
        schema_add_plugins(s, any, section->keys, section, place->path);
        schema_define_params(s, section->keys, place->path, place->fixed, place->n_items);
    }
    schema_add(s, any,
               (section->flags & BNN_SECTION_ITEMS) == 0
                   ? map
                   : json_pack("{s:s, s:i, s:o}", "type", "array", "minItems", 1, "items", map));
    schema_define_keys(s, section, place);
}

/* ---- keys -------------------------------------------------------------------------------- */

static json_t *schema_value(schema *s, const bnn_key *key, const schema_place *place)
{
    json_t *any = json_array(), *known = schema_known(s, place->path);
    const bool plugin = key->type == &bnn_key_plugin;
    if (key->words != NULL)
        schema_add(s, any, schema_choices(s, key->words));
    if (json_array_size(known) > 0)
        schema_add(s, any, json_pack("{s:O}", "enum", known));
    json_decref(known);
    if (plugin) {
        schema_add_plugins(s, any, key, key->section, place->path);
        schema_define_params(s, key, place->path, place->fixed, place->n_items);
        if (key->section != NULL)
            schema_define_keys(s, key->section, place);
        return schema_any(s, any);
    }
    if (key->type != NULL && key->type->schema != NULL)
        schema_add(s, any, json_loads(key->type->schema, 0, NULL));
    else if (key->section == NULL)
        schema_add(s, any,
                   key->param.type != BNN_TYPE_END ? schema_param(s, &key->param)
                                                   : schema_text(s, key));
    if (key->section != NULL)
        schema_add_section(s, any, key->section, place);
    return schema_any(s, any);
}

static void schema_define_keys(schema *s, const bnn_section *section, const schema_place *place)
{
    const bool items = (section->flags & BNN_SECTION_ITEMS) != 0;
    const bnn_reader at = {.path = place->path};
    for (const bnn_key *key = section->keys; key->param.name != NULL; key++) {
        char path[BNN_KEY_PATH];
        const schema_place below = {.path = path,
                                    .fixed = place->fixed || (key->flags & BNN_KEY_FIXED) != 0,
                                    .n_items = items ? strlen(place->path) : place->n_items};
        bnn_reader_below(&at, key->param.name, path);
        json_t *value = schema_described(s, key, schema_value(s, key, &below));
        schema_define(s, path, value, below.fixed, below.n_items);
    }
}

/* ---- maps of dotted keys ----------------------------------------------------------------- */

/* What a point sets at a key becomes what stands there in another map; takes the reference. */
typedef json_t *schema_form(json_t *reference);

static json_t *schema_form_point(json_t *reference)
{
    return reference;
}

static json_t *schema_form_list(json_t *reference)
{
    return json_pack("{s:s, s:i, s:o}", "type", "array", "minItems", 1, "items", reference);
}

static json_t *schema_form_draw(json_t *reference)
{
    return json_pack("{s:[{s:s}, {s:s, s:{s:{s:s, s:i, s:o}}, s:[s], s:b}]}", "anyOf", "$ref",
                     "#/definitions/range", "type", "object", "properties", "choice", "type",
                     "array", "minItems", 1, "items", reference, "required", "choice",
                     "additionalProperties", 0);
}

static json_t *schema_each(schema *s, const json_t *keys, schema_form *form)
{
    json_t *all = json_object(), *reference;
    const char *key;
    json_object_foreach((json_t *)(uintptr_t)keys, key, reference)
        schema_put(s, all, key, form(json_incref(reference)));
    return all;
}

static json_t *schema_dotted(schema *s, schema_form *form)
{
    return json_pack("{s:s, s:o, s:o, s:b}", "type", "object", "properties",
                     schema_each(s, s->exact, form), "patternProperties",
                     schema_each(s, s->patterns, form), "additionalProperties", 0);
}

static const char range_schema[] =
    "{\"type\": \"object\", \"minProperties\": 1, \"maxProperties\": 1,"
    " \"additionalProperties\": false, \"properties\": {"
    "\"uniform\": {\"type\": \"array\", \"minItems\": 2, \"maxItems\": 2,"
    " \"items\": {\"type\": \"number\"}},"
    "\"log_uniform\": {\"type\": \"array\", \"minItems\": 2, \"maxItems\": 2,"
    " \"items\": {\"type\": \"number\", \"exclusiveMinimum\": 0}},"
    "\"integers\": {\"type\": \"array\", \"minItems\": 2, \"maxItems\": 2,"
    " \"items\": {\"type\": \"integer\"}}}}";

static void schema_define_dotted(schema *s)
{
    json_t *point = schema_dotted(s, schema_form_point),
           *draws = schema_dotted(s, schema_form_draw);
    schema_put(s, json_object_get(point, "properties"), "label",
               json_pack("{s:[s, s, s], s:i, s:i, s:s}", "type", "string", "number", "boolean",
                         "minLength", 1, "maxLength", 60, "description",
                         "what the point is called"));
    schema_put(s, json_object_get(draws, "properties"), "n",
               json_pack("{s:s, s:i, s:i, s:s}", "type", "integer", "minimum", 1, "maximum", 10000,
                         "description", "how many points are drawn"));
    schema_put(s, draws, "required", json_pack("[s]", "n"));
    schema_put(s, s->definitions, "point", point);
    schema_put(s, s->definitions, "lists", schema_dotted(s, schema_form_list));
    schema_put(s, s->definitions, "draws", draws);
    schema_put(s, s->definitions, "range", json_loads(range_schema, 0, NULL));
}

/* ------------------------------------------------------------------------------------------ */

/* A whole block, or a start or teacher below its key, which have no rows. */
static void schema_allow_unlisted(schema *s)
{
    schema_put(s, s->patterns, "^model\\.topology\\.blocks\\.[1-9][0-9]*$", json_object());
    schema_put(s, s->patterns, "^(start|teacher)\\.", json_object());
}

static int schema_print(schema *s, bnn_error *err)
{
    json_t *root = schema_section_map(s, &bnn_spec_section, NULL);
    json_t *head =
        json_pack("{s:s, s:s, s:O}", "$schema", "http://json-schema.org/draft-07/schema#", "title",
                  "A spec of bnnrun " BNN_VERSION, "definitions", s->definitions);
    s->failed |= json_object_update(root, head) != 0;
    int status = s->failed ? bnn_no_memory(err) : BNN_OK;
    if (status == BNN_OK &&
        (json_dumpf(root, stdout, JSON_INDENT(1) | JSON_SORT_KEYS) != 0 || putchar('\n') == EOF))
        status = bnn_fail_errno(err, BNN_E_RESOURCE, "cannot write to stdout");
    json_decref(head);
    json_decref(root);
    return status;
}

int cli_spec_schema(const char *plugin_path, bnn_arena *arena, bnn_error *err)
{
    schema s = {.arena = arena,
                .definitions = json_object(),
                .plugins = json_array(),
                .exact = json_object(),
                .patterns = json_object()};
    int status = cli_visit_plugins(NULL, plugin_path, schema_note_plugin, &s, err);
    if (status == BNN_OK) {
        schema_define_keys(&s, &bnn_spec_section, &(schema_place){.path = NULL});
        schema_allow_unlisted(&s);
        schema_define_dotted(&s);
        status = schema_print(&s, err);
    }
    json_decref(s.definitions);
    json_decref(s.plugins);
    json_decref(s.exact);
    json_decref(s.patterns);
    return status;
}
