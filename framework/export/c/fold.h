/* fold.h - stages with folded decisions as C. Private to export/c/. */
#ifndef BNN_EXPORT_C_FOLD_H
#define BNN_EXPORT_C_FOLD_H

#include "export/c/writer.h"

/* Stage i: constants and function. */
void bnn_c_folded_stage(c_writer *w, uint32_t i);

#endif
