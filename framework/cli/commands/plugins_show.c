/* plugins_show.c - bnnrun plugins KIND NAME: what one plugin does. */
#include "cli/commands/plugins_show.h"

#include "base/text.h"
#include "cli/block_flow.h"
#include "cli/ste_curves.h"
#include "cli/table.h"
#include "spec/key_text.h"

#include <string.h>

static const char *const position_names[] = {
    [BNN_POSITION_FIRST] = "first",
    [BNN_POSITION_HIDDEN] = "hidden",
    [BNN_POSITION_LAST] = "last",
};
enum { N_POSITIONS = sizeof position_names / sizeof *position_names };

static const char *role_text(uint32_t role)
{
    static const struct {
        uint32_t role;
        const char *text;
    } roles[] = {{BNN_ROLE_LINEAR, "linear operation"},
                 {BNN_ROLE_POOL, "pool"},
                 {BNN_ROLE_NORM, "norm"},
                 {BNN_ROLE_ACTIVATION, "activation"},
                 {BNN_ROLE_REGULARIZER, "regularizer, acts in training only"},
                 {BNN_ROLE_BEFORE_SIGN, "stands in front of a sign, in no ordering"},
                 {BNN_ROLE_QUANTIZER, "quantizer, in front of linear operations, in no ordering"}};
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (roles[i].role == role)
            return roles[i].text;
    return "unknown role";
}

/* Of a parameter: for people, and in JSON. */
static const struct {
    const char *text, *json;
} types[] = {[BNN_TYPE_NUMBER] = {"number", "number"},
             [BNN_TYPE_INTEGER] = {"integer", "integer"},
             [BNN_TYPE_SWITCH] = {"true|false", "boolean"},
             [BNN_TYPE_CHOICE] = {"choice", "choice"}};

static bool has_params(const bnn_head *head)
{
    return head->params != NULL && head->params[0].type != BNN_TYPE_END;
}

/* ---- the sequences of an ordering --------------------------------------------------------- */

typedef struct sequences {
    const char *of[N_POSITIONS][2][2]; /* [position][binary][pools] */
} sequences;

/* Asks the plugin, with its default parameters. */
static int get_sequences(bnn_registry *registry, const bnn_plugin *plugin, bnn_arena *arena,
                         sequences *out, bnn_error *err)
{
    bnn_use use;
    const int status = bnn_use_default_of(registry, plugin, arena, &use, err);
    if (status != BNN_OK)
        return status;
    for (uint32_t position = 0; position < N_POSITIONS; position++)
        for (int binary = 0; binary < 2; binary++)
            for (int pools = 0; pools < 2; pools++) {
                const bnn_block block = {.position = position,
                                         .pools = pools,
                                         .binary_weights = binary,
                                         .binary_inputs = binary};
                const char *sequence = bnn_use_ordering(&use)->sequence(use.params, &block);
                out->of[position][binary][pools] = sequence == NULL ? "" : sequence;
            }
    return BNN_OK;
}

static int print_sequences(const sequences *s, bnn_error *err)
{
    cli_table *table = cli_table_create("block|without a pool|with a pool");
    for (size_t position = 0; position < N_POSITIONS; position++) {
        const char *const(*of)[2] = s->of[position];
        const bool same = strcmp(of[0][0], of[1][0]) == 0 && strcmp(of[0][1], of[1][1]) == 0;
        for (int binary = same ? 1 : 0; binary < 2; binary++) {
            const char *arithmetic = same ? "" : binary != 0 ? ", binary" : ", float";
            cli_table_cellf(table, "%s%s", position_names[position], arithmetic);
            cli_table_cell(table, of[binary][0]);
            cli_table_cell(table, of[binary][1]);
        }
    }
    printf("\nsequence (L linear operation, P pool, B norm, A activation; where a block has "
           "binary inputs a sign stands before its L)\n");
    const int status = cli_table_end(table, NULL, err);
    if (status != BNN_OK)
        return status;
    printf("\nwhat flows, with float ends and binary hidden blocks, the first two lines with a\n"
           "maximum pool; deployed, all from integers to the next sign becomes thresholds\n");
    cli_print_block_flow("first", "pixels", s->of[BNN_POSITION_FIRST][0][1], false);
    cli_print_block_flow("hidden", "floats", s->of[BNN_POSITION_HIDDEN][1][1], true);
    cli_print_block_flow("hidden", "floats", s->of[BNN_POSITION_HIDDEN][1][0], true);
    cli_print_block_flow("last", "floats", s->of[BNN_POSITION_LAST][0][0], false);
    return BNN_OK;
}

