/* kernels.c - whether each instruction set of this machine gives the bits of the portable one. */
#include "cli/doctor/doctor.h"
#include "kernels/kernels.h"
#include "runner/selftest.h"
#include "simd/cpu.h"

#include <string.h>

#define KERNELS_REMEDY                                                                           \
    "results from here cannot be compared with others: BNN_CPU=portable does without; tell us, " \
    "with this page"

static void kernels_judge(doctor *d, const char *name, const char *chosen, const bnn_selftest *test,
                          const bnn_selftest *portable)
{
    const char *use = chosen != NULL && strcmp(name, chosen) == 0 ? ", in use" : "";
    if (!test->has)
        doctor_note(d, DOCTOR_OK, "kernels", NULL, "%s: not on this machine", name);
    else if (!test->ended)
        doctor_note(d, DOCTOR_WRONG, "kernels", KERNELS_REMEDY, "%s%s: a training with it %s", name,
                    use, test->message);
    else if (portable->ended && strcmp(test->sha256, portable->sha256) != 0)
        doctor_note(d, DOCTOR_WRONG, "kernels", KERNELS_REMEDY,
                    "%s%s: a training with it has other bits than with portable", name, use);
    else if (!test->engine_agrees)
        doctor_note(d, DOCTOR_WRONG, "kernels", KERNELS_REMEDY,
                    "%s%s: a model gives other logits than training", name, use);
    else if (!portable->ended)
        doctor_note(d, DOCTOR_WARNING, "kernels", NULL,
                    "%s%s: not compared, since the training with portable has no end", name, use);
    else
        doctor_note(d, DOCTOR_OK, "kernels", NULL, "%s%s: right, to the bit (%.12s)", name, use,
                    test->sha256);
}

void doctor_look_at_kernels(doctor *d)
{
    size_t n;
    bnn_error err;
    bnn_selftest tests[BNN_CPU_SETS];
    const char *const *names = bnn_cpu_names(&n);
    const bnn_kernels *kernels = bnn_kernels_choose(&err);
    if (kernels == NULL)
        doctor_note(d, DOCTOR_WRONG, "kernels", "unset BNN_CPU", "%s", err.message);
    for (size_t i = n; i-- > 0;)
        if (bnn_selftest_run(names[i], d->options->plugin_path, &tests[i], &err) != BNN_OK) {
            doctor_note(d, DOCTOR_WRONG, "kernels", NULL, "not tried: %s", err.message);
            return;
        }
    for (size_t i = 0; i < n; i++)
        kernels_judge(d, names[i], kernels == NULL ? NULL : kernels->name, &tests[i],
                      &tests[n - 1]);
}
