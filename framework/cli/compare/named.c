/* named.c - the config that a word of the command line names. */
#include "base/text.h"
#include "cli/compare/ask.h"
#include "cli/operand.h"
#include "cli/selection.h"
#include "db/store_results.h"

#include <string.h>

/* Where a list of KEY=VALUE ends its first item: a comma outside of brackets and quotes. */
static size_t named_item(const char *text)
{
    int depth = 0;
    bool quoted = false;
    size_t i = 0;
    for (; text[i] != '\0' && (text[i] != ',' || depth > 0 || quoted); i++) {
        quoted ^= text[i] == '"';
        depth += !quoted && strchr("([{", text[i]) != NULL;
        depth -= !quoted && strchr(")]}", text[i]) != NULL;
    }
    return i;
}

static int named_read_settings(const char *text, bnn_arena *arena, bnn_store_filter *out,
                               bnn_error *err)
{
    bnn_store_setting *settings = bnn_arena_alloc(arena, strlen(text) / 2 + 1, sizeof *settings);
    if (settings == NULL)
        return bnn_no_memory(err);
    for (const char *at = text; *at != '\0';) {
        const size_t n = named_item(at);
        const char *equals = memchr(at, '=', n);
        if (equals == NULL || equals == at)
            return bnn_fail(err, BNN_E_USAGE, "expected KEY=VALUE, got \"%.*s\"", (int)n, at);
        const char *key = bnn_arena_printf(arena, "%.*s", (int)(equals - at), at);
        const char *value = bnn_arena_printf(arena, "%.*s", (int)(at + n - equals) - 1, equals + 1);
        if (key == NULL || value == NULL)
            return bnn_no_memory(err);
        settings[out->n_settings++] = (bnn_store_setting){key, value};
        at += n + (at[n] == ',');
    }
    out->settings = settings;
    return BNN_OK;
}

/* That the runs that were chosen are of several configs, or that there are none. */
static int named_fail_chosen(const bnn_store_chosen *runs, size_t n, const char *settings,
                             const char *experiment, bnn_arena *arena, bnn_error *err)
{
    const char **labels = bnn_arena_alloc(arena, n, sizeof *labels);
    char list[512];
    if (labels == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < n; i++)
        labels[i] = runs[i].label;
    if (n == 0)
        return bnn_fail(err, BNN_E_USAGE, "no config of %s has %s; `bnnrun runs %s` lists them",
                        experiment, settings, experiment);
    n = bnn_text_unique(labels, n);
    return bnn_fail(err, BNN_E_USAGE, "%zu configs of %s have %s: %s; say what else tells it", n,
                    experiment, settings, bnn_text_join(labels, n, list, sizeof list));
}

/* The config of the experiment's newest spec with these settings. */
static int named_find_settings(bnn_store *store, const char *experiment, const char *settings,
                               bnn_arena *arena, const char **out_uid, bnn_error *err)
{
    bnn_store_filter filter = {.experiment = experiment, .in_spec = 1};
    const bnn_store_chosen *runs = NULL;
    size_t n = 0;
    int status = cli_selection_check_experiment(store, experiment, arena, err);
    if (status == BNN_OK)
        status = named_read_settings(settings, arena, &filter, err);
    if (status == BNN_OK)
        status = bnn_store_choose(store, &filter, arena, &runs, &n, err);
    bool one = n > 0;
    for (size_t i = 1; one && i < n; i++)
        one = strcmp(runs[i].label, runs[0].label) == 0;
    if (status == BNN_OK && !one)
        return named_fail_chosen(runs, n, settings, experiment, arena, err);
    if (status == BNN_OK)
        *out_uid = runs[0].uid;
    return status;
}

/* The config whose hash begins so, when no run does. */
static int named_find_digits(bnn_store *store, const char *digits, bnn_arena *arena, bool *found,
                             bnn_store_named_config *out, bnn_error *err)
{
    const bnn_store_named_config *configs;
    const char *const *uids;
    size_t n_uids, n;
    *found = false;
    int status = bnn_store_list_uids(store, digits, 1, arena, &uids, &n_uids, err);
    if (status != BNN_OK || n_uids > 0)
        return status;
    status = bnn_store_list_named_configs(store, NULL, digits, arena, &configs, &n, err);
    if (status == BNN_OK && n > 1)
        return bnn_fail(err, BNN_E_RESOURCE, "\"%s\" begins %zu configs; give more digits", digits,
                        n);
    *found = status == BNN_OK && n == 1;
    if (*found) {
        *out = configs[0];
        out->experiment = NULL;
    }
    return status;
}

/* The config of exactly this label, in the experiment; *found says whether there is one. */
static int named_find_label(bnn_store *store, const char *experiment, const char *label,
                            bnn_arena *arena, bool *found, bnn_store_named_config *out,
                            bnn_error *err)
{
    const bnn_store_named_config *configs;
    size_t n;
    const int status =
        bnn_store_list_labelled_configs(store, experiment, label, arena, &configs, &n, err);
    *found = status == BNN_OK && n > 0;
    if (*found)
        *out = configs[0];
    return status;
}

/* The config of a run; a damaged database may have none. */
static int named_find_of_run(bnn_store *store, const char *uid, bnn_arena *arena,
                             bnn_store_named_config *out, bnn_error *err)
{
    const bnn_store_named_config *configs;
    size_t n;
    const int status = bnn_store_list_named_configs(store, uid, NULL, arena, &configs, &n, err);
    if (status == BNN_OK && n == 0)
        return bnn_fail(err, BNN_E_RESOURCE, "run %s: its config is not in the database", uid);
    if (status == BNN_OK)
        *out = configs[0];
    return status;
}

/* A label or settings, of the experiment that stands before them, else of the one given. Neither found nor a
 * failure: the operand is something else. */
static int named_find_named(bnn_store *store, const char *experiment, const char *operand,
                            bnn_arena *arena, bool *found, bnn_store_named_config *out,
                            bnn_error *err)
{
    const size_t before = strcspn(operand, ":={ ");
    const char *uid = NULL, *name = experiment, *rest = operand;
    int status = named_find_label(store, experiment, operand, arena, found, out, err);
    if (status != BNN_OK || *found)
        return status;
    if (operand[before] == ':' && operand[before + 1] != '\0') {
        rest = operand + before + 1;
        if ((name = bnn_arena_printf(arena, "%.*s", (int)before, operand)) == NULL)
            return bnn_no_memory(err);
        status = named_find_label(store, name, rest, arena, found, out, err);
    }
    if (status != BNN_OK || *found || (rest == operand && strchr(rest, '=') == NULL))
        return status;
    status = named_find_settings(store, name, rest, arena, &uid, err);
    if (status == BNN_OK)
        status = named_find_of_run(store, uid, arena, out, err);
    *found = status == BNN_OK;
    return status;
}

int cli_find_named_config(bnn_store *store, const char *experiment, const char *operand,
                          bnn_arena *arena, bnn_store_named_config *out, bnn_error *err)
{
    const char *uid = NULL;
    bool found = false;
    int status = named_find_named(store, experiment, operand, arena, &found, out, err);
    if (status == BNN_OK && !found && *operand != '\0')
        status = named_find_digits(store, operand, arena, &found, out, err);
    if (status != BNN_OK || found)
        return status;
    status = cli_find_run(store, operand, arena, &uid, err);
    return status == BNN_OK ? named_find_of_run(store, uid, arena, out, err) : status;
}
