/* meddle.c - what people and programs do to files that are not theirs. */
#include "tests/sim/os.h"

#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* The file whose name has the least hash: whichever is found first, on one machine and another. */
static struct {
    uint64_t begin, least;
    char path[PATH_MAX]; /* "": none yet */
} meddle_sought;

static uint64_t meddle_hash(const char *name)
{
    uint64_t hash = meddle_sought.begin;
    for (; *name != '\0'; name++)
        hash = (hash ^ (uint8_t)*name) * UINT64_C(0x100000001b3);
    return hash ^ hash >> 32;
}

/* Whether it is of a run that was told to be done: what changes under the hands of who writes it is recorded as it
 * is then. */
static bool meddle_is_done(const char *path)
{
    const char *uid = path + strlen(world->root) + strlen("/s.db.artifacts/");
    const size_t n = strcspn(uid, "/"), length = strlen(path);
    bool done = false;
    for (int i = 0; i < SIM_RUNS; i++)
        done = done || (world->told[i].attempt != 0 && strlen(world->told[i].uid) == n &&
                        strncmp(world->told[i].uid, uid, n) == 0);
    return done && strcmp(path + length - 4, ".tmp") != 0;
}

static int meddle_look(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)at;
    if (type != FTW_F || !meddle_is_done(path))
        return 0;
    const uint64_t hash = meddle_hash(path + strlen(world->root));
    if (meddle_sought.path[0] != '\0' && hash >= meddle_sought.least)
        return 0;
    meddle_sought.least = hash;
    snprintf(meddle_sought.path, sizeof meddle_sought.path, "%s", path);
    return 0;
}

/* Any of the files of done runs; false when there is none. */
static bool meddle_choose(void)
{
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s/s.db.artifacts", world->root);
    meddle_sought.begin = sim_bits();
    meddle_sought.path[0] = '\0';
    nftw(folder, meddle_look, 8, FTW_PHYS);
    return meddle_sought.path[0] != '\0';
}

/* ---- the database ------------------------------------------------------------------------ */

static const char *meddle_path(const char *name, char out[PATH_MAX])
{
    snprintf(out, PATH_MAX, "%s/%s", world->root, name);
    return out;
}

bool meddle_takes_database(void)
{
    char path[PATH_MAX];
    const sim_process *only = NULL;
    unsigned n = 0;
    for (int i = 0; i < SIM_PROCESSES; i++)
        if (world->processes[i].kind != SIM_NO_PROCESS) {
            only = &world->processes[i];
            n++;
        }
    if (n != 1 || !only->writes)
        return false;
    const bool replaces = sim_chance(2);
    os_unlink(meddle_path("s.db", path));
    if (replaces)
        os_close(os_open(path, O_WRONLY | O_CREAT | O_CLOEXEC));
    sim_note(SIM_MEDDLE, "s.db", replaces, 0);
    return true;
}

void meddle_gives_database_back(void)
{
    static const char *const beside[] = {"s.db", "s.db-wal", "s.db-shm"};
    char path[PATH_MAX], saved[PATH_MAX];
    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++)
        os_unlink(meddle_path(beside[i], path));
    if (os_rename(meddle_path("s.db.saved", saved), meddle_path("s.db", path)) != 0)
        sim_violate("the database was taken away, and there is no s.db.saved");
    sim_note(SIM_MEDDLE, "s.db.saved", 0, 0);
}

/* ---- any of them ------------------------------------------------------------------------- */

void meddle(void)
{
    char path[PATH_MAX];
    const uint32_t what = sim_below(3);
    if (what == 0) {
        world->hidden = true;
        os_unlink(meddle_path("s.db.lock", path));
        sim_note(SIM_MEDDLE, "s.db.lock", 0, 0);
        return;
    }
    if (!meddle_choose())
        return;
    world->damaged = true;
    sim_note(SIM_MEDDLE, meddle_sought.path + strlen(world->root) + 1, what, 0);
    if (what == 1) {
        os_unlink(meddle_sought.path);
        return;
    }
    const int fd = os_open(meddle_sought.path, O_RDWR | O_CLOEXEC);
    os_ftruncate(fd, sim_below(100));
    os_close(fd);
}
