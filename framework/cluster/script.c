#include "cluster/script.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The scripts, as make has turned them into C (see db/embed.awk). */
#pragma GCC diagnostic ignored "-Woverlength-strings"
#define BNN_SCRIPT(name, text) text
static const char array_template[] =
#include "cluster/array.inc"
    ;
static const char merge_template[] =
#include "cluster/merge.inc"
    ;
#undef BNN_SCRIPT

/* ---- a text that grows ------------------------------------------------------------------- */

/* Without memory it stays as it is. */
typedef struct script_text {
    bnn_arena *arena;
    char *bytes;
    size_t n, capacity;
    bool failed;
} script_text;

static void script_put(script_text *t, const char *bytes, size_t n)
{
    if (t->failed)
        return;
    if (t->n + n + 1 > t->capacity) {
        const size_t capacity = 2 * (t->n + n + 1);
        char *grown = bnn_arena_alloc(t->arena, capacity, 1);
        t->failed = grown == NULL;
        if (t->failed)
            return;
        memcpy(grown, t->bytes != NULL ? t->bytes : "", t->n);
        t->bytes = grown;
        t->capacity = capacity;
    }
    memcpy(t->bytes + t->n, bytes, n);
    t->n += n;
    t->bytes[t->n] = '\0';
}

static void script_say(script_text *t, const char *text)
{
    script_put(t, text, strlen(text));
}

static const char script_plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                   "_/.:,+@%=-";

/* As bash reads it as one word: 'a b'. */
static void script_quote(script_text *t, const char *word)
{
    if (*word != '\0' && word[strspn(word, script_plain)] == '\0') {
        script_say(t, word);
        return;
    }
    script_say(t, "'");
    for (const char *c = word; *c != '\0'; c++)
        if (*c == '\'')
            script_say(t, "'\\''");
        else
            script_put(t, c, 1);
    script_say(t, "'");
}

/* As sbatch reads it as one word in a line of #SBATCH: "a b". */
static void script_quote_option(script_text *t, const char *word)
{
    if (*word != '\0' && word[strspn(word, script_plain)] == '\0') {
        script_say(t, word);
        return;
    }
    script_say(t, "\"");
    for (const char *c = word; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\')
            script_say(t, "\\");
        script_put(t, c, 1);
    }
    script_say(t, "\"");
}

/* ---- names ------------------------------------------------------------------------------- */

const char *bnn_slurm_array_name(const char *experiment, bnn_arena *arena)
{
    return bnn_arena_printf(arena, "bnnrun-%s", experiment);
}

const char *bnn_slurm_merge_name(const char *experiment, bnn_arena *arena)
{
    return bnn_arena_printf(arena, "bnnrun-%s-merge", experiment);
}

const char *bnn_slurm_tasks_text(const bool *due, uint32_t n_tasks, uint32_t limit,
                                 bnn_arena *arena)
{
    script_text t = {.arena = arena};
    char text[BNN_SHORT_TEXT];
    script_say(&t, "");
    for (uint32_t i = 1, last; i <= n_tasks; i = last + 1) {
        last = i;
        if (!due[i])
            continue;
        while (last < n_tasks && due[last + 1])
            last++;
        snprintf(text, sizeof text, "%s%u", t.n > 0 ? "," : "", i);
        script_say(&t, text);
        snprintf(text, sizeof text, "%s%u", last == i + 1 ? "," : "-", last);
        if (last > i)
            script_say(&t, text);
    }
    snprintf(text, sizeof text, "%%%u", limit);
    if (limit > 0)
        script_say(&t, text);
    return t.failed ? NULL : t.bytes;
}

/* ---- what stands for what ---------------------------------------------------------------- */

static void script_put_words(script_text *t, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        script_say(t, i > 0 ? " " : "");
        script_quote(t, words[i]);
    }
}

/* Lines of #SBATCH: those behind others overrule them. */
static void script_put_options(script_text *t, const bnn_slurm_job *job)
{
    const char *const own[][2] = {{"--time=", job->time}, {"--partition=", job->partition}};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        if (own[i][1] == NULL)
            continue;
        script_say(t, t->bytes[t->n - 1] == '\n' ? "#SBATCH " : "\n#SBATCH ");
        script_say(t, own[i][0]);
        script_quote_option(t, own[i][1]);
    }
    for (size_t i = 0; job->options[i] != NULL; i++) {
        script_say(t, i > 0 ? " " : t->bytes[t->n - 1] == '\n' ? "#SBATCH " : "\n#SBATCH ");
        script_quote_option(t, job->options[i]);
    }
}

static void script_put_exports(script_text *t, const bnn_slurm_job *job)
{
    for (size_t i = 0; job->exports[i] != NULL; i++) {
        const char *equals = strchr(job->exports[i], '=');
        script_say(t, i > 0 ? "\nexport " : "export ");
        script_put(t, job->exports[i], (size_t)(equals - job->exports[i]) + 1);
        script_quote(t, equals + 1);
    }
}

