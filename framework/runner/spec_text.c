#include "runner/spec_text.h"

#include "runner/experiment.h"

#include <stdlib.h>
#include <string.h>

#define MARK "# -s "

/* Behind a file that ends in comments of our own form: what follows is ours, they are not. */
#define SEPARATOR "#\n"

/* Where the line that ends in front of text[end] begins. */
static size_t begin_of_line(const char *text, size_t end)
{
    while (end > 0 && text[end - 1] != '\n')
        end--;
    return end;
}

const char *bnn_spec_text_join(const char *text, const char *const *overrides, bnn_arena *arena)
{
    const size_t length = strlen(text);
    const bool ended = length == 0 || text[length - 1] == '\n';
    const char *last = text + begin_of_line(text, length > 0 && ended ? length - 1 : length);
    const bool marked = strncmp(last, MARK, strlen(MARK)) == 0;
    const char *all = bnn_arena_printf(arena, "%s%s%s", text,
                                       ended || (overrides[0] == NULL && !marked) ? "" : "\n",
                                       marked ? SEPARATOR : "");
    for (; all != NULL && *overrides != NULL; overrides++)
        all = bnn_arena_printf(arena, "%s" MARK "%s\n", all, *overrides);
    return all;
}

/* ---- reading ----------------------------------------------------------------------------- */

/* The spec with the overrides of seeds among the comments that end it. */
static const bnn_node *text_override_seeds(const bnn_reader *r, const bnn_node *root,
                                           const char *text)
{
    size_t begin = strlen(text);
    while (begin > 0 && strncmp(text + begin_of_line(text, begin - 1), MARK, strlen(MARK)) == 0)
        begin = begin_of_line(text, begin - 1);
    for (const char *line = text + begin; root != NULL && *line != '\0';) {
        const char *override = line + strlen(MARK);
        const size_t n = strcspn(override, "\n"), n_key = strcspn(override, ".=");
        if (n_key == strlen("seeds") && strncmp(override, "seeds", n_key) == 0) {
            const char *copy = bnn_arena_printf(r->arena, "%.*s", (int)n, override);
            root = copy == NULL ? NULL : bnn_sweep_override(r, root, 1, copy);
        }
        line = override + n + (override[n] == '\n');
    }
    return root;
}

static int text_order_seeds(const void *left, const void *right)
{
    const int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

bool bnn_spec_text_seeds(const char *text, bnn_arena *arena, const int64_t **out, size_t *out_n)
{
    bnn_diag *diag = bnn_diag_create();
    const bnn_reader r = {.arena = arena, .diag = diag, .spec = &bnn_spec_section};
    bnn_experiment x = {.n_seeds = 0};
    const bnn_node *root =
        diag == NULL ? NULL : bnn_tree_parse("spec", text, strlen(text), arena, diag);
    if (root != NULL && root->kind == BNN_NODE_MAP)
        root = text_override_seeds(&r, root, text);
    bool read = root != NULL && root->kind == BNN_NODE_MAP;
    if (read)
        bnn_key_read(&r, r.spec, bnn_key_find(r.spec, "seeds"), root, &x);
    read = read && bnn_diag_status(diag) == BNN_OK;
    bnn_diag_destroy(diag);
    int64_t *seeds = read ? bnn_arena_copy(arena, x.seeds, x.n_seeds, sizeof *seeds) : NULL;
    if (seeds == NULL)
        return false;
    qsort(seeds, x.n_seeds, sizeof *seeds, text_order_seeds);
    *out = seeds;
    *out_n = x.n_seeds;
    return true;
}
