#include "plugin/loader.h"

#include "plugin/kind.h"
#include "spec/key.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* What a kind's descriptor has: its size, that of its first form (older plugins have no more), the
 * place of its formula, and the functions that every plugin of the kind gives. */
typedef struct descriptor_layout {
    size_t size, least, formula;
    struct {
        const char *name; /* NULL: there are no more */
        size_t offset;
    } functions[4];
} descriptor_layout;

/* first_new: the first field that was not in the first form. */
#define DESCRIPTOR(T, first_new) sizeof(T), offsetof(T, first_new), offsetof(T, formula)
#define FUNCTION(T, field)       .name = #field, .offset = offsetof(T, field)

static const descriptor_layout descriptor_layouts[] = {
    [BNN_KIND_LAYER] = {DESCRIPTOR(bnn_layer, formula),
                        {{FUNCTION(bnn_layer, plan)},
                         {FUNCTION(bnn_layer, forward)},
                         {FUNCTION(bnn_layer, backward)}}},
    [BNN_KIND_STE] = {DESCRIPTOR(bnn_ste, formula), {{FUNCTION(bnn_ste, grad)}}},
    [BNN_KIND_ORDERING] = {DESCRIPTOR(bnn_ordering, formula), {{FUNCTION(bnn_ordering, sequence)}}},
    [BNN_KIND_OPTIMIZER] = {DESCRIPTOR(bnn_optimizer, formula), {{FUNCTION(bnn_optimizer, step)}}},
    [BNN_KIND_FORM] = {sizeof(bnn_form),
                       sizeof(bnn_form),
                       offsetof(bnn_form, formula),
                       {{FUNCTION(bnn_form, forward)}, {FUNCTION(bnn_form, backward)}}},
};

static bool descriptor_is_one_line(const char *text)
{
    return text != NULL && text[0] != '\0' && strchr(text, '\n') == NULL;
}

static int descriptor_check_head(const bnn_head *head, bnn_kind kind, const char *name,
                                 bnn_error *err)
{
    if (head->abi_version != BNN_ABI_VERSION)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "built for plugin ABI %u, this bnnrun has %u; rebuild it against this "
                        "bnnrun's <bnn/plugin.h>",
                        head->abi_version, BNN_ABI_VERSION);
    if (head->kind != (uint32_t)kind) {
        const char *actual = bnn_kind_name((bnn_kind)head->kind);
        return bnn_fail(err, BNN_E_RESOURCE,
                        "the file name says %s, the descriptor says %s; name the file as the "
                        "BNN_DEFINE_ macro in it says",
                        bnn_kind_name(kind),
                        actual == NULL ? "a kind that does not exist" : actual);
    }
    if (head->struct_size < descriptor_layouts[kind].least)
        return bnn_fail(
            err, BNN_E_RESOURCE,
            "its descriptor has %u bytes, one of kind %s has %zu at least; rebuild it against this "
            "bnnrun's <bnn/plugin.h>",
            head->struct_size, bnn_kind_name(kind), descriptor_layouts[kind].least);
    if (head->name == NULL || strcmp(head->name, name) != 0)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "the file name says \"%s\", the descriptor says \"%.*s\"; they must agree",
                        name, BNN_PLUGIN_NAME, head->name == NULL ? "" : head->name);
    if (!descriptor_is_one_line(head->summary))
        return bnn_fail(
            err, BNN_E_RESOURCE, "its summary is %s; give one line that says what it does",
            head->summary == NULL || head->summary[0] == '\0' ? "empty" : "more than one line");
    return BNN_OK;
}

/* A choice: at least two different, non-empty alternatives. */
static int descriptor_check_choices(const bnn_param *row, bnn_error *err)
{
    const size_t n = row->choices == NULL ? 0 : bnn_choice_count(row->choices);
    if (n < 2)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "parameter \"%s\" is a choice of %zu; write \"first|second\"", row->name,
                        n);
    for (size_t i = 0; i < n; i++) {
        char text[BNN_PLUGIN_NAME];
        bnn_choice_text(row->choices, i, text, sizeof text);
        if (text[0] == '\0')
            return bnn_fail(err, BNN_E_RESOURCE, "parameter \"%s\" has an empty choice in \"%s\"",
                            row->name, row->choices);
        if (bnn_choice_index(row->choices, text) < i)
            return bnn_fail(err, BNN_E_RESOURCE, "parameter \"%s\" has the choice \"%s\" twice",
                            row->name, text);
    }
    if (!(row->fallback >= 0 && row->fallback < (double)n && row->fallback == floor(row->fallback)))
        return bnn_fail(
            err, BNN_E_RESOURCE,
            "the default of parameter \"%s\" is choice %g; there are %zu, counted from 0",
            row->name, row->fallback, n);
    return BNN_OK;
}

