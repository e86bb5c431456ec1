/* conform_file.c - what every plugin's file and texts promise. */
#include "base/file.h"
#include "tests/conform/conform.h"

#include <elf.h>
#include <link.h>

static void file_check_text(const subject *s, const char *what, const char *text)
{
    const size_t n = strlen(text);
    REQUIRE(n > 0 && n <= 100, "%s: %s has %zu letters", s->what, what, n);
    REQUIRE(text[n - 1] != '.' && text[n - 1] != ' ', "%s: %s ends in a period or a space", s->what,
            what);
    for (size_t i = 0; i < n; i++)
        REQUIRE((unsigned char)text[i] >= ' ', "%s: %s has a control character", s->what, what);
}

/* A part of the file, or a failed test when it lies outside. */
static const void *file_part(const subject *s, const char *bytes, size_t size, uint64_t offset,
                             uint64_t n)
{
    REQUIRE(offset <= size && n <= size - offset, "%s: damaged sections", s->what);
    return bytes + offset;
}

/* Names that compilers, linkers and their instrumentation put into every object. */
static bool is_toolchains_own(const char *name)
{
    return name[0] == '\0' || name[0] == '_' || strncmp(name, "completed.", 10) == 0;
}

static bool is_writable_data(const char *section)
{
    return strcmp(section, ".data") == 0 || strcmp(section, ".bss") == 0 ||
           strcmp(section, ".tdata") == 0 || strcmp(section, ".tbss") == 0;
}

/* What Clang exports for a function in several versions (BNN_HOT), static or not. */
static bool is_resolver(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot != NULL && strcmp(dot, ".resolver") == 0;
}

/* Builds that count executed lines link a library of counters into every object. */
static bool is_coverages_own(const char *name)
{
    return strncmp(name, "__gcov_", 7) == 0 || strncmp(name, "llvm_gc", 7) == 0;
}

/* One symbol table: nothing but the entry may be visible; no object may lie in writable data
 * (constant tables with pointers lie in .data.rel.ro, which is read-only after loading). */
static void file_check_symbols(const subject *s, const char *bytes, size_t size,
                               const ElfW(Shdr) * sections, size_t n_sections, size_t table)
{
    const ElfW(Ehdr) *elf = (const void *)bytes;
    const ElfW(Shdr) *const names = &sections[sections[table].sh_link % n_sections];
    const ElfW(Shdr) *const titles = &sections[elf->e_shstrndx % n_sections];
    const size_t n = sections[table].sh_size / sizeof(ElfW(Sym));
    const ElfW(Sym) *symbols =
        file_part(s, bytes, size, sections[table].sh_offset, n * sizeof *symbols);
    const char *shared = NULL; /* the first variable found */
    bool counts = false;
    for (size_t i = 0; i < n; i++) {
        const size_t index = symbols[i].st_shndx;
        if (index == SHN_UNDEF || index >= n_sections)
            continue;
        const char *name = file_part(s, bytes, size, names->sh_offset + symbols[i].st_name, 1);
        const char *section =
            file_part(s, bytes, size, titles->sh_offset + sections[index].sh_name, 1);
        const unsigned type = ELF64_ST_TYPE(symbols[i].st_info);
        counts = counts || is_coverages_own(name);
        if (is_toolchains_own(name) || strcmp(name, BNN_ENTRY_NAME) == 0)
            continue;
        REQUIRE(sections[table].sh_type != SHT_DYNSYM || is_resolver(name),
                "%s: exports \"%s\"; make it static", s->what, name);
        if (shared == NULL && (type == STT_OBJECT || type == STT_TLS) && is_writable_data(section))
            shared = name;
    }
    REQUIRE(shared == NULL || counts,
            "%s: \"%s\" is a variable that jobs would share; make it constant", s->what, shared);
}

static void file_check_object(const subject *s)
{
    char *bytes;
    size_t size;
    bnn_error err;
    ck_assert_int_eq(bnn_file_read(s->plugin->path, 1 << 26, &bytes, &size, &err), 0);
    const ElfW(Ehdr) *elf = file_part(s, bytes, size, 0, sizeof *elf);
    const size_t n = elf->e_shnum;
    const ElfW(Shdr) *sections = file_part(s, bytes, size, elf->e_shoff, n * sizeof *sections);
    size_t n_tables = 0;
    for (size_t i = 0; i < n; i++)
        if (sections[i].sh_type == SHT_DYNSYM || sections[i].sh_type == SHT_SYMTAB) {
            file_check_symbols(s, bytes, size, sections, n, i);
            n_tables++;
        }
    REQUIRE(n_tables > 0, "%s: no symbol table", s->what);
    free(bytes);
}

void conform_file(const subject *s)
{
    file_check_text(s, "the summary", s->head->summary);
    if (s->head->reference != NULL)
        file_check_text(s, "the reference", s->head->reference);
    for (const bnn_param *p = s->head->params; p != NULL && p->type != BNN_TYPE_END; p++)
        file_check_text(s, p->name, p->help);
    file_check_object(s);
}
