#include "model/options.h"

#include "base/path.h"
#include "base/text.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { TOPOLOGY_NAME_MAX = 63 };

/* ---- where topologies are ---------------------------------------------------------------- */

/* What a user may have meant: the nearest of the topologies that are there. */
static void report_missing(const bnn_reader *r, const bnn_node *node)
{
    char meant[BNN_DID_YOU_MEAN];
    const char *list = r->topologies;
    size_t n = 0;
    bnn_error err;
    const char **names = bnn_path_scan(list, ".yaml", r->arena, &n, &err);
    if (names == NULL)
        bnn_diag_unread(r->diag, &err);
    else
        bnn_diag_add(r->diag, node->at, "%s: no %s.yaml in %s%s", r->path, node->text,
                     list != NULL && *list != '\0' ? list : "any directory",
                     bnn_did_you_mean(node->text, names, n, meant));
}

static const bnn_node *load_named(const bnn_reader *r, const bnn_node *node)
{
    char file[NAME_MAX + 1], path[PATH_MAX];
    if (!bnn_text_is_name(node->text, "_-", "_-", TOPOLOGY_NAME_MAX)) {
        bnn_diag_add(r->diag, node->at, "%s: \"%s\" is not a name of letters, digits, _ and -",
                     r->path, node->text);
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

static void block_finish(const bnn_reader *r, const bnn_node *node, void *out)
{
    (void)r;
    ((bnn_block_options *)out)->at = node->at;
}

/* ---- links between blocks ---------------------------------------------------------------- */

static void link_read(const bnn_reader *r, const bnn_key *key, const bnn_node *node, void *out)
{
    const bnn_position_in_file nowhere = {.file = "spec"};
    int64_t block = BNN_BLOCK_NONE;
    if (node != NULL && bnn_key_word(key, node) == NULL &&
        bnn_key_integer(r, node, 0, BNN_BLOCKS_MAX, &block) != BNN_OK)
        block = BNN_BLOCK_NONE;
    const bnn_block_link link = {(int32_t)block, node != NULL ? node->at : nowhere};
    memcpy((char *)out + key->param.offset, &link, sizeof link);
}

static void link_record(const bnn_reader *r, const bnn_key *key, const void *in)
{
    bnn_block_link link;
    memcpy(&link, (const char *)in + key->param.offset, sizeof link);
    if (link.block != BNN_BLOCK_NONE)
        bnn_record_number(r, BNN_TYPE_INTEGER, link.block);
}

static const bnn_key_type link_type = {"the number of an earlier block, or 0, the image", link_read,
                                       link_record,
                                       "{\"type\": \"integer\", \"minimum\": 0, \"maximum\": 64}"};

/* Only what is there already can be read: networks have no loops. */
static void link_check(const bnn_reader *r, const char *key, uint32_t number, bnn_block_link *link)
{
    char whose[64] = "its own output", blocks[64] = "";
    if (link->block < (int32_t)number)
        return;
    if (link->block > (int32_t)number)
        snprintf(whose, sizeof whose, "the output of block %d, which comes later", link->block);
    if (number > 1)
        snprintf(blocks, sizeof blocks, ", or %s%u", number > 2 ? "a block from 1 to " : "block ",
                 number - 1);
    bnn_diag_add(r->diag, link->at, "%s.%s: block %u cannot read %s; write 0, the image%s", r->path,
                 key, number, whose, blocks);
    link->block = BNN_BLOCK_NONE;
}

/* Whether a block behind block `number` takes its output, or adds it. */
static bool links_read_block(const bnn_model_options *model, uint32_t number)
{
    for (uint32_t i = number; i < model->n_blocks; i++)
        if (bnn_model_block_source(model, i) == number ||
            model->blocks[i].add.block == (int32_t)number)
            return true;
    return number == model->n_blocks;
}

/* `from` the block before says nothing, so that equal networks have equal settings. */
static void links_finish(const bnn_reader *r, const bnn_model_options *model,
                         bnn_block_options *blocks)
{
    for (uint32_t i = 0; i < model->n_blocks; i++) {
        char number[16], path[BNN_KEY_PATH];
        snprintf(number, sizeof number, "%u", i + 1);
        const bnn_reader below = bnn_reader_below(r, number, path);
        link_check(&below, "from", i + 1, &blocks[i].from);
        link_check(&below, "add", i + 1, &blocks[i].add);
        if (blocks[i].from.block == (int32_t)i)
            blocks[i].from.block = BNN_BLOCK_NONE;
    }
    for (uint32_t i = 0; i < model->n_blocks; i++)
        if (!links_read_block(model, i + 1))
            bnn_diag_add(r->diag, blocks[i].at,
                         "%s.%u: no block reads its output; let a later one say add: %u, or from: "
                         "%u, or leave it out",
                         r->path, i + 1, i + 1, i + 1);
}

/* ------------------------------------------------------------------------------------------ */

static const bnn_key block_keys[] = {
    {BNN_KEY_LAYER(bnn_block_options, linear, "layer", BNN_ROLE_LINEAR, "what the block computes"),
     .foreign = "linear=dense|fc=dense|fully_connected=dense|conv=conv2d|convolution=conv2d",
     .flags = BNN_KEY_REQUIRED},
    {BNN_KEY_LAYER(bnn_block_options, pool, "pool", BNN_ROLE_POOL, "behind the layer"),
     .foreign = "max=maxpool|avg=avgpool|average=avgpool|mean=avgpool"},
    {BNN_KEY_LAYER(bnn_block_options, dropout, "dropout", BNN_ROLE_REGULARIZER,
                   "in front of the layer, in training only")},
    {BNN_KEY_OF("from", offsetof(bnn_block_options, from), &link_type,
                "the block whose output it takes; 0: the image"),
     .words = "none", .computed = "the block before", .flags = BNN_KEY_UNSET},
    {BNN_KEY_OF("add", offsetof(bnn_block_options, add), &link_type,
                "the block whose output is added to its own, in front of the activation; 0: the "
                "image"),
     .words = "none", .computed = "none", .flags = BNN_KEY_UNSET, .also = "skip|shortcut|residual"},
    BNN_KEYS_END,
};

static const bnn_section block_section = {
    .keys = block_keys, .flags = BNN_SECTION_ITEMS, .finish = block_finish};

static bnn_reader block_reader(const bnn_reader *r, uint32_t i, char path[BNN_KEY_PATH])
{
    char number[16];
    snprintf(number, sizeof number, "%u", i + 1);
    return bnn_reader_below(r, number, path);
}

static void blocks_read(const bnn_reader *r, const bnn_key *key, const bnn_node *node, void *out)
{
    bnn_model_options *model = out;
    (void)key;
    if (node == NULL)
        return;
    if (node->kind != BNN_NODE_LIST || node->n == 0 || node->n > BNN_BLOCKS_MAX) {
        bnn_diag_add(r->diag, node->at, "%s: must be a list of 1 to %d blocks", r->path,
                     BNN_BLOCKS_MAX);
        return;
    }
    bnn_block_options *blocks = bnn_arena_alloc(r->arena, node->n, sizeof *blocks);
    if (blocks == NULL) {
        bnn_diag_no_memory(r->diag);
        return;
    }
    for (uint32_t i = 0; i < node->n; i++) {
        char path[BNN_KEY_PATH];
        const bnn_reader below = block_reader(r, i, path);
        bnn_section_read(&below, &block_section, node->items[i], &blocks[i]);
    }
    model->n_blocks = (uint32_t)node->n;
    model->blocks = blocks;
    links_finish(r, model, blocks);
}

static void blocks_record(const bnn_reader *r, const bnn_key *key, const void *in)
{
    const bnn_model_options *model = in;
    (void)key;
    for (uint32_t i = 0; i < model->n_blocks; i++) {
        char path[BNN_KEY_PATH];
        const bnn_reader below = block_reader(r, i, path);
        bnn_section_record(&below, &block_section, &model->blocks[i]);
    }
}

static const bnn_key_type blocks_type = {"a list of blocks", blocks_read, blocks_record, NULL};

#define INPUT_ROW(name, field, standard, help)                                                     \
    BNN_PARAM(name, BNN_TYPE_INTEGER, BNN_OFFSET(bnn_model_options, field, uint32_t), standard, 1, \
              BNN_VIEW_MAX, NULL, help)
static const bnn_key input_keys[] = {
    {.param = INPUT_ROW("channels", input.c, 1, "channels of an image")},
    {.param = INPUT_ROW("height", input.h, 28, "rows")},
    {.param = INPUT_ROW("width", input.w, 28, "columns")},
    {.param =
         INPUT_ROW("crop", view.crop, 0, "the side of the central square that the network sees"),
     .computed = "all of the image",
     .flags = BNN_KEY_UNSET},
    {.param = INPUT_ROW(
         "shrink", view.shrink, 1,
         "the side of squares of pixels, in what is cropped, of which it sees the means, rounded"),
     .flags = BNN_KEY_UNSET},
    BNN_KEYS_END,
};

static bnn_position_in_file input_at(const bnn_node *node, const char *name)
{
    const bnn_node *key = node == NULL ? NULL : bnn_tree_get(node, name);
    return key != NULL ? key->at : node != NULL ? node->at : (bnn_position_in_file){0};
}

/* A crop to all of the image is none, so that equal networks have equal settings. */
static void input_finish(const bnn_reader *r, const bnn_node *node, void *out)
{
    bnn_model_options *model = out;
    bnn_view *view = &model->view;
    const bnn_shape image = model->input;
    const bool crops = view->crop <= image.h && view->crop <= image.w;
    if (!crops)
        bnn_diag_add(r->diag, input_at(node, "crop"),
                     "%s: crop %u is more than an image of %ux%u has", r->path, view->crop, image.h,
                     image.w);
    else if (!bnn_view_fits(*view, image))
        bnn_diag_add(r->diag, input_at(node, "shrink"),
                     "%s: shrink %u does not divide %ux%u; take a crop that it divides", r->path,
                     view->shrink, bnn_view_cut(*view, image).h, bnn_view_cut(*view, image).w);
    if (!bnn_view_fits(*view, image))
        *view = (bnn_view){.shrink = 1};
    if (view->crop == image.h && view->crop == image.w)
        view->crop = 0;
}

static const bnn_section input_section = {.keys = input_keys, .finish = input_finish};
static const bnn_key_type remark = {"a text", NULL, NULL, NULL};

static const bnn_key topology_keys[] = {
    {BNN_KEY_TEXT(bnn_model_options, topology, "name", "of a topology that is written in the spec"),
     .standard = "inline", .flags = BNN_KEY_SILENT},
    {BNN_KEY_OF("description", 0, &remark, "for readers")},
    {BNN_KEY_OF("input", 0, &bnn_key_section, "the images that it takes, and what it sees of them"),
     .section = &input_section, .flags = BNN_KEY_REQUIRED},
    {BNN_KEY_OF("blocks", 0, &blocks_type,
                "from the image to the logits; the second is model.topology.blocks.2 in a sweep"),
     .section = &block_section, .flags = BNN_KEY_REQUIRED | BNN_KEY_LIST, .also = "layers"},
    BNN_KEYS_END,
};

const bnn_section bnn_topology_section = {.keys = topology_keys};

/* ---- a topology with changes ------------------------------------------------------------- */

/* Whether a map changes parts of a topology that has a file, rather than being one itself: its blocks,
 * if any, are a map of numbers. */
static bool is_change(const bnn_node *map)
{
    const bnn_node *blocks = bnn_tree_get(map, "blocks"), *name = bnn_tree_get(map, "name");
    const bnn_node *input = bnn_tree_get(map, "input");
    if (map->kind != BNN_NODE_MAP || (blocks != NULL && blocks->kind != BNN_NODE_MAP))
        return false;
    return (blocks != NULL || name != NULL) &&
           map->n == (size_t)(blocks != NULL) + (name != NULL) + (input != NULL);
}

/* root with all of the change in place below the path of the reader that can be. A map that names a
 * plugin is a value. at: of its key. */
static const bnn_node *apply_change(const bnn_reader *r, const bnn_node *root,
                                    const bnn_node *change, bnn_position_in_file at)
{
    if (change->kind != BNN_NODE_MAP || bnn_tree_get(change, "name") != NULL) {
        const bnn_node *set = bnn_tree_set(root, r->path, change, r->arena, r->diag, at);
        return set != NULL ? set : root;
    }
    for (size_t i = 0; i < change->n; i++) {
        const bnn_pair *pair = &change->pairs[i];
        char path[BNN_KEY_PATH];
        const bnn_reader below = bnn_reader_below(r, pair->key->text, path);
        root = apply_change(&below, root, pair->value, pair->key->at);
    }
    return root;
}

static const bnn_node *load_changed(const bnn_reader *r, const bnn_node *name,
                                    const bnn_node *change)
{
    const bnn_node *root = load_named(r, name);
    if (root != NULL)
        root = bnn_tree_set(NULL, r->path, root, r->arena, r->diag, change->at);
    static const char *const parts[] = {"input", "blocks"};
    for (size_t i = 0; root != NULL && i < sizeof parts / sizeof *parts; i++) {
        char path[BNN_KEY_PATH];
        const bnn_reader below = bnn_reader_below(r, parts[i], path);
        const bnn_node *part = bnn_tree_get(change, parts[i]);
        root = part == NULL ? root : apply_change(&below, root, part, part->at);
    }
    return root == NULL ? NULL : bnn_tree_find(root, r->path);
}

/* ------------------------------------------------------------------------------------------ */

static void topology_read(const bnn_reader *r, const bnn_key *key, const bnn_node *node, void *out)
{
    bnn_model_options *model = out;
    const bnn_node standard = {
        .kind = BNN_NODE_SCALAR, .at = {.file = "spec"}, .text = key->standard};
    const bnn_node *stands = node != NULL ? node : &standard;
    const bool changed = is_change(stands), named = changed || stands->kind == BNN_NODE_SCALAR;
    const bnn_node *name = changed ? bnn_tree_get(stands, "name") : stands;
    if (name == NULL)
        name = &standard;
    const bnn_node *root = changed ? load_changed(r, name, stands)
                           : named ? load_named(r, name)
                                   : stands;
    model->n_blocks = 0;
    if (root == NULL || bnn_section_read(r, &bnn_topology_section, root, model) != BNN_OK)
        model->n_blocks = 0; /* the rest is still checked, as for a net without binary blocks */
    if (named)
        model->topology = name->text;
}

/* Its parts are recorded as the model's. */
static void topology_record(const bnn_reader *r, const bnn_key *key, const void *in)
{
    const bnn_model_options *model = in;
    bnn_reader above = *r;
    (void)key;
    above.path = "model";
    bnn_record_text(r, model->topology);
    bnn_section_record(&above, &bnn_topology_section, in);
}

/* A name, or a map of what changes in the one that is named. */
static const char topology_schema[] =
    "{\"anyOf\": [{\"$ref\": \"#/definitions/topologies\"},"
    " {\"type\": \"object\", \"additionalProperties\": false,"
    " \"anyOf\": [{\"required\": [\"name\"]}, {\"required\": [\"blocks\"]}],"
    " \"properties\": {\"name\": {\"$ref\": \"#/definitions/topologies\"}, \"input\": {\"type\": \"object\"},"
    " \"blocks\": {\"type\": \"object\", \"additionalProperties\": {\"type\": \"object\"}}}}]}";

const bnn_key_type bnn_key_topology = {"the name of a topology, or a map of its parts",
                                       topology_read, topology_record, topology_schema};
