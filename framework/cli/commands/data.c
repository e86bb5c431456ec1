/* data.c - bnnrun data: the data sets that are known, where they lie, and whether they are whole. */
#include "base/path.h"
#include "base/text.h"
#include "cli/augment_sheet.h"
#include "cli/data_check.h"
#include "cli/options.h"
#include "cli/table.h"
#include "data/add/add.h"
#include "data/catalogue.h"
#include "data/dataset.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct data_request {
    cli_options options;
    const char *spec; /* beside which there may be a catalogue */
    const char *augment, *output;
    bnn_add_request add;
} data_request;

static const data_request data_values = {.spec = "spec.yaml"};

/* ---- list ------------------------------------------------------------------------------------ */

static int list_row(cli_table *table, const char *directories, const char *name, bool for_programs,
                    const cli_options *options, bnn_error *err)
{
    bnn_dataset data = {.owner = NULL};
    bnn_catalogue_entry entry;
    const int status = bnn_catalogue_load(directories, name, options->arena, &entry, err);
    if (status != BNN_OK)
        return status;
    const char *found = NULL;
    if (entry.n_files == 0)
        found = "built in";
    else if (cli_data_open(directories, name, false, NULL, options, &data, err) == BNN_OK)
        found = bnn_arena_printf(options->arena, "%s%s", data.source,
                                 data.pinned || for_programs ? "" : " (not pinned)");
    else if (!for_programs)
        found =
            bnn_catalogue_can_fetch(&entry) ? "not here (bnnrun data fetch gets it)" : "not here";
    bnn_dataset_close(&data);
    cli_table_cell(table, name);
    cli_table_cell(table, entry.summary);
    cli_table_cellf(table, "%ux%ux%u", entry.shape.c, entry.shape.h, entry.shape.w);
    cli_table_cellf(table, "%u", entry.n_classes);
    cli_table_cell(table, found);
    if (for_programs) {
        cli_table_cell(table, entry.reference);
        cli_table_cell(table, bnn_catalogue_is_pinned(&entry) ? "yes" : "no");
    }
    return BNN_OK;
}

static int list_datasets(const char *directories, const char *const *names, size_t n,
                         const cli_options *options, bnn_error *err)
{
    const bool for_programs = options->json || options->csv;
    cli_table *table =
        cli_table_create(for_programs ? "name|summary|shape|#classes|found|reference|pinned"
                                      : "name|summary|shape|#classes|found");
    int status = BNN_OK;
    for (size_t i = 0; status == BNN_OK && i < n; i++)
        status = list_row(table, directories, names[i], for_programs, options, err);
    if (status == BNN_OK)
        return cli_table_end(table, options, err);
    cli_table_destroy(table);
    return status;
}

/* ---- fetch, verify --------------------------------------------------------------------------- */

static int check_one(const char *directories, const char *name, bool download, bool *is_missing,
                     const char **source, const cli_options *options, bnn_error *err)
{
    bnn_dataset data;
    const int status = cli_data_open(directories, name, download, is_missing, options, &data, err);
    if (status != BNN_OK)
        return status;
    char n_train[CLI_TEXT_MAX], n_test[CLI_TEXT_MAX];
    printf("%s: %s images for training, %s for testing, %s; %s\n", name,
           bnn_count_text(data.train.n, n_train), bnn_count_text(data.test.n, n_test),
           data.pinned ? "checked" : "not pinned", data.source);
    *source = bnn_arena_strdup(options->arena, data.source);
    bnn_dataset_close(&data);
    return BNN_OK;
}

/* Verifies every data set that is here. One that is damaged does not hide the others, and files of one
 * set are no damaged ones of another. */
static int verify_datasets(const char *directories, const char *const *names, size_t n,
                           const cli_options *options, bnn_error *err)
{
    int result = BNN_OK;
    const char **sources = bnn_arena_alloc(options->arena, n, sizeof *sources);
    bnn_error *errors = bnn_arena_alloc(options->arena, n, sizeof *errors);
    if (sources == NULL || errors == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < n; i++) {
        bool is_missing = false;
        const int status =
            check_one(directories, names[i], false, &is_missing, &sources[i], options, &errors[i]);
        if (is_missing)
            printf("%s: not here\n", names[i]);
        if (is_missing || status == BNN_OK)
            errors[i].status = BNN_OK;
    }
    for (size_t i = 0; i < n; i++) {
        if (errors[i].status == BNN_OK)
            continue;
        if (cli_data_is_of_another_set(errors[i].message, sources, n)) {
            printf("%s: not here\n", names[i]);
            continue;
        }
        if (result != 0) /* main prints the last one */
            cli_print_failure(err);
        *err = errors[i];
        result = errors[i].status;
    }
    return result;
}

