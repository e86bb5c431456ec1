#include "base/file.h"
#include "base/text.h"
#include "spec/tree.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum {
    FILE_BYTES_MAX = 1 << 20,
    DEPTH_MAX = 64,
    NODES_MAX = 100000, /* with every alias counted as what it stands for */
    ANCHORS_MAX = 1000,
};

typedef struct anchor {
    const char *name;
    const bnn_node *node;
} anchor;

typedef struct reader {
    yaml_parser_t parser;
    const char *name;
    const char *text;
    size_t n_text;
    bnn_arena *arena;
    bnn_diag *diag;
    size_t n_nodes;
    const bnn_node **stack; /* children of the collections that are open */
    size_t n_stack, stack_capacity;
    anchor anchors[ANCHORS_MAX];
    size_t n_anchors;
    bool is_wrong; /* a mistake was found that reading could go on after */
} reader;

static bnn_position_in_file mark_position(const reader *r, yaml_mark_t mark)
{
    return (bnn_position_in_file){r->name, (uint32_t)mark.line + 1, (uint32_t)mark.column + 1};
}

/* ---- what libyaml refuses ---------------------------------------------------------------- */

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

static bnn_position_in_file byte_position(const reader *r, size_t offset)
{
    const char *text = r->text;
    bnn_position_in_file at = {r->name, 1, 1};
    for (size_t i = 0; i < offset && i < r->n_text; i++) {
        if (text[i] == '\n' || (text[i] == '\r' && i + 1 < r->n_text && text[i + 1] != '\n')) {
            at.line++;
            at.column = 1;
        } else if (!is_continuation(text[i])) {
            at.column++;
        }
    }
    return at;
}

/* Whether the character at a mark is a tab: the usual cause of a baffling message. */
static bool is_tab(const reader *r, yaml_mark_t mark)
{
    size_t i = 0;
    for (size_t n_characters = 0; i < r->n_text; i++)
        if (!is_continuation(r->text[i]) && n_characters++ == mark.index)
            break;
    return i < r->n_text && r->text[i] == '\t';
}

/* What to do about the mistakes that libyaml describes from its own point of view; or NULL. */
static const char *problem_advice(const reader *r)
{
    static const struct {
        const char *problem, *advice;
    } known[] = {
        {"mapping values are not allowed in this context",
         "; indent the line like its neighbours, and quote a text that contains a colon"},
        {"found character that cannot start any token", "; put the text in quotes"},
        {"did not find expected alphabetic or numeric character",
         "; put a text that begins with * or & in quotes"},
        {"did not find expected <document start>", "; write KEY: VALUE on each line"},
    };
    if (is_tab(r, r->parser.problem_mark))
        return ": a tab; indent with spaces";
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(r->parser.problem, known[i].problem) == 0)
            return known[i].advice;
    return NULL;
}

static void add_problem(const reader *r)
{
    const yaml_parser_t *parser = &r->parser;
    const char *problem = parser->problem;
    const bnn_position_in_file end = byte_position(r, r->n_text);
    bnn_position_in_file at = mark_position(r, parser->problem_mark);
    if (at.line > end.line) /* where libyaml sees the end of a text without a newline there */
        at = end;
    if (parser->error == YAML_MEMORY_ERROR || problem == NULL)
        bnn_diag_no_memory(r->diag);
    else if (parser->error == YAML_READER_ERROR) /* no text: an offset instead of a mark */
        bnn_diag_add(r->diag, byte_position(r, parser->problem_offset), "%s%s", problem,
                     strstr(problem, "octet") != NULL ? "; save it as UTF-8" : "");
    else if (problem_advice(r) != NULL)
        bnn_diag_add(r->diag, at, "%s%s", problem, problem_advice(r));
    else if (parser->context == NULL)
        bnn_diag_add(r->diag, at, "%s", problem);
    else if (parser->context_mark.line + 1 == at.line)
        bnn_diag_add(r->diag, at, "%s %s", problem, parser->context);
    else
        bnn_diag_add(r->diag, at, "%s %s that starts on line %zu", problem, parser->context,
                     parser->context_mark.line + 1);
}

/* ---- values ------------------------------------------------------------------------------ */

