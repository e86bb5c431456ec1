/* ste_no_descriptor - must be refused: its entry function gives nothing. */
#include <bnn/plugin.h>

BNN_EXPORT const bnn_head *bnn_plugin_entry(void)
{
    return NULL;
}
