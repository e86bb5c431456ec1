/* place.c - where the database is, or would be: whether files can be locked there, whether there is room, and what lies
 * beside it. */
#include "base/path.h"
#include "base/text.h"
#include "cli/doctor/doctor.h"
#include "db/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

/* A file that nobody sees, or nearly so; -1 and errno. */
static int place_open_nameless(const char *folder)
{
    char path[PATH_MAX];
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
        return fd;
    if (!bnn_path_join(folder, ".bnnrun-doctor.XXXXXX", path))
        return -1;
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

/* Whether a second one who opens the file sees the lock of the first. */
static bool place_locks(int fd)
{
    char path[64];
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 1, .l_len = 1};
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    const int other = open(path, O_RDWR | O_CLOEXEC);
    const bool locked = fcntl(fd, F_OFD_SETLK, &lock) == 0;
    const bool seen =
        locked && other >= 0 && fcntl(other, F_OFD_GETLK, &lock) == 0 && lock.l_type == F_WRLCK;
    if (other >= 0)
        close(other);
    return locked && (seen || other < 0);
}

static void place_try_lock(doctor *d, const char *folder)
{
    struct statfs fs;
    const char *remote =
        statfs(folder, &fs) == 0 ? bnn_store_remote_file_system((unsigned long)fs.f_type) : NULL;
    if (remote != NULL) {
        doctor_note(d, DOCTOR_WRONG, "place", "name a database on a local disk with --db",
                    "%s: a network file system (%s), where a database could be damaged", folder,
                    remote);
        return;
    }
    const int fd = place_open_nameless(folder);
    if (fd < 0)
        doctor_note(d, DOCTOR_WARNING, "place", "name a database elsewhere with --db, to run specs",
                    "%s: nothing can be written here (%s)", folder, strerror(errno));
    else if (!place_locks(fd))
        doctor_note(d, DOCTOR_WRONG, "place", "name a database on a local disk with --db",
                    "%s: files cannot be locked here, so two processes would damage a database",
                    folder);
    else
        doctor_note(d, DOCTOR_OK, "place", NULL, "%s: can be written, and files locked", folder);
    if (fd >= 0)
        close(fd);
}

static void place_look_at_room(doctor *d, const char *folder)
{
    const double megabyte = 1024.0 * 1024.0, few = 20.0, some = 500.0;
    const unsigned long few_files = 100;
    struct statvfs fs;
    if (statvfs(folder, &fs) != 0)
        return;
    const double free_mb = (double)fs.f_bavail * (double)fs.f_frsize / megabyte;
    const bool files = fs.f_files > 0 && fs.f_favail < few_files;
    doctor_note(d,
                free_mb < few || files ? DOCTOR_WRONG
                : free_mb < some       ? DOCTOR_WARNING
                                       : DOCTOR_OK,
                "room", free_mb < some || files ? "make room on that disk" : NULL,
                "%.*f GB are free%s", free_mb < 10240.0 ? 2 : 0, free_mb / 1024.0,
                files ? ", but for hardly any file" : "");
}

/* FILE.saved and its like hold results of sweeps whose database went away meanwhile. */
static void place_look_for_saved(doctor *d, const char *file)
{
    enum { SAVED_MAX = 100 };
    char path[PATH_MAX + 16];
    for (int i = 1; i <= SAVED_MAX; i++) {
        const int n = i == 1 ? snprintf(path, sizeof path, "%s.saved", file)
                             : snprintf(path, sizeof path, "%s.saved%d", file, i);
        if (n > 0 && access(path, F_OK) == 0)
            doctor_note(d, DOCTOR_WARNING, "left over",
                        "`bnnrun runs --db` of it shows them; move it away once they are safe",
                        "%s has results of a sweep whose database was moved or deleted", path);
    }
}

void doctor_look_at_place(doctor *d)
{
    char file[PATH_MAX], folder[PATH_MAX];
    if (!bnn_path_follow(d->options->db, file) || !bnn_path_directory(file, folder)) {
        doctor_note(d, DOCTOR_WRONG, "place", NULL, "%s: the path is too long", d->options->db);
        return;
    }
    if (access(folder, F_OK) != 0) {
        doctor_note(d, DOCTOR_WRONG, "place", "make the folder, or name another file with --db",
                    "%s: there is no such folder", folder);
        return;
    }
    place_try_lock(d, folder);
    place_look_at_room(d, folder);
    place_look_for_saved(d, file);
}
