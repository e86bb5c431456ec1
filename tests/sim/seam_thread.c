/* seam_thread.c - threads, locks between them, waiting, time, chance and process numbers, in place of the C
 * library's. A condition may end its wait without cause, and so it does here now and then. */
#include "tests/sim/seam.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* What a poll waits for: any news in its process. */
static const char seam_polled;

static uint64_t seam_ns(const struct timespec *t)
{
    return (uint64_t)t->tv_sec * 1000000000u + (uint64_t)t->tv_nsec;
}

/* ---- threads ----------------------------------------------------------------------------- */

typedef struct seam_thread {
    pthread_t thread;
    void *(*begin)(void *);
    void *argument, *result;
} seam_thread;

static seam_thread seam_threads[SIM_ACTORS]; /* of the calling process, by their actors */

static void *seam_begin_thread(void *argument)
{
    seam_thread *t = argument;
    sim_begin_actor((int)(t - seam_threads));
    t->result = t->begin(t->argument);
    sim_notice(t);
    sim_end_actor();
    return t->result;
}

SEAM int pthread_create(pthread_t *out, const pthread_attr_t *attributes, void *(*begin)(void *),
                        void *argument)
{
    if (!sim_is_inside())
        return SEAM_REAL(pthread_create)(out, attributes, begin, argument);
    sim_note(SIM_THREAD, "", 0, 0);
    if (sim_chance(world->odds.no_thread)) {
        sim_note(SIM_FAULT, "thread", EAGAIN, 0);
        return EAGAIN;
    }
    const int actor = sim_add_actor(world->actors[sim_self].process);
    seam_thread *t = &seam_threads[actor];
    t->begin = begin;
    t->argument = argument;
    const int code = SEAM_REAL(pthread_create)(&t->thread, attributes, seam_begin_thread, t);
    if (code != 0)
        sim_violate("a thread cannot be started: %s", strerror(code));
    *out = t->thread;
    sim_may_switch();
    return 0;
}

SEAM int pthread_join(pthread_t thread, void **out)
{
    int i = 1;
    if (!sim_is_inside())
        return SEAM_REAL(pthread_join)(thread, out);
    while (i < SIM_ACTORS && !(world->actors[i].state != SIM_ACTOR_FREE &&
                               world->actors[i].process == world->actors[sim_self].process &&
                               pthread_equal(seam_threads[i].thread, thread)))
        i++;
    while (i < SIM_ACTORS && world->actors[i].state != SIM_ACTOR_ENDED)
        sim_wait(&seam_threads[i], SIM_NO_DEADLINE);
    const int code = SEAM_REAL(pthread_join)(thread, out);
    if (i < SIM_ACTORS) {
        world->actors[i].state = SIM_ACTOR_FREE;
        seam_threads[i] = (seam_thread){.result = NULL};
    }
    return code;
}

/* ---- locks and conditions ---------------------------------------------------------------- */

SEAM int pthread_mutex_lock(pthread_mutex_t *mutex)
{
    if (!sim_is_inside())
        return SEAM_REAL(pthread_mutex_lock)(mutex);
    int code;
    while ((code = SEAM_REAL(pthread_mutex_trylock)(mutex)) == EBUSY)
        sim_wait(mutex, SIM_NO_DEADLINE);
    return code;
}

SEAM int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    const int code = SEAM_REAL(pthread_mutex_unlock)(mutex);
    if (sim_is_inside())
        sim_notice(mutex);
    return code;
}

static int seam_wait_condition(pthread_cond_t *condition, pthread_mutex_t *mutex, uint64_t deadline)
{
    pthread_mutex_unlock(mutex);
    const bool noticed = sim_wait(condition, deadline);
    pthread_mutex_lock(mutex);
    return noticed || deadline == SIM_NO_DEADLINE || world->now_ns < deadline ? 0 : ETIMEDOUT;
}

SEAM int pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex)
{
    if (!sim_is_inside())
        return SEAM_REAL(pthread_cond_wait)(condition, mutex);
    /* without cause after a second, if nobody notices */
    return seam_wait_condition(condition, mutex, world->now_ns + 1000000000);
}

SEAM int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex,
                                const struct timespec *until)
{
    if (!sim_is_inside())
        return SEAM_REAL(pthread_cond_timedwait)(condition, mutex, until);
    return seam_wait_condition(condition, mutex, seam_ns(until));
}

SEAM int pthread_cond_broadcast(pthread_cond_t *condition)
{
    if (!sim_is_inside())
        return SEAM_REAL(pthread_cond_broadcast)(condition);
    sim_notice(condition);
    sim_may_switch();
    return 0;
}

SEAM int pthread_cond_signal(pthread_cond_t *condition)
{
    return sim_is_inside() ? pthread_cond_broadcast(condition)
                           : SEAM_REAL(pthread_cond_signal)(condition);
}

