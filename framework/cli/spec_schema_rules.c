/* spec_schema_rules.c - what keys of a spec say together: by the rules of the spec, and by the conditions under
 * which keys act.
 *
 * A key that acts in no point is a mistake. A rule says so where it can be told without computing the points:
 * what its condition names has one value in the base, and no map of dotted keys sets it. */
#include "cli/spec_schema_internal.h"
#include "plugin/use.h"
#include "runner/experiment.h"
#include "spec/key_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- texts -------------------------------------------------------------------------------- */

/* Text that grows in the arena; "" without memory. */
static void rule_append(cli_schema *s, const char **text, const char *separator, const char *more)
{
    const char *all =
        bnn_arena_printf(s->arena, "%s%s%s", *text, **text == '\0' ? "" : separator, more);
    s->failed |= all == NULL;
    *text = all != NULL ? all : "";
}

/* A dotted path as a pattern: a\.b */
static const char *rule_escape(cli_schema *s, const char *path, size_t n)
{
    const char *escaped = "";
    for (size_t i = 0; i < n; i++) {
        const char one[] = {path[i], '\0'};
        rule_append(s, &escaped, "", path[i] == '.' ? "\\." : one);
    }
    return escaped;
}

/* ---- values in the base ------------------------------------------------------------------- */

static bool rule_is_named(const bnn_key *key)
{
    return key->section != NULL && (key->section->flags & BNN_SECTION_NAMED) != 0;
}

/* The value of a key, at rest: "", or ".KEY" below it. */
static json_t *rule_at(cli_schema *s, const bnn_key *key, const char *rest,
                       const cli_schema_wanted *wanted)
{
    const bool is_name = rule_is_named(key) && (*rest == '\0' || strcmp(rest, ".name") == 0);
    if (*rest == '\0' && !is_name)
        return json_incref(wanted->test);
    json_t *map = cli_schema_in(s, key->section, is_name ? "name" : rest + 1, wanted);
    return !is_name ? map
                    : json_pack("{s:[{s:s, s:[O]}, {s:s, s:[o]}]}", "anyOf", "type", "string",
                                "allOf", wanted->test, "type", "object", "allOf", map);
}

json_t *cli_schema_in(cli_schema *s, const bnn_section *section, const char *path,
                      const cli_schema_wanted *wanted)
{
    const bnn_key *key = bnn_key_in(section, path);
    const char *rest = path + strcspn(path, ".");
    const bool may_be_none = *rest != '\0' && key->words != NULL;
    const bool optional = may_be_none ? wanted->by_none : wanted->by_default;
    json_t *value = rule_at(s, key, rest, wanted);
    if (*rest != '\0' && !optional && json_object_get(value, "anyOf") == NULL)
        cli_schema_put(s, value, "type", json_string("object"));
    json_t *map = json_pack("{s:{s:o}}", "properties", key->param.name, value);
    if (!optional)
        cli_schema_put(s, map, "required", json_pack("[s]", key->param.name));
    return map;
}

json_t *cli_schema_below(cli_schema *s, const char *path, json_t *value)
{
    const char *dot = path == NULL ? NULL : strrchr(path, '.');
    if (path == NULL)
        return value;
    json_t *map = json_pack("{s:{s:o}}", "properties", dot != NULL ? dot + 1 : path, value);
    const char *above =
        dot == NULL ? NULL : bnn_arena_printf(s->arena, "%.*s", (int)(dot - path), path);
    return cli_schema_below(s, above, map);
}

/* ---- conditions --------------------------------------------------------------------------- */

/* One of a condition: KEY=VALUE, KEY!=VALUE or KEY. */
typedef struct rule_term {
    char key[BNN_KEY_PATH];
    const char *value; /* NULL: KEY */
    bool negated;
    const bnn_key *row;
    char standard[BNN_KEY_TEXT_BYTES];
} rule_term;

