/* Every engine that runs here against the portable one, bit for bit: models of all shapes, batches
 * of all sizes, images and logits at the very end of their memory, several threads. */
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/random_model.h"

#include "infer/engine/engine.h"
#include "infer/engine/pack.h"
#include "infer/order.h"
#include "simd/cpu.h"

#include <pthread.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { MODELS = 600, IMAGES_MOST = 200, THREADS = 4 };
enum { SLICES = 6 }; /* each a process of its own, so that a failure of one hides no other */

/* Multiplications of a model's image, and of all its images, by the portable engine. */
#define MODEL_MACS  ((uint64_t)400000)
#define IMAGES_MACS ((uint64_t)3000000)

static const size_t batches[] = {1, 2, 8, 9, 17, 63, 64, 65, 200, 255, 256, 257, 511, 512, 513};
enum { N_BATCHES = sizeof batches / sizeof *batches };

/* As for 256 bits. */
static const bnn_pack_target target = {.byte_zero = 0, .pair_most = INT16_MAX, .plane_cost = 3};

static bnn_arena *arena;
static model_maker maker;

static void set_up(void)
{
    arena = bnn_arena_create((size_t)1 << 31);
    ck_assert_ptr_nonnull(arena);
    maker = (model_maker){.arena = arena};
}

static void tear_down(void)
{
    bnn_arena_destroy(arena);
}

/* ---- memory that ends -------------------------------------------------------------------- */

/* Bytes between two pages that nobody may touch; at the end, or at the start, of what is between. */
typedef struct fenced {
    uint8_t *map, *bytes;
    size_t map_bytes;
} fenced;

static fenced fence(size_t n, bool at_end)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), inside = (n + page - 1) / page * page;
    fenced f = {.map_bytes = inside + 2 * page};
    f.map = mmap(NULL, f.map_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert(f.map != MAP_FAILED);
    ck_assert(inside == 0 || mprotect(f.map + page, inside, PROT_READ | PROT_WRITE) == 0);
    f.bytes = f.map + page + (at_end ? inside - n : 0);
    return f;
}

static void unfence(const fenced *f)
{
    munmap(f->map, f->map_bytes);
}

/* ---- runs -------------------------------------------------------------------------------- */

static const bnn_engine *engine_here(const char *name)
{
    const bnn_engine *engine = bnn_engine_find(name);
    return engine != NULL && engine != &bnn_engine_portable ? engine : NULL;
}

static void *prepared_by(const bnn_engine *engine, const bnn_model *model)
{
    bnn_error err;
    void *state = NULL;
    ck_assert_msg(engine->prepare(model, arena, &state, &err) == BNN_OK, "%s: %s\n%s", engine->name,
                  err.message, maker.text);
    return state;
}

/* Memory of exactly the size, full of what is neither 0 nor small. */
static void *workspace_for(const void *state)
{
    const size_t n = bnn_engine_workspace_bytes(state);
    void *workspace = NULL;
    ck_assert_int_eq(posix_memalign(&workspace, 64, n > 0 ? n : 1), 0);
    memset(workspace, 0xa5, n);
    return workspace;
}

static bool same_logits(const float *got, const float *want, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!same_float(got[i], want[i]))
            return false;
    return true;
}

/* Pixels at the ends and in the middle, and anything; some images are of one pixel. */
static void draw_images(buffers *b, const bnn_model *model, size_t n, uint8_t *images)
{
    static const uint8_t values[] = {0, 255, 127, 128, 129};
    const size_t image_bytes = bnn_shape_values(model->input);
    for (size_t image = 0; image < n; image++, images += image_bytes) {
        const uint32_t most = image % 4 == 0 ? 4 : 9;
        if (image % 5 == 1)
            memset(images, values[random_between(b, 0, 4)], image_bytes);
        else
            for (size_t i = 0; i < image_bytes; i++) {
                const uint32_t k = random_between(b, 0, most);
                images[i] = k < 5 ? values[k] : (uint8_t)random_bits(b);
            }
    }
}