/* ---- waiting ----------------------------------------------------------------------------- */

SEAM int eventfd_write(int fd, eventfd_t n)
{
    if (syscall(SYS_write, fd, &n, sizeof n) != (ssize_t)sizeof n)
        return -1;
    if (sim_is_inside())
        sim_notice(&seam_polled);
    return 0;
}

static int seam_really_poll(struct pollfd *fds, nfds_t n, int ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
    return (int)syscall(SYS_ppoll, fds, n, ms < 0 ? NULL : &t, NULL, 0);
}

SEAM int poll(struct pollfd *fds, nfds_t n, int ms)
{
    if (!sim_is_inside())
        return seam_really_poll(fds, n, ms);
    const uint64_t deadline = ms < 0 ? SIM_NO_DEADLINE : world->now_ns + (uint64_t)ms * 1000000u;
    sim_note(SIM_SLEEP, "poll", ms, 0);
    sim_may_switch();
    for (;;) {
        const int found = seam_really_poll(fds, n, 0);
        if (found != 0 || (deadline != SIM_NO_DEADLINE && world->now_ns >= deadline))
            return found;
        sim_wait(&seam_polled, deadline);
    }
}

static void seam_sleep(uint64_t ns)
{
    sim_note(SIM_SLEEP, "", (int64_t)ns, 0);
    sim_wait(NULL, world->now_ns + ns);
}

SEAM int nanosleep(const struct timespec *t, struct timespec *left)
{
    if (!sim_is_inside())
        return (int)syscall(SYS_nanosleep, t, left);
    seam_sleep(seam_ns(t));
    return 0;
}

SEAM int usleep(useconds_t us)
{
    const struct timespec t = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000L};
    return nanosleep(&t, NULL);
}

SEAM unsigned sleep(unsigned seconds)
{
    const struct timespec t = {.tv_sec = seconds};
    nanosleep(&t, NULL);
    return 0;
}

/* ---- time -------------------------------------------------------------------------------- */

SEAM int clock_gettime(clockid_t clock, struct timespec *out)
{
    if (!sim_is_inside())
        return (int)syscall(SYS_clock_gettime, clock, out);
    if (sim_chance(world->odds.jump)) {
        const int64_t ms = (int64_t)sim_log_uniform(30);
        world->wall_ns += (sim_chance(2) ? ms : -ms / 4) * 1000000;
        sim_note(SIM_JUMP, "", ms, world->wall_ns);
    }
    world->now_ns += 100;
    const uint64_t ns = world->now_ns + (clock == CLOCK_REALTIME ? (uint64_t)world->wall_ns : 0);
    *out =
        (struct timespec){.tv_sec = (time_t)(ns / 1000000000), .tv_nsec = (long)(ns % 1000000000)};
    return 0;
}

SEAM int gettimeofday(struct timeval *out, void *zone)
{
    struct timespec t;
    (void)zone;
    const int code = clock_gettime(CLOCK_REALTIME, &t);
    *out = (struct timeval){.tv_sec = t.tv_sec, .tv_usec = t.tv_nsec / 1000};
    return code;
}

SEAM time_t time(time_t *out)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    if (out != NULL)
        *out = t.tv_sec;
    return t.tv_sec;
}

/* ---- chance and numbers ------------------------------------------------------------------ */

SEAM ssize_t getrandom(void *bytes, size_t n, unsigned flags)
{
    if (!sim_is_inside())
        return syscall(SYS_getrandom, bytes, n, flags);
    for (uint8_t *b = bytes; b < (uint8_t *)bytes + n; b++)
        *b = (uint8_t)sim_bits();
    return (ssize_t)n;
}

SEAM pid_t getpid(void)
{
    if (!sim_is_inside())
        return (pid_t)syscall(SYS_getpid);
    return world->processes[world->actors[sim_self].process].pid;
}

SEAM int gethostname(char *out, size_t n)
{
    if (!sim_is_inside())
        return SEAM_REAL(gethostname)(out, n);
    snprintf(out, n, "simulated");
    return 0;
}

SEAM int kill(pid_t pid, int signal)
{
    if (!sim_is_inside())
        return (int)syscall(SYS_kill, pid, signal);
    for (int i = 0; i < SIM_PROCESSES; i++)
        if (world->processes[i].kind != SIM_NO_PROCESS && world->processes[i].pid == pid)
            return 0;
    errno = ESRCH;
    return -1;
}

/* Only to die by it. */
SEAM int raise(int signal)
{
    if (sim_is_inside())
        sim_exit(128 + signal);
    return (int)syscall(SYS_tgkill, syscall(SYS_getpid), syscall(SYS_gettid), signal);
}
