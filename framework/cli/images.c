#include "cli/images.h"

#include "base/size.h"
#include "base/text.h"
#include "cli/operand.h"
#include "data/formats/idx.h"
#include "data/picture.h"

#include <stdlib.h>

static int images_fit(const bnn_picture *picture, const cli_images_wish *wish, cli_images *out,
                      bnn_error *err)
{
    const bnn_shape shape = wish->shape;
    out->pixels = malloc(bnn_shape_values(shape));
    if (out->pixels == NULL)
        return bnn_no_memory(err);
    return shape.c == 1
               ? bnn_fit_strokes(picture, wish->is_dark, shape, out->pixels, &out->fit, err)
               : bnn_fit_middle(picture, shape, out->pixels, &out->fit, err);
}

static int images_read_picture(const char *path, const cli_images_wish *wish, cli_images *out,
                               bnn_error *err)
{
    const bnn_shape shape = wish->shape;
    cli_images images = {.n = 1, .is_picture = true};
    bnn_picture picture;
    if (shape.c != 1 && shape.c != 3)
        return bnn_fail(err, BNN_E_USAGE,
                        "%s: pictures are grey or of three colours, and the model takes images of "
                        "%u channels; put them into an IDX file of four dimensions",
                        path, shape.c);
    int status = bnn_picture_read(path, shape.c, &picture, err);
    if (status != BNN_OK)
        return status;
    if (wish->fit)
        status = images_fit(&picture, wish, &images, err);
    else if (picture.width != shape.w || picture.height != shape.h)
        status = bnn_fail(err, BNN_E_USAGE,
                          "%s: %ux%u pixels, and the model takes %ux%u; --fit crops and scales "
                          "pictures",
                          path, picture.width, picture.height, shape.w, shape.h);
    else
        images.pixels = picture.pixels;
    if (images.pixels != picture.pixels)
        free(picture.pixels);
    if (status == BNN_OK)
        *out = images;
    else
        free(images.pixels);
    return status;
}

/* What the header says is looked at before the data are taken into memory. */
static int images_read_idx(const char *path, const cli_images_wish *wish, cli_images *out,
                           bnn_error *err)
{
    const bnn_shape shape = wish->shape;
    bnn_array idx;
    int status = bnn_idx_read_header(path, &idx, err);
    if (status != BNN_OK)
        return status;
    if (wish->fit)
        return bnn_fail(err, BNN_E_USAGE, "--fit is for pictures, and %s is an IDX file", path);
    const bnn_shape has = bnn_array_shape(&idx);
    if (idx.n_dims < 3)
        return bnn_fail(err, BNN_E_USAGE,
                        "%s: an IDX file of %u dimension%s holds no images (labels go with "
                        "--labels)",
                        path, idx.n_dims, bnn_plural(idx.n_dims));
    if (has.c != shape.c || has.h != shape.h || has.w != shape.w)
        return bnn_fail(err, BNN_E_USAGE, "%s: images of %ux%ux%u, and the model takes %ux%ux%u",
                        path, has.c, has.h, has.w, shape.c, shape.h, shape.w);
    status = bnn_idx_read(path, &idx, err);
    if (status != BNN_OK)
        return status;
    const uint32_t n = wish->limit > 0 && wish->limit < idx.dims[0] ? wish->limit : idx.dims[0];
    *out = (cli_images){.n = n, .pixels = idx.data};
    return BNN_OK;
}

int cli_images_read(const char *path, const cli_images_wish *wish, cli_images *out, bnn_error *err)
{
    uint8_t head[CLI_PEEK_BYTES];
    size_t n;
    if (cli_peek(path, head, &n, err) != BNN_OK)
        return err->status;
    if (bnn_picture_begins(head, n))
        return images_read_picture(path, wish, out, err);
    const bool is_idx = n >= 2 && head[0] == 0 && head[1] == 0;
    const bool is_gzip = n >= 2 && head[0] == 0x1f && head[1] == 0x8b;
    if (n > 0 && !is_idx && !is_gzip)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: none of PNG, JPEG, PGM and IDX", path);
    return images_read_idx(path, wish, out, err);
}

int cli_labels_read(const char *path, uint32_t n, bool exact, uint8_t **out, bnn_error *err)
{
    bnn_array idx;
    int status = bnn_idx_read_header(path, &idx, err);
    if (status != BNN_OK)
        return status;
    if (idx.n_dims != 1)
        return bnn_fail(err, BNN_E_USAGE, "%s: %u dimensions; labels have one", path, idx.n_dims);
    if (idx.dims[0] < n || (exact && idx.dims[0] != n))
        return bnn_fail(err, BNN_E_USAGE, "%s: %u labels for %u images", path, idx.dims[0], n);
    status = bnn_idx_read(path, &idx, err);
    if (status == BNN_OK)
        *out = idx.data;
    return status;
}

bool cli_image_is_blank(const uint8_t *pixels, bnn_shape shape)
{
    const size_t n = (size_t)shape.h * shape.w;
    for (size_t i = 0; i < shape.c * n; i++)
        if (pixels[i] != pixels[i / n * n])
            return false;
    return true;
}

bool cli_image_is_on_white(const uint8_t *pixels, bnn_shape shape)
{
    size_t n = 0, n_bright = 0;
    if (shape.c != 1)
        return false;
    for (uint32_t y = 0; y < shape.h; y++)
        for (uint32_t x = 0; x < shape.w; x++)
            if (y == 0 || x == 0 || y + 1 == shape.h || x + 1 == shape.w) {
                n++;
                n_bright += pixels[(size_t)y * shape.w + x] >= 128;
            }
    return 2 * n_bright > n;
}
