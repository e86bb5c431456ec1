/* disk.c - the disk of the simulated machine: a folder in memory, and beside it what a power loss would take back.
 *
 * A write that was not synced may be on the disk, in part, by sectors, or not at all, whatever came after it; so
 * may the longer size of its file. A name that was made, given or removed is there for good once its folder was
 * synced; before that a power loss leaves the folder as it was after any of the steps since. Nothing is assumed
 * of what file systems do beyond that: a new file that is synced may lose its name. Files that lose their name
 * are kept in ROOT.lost until that cannot be taken back. SQLite's -shm is never durable. */
#include "tests/sim/os.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { DISK_CHANGES = 4096, DISK_OLD_BYTES = 8 << 20, DISK_SECTOR = 512, DISK_FOLDERS = 64 };

typedef enum disk_kind {
    DISK_WRITE, /* these two: of a file, by its inode */
    DISK_TRUNCATE,
    DISK_CREATE,
    DISK_RENAME, /* to `name` from `from`; what had the name is lost file i_lost, or 0 */
    DISK_UNLINK, /* likewise */
    DISK_MKDIR,
    DISK_RMDIR,
} disk_kind;

typedef struct disk_change {
    disk_kind kind;
    ino_t inode;
    char name[SIM_NAME], from[SIM_NAME];
    unsigned i_lost;
    int64_t offset, n, size; /* what is written; of the file before */
    size_t old, n_old;       /* bytes that were there, in the pool */
} disk_change;

typedef struct disk_state {
    size_t n, n_old;
    unsigned n_lost;
    disk_change changes[DISK_CHANGES];
    char old[DISK_OLD_BYTES];
} disk_state;

static disk_state *disk;

/* ---- places ------------------------------------------------------------------------------ */

static const char *disk_path(const char *name, char out[PATH_MAX])
{
    snprintf(out, PATH_MAX, "%s/%s", world->root, name);
    return out;
}

static const char *disk_lost_path(unsigned i, char out[PATH_MAX])
{
    snprintf(out, PATH_MAX, "%s.lost/%u", world->root, i);
    return out;
}

bool disk_name(int directory, const char *path, char out[SIM_NAME])
{
    char link[64], whole[PATH_MAX] = "";
    const size_t n = strlen(world->root);
    if (path[0] == '/') {
        snprintf(whole, sizeof whole, "%s", path);
    } else if (directory == AT_FDCWD) {
        snprintf(whole, sizeof whole, "%s/%s", world->root,
                 path[0] == '.' && path[1] == '/' ? path + 2 : path);
    } else {
        snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
        const ssize_t got = readlink(link, whole, sizeof whole - SIM_NAME - 2);
        if (got < 0)
            return false;
        snprintf(whole + got, sizeof whole - (size_t)got, "/%s", path);
    }
    if (strncmp(whole, world->root, n) != 0 || (whole[n] != '/' && whole[n] != '\0'))
        return false;
    snprintf(out, SIM_NAME, "%s", whole[n] == '\0' || whole[n + 1] == '\0' ? "." : whole + n + 1);
    return true;
}

/* Of a name, "." for one in the root. */
static void disk_folder_of(const char *name, char out[SIM_NAME])
{
    snprintf(out, SIM_NAME, "%s", name);
    char *slash = strrchr(out, '/');
    if (slash != NULL)
        *slash = '\0';
    else
        snprintf(out, SIM_NAME, ".");
}

static bool disk_is_in(const disk_change *c, const char *folder)
{
    char own[SIM_NAME];
    disk_folder_of(c->name, own);
    return c->kind > DISK_TRUNCATE && strcmp(own, folder) == 0;
}

static bool disk_is_volatile(const char *name)
{
    const size_t n = strlen(name);
    return n > 4 && strcmp(name + n - 4, "-shm") == 0;
}

/* ---- the changes ------------------------------------------------------------------------- */

