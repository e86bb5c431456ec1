/* interface.h - the functions of an exported model's header, and the header. Private to
 * export/c/. */
#ifndef BNN_EXPORT_C_INTERFACE_H
#define BNN_EXPORT_C_INTERFACE_H

#include "export/c/writer.h"

void bnn_c_interface(c_writer *w);
void bnn_c_header(c_writer *w);

#endif