/* An engine on the first n images, all at once. */
static void compare_batch(const bnn_engine *engine, const bnn_model *model, void *state, size_t n,
                          const uint8_t *images, const float *want)
{
    const size_t image_bytes = bnn_shape_values(model->input), classes = model->n_classes;
    const fenced in = fence(n * image_bytes, n % 2 == 1);
    const fenced out = fence(n * classes * sizeof(float), true);
    void *workspace = workspace_for(state);
    float *logits = (float *)(void *)out.bytes;
    memcpy(in.bytes, images, n * image_bytes);
    bnn_engine_run(state, n, in.bytes, logits, workspace, NULL);
    for (size_t i = 0; i < n * classes; i++)
        if (!same_float(logits[i], want[i]))
            ck_abort_msg("%s, batch %zu: logit %zu of image %zu is %a, expected %a\n%s",
                         engine->name, n, i % classes, i / classes, (double)logits[i],
                         (double)want[i], maker.text);
    ck_assert(memcmp(in.bytes, images, n * image_bytes) == 0);
    free(workspace);
    unfence(&in);
    unfence(&out);
}

/* All engines on a model, for all batches that do not take too long. */
static void compare_engines(const bnn_model *model, size_t n_most)
{
    const size_t image_bytes = bnn_shape_values(model->input);
    size_t n_names;
    const char *const *names = bnn_cpu_names(&n_names);
    uint8_t *images = malloc(n_most * image_bytes);
    float *want = malloc(n_most * model->n_classes * sizeof *want);
    ck_assert(images != NULL && want != NULL);
    draw_images(&maker.b, model, n_most, images);
    void *state = prepared_by(&bnn_engine_portable, model);
    void *workspace = workspace_for(state);
    bnn_engine_run(state, n_most, images, want, workspace, NULL);
    free(workspace);
    for (size_t i = 0; i < n_names; i++) {
        const bnn_engine *engine = engine_here(names[i]);
        state = engine == NULL ? NULL : prepared_by(engine, model);
        for (size_t k = 0; engine != NULL && k < N_BATCHES; k++)
            if (batches[k] <= n_most)
                compare_batch(engine, model, state, batches[k], images, want);
    }
    free(images);
    free(want);
}

static uint64_t macs_of(const bnn_model *model)
{
    uint64_t macs = 1;
    for (uint32_t i = 0; i < model->n_stages; i++)
        macs += model->stages[i].macs + bnn_shape_values(model->stages[i].op.out);
    return macs;
}

START_TEST(engines_agree_on_any_model)
{
    for (uint64_t seed = (uint64_t)_i; seed < MODELS; seed += SLICES) {
        bnn_arena_destroy(arena);
        set_up();
        /* Small models run in large batches. */
        const bnn_model *model = random_model(&maker, seed, MODEL_MACS >> seed % 7 * 2);
        const uint64_t n = IMAGES_MACS / macs_of(model);
        compare_engines(model, n < 2 ? 2 : n < IMAGES_MOST ? (size_t)n : IMAGES_MOST);
    }
}
END_TEST

/* Values that several stages take, from afar too, and sums of them. */
START_TEST(engines_agree_on_skips)
{
    enum { N = 240 };
    size_t n_sums = 0, n_from = 0, n_pixels = 0, n_bits = 0, n_codes = 0, n_deep = 0, n_blocks = 0,
           n_groups = 0, n_logic = 0;
    for (uint64_t seed = 5000; seed < 5000 + N; seed++) {
        bnn_arena_destroy(arena);
        set_up();
        maker.skips = true;
        maker.lines = seed % 3 == 0;
        maker.codes = seed % 6 == 0;
        maker.planes = seed % 6 == 3;
        maker.gates = seed % 6 == 1;
        const bnn_model *model = random_model(&maker, seed, 30000);
        uint32_t slot[BNN_STAGES_MAX];
        ck_assert_msg(bnn_order_mistake(model) == NULL, "%s\n%s", bnn_order_mistake(model),
                      maker.text);
        n_deep += bnn_order_slots(model, slot) > 2;
        for (uint32_t i = 0; i < model->n_stages; i++) {
            const bnn_stage *s = &model->stages[i];
            n_sums += s->with > 0;
            n_from += s->from > 0;
            n_pixels += s->from > 0 && s->inputs == BNN_VALUES_PIXELS;
            n_bits += s->with > 0 && s->outputs == BNN_VALUES_BITS;
            n_codes += s->inputs == BNN_VALUES_CODES;
            n_blocks += s->with > 2;
            n_groups += s->op.groups > 1;
            n_logic += s->logic != NULL;
        }
        compare_engines(model, 70);
    }
    ck_assert_msg(n_sums > 100 && n_from > 8 && n_pixels > 3 && n_bits > 8 && n_codes > 8 &&
                      n_deep > 40 && n_blocks > 40 && n_groups > 20 && n_logic > 20,
                  "%zu %zu %zu %zu %zu %zu %zu %zu %zu", n_sums, n_from, n_pixels, n_bits, n_codes,
                  n_deep, n_blocks, n_groups, n_logic);
}
END_TEST

