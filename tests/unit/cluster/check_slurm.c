/* check_slurm.c - the scripts that Slurm gets are valid, whatever paths and options are; a script that was edited keeps
 * what was edited; and of what squeue and sacct print only what is asked for counts. */
#include "cluster/edited.h"
#include "cluster/queue.h"
#include "cluster/saved.h"
#include "cluster/script.h"
#include "cluster/words.h"

#include "tests/fixtures/checks.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static bnn_arena *arena;
static bnn_error err;

static void setup(void)
{
    arena = bnn_arena_create((size_t)1 << 24);
    ck_assert_ptr_nonnull(arena);
}

static void teardown(void)
{
    bnn_arena_destroy(arena);
}

#define HOSTILE "/a b/c'd\"e$(x)`y`\\z;&|#*@TASKS@\xc3\xa9"
enum { TASKS = 7 };
static const bool some[TASKS + 1] = {true, true, true, true, false, true, true, false};
static const char *const none[] = {NULL};
static const char *const arguments[] = {"--no-download", "-s", "a=[1, 'x']", NULL};
static const char *const exports[] = {"BNN_DATA_PATH=" HOSTILE, "BNN_CPU=avx2", NULL};
static const char *const others[] = {"--mem=4G", "--comment", "a \"b\" \\ 'c' @JOB@", NULL};

static bnn_slurm_job hostile_job(void)
{
    return (bnn_slurm_job){.experiment = "ste.sweep-1",
                           .folder = HOSTILE "/f",
                           .bnnrun = HOSTILE "/bnnrun",
                           .spec = HOSTILE "/s.yaml",
                           .arguments = arguments,
                           .exports = exports,
                           .n_tasks = TASKS,
                           .due = some,
                           .limit = 3,
                           .time = "1-2:03",
                           .partition = "long",
                           .options = others};
}

static void expect_has(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "no \"%s\" in:\n%s", part, text);
}

