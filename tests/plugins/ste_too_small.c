/* ste_too_small - must be refused: its descriptor ends before the functions that the host needs. */
#include <bnn/plugin.h>

BNN_EXPORT const bnn_head *bnn_plugin_entry(void)
{
    static const bnn_head plugin = {.abi_version = BNN_ABI_VERSION,
                                    .struct_size = sizeof(bnn_head),
                                    .kind = BNN_KIND_STE,
                                    .name = "too_small",
                                    .summary = "a head without a body"};
    return &plugin;
}