/* Rows of gates are of 128, 256 or 512 images. What comes into them and goes out is of all kinds. */
START_TEST(engines_agree_on_gates)
{
    enum { N = 80 };
    size_t n_pixels = 0, n_bits = 0, n_to_bits = 0, n_chains = 0, n_groups[3] = {0};
    for (uint64_t seed = 3000; seed < 3000 + N; seed++) {
        bnn_arena_destroy(arena);
        set_up();
        maker.gates = true;
        const bnn_model *model = random_model(&maker, seed, 3000);
        bnn_pack *packs = NULL;
        bnn_error err;
        ck_assert_int_eq(bnn_pack_model(model, model, target, 32, arena, &packs, &err), BNN_OK);
        for (uint32_t i = 0; i < model->n_stages; i++) {
            if (packs[i].loop != BNN_PACK_LOGIC)
                continue;
            const bnn_pack_logic *l = &packs[i].logic;
            n_pixels += l->n_blocks > 0 && packs[i].stage->inputs == BNN_VALUES_PIXELS;
            n_bits += l->n_blocks > 0 && packs[i].stage->inputs == BNN_VALUES_BITS;
            n_to_bits += l->to_bits;
            n_chains += l->has_chain;
            if (l->group > 1)
                n_groups[l->group < 256 ? 0 : l->group < 1024 ? 1 : 2]++;
        }
        compare_engines(model, seed % 4 == 0 ? 513 : 65);
    }
    ck_assert_msg(n_pixels > 5 && n_bits > 5 && n_to_bits > 2 && n_chains > 5 && n_groups[0] > 5 &&
                      n_groups[1] > 0 && n_groups[2] > 0,
                  "%zu %zu %zu %zu %zu %zu %zu", n_pixels, n_bits, n_to_bits, n_chains, n_groups[0],
                  n_groups[1], n_groups[2]);
}
END_TEST

/* Bits of a wide image lie position by position, with the next convolution's padding around them. */
START_TEST(gates_write_the_padding_of_a_convolution)
{
    bnn_stage stages[2] = {{.op.name = "gates",
                            .op.kernel = 1,
                            .op.stride = 1,
                            .op.in = {1, 4, 10},
                            .inputs = BNN_VALUES_PIXELS,
                            .outputs = BNN_VALUES_BITS}};
    bnn_stage *s = &stages[1];
    maker.gates = true;
    maker.macs_left = UINT64_MAX;
    maker.b.state = 5;
    do
        choose_logic(&maker, &stages[0]);
    while (stages[0].logic->group > 0 || stages[0].op.out.w < 33);
    stages[0].out = stages[0].op.out;
    *s = (bnn_stage){.op.name = "conv",
                     .op.type = BNN_LOWER_CONV2D,
                     .op.kernel = 3,
                     .op.stride = 1,
                     .op.padding = 1,
                     .op.in = stages[0].out,
                     .inputs = BNN_VALUES_BITS,
                     .outputs = BNN_VALUES_FLOATS};
    ck_assert(take_shape(&maker, s, 3));
    do
        choose_weights(&maker, s);
    while (!s->integer_sums || !(s->op.pad_value > 0));
    s->out = s->op.out;
    const bnn_model model = {.input = stages[0].op.in,
                             .n_classes = (uint32_t)bnn_shape_values(s->out),
                             .n_stages = 2,
                             .stages = stages};
    bnn_pack *packs = NULL;
    bnn_error err;
    ck_assert_int_eq(bnn_pack_model(&model, &model, target, 32, arena, &packs, &err), BNN_OK);
    ck_assert(packs[0].logic.to_bits && packs[0].out.ones && packs[0].out.padding == 1);
    compare_engines(&model, 65);
}
END_TEST

