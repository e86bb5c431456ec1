#include "plugin/symbol.h"

#include "base/file.h"
#include "base/size.h"
#include "base/text.h"

#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SYMBOL_FILE_BYTES = 64 << 20 };

/* The bytes of a file, which may hold anything. */
typedef struct symbol_file {
    char *bytes;
    size_t n;
} symbol_file;

/* n things of a size at an offset; false when they are not all inside. */
static bool symbol_copy(const symbol_file *f, size_t offset, void *out, size_t size)
{
    if (offset > f->n || size > f->n - offset)
        return false;
    memcpy(out, f->bytes + offset, size);
    return true;
}

/* The table of symbols and its strings. */
static bool symbol_find_tables(const symbol_file *f, ElfW(Shdr) * symbols, ElfW(Shdr) * strings)
{
    ElfW(Ehdr) elf;
    if (!symbol_copy(f, 0, &elf, sizeof elf) || memcmp(elf.e_ident, ELFMAG, SELFMAG) != 0 ||
        elf.e_shentsize != sizeof *symbols)
        return false;
    for (size_t i = 0; i < elf.e_shnum; i++) {
        if (!symbol_copy(f, elf.e_shoff + i * sizeof *symbols, symbols, sizeof *symbols))
            return false;
        if (symbols->sh_type == SHT_SYMTAB)
            return symbols->sh_link < elf.e_shnum &&
                   symbol_copy(f, elf.e_shoff + symbols->sh_link * sizeof *strings, strings,
                               sizeof *strings);
    }
    return false;
}

static bool symbol_search(const symbol_file *f, size_t offset, char out[BNN_SYMBOL_MAX])
{
    ElfW(Shdr) symbols, strings;
    ElfW(Sym) s;
    if (!symbol_find_tables(f, &symbols, &strings))
        return false;
    for (size_t i = 0; i < symbols.sh_size / sizeof s; i++) {
        if (!symbol_copy(f, symbols.sh_offset + i * sizeof s, &s, sizeof s))
            return false;
        if ((s.st_info & 0xf) != STT_FUNC || offset < s.st_value ||
            offset - s.st_value >= s.st_size)
            continue;
        const size_t at = strings.sh_offset + s.st_name;
        if (s.st_name >= strings.sh_size || at >= f->n)
            return false;
        snprintf(out, BNN_SYMBOL_MAX, "%.*s", (int)bnn_size_smaller(f->n - at, BNN_SYMBOL_MAX - 1),
                 f->bytes + at);
        bnn_text_clean(out, "");
        return out[0] != '\0';
    }
    return false;
}

bool bnn_plugin_symbol(const char *path, size_t offset, char out[BNN_SYMBOL_MAX])
{
    symbol_file f;
    bnn_error err;
    if (bnn_file_read(path, SYMBOL_FILE_BYTES, &f.bytes, &f.n, &err) != BNN_OK)
        return false;
    const bool found = symbol_search(&f, offset, out);
    free(f.bytes);
    return found;
}
