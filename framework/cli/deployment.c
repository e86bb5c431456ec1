#include "cli/deployment.h"

#include "base/text.h"
#include "export/check.h"
#include "runner/executor/executor.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LABELS_BYTES = 160, ASK_SECONDS = 20 };

/* A message, and the labels of the configs that it is about. */
typedef struct deployment_warning {
    const char *text;
    size_t n;
    const char **labels; /* [n], with room for all configs */
    struct deployment_warning *next;
} deployment_warning;

/* The warning with this text, made when there is none yet; NULL without memory. */
static deployment_warning *deployment_find_warning(deployment_warning **first, const char *text,
                                                   size_t n_configs, bnn_arena *arena)
{
    for (; *first != NULL; first = &(*first)->next)
        if (strcmp((*first)->text, text) == 0)
            return *first;
    deployment_warning *w = bnn_arena_alloc(arena, 1, sizeof *w);
    if (w == NULL || (w->text = bnn_arena_strdup(arena, text)) == NULL ||
        (w->labels = bnn_arena_alloc(arena, n_configs, sizeof *w->labels)) == NULL)
        return NULL;
    *first = w;
    return w;
}

static int deployment_warn_here(const bnn_experiment *x, const bool *asked, bnn_arena *arena,
                                bnn_error *err)
{
    deployment_warning *first = NULL, *w = NULL;
    char labels[LABELS_BYTES]; /* "ste=clipped, ste=identity, ..." */
    bool memory = true;
    for (size_t i = 0; memory && i < x->n_configs; i++) {
        const bnn_config *config = &x->configs[i];
        if (asked != NULL && !asked[i])
            continue;
        bnn_diag *diag = bnn_diag_create();
        memory = diag != NULL;
        /* A failure has left its reason in diag; what is planned is not changed by it. */
        if (memory)
            bnn_export_check(&config->model, config->input, config->n_classes, diag);
        for (size_t m = 0; memory && m < bnn_diag_count(diag); m++) {
            w = deployment_find_warning(&first, bnn_diag_message(diag, m), x->n_configs, arena);
            memory = w != NULL;
            if (memory)
                w->labels[w->n++] = config->label;
        }
        bnn_diag_destroy(diag);
    }
    for (w = first; memory && w != NULL; w = w->next)
        if (w->n == x->n_configs)
            fprintf(stderr, "%s\n", w->text);
        else
            fprintf(stderr, "%s (%zu of %zu configs: %s)\n", w->text, w->n, x->n_configs,
                    bnn_text_join(w->labels, w->n, labels, sizeof labels));
    return memory ? BNN_OK : bnn_no_memory(err);
}

/* In a process of its own, for plugins that may crash or hang in it. */
static int deployment_warn_apart(const bnn_experiment *x, const bool *asked, bnn_arena *arena,
                                 bnn_error *err)
{
    int wait_status = 0;
    fflush(NULL);
    const pid_t child = fork();
    if (child < 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "cannot fork");
    if (child == 0) {
        signal(SIGALRM, SIG_DFL);
        alarm(ASK_SECONDS);
        deployment_warn_here(x, asked, arena, err);
        fflush(NULL);
        _exit(EXIT_SUCCESS);
    }
    while (waitpid(child, &wait_status, 0) < 0 && errno == EINTR)
        continue;
    if (!WIFEXITED(wait_status) || WEXITSTATUS(wait_status) != EXIT_SUCCESS)
        fprintf(stderr,
                "warning: deployment: a plugin crashed, or did not come back, when it was asked "
                "whether its network can be deployed; `bnnrun plugins test` says more\n");
    return BNN_OK;
}

int cli_deployment_warn(const bnn_experiment *x, const bool *asked, bnn_arena *arena,
                        bnn_error *err)
{
    return bnn_executor_isolates(x) ? deployment_warn_apart(x, asked, arena, err)
                                    : deployment_warn_here(x, asked, arena, err);
}
