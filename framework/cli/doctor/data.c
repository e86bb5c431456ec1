/* data.c - the data sets that are here, and whether their files are what the catalogue says. */
#include "base/clock.h"
#include "base/text.h"
#include "cli/data_check.h"
#include "cli/doctor/doctor.h"
#include "data/catalogue.h"

/* What all sets together may take; what is left then is not opened. */
static const double data_seconds = 0.8;

/* Sets, with what opening each has come to. */
typedef struct data_look {
    const char *directories;
    size_t n;
    const char *const *names;
    const char **sources; /* [n], of those that are well */
    bnn_error *errors;    /* [n] */
    const char **missing; /* [n_missing] */
    size_t n_missing;
} data_look;

static void data_note_found(doctor *d, const char *name, const bnn_dataset *data)
{
    char n_train[BNN_SHORT_TEXT], n_test[BNN_SHORT_TEXT];
    doctor_note(d, DOCTOR_OK, "data", NULL, "%s: %s and %s images, %s; %s", name,
                bnn_count_text(data->train.n, n_train), bnn_count_text(data->test.n, n_test),
                data->pinned ? "checked" : "not pinned", data->source);
}

static void data_try(doctor *d, data_look *look, size_t i, double end)
{
    const char *const name = look->names[i];
    bnn_catalogue_entry entry;
    bnn_dataset data = {.owner = NULL};
    bnn_error *err = &look->errors[i];
    bool is_missing = false;
    err->status = bnn_catalogue_load(look->directories, name, d->arena, &entry, err);
    if (err->status != BNN_OK)
        return;
    if (entry.n_files == 0) {
        doctor_note(d, DOCTOR_OK, "data", NULL, "%s: built in", name);
    } else if (bnn_clock_seconds(CLOCK_MONOTONIC) > end) {
        doctor_note(d, DOCTOR_OK, "data", "`bnnrun data verify` looks at it", "%s: not looked at",
                    name);
    } else if (cli_data_open(look->directories, name, false, &is_missing, d->options, &data, err) ==
               BNN_OK) {
        data_note_found(d, name, &data);
        look->sources[i] = bnn_arena_strdup(d->arena, data.source);
        bnn_dataset_close(&data);
    } else if (is_missing) {
        look->missing[look->n_missing++] = name;
        err->status = BNN_OK;
    }
}

static void data_note_errors(doctor *d, data_look *look)
{
    char list[1000];
    for (size_t i = 0; i < look->n; i++) {
        if (look->errors[i].status == BNN_OK)
            continue;
        if (cli_data_is_of_another_set(look->errors[i].message, look->sources, look->n))
            look->missing[look->n_missing++] = look->names[i];
        else
            doctor_note(d, DOCTOR_WRONG, "data",
                        "delete or mend the file; `bnnrun data fetch` gets it again", "%s: %s",
                        look->names[i], look->errors[i].message);
    }
    if (look->n_missing > 0)
        doctor_note(d, DOCTOR_OK, "data", "`bnnrun data list` says where they come from",
                    "not here: %s",
                    bnn_text_join(look->missing, look->n_missing, list, sizeof list));
}

void doctor_look_at_data(doctor *d)
{
    bnn_error err;
    data_look look = {.directories = cli_catalogue_path(NULL)};
    const double end = bnn_clock_seconds(CLOCK_MONOTONIC) + data_seconds;
    if (bnn_catalogue_list(look.directories, d->arena, &look.names, &look.n, &err) != BNN_OK) {
        doctor_note(d, DOCTOR_WRONG, "data", NULL, "%s", err.message);
        return;
    }
    look.sources = bnn_arena_alloc(d->arena, look.n, sizeof *look.sources);
    look.errors = bnn_arena_alloc(d->arena, look.n, sizeof *look.errors);
    look.missing = bnn_arena_alloc(d->arena, look.n, sizeof *look.missing);
    d->failed = d->failed || look.sources == NULL || look.errors == NULL || look.missing == NULL;
    for (size_t i = 0; !d->failed && i < look.n; i++)
        data_try(d, &look, i, end);
    if (!d->failed)
        data_note_errors(d, &look);
}
