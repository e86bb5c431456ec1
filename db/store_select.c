/* store_select.c - a statement that chooses runs, put together from what a filter asks for. */
#include "db/store_curate.h"

#include "db/store_internal.h"

#include <stdlib.h>
#include <string.h>

/* The statement so far; without memory for a part of it, failed. */
typedef struct select_text {
    bnn_arena *arena;
    bnn_store_selection made;
    size_t capacity;
    bool failed;
} select_text;

static void select_add(select_text *t, const char *text)
{
    t->made.sql = t->failed ? "" : bnn_arena_printf(t->arena, "%s%s", t->made.sql, text);
    t->failed = t->failed || t->made.sql == NULL;
}

/* A value for the next ?. */
static void select_bind(select_text *t, bnn_store_value value)
{
    bnn_store_argument *grown = bnn_arena_grow(t->arena, t->made.arguments, t->made.n_arguments,
                                               &t->capacity, sizeof *grown);
    t->failed = t->failed || grown == NULL;
    if (t->failed)
        return;
    t->made.arguments = grown;
    grown[t->made.n_arguments++] = (bnn_store_argument){.value = value};
}

static void select_where(select_text *t, const char *condition, bnn_store_value value)
{
    select_add(t, condition);
    select_bind(t, value);
}

/* COLUMN is one of the words. */
static void select_one_of(select_text *t, const char *column, const bnn_store_words *words)
{
    for (size_t i = 0; i < words->n; i++) {
        if (i == 0)
            select_add(t, column);
        select_where(t, i == 0 ? " IN (?" : ", ?", V(words->words[i]));
    }
    if (words->n > 0)
        select_add(t, ")");
}

/* A switch is 0 or 1 in the database, and "true" in a spec. */
static bnn_store_value select_number(const char *text)
{
    char *end;
    const double x = strtod(text, &end);
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
        return V((int64_t)(text[0] == 't'));
    return *text != '\0' && *end == '\0' ? V(x) : bnn_value_null();
}

static void select_setting(select_text *t, const bnn_store_setting *s)
{
    const char *word = bnn_arena_printf(t->arena, " %s=%s ", s->key, s->value);
    const char *ending = bnn_arena_printf(t->arena, ".%s", s->key);
    t->failed = t->failed || word == NULL || ending == NULL;
    select_where(t, " AND ((? = 'seed'", V(s->key));
    select_where(t, " AND seed = ?)", select_number(s->value));
    select_where(t, " OR instr(' ' || label || ' ', ?) > 0", V(word));
    select_where(t, " OR run_uid IN (SELECT run_uid FROM run_param WHERE (key = ?", V(s->key));
    select_where(t, " OR substr(key, -length(?)", V(ending));
    select_where(t, ") = ?)", V(ending));
    select_where(t, " AND (CAST(value AS TEXT) = ?", V(s->value));
    select_where(t, " OR (typeof(value) <> 'text' AND value = ?))))", select_number(s->value));
}

#define DATE "coalesce(ended_utc, started_utc, created_utc)"

static void select_order(select_text *t, const bnn_store_filter *filter)
{
    const char *column = filter->sort == NULL                ? NULL
                         : strcmp(filter->sort, "date") == 0 ? DATE
                                                             : filter->sort;
    select_add(t, "\nORDER BY ");
    if (column != NULL) {
        select_add(t, column);
        select_add(t, filter->descending ? " DESC NULLS LAST, " : " NULLS LAST, ");
    }
    select_add(t, "experiment, label, differs, seed");
    if (filter->limit > 0)
        select_where(t, " LIMIT ?", V((int64_t)filter->limit));
}

int bnn_store_select(const bnn_store_filter *filter, const char *name, bnn_arena *arena,
                     bnn_store_selection *out, bnn_error *err)
{
    select_text t = {.arena = arena, .made.sql = bnn_store_sql(name)};
    select_add(&t, "WHERE 1");
    if (filter->experiment != NULL)
        select_where(&t, " AND experiment = ?", V(filter->experiment));
    select_one_of(&t, " AND run_uid", &filter->uids);
    select_one_of(&t, " AND run_state(run_uid, state)", &filter->states);
    for (size_t i = 0; i < filter->tags.n; i++)
        select_where(&t,
                     " AND run_uid IN (SELECT run_uid FROM run JOIN run_tag USING (run_id)"
                     " WHERE tag = ?)",
                     V(filter->tags.words[i]));
    for (size_t i = 0; i < filter->n_settings; i++)
        select_setting(&t, &filter->settings[i]);
    if (filter->in_spec != 0)
        select_where(&t, " AND in_spec = ?", V((int64_t)(filter->in_spec > 0)));
    if (filter->since != NULL)
        select_where(&t, " AND " DATE " >= ?", V(filter->since));
    select_order(&t, filter);
    if (t.failed)
        return bnn_no_memory(err);
    *out = t.made;
    return BNN_OK;
}

/* ---- what there is to choose by ---- */

typedef struct select_word {
    const char *word;
} select_word;

static const bnn_row_type word_type = {sizeof(select_word), {BNN_MEMBER(select_word, word)}};

int bnn_store_list_columns(bnn_store *store, bnn_arena *arena, const char *const **out_names,
                           size_t *out_n, bnn_error *err)
{
    return bnn_store_rows(store, "SELECT name AS word FROM pragma_table_info('run_summary')", NULL,
                          0, &word_type, arena, out_names, out_n, err);
}

int bnn_store_list_keys(bnn_store *store, bnn_arena *arena, const char *const **out_keys,
                        size_t *out_n, bnn_error *err)
{
    return bnn_store_rows(store, "SELECT DISTINCT key AS word FROM config_param ORDER BY key", NULL,
                          0, &word_type, arena, out_keys, out_n, err);
}

int bnn_store_list_tags(bnn_store *store, bnn_arena *arena, const char *const **out_tags,
                        size_t *out_n, bnn_error *err)
{
    return bnn_store_rows(store, "SELECT DISTINCT tag AS word FROM run_tag ORDER BY tag", NULL, 0,
                          &word_type, arena, out_tags, out_n, err);
}

/* ---- the rows ---- */

#define CHOSEN(name) BNN_MEMBER(bnn_store_chosen, name)
static const bnn_row_type chosen_type = {sizeof(bnn_store_chosen),
                                         {CHOSEN(id), CHOSEN(uid), CHOSEN(experiment),
                                          CHOSEN(label), CHOSEN(seed), CHOSEN(state),
                                          CHOSEN(n_attempts)}};

int bnn_store_choose(bnn_store *store, const bnn_store_filter *filter, bnn_arena *arena,
                     const bnn_store_chosen **out_runs, size_t *out_n, bnn_error *err)
{
    bnn_store_selection s;
    const int status = bnn_store_select(filter, "chosen_runs", arena, &s, err);
    return status != BNN_OK ? status
                            : bnn_store_rows_with(store, s.sql, s.arguments, s.n_arguments,
                                                  &chosen_type, arena, out_runs, out_n, err);
}
