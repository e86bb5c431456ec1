#include "cli/bench_ort.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HINT "`npm install --ignore-scripts onnxruntime-node` gets it, --no-ort does without"

enum {
    TIMEOUT_MS = 120 * 1000, /* a child that is silent for so long hangs */
    LINE_MAX_BYTES = 1 << 28,
    EXIT_NO_NODE = 127,
};

/* The script, as make has turned it into C (see db/embed.awk). */
#pragma GCC diagnostic ignored "-Woverlength-strings"
#define BNN_SCRIPT(name, text) text
static const char script[] =
#include "base/size.h"
#include "cli/bench_ort.inc"
    ;
#undef BNN_SCRIPT

struct bench_ort {
    pid_t child; /* 0: none, or it was waited for */
    int exit;    /* then: its wait status */
    int socket;
    FILE *messages; /* what it says on stderr */
    char engine[64];
    uint32_t n_models;
    size_t n_images;
    char *line; /* bytes received; an answer ends with a line feed */
    size_t n_line, capacity;
};

/* ---- The child ------------------------------------------------------------------------------- */

static void become_node(int cpu, int socket, int messages)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    if (cpu >= 0) {
        CPU_SET((unsigned)cpu, &set);
        sched_setaffinity(0, sizeof set, &set);
    }
    char *const argv[] = {(char[]){"node"}, (char[]){"-e"}, (char *)(uintptr_t)script, NULL};
    if (dup2(socket, STDIN_FILENO) >= 0 && dup2(socket, STDOUT_FILENO) >= 0 &&
        dup2(messages, STDERR_FILENO) >= 0)
        execvp("node", argv);
    _exit(EXIT_NO_NODE);
}

