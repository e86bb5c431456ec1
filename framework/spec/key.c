#include "spec/key.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

bnn_reader bnn_reader_below(const bnn_reader *r, const char *name, char path[BNN_KEY_PATH])
{
    bnn_reader below = *r;
    if (r->path == NULL)
        snprintf(path, BNN_KEY_PATH, "%s", name);
    else
        snprintf(path, BNN_KEY_PATH, "%s.%s", r->path, name);
    below.path = path;
    return below;
}

static bnn_reader key_reader(const bnn_reader *r, const bnn_section *section, const bnn_key *key,
                             char path[BNN_KEY_PATH])
{
    if ((section->flags & BNN_SECTION_REFERENCE) != 0 && strcmp(key->param.name, "name") == 0)
        return *r;
    return bnn_reader_below(r, key->param.name, path);
}

static const bnn_key_type *key_type(const bnn_key *key)
{
    return key->type != NULL ? key->type : &bnn_key_value;
}

/* ---- reading ----------------------------------------------------------------------------- */

/* Whether a map without a name has numbers or maps, but none of the section's keys: {clip: 2} for each. */
static bool has_parameters_alone(const bnn_section *section, const bnn_node *map)
{
    bool has_number = false;
    for (size_t i = 0; i < map->n; i++) {
        const bnn_node *value = map->pairs[i].value;
        if (bnn_key_in(section, map->pairs[i].key->text) != NULL)
            return false;
        has_number |= value->kind == BNN_NODE_MAP || bnn_key_is_number(value, &(double){0});
    }
    return has_number;
}

/* Whether what stands there is the value of the section's keys, rather than a map of them. */
static bool section_is_short(const bnn_section *section, const bnn_node *node)
{
    if ((section->flags & BNN_SECTION_EACH) != 0)
        return node->kind != BNN_NODE_MAP || bnn_tree_get(node, "name") != NULL ||
               has_parameters_alone(section, node);
    return (section->flags & BNN_SECTION_NAMED) != 0 && node->kind == BNN_NODE_SCALAR &&
           !bnn_tree_is_null(node);
}

/* Whether it is the value of each key, and beside it the map names this one: {name: clipped, weights: ede}. */
static bool key_stands_apart(const bnn_section *section, const bnn_key *key, const bnn_node *node)
{
    return (section->flags & BNN_SECTION_EACH) != 0 && node->kind == BNN_NODE_MAP &&
           bnn_tree_get(node, "name") != NULL && bnn_tree_get(node, key->param.name) != NULL;
}

/* What is left for the other keys. */
static const bnn_node *node_without_keys(const bnn_reader *r, const bnn_section *section,
                                         const bnn_node *node)
{
    for (const bnn_key *key = section->keys; node != NULL && key->param.name != NULL; key++)
        if (key_stands_apart(section, key, node))
            node = bnn_tree_put(node, key->param.name, NULL, r->arena, node->at);
    if (node == NULL)
        bnn_diag_no_memory(r->diag);
    return node;
}

static const bnn_node *key_node(const bnn_reader *r, const bnn_section *section, const bnn_key *key,
                                const bnn_node *node)
{
    if (node == NULL || !section_is_short(section, node) || key_stands_apart(section, key, node))
        return bnn_tree_get(node, key->param.name);
    if ((section->flags & BNN_SECTION_EACH) != 0)
        return node_without_keys(r, section, node);
    return strcmp(key->param.name, "name") == 0 ? node : NULL;
}

/* Whether the row of others stands for this key, or for the key that a path begins with: it ends in _ and a number. */
static bool is_other(const bnn_section *section, const char *path)
{
    const size_t n = strcspn(path, ".");
    size_t n_name = n;
    while (n_name > 0 && path[n_name - 1] >= '0' && path[n_name - 1] <= '9')
        n_name--;
    return section->others != NULL && n_name > 1 && n_name < n && path[n_name] != '0' &&
           path[n_name - 1] == '_';
}