static bool parse_no_memory(const reader *r)
{
    bnn_diag_no_memory(r->diag);
    return false;
}

static bool next_event(reader *r, yaml_event_t *event)
{
    if (yaml_parser_parse(&r->parser, event) != 0)
        return true;
    add_problem(r);
    return false;
}

/* Whether there may be one more value, of this kind and at this depth. */
static bool count_node(reader *r, bnn_node_kind kind, unsigned depth, bnn_position_in_file at)
{
    if (++r->n_nodes > NODES_MAX)
        bnn_diag_add(r->diag, at, "more than %d values, with aliases expanded", NODES_MAX);
    else if (kind != BNN_NODE_SCALAR && depth >= DEPTH_MAX)
        bnn_diag_add(r->diag, at, "nested deeper than %d levels", DEPTH_MAX);
    else
        return true;
    return false;
}

/* The same of what an alias stands for. */
static bool count_nodes(reader *r, const bnn_node *node, unsigned depth, bnn_position_in_file at)
{
    bool fits = count_node(r, node->kind, depth, at);
    for (size_t i = 0; fits && i < node->n; i++)
        if (node->kind == BNN_NODE_MAP)
            fits = count_nodes(r, node->pairs[i].key, depth + 1, at) &&
                   count_nodes(r, node->pairs[i].value, depth + 1, at);
        else
            fits = count_nodes(r, node->items[i], depth + 1, at);
    return fits;
}

/* A tag would change what a value means; nothing in a spec needs one. */
static void refuse_tag(reader *r, const yaml_char_t *tag, bnn_position_in_file at)
{
    static const char standard[] = "tag:yaml.org,2002:"; /* what "!!" stands for */
    const size_t n = sizeof standard - 1;
    const char *text = (const char *)tag;
    char excerpt[BNN_EXCERPT];
    if (text == NULL)
        return;
    const bool is_standard = strncmp(text, standard, n) == 0;
    r->is_wrong = true;
    bnn_diag_add(r->diag, at, "tags are not supported; leave out %s%s, or put the text in quotes",
                 is_standard ? "!!" : "", bnn_excerpt(is_standard ? text + n : text, excerpt));
}

static bool add_anchor(reader *r, const yaml_char_t *name, const bnn_node *node)
{
    if (r->n_anchors == ANCHORS_MAX) {
        bnn_diag_add(r->diag, node->at, "more than %d anchors", ANCHORS_MAX);
        return false;
    }
    const char *copy = bnn_arena_strdup(r->arena, (const char *)name);
    if (copy == NULL)
        return parse_no_memory(r);
    r->anchors[r->n_anchors++] = (anchor){copy, node};
    return true;
}

static const bnn_node *read_alias(reader *r, const yaml_event_t *event, unsigned depth)
{
    const char *name = (const char *)event->data.alias.anchor;
    const bnn_position_in_file at = mark_position(r, event->start_mark);
    char excerpt[BNN_EXCERPT];
    size_t i = r->n_anchors; /* the latest anchor of a name counts */
    while (i > 0 && strcmp(r->anchors[i - 1].name, name) != 0)
        i--;
    const bnn_node *node = i == 0 ? NULL : r->anchors[i - 1].node;
    if (node == NULL)
        bnn_diag_add(r->diag, at, "alias of an unknown anchor \"%s\"", bnn_excerpt(name, excerpt));
    else if (node->kind != BNN_NODE_SCALAR && node->items == NULL && node->pairs == NULL)
        bnn_diag_add(r->diag, at, "alias \"%s\" stands inside its own anchor",
                     bnn_excerpt(name, excerpt));
    else if (count_nodes(r, node, depth, at))
        return node;
    return NULL;
}

