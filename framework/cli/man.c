#include "cli/man.h"

#include "cli/options.h"
#include "cli/spec_help.h"
#include "build_info.h"

#include <ctype.h>
#include <string.h>

/* ---- the formatter's language ------------------------------------------------------------ */

static void man_put(char c)
{
    static const char special[] = "\\-'`^~";
    static const char *const forms[] = {"\\e", "\\-", "\\(aq", "\\(ga", "\\(ha", "\\(ti"};
    const char *at = strchr(special, c);
    if (at != NULL && c != '\0')
        fputs(forms[at - special], stdout);
    else
        putchar(c);
}

static void man_put_n(const char *text, size_t n)
{
    if (n > 0 && text[0] == '.') /* else it would be a request */
        fputs("\\&", stdout);
    for (size_t i = 0; i < n; i++)
        man_put(text[i]);
}

void cli_man_text(const char *text)
{
    man_put_n(text, strlen(text));
}

static void man_upper(const char *text)
{
    for (; *text != '\0'; text++)
        man_put((char)toupper((unsigned char)*text));
}

void cli_man_begin(const char *name, int section, const char *summary)
{
    printf(".\\\" made by bnnrun help --man\n.TH BNNRUN");
    if (*name != '\0')
        printf("\\-");
    man_upper(name);
    printf(" %d \"%s\" \"bnnrun %s\" \"bnnrun\"\n.SH NAME\nbnnrun%s", section, BNN_RELEASED,
           BNN_VERSION, *name != '\0' ? "\\-" : "");
    cli_man_text(name);
    printf(" \\- ");
    cli_man_text(summary);
    printf("\n");
}

/* Lines that are laid out: they begin with a space, or have columns. */
static bool man_is_laid_out(const char *line, size_t n)
{
    for (size_t i = 0; i + 1 < n; i++)
        if (line[i] == ' ' && line[i + 1] == ' ')
            return true;
    return n > 0 && line[0] == ' ';
}

/* Lines of a text: filled, but for those that are laid out; an empty one ends a paragraph (.PP, or .IP
 * below an option). */
static void man_lines(const char *text, const char *paragraph, bool as_is)
{
    bool laid_out = false;
    while (*text != '\0') {
        const size_t n = strcspn(text, "\n");
        const bool columns = n > 0 && (as_is || man_is_laid_out(text, n));
        const size_t skip = columns && !as_is ? strspn(text, " ") : 0;
        if (columns != laid_out)
            printf(columns ? ".nf\n" : ".fi\n");
        laid_out = columns;
        if (n == 0 && text[1] != '\0')
            printf("%s", paragraph);
        man_put_n(text + skip, n - skip);
        if (n > 0)
            printf("\n");
        text += n + (text[n] == '\n');
    }
    if (laid_out)
        printf(".fi\n");
}

static void man_options(const cli_option *table)
{
    for (const cli_option *row = table; row->name != NULL; row++) {
        const cli_option *form = cli_option_form(row);
        printf(".TP\n");
        if (form->letter != 0)
            printf("\\fB\\-%c\\fR, ", form->letter);
        printf("\\fB\\-\\-");
        cli_man_text(form->name);
        printf("\\fR");
        if (form->value != NULL) {
            printf(" \\fI");
            cli_man_text(form->value);
            printf("\\fR");
        }
        printf("\n");
        man_lines(row->help, ".IP\n", false);
    }
}

/* ---- pages ------------------------------------------------------------------------------- */

/* Lines of a name, two spaces or more, and what it is. */
static void man_pairs(const char *text)
{
    while (*text != '\0') {
        text += strspn(text, " ");
        const char *gap = strstr(text, "  ");
        printf(".TP\n");
        man_put_n(text, (size_t)(gap - text));
        printf("\n");
        gap += strspn(gap, " ");
        const size_t n = strcspn(gap, "\n");
        man_put_n(gap, n);
        printf("\n");
        text = gap + n + (gap[n] == '\n');
    }
}

static void man_synopsis(const cli_command *command)
{
    printf(".SH SYNOPSIS\n\\fBbnnrun ");
    cli_man_text(command->name);
    printf("\\fR [\\fIoptions\\fR] ");
    cli_man_text(command->arguments);
    printf("\n");
}

static void man_command(const cli_command *command)
{
    cli_man_begin(command->name, 1, command->summary);
    man_synopsis(command);
    if (*command->notes != '\0') {
        printf(".SH DESCRIPTION\n");
        man_lines(command->notes, ".PP\n", false);
    }
    printf(".SH OPTIONS\n");
    man_options(command->options);
    printf("%sThe options of all commands are in\n.BR bnnrun (1).\n.SH EXAMPLES\n.nf\n",
           command->options->name != NULL ? ".PP\n" : "");
    man_lines(command->examples, "\n", true);
    printf(".SH SEE ALSO\n.BR bnnrun (1),\n.BR bnnrun\\-spec (5)\n");
}

static void man_program(void)
{
    cli_man_begin("", 1, cli_summary);
    printf(".SH SYNOPSIS\n\\fBbnnrun\\fR [\\fIoptions\\fR] \\fISPEC.yaml\\fR\n");
    for (const cli_command *const *at = cli_commands; *at != NULL; at++) {
        printf(".br\n\\fBbnnrun ");
        cli_man_text((*at)->name);
        printf("\\fR [\\fIoptions\\fR] ");
        cli_man_text((*at)->arguments);
        printf("\n");
    }
    printf(".SH DESCRIPTION\nA spec alone is run: \\fBbnnrun SPEC.yaml\\fR is \\fBbnnrun run "
           "SPEC.yaml\\fR.\n.SH COMMANDS\n");
    for (const cli_command *const *at = cli_commands; *at != NULL; at++) {
        printf(".TP\n.BR bnnrun\\-");
        cli_man_text((*at)->name);
        printf(" (1)\n");
        cli_man_text((*at)->summary);
        printf("\n");
    }
    printf(".SH OPTIONS\n");
    man_options(cli_program_options);
    printf(".PP\nThose of all commands, before the command or behind it:\n");
    man_options(cli_common_options);
    printf(".SH ENVIRONMENT\n");
    man_pairs(cli_environment);
    printf(".SH EXIT STATUS\n");
    man_lines(cli_exit_status, ".PP\n", false);
    printf(".SH SEE ALSO\n.BR bnnrun\\-spec (5)\n");
}

void cli_man_list(void)
{
    printf("bnnrun.1\nbnnrun-spec.5 spec\n");
    for (const cli_command *const *at = cli_commands; *at != NULL; at++)
        printf("bnnrun-%s.1 %s\n", (*at)->name, (*at)->name);
}

int cli_man_page(const char *name, bnn_error *err)
{
    const cli_command *command = cli_find_command(name);
    if (strcmp(name, "spec") == 0)
        return cli_spec_man(err);
    if (command == NULL && *name != '\0')
        return cli_unknown_command(name, err);
    if (command != NULL)
        man_command(command);
    else
        man_program();
    return BNN_OK;
}
