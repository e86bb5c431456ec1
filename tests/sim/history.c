/* history.c - what happens to the machine: bnnrun is started, killed and started again, the power fails, until
 * faults end; then the same command has to finish the sweep. */
#include "tests/sim/os.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

enum {
    HISTORY_CALM_STARTS = 3,  /* that may be needed to finish once faults have ended */
    HISTORY_EVENTS = 2000000, /* that no history has */
    HISTORY_FIRST_PID = 1000,
    HISTORY_PIDS = 8, /* so few that numbers are used again */
};

static const int64_t history_never = INT64_MAX / 2;

/* What this history is like. */
typedef struct history {
    unsigned crash_bits, n_faults;
    uint32_t power_share;       /* of three */
    unsigned n_most;            /* processes at a time */
    bool holds, meddles, takes; /* somebody locks the database, damages files, takes it away */
    bool taken;                 /* it was, and what is recorded has to be saved */
    sim_odds odds;              /* then: as they were */
    bool calm, complete;
    unsigned n_calm_starts;
    int last_status;
} history;

/* ---- processes --------------------------------------------------------------------------- */

static unsigned history_count(void)
{
    unsigned n = 0;
    for (int i = 0; i < SIM_PROCESSES; i++)
        n += world->processes[i].kind != SIM_NO_PROCESS;
    return n;
}

static int history_draw_pid(void)
{
    for (;;) {
        const int pid = HISTORY_FIRST_PID + (int)sim_below(HISTORY_PIDS);
        bool taken = false;
        for (int i = 0; i < SIM_PROCESSES; i++)
            taken = taken ||
                    (world->processes[i].kind != SIM_NO_PROCESS && world->processes[i].pid == pid);
        if (!taken)
            return pid;
    }
}

static void history_start(history *h, sim_process_kind kind)
{
    int i = 0;
    while (i < SIM_PROCESSES && world->processes[i].kind != SIM_NO_PROCESS)
        i++;
    if (i == SIM_PROCESSES)
        return;
    sim_process *p = &world->processes[i];
    *p = (sim_process){
        .pid = history_draw_pid(), .n_jobs = 1 + sim_below(3), .calm = h->calm, .life_fd = -1};
    p->kind = kind;
    world->n_started++;
    h->n_calm_starts += h->calm && kind == SIM_BNNRUN;
    sim_add_actor(i);
    const pid_t child = fork();
    if (child == 0)
        process_live(i);
    p->real = child; /* not by the child, whose memory this is, too */
    if (child < 0)
        sim_violate("fork: %s", strerror(errno));
}

static void history_kill(int i)
{
    sim_process *p = &world->processes[i];
    if (p->kind != SIM_NO_PROCESS && p->real > 0) {
        kill(p->real, SIGKILL);
        waitpid(p->real, NULL, 0);
    }
    p->kind = SIM_NO_PROCESS;
    for (int k = 1; k < SIM_ACTORS; k++)
        if (world->actors[k].process == i)
            world->actors[k] = (sim_actor){.state = SIM_ACTOR_FREE};
}

static void history_kill_all(void)
{
    for (int i = 0; i < SIM_PROCESSES; i++)
        history_kill(i);
}

/* ---- the machine ------------------------------------------------------------------------- */

static void history_boot(void)
{
    char path[PATH_MAX], text[32];
    snprintf(path, sizeof path, "%s.boot", world->root);
    const int fd = os_open(path, O_WRONLY | O_CREAT | O_TRUNC);
    const int n = snprintf(text, sizeof text, "boot-%u\n", ++world->n_boots);
    os_pwrite(fd, text, (size_t)n, 0);
    os_close(fd);
    world->now_ns += UINT64_C(1000000000);
}

static void history_draw_next_crash(const history *h)
{
    world->until_crash = h->calm ? history_never : (int64_t)sim_log_uniform(h->crash_bits);
    world->power = sim_below(3) < h->power_share;
}

static void history_draw_next_alarm(const history *h)
{
    world->until_alarm = h->calm ? history_never : (int64_t)sim_log_uniform(10);
}

/* Nothing goes wrong from now on. */
static void history_calm_down(history *h)
{
    h->calm = true;
    world->odds = (sim_odds){.full = 0};
    world->full_until_ns = 0;
    history_draw_next_crash(h);
    history_draw_next_alarm(h);
}

/* Two of three histories do without. */
static uint32_t history_draw_odds(uint32_t least, unsigned most_bits)
{
    return sim_chance(3) ? least + (uint32_t)sim_log_uniform(most_bits) : 0;
}