static json_t *sequences_json(const sequences *s)
{
    json_t *list = json_array();
    for (size_t position = 0; position < N_POSITIONS; position++)
        for (int binary = 0; binary < 2; binary++)
            json_array_append_new(list, json_pack("{s:s, s:b, s:s, s:s}", "position",
                                                  position_names[position], "binary", binary,
                                                  "without_pool", s->of[position][binary][0],
                                                  "with_pool", s->of[position][binary][1]));
    return list;
}

/* ---- text -------------------------------------------------------------------------------- */

static void print_fact(const char *name, const char *value)
{
    printf("  %-11s %s\n", name, value);
}

/* Its lines below each other. */
static void print_formula(const char *formula)
{
    const char *name = "formula";
    for (size_t n; formula != NULL && *formula != '\0'; formula += n + (formula[n] == '\n')) {
        n = strcspn(formula, "\n");
        printf("  %-11s %.*s\n", name, (int)n, formula);
        name = "";
    }
}

static void print_kind_facts(const bnn_plugin *plugin)
{
    const bnn_use use = {.plugin = plugin};
    char text[CLI_TEXT_MAX], number[32];
    if (plugin->head->kind == BNN_KIND_STE) {
        const bnn_ste *ste = bnn_use_ste(&use);
        print_fact("forward", ste->forward == NULL ? "sign, with sign(0) = +1"
                              : (ste->flags & BNN_STE_DRAWS) != 0
                                  ? "drawn in training, sign in evaluation"
                                  : "its own");
        print_fact("levels", ste->levels == BNN_LEVELS_SIGNS
                                 ? "-1 and +1"
                                 : "numbers from 0 to 1, which are deployed as floats");
        if ((ste->flags & BNN_STE_ACTIVATIONS) != 0)
            print_fact("for", "activations only");
        if (ste->forward != NULL && ste->lower == NULL && (ste->flags & BNN_STE_DRAWS) == 0)
            print_fact("deployment", "none: its networks train, but cannot be exported");
        print_fact("proxy", ste->proxy == NULL
                                ? "none given: its gradient is not checked against one"
                                : "given: the gradient is to be its derivative");
        print_fact("schedule", ste->schedule == NULL ? "none: the same in every epoch"
                                                     : "changes from epoch to epoch");
    } else if (plugin->head->kind == BNN_KIND_LAYER) {
        const bnn_layer *layer = bnn_use_layer(&use);
        snprintf(text, sizeof text, "%s (%c in an ordering)", role_text(layer->role),
                 (int)layer->role);
        print_fact("role",
                   strchr("LPBA", (int)layer->role) == NULL ? role_text(layer->role) : text);
        if ((layer->flags & BNN_LAYER_NONNEGATIVE) != 0)
            print_fact("output", "never negative: a sign behind it would be constant");
        else if ((layer->flags & BNN_LAYER_KEEPS_SIGN) != 0)
            print_fact("output", "never negative where its input is not");
        if ((layer->flags & BNN_LAYER_SEES_PIXELS) != 0)
            print_fact("input", "pixels: it stands in the first block");
        if ((layer->flags & BNN_LAYER_TAKES_BITS) != 0)
            print_fact("input", "bits: a sign stands in front where there are none");
        if ((layer->flags & BNN_LAYER_GIVES_BITS) != 0)
            print_fact("output", "bits: no norm and no activation follow");
    } else if (plugin->head->kind == BNN_KIND_FORM) {
        const bnn_form *form = bnn_use_form(&use);
        print_fact("codes", (form->flags & BNN_FORM_SIGN) != 0
                                ? "the signs of the latent weights"
                                : "of its own: optimizers that flip signs are refused");
        print_fact("schedule", form->schedule == NULL ? "none: the same in every epoch"
                                                      : "changes from epoch to epoch");
    } else if (plugin->head->kind == BNN_KIND_OPTIMIZER) {
        const bnn_optimizer *optimizer = bnn_use_optimizer(&use);
        bnn_number_text(optimizer->default_lr, number);
        print_fact("default lr", number);
        snprintf(text, sizeof text, "%u float%s for each weight", optimizer->n_slots,
                 bnn_plural(optimizer->n_slots));
        print_fact("memory", text);
        if ((optimizer->flags & BNN_OPTIMIZER_BINARY_ONLY) != 0)
            print_fact("updates", "binary weights only: use it as train.binary_optimizer");
    }
}

