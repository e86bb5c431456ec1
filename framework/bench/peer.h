/* peer.h - a program of others as a child process, and the protocol in which it is asked: a JSON
 * object a line on its standard input, an object a line back on its standard output. An answer with
 * the key "error" is a failure. What it says on stderr is kept for the message about its end. One
 * thread at a time may use the handle. */
#ifndef BNN_BENCH_PEER_H
#define BNN_BENCH_PEER_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>

typedef struct bench_peer bench_peer;

typedef struct bench_program {
    char *const *argv;   /* argv[0] is looked for in PATH; ends with NULL */
    const char *what;    /* for messages: "node, which runs onnxruntime," */
    const char *runs;    /* "onnxruntime" */
    const char *without; /* "--no-ort does without" */
} bench_program;

/* Starts it, on this CPU only when it is not negative. program must stay. */
int bench_peer_start(const bench_program *program, int cpu, bench_peer **out, bnn_error *err);

/* Kills the child. NULL is allowed. */
void bench_peer_stop(bench_peer *peer);

/* The next answer, released by the caller. Waits two minutes at most. */
int bench_peer_receive(bench_peer *peer, json_t **out, bnn_error *err);

/* After a failure: whether it was that the program is not installed. */
bool bench_peer_is_missing(const bench_peer *peer);

/* Sends a request, which is released, and receives the answer. */
int bench_peer_ask(bench_peer *peer, json_t *request, json_t **out, bnn_error *err);

/* The same for a request about a file of these bytes, whose "path" is added; it exists for the time
 * of the request only. */
int bench_peer_ask_about_file(bench_peer *peer, json_t *request, const void *bytes, size_t n,
                              bnn_error *err);

#endif
