/* plugins.c - the plugins that there are: those that came with bnnrun load; those from elsewhere keep the contract of
 * their kind, as far as that can be tried in a moment. */
#include "base/clock.h"
#include "base/text.h"
#include "cli/doctor/doctor.h"
#include "conform/conform.h"
#include "plugin/registry.h"

#include <stdlib.h>
#include <string.h>

/* Of all plugins from elsewhere together, and of a check. */
static const double plugins_seconds = 0.7, plugins_check_seconds = 5.0;

/* The first promise that the file breaks, or what cannot be tried. */
static void plugins_try(doctor *d, const bnn_plugin_file *file, double end)
{
    bnn_conform_result result;
    bnn_error err;
    size_t i = 0, n_kept = 0;
    const size_t n = bnn_conform_count(file->kind);
    const char *const kind = bnn_kind_name(file->kind);
    for (; i < n && (i == 0 || bnn_clock_seconds(CLOCK_MONOTONIC) < end); i++) {
        const int status =
            bnn_conform_run(file->path, file->kind, i, plugins_check_seconds, &result, &err);
        n_kept += status == BNN_OK && result.verdict == BNN_CONFORM_KEPT;
        if (status == BNN_OK && result.verdict != BNN_CONFORM_BROKEN)
            continue;
        doctor_note(d, DOCTOR_WRONG, "plugins", "mend it, build it again, or take it off the path",
                    "%s %s, %s: %s", kind, file->name, file->path,
                    status == BNN_OK ? result.message : err.message);
        return;
    }
    doctor_note(d, DOCTOR_OK, "plugins", i < n ? "`bnnrun plugins test` tries the rest" : NULL,
                "%s %s, %s: keeps what %zu of %zu checks ask, and gives nothing to %zu", kind,
                file->name, file->path, n_kept, n, i - n_kept);
}

/* Loads one that came with bnnrun; false when that fails. */
static bool plugins_load(doctor *d, bnn_registry *registry, const bnn_plugin_file *file)
{
    bnn_error err;
    if (bnn_registry_load_file(registry, file->path, &err) != NULL)
        return true;
    doctor_note(d, DOCTOR_WRONG, "plugins", "install bnnrun again", "%s", err.message);
    return false;
}

static void plugins_look(doctor *d, bnn_registry *registry)
{
    const bnn_plugin_file *files;
    bnn_error err;
    size_t n = 0, n_bundled = 0, n_foreign = 0;
    if (bnn_registry_scan(registry, &files, &n, &err) != BNN_OK)
        doctor_note(d, DOCTOR_WRONG, "plugins", NULL, "%s", err.message);
    for (size_t i = 0; i < n; i++)
        if (bnn_registry_bundles(files[i].path) && files[i].shadowed_by == NULL)
            n_bundled += plugins_load(d, registry, &files[i]);
    doctor_note(d, n_bundled > 0 ? DOCTOR_OK : DOCTOR_WRONG, "plugins",
                n_bundled > 0 ? NULL : "install bnnrun again",
                "%zu came with bnnrun, and can be loaded", n_bundled);
    const double end = bnn_clock_seconds(CLOCK_MONOTONIC) + plugins_seconds;
    for (size_t i = 0; i < n; i++) {
        if (files[i].shadowed_by != NULL &&
            bnn_registry_bundles(files[i].shadowed_by) != bnn_registry_bundles(files[i].path))
            doctor_note(d, DOCTOR_WARNING, "plugins", "give it another name", "%s is hidden by %s",
                        files[i].path, files[i].shadowed_by);
        if (files[i].shadowed_by != NULL || bnn_registry_bundles(files[i].path))
            continue;
        n_foreign++;
        if (bnn_registry_probe(registry, &files[i], &err) != BNN_OK)
            doctor_note(d, DOCTOR_WRONG, "plugins",
                        "mend it, build it again, or take it off the path", "%s", err.message);
        else
            plugins_try(d, &files[i], end);
    }
    if (n_foreign == 0)
        doctor_note(d, DOCTOR_OK, "plugins", NULL, "none from elsewhere");
}

void doctor_look_at_plugins(doctor *d)
{
    const char *trusts = secure_getenv("BNNRUN_TRUST_PLUGINS");
    bnn_registry *registry = bnn_registry_create(d->options->plugin_path);
    d->failed = d->failed || registry == NULL;
    if (registry == NULL)
        return;
    if (trusts != NULL && strcmp(trusts, "1") == 0)
        doctor_note(
            d, DOCTOR_WARNING, "plugins", "unset BNNRUN_TRUST_PLUGINS",
            "BNNRUN_TRUST_PLUGINS=1: plugins from elsewhere are not tried in a child first");
    plugins_look(d, registry);
    bnn_registry_destroy(registry);
}
