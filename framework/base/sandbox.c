#include "base/sandbox.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- files ------------------------------------------------------------------------------- */

/* Of linux/landlock.h, which older systems lack, or have without the later members and rights. */
#ifndef SYS_landlock_create_ruleset
#    define SYS_landlock_create_ruleset 444
#    define SYS_landlock_add_rule       445
#    define SYS_landlock_restrict_self  446
#endif

typedef struct landlock_rules {
    uint64_t files, net, scoped;
} landlock_rules;

typedef struct __attribute__((packed)) landlock_beneath {
    uint64_t rights;
    int32_t fd;
} landlock_beneath;

enum { LANDLOCK_ASK_VERSION = 1, LANDLOCK_BENEATH = 1 };

/* To write to a file; to remove a folder or a file, and to make one of any kind. */
static const uint64_t landlock_write = 1 << 1, landlock_change = 0x1ff << 4,
                      landlock_truncate = 1 << 14, landlock_tcp = 3;

static int landlock_version(void)
{
    const long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_ASK_VERSION);
    return version > 0 ? (int)version : 0;
}

/* All that changes a file or a folder. */
static uint64_t landlock_writes(int version)
{
    return landlock_write | landlock_change | (version >= 3 ? landlock_truncate : 0);
}

static void landlock_allow(int rules, const char *path, uint64_t rights)
{
    landlock_beneath beneath = {.rights = rights};
    beneath.fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (beneath.fd < 0)
        return;
    syscall(SYS_landlock_add_rule, rules, LANDLOCK_BENEATH, &beneath, 0);
    close(beneath.fd);
}

static bool landlock_enter(const char *folder, int version)
{
    const landlock_rules handled = {.files = landlock_writes(version),
                                    .net = version >= 4 ? landlock_tcp : 0};
    const size_t size =
        version >= 4 ? offsetof(landlock_rules, scoped) : offsetof(landlock_rules, net);
    const int rules = (int)syscall(SYS_landlock_create_ruleset, &handled, size, 0);
    if (rules < 0)
        return false;
    landlock_allow(rules, "/dev/null", handled.files & (landlock_write | landlock_truncate));
    if (folder != NULL)
        landlock_allow(rules, folder, handled.files);
    const bool entered = syscall(SYS_landlock_restrict_self, rules, 0) == 0;
    close(rules);
    return entered;
}

/* ---- system calls ------------------------------------------------------------------------ */

/* Each machine has its own numbers of calls. Where those are not known here, there is no seccomp. */
#if defined(__x86_64__) && !defined(__ILP32__)
#    define SECCOMP_MACHINE AUDIT_ARCH_X86_64
#    define SECCOMP_FOREIGN 0x40000000 /* x32 */
#elif defined(__aarch64__) && defined(__AARCH64EL__)
#    define SECCOMP_MACHINE AUDIT_ARCH_AARCH64
#    define SECCOMP_FOREIGN 0x7fffffff
#endif

#ifdef SECCOMP_MACHINE

/* Newer than the headers of some systems, with the same numbers on all machines. */
enum {
    SECCOMP_PIDFD_SEND_SIGNAL = 424,
    SECCOMP_IO_URING_SETUP = 425,
    SECCOMP_IO_URING_ENTER = 426,
    SECCOMP_IO_URING_REGISTER = 427,
    SECCOMP_CLONE3 = 435,
    SECCOMP_OPENAT2 = 437,
    SECCOMP_PIDFD_GETFD = 438,
    SECCOMP_FCHMODAT2 = 452,
    SECCOMP_SETXATTRAT = 463,
    SECCOMP_REMOVEXATTRAT = 466,
    SECCOMP_FILE_SETATTR = 469,
};

/* What reaches beyond the process, or outlives it: sockets (io_uring opens them, too), other processes, rights and
 * owners of files, which landlock leaves alone, limits and priorities, the machine. */
