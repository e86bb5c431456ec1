/* ordering_letters - any legal order, by its letters: linear operation, pool, norm, activation.
 *
 * One word, that of the hidden blocks, is enough. The first block is like them, a block without a
 * pool leaves out the P, and the last block, which gives the logits, leaves out what stands behind
 * its L but the pool. With binary weights it keeps a norm there, for the reason in linear_first.h.
 * So LBAP, LBPA, LPBA, LABP and LAPB are the orderings that have names (bn_act, bn_pool_act,
 * pool_bn_act, act_bn, act_pool_bn), and BALP with LBAP as the first block is xnor. */
#include <bnn/plugin.h>
#include <string.h>

/* All words with a pool: without an activation behind L, which is what a last block may have, and
 * with one. */
#define FRONT                                                                                   \
    "LBP|LPB|BLP|BPL|PLB|PBL|LP|PL|BALP|ABLP|ALBP|ALPB|BAPL|ABPL|BPAL|APBL|PBAL|PABL|APLB|PALB" \
    "|ALP|APL|PAL"
#define BEHIND "LBAP|LBPA|LPBA|LABP|LAPB|LPAB|BLAP|BLPA|BPLA|PLBA|PLAB|PBLA|LAP|LPA|PLA"
#define HIDDEN BEHIND "|" FRONT
#define FIRST  "auto|" HIDDEN
#define LAST   "auto|" FRONT

enum { WORD_BYTES = 5 };

struct letters {
    int32_t hidden, first, last;
};

static const bnn_param params[] = {
    BNN_CHOICE(struct letters, hidden, 0, HIDDEN, "a block with a pool; without, there is no P"),
    BNN_CHOICE(struct letters, first, 0, FIRST, "the first block; auto: as hidden"),
    BNN_CHOICE(struct letters, last, 0, LAST,
               "the block of the logits; auto: hidden, shortened behind L"),
    BNN_PARAMS_END,
};

static void choose(const char *choices, int32_t i, char word[WORD_BYTES])
{
    while (i-- > 0)
        choices = strchr(choices, '|') + 1;
    const size_t n = strcspn(choices, "|");
    memcpy(word, choices, n);
    word[n] = '\0';
}

static void leave_out(char *word, char letter)
{
    char *at = strchr(word, letter);
    if (at != NULL)
        memmove(at, at + 1, strlen(at));
}

/* A sequence is a constant: the one with these letters, among those with a pool and without. */
static const char *constant(const char *word)
{
    static const char words[][WORD_BYTES] = {
        "LBAP", "LBPA", "LPBA", "LABP", "LAPB", "LPAB", "BLAP", "BLPA", "BPLA", "PLBA",
        "PLAB", "PBLA", "LAP",  "LPA",  "PLA",  "LBP",  "LPB",  "BLP",  "BPL",  "PLB",
        "PBL",  "LP",   "PL",   "BALP", "ABLP", "ALBP", "ALPB", "BAPL", "ABPL", "BPAL",
        "APBL", "PBAL", "PABL", "APLB", "PALB", "ALP",  "APL",  "PAL",  "LBA",  "LAB",
        "BLA",  "BAL",  "ABL",  "ALB",  "LA",   "AL",   "LB",   "BL",   "L"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i], word) == 0)
            return words[i];
    return NULL;
}

static const char *sequence(const void *p, const bnn_block *block)
{
    const struct letters *letters = p;
    char word[WORD_BYTES];
    choose(HIDDEN, letters->hidden, word);
    if (block->position == BNN_POSITION_FIRST && letters->first > 0)
        choose(FIRST, letters->first, word);
    if (block->position == BNN_POSITION_LAST && letters->last > 0) {
        choose(LAST, letters->last, word);
    } else if (block->position == BNN_POSITION_LAST) {
        char *behind = strchr(word, 'L');
        leave_out(behind, 'A');
        if (!block->binary_weights)
            leave_out(behind, 'B');
    }
    if (!block->pools)
        leave_out(word, 'P');
    return constant(word);
}

BNN_DEFINE_ORDERING(
    BNN_HEAD("letters", "any legal order by its letters, as in LPBA", NULL, struct letters, params),
    .sequence = sequence,
    .formula = "a block in the order of its letters, without P where it has no pool\n"
               "last: auto: hidden without A behind L, and without B if it is float")
