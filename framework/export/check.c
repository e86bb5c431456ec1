#include "export/check.h"

#include "export/build.h"

typedef struct notes {
    bnn_diag *diag;
    bnn_position_in_file at;
} notes;

static void check_warn(void *context, const char *text)
{
    const notes *n = context;
    bnn_diag_warn(n->diag, n->at, "deployment: %s", text);
}

int bnn_export_check(const bnn_model_options *model, bnn_shape input, uint32_t n_classes,
                     bnn_diag *diag)
{
    bnn_error err;
    bnn_network *network;
    bnn_graph *graph;
    bnn_model *deployed;
    notes n = {.diag = diag, .at = model->at};
    bnn_arena *arena = bnn_arena_create(BNN_MODEL_LIMIT_BYTES);
    if (arena == NULL)
        return BNN_E_INTERNAL;
    const int status = bnn_network_create(model, input, n_classes, 1, 1, arena, &network, &err);
    if (status != BNN_OK)
        bnn_diag_add(diag, model->at, "model: %s", err.message);
    else if (bnn_graph_create(network, arena, &graph, &err) != BNN_OK ||
             bnn_export_build(graph, NULL, 0, check_warn, &n, arena, &deployed, &err) != BNN_OK)
        bnn_diag_warn(diag, model->at, "deployment: %s", err.message);
    bnn_arena_destroy(arena);
    return status;
}