static void script_put_path(script_text *t, const bnn_slurm_job *job, const char *file)
{
    const char *path = bnn_arena_printf(t->arena, "%s/%s", job->folder, file);
    t->failed |= path == NULL;
    if (path != NULL)
        script_quote(t, path);
}

/* Puts what stands for a word between two @ of a template. */
static void script_put_value(script_text *t, const bnn_slurm_job *job, const char *name, size_t n)
{
    char number[BNN_SHORT_TEXT];
    const char *plain = NULL;
    snprintf(number, sizeof number, "%u", job->n_tasks);
#define IS(NAME) (n == sizeof(NAME) - 1 && memcmp(name, NAME, n) == 0)
    if (IS("EXPERIMENT"))
        plain = job->experiment;
    else if (IS("TASKS"))
        plain = number;
    else if (IS("ARRAY"))
        plain = bnn_slurm_tasks_text(job->due, job->n_tasks, job->limit, t->arena);
    else if (IS("JOB"))
        plain = bnn_slurm_array_name(job->experiment, t->arena);
    else if (IS("CHDIR"))
        script_quote_option(t, job->folder);
    else if (IS("FOLDER"))
        script_quote(t, job->folder);
    else if (IS("BNNRUN"))
        script_quote(t, job->bnnrun);
    else if (IS("SPEC"))
        script_quote(t, job->spec);
    else if (IS("ARGUMENTS"))
        script_put_words(t, job->arguments);
    else if (IS("EXPORTS"))
        script_put_exports(t, job);
    else if (IS("SBATCH"))
        script_put_options(t, job);
    else if (IS("ARRAY_SH"))
        script_put_path(t, job, "array.sh");
    else if (IS("MERGE_SH"))
        script_put_path(t, job, "merge.sh");
    else
        t->failed = true;
#undef IS
    if (plain != NULL)
        script_say(t, plain);
}

