/* ste_wrong_kind - must be refused: an ordering in a file that says ste. */
#include <bnn/plugin.h>

static const char *sequence(const void *params, const bnn_block *block)
{
    (void)params, (void)block;
    return "L";
}

BNN_DEFINE_ORDERING(BNN_HEAD_PLAIN("wrong_kind", "an ordering in disguise", NULL),
                    .sequence = sequence)
