#include "cli/spec_help.h"

#include "base/fault.h"
#include "base/text.h"
#include "cli/table.h"
#include "plugin/use.h"
#include "runner/experiment.h"
#include "spec/key_text.h"

#include <string.h>

void cli_key_texts_fill(const bnn_key *key, cli_key_texts *out)
{
    bnn_key_value_text(key, out->value);
    bnn_key_default_text(key, out->standard);
    bnn_key_meaning_text(key, out->meaning);
    if (key->type != &bnn_key_plugin)
        return;
    static const char *const kinds[] = {[BNN_KIND_LAYER] = "a layer",
                                        [BNN_KIND_STE] = "an STE",
                                        [BNN_KIND_ORDERING] = "an ordering",
                                        [BNN_KIND_OPTIMIZER] = "an optimizer",
                                        [BNN_KIND_FORM] = "a form"};
    const uint32_t role = bnn_key_role(key);
    char words[BNN_EXCERPT] = "";
    if (key->words != NULL)
        snprintf(words, sizeof words, "%s, ", key->words);
    for (char *bar = words; (bar = strchr(bar, '|')) != NULL;)
        *bar = '/';
    snprintf(out->value, sizeof out->value, "%s%s, or a map with its parameters", words,
             role != 0 ? bnn_role_name(role) : kinds[bnn_key_kind(key)]);
}

/* What is printed of one key or parameter. */
static void print_entry(const char *title, const bnn_key *key)
{
    cli_key_texts texts;
    cli_key_texts_fill(key, &texts);
    printf("%s: %s\n  value    %s\n", title, key->param.help, texts.value);
    if (texts.standard[0] != '\0')
        printf("  default  %s\n", texts.standard);
    if (key->acts != NULL) {
        bnn_condition_text(key->acts, texts.meaning, sizeof texts.meaning);
        printf("  acts     only with %s\n", texts.meaning);
    }
    for (const char *line = key->examples; line != NULL && *line != '\0';) {
        const size_t n = strcspn(line, "\n");
        printf("  %s  %.*s\n", line == key->examples ? "example" : "       ", (int)n, line);
        line += n + (line[n] == '\n');
    }
}

/* ---- plugins ----------------------------------------------------------------------------- */

int cli_visit_plugins(const bnn_key *key, const char *path,
                      void (*visit)(void *, const bnn_plugin *), void *context, bnn_error *err)
{
    const bnn_plugin_file *files;
    bnn_registry *registry = bnn_registry_create(path);
    if (registry == NULL)
        return bnn_no_memory(err);
    size_t n = 0;
    int status = bnn_registry_scan(registry, &files, &n, err);
    for (size_t i = 0; status == BNN_OK && i < n; i++) {
        bnn_error unusable;
        if (files[i].shadowed_by != NULL || (key != NULL && files[i].kind != bnn_key_kind(key)))
            continue;
        const bnn_use use = {.plugin = bnn_registry_load_file(registry, files[i].path, &unusable)};
        const uint32_t role = key == NULL ? 0 : bnn_key_role(key);
        if (use.plugin != NULL && (role == 0 || bnn_use_layer(&use)->role == role))
            visit(context, use.plugin);
        else if (use.plugin == NULL && bnn_fault_is(&unusable)) {
            *err = unusable;
            status = err->status;
        }
    }
    bnn_registry_destroy(registry);
    return status;
}

static void print_plugin_line(void *context, const bnn_plugin *plugin)
{
    (void)context;
    printf("  %-14s %s\n", plugin->head->name, plugin->head->summary);
}

/* A parameter of plugins, and the plugins that have it. */
typedef struct parameter {
    const char *name;
    bool found;
} parameter;

static void print_parameter(void *context, const bnn_plugin *plugin)
{
    parameter *wanted = context;
    for (const bnn_param *p = plugin->head->params; p != NULL && p->type != BNN_TYPE_END; p++) {
        const bnn_key key = {.param = *p};
        char title[BNN_KEY_TEXT_BYTES];
        if (strcmp(p->name, wanted->name) != 0)
            continue;
        snprintf(title, sizeof title, "%s of %s %s", p->name,
                 bnn_kind_name((bnn_kind)plugin->head->kind), plugin->head->name);
        print_entry(title, &key);
        wanted->found = true;
    }
}

/* ---- one key ----------------------------------------------------------------------------- */

static void add_key_row(cli_table *table, const bnn_key *key)
{
    cli_key_texts texts;
    cli_key_texts_fill(key, &texts);
    const char *const cells[] = {key->param.name, texts.value, texts.standard, texts.meaning};
    cli_table_row(table, cells);
}

static int print_rows(const bnn_section *section, bnn_error *err)
{
    cli_table *table = cli_table_create("key|value|default|meaning");
    for (const bnn_key *key = section->keys; key->param.name != NULL; key++)
        add_key_row(table, key);
    if (section->others != NULL)
        add_key_row(table, section->others);
    printf("\n");
    return cli_table_end(table, NULL, err);
}

static int print_key(const char *path, const bnn_key *key, bnn_error *err)
{
    print_entry(path, key);
    const int status = key->section != NULL ? print_rows(key->section, err) : BNN_OK;
    if (status != BNN_OK || key->type != &bnn_key_plugin)
        return status;
    printf("\nplugins, see `bnnrun plugins %s NAME` for their parameters\n",
           bnn_kind_name(bnn_key_kind(key)));
    return cli_visit_plugins(key, NULL, print_plugin_line, NULL, err);
}

