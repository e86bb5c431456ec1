#include "cli/selection.h"

#include "base/text.h"
#include "db/store_results.h"
#include "spec/key.h"

#include <string.h>
#include <time.h>

/* ---- options ----------------------------------------------------------------------------- */

static int selection_add_word(bnn_arena *arena, bnn_store_words *words, const char *word,
                              bnn_error *err)
{
    const char **grown = bnn_arena_alloc(arena, words->n + 1, sizeof *grown);
    if (grown == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < words->n; i++)
        grown[i] = words->words[i];
    grown[words->n] = word;
    *words = (bnn_store_words){words->n + 1, grown};
    return BNN_OK;
}

int cli_selection_add_states(const cli_command *command, void *request, const char *value,
                             bnn_error *err)
{
    static const char *const states[] = {"queued", "running", "done",
                                         "stale",  "failed",  "interrupted"};
    enum { N_STATES = sizeof states / sizeof *states };
    cli_selection *s = request;
    char near[BNN_DID_YOU_MEAN];
    for (const char *word = value, *end; word != NULL; word = *end == ',' ? end + 1 : NULL) {
        end = strchrnul(word, ',');
        const char *state = bnn_arena_printf(s->options.arena, "%.*s", (int)(end - word), word);
        size_t i = 0;
        if (state == NULL)
            return bnn_no_memory(err);
        while (i < N_STATES && strcmp(states[i], state) != 0)
            i++;
        if (i == N_STATES)
            return cli_usage(err, command, "no run has the state \"%s\"%s", state,
                             bnn_did_you_mean(state, states, N_STATES, near));
        const int status = selection_add_word(s->options.arena, &s->filter.states, states[i], err);
        if (status != BNN_OK)
            return status;
    }
    return BNN_OK;
}

int cli_selection_add_tag(const cli_command *command, void *request, const char *value,
                          bnn_error *err)
{
    cli_selection *s = request;
    (void)command;
    return selection_add_word(s->options.arena, &s->filter.tags, value, err);
}

int cli_selection_set_revision(const cli_command *command, void *request, const char *value,
                               bnn_error *err)
{
    cli_selection *s = request;
    s->filter.in_spec = strcmp(value, "newest") == 0 ? 1 : strcmp(value, "earlier") == 0 ? -1 : 0;
    return s->filter.in_spec != 0
               ? BNN_OK
               : cli_usage(err, command, "--revision takes newest or earlier, not \"%s\"", value);
}

/* "3d": so many seconds; 0 for what is none. */
static time_t selection_age(const char *text)
{
    static const struct {
        char unit;
        time_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 7L * 86400}};
    const size_t n = strspn(text, "0123456789");
    char digits[BNN_SHORT_TEXT];
    snprintf(digits, sizeof digits, "%.*s", (int)n, text);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (n < 8 && text[n] == units[i].unit && text[n + 1] == '\0')
            return units[i].seconds * (time_t)cli_count(digits, 9999999);
    return 0;
}

int cli_selection_set_since(const cli_command *command, void *request, const char *value,
                            bnn_error *err)
{
    static const char *const forms[] = {"%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M",
                                        "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"};
    cli_selection *s = request;
    struct tm tm = {.tm_mday = 0};
    const time_t age = selection_age(value), then = time(NULL) - age;
    const char *end = age > 0 ? "" : NULL;
    for (size_t i = 0; i < sizeof forms / sizeof *forms && (end == NULL || *end != '\0'); i++) {
        tm = (struct tm){.tm_mday = 0};
        end = strptime(value, forms[i], &tm);
    }
    if (end == NULL || *end != '\0')
        return cli_usage(err, command,
                         "--since takes a time as \"2026-11-28\" or \"2026-11-28 10:30\", or an "
                         "age as 90m, 12h, 3d or 2w, not \"%s\"",
                         value);
    if (age > 0)
        gmtime_r(&then, &tm);
    s->filter.since =
        bnn_arena_printf(s->options.arena, "%04d-%02d-%02d %02d:%02d:%02d", tm.tm_year + 1900,
                         tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
    return s->filter.since == NULL ? bnn_no_memory(err) : BNN_OK;
}

/* ---- operands ---------------------------------------------------------------------------- */

int cli_selection_take_settings(cli_selection *s, bnn_error *err)
{
    cli_options *o = &s->options;
    bnn_store_setting *settings =
        bnn_arena_alloc(o->arena, (size_t)o->n_operands, sizeof *settings);
    int n_left = 0;
    if (settings == NULL)
        return bnn_no_memory(err);
    for (int i = 0; i < o->n_operands; i++) {
        char *equals = strchr(o->operands[i], '=');
        if (equals == NULL) {
            o->operands[n_left++] = o->operands[i];
            continue;
        }
        const char *key =
            bnn_arena_printf(o->arena, "%.*s", (int)(equals - o->operands[i]), o->operands[i]);
        if (key == NULL)
            return bnn_no_memory(err);
        settings[s->filter.n_settings++] = (bnn_store_setting){key, equals + 1};
    }
    o->n_operands = n_left;
    s->filter.settings = settings;
    return BNN_OK;
}

static bool selection_is_key(const char *key, const char *const *keys, size_t n)
{
    bool is_key = strcmp(key, "seed") == 0;
    for (size_t i = 0; i < n; i++) {
        const size_t length = strlen(keys[i]), end = strlen(key);
        is_key |= strcmp(keys[i], key) == 0 || (bnn_text_ends_with(keys[i], key) && length > end &&
                                                keys[i][length - end - 1] == '.');
    }
    return is_key;
}

/* The key is none of names; perhaps it is what an option chooses by. */
static int fail_no_setting(const char *key, const char *const *names, size_t n, bnn_error *err)
{
    static const char options[] = "state|tag|revision|since";
    char near[BNN_DID_YOU_MEAN];
    if (bnn_choice_index(options, key) < bnn_choice_count(options))
        snprintf(near, sizeof near, "; did you mean the option --%s?", key);
    else
        bnn_did_you_mean(key, names, n, near);
    return bnn_fail(err, BNN_E_USAGE, "no run has a setting \"%s\"%s", key, near);
}

int cli_selection_check_keys(bnn_store *store, const cli_selection *s, bnn_error *err)
{
    const char *const *keys;
    size_t n;
    const int status = bnn_store_list_keys(store, s->options.arena, &keys, &n, err);
    const char **names =
        status == BNN_OK ? bnn_arena_alloc(s->options.arena, 2 * n + 1, sizeof *names) : NULL;
    if (names == NULL)
        return status == BNN_OK ? bnn_no_memory(err) : status;
    for (size_t i = 0; i < n; i++) {
        const char *dot = strrchr(keys[i], '.');
        names[2 * i] = keys[i];
        names[2 * i + 1] = dot != NULL ? dot + 1 : keys[i];
    }
    for (size_t i = 0; i < s->filter.n_settings; i++)
        if (!selection_is_key(s->filter.settings[i].key, keys, n))
            return fail_no_setting(s->filter.settings[i].key, names, 2 * n, err);
    return BNN_OK;
}

int cli_selection_check_experiment(bnn_store *store, const char *experiment, bnn_arena *arena,
                                   bnn_error *err)
{
    const char *const *names;
    size_t n;
    const int status = bnn_store_list_experiments(store, arena, &names, &n, err);
    if (status != BNN_OK)
        return status;
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], experiment) == 0)
            return BNN_OK;
    return cli_unknown(err, BNN_E_RESOURCE, "there is no experiment", experiment, names, n);
}