static int print_params(const bnn_head *head, bnn_error *err)
{
    if (!has_params(head)) {
        printf("\nno parameters\n");
        return BNN_OK;
    }
    cli_table *table = cli_table_create("parameter|type|default|range|meaning");
    for (const bnn_param *p = head->params; p->type != BNN_TYPE_END; p++) {
        char fallback[BNN_KEY_TEXT_BYTES], range[BNN_KEY_TEXT_BYTES];
        const bnn_key key = {.param = *p};
        const char *const cells[] = {p->name, types[p->type].text,
                                     bnn_key_default_text(&key, fallback),
                                     bnn_param_range_text(p, range), p->help};
        cli_table_row(table, cells);
    }
    printf("\n");
    return cli_table_end(table, NULL, err);
}

/* "{name: clipped, clip: 1}", or "bn_act" without parameters. */
static void print_reference(const bnn_head *head)
{
    if (!has_params(head)) {
        printf("%s", head->name);
        return;
    }
    char fallback[BNN_KEY_TEXT_BYTES];
    printf("{name: %s", head->name);
    for (const bnn_param *p = head->params; p->type != BNN_TYPE_END; p++) {
        const bnn_key key = {.param = *p};
        printf(", %s: %s", p->name, bnn_key_default_text(&key, fallback));
    }
    printf("}");
}

/* Where a plugin of this kind is named, as a line of YAML. */
static void print_use(const bnn_plugin *plugin)
{
    const bnn_use use = {.plugin = plugin};
    const char *before = "model: {ste: ", *after = "}";
    if (plugin->head->kind == BNN_KIND_FORM)
        before = "model: {form: ";
    if (plugin->head->kind == BNN_KIND_STE &&
        (bnn_use_ste(&use)->flags & BNN_STE_ACTIVATIONS) != 0) {
        before = "model: {ste: {weights: clipped, activations: ";
        after = "}}";
    }
    if (plugin->head->kind == BNN_KIND_ORDERING)
        before = "model: {ordering: ";
    if (plugin->head->kind == BNN_KIND_OPTIMIZER)
        before = (bnn_use_optimizer(&use)->flags & BNN_OPTIMIZER_BINARY_ONLY) != 0
                     ? "train: {binary_optimizer: "
                     : "train: {optimizer: ";
    if (plugin->head->kind == BNN_KIND_LAYER) {
        const uint32_t role = bnn_use_layer(&use)->role;
        before = role == BNN_ROLE_LINEAR        ? "blocks: [{layer: "
                 : role == BNN_ROLE_POOL        ? "blocks: [{layer: ..., pool: "
                 : role == BNN_ROLE_REGULARIZER ? "blocks: [{layer: ..., dropout: "
                 : role == BNN_ROLE_BEFORE_SIGN ? "model: {before_sign: "
                 : role == BNN_ROLE_QUANTIZER   ? "model: {quantize: {activations: "
                 : role == BNN_ROLE_NORM        ? "model: {norm: "
                                                : "model: {activation: ";
        after = role == BNN_ROLE_QUANTIZER ? "}}" : before[0] == 'm' ? "}" : "}]";
    }
    printf("\n%s  %s", strncmp(before, "blocks", 6) == 0 ? "in a topology" : "in a spec", before);
    print_reference(plugin->head);
    printf("%s\n", after);
}

/* ---- JSON -------------------------------------------------------------------------------- */

static json_t *params_json(const bnn_head *head)
{
    json_t *list = json_array();
    for (const bnn_param *p = head->params; p != NULL && p->type != BNN_TYPE_END; p++) {
        char text[CLI_TEXT_MAX];
        json_t *row = json_pack("{s:s, s:s, s:s}", "name", p->name, "type", types[p->type].json,
                                "help", p->help);
        if (p->type == BNN_TYPE_SWITCH)
            json_object_set_new(row, "default", json_boolean(p->fallback != 0.0));
        else if (p->type == BNN_TYPE_CHOICE) {
            bnn_choice_text(p->choices, (size_t)p->fallback, text, sizeof text);
            json_object_set_new(row, "default", json_string(text));
            json_t *choices = json_array();
            for (size_t i = 0; i < bnn_choice_count(p->choices); i++) {
                bnn_choice_text(p->choices, i, text, sizeof text);
                json_array_append_new(choices, json_string(text));
            }
            json_object_set_new(row, "choices", choices);
        } else {
            const bool whole = p->type == BNN_TYPE_INTEGER;
            const double values[] = {p->fallback, p->minimum, p->maximum};
            static const char *const names[] = {"default", "minimum", "maximum"};
            for (size_t i = 0; i < 3; i++)
                json_object_set_new(row, names[i],
                                    whole ? json_integer((json_int_t)values[i])
                                          : json_real(values[i]));
        }
        json_array_append_new(list, row);
    }
    return list;
}

