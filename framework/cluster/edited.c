#include "cluster/edited.h"

#include "cluster/words.h"

#include <stdlib.h>
#include <string.h>

/* What stands behind a key, up to the end of the line; NULL: there is no such line. */
static const char *edited_find(const char *text, const char *key, size_t *n)
{
    const char *line = strstr(text, key);
    if (line == NULL)
        return NULL;
    line += strlen(key);
    *n = strcspn(line, "\n");
    return line;
}

static size_t edited_count_overrides(const char *line)
{
    size_t n = 0;
    while ((line = strstr(line, " -s ")) != NULL) {
        line++;
        n++;
    }
    return n;
}

/* Whether a line has the words, and no other -s. Those before and behind may have been added. */
static bool edited_has_words(const char *line, const char *words)
{
    const char *at = strstr(line, words);
    const size_t n = strlen(words);
    while (at != NULL && !(at[n] == ' ' || at[n] == ')'))
        at = strstr(at + 1, words);
    return at != NULL && edited_count_overrides(line) == edited_count_overrides(words);
}

/* Whether a line that begins with a key goes on with a word, as `put` writes it, and then ends, or has more words. */
static bool edited_says(const char *text, const char *key, void (*put)(const char *word, FILE *out),
                        const char *word, bnn_arena *arena, bool *failed)
{
    bnn_slurm_text t;
    size_t n;
    const char *line = edited_find(text, key, &n), *quoted = NULL;
    if (bnn_slurm_text_begin(&t)) {
        put(word, t.out);
        quoted = bnn_slurm_text_end(&t, arena);
    }
    *failed |= quoted == NULL;
    if (line == NULL || quoted == NULL)
        return false;
    n = strlen(quoted);
    return strncmp(line, quoted, n) == 0 && (line[n] == '\n' || line[n] == ' ');
}

/* What it is of another one of; NULL: of the same. *failed: there was no memory. */
static const char *edited_differs(const char *text, const char *line, const bnn_slurm_job *job,
                                  bnn_arena *arena, bool *failed)
{
    bnn_slurm_text t;
    const char *words = NULL;
    if (bnn_slurm_text_begin(&t)) {
        bnn_slurm_put_words(job->arguments, t.out);
        words = bnn_slurm_text_end(&t, arena);
    }
    *failed |= words == NULL;
    if (words != NULL && !edited_has_words(line, words))
        return "-s or --no-download";
    if (!edited_says(text, "\nspec=", bnn_slurm_put_word, job->spec, arena, failed))
        return "spec";
    if (!edited_says(text, "\ncd ", bnn_slurm_put_word, job->folder, arena, failed) ||
        !edited_says(text, "\n#SBATCH --chdir=", bnn_slurm_put_option, job->folder, arena, failed))
        return "folder";
    return NULL;
}

int bnn_slurm_check(const char *text, const bnn_slurm_job *job, bnn_arena *arena, bnn_error *err)
{
    size_t n_array, n_said;
    bool failed = false;
    const char *array = edited_find(text, "\n#SBATCH --array=", &n_array);
    const char *said = edited_find(text, "\narguments=(", &n_said);
    if (array == NULL || said == NULL)
        return bnn_fail(err, BNN_E_USAGE,
                        "%s/array.sh lacks its line of %s; delete it, and it is written anew",
                        job->folder, array == NULL ? "#SBATCH --array" : "arguments");
    const char *line = bnn_arena_printf(arena, "%.*s", (int)n_said, said);
    const char *other = line == NULL ? NULL : edited_differs(text, line, job, arena, &failed);
    if (line == NULL || failed)
        return bnn_no_memory(err);
    return other == NULL ? BNN_OK
                         : bnn_fail(err, BNN_E_USAGE,
                                    "%s/array.sh was written for another %s: say that one, or "
                                    "delete the file, and it is written anew",
                                    job->folder, other);
}

int bnn_slurm_retarget(const char *text, const bnn_slurm_job *job, bnn_arena *arena,
                       const char **out, bnn_error *err)
{
    size_t n_array;
    if (bnn_slurm_check(text, job, arena, err) != BNN_OK)
        return err->status;
    const char *array = edited_find(text, "\n#SBATCH --array=", &n_array);
    const char *tasks = bnn_slurm_tasks_text(job->due, job->n_tasks, 0, arena);
    const char *made = tasks == NULL ? NULL
                                     : bnn_arena_printf(arena, "%.*s%s%s", (int)(array - text),
                                                        text, tasks, array + strcspn(array, "%\n"));
    if (made == NULL)
        return bnn_no_memory(err);
    *out = made;
    return BNN_OK;
}

int bnn_slurm_notifying(const char *text, bnn_arena *arena, const char **out, bnn_error *err)
{
    size_t n;
    const char *line = edited_find(text, "\nnotify=", &n);
    *out = line;
    if (line == NULL)
        return BNN_OK;
    *out =
        bnn_arena_printf(arena, "%.*syes%s", (int)(line - text), text, line + strcspn(line, " \n"));
    return *out == NULL ? bnn_no_memory(err) : BNN_OK;
}

uint32_t bnn_slurm_script_tasks(const char *text)
{
    size_t n_line;
    const char *array = edited_find(text, "\ntasks=", &n_line);
    const char *line = array != NULL ? array : edited_find(text, " in shards/*of", &n_line);
    if (line == NULL)
        return 0;
    const size_t n = strspn(line, "0123456789");
    return n >= 1 && n <= 6 && strchr(array != NULL ? "\n " : ".", line[n]) != NULL
               ? (uint32_t)strtoul(line, NULL, 10)
               : 0;
}
