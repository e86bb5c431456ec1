/* clean.c - texts from outside, as XML and gnuplot take them. */
#include "figure/figure_internal.h"

#include "base/text.h"

#include <string.h>

/* The bytes of the character that a text begins with; 0: it is no UTF-8, or none that XML may have. */
static size_t clean_character(const char *text)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char lead = (unsigned char)text[0];
    const size_t n = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    uint32_t code = n == 1 ? lead : n == 0 ? 0 : lead & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if (((unsigned char)text[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | ((unsigned char)text[i] & 0x3f);
    }
    const bool is_text =
        code < 0x110000 && !(code >= 0xd800 && code < 0xe000) && (code & 0xfffe) != 0xfffe;
    return n > 0 && code >= least[n] && is_text ? n : 0;
}

const char *figure_clean_text(const char *text, char *out, size_t out_bytes)
{
    size_t n_out = 0;
    while (*text != '\0') {
        const size_t n = clean_character(text), n_kept = n == 0 ? 1 : n;
        if (n_out + n_kept >= out_bytes)
            break;
        memcpy(out + n_out, n == 0 ? "?" : text, n_kept);
        n_out += n_kept;
        text += n_kept;
    }
    out[n_out] = '\0';
    return bnn_text_clean(out, "");
}