/* What stands behind it. */
static const char *rule_read_term(const char *condition, rule_term *out)
{
    const size_t n = strcspn(condition, "|&");
    snprintf(out->key, sizeof out->key, "%.*s", (int)n, condition);
    char *equals = strchr(out->key, '=');
    out->value = equals == NULL ? NULL : equals + 1;
    out->negated = equals != NULL && equals[-1] == '!';
    if (equals != NULL)
        equals[-(int)out->negated] = '\0';
    out->row = bnn_key_find(&bnn_spec_section, out->key);
    bnn_key_default_text(out->row, out->standard);
    return condition + n;
}

static json_t *rule_value(const bnn_key *row, const char *text)
{
    if (row->param.type == BNN_TYPE_SWITCH)
        return json_boolean(strcmp(text, "true") == 0);
    if (row->param.type == BNN_TYPE_INTEGER || row->param.type == BNN_TYPE_NUMBER)
        return cli_schema_number(strtod(text, NULL));
    return json_string(text);
}

/* What stands at the key of a term that holds, or does not; the test is the caller's. */
static cli_schema_wanted rule_want(const rule_term *term, bool holds)
{
    const char *text = term->value != NULL ? term->value : term->standard;
    const bool is = holds != (term->negated || term->value == NULL); /* it is this value */
    const bool known = term->row->computed == NULL;
    json_t *value = json_pack("{s:o}", "const", rule_value(term->row, text));
    return (cli_schema_wanted){.test = is ? value : json_pack("{s:o}", "not", value),
                               .by_default = known && is == (strcmp(text, term->standard) == 0),
                               .by_none = is == (term->value == NULL)};
}

/* A spec of which a term holds, or does not; at: a key of which all terms are, then its value, or NULL. */
static json_t *rule_of_term(cli_schema *s, const bnn_key *at, const rule_term *term, bool holds)
{
    const cli_schema_wanted wanted = rule_want(term, holds);
    json_t *of = at != NULL ? rule_at(s, at, "", &wanted)
                            : cli_schema_in(s, &bnn_spec_section, term->key, &wanted);
    json_decref(wanted.test);
    return of;
}

/* Adds to a list what must be so for no alternative of the condition to hold. */
static void rule_add_fails(cli_schema *s, json_t *all, const bnn_key *at, const char *condition)
{
    json_t *any = json_array();
    while (*condition != '\0') {
        rule_term term;
        condition = rule_read_term(condition, &term);
        cli_schema_add(s, any, rule_of_term(s, at, &term, false));
        if (*condition == '&') {
            condition++;
            continue;
        }
        cli_schema_add(s, all, cli_schema_any(s, any));
        any = json_array();
        condition += *condition == '|';
    }
    json_decref(any);
}

/* ---- maps of dotted keys ------------------------------------------------------------------ */

/* Whether what stands there sets keys of points. */
static bool rule_sets_points(const bnn_key *key)
{
    static const char *const maps[] = {"/point\"", "/lists\"", "/draws\""};
    const char *schema = key->type == NULL ? NULL : key->type->schema;
    for (size_t i = 0; schema != NULL && i < sizeof maps / sizeof *maps; i++)
        if (strstr(schema, maps[i]) != NULL)
            return true;
    return false;
}

/* Of a section; NULL: it has no maps. */
static json_t *rule_maps(cli_schema *s, const bnn_section *section, const char *definition)
{
    json_t *properties = json_object();
    for (const bnn_key *key = section->keys; key->param.name != NULL; key++) {
        const bool within = key->section != NULL && (key->flags & BNN_KEY_FIXED) != 0;
        json_t *value = rule_sets_points(key) ? cli_schema_reference(definition)
                        : within              ? rule_maps(s, key->section, definition)
                                              : NULL;
        if (value != NULL)
            cli_schema_put(s, properties, key->param.name, value);
    }
    if (json_object_size(properties) > 0)
        return json_pack("{s:o}", "properties", properties);
    json_decref(properties);
    return NULL;
}

json_t *cli_schema_maps(cli_schema *s, const char *definition)
{
    return rule_maps(s, &bnn_spec_section, definition);
}

/* A spec in which what maps of dotted keys have at a pattern is like the value, which it takes; name: of the
 * definition of such maps. */