void bnn_key_check_known(const bnn_reader *r, const bnn_section *section, const char *where,
                         const bnn_node *key)
{
    const char *known[BNN_SECTION_KEYS];
    size_t n = bnn_section_names(section, known);
    char excerpt[BNN_EXCERPT], near[BNN_DID_YOU_MEAN], list[512] = "", meant[BNN_KEY_MEANT] = "";
    const char *advice = "";
    for (size_t i = 0; i < n; i++)
        if (strcmp(known[i], key->text) == 0)
            return;
    if (is_other(section, key->text))
        return;
    if (section->others != NULL && n + 1 < BNN_SECTION_KEYS)
        known[n++] = section->others->param.name;
    const bool dotted = strchr(key->text, '.') != NULL;
    near[0] = '\0';
    if (strstr(key->text, "\xc2\xa0") != NULL)
        advice = "; there is a no-break space in it, write plain ones";
    else if (dotted && bnn_key_in(section, "grid") != NULL)
        advice = "; what varies stands in its map `grid`";
    else if (dotted)
        advice = "; keys with dots belong in sweep, baseline and -s, elsewhere write maps";
    else if (bnn_did_you_mean(key->text, known, n, near)[0] == '\0')
        bnn_key_meant(r, key->text, meant);
    if (advice[0] == '\0' && near[0] == '\0' && strchr(meant, '?') == NULL)
        bnn_text_join(known, n, list, sizeof list);
    bnn_diag_add(r->diag, key->at, "unknown key \"%s\" in %s%s%s%s%s%s",
                 bnn_excerpt(key->text, excerpt), where != NULL ? where : r->path, near, meant,
                 advice, list[0] == '\0' ? "" : "; known keys: ", list);
}

static int section_expected(const bnn_reader *r, const bnn_section *section, const bnn_node *node)
{
    const char *names[BNN_SECTION_KEYS];
    char keys[256], thing[300];
    bnn_text_join(names, bnn_section_names(section, names), keys, sizeof keys);
    snprintf(thing, sizeof thing, "%sa map of %s",
             (section->flags & BNN_SECTION_NAMED) != 0 ? "a name or " : "", keys);
    return bnn_reader_expected(r, node, thing, "");
}

int bnn_section_check(const bnn_reader *r, const bnn_section *section, const bnn_node *node)
{
    bnn_reader at = *r;
    if (node == NULL || section_is_short(section, node))
        return BNN_OK;
    if (section->name != NULL)
        at.path = section->name;
    if (node->kind != BNN_NODE_MAP)
        return section_expected(&at, section, node);
    const int begun = bnn_diag_begin(r->diag);
    for (size_t i = 0; i < node->n; i++)
        bnn_key_check_known(r, section, at.path, node->pairs[i].key);
    for (const bnn_key *key = section->keys; key->param.name != NULL; key++)
        if ((key->flags & BNN_KEY_REQUIRED) != 0 && bnn_tree_get(node, key->param.name) == NULL)
            bnn_diag_add(r->diag, node->at, "%s: the key \"%s\" is missing", at.path,
                         key->param.name);
    return bnn_diag_end(r->diag, begun);
}

int bnn_key_read(const bnn_reader *r, const bnn_section *section, const bnn_key *key,
                 const bnn_node *node, void *out)
{
    char path[BNN_KEY_PATH];
    const bnn_key_type *type = key_type(key);
    const bool each = node != NULL && (section->flags & BNN_SECTION_EACH) != 0 &&
                      section_is_short(section, node) && /* written at the section's own path */
                      !key_stands_apart(section, key, node);
    const bnn_reader below = each ? *r : key_reader(r, section, key, path);
    const int begun = bnn_diag_begin(r->diag);
    if (type->read != NULL)
        type->read(&below, key, key_node(r, section, key, node), out);
    return bnn_diag_end(r->diag, begun);
}

int bnn_section_read(const bnn_reader *r, const bnn_section *section, const bnn_node *node,
                     void *out)
{
    const int begun = bnn_diag_begin(r->diag);
    const bool each =
        (section->flags & BNN_SECTION_EACH) != 0 && node != NULL && section_is_short(section, node);
    bnn_section_check(r, section, node);
    for (const bnn_key *key = section->keys; key->param.name != NULL; key++) {
        const bool said =
            each && bnn_diag_status(r->diag) != BNN_OK; /* a mistake of all is said once */
        bnn_key_read(r, section, key, said ? NULL : node, out);
    }
    if (section->others != NULL)
        section->others->type->read(r, section->others, node, out);
    if (section->finish != NULL)
        section->finish(r, node, out);
    return bnn_diag_end(r->diag, begun);
}