static void disk_settle(size_t i)
{
    char path[PATH_MAX];
    const disk_change *c = &disk->changes[i];
    if (c->i_lost != 0)
        os_unlink(disk_lost_path(c->i_lost, path));
}

/* Without room for another change all that there are become durable: no fault is invented by that. */
static disk_change *disk_add(disk_kind kind, const char *name, size_t n_old)
{
    if (disk->n == DISK_CHANGES || disk->n_old + n_old > DISK_OLD_BYTES) {
        for (size_t i = 0; i < disk->n; i++)
            disk_settle(i);
        disk->n = disk->n_old = 0;
    }
    disk_change *c = &disk->changes[disk->n++];
    *c = (disk_change){.kind = kind, .old = disk->n_old};
    snprintf(c->name, sizeof c->name, "%s", name);
    return c;
}

static void disk_keep_old(int fd, disk_change *c, int64_t offset, int64_t n)
{
    const ssize_t got = os_pread(fd, disk->old + c->old, (size_t)n, offset);
    c->n_old = got > 0 ? (size_t)got : 0;
    disk->n_old += c->n_old;
}

void disk_before_write(int fd, const char *name, int64_t offset, size_t n)
{
    struct stat st;
    if (disk_is_volatile(name) || n > DISK_OLD_BYTES || fstat(fd, &st) != 0)
        return;
    disk_change *c = disk_add(DISK_WRITE, name, n);
    c->inode = st.st_ino;
    c->offset = offset;
    c->n = (int64_t)n;
    c->size = st.st_size;
    disk_keep_old(fd, c, offset, c->n);
}

void disk_before_truncate(int fd, const char *name, int64_t size)
{
    struct stat st;
    if (disk_is_volatile(name) || fstat(fd, &st) != 0)
        return;
    const int64_t n = st.st_size > size ? st.st_size - size : 0;
    if (n > DISK_OLD_BYTES)
        return;
    disk_change *c = disk_add(DISK_TRUNCATE, name, (size_t)n);
    c->inode = st.st_ino;
    c->offset = size;
    c->size = st.st_size;
    disk_keep_old(fd, c, size, n);
}

void disk_created(const char *name)
{
    if (!disk_is_volatile(name))
        disk_add(DISK_CREATE, name, 0);
}

/* Moves what has the name among the lost; 0 when there is nothing. */
static unsigned disk_put_away(const char *name)
{
    char path[PATH_MAX], lost[PATH_MAX];
    disk_path(name, path);
    return os_rename(path, disk_lost_path(disk->n_lost + 1, lost)) == 0 ? ++disk->n_lost : 0;
}

int disk_rename(const char *from, const char *to)
{
    char a[PATH_MAX], b[PATH_MAX];
    const unsigned i_lost = disk_put_away(to);
    if (os_rename(disk_path(from, a), disk_path(to, b)) != 0)
        return -1;
    disk_change *c = disk_add(DISK_RENAME, to, 0);
    snprintf(c->from, sizeof c->from, "%s", from);
    c->i_lost = i_lost;
    return 0;
}

int disk_unlink(const char *name)
{
    char path[PATH_MAX];
    if (disk_is_volatile(name))
        return os_unlink(disk_path(name, path));
    const unsigned i_lost = disk_put_away(name);
    if (i_lost == 0)
        return -1; /* errno says why */
    disk_add(DISK_UNLINK, name, 0)->i_lost = i_lost;
    return 0;
}

int disk_mkdir(const char *name, mode_t mode)
{
    char path[PATH_MAX];
    if (os_mkdir(disk_path(name, path), mode) != 0)
        return -1;
    disk_add(DISK_MKDIR, name, 0);
    return 0;
}

int disk_rmdir(const char *name)
{
    char path[PATH_MAX];
    if (os_rmdir(disk_path(name, path)) != 0)
        return -1;
    disk_add(DISK_RMDIR, name, 0);
    return 0;
}

