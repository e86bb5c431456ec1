/* ste_bad_abi - must be refused: built for another plugin ABI. */
#include <bnn/plugin.h>

BNN_EXPORT const bnn_head *bnn_plugin_entry(void)
{
    static const bnn_ste plugin = {.head = {.abi_version = BNN_ABI_VERSION + 1,
                                            .struct_size = sizeof(bnn_ste),
                                            .kind = BNN_KIND_STE,
                                            .name = "bad_abi",
                                            .summary = "an STE of the future"}};
    return &plugin.head;
}