static int start_node(bench_ort *ort, int cpu, bnn_error *err)
{
    int sockets[2];
    ort->messages = tmpfile();
    if (ort->messages == NULL || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
        return bnn_fail_errno(err, BNN_E_INTERNAL, "cannot talk to node");
    ort->socket = sockets[0];
    const pid_t child = fork();
    if (child == 0)
        become_node(cpu, sockets[1], fileno(ort->messages));
    const int code = errno;
    close(sockets[1]);
    if (child < 0) {
        errno = code;
        return bnn_fail_errno(err, BNN_E_INTERNAL, "cannot start node");
    }
    ort->child = child;
    return BNN_OK;
}

static void end_child(bench_ort *ort, bool kill_it)
{
    if (ort->child == 0)
        return;
    if (kill_it)
        kill(ort->child, SIGKILL);
    while (waitpid(ort->child, &ort->exit, 0) < 0 && errno == EINTR)
        continue;
    ort->child = 0;
}

/* The child has gone: how, and the last thing it said. */
static int fail_ended(bench_ort *ort, bnn_error *err)
{
    char how[64], line[200], last[200] = "";
    end_child(ort, true);
    if (WIFSIGNALED(ort->exit) && WTERMSIG(ort->exit) != SIGKILL)
        snprintf(how, sizeof how, "was ended by signal %d", WTERMSIG(ort->exit));
    else
        snprintf(how, sizeof how, "ended before it answered");
    rewind(ort->messages);
    while (fgets(line, sizeof line, ort->messages) != NULL)
        if (line[0] != '\n')
            memcpy(last, line, sizeof last);
    last[strcspn(last, "\n")] = '\0';
    return bnn_fail(err, BNN_E_RESOURCE,
                    "node, which runs onnxruntime, %s%s%s; --no-ort does without", how,
                    last[0] == '\0' ? "" : ": ", last);
}

/* ---- Requests and answers -------------------------------------------------------------------- */

static int send_line(bench_ort *ort, const char *text, size_t n, bnn_error *err)
{
    while (n > 0) {
        const ssize_t sent = send(ort->socket, text, n, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return fail_ended(ort, err);
        text += sent;
        n -= (size_t)sent;
    }
    return BNN_OK;
}

/* Waits for more of an answer. */
static int receive_more(bench_ort *ort, bnn_error *err)
{
    if (ort->n_line == ort->capacity) {
        const size_t capacity = 2 * ort->capacity + 65536;
        char *grown = capacity > LINE_MAX_BYTES ? NULL : realloc(ort->line, capacity);
        if (grown == NULL)
            return bnn_fail(err, BNN_E_INTERNAL, "node's answer is too long");
        ort->line = grown;
        ort->capacity = capacity;
    }
    struct pollfd wait = {.fd = ort->socket, .events = POLLIN};
    int ready;
    do
        ready = poll(&wait, 1, TIMEOUT_MS);
    while (ready < 0 && errno == EINTR);
    if (ready == 0)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "node, which runs onnxruntime, has not answered for %d s; --no-ort does "
                        "without",
                        TIMEOUT_MS / 1000);
    const ssize_t got = recv(ort->socket, ort->line + ort->n_line, ort->capacity - ort->n_line, 0);
    if (got < 0 && errno == EINTR)
        return BNN_OK;
    if (got <= 0)
        return fail_ended(ort, err);
    ort->n_line += (size_t)got;
    return BNN_OK;
}

/* The next line, as an object that the caller releases. */
static int receive_answer(bench_ort *ort, json_t **out, bnn_error *err)
{
    char *end = NULL;
    for (size_t seen = 0; end == NULL;) {
        const int status = receive_more(ort, err);
        if (status != BNN_OK)
            return status;
        end = memchr(ort->line + seen, '\n', ort->n_line - seen);
        seen = ort->n_line;
    }
    /* JavaScript writes large numbers without an exponent, as integers beyond 64 bits. */
    json_t *answer =
        json_loadb(ort->line, (size_t)(end - ort->line), JSON_DECODE_INT_AS_REAL, NULL);
    const bool more = end + 1 != ort->line + ort->n_line;
    ort->n_line = 0;
    const char *failure = json_string_value(json_object_get(answer, "error"));
    int status = BNN_OK;
    if (!json_is_object(answer) || more)
        status = bnn_fail(err, BNN_E_RESOURCE,
                          "node, which runs onnxruntime, gave an answer that makes no sense; "
                          "--no-ort does without");
    else if (failure != NULL)
        status =
            bnn_fail(err, BNN_E_RESOURCE, "onnxruntime: %.500s; --no-ort does without", failure);
    if (status == BNN_OK)
        *out = answer;
    else
        json_decref(answer);
    return status;
}

/* Sends a request, which is released, and receives the answer. */
static int ask_node(bench_ort *ort, json_t *request, json_t **out, bnn_error *err)
{
    char *text = request == NULL ? NULL : json_dumps(request, JSON_COMPACT);
    json_decref(request);
    if (text == NULL)
        return bnn_no_memory(err);
    const size_t n = strlen(text);
    text[n] = '\n'; /* instead of the terminator */
    int status = send_line(ort, text, n + 1, err);
    free(text);
    return status != BNN_OK ? status : receive_answer(ort, out, err);
}

/* The same, for a request about a file: one with these bytes, which exists for its time only. */
static int ask_about_file(bench_ort *ort, json_t *request, const void *bytes, size_t n,
                          bnn_error *err)
{
    char path[4096];
    const char *directory = getenv("TMPDIR");
    snprintf(path, sizeof path, "%s/bnnrun_bench_XXXXXX",
             directory != NULL && directory[0] != '\0' ? directory : "/tmp");
    const int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0) {
        json_decref(request);
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s", path);
    }
    close(fd);
    json_t *answer = NULL;
    int status = bnn_file_write(path, bytes, n, err);
    if (status != BNN_OK)
        json_decref(request);
    else {
        json_object_set_new(request, "path", json_string(path));
        status = ask_node(ort, request, &answer, err);
    }
    json_decref(answer);
    unlink(path);
    return status;
}

/* ---- The interface --------------------------------------------------------------------------- */

/* The greeting: which version, or what is missing. */
static int greet_node(bench_ort *ort, char missing[200], bnn_error *err)
{
    json_t *answer;
    int status = receive_answer(ort, &answer, err);
    if (status != BNN_OK) {
        if (ort->child != 0 || !WIFEXITED(ort->exit) || WEXITSTATUS(ort->exit) != EXIT_NO_NODE)
            return status;
        snprintf(missing, 200, "node is not installed, which runs onnxruntime; " HINT);
        return BNN_OK;
    }
    const char *version = json_string_value(json_object_get(answer, "version"));
    if (version == NULL)
        snprintf(missing, 200, "node finds no onnxruntime-node from here; " HINT);
    else
        snprintf(ort->engine, sizeof ort->engine, "onnxruntime %s", version);
    json_decref(answer);
    return BNN_OK;
}

