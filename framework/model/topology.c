#include "model/topology.h"

#include "base/path.h"
#include "base/text.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { TOPOLOGY_NAME_MAX = 63 };

static const char *role_name(uint32_t role)
{
    switch (role) {
    case BNN_ROLE_LINEAR:
        return "a linear layer";
    case BNN_ROLE_POOL:
        return "a pool";
    case BNN_ROLE_NORM:
        return "a norm";
    case BNN_ROLE_ACTIVATION:
        return "an activation";
    default:
        return "a regularizer";
    }
}

int bnn_layer_use(const bnn_reader *r, const bnn_reference *reference, bnn_role role, bnn_use *out)
{
    const int status = bnn_use_resolve(r, reference, out);
    if (status != BNN_OK)
        return status;
    const uint32_t found = bnn_use_layer(out)->role;
    if (found == (uint32_t)role)
        return BNN_OK;
    const bnn_node *node = reference->node;
    const bnn_position_in_file at = {.file = "default"};
    return bnn_diag_add(r->diag, node != NULL ? node->at : at,
                        "%s: layer %s is %s; %s is needed here", reference->prefix,
                        out->plugin->head->name, role_name(found), role_name(role));
}

/* ---- where topologies are ---------------------------------------------------------------- */

/* What a user may have meant: the nearest of the topologies that are there. */
static void report_missing(const bnn_reader *r, const bnn_node *node)
{
    char meant[BNN_DID_YOU_MEAN];
    const char *list = r->topologies;
    size_t n = 0;
    const char **names = bnn_path_scan(list, ".yaml", r->arena, &n);
    bnn_diag_add(r->diag, node->at, "model.topology: no %s.yaml in %s%s", node->text,
                 list != NULL && *list != '\0' ? list : "any directory",
                 bnn_did_you_mean(node->text, names, n, meant));
}

static const bnn_node *load_named(const bnn_reader *r, const bnn_node *node)
{
    char file[NAME_MAX + 1], path[PATH_MAX];
    if (!bnn_text_is_name(node->text, "_-", "_-", TOPOLOGY_NAME_MAX)) {
        bnn_diag_add(r->diag, node->at,
                     "model.topology: \"%s\" is not a name of letters, digits, _ and -",
                     node->text);
        return NULL;
    }
    snprintf(file, sizeof file, "%s.yaml", node->text);
    if (!bnn_path_find(r->topologies, file, path)) {
        report_missing(r, node);
        return NULL;
    }
    const char *kept = bnn_arena_strdup(r->arena, path);
    if (kept == NULL)
        bnn_diag_no_memory(r->diag);
    return kept == NULL ? NULL : bnn_tree_load(kept, r->arena, r->diag);
}

/* ---- what a topology says ---------------------------------------------------------------- */

static int parse_input(const bnn_reader *r, const bnn_node *node, bnn_position_in_file at,
                       bnn_shape *out)
{
    struct input {
        int32_t channels, height, width;
    } input;
    static const bnn_param table[] = {
        BNN_INTEGER(struct input, channels, 1, 1, 4096, "channels of an image"),
        BNN_INTEGER(struct input, height, 28, 1, 4096, "rows"),
        BNN_INTEGER(struct input, width, 28, 1, 4096, "columns"),
        BNN_PARAMS_END,
    };
    if (node == NULL)
        return bnn_diag_add(r->diag, at,
                            "topology: input is missing: {channels: 1, height: 28, width: 28}");
    const int status = bnn_schema_fill(table, node, "topology input", "model.input", NULL, &input,
                                       r->settings, r->diag);
    *out = (bnn_shape){(uint32_t)input.channels, (uint32_t)input.height, (uint32_t)input.width};
    return status;
}

static int parse_block(const bnn_reader *r, const bnn_node *node, uint32_t number,
                       bnn_block_options *out)
{
    static const char *const known[] = {"layer", "pool", "dropout", NULL};
    const struct {
        const char *key;
        bnn_role role;
        bnn_use *use;
    } parts[] = {
        {"layer", BNN_ROLE_LINEAR, &out->linear},
        {"pool", BNN_ROLE_POOL, &out->pool},
        {"dropout", BNN_ROLE_REGULARIZER, &out->dropout},
    };
    const int begun = bnn_diag_begin(r->diag);
    bnn_schema_known_keys(node, "topology block", known, r->diag);
    out->at = node->at;
    for (size_t i = 0; node->kind == BNN_NODE_MAP && i < sizeof parts / sizeof *parts; i++) {
        char prefix[64];
        const bnn_reference reference = {
            .kind = BNN_KIND_LAYER, .prefix = prefix, .node = bnn_tree_get(node, parts[i].key)};
        snprintf(prefix, sizeof prefix, "model.blocks.%u.%s", number, parts[i].key);
        if (reference.node != NULL)
            bnn_layer_use(r, &reference, parts[i].role, parts[i].use);
        else if (parts[i].role == BNN_ROLE_LINEAR)
            bnn_diag_add(r->diag, node->at, "topology block %u has no layer", number);
    }
    return bnn_diag_end(r->diag, begun);
}

static int parse_topology(const bnn_reader *r, const bnn_node *root, bnn_model_options *out)
{
    static const char *const known[] = {"name", "description", "input", "blocks", NULL};
    const int status = bnn_schema_known_keys(root, "topology", known, r->diag);
    if (root->kind != BNN_NODE_MAP)
        return status;
    parse_input(r, bnn_tree_get(root, "input"), root->at, &out->input);
    const bnn_node *blocks = bnn_tree_get(root, "blocks");
    if (blocks == NULL || blocks->kind != BNN_NODE_LIST || blocks->n == 0 ||
        blocks->n > BNN_BLOCKS_MAX)
        return bnn_diag_add(r->diag, blocks != NULL ? blocks->at : root->at,
                            "topology: blocks must be a list of 1 to %d blocks", BNN_BLOCKS_MAX);
    bnn_block_options *list = bnn_arena_alloc(r->arena, blocks->n, sizeof *list);
    if (list == NULL)
        return bnn_diag_no_memory(r->diag);
    for (uint32_t i = 0; i < blocks->n; i++)
        parse_block(r, blocks->items[i], i + 1, &list[i]);
    out->n_blocks = (uint32_t)blocks->n;
    out->blocks = list;
    return BNN_OK;
}

int bnn_topology_parse(const bnn_reader *r, const bnn_node *node, bnn_model_options *out)
{
    const int begun = bnn_diag_begin(r->diag);
    const bool named = node->kind == BNN_NODE_SCALAR;
    const bnn_node *root = named ? load_named(r, node) : node;
    const bnn_node *name = bnn_tree_get(root, "name");
    out->topology = named ? node->text : "inline";
    if (!named && name != NULL)
        bnn_schema_text(name, "topology name", &out->topology, r->diag);
    if (root != NULL)
        parse_topology(r, root, out);
    return bnn_diag_end(r->diag, begun);
}
