/* schedule.c - of all threads one goes on at a time; which, the seed says. */
#include "tests/sim/sim.h"

#include "base/rng.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SIM_ROLE = 60, SIM_CALL_NS = 2000, SIM_LOOK_NS = 200000000, SIM_LOOKS = 300 };

sim_world *world;
_Thread_local int sim_self;

/* ---- chance ------------------------------------------------------------------------------ */

uint32_t sim_bits(void)
{
    const bnn_rng rng = {.seed = world->seed, .role = SIM_ROLE};
    return bnn_rng_bits(&rng, world->n_drawn++);
}

uint32_t sim_below(uint32_t n)
{
    return (uint32_t)((uint64_t)sim_bits() * n >> 32);
}

bool sim_chance(uint32_t one_in)
{
    return one_in != 0 && sim_below(one_in) == 0;
}

uint64_t sim_log_uniform(unsigned most_bits)
{
    const uint64_t least = UINT64_C(1) << sim_below(most_bits);
    return least + sim_below((uint32_t)least);
}

/* ---- what has happened ------------------------------------------------------------------- */

static const char *const op_names[] = {
    [SIM_START] = "starts",      [SIM_END] = "ends",
    [SIM_CRASHES] = "CRASHES",   [SIM_LOSES_POWER] = "LOSES POWER",
    [SIM_CREATE] = "create",     [SIM_READ] = "read",
    [SIM_WRITE] = "write",       [SIM_SYNC] = "sync",
    [SIM_TRUNCATE] = "truncate", [SIM_RENAME] = "rename to",
    [SIM_UNLINK] = "unlink",     [SIM_MKDIR] = "mkdir",
    [SIM_RMDIR] = "rmdir",       [SIM_LOCK] = "lock",
    [SIM_SLEEP] = "sleep",       [SIM_THREAD] = "thread",
    [SIM_FAULT] = "FAULT",       [SIM_JUMP] = "CLOCK JUMPS",
    [SIM_TOLD] = "TOLD DONE",    [SIM_TRAIN] = "trains",
    [SIM_MEDDLE] = "MEDDLES",    [SIM_LOST] = "lost",
};

static void print_event(const sim_event *e)
{
    fprintf(stderr, "%8llu %12.6f s  process %d, thread %2d: %s %s %lld %lld\n",
            (unsigned long long)e->n, (double)e->now_ns * 1e-9, e->process, e->actor,
            op_names[e->op], e->name, (long long)e->a, (long long)e->b);
}

void sim_print_events(unsigned n)
{
    uint64_t i = world->n_events > n ? world->n_events - n : 0;
    if (world->n_events - i > SIM_EVENTS)
        i = world->n_events - SIM_EVENTS;
    for (; i < world->n_events; i++)
        print_event(&world->events[i % SIM_EVENTS]);
}

static void mix(const void *bytes, size_t n)
{
    for (const uint8_t *b = bytes; n > 0; b++, n--)
        world->hash = (world->hash ^ *b) * UINT64_C(0x100000001b3);
}

void sim_note(sim_op op, const char *name, int64_t a, int64_t b)
{
    sim_event *e = &world->events[world->n_events % SIM_EVENTS];
    *e = (sim_event){.n = world->n_events++,
                     .now_ns = world->now_ns,
                     .actor = sim_self,
                     .op = op,
                     .a = a,
                     .b = b,
                     .process = world->actors[sim_self].process};
    snprintf(e->name, sizeof e->name, "%s", name);
    world->now_ns += SIM_CALL_NS;
    mix(&e->now_ns, sizeof e->now_ns);
    mix(&e->actor, sizeof e->actor);
    mix(&e->op, sizeof e->op);
    mix(&e->a, sizeof e->a);
    mix(&e->b, sizeof e->b);
    mix(e->name, strlen(e->name));
    if (world->traces)
        print_event(e);
}

/* ---- turns ------------------------------------------------------------------------------- */

