#include "runner/notify.h"

#include "base/child.h"
#include "base/clock.h"

#include <errno.h>
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
    const int code = bnn_child_spawn(command, input, STDERR_FILENO, STDERR_FILENO, &child);
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
