#include "plugin/use.h"

#include <string.h>

enum { CALLER_KEYS_MAX = 15 }; /* keys of a plugin reference that are the caller's */

/* A parameter that the caller takes for itself would never be set. */
static int use_check_caller_keys(const bnn_reader *r, const bnn_plugin *plugin,
                                 const char *const *also, bnn_position_in_file at)
{
    const bnn_param *const table = plugin->head->params;
    for (size_t i = 0; table != NULL && table[i].type != BNN_TYPE_END; i++)
        for (size_t j = 0; also != NULL && also[j] != NULL; j++)
            if (strcmp(table[i].name, also[j]) == 0)
                return bnn_diag_fail(
                    r->diag, BNN_E_RESOURCE, at,
                    "%s: parameter \"%s\" has the name of a key of bnnrun's own; rename it",
                    plugin->path, also[j]);
    return BNN_OK;
}

/* Fills the plugin's struct from the map, or from the defaults. */
static int use_fill(const bnn_reader *r, const bnn_reference *reference, const bnn_plugin *plugin,
                    const bnn_node *map, void **params)
{
    static const bnn_param no_params[] = {BNN_PARAMS_END};
    const bnn_head *const head = plugin->head;
    const char *const *const also = reference->also;
    const char *keys[CALLER_KEYS_MAX + 2] = {"name"};
    for (size_t i = 0; also != NULL && also[i] != NULL && i < CALLER_KEYS_MAX; i++)
        keys[i + 1] = also[i];
    const char *what =
        bnn_arena_printf(r->arena, "%s %s", bnn_kind_name((bnn_kind)head->kind), head->name);
    void *filled = bnn_arena_alloc(r->arena, 1, head->params_size);
    if (what == NULL || filled == NULL)
        return bnn_diag_no_memory(r->diag);
    const int status = bnn_schema_fill(head->params == NULL ? no_params : head->params, map, what,
                                       reference->prefix, keys, filled, r->settings, r->diag);
    if (status == BNN_OK)
        *params = head->params == NULL ? NULL : filled;
    return status;
}

int bnn_use_resolve(const bnn_reader *r, const bnn_reference *reference, bnn_use *out)
{
    bnn_position_in_file at = {.file = "default"};
    const char *name = reference->fallback;
    const bnn_node *map = NULL, *node = reference->node;
    int status = BNN_OK;
    if (node != NULL) {
        const bnn_node *written = bnn_tree_get(node, "name");
        at = written == NULL ? node->at : written->at;
        status = bnn_schema_reference(node, reference->prefix, &name, &map, r->diag);
    }
    if (status != BNN_OK)
        return status;

    bnn_error err;
    bnn_use use = {.plugin = bnn_registry_load(r->registry, reference->kind, name, &err)};
    if (use.plugin == NULL)
        return bnn_diag_fail(r->diag, (bnn_status)err.status, at, "%s", err.message);
    status = use_check_caller_keys(r, use.plugin, reference->also, at);
    if (status == BNN_OK && r->settings != NULL &&
        bnn_settings_add_text(r->settings, "", reference->prefix, name) != BNN_OK)
        status = bnn_diag_no_memory(r->diag);
    if (status == BNN_OK)
        status = use_fill(r, reference, use.plugin, map, &use.params);
    if (status == BNN_OK)
        *out = use;
    return status;
}
