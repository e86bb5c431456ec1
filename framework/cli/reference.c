/* reference.c - the reference of the language of specs, in the forms that it is read in. */
#include "cli/man.h"
#include "cli/spec_help.h"
#include "runner/experiment.h"

#include <string.h>

/* How a form writes what there is. */
typedef struct reference_form {
    void (*heading)(const char *words[2], const char *help); /* of a section, or of a plugin */
    void (*head)(void);                                      /* of a table, or NULL */
    void (*row)(const bnn_key *key);
} reference_form;

/* A heading and a table for each section, outermost first. */
static void reference_section(const reference_form *form, const bnn_section *section,
                              const bnn_reader *at)
{
    if (form->head != NULL)
        form->head();
    for (const bnn_key *key = section->keys; key->param.name != NULL; key++)
        form->row(key);
    if (section->others != NULL)
        form->row(section->others);
    for (const bnn_key *key = section->keys; key->param.name != NULL; key++) {
        char path[BNN_KEY_PATH];
        const bnn_reader below = bnn_reader_below(at, key->param.name, path);
        if (key->section == NULL)
            continue;
        form->heading((const char *[2]){path, ""}, key->param.help);
        reference_section(form, key->section, &below);
    }
}

static void reference_plugin(void *context, const bnn_plugin *plugin)
{
    const reference_form *form = context;
    const bnn_param *p = plugin->head->params;
    const char *const kind = bnn_kind_name((bnn_kind)plugin->head->kind);
    form->heading((const char *[2]){kind, plugin->head->name}, plugin->head->summary);
    if (p == NULL || p->type == BNN_TYPE_END)
        return;
    if (form->head != NULL)
        form->head();
    for (; p->type != BNN_TYPE_END; p++) {
        const bnn_key key = {.param = *p};
        form->row(&key);
    }
}

/* ---- Markdown ---------------------------------------------------------------------------- */

static void markdown_cell(const char *text)
{
    printf(" ");
    for (; *text != '\0'; text++)
        printf(*text == '|' ? "\\|" : "%c", *text);
    printf(" |");
}

static void markdown_row(const bnn_key *key)
{
    cli_key_texts texts;
    cli_key_texts_fill(key, &texts);
    printf("| `%s` |", key->param.name);
    markdown_cell(texts.value);
    markdown_cell(texts.standard);
    markdown_cell(texts.meaning);
    printf("\n");
}

static void markdown_head(void)
{
    printf("\n| key | value | default | meaning |\n|---|---|---|---|\n");
}

static void markdown_heading(const char *words[2], const char *help)
{
    printf("\n## %s%s%s\n\n%s.\n", words[0], *words[1] != '\0' ? " " : "", words[1], help);
}

int cli_spec_reference(bnn_error *err)
{
    static const reference_form form = {markdown_heading, markdown_head, markdown_row};
    printf(
        "# The keys of a spec\n\n"
        "Made by `make reference` from the tables that bnnrun reads specs with; `bnnrun help KEY`\n"
        "prints the same. A key is written in the map of its section, and with dots in `sweep`,\n"
        "`baseline` and `-s`. What does not act in a config is not recorded with it, and a key\n"
        "that acts in no point of the sweep is refused.\n");
    reference_section(&form, &bnn_spec_section, &(bnn_reader){.path = NULL});
    printf("\n# The plugins that come with bnnrun\n\n"
           "Parameters are written beside the name: `ste: {name: clipped, clip: 2}`.\n");
    return cli_visit_plugins(NULL, NULL, reference_plugin, (void *)(uintptr_t)&form, err);
}

/* ---- the methods: a table of all plugins ------------------------------------------------ */