static json_t *rule_where_maps_have(cli_schema *s, const char *name, const char *pattern,
                                    json_t *value)
{
    if (name == NULL || pattern == NULL || json_object_get(s->definitions, name) != NULL)
        json_decref(value);
    else
        cli_schema_put(s, s->definitions, name,
                       json_pack("{s:{s:o}, s:{s:s+}}", "patternProperties", pattern, value,
                                 "items", "$ref", "#/definitions/", name));
    s->failed |= name == NULL || pattern == NULL;
    return name == NULL ? NULL : cli_schema_maps(s, name);
}

/* Adds the keys that set a key from above, and itself unless it is only a place. */
static void rule_add_setters(cli_schema *s, const char *path, bool itself, const char **pattern)
{
    for (const char *dot = path; (dot = strchr(dot, '.')) != NULL; dot++)
        rule_append(s, pattern, "|", rule_escape(s, path, (size_t)(dot - path)));
    if (itself)
        rule_append(s, pattern, "|", rule_escape(s, path, strlen(path)));
}

/* The keys that set those of a condition, or a path; *names: what they set. */
static const char *rule_setters(cli_schema *s, const char *condition, const char *below,
                                const char **names)
{
    const char *pattern = "(start|teacher)(\\..*)?";
    *names = "";
    rule_term term = {.row = NULL};
    for (const char *c = condition; *c != '\0'; c += *c != '\0') {
        c = rule_read_term(c, &term);
        rule_add_setters(s, term.key, true, &pattern);
        if (rule_is_named(term.row))
            rule_append(s, &pattern, "|",
                        bnn_arena_printf(s->arena, "%s\\.name",
                                         rule_escape(s, term.key, strlen(term.key))));
        if (strstr(*names, term.key) == NULL)
            rule_append(s, names, ",", term.key);
    }
    if (below != NULL) {
        rule_add_setters(s, below, true, &pattern);
        rule_append(s, names, ",", below);
    }
    return bnn_arena_printf(s->arena, "^(%s)$", pattern);
}

json_t *cli_schema_is_constant(cli_schema *s, const char *condition, const char *below)
{
    const char *names, *pattern = rule_setters(s, condition, below, &names);
    return rule_where_maps_have(s, bnn_arena_printf(s->arena, "constant:%s", names), pattern,
                                json_false());
}

/* ---- keys that act in no point ------------------------------------------------------------ */

json_t *cli_schema_idle(const char *why)
{
    return json_pack("{s:[{}], s:s}", "enum", "errorMessage", why);
}

static json_t *rule_idle(cli_schema *s, const char *condition)
{
    char acts[512];
    bnn_condition_text(condition, acts, sizeof acts);
    const char *why = bnn_arena_printf(s->arena, "it acts only with %s; leave it out", acts);
    s->failed |= why == NULL;
    return why == NULL ? NULL : cli_schema_idle(why);
}

/* The keys of a section that have the condition; below: whose paths they have, or NULL. */
static json_t *rule_idle_keys(cli_schema *s, const bnn_section *section, const char *condition,
                              const char *below, const char **pattern, const char **names)
{
    json_t *keys = json_object();
    for (const bnn_key *key = section->keys; key->param.name != NULL; key++) {
        if (key->acts == NULL || strcmp(key->acts, condition) != 0)
            continue;
        const char *path = bnn_arena_printf(s->arena, "%s.%s", below, key->param.name);
        s->failed |= path == NULL;
        cli_schema_put(s, keys, key->param.name, rule_idle(s, condition));
        rule_append(s, pattern, "|", path == NULL ? "" : rule_escape(s, path, strlen(path)));
        rule_append(s, names, ",", path == NULL ? "" : path);
    }
    return json_pack("{s:o}", "properties", keys);
}

