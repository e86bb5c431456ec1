/* schema.c - bnnrun schema: the language of specs, for editors. */
#include "cli/options.h"
#include "cli/spec_schema.h"

static int run_schema(void *request, bnn_error *err)
{
    const cli_options *options = request;
    return cli_spec_schema(options->plugin_path, options->arena, err);
}

static const cli_option schema_options[] = {
    {.name = "plugin-path", .help = "directories of further plugins that it is to have"},
    {.name = NULL},
};

const cli_command cli_command_schema = {
    .name = "schema",
    .arguments = "",
    .summary = "the keys of a spec as a JSON Schema, for editors",
    .notes =
        "With it, editors complete keys, plugins and values, explain them, and underline what is\n"
        "wrong while a spec is written. For yaml-language-server (VS Code, Neovim, Emacs ...), a\n"
        "spec says in its first line where the schema is, relative to the spec:\n"
        "  # yaml-language-server: $schema=bnnrun.schema.json\n"
        "\n"
        "What no schema can say, `bnnrun plan SPEC.yaml` says: keys that act in no point, what\n"
        "does not fit together (lists of zip, looks, rungs, shapes, warm-up and epochs), what is\n"
        "not there (data, topologies), how many runs there would be, and how values are written\n"
        "(1e1 for an integer). Dotted keys in a map within a point are for bnnrun alone.\n",
    .options = schema_options,
    .examples = "  bnnrun schema >bnnrun.schema.json\n"
                "  bnnrun schema --plugin-path plugins >bnnrun.schema.json\n",
    .refuses_csv = true,
    .run = run_schema,
};
