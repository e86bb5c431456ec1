#include "runner/notify.h"

#include "base/child.h"
#include "base/clock.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the key ----------------------------------------------------------------------------- */

/* One word alone is a command, too; with a blank it looks as if a shell were to split it. */
static const bnn_node *command_items(const bnn_reader *r, const bnn_node *node, size_t *n)
{
    const bool is_word = node->kind == BNN_NODE_SCALAR && !bnn_tree_is_null(node) &&
                         node->text[0] != '\0' && strpbrk(node->text, " \t\n") == NULL;
    if (!is_word &&
        (node->kind != BNN_NODE_LIST || node->n == 0 || node->n > BNN_NOTIFY_WORDS_MAX)) {
        bnn_reader_expected(r, node, "none or a list of 1 to 64 words",
                            node->kind == BNN_NODE_SCALAR
                                ? "; no shell splits it: write [COMMAND, ARGUMENT, ...]"
                                : "");
        return NULL;
    }
    *n = is_word ? 1 : node->n;
    return node;
}

static void command_read(const bnn_reader *r, const bnn_key *key, const bnn_node *node, void *out)
{
    size_t n = 0;
    const bool is_none = node == NULL || bnn_key_word(key, node) != NULL;
    const bnn_node *items = is_none ? NULL : command_items(r, node, &n);
    const char **words = items == NULL ? NULL : bnn_arena_alloc(r->arena, n + 1, sizeof *words);
    for (size_t i = 0; words != NULL && i < n; i++) {
        words[i] =
            items->kind == BNN_NODE_SCALAR ? items->text : bnn_key_text_of(r, items->items[i]);
        if (words[i] == NULL)
            words = NULL;
    }
    memcpy((char *)out + key->param.offset, &words, sizeof words);
}

const bnn_key_type bnn_command_type = {
    "a list of words", command_read, NULL,
    "{\"anyOf\": [{\"type\": \"string\", \"pattern\": \"^\\\\S+$\"}, {\"type\": \"array\","
    " \"items\": {\"type\": [\"string\", \"number\", \"boolean\"]}, \"minItems\": 1}]}"};

/* ---- the command ------------------------------------------------------------------------- */

/* Signals as they are for a program that a shell starts; a group of its own, so that all of it can be ended. */
static int notify_set(posix_spawnattr_t *attributes, posix_spawn_file_actions_t *actions, int input)
{
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int code = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
                                                        POSIX_SPAWN_SETSID);
    if (code == 0)
        code = posix_spawnattr_setsigmask(attributes, &none);
    if (code == 0)
        code = posix_spawnattr_setsigdefault(attributes, &all);
    if (code == 0)
        code = posix_spawn_file_actions_adddup2(actions, input, STDIN_FILENO);
    if (code == 0)
        code = posix_spawn_file_actions_adddup2(actions, STDERR_FILENO, STDOUT_FILENO);
    return code;
}

/* posix_spawnp() gives a file that is no program to no shell, as execvp() does. An errno, or 0. */
static int notify_spawn(const char *const *command, int input, pid_t *out)
{
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    char *words[BNN_NOTIFY_WORDS_MAX + 1];
    size_t n = 0;
    for (; n < BNN_NOTIFY_WORDS_MAX && command[n] != NULL; n++)
        memcpy(&words[n], &command[n], sizeof words[n]); /* which are not written to */
    words[n] = NULL;
    int code = command[n] != NULL ? E2BIG : posix_spawnattr_init(&attributes);
    if (code != 0)
        return code;
    code = posix_spawn_file_actions_init(&actions);
    if (code == 0) {
        code = notify_set(&attributes, &actions, input);
        if (code == 0)
            code = posix_spawnp(out, words[0], &actions, &attributes, words, environ);
        posix_spawn_file_actions_destroy(&actions);
    }
    posix_spawnattr_destroy(&attributes);
    return code;
}

/* A file without a name, so that a command that does not read keeps nobody waiting. -1 and errno. */
static int notify_input(const char *text)
{
    const size_t n = strlen(text);
    const int fd = memfd_create("outcome", MFD_CLOEXEC);
    if (fd >= 0 && (write(fd, text, n) != (ssize_t)n || lseek(fd, 0, SEEK_SET) != 0)) {
        const int reason = errno;
        close(fd);
        errno = reason;
        return -1;
    }
    return fd;
}

typedef struct notify_limit {
    bnn_child_patience patience;
    double seconds;
} notify_limit;

static bool notify_is_late(void *context, pid_t child)
{
    notify_limit *limit = context;
    (void)child;
    return bnn_child_wait_on(&limit->patience) > limit->seconds;
}

int bnn_notify(const char *const *command, const char *text, double seconds, bnn_error *err)
{
    notify_limit limit = {.seconds = seconds};
    char end[BNN_CHILD_END];
    pid_t child = 0;
    int ended;
    const int input = notify_input(text);
    if (input < 0)
        return bnn_fail_errno(err, BNN_E_FAILED, "%s: cannot run", command[0]);
    const int code = notify_spawn(command, input, &child);
    close(input);
    errno = code;
    if (code != 0)
        return bnn_fail_errno(err, BNN_E_FAILED, "%s: cannot run", command[0]);
    if (!bnn_child_wait(child, notify_is_late, &limit, &ended))
        return bnn_fail(err, BNN_E_FAILED, "%s: ended after %g seconds, which are its limit",
                        command[0], seconds);
    if (WIFEXITED(ended) && WEXITSTATUS(ended) == 0)
        return BNN_OK;
    return bnn_fail(err, BNN_E_FAILED, "%s: %s", command[0],
                    WIFEXITED(ended)
                        ? (snprintf(end, sizeof end, "its status was %d", WEXITSTATUS(ended)), end)
                        : bnn_child_explain(ended, end));
}
