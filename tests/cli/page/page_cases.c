/* page_cases.c - what the script of the report's page has to come to, for run_model.js:
 *
 *     page_cases FOLDER                    models of all shapes that are valid
 *     page_cases FOLDER MODEL.bnn IMAGES   a model, and the images of a file, bytes [c][h][w] each
 *
 * Each is three files, K.bnn, K.images (bytes) and K.logits (float32): those of the portable engine. */
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/random_model.h"

#include "base/file.h"
#include "export/modelfile_encode.h"
#include "infer/engine/engine.h"
#include "infer/modelfile.h"

enum { CASES = 160, CASE_IMAGES = 3 };
#define CASE_MACS ((uint64_t)60000)

static bnn_arena *arena;

static void cases_write(const char *folder, unsigned k, const char *ending, const void *bytes,
                        size_t n)
{
    bnn_error err;
    const char *path = bnn_arena_printf(arena, "%s/%u.%s", folder, k, ending);
    ck_assert_ptr_nonnull(path);
    ck_assert_msg(bnn_file_write(path, bytes, n, &err) == BNN_OK, "%s", err.message);
}

static void cases_add(const char *folder, unsigned k, const bnn_model *model, size_t n,
                      const uint8_t *images)
{
    bnn_error err;
    void *state;
    float *logits = bnn_arena_alloc(arena, n * model->n_classes, sizeof *logits);
    const size_t n_bytes = bnn_modelfile_encode(model, NULL);
    uint8_t *bytes = bnn_arena_alloc(arena, n_bytes, 1);
    ck_assert_msg(bnn_engine_portable.prepare(model, arena, &state, &err) == BNN_OK, "%s",
                  err.message);
    void *workspace = bnn_arena_alloc(arena, bnn_engine_workspace_bytes(state), 1);
    ck_assert(logits != NULL && bytes != NULL && workspace != NULL);
    bnn_engine_run(state, n, images, logits, workspace, NULL);
    bnn_modelfile_encode(model, bytes);
    cases_write(folder, k, "bnn", bytes, n_bytes);
    cases_write(folder, k, "images", images, n * bnn_shape_values(model->input));
    cases_write(folder, k, "logits", logits, n * model->n_classes * sizeof *logits);
}

static void cases_draw(const char *folder)
{
    model_maker maker = {.arena = arena};
    for (unsigned k = 0; k < CASES; k++) {
        maker.lines = k >= CASES / 2;
        maker.wild = k % 2 != 0;
        maker.skips = k % 3 == 0;
        const bnn_model *model = random_model(&maker, k + 1, CASE_MACS);
        const size_t n = CASE_IMAGES * bnn_shape_values(model->input);
        uint8_t *images = bnn_arena_alloc(arena, n, 1);
        ck_assert_ptr_nonnull(images);
        for (size_t i = 0; i < n; i++)
            images[i] = (uint8_t)(chance(&maker, 60) ? random_bits(&maker.b) >> 20 : 128);
        cases_add(folder, k, model, CASE_IMAGES, images);
    }
}

/* A factor and an offset with which a * factor + offset lies so near the middle between two floats that a double
 * takes it for the middle. scale: of the result, a power of 2. */
static void cases_draw_tie(model_maker *m, float scale, float *a, float *factor, float *offset)
{
    double away;
    do {
        *a = 1.5f + 0.5f * random_float(&m->b);
        *factor = 1.0f / *a;
        away = fabs((double)*a * (double)*factor - 1);
    } while (away == 0 || away >= 0x1p-29);
    *offset = (1.5f + 0.5f * random_float(&m->b)) * scale;
    *factor *= chance(m, 50) ? 0x1p-24f : -0x1p-24f;
    if (scale < 1) { /* the factor alone would be too small */
        *a *= 0x1p-60f;
        *factor *= scale * 0x1p60f;
    }
}

/* A model whose logits are such sums, in many of which a double rounds to the other side. */
static void cases_add_ties(const char *folder)
{
    enum { TIES = 200 };
    static const float zeros[TIES];
    static float a[TIES], factor[TIES], offset[TIES];
    const bnn_shape shape = {TIES, 1, 1};
    const uint8_t image[TIES] = {0};
    model_maker maker = {.arena = arena, .b.state = 1};
    unsigned n_hard = 0;
    for (size_t i = 0; i < TIES; i++) {
        cases_draw_tie(&maker, i < TIES / 2 ? 1.0f : 0x1p-126f, &a[i], &factor[i], &offset[i]);
        const double sum = (double)a[i] * (double)factor[i] + (double)offset[i];
        n_hard += (float)sum != fmaf(a[i], factor[i], offset[i]);
    }
    ck_assert_uint_ge(n_hard, TIES / 4);
    const bnn_op chain[] = {{.type = BNN_LOWER_AFFINE,
                             .name = "a",
                             .in = shape,
                             .out = shape,
                             .factor = zeros,
                             .offset = a},
                            {.type = BNN_LOWER_AFFINE,
                             .name = "b",
                             .in = shape,
                             .out = shape,
                             .factor = factor,
                             .offset = offset}};
    const bnn_stage stage = {.op = {.type = BNN_LOWER_IDENTITY,
                                    .name = "",
                                    .in = shape,
                                    .out = shape,
                                    .kernel = 1,
                                    .stride = 1},
                             .inputs = BNN_VALUES_PIXELS,
                             .outputs = BNN_VALUES_FLOATS,
                             .out = shape,
                             .n_chain = 2,
                             .chain = chain};
    const bnn_model model = {.input = shape, .n_classes = TIES, .n_stages = 1, .stages = &stage};
    cases_add(folder, CASES, &model, 1, image);
}

static void cases_read(const char *folder, const char *path, const char *images_path)
{
    bnn_error err;
    bnn_model *model;
    char *images;
    size_t n;
    ck_assert_msg(bnn_modelfile_read(path, arena, &model, &err) == BNN_OK, "%s", err.message);
    ck_assert_msg(bnn_file_read(images_path, (size_t)1 << 30, &images, &n, &err) == BNN_OK, "%s",
                  err.message);
    cases_add(folder, 0, model, n / bnn_shape_values(model->input), (const uint8_t *)images);
    free(images);
}

int main(int argc, char **argv)
{
    if (argc != 2 && argc != 4)
        return 2;
    arena = bnn_arena_create((size_t)1 << 31);
    if (arena == NULL)
        return 1;
    if (argc == 2)
        cases_draw(argv[1]), cases_add_ties(argv[1]);
    else
        cases_read(argv[1], argv[2], argv[3]);
    bnn_arena_destroy(arena);
    return 0;
}
