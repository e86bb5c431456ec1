/* helpers.h - the functions that the stages of an exported model call. Private to export/c/. */
#ifndef BNN_EXPORT_C_HELPERS_H
#define BNN_EXPORT_C_HELPERS_H

#include "export/c/writer.h"

/* Writes those of w->helpers, and what they call themselves. */
void bnn_c_helpers(c_writer *w);

#endif