/* Where the condition holds in no point, neither the base has the keys, nor any map. below: their section. */
static json_t *rule_if_idle(cli_schema *s, const char *condition, const char *below, json_t *keys,
                            const char *pattern, const char *names)
{
    json_t *fails = json_array(), *idle = json_array();
    const char *decided, *setters = rule_setters(s, condition, below, &decided);
    rule_add_fails(s, fails, NULL, condition);
    cli_schema_add(
        s, fails,
        rule_where_maps_have(s, bnn_arena_printf(s->arena, "constant_or_none:%s", decided), setters,
                             json_pack("{s:[s, [s]]}", "enum", "none", "none")));
    cli_schema_add(s, idle, cli_schema_below(s, below, keys));
    cli_schema_add(s, idle,
                   rule_where_maps_have(s, bnn_arena_printf(s->arena, "without:%s", names),
                                        bnn_arena_printf(s->arena, "^(%s)(\\..*)?$", pattern),
                                        rule_idle(s, condition)));
    return json_pack("{s:{s:o}, s:{s:o}}", "if", "allOf", fails, "then", "allOf", idle);
}

static bool rule_is_first(const bnn_section *section, const bnn_key *key)
{
    for (const bnn_key *other = section->keys; other < key; other++)
        if (other->acts != NULL && strcmp(other->acts, key->acts) == 0)
            return false;
    return true;
}

/* What is set for each key of a section acts where one of them does. */
static json_t *rule_of_each(cli_schema *s, const bnn_key *each, const char *path)
{
    const char *condition = "", *dot = strrchr(path, '.');
    for (const bnn_key *key = each->section->keys; key->param.name != NULL; key++)
        rule_append(s, &condition, "|", key->acts);
    return rule_if_idle(
        s, condition, bnn_arena_printf(s->arena, "%.*s", (int)(dot - path), path),
        json_pack("{s:{s:o}}", "properties", each->param.name, rule_idle(s, condition)),
        rule_escape(s, path, strlen(path)), path);
}

/* ---- what a point sets as a whole ---------------------------------------------------------- */

/* Whether a condition is about nothing but the name of a section. */
static bool rule_is_of_name(const char *condition, const char *path)
{
    rule_term term;
    while (*condition != '\0') {
        condition = rule_read_term(condition, &term);
        if (strcmp(term.key, path) != 0)
            return false;
        condition += *condition != '\0';
    }
    return true;
}

/* A section that has a name is replaced as a whole, so the keys of another name idle in it. */
static void rule_define_whole(cli_schema *s, const bnn_key *named, const char *path)
{
    const bnn_section *section = named->section;
    const char *name = bnn_arena_printf(s->arena, "whole:%s", path);
    json_t *all = json_array();
    cli_schema_add(s, all, cli_schema_reference(path));
    for (const bnn_key *key = section->keys; key->param.name != NULL; key++) {
        const char *pattern = "", *names = "";
        if (key->acts == NULL || !rule_is_of_name(key->acts, path) || !rule_is_first(section, key))
            continue;
        json_t *fails = json_array();
        rule_add_fails(s, fails, named, key->acts);
        cli_schema_add(s, all,
                       json_pack("{s:{s:o}, s:o}", "if", "allOf", fails, "then",
                                 rule_idle_keys(s, section, key->acts, path, &pattern, &names)));
    }
    s->failed |= name == NULL;
    if (name == NULL || json_array_size(all) == 1) {
        json_decref(all);
        return;
    }
    cli_schema_put(s, s->definitions, name, json_pack("{s:o}", "allOf", all));
    cli_schema_put(s, s->exact, path, cli_schema_reference(name));
}

void cli_schema_define_wholes(cli_schema *s, const bnn_section *section, const char *path)
{
    for (const bnn_key *key = section->keys; key->param.name != NULL; key++) {
        const bnn_reader at = {.path = path};
        char below[BNN_KEY_PATH];
        bnn_reader_below(&at, key->param.name, below);
        if (key->section == NULL || (key->flags & BNN_KEY_FIXED) != 0)
            continue;
        if ((key->section->flags & BNN_SECTION_REFERENCE) != 0)
            rule_define_whole(s, key, below);
        cli_schema_define_wholes(s, key->section, below);
    }
}

/* ---- plugins that do not fit ---------------------------------------------------------------- */

