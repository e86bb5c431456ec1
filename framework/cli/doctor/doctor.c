#include "cli/doctor/doctor.h"

#include "base/text.h"

#include <stdarg.h>
#include <string.h>

void doctor_note(doctor *d, doctor_verdict verdict, const char *part, const char *remedy,
                 const char *format, ...)
{
    char text[2000];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    doctor_finding *grown =
        bnn_arena_grow(d->arena, d->findings, d->n, &d->capacity, sizeof *grown);
    const char *what = bnn_arena_strdup(d->arena, bnn_text_clean(text, ""));
    if (grown == NULL || what == NULL) {
        d->failed = true;
        return;
    }
    d->findings = grown;
    grown[d->n++] = (doctor_finding){verdict, part, what, remedy};
    d->n_of[verdict]++;
}

void doctor_look(doctor *d)
{
    static void (*const looks[])(doctor *) = {
        doctor_look_at_program,  doctor_look_at_machine, doctor_look_at_kernels,
        doctor_look_at_plugins,  doctor_look_at_data,    doctor_look_at_place,
        doctor_look_at_database, doctor_look_at_tools,
    };
    for (size_t i = 0; i < sizeof looks / sizeof *looks; i++)
        looks[i](d);
}
