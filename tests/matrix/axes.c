#include "tests/matrix/axes.h"

#include "base/text.h"
#include "model/network.h"

#include <stdio.h>
#include <string.h>

static const bnn_kind kinds[MATRIX_AXES] = {BNN_KIND_FORM, BNN_KIND_STE, BNN_KIND_ORDERING};

const char *matrix_point_flags(const matrix *m, size_t point, char *out, size_t n)
{
    const uint16_t *at = m->points[point].at;
    snprintf(out, n, "--form %s --ste %s --ordering %s",
             m->axes[MATRIX_FORM].values[at[MATRIX_FORM]].name,
             m->axes[MATRIX_STE].values[at[MATRIX_STE]].name,
             m->axes[MATRIX_ORDERING].values[at[MATRIX_ORDERING]].name);
    return out;
}

/* ---- a point's spec ---------------------------------------------------------------------- */

static int sections_read(const matrix *m, const char *text, bnn_arena *arena, bnn_diag *diag,
                         bnn_model_options *model, bnn_train_options *train)
{
    const bnn_reader reader = {.arena = arena,
                               .diag = diag,
                               .registry = m->registry,
                               .topologies =
                                   bnn_arena_printf(arena, "%s/configs/topologies", m->source)};
    bnn_reader of_model = reader, of_train = reader;
    of_model.path = "model";
    of_train.path = "train";
    const bnn_node *root = bnn_tree_parse("the matrix", text, strlen(text), arena, diag);
    int status = root != NULL ? BNN_OK : BNN_E_SPEC;
    if (status == BNN_OK)
        status =
            bnn_section_read(&of_model, &bnn_model_section, bnn_tree_get(root, "model"), model);
    if (status == BNN_OK)
        status =
            bnn_section_read(&of_train, &bnn_train_section, bnn_tree_get(root, "train"), train);
    return status;
}

int matrix_point_read(const matrix *m, matrix_point point, bnn_arena *arena,
                      bnn_model_options *model, bnn_train_options *train, bnn_error *err)
{
    const char *keys[MATRIX_AXES];
    for (size_t a = 0; a < MATRIX_AXES; a++)
        keys[a] = m->axes[a].values[point.at[a]].keys;
    const char *text = bnn_arena_printf(
        arena,
        "model: {topology: lenet5, %s, %s, %s, %s}\n"
        "train: {epochs: 1, batch: 64, optimizer: {name: adam, lr: 0.01}}\n",
        keys[MATRIX_FORM], keys[MATRIX_STE], keys[MATRIX_ORDERING], m->options.model);
    bnn_diag *diag = bnn_diag_create();
    if (text == NULL || diag == NULL) {
        bnn_diag_destroy(diag);
        return bnn_no_memory(err);
    }
    int status = sections_read(m, text, arena, diag, model, train);
    if (status != BNN_OK)
        bnn_fail(err, (bnn_status)status, "%s",
                 bnn_diag_count(diag) > 0 ? bnn_diag_message(diag, 0) : "out of memory");
    bnn_diag_destroy(diag);
    return status;
}

/* ---- values ------------------------------------------------------------------------------ */

static int value_add(matrix *m, size_t axis, const char *name, const char *keys, bnn_error *err)
{
    matrix_axis *a = &m->axes[axis];
    if (name == NULL || keys == NULL)
        return bnn_no_memory(err);
    if (m->options.only[axis] != NULL && strcmp(m->options.only[axis], name) != 0)
        return BNN_OK;
    if (a->n == MATRIX_VALUES_MAX)
        return bnn_fail(err, BNN_E_RESOURCE, "more than %d values on an axis", MATRIX_VALUES_MAX);
    a->values[a->n++] = (matrix_value){name, keys};
    return BNN_OK;
}

/* An STE for activations only stands beside the default one of the weights. */
static int ste_add(matrix *m, const bnn_plugin *plugin, bnn_error *err)
{
    const bnn_ste *ste = (const bnn_ste *)(const void *)plugin->head;
    const bool alone = (ste->flags & BNN_STE_ACTIVATIONS) != 0;
    const char *name = plugin->head->name;
    return value_add(m, MATRIX_STE, name,
                     bnn_arena_printf(m->arena, alone ? "ste: {activations: %s}" : "ste: %s", name),
                     err);
}

static int ordering_add(matrix *m, const bnn_plugin *plugin, bnn_error *err)
{
    const char *name = plugin->head->name;
    const bnn_param *row = plugin->head->params;
    while (row != NULL && row->type != BNN_TYPE_END && row->type != BNN_TYPE_CHOICE)
        row++;
    if (row == NULL || row->type == BNN_TYPE_END)
        return value_add(m, MATRIX_ORDERING, name, bnn_arena_printf(m->arena, "ordering: %s", name),
                         err);
    int status = BNN_OK;
    for (const char *choice = row->choices; status == BNN_OK && *choice != '\0';) {
        const size_t n = strcspn(choice, "|");
        const char *word = bnn_arena_printf(m->arena, "%.*s", (int)n, choice);
        status = value_add(
            m, MATRIX_ORDERING, word,
            bnn_arena_printf(m->arena, "ordering: {name: %s, %s: %s}", name, row->name, word), err);
        choice += n + (choice[n] == '|' ? 1 : 0);
    }
    return status;
}

