#include "cli/load.h"

#include "base/file.h"
#include "base/text.h"

#include <string.h>
#include <unistd.h>

enum { JOBS_MAX = 1024, SHARDS_MAX = 10000 };

int cli_request_add_override(const cli_command *command, void *request, const char *value,
                             bnn_error *err)
{
    cli_request *r = request;
    (void)command;
    const char **grown = bnn_arena_alloc(r->options.arena, r->n_overrides + 2, sizeof *grown);
    if (grown == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < r->n_overrides; i++)
        grown[i] = r->overrides[i];
    grown[r->n_overrides++] = value;
    r->overrides = grown;
    return BNN_OK;
}

int cli_request_set_jobs(const cli_command *command, void *request, const char *value,
                         bnn_error *err)
{
    cli_request *r = request;
    r->n_jobs = cli_count(value, JOBS_MAX);
    if (r->n_jobs == 0)
        return cli_usage(err, command, "-j takes a number of jobs from 1 to %d, not \"%s\"",
                         JOBS_MAX, value);
    return BNN_OK;
}

int cli_request_set_shard(const cli_command *command, void *request, const char *value,
                          bnn_error *err)
{
    cli_request *r = request;
    const char *slash = strchr(value, '/');
    char first[16] = "";
    if (slash != NULL)
        snprintf(first, sizeof first, "%.*s", (int)(slash - value), value);
    r->shard.n = slash == NULL ? 0 : cli_count(slash + 1, SHARDS_MAX);
    r->shard.i = r->shard.n == 0 ? 0 : cli_count(first, r->shard.n);
    if (r->shard.i == 0)
        return cli_usage(err, command,
                         "--shard takes I/N, as 3/16: the third of 16 (%d at most), not \"%s\"",
                         SHARDS_MAX, value);
    return BNN_OK;
}

/* The databases of shards lie beside one another, and none beside that of the whole is taken for it. */
static int name_shard(cli_request *r, bnn_error *err)
{
    const char *db = r->options.db;
    if (r->shard.n == 0 || r->options.names_db)
        return BNN_OK;
    const size_t n = strlen(db) - (bnn_text_ends_with(db, ".db") ? 3 : 0);
    r->options.db = bnn_arena_printf(r->options.arena, "%.*s.%uof%u%s", (int)n, db, r->shard.i,
                                     r->shard.n, db + n);
    return r->options.db != NULL ? BNN_OK : bnn_no_memory(err);
}

/* What the next runs are, these keys decide from the results of all. */
static int check_shard(cli_request *r, bnn_error *err)
{
    const bnn_experiment *x = &r->experiment;
    if (r->shard.n == 0)
        return BNN_OK;
    if (x->until.is_there)
        return bnn_fail(err, BNN_E_USAGE,
                        "%s: --shard cannot split a spec with `seeds.until`: each look needs the "
                        "runs of all shards; say how many seeds, as -s seeds=[1,2,3], or run it "
                        "without --shard",
                        r->spec);
    if (x->contest.n_rungs > 0)
        return bnn_fail(err, BNN_E_USAGE,
                        "%s: --shard cannot split a spec with `sweep.halving`: each rung compares "
                        "the runs of all shards; leave halving out, or run it without --shard",
                        r->spec);
    r->experiment.shard = r->shard;
    return name_shard(r, err);
}

static const char *const no_overrides[] = {NULL};
const cli_request cli_request_values = {.download = true, .overrides = no_overrides};

/* The file of the operand; a mere name that stands for none is no spec. */
static int find_spec(cli_request *r, bnn_error *err)
{
    const char *const operand = r->options.operands[0];
    r->spec = strcmp(operand, "-") == 0 ? BNN_STDIN : cli_find_spec(operand);
    if (r->spec != operand || strpbrk(operand, "/.") != NULL || access(operand, F_OK) == 0)
        return BNN_OK;
    size_t n;
    const char **specs = cli_list_specs(r->options.arena, &n, err);
    return specs == NULL ? err->status
                         : cli_unknown(err, BNN_E_SPEC, "there is no spec", operand, specs, n);
}

int cli_request_load(const cli_command *command, cli_request *r, bnn_error *err)
{
    if (r->options.n_operands == 0)
        return cli_usage(err, command, "a spec is needed, as in `bnnrun %s quick`", command->name);
    if (r->options.n_operands > 1)
        return cli_usage(err, command, "one spec at a time, and \"%s\" is another argument",
                         r->options.operands[1]);
    if (find_spec(r, err) != BNN_OK)
        return err->status;
    bnn_diag *diag = bnn_diag_create();
    const bnn_reader reader = {
        .arena = r->options.arena,
        .diag = diag,
        .registry = r->registry = bnn_registry_create(r->options.plugin_path),
        .catalogue = cli_catalogue_path(r->spec),
        .topologies = cli_topology_path(r->spec),
    };
    if (diag == NULL || r->registry == NULL) {
        bnn_diag_destroy(diag);
        return bnn_no_memory(err);
    }
    const int status = bnn_experiment_load(&reader, r->spec, r->overrides, &r->experiment);
    for (size_t i = 0; i < bnn_diag_count(diag); i++) {
        char line[BNN_DIAG_LINE];
        fprintf(stderr, "%s\n%s", bnn_diag_message(diag, i), bnn_diag_line(diag, i, line));
    }
    if (status != BNN_OK)
        bnn_fail(err, (bnn_status)status, "%s: %zu error%s, so nothing was run", r->spec,
                 bnn_diag_n_errors(diag), bnn_plural(bnn_diag_n_errors(diag)));
    bnn_diag_destroy(diag);
    return status != BNN_OK ? status : check_shard(r, err);
}
