/* tools.c - programs of others that some commands start, and what goes without them. */
#include "base/path.h"
#include "cli/doctor/doctor.h"
#include "base/program.h"

#include <stdlib.h>
#include <string.h>

typedef struct tools_row {
    const char *name;
    const char *without; /* what does not go then, and how to get it */
} tools_row;

static const tools_row tools_rows[] = {
    {"gnuplot", "`bnnrun plot` needs it (Debian package gnuplot-nox)"},
    {"node", "onnxruntime in `bnnrun bench` needs it, and onnxruntime-node"},
    {"sbatch", "`bnnrun slurm --submit` needs it (Debian package slurm-client)"},
    {"cc", "to build plugins and exported C (Debian package gcc)"},
};

enum { TOOLS_SECONDS = 2 };

/* The first line that the program says of its version; NULL when it does not start, fails, or says nothing in time. */
static const char *tools_ask(const char *path, bnn_arena *arena)
{
    const char *const argv[] = {path, "--version", NULL};
    bnn_program p;
    bnn_error none;
    if (bnn_program_run(argv, TOOLS_SECONDS, arena, &p, &none) != BNN_OK || p.status != 0)
        return NULL;
    return bnn_arena_printf(arena, "%.*s", (int)strcspn(p.out, "\n"), p.out);
}

static void tools_try(doctor *d, const tools_row *row)
{
    char path[PATH_MAX];
    const char *list = getenv("PATH");
    const bool is_here = list != NULL && bnn_path_find(list, row->name, path);
    const char *line = is_here ? tools_ask(path, d->arena) : NULL;
    if (!is_here)
        doctor_note(d, DOCTOR_OK, "tools", row->without, "%s: not here", row->name);
    else if (line == NULL)
        doctor_note(d, DOCTOR_WARNING, "tools", row->without, "%s: does not start, or answer",
                    path);
    else
        doctor_note(d, DOCTOR_OK, "tools", NULL, "%s: %s", path, line);
}

void doctor_look_at_tools(doctor *d)
{
    for (size_t i = 0; i < sizeof tools_rows / sizeof *tools_rows; i++)
        tools_try(d, &tools_rows[i]);
}
