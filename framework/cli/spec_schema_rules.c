/* spec_schema_rules.c - what keys of a spec say together: by the rules of the spec, and by the conditions under
 * which keys act.
 *
 * A key that acts in no point is a mistake. A rule says so where it can be told without computing the points:
 * what its condition names has one value in the base, and no map of dotted keys sets it. */
#include "cli/spec_schema_terms.h"
#include "runner/experiment.h"

#include <stdio.h>
#include <string.h>

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
        cli_schema_append(s, pattern, "|",
                          path == NULL ? "" : cli_schema_escape(s, path, strlen(path)));
        cli_schema_append(s, names, ",", path == NULL ? "" : path);
    }
    return json_pack("{s:o}", "properties", keys);
}

/* Where the condition holds in no point, neither the base has the keys, nor any map. below: their section. */
static json_t *rule_if_idle(cli_schema *s, const char *condition, const char *below, json_t *keys,
                            const char *pattern, const char *names)
{
    json_t *fails = json_array(), *idle = json_array();
    const char *decided, *setters = cli_schema_setters(s, condition, below, &decided);
    cli_schema_add_fails(s, fails, NULL, condition);
    cli_schema_add(
        s, fails,
        cli_schema_where_maps_have(s, bnn_arena_printf(s->arena, "constant_or_none:%s", decided),
                                   setters, json_pack("{s:[s, [s]]}", "enum", "none", "none")));
    cli_schema_add(s, idle, cli_schema_below(s, below, keys));
    cli_schema_add(s, idle,
                   cli_schema_where_maps_have(s, bnn_arena_printf(s->arena, "without:%s", names),
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
        cli_schema_append(s, &condition, "|", key->acts);
    return rule_if_idle(
        s, condition, bnn_arena_printf(s->arena, "%.*s", (int)(dot - path), path),
        json_pack("{s:{s:o}}", "properties", each->param.name, rule_idle(s, condition)),
        cli_schema_escape(s, path, strlen(path)), path);
}

/* ---- what a point sets as a whole ---------------------------------------------------------- */

/* Whether a condition is about nothing but the name of a section. */
static bool rule_is_of_name(const char *condition, const char *path)
{
    cli_schema_term term;
    while (*condition != '\0') {
        condition = cli_schema_read_term(condition, &term);
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
        cli_schema_add_fails(s, fails, named, key->acts);
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
    cli_schema_term term;
    cli_schema_read_term(key->acts, &term);
    json_t *names = rule_unfit_names(s, key);
    json_t *rule =
        json_pack("{s:{s:[o, o]}, s:o}", "if", "allOf", cli_schema_of_term(s, NULL, &term, true),
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
    cli_schema_term term;
    cli_schema_read_term(where, &term);
    return term.value == NULL ? rule_has(s, term.key) : cli_schema_of_term(s, NULL, &term, true);
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
    cli_schema_term term;
    bnn_choice_text(bnn_key_find(&bnn_spec_section, path)->param.choices, over, name, sizeof name);
    snprintf(where, sizeof where, "%s=%s", path, name);
    cli_schema_read_term(where, &term);
    json_t *properties = json_pack("{s:{s:i}}", bnn_halving_amounts[over], "maxItems", 1);
    return json_pack(
        "{s:{s:[o, o]}, s:o}", "if", "allOf", rule_has(s, "sweep.halving"),
        cli_schema_of_term(s, NULL, &term, true), "then",
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