static const int seccomp_refused[] = {
#    if defined(__x86_64__)
    SYS_chmod,
    SYS_chown,
    SYS_lchown,
    SYS_utime,
    SYS_utimes,
    SYS_futimesat,
#    endif
    SYS_socket,
    SECCOMP_IO_URING_SETUP,
    SECCOMP_IO_URING_ENTER,
    SECCOMP_IO_URING_REGISTER,
    /* Their flags are in memory, where they cannot be looked at. The C library takes clone where clone3 is not. */
    SECCOMP_OPENAT2,
    SECCOMP_CLONE3,
    SYS_ptrace,
    SYS_process_vm_writev,
    SECCOMP_PIDFD_SEND_SIGNAL,
    SECCOMP_PIDFD_GETFD,
    SYS_rt_sigqueueinfo,
    SYS_rt_tgsigqueueinfo,
    SYS_fchmod,
    SYS_fchmodat,
    SECCOMP_FCHMODAT2,
    SYS_fchown,
    SYS_fchownat,
    SYS_utimensat,
    SYS_truncate,
    SYS_setxattr,
    SYS_lsetxattr,
    SYS_fsetxattr,
    SECCOMP_SETXATTRAT,
    SYS_removexattr,
    SYS_lremovexattr,
    SYS_fremovexattr,
    SECCOMP_REMOVEXATTRAT,
    SECCOMP_FILE_SETATTR,
    SYS_setrlimit,
    SYS_setpriority,
    SYS_ioprio_set,
    SYS_sched_setscheduler,
    SYS_sched_setparam,
    SYS_sched_setattr,
    SYS_sched_setaffinity,
    SYS_shmget,
    SYS_msgget,
    SYS_semget,
    SYS_mq_open,
    SYS_mq_unlink,
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_open_by_handle_at,
    SYS_unshare,
    SYS_setns,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_swapon,
    SYS_swapoff,
    SYS_reboot,
    SYS_kexec_load,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_clock_adjtime,
    SYS_adjtimex,
    SYS_sethostname,
    SYS_setdomainname,
};
enum { SECCOMP_REFUSED = sizeof seccomp_refused / sizeof *seccomp_refused };

/* A call that is refused for some values of an argument, or for all others. */
typedef struct seccomp_rule {
    int call;
    uint32_t i; /* of the argument, of which the kernel takes the lower half */
    bool wide;  /* it takes both; then the upper one has to be 0 */
    bool may;   /* the values are those that it may have */
    uint32_t mask;
    uint32_t n, values[4];
} seccomp_rule;

enum { SECCOMP_RULES_MAX = 16, SECCOMP_RULE_CODE = 12 };

typedef struct seccomp_program {
    unsigned short n;
    struct sock_filter code[2 * SECCOMP_REFUSED + SECCOMP_RULES_MAX * SECCOMP_RULE_CODE + 8];
} seccomp_program;

static void seccomp_add(seccomp_program *p, int code, uint32_t k, uint8_t yes, uint8_t no)
{
    p->code[p->n++] = (struct sock_filter){(uint16_t)code, yes, no, k};
}

