/* key_size.c - sizes of memory as values of keys: "500MB". */
#include "spec/key.h"

#include "spec/diag.h"
#include "spec/tree.h"

#include <stdlib.h>
#include <string.h>

/* Bytes of a text; negative: it is no size. */
static double size_parse(const char *text)
{
    static const struct {
        const char *name;
        double bytes;
    } units[] = {{"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}};
    char *end;
    if (text[0] < '0' || text[0] > '9')
        return -1.0;
    const double n = strtod(text, &end);
    end += strspn(end, " ");
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(end, units[i].name) == 0)
            return n * units[i].bytes;
    return -1.0;
}

static void size_read(const bnn_reader *r, const bnn_key *key, const bnn_node *node, void *out)
{
    static const double least = 1e6, most = 1e15;
    char excerpt[BNN_EXCERPT];
    double bytes = key->param.fallback;
    if (node != NULL && bnn_key_word(key, node) == NULL) {
        const double given = bnn_tree_is_plain(node) ? size_parse(node->text) : -1.0;
        if (given < 0.0)
            bnn_key_expected(r, key, node);
        else if (given < least || given > most)
            bnn_diag_add(r->diag, node->at, "%s: %s is out of range; it must be from 1MB to 1000TB",
                         r->path, bnn_excerpt(node->text, excerpt));
        else
            bytes = given;
    }
    memcpy((char *)out + key->param.offset, &bytes, sizeof bytes);
}

const bnn_key_type bnn_key_size = {
    "a size such as 500MB or 2GB", size_read, NULL,
    /* not what is surely below 1MB */
    "{\"type\": \"string\", \"pattern\": \"^(?!0*([0-9]{1,3}(\\\\.[0-9]*)? *kB|(\\\\.[0-9]*)? *MB)$)"
    "[0-9][0-9.eE+-]* *(kB|MB|GB|TB)$\"}"};