/* Without its text or children. NULL after a message. */
static bnn_node *create_node(reader *r, const yaml_event_t *event, unsigned depth)
{
    const bool is_map = event->type == YAML_MAPPING_START_EVENT;
    const bool is_list = event->type == YAML_SEQUENCE_START_EVENT;
    const yaml_char_t *name = is_map    ? event->data.mapping_start.anchor
                              : is_list ? event->data.sequence_start.anchor
                                        : event->data.scalar.anchor;
    const yaml_char_t *tag = is_map    ? event->data.mapping_start.tag
                             : is_list ? event->data.sequence_start.tag
                                       : event->data.scalar.tag;
    bnn_node *node = bnn_arena_alloc(r->arena, 1, sizeof *node);
    if (node == NULL) {
        bnn_diag_no_memory(r->diag);
        return NULL;
    }
    node->kind = is_map ? BNN_NODE_MAP : is_list ? BNN_NODE_LIST : BNN_NODE_SCALAR;
    node->at = mark_position(r, event->start_mark);
    refuse_tag(r, tag, node->at);
    return count_node(r, node->kind, depth, node->at) && (name == NULL || add_anchor(r, name, node))
               ? node
               : NULL;
}

static bool read_text(reader *r, const yaml_event_t *event, bnn_node *node)
{
    const char *value = (const char *)event->data.scalar.value;
    if (strlen(value) != event->data.scalar.length) {
        r->is_wrong = true;
        bnn_diag_add(r->diag, node->at, "a text cannot contain \\0");
    }
    node->text = bnn_arena_strdup(r->arena, value);
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    return node->text != NULL || parse_no_memory(r);
}

static bool push_node(reader *r, const bnn_node *node)
{
    const bnn_node **stack =
        bnn_arena_grow(r->arena, r->stack, r->n_stack, &r->stack_capacity, sizeof node);
    if (stack == NULL)
        return false;
    r->stack = stack;
    stack[r->n_stack++] = node;
    return true;
}

static int compare_key_texts(const void *left, const void *right)
{
    const bnn_node *a = *(const bnn_node *const *)left, *b = *(const bnn_node *const *)right;
    const int order = strcmp(a->text, b->text);
    return order != 0 ? order : bnn_position_order(a->at, b->at);
}

/* Sorted, because a file may have as many keys as it likes. keys: scratch of n entries. */
static void find_duplicates(reader *r, const bnn_node **keys, size_t n)
{
    char excerpt[BNN_EXCERPT];
    qsort(keys, n, sizeof *keys, compare_key_texts);
    const bnn_node *first = n > 0 ? keys[0] : NULL;
    for (size_t i = 1; i < n; i++) {
        if (strcmp(keys[i]->text, first->text) != 0) {
            first = keys[i];
            continue;
        }
        r->is_wrong = true;
        bnn_diag_add(r->diag, keys[i]->at, "duplicate key \"%s\"; it is set on line %u already",
                     bnn_excerpt(first->text, excerpt), first->at.line);
    }
}

static bool is_usable_key(const reader *r, const bnn_node *key)
{
    if (key->kind != BNN_NODE_SCALAR)
        bnn_diag_add(r->diag, key->at, "a key must be a name, not a %s",
                     key->kind == BNN_NODE_LIST ? "list" : "map");
    else if (strcmp(key->text, "<<") == 0 && !key->quoted)
        bnn_diag_add(r->diag, key->at, "merge keys (<<) are not supported; write the keys out");
    else
        return true;
    return false;
}

/* Moves the children from the top of the stack into the node. */
static bool fill_collection(reader *r, bnn_node *node, size_t first)
{
    const size_t n = r->n_stack - first;
    const bnn_node **items = bnn_arena_alloc(r->arena, n, sizeof *items);
    if (items == NULL)
        return false;
    if (node->kind == BNN_NODE_LIST) {
        if (n > 0)
            memcpy(items, r->stack + first, n * sizeof *items);
        node->items = items;
        node->n = n;
        return true;
    }
    bnn_pair *pairs = bnn_arena_alloc(r->arena, n / 2, sizeof *pairs);
    if (pairs == NULL)
        return false;
    for (size_t i = first; i < r->n_stack; i += 2) {
        const bnn_node *key = r->stack[i];
        if (!is_usable_key(r, key)) {
            r->is_wrong = true;
            continue;
        }
        items[node->n] = key;
        pairs[node->n++] = (bnn_pair){key, r->stack[i + 1]};
    }
    node->pairs = pairs;
    find_duplicates(r, items, node->n);
    return true;
}

static const bnn_node *read_node(reader *r, const yaml_event_t *event, unsigned depth);

