#include "data/picture.h"

#include "base/file.h"

#include <png.h>
#include <stdlib.h>

int bnn_picture_write(const char *path, const bnn_picture *picture, uint32_t channels,
                      bnn_error *err)
{
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = picture->width,
                       .height = picture->height,
                       .format = channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY};
    const size_t plane = (size_t)picture->width * picture->height;
    png_alloc_size_t n = PNG_IMAGE_PNG_SIZE_MAX(image);
    uint8_t *pixels = malloc(channels * plane), *bytes = malloc(n);
    int status = pixels == NULL || bytes == NULL ? bnn_no_memory(err) : BNN_OK;
    for (size_t i = 0; status == BNN_OK && i < channels * plane; i++)
        pixels[i] = picture->pixels[i % channels * plane + i / channels];
    if (status == BNN_OK && !png_image_write_to_memory(&image, bytes, &n, 0, pixels, 0, NULL))
        status = bnn_fail(err, BNN_E_RESOURCE, "%s: cannot be made: %s", path, image.message);
    if (status == BNN_OK)
        status = bnn_file_deliver(path, bytes, n, err);
    free(pixels);
    free(bytes);
    return status;
}
