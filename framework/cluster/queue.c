#include "cluster/queue.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The name and the folder, in which a | may be, come last. */
const char *const bnn_squeue_options[] = {"--noheader", "--array", "--states=all",
                                          "--format=%F|%K|%T|%R|%j|%Z", NULL};
const char *const bnn_sacct_options[] = {"--noheader",
                                         "--allocations",
                                         "--parsable2",
                                         "--starttime=now-90days",
                                         "--format=JobID,State,NodeList,JobName,WorkDir",
                                         NULL};

enum { QUEUE_FIELDS = 4, QUEUE_LINE = 8192 };

/* ---- words ------------------------------------------------------------------------------- */

/* A number in digits alone, at the start of *text, which moves behind it; 0: there is none. */
static uint64_t queue_number(const char **text)
{
    const size_t n = strspn(*text, "0123456789");
    const uint64_t number = n >= 1 && n <= 18 ? strtoull(*text, NULL, 10) : 0;
    *text += n;
    return number;
}

static bool queue_is_over(const char *state)
{
    static const char *const over[] = {"BOOT_FAIL", "CANCELLED", "COMPLETED",     "DEADLINE",
                                       "FAILED",    "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED",
                                       "REVOKED",   "TIMEOUT"};
    for (size_t i = 0; i < sizeof over / sizeof *over; i++)
        if (strcmp(state, over[i]) == 0)
            return true;
    return false;
}

/* What a terminal may get. */
static void queue_copy(const char *text, char *out, size_t out_bytes)
{
    bnn_text_shorten(text, out, out_bytes);
    bnn_text_clean(out, "");
}

/* ---- lines ------------------------------------------------------------------------------- */

/* Which task a line is about; false: none of ours. */
static bool queue_find(const bnn_slurm_sweep *sweep, const char *name_and_folder, uint64_t index,
                       uint32_t *out)
{
    const char *const names[] = {sweep->merge_name, sweep->array_name};
    for (size_t k = 0; k < 2; k++) {
        const size_t n = strlen(names[k]);
        if (strncmp(name_and_folder, names[k], n) != 0 || name_and_folder[n] != '|' ||
            strcmp(name_and_folder + n + 1, sweep->folder) != 0)
            continue;
        *out = k == 0 ? 0 : (uint32_t)index;
        return k == 0 || (index >= 1 && index <= sweep->n_tasks);
    }
    return false;
}

static void queue_note(bnn_slurm_sweep *sweep, uint32_t i, uint64_t job, const char *state,
                       const char *note)
{
    bnn_slurm_task *task = &sweep->tasks[i];
    if (job == 0 || job < task->job || *state == '\0')
        return;
    task->job = job;
    queue_copy(state, task->state, sizeof task->state);
    task->state[strcspn(task->state, " ")] = '\0'; /* "CANCELLED by 1000" */
    queue_copy(strcmp(note, "None assigned") == 0 ? "" : note, task->note, sizeof task->note);
    task->active = !queue_is_over(task->state);
}

/* Takes the line apart; the last field has what is left. */
static bool queue_split(char *line, char *fields[], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        fields[i] = line;
        if (i + 1 == n)
            break;
        line = strchr(line, '|');
        if (line == NULL)
            return false;
        *line++ = '\0';
    }
    return true;
}

/* Some of the indices of an array: each step-th from the first on. */
typedef struct queue_range {
    uint64_t first, last, step;
} queue_range;

/* "3", "3-7", "3-9:2", at the start of *text, which moves behind it; or "...", where a list was too long to be told:
 * what may be behind `before`. */
static queue_range queue_take_range(const char **text, uint64_t before)
{
    if (strncmp(*text, "...", 3) == 0) {
        *text += 3;
        return (queue_range){before + 1, UINT32_MAX, 1};
    }
    queue_range range = {.first = queue_number(text), .step = 1};
    range.last = range.first;
    if (range.first > 0 && **text == '-') {
        ++*text;
        range.last = queue_number(text);
    }
    if (range.last > range.first && **text == ':') {
        ++*text;
        range.step = queue_number(text);
        range.step += range.step == 0;
    }
    return range;
}

/* fields: F, K, state, reason or node, "name|folder". K is a number, and where tasks that wait are not told one by one
 * "[3-7,9%2]"; of a merge it is none. */
