/* sim.c - make sim: histories of a simulated machine, one after the other, each from its seed.
 *
 *     bnnsim [--seed N] [--histories N] [--seconds S] [--trace] [--twice]
 *
 * Begins with seed N (1) and goes on with the next ones, until so many histories or seconds have passed. --trace:
 * of one history, all that happens; --twice: each is run again, and must be the same, call by call. A violation is
 * told with its seed, which replays it. The exit status is 1 then. The last line has a hash of all calls: the same
 * build has the same one on each machine. */
#include "tests/sim/sim.h"

#include "build_info.h"

#include <errno.h>
#include <getopt.h>
#include <linux/magic.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int __wrap_main(int argc, char **argv);

enum { SHOWN_EVENTS = 60, ROOM_BYTES = 32 << 20 };

typedef struct sim_options {
    uint64_t seed, n;
    double seconds;
    bool trace, twice;
} sim_options;

typedef struct sim_totals {
    uint64_t histories, crashes, power_losses, starts, events, hash;
} sim_totals;

static double real_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static bool read_options(int argc, char **argv, sim_options *o)
{
    static const struct option table[] = {
        {"seed", required_argument, NULL, 'n'},    {"histories", required_argument, NULL, 'h'},
        {"seconds", required_argument, NULL, 's'}, {"trace", no_argument, NULL, 't'},
        {"twice", no_argument, NULL, '2'},         {NULL, 0, NULL, 0}};
    *o = (sim_options){.seed = 1};
    for (int c; (c = getopt_long(argc, argv, "", table, NULL)) != -1;) {
        if (c == 'n')
            o->seed = strtoull(optarg, NULL, 10);
        else if (c == 'h')
            o->n = strtoull(optarg, NULL, 10);
        else if (c == 's')
            o->seconds = strtod(optarg, NULL);
        else if (c == 't')
            o->trace = true;
        else if (c == '2')
            o->twice = true;
        else
            return false;
    }
    if (o->n == 0)
        o->n = o->seconds > 0 ? UINT64_MAX : 1;
    return optind == argc;
}

/* ---- signals: nothing is left behind ----------------------------------------------------- */

static const int sim_signals[] = {SIGHUP, SIGINT, SIGTERM};
static volatile sig_atomic_t sim_signal; /* that has come; 0: none */

static void note_signal(int signal)
{
    sim_signal = signal;
}

static void handle_signals(void (*handler)(int))
{
    const struct sigaction action = {.sa_handler = handler};
    for (size_t i = 0; i < sizeof sim_signals / sizeof *sim_signals; i++)
        sigaction(sim_signals[i], &action, NULL);
}

/* ---- a history --------------------------------------------------------------------------- */

static _Noreturn void live_apart(uint64_t seed, int spec, bool undisturbed)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    handle_signals(SIG_DFL);
    _exit(history_run(seed, spec, undisturbed) ? 0 : 1);
}

