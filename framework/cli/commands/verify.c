/* verify.c - bnnrun verify: whether what is recorded of a run still holds. */
#include "base/text.h"
#include "cli/operand.h"
#include "cli/options.h"
#include "db/store_results.h"
#include "infer/engine/engine.h"
#include "infer/modelfile.h"
#include "runner/verify.h"
#include "simd/cpu.h"

#include <string.h>

/* What was asked for, and the run that is looked at. */
typedef struct verification {
    cli_options options;
    bool retrain, record, download;
    bnn_store *store;
    bnn_registry *registry;
    bnn_arena *arena;
    bnn_stored_run stored;
    bnn_reloaded reloaded;
    bnn_dataset data;
    json_t *report; /* of this run */
    bool holds;     /* so far */
    bool differs;   /* something does; else, what does not hold is missing */
} verification;

/* ---- the report -------------------------------------------------------------------------- */

/* Of a statement about the run: it holds, does not, or cannot be told because a file is gone. */
typedef enum verdict { VERDICT_DIFFERS, VERDICT_HOLDS, VERDICT_MISSING } verdict;

static verdict verdict_of(bool holds)
{
    return holds ? VERDICT_HOLDS : VERDICT_DIFFERS;
}

__attribute__((format(printf, 4, 5))) static void say_verdict(verification *v, const char *what,
                                                              verdict is, const char *format, ...)
{
    static const char *const before[] = {
        [VERDICT_DIFFERS] = "DIFFERS: ", [VERDICT_HOLDS] = "", [VERDICT_MISSING] = "MISSING: "};
    char text[sizeof((const bnn_error *)NULL)->message];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    v->holds &= is == VERDICT_HOLDS;
    v->differs |= is == VERDICT_DIFFERS;
    json_object_set_new(v->report, what,
                        json_pack("{s:b, s:b, s:o}", "holds", is == VERDICT_HOLDS, "missing",
                                  is == VERDICT_MISSING, "text", cli_json_text(text)));
    if (!v->options.json)
        printf("  %-9s %s%s\n", what, before[is], bnn_text_clean(text, "\n"));
}

/* ---- what is looked at ------------------------------------------------------------------- */

/* A file that is gone or changed is an answer; whatever else goes wrong is an error. */
static int check_file(verification *v, const char *what, const char *path, const char *sha256,
                      bnn_error *err)
{
    bnn_error problem = {.message = ""};
    const int status = bnn_reload_check_file(&v->stored, path, sha256, &problem);
    if (status == BNN_OK)
        say_verdict(v, what, VERDICT_HOLDS, "%s is the file that was recorded", path);
    else if (status == BNN_E_RESOURCE)
        say_verdict(v, what, bnn_reload_is_missing(path) ? VERDICT_MISSING : VERDICT_DIFFERS, "%s",
                    problem.message);
    else
        *err = problem;
    return status == BNN_E_RESOURCE ? BNN_OK : status;
}

static int reload_run(verification *v, bnn_error *err)
{
    const int status = cli_reload_run(&v->stored, v->arena, v->registry, &v->reloaded, err);
    if (status == BNN_E_FAILED) { /* weights that are no numbers: an answer, and the last */
        say_verdict(v, "finite", VERDICT_DIFFERS, "%s", err->message);
        return BNN_OK;
    }
    return status;
}

static int verify_open_data(verification *v, bnn_error *err)
{
    bnn_error problem = {.message = ""};
    const bnn_config *config = v->reloaded.config;
    const int status =
        cli_open_run_data(&v->stored, &config->data, config->input, config->n_classes, v->download,
                          &v->options, &v->data, &problem);
    if (status == BNN_OK)
        say_verdict(v, "data", VERDICT_HOLDS, "%s is what was recorded: %s", v->stored.dataset_name,
                    v->data.source);
    else if (status == BNN_E_RESOURCE)
        say_verdict(v, "data", VERDICT_MISSING, "%s", problem.message);
    else
        *err = problem;
    return status == BNN_E_RESOURCE ? BNN_OK : status;
}

static bool is_as_recorded(const bnn_config *config, const bnn_store_plugin *recorded)
{
    for (size_t i = 0; i < config->plugins.n; i++)
        if (strcmp(recorded->kind, bnn_kind_name((bnn_kind)config->plugins.list[i]->head->kind)) ==
                0 &&
            strcmp(recorded->name, config->plugins.list[i]->head->name) == 0)
            return strcmp(recorded->sha256, config->plugins.list[i]->sha256) == 0;
    return false;
}