void disk_sync(int fd, const char *name)
{
    struct stat st;
    size_t n = 0;
    if (fstat(fd, &st) != 0)
        return;
    disk->n_old = 0;
    for (size_t i = 0; i < disk->n; i++) {
        const disk_change *c = &disk->changes[i];
        const bool settled = S_ISDIR(st.st_mode)
                                 ? disk_is_in(c, name)
                                 : c->kind <= DISK_TRUNCATE && c->inode == st.st_ino;
        if (settled) {
            disk_settle(i);
            continue;
        }
        if (c->old + c->n_old > disk->n_old)
            disk->n_old = c->old + c->n_old;
        disk->changes[n++] = *c;
    }
    disk->n = n;
}

/* ---- a power loss: contents -------------------------------------------------------------- */

static struct {
    ino_t inode; /* that is looked for */
    char path[PATH_MAX];
} disk_sought;

static int disk_look(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)type;
    (void)at;
    if (st->st_ino != disk_sought.inode)
        return 0;
    snprintf(disk_sought.path, sizeof disk_sought.path, "%s", path);
    return 1;
}

/* A file with this inode, wherever it is now, to be written. */
static int disk_open_inode(const disk_change *c)
{
    char lost[PATH_MAX];
    struct stat st;
    disk_sought.inode = c->inode;
    disk_path(c->name, disk_sought.path);
    snprintf(lost, sizeof lost, "%s.lost", world->root);
    if ((stat(disk_sought.path, &st) == 0 && st.st_ino == c->inode) ||
        nftw(world->root, disk_look, 8, FTW_PHYS) == 1 || nftw(lost, disk_look, 8, FTW_PHYS) == 1)
        return os_open(disk_sought.path, O_RDWR | O_CLOEXEC);
    return -1;
}

/* Restores a part of what was there before a write; behind its end there are zeros. */
static void disk_restore(int fd, const disk_change *c, int64_t from, int64_t to)
{
    static const char zeros[DISK_SECTOR];
    const int64_t known = c->offset + (int64_t)c->n_old;
    for (int64_t at = from, end; at < to; at = end) {
        end = at < known && known < to ? known : to;
        end = end - at > DISK_SECTOR && at >= known ? at + DISK_SECTOR : end;
        const char *bytes = at < known ? disk->old + c->old + (at - c->offset) : zeros;
        os_pwrite(fd, bytes, (size_t)(end - at), at);
    }
}

/* mode: all of it is taken back, nothing, or some sectors. */
static void disk_undo_write(int fd, const disk_change *c, uint32_t mode)
{
    if (mode == 0)
        return;
    for (int64_t at = c->offset, end; at < c->offset + c->n; at = end) {
        end = (at / DISK_SECTOR + 1) * DISK_SECTOR;
        end = end < c->offset + c->n ? end : c->offset + c->n;
        if (mode == 1 || sim_chance(2))
            disk_restore(fd, c, at, end);
    }
}

/* How a power loss takes what it can: all, nothing, or by chance. */
typedef enum disk_loss { DISK_LOSES_ALL, DISK_LOSES_NOTHING, DISK_LOSES_SOME } disk_loss;

static void disk_undo_content(const disk_change *c, disk_loss loss)
{
    struct stat st;
    const uint32_t mode = loss == DISK_LOSES_ALL ? 1 : sim_below(3);
    const bool shortens = loss == DISK_LOSES_ALL || sim_chance(2);
    const int fd = disk_open_inode(c);
    if (fd < 0)
        return;
    if (mode != 0)
        sim_note(SIM_LOST, c->name, c->offset, c->n);
    if (c->kind == DISK_WRITE)
        disk_undo_write(fd, c, mode);
    else if (mode == 1) {
        os_ftruncate(fd, c->size);
        os_pwrite(fd, disk->old + c->old, c->n_old, c->offset);
    }
    if (c->kind == DISK_WRITE && mode == 1 && shortens && fstat(fd, &st) == 0 &&
        st.st_size > c->size)
        os_ftruncate(fd, c->size);
    os_close(fd);
}

