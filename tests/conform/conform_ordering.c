/* conform_ordering.c - an ordering is legal for every block, and answers the same each time. */
#include "tests/conform/conform.h"

static size_t ordering_count(const char *text, char letter)
{
    size_t n = 0;
    for (; *text != '\0'; text++)
        n += *text == letter;
    return n;
}

static void ordering_check(const subject *s, const bnn_block *block, const char *sequence)
{
    REQUIRE(sequence != NULL && sequence[strspn(sequence, "LPBA")] == '\0',
            "%s: letters other than L, P, B, A in \"%s\"", s->what,
            sequence == NULL ? "(null)" : sequence);
    REQUIRE(ordering_count(sequence, 'L') == 1, "%s: \"%s\" must have one L", s->what, sequence);
    REQUIRE(ordering_count(sequence, 'P') == (block->pools ? 1u : 0u), "%s: \"%s\" in a block %s",
            s->what, sequence, block->pools ? "that pools" : "without a pool");
    REQUIRE(ordering_count(sequence, 'B') <= 1 && ordering_count(sequence, 'A') <= 1,
            "%s: \"%s\" has a letter twice", s->what, sequence);
    if (block->position == BNN_POSITION_LAST)
        REQUIRE(strchr(strchr(sequence, 'L'), 'A') == NULL,
                "%s: \"%s\" has an activation behind the logits", s->what, sequence);
}

void conform_ordering(size_t i)
{
    subject s;
    conform_begin(&s, BNN_KIND_ORDERING, i);
    conform_file(&s);
    const bnn_ordering *ordering = (const void *)s.head;
    for (size_t turn = 0; conform_set(&s, turn); turn++)
        for (uint32_t j = 0; j < 3 * 8; j++) {
            const bnn_block block = {.position = j / 8,
                                     .pools = j % 2 != 0,
                                     .binary_weights = j / 2 % 2 != 0,
                                     .binary_inputs = j / 4 % 2 != 0};
            const char *sequence = ordering->sequence(s.params, &block);
            ordering_check(&s, &block, sequence);
            ck_assert_str_eq(sequence, ordering->sequence(s.params, &block));
        }
    conform_end(&s);
}