/* Plugin files may change and still do the same, as with each version of bnnrun: this is no
 * judgement, but says where to look when something else differs. */
static int note_plugins(verification *v, bnn_error *err)
{
    const bnn_store_plugin *recorded;
    char list[200] = "";
    size_t n, n_changed = 0;
    const int status =
        bnn_store_list_plugins(v->store, v->stored.run.uid, v->arena, &recorded, &n, err);
    for (size_t i = 0; status == BNN_OK && i < n; i++) {
        const size_t used = strlen(list);
        if (!is_as_recorded(v->reloaded.config, &recorded[i]))
            snprintf(list + used, sizeof list - used, "%s%s %s", n_changed++ == 0 ? ": " : ", ",
                     recorded[i].kind, recorded[i].name);
    }
    if (status == BNN_OK)
        say_verdict(v, "plugins", VERDICT_HOLDS,
                    "%zu of %zu files are other ones than at the time%s", n_changed, n, list);
    return status;
}

/* The same weights give the same file. */
static int check_rebuild(verification *v, bnn_error *err)
{
    bool same = false;
    const int status = bnn_verify_rebuild(&v->stored, &v->reloaded, v->arena, &same, err);
    if (status == BNN_OK)
        say_verdict(v, "rebuild", verdict_of(same), "%s",
                    same ? "the kept weights give this model file, byte for byte"
                         : "the kept weights give another model file");
    return status;
}

/* Every engine that runs here against training, on the whole test set. */
static int check_engines(verification *v, bnn_error *err)
{
    bnn_model *model;
    size_t n;
    const char *const *names = bnn_cpu_names(&n);
    int status = bnn_modelfile_read(v->stored.model_path, v->arena, &model, err);
    for (size_t i = 0; status == BNN_OK && i < n; i++) {
        bnn_agreement a;
        const bnn_engine *engine = bnn_engine_find(names[i]);
        if (engine == NULL)
            continue;
        status = bnn_finish_compare(model, engine, v->reloaded.network, v->data.test.pixels,
                                    v->data.test.n, v->arena, &a, err);
        if (status == BNN_OK)
            say_verdict(
                v, names[i], verdict_of(a.n_mismatches == 0 && a.n_different == 0),
                "%u test images: %u get another class than in training, %u other logits, by at most %g",
                v->data.test.n, a.n_mismatches, a.n_different, a.max_difference);
    }
    return status;
}

/* What the database lacks, as an older bnnrun left it. */
static int record_classes(verification *v, const bnn_store_predictions *now, bnn_error *err)
{
    const bool records = v->record && v->holds;
    const int status =
        records ? bnn_store_fill_predictions(v->store, v->stored.run.id, now, err) : BNN_OK;
    if (status == BNN_OK)
        say_verdict(v, "classes", VERDICT_HOLDS, "%s",
                    records ? "recorded now" : "not recorded; --record does it");
    return status;
}

/* What each test image is taken for, against what is recorded. */
static int check_classes(verification *v, bnn_error *err)
{
    bnn_verified_classes c;
    const int status =
        bnn_verify_classes(v->store, &v->stored, &v->reloaded, &v->data, v->arena, &c, err);
    if (status != BNN_OK)
        return status;
    if (!c.right)
        say_verdict(v, "classes", VERDICT_DIFFERS, "they do not come to the recorded accuracy");
    else if (c.damage.message[0] != '\0')
        say_verdict(v, "classes", VERDICT_DIFFERS, "%s", c.damage.message);
    else if (!c.recorded)
        return record_classes(v, &c.now, err);
    else if (!c.same_images)
        say_verdict(v, "classes", VERDICT_DIFFERS, "recorded are those of other images");
    else
        say_verdict(v, "classes", verdict_of(c.n_different == 0),
                    "%zu test images: %zu are taken for another class than was recorded", c.now.n,
                    c.n_different);
    return BNN_OK;
}

