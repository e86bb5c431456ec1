#include "cli/augment_sheet.h"

#include "base/size.h"
#include "data/picture.h"
#include "kernels/kernels.h"
#include "train/augment.h"

#include <string.h>

enum { SHEET_GAP = 2, SHEET_PAPER = 128, SHEET_SEED = 1 };

static int sheet_options(const char *map, bnn_arena *arena, bnn_augment_options *out,
                         bnn_error *err)
{
    bnn_diag *diag = bnn_diag_create();
    if (diag == NULL)
        return bnn_no_memory(err);
    const bnn_reader reader = {.arena = arena, .diag = diag, .path = "train.augment"};
    const bnn_node *node = bnn_tree_parse("--augment", map, strlen(map), arena, diag);
    const bool none = node != NULL && node->kind == BNN_NODE_SCALAR && strcmp(map, "none") == 0;
    int status = node == NULL
                     ? bnn_diag_status(diag)
                     : bnn_section_read(&reader, &bnn_augment_section, none ? NULL : node, out);
    if (status != BNN_OK && bnn_diag_count(diag) > 0)
        status = bnn_fail(err, (bnn_status)status, "%s", bnn_diag_message(diag, 0));
    else if (status != BNN_OK)
        status = bnn_no_memory(err);
    bnn_diag_destroy(diag);
    return status;
}

/* An image, of that shape, into its place. */
static void sheet_paste(const bnn_picture *sheet, bnn_shape s, size_t row, size_t column,
                        const uint8_t *image)
{
    const size_t top = SHEET_GAP + row * (s.h + SHEET_GAP);
    const size_t left = SHEET_GAP + column * (s.w + SHEET_GAP);
    for (size_t c = 0; c < s.c; c++)
        for (size_t y = 0; y < s.h; y++)
            memcpy(sheet->pixels + (c * sheet->height + top + y) * sheet->width + left,
                   image + (c * s.h + y) * s.w, s.w);
}

/* The first image of a class, or the number of images. */
static uint32_t sheet_find(const bnn_images *images, uint32_t label)
{
    uint32_t i = 0;
    while (i < images->n && images->labels[i] != label)
        i++;
    return i;
}

static void sheet_fill(const bnn_picture *sheet, const bnn_dataset *data, uint32_t n_rows,
                       bnn_augmenter *augmenter)
{
    const size_t size = bnn_shape_values(data->shape);
    for (uint32_t row = 0; row < n_rows; row++) {
        const uint32_t i = sheet_find(&data->train, row);
        if (i == data->train.n)
            continue;
        const uint8_t *image = data->train.pixels + i * size;
        sheet_paste(sheet, data->shape, row, 0, image);
        for (uint32_t epoch = 0; augmenter != NULL && epoch < CLI_SHEET_EPOCHS; epoch++) {
            const uint8_t *changed = image;
            bnn_augment_images(augmenter, epoch, &i, 1, &changed);
            sheet_paste(sheet, data->shape, row, 1 + epoch, changed);
        }
    }
}

int cli_augment_sheet(const bnn_dataset *data, const char *map, const char *path, bnn_arena *arena,
                      bnn_error *err)
{
    const bnn_shape s = data->shape;
    const uint32_t n_rows = (uint32_t)bnn_size_smaller(data->n_classes, CLI_SHEET_CLASSES);
    bnn_augment_options options;
    bnn_augmenter *augmenter = NULL;
    const bnn_kernels *kernels = bnn_kernels_choose(err);
    if (kernels == NULL)
        return err->status;
    if (s.c != 1 && s.c != 3)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: images of %u channels are no picture", data->name,
                        s.c);
    int status = sheet_options(map, arena, &options, err);
    if (status == BNN_OK)
        status = bnn_augmenter_create(&options, s, 1, SHEET_SEED, kernels, arena, &augmenter, err);
    if (status != BNN_OK)
        return status;
    const uint32_t n_columns = augmenter != NULL ? 1 + CLI_SHEET_EPOCHS : 1;
    bnn_picture sheet = {.width = SHEET_GAP + n_columns * (s.w + SHEET_GAP),
                         .height = SHEET_GAP + n_rows * (s.h + SHEET_GAP)};
    const size_t n = (size_t)s.c * sheet.width * sheet.height;
    sheet.pixels = bnn_arena_alloc(arena, n, 1);
    if (sheet.pixels == NULL)
        return bnn_no_memory(err);
    memset(sheet.pixels, SHEET_PAPER, n);
    sheet_fill(&sheet, data, n_rows, augmenter);
    return bnn_picture_write(path, &sheet, s.c, err);
}