/* Up to the end of the collection. */
static bool read_children(reader *r, bnn_node *node, unsigned depth)
{
    const size_t first = r->n_stack;
    for (;;) {
        yaml_event_t event;
        if (!next_event(r, &event))
            return false;
        const bool ended =
            event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT;
        const bnn_node *child = ended ? NULL : read_node(r, &event, depth + 1);
        yaml_event_delete(&event);
        if (ended)
            break;
        if (child == NULL)
            return false;
        if (!push_node(r, child))
            return parse_no_memory(r);
    }
    if (!fill_collection(r, node, first))
        return parse_no_memory(r);
    r->n_stack = first;
    return true;
}

/* NULL after a message. */
static const bnn_node *read_node(reader *r, const yaml_event_t *event, unsigned depth)
{
    if (event->type == YAML_ALIAS_EVENT)
        return read_alias(r, event, depth);
    bnn_node *node = create_node(r, event, depth);
    if (node == NULL)
        return NULL;
    const bool complete =
        node->kind == BNN_NODE_SCALAR ? read_text(r, event, node) : read_children(r, node, depth);
    return complete ? node : NULL;
}

/* Up to the end of the stream: one document, and so one value. */
static const bnn_node *read_document(reader *r)
{
    const bnn_node *root = NULL;
    yaml_event_type_t type = YAML_NO_EVENT;
    while (type != YAML_STREAM_END_EVENT) {
        yaml_event_t event;
        if (!next_event(r, &event))
            return NULL;
        type = event.type;
        const bnn_position_in_file at = mark_position(r, event.start_mark);
        const bool second = root != NULL && type == YAML_DOCUMENT_START_EVENT;
        const bool value = type != YAML_STREAM_START_EVENT && type != YAML_DOCUMENT_START_EVENT &&
                           type != YAML_DOCUMENT_END_EVENT && type != YAML_STREAM_END_EVENT;
        if (value)
            root = read_node(r, &event, 0);
        yaml_event_delete(&event);
        if (second)
            bnn_diag_add(r->diag, at, "a second document starts here; only one is allowed");
        if (second || (value && root == NULL))
            return NULL;
    }
    if (root == NULL)
        bnn_diag_add(r->diag, (bnn_position_in_file){r->name, 0, 0}, "empty: no value in here");
    return root;
}

const bnn_node *bnn_tree_parse(const char *name, const char *text, size_t n, bnn_arena *arena,
                               bnn_diag *diag)
{
    static const char mark[] = "\xef\xbb\xbf"; /* that some editors put in front of UTF-8 */
    const bnn_position_in_file whole = {name, 0, 0};
    if (n >= strlen(mark) && memcmp(text, mark, strlen(mark)) == 0) {
        text += strlen(mark);
        n -= strlen(mark);
    }
    if (n > FILE_BYTES_MAX) {
        bnn_diag_add(diag, whole, "%zu bytes, more than the limit of %d", n, FILE_BYTES_MAX);
        return NULL;
    }
    reader *r = calloc(1, sizeof *r);
    const char *kept_name = bnn_arena_strdup(arena, name);
    if (r == NULL || kept_name == NULL || bnn_diag_source(diag, name, text, n) != BNN_OK ||
        yaml_parser_initialize(&r->parser) == 0) {
        bnn_diag_no_memory(diag);
        free(r);
        return NULL;
    }
    r->name = kept_name;
    r->text = text;
    r->n_text = n;
    r->arena = arena;
    r->diag = diag;
    yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r->parser, (const unsigned char *)text, n);
    const bnn_node *root = read_document(r);
    if (r->is_wrong)
        root = NULL;
    yaml_parser_delete(&r->parser);
    free(r);
    return root;
}

const bnn_node *bnn_tree_load(const char *path, bnn_arena *arena, bnn_diag *diag)
{
    bnn_error err;
    char *text;
    size_t n;
    if (bnn_file_read(path, FILE_BYTES_MAX, &text, &n, &err) != BNN_OK) {
        bnn_diag_unread(diag, &err);
        return NULL;
    }
    const bnn_node *root = bnn_tree_parse(path, text, n, arena, diag);
    free(text);
    return root;
}