/* Gates take the middle of images as they come, but not where a later stage looks at the middle, too. */
START_TEST(a_cropped_image_is_seen_by_gates_and_by_others)
{
    static const uint32_t source[] = {0, 1, 2, 3, 4, 5, 6, 7, 8};
    static const uint32_t output[] = {2, 4, 6, 8, 10, 12, 14, 16, 18};
    static const uint8_t level[] = {1, 30, 60, 90, 120, 150, 180, 210, 240};
    const bnn_logic logic = {
        .n_sources = 9, .source = source, .level = level, .n_outputs = 9, .output = output};
    const bnn_shape seen = {1, 3, 3};
    const bnn_op op = {
        .name = "s", .type = BNN_LOWER_IDENTITY, .kernel = 1, .stride = 1, .in = seen, .out = seen};
    bnn_stage stages[3] = {{.op = op, .logic = &logic, .inputs = BNN_VALUES_PIXELS},
                           {.op = op, .from = 1, .inputs = BNN_VALUES_PIXELS},
                           {.op = op, .with = 2, .inputs = BNN_VALUES_FLOATS}};
    stages[0].op.type = BNN_LOWER_TABLE;
    for (int i = 0; i < 3; i++) {
        stages[i].out = seen;
        stages[i].outputs = BNN_VALUES_FLOATS;
    }
    for (uint32_t n = 1; n <= 3; n += 2) {
        const bnn_model model = {.input = {1, 4, 6},
                                 .view = {.crop = 3},
                                 .n_classes = 9,
                                 .n_stages = n,
                                 .stages = stages};
        ck_assert(bnn_pack_logic_crops(&model) == (n == 1));
        compare_engines(&model, 65);
    }
}
END_TEST

/* Counts that have no room in 16 bits. */
START_TEST(a_large_group_is_counted_plainly)
{
    enum { GROUP = 70000 };
    static const uint32_t source[] = {0, 1};
    static const uint8_t level[] = {100, 200};
    uint32_t *output = made(&maker, GROUP, sizeof *output);
    for (uint32_t i = 0; i < GROUP; i++)
        output[i] = i % 6;
    const bnn_logic logic = {.n_sources = 2,
                             .source = source,
                             .level = level,
                             .n_outputs = GROUP,
                             .output = output,
                             .group = GROUP};
    const bnn_stage stage = {.op.name = "s",
                             .op.type = BNN_LOWER_GROUP_SUM,
                             .op.kernel = 1,
                             .op.stride = 1,
                             .op.in = {1, 1, 2},
                             .op.out = {1, 1, 1},
                             .out = {1, 1, 1},
                             .inputs = BNN_VALUES_PIXELS,
                             .outputs = BNN_VALUES_FLOATS,
                             .logic = &logic};
    const bnn_model model = {.input = stage.op.in, .n_classes = 1, .n_stages = 1, .stages = &stage};
    bnn_pack *packs = NULL;
    bnn_error err;
    ck_assert_int_eq(bnn_pack_model(&model, &model, target, 32, arena, &packs, &err), BNN_OK);
    ck_assert_int_eq(packs[0].loop, BNN_PACK_PLAIN);
    compare_engines(&model, 65);
}
END_TEST

/* Ways of stages of products. */
typedef struct product_counts {
    size_t n, n_pixels, n_bytes, n_floats, n_sums, n_dense, n_fours, n_pools, n_halves, n_spills,
        n_padded, n_wide, n_sides, n_gives, n_short;
} product_counts;

