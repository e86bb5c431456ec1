/* doctor.h - what `bnnrun doctor` finds: lines that are well, warnings, and what is wrong. */
#ifndef BNN_CLI_DOCTOR_DOCTOR_H
#define BNN_CLI_DOCTOR_DOCTOR_H

#include "cli/options.h"

typedef enum doctor_verdict {
    DOCTOR_OK = 0,
    DOCTOR_WARNING = 1, /* works, but loses something, or soon does not */
    DOCTOR_WRONG = 2,
} doctor_verdict;

typedef struct doctor_finding {
    doctor_verdict verdict;
    const char *part;   /* "kernels": a word or two */
    const char *what;   /* what is there, or wrong */
    const char *remedy; /* what to do about it; or NULL */
} doctor_finding;

typedef struct doctor {
    const cli_options *options;
    bnn_arena *arena; /* of the command; all texts of findings */
    doctor_finding *findings;
    size_t n, capacity;
    size_t n_of[DOCTOR_WRONG + 1];
    bool failed; /* there was no memory for one */
} doctor;

/* Notes a finding. remedy: or NULL. Control characters become '?'. */
void doctor_note(doctor *d, doctor_verdict verdict, const char *part, const char *remedy,
                 const char *format, ...) __attribute__((format(printf, 5, 6)));

/* All looks, in order. */
void doctor_look(doctor *d);

/* ---- the looks --------------------------------------------------------------------------- */

void doctor_look_at_program(doctor *d); /* machine.c */
void doctor_look_at_machine(doctor *d);
void doctor_look_at_kernels(doctor *d);  /* kernels.c */
void doctor_look_at_plugins(doctor *d);  /* plugins.c */
void doctor_look_at_data(doctor *d);     /* data.c */
void doctor_look_at_place(doctor *d);    /* place.c: of the database, and what lies beside it */
void doctor_look_at_database(doctor *d); /* database.c */
void doctor_look_at_tools(doctor *d);    /* tools.c */

#endif
