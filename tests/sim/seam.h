/* seam.h - what the replaced functions of the C library share. Private to tests/sim/. */
#ifndef BNN_TESTS_SIM_SEAM_H
#define BNN_TESTS_SIM_SEAM_H

#include "tests/sim/sim.h"

#include <dlfcn.h>

/* Libraries call it, too. */
#define SEAM __attribute__((visibility("default")))

/* The C library's function of this name, looked up once. */
#define SEAM_REAL(function)                           \
    __extension__({                                   \
        static union {                                \
            void *found;                              \
            __typeof__(&(function)) call;             \
        } real;                                       \
        if (real.found == NULL)                       \
            real.found = dlsym(RTLD_NEXT, #function); \
        real.call;                                    \
    })

/* An operation of a file is about to happen: or the machine ends before it, or others go on. */
static inline void seam_point(sim_op op, const char *name, int64_t a, int64_t b)
{
    sim_note(op, name, a, b);
    if (sim_is_due())
        sim_die();
    sim_may_switch();
}

#endif