/* What bash says of a text. */
static bool ask_bash(const char *text, char *got, size_t got_bytes)
{
    int ends[2], wait_status;
    size_t n = 0;
    ck_assert_int_eq(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        execl("/bin/bash", "bash", "-c", text, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    for (ssize_t k = 1; k > 0 && n + 1 < got_bytes; n += k > 0 ? (size_t)k : 0)
        k = read(ends[0], got + n, got_bytes - 1 - n);
    got[n] = '\0';
    close(ends[0]);
    return waitpid(child, &wait_status, 0) == child && wait_status == 0;
}

/* The words that an expression is behind a part of a script, each behind a colon. */
static void expect_bash(const char *script, const char *expression, const char *wanted)
{
    char got[4096];
    const bool well = ask_bash(
        bnn_arena_printf(arena, "%s\nprintf ':%%s' %s\n", script, expression), got, sizeof got);
    ck_assert_msg(well && strcmp(got, wanted) == 0, "%s: %s, not %s", expression, got, wanted);
}

/* The lines from the one that begins with `first` to that with `last`. */
static const char *lines(const char *script, const char *first, const char *last)
{
    const char *from = strstr(script, first), *to = from == NULL ? NULL : strstr(from, last);
    ck_assert_msg(to != NULL, "no %s ... %s", first, last);
    return bnn_arena_printf(arena, "%.*s", (int)(to - from), from);
}

START_TEST(words_are_words)
{
    const bnn_slurm_job job = hostile_job();
    const char *array, *merge;
    ck_assert_int_eq(bnn_slurm_array_script(&job, arena, &array, &err), BNN_OK);
    ck_assert_int_eq(bnn_slurm_merge_script(&job, arena, &merge, &err), BNN_OK);
    if (access("/bin/bash", X_OK) == 0) {
        const char *values = lines(array, "bnnrun=", "cd ");
        expect_bash(values, "\"$bnnrun\" \"$spec\" \"$tasks\"",
                    ":" HOSTILE "/bnnrun:" HOSTILE "/s.yaml:7");
        expect_bash(values, "\"${arguments[@]}\"", ":--no-download:-s:a=[1, 'x']");
        expect_bash(values, "\"$BNN_DATA_PATH\" \"$BNN_CPU\"", ":" HOSTILE ":avx2");
        expect_bash(lines(merge, "bnnrun=", "cd "), "\"$bnnrun\" \"$spec\" \"$notify\"",
                    ":" HOSTILE "/bnnrun:" HOSTILE "/s.yaml:no");
        expect_bash(bnn_arena_printf(arena, "f() {\n%s\n}", array), "", ":"); /* read to its end */
        expect_bash(bnn_arena_printf(arena, "f() {\n%s\n}", merge), "", ":");
    }
    expect_has(array, "\n#SBATCH --array=1-3,5,6%3\n");
    expect_has(array, "\n#SBATCH --job-name=bnnrun-ste.sweep-1\n");
    expect_has(merge, "\n#SBATCH --job-name=bnnrun-ste.sweep-1-merge\n");
    expect_has(array, "\n#SBATCH --time=1-2:03\n#SBATCH --partition=long\n"
                      "#SBATCH --mem=4G --comment \"a \\\"b\\\" \\\\ 'c' @JOB@\"\nset -eu\n");
    expect_has(array, "\n#SBATCH --chdir=\"/a b/c'd\\\"e$(x)`y`\\\\z;&|#*@TASKS@\xc3\xa9/f\"\n");
    expect_has(array, "B:USR1@120");
    expect_has(merge, "shards/*of7.tar");
    ck_assert_ptr_null(strstr(array, "@EXPERIMENT@"));
    ck_assert_uint_eq(bnn_slurm_script_tasks(array), 7);
}
END_TEST

START_TEST(nothing_leaves_no_line)
{
    bnn_slurm_job job = hostile_job();
    const char *array;
    job.exports = job.options = none;
    job.time = job.partition = NULL;
    job.limit = 0;
    ck_assert_int_eq(bnn_slurm_array_script(&job, arena, &array, &err), BNN_OK);
    expect_has(array, "\n#SBATCH --array=1-3,5,6\n");
    expect_has(array, "@120\nset -eu\n");
    expect_has(array, "next\ncd '");
}
END_TEST

START_TEST(a_line_stays_a_line)
{
    static const char *const words[] = {"a\nscancel", NULL};
    const char *out;
    for (int i = 0; i < 8; i++) {
        bnn_slurm_job job = hostile_job();
        const char **texts[] = {&job.folder, &job.bnnrun, &job.spec, &job.time, &job.partition};
        if (i < 5)
            *texts[i] = words[0];
        else
            *(i == 5 ? &job.arguments : i == 6 ? &job.exports : &job.options) = words;
        ck_assert_int_eq(bnn_slurm_array_script(&job, arena, &out, &err), BNN_E_USAGE);
        ck_assert_int_eq(bnn_slurm_merge_script(&job, arena, &out, &err), BNN_E_USAGE);
        ck_assert_ptr_null(strchr(err.message, '\n'));
    }
}
END_TEST

START_TEST(what_was_edited_stays)
{
    static const bool one[TASKS + 1] = {false, false, false, false, false, false, false, true};
    static const char *const fewer[] = {"--no-download", NULL};
    bnn_slurm_job job = hostile_job();
    const char *array, *again;
    ck_assert_int_eq(bnn_slurm_array_script(&job, arena, &array, &err), BNN_OK);
    const char *at = strstr(array, "\nset -eu\n");
    const char *edited =
        bnn_arena_printf(arena, "%.*s\nmodule load x # --array=9%s", (int)(at - array), array, at);
    job.due = one;
    job.limit = 0;
    ck_assert_int_eq(bnn_slurm_retarget(edited, &job, arena, &again, &err), BNN_OK);
    expect_has(again, "\n#SBATCH --array=7%3\n");
    expect_has(again, "\nmodule load x # --array=9\nset -eu\n");
    ck_assert_uint_eq(strlen(again), strlen(edited) - strlen("1-3,5,6") + 1);
    ck_assert_int_eq(bnn_slurm_check(again, &job, arena, &err), BNN_OK);
    job.spec = HOSTILE "/s.yam"; /* not even one that begins alike */
    ck_assert_int_eq(bnn_slurm_check(edited, &job, arena, &err), BNN_E_USAGE);
    job = hostile_job();
    job.folder = HOSTILE;
    ck_assert_int_eq(bnn_slurm_check(edited, &job, arena, &err), BNN_E_USAGE);
    job = hostile_job();
    job.arguments = fewer;
    ck_assert_int_eq(bnn_slurm_retarget(edited, &job, arena, &again, &err), BNN_E_USAGE);
    ck_assert_int_eq(bnn_slurm_retarget("#!/bin/bash\n", &job, arena, &again, &err), BNN_E_USAGE);
    ck_assert_uint_eq(bnn_slurm_script_tasks("tasks=3"), 0);
    ck_assert_uint_eq(bnn_slurm_script_tasks("a\ntasks=3 # of them\n"), 3);
    ck_assert_uint_eq(bnn_slurm_script_tasks("a\ntasks=3x\n"), 0);
    ck_assert_uint_eq(bnn_slurm_script_tasks("a\ntasks=99999999999\n"), 0);
}
END_TEST

START_TEST(other_settings_are_others)
{
    static const char *const ten[] = {"--no-download", "-s", "train.epochs=10", NULL};
    static const char *const one[] = {"--no-download", "-s", "train.epochs=1", NULL};
    bnn_slurm_job job = hostile_job();
    const char *array, *merge;
    job.arguments = ten;
    ck_assert_int_eq(bnn_slurm_array_script(&job, arena, &array, &err), BNN_OK);
    ck_assert_int_eq(bnn_slurm_check(array, &job, arena, &err), BNN_OK);
    job.arguments = one;
    ck_assert_int_eq(bnn_slurm_check(array, &job, arena, &err), BNN_E_USAGE);
    ck_assert_int_eq(bnn_slurm_merge_script(&job, arena, &merge, &err), BNN_OK);
    ck_assert_uint_eq(bnn_slurm_script_tasks(merge), TASKS);
}
END_TEST

START_TEST(an_edited_merge_learns_to_notify)
{
    bnn_slurm_job job = hostile_job();
    const char *merge, *told, *again, *none_of_it;
    ck_assert_int_eq(bnn_slurm_merge_script(&job, arena, &merge, &err), BNN_OK);
    const char *edited = bnn_arena_printf(arena, "%s# mine\n", merge);
    ck_assert_int_eq(bnn_slurm_notifying(edited, arena, &told, &err), BNN_OK);
    expect_has(told, "\nnotify=yes # ");
    expect_has(told, "\n# mine\n");
    ck_assert_int_eq(bnn_slurm_notifying(told, arena, &again, &err), BNN_OK);
    ck_assert_str_eq(again, told);
    ck_assert_int_eq(bnn_slurm_notifying("#!/bin/bash\n", arena, &none_of_it, &err), BNN_OK);
    ck_assert_ptr_null(none_of_it);
    job.notifies = true;
    ck_assert_int_eq(bnn_slurm_merge_script(&job, arena, &merge, &err), BNN_OK);
    expect_has(merge, "\nnotify=yes # ");
}
END_TEST

START_TEST(times_are_those_of_slurm)
{
    static const struct {
        const char *text;
        uint64_t seconds;
    } table[] = {{"90", 5400},     {"5:30", 330},     {"1:00:00", 3600},
                 {"2-12", 216000}, {"1-0:30", 88200}, {"1-2:03:04", 93784},
                 {"0", 0},         {"", 0},           {"x", 0},
                 {"1:", 0},        {"-1", 0},         {"1-", 0},
                 {"1-2-3", 0},     {"1:2:3:4", 0},    {"1:2-3", 0},
                 {"123456", 0},    {"5m", 0},         {"1 2", 0},
                 {"1-2:3:4:5", 0}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        ck_assert_msg(bnn_slurm_seconds(table[i].text) == table[i].seconds, "%s: %llu",
                      table[i].text, (unsigned long long)bnn_slurm_seconds(table[i].text));
}
END_TEST

/* ---- what Slurm prints ------------------------------------------------------------------- */

static bnn_slurm_task tasks[TASKS + 1];

static bnn_slurm_sweep empty_sweep(void)
{
    memset(tasks, 0, sizeof tasks);
    return (bnn_slurm_sweep){"bnnrun-x", "bnnrun-x-merge", "/a|b", TASKS, tasks};
}

START_TEST(the_newest_job_counts)
{
    bnn_slurm_sweep sweep = empty_sweep();
    size_t n;
    bnn_slurm_read_sacct(&sweep, "10_1|COMPLETED|n1|bnnrun-x|/a|b\n"
                                 "10_2|CANCELLED by 1000|None assigned|bnnrun-x|/a|b\n"
                                 "12_3|NODE_FAIL|n[1-2]|bnnrun-x|/a|b\n"
                                 "11_3|COMPLETED|n1|bnnrun-x|/a|b\n"
                                 "12_[5-7%2]|PENDING|None assigned|bnnrun-x|/a|b\n"
                                 "12_4|RUNNING|n1|bnnrun-x|/a|b\n"
                                 "13|FAILED|n1|bnnrun-x-merge|/a|b\n");
    ck_assert_str_eq(tasks[1].state, "COMPLETED");
    ck_assert_str_eq(tasks[2].state, "CANCELLED");
    ck_assert_str_eq(tasks[2].note, "");
    ck_assert_str_eq(tasks[3].state, "NODE_FAIL");
    ck_assert_uint_eq(tasks[5].job, 0);
    ck_assert(!tasks[4].active); /* squeue says that */
    ck_assert_str_eq(tasks[4].state, "?");
    ck_assert_uint_eq(tasks[0].job, 13);
    bnn_slurm_read_squeue(&sweep, "14|2|PENDING|(Resources)|bnnrun-x|/a|b\n"
                                  "12|4|RUNNING|n1|bnnrun-x|/a|b\n"
                                  "12|3|COMPLETING|n2|bnnrun-x|/a|b\n"
                                  "9|1|RUNNING|n1|bnnrun-x|/a|b\n"
                                  "15|N/A|PENDING|(Dependency)|bnnrun-x-merge|/a|b\n");
    ck_assert(tasks[2].active && tasks[3].active && tasks[4].active && tasks[0].active);
    ck_assert(!tasks[1].active);
    ck_assert_str_eq(tasks[4].state, "RUNNING");
    ck_assert_str_eq(tasks[2].note, "(Resources)");
    const uint64_t *jobs = bnn_slurm_active(&sweep, arena, &n);
    ck_assert_uint_eq(n, 2);
    ck_assert(jobs[0] == 14 && jobs[1] == 12);
}
END_TEST

START_TEST(tasks_that_are_told_together_all_wait)
{
    bnn_slurm_sweep sweep = empty_sweep();
    bnn_slurm_read_squeue(&sweep, "14|[2-3,5,7-9%2]|PENDING|(Resources)|bnnrun-x|/a|b\n");
    for (uint32_t i = 1; i <= TASKS; i++)
        ck_assert_msg(tasks[i].active == (i == 2 || i == 3 || i == 5 || i == 7), "task %u", i);
    sweep = empty_sweep();
    bnn_slurm_read_squeue(&sweep, "14|[1-7:3%2]|PENDING|(Resources)|bnnrun-x|/a|b\n");
    for (uint32_t i = 1; i <= TASKS; i++)
        ck_assert_msg(tasks[i].active == (i % 3 == 1), "task %u of each third", i);
    sweep = empty_sweep();
    bnn_slurm_read_squeue(&sweep, "14|[1,4,...]|PENDING|(Resources)|bnnrun-x|/a|b\n");
    for (uint32_t i = 1; i <= TASKS; i++)
        ck_assert_msg(tasks[i].active == (i == 1 || i >= 4), "task %u of a list that is cut", i);
}
END_TEST

START_TEST(what_is_held_is_told)
{
    bnn_slurm_sweep sweep = empty_sweep();
    bnn_slurm_read_squeue(&sweep, "14|1|PENDING|(JobHeldAdmin)|bnnrun-x|/a|b\n"
                                  "14|2|PENDING|(launch failed requeued held)|bnnrun-x|/a|b\n"
                                  "14|3|REQUEUE_HOLD|(None)|bnnrun-x|/a|b\n"
                                  "14|4|PENDING|(Resources)|bnnrun-x|/a|b\n"
                                  "14|5|RUNNING|held-1|bnnrun-x|/a|b\n");
    for (uint32_t i = 0; i <= TASKS; i++)
        ck_assert_msg(bnn_slurm_is_held(&tasks[i]) == (i >= 1 && i <= 3), "task %u", i);
}
END_TEST

START_TEST(strangers_are_passed_over)
{
    static const char *const texts[] = {"",
                                        "\n\n",
                                        "|",
                                        "||||||",
                                        "1|1|RUNNING|n1|bnnrun-x",
                                        "1|1|RUNNING|n1|bnnrun-x|/a",
                                        "1|1|RUNNING|n1|bnnrun-xy|/a|b",
                                        "1|1|RUNNING|n1|bnnrun-x|/a|b ",
                                        "1|0|RUNNING|n1|bnnrun-x|/a|b",
                                        "1|8|RUNNING|n1|bnnrun-x|/a|b",
                                        "1|99999999999999999999|RUNNING|n1|bnnrun-x|/a|b",
                                        "1|1||n1|bnnrun-x|/a|b",
                                        "1|8-9:0|RUNNING|n1|bnnrun-x|/a|b",
                                        "1|4294967297|RUNNING|n1|bnnrun-x|/a|b",
                                        "x|1|RUNNING|n1|bnnrun-x|/a|b",
                                        "-1|1|RUNNING|n1|bnnrun-x|/a|b",
                                        "1|N/A|RUNNING|n1|bnnrun-x|/a|b"};
    bnn_slurm_sweep sweep = empty_sweep();
    char *wide = bnn_arena_alloc(arena, 100000, 1);
    memset(wide, '1', 99999);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        bnn_slurm_read_squeue(&sweep, texts[i]);
        bnn_slurm_read_sacct(&sweep, texts[i]);
    }
    bnn_slurm_read_squeue(&sweep, wide);
    for (size_t i = 0; i <= TASKS; i++)
        ck_assert_msg(tasks[i].job == 0, "task %zu", i);
    bnn_slurm_read_squeue(&sweep,
                          "1|1|RUN\033[2JNING and more and more and more|\233n\t|bnnrun-x|/a|b");
    ck_assert_ptr_null(strpbrk(tasks[1].state, "\033"));
    ck_assert_ptr_null(strpbrk(tasks[1].note, "\t"));
}
END_TEST

START_TEST(numbers_are_read)
{
    ck_assert_uint_eq(bnn_slurm_submitted("123\n"), 123);
    ck_assert_uint_eq(bnn_slurm_submitted("123;cluster\n"), 123);
    ck_assert_uint_eq(bnn_slurm_submitted("Submitted batch job 3\n"), 0);
    ck_assert_uint_eq(bnn_slurm_submitted(""), 0);
    ck_assert_uint_eq(bnn_slurm_submitted("12x"), 0);
    ck_assert_uint_eq(bnn_slurm_max_array("a = 1\nMaxArraySize            = 1001\n"), 1001);
    ck_assert_uint_eq(bnn_slurm_max_array("MaxArray"), 0);
    ck_assert_uint_eq(bnn_slurm_max_array("MaxArraySize = 99999999999"), 0);
}
END_TEST

/* ---- what a task has saved --------------------------------------------------------------- */

static void tar_add(struct archive *tar, const char *name, const char *text, mode_t type)
{
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname(entry, name);
    archive_entry_set_size(entry, type == AE_IFREG ? (la_int64_t)strlen(text) : 0);
    archive_entry_set_filetype(entry, type);
    archive_entry_set_perm(entry, 0644);
    if (type == AE_IFLNK)
        archive_entry_set_symlink(entry, text);
    ck_assert_int_eq(archive_write_header(tar, entry), ARCHIVE_OK);
    if (type == AE_IFREG)
        archive_write_data(tar, text, strlen(text));
    archive_entry_free(entry);
}

START_TEST(only_the_database_is_unpacked)
{
    char folder[] = "/tmp/bnn_slurm.XXXXXX", text[32] = "";
    bool found;
    ck_assert_ptr_nonnull(mkdtemp(folder));
    const char *file = bnn_arena_printf(arena, "%s/x.tar", folder);
    const char *db = bnn_arena_printf(arena, "%s/1of2.db", folder);
    struct archive *tar = archive_write_new();
    archive_write_set_format_pax_restricted(tar);
    ck_assert_int_eq(archive_write_open_filename(tar, file), ARCHIVE_OK);
    tar_add(tar, "../1of2.db", "bad", AE_IFREG);
    tar_add(tar, "./1of2.db.artifacts/aa/model.bnn", "model", AE_IFREG);
    tar_add(tar, "1of2.db", "/etc/passwd", AE_IFLNK);
    tar_add(tar, "./1of2.db", "database", AE_IFREG);
    tar_add(tar, "1of2.db-wal", "log", AE_IFREG);
    archive_write_close(tar);
    archive_write_free(tar);
    ck_assert_int_eq(bnn_slurm_unpack(file, "2of2.db", folder, &found, &err), BNN_OK);
    ck_assert(!found);
    ck_assert_int_eq(bnn_slurm_unpack(file, "1of2.db", folder, &found, &err), BNN_OK);
    ck_assert(found);
    FILE *got = fopen(db, "r");
    ck_assert_ptr_nonnull(got);
    ck_assert_uint_eq(fread(text, 1, sizeof text - 1, got), 8);
    fclose(got);
    ck_assert_str_eq(text, "database");
    const char *log = bnn_arena_printf(arena, "%s-wal", db);
    ck_assert_int_eq(access(log, F_OK), 0);
    ck_assert_int_eq(access(bnn_arena_printf(arena, "%s.artifacts", db), F_OK), -1);
    ck_assert_int_eq(bnn_slurm_unpack(file, "1of2.db", folder, &found, &err), BNN_E_RESOURCE);
    ck_assert_int_eq(truncate(file, 1000), 0); /* over nothing that is there */
    unlink(db);
    unlink(log);
    ck_assert_int_eq(bnn_slurm_unpack(file, "1of2.db", folder, &found, &err), BNN_E_RESOURCE);
    ck_assert_int_eq(bnn_slurm_unpack(db, "1of2.db", folder, &found, &err), BNN_E_RESOURCE);
    unlink(file);
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

/* A file of holes in an archive of some kilobytes, as large as it says, or larger. */
START_TEST(no_more_is_unpacked_than_there_can_be)
{
    enum { BLOCK = 1 << 20, HOLES = 80 * BLOCK };
    char folder[] = "/tmp/bnn_slurm.XXXXXX";
    bool found;
    struct stat st;
    ck_assert_ptr_nonnull(mkdtemp(folder));
    const char *file = bnn_arena_printf(arena, "%s/x.tar", folder);
    const char *db = bnn_arena_printf(arena, "%s/1of2.db", folder);
    struct archive *tar = archive_write_new();
    struct archive_entry *entry = archive_entry_new();
    archive_write_set_format_pax(tar);
    ck_assert_int_eq(archive_write_open_filename(tar, file), ARCHIVE_OK);
    archive_entry_set_pathname(entry, "1of2.db");
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_size(entry, HOLES);
    archive_entry_sparse_add_entry(entry, HOLES - 1, 1);
    ck_assert_int_eq(archive_write_header(tar, entry), ARCHIVE_OK);
    const char *zeros = bnn_arena_alloc(arena, BLOCK, 1);
    ck_assert_ptr_nonnull(zeros);
    for (size_t i = 0; i < HOLES / BLOCK; i++)
        ck_assert_int_eq(archive_write_data(tar, zeros, BLOCK), BLOCK);
    archive_entry_free(entry);
    archive_write_free(tar);
    ck_assert_int_eq(stat(file, &st), 0);
    ck_assert_int_lt(st.st_size, 1 << 20);
    ck_assert_int_eq(bnn_slurm_unpack(file, "1of2.db", folder, &found, &err), BNN_E_RESOURCE);
    ck_assert_ptr_nonnull(strstr(err.message, "is damaged"));
    unlink(file);
    unlink(db);
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

START_TEST(what_is_merged_is_in_the_list)
{
    const struct stat now = {.st_mtim = {.tv_sec = 1700000000, .tv_nsec = 1234}, .st_size = 10240};
    static const char line[] = "3of16.tar 1700000000.000001234 10240\n";
    ck_assert(bnn_slurm_is_merged(line, "3of16.tar", &now));
    ck_assert(bnn_slurm_is_merged(bnn_arena_printf(arena, "13of16.tar 1.0 2\n%s", line),
                                  "3of16.tar", &now));
    ck_assert(!bnn_slurm_is_merged("", "3of16.tar", &now));
    ck_assert(!bnn_slurm_is_merged(bnn_arena_printf(arena, "1%s", line), "3of16.tar", &now));
    ck_assert(!bnn_slurm_is_merged("3of16.tar 1700000000.000001235 10240\n", "3of16.tar", &now));
    ck_assert(!bnn_slurm_is_merged("3of16.tar 1700000000.000001234 1024", "3of16.tar", &now));
    ck_assert_uint_eq(bnn_slurm_saved_tasks("3of16.tar"), 16);
    ck_assert_uint_eq(bnn_slurm_saved_tasks(".3of16.tar"), 0);
    ck_assert_uint_eq(bnn_slurm_saved_tasks("3of16.tar.bak"), 0);
    ck_assert_uint_eq(bnn_slurm_saved_tasks("3of"), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("slurm");
    TCase *c = tcase_create("slurm");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, words_are_words);
    tcase_add_test(c, nothing_leaves_no_line);
    tcase_add_test(c, a_line_stays_a_line);
    tcase_add_test(c, what_was_edited_stays);
    tcase_add_test(c, other_settings_are_others);
    tcase_add_test(c, an_edited_merge_learns_to_notify);
    tcase_add_test(c, times_are_those_of_slurm);
    tcase_add_test(c, the_newest_job_counts);
    tcase_add_test(c, tasks_that_are_told_together_all_wait);
    tcase_add_test(c, what_is_held_is_told);
    tcase_add_test(c, strangers_are_passed_over);
    tcase_add_test(c, numbers_are_read);
    tcase_add_test(c, only_the_database_is_unpacked);
    tcase_add_test(c, no_more_is_unpacked_than_there_can_be);
    tcase_add_test(c, what_is_merged_is_in_the_list);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
