/* torture.c - makes the n-th allocation, write, fsync ... of each command fail, for every n, and looks: a clear
 * error with a documented status; no crash, leak or hang; no run lost; and the same command, called again, ends
 * as if nothing had been.
 *
 *     make torture                        # all of it: hours
 *     make torture TORTURE_FLAGS='--command run,process --kind write,fsync'
 *     make torture TORTURE_FLAGS='--kind alloc --stride 97'    # each 97th
 *     make torture TORTURE_FLAGS='--kind own'                  # each allocation of bnnrun itself: minutes
 *     make torture TORTURE_FLAGS='--points 3'                  # that many of each command and kind
 *     make torture TORTURE_FLAGS='--paths'    # one of those that are made by the same path of callers
 *     make torture TORTURE_FLAGS='--sites 6'  # by the same six innermost callers, whichever the command
 *     make torture TORTURE_FLAGS='--kind own --suites tests/unit/db/check_store,tests/unit/runner/check_plan'
 *     make torture TORTURE_FLAGS='--command run --kind alloc --first 1234 --last 1234 --verbose'
 *
 * In a folder that was configured with --enable-sanitizers (by gcc, whose sanitizers are libraries), leaks and
 * misuse of memory are found, too. A fault is told as COMMAND KIND:N. */
#include "tests/torture/judge.h"
#include "tests/torture/suites.h"

#include <errno.h>
#include <getopt.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct torture_kind {
    const char *name;
    torture_calls calls;
    int reason;
    bool goes_on; /* a full disk is full the next time, too */
} torture_kind;

static const torture_kind kinds[] = {
    {"alloc", TORTURE_ALLOC, ENOMEM, false},
    {"own", TORTURE_OWN, ENOMEM, false},
    {"open", TORTURE_OPEN, EMFILE, false},
    {"read", TORTURE_READ, EIO, false},
    {"write", TORTURE_WRITE, EIO, false},
    {"part", TORTURE_WRITE, 0, false},
    {"full", TORTURE_WRITE, ENOSPC, true},
    {"flush", TORTURE_FLUSH, ENOSPC, false},
    {"fsync", TORTURE_SYNC, EIO, false},
    {"rename", TORTURE_RENAME, EIO, false},
    {"unlink", TORTURE_UNLINK, EIO, false},
    {"mkdir", TORTURE_MKDIR, ENOSPC, false},
    {"truncate", TORTURE_TRUNCATE, ENOSPC, false},
    {"mmap", TORTURE_MAP, ENOMEM, false},
    {"thread", TORTURE_THREAD, EAGAIN, false},
    {"fork", TORTURE_FORK, EAGAIN, false},
    {"close", TORTURE_CLOSE, EIO, false},
    {"send", TORTURE_SEND, ENOBUFS, false},
    {"sqlite", TORTURE_STEP, SQLITE_IOERR, false},
    {"nomem", TORTURE_STEP, SQLITE_NOMEM, false},
    {"corrupt", TORTURE_STEP, SQLITE_CORRUPT, false},
};
enum { N_KINDS = sizeof kinds / sizeof *kinds, SUITE_SITES = 5 };

static struct {
    const char *commands, *kinds; /* with commas; NULL: all */
    const char *suites;           /* instead of commands */
    uint64_t stride, first, last;
    uint64_t points; /* of each command and kind; 0: all */
    int sites;       /* of a path's callers, only these; 0: all */
    bool paths, verbose;
} asked = {.stride = 1, .first = 1, .last = UINT64_MAX};

static struct {
    unsigned long tried, wrong;
} totals;

static bool is_in(const char *list, const char *name)
{
    const size_t n = strlen(name);
    for (const char *at = list; at != NULL; at = strchr(at, ','), at += at != NULL)
        if (strncmp(at, name, n) == 0 && (at[n] == ',' || at[n] == '\0'))
            return true;
    return list == NULL;
}

/* The paths whose turn has come, by hash; 0: free. Sites are the same in all commands. */
static uint64_t tried[N_KINDS][TORTURE_PATHS_MAX];

static uint64_t *find_tried(int kind, uint64_t hash)
{
    uint64_t at = (hash >> 32) % TORTURE_PATHS_MAX;
    for (int i = 1; i < TORTURE_PATHS_MAX && tried[kind][at] != 0 && tried[kind][at] != hash; i++)
        at = (at + 1) % TORTURE_PATHS_MAX;
    return &tried[kind][at];
}

/* The next call that was the first by its path, which had no turn yet. */
static uint64_t next_path(const torture_paths *paths, int kind, uint64_t n)
{
    uint64_t least = UINT64_MAX, hash = 0;
    for (size_t i = 0; i < TORTURE_PATHS_MAX; i++) {
        const uint64_t first = paths->of[kinds[kind].calls][i].first;
        const uint64_t its = paths->of[kinds[kind].calls][i].hash;
        if (first > n && first >= asked.first && first < least && *find_tried(kind, its) != its) {
            least = first;
            hash = its;
        }
    }
    if (hash != 0)
        *find_tried(kind, hash) = hash;
    return least;
}

/* Of points that are as far apart as can be; else each stride-th. */
static uint64_t next_point(const torture_reference *reference, int kind, uint64_t n)
{
    const uint64_t n_calls = reference->outcome.report.n_calls[kinds[kind].calls];
    if (reference->paths != NULL)
        return next_path(reference->paths, kind, n);
    if (asked.points == 0)
        return n == 0 ? asked.first : n + asked.stride;
    const uint64_t gap = n_calls / (asked.points + 1);
    return n == 0 ? gap + 1 : n + gap + 1;
}