static void count_products(const bnn_model *model, const bnn_model *unfolded,
                           product_counts *counts)
{
    bnn_pack *packs = NULL;
    bnn_error err;
    ck_assert_int_eq(bnn_pack_model(model, unfolded, target, 32, arena, &packs, &err), BNN_OK);
    for (uint32_t i = 0; i < model->n_stages; i++) {
        const bnn_pack_products *p = &packs[i].products;
        const bool dense = packs[i].stage->op.type == BNN_LOWER_DENSE;
        if (packs[i].loop != BNN_PACK_PRODUCTS)
            continue;
        counts->n++;
        counts->n_pixels += p->pixel_bytes > 0;
        counts->n_bytes += p->in.bytes > 0 && !p->takes_floats;
        counts->n_floats += p->takes_floats;
        counts->n_sums += !p->decides;
        counts->n_dense += dense;
        counts->n_fours += p->n_tile == 4;
        counts->n_pools += p->n_tile > 4;
        counts->n_halves += p->n_words > 1 && p->word[p->n_words / 2] == p->word[0];
        counts->n_spills += p->decides && p->spills && p->out.x_step % 16 != 0;
        counts->n_padded += p->out.has_padding;
        counts->n_sides += p->n_side > 1;
        counts->n_gives += p->gives_floats;
        counts->n_wide += p->n_groups > 4;
        counts->n_short += p->words_most >= 4 && p->words_most < p->n_words;
    }
}

/* Ways of stages of planes, and of bits that products decide. */
typedef struct plane_counts {
    size_t n_planes[5], n_rows, n_bytes, n_dense, n_sums, n_pools, n_product_bits;
} plane_counts;

static void count_planes(const bnn_model *model, const bnn_model *unfolded, plane_counts *counts)
{
    bnn_pack *packs = NULL;
    bnn_error err;
    ck_assert_int_eq(bnn_pack_model(model, unfolded, target, 32, arena, &packs, &err), BNN_OK);
    for (uint32_t i = 0; i < model->n_stages; i++) {
        const bnn_pack *p = &packs[i];
        const bool dense = p->stage->op.type == BNN_LOWER_DENSE;
        counts->n_product_bits += p->loop == BNN_PACK_PRODUCTS && p->products.limit != NULL;
        ck_assert(p->loop != BNN_PACK_PRODUCTS || p->products.limit == NULL ||
                  p[1].loop == BNN_PACK_WORDS || unfolded->stages[i].lines != NULL);
        counts->n_planes[p->words.n_planes]++;
        if (p->words.n_planes == 0)
            continue;
        counts->n_dense += dense;
        counts->n_rows += !dense && p->in.c_step == 32;
        counts->n_bytes += !dense && p->in.x_step == 8;
        counts->n_sums += !p->words.decides;
        counts->n_pools += p->words.n_tile > 0;
    }
}

/* Bits against weights of few levels, and lines that make bits. */
START_TEST(engines_agree_on_planes)
{
    enum { N = 240 };
    plane_counts n = {0};
    for (uint64_t seed = 9000; seed < 9000 + N; seed++) {
        bnn_arena_destroy(arena);
        set_up();
        maker.lines = maker.planes = true;
        maker.wild = seed % 2 == 0;
        const bnn_model *model = random_model(&maker, seed, 100000), *unfolded = model;
        bnn_error err;
        ck_assert_int_eq(bnn_lines_unfold(model, arena, &unfolded, &err), BNN_OK);
        count_planes(model, unfolded, &n);
        compare_engines(model, 9);
    }
    ck_assert_msg(n.n_planes[1] > 30 && n.n_planes[2] > 10 && n.n_planes[4] > 5 && n.n_rows > 5 &&
                      n.n_bytes > 2 && n.n_dense > 20 && n.n_sums > 20 && n.n_pools > 2 &&
                      n.n_product_bits > 10,
                  "%zu %zu %zu, %zu %zu %zu, %zu %zu, %zu", n.n_planes[1], n.n_planes[2],
                  n.n_planes[4], n.n_rows, n.n_bytes, n.n_dense, n.n_sums, n.n_pools,
                  n.n_product_bits);
}
END_TEST

/* Codes, and lines that make them: sums of products, of floats in the fast engines where neighbours are, and plain where
 * floats cannot say them. */
