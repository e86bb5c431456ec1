/* checkpoint.c - everything a run needs to go on as if it had not been interrupted.
 *
 * One file, written atomically: a header that names config, seed and sizes, the position, the
 * finished epochs, then all tensors, optimizer slots, averages and the best weights as raw floats, what
 * telemetry keeps, and a SHA-256 over it all. Of the machine's byte order: a checkpoint is a bookmark,
 * not an exchange format. */
#include "train/session.h"

#include "base/file.h"
#include "base/path.h"
#include "base/sha256.h"
#include "train/telemetry/telemetry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { IDENTITY_BYTES = 96, VERSION = 2 };
static const char magic[8] = "BNNCKPT";

typedef struct header {
    char magic[8];
    uint32_t version, n_parameters;
    uint64_t n_bytes; /* of the whole file, digest included: also tells the byte order */
    uint64_t seed;
    uint64_t net_step;
    uint64_t telemetry; /* the set that is measured; its block is the last of the arrays */
    char identity[IDENTITY_BYTES];
    bnn_position_in_run at;
} header;

static header make_header(const bnn_session *s, uint64_t n_bytes)
{
    header h;
    memset(&h, 0, sizeof h); /* padding, too: the digest covers it */
    memcpy(h.magic, magic, sizeof h.magic);
    h.version = VERSION;
    h.n_parameters = s->net->n_parameters;
    h.n_bytes = n_bytes;
    h.seed = s->job->seed;
    h.net_step = s->net->step;
    h.telemetry = s->job->telemetry;
    strncpy(h.identity, s->job->identity, IDENTITY_BYTES - 1);
    h.at = s->at;
    return h;
}

/* A place in the bytes of a checkpoint; without bytes it only counts. */
typedef struct cursor {
    char *bytes;
    size_t at;
    bool reading;
} cursor;

static void move_bytes(cursor *c, void *array, size_t n_bytes)
{
    if (n_bytes > 0 && c->bytes != NULL && c->reading) /* nothing has no address */
        memcpy(array, c->bytes + c->at, n_bytes);
    else if (n_bytes > 0 && c->bytes != NULL)
        memcpy(c->bytes + c->at, array, n_bytes);
    c->at += n_bytes;
}

/* Moves each array of the session, in the order of the file. */
static void move_arrays(const bnn_session *s, cursor *c)
{
    size_t n_telemetry;
    move_bytes(c, s->epochs, (size_t)s->job->train->epochs * sizeof *s->epochs);
    for (uint32_t i = 0; i < s->net->n_parameters; i++) {
        const bnn_parameter *p = &s->net->parameters[i];
        move_bytes(c, p->value, p->n * sizeof *p->value);
        move_bytes(c, s->best[i], p->n * sizeof *p->value);
        if (s->averages != NULL)
            move_bytes(c, s->averages[i], p->n * sizeof *p->value);
        for (int slot = 0; slot < BNN_SLOTS_MAX; slot++)
            if (s->slots[i][slot] != NULL)
                move_bytes(c, s->slots[i][slot], p->n * sizeof *p->value);
    }
    void *telemetry = bnn_telemetry_state(s, &n_telemetry);
    move_bytes(c, telemetry, n_telemetry);
}

static size_t total_bytes(const bnn_session *s)
{
    cursor c = {.at = sizeof(header) + BNN_SHA256_HEX};
    move_arrays(s, &c);
    return c.at;
}

int bnn_checkpoint_save(const bnn_session *session, bnn_error *err)
{
    char directory[PATH_MAX];
    const size_t n = total_bytes(session);
    char *bytes = malloc(n);
    if (bytes == NULL)
        return bnn_no_memory(err);
    header h = make_header(session, n);
    cursor c = {.bytes = bytes};
    move_bytes(&c, &h, sizeof h);
    move_arrays(session, &c);
    bnn_sha256(bytes, c.at, bytes + c.at);
    int status = BNN_OK;
    if (bnn_path_directory(session->job->checkpoint_path, directory))
        status = bnn_file_make_directory(directory, err);
    if (status == BNN_OK)
        status = bnn_file_write(session->job->checkpoint_path, bytes, n, err);
    free(bytes);
    return status;
}

