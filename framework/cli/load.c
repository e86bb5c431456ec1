#include "cli/load.h"

#include "base/limits.h"
#include "base/text.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_NO_DOWNLOAD = CLI_OPTION_OWN, JOBS_MAX = 1024 };

static int parse_jobs(const cli_command *command, const char *text, int64_t *out, bnn_error *err)
{
    char *end;
    errno = 0;
    const long n = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || n < 1 || n > JOBS_MAX)
        return cli_usage(err, command, "-j takes a number of jobs from 1 to %d, not \"%s\"",
                         JOBS_MAX, text);
    *out = n;
    return BNN_OK;
}

static void add_override(cli_request *r, const char *text)
{
    const char **end = r->overrides;
    while (*end != NULL)
        end++;
    *end = text;
}

static int take_request_option(const cli_command *command, int option, cli_request *r,
                               bnn_error *err)
{
    switch (option) {
    case 's':
        add_override(r, optarg);
        return BNN_OK;
    case 'j':
        return parse_jobs(command, optarg, &r->n_jobs, err);
    case 'n':
        r->dry_run = true;
        return BNN_OK;
    case OPTION_NO_DOWNLOAD:
        r->download = false;
        return BNN_OK;
    case 'h':
        cli_print_help(command);
        r->help = true;
        return BNN_OK;
    default:
        cli_common_option(option, optarg, &r->options);
        return BNN_OK;
    }
}

static int parse_options(const cli_command *command, int argc, char **argv, cli_request *r,
                         bnn_error *err)
{
    static const struct option long_options[] = {
        CLI_COMMON_LONG,
        {"set", required_argument, NULL, 's'},
        {"jobs", required_argument, NULL, 'j'},
        {"dry-run", no_argument, NULL, 'n'},
        {"no-download", no_argument, NULL, OPTION_NO_DOWNLOAD},
        {NULL, 0, NULL, 0},
    };
    opterr = 0;
    optind = 0;
    for (;;) {
        const int option =
            getopt_long(argc, argv, ":" CLI_COMMON_SHORT "s:j:n", long_options, NULL);
        if (option == -1)
            return BNN_OK;
        if (option == ':')
            return cli_usage(err, command, "option \"%s\" needs a value", argv[optind - 1]);
        if (option == '?')
            return cli_usage(err, command, "unknown option \"%s\"", argv[optind - 1]);
        const int status = take_request_option(command, option, r, err);
        if (status != BNN_OK || r->help)
            return status;
    }
}

int cli_request_parse(const cli_command *command, int argc, char **argv, cli_request *out,
                      bnn_error *err)
{
    *out = (cli_request){.options = cli_options_default(), .download = true};
    out->overrides = calloc((size_t)argc + 1, sizeof *out->overrides);
    if (out->overrides == NULL)
        return bnn_no_memory(err);
    const int status = parse_options(command, argc, argv, out, err);
    if (status != BNN_OK || out->help)
        return status;
    if (out->options.csv)
        return cli_usage(err, command, "--csv is for tables; --json is there");
    if (optind == argc)
        return cli_usage(err, command, "a spec is needed, as in `bnnrun %s configs/quick.yaml`",
                         command->name);
    if (argc - optind > 1)
        return cli_usage(err, command, "one spec at a time, and \"%s\" is another argument",
                         argv[optind + 1]);
    out->spec = argv[optind];
    return BNN_OK;
}

static void print_messages(bnn_diag *diag)
{
    for (size_t i = 0; i < bnn_diag_count(diag); i++)
        fprintf(stderr, "%s\n", bnn_diag_message(diag, i));
}

int cli_request_load(cli_request *r, bnn_error *err)
{
    bnn_diag *diag = bnn_diag_create();
    const bnn_reader reader = {
        .arena = r->arena = bnn_arena_create(BNN_SPEC_LIMIT_BYTES),
        .diag = diag,
        .registry = r->registry = bnn_registry_create(r->options.plugin_path),
        .catalogue = cli_catalogue_path(r->spec),
        .topologies = cli_topology_path(r->spec),
    };
    int status = BNN_E_INTERNAL;
    if (diag == NULL || r->arena == NULL || r->registry == NULL) {
        bnn_no_memory(err);
        goto out;
    }
    status = bnn_experiment_load(&reader, r->spec, r->overrides, &r->experiment);
    print_messages(diag);
    if (status != BNN_OK)
        bnn_fail(err, (bnn_status)status, "%s: %zu error%s, so nothing was run", r->spec,
                 bnn_diag_n_errors(diag), bnn_plural(bnn_diag_n_errors(diag)));
out:
    bnn_diag_destroy(diag);
    return status;
}

void cli_request_end(cli_request *r)
{
    free(r->overrides);
    bnn_registry_destroy(r->registry);
    bnn_arena_destroy(r->arena);
}
