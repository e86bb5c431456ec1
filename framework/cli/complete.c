#include "cli/complete.h"

#include "base/text.h"
#include "cli/options.h"

#include <ctype.h>
#include <string.h>

void cli_offer(const cli_place *place, const char *word, const char *about)
{
    if (strncmp(word, place->current, strlen(place->current)) == 0)
        printf("%s%s\t%.*s\n", place->prefix, word, (int)strcspn(about, "\n\t"), about);
}

/* ---- which option, which operand ----------------------------------------------------------- */

/* The tables of options that hold at the place: the command's, the common ones, those of bnnrun. */
enum { N_TABLES = 3 };
static const cli_option *complete_table(const cli_place *place, int i)
{
    static const cli_option none = {.name = NULL};
    const cli_option *const of_command = place->command != NULL ? place->command->options : &none;
    return i == 0 ? of_command : i == 1 ? cli_common_options : cli_program_options;
}

/* The row of --NAME (n bytes) or of the letter, as it is written; NULL: there is none. */
static const cli_option *complete_option(const cli_place *place, const char *name, size_t n,
                                         char letter)
{
    for (int i = 0; i < N_TABLES; i++)
        for (const cli_option *row = complete_table(place, i); row->name != NULL; row++) {
            const cli_option *form = cli_option_form(row);
            if (letter != 0 ? form->letter == letter
                            : strncmp(form->name, name, n) == 0 && form->name[n] == '\0')
                return row;
        }
    return NULL;
}

/* A word that begins with a dash: *value is what it has of the value of its option, which is returned,
 * or NULL when that is the next word. NULL: no option that takes a value. */
static const cli_option *complete_valued(const cli_place *place, const char *word,
                                         const char **value)
{
    *value = NULL;
    if (word[1] == '-') {
        const size_t n = strcspn(word + 2, "=");
        const cli_option *row = complete_option(place, word + 2, n, 0);
        *value = word[2 + n] == '=' ? word + 3 + n : NULL;
        return row != NULL && cli_option_form(row)->value != NULL ? row : NULL;
    }
    for (const char *letter = word + 1; *letter != '\0'; letter++) {
        const cli_option *row = complete_option(place, "", 0, *letter);
        if (row == NULL || cli_option_form(row)->value == NULL)
            continue;
        *value = letter[1] != '\0' ? letter + 1 : NULL;
        return row;
    }
    return NULL;
}

/* What the candidates depend on. */
static void complete_take(cli_place *place, const cli_option *row, const char *value)
{
    if (strcmp(row->name, "db") == 0)
        place->options.db = value;
    else if (strcmp(row->name, "plugin-path") == 0)
        place->options.plugin_path = value;
}

/* ---- candidates ---------------------------------------------------------------------------- */

/* What "stale|failed|RUN" stands for: numbers and words in lower case stand for themselves. */
static void complete_form(const cli_place *place, char *form)
{
    for (char *word; (word = strsep(&form, "|")) != NULL;) {
        char *const dots = strstr(word, "...");
        if (dots != NULL)
            *dots = '\0';
        if (islower((unsigned char)word[0]) || isdigit((unsigned char)word[0]))
            cli_offer(place, word, "");
        else
            cli_offer_source(place, word);
    }
}

/* Operand i of "[KIND [NAME]]", "RUN|MODEL.bnn IMAGE...": behind what may be repeated stands either. */
static void complete_operand(const cli_place *place, int i)
{
    const cli_command *command = place->command;
    char *forms =
        bnn_arena_strdup(place->options.arena,
                         command->completion != NULL ? command->completion : command->arguments);
    for (char *form; forms != NULL && i >= 0 && (form = strsep(&forms, " ")) != NULL; i--) {
        size_t n = 0;
        for (const char *at = form; *at != '\0'; at++)
            if (strchr("[]'", *at) == NULL)
                form[n++] = *at;
        form[n] = '\0';
        if (i == 0 || bnn_text_ends_with(form, "..."))
            complete_form(place, form);
    }
}

static void complete_value(const cli_place *place, const cli_option *row)
{
    const cli_option *form = cli_option_form(row);
    char *words = bnn_arena_strdup(place->options.arena,
                                   form->completion != NULL ? form->completion : form->value);
    if (words != NULL)
        complete_form(place, words);
}

static void complete_options(const cli_place *place)
{
    for (int i = 0; i < N_TABLES; i++)
        for (const cli_option *row = complete_table(place, i); row->name != NULL; row++) {
            const char *word = bnn_arena_printf(place->options.arena, "--%s", row->name);
            const size_t n = strlen(row->name);
            if (word != NULL && complete_option(place, row->name, n, 0) == row)
                cli_offer(place, word, row->help);
        }
}

static void complete_command(const cli_place *place)
{
    cli_offer_source(place, "COMMAND");
    cli_offer_source(place, "SPEC.yaml");
}

/* ---- the words before ---------------------------------------------------------------------- */

/* How far the command line is read. */
typedef struct complete_state {
    const cli_option *waits; /* for its value */
    bool ended;              /* -- was there */
    int n_operands;
} complete_state;

static void complete_read(cli_place *place, complete_state *state, const char *word)
{
    const char *value;
    if (state->waits != NULL) {
        complete_take(place, state->waits, word);
        state->waits = NULL;
    } else if (!state->ended && word[0] == '-' && word[1] != '\0') {
        state->ended = strcmp(word, "--") == 0;
        const cli_option *row = complete_valued(place, word, &value);
        if (row != NULL && value != NULL)
            complete_take(place, row, value);
        else
            state->waits = row;
    } else if (place->command == NULL) {
        place->command = cli_find_command(word);
        state->n_operands = place->command == NULL;
        if (place->command == NULL)
            place->command = &cli_command_run;
    } else {
        state->n_operands++;
        place->before = word;
    }
}

/* A word that begins with a dash: the name of an option, or what stands behind it. */
static void complete_dashed(cli_place *place)
{
    const char *value;
    const cli_option *row = complete_valued(place, place->current, &value);
    if (row == NULL || value == NULL) {
        complete_options(place);
        return;
    }
    place->prefix = bnn_arena_printf(place->options.arena, "%.*s", (int)(value - place->current),
                                     place->current);
    place->current = value;
    if (place->prefix != NULL)
        complete_value(place, row);
}

void cli_complete(char *const *words, int n, bnn_arena *arena)
{
    cli_place place = {.options = cli_options_standard(arena), .before = "", .prefix = ""};
    complete_state state = {.waits = NULL};
    for (int i = 0; i + 1 < n; i++)
        complete_read(&place, &state, words[i]);
    place.current = n > 0 ? words[n - 1] : "";
    if (state.waits != NULL)
        complete_value(&place, state.waits);
    else if (!state.ended && place.current[0] == '-')
        complete_dashed(&place);
    else if (place.command == NULL)
        complete_command(&place);
    else
        complete_operand(&place, state.n_operands);
}