/* The bytes of a word between two @, which the text begins with; 0: that @ is one. */
static size_t script_word(const char *text)
{
    const size_t n = strspn(text + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
    return text[0] == '@' && text[n + 1] == '@' ? n : 0;
}

/* A line that is nothing but a word that stands for nothing is left out. */
static void script_fill(script_text *t, const bnn_slurm_job *job, const char *template)
{
    while (*template != '\0') {
        const size_t n_word = script_word(template), n_before = t->n;
        if (n_word == 0) {
            const size_t n = 1 + strcspn(template + 1, "@");
            script_put(t, template, n);
            template += n;
            continue;
        }
        script_put_value(t, job, template + 1, n_word);
        template += n_word + 2;
        if (!t->failed && t->n == n_before && t->bytes[t->n - 1] == '\n' && *template == '\n')
            template ++;
    }
}

/* ------------------------------------------------------------------------------------------ */

/* A line of a script cannot hold it. */
static bool script_has_control(const char *text)
{
    for (; text != NULL && *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return true;
    return false;
}

static int script_check(const bnn_slurm_job *job, bnn_error *err)
{
    const char *const texts[] = {job->folder, job->bnnrun, job->spec, job->time, job->partition};
    const char *const *const lists[] = {job->arguments, job->exports, job->options};
    const char *bad = NULL;
    char excerpt[BNN_EXCERPT];
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (script_has_control(texts[i]))
            bad = texts[i];
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++)
        for (size_t i = 0; lists[k][i] != NULL; i++)
            if (script_has_control(lists[k][i]))
                bad = lists[k][i];
    if (bad == NULL)
        return BNN_OK;
    bnn_excerpt(bad, excerpt);
    return bnn_fail(err, BNN_E_USAGE,
                    "\"%s\" has control characters, which a script of Slurm cannot hold",
                    bnn_text_clean(excerpt, ""));
}

static int script_make(const bnn_slurm_job *job, const char *template, bnn_arena *arena,
                       const char **out, bnn_error *err)
{
    script_text t = {.arena = arena};
    if (script_check(job, err) != BNN_OK)
        return err->status;
    script_fill(&t, job, template);
    if (t.failed)
        return bnn_no_memory(err);
    *out = t.bytes;
    return BNN_OK;
}

int bnn_slurm_array_script(const bnn_slurm_job *job, bnn_arena *arena, const char **out,
                           bnn_error *err)
{
    return script_make(job, array_template, arena, out, err);
}

int bnn_slurm_merge_script(const bnn_slurm_job *job, bnn_arena *arena, const char **out,
                           bnn_error *err)
{
    return script_make(job, merge_template, arena, out, err);
}

/* What stands behind a key, up to the end of the line; NULL: there is no such line. */
static const char *script_find(const char *text, const char *key, size_t *n)
{
    const char *line = strstr(text, key);
    if (line == NULL)
        return NULL;
    line += strlen(key);
    *n = strcspn(line, "\n");
    return line;
}

static size_t script_count_overrides(const char *line)
{
    size_t n = 0;
    while ((line = strstr(line, " -s ")) != NULL) {
        line++;
        n++;
    }
    return n;
}

/* Whether a line that begins with a key goes on with a word, and then ends, or has more words. */
static bool script_says(const char *text, const char *key, const char *word)
{
    size_t n;
    const char *line = script_find(text, key, &n);
    const size_t n_word = strlen(word);
    return line != NULL && strncmp(line, word, n_word) == 0 &&
           (line[n_word] == '\n' || line[n_word] == ' ');
}

/* Whether a line has the words, and no other -s. Those before and behind may have been added. */
static bool script_has_words(const char *line, const char *words)
{
    const char *at = strstr(line, words);
    const size_t n = strlen(words);
    while (at != NULL && !(at[n] == ' ' || at[n] == ')'))
        at = strstr(at + 1, words);
    return at != NULL && script_count_overrides(line) == script_count_overrides(words);
}

int bnn_slurm_check(const char *text, const bnn_slurm_job *job, bnn_arena *arena, bnn_error *err)
{
    script_text words = {.arena = arena}, spec = words, folder = words, chdir = words;
    size_t n_array, n_said;
    const char *array = script_find(text, "\n#SBATCH --array=", &n_array);
    const char *said = script_find(text, "\narguments=(", &n_said);
    if (array == NULL || said == NULL)
        return bnn_fail(err, BNN_E_USAGE,
                        "%s/array.sh lacks its line of %s; delete it, and it is written anew",
                        job->folder, array == NULL ? "#SBATCH --array" : "arguments");
    script_put_words(&words, job->arguments);
    script_quote(&spec, job->spec);
    script_quote(&folder, job->folder);
    script_quote_option(&chdir, job->folder);
    const char *line = bnn_arena_printf(arena, "%.*s", (int)n_said, said);
    if (words.failed || spec.failed || folder.failed || chdir.failed || line == NULL)
        return bnn_no_memory(err);
    const char *other = !script_has_words(line, words.bytes)        ? "-s or --no-download"
                        : !script_says(text, "\nspec=", spec.bytes) ? "spec"
                        : !script_says(text, "\ncd ", folder.bytes) ? "folder"
                        : !script_says(text, "\n#SBATCH --chdir=", chdir.bytes) ? "folder"
                                                                                : NULL;
    return other == NULL ? BNN_OK
                         : bnn_fail(err, BNN_E_USAGE,
                                    "%s/array.sh was written for another %s: say that one, or "
                                    "delete the file, and it is written anew",
                                    job->folder, other);
}

int bnn_slurm_retarget(const char *text, const bnn_slurm_job *job, bnn_arena *arena,
                       const char **out, bnn_error *err)
{
    script_text t = {.arena = arena};
    size_t n_array;
    if (bnn_slurm_check(text, job, arena, err) != BNN_OK)
        return err->status;
    const char *array = script_find(text, "\n#SBATCH --array=", &n_array);
    const char *tasks = bnn_slurm_tasks_text(job->due, job->n_tasks, 0, arena);
    if (tasks == NULL)
        return bnn_no_memory(err);
    const size_t n_tasks = strcspn(array, "%\n");
    script_put(&t, text, (size_t)(array - text));
    script_say(&t, tasks);
    script_say(&t, array + n_tasks);
    if (t.failed)
        return bnn_no_memory(err);
    *out = t.bytes;
    return BNN_OK;
}

/* Up to four numbers of at most five digits: behind days come hours, else a number alone is minutes, and two are
 * minutes and seconds. */
uint64_t bnn_slurm_seconds(const char *time)
{
    enum { PARTS = 3 };
    static const uint64_t with_days[PARTS] = {3600, 60, 1},
                          units[PARTS][PARTS] = {{60, 0, 0}, {60, 1, 0}, {3600, 60, 1}};
    uint64_t days = 0, parts[PARTS], seconds = 0;
    size_t n = 0;
    bool has_days = false;
    for (const char *at = time;;) {
        const size_t digits = strspn(at, "0123456789");
        if (digits == 0 || digits > 5 || n == PARTS)
            return 0;
        const uint64_t number = strtoull(at, NULL, 10);
        at += digits;
        if (*at == '-' && n == 0 && !has_days) {
            has_days = true;
            days = number;
        } else
            parts[n++] = number;
        if (*at == '\0')
            break;
        if (*at != ':' && (*at != '-' || n > 0))
            return 0;
        at++;
    }
    for (size_t i = 0; i < n; i++)
        seconds += parts[i] * (has_days ? with_days[i] : units[n - 1][i]);
    return n == 0 ? 0 : 24 * 3600 * days + seconds;
}

uint32_t bnn_slurm_script_tasks(const char *text)
{
    size_t n_line;
    const char *array = script_find(text, "\ntasks=", &n_line);
    const char *line = array != NULL ? array : script_find(text, " in shards/*of", &n_line);
    if (line == NULL)
        return 0;
    const size_t n = strspn(line, "0123456789");
    return n >= 1 && n <= 6 && strchr(array != NULL ? "\n " : ".", line[n]) != NULL
               ? (uint32_t)strtoul(line, NULL, 10)
               : 0;
}
