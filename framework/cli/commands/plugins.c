/* plugins.c - bnnrun plugins: what there is; one of them, and tests, are in files of their own. */
#include "base/fault.h"
#include "base/text.h"
#include "cli/commands/plugins_show.h"
#include "cli/commands/plugins_test.h"
#include "cli/options.h"
#include "cli/table.h"

#include <string.h>

/* ---- the list ---------------------------------------------------------------------------- */

/* One line of the list. Loading the file is the only way to its summary; one that cannot be loaded
 * says why, on stderr for a reader and in the row for a program. A fault of the machine is none of the file. */
static int add_plugin_row(bnn_registry *registry, const bnn_plugin_file *file, cli_table *table,
                          bool data, bnn_error *err)
{
    const char *summary = NULL, *reference = NULL, *trouble = NULL;
    char shadowed[512];
    bnn_error load_err = {0};
    if (file->shadowed_by == NULL) {
        const bnn_plugin *plugin = bnn_registry_load_file(registry, file->path, &load_err);
        if (plugin == NULL && bnn_fault_is(&load_err)) {
            *err = load_err;
            return err->status;
        }
        if (plugin == NULL) {
            trouble = load_err.message;
            summary = data ? NULL : "(cannot be loaded, see above)";
            if (!data)
                fprintf(stderr, "bnnrun: warning: %s\n", trouble);
        } else {
            summary = plugin->head->summary;
            reference = plugin->head->reference;
        }
    } else if (!data) {
        snprintf(shadowed, sizeof shadowed, "(shadowed by %s)", file->shadowed_by);
        summary = shadowed;
    }
    const char *const cells[] = {
        bnn_kind_name(file->kind), file->name, summary, file->path, reference,
        file->shadowed_by,         trouble};
    cli_table_row(table, cells);
    return BNN_OK;
}

static int list_plugins(bnn_registry *registry, bnn_kind kind, const cli_options *options,
                        bnn_error *err)
{
    const bool data = options->json || options->csv;
    const bnn_plugin_file *files;
    size_t n;
    if (bnn_registry_scan(registry, &files, &n, err) != BNN_OK)
        return err->status;
    cli_table *table = cli_table_create(data ? "kind|name|summary|file|reference|shadowed_by|error"
                                             : "kind|name|summary|file");
    int status = BNN_OK;
    for (size_t i = 0; status == BNN_OK && i < n; i++)
        if (kind == 0 || files[i].kind == kind)
            status = add_plugin_row(registry, &files[i], table, data, err);
    if (status != BNN_OK) {
        cli_table_destroy(table);
        return status;
    }
    if (cli_table_rows(table) == 0 && !data) {
        cli_table_destroy(table);
        return bnn_fail(err, BNN_E_RESOURCE,
                        "no %s plugin found; --plugin-path and BNNRUN_PLUGIN_PATH name "
                        "directories of files called KIND_NAME.so",
                        kind == 0 ? "single" : bnn_kind_name(kind));
    }
    status = cli_table_end(table, options, err);
    if (status == BNN_OK && !data && !options->quiet)
        fprintf(stderr, "bnnrun plugins KIND NAME explains one of them\n");
    return status;
}

/* ---- the command ------------------------------------------------------------------------- */

static const char *const kinds[] = {"layer", "ste", "ordering", "optimizer", "form", "test"};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

static int run_plugins(void *request, bnn_error *err)
{
    const cli_plugins_request *r = request;
    const cli_options *options = &r->options;
    const int n = options->n_operands;
    char **operands = options->operands;
    const bool tests = n > 0 && strcmp(operands[0], "test") == 0;
    const bnn_kind kind = n == 0 ? (bnn_kind)0 : bnn_kind_parse(operands[0]);
    int status;
    if (n > 0 && kind == 0 && !tests)
        return cli_unknown(err, BNN_E_USAGE, "there is no kind of plugin", operands[0], kinds,
                           N_KINDS);
    if (n > 2 && !tests)
        return cli_usage(err, &cli_command_plugins, "one KIND and one NAME at the most, not \"%s\"",
                         operands[2]);
    bnn_registry *registry = bnn_registry_create(options->plugin_path);
    if (registry == NULL)
        return bnn_no_memory(err);
    if (tests)
        status = cli_plugins_test(registry, r, err);
    else if (n == 2) {
        const bnn_plugin *plugin = bnn_registry_load(registry, kind, operands[1], err);
        status = plugin == NULL ? err->status : cli_plugins_show(registry, plugin, options, err);
    } else
        status = list_plugins(registry, kind, options, err);
    bnn_registry_destroy(registry);
    return status;
}

static const cli_option plugins_options[] = {
    CLI_COUNT_ROW("timeout", "SECONDS", cli_plugins_request, timeout_seconds, 86400,
                  "test: what a check may take (default: 60)"),
    {.name = "plugin-path", .help = "directories that are searched first"},
    {.name = "json", .help = "the list, one plugin, or checks, for programs"},
    {.name = "csv", .help = "the list, or checks, for programs"},
    {.name = NULL},
};

const cli_command cli_command_plugins = {
    .name = "plugins",
    .arguments = "[KIND [NAME] | test FILE...]",
    .completion = "layer|ste|ordering|optimizer|form|test PLUGIN",
    .summary = "list plugins, explain one, or test whether one is right",
    .notes =
        "KIND is layer, ste, ordering, optimizer or form.\n"
        "A file that cannot be loaded is listed with the reason. Of two files of one name the\n"
        "first on the search path counts; the other is listed as shadowed.\n"
        "\n"
        "test runs what the contract of its kind asks for, as bnn/plugin.h has it: an STE's\n"
        "gradient is the derivative of its proxy, a layer's agrees with differences, an optimizer\n"
        "lowers a loss ... Which gradient an STE without a proxy, or a form, means to give no test\n"
        "knows. Each check is a process of its own, with the defaults and then other values of\n"
        "each parameter; the first that is not kept is shown. FILE is a .so, or KIND NAME;\n"
        "without, all plugins are tested. The status is 1 when a promise is broken.\n"
        "\n"
        "Search path: --plugin-path DIRECTORIES, BNNRUN_PLUGIN_PATH (both colon-separated), the\n"
        "build tree when bnnrun runs uninstalled, the installed directory.\n",
    .options = plugins_options,
    .examples = "  bnnrun plugins\n"
                "  bnnrun plugins ste\n"
                "  bnnrun plugins ordering xnor\n"
                "  bnnrun plugins test ./ste_window.so\n",
    .n_request = sizeof(cli_plugins_request),
    .run = run_plugins,
};
