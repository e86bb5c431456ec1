/* ste_no_grad - must be refused: an STE without a gradient. */
#include <bnn/plugin.h>

BNN_DEFINE_STE(BNN_HEAD_PLAIN("no_grad", "an STE without a gradient", NULL), .grad = NULL)
