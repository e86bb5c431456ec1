/* ste_no_symbol - must be refused: a shared object, but no plugin. */
#include <bnn/plugin.h>

BNN_EXPORT int not_a_plugin(void);

BNN_EXPORT int not_a_plugin(void)
{
    return 0;
}
