#include "model/topology.h"

#include "base/text.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

int bnn_layer_use(bnn_registry *registry, const bnn_node *node, const char *fallback, bnn_role role,
                  const char *prefix, bnn_arena *arena, bnn_use *out, bnn_settings *settings,
                  bnn_diag *diag, bnn_position_in_file at)
{
    const int status = bnn_registry_use(registry, BNN_KIND_LAYER, node, fallback, prefix, NULL,
                                        arena, out, settings, diag);
    if (status != BNN_OK)
        return status;
    const uint32_t found = bnn_use_layer(out)->role;
    if (found == (uint32_t)role)
        return BNN_OK;
    bnn_diag_add(diag, node != NULL ? node->at : at, "%s: layer %s is %s; %s is needed here",
                 prefix, out->plugin->head->name, role_name(found), role_name(role));
    return BNN_E_SPEC;
}

/* ---- where topologies are ---------------------------------------------------------------- */

/* The next directory of a colon-separated path, copied into out; NULL at the end. */
static const char *next_directory(const char *path, char out[PATH_MAX])
{
    if (path == NULL || *path == '\0')
        return NULL;
    const size_t n = strcspn(path, ":");
    snprintf(out, PATH_MAX, "%.*s", (int)n, path);
    return path + n + (path[n] == ':');
}

static bool is_plain_name(const char *name)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    return *name != '\0' && strlen(name) < 64 && name[strspn(name, letters)] == '\0';
}

/* What a user may have meant: the nearest of the topologies that are there. */
static void report_missing(const bnn_node *node, const char *path, bnn_diag *diag)
{
    char directory[PATH_MAX], found[64][64];
    const char *names[64] = {NULL};
    size_t n = 0;
    for (const char *rest = path; (rest = next_directory(rest, directory)) != NULL;) {
        DIR *dir = opendir(directory);
        if (dir == NULL)
            continue;
        for (struct dirent *entry; (entry = readdir(dir)) != NULL && n < 64;) {
            const size_t length = strlen(entry->d_name);
            if (length <= 5 || length >= 64 || strcmp(entry->d_name + length - 5, ".yaml") != 0)
                continue;
            snprintf(found[n], sizeof found[n], "%.*s", (int)(length - 5), entry->d_name);
            names[n] = found[n];
            n++;
        }
        closedir(dir);
    }
    const char *near = bnn_suggest(node->text, names, n);
    bnn_diag_add(diag, node->at, "model.topology: no %s.yaml in %s%s%s%s", node->text,
                 path != NULL && *path != '\0' ? path : "any directory",
                 near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
                 near != NULL ? "\"?" : "");
}

static const bnn_node *load_named(const bnn_node *node, const char *path, bnn_arena *arena,
                                  bnn_diag *diag)
{
    char directory[PATH_MAX];
    if (!is_plain_name(node->text)) {
        bnn_diag_add(diag, node->at,
                     "model.topology: \"%s\" is not a name of letters, digits, _ and -",
                     node->text);
        return NULL;
    }
    for (const char *rest = path; (rest = next_directory(rest, directory)) != NULL;) {
        const char *file = bnn_arena_printf(arena, "%s/%s.yaml", directory, node->text);
        if (file != NULL && access(file, R_OK) == 0)
            return bnn_tree_load(file, arena, diag);
    }
    report_missing(node, path, diag);
    return NULL;
}

/* ---- what a topology says ---------------------------------------------------------------- */

static int parse_input(const bnn_node *node, bnn_position_in_file at, bnn_shape *out,
                       bnn_settings *settings, bnn_diag *diag)
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
    if (node == NULL) {
        bnn_diag_add(diag, at, "topology: input is missing: {channels: 1, height: 28, width: 28}");
        return BNN_E_SPEC;
    }
    const int status =
        bnn_schema_fill(table, node, "topology input", "model.input", NULL, &input, settings, diag);
    *out = (bnn_shape){(uint32_t)input.channels, (uint32_t)input.height, (uint32_t)input.width};
    return status;
}

static int parse_block(const bnn_node *node, uint32_t number, bnn_registry *registry,
                       bnn_arena *arena, bnn_block_options *out, bnn_settings *settings,
                       bnn_diag *diag)
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
    int status = bnn_schema_known_keys(node, "topology block", known, diag);
    out->at = node->at;
    if (node->kind != BNN_NODE_MAP)
        return status;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const bnn_node *part = bnn_tree_get(node, parts[i].key);
        if (part == NULL && parts[i].role == BNN_ROLE_LINEAR) {
            bnn_diag_add(diag, node->at, "topology block %u has no layer", number);
            status = BNN_E_SPEC;
        }
        if (part == NULL)
            continue;
        char prefix[64];
        snprintf(prefix, sizeof prefix, "model.blocks.%u.%s", number, parts[i].key);
        const int one = bnn_layer_use(registry, part, NULL, parts[i].role, prefix, arena,
                                      parts[i].use, settings, diag, node->at);
        status = one != BNN_OK ? one : status;
    }
    return status;
}

int bnn_topology_parse(const bnn_node *node, bnn_registry *registry, const char *topology_path,
                       bnn_arena *arena, bnn_model_options *out, bnn_settings *settings,
                       bnn_diag *diag)
{
    static const char *const known[] = {"name", "description", "input", "blocks", NULL};
    const bool named = node->kind == BNN_NODE_SCALAR;
    const bnn_node *root = named ? load_named(node, topology_path, arena, diag) : node;
    if (root == NULL)
        return BNN_E_SPEC;
    int status = bnn_schema_known_keys(root, "topology", known, diag);
    if (root->kind != BNN_NODE_MAP)
        return status;
    const bnn_node *name = bnn_tree_get(root, "name");
    out->topology = named ? node->text : "inline";
    if (!named && name != NULL &&
        bnn_schema_text(name, "topology name", &out->topology, diag) != BNN_OK)
        status = BNN_E_SPEC;
    const int input =
        parse_input(bnn_tree_get(root, "input"), root->at, &out->input, settings, diag);
    status = input != BNN_OK ? input : status;

    const bnn_node *blocks = bnn_tree_get(root, "blocks");
    if (blocks == NULL || blocks->kind != BNN_NODE_LIST || blocks->n == 0 ||
        blocks->n > BNN_BLOCKS_MAX) {
        bnn_diag_add(diag, blocks != NULL ? blocks->at : root->at,
                     "topology: blocks must be a list of 1 to %d blocks", BNN_BLOCKS_MAX);
        return BNN_E_SPEC;
    }
    bnn_block_options *list = bnn_arena_alloc(arena, blocks->n, sizeof *list);
    if (list == NULL)
        return BNN_E_INTERNAL;
    for (uint32_t i = 0; i < blocks->n; i++) {
        const int one =
            parse_block(blocks->items[i], i + 1, registry, arena, &list[i], settings, diag);
        status = one != BNN_OK ? one : status;
    }
    out->n_blocks = (uint32_t)blocks->n;
    out->blocks = list;
    return status;
}