/* A process for each, so that none begins with what another has left in memory; it and its processes are a group. */
static bool run_apart(uint64_t seed, int spec, bool undisturbed)
{
    int status = -1;
    const pid_t child = fork();
    if (child == 0)
        live_apart(seed, spec, undisturbed);
    if (child < 0)
        return false;
    setpgid(child, child);
    while (waitpid(child, &status, 0) != child)
        if (sim_signal != 0)
            kill(-child, SIGKILL);
    while (sim_signal != 0 && waitpid(-1, NULL, 0) > 0) /* those of the history, too */
        continue;
    return sim_signal == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void show_words(void)
{
    char path[PATH_MAX], line[2000];
    snprintf(path, sizeof path, "%s.err", world->root);
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        fprintf(stderr, "    %s", line);
    if (file != NULL)
        fclose(file);
}

static void show_violation(const char *what)
{
    if (!world->traces)
        sim_print_events(SHOWN_EVENTS);
    fputs("what the processes said:\n", stderr);
    show_words();
    fprintf(stderr, "sim: seed %llu, revision %s, after %u crashes: %s\n",
            (unsigned long long)world->seed, BNN_REVISION, world->n_crashes, what);
}

static bool run_seed(const sim_options *o, uint64_t seed, sim_totals *totals)
{
    const int spec = (int)(seed % SIM_SPECS);
    bool holds = run_apart(seed, spec, false);
    const uint64_t hash = world->hash, n_events = world->n_events;
    if (!holds && sim_signal == 0)
        show_violation(world->violation[0] != '\0' ? world->violation : "the history itself died");
    totals->hash = (totals->hash ^ hash) * UINT64_C(0x100000001b3);
    totals->histories++;
    totals->crashes += world->n_crashes;
    totals->power_losses += world->n_boots - 1;
    totals->starts += world->n_started;
    totals->events += n_events;
    if (holds && o->twice && (!run_apart(seed, spec, false) || world->hash != hash)) {
        holds = false;
        if (sim_signal != 0)
            return holds;
        fprintf(stderr, "sim: seed %llu is not the same twice: %llu and %llu events\n",
                (unsigned long long)seed, (unsigned long long)n_events,
                (unsigned long long)world->n_events);
    }
    return holds;
}

static bool make_world(void)
{
    world = mmap(NULL, sizeof *world, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return world != MAP_FAILED && disk_make();
}

/* ---- the folder in memory ---------------------------------------------------------------- */

static char sim_folder[sizeof world->root - sizeof "/disk"];

/* Of other file systems a history would take long, and the numbers of inodes are used again. */
static bool has_room(const char *place)
{
    struct statfs s;
    return statfs(place, &s) == 0 && s.f_type == TMPFS_MAGIC &&
           (s.f_blocks == 0 || (uint64_t)s.f_bavail * (uint64_t)s.f_bsize >= ROOM_BYTES);
}

static bool make_folder(void)
{
    const char *tmpdir = getenv("TMPDIR");
    const char *const places[] = {"/dev/shm", tmpdir != NULL ? tmpdir : "/tmp"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const int n = snprintf(sim_folder, sizeof sim_folder, "%s/bnnsim.XXXXXX", places[i]);
        if (n < (int)sizeof sim_folder && has_room(places[i]) && mkdtemp(sim_folder) != NULL) {
            snprintf(world->root, sizeof world->root, "%s/disk", sim_folder);
            return true;
        }
    }
    return false;
}

static void remove_folder(void)
{
    disk_remove_all();
    rmdir(sim_folder);
}

static bool run_all(const sim_options *o)
{
    sim_totals totals = {.histories = 0};
    bool holds = true;
    for (int spec = 0; holds && spec < SIM_SPECS; spec++)
        if (!(holds = run_apart(0, spec, true)) && sim_signal == 0)
            show_violation(world->violation);
    world->traces = o->trace;
    const double start = real_seconds();
    for (uint64_t i = 0; holds && i < o->n; i++) {
        if (o->seconds > 0 && real_seconds() >= start + o->seconds)
            break;
        holds = run_seed(o, o->seed + i, &totals);
    }
    const double seconds = real_seconds() - start;
    printf("%llu histories from seed %llu: %llu crashes, %llu of them power losses, %llu starts, "
           "%llu events, trace %016llx, %.1f s, %.0f crashes a second\n",
           (unsigned long long)totals.histories, (unsigned long long)o->seed,
           (unsigned long long)totals.crashes, (unsigned long long)totals.power_losses,
           (unsigned long long)totals.starts, (unsigned long long)totals.events,
           (unsigned long long)totals.hash, seconds, (double)totals.crashes / seconds);
    return holds;
}

/* They have functions of their own in place of the C library's. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static const bool sim_is_sanitized = true;
#elif defined(__has_feature)
#    if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
static const bool sim_is_sanitized = true;
#    else
static const bool sim_is_sanitized = false;
#    endif
#else
static const bool sim_is_sanitized = false;
#endif

int __wrap_main(int argc, char **argv)
{
    sim_options options;
    if (sim_is_sanitized) {
        puts("skipped: sanitizers have functions of their own in place of the C library's");
        return 77;
    }
    const char *source = getenv("abs_top_srcdir");
    if (!read_options(argc, argv, &options)) {
        fputs("usage: bnnsim [--seed N] [--histories N] [--seconds S] [--trace] [--twice]\n",
              stderr);
        return 2;
    }
    if (!make_world() || !process_prepare(source != NULL ? source : ".")) {
        fprintf(stderr, "sim: cannot begin: %s\n", strerror(errno));
        return 2;
    }
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    handle_signals(note_signal);
    if (!make_folder()) {
        printf("skipped: neither /dev/shm nor TMPDIR is a file system in memory with %d MiB free\n",
               ROOM_BYTES >> 20);
        return 77;
    }
    const bool holds = run_all(&options);
    remove_folder();
    if (sim_signal != 0) {
        handle_signals(SIG_DFL);
        raise(sim_signal);
    }
    return holds ? 0 : 1;
}