static json_t *rule_unfit_names(cli_schema *s, const bnn_key *key)
{
    json_t *names = json_array(), *plugin;
    size_t i;
    json_array_foreach(s->plugins, i, plugin)
    {
        const json_int_t kind = json_integer_value(json_object_get(plugin, "kind"));
        const json_int_t flags = json_integer_value(json_object_get(plugin, "flags"));
        if (kind == (json_int_t)bnn_key_kind(key) && (flags & key->unfit) != 0)
            cli_schema_add(s, names, json_incref(json_object_get(plugin, "name")));
    }
    return names;
}

/* What is set for each key of a section must fit all of them that act and have no value of their own. */
static json_t *rule_fits_each(cli_schema *s, const bnn_key *key, const char *path)
{
    rule_term term;
    rule_read_term(key->acts, &term);
    json_t *names = rule_unfit_names(s, key);
    json_t *rule =
        json_pack("{s:{s:[o, o]}, s:o}", "if", "allOf", rule_of_term(s, NULL, &term, true),
                  cli_schema_is_constant(s, key->acts, path), "then",
                  cli_schema_below(s, path,
                                   json_pack("{s:[{s:{s:O}}, {s:{s:s, s:[s], s:{s:{s:O}, s:b}}}]}",
                                             "allOf", "not", "enum", names, "not", "type", "object",
                                             "required", "name", "properties", "name", "enum",
                                             names, key->param.name, 0)));
    json_decref(names);
    return rule;
}

/* ---- layers that the ordering has no place for ---------------------------------------------- */

/* A key that takes what the ordering has a letter for takes its words alone where the letter is missing. */
static json_t *rule_of_letter(cli_schema *s, const char *ordering, const bnn_key *key,
                              const char *path)
{
    const char letter[] = {(char)bnn_key_role(key), '\0'};
    const char *lacks = bnn_arena_printf(s->arena, "^(?!.*%s)[A-Z]+$", letter);
    const char *why = bnn_arena_printf(s->arena, "%s has no %s", ordering, letter);
    const char *decided = bnn_arena_printf(s->arena, "%s|%s", ordering, path);
    json_t *words = json_array();
    s->failed |= lacks == NULL || why == NULL || decided == NULL;
    for (size_t i = 0; i < bnn_choice_count(key->words); i++) {
        char word[BNN_KEY_PATH];
        bnn_choice_text(key->words, i, word, sizeof word);
        cli_schema_add(s, words, json_string(word));
    }
    const cli_schema_wanted wanted = {
        .test = json_pack("{s:s, s:s}", "type", "string", "pattern", lacks == NULL ? "" : lacks)};
    json_t *rule =
        json_pack("{s:{s:[o, o]}, s:o}", "if", "allOf",
                  cli_schema_in(s, &bnn_spec_section, ordering, &wanted),
                  cli_schema_is_constant(s, decided == NULL ? "" : decided, NULL), "then",
                  cli_schema_below(s, path,
                                   json_pack("{s:o, s:s}", "enum", words, "errorMessage",
                                             why == NULL ? "" : why)));
    json_decref(wanted.test);
    return rule;
}

static bool rule_has_letter(const bnn_key *ordering, const bnn_key *key)
{
    const uint32_t role = key->type == &bnn_key_plugin ? bnn_key_role(key) : 0;
    return role != 0 && key->words != NULL && strchr(ordering->pattern, (int)role) != NULL;
}

/* Of the section that says the ordering. */
static void rule_add_letters(cli_schema *s, json_t *all, const bnn_section *section,
                             const bnn_key *ordering, const char *path)
{
    const bnn_reader at = {.path = path};
    char of[BNN_KEY_PATH], other[BNN_KEY_PATH];
    bnn_reader_below(&at, ordering->param.name, of);
    for (const bnn_key *key = section->keys; key->param.name != NULL; key++)
        if (rule_has_letter(ordering, key)) {
            bnn_reader_below(&at, key->param.name, other);
            cli_schema_add(s, all, rule_of_letter(s, of, key, other));
        }
}

/* ---- what needs, or excludes ---------------------------------------------------------------- */

