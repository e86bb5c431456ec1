#include "train/fit.h"

#include "infer/op.h"
#include "plugin/guard.h"

/* Counts are made when they are first asked for. */
typedef struct fit_source {
    const bnn_session *session;
    uint32_t (*count)[256]; /* [pixels] */
    bool is_counted;
} fit_source;

static void fit_count(const bnn_session *s, uint32_t (*count)[256])
{
    bnn_network *net = s->net;
    const size_t n_pixels = bnn_shape_values(net->input), n_image = bnn_shape_values(net->image);
    for (uint32_t i = 0; i < s->n_train; i++) {
        const uint8_t *pixels = s->job->data->train.pixels + s->train[i] * n_image;
        if (net->seen != NULL) {
            bnn_view_take(net->options->view, net->image, pixels, net->seen);
            pixels = net->seen;
        }
        for (size_t k = 0; k < n_pixels; k++)
            count[k][pixels[k]]++;
    }
}

static const uint32_t *fit_of_pixel(const bnn_pixel_counts *counts, uint32_t pixel)
{
    fit_source *source = counts->host;
    if (!source->is_counted)
        fit_count(source->session, source->count);
    source->is_counted = true;
    return source->count[pixel];
}

static int fit_layer(const bnn_session *s, const bnn_network_op *op, bnn_error *err)
{
    const size_t n_pixels = bnn_shape_values(s->net->input);
    fit_source source = {.session = s,
                         .count = bnn_arena_alloc(s->arena, n_pixels, sizeof *source.count)};
    const bnn_pixel_counts counts = {
        .n_images = s->n_train, .of_pixel = fit_of_pixel, .host = &source};
    bnn_guard guard;
    if (source.count == NULL)
        return bnn_no_memory(err);
    const int status = bnn_guard_enter(&guard, &op->use, BNN_CALL_FIT, err);
    if (status != BNN_OK)
        return status;
    bnn_call_enter(s->net->note, &op->use, BNN_CALL_FIT);
    bnn_use_layer(&op->use)->fit(op->use.params, &op->io, &counts);
    bnn_call_leave(s->net->note);
    return bnn_guard_leave(&guard, err);
}

int bnn_fit_layers(bnn_session *session, bnn_error *err)
{
    const bnn_network_op *op = &session->net->ops[0];
    const bool fits = op->letter != BNN_NETWORK_SIGN && bnn_use_layer(&op->use)->fit != NULL;
    if (!fits || session->job->start != NULL)
        return BNN_OK;
    return fit_layer(session, op, err) == BNN_OK ? BNN_OK : bnn_error_prefix(err, "%s: ", op->name);
}