/* The config of the teacher, which may be removed; NULL when the run has none. */
static int reload_teacher(verification *v, const bnn_config **out, bnn_error *err)
{
    const bnn_store_link *links;
    bnn_stored_run stored;
    bnn_reloaded teacher;
    size_t n;
    *out = NULL;
    int status = bnn_store_list_links(v->store, NULL, v->stored.run.uid, v->arena, &links, &n, err);
    for (size_t i = 0; status == BNN_OK && i < n; i++) {
        if (links[i].purpose != BNN_PURPOSE_TEACHER)
            continue;
        status = bnn_store_find_run(v->store, links[i].need_uid, v->arena, &stored, err);
        if (status == BNN_OK)
            status = cli_reload_run(&stored, v->arena, v->registry, &teacher, err);
        if (status == BNN_OK)
            *out = teacher.config;
        else
            bnn_error_prefix(err, "its teacher: ");
    }
    return status;
}

static int check_retrain(verification *v, bnn_error *err)
{
    bnn_retrained r;
    const bnn_config *teacher;
    if (reload_teacher(v, &teacher, err) != BNN_OK)
        return err->status;
    if (!v->options.json && !v->options.quiet)
        fprintf(stderr, "bnnrun: training %s again\n", v->stored.run.uid);
    const int status = bnn_verify_retrain(v->store, v->options.db, &v->stored, &v->reloaded,
                                          teacher, &v->data, v->arena, &r, err);
    if (status != BNN_OK)
        return status;
    if (r.replayed.n_different > 0)
        say_verdict(v, "retrain", VERDICT_DIFFERS, "%u of %u metrics; %s", r.replayed.n_different,
                    r.replayed.n_metrics, r.replayed.first);
    else
        say_verdict(v, "retrain", verdict_of(r.same_weights),
                    "%u metrics are the same to the last bit%s", r.replayed.n_metrics,
                    v->stored.weights_path == NULL ? ""
                    : r.same_weights               ? ", and so are the weights"
                                                   : ", but the weights are not");
    return BNN_OK;
}

/* Without a model file: why there is none. */
static int check_undeployed(verification *v, bnn_error *err)
{
    bnn_error why;
    const int status = bnn_verify_undeployed(&v->stored, &v->reloaded, v->arena, &why);
    if (status == BNN_E_INTERNAL) {
        *err = why;
        return status;
    }
    say_verdict(v, "model", verdict_of(status != BNN_OK), "no model file: %s",
                status != BNN_OK ? why.message : "yet this network can be deployed");
    return BNN_OK;
}

/* What the kept weights give. */
static int check_network(verification *v, bnn_error *err)
{
    if (v->reloaded.network != NULL)
        return v->stored.model_path != NULL ? check_rebuild(v, err) : check_undeployed(v, err);
    say_verdict(v, "weights", VERDICT_HOLDS,
                "not kept (run.keep: model), so what they give is not compared; --retrain does");
    return BNN_OK;
}

static int check_run(verification *v, bnn_error *err)
{
    int status = BNN_OK;
    if (v->stored.weights_path != NULL)
        status = check_file(v, "weights", v->stored.weights_path, v->stored.weights_sha256, err);
    if (status == BNN_OK && v->stored.model_path != NULL)
        status = check_file(v, "model", v->stored.model_path, v->stored.model_sha256, err);
    if (status != BNN_OK || !v->holds) /* what is changed is not looked at further */
        return status;
    status = reload_run(v, err);
    if (status != BNN_OK || !v->holds)
        return status;
    status = note_plugins(v, err);
    if (status == BNN_OK)
        status = check_network(v, err);
    if (status == BNN_OK)
        status = verify_open_data(v, err);
    if (v->data.owner == NULL) /* and that was said */
        return status;
    if (status == BNN_OK && v->reloaded.network != NULL && v->stored.model_path != NULL)
        status = check_engines(v, err);
    if (status == BNN_OK)
        status = check_classes(v, err);
    if (status == BNN_OK && v->retrain)
        status = check_retrain(v, err);
    return status;
}

/* ---- the command ------------------------------------------------------------------------- */

static void verify_print_title(const bnn_stored_run *stored)
{
    printf("run %s: ", stored->run.uid);
    cli_print_clean(stored->experiment, strlen(stored->experiment));
    printf(", ");
    cli_print_clean(stored->label, strlen(stored->label));
    printf(", seed %lld\n", (long long)stored->run.seed);
}