/* A spec that has a key. */
static json_t *rule_has(cli_schema *s, const char *path)
{
    const cli_schema_wanted wanted = {.test = json_object()};
    json_t *has = cli_schema_in(s, &bnn_spec_section, path, &wanted);
    json_decref(wanted.test);
    return has;
}

static json_t *rule_where(cli_schema *s, const char *where)
{
    rule_term term;
    rule_read_term(where, &term);
    return term.value == NULL ? rule_has(s, term.key) : rule_of_term(s, NULL, &term, true);
}

static json_t *rule_of_table(cli_schema *s, const bnn_rule *rule)
{
    json_t *then = json_array();
    for (size_t i = 0; rule->needs != NULL && i < bnn_choice_count(rule->needs); i++) {
        char path[BNN_KEY_PATH];
        bnn_choice_text(rule->needs, i, path, sizeof path);
        cli_schema_add(s, then, rule_has(s, path));
    }
    if (rule->excludes != NULL) /* nothing that may stand there is null */
        cli_schema_add(
            s, then,
            cli_schema_below(s, rule->excludes,
                             json_pack("{s:s, s:s}", "type", "null", "errorMessage", rule->says)));
    return json_pack("{s:o, s:o}", "if", rule_where(s, rule->where), "then",
                     cli_schema_any(s, then));
}

/* ------------------------------------------------------------------------------------------- */

static void rule_add_section(cli_schema *s, json_t *all, const bnn_section *section,
                             const char *path)
{
    for (const bnn_key *key = section->keys; key->param.name != NULL; key++) {
        const bnn_reader at = {.path = path};
        char below[BNN_KEY_PATH];
        bnn_reader_below(&at, key->param.name, below);
        if (key->acts != NULL && rule_is_first(section, key)) {
            const char *pattern = "", *names = "";
            json_t *keys = rule_idle_keys(s, section, key->acts, path, &pattern, &names);
            cli_schema_add(s, all, rule_if_idle(s, key->acts, path, keys, pattern, names));
        }
        if (key->type == &bnn_key_plugin && bnn_key_kind(key) == BNN_KIND_ORDERING)
            rule_add_letters(s, all, section, key, path);
        if (key->section != NULL && (key->section->flags & BNN_SECTION_EACH) != 0) {
            cli_schema_add(s, all, rule_of_each(s, key, below));
            for (const bnn_key *one = key->section->keys; one->param.name != NULL; one++)
                if (one->unfit != 0)
                    cli_schema_add(s, all, rule_fits_each(s, one, below));
        }
        if (key->section != NULL && (key->section->flags & BNN_SECTION_ITEMS) == 0)
            rule_add_section(s, all, key->section, below);
    }
}

/* What each rung gives more of is the same for all points: no list of a sweep has several. */
static json_t *rule_of_halving(cli_schema *s, bnn_halving_over over)
{
    static const char path[] = "sweep.halving.over";
    char where[BNN_KEY_PATH], name[64];
    rule_term term;
    bnn_choice_text(bnn_key_find(&bnn_spec_section, path)->param.choices, over, name, sizeof name);
    snprintf(where, sizeof where, "%s=%s", path, name);
    rule_read_term(where, &term);
    json_t *properties = json_pack("{s:{s:i}}", bnn_halving_amounts[over], "maxItems", 1);
    return json_pack(
        "{s:{s:[o, o]}, s:o}", "if", "allOf", rule_has(s, "sweep.halving"),
        rule_of_term(s, NULL, &term, true), "then",
        cli_schema_below(s, "sweep",
                         json_pack("{s:{s:{s:O}, s:{s:o}}}", "properties", "grid", "properties",
                                   properties, "zip", "properties", properties)));
}

json_t *cli_schema_rules(cli_schema *s)
{
    json_t *all = json_array();
    cli_schema_add(s, all, rule_of_halving(s, BNN_HALVE_EPOCHS));
    for (const bnn_rule *rule = bnn_spec_rules; rule->where != NULL; rule++)
        cli_schema_add(s, all, rule_of_table(s, rule));
    rule_add_section(s, all, &bnn_spec_section, NULL);
    cli_schema_add_block_rules(s, all);
    cli_schema_add_known_rules(s, all);
    return all;
}
