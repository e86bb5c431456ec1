#include "cli/load.h"

#include "base/limits.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { JOBS_MAX = 1024 };

int cli_request_add_override(const cli_command *command, void *request, const char *value,
                             bnn_error *err)
{
    const cli_request *r = request;
    const char **end = r->overrides;
    (void)command, (void)err;
    while (*end != NULL)
        end++;
    *end = value;
    return BNN_OK;
}

int cli_request_set_jobs(const cli_command *command, void *request, const char *value,
                         bnn_error *err)
{
    cli_request *r = request;
    char *end;
    errno = 0;
    const long n = strtol(value, &end, 10);
    if (errno != 0 || end == value || *end != '\0' || n < 1 || n > JOBS_MAX)
        return cli_usage(err, command, "-j takes a number of jobs from 1 to %d, not \"%s\"",
                         JOBS_MAX, value);
    r->n_jobs = n;
    return BNN_OK;
}

int cli_request_parse(const cli_command *command, int argc, char **argv, cli_request *out,
                      bnn_error *err)
{
    *out = (cli_request){.download = true};
    out->overrides = calloc((size_t)argc + 1, sizeof *out->overrides);
    if (out->overrides == NULL)
        return bnn_no_memory(err);
    const int status = cli_parse(command, argc, argv, out, &out->help, err);
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