/* ---- add ------------------------------------------------------------------------------------- */

/* Beside the spec that is named, else where all of the user's specs find it. */
static int choose_catalogue(const data_request *r, char out[PATH_MAX], bnn_error *err)
{
    const bool found = r->spec != data_values.spec ? bnn_path_beside(r->spec, "datasets", out)
                                                   : cli_catalogue_of_user(out);
    return found ? BNN_OK
                 : bnn_fail(err, BNN_E_RESOURCE,
                            "no place for entries: neither XDG_DATA_HOME nor HOME is an absolute "
                            "path; --spec SPEC.yaml puts it beside a spec");
}

/* A name that means something already would hide it, or be hidden. */
static int check_name(const data_request *r, const char *name, const char *catalogue,
                      bnn_error *err)
{
    bnn_catalogue_entry entry;
    bnn_error ignored;
    char own[PATH_MAX], file[BNN_DATA_NAME_MAX + sizeof ".yaml"];
    if (!bnn_catalogue_is_name(name))
        return cli_usage(err, &cli_command_data,
                         "\"%s\" is no name of a data set: letters, digits, _ and -, at most %d",
                         name, BNN_DATA_NAME_MAX);
    if (bnn_catalogue_builtin(name) != NULL)
        return cli_usage(err, &cli_command_data, "%s is built in; give the set another name", name);
    snprintf(file, sizeof file, "%s.yaml", name);
    if (!r->add.replace && !(bnn_path_join(catalogue, file, own) && access(own, F_OK) == 0) &&
        bnn_catalogue_load(cli_catalogue_path(r->spec), name, r->options.arena, &entry, &ignored) ==
            BNN_OK)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%s is the name of %s already; give the set another one, or --force", name,
                        entry.path);
    return BNN_OK;
}

/* What a spec says of the set so that it runs as it stands: where images or classes are not those of
 * lenet5, the default topology, also the topology. */
static void print_spec(const char *name, const bnn_add_result *added)
{
    enum { CLASSES = 10, SIDE = 28, LEAST_SIDE = 12 }; /* lenet5's, and what its kernels need */
    const bnn_shape s = added->shape;
    const bool shape_fits = s.c == 1 && s.h == SIDE && s.w == SIDE;
    printf("\nIn a spec:\n\ndataset:\n  name: %s\n", name);
    if (shape_fits && added->n_classes == CLASSES)
        return;
    const bool deep = s.h >= LEAST_SIDE && s.w >= LEAST_SIDE;
    printf("model:\n  topology:  # see `bnnrun help model.topology`\n%s",
           deep ? "    name: lenet5\n" : "");
    if (!shape_fits)
        printf("    input: {channels: %u, height: %u, width: %u}\n", s.c, s.h, s.w);
    if (!deep)
        printf("    blocks:\n      - {layer: {name: dense, out: 128}}\n"
               "      - {layer: {name: dense, out: %u}}\n",
               added->n_classes);
    else if (added->n_classes != CLASSES)
        printf("    blocks: {5: {layer: {out: %u}}}\n", added->n_classes);
}

static void print_added(const char *name, const bnn_add_result *added)
{
    char n_train[BNN_SHORT_TEXT], n_test[BNN_SHORT_TEXT], from[40] = "";
    const bnn_shape s = added->shape;
    if (added->first_label > 0)
        snprintf(from, sizeof from, ", labels from %u", added->first_label);
    printf("%s: %s images for training, %s for testing, %ux%ux%u, %u classes%s\n", name,
           bnn_count_text(added->n_train, n_train), bnn_count_text(added->n_test, n_test), s.c, s.h,
           s.w, added->n_classes, from);
    printf("%s %s\nentry: %s\n", added->written ? "written to" : "files:", added->folder,
           added->entry);
    print_spec(name, added);
}

static int add_dataset(const data_request *r, bnn_error *err)
{
    char catalogue[PATH_MAX];
    bnn_add_result added;
    bnn_add_request request = r->add;
    if (r->options.n_operands != 3)
        return cli_usage(err, &cli_command_data, "add needs a NAME and the FOLDER with the images");
    request.name = r->options.operands[1];
    request.folder = r->options.operands[2];
    request.catalogue = catalogue;
    int status = choose_catalogue(r, catalogue, err);
    if (status == BNN_OK)
        status = check_name(r, request.name, catalogue, err);
    if (status == BNN_OK)
        status = bnn_data_add(&request, &added, err);
    if (status == BNN_OK)
        print_added(request.name, &added);
    return status;
}

