/* schema.c - bnnrun schema: the language of specs, for editors. */
#include "cli/options.h"
#include "cli/spec_schema.h"

static int run_schema(void *request, bnn_error *err)
{
    const cli_options *options = request;
    const char *spec = options->n_operands > 0 ? options->operands[0] : "./spec.yaml";
    return cli_spec_schema(spec, options->plugin_path, options->arena, err);
}

static const cli_option schema_options[] = {
    {.name = "plugin-path", .help = "directories of further plugins that it is to have"},
    {.name = NULL},
};

const cli_command cli_command_schema = {
    .name = "schema",
    .arguments = "[SPEC.yaml]",
    .most = 1,
    .summary = "the keys of a spec as a JSON Schema, for editors",
    .notes =
        "With it, editors complete keys, plugins and values, explain them, and underline what is\n"
        "wrong while a spec is written. For yaml-language-server (VS Code, Neovim, Emacs ...), a\n"
        "spec says in its first line where the schema is, relative to the spec:\n"
        "  # yaml-language-server: $schema=bnnrun.schema.json\n"
        "\n"
        "It knows the data sets and topologies that lie beside SPEC.yaml, or here without one,\n"
        "and those of bnnrun. When there are more of them, or more plugins, print it again.\n"
        "\n"
        "What no schema can say, `bnnrun plan SPEC.yaml` says:\n"
        "  arithmetic   of several keys: warm-up and epochs, looks, rungs, how many runs\n"
        "  networks     shapes, numbers of outputs, borders, which blocks are binary\n"
        "  points       that are another one, or none, or the run itself\n"
        "  files        whether the data are there\n"
        "  notation     1e1 and 0x40 for an integer, and the order of keys\n"
        "and of a sweep that varies what decides whether a key acts, whether it acts at all.\n"
        "Dotted keys in a map within a point are for bnnrun alone.\n",
    .options = schema_options,
    .examples = "  bnnrun schema >bnnrun.schema.json\n"
                "  bnnrun schema --plugin-path plugins >bnnrun.schema.json\n",
    .refuses_csv = true,
    .run = run_schema,
};
