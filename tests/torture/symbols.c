/* symbols.c - see symbols.h. */
#include "tests/torture/symbols.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static torture_symbol *symbols; /* [n_symbols], by address */
static size_t n_symbols;

static int symbols_compare(const void *a, const void *b)
{
    const uintptr_t x = ((const torture_symbol *)a)->at, y = ((const torture_symbol *)b)->at;
    return (x > y) - (x < y);
}

/* Names stay where the file is mapped. */
static void symbols_take(const char *file, const ElfW(Shdr) * table, const char *names)
{
    const ElfW(Sym) *entries = (const void *)(file + table->sh_offset);
    const size_t n = table->sh_size / sizeof *entries;
    const char *source = "";
    symbols = calloc(n, sizeof *symbols);
    for (size_t i = 0; symbols != NULL && i < n; i++) {
        const int type = ELF64_ST_TYPE(entries[i].st_info);
        const bool is_static = ELF64_ST_BIND(entries[i].st_info) == STB_LOCAL;
        if (type == STT_FILE)
            source = names + entries[i].st_name;
        else if (type == STT_FUNC && entries[i].st_shndx != SHN_UNDEF)
            symbols[n_symbols++] = (torture_symbol){.at = entries[i].st_value,
                                                    .name = names + entries[i].st_name,
                                                    .file = is_static ? source : ""};
    }
    qsort(symbols, n_symbols, sizeof *symbols, symbols_compare);
}

bool torture_symbols_load(void)
{
    struct stat info;
    const int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &info) != 0)
        return false;
    const char *file = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (file == MAP_FAILED)
        return false;
    const ElfW(Ehdr) *head = (const void *)file;
    const ElfW(Shdr) *sections = (const void *)(file + head->e_shoff);
    for (int i = 0; i < head->e_shnum; i++)
        if (sections[i].sh_type == SHT_SYMTAB)
            symbols_take(file, &sections[i], file + sections[sections[i].sh_link].sh_offset);
    return n_symbols > 0;
}

const torture_symbol *torture_symbol_of(uintptr_t at)
{
    size_t first = 0, behind = n_symbols;
    while (first < behind) {
        const size_t middle = first + (behind - first) / 2;
        if (symbols[middle].at <= at)
            first = middle + 1;
        else
            behind = middle;
    }
    return first > 0 ? &symbols[first - 1] : NULL;
}