/* Lines of plain text as code. A line that begins with blanks goes on with the one before it. */
static void methods_formula(const char *formula)
{
    const char *before = " `";
    for (size_t n; formula != NULL && *formula != '\0'; formula += n + (formula[n] == '\n')) {
        n = strcspn(formula, "\n");
        printf("%s", *before != ' ' && *formula == ' ' ? "; " : before);
        for (size_t i = strspn(formula, " "); i < n; i++)
            if (formula[i] == '|')
                printf("\\|");
            else if (formula[i] != ' ' || formula[i + 1] != ' ')
                putchar(formula[i]);
        before = "`<br>`";
    }
    printf(*before == ' ' ? " |" : "` |");
}

static void methods_row(void *context, const bnn_plugin *plugin)
{
    bnn_kind *const last = context;
    const bnn_head *const head = plugin->head;
    if ((bnn_kind)head->kind != *last)
        printf("\n## %s\n\n| name | what | formula | defaults | paper |\n|---|---|---|---|---|\n",
               bnn_kind_name((bnn_kind)head->kind));
    *last = (bnn_kind)head->kind;
    printf("| `%s` |", head->name);
    markdown_cell(head->summary);
    methods_formula(plugin->formula);
    for (const bnn_param *p = head->params; p != NULL && p->type != BNN_TYPE_END; p++) {
        char fallback[BNN_KEY_TEXT_BYTES];
        const bnn_key key = {.param = *p};
        printf("%s`%s: %s`", p == head->params ? " " : ", ", p->name,
               bnn_key_default_text(&key, fallback));
    }
    printf(" |");
    markdown_cell(head->reference == NULL ? "" : head->reference);
    printf("\n");
}

int cli_methods(bnn_error *err)
{
    bnn_kind last = (bnn_kind)0;
    printf(
        "# The methods that come with bnnrun\n\n"
        "Made by `make reference` from the plugins themselves. A formula says gx for the gradient\n"
        "that goes on, gy for the one that comes in, w for weights, g for their gradient; progress\n"
        "goes from 0 in the first epoch to 1 in the last. `bnnrun plugins KIND NAME` says the rest\n"
        "of one, and draws an STE.\n");
    return cli_visit_plugins(NULL, NULL, methods_row, &last, err);
}

/* ---- a man page -------------------------------------------------------------------------- */

static void man_row(const bnn_key *key)
{
    cli_key_texts texts;
    cli_key_texts_fill(key, &texts);
    printf(".TP\n\\fB");
    cli_man_text(key->param.name);
    printf("\\fR: ");
    cli_man_text(texts.value);
    printf("\n");
    cli_man_text(texts.meaning);
    if (texts.standard[0] != '\0') {
        printf("\n.br\nDefault: ");
        cli_man_text(texts.standard);
    }
    printf("\n");
}

static void man_heading(const char *words[2], const char *help)
{
    printf(".SS ");
    cli_man_text(words[0]);
    printf("%s", *words[1] != '\0' ? " " : "");
    cli_man_text(words[1]);
    printf("\n");
    cli_man_text(help);
    printf(".\n");
}

int cli_spec_man(bnn_error *err)
{
    static const reference_form form = {man_heading, NULL, man_row};
    cli_man_begin("spec", 5, "the keys of a spec");
    printf(
        ".SH DESCRIPTION\nA spec is a YAML file. A key is written in the map of its section, and "
        "with dots in\n\\fBsweep\\fR, \\fBbaseline\\fR and the option \\fB\\-s\\fR. What does not "
        "act in a config is not\nrecorded with it, and a key that acts in no point of the sweep is "
        "refused.\n\\fBbnnrun help\\fR \\fIKEY\\fR prints what is here of a key.\n.SH KEYS\n");
    reference_section(&form, &bnn_spec_section, &(bnn_reader){.path = NULL});
    printf(".SH PLUGINS\nParameters are written beside the name: ste: {name: clipped, clip: 2}.\n");
    const int status =
        cli_visit_plugins(NULL, NULL, reference_plugin, (void *)(uintptr_t)&form, err);
    printf(".SH SEE ALSO\n.BR bnnrun (1),\n.BR bnnrun\\-run (1),\n.BR bnnrun\\-plugins (1)\n");
    return status;
}