static void queue_read_squeue(bnn_slurm_sweep *sweep, char *line)
{
    char *f[QUEUE_FIELDS + 1];
    uint32_t i;
    if (!queue_split(line, f, QUEUE_FIELDS + 1))
        return;
    const char *number = f[0], *at = f[1] + (f[1][0] == '[');
    const uint64_t job = queue_number(&number);
    queue_range range = {0};
    for (bool more = true; more; at++) {
        range = queue_take_range(&at, range.last);
        for (uint64_t k = range.first; k <= range.last && k <= sweep->n_tasks; k += range.step)
            if (queue_find(sweep, f[4], k, &i))
                queue_note(sweep, i, job, f[2], f[3]);
        more = *at == ',';
    }
}

/* fields: "12_3" (or "12_[3-5]", which squeue tells one by one), state, node, "name|folder". */
static void queue_read_sacct(bnn_slurm_sweep *sweep, char *line)
{
    char *f[QUEUE_FIELDS];
    uint32_t i;
    if (!queue_split(line, f, QUEUE_FIELDS))
        return;
    const char *at = f[0];
    const uint64_t job = queue_number(&at);
    uint64_t index = 0;
    if (*at == '_') {
        at++;
        index = queue_number(&at);
    }
    if (*at == '\0' && queue_find(sweep, f[3], index, &i))
        queue_note(sweep, i, job, f[1], f[2]);
}

static void queue_read(bnn_slurm_sweep *sweep, const char *text,
                       void (*read)(bnn_slurm_sweep *sweep, char *line))
{
    char line[QUEUE_LINE];
    while (*text != '\0') {
        const size_t n = strcspn(text, "\n");
        if (n < sizeof line) {
            memcpy(line, text, n);
            line[n] = '\0';
            read(sweep, line);
        }
        text += n + (text[n] == '\n');
    }
}

void bnn_slurm_read_sacct(bnn_slurm_sweep *sweep, const char *text)
{
    queue_read(sweep, text, queue_read_sacct);
    /* What sacct takes for under way may have ended unseen; squeue knows. */
    for (uint32_t i = 0; i <= sweep->n_tasks; i++) {
        if (sweep->tasks[i].active)
            memcpy(sweep->tasks[i].state, "?", 2);
        sweep->tasks[i].active = false;
    }
}

void bnn_slurm_read_squeue(bnn_slurm_sweep *sweep, const char *text)
{
    queue_read(sweep, text, queue_read_squeue);
}

/* ------------------------------------------------------------------------------------------ */

bool bnn_slurm_is_held(const bnn_slurm_task *task)
{
    const bool waits = strcmp(task->state, "PENDING") == 0 || strcmp(task->state, "REQUEUED") == 0;
    return (waits && strcasestr(task->note, "held") != NULL) ||
           strcmp(task->state, "REQUEUE_HOLD") == 0 || strcmp(task->state, "SPECIAL_EXIT") == 0;
}

const uint64_t *bnn_slurm_active(const bnn_slurm_sweep *sweep, bnn_arena *arena, size_t *out_n)
{
    uint64_t *jobs = bnn_arena_alloc(arena, (size_t)sweep->n_tasks + 1, sizeof *jobs);
    *out_n = 0;
    for (uint32_t i = 1; jobs != NULL && i <= sweep->n_tasks; i++) {
        size_t k = 0;
        while (k < *out_n && jobs[k] != sweep->tasks[i].job)
            k++;
        if (sweep->tasks[i].active && k == *out_n)
            jobs[(*out_n)++] = sweep->tasks[i].job;
    }
    return jobs;
}

uint64_t bnn_slurm_submitted(const char *text)
{
    const uint64_t job = queue_number(&text);
    return *text == '\0' || *text == '\n' || *text == ';' ? job : 0;
}

uint32_t bnn_slurm_max_array(const char *text)
{
    static const char key[] = "MaxArraySize";
    const char *at = strstr(text, key);
    if (at == NULL)
        return 0;
    at += sizeof key - 1;
    at += strspn(at, " =");
    const uint64_t n = queue_number(&at);
    return n <= UINT32_MAX ? (uint32_t)n : 0;
}