/* What may be meant by a word that is no key of a place, NULL for the whole; "" when nothing is. */
static const char *find_meant(const char *place, const char *word, char meant[BNN_KEY_MEANT])
{
    const bnn_reader all = {.arena = bnn_arena_create(BNN_SMALL_LIMIT_BYTES),
                            .path = place,
                            .spec = &bnn_spec_section,
                            .registry = bnn_registry_create(NULL)};
    meant[0] = '\0';
    if (all.arena != NULL)
        bnn_key_meant(&all, word, meant);
    bnn_registry_destroy(all.registry);
    bnn_arena_destroy(all.arena);
    return meant;
}

/* The keys of the section that the path goes wrong in: what may have been meant. */
static int fail_unknown_key(const char *path, bnn_error *err)
{
    char meant[BNN_KEY_MEANT];
    const char *names[BNN_SECTION_KEYS], *word = path;
    const bnn_section *section = &bnn_spec_section;
    char what[BNN_KEY_PATH], wrong[BNN_KEY_PATH], place[BNN_KEY_PATH];
    const bnn_key *key;
    while ((key = bnn_key_in(section, word)) != NULL && key->section != NULL) {
        section = key->section;
        word += strcspn(word, ".");
        word += *word == '.';
    }
    if (key != NULL)
        return bnn_fail(err, BNN_E_USAGE, "no key is called \"%s\": %s takes none of its own", path,
                        key->param.name);
    snprintf(what, sizeof what, "no key of %.*s is called",
             word == path ? (int)strlen("a spec") : (int)(word - path) - 1,
             word == path ? "a spec" : path);
    snprintf(wrong, sizeof wrong, "%.*s", (int)strcspn(word, "."), word);
    snprintf(place, sizeof place, "%.*s", word == path ? 0 : (int)(word - path) - 1, path);
    const size_t n = bnn_section_names(section, names);
    if (bnn_suggest(wrong, names, n) == NULL && find_meant(place, wrong, meant)[0] != '\0')
        return bnn_fail(err, BNN_E_USAGE, "%s \"%s\"%s", what, wrong, meant);
    return cli_unknown(err, BNN_E_USAGE, what, wrong, names, n);
}

int cli_spec_help(const char *path, bnn_error *err)
{
    static const char whole[] = "spec";
    if (strcmp(path, whole) == 0) {
        printf("the keys of a spec; `bnnrun help KEY` says more: `bnnrun help train.schedule`\n");
        return print_rows(&bnn_spec_section, err);
    }
    if (strncmp(path, "spec.", sizeof whole) == 0)
        path += sizeof whole;
    const bnn_key *key = bnn_key_find(&bnn_spec_section, path);
    if (key != NULL)
        return print_key(path, key, err);
    /* It may lead into a plugin, as train.optimizer.momentum does. */
    char above[BNN_KEY_PATH];
    const char *dot = strrchr(path, '.');
    parameter wanted = {.name = dot == NULL ? "" : dot + 1};
    snprintf(above, sizeof above, "%.*s", dot == NULL ? 0 : (int)(dot - path), path);
    key = bnn_key_find(&bnn_spec_section, above);
    int status = BNN_OK;
    if (key != NULL && key->type == &bnn_key_plugin)
        status = cli_visit_plugins(key, NULL, print_parameter, &wanted, err);
    return status != BNN_OK || wanted.found ? status : fail_unknown_key(path, err);
}

bool cli_is_spec_key(const char *word)
{
    const char *names[BNN_SECTION_KEYS];
    const size_t n = bnn_section_names(&bnn_spec_section, names);
    char meant[BNN_KEY_MEANT];
    return strcmp(word, "spec") == 0 || strchr(word, '.') != NULL ||
           bnn_suggest(word, names, n) != NULL || find_meant(NULL, word, meant)[0] != '\0';
}

/* ---- all keys ---------------------------------------------------------------------------- */

/* What visits all keys. */
typedef struct key_visit {
    void (*visit)(void *context, const char *path, const bnn_key *key);
    void *context;
} key_visit;

static void visit_section(const bnn_section *section, const bnn_reader *at, const key_visit *v)
{
    for (const bnn_key *key = section->keys; key->param.name != NULL; key++) {
        char path[BNN_KEY_PATH];
        const bnn_reader below = bnn_reader_below(at, key->param.name, path);
        v->visit(v->context, path, key);
        if (key->section != NULL)
            visit_section(key->section, &below, v);
    }
    if (section->others != NULL) {
        char path[BNN_KEY_PATH];
        bnn_reader_below(at, section->others->param.name, path);
        v->visit(v->context, path, section->others);
    }
}

void cli_visit_keys(void (*visit)(void *, const char *, const bnn_key *), void *context)
{
    const key_visit v = {visit, context};
    visit_section(&bnn_spec_section, &(bnn_reader){.path = NULL}, &v);
}

static void print_path(void *context, const char *path, const bnn_key *key)
{
    (void)context, (void)key;
    printf("%s\n", path);
}

void cli_spec_keys(void)
{
    cli_visit_keys(print_path, NULL);
}
