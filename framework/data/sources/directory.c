#include "data/sources/directory.h"

#include "base/path.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char debian_directory[] = "/usr/share/datasets";

void bnn_trail_add(bnn_trail *trail, const char *format, ...)
{
    char line[PATH_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    enum { REST = sizeof "\n  and 4294967295 more" };
    const size_t n = strlen(line) + strlen("\n  ");
    if (trail->n_omitted == 0 && n < sizeof trail->text - REST - trail->n_used) {
        snprintf(trail->text + trail->n_used, n + 1, "\n  %s", line);
        trail->n_used += n;
        return;
    }
    trail->n_omitted++;
    snprintf(trail->text + trail->n_used, REST, "\n  and %u more", trail->n_omitted);
}

int bnn_trail_fail(const bnn_trail *trail, const bnn_catalogue_entry *entry, bool downloading,
                   bnn_error *err)
{
    char fetch[60 + BNN_DATA_NAME_MAX] = "", debian[160] = "";
    if (!downloading && bnn_catalogue_can_fetch(entry))
        snprintf(fetch, sizeof fetch, "run `bnnrun data fetch %s`, ", entry->name);
    if (entry->debian != NULL)
        snprintf(debian, sizeof debian, "install the Debian package %s, ", entry->debian);
    return bnn_fail(
        err, BNN_E_RESOURCE,
        "data set %s %s; %s%sset BNN_DATA_PATH to the directory that has its files%s; "
        "tried:%s",
        entry->name, downloading ? "could not be downloaded" : "not found", fetch, debian,
        entry->shape.c == 1 ? ", or use drawn digits: -s dataset.name=synthetic" : "", trail->text);
}

int bnn_trail_fail_path(const bnn_trail *trail, const bnn_catalogue_entry *entry, const char *path,
                        bnn_error *err)
{
    const char *names[BNN_DATA_FILES_MAX];
    char files[240];
    for (size_t i = 0; i < entry->n_files; i++)
        names[i] = entry->files[i].name;
    return bnn_fail(err, BNN_E_RESOURCE,
                    "%.200s does not have the files of %s (%s), in it or in a folder %s, perhaps "
                    "with .gz; correct it, or leave it out to use what `bnnrun data` finds; "
                    "tried:%s",
                    path, entry->name, bnn_text_join(names, entry->n_files, files, sizeof files),
                    entry->name, trail->text);
}

bool bnn_directory_file(const bnn_format *format, const char *directory,
                        const bnn_catalogue_file *file, char out[PATH_MAX])
{
    struct stat st;
    const char *name = file->name;
    char spelled[NAME_MAX + 1];
    const char *part = format->spelled != NULL ? strstr(name, format->spelled) : NULL;
    for (int variant = 0; variant < (part != NULL ? 4 : 2); variant++) {
        if ((variant & 1) == 0 && bnn_catalogue_needs_packed(file))
            continue;
        const char *suffix = (variant & 1) != 0 ? ".gz" : "";
        if ((variant & 2) != 0)
            snprintf(spelled, sizeof spelled, "%.*s%s%s%s", (int)(part - name), name,
                     format->also_spelled, part + strlen(format->spelled), suffix);
        else
            snprintf(spelled, sizeof spelled, "%s%s", name, suffix);
        if (bnn_path_join(directory, spelled, out) && stat(out, &st) == 0 && S_ISREG(st.st_mode))
            return true;
    }
    return false;
}

/* One directory: found, or a line in the trail with the reason. */
static bool directory_try(const bnn_catalogue_entry *entry, const char *directory,
                          const char *origin, char out[PATH_MAX], bnn_trail *trail)
{
    struct stat st;
    char path[PATH_MAX];
    const bnn_catalogue_file *missing = NULL;
    size_t n_found = 0;
    if (stat(directory, &st) != 0 || !S_ISDIR(st.st_mode)) {
        bnn_trail_add(trail, "%s (%s): no such directory", directory, origin);
        return false;
    }
    for (size_t i = 0; i < entry->n_files; i++) {
        if (bnn_directory_file(entry->format, directory, &entry->files[i], path))
            n_found++;
        else if (missing == NULL)
            missing = &entry->files[i];
    }
    if (missing == NULL) {
        snprintf(out, PATH_MAX, "%s", directory);
        return trail->accepts == NULL || trail->accepts(trail->context, directory, origin);
    }
    const char *packed = bnn_catalogue_needs_packed(missing) ? ".gz" : "";
    if (n_found == 0 && packed[0] != '\0')
        bnn_trail_add(trail, "%s (%s): none of its files NAME.gz, which alone have a checksum",
                      directory, origin);
    else if (n_found == 0)
        bnn_trail_add(trail, "%s (%s): none of its files", directory, origin);
    else
        bnn_trail_add(trail, "%s (%s): %zu of %zu files, no %s%s", directory, origin, n_found,
                      entry->n_files, missing->name, packed);
    return false;
}

/* DIR/NAME, then DIR/NA-ME; the latter is worth a word in the trail only where it exists. */
static bool directory_try_named(const bnn_catalogue_entry *entry, const char *parent,
                                const char *origin, char out[PATH_MAX], bnn_trail *trail)
{
    char directory[PATH_MAX], hyphened[BNN_DATA_NAME_MAX + 1];
    struct stat st;
    if (!bnn_path_join(parent, entry->name, directory)) {
        bnn_trail_add(trail, "%.40s... (%s): path too long", parent, origin);
        return false;
    }
    if (directory_try(entry, directory, origin, out, trail))
        return true;
    snprintf(hyphened, sizeof hyphened, "%s", entry->name);
    for (char *c = hyphened; *c != '\0'; c++)
        if (*c == '_')
            *c = '-';
    return strcmp(hyphened, entry->name) != 0 && bnn_path_join(parent, hyphened, directory) &&
           stat(directory, &st) == 0 && directory_try(entry, directory, origin, out, trail);
}

int bnn_directory_cache(const char *name, char out[PATH_MAX], bnn_error *err)
{
    const char *xdg = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    int n;
    if (xdg != NULL && xdg[0] == '/')
        n = snprintf(out, PATH_MAX, "%s/bnnrun/%s", xdg, name);
    else if (home != NULL && home[0] == '/')
        n = snprintf(out, PATH_MAX, "%s/.cache/bnnrun/%s", home, name);
    else
        return bnn_fail(err, BNN_E_RESOURCE,
                        "no cache directory: neither XDG_CACHE_HOME nor HOME is an absolute path");
    if (n < 0 || n >= PATH_MAX - NAME_MAX - 1)
        return bnn_fail(err, BNN_E_RESOURCE, "the path of the cache directory is too long");
    return BNN_OK;
}

/* The sub-directory first: it is the more specific place. */
bool bnn_directory_find_in(const bnn_catalogue_entry *entry, const char *path, const char *origin,
                           char out[PATH_MAX], bnn_trail *trail)
{
    return directory_try_named(entry, path, origin, out, trail) ||
           directory_try(entry, path, origin, out, trail);
}

bool bnn_directory_find(const bnn_catalogue_entry *entry, char out[PATH_MAX], bnn_trail *trail)
{
    char cache[PATH_MAX], directory[PATH_MAX];
    bnn_error err;
    const char *list = getenv("BNN_DATA_PATH"), *own = entry->directory;
    if (own != NULL && bnn_directory_find_in(entry, own, "path of its entry", out, trail))
        return true;
    if (own != NULL && !bnn_catalogue_is_pinned(entry))
        return false;
    while (bnn_path_next(&list, directory))
        if (bnn_directory_find_in(entry, directory, "BNN_DATA_PATH", out, trail))
            return true;
    if (bnn_directory_cache(entry->name, cache, &err) != BNN_OK)
        bnn_trail_add(trail, "%s", err.message);
    else if (directory_try(entry, cache, "cache", out, trail))
        return true;
    return directory_try_named(entry, debian_directory, "Debian's data sets", out, trail);
}