/* ---- recording --------------------------------------------------------------------------- */

/* Whether KEY=VALUE, KEY!=VALUE or KEY holds; takes the text apart. */
static bool condition_holds(const bnn_settings *settings, char *text)
{
    char number[BNN_SHORT_TEXT];
    char *equals = strchr(text, '=');
    if (equals == NULL)
        return bnn_settings_find(settings, text) != NULL;
    const bool negated = equals[-1] == '!';
    equals[-(int)negated] = '\0';
    const bnn_setting *setting = bnn_settings_find(settings, text);
    if (setting == NULL)
        return negated;
    const char *is = setting->type == BNN_TYPE_CHOICE   ? setting->text
                     : setting->type == BNN_TYPE_SWITCH ? setting->number != 0.0 ? "true" : "false"
                                                        : bnn_number_text(setting->number, number);
    return (strcmp(is, equals + 1) == 0) != negated;
}

/* Whether all conditions of "A=1&B!=2" hold; takes the text apart. */
static bool conditions_hold(const bnn_settings *settings, char *text)
{
    char *rest;
    bool hold = true;
    for (char *one = strtok_r(text, "&", &rest); one != NULL; one = strtok_r(NULL, "&", &rest))
        hold = hold && condition_holds(settings, one);
    return hold;
}

bool bnn_key_holds(const bnn_settings *settings, const char *condition)
{
    const size_t n = condition == NULL ? 0 : bnn_choice_count(condition);
    char text[BNN_KEY_PATH];
    for (size_t i = 0; i < n; i++) {
        bnn_choice_text(condition, i, text, sizeof text);
        if (conditions_hold(settings, text))
            return true;
    }
    return n == 0;
}

void bnn_key_record(const bnn_reader *r, const bnn_section *section, const bnn_key *key,
                    const void *in)
{
    char path[BNN_KEY_PATH];
    const bnn_key_type *type = key_type(key);
    const bnn_reader below = key_reader(r, section, key, path);
    if (type->record != NULL && (key->flags & (BNN_KEY_FIXED | BNN_KEY_SILENT)) == 0 &&
        bnn_key_holds(r->settings, key->acts))
        type->record(&below, key, in);
}

void bnn_section_record(const bnn_reader *r, const bnn_section *section, const void *in)
{
    for (const bnn_key *key = section->keys; key->param.name != NULL; key++)
        bnn_key_record(r, section, key, in);
    if (section->others != NULL)
        section->others->type->record(r, section->others, in);
}

/* ---- finding ----------------------------------------------------------------------------- */

size_t bnn_section_names(const bnn_section *section, const char *names[BNN_SECTION_KEYS])
{
    size_t n = 0;
    for (; section->keys[n].param.name != NULL && n + 1 < BNN_SECTION_KEYS; n++)
        names[n] = section->keys[n].param.name;
    names[n] = NULL;
    return n;
}

const bnn_key *bnn_key_in(const bnn_section *section, const char *path)
{
    const size_t n = strcspn(path, ".");
    for (const bnn_key *key = section->keys; key->param.name != NULL; key++)
        if (strlen(key->param.name) == n && strncmp(key->param.name, path, n) == 0)
            return key;
    const bool named = n == strlen(BNN_KEY_OTHERS) && strncmp(path, BNN_KEY_OTHERS, n) == 0;
    return is_other(section, path) || named ? section->others : NULL;
}

const bnn_key *bnn_key_find(const bnn_section *spec, const char *path)
{
    const bnn_key *key = NULL;
    while (spec != NULL) {
        key = bnn_key_in(spec, path);
        path += strcspn(path, ".");
        if (key == NULL || *path == '\0')
            return key;
        path++;
        spec = key->section;
        if (spec == NULL || (spec->flags & BNN_SECTION_ITEMS) == 0)
            continue;
        const size_t n_digits = strspn(path, "0123456789");
        if (n_digits > 0 && path[n_digits] == '.')
            path += n_digits + 1;
    }
    return NULL;
}