/* Whether there is an option that only adding has. */
static bool asks_for_add(const bnn_add_request *add)
{
    return add->summary != NULL || add->match != NULL || add->train_name != NULL ||
           add->test_name != NULL || add->n_classes > 0 || add->n_channels > 0 ||
           add->test_percent > 0 || add->transpose || add->replace;
}

/* ---- show ------------------------------------------------------------------------------------ */

static int show_dataset(const data_request *r, const char *directories, const char *name,
                        bnn_error *err)
{
    bnn_dataset data = {.owner = NULL};
    const char *path =
        r->output != NULL ? r->output : bnn_arena_printf(r->options.arena, "%s.png", name);
    if (path == NULL)
        return bnn_no_memory(err);
    int status = cli_data_open(directories, name, true, NULL, &r->options, &data, err);
    if (status == BNN_OK)
        status = cli_augment_sheet(&data, r->augment != NULL ? r->augment : "none", path,
                                   r->options.arena, err);
    if (status == BNN_OK)
        printf("%s: a row for each class, the image first, then what it is in epochs 1 to %d\n",
               path, CLI_SHEET_EPOCHS);
    bnn_dataset_close(&data);
    return status;
}

/* ---------------------------------------------------------------------------------------------- */

static bool data_is_one_of(const char *word, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(words[i], word) == 0)
            return true;
    return false;
}

/* Options that another action has. */
static int data_check_options(const data_request *r, const char *action, bnn_error *err)
{
    if ((r->options.json || r->options.csv) && strcmp(action, "list") != 0)
        return cli_usage(err, &cli_command_data, "--json and --csv are for `bnnrun data list`");
    if ((r->augment != NULL || r->output != NULL) && strcmp(action, "show") != 0)
        return cli_usage(err, &cli_command_data,
                         "--augment and --output are for `bnnrun data show`");
    return BNN_OK;
}

static int run_data(void *request, bnn_error *err)
{
    static const char *const actions[] = {"list", "fetch", "verify", "add", "show"};
    const data_request *r = request;
    const cli_options *options = &r->options;
    const char *action = options->n_operands == 0 ? "list" : options->operands[0];
    const char *name = options->n_operands >= 2 ? options->operands[1] : NULL;
    const char *directories = cli_catalogue_path(r->spec);
    const char *const *names, *source;
    const bool fetch = strcmp(action, "fetch") == 0;
    size_t n;
    if (!data_is_one_of(action, actions, sizeof actions / sizeof *actions))
        return cli_unknown(err, BNN_E_USAGE, "there is no action", action, actions,
                           sizeof actions / sizeof *actions);
    if (data_check_options(r, action, err) != BNN_OK)
        return err->status;
    if (strcmp(action, "add") == 0)
        return add_dataset(r, err);
    if (asks_for_add(&r->add) || options->n_operands > 2)
        return cli_usage(err, &cli_command_data,
                         options->n_operands > 2 ? "%s takes one NAME at the most"
                                                 : "%s takes no options of `bnnrun data add`",
                         action);
    if (bnn_catalogue_list(directories, options->arena, &names, &n, err) != BNN_OK)
        return err->status;
    if (name != NULL && !data_is_one_of(name, names, n))
        return cli_unknown(err, BNN_E_RESOURCE, "there is no data set", name, names, n);
    if (strcmp(action, "list") == 0)
        return name == NULL ? list_datasets(directories, names, n, options, err)
                            : list_datasets(directories, &name, 1, options, err);
    if (strcmp(action, "show") == 0)
        return name != NULL
                   ? show_dataset(r, directories, name, err)
                   : cli_usage(err, &cli_command_data, "show needs the NAME of a data set");
    if (name != NULL)
        return check_one(directories, name, fetch, NULL, &source, options, err);
    if (fetch)
        return cli_usage(err, &cli_command_data,
                         "fetch needs the NAME of a data set; "
                         "`bnnrun data list` shows them");
    return verify_datasets(directories, names, n, options, err);
}