START_TEST(engines_agree_on_codes)
{
    enum { N = 600 };
    size_t n_lines[2] = {0}, n_bits = 0, n_pixels = 0, n_pools = 0, n_chains = 0, n_codes = 0;
    product_counts p = {0};
    for (uint64_t seed = 5000; seed < 5000 + N; seed++) {
        bnn_arena_destroy(arena);
        set_up();
        maker.lines = true;
        maker.codes = seed % 3 == 0;
        maker.wild = !maker.codes && seed % 2 == 0;
        const bnn_model *model = random_model(&maker, seed, 20000), *unfolded = model;
        bnn_error err;
        ck_assert_int_eq(bnn_lines_unfold(model, arena, &unfolded, &err), BNN_OK);
        for (uint32_t i = 0; i < model->n_stages; i++) {
            const bnn_stage *s = &model->stages[i];
            if (s->lines == NULL) {
                n_chains += s->outputs == BNN_VALUES_CODES;
                continue;
            }
            ck_assert(maker.wild || unfolded->stages[i].lines == NULL);
            n_lines[unfolded->stages[i].lines == NULL]++;
            n_bits += s->outputs == BNN_VALUES_BITS;
            n_pixels += s->inputs == BNN_VALUES_PIXELS;
            n_codes += s->inputs == BNN_VALUES_CODES;
            n_pools += s->lines->pool > 1;
        }
        count_products(model, unfolded, &p);
        compare_engines(model, 17);
    }
    ck_assert_msg(p.n > 100 && p.n_pixels > 20 && p.n_bytes > 20 && p.n_floats > 20 &&
                      p.n_sums > 20 && p.n_dense > 20 && p.n_fours > 5 && p.n_pools > 4 &&
                      p.n_halves > 10 && p.n_spills > 20 && p.n_padded > 5 && p.n_wide > 2 &&
                      p.n_sides > 10 && p.n_gives > 20 && p.n_short > 10,
                  "%zu: %zu %zu %zu, %zu %zu, %zu %zu, %zu %zu %zu %zu %zu %zu %zu", p.n,
                  p.n_pixels, p.n_bytes, p.n_floats, p.n_sums, p.n_dense, p.n_fours, p.n_pools,
                  p.n_halves, p.n_spills, p.n_padded, p.n_wide, p.n_sides, p.n_gives, p.n_short);
    ck_assert_msg(n_lines[0] > 5 && n_lines[1] > 80 && n_bits > 20 && n_pixels > 20 &&
                      n_pools > 10 && n_chains > 20 && n_codes > 20,
                  "%zu %zu %zu %zu %zu %zu %zu", n_lines[0], n_lines[1], n_bits, n_pixels, n_pools,
                  n_chains, n_codes);
}
END_TEST

/* The generator would be of no use if it left out a loop. */
START_TEST(models_are_of_all_kinds)
{
    size_t n_loops[6] = {0}, n_tables = 0, n_rows = 0, n_ones = 0, n_chains = 0;
    size_t n_overlaps = 0;
    for (uint64_t seed = 0; seed < MODELS; seed++) {
        bnn_arena_destroy(arena);
        set_up();
        const bnn_model *model = random_model(&maker, seed, MODEL_MACS >> seed % 7 * 2);
        bnn_pack *packs = NULL;
        bnn_error err;
        ck_assert_int_eq(bnn_pack_model(model, model, target, 32, arena, &packs, &err), BNN_OK);
        for (uint32_t i = 0; i < model->n_stages; i++) {
            const bnn_stage *s = packs[i].stage;
            n_loops[packs[i].loop]++;
            n_tables += s->folded && s->fold.n_tables > 0;
            n_ones += s->integer_sums && s->inputs == BNN_VALUES_BITS && s->op.pad_value > 0;
            n_chains += s->integer_sums && !s->folded && s->outputs == BNN_VALUES_BITS;
            n_rows += packs[i].in.c_step == 32 && packs[i].loop == BNN_PACK_WORDS;
            n_overlaps += s->folded && s->fold.pool > s->fold.pool_stride;
        }
    }
    ck_assert_uint_ge(n_loops[BNN_PACK_WORDS], 300);
    ck_assert_uint_ge(n_loops[BNN_PACK_ROWS], 50);
    ck_assert_uint_ge(n_loops[BNN_PACK_FLOATS], 300);
    ck_assert_uint_ge(n_loops[BNN_PACK_LOGIC], 50);
    ck_assert_uint_ge(n_tables, 50);
    ck_assert_uint_ge(n_rows, 30);
    ck_assert_uint_ge(n_ones, 20);
    ck_assert_uint_ge(n_chains, 20);
    ck_assert_uint_ge(n_overlaps, 15);
}
END_TEST