static void seccomp_load(seccomp_program *p, size_t offset)
{
    seccomp_add(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void seccomp_end(seccomp_program *p, uint32_t action)
{
    seccomp_add(p, BPF_RET | BPF_K, action, 0, 0);
}

/* What a call that is refused says: that it is not there, or that a right is missing. */
static uint32_t seccomp_refuse(int call)
{
    const bool absent = call == SECCOMP_OPENAT2 || call == SECCOMP_CLONE3;
    const unsigned error = absent ? ENOSYS : call == SYS_socket ? EACCES : EPERM;
    return SECCOMP_RET_ERRNO | error;
}

static void seccomp_add_rule(seccomp_program *p, const seccomp_rule *r)
{
    const size_t argument = offsetof(struct seccomp_data, args) + sizeof(uint64_t) * r->i,
                 upper = 4;
    const uint32_t refuse = seccomp_refuse(r->call);
    const uint32_t skipped = (r->wide ? 3U : 0U) + r->n + 4U;
    seccomp_add(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)r->call, 0, (uint8_t)skipped);
    if (r->wide) {
        seccomp_load(p, argument + upper);
        seccomp_add(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0);
        seccomp_end(p, refuse);
    }
    seccomp_load(p, argument);
    seccomp_add(p, BPF_ALU | BPF_AND | BPF_K, r->mask, 0, 0);
    for (uint32_t v = 0; v < r->n; v++)
        seccomp_add(p, BPF_JMP | BPF_JEQ | BPF_K, r->values[v], (uint8_t)(r->n - v), 0);
    seccomp_end(p, r->may ? refuse : SECCOMP_RET_ALLOW);
    seccomp_end(p, r->may ? SECCOMP_RET_ALLOW : refuse);
}

/* Signals go to this process and its group alone, also those that tell of a descriptor; new limits (a pointer) are
 * none; a socket without a connection would reach others; a process in new namespaces has rights in them; and what is
 * opened to be read is not cut off, which landlock overlooks before its version 3. */
static void seccomp_add_rules(seccomp_program *p)
{
    const uint32_t all = UINT32_MAX, self = (uint32_t)getpid(), group = (uint32_t)-getpid();
    const uint32_t spaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                            CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
    const uint32_t flags = O_TRUNC | O_ACCMODE, neither = O_TRUNC | O_ACCMODE;
    const seccomp_rule rules[] = {
        {SYS_kill, 0, false, true, all, 3, {self, group, 0}},
        {SYS_tgkill, 0, false, true, all, 1, {self}},
        {SYS_tkill, 0, false, true, all, 1, {self}},
        {SYS_prlimit64, 2, true, true, all, 1, {0}},
        {SYS_fcntl, 1, false, false, all, 3, {F_SETOWN, F_SETOWN_EX, F_SETSIG}},
        {SYS_ioctl, 1, false, false, all, 4, {FIOSETOWN, SIOCSPGRP, TIOCSTI, TIOCLINUX}},
        {SYS_clone, 0, false, true, spaces, 1, {0}},
        {SYS_socketpair, 1, false, false, 0xf, 2, {SOCK_DGRAM, SOCK_RAW}},
        {SYS_openat, 2, false, false, flags, 2, {O_TRUNC | O_RDONLY, neither}},
#    ifdef SYS_open
        {SYS_open, 1, false, false, flags, 2, {O_TRUNC | O_RDONLY, neither}},
#    endif
    };
    static_assert(sizeof rules / sizeof *rules <= SECCOMP_RULES_MAX, "the program has room");
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        seccomp_add_rule(p, &rules[i]);
}

static void seccomp_write(seccomp_program *p)
{
    seccomp_load(p, offsetof(struct seccomp_data, arch));
    seccomp_add(p, BPF_JMP | BPF_JEQ | BPF_K, SECCOMP_MACHINE, 1, 0);
    seccomp_end(p, SECCOMP_RET_ERRNO | EPERM);
    seccomp_load(p, offsetof(struct seccomp_data, nr));
    seccomp_add(p, BPF_JMP | BPF_JGE | BPF_K, SECCOMP_FOREIGN, 0, 1);
    seccomp_end(p, SECCOMP_RET_ERRNO | EPERM);
    for (size_t i = 0; i < SECCOMP_REFUSED; i++) {
        seccomp_add(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)seccomp_refused[i], 0, 1);
        seccomp_end(p, seccomp_refuse(seccomp_refused[i]));
    }
    seccomp_add_rules(p);
    seccomp_end(p, SECCOMP_RET_ALLOW);
}

static bool seccomp_is_there(void)
{
    const uint32_t action = SECCOMP_RET_ERRNO;
    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

static bool seccomp_enter(void)
{
    seccomp_program p = {.n = 0};
    seccomp_write(&p);
    const struct sock_fprog program = {.len = p.n, .filter = p.code};
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

#else

static bool seccomp_is_there(void)
{
    return false;
}

static bool seccomp_enter(void)
{
    return false;
}

#endif

/* ---- both -------------------------------------------------------------------------------- */

bnn_sandbox bnn_sandbox_find(void)
{
    return (bnn_sandbox){.landlock = landlock_version(), .seccomp = seccomp_is_there()};
}

const char *bnn_sandbox_describe(bnn_sandbox s, char out[BNN_SANDBOX_TEXT])
{
    if (s.landlock == 0)
        return s.seccomp ? "seccomp alone: files can be written anywhere" : NULL;
    if (s.seccomp)
        snprintf(out, BNN_SANDBOX_TEXT, "landlock %d and seccomp", s.landlock);
    else
        snprintf(out, BNN_SANDBOX_TEXT,
                 "landlock %d alone: sockets can be opened, others be signalled%s", s.landlock,
                 s.landlock < 3 ? ", files be cut off" : "");
    return out;
}

bnn_sandbox bnn_sandbox_enter(const char *folder)
{
    bnn_sandbox s = bnn_sandbox_find();
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return (bnn_sandbox){.landlock = 0};
    if (s.landlock > 0 && !landlock_enter(folder, s.landlock))
        s.landlock = 0;
    s.seccomp = s.seccomp && seccomp_enter();
    return s;
}