static int plugin_add(matrix *m, size_t axis, const char *name, bnn_error *err)
{
    const char *only = m->options.only[axis];
    if (axis != MATRIX_ORDERING && only != NULL && strcmp(only, name) != 0)
        return BNN_OK; /* it may be one that cannot be loaded */
    const bnn_plugin *plugin = bnn_registry_load(m->registry, kinds[axis], name, err);
    if (plugin == NULL)
        return err->status;
    name = plugin->head->name;
    return axis == MATRIX_ORDERING ? ordering_add(m, plugin, err)
           : axis == MATRIX_STE
               ? ste_add(m, plugin, err)
               : value_add(m, axis, name, bnn_arena_printf(m->arena, "form: %s", name), err);
}

static int axis_find(matrix *m, size_t axis, bnn_error *err)
{
    const bnn_plugin_file *files;
    size_t n = 0;
    int status = bnn_registry_scan(m->registry, &files, &n, err);
    for (size_t i = 0; status == BNN_OK && i < n; i++)
        if (files[i].kind == kinds[axis] && files[i].shadowed_by == NULL)
            status = plugin_add(m, axis, files[i].name, err);
    if (status != BNN_OK || m->axes[axis].n > 0)
        return status;
    return bnn_fail(err, BNN_E_USAGE, "there is no %s%s%s", bnn_kind_name(kinds[axis]),
                    m->options.only[axis] != NULL ? " " : "",
                    m->options.only[axis] != NULL ? m->options.only[axis] : "");
}

/* ---- orders that are another's ----------------------------------------------------------- */

/* The names of a network's operations, in their order; of one that is refused its own name. */
static int ordering_describe(const matrix *m, uint16_t ordering, const char **out, bnn_error *err)
{
    const matrix_point point = {{0, 0, ordering}};
    bnn_model_options model;
    bnn_train_options train;
    bnn_network net;
    bnn_error why;
    const int status = matrix_point_read(m, point, m->arena, &model, &train, err);
    if (status != BNN_OK)
        return status;
    *out = m->axes[MATRIX_ORDERING].values[ordering].name;
    if (bnn_network_lay_out(&model, m->data.shape, m->data.n_classes, m->arena, &net, &why) !=
        BNN_OK)
        return BNN_OK;
    const char *text = "";
    for (uint32_t i = 0; text != NULL && i < net.n_ops; i++)
        text = bnn_arena_printf(m->arena, "%s %s", text, net.ops[i].name);
    *out = text;
    return text != NULL ? BNN_OK : bnn_no_memory(err);
}

static int orderings_keep_once(matrix *m, bnn_error *err)
{
    const char *texts[MATRIX_VALUES_MAX];
    matrix_axis *axis = &m->axes[MATRIX_ORDERING];
    size_t n = 0;
    for (size_t i = 0; i < axis->n; i++) {
        const int status = ordering_describe(m, (uint16_t)i, &texts[n], err);
        if (status != BNN_OK)
            return status;
        size_t k = 0;
        while (k < n && strcmp(texts[k], texts[n]) != 0)
            k++;
        if (k == n) {
            axis->values[n++] = axis->values[i];
            continue;
        }
        const char *both =
            bnn_arena_printf(m->arena, "%s = %s", axis->values[k].name, axis->values[i].name);
        if (both == NULL)
            return bnn_no_memory(err);
        if (m->options.list)
            axis->values[k].name = both;
    }
    axis->n = n;
    return BNN_OK;
}

/* ---- points ------------------------------------------------------------------------------ */

static size_t greatest_divisor(size_t a, size_t b)
{
    while (b != 0) {
        const size_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Scattered, so that the first of them are a sample of all. */
static void points_fill(matrix *m, size_t n)
{
    const size_t n_stes = m->axes[MATRIX_STE].n, n_orderings = m->axes[MATRIX_ORDERING].n;
    size_t stride = n * 618 / 1000 + 1;
    while (greatest_divisor(n, stride) != 1)
        stride++;
    for (size_t i = 0; i < n; i++) {
        const size_t k = i * stride % n;
        m->points[i] =
            (matrix_point){{(uint16_t)(k / n_orderings / n_stes),
                            (uint16_t)(k / n_orderings % n_stes), (uint16_t)(k % n_orderings)}};
    }
}

static void points_fill_diagonal(matrix *m, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t a = 0; a < MATRIX_AXES; a++)
            m->points[i].at[a] = (uint16_t)(i % m->axes[a].n);
}

int matrix_axes_find(matrix *m, bnn_error *err)
{
    size_t all = 1, longest = 1;
    int status = BNN_OK;
    for (size_t a = 0; status == BNN_OK && a < MATRIX_AXES; a++)
        status = axis_find(m, a, err);
    if (status == BNN_OK)
        status = orderings_keep_once(m, err);
    if (status != BNN_OK)
        return status;
    for (size_t a = 0; a < MATRIX_AXES; a++) {
        all *= m->axes[a].n;
        longest = m->axes[a].n > longest ? m->axes[a].n : longest;
    }
    const size_t n = m->options.diagonal ? longest : all;
    m->points = bnn_arena_alloc(m->arena, n, sizeof *m->points);
    if (m->points == NULL)
        return bnn_no_memory(err);
    (m->options.diagonal ? points_fill_diagonal : points_fill)(m, n);
    m->n = m->options.limit > 0 && m->options.limit < n ? m->options.limit : n;
    return BNN_OK;
}
