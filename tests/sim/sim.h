/* sim.h - a simulated machine on which the real bnnrun runs, crashes and goes on.
 *
 * The program is bnnrun itself, linked with another main(), with trainer and deployment replaced by ones that
 * take microseconds, and with the functions of the C library through which it meets the machine: files, locks,
 * clocks, sleeping, threads. SQLite's library calls the same ones, as the program exports them. So nothing of
 * the product is built otherwise, and plan, pool, writer, store, recovery, files and SQLite are the real ones.
 *
 * A simulated bnnrun is a forked process: killing it frees what a kill frees, and its locks are the kernel's. Of
 * all threads of all of them one runs at a time (schedule.c), and hands over where it calls one of those
 * functions; who is next, and every fault, is drawn from the seed, and time is a number. So a seed gives the same
 * history again, call by call; its trace has a hash by which that can be seen.
 *
 * Files are in a folder of memory (disk.c); what was there before each change that is not yet synced is kept, so
 * that a power loss can take any of it back, whole or by sectors. history.c starts processes, kills them, cuts the
 * power and starts again; check.c says what must hold. Private to tests/sim/. */
#ifndef BNN_TESTS_SIM_SIM_H
#define BNN_TESTS_SIM_SIM_H

#include "runner/experiment.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    SIM_PROCESSES = 4,  /* at a time */
    SIM_ACTORS = 48,    /* their threads; actor 0 is the history itself */
    SIM_NAME = 96,      /* bytes of a name, below the root of the machine */
    SIM_RUNS = 32,      /* of a sweep */
    SIM_SPECS = 3,      /* sweeps to choose from */
    SIM_EVENTS = 512,   /* that are kept to be shown */
    SIM_VIEWS = 1 << 17 /* bytes of what the public views show */
};

/* ---- time, chance and turns: schedule.c -------------------------------------------------- */

typedef enum sim_actor_state {
    SIM_ACTOR_FREE = 0,
    SIM_ACTOR_READY = 1,
    SIM_ACTOR_WAITS = 2, /* for a notice, or its deadline */
    SIM_ACTOR_ENDED = 3, /* and not joined */
} sim_actor_state;

typedef struct sim_actor {
    atomic_uint turn; /* a futex: nonzero when it may go on */
    sim_actor_state state;
    int process;
    const void *waits_for; /* an address of its process; NULL: time alone */
    uint64_t deadline_ns;
    bool noticed;
} sim_actor;

typedef enum sim_process_kind {
    SIM_NO_PROCESS = 0,
    SIM_BNNRUN = 1,
    SIM_HOLDER = 2, /* another program, which locks the database for a while */
} sim_process_kind;

typedef struct sim_process {
    sim_process_kind kind;
    pid_t real;
    int pid; /* that it believes to have */
    unsigned n_jobs;
    bool writes;  /* its writer is there, and has to notice what becomes of the database */
    bool calm;    /* started when nothing went wrong any more */
    int64_t life; /* the byte of FILE.lock that it has, by which it is known to live; 0: none */
    int life_fd;  /* where it has it */
    int status;   /* once it has ended */
} sim_process;

/* Why the history has its turn. */
typedef enum sim_news {
    SIM_NEWS_NONE = 0, /* no process is there */
    SIM_NEWS_EXIT = 1,
    SIM_NEWS_CRASH = 2,
    SIM_NEWS_POWER = 3,
    SIM_NEWS_ALARM = 4, /* it wanted to be asked now */
    SIM_NEWS_STUCK = 5, /* all wait, and for no time */
    SIM_NEWS_VIOLATION = 6,
} sim_news;

/* The sweeps, by their files. */
enum { SIM_PLAIN = 0, SIM_CHAIN = 1, SIM_HALVING = 2 };

typedef enum sim_op {
    SIM_START,
    SIM_END,
    SIM_CRASHES,
    SIM_LOSES_POWER,
    SIM_CREATE,
    SIM_READ,
    SIM_WRITE,
    SIM_SYNC,
    SIM_TRUNCATE,
    SIM_RENAME,
    SIM_UNLINK,
    SIM_MKDIR,
    SIM_RMDIR,
    SIM_LOCK,
    SIM_SLEEP,
    SIM_THREAD,
    SIM_FAULT, /* of what follows: a is the errno */
    SIM_JUMP,  /* of the clock */
    SIM_TOLD,  /* that a run is done */
    SIM_TRAIN,
    SIM_MEDDLE, /* somebody deletes, replaces, damages */
    SIM_LOST,   /* at a power loss */
} sim_op;

typedef struct sim_event {
    uint64_t n, now_ns;
    int process, actor;
    sim_op op;
    char name[SIM_NAME];
    int64_t a, b;
} sim_event;

/* What goes wrong: one in so many calls; 0: never. */
typedef struct sim_odds {
    uint32_t full, io_error, interrupt, cut_short, jump, fails, no_thread;
} sim_odds;

