#include "train/telemetry/options.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* In the order of the bits. */
static const char *const topics[] = {"flips",         "never_flipped", "histogram", "masked",
                                     "balance",       "saturation",    "dead",      "norm_signs",
                                     "gradient_norm", "mismatch",      "hardening"};
enum { N_TOPICS = sizeof topics / sizeof *topics };
_Static_assert(BNN_TELEMETRY_ALL == (1 << N_TOPICS) - 1, "a bit has a name");

/* The bit of a text; 0: it is none. */
static uint32_t topic_bit(const bnn_node *node)
{
    for (size_t i = 0; node->kind == BNN_NODE_SCALAR && i < N_TOPICS; i++)
        if (strcmp(node->text, topics[i]) == 0)
            return (uint32_t)1 << i;
    return 0;
}

/* The bit of one item of a list; 0 after a message. */
static uint32_t topic_of(const bnn_reader *r, const bnn_key *key, const bnn_node *item)
{
    char thing[256] = "one of ", advice[BNN_DID_YOU_MEAN] = "";
    const size_t used = strlen(thing);
    const uint32_t bit = topic_bit(item);
    const char *word = bnn_key_word(key, item);
    if (bit != 0)
        return bit;
    bnn_text_join(topics, N_TOPICS, thing + used, sizeof thing - used);
    if (word != NULL)
        snprintf(advice, sizeof advice, "; write %s: %s, without a list", r->path, word);
    else if (item->kind == BNN_NODE_SCALAR)
        bnn_did_you_mean(item->text, topics, N_TOPICS, advice);
    bnn_reader_expected(r, item, thing, advice);
    return 0;
}

static void telemetry_read(const bnn_reader *r, const bnn_key *key, const bnn_node *node, void *out)
{
    uint32_t set = 0;
    const char *word = node != NULL ? bnn_key_word(key, node) : NULL;
    const bool plain = node != NULL && word == NULL && bnn_tree_is_plain(node);
    if (word != NULL)
        set = strcmp(word, "all") == 0 ? BNN_TELEMETRY_ALL : 0;
    else if (node != NULL && node->kind == BNN_NODE_LIST)
        for (size_t i = 0; i < node->n; i++)
            set |= topic_of(r, key, node->items[i]);
    else if (plain && topic_bit(node) != 0)
        set = topic_bit(node);
    else if (plain && bnn_suggest(node->text, topics, N_TOPICS) != NULL)
        topic_of(r, key, node);
    else if (node != NULL)
        bnn_key_expected(r, key, node);
    memcpy((char *)out + key->param.offset, &set, sizeof set);
}

#define TOPIC_SCHEMA                                                                    \
    "{\"enum\": [\"flips\", \"never_flipped\", \"histogram\", \"masked\", \"balance\"," \
    " \"saturation\", \"dead\", \"norm_signs\", \"gradient_norm\", \"mismatch\", \"hardening\"]}"

const bnn_key_type bnn_telemetry_type = {
    "a list of flips, never_flipped, histogram, masked, balance, saturation, dead, norm_signs, "
    "gradient_norm, mismatch and hardening",
    telemetry_read, NULL,
    "{\"anyOf\": [" TOPIC_SCHEMA ", {\"type\": \"array\", \"items\": " TOPIC_SCHEMA "}]}"};