static bool descriptor_is_int32(double x)
{
    return x >= INT32_MIN && x <= INT32_MAX && x == floor(x);
}

static int descriptor_check_range(const bnn_param *row, bnn_error *err)
{
    if (!isfinite(row->minimum) || !isfinite(row->maximum) || row->minimum > row->maximum)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "parameter \"%s\" has the range [%g, %g]; it must be finite and rise",
                        row->name, row->minimum, row->maximum);
    if (row->type == BNN_TYPE_INTEGER &&
        !(descriptor_is_int32(row->minimum) && descriptor_is_int32(row->maximum) &&
          descriptor_is_int32(row->fallback)))
        return bnn_fail(
            err, BNN_E_RESOURCE,
            "parameter \"%s\" is an integer with default %g and range [%g, %g]; all three "
            "must be 32-bit integers",
            row->name, row->fallback, row->minimum, row->maximum);
    if (!(row->fallback >= row->minimum && row->fallback <= row->maximum))
        return bnn_fail(err, BNN_E_RESOURCE,
                        "the default %g of parameter \"%s\" is outside its range [%g, %g]",
                        row->fallback, row->name, row->minimum, row->maximum);
    return BNN_OK;
}

static bnn_param param_without_later(const bnn_param *row)
{
    bnn_param plain = *row;
    plain.type &= ~(uint32_t)BNN_TYPE_LATER;
    return plain;
}

static size_t descriptor_field_size(uint32_t type)
{
    return type == BNN_TYPE_NUMBER ? sizeof(double) : sizeof(int32_t);
}

/* Row i of the table: its name, its place in the struct, its default and range. */
static int descriptor_check_param(const bnn_head *head, size_t i, bnn_error *err)
{
    const bnn_param *const row = &head->params[i], plain = param_without_later(row);
    if (row->name == NULL || !bnn_plugin_name_is_valid(row->name) || strcmp(row->name, "name") == 0)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "parameter %zu is called \"%.*s\"; use lower case letters, digits and "
                        "underscores, and not \"name\", which is the plugin's own",
                        i + 1, BNN_PLUGIN_NAME, row->name == NULL ? "" : row->name);
    if (plain.type == BNN_TYPE_END || plain.type > BNN_TYPE_CHOICE)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "parameter \"%s\" is of type %u, which this bnnrun does not know",
                        row->name, row->type);
    const size_t size = descriptor_field_size(plain.type);
    if (row->offset % size != 0 || row->offset > head->params_size ||
        size > head->params_size - row->offset)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "parameter \"%s\" lies at offset %u of a struct of %u bytes; use the "
                        "parameter struct's own fields",
                        row->name, row->offset, head->params_size);
    for (size_t j = 0; j < i; j++) {
        const bnn_param *const other = &head->params[j];
        if (strcmp(row->name, other->name) == 0)
            return bnn_fail(err, BNN_E_RESOURCE, "parameter \"%s\" is there twice", row->name);
        if (row->offset < other->offset + descriptor_field_size(param_without_later(other).type) &&
            other->offset < row->offset + size)
            return bnn_fail(err, BNN_E_RESOURCE, "parameters \"%s\" and \"%s\" share a field",
                            other->name, row->name);
    }
    if (!descriptor_is_one_line(row->help))
        return bnn_fail(err, BNN_E_RESOURCE, "parameter \"%s\" has no help text of one line",
                        row->name);
    if (plain.type == BNN_TYPE_CHOICE)
        return descriptor_check_choices(row, err);
    return descriptor_check_range(&plain, err);
}