static const cli_option data_options[] = {
    CLI_ROW("spec", 0, CLI_STRING, "SPEC.yaml", data_request, spec,
            "know what is in datasets/ beside this spec, instead of here;\n"
            "add: put the entry there"),
    CLI_COUNT_ROW("test", "PERCENT", data_request, add.test_percent, 90,
                  "add: take so much of each class for testing"),
    CLI_ROW("transpose", 0, CLI_SWITCH, NULL, data_request, add.transpose,
            "add: the images stand on their side, as those of EMNIST"),
    CLI_ROW("match", 0, CLI_STRING, "TEXT", data_request, add.match,
            "add: only IDX files with this in their names"),
    CLI_ROW("train-name", 0, CLI_STRING, "TEXT", data_request, add.train_name,
            "add: what those for training have in their names, or\n"
            "how their folder is called (default: train)"),
    CLI_ROW("test-name", 0, CLI_STRING, "TEXT", data_request, add.test_name,
            "add: those for testing (default: test, and t10k of IDX)"),
    CLI_COUNT_ROW("classes", "N", data_request, add.n_classes, BNN_DATA_CLASSES_MAX,
                  "add: how many, when labels are missing"),
    CLI_COUNT_ROW("channels", "1|3", data_request, add.n_channels, 3,
                  "add: take pictures as grey, or as colours"),
    CLI_ROW("summary", 0, CLI_STRING, "TEXT", data_request, add.summary,
            "add: what the list says of the set"),
    CLI_ROW("force", 0, CLI_SWITCH, NULL, data_request, add.replace,
            "add: replace an entry of this name"),
    CLI_ROW("augment", 0, CLI_STRING, "MAP", data_request, augment,
            "show: what train.augment has, as in a spec: '{rotate: 10}'"),
    CLI_ROW("output", 'o', CLI_STRING, "FILE.png", data_request, output,
            "show: the picture (default: NAME.png)"),
    {.name = "json", .help = "the list, for programs"},
    {.name = "csv", .help = "likewise"},
    {.name = "quiet", .help = "no progress"},
    {.name = NULL},
};

const cli_command cli_command_data = {
    .name = "data",
    .arguments = "[list|fetch|verify|add|show] [NAME] [FOLDER]",
    .completion = "list|fetch|verify|add|show DATASET DIR",
    .summary = "list data sets, download one, check the files, add your own",
    .notes =
        "  list [NAME]    what is known, and where it was found (this is the default)\n"
        "  fetch NAME     find it, else download it to the cache; every file is checked\n"
        "  verify [NAME]  check the contents of one, or of all that are here; no network\n"
        "  add NAME FOLDER  make a data set of your own images, and write its entry:\n"
        "                 IDX files, raw or .gz, whatever their names, which stay where they\n"
        "                 are; FOLDER/train/CLASS/ and FOLDER/test/CLASS/ with pictures of\n"
        "                 one size, or FOLDER/CLASS/ with --test; they become IDX files\n"
        "                 beside the entry. Classes are numbered in the order of their names.\n"
        "  show NAME      write a picture of an image of each class, and with --augment of what\n"
        "                 training with seed 1 makes of it, epoch by epoch\n"
        "\n"
        "Looked for where an entry says, in the directories of BNN_DATA_PATH (colon-separated),\n"
        "in the cache ($XDG_CACHE_HOME/bnnrun, else ~/.cache/bnnrun) and in /usr/share/datasets.\n"
        "Contents count, not names: a directory that has another set's files is passed over.\n"
        "A run fetches by itself what it misses, unless its spec sets dataset.path: then the\n"
        "data must be there.\n"
        "\n"
        "An entry is a file NAME.yaml in datasets/ beside the spec (here, without --spec) or in\n"
        "~/.local/share/bnnrun/datasets ($XDG_DATA_HOME/bnnrun/datasets), where `add` puts it\n"
        "without --spec. Those that came along are examples: `bnnrun --version` says where the\n"
        "specs are, and they are beside. Without hashes in its entry a set is not pinned: what\n"
        "its files hold counts, and is recorded with each run.\n",
    .options = data_options,
    .examples = "  bnnrun data\n"
                "  bnnrun data fetch mnist\n"
                "  BNN_DATA_PATH=/data/mnist bnnrun data verify mnist\n"
                "  BNN_DATA_PATH=mine bnnrun data verify letters --spec mine/spec.yaml\n"
                "  bnnrun data add letters ~/emnist/gzip --match letters --transpose\n"
                "  bnnrun data show mnist --augment '{rotate: 10, shift: 2}' -o mnist.png\n"
                "  bnnrun data add flowers ~/pictures/flowers --test 20\n",
    .most = 3,
    .surplus = "one action, one NAME and one FOLDER at the most",
    .n_request = sizeof(data_request),
    .values = &data_values,
    .run = run_data,
};
