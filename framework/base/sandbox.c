#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- files ------------------------------------------------------------------------------- */

/* Later members and rights than the header of an older system has. */
typedef struct landlock_rules {
    uint64_t files, net, scoped;
} landlock_rules;

static const uint64_t landlock_truncate = UINT64_C(1) << 14, landlock_tcp = 3;

static int landlock_version(void)
{
    const long version =
        syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return version > 0 ? (int)version : 0;
}

/* All that changes a file or a folder. */
static uint64_t landlock_writes(int version)
{
    const uint64_t first = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                           LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                           LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                           LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                           LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;
    return first | (version >= 3 ? landlock_truncate : 0);
}

static void landlock_allow(int rules, const char *path, uint64_t rights)
{
    struct landlock_path_beneath_attr beneath = {.allowed_access = rights};
    beneath.parent_fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (beneath.parent_fd < 0)
        return;
    syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
    close(beneath.parent_fd);
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
    landlock_allow(rules, "/dev/null",
                   handled.files & (LANDLOCK_ACCESS_FS_WRITE_FILE | landlock_truncate));
    if (folder != NULL)
        landlock_allow(rules, folder, handled.files);
    const bool entered = syscall(SYS_landlock_restrict_self, rules, 0) == 0;
    close(rules);
    return entered;
}

/* ---- system calls ------------------------------------------------------------------------ */

#if defined(__x86_64__)
static const uint32_t seccomp_machine = AUDIT_ARCH_X86_64, seccomp_foreign = 0x40000000; /* x32 */
#else
static const uint32_t seccomp_machine = AUDIT_ARCH_AARCH64, seccomp_foreign = 0x7fffffff;
#endif

/* Newer than the headers of some systems, with the same numbers on all machines. */
enum {
    SECCOMP_FCHMODAT2 = 452,
    SECCOMP_SETXATTRAT = 463,
    SECCOMP_REMOVEXATTRAT = 466,
    SECCOMP_FILE_SETATTR = 469,
};

/* What reaches beyond the process, or outlives it: sockets (io_uring opens them, too), other processes, rights and
 * owners of files, which landlock leaves alone, limits and priorities, the machine. */
static const int seccomp_refused[] = {
#if defined(__x86_64__)
    SYS_chmod,
    SYS_chown,
    SYS_lchown,
    SYS_utime,
    SYS_utimes,
    SYS_futimesat,
#endif
    SYS_socket,
    SYS_io_uring_setup,
    SYS_io_uring_enter,
    SYS_io_uring_register,
    SYS_ptrace,
    SYS_process_vm_writev,
    SYS_pidfd_send_signal,
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

typedef struct seccomp_program {
    unsigned short n;
    struct sock_filter code[2 * SECCOMP_REFUSED + 64];
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

enum { SECCOMP_NO = (int)(SECCOMP_RET_ERRNO | EPERM) };

/* A call whose argument i (its lower half) has to be one of n values. */
static void seccomp_require(seccomp_program *p, int call, size_t i, const uint32_t *values,
                            size_t n)
{
    seccomp_add(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, (uint8_t)(n + 3));
    seccomp_load(p, offsetof(struct seccomp_data, args) + 8 * i);
    for (size_t v = 0; v < n; v++)
        seccomp_add(p, BPF_JMP | BPF_JEQ | BPF_K, values[v], (uint8_t)(n - v), 0);
    seccomp_end(p, SECCOMP_NO);
    seccomp_end(p, SECCOMP_RET_ALLOW);
}

static void seccomp_write(seccomp_program *p)
{
    const uint32_t self = (uint32_t)getpid(), group = (uint32_t)-getpid();
    const uint32_t to_kill[] = {self, group, 0}, none[] = {0};
    seccomp_load(p, offsetof(struct seccomp_data, arch));
    seccomp_add(p, BPF_JMP | BPF_JEQ | BPF_K, seccomp_machine, 1, 0);
    seccomp_end(p, SECCOMP_NO);
    seccomp_load(p, offsetof(struct seccomp_data, nr));
    seccomp_add(p, BPF_JMP | BPF_JGE | BPF_K, seccomp_foreign, 0, 1);
    seccomp_end(p, SECCOMP_NO);
    for (size_t i = 0; i < SECCOMP_REFUSED; i++) {
        seccomp_add(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)seccomp_refused[i], 0, 1);
        seccomp_end(p, seccomp_refused[i] == SYS_socket ? SECCOMP_RET_ERRNO | EACCES : SECCOMP_NO);
    }
    seccomp_require(p, SYS_kill, 0, to_kill, 3);
    seccomp_require(p, SYS_tgkill, 0, to_kill, 1);
    seccomp_require(p, SYS_tkill, 0, to_kill, 1);
    seccomp_require(p, SYS_prlimit64, 2, none, 1); /* the new limits; to ask is fine */
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

/* ---- both -------------------------------------------------------------------------------- */

bnn_sandbox bnn_sandbox_find(void)
{
    return (bnn_sandbox){.landlock = landlock_version(), .seccomp = seccomp_is_there()};
}

const char *bnn_sandbox_describe(bnn_sandbox s, char out[BNN_SANDBOX_TEXT])
{
    if (s.landlock == 0)
        return s.seccomp ? "seccomp alone: files can be written anywhere" : NULL;
    snprintf(out, BNN_SANDBOX_TEXT, "landlock %d %s", s.landlock,
             s.seccomp ? "and seccomp" : "alone: sockets can be opened, and others be signalled");
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
