/* file.c - what every plugin's file and texts promise. */
#include "base/file.h"
#include "conform/conform_internal.h"

#include <elf.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

static void file_check_text(const conform_subject *s, const char *what, const char *text)
{
    const size_t n = strlen(text);
    CONFORM_REQUIRE(s, n > 0 && n <= 100, "%s has %zu letters; lists have room for 1 to 100", what,
                    n);
    CONFORM_REQUIRE(s, text[n - 1] != '.' && text[n - 1] != ' ',
                    "%s ends in a period or a space; it stands in lists and tables", what);
    for (size_t i = 0; i < n; i++)
        CONFORM_REQUIRE(s, (unsigned char)text[i] >= ' ', "%s has a control character", what);
}

/* A part of the file, which must be all there. */
static const void *file_part(const conform_subject *s, const char *bytes, size_t size,
                             uint64_t offset, uint64_t n)
{
    CONFORM_REQUIRE(s, offset <= size && n <= size - offset, "damaged sections");
    return bytes + offset;
}

/* Names that compilers, linkers and their instrumentation put into every object. */
static bool file_is_toolchains_own(const char *name)
{
    return name[0] == '\0' || name[0] == '_' || strncmp(name, "completed.", 10) == 0;
}

static bool file_is_writable_data(const char *section)
{
    return strcmp(section, ".data") == 0 || strcmp(section, ".bss") == 0 ||
           strcmp(section, ".tdata") == 0 || strcmp(section, ".tbss") == 0;
}

/* What Clang exports for a function in several versions (BNN_HOT), static or not. */
static bool file_is_resolver(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot != NULL && strcmp(dot, ".resolver") == 0;
}

/* Builds that count executed lines link a library of counters into every object. */
static bool file_is_coverages_own(const char *name)
{
    return strncmp(name, "__gcov_", 7) == 0 || strncmp(name, "llvm_gc", 7) == 0;
}

/* One symbol table: nothing but the entry may be visible; no object may lie in writable data
 * (constant tables with pointers lie in .data.rel.ro, which is read-only after loading). */
static void file_check_symbols(const conform_subject *s, const char *bytes, size_t size,
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
        counts = counts || file_is_coverages_own(name);
        if (file_is_toolchains_own(name) || strcmp(name, BNN_ENTRY_NAME) == 0)
            continue;
        CONFORM_REQUIRE(s, sections[table].sh_type != SHT_DYNSYM || file_is_resolver(name),
                        "exports \"%s\"; make it static", name);
        if (shared == NULL && (type == STT_OBJECT || type == STT_TLS) &&
            file_is_writable_data(section))
            shared = name;
    }
    CONFORM_REQUIRE(s, shared == NULL || counts,
                    "\"%s\" is a variable that jobs would share; make it constant", shared);
}

static void file_check_object(conform_subject *s)
{
    char *bytes;
    size_t size;
    bnn_error err;
    if (bnn_file_read(s->plugin->path, 1 << 26, &bytes, &size, &err) != BNN_OK) {
        conform_check_fault(s, &err);
        conform_break(s, "%s", err.message);
    }
    const ElfW(Ehdr) *elf = file_part(s, bytes, size, 0, sizeof *elf);
    const size_t n = elf->e_shnum;
    const ElfW(Shdr) *sections = file_part(s, bytes, size, elf->e_shoff, n * sizeof *sections);
    size_t n_tables = 0;
    for (size_t i = 0; i < n; i++)
        if (sections[i].sh_type == SHT_DYNSYM || sections[i].sh_type == SHT_SYMTAB) {
            file_check_symbols(s, bytes, size, sections, n, i);
            n_tables++;
        }
    CONFORM_REQUIRE(s, n_tables > 0, "no symbol table");
    free(bytes);
}

static void file_check_texts(conform_subject *s)
{
    file_check_text(s, "the summary", s->head->summary);
    if (s->head->reference != NULL)
        file_check_text(s, "the reference", s->head->reference);
    for (const bnn_param *p = s->head->params; p != NULL && p->type != BNN_TYPE_END; p++)
        file_check_text(s, p->name, p->help);
}

const conform_check conform_file_checks[] = {
    {"texts", "summary, reference, help: one line each, without a period", file_check_texts},
    {"symbols", "exports its entry alone; no variable that jobs would share", file_check_object},
    {.name = NULL},
};