typedef struct sim_told {
    uint32_t attempt; /* that has ended; 0: nobody was told */
    char uid[BNN_SHA256_HEX];
} sim_told;

typedef struct sim_world {
    uint64_t seed, n_drawn;
    uint64_t now_ns;
    int64_t wall_ns; /* of the wall clock, less now_ns */
    unsigned n_boots, n_started, n_crashes;
    int64_t until_crash, until_alarm, until_switch; /* calls */
    uint32_t switch_every;
    bool power; /* what comes is no crash of one process, but a power loss */
    sim_odds odds;
    uint64_t full_until_ns; /* the disk is full */
    bool damaged;           /* files of runs were: they may be LOST */
    bool hidden;            /* FILE.lock was deleted: who lives cannot be told */
    sim_news news;
    int news_process;
    char violation[1000];
    sim_actor actors[SIM_ACTORS];
    sim_process processes[SIM_PROCESSES];
    sim_told told[SIM_RUNS];
    uint64_t n_events, hash;
    sim_event events[SIM_EVENTS];
    bool traces;   /* to stderr, as it happens */
    char root[80]; /* the folder of the machine; beside it ROOT.lost and ROOT.err */
    int spec;
    char views[SIM_SPECS][SIM_VIEWS]; /* after each of the sweeps, when nothing disturbs it */
} sim_world;

extern sim_world *world;           /* shared by all processes */
extern _Thread_local int sim_self; /* actor; 0: not inside */

static inline bool sim_is_inside(void)
{
    return sim_self > 0;
}

uint32_t sim_bits(void);
uint32_t sim_below(uint32_t n);               /* uniform in [0, n) */
bool sim_chance(uint32_t one_in);             /* 0: never */
uint64_t sim_log_uniform(unsigned most_bits); /* 1 to 2^most_bits, each power of two as likely */

/* Notes what happens, and lets time go on. */
void sim_note(sim_op op, const char *name, int64_t a, int64_t b);

/* A point at which another one may go on. */
void sim_may_switch(void);

/* A point at which the process or the power may end: whether it does so now. Then sim_die(). */
bool sim_is_due(void);
_Noreturn void sim_die(void);

/* Waits until somebody of the same process notices the address, or until then: whether it was that. */
enum { SIM_NO_DEADLINE = 0 };
bool sim_wait(const void *address, uint64_t deadline_ns);
void sim_notice(const void *address);

/* A new actor of a process, or of this one, that is ready; for its thread: waits for its turn. */
int sim_add_actor(int process);
void sim_begin_actor(int actor);
void sim_end_actor(void); /* of a thread that will not call again */

/* Ends the calling process. */
_Noreturn void sim_exit(int status);

/* What must not be. Inside, it does not return. */
void sim_violate(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* For the history: lets the processes go on until there is news. */
sim_news sim_run(void);

/* Prints the events that are kept, the last ones. */
void sim_print_events(unsigned n);

/* ---- files: disk.c ----------------------------------------------------------------------- */

/* Empties the machine's disk, in the shared memory that is made once. */
bool disk_make(void);
void disk_format(void);
void disk_remove_all(void); /* and what is beside it */

/* The name below the root that a path means; false when it is elsewhere. */
bool disk_name(int directory, const char *path, char out[SIM_NAME]);

/* Before each change: keeps what would be lost with it. */
void disk_before_write(int fd, const char *name, int64_t offset, size_t n);
void disk_before_truncate(int fd, const char *name, int64_t size);

/* These do it, too; 0 or -1 with errno, as the system's. */
int disk_rename(const char *from, const char *to);
int disk_unlink(const char *name);
int disk_mkdir(const char *name, mode_t mode);
int disk_rmdir(const char *name);
void disk_created(const char *name);

/* What is durable from now on: the content of a file, or the names in a folder. */
void disk_sync(int fd, const char *name);

/* Takes back what the power loss takes. */
void disk_lose_power(void);

/* ---- the rest ---------------------------------------------------------------------------- */

/* process.c: what the processes share, read once (false after a message); and the life of one. */
bool process_prepare(const char *source);
_Noreturn void process_live(int process);

/* The place of a run among those that were told to be done. */
sim_told *process_told(const char *uid);

/* history.c: one, from its seed; false when something did not hold. undisturbed: makes world->views. */
bool history_run(uint64_t seed, int spec, bool undisturbed);

/* meddle.c: somebody damages a file of a run, or deletes it, or FILE.lock. */
void meddle(void);

/* It deletes the database, or puts an empty file there, while one bnnrun is writing to it; false: not now. And
 * what was saved from that is put in its place again, as bnnrun says. */
bool meddle_takes_database(void);
void meddle_gives_database_back(void);

/* check.c: what must hold when all is done. False after sim_violate(). */
bool check_end(bool undisturbed);

#endif
