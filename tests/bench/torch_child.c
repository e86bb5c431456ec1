#include "tests/bench/torch_child.h"

#include "base/file.h"
#include "tests/bench/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Debian's OpenBLAS with OpenMP, in which PyTorch is fastest there. */
static const char openblas[] = "/usr/lib/x86_64-linux-gnu/openblas-openmp";

static int write_images(const bnn_images *images, size_t image_bytes, const char *folder,
                        bnn_error *err)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/images", folder);
    const int status = bnn_file_write(path, images->pixels, images->n * image_bytes, err);
    if (status != BNN_OK)
        return status;
    snprintf(path, sizeof path, "%s/labels", folder);
    return bnn_file_write(path, images->labels, images->n, err);
}

/* Starts a command with its stdin and stdout at the ends of two pipes. The others are closed when
 * the command begins. */
static int spawn(char *const arguments[], int in, int out, pid_t *child, bnn_error *err)
{
    posix_spawn_file_actions_t actions;
    int failure = posix_spawn_file_actions_init(&actions);
    if (failure != 0)
        return bnn_fail(err, BNN_E_INTERNAL, "cannot start Python: %s", strerror(failure));
    failure = posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    if (failure == 0)
        failure = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    if (failure == 0)
        failure = posix_spawnp(child, arguments[0], &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    return failure == 0 ? BNN_OK
                        : bnn_fail(err, BNN_E_INTERNAL, "cannot start %s: %s", arguments[0],
                                   strerror(failure));
}

static void close_pipe(int ends[2])
{
    for (int i = 0; i < 2; i++)
        if (ends[i] >= 0)
            close(ends[i]);
}

/* On success the child runs, and our ends are the streams of *c. */
static int connect(torch_child *c, char *const arguments[], bnn_error *err)
{
    int to[2] = {-1, -1}, from[2] = {-1, -1};
    if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0) {
        bnn_fail_errno(err, BNN_E_INTERNAL, "cannot make a pipe");
        goto out;
    }
    c->to = fdopen(to[1], "w");
    if (c->to != NULL)
        to[1] = -1;
    c->from = fdopen(from[0], "r");
    if (c->from != NULL)
        from[0] = -1;
    if (c->to == NULL || c->from == NULL) {
        bnn_fail_errno(err, BNN_E_INTERNAL, "cannot open a pipe");
        goto out;
    }
    if (spawn(arguments, to[0], from[1], &c->pid, err) != BNN_OK)
        c->pid = 0;
out:
    close_pipe(to);
    close_pipe(from);
    return c->pid != 0 ? BNN_OK : err->status;
}

/* One line, without its end. */
static int read_line(torch_child *c, char *out, size_t n, bnn_error *err)
{
    if (fgets(out, (int)n, c->from) == NULL)
        return bnn_fail(err, BNN_E_RESOURCE, "%s with lenet_torch.py ended early", c->python);
    out[strcspn(out, "\n")] = '\0';
    return BNN_OK;
}

static bool begins_with(const char *line, const char *word)
{
    return strncmp(line, word, strlen(word)) == 0 && line[strlen(word)] == ' ';
}

static int read_greeting(torch_child *c, bnn_error *err)
{
    char line[256];
    const int status = read_line(c, line, sizeof line, err);
    if (status != BNN_OK)
        return status;
    if (begins_with(line, "torch"))
        snprintf(c->version, sizeof c->version, "%s", line + strlen("torch "));
    else if (begins_with(line, "missing"))
        snprintf(c->missing, sizeof c->missing, "%s", line + strlen("missing "));
    else
        return bnn_fail(err, BNN_E_RESOURCE, "%s with lenet_torch.py said \"%s\"", c->python, line);
    return BNN_OK;
}

int torch_child_start(torch_child *c, const bnn_images *images, size_t image_bytes,
                      const char *folder, bnn_error *err)
{
    char script[PATH_MAX], libraries[1024], where[1024], n[16];
    char env[] = "env", one_thread[] = "OMP_NUM_THREADS=1";
    const char *python = getenv("BNN_PYTHON"), *path = getenv("LD_LIBRARY_PATH");
    *c = (torch_child){.pid = 0};
    snprintf(c->python, sizeof c->python, "%s", python != NULL ? python : "/usr/bin/python3");
    if (strchr(c->python, '/') != NULL && access(c->python, X_OK) != 0) {
        snprintf(c->missing, sizeof c->missing, "there is no such program");
        return BNN_OK;
    }
    const bool has_openblas = access(openblas, R_OK) == 0, has_path = path != NULL && *path != '\0';
    snprintf(libraries, sizeof libraries, "LD_LIBRARY_PATH=%s%s%s", has_openblas ? openblas : "",
             has_openblas && has_path ? ":" : "", has_path ? path : "");
    snprintf(where, sizeof where, "%s", folder);
    snprintf(n, sizeof n, "%u", images->n);
    int status = bench_source_path("tests/bench/lenet_torch.py", script, err);
    if (status == BNN_OK)
        status = write_images(images, image_bytes, folder, err);
    if (status == BNN_OK)
        status = connect(
            c, (char *[]){env, libraries, one_thread, c->python, script, where, n, NULL}, err);
    return status == BNN_OK ? read_greeting(c, err) : status;
}

int torch_child_ask(torch_child *c, const char *question, const char *word, double *out,
                    bnn_error *err)
{
    char line[256], *end;
    if (fprintf(c->to, "%s\n", question) < 0 || fflush(c->to) != 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "cannot write to %s", c->python);
    const int status = read_line(c, line, sizeof line, err);
    if (status != BNN_OK)
        return status;
    const double value = begins_with(line, word) ? strtod(line + strlen(word), &end) : 0.0;
    if (!(value > 0.0) || *end != '\0')
        return bnn_fail(err, BNN_E_RESOURCE, "%s with lenet_torch.py answered \"%s\" to \"%s\"",
                        c->python, line, question);
    *out = value;
    return BNN_OK;
}

void torch_child_stop(torch_child *c)
{
    if (c->to != NULL)
        fclose(c->to); /* the end of its stdin ends it */
    if (c->from != NULL)
        fclose(c->from);
    while (c->pid > 0 && waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    *c = (torch_child){.pid = 0};
}