/* Where runs depend on others' results, one that has failed once may change which are done. */
static void history_draw_faults(history *h)
{
    h->n_most = sim_chance(2) ? 1 : 2 + sim_below(2);
    h->holds = sim_chance(4);
    h->meddles = sim_chance(4);
    h->takes = sim_chance(4);
    world->odds = (sim_odds){
        .full = history_draw_odds(200, 11),
        .io_error = history_draw_odds(200, 12),
        .interrupt = history_draw_odds(10, 10),
        .cut_short = history_draw_odds(10, 10),
        .jump = history_draw_odds(5, 8),
        .fails = world->spec == SIM_HALVING ? 0 : history_draw_odds(5, 6),
        .no_thread = history_draw_odds(20, 7),
    };
    if (h->takes) /* what a disk that fails or is full holds back cannot be saved from it */
        world->odds.full = world->odds.io_error = world->odds.cut_short = 0;
}

static void history_draw(history *h, bool undisturbed)
{
    *h = (history){.n_most = 1};
    world->switch_every = (uint32_t)sim_log_uniform(7);
    world->until_switch = 1;
    world->wall_ns = INT64_C(1700000000000000000);
    if (undisturbed) {
        history_calm_down(h);
        return;
    }
    h->crash_bits = 5 + sim_below(8);
    h->n_faults = (unsigned)sim_log_uniform(7);
    h->power_share = sim_below(4);
    history_draw_faults(h);
    history_draw_next_crash(h);
    history_draw_next_alarm(h);
}

static void history_begin(uint64_t seed, int spec)
{
    memset(world, 0, offsetof(sim_world, traces));
    world->seed = seed;
    world->spec = spec;
    world->hash = UINT64_C(0xcbf29ce484222325);
    disk_format();
    history_boot();
}

/* ---- what happens ------------------------------------------------------------------------ */

static void history_crashed(history *h)
{
    if (world->news == SIM_NEWS_POWER) {
        history_kill_all();
        disk_lose_power();
        history_boot();
    } else
        history_kill(world->news_process);
    h->complete = false; /* what came back is for the next start to remove */
    if (++world->n_crashes >= h->n_faults)
        history_calm_down(h);
    else
        history_draw_next_crash(h);
}

/* What is held in memory alone survives no crash, and needs room: meanwhile there is no further fault. */
static void history_take_database(history *h)
{
    if (!meddle_takes_database())
        return;
    h->taken = true;
    h->odds = world->odds;
    world->odds = (sim_odds){.full = 0};
    world->full_until_ns = 0;
    world->until_crash = world->until_alarm = history_never;
}

static void history_resume(history *h)
{
    h->taken = false;
    world->odds = h->odds;
    history_draw_next_crash(h);
    history_draw_next_alarm(h);
}

static void history_ended(history *h)
{
    const sim_process p = world->processes[world->news_process];
    history_kill(world->news_process);
    if (p.kind != SIM_BNNRUN)
        return;
    h->last_status = p.status;
    if (h->taken) {
        if (p.status != 4)
            sim_violate("the database was taken away, and bnnrun ended with %d", p.status);
        meddle_gives_database_back();
        history_resume(h);
        return;
    }
    if (p.status == 4) /* whoever reads why takes a while */
        world->now_ns += UINT64_C(1000000) * sim_log_uniform(16);
    h->complete = h->complete || (p.status == 0 && (p.calm || !world->damaged));
    if (p.status == 2 || p.status == 3 || p.status == 5)
        sim_violate("bnnrun ended with status %d", p.status);
}

/* Another bnnrun, another program, or somebody who takes away what nobody should. */
static void history_alarmed(history *h)
{
    history_draw_next_alarm(h);
    if (history_count() < h->n_most && sim_chance(2))
        history_start(h, SIM_BNNRUN);
    else if (h->holds && sim_chance(2))
        history_start(h, SIM_HOLDER);
    else if (h->meddles && sim_chance(2)) {
        meddle();
        h->complete =
            h->complete && !world->damaged; /* what is gone now is for the next start to find */
    } else if (h->takes)
        history_take_database(h);
}

static void history_take_news(history *h)
{
    switch (sim_run()) {
    case SIM_NEWS_CRASH:
    case SIM_NEWS_POWER:
        history_crashed(h);
        break;
    case SIM_NEWS_EXIT:
        history_ended(h);
        break;
    case SIM_NEWS_ALARM:
        history_alarmed(h);
        break;
    case SIM_NEWS_STUCK:
        sim_violate("all threads wait for each other");
        break;
    case SIM_NEWS_NONE:
    case SIM_NEWS_VIOLATION:
        break;
    }
    if (world->n_events > HISTORY_EVENTS)
        sim_violate("it does not end");
}

bool history_run(uint64_t seed, int spec, bool undisturbed)
{
    history h;
    history_begin(seed, spec);
    history_draw(&h, undisturbed);
    while (world->violation[0] == '\0' && !(h.complete && history_count() == 0)) {
        if (history_count() == 0) {
            if (h.n_calm_starts == HISTORY_CALM_STARTS)
                sim_violate("the sweep is not done %u starts after the last fault (status %d)",
                            h.n_calm_starts, h.last_status);
            else
                history_start(&h, SIM_BNNRUN);
        }
        if (world->violation[0] == '\0')
            history_take_news(&h);
    }
    history_kill_all();
    return world->violation[0] == '\0' && check_end(undisturbed);
}
