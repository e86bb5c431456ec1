/* fuzz_checkpoint.c - hostile checkpoints: the input as it is; then a real one in which the bytes from a place on (the
 * first two of the input) are the rest of the input, its size and its digest corrected. What is accepted is trained
 * on. */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/network.h"

#include "base/file.h"
#include "base/sha256.h"
#include "train/session.h"

#include <string.h>
#include <unistd.h>

/* Of a run that has done one epoch. */
typedef struct made_checkpoint {
    uint8_t *bytes;
    size_t n;
} made_checkpoint;

static void checkpoint_make(const bnn_train_job *job, made_checkpoint *out)
{
    bnn_error err = {0};
    bnn_session *session = NULL;
    bnn_train_job own = *job;
    bnn_arena *arena = bnn_arena_create((size_t)64 << 20);
    own.checkpoint_path = fuzz_path("checkpoint");
    fuzz_require(arena != NULL && bnn_session_create(&own, arena, &session, &err) == BNN_OK);
    session->at = (bnn_position_in_run){.epoch = 1, .best_epoch = 1, .best_accuracy = 0.5};
    session->net->step = session->n_steps;
    fuzz_require(bnn_checkpoint_save(session, &err) == BNN_OK);
    fuzz_require(bnn_file_read(own.checkpoint_path, (size_t)1 << 20, (char **)&out->bytes, &out->n,
                               &err) == BNN_OK);
    bnn_arena_destroy(arena);
}

static void checkpoint_try(const bnn_train_job *job, const uint8_t *bytes, size_t n)
{
    char path[FUZZ_PATH];
    uint32_t n_epochs = 0;
    bnn_error err = {0};
    bnn_train_job own = *job;
    const int fd = fuzz_file(bytes, n, path);
    own.checkpoint_path = path;
    const bnn_checkpoint_found found =
        bnn_train_find_checkpoint(path, job->identity, job->seed, 0, &n_epochs);
    if (found == BNN_CHECKPOINT_FITS || n == 0) {
        const int status = bnn_train_run(&own, &err);
        if (status != BNN_OK)
            fuzz_require_refusal(status, &err);
    }
    close(fd);
}

FUZZ_TARGET(checkpoint)
{
    static made_checkpoint made;
    enum { N_BYTES_AT = 16 }; /* of the size in the header */
    const bnn_train_job job = fuzz_net_job(fuzz_net_get());
    if (made.bytes == NULL)
        checkpoint_make(&job, &made);
    checkpoint_try(&job, bytes, n);
    if (n < 3)
        return 0;
    const size_t place = (bytes[0] | (size_t)bytes[1] << 8) % made.n;
    const uint64_t n_all =
        made.n > place + n - 2 + BNN_SHA256_HEX ? made.n : place + n - 2 + BNN_SHA256_HEX;
    uint8_t *copy = calloc(1, n_all);
    fuzz_require(copy != NULL);
    memcpy(copy, made.bytes, made.n);
    memcpy(copy + place, bytes + 2, n - 2);
    memcpy(copy + N_BYTES_AT, &n_all, sizeof n_all);
    bnn_sha256(copy, n_all - BNN_SHA256_HEX, (char *)copy + n_all - BNN_SHA256_HEX);
    checkpoint_try(&job, copy, n_all);
    free(copy);
    return 0;
}