/* ---- a power loss: names ----------------------------------------------------------------- */

/* Folders whose names stay, from a change on back to the first. */
typedef struct disk_kept {
    char folders[DISK_FOLDERS][SIM_NAME];
    size_t n;
} disk_kept;

static bool disk_keeps(disk_kept *kept, const disk_change *c, disk_loss loss)
{
    char folder[SIM_NAME];
    disk_folder_of(c->name, folder);
    for (size_t i = 0; i < kept->n; i++)
        if (strcmp(kept->folders[i], folder) == 0)
            return true;
    if (loss == DISK_LOSES_ALL || sim_chance(2) || kept->n == DISK_FOLDERS)
        return false;
    memcpy(kept->folders[kept->n++], folder, SIM_NAME);
    return true;
}

static void disk_undo_name(const disk_change *c)
{
    char path[PATH_MAX], other[PATH_MAX];
    sim_note(SIM_LOST, c->name, c->kind, 0);
    disk_path(c->name, path);
    if (c->kind == DISK_CREATE || c->kind == DISK_MKDIR)
        disk_put_away(c->name);
    if (c->kind == DISK_RENAME)
        os_rename(path, disk_path(c->from, other));
    if (c->kind == DISK_RMDIR)
        os_mkdir(path, 0777);
    if (c->i_lost != 0)
        os_rename(disk_lost_path(c->i_lost, other), path);
}

/* SQLite's memory that processes share may be there after a power loss, with anything in it. */
static void disk_lose_shared(const char *name)
{
    char path[PATH_MAX];
    const uint32_t what = sim_below(3);
    const uint32_t garbage[] = {sim_bits(), sim_bits(), sim_bits(), sim_bits()};
    disk_path(name, path);
    if (what == 0)
        os_unlink(path);
    const int fd = what == 1 ? os_open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd >= 0)
        os_pwrite(fd, garbage, sizeof garbage, 4 * (int64_t)sim_below(64));
    os_close(fd);
}

void disk_lose_power(void)
{
    disk_kept kept = {.n = 0};
    const uint32_t drawn = sim_below(4);
    const disk_loss loss = drawn < 2 ? DISK_LOSES_SOME : (disk_loss)(drawn - 2);
    for (size_t i = disk->n; i-- > 0 && loss != DISK_LOSES_NOTHING;)
        if (disk->changes[i].kind <= DISK_TRUNCATE)
            disk_undo_content(&disk->changes[i], loss);
    for (size_t i = disk->n; i-- > 0;)
        if (disk->changes[i].kind > DISK_TRUNCATE && loss != DISK_LOSES_NOTHING &&
            !disk_keeps(&kept, &disk->changes[i], loss))
            disk_undo_name(&disk->changes[i]);
        else
            disk_settle(i);
    disk->n = disk->n_old = 0;
    disk_lose_shared("s.db-shm");
}

/* ---- a new one --------------------------------------------------------------------------- */

static int disk_remove(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

bool disk_make(void)
{
    disk = mmap(NULL, sizeof *disk, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return disk != MAP_FAILED;
}

void disk_remove_all(void)
{
    char path[PATH_MAX];
    static const char *const endings[] = {"", ".lost", ".boot", ".err", ".tmp"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        snprintf(path, sizeof path, "%s%s", world->root, endings[i]);
        nftw(path, disk_remove, 8, FTW_DEPTH | FTW_PHYS);
    }
}

void disk_format(void)
{
    char path[PATH_MAX];
    disk_remove_all();
    os_mkdir(world->root, 0777);
    snprintf(path, sizeof path, "%s.lost", world->root);
    os_mkdir(path, 0777);
    snprintf(path, sizeof path, "%s.tmp", world->root);
    os_mkdir(path, 0777);
    disk->n = disk->n_old = 0;
    disk->n_lost = 0;
}
