/* completion.c - bnnrun completion: the scripts by which shells complete the command line, and what they
 * ask for. */
#include "cli/complete.h"
#include "cli/options.h"

#include <string.h>

/* The scripts are longer than C compilers have to bear. */
#pragma GCC diagnostic ignored "-Woverlength-strings"
#define BNN_SCRIPT(name, text) {name, text},
static const struct {
    const char *name, *text;
} scripts[] = {
#include "cli/completion.inc"
};
#undef BNN_SCRIPT

/* As their files have to be called. */
static const struct {
    const char *shell, *script;
} shells[] = {{"bash", "bnnrun"}, {"fish", "bnnrun.fish"}, {"zsh", "_bnnrun"}};

static int run_completion(void *request, bnn_error *err)
{
    const cli_options *options = request;
    const char *const what = options->operands[0];
    if (strcmp(what, "words") == 0) {
        cli_complete(options->operands + 1, options->n_operands - 1, options->arena);
        return BNN_OK;
    }
    if (options->n_operands > 1)
        return cli_usage(err, &cli_command_completion, "one shell at a time");
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
        for (size_t k = 0; k < sizeof scripts / sizeof *scripts; k++)
            if (strcmp(shells[i].shell, what) == 0 &&
                strcmp(shells[i].script, scripts[k].name) == 0) {
                printf("%s", scripts[k].text);
                return BNN_OK;
            }
    static const char *const names[] = {"bash", "fish", "zsh"};
    return cli_unknown(err, BNN_E_USAGE, "no completion for the shell", what, names,
                       sizeof names / sizeof *names);
}

static const cli_option completion_options[] = {{.name = NULL}};

const cli_command cli_command_completion = {
    .name = "completion",
    .arguments = "bash|fish|zsh",
    .summary = "the script by which a shell completes the command line",
    .notes =
        "It completes commands, options, specs, keys and values behind -s, plugins, experiments\n"
        "and runs. `make install` puts it where shells look. Else:\n"
        "  bash  source <(bnnrun completion bash)        in ~/.bashrc\n"
        "  fish  bnnrun completion fish | source         in ~/.config/fish/config.fish\n"
        "  zsh   source <(bnnrun completion zsh)         in ~/.zshrc, behind compinit\n"
        "\n"
        "The scripts ask `bnnrun completion words -- WORD...` for what may be the last word: a\n"
        "line each, a description behind a tab. \":files\" among them means files, too,\n"
        "\":nospace\" that more is to be written behind.\n",
    .options = completion_options,
    .examples = "  source <(bnnrun completion bash)\n"
                "  bnnrun completion words -- run -s model.ste=\n",
    .least = 1,
    .needs = "the name of a shell is needed: bash, fish or zsh",
    .memory = BNN_SPEC_LIMIT_BYTES,
    .run = run_completion,
};
