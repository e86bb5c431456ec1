#include "cluster/script.h"

#include "base/text.h"
#include "cluster/words.h"

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

/* ---- what stands for what ---------------------------------------------------------------- */

/* Lines of #SBATCH: those behind others overrule them. */
static void script_put_options(const bnn_slurm_job *job, FILE *out)
{
    const char *const own[][2] = {{"--time=", job->time}, {"--partition=", job->partition}};
    const char *line = "#SBATCH ";
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        if (own[i][1] == NULL)
            continue;
        fprintf(out, "%s%s", line, own[i][0]);
        bnn_slurm_put_option(own[i][1], out);
        line = "\n#SBATCH ";
    }
    for (size_t i = 0; job->options[i] != NULL; i++) {
        fputs(i > 0 ? " " : line, out);
        bnn_slurm_put_option(job->options[i], out);
    }
}

static void script_put_exports(const bnn_slurm_job *job, FILE *out)
{
    for (size_t i = 0; job->exports[i] != NULL; i++) {
        const char *equals = strchr(job->exports[i], '=');
        fprintf(out, "%sexport %.*s", i > 0 ? "\n" : "", (int)(equals - job->exports[i]) + 1,
                job->exports[i]);
        bnn_slurm_put_word(equals + 1, out);
    }
}

/* Puts what stands for a word between two @ of a template. False without memory. */
static bool script_put_value(const bnn_slurm_job *job, const char *name, size_t n, bnn_arena *arena,
                             FILE *out)
{
    const char *plain = "", *word = NULL;
#define IS(NAME) (n == sizeof(NAME) - 1 && memcmp(name, NAME, n) == 0)
    if (IS("EXPERIMENT"))
        plain = job->experiment;
    else if (IS("TASKS"))
        fprintf(out, "%u", job->n_tasks);
    else if (IS("ARRAY"))
        plain = bnn_slurm_tasks_text(job->due, job->n_tasks, job->limit, arena);
    else if (IS("JOB"))
        plain = bnn_slurm_array_name(job->experiment, arena);
    else if (IS("CHDIR"))
        bnn_slurm_put_option(job->folder, out);
    else if (IS("FOLDER"))
        word = job->folder;
    else if (IS("BNNRUN"))
        word = job->bnnrun;
    else if (IS("SPEC"))
        word = job->spec;
    else if (IS("ARGUMENTS"))
        bnn_slurm_put_words(job->arguments, out);
    else if (IS("EXPORTS"))
        script_put_exports(job, out);
    else if (IS("SBATCH"))
        script_put_options(job, out);
    else if (IS("NOTIFY"))
        plain = job->notifies ? "yes" : "no";
    else if (IS("ARRAY_SH"))
        plain = word = bnn_arena_printf(arena, "%s/array.sh", job->folder);
    else if (IS("MERGE_SH"))
        plain = word = bnn_arena_printf(arena, "%s/merge.sh", job->folder);
    else
        plain = NULL;
#undef IS
    if (word != NULL)
        bnn_slurm_put_word(word, out);
    else if (plain != NULL)
        fputs(plain, out);
    return plain != NULL;
}

/* The bytes of a word between two @, which the text begins with; 0: that @ is one. */
static size_t script_word(const char *text)
{
    const size_t n = strspn(text + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
    return text[0] == '@' && text[n + 1] == '@' ? n : 0;
}

/* A line that is nothing but a word that stands for nothing is left out. False without memory. */
static bool script_fill(const bnn_slurm_job *job, const char *template, bnn_arena *arena, FILE *out)
{
    bool is_line = true; /* the template is at the beginning of one */
    while (*template != '\0') {
        const size_t n_word = script_word(template);
        if (n_word == 0) {
            const size_t n = 1 + strcspn(template + 1, "@");
            fwrite(template, 1, n, out);
            template += n;
            is_line = template[-1] == '\n';
            continue;
        }
        bnn_slurm_text value;
        if (!bnn_slurm_text_begin(&value))
            return false;
        const bool known = script_put_value(job, template + 1, n_word, arena, value.out);
        const char *text = bnn_slurm_text_end(&value, arena);
        if (!known || text == NULL)
            return false;
        fputs(text, out);
        template += n_word + 2;
        if (is_line && text[0] == '\0' && *template == '\n')
            template ++;
        else
            is_line = false;
    }
    return true;
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
    bnn_slurm_text t;
    if (script_check(job, err) != BNN_OK)
        return err->status;
    if (!bnn_slurm_text_begin(&t))
        return bnn_no_memory(err);
    const bool filled = script_fill(job, template, arena, t.out);
    const char *text = bnn_slurm_text_end(&t, arena);
    if (!filled || text == NULL)
        return bnn_no_memory(err);
    *out = text;
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