static void give_turn(int actor)
{
    atomic_uint *turn = &world->actors[actor].turn;
    atomic_store(turn, 1);
    syscall(SYS_futex, turn, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* False after a while, without a turn. */
static bool await_turn(int actor, const struct timespec *timeout)
{
    atomic_uint *turn = &world->actors[actor].turn;
    while (atomic_exchange(turn, 0) == 0)
        if (syscall(SYS_futex, turn, FUTEX_WAIT, 0, timeout, NULL, 0) != 0 && errno == ETIMEDOUT)
            return atomic_exchange(turn, 0) != 0;
    return true;
}

/* Those whose time has come are ready. When nobody else is, time goes on to the next of them. */
static void let_time_pass(void)
{
    uint64_t first = 0;
    bool ready = false;
    for (int i = 1; i < SIM_ACTORS; i++) {
        sim_actor *a = &world->actors[i];
        if (a->state == SIM_ACTOR_WAITS && a->deadline_ns != SIM_NO_DEADLINE &&
            a->deadline_ns <= world->now_ns)
            a->state = SIM_ACTOR_READY;
        ready = ready || a->state == SIM_ACTOR_READY;
        if (a->state == SIM_ACTOR_WAITS && a->deadline_ns != SIM_NO_DEADLINE &&
            (first == 0 || a->deadline_ns < first))
            first = a->deadline_ns;
    }
    if (ready || first == 0)
        return;
    world->now_ns = first;
    let_time_pass();
}

/* 0: nobody can go on. */
static int choose_actor(void)
{
    int ready[SIM_ACTORS], n = 0;
    let_time_pass();
    for (int i = 1; i < SIM_ACTORS; i++)
        if (world->actors[i].state == SIM_ACTOR_READY)
            ready[n++] = i;
    if (n == 0)
        world->news = SIM_NEWS_STUCK;
    return n == 0 ? 0 : n == 1 ? ready[0] : ready[sim_below((uint32_t)n)];
}

static void hand_over(void)
{
    const int self = sim_self, next = choose_actor();
    if (next == self)
        return;
    give_turn(next);
    await_turn(self, NULL);
}

static void tell_history(sim_news news)
{
    world->news = news;
    world->news_process = world->actors[sim_self].process;
    give_turn(0);
}

void sim_may_switch(void)
{
    if (--world->until_alarm == 0) {
        const int self = sim_self;
        tell_history(SIM_NEWS_ALARM);
        await_turn(self, NULL);
    }
    if (--world->until_switch > 0)
        return;
    world->until_switch = 1 + sim_below(2 * world->switch_every);
    hand_over();
}

bool sim_wait(const void *address, uint64_t deadline_ns)
{
    sim_actor *a = &world->actors[sim_self];
    a->state = SIM_ACTOR_WAITS;
    a->waits_for = address;
    a->deadline_ns = deadline_ns;
    a->noticed = false;
    hand_over();
    return a->noticed;
}

void sim_notice(const void *address)
{
    for (int i = 1; i < SIM_ACTORS; i++) {
        sim_actor *a = &world->actors[i];
        if (a->state != SIM_ACTOR_WAITS || a->waits_for != address ||
            a->process != world->actors[sim_self].process)
            continue;
        a->state = SIM_ACTOR_READY;
        a->noticed = true;
    }
}

int sim_add_actor(int process)
{
    for (int i = 1; i < SIM_ACTORS; i++) {
        sim_actor *a = &world->actors[i];
        if (a->state != SIM_ACTOR_FREE)
            continue;
        *a = (sim_actor){.state = SIM_ACTOR_READY, .process = process};
        return i;
    }
    sim_violate("more than %d threads", SIM_ACTORS - 1);
    return 0;
}

void sim_begin_actor(int actor)
{
    sim_self = actor;
    await_turn(actor, NULL);
}

void sim_end_actor(void)
{
    world->actors[sim_self].state = SIM_ACTOR_ENDED;
    give_turn(choose_actor());
    sim_self = 0;
}

/* ---- ends -------------------------------------------------------------------------------- */

static _Noreturn void await_kill(void)
{
    for (;;)
        pause();
}

bool sim_is_due(void)
{
    return --world->until_crash == 0;
}

void sim_die(void)
{
    sim_note(world->power ? SIM_LOSES_POWER : SIM_CRASHES, "", 0, 0);
    tell_history(world->power ? SIM_NEWS_POWER : SIM_NEWS_CRASH);
    await_kill();
}

void sim_exit(int status)
{
    sim_note(SIM_END, "", status, 0);
    world->processes[world->actors[sim_self].process].status = status;
    tell_history(SIM_NEWS_EXIT);
    await_kill();
}

void sim_violate(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (world->violation[0] == '\0')
        vsnprintf(world->violation, sizeof world->violation, format, args);
    va_end(args);
    if (!sim_is_inside())
        return;
    tell_history(SIM_NEWS_VIOLATION);
    await_kill();
}

/* A process that died by itself took its turn along. */
static bool look_for_dead(void)
{
    int status;
    for (int i = 0; i < SIM_PROCESSES; i++) {
        sim_process *p = &world->processes[i];
        if (p->kind == SIM_NO_PROCESS || waitpid(p->real, &status, WNOHANG) <= 0)
            continue;
        p->real = 0;
        sim_violate("process %d died: %s %d", i, WIFSIGNALED(status) ? "signal" : "status",
                    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
        return true;
    }
    return false;
}

sim_news sim_run(void)
{
    static const struct timespec look = {.tv_nsec = SIM_LOOK_NS};
    const int next = choose_actor();
    if (next == 0)
        return SIM_NEWS_STUCK;
    world->news = SIM_NEWS_NONE;
    give_turn(next);
    for (int i = 0; i < SIM_LOOKS; i++) {
        if (await_turn(0, &look))
            return world->news;
        if (look_for_dead())
            return SIM_NEWS_VIOLATION;
    }
    sim_violate("nothing has happened for %d seconds of the real clock",
                (int)((int64_t)SIM_LOOKS * SIM_LOOK_NS / 1000000000));
    return SIM_NEWS_VIOLATION;
}
