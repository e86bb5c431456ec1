/* ordering.c - an ordering is legal for every block, and answers the same each time. */
#include "conform/conform_internal.h"

#include <string.h>

static size_t ordering_count(const char *text, char letter)
{
    size_t n = 0;
    for (; *text != '\0'; text++)
        n += *text == letter;
    return n;
}

static void ordering_check(const conform_subject *s, const bnn_block *block, const char *sequence)
{
    CONFORM_REQUIRE(s, sequence != NULL && sequence[strspn(sequence, "LPBA")] == '\0',
                    "letters other than L, P, B, A in \"%s\"",
                    sequence == NULL ? "(null)" : sequence);
    CONFORM_REQUIRE(s, ordering_count(sequence, 'L') == 1, "\"%s\" must have one L", sequence);
    CONFORM_REQUIRE(s, ordering_count(sequence, 'P') == (block->pools ? 1u : 0u),
                    "\"%s\" in a block %s", sequence,
                    block->pools ? "that pools" : "without a pool");
    CONFORM_REQUIRE(s, ordering_count(sequence, 'B') <= 1 && ordering_count(sequence, 'A') <= 1,
                    "\"%s\" has a letter twice", sequence);
    if (block->position == BNN_POSITION_LAST)
        CONFORM_REQUIRE(s, strchr(strchr(sequence, 'L'), 'A') == NULL,
                        "\"%s\" has an activation behind the logits", sequence);
}

/* All blocks that there are, with every setting. */
static void ordering_check_blocks(conform_subject *s)
{
    const bnn_ordering *ordering = (const void *)s->head;
    for (size_t turn = 0; conform_set(s, turn); turn++)
        for (uint32_t j = 0; j < 3 * 8; j++) {
            const bnn_block block = {.position = j / 8,
                                     .pools = j % 2 != 0,
                                     .binary_weights = j / 2 % 2 != 0,
                                     .binary_inputs = j / 4 % 2 != 0};
            const char *sequence = ordering->sequence(s->params, &block);
            ordering_check(s, &block, sequence);
            const char *again = ordering->sequence(s->params, &block);
            CONFORM_REQUIRE(s, again != NULL && strcmp(sequence, again) == 0,
                            "\"%s\", and \"%s\" when asked again", sequence,
                            again == NULL ? "(null)" : again);
        }
}

const conform_check conform_ordering_checks[] = {
    {"sequence", "legal for every block, and the same each time", ordering_check_blocks},
    {.name = NULL},
};
