/* clean.c - texts from outside, as XML and gnuplot take them. */
#include "figure/figure_internal.h"

#include "base/text.h"

#include <string.h>

const char *figure_clean_text(const char *text, char *out, size_t out_bytes)
{
    size_t n_out = 0;
    while (*text != '\0') {
        const size_t n = bnn_text_character(text), n_kept = n == 0 ? 1 : n;
        if (n_out + n_kept >= out_bytes)
            break;
        memcpy(out + n_out, n == 0 ? "?" : text, n_kept);
        n_out += n_kept;
        text += n_kept;
    }
    out[n_out] = '\0';
    return bnn_text_clean(out, "");
}