/* A model whose packed weights would be large runs all the same. */
START_TEST(a_large_dense_stage_is_run_plainly)
{
    enum { WIDTH = 8200 };
    bnn_stage stages[3];
    maker.macs_left = UINT64_MAX;
    maker.b.state = 5;
    bnn_stage *s = stages;
    for (int i = 0; i < 3; i++, s++) {
        *s = (bnn_stage){.op.name = "s",
                         .op.type = i == 0 ? BNN_LOWER_CONV2D : BNN_LOWER_DENSE,
                         .op.kernel = 1,
                         .op.stride = 1,
                         .inputs = i == 0 ? BNN_VALUES_PIXELS : BNN_VALUES_BITS,
                         .outputs = i == 2 ? BNN_VALUES_FLOATS : BNN_VALUES_BITS,
                         .op.in = i == 0 ? (bnn_shape){1, 1, WIDTH} : stages[i - 1].out};
        ck_assert(take_shape(&maker, s, i == 0 ? 1 : i == 1 ? WIDTH : 3));
        do
            choose_weights(&maker, s);
        while (!s->integer_sums);
        if (i < 2)
            choose_fold(&maker, s);
        else
            s->out = s->op.out;
        ck_assert_uint_ge(bnn_shape_values(s->out), 3);
        if (i == 0 && s->out.w != WIDTH) {
            s->fold.pool = 0;
            s->out = s->op.out;
        }
    }
    const bnn_model model = {
        .input = {1, 1, WIDTH}, .n_classes = 3, .n_stages = 3, .stages = stages};
    bnn_pack *packs = NULL;
    bnn_error err;
    ck_assert_int_eq(bnn_pack_model(&model, &model, target, 32, arena, &packs, &err), BNN_OK);
    ck_assert_int_eq(packs[1].loop, BNN_PACK_PLAIN);
    compare_engines(&model, 2);
}
END_TEST

/* ---- threads and time -------------------------------------------------------------------- */

typedef struct job {
    const bnn_model *model;
    const void *state;
    const uint8_t *images;
    const float *want;
    size_t n;
    bool same;
} job;

static void *run_job(void *argument)
{
    job *j = argument;
    const size_t classes = j->model->n_classes, image_bytes = bnn_shape_values(j->model->input);
    float *logits = malloc(j->n * classes * sizeof *logits);
    void *workspace = NULL;
    j->same = logits != NULL &&
              posix_memalign(&workspace, 64, bnn_engine_workspace_bytes(j->state) + 1) == 0;
    for (size_t first = 0, n = 1; j->same && first < j->n; first += n, n = n % 7 + 1) {
        n = n < j->n - first ? n : j->n - first;
        bnn_engine_run(j->state, n, j->images + first * image_bytes, logits, workspace, NULL);
        j->same = same_logits(logits, j->want + first * classes, n * classes);
    }
    free(workspace);
    free(logits);
    return NULL;
}

START_TEST(threads_share_what_is_prepared)
{
    enum { N = 80 };
    size_t n_names;
    const char *const *names = bnn_cpu_names(&n_names);
    for (uint64_t seed = 1000; seed < 1010; seed++) {
        const bnn_model *model = random_model(&maker, seed, 20000);
        const size_t image_bytes = bnn_shape_values(model->input);
        uint8_t *images = made(&maker, N, image_bytes);
        float *want = made(&maker, N * model->n_classes, sizeof *want);
        draw_images(&maker.b, model, N, images);
        job first = {.model = model, .images = images, .n = N};
        first.state = prepared_by(&bnn_engine_portable, model);
        void *workspace = workspace_for(first.state);
        bnn_engine_run(first.state, N, images, want, workspace, NULL);
        free(workspace);
        first.want = want;
        for (size_t i = 0; i < n_names; i++) {
            pthread_t threads[THREADS];
            job jobs[THREADS];
            const bnn_engine *engine = bnn_engine_find(names[i]);
            if (engine == NULL)
                continue;
            first.state = prepared_by(engine, model);
            for (int t = 0; t < THREADS; t++) {
                jobs[t] = first;
                ck_assert_int_eq(pthread_create(&threads[t], NULL, run_job, &jobs[t]), 0);
            }
            for (int t = 0; t < THREADS; t++) {
                ck_assert_int_eq(pthread_join(threads[t], NULL), 0);
                ck_assert_msg(jobs[t].same, "%s\n%s", names[i], maker.text);
            }
        }
    }
}
END_TEST

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