/* Whether the header of a whole checkpoint is one of this run. One that measured something else would leave
 * its epochs without the values that are wanted now; where none are wanted, any will do. */
static bool is_of_run(const header *h, const char *identity, uint64_t seed, uint32_t telemetry)
{
    return h->version == VERSION && h->seed == seed &&
           strncmp(h->identity, identity, IDENTITY_BYTES) == 0 &&
           (telemetry == 0 || h->telemetry == telemetry);
}

/* Whether the bytes are what was written: all of them, and none other. */
static bool checkpoint_is_whole(const char *bytes, size_t n)
{
    header h;
    char digest[BNN_SHA256_HEX];
    if (n < sizeof h + BNN_SHA256_HEX)
        return false;
    memcpy(&h, bytes, sizeof h);
    if (memcmp(h.magic, magic, sizeof h.magic) != 0 || h.n_bytes != n)
        return false;
    bnn_sha256(bytes, n - BNN_SHA256_HEX, digest);
    return memcmp(digest, bytes + n - BNN_SHA256_HEX, BNN_SHA256_HEX) == 0;
}

bnn_checkpoint_found bnn_train_find_checkpoint(const char *path, const char *identity,
                                               uint64_t seed, uint32_t telemetry,
                                               uint32_t *out_epochs)
{
    bnn_error err;
    header h;
    char *bytes;
    size_t n;
    if (access(path, F_OK) != 0)
        return errno == ENOENT || errno == ENOTDIR ? BNN_CHECKPOINT_NONE
                                                   : BNN_CHECKPOINT_UNREADABLE;
    const int status = bnn_file_read(path, BNN_NETWORK_LIMIT_BYTES, &bytes, &n, &err);
    if (status != BNN_OK && (err.reason != 0 || status == BNN_E_INTERNAL)) /* or no memory */
        return BNN_CHECKPOINT_UNREADABLE;
    if (status != BNN_OK) /* no file, or larger than any */
        return BNN_CHECKPOINT_DAMAGED;
    const bool whole = checkpoint_is_whole(bytes, n);
    if (whole)
        memcpy(&h, bytes, sizeof h);
    free(bytes);
    if (!whole)
        return BNN_CHECKPOINT_DAMAGED;
    if (!is_of_run(&h, identity, seed, 0))
        return BNN_CHECKPOINT_OTHER;
    if (!is_of_run(&h, identity, seed, telemetry))
        return BNN_CHECKPOINT_UNMEASURED;
    *out_epochs = h.at.epoch;
    return BNN_CHECKPOINT_FITS;
}

/* Whether the bytes are a whole checkpoint for this session. */
static bool is_ours(const bnn_session *s, const char *bytes, size_t n)
{
    header h;
    const size_t n_wanted = total_bytes(s);
    if (n < n_wanted || !checkpoint_is_whole(bytes, n))
        return false;
    memcpy(&h, bytes, sizeof h);
    return is_of_run(&h, s->job->identity, s->job->seed, s->job->telemetry) &&
           (n == n_wanted || (s->job->telemetry == 0 && h.telemetry != 0)) &&
           h.n_parameters == s->net->n_parameters &&
           h.at.epoch <= (uint32_t)s->job->train->epochs && h.at.step <= s->n_steps;
}

bool bnn_checkpoint_load(bnn_session *session)
{
    bnn_error ignored;
    char *bytes;
    size_t n;
    if (bnn_file_read(session->job->checkpoint_path, BNN_NETWORK_LIMIT_BYTES, &bytes, &n,
                      &ignored) != BNN_OK)
        return false;
    const bool ours = is_ours(session, bytes, n);
    if (ours) {
        header h;
        cursor c = {.bytes = bytes, .reading = true};
        move_bytes(&c, &h, sizeof h);
        move_arrays(session, &c);
        session->at = h.at;
        session->net->step = h.net_step;
        bnn_network_binarize(session->net);
    }
    free(bytes);
    return ours;
}