static int verify_run(verification *v, const char *uid, json_t *all, bnn_error *err)
{
    v->holds = true;
    v->differs = false;
    v->arena = bnn_arena_create(BNN_MODEL_LIMIT_BYTES);
    v->registry = bnn_registry_create(v->options.plugin_path);
    v->report = json_object();
    v->data = (bnn_dataset){.owner = NULL};
    int status = BNN_E_INTERNAL;
    if (v->arena == NULL || v->registry == NULL || v->report == NULL)
        bnn_no_memory(err);
    else
        status = cli_find_done_run(v->store, uid, v->arena, &v->stored, err);
    if (status == BNN_OK) {
        if (!v->options.json)
            verify_print_title(&v->stored);
        json_object_set_new(v->report, "run", json_string(v->stored.run.uid));
        status = check_run(v, err);
    }
    if (status != BNN_OK)
        json_object_set_new(v->report, "error", cli_json_text(err->message));
    json_object_set_new(v->report, "holds", json_boolean(status == BNN_OK && v->holds));
    json_object_set_new(v->report, "differs", json_boolean(v->differs));
    json_array_append(all, v->report);
    json_decref(v->report);
    if (v->data.owner != NULL)
        bnn_dataset_close(&v->data);
    bnn_registry_destroy(v->registry);
    bnn_arena_destroy(v->arena);
    return status;
}

static int run_verify(void *request, bnn_error *err)
{
    verification *v = request;
    json_t *all = json_array();
    const int n = v->options.n_operands;
    int n_wrong = 0, n_different = 0;
    int status = v->record ? cli_store_open_to_write(&v->options, &v->store, err)
                           : cli_store_open(&v->options, &v->store, err);
    for (int i = 0; status == BNN_OK && i < n; i++) {
        status = verify_run(v, v->options.operands[i], all, err);
        if (status == BNN_E_RESOURCE && n > 1) { /* the others are looked at, too */
            cli_print_failure(err);
            v->holds = false;
            status = BNN_OK;
        }
        n_wrong += !v->holds;
        n_different += v->differs;
    }
    if (status == BNN_OK && v->options.json)
        status = cli_json_print(json_incref(all), err);
    json_decref(all);
    bnn_store_close(v->store);
    if (status == BNN_OK && n_different > 0)
        return bnn_fail(err, BNN_E_FAILED, "%d of %d runs are not as they were recorded",
                        n_different, n);
    if (status == BNN_OK && n_wrong > 0)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "%d of %d runs could not be proved: something is missing", n_wrong, n);
    return status;
}

static const verification verify_values = {.download = true};

static const cli_option verify_options[] = {
    CLI_ROW("retrain", 0, CLI_SWITCH, NULL, verification, retrain,
            "train the run again, too, and compare metrics and weights"),
    CLI_ROW("record", 0, CLI_SWITCH, NULL, verification, record,
            "record what each test image is taken for, where an older bnnrun did not"),
    CLI_ROW("no-download", 0, CLI_NO, NULL, verification, download,
            "use a data set that is here, or fail"),
    {.name = "db", .help = "the database (BNNRUN_DB, else bnnrun.db)"},
    {.name = "plugin-path", .help = "colon-separated folders with plugins, searched first"},
    {.name = "json", .help = "an array with an object for each run"},
    {.name = NULL},
};

const cli_command cli_command_verify = {
    .name = "verify",
    .arguments = "RUN...",
    .summary = "whether a run's files still are what was recorded, and answer like training",
    .notes =
        "The files must have the recorded SHA-256; the kept weights must be finite and give the\n"
        "model file, byte for byte; and every engine that this machine runs must give the\n"
        "logits of training, to the bit, on the whole test set, whose images must be taken for\n"
        "the recorded classes. Exit status 1 when something DIFFERS, else 4 when something is\n"
        "MISSING. Neither the spec nor its topology has to be there any more. Plugin files that\n"
        "are other ones than at the time are told, too.\n",
    .options = verify_options,
    .examples = "  bnnrun verify 3f\n"
                "  bnnrun verify --retrain 3f 9c\n",
    .least = 1,
    .needs = "a RUN is needed; `bnnrun runs` lists them",
    .refuses_csv = true,
    .n_request = sizeof(verification),
    .values = &verify_values,
    .run = run_verify,
};