static void torture_kind_of(const trial_place *place, const torture_command *command, int i_kind,
                            const torture_reference *reference)
{
    const torture_kind *kind = &kinds[i_kind];
    const uint64_t n_calls = reference->outcome.report.n_calls[kind->calls];
    unsigned long n_tried = 0, n_wrong = 0;
    for (uint64_t n = next_point(reference, i_kind, 0); n <= n_calls && n <= asked.last;
         n = next_point(reference, i_kind, n)) {
        const trial_fault fault = {
            .calls = (int)kind->calls, .n = n, .reason = kind->reason, .goes_on = kind->goes_on};
        bool reached;
        if (asked.verbose)
            printf("%s:%llu ", kind->name, (unsigned long long)n);
        const char *wrong = torture_try(place, command, &fault, reference, asked.verbose, &reached);
        n_tried += reached;
        n_wrong += wrong != NULL;
        if (wrong != NULL)
            printf("wrong: %s %s:%llu %s\n", command->name, kind->name, (unsigned long long)n,
                   wrong);
        fflush(stdout);
    }
    totals.tried += n_tried;
    totals.wrong += n_wrong;
    if (n_calls > 0)
        printf("%-8s %-8s %6llu calls, %5lu of them failed, %lu wrong\n", command->name, kind->name,
               (unsigned long long)n_calls, n_tried, n_wrong);
}

static void torture(const trial_place *place, const torture_command *command)
{
    torture_reference reference;
    torture_refer(place, command, asked.paths, &reference);
    for (int i = 0; i < N_KINDS; i++)
        if (is_in(asked.kinds, kinds[i].name))
            torture_kind_of(place, command, i, &reference);
    torture_forget(&reference);
}

static void torture_suites_of(trial_place *place)
{
    static torture_paths paths;
    place->paths = &paths;
    place->n_sites = asked.sites > 0 ? asked.sites : SUITE_SITES;
    for (int i = 0; i < N_KINDS; i++) {
        torture_suites suites = {
            .programs = asked.suites,
            .kind = kinds[i].name,
            .fault = {.calls = (int)kinds[i].calls, .reason = kinds[i].reason, .each = true}};
        if (!is_in(asked.kinds, kinds[i].name))
            continue;
        torture_suites_try(place, &suites);
        totals.tried += suites.n_tried;
        totals.wrong += suites.n_wrong;
    }
}

/* ---- the command line --------------------------------------------------------------------- */

static uint64_t take_number(const char *text)
{
    char *end;
    errno = 0;
    const unsigned long long n = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || n == 0)
        trial_die("\"%s\" is no number", text);
    return n;
}

static void list_names(void)
{
    printf("commands:");
    for (unsigned i = 0; i < torture_n_commands; i++)
        printf(" %s", torture_commands[i].name);
    printf("\nkinds:");
    for (int i = 0; i < N_KINDS; i++)
        printf(" %s", kinds[i].name);
    putchar('\n');
}

static void take_options(int argc, char **argv)
{
    static const struct option options[] = {
        {"command", required_argument, NULL, 'c'}, {"kind", required_argument, NULL, 'k'},
        {"stride", required_argument, NULL, 's'},  {"first", required_argument, NULL, 'f'},
        {"last", required_argument, NULL, 'l'},    {"points", required_argument, NULL, 'p'},
        {"paths", no_argument, NULL, 'P'},         {"suites", required_argument, NULL, 'u'},
        {"verbose", no_argument, NULL, 'v'},       {"sites", required_argument, NULL, 'S'},
        {"help", no_argument, NULL, 'h'},          {0}};
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;)
        switch (c) {
        case 'c':
            asked.commands = optarg;
            break;
        case 'k':
            asked.kinds = optarg;
            break;
        case 's':
            asked.stride = take_number(optarg);
            break;
        case 'f':
            asked.first = take_number(optarg);
            break;
        case 'l':
            asked.last = take_number(optarg);
            break;
        case 'p':
            asked.points = take_number(optarg);
            break;
        case 'P':
            asked.paths = true;
            break;
        case 'S':
            asked.paths = true;
            asked.sites = (int)take_number(optarg);
            break;
        case 'u':
            asked.suites = optarg;
            break;
        case 'v':
            asked.verbose = true;
            break;
        default:
            list_names();
            exit(c == 'h' ? 0 : 2);
        }
}

int main(int argc, char **argv)
{
    trial_place place;
    take_options(argc, argv);
    const char *program = getenv("BNNRUN"), *library = getenv("BNN_TORTURE_LIBRARY");
    if (program == NULL || library == NULL)
        trial_die("BNNRUN and BNN_TORTURE_LIBRARY are needed: see tests/torture/torture.sh");
    trial_open(&place, program, library);
    place.n_sites = asked.sites;
    if (asked.suites != NULL)
        torture_suites_of(&place);
    const bool possible = asked.suites != NULL || torture_make_folders(&place);
    for (unsigned i = 0; i < torture_n_commands; i++)
        if (possible && asked.suites == NULL && is_in(asked.commands, torture_commands[i].name))
            torture(&place, &torture_commands[i]);
    trial_close(&place);
    if (!possible) {
        puts("skipped: the library that makes calls fail cannot be preloaded here");
        return 77;
    }
    printf("torture: %lu calls failed, %lu wrong\n", totals.tried, totals.wrong);
    return totals.tried == 0 || totals.wrong > 0;
}
