/* mv.c - bnnrun mv: another name for an experiment. */
#include "base/text.h"
#include "cli/selection.h"
#include "runner/experiment.h"

#include <string.h>

typedef struct mv_request {
    cli_options options;
    bool take_over;
} mv_request;

/* The experiment is found again by the name in its spec; without one, by that of the file. */
static void mv_say_next(const char *spec, const char *from, const char *to)
{
    fprintf(stderr,
            "renamed; now the spec%s%s has to say `name: %s`, in place of its line `name: %s` or, "
            "where there is none, in a line of its own; else its runs are done anew under the old "
            "name\n",
            spec[0] != '\0' ? " " : "", spec, to, from);
}

static int run_mv(void *request, bnn_error *err)
{
    const mv_request *r = request;
    const cli_options *options = &r->options;
    const char *from = options->operands[0], *to = options->operands[1], *spec = "";
    char excerpt[BNN_EXCERPT];
    bnn_store *store = NULL;
    if (!bnn_experiment_is_name(to))
        return cli_usage(err, &cli_command_mv,
                         "\"%s\" is not a name: 1 to %d letters, digits, _, - and ., beginning "
                         "with none of the last two",
                         bnn_excerpt(to, excerpt), BNN_EXPERIMENT_NAME_MAX);
    if (strcmp(from, to) == 0)
        return cli_usage(err, &cli_command_mv, "the names are the same");
    int status = cli_store_open_to_write(options, &store, err);
    if (status == BNN_OK)
        status = cli_selection_check_experiment(store, from, options->arena, err);
    if (status == BNN_OK)
        status = bnn_store_find_spec(store, from, options->arena, &spec, err);
    if (status == BNN_OK)
        status = bnn_store_rename_experiment(store, from, to, r->take_over, err);
    bnn_store_close(store);
    if (status == BNN_OK && !options->quiet)
        mv_say_next(spec, from, to);
    return status;
}

static const cli_option mv_options[] = {
    CLI_ROW("take-over", 0, CLI_SWITCH, NULL, mv_request, take_over,
            "although processes on other machines, which cannot be seen from\n"
            "here, may be working on it: they are gone"),
    {.name = "db", .help = "the database (BNNRUN_DB, else bnnrun.db)"},
    {.name = "quiet", .help = "do not say what to do next"},
    {.name = NULL},
};

const cli_command cli_command_mv = {
    .name = "mv",
    .arguments = "EXPERIMENT NEW",
    .summary = "give an experiment another name; its runs stay done",
    .notes =
        "A spec finds its experiment by the name in it, or without one by that of the file: change\n"
        "its line, or add `name: NEW`, too. Runs keep their uids and files.\n",
    .options = mv_options,
    .examples = "  bnnrun mv ste_sweep ste_pilot\n",
    .least = 2,
    .most = 2,
    .needs = "two names are needed: that of an EXPERIMENT and the NEW one",
    .n_request = sizeof(mv_request),
    .run = run_mv,
};
