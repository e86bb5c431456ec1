/* symbol.h - which function of a plugin's file is at an address: static ones, too, which the dynamic loader does not
 * know. */
#ifndef BNN_PLUGIN_SYMBOL_H
#define BNN_PLUGIN_SYMBOL_H

#include <stdbool.h>
#include <stddef.h>

/* The name of the function that the byte at this offset from the beginning of the loaded object is in, from the file's
 * table of symbols. False when it has none, as one that was stripped, or is damaged. */
enum { BNN_SYMBOL_MAX = 64 };
bool bnn_plugin_symbol(const char *path, size_t offset, char out[BNN_SYMBOL_MAX]);

#endif