int bench_ort_start(int cpu, bench_ort **out, char missing[200], bnn_error *err)
{
    bench_ort *ort = calloc(1, sizeof *ort);
    if (ort == NULL)
        return bnn_no_memory(err);
    ort->socket = -1;
    int status = start_node(ort, cpu, err);
    if (status == BNN_OK)
        status = greet_node(ort, missing, err);
    if (status == BNN_OK && ort->engine[0] != '\0') {
        *out = ort;
        return BNN_OK;
    }
    bench_ort_stop(ort);
    if (status == BNN_OK)
        *out = NULL;
    return status;
}

void bench_ort_stop(bench_ort *ort)
{
    if (ort == NULL)
        return;
    if (ort->socket >= 0)
        close(ort->socket);
    end_child(ort, true);
    if (ort->messages != NULL)
        fclose(ort->messages);
    free(ort->line);
    free(ort);
}

const char *bench_ort_engine(const bench_ort *ort)
{
    return ort->engine;
}

int bench_ort_set_images(bench_ort *ort, const uint8_t *images, size_t n, bnn_shape shape,
                         bnn_error *err)
{
    ort->n_images = n;
    return ask_about_file(ort,
                          json_pack("{s:s, s:I, s:[i,i,i]}", "do", "images", "n", (json_int_t)n,
                                    "shape", (int)shape.c, (int)shape.h, (int)shape.w),
                          images, n * bnn_shape_values(shape), err);
}

int bench_ort_load(bench_ort *ort, const char *name, const void *onnx, size_t n,
                   uint32_t *out_model, bnn_error *err)
{
    const int status = ask_about_file(ort, json_pack("{s:s}", "do", "load"), onnx, n, err);
    if (status != BNN_OK)
        return bnn_error_prefix(err, "%s: ", name);
    *out_model = ort->n_models++;
    return BNN_OK;
}

int bench_ort_logits(bench_ort *ort, uint32_t model, uint32_t n_classes, float *logits,
                     bnn_error *err)
{
    json_t *answer;
    const int status = ask_node(ort,
                                json_pack("{s:s, s:i, s:I}", "do", "logits", "model", (int)model,
                                          "batch", (json_int_t)ort->n_images),
                                &answer, err);
    if (status != BNN_OK)
        return status;
    const json_t *list = json_object_get(answer, "logits");
    const size_t n = json_array_size(list);
    const bool fits = n == ort->n_images * n_classes;
    for (size_t i = 0; i < n && fits; i++) {
        const json_t *value = json_array_get(list, i);
        logits[i] = json_is_number(value) ? (float)json_number_value(value) : NAN;
    }
    json_decref(answer);
    return fits ? BNN_OK
                : bnn_fail(err, BNN_E_RESOURCE, "onnxruntime gives %zu logits for %zu images", n,
                           ort->n_images);
}

int bench_ort_measure(void *context, uint64_t n_calls, bnn_duration *out, bnn_error *err)
{
    const bench_ort_contender *c = context;
    json_t *answer;
    const int status =
        ask_node(c->ort,
                 json_pack("{s:s, s:i, s:i, s:I}", "do", "run", "model", (int)c->model, "batch",
                           (int)c->batch, "calls", (json_int_t)n_calls),
                 &answer, err);
    if (status != BNN_OK)
        return status;
    const double wall = json_number_value(json_object_get(answer, "wall_ns"));
    const double cpu = json_number_value(json_object_get(answer, "cpu_ns"));
    json_decref(answer);
    if (!(wall > 0 && wall < 1e15 && cpu >= 0 && cpu < 1e15))
        return bnn_fail(err, BNN_E_RESOURCE,
                        "node says that onnxruntime took %g ns; --no-ort does without", wall);
    *out = (bnn_duration){wall, cpu};
    return BNN_OK;
}