/* What its kind promises. */
static json_t *kind_json(const bnn_plugin *plugin, const sequences *s)
{
    const bnn_use use = {.plugin = plugin};
    if (plugin->head->kind == BNN_KIND_STE) {
        const bnn_ste *ste = bnn_use_ste(&use);
        return json_pack(
            "{s:s, s:b, s:b, s:b, s:b, s:s, s:b}", "forward", ste->forward == NULL ? "sign" : "own",
            "proxy", ste->proxy != NULL, "schedule", ste->schedule != NULL, "draws",
            (ste->flags & BNN_STE_DRAWS) != 0, "activations_only",
            (ste->flags & BNN_STE_ACTIVATIONS) != 0, "levels",
            ste->levels == BNN_LEVELS_SIGNS ? "signs" : "unit", "lower",
            ste->forward == NULL || (ste->flags & BNN_STE_DRAWS) != 0 || ste->lower != NULL);
    }
    if (plugin->head->kind == BNN_KIND_LAYER) {
        const bnn_layer *layer = bnn_use_layer(&use);
        const char letter[] = {(char)layer->role, '\0'};
        return json_pack("{s:s, s:b, s:b}", "role", letter, "nonnegative",
                         (layer->flags & BNN_LAYER_NONNEGATIVE) != 0, "keeps_sign",
                         (layer->flags & BNN_LAYER_KEEPS_SIGN) != 0);
    }
    if (plugin->head->kind == BNN_KIND_ORDERING)
        return json_pack("{s:o}", "sequences", sequences_json(s));
    if (plugin->head->kind == BNN_KIND_FORM) {
        const bnn_form *form = bnn_use_form(&use);
        return json_pack("{s:b, s:b, s:b}", "elementwise",
                         (form->flags & BNN_FORM_ELEMENTWISE) != 0, "sign",
                         (form->flags & BNN_FORM_SIGN) != 0, "schedule", form->schedule != NULL);
    }
    const bnn_optimizer *optimizer = bnn_use_optimizer(&use);
    return json_pack("{s:f, s:I, s:b}", "default_lr", (double)optimizer->default_lr, "slots",
                     (json_int_t)optimizer->n_slots, "binary_only",
                     (optimizer->flags & BNN_OPTIMIZER_BINARY_ONLY) != 0);
}

static int print_plugin_json(const bnn_plugin *plugin, const sequences *s, json_t *curves,
                             bnn_error *err)
{
    const bnn_head *const head = plugin->head;
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:s?, s:s?, s:s, s:s, s:i}", "kind",
                  bnn_kind_name((bnn_kind)head->kind), "name", head->name, "summary", head->summary,
                  "reference", head->reference, "formula", plugin->formula, "file", plugin->path,
                  "sha256", plugin->sha256, "abi", (int)head->abi_version);
    if (object == NULL) {
        json_decref(curves);
        return bnn_fail(err, BNN_E_INTERNAL, "%s: a text that is not UTF-8, or no memory",
                        plugin->path);
    }
    json_object_set_new(object, "parameters", params_json(head));
    json_t *promises = kind_json(plugin, s);
    json_object_update(object, promises);
    json_decref(promises);
    if (curves != NULL)
        json_object_set_new(object, "curves", curves);
    return cli_json_print(object, err);
}

int cli_plugins_show(bnn_registry *registry, const bnn_plugin *plugin, const cli_options *options,
                     bnn_error *err)
{
    const bnn_head *const head = plugin->head;
    const bool ordering = head->kind == BNN_KIND_ORDERING, ste = head->kind == BNN_KIND_STE;
    sequences s = {0};
    json_t *curves = NULL;
    int status = BNN_OK;
    if (ordering)
        status = get_sequences(registry, plugin, options->arena, &s, err);
    if (ste && options->json &&
        (curves = cli_ste_json(registry, plugin, options->arena, err)) == NULL)
        status = err->status;
    if (status != BNN_OK)
        return status;
    if (options->json)
        return print_plugin_json(plugin, &s, curves, err);
    printf("%s %s: %s\n", bnn_kind_name((bnn_kind)head->kind), head->name, head->summary);
    print_fact("reference", head->reference == NULL ? "none" : head->reference);
    print_formula(plugin->formula);
    print_kind_facts(plugin);
    print_fact("file", plugin->path);
    print_fact("sha256", plugin->sha256);
    status = print_params(head, err);
    if (status == BNN_OK && ordering)
        status = print_sequences(&s, err);
    if (status == BNN_OK)
        print_use(plugin);
    if (status == BNN_OK && ste)
        status = cli_ste_print(registry, plugin, options->arena, err);
    return status;
}
