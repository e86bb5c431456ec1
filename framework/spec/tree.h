/* tree.h - a YAML document as a small tree that remembers where every value stands.
 *
 * Read with libyaml. Bounded: file size (1 MiB), depth (64), number of nodes with aliases expanded
 * (100,000). Duplicate keys, merge keys, tags, several documents and non-UTF-8 are errors. Nodes
 * are immutable once parsed and live in the arena; sub-trees may be shared. */
#ifndef BNN_SPEC_TREE_H
#define BNN_SPEC_TREE_H

#include "base/arena.h"
#include "base/text.h"
#include "spec/diag.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum bnn_node_kind {
    BNN_NODE_SCALAR,
    BNN_NODE_LIST,
    BNN_NODE_MAP,
} bnn_node_kind;

typedef struct bnn_node bnn_node;

typedef struct bnn_pair {
    const bnn_node *key; /* a scalar */
    const bnn_node *value;
} bnn_pair;

struct bnn_node {
    bnn_node_kind kind;
    bnn_position_in_file at;
    const char *text; /* scalar: its value */
    bool quoted;      /* scalar: written in quotes, hence a text and never a number */
    size_t n;         /* list: items; map: pairs */
    const bnn_node *const *items;
    const bnn_pair *pairs;
};

/* Parses a file, or a text that came from elsewhere (`name` stands for the file in messages, as in
 * "-s:1:7"). Returns the root, or NULL after adding at least one message to diag. */
const bnn_node *bnn_tree_load(const char *path, bnn_arena *arena, bnn_diag *diag);
const bnn_node *bnn_tree_parse(const char *name, const char *text, size_t n, bnn_arena *arena,
                               bnn_diag *diag);

/* The value of a key of a map, or NULL when the key is missing or the node is NULL or no map. */
const bnn_node *bnn_tree_get(const bnn_node *map, const char *key);

/* Whether the node is a scalar without quotes; and whether it is a plain nothing: empty, ~, null. */
bool bnn_tree_is_plain(const bnn_node *node);
bool bnn_tree_is_null(const bnn_node *node);

/* How a message calls a value that it did not expect: "lots" (in quotes), a list, a map, nothing.
 * Returns out. */
enum { BNN_DESCRIPTION = BNN_EXCERPT + 8 };
const char *bnn_tree_describe(const bnn_node *node, char out[BNN_DESCRIPTION]);

/* Whether two values are written alike: the same texts, quoted or not, and lists in the same order;
 * the order of a map's keys does not matter. NULL equals NULL only. */
bool bnn_tree_equal(const bnn_node *a, const bnn_node *b);

/* Whether a text is a dotted path: names joined with dots, at most BNN_PATH_SEGMENTS of them.
 * Otherwise a message says so. */
enum { BNN_PATH_SEGMENTS = 16 };
bool bnn_tree_check_path(const char *path, bnn_diag *diag, bnn_position_in_file at);

/* Whether setting the dotted path changes what lies at `inner`: it is the same or begins it. */
bool bnn_tree_covers(const char *path, const char *inner);

/* The value at a dotted path ("model.binarize.weights"), or NULL. Items of a list are called by their
 * numbers, from 1 ("model.topology.blocks.2.layer"). */
const bnn_node *bnn_tree_find(const bnn_node *root, const char *path);

/* A copy of root with the value at the dotted path replaced or added, maps on the way created;
 * root itself is unchanged, and unchanged sub-trees are shared. `at` is where the override was
 * written. A plugin reference on the way that is a bare name (ste: clipped) becomes a map
 * ({name: clipped}), so that `model.ste.clip` reaches into it. NULL and a message when something
 * on the way is another scalar, or a list without this item. */
const bnn_node *bnn_tree_set(const bnn_node *root, const char *path, const bnn_node *value,
                             bnn_arena *arena, bnn_diag *diag, bnn_position_in_file at);

/* A copy of map (NULL: an empty one) with one key, which may contain dots, replaced in place or
 * added at the end; without a value it is taken out. NULL when the arena is full. */
const bnn_node *bnn_tree_put(const bnn_node *map, const char *key, const bnn_node *value,
                             bnn_arena *arena, bnn_position_in_file at);

/* The list with these n items, or the map with these n pairs, which are in the arena; NULL without
 * memory, theirs included. */
const bnn_node *bnn_tree_part(const bnn_node *node, size_t n, const bnn_pair *pairs,
                              const bnn_node *const *items, bnn_arena *arena);

#endif
