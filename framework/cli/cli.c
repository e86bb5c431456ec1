#include "cli/cli.h"

#include "base/fault.h"
#include "base/path.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATHS_BYTES = 5 * PATH_MAX };

/* What a message quotes, as far as it helps: who wrote it knows the rest, and what to do stands
 * behind. */
static void shorten_quoted(char *message)
{
    static const char cut[] = "...\"";
    for (char *open = message, *close; (open = strchr(open, '"')) != NULL; open = close + 1) {
        if ((close = strchr(open + 1, '"')) == NULL)
            return;
        char *const at = open + BNN_EXCERPT - sizeof cut;
        if (close - open < BNN_EXCERPT)
            continue;
        memmove(at + sizeof cut - 1, close + 1, strlen(close + 1) + 1);
        memcpy(at, cut, sizeof cut - 1);
        close = at + sizeof cut - 2;
    }
}

int cli_usage(bnn_error *err, const cli_command *command, const char *format, ...)
{
    char *message = NULL;
    va_list args;
    va_start(args, format);
    const int n = vasprintf(&message, format, args);
    va_end(args);
    if (n < 0)
        return bnn_no_memory(err);
    shorten_quoted(message);
    bnn_fail(err, BNN_E_USAGE, "%s: %s; see `bnnrun %s --help`", command->name, message,
             command->name);
    free(message);
    return err->status;
}

int cli_unknown(bnn_error *err, bnn_status status, const char *what, const char *word,
                const char *const *candidates, size_t n)
{
    const char *near = bnn_suggest(word, candidates, n);
    char list[512], excerpt[BNN_EXCERPT];
    if (near != NULL)
        return bnn_fail(err, status, "%s \"%s\"; did you mean \"%s\"?", what,
                        bnn_excerpt(word, excerpt), near);
    return bnn_fail(err, status, "%s \"%s\"; there is %s", what, bnn_excerpt(word, excerpt),
                    n == 0 ? "none" : bnn_text_join(candidates, n, list, sizeof list));
}

/* The variable, unless it is empty. */
static const char *environment_of(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && *value != '\0' ? value : NULL;
}

bool cli_draws(FILE *file)
{
    if (isatty(fileno(file)) != 1)
        return false;
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = environment_of(names[i]);
        if (value != NULL)
            return strcasestr(value, "UTF-8") != NULL || strcasestr(value, "utf8") != NULL;
    }
    return false;
}

void cli_print_clean(const char *text, size_t n)
{
    for (size_t i = 0; i < n;) {
        const size_t control = bnn_text_control(text + i), whole = bnn_text_character(text + i);
        if (control > 0 || whole > n - i)
            putchar('?');
        else
            fwrite(text + i, 1, whole, stdout);
        i += control > 0 ? control : whole;
    }
}

size_t cli_width(FILE *file)
{
    enum { NO_TERMINAL = 80, LEAST = 20 };
    struct winsize size;
    if (isatty(fileno(file)) != 1 || ioctl(fileno(file), TIOCGWINSZ, &size) != 0 ||
        size.ws_col == 0)
        return NO_TERMINAL;
    return size.ws_col < LEAST ? LEAST : size.ws_col;
}

bool cli_redraws(FILE *file)
{
    const char *term = environment_of("TERM");
    return isatty(fileno(file)) == 1 && term != NULL && strcmp(term, "dumb") != 0;
}

bool cli_colours(FILE *file)
{
    const char *force = environment_of("CLICOLOR_FORCE");
    if (environment_of("NO_COLOR") != NULL)
        return false;
    if (force != NULL && strcmp(force, "0") != 0)
        return true;
    return cli_redraws(file);
}

void cli_print_failure(const bnn_error *err)
{
    bnn_error shown = *err;
    const char *remedy = bnn_fault_remedy(err->reason);
    fprintf(stderr, cli_colours(stderr) ? "\033[31mbnnrun:\033[0m %s%s%s\n" : "bnnrun: %s%s%s\n",
            bnn_text_clean(shown.message, "\n"), remedy == NULL ? "" : "; ",
            remedy == NULL ? "" : remedy);
}

/* ---- where configs are ------------------------------------------------------------------- */

/* Adds a directory to a colon-separated list; one that does not fit is left out. */
static void add_config_directory(char *list, const char *directory)
{
    const size_t used = strlen(list);
    const int n =
        snprintf(list + used, PATHS_BYTES - used, "%s%s", used == 0 ? "" : ":", directory);
    if (n < 0 || (size_t)n >= PATHS_BYTES - used)
        list[used] = '\0';
}

static void add_kind(char *list, const char *configs, const char *kind)
{
    char directory[PATH_MAX];
    if (kind == NULL)
        add_config_directory(list, configs);
    else if (bnn_path_join(configs, kind, directory))
        add_config_directory(list, directory);
}

/* KIND (NULL: the specs) in configs/ beside the program, which lies at the top of the tree when it was
 * built there and not installed; where it is installed. */
static void add_own_configs(char *list, const char *kind)
{
    char configs[PATH_MAX];
    if (bnn_path_beside_program("configs", configs))
        add_kind(list, configs, kind);
    if (bnn_path_installed(BNN_DATA_DIR, configs))
        add_kind(list, configs, kind);
}

/* KIND beside the spec, that of the user, and those that came with the program. Made once a command,
 * by the main thread, and needed until the program ends. */
static const char *make_path(char list[PATHS_BYTES], const char *spec_path, const char *own,
                             const char *kind)
{
    char directory[PATH_MAX];
    list[0] = '\0';
    if (spec_path != NULL && bnn_path_beside(spec_path, kind, directory))
        add_config_directory(list, directory);
    if (own != NULL)
        add_config_directory(list, own);
    add_own_configs(list, kind);
    return list;
}

bool cli_catalogue_of_user(char out[PATH_MAX])
{
    const char *xdg = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    if (xdg != NULL && xdg[0] == '/')
        return bnn_path_join(xdg, "bnnrun/datasets", out);
    return home != NULL && home[0] == '/' &&
           bnn_path_join(home, ".local/share/bnnrun/datasets", out);
}

const char *cli_catalogue_path(const char *spec_path)
{
    static char list[PATHS_BYTES];
    char own[PATH_MAX];
    return make_path(list, spec_path, cli_catalogue_of_user(own) ? own : NULL, "datasets");
}

const char *cli_topology_path(const char *spec_path)
{
    static char list[PATHS_BYTES];
    return make_path(list, spec_path, NULL, "topologies");
}

const char *cli_spec_path(void)
{
    static char list[PATHS_BYTES];
    return make_path(list, NULL, NULL, NULL);
}

const char **cli_list_specs(bnn_arena *arena, size_t *n, bnn_error *err)
{
    return bnn_path_scan(cli_spec_path(), ".yaml", arena, n, err);
}

const char *cli_find_spec(const char *operand)
{
    static char found[PATH_MAX];
    char name[NAME_MAX + 1];
    struct stat file;
    const char *const ending = bnn_text_ends_with(operand, ".yaml") ? "" : ".yaml";
    if (strchr(operand, '/') != NULL || (stat(operand, &file) == 0 && !S_ISDIR(file.st_mode)) ||
        snprintf(name, sizeof name, "%s%s", operand, ending) >= (int)sizeof name)
        return operand;
    if (access(name, F_OK) == 0)
        snprintf(found, sizeof found, "%s", name);
    else if (!bnn_path_find(cli_spec_path(), name, found))
        return operand;
    return found;
}