START_TEST(stages_are_timed)
{
    size_t n_names;
    const char *const *names = bnn_cpu_names(&n_names);
    const bnn_model *model;
    uint64_t seed = 0;
    do
        model = random_model(&maker, seed++, MODEL_MACS);
    while (model->n_stages < 4);
    uint8_t *images = made(&maker, 70, bnn_shape_values(model->input));
    float *logits = made(&maker, 70 * (size_t)model->n_classes, sizeof *logits);
    for (size_t i = 0; i < n_names; i++) {
        const bnn_engine *engine = bnn_engine_find(names[i]);
        uint64_t stage_ns[BNN_STAGES_MAX] = {0}, sum = 0;
        if (engine == NULL)
            continue;
        void *state = prepared_by(engine, model), *workspace = workspace_for(state);
        stage_ns[0] = 7; /* times are added */
        const uint64_t start = now_ns();
        bnn_engine_run(state, 70, images, logits, workspace, stage_ns);
        const uint64_t took = now_ns() - start;
        for (uint32_t s = 0; s < model->n_stages; s++) {
            ck_assert_uint_gt(stage_ns[s], s == 0 ? 7 : 0);
            sum += stage_ns[s];
        }
        ck_assert_uint_le(sum, took + 7);
        ck_assert_uint_gt(2 * sum, took);
        ck_assert_uint_eq(stage_ns[model->n_stages], 0);
        free(workspace);
    }
}
END_TEST

/* ---- names ------------------------------------------------------------------------------- */

START_TEST(engines_have_names)
{
    size_t n;
    bnn_error err;
    const char *const *names = bnn_cpu_names(&n);
    ck_assert_str_eq(names[n - 1], "portable");
    bool best_seen = false;
    unsetenv("BNN_CPU");
    const bnn_engine *best = bnn_engine_choose(&err);
    for (size_t i = 0; i < n; i++) {
        const bnn_engine *engine = bnn_engine_find(names[i]);
        if (engine == NULL)
            continue;
        ck_assert_str_eq(engine->name, names[i]);
        if (!best_seen)
            ck_assert_ptr_eq(engine, best);
        best_seen = true;
        setenv("BNN_CPU", names[i], 1);
        ck_assert_ptr_eq(bnn_engine_choose(&err), engine);
    }
    ck_assert_ptr_null(bnn_engine_find("abacus"));
    ck_assert_ptr_null(bnn_engine_find(""));
}
END_TEST

static Suite *engines_suite(void)
{
    Suite *suite = suite_create("engines");
    TCase *tcase = tcase_create("engines");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, engines_agree_on_any_model, 0, SLICES);
    tcase_add_test(tcase, models_are_of_all_kinds);
    tcase_add_test(tcase, engines_agree_on_gates);
    tcase_add_test(tcase, engines_agree_on_skips);
    tcase_add_test(tcase, engines_agree_on_codes);
    tcase_add_test(tcase, engines_agree_on_planes);
    tcase_add_test(tcase, gates_write_the_padding_of_a_convolution);
    tcase_add_test(tcase, a_cropped_image_is_seen_by_gates_and_by_others);
    tcase_add_test(tcase, a_large_group_is_counted_plainly);
    tcase_add_test(tcase, a_large_dense_stage_is_run_plainly);
    tcase_add_test(tcase, threads_share_what_is_prepared);
    tcase_add_test(tcase, stages_are_timed);
    tcase_add_test(tcase, engines_have_names);
    suite_add_tcase(suite, tcase);
    return suite;
}

BNN_CHECK_MAIN(engines_suite)
