/* workspace.h - the static memory that an exported model works in. Private to export/c/. */
#ifndef BNN_EXPORT_C_WORKSPACE_H
#define BNN_EXPORT_C_WORKSPACE_H

#include "export/c/writer.h"

/* Makes room for the values between stages: they write to two buffers in turn, the last one to
 * the caller's logits. */
void bnn_c_size_buffers(c_writer *w);

/* Of all members, the pixels last, which fill their words. */
size_t bnn_c_workspace_bytes(const c_workspace *work);

/* Writes its definition; nothing where it is empty. */
void bnn_c_workspace(c_writer *w);

#endif