static int descriptor_check_params(const bnn_head *head, bnn_error *err)
{
    if ((head->params == NULL) != (head->params_size == 0) ||
        head->params_size > BNN_PARAMS_SIZE_MAX)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "a parameter struct of %u bytes %s a table; use BNN_HEAD with both, or "
                        "BNN_HEAD_PLAIN (at most %d bytes)",
                        head->params_size, head->params == NULL ? "without" : "with",
                        BNN_PARAMS_SIZE_MAX);
    if (head->params == NULL)
        return BNN_OK;
    for (size_t i = 0; head->params[i].type != BNN_TYPE_END; i++) {
        if (i == BNN_PARAMS_MAX)
            return bnn_fail(err, BNN_E_RESOURCE,
                            "more than %d parameters; close the table with BNN_PARAMS_END",
                            BNN_PARAMS_MAX);
        const int status = descriptor_check_param(head, i, err);
        if (status != BNN_OK)
            return status;
    }
    return BNN_OK;
}

static int descriptor_check_functions(const bnn_head *head, bnn_kind kind, bnn_error *err)
{
    const descriptor_layout *layout = &descriptor_layouts[kind];
    for (size_t i = 0; layout->functions[i].name != NULL; i++) {
        void (*function)(void);
        memcpy(&function, (const char *)head + layout->functions[i].offset, sizeof function);
        if (function == NULL)
            return bnn_fail(err, BNN_E_RESOURCE,
                            "it has no function %s, which every %s must have; give .%s in its "
                            "BNN_DEFINE_ macro",
                            layout->functions[i].name, bnn_kind_name(kind),
                            layout->functions[i].name);
    }
    return BNN_OK;
}

static int descriptor_check_layer(const bnn_layer *layer, bnn_error *err)
{
    static const uint32_t linear =
        BNN_LAYER_TAKES_BITS | BNN_LAYER_GIVES_BITS | BNN_LAYER_SEES_PIXELS | BNN_LAYER_WEIGHTLESS;
    static const uint32_t flags =
        BNN_LAYER_NONNEGATIVE | BNN_LAYER_KEEPS_SIGN | BNN_LAYER_KEEPS_BITS | linear;
    if (layer->role == 0 || layer->role > 127 || strchr("LPBARHQ", (int)layer->role) == NULL)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "its role is %u; give .role = BNN_ROLE_LINEAR or its like", layer->role);
    if (layer->role == BNN_ROLE_QUANTIZER && layer->proxy == NULL)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "it has no function proxy, which every quantizer must have; give .proxy");
    if ((layer->flags & ~flags) != 0)
        return bnn_fail(err, BNN_E_RESOURCE, "its flags are %#x, of which this bnnrun knows %#x",
                        layer->flags, flags);
    if (((layer->flags & linear) != 0 && layer->role != BNN_ROLE_LINEAR) ||
        ((layer->flags & BNN_LAYER_KEEPS_BITS) != 0 && layer->role != BNN_ROLE_POOL))
        return bnn_fail(err, BNN_E_RESOURCE, "its flags are %#x, which a layer of role %c has not",
                        layer->flags, (int)layer->role);
    return BNN_OK;
}

static int descriptor_check_ste(const bnn_ste *ste, bnn_error *err)
{
    static const uint32_t flags = BNN_STE_DRAWS | BNN_STE_ACTIVATIONS;
    const bool draws = ste->flags & BNN_STE_DRAWS, unit = ste->levels == BNN_LEVELS_UNIT;
    if ((ste->flags & ~flags) != 0)
        return bnn_fail(err, BNN_E_RESOURCE, "its flags are %#x, of which this bnnrun knows %#x",
                        ste->flags, flags);
    if (ste->levels > BNN_LEVELS_UNIT)
        return bnn_fail(err, BNN_E_RESOURCE, "its levels are %u, which this bnnrun does not know",
                        ste->levels);
    if ((draws || unit) && ste->forward == NULL)
        return bnn_fail(err, BNN_E_RESOURCE, "it %s; give .forward",
                        draws ? "draws, but has no function forward"
                              : "has other levels than sign, but no function forward");
    if (unit && (draws || !(ste->flags & BNN_STE_ACTIVATIONS)))
        return bnn_fail(err, BNN_E_RESOURCE,
                        "its levels are those of activations only, which do not draw; give .flags "
                        "= BNN_STE_ACTIVATIONS");
    return BNN_OK;
}

