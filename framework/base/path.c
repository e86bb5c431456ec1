#include "base/path.h"

#include "base/fault.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINKS_MAX = 40 }; /* as the kernel has it */

const char *bnn_path_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* The first n bytes of a text. */
static bool copy_path(const char *text, size_t n, char out[PATH_MAX])
{
    if (n >= PATH_MAX)
        return false;
    memcpy(out, text, n);
    out[n] = '\0';
    return true;
}

bool bnn_path_directory(const char *path, char out[PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return copy_path(".", 1, out);
    return copy_path(path, slash == path ? 1 : (size_t)(slash - path), out);
}

bool bnn_path_join(const char *directory, const char *name, char out[PATH_MAX])
{
    const int n = snprintf(out, PATH_MAX, "%s/%s", directory, name);
    return n > 0 && n < PATH_MAX;
}

bool bnn_path_beside(const char *file, const char *name, char out[PATH_MAX])
{
    char directory[PATH_MAX];
    return bnn_path_directory(file, directory) && bnn_path_join(directory, name, out);
}

bool bnn_path_beside_program(const char *name, char out[PATH_MAX])
{
    char program[PATH_MAX];
    const ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    if (n <= 0)
        return false;
    program[n] = '\0';
    return bnn_path_beside(program, name, out);
}

bool bnn_path_in_home(const char *path, char out[PATH_MAX])
{
    const char *home = getenv("HOME");
    return strncmp(path, "~/", 2) == 0 && home != NULL && bnn_path_join(home, path + 2, out);
}

bool bnn_path_absolute(const char *path, char out[PATH_MAX])
{
    char here[PATH_MAX];
    if (path[0] == '/')
        return copy_path(path, strlen(path), out);
    return getcwd(here, sizeof here) != NULL && bnn_path_join(here, path, out);
}

bool bnn_path_follow(const char *path, char out[PATH_MAX])
{
    char target[PATH_MAX], link[PATH_MAX];
    ssize_t n = 0;
    bool fits = copy_path(path, strlen(path), out);
    for (int i = 0; fits && i < LINKS_MAX && (n = readlink(out, target, sizeof target - 1)) > 0;
         i++) {
        target[n] = '\0';
        fits = copy_path(out, strlen(out), link) &&
               (target[0] == '/' ? copy_path(target, (size_t)n, out)
                                 : bnn_path_beside(link, target, out));
    }
    return fits;
}

/* The way from one absolute directory to another: "../lib/bnnrun" from /usr/bin to /usr/lib/bnnrun. */
static bool path_between(const char *from, const char *to, char out[PATH_MAX])
{
    size_t common = 0, n = 0;
    for (size_t i = 0; from[i] == to[i] || from[i] == '\0' || to[i] == '\0'; i++) {
        if ((from[i] == '/' || from[i] == '\0') && (to[i] == '/' || to[i] == '\0'))
            common = i;
        if (from[i] == '\0' || to[i] == '\0')
            break;
    }
    for (const char *at = from + common; *at != '\0'; at++)
        if (at[0] == '/' && at[1] != '/' && at[1] != '\0') {
            if (n + 3 >= PATH_MAX)
                return false;
            memcpy(out + n, "../", 3);
            n += 3;
        }
    to += common + strspn(to + common, "/");
    return snprintf(out + n, PATH_MAX - n, "%s", to) < (int)(PATH_MAX - n);
}

bool bnn_path_installed(const char *directory, char out[PATH_MAX])
{
    char way[PATH_MAX];
    if (path_between(BNN_BIN_DIR, directory, way) && bnn_path_beside_program(way, out) &&
        access(out, F_OK) == 0 && realpath(out, way) != NULL)
        return copy_path(way, strlen(way), out);
    return copy_path(directory, strlen(directory), out);
}

bool bnn_path_next(const char **list, char out[PATH_MAX])
{
    while (*list != NULL && **list != '\0') {
        const char *start = *list;
        const size_t n = strcspn(start, ":");
        *list = start + n + (start[n] == ':');
        if (n > 0 && copy_path(start, n, out))
            return true;
    }
    return false;
}

bool bnn_path_find(const char *list, const char *name, char out[PATH_MAX])
{
    char directory[PATH_MAX];
    while (bnn_path_next(&list, directory))
        if (bnn_path_join(directory, name, out) && access(out, F_OK) == 0)
            return true;
    return false;
}

enum { SCAN_MAX = 1000 };

/* Adds the names in one directory behind the *n that are there. */
static int scan_directory(const char *directory, const char *ending, bnn_arena *arena,
                          const char *names[SCAN_MAX], size_t *n, bnn_error *err)
{
    int status = BNN_OK;
    DIR *dir = opendir(directory);
    const struct dirent *e = NULL;
    errno = dir == NULL ? errno : 0;
    while (dir != NULL && status == BNN_OK && *n < SCAN_MAX && (e = readdir(dir)) != NULL) {
        if (bnn_text_ends_with(e->d_name, ending)) {
            const int n_bytes = (int)(strlen(e->d_name) - strlen(ending));
            names[*n] = bnn_arena_printf(arena, "%.*s", n_bytes, e->d_name);
            status = names[(*n)++] == NULL ? bnn_no_memory(err) : BNN_OK;
        }
        errno = 0; /* which alone tells a failure of readdir from the end */
    }
    if (status == BNN_OK && e == NULL && bnn_fault_remedy(errno) != NULL)
        status = bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot be read", directory);
    if (dir != NULL)
        closedir(dir);
    return status;
}

const char **bnn_path_scan(const char *list, const char *ending, bnn_arena *arena, size_t *n,
                           bnn_error *err)
{
    char directory[PATH_MAX];
    const char **names = bnn_arena_alloc(arena, SCAN_MAX, sizeof *names);
    int status = BNN_OK;
    size_t n_all = 0;
    if (names == NULL) {
        bnn_no_memory(err);
        return NULL;
    }
    while (status == BNN_OK && bnn_path_next(&list, directory))
        status = scan_directory(directory, ending, arena, names, &n_all, err);
    if (status != BNN_OK)
        return NULL;
    *n = bnn_text_unique(names, n_all);
    return names;
}
