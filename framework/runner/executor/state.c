/* state.c - what of its process a run relies on, and a plugin may have changed: where it is, with which rights it makes
 * files, how numbers are written, how many files it may open, and the line on which it is heard. */
#include "runner/executor/process_internal.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static bool state_is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static bool state_is_same_limit(const struct rlimit *a, const struct rlimit *b)
{
    return a->rlim_cur == b->rlim_cur && a->rlim_max == b->rlim_max;
}

static void state_read(int line, process_state *out)
{
    memset(out, 0, sizeof *out);
    (void)!stat(".", &out->folder);
    (void)!fstat(line, &out->line);
    out->mask = umask(0);
    umask(out->mask);
    snprintf(out->point, sizeof out->point, "%s", localeconv()->decimal_point);
    getrlimit(RLIMIT_NOFILE, &out->files);
    getrlimit(RLIMIT_FSIZE, &out->size);
}

void bnn_process_note_state(int line, process_state *out)
{
    state_read(line, out);
}

const char *bnn_process_find_change(int line, const process_state *was)
{
    process_state is;
    state_read(line, &is);
    if (!state_is_same_file(&is.folder, &was->folder))
        return "the working directory";
    if (!state_is_same_file(&is.line, &was->line))
        return "the open files";
    if (is.mask != was->mask)
        return "the umask";
    if (strcmp(is.point, was->point) != 0)
        return "the locale";
    return state_is_same_limit(&is.files, &was->files) && state_is_same_limit(&is.size, &was->size)
               ? NULL
               : "the limits";
}