static int descriptor_check_optimizer(const bnn_optimizer *optimizer, bnn_error *err)
{
    if (optimizer->n_slots > BNN_SLOTS_MAX)
        return bnn_fail(err, BNN_E_RESOURCE, "it wants %u slots; there are at most %d",
                        optimizer->n_slots, BNN_SLOTS_MAX);
    if ((optimizer->flags & ~(uint32_t)BNN_OPTIMIZER_BINARY_ONLY) != 0)
        return bnn_fail(err, BNN_E_RESOURCE, "its flags are %#x, of which this bnnrun knows %#x",
                        optimizer->flags, BNN_OPTIMIZER_BINARY_ONLY);
    if (!(optimizer->default_lr > 0 && optimizer->default_lr <= 1e6))
        return bnn_fail(err, BNN_E_RESOURCE,
                        "its default_lr is %g; it must be above 0 and at most 1e6",
                        optimizer->default_lr);
    return BNN_OK;
}

static int descriptor_check_form(const bnn_form *form, bnn_error *err)
{
    static const uint32_t flags = BNN_FORM_ELEMENTWISE | BNN_FORM_SIGN;
    if ((form->flags & ~flags) != 0)
        return bnn_fail(err, BNN_E_RESOURCE, "its flags are %#x, of which this bnnrun knows %#x",
                        form->flags, flags);
    return BNN_OK;
}

const char *bnn_descriptor_formula(const bnn_head *head)
{
    const char *formula;
    memcpy(&formula, (const char *)head + descriptor_layouts[head->kind].formula, sizeof formula);
    return formula;
}

uint64_t bnn_descriptor_later(const bnn_head *head)
{
    uint64_t later;
    memcpy(&later, (const char *)head + descriptor_layouts[head->kind].size, sizeof later);
    return later;
}

/* The bits of the rows with BNN_TYPE_LATER. */
static uint64_t descriptor_find_later(const bnn_param *table)
{
    uint64_t later = 0;
    for (size_t i = 0; table != NULL && table[i].type != BNN_TYPE_END; i++)
        later |= (uint64_t)((table[i].type & BNN_TYPE_LATER) != 0) << i;
    return later;
}

/* A table that was checked, its types without BNN_TYPE_LATER. */
static const bnn_param *descriptor_copy_params(const bnn_param *table, bnn_arena *arena)
{
    size_t n = 0;
    while (table[n].type != BNN_TYPE_END)
        n++;
    bnn_param *copy = bnn_arena_copy(arena, table, n + 1, sizeof *table);
    for (size_t i = 0; copy != NULL && i < n; i++)
        copy[i] = param_without_later(&table[i]);
    return copy;
}

/* A copy of today's size: zero in what the plugin's own does not have, without what only it has. Behind it
 * stands which parameters came later. */
static const bnn_head *descriptor_copy(const bnn_head *head, bnn_kind kind, bnn_arena *arena)
{
    const size_t size = descriptor_layouts[kind].size;
    const uint64_t later = descriptor_find_later(head->params);
    char *copy = bnn_arena_alloc(arena, 1, size + sizeof later);
    const bnn_param *params =
        head->params == NULL ? NULL : descriptor_copy_params(head->params, arena);
    if (copy == NULL || (params == NULL && head->params != NULL))
        return NULL;
    memcpy(copy, head, head->struct_size < size ? head->struct_size : size);
    memcpy(copy + offsetof(bnn_head, params), &params, sizeof params);
    memcpy(copy + size, &later, sizeof later);
    return (const bnn_head *)(const void *)copy;
}

static int descriptor_check_kind(const bnn_head *head, bnn_kind kind, bnn_error *err)
{
    const void *const descriptor = head;
    int status = BNN_OK;
    if (kind == BNN_KIND_LAYER)
        status = descriptor_check_layer(descriptor, err);
    if (kind == BNN_KIND_STE)
        status = descriptor_check_ste(descriptor, err);
    if (kind == BNN_KIND_OPTIMIZER)
        status = descriptor_check_optimizer(descriptor, err);
    if (kind == BNN_KIND_FORM)
        status = descriptor_check_form(descriptor, err);
    return status == BNN_OK ? descriptor_check_functions(head, kind, err) : status;
}

int bnn_descriptor_take(const bnn_head *head, bnn_kind kind, const char *name, bnn_arena *arena,
                        const bnn_head **out, bnn_error *err)
{
    int status = descriptor_check_head(head, kind, name, err);
    if (status == BNN_OK)
        status = descriptor_check_params(head, err);
    if (status != BNN_OK)
        return status;
    const bnn_head *copy = descriptor_copy(head, kind, arena);
    if (copy == NULL)
        return bnn_no_memory(err);
    status = descriptor_check_kind(copy, kind, err);
    if (status == BNN_OK)
        *out = copy;
    return status;
}
