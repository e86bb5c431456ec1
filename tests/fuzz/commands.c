#include "tests/fuzz/commands.h"

#include "base/file.h"
#include "base/text.h"
#include "cli/cli.h"
#include "tests/fixtures/sample_database.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WORDS_MAX = FUZZ_TEXTS_MAX + 2 };

static char *commands_first; /* the bytes of the sample */
static size_t commands_first_n;
static char commands_path[PATH_MAX];

static void commands_forget(void)
{
    free(commands_first);
}

/* Paths in the environment may be relative to where the process began. */
static void commands_keep_source(void)
{
    char path[PATH_MAX];
    const char *source = getenv("srcdir");
    fuzz_require(realpath(source == NULL ? "." : source, path) != NULL);
    setenv("srcdir", path, 1);
}

void fuzz_commands_begin(bool loose)
{
    bnn_error err;
    if (commands_first != NULL)
        return;
    commands_keep_source();
    snprintf(commands_path, sizeof commands_path, "%s", fuzz_path("sample.db"));
    sample_database_make(commands_path);
    if (loose)
        sample_database_loosen(commands_path);
    fuzz_require(bnn_file_read(commands_path, (size_t)4 << 20, &commands_first, &commands_first_n,
                               &err) == BNN_OK &&
                 atexit(commands_forget) == 0);
    fuzz_require(chdir(fuzz_folder()) == 0);
    setenv("BNNRUN_DB", commands_path, 1);
    setenv("XDG_CACHE_HOME", fuzz_path("cache"), 1);
    setenv("XDG_DATA_HOME", fuzz_path("data"), 1);
    setenv("PATH", "/nonexistent", 1);
    unsetenv("BNN_DATA_PATH");
}

void fuzz_commands_renew(void)
{
    fuzz_write(commands_path, commands_first, commands_first_n);
    unlink(fuzz_path("sample.db-wal"));
    unlink(fuzz_path("sample.db-shm"));
}

const char *fuzz_commands_database(void)
{
    return commands_path;
}

/* From now on standard output is a file without a name. */
static int commands_output(void)
{
    static int output = -1;
    if (output < 0) {
        fflush(stdout);
        output = memfd_create("output", MFD_CLOEXEC);
        fuzz_require(output >= 0 && dup2(output, STDOUT_FILENO) == STDOUT_FILENO);
    }
    fuzz_require(ftruncate(output, 0) == 0 && lseek(STDOUT_FILENO, 0, SEEK_SET) == 0);
    return output;
}

/* Lines end, columns may be apart by tabs, and that is all. */
static void commands_check(char *text)
{
    for (; *text != '\0'; text += bnn_text_character(text))
        if (*text != '\n' && *text != '\t' && bnn_text_control(text) > 0) {
            fprintf(stderr, "control characters are printed: %.200s\n",
                    bnn_text_clean(text, "\n\t"));
            abort();
        }
}

static void commands_look(int output)
{
    struct stat st;
    fuzz_require(fstat(output, &st) == 0);
    char *text = calloc(1, (size_t)st.st_size + 1);
    fuzz_require(text != NULL && pread(output, text, (size_t)st.st_size, 0) == st.st_size);
    commands_check(text);
    free(text);
}

void fuzz_commands_run(const char *const *words)
{
    char *argv[WORDS_MAX + 1], *own[WORDS_MAX + 1];
    int n = 0;
    bnn_error err = {.message = ""};
    const int output = commands_output();
    for (own[n++] = strdup("bnnrun"); words[n - 1] != NULL && n < WORDS_MAX; n++)
        own[n] = strdup(words[n - 1]);
    own[n] = NULL;
    memcpy(argv, own, sizeof own);
    unsetenv("CLICOLOR_FORCE"); /* as --color of the one before has set it */
    unsetenv("NO_COLOR");
    const int status = cli_dispatch(n, argv, &err);
    fflush(stdout);
    fuzz_require(status <= 0 && status >= -5);
    if (getenv("CLICOLOR_FORCE") == NULL)
        commands_look(output);
    for (int i = 0; i < n; i++)
        free(own[i]);
}
