#include "bench/peer.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    TIMEOUT_SECONDS = 120, /* a child that is silent for so long hangs */
    ANSWER_MAX_BYTES = 1 << 28,
    EXIT_NOT_INSTALLED = 127,
};

struct bench_peer {
    const bench_program *program;
    pid_t child; /* 0: none, or it was waited for */
    int exit;    /* then: its wait status */
    int socket;
    FILE *messages;    /* what it says on stderr */
    size_t n_received; /* bytes of the answer */
    bnn_error *err;    /* of the one that is received */
};

/* ---- The child ------------------------------------------------------------------------------- */

static void peer_become(const bench_program *program, int cpu, int socket, int messages)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    if (cpu >= 0) {
        CPU_SET((unsigned)cpu, &set);
        sched_setaffinity(0, sizeof set, &set);
    }
    if (dup2(socket, STDIN_FILENO) >= 0 && dup2(socket, STDOUT_FILENO) >= 0 &&
        dup2(messages, STDERR_FILENO) >= 0)
        execvp(program->argv[0], program->argv);
    _exit(EXIT_NOT_INSTALLED);
}

static int peer_fork(bench_peer *peer, int cpu, bnn_error *err)
{
    static const struct timeval timeout = {.tv_sec = TIMEOUT_SECONDS};
    const char *name = peer->program->argv[0];
    int sockets[2];
    peer->messages = tmpfile();
    if (peer->messages == NULL || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
        return bnn_fail_errno(err, BNN_E_INTERNAL, "cannot talk to %s", name);
    peer->socket = sockets[0];
    setsockopt(peer->socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    const pid_t child = fork();
    if (child == 0)
        peer_become(peer->program, cpu, sockets[1], fileno(peer->messages));
    int status = BNN_OK;
    if (child < 0)
        status = bnn_fail_errno(err, BNN_E_INTERNAL, "cannot start %s", name);
    else
        peer->child = child;
    close(sockets[1]);
    return status;
}

static void peer_end(bench_peer *peer)
{
    if (peer->child == 0)
        return;
    kill(peer->child, SIGKILL);
    while (waitpid(peer->child, &peer->exit, 0) < 0 && errno == EINTR)
        continue;
    peer->child = 0;
}

/* The child has gone: how, and the last thing it said. */
static int peer_fail_ended(bench_peer *peer, bnn_error *err)
{
    char how[64], line[200], last[200] = "";
    peer_end(peer);
    if (WIFSIGNALED(peer->exit) && WTERMSIG(peer->exit) != SIGKILL)
        snprintf(how, sizeof how, "was ended by signal %d", WTERMSIG(peer->exit));
    else
        snprintf(how, sizeof how, "ended before it answered");
    rewind(peer->messages);
    while (fgets(line, sizeof line, peer->messages) != NULL)
        if (line[0] != '\n')
            memcpy(last, line, sizeof last);
    last[strcspn(last, "\n")] = '\0';
    return bnn_fail(err, BNN_E_RESOURCE, "%s %s%s%s; %s", peer->program->what, how,
                    last[0] == '\0' ? "" : ": ", last, peer->program->without);
}

/* ---- Requests and answers -------------------------------------------------------------------- */

static int peer_send(bench_peer *peer, const char *text, size_t n, bnn_error *err)
{
    while (n > 0) {
        const ssize_t sent = send(peer->socket, text, n, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return peer_fail_ended(peer, err);
        text += sent;
        n -= (size_t)sent;
    }
    return BNN_OK;
}

/* Waits for more of an answer, for jansson. */
static size_t peer_receive_more(void *buffer, size_t n, void *context)
{
    bench_peer *peer = context;
    ssize_t got;
    do
        got = recv(peer->socket, buffer, n, 0);
    while (got < 0 && errno == EINTR);
    if (got < 0 && errno == EAGAIN)
        bnn_fail(peer->err, BNN_E_RESOURCE, "%s has not answered for %d s; %s", peer->program->what,
                 TIMEOUT_SECONDS, peer->program->without);
    else if (got <= 0)
        peer_fail_ended(peer, peer->err);
    else if ((peer->n_received += (size_t)got) > ANSWER_MAX_BYTES)
        bnn_fail(peer->err, BNN_E_INTERNAL, "%s gave an answer that is too long",
                 peer->program->what);
    else
        return (size_t)got;
    return (size_t)-1;
}

int bench_peer_receive(bench_peer *peer, json_t **out, bnn_error *err)
{
    /* JavaScript writes large numbers without an exponent, as integers beyond 64 bits. */
    const size_t flags = JSON_DISABLE_EOF_CHECK | JSON_DECODE_INT_AS_REAL;
    json_error_t end;
    err->status = BNN_OK;
    peer->err = err;
    peer->n_received = 0;
    json_t *answer = json_load_callback(peer_receive_more, peer, flags, &end);
    const char *failure = json_string_value(json_object_get(answer, "error"));
    int status = err->status;
    /* Nothing may follow but the line feed. */
    if (status == BNN_OK &&
        (!json_is_object(answer) || peer->n_received > (size_t)end.position + 1))
        status = bnn_fail(err, BNN_E_RESOURCE, "%s gave an answer that makes no sense; %s",
                          peer->program->what, peer->program->without);
    else if (failure != NULL)
        status = bnn_fail(err, BNN_E_RESOURCE, "%s: %.500s; %s", peer->program->runs, failure,
                          peer->program->without);
    if (status == BNN_OK)
        *out = answer;
    else
        json_decref(answer);
    return status;
}

int bench_peer_ask(bench_peer *peer, json_t *request, json_t **out, bnn_error *err)
{
    char *text = request == NULL ? NULL : json_dumps(request, JSON_COMPACT);
    json_decref(request);
    if (text == NULL)
        return bnn_no_memory(err);
    const size_t n = strlen(text);
    text[n] = '\n'; /* instead of the terminator */
    int status = peer_send(peer, text, n + 1, err);
    free(text);
    return status != BNN_OK ? status : bench_peer_receive(peer, out, err);
}

int bench_peer_ask_about_file(bench_peer *peer, json_t *request, const void *bytes, size_t n,
                              bnn_error *err)
{
    char path[4096];
    const char *directory = getenv("TMPDIR");
    snprintf(path, sizeof path, "%s/bnnrun_bench_XXXXXX",
             directory != NULL && directory[0] != '\0' ? directory : "/tmp");
    json_t *answer = NULL;
    const int fd = mkostemp(path, O_CLOEXEC);
    int status = fd >= 0 && bnn_file_put(fd, bytes, n)
                     ? BNN_OK
                     : bnn_fail_errno(err, BNN_E_RESOURCE, "%s", path);
    json_object_set_new(request, "path", json_string(path));
    if (status == BNN_OK)
        status = bench_peer_ask(peer, json_incref(request), &answer, err);
    json_decref(request);
    json_decref(answer);
    if (fd >= 0) {
        close(fd);
        unlink(path);
    }
    return status;
}

/* ---- Beginning and end ----------------------------------------------------------------------- */

int bench_peer_start(const bench_program *program, int cpu, bench_peer **out, bnn_error *err)
{
    bench_peer *peer = calloc(1, sizeof *peer);
    if (peer == NULL)
        return bnn_no_memory(err);
    peer->program = program;
    peer->socket = -1;
    const int status = peer_fork(peer, cpu, err);
    if (status == BNN_OK)
        *out = peer;
    else
        bench_peer_stop(peer);
    return status;
}

void bench_peer_stop(bench_peer *peer)
{
    if (peer == NULL)
        return;
    if (peer->socket >= 0)
        close(peer->socket);
    peer_end(peer);
    if (peer->messages != NULL)
        fclose(peer->messages);
    free(peer);
}

bool bench_peer_is_missing(const bench_peer *peer)
{
    return peer->child == 0 && WIFEXITED(peer->exit) &&
           WEXITSTATUS(peer->exit) == EXIT_NOT_INSTALLED;
}
