/* spec_schema_terms.c - the specs in which the condition of a key holds, or cannot change from point to point. */
#include "cli/spec_schema_terms.h"

#include "runner/experiment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- texts -------------------------------------------------------------------------------- */

void cli_schema_append(cli_schema *s, const char **text, const char *separator, const char *more)
{
    const char *all =
        bnn_arena_printf(s->arena, "%s%s%s", *text, **text == '\0' ? "" : separator, more);
    s->failed |= all == NULL;
    *text = all != NULL ? all : "";
}

const char *cli_schema_escape(cli_schema *s, const char *path, size_t n)
{
    const char *escaped = "";
    for (size_t i = 0; i < n; i++) {
        const char one[] = {path[i], '\0'};
        cli_schema_append(s, &escaped, "", path[i] == '.' ? "\\." : one);
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

const char *cli_schema_read_term(const char *condition, cli_schema_term *out)
{
    const size_t n = strcspn(condition, "|&");
    snprintf(out->key, sizeof out->key, "%.*s", (int)n, condition);
    char *equals = strchr(out->key, '=');
    out->value = equals == NULL ? NULL : equals + 1;
    out->negated = equals != NULL && equals[-1] == '!';
    if (equals != NULL)
        equals[-(int)out->negated] = '\0';
    out->row = bnn_key_find(&bnn_spec_section, out->key);
    /* Any key of its section may be why it is recorded. */
    if ((out->row->flags & BNN_KEY_DECIDED) != 0) {
        *strrchr(out->key, '.') = '\0';
        out->row = bnn_key_find(&bnn_spec_section, out->key);
    }
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
static cli_schema_wanted rule_want(const cli_schema_term *term, bool holds)
{
    const char *text = term->value != NULL ? term->value : term->standard;
    const bool is = holds != (term->negated || term->value == NULL); /* it is this value */
    const bool known = term->row->computed == NULL;
    json_t *value = json_pack("{s:o}", "const", rule_value(term->row, text));
    return (cli_schema_wanted){.test = is ? value : json_pack("{s:o}", "not", value),
                               .by_default = known && is == (strcmp(text, term->standard) == 0),
                               .by_none = is == (term->value == NULL)};
}

json_t *cli_schema_of_term(cli_schema *s, const bnn_key *at, const cli_schema_term *term,
                           bool holds)
{
    const cli_schema_wanted wanted = rule_want(term, holds);
    json_t *of = at != NULL ? rule_at(s, at, "", &wanted)
                            : cli_schema_in(s, &bnn_spec_section, term->key, &wanted);
    json_decref(wanted.test);
    return of;
}

void cli_schema_add_fails(cli_schema *s, json_t *all, const bnn_key *at, const char *condition)
{
    json_t *any = json_array();
    while (*condition != '\0') {
        cli_schema_term term;
        condition = cli_schema_read_term(condition, &term);
        cli_schema_add(s, any, cli_schema_of_term(s, at, &term, false));
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

json_t *cli_schema_where_maps_have(cli_schema *s, const char *name, const char *pattern,
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
        cli_schema_append(s, pattern, "|", cli_schema_escape(s, path, (size_t)(dot - path)));
    if (itself)
        cli_schema_append(s, pattern, "|", cli_schema_escape(s, path, strlen(path)));
}

const char *cli_schema_setters(cli_schema *s, const char *condition, const char *below,
                               const char **names)
{
    const char *pattern = "(start|teacher)(\\..*)?";
    *names = "";
    cli_schema_term term = {.row = NULL};
    for (const char *c = condition; *c != '\0'; c += *c != '\0') {
        c = cli_schema_read_term(c, &term);
        rule_add_setters(s, term.key, true, &pattern);
        if (rule_is_named(term.row))
            cli_schema_append(s, &pattern, "|",
                              bnn_arena_printf(s->arena, "%s\\.name",
                                               cli_schema_escape(s, term.key, strlen(term.key))));
        if (strstr(*names, term.key) == NULL)
            cli_schema_append(s, names, ",", term.key);
    }
    if (below != NULL) {
        rule_add_setters(s, below, true, &pattern);
        cli_schema_append(s, names, ",", below);
    }
    return bnn_arena_printf(s->arena, "^(%s)$", pattern);
}

json_t *cli_schema_is_constant(cli_schema *s, const char *condition, const char *below)
{
    const char *names, *pattern = cli_schema_setters(s, condition, below, &names);
    return cli_schema_where_maps_have(s, bnn_arena_printf(s->arena, "constant:%s", names), pattern,
                                      json_false());
}
