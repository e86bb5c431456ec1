/* output.c - what plugins print while they run: kept in a file of the run, since standard output is for
 * results, and only so much of it, since a plugin may print without end. */
#include "runner/executor/process_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { OUTPUT_MAX = 1 << 20, OUTPUT_READ = 1 << 14 };

/* What cannot be kept is left out: nothing of a run depends on it. */
static void output_keep(process_output *o, const char *folder, const char *uid, const char *text,
                        size_t n)
{
    static const char cut[] = "\n[bnnrun: the rest was left out]\n";
    char path[PATH_MAX];
    if (o->n_bytes >= OUTPUT_MAX)
        return;
    if (o->file < 0) {
        snprintf(path, sizeof path, "%.*s/%s/" BNN_RUN_LOG, BNN_RUN_FOLDER_MAX, folder, uid);
        o->file =
            open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
    }
    const size_t room = OUTPUT_MAX - o->n_bytes, kept = n < room ? n : room;
    o->n_bytes += kept;
    if (o->file < 0 || write(o->file, text, kept) != (ssize_t)kept)
        return;
    if (o->n_bytes == OUTPUT_MAX)
        (void)!write(o->file, cut, sizeof cut - 1);
}

bool bnn_process_take_output(process_output *o, const char *folder, const char *uid)
{
    char text[OUTPUT_READ];
    if (o->pipe < 0)
        return false;
    const ssize_t n = read(o->pipe, text, sizeof text);
    if (n < 0)
        return errno == EINTR;
    if (n == 0) {
        close(o->pipe);
        o->pipe = -1;
        return false;
    }
    output_keep(o, folder, uid, text, (size_t)n);
    return true;
}

void bnn_process_close_output(process_output *o)
{
    if (o->pipe >= 0)
        close(o->pipe);
    if (o->file >= 0)
        close(o->file);
    o->pipe = o->file = -1;
}
