/* doctor.c - bnnrun doctor: what works here, what does not, and what to do; all that a bug report needs. */
#include "base/text.h"
#include "cli/doctor/doctor.h"
#include "cli/grid.h"
#include "cli/table.h"

#include <string.h>

static const char *const doctor_words[] = {
    [DOCTOR_OK] = "ok", [DOCTOR_WARNING] = "warning", [DOCTOR_WRONG] = "wrong"};

static int doctor_print_table(const doctor *d, bnn_error *err)
{
    cli_table *table = cli_table_create("verdict|part|what|remedy");
    for (size_t i = 0; i < d->n; i++) {
        const doctor_finding *f = &d->findings[i];
        const char *const cells[] = {doctor_words[f->verdict], f->part, f->what, f->remedy};
        cli_table_row(table, cells);
    }
    return cli_table_end(table, d->options, err);
}

static void doctor_print(const doctor *d)
{
    enum { INDENT = 20 };
    const size_t width = cli_width(stdout);
    for (size_t i = 0; i < d->n; i++) {
        const doctor_finding *f = &d->findings[i];
        if (f->verdict == DOCTOR_OK && d->options->quiet)
            continue;
        printf("%-7s  %-9s  ", doctor_words[f->verdict], f->part);
        cli_print_prose(f->what, INDENT, width);
        printf("\n");
        if (f->remedy == NULL)
            continue;
        printf("%*s", INDENT, "");
        cli_print_prose(bnn_arena_printf(d->arena, "-> %s", f->remedy), INDENT, width);
        printf("\n");
    }
}

static int doctor_run(void *request, bnn_error *err)
{
    const cli_options *options = request;
    doctor d = {.options = options, .arena = options->arena};
    if (options->n_operands > 0)
        return cli_usage(err, &cli_command_doctor, "--db names the database, not \"%s\"",
                         options->operands[0]);
    doctor_look(&d);
    if (d.failed)
        return bnn_no_memory(err);
    const int status = options->json || options->csv ? doctor_print_table(&d, err) : BNN_OK;
    if (status != BNN_OK)
        return status;
    if (!options->json && !options->csv)
        doctor_print(&d);
    const size_t n_wrong = d.n_of[DOCTOR_WRONG], n_warnings = d.n_of[DOCTOR_WARNING];
    if (n_wrong > 0)
        return bnn_fail(err, BNN_E_RESOURCE, "%zu thing%s wrong, %zu warning%s", n_wrong,
                        n_wrong == 1 ? " is" : "s are", n_warnings, bnn_plural(n_warnings));
    if (!options->quiet)
        fprintf(stderr, "nothing is wrong; %zu warning%s\n", n_warnings, bnn_plural(n_warnings));
    return BNN_OK;
}

static const cli_option doctor_options[] = {
    {.name = "db", .help = "the database (BNNRUN_DB, else bnnrun.db)"},
    {.name = "plugin-path", .help = "colon-separated folders with plugins, searched first"},
    {.name = "json", .help = "the lines for programs"},
    {.name = "csv", .help = "likewise"},
    {.name = "quiet", .help = "only warnings and what is wrong"},
    {.name = NULL},
};

const cli_command cli_command_doctor = {
    .name = "doctor",
    .arguments = "",
    .summary = "what works here, and what does not: for bug reports, too",
    .notes =
        "Looks at all that runs depend on, in two seconds: versions and the machine; each\n"
        "instruction set, by a small training that has to give the same bits as all others; the\n"
        "plugins, those from elsewhere by their contract; the data sets that are here; the\n"
        "database: its pages, its place, room, locks, and what was left beside it.\n"
        "\n"
        "A line is ok, a warning, or wrong, with what to do. It writes nothing. The status is 4\n"
        "when something is wrong. The page goes into a bug report as it is: it has paths of this\n"
        "machine, but no results.\n",
    .options = doctor_options,
    .examples = "  bnnrun doctor\n"
                "  bnnrun doctor --json >report.json\n",
    .memory = BNN_SMALL_LIMIT_BYTES,
    .n_request = sizeof(cli_options),
    .run = doctor_run,
};
