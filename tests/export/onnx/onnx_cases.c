/* Networks as ONNX files, with images and the logits that a runtime has to give for them, in the
 * directory BNN_ONNX_DIR; check_onnx.sh has them run. Each case leaves
 *
 *     CASE.json       shape, number of images, what has to be equal, bytes of the model file
 *     CASE.images     uint8 [n][c][h][w]
 *     CASE.logits     float32 [n][n_classes], the trainer's
 *     CASE.DIALECT.INPUT.onnx
 */
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/deploy_fixture.h"
#include "tests/fixtures/random_model.h"
#include "tests/fixtures/trained_fixture.h"

#include "base/file.h"
#include "export/onnx/grid.h"
#include "export/onnx/onnx.h"
#include "infer/lines.h"

#include <bnn/infer.h>

#undef fail /* an old name of Check for ck_abort_msg, here a member */

enum { RANDOM_IMAGES = 300, BATCH = 50 };

/* What a runtime's logits have to be. */
typedef enum promise {
    SAME_BITS,      /* all sums are exact */
    SAME_DECISIONS, /* float sums are the last thing that happens */
    SAME_CLASSES,   /* a float layer in front: measured, on a trained network */
} promise;

static const char *const promises[] = {"bits", "decisions", "classes"};
enum { STANDARD, PACKED, QONNX };
static const char *const dialects[] = {"standard", "packed", "qonnx"};
static const char *const inputs[] = {"pixels", "floats"};

static const char *path_of(const char *name, const char *suffix)
{
    return bnn_arena_printf(arena, "%s/%s.%s", getenv("BNN_ONNX_DIR"), name, suffix);
}

static void write_file(const char *name, const char *suffix, const void *bytes, size_t n)
{
    bnn_error err;
    ck_assert_msg(bnn_file_write(path_of(name, suffix), bytes, n, &err) == BNN_OK, "%s",
                  err.message);
}

static const bnn_metadata texts[] = {
    {"run", "0123abcd"}, {"spec", "dataset: mnist\n"}, {"accuracy", "0.9"}, {"tool", "1.2.3"}};

static bnn_model *read_again(const bnn_model *model)
{
    size_t n;
    uint8_t *bytes = encoded(model, &n);
    bnn_model *again = NULL;
    bnn_error err;
    ck_assert_msg(bnn_modelfile_decode(bytes, n, "model", arena, &again, &err) == BNN_OK, "%s",
                  err.message);
    free(bytes);
    return again;
}

/* qonnx from the graph, the others from a model of it. */
static unsigned char *exported(const bnn_graph *graph, const bnn_model *model, int dialect,
                               bnn_onnx_input input, size_t *n)
{
    bnn_error err;
    unsigned char *bytes = NULL;
    const bnn_onnx_options options = {
        .packed = dialect == PACKED, .input = input, .metadata = texts, .n_metadata = 4};
    const int status = dialect == QONNX ? bnn_onnx_export_qonnx(graph, &options, &bytes, n, &err)
                                        : bnn_onnx_export(model, &options, &bytes, n, &err);
    ck_assert_msg(status == BNN_OK, "%s", err.message);
    return bytes;
}

/* What of a case is no ONNX. */
static void write_frame(const char *name, const bnn_model *model, promise promised, int n_dialects,
                        uint32_t n, const uint8_t *images, const float *logits)
{
    /* Of version 1, where codes and lines are floats: lines are, in ONNX, too. */
    const bnn_model *unfolded;
    bnn_error err;
    ck_assert_int_eq(bnn_lines_unfold(model, arena, &unfolded, &err), BNN_OK);
    bnn_model as_packed = *unfolded;
    as_packed.version = bnn_model_logic(model) == NULL ? 1 : model->version;
    const bnn_shape s = model->input;
    const char *json = bnn_arena_printf(
        arena,
        "{\"name\": \"%s\", \"shape\": [%u, %u, %u], \"images\": %u, \"classes\": %u, "
        "\"promise\": \"%s\", \"model_bytes\": %zu, \"dialects\": %d}\n",
        name, s.c, s.h, s.w, n, model->n_classes, promises[promised],
        bnn_modelfile_encode(&as_packed, NULL), n_dialects);
    write_file(name, "images", images, n * volume(s));
    write_file(name, "logits", logits, (size_t)n * model->n_classes * sizeof *logits);
    write_file(name, "json", json, strlen(json));
}

/* Writes a case; logits are the trainer's, and the graph's for the first images. */
static void write_case(const char *name, const bnn_graph *graph, promise promised, uint32_t n,
                       const uint8_t *images, const float *logits)
{
    const size_t n_pixels = volume(graph->input);
    const uint32_t classes = graph->n_classes;
    const bnn_model *model = built(graph, NULL, NULL), *reread = read_again(model);
    float *values = bnn_arena_alloc(arena, classes, sizeof *values);
    float *scratch = bnn_arena_alloc(arena, evaluation_scratch(graph), sizeof *scratch);
    for (uint32_t i = 0; i < n && i < 40; i++) {
        evaluate(graph, images + i * n_pixels, values, scratch);
        for (uint32_t c = 0; c < classes; c++)
            ck_assert(same_float(values[c], logits[i * classes + c]));
    }
    const int last = bnn_model_logic(model) != NULL ? PACKED : QONNX; /* which has no gates */
    for (int d = STANDARD; d <= last; d++)
        for (bnn_onnx_input in = BNN_ONNX_PIXELS; in <= BNN_ONNX_FLOATS; in++) {
            size_t bytes, again_bytes;
            unsigned char *file = exported(graph, model, d, in, &bytes);
            unsigned char *again = exported(graph, reread, d, in, &again_bytes);
            /* Files of version 2 have no names of what follows a layer. */
            ck_assert(bnn_modelfile_version(model) > 1 ||
                      (bytes == again_bytes && memcmp(file, again, bytes) == 0));
            write_file(name, bnn_arena_printf(arena, "%s.%s.onnx", dialects[d], inputs[in]), file,
                       bytes);
            free(file);
            free(again);
        }
    write_frame(name, model, promised, last + 1, n, images, logits);
}

/* ---- tensors made to be hard ------------------------------------------------------------- */

/* Padded convolutions, windows that overlap, pools that leave a border out, weights that fill no
 * byte. */
#define POOLS                                                        \
    "  topology:\n"                                                  \
    "    input: {channels: 2, height: 13, width: 11}\n"              \
    "    blocks:\n"                                                  \
    "      - layer: {name: conv2d, out: 5, kernel: 3, padding: 1}\n" \
    "        pool: maxpool\n"                                        \
    "      - layer: {name: conv2d, out: 7, kernel: 4, padding: 2}\n" \
    "        pool: {name: maxpool, size: 3, stride: 2}\n"            \
    "      - layer: {name: dense, out: 67}\n"                        \
    "      - layer: {name: dense, out: 4}\n"
/* Average pools, whose sums do not fold, with areas that are powers of two and not; strides. */
#define AVERAGES                                                                \
    "  topology:\n"                                                             \
    "    input: {channels: 1, height: 15, width: 13}\n"                         \
    "    blocks:\n"                                                             \
    "      - layer: {name: conv2d, out: 6, kernel: 3}\n"                        \
    "        pool: {name: avgpool, size: 2, stride: 1}\n"                       \
    "      - layer: {name: conv2d, out: 5, kernel: 3, stride: 2, padding: 1}\n" \
    "        pool: {name: avgpool, size: 3, stride: 1}\n"                       \
    "      - layer: {name: dense, out: 9}\n"                                    \
    "      - layer: {name: dense, out: 4}\n"

static const char *const topologies[] = {POOLS, AVERAGES};
static const char *const functions[] = {"hardtanh", "prelu", "none"};
static const struct {
    const char *binarize;
    promise promised;
} ends[] = {
    {"{first: true, last: true}", SAME_BITS},
    {"{first: true, last: true, padding: +1}", SAME_BITS},
    {"{first: true}", SAME_DECISIONS},
};

enum { N_RANDOM = 2 * 6 * 3 * 3 };

/* A case of a network with any tensors. */
static void write_random_case(const char *name, const char *topology, const char *keys,
                              promise promised, unsigned i)
{
    bnn_network *net = network_of(parsed_model(model_spec(topology, keys)), 4, BATCH, i + 1);
    fill_tensors(net, 77 + i);
    const bnn_graph *graph = graph_of(net);
    const size_t n_pixels = volume(graph->input);
    buffers b = {.state = i};
    const uint8_t *images = random_images(&b, RANDOM_IMAGES * n_pixels);
    float *logits = bnn_arena_alloc(arena, RANDOM_IMAGES * 4, sizeof *logits);
    float *scratch = bnn_arena_alloc(arena, evaluation_scratch(graph), sizeof *scratch);
    for (size_t k = 0; k < RANDOM_IMAGES; k++)
        evaluate(graph, images + k * n_pixels, logits + k * 4, scratch);
    write_case(name, graph, promised, RANDOM_IMAGES, images, logits);
    buffers_free(&b);
}

START_TEST(random_tensors)
{
    const unsigned i = (unsigned)_i;
    const unsigned end = i % 3, function = i / 3 % 3, ordering = i / 9 % 6, topology = i / 54;
    write_random_case(bnn_arena_printf(arena, "random_%u_%s_%s_%u", topology, orderings[ordering],
                                       functions[function], end),
                      topologies[topology],
                      bnn_arena_printf(arena, "  binarize: %s\n  ordering: %s\n  activation: %s\n",
                                       ends[end].binarize, orderings[ordering],
                                       functions[function]),
                      ends[end].promised, i);
}
END_TEST

/* Values that several operations see, and sums of them. */
START_TEST(skipping_networks)
{
    static const char *const parts[] = {"{first: true, last: true}", "{first: true}", "{}"};
    for (unsigned i = 0; i < N_SKIPS * 3; i++) {
        const char *ordering = i % N_SKIPS == 4 ? "bn_act" : orderings[i % 3];
        write_random_case(bnn_arena_printf(arena, "skips_%u", i), skips[i % N_SKIPS],
                          bnn_arena_printf(arena, "  binarize: %s\n  ordering: %s\n",
                                           parts[i / N_SKIPS], ordering),
                          SAME_DECISIONS, i);
    }
}
END_TEST

/* Layers that are several operations, and what stands in front of a sign. */
START_TEST(learned_layers)
{
    static const char *const keys[] = {"activation: rprelu", "activation: dprelu",
                                       "before_sign: shift",
                                       "activation: dprelu\n  before_sign: shift"};
    const unsigned i = (unsigned)_i, end = i % 3, key = i / 3 % 4, ordering = i % 6;
    write_random_case(bnn_arena_printf(arena, "learned_%u", i), topologies[i / 12],
                      bnn_arena_printf(arena, "  binarize: %s\n  ordering: %s\n  %s\n",
                                       ends[end].binarize, orderings[ordering], keys[key]),
                      ends[end].promised, 500 + i);
}
END_TEST

/* What is seen of an image. */
START_TEST(views)
{
    static const char *const images[] = {"channels: 2, height: 15, width: 18, crop: 12, shrink: 2",
                                         "channels: 3, height: 17, width: 14, crop: 11",
                                         "channels: 1, height: 28, width: 24, shrink: 4"};
    const unsigned i = (unsigned)_i;
    const char *topology =
        bnn_arena_printf(arena,
                         "  topology:\n    name: view\n    input: {%s}\n    blocks:\n"
                         "      - layer: {name: conv2d, out: 6, kernel: 3}\n"
                         "      - layer: {name: dense, out: 4}\n",
                         images[i % 3]);
    write_random_case(bnn_arena_printf(arena, "view_%u", i), topology,
                      bnn_arena_printf(arena, "  binarize: %s\n", ends[i / 3].binarize),
                      ends[i / 3].promised, 900 + i);
}
END_TEST

/* Means of 49 pixels are rounded somehow. */
START_TEST(means_that_are_not_exact)
{
    static const char topology[] = "  topology:\n    input: {shrink: 7}\n    blocks:\n"
                                   "      - layer: {name: dense, out: 4}\n";
    const bnn_graph *graph = graph_of(network_of(parsed_model(model_spec(topology, "")), 4, 1, 1));
    const bnn_model *model = built(graph, NULL, NULL);
    unsigned char *bytes = NULL;
    size_t n;
    bnn_error err;
    ck_assert_int_eq(bnn_onnx_export(model, &(bnn_onnx_options){0}, &bytes, &n, &err),
                     BNN_E_FAILED);
    ck_assert_str_eq(err.message,
                     "model.topology.input.shrink 7: ONNX has no exact means of 7x7 pixels; train "
                     "with a shrink of 2, 4 or another power of two up to 128, or take another "
                     "format");
    ck_assert_int_eq(bnn_onnx_export_qonnx(graph, &(bnn_onnx_options){0}, &bytes, &n, &err),
                     BNN_E_FAILED);
}
END_TEST

/* Convolutions whose channels see a part of the inputs, pixels too, or one. */
START_TEST(groups)
{
    static const char topology[] =
        "  topology:\n"
        "    input: {channels: 4, height: 11, width: 8}\n"
        "    blocks:\n"
        "      - layer: {name: conv2d, out: 6, kernel: 3, padding: 1, groups: 2}\n"
        "        pool: {name: maxpool, size: 2, stride: 1}\n"
        "      - layer: {name: conv2d, out: 12, kernel: 3, padding: 1, groups: 0}\n"
        "        pool: maxpool\n"
        "      - layer: {name: conv2d, out: 9, kernel: 2, groups: 3}\n"
        "      - layer: {name: dense, out: 4}\n";
    const unsigned i = (unsigned)_i, end = i % 3, ordering = i % 6;
    write_random_case(bnn_arena_printf(arena, "groups_%u", i), topology,
                      bnn_arena_printf(arena, "  binarize: %s\n  ordering: %s\n",
                                       ends[end].binarize, orderings[ordering]),
                      ends[end].promised, 950 + i);
}
END_TEST

/* Scales behind sums. */
START_TEST(weight_forms)
{
    static const char *const forms[] = {"xnor", "libra", "learned_scale"};
    const unsigned i = (unsigned)_i, end = i % 2, ordering = i % 6;
    write_random_case(bnn_arena_printf(arena, "form_%u", i), topologies[i / 3],
                      bnn_arena_printf(arena, "  binarize: %s\n  ordering: %s\n  form: %s\n",
                                       ends[end].binarize, orderings[ordering], forms[i % 3]),
                      ends[end].promised, 600 + i);
}
END_TEST

enum { N_WIDTHS = 5 };

/* Weights and activations of few levels, whose sums are whole numbers. */
START_TEST(widths)
{
    static const char *const keys[] = {
        "{weights: 2, activations: 4}",
        "{weights: {name: 8, levels: full}, activations: {name: 8, negative: true}}",
        "{weights: ternary, activations: {name: pact, bits: 2}, last: {activations: 1}}",
        "{weights: 1, activations: dorefa, last: {weights: 4}}",
        "{weights: 4, activations: {name: pact, bits: 1}, first: {weights: 8}}"};
    const unsigned i = (unsigned)_i, key = i % N_WIDTHS, ordering = i % 6;
    write_random_case(
        bnn_arena_printf(arena, "widths_%u", i), topologies[i / N_WIDTHS % 2],
        bnn_arena_printf(arena, "  quantize: %s\n  ordering: %s\n", keys[key], orderings[ordering]),
        SAME_BITS, 700 + i);
}
END_TEST

/* ---- gates ------------------------------------------------------------------------------- */

#define GATES(blocks)                                              \
    "  topology:\n    input: {channels: 2, height: 9, width: 8}\n" \
    "    blocks:\n" blocks "      - layer: {name: group_sum, groups: 4}\n"
#define LEVELS           "      - layer: {name: thermometer, levels: 3}\n"
#define CONVOLVES        "      - layer: {name: conv2d, out: 5, kernel: 3}\n        pool: maxpool\n"
#define LUT(gates, pins) "      - layer: {name: lut, gates: " gates ", inputs: " pins "}\n"

/* Alone, behind a convolution, in front of one, with a hidden vote, and with bits that are pooled. */
static const char *const logic_nets[] = {
    GATES(LEVELS LUT("200", "2") LUT("160", "4")),
    GATES(CONVOLVES LUT("60", "6") LUT("40", "3")),
    GATES(LEVELS CONVOLVES LUT("40", "5")),
    GATES(LEVELS "      - layer: {name: group_sum, groups: 24}\n" LUT("20", "2")),
    GATES("      - layer: thermometer\n        pool: maxpool\n" LUT("48", "3")),
    GATES(LEVELS),
};
enum { N_LOGIC = sizeof logic_nets / sizeof *logic_nets };

START_TEST(gates)
{
    const unsigned i = (unsigned)_i;
    bnn_network *net = network_of(
        parsed_model(model_spec(logic_nets[i], "  binarize: {first: true, last: true}\n")), 4,
        BATCH, i + 1);
    const size_t n_pixels = volume(net->input);
    buffers b = {.state = i};
    const uint8_t *images = random_images(&b, RANDOM_IMAGES * n_pixels);
    float logits[RANDOM_IMAGES * 4];
    bnn_network_infer(net, RANDOM_IMAGES, images, logits);
    write_case(bnn_arena_printf(arena, "gates_%u", i), graph_of(net), SAME_BITS, RANDOM_IMAGES,
               images, logits);
    buffers_free(&b);
}
END_TEST

START_TEST(gates_are_no_qonnx)
{
    bnn_network *net = network_of(parsed_model(model_spec(logic_nets[0], "")), 4, 1, 1);
    const bnn_onnx_options options = {.metadata = texts, .n_metadata = 4};
    unsigned char *bytes = NULL;
    size_t n;
    bnn_error err;
    ck_assert_int_eq(bnn_onnx_export_qonnx(graph_of(net), &options, &bytes, &n, &err),
                     BNN_E_FAILED);
    ck_assert_str_eq(err.message,
                     "thermometer_1: QONNX has no operation for gates; take onnx or packed");
}
END_TEST

/* ---- models by hand ----------------------------------------------------------------------- */

/* Whether every sum is the same in whatever order it is formed, so that a runtime gives the very logits, soon. */
static bool sums_are_exact(const bnn_model *model)
{
    bnn_onnx_grid all[BNN_STAGES_MAX];
    for (uint32_t i = 0; i < model->n_stages; i++) {
        const bnn_stage *s = &model->stages[i];
        const int32_t source = bnn_stage_source(s, i), other = bnn_stage_other(s, i);
        bnn_onnx_grid in = bnn_onnx_grid_in(s, source < 0 ? (bnn_onnx_grid){0} : all[source]);
        bool exact;
        if (other >= 0)
            in = bnn_onnx_grid_added(in, all[other]);
        all[i] = bnn_onnx_grid_sums(s, in, &exact);
        if (!exact && !s->integer_sums && s->op.type != BNN_LOWER_IDENTITY)
            return false;
        if (s->fold.n_tables > 0 && s->fold.table_size > 100)
            return false; /* a node for each change of one takes long to check */
        for (uint32_t k = 0; k < s->n_chain; k++)
            if (s->chain[k].type == BNN_LOWER_AVGPOOL && s->chain[k].kernel > 8)
                return false; /* which is not formed value by value */
        all[i] = bnn_onnx_grid_behind(s, all[i]);
    }
    return true;
}

/* The same with lines as floats, as ONNX has them, and names that differ. */
static const bnn_model *named_model(const bnn_model *model)
{
    const bnn_model *unfolded;
    bnn_error err;
    ck_assert_int_eq(bnn_lines_unfold(model, arena, &unfolded, &err), BNN_OK);
    bnn_model *named = bnn_arena_alloc(arena, 1, sizeof *named);
    bnn_stage *stages = bnn_arena_alloc(arena, model->n_stages, sizeof *stages);
    for (uint32_t i = 0; i < model->n_stages; i++) {
        const bnn_stage *s = &unfolded->stages[i];
        bnn_op *chain = bnn_arena_alloc(arena, s->n_chain, sizeof *chain);
        stages[i] = *s;
        stages[i].op.name = bnn_arena_printf(arena, "s%u", i);
        stages[i].chain = chain;
        for (uint32_t k = 0; k < s->n_chain; k++) {
            chain[k] = s->chain[k];
            chain[k].name = bnn_arena_printf(arena, "s%u.%u", i, k + 1);
        }
    }
    *named = *unfolded;
    named->stages = stages;
    return named;
}

static void write_model_case(const char *name, const bnn_model *model, uint32_t n, buffers *b)
{
    char error[BNN_INFER_ERROR];
    size_t n_bytes;
    uint8_t *bytes = encoded(model, &n_bytes);
    bnn_model *open = NULL;
    ck_assert_msg(bnn_model_open_memory(bytes, n_bytes, NULL, &open, error) == 0, "%s", error);
    free(bytes);
    const uint8_t *images = random_images(b, n * volume(model->input));
    float *logits = empty_floats(b, (size_t)n * model->n_classes);
    bnn_model_run(open, n, images, logits, buffer_bytes(b, bnn_model_workspace_bytes(open)));
    bnn_model_close(open);
    for (int d = STANDARD; d <= PACKED; d++)
        for (bnn_onnx_input in = BNN_ONNX_PIXELS; in <= BNN_ONNX_FLOATS; in++) {
            unsigned char *file = exported(NULL, model, d, in, &n_bytes);
            write_file(name, bnn_arena_printf(arena, "%s.%s.onnx", dialects[d], inputs[in]), file,
                       n_bytes);
            free(file);
        }
    write_frame(name, model, SAME_BITS, PACKED + 1, n, images, logits);
}

/* Shapes and orders that networks have rarely or never: sums from afar, groups, codes, gates. */
START_TEST(random_models)
{
    enum { N = 96, N_IMAGES = 20 };
    uint32_t n = 0, n_sums = 0, n_blocks = 0, n_groups = 0, n_codes = 0, n_logic = 0, n_tables = 0;
    for (uint32_t i = 0; i < N; i++) {
        buffers b = {.state = i};
        model_maker maker = {.arena = arena,
                             .round = true,
                             .skips = i % 2 == 0,
                             .lines = i % 3 == 0,
                             .codes = i % 6 == 0,
                             .gates = i % 5 == 0};
        const bnn_model *model = named_model(random_model(&maker, 7000 + i, 30000));
        const uint32_t side = bnn_view_side(model->view);
        if (!sums_are_exact(model) || (side & (side - 1)) != 0)
            continue;
        n++;
        for (uint32_t k = 0; k < model->n_stages; k++) {
            const bnn_stage *s = &model->stages[k];
            n_sums += s->with > 0;
            n_blocks += s->with > 2;
            n_groups += s->op.groups > 1;
            n_codes += bnn_chain_ends_in_codes(s->chain, s->n_chain, &(bnn_range){0});
            n_logic += s->logic != NULL;
            n_tables += s->fold.n_tables > 0;
        }
        write_model_case(bnn_arena_printf(arena, "model_%u", i), model, N_IMAGES, &b);
        buffers_free(&b);
    }
    printf("# %u of %d models by hand have exact sums\n", n, N);
    ck_assert_msg(n > 40 && n_sums > 10 && n_blocks > 5 && n_groups > 10 && n_codes > 10 &&
                      n_logic > 10 && n_tables > 3,
                  "%u: %u %u %u %u %u %u", n, n_sums, n_blocks, n_groups, n_codes, n_logic,
                  n_tables);
}
END_TEST

/* ---- trained networks -------------------------------------------------------------------- */

static const char *const stes[] = {"identity", "clipped", "approx_sign", "swish_sign", "ede"};
static const struct {
    const char *name, *binarize;
    promise promised;
} trained_ends[] = {
    {"binary", "{first: true, last: true}", SAME_BITS},
    {"float_ends", "{}", SAME_CLASSES},
};

static float *trainer_logits(bnn_session *session, const bnn_dataset *set)
{
    const uint32_t n = set->test.n, lanes = session->net->lanes;
    float *logits = bnn_arena_alloc(arena, (size_t)n * 10, sizeof *logits);
    ck_assert_ptr_nonnull(logits);
    for (uint32_t i = 0; i < n; i += BATCH) {
        const uint32_t batch = n - i < BATCH ? n - i : BATCH;
        bnn_session_load(session, &set->test, session->test + i, batch);
        bnn_network_forward(session->net, batch, false);
        for (uint32_t k = 0; k < batch; k++)
            for (uint32_t c = 0; c < 10; c++)
                logits[(i + k) * 10 + c] = session->net->logits[c * lanes + k];
    }
    return logits;
}

static void write_trained_case(const char *name, const char *keys, promise promised)
{
    bnn_dataset digits;
    if (!open_digits(&digits))
        printf("# digits are drawn, since MNIST is not there\n");
    bnn_session *session =
        trained_session(bnn_arena_printf(arena, "model: {topology: lenet5, %s}", keys), &digits);
    write_case(bnn_arena_printf(arena, "trained_%s", name), graph_of(session->net), promised,
               digits.test.n, digits.test.pixels, trainer_logits(session, &digits));
    bnn_dataset_close(&digits);
}

START_TEST(trained)
{
    const unsigned end = (unsigned)_i % 2, ordering = (unsigned)_i / 2;
    write_trained_case(
        bnn_arena_printf(arena, "%s_%s", trained_ends[end].name, orderings[ordering]),
        bnn_arena_printf(arena, "binarize: %s, ordering: %s, ste: %s", trained_ends[end].binarize,
                         orderings[ordering], stes[_i % 5]),
        trained_ends[end].promised);
}
END_TEST

/* Activations of thirds are floats, whose sums onnxruntime forms in an order of its own. */
START_TEST(trained_levels)
{
    write_trained_case("dorefa",
                       "binarize: {first: true, last: true}, "
                       "ste: {weights: clipped, activations: dorefa}",
                       SAME_CLASSES);
}
END_TEST

/* What makes codes of sums of codes rounds once, as training does. */
START_TEST(trained_widths)
{
    write_trained_case(
        "widths",
        "quantize: {weights: ternary, activations: 4, first: {weights: 8}, last: {weights: 4}}",
        SAME_BITS);
}
END_TEST

/* Stages in floats whose sums are exact all the same, and often 0 without a norm: what follows must not
 * become part of the weights. */
START_TEST(exact_floats)
{
    enum { STEPS = 20, IMAGES = 300 };
    static const char *const keys[] = {
        "form: ternary, ordering: LAP", "form: xnor, ordering: ALP", "form: adabin, ordering: PAL",
        "form: layer_scale, ordering: LPA, ste: {activations: heaviside}"};
    float logits[IMAGES * 10];
    bnn_dataset digits;
    open_digits(&digits);
    const bnn_session *session = trained_for(
        bnn_arena_printf(arena,
                         "model: {topology: lenet5, binarize: {first: true, last: true}, "
                         "activation: hardtanh, %s}",
                         keys[_i]),
        &digits, STEPS);
    bnn_network_infer(session->net, IMAGES, digits.test.pixels, logits);
    write_case(bnn_arena_printf(arena, "exact_%d", _i), graph_of(session->net), SAME_BITS, IMAGES,
               digits.test.pixels, logits);
    bnn_dataset_close(&digits);
}
END_TEST

/* ---- what is refused --------------------------------------------------------------------- */

static void expect_refusal(const bnn_metadata *metadata, const char *message)
{
    bnn_network *net = network_of(parsed_model(model_spec(POOLS, "")), 4, 1, 1);
    const bnn_onnx_options options = {.metadata = metadata, .n_metadata = 1};
    unsigned char *bytes = NULL;
    size_t n = 7;
    bnn_error err;
    const bnn_graph *graph = graph_of(net);
    const bnn_model *model = built(graph, NULL, NULL);
    ck_assert_int_eq(bnn_onnx_export(model, &options, &bytes, &n, &err), BNN_E_FAILED);
    ck_assert_str_eq(err.message, message);
    ck_assert_int_eq(bnn_onnx_export_qonnx(graph, &options, &bytes, &n, &err), BNN_E_FAILED);
    ck_assert_str_eq(err.message, message);
    ck_assert(bytes == NULL && n == 7);
}

START_TEST(texts_that_are_not_clean)
{
    expect_refusal(&(bnn_metadata){"", "x"},
                   "metadata \"\": key or value is empty, longer than 65535 bytes, or has control "
                   "characters");
    expect_refusal(&(bnn_metadata){"run", "\033[2J"},
                   "metadata \"run\": key or value is empty, longer than 65535 bytes, or has "
                   "control characters");
}
END_TEST

/* A model file can call its layers anything; a file with two equal names would be no ONNX. */
START_TEST(names_that_are_not_unique)
{
    static const char *const names[][2] = {
        {"twice", "twice"}, {"logits", "b"}, {"pixels", "b"}, {"plus_one", "b"}, {"a", ""}};
    bnn_network *net = network_of(parsed_model(model_spec(POOLS, "  binarize: {}\n")), 4, 1, 1);
    bnn_model model = *built(graph_of(net), NULL, NULL);
    bnn_stage *stages = bnn_arena_alloc(arena, model.n_stages, sizeof *stages);
    ck_assert_ptr_nonnull(stages);
    memcpy(stages, model.stages, model.n_stages * sizeof *stages);
    model.stages = stages;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        unsigned char *bytes = NULL;
        size_t n = 7;
        bnn_error err;
        stages[0].op.name = names[i][0];
        stages[1].op.name = names[i][1];
        ck_assert_int_eq(bnn_onnx_export(&model, &(bnn_onnx_options){0}, &bytes, &n, &err),
                         BNN_E_FAILED);
        ck_assert_ptr_nonnull(strstr(err.message, "ONNX needs layers with different names"));
        ck_assert(bytes == NULL && n == 7);
    }
}
END_TEST

static Suite *onnx_suite(void)
{
    Suite *suite = suite_create("onnx");
    TCase *cases = tcase_create("cases");
    tcase_set_timeout(cases, 600);
    tcase_add_checked_fixture(cases, model_set_up, model_tear_down);
    tcase_add_test(cases, texts_that_are_not_clean);
    tcase_add_test(cases, names_that_are_not_unique);
    tcase_add_loop_test(cases, random_tensors, 0, N_RANDOM);
    tcase_add_loop_test(cases, learned_layers, 0, 2 * 3 * 4);
    tcase_add_test(cases, skipping_networks);
    tcase_add_loop_test(cases, weight_forms, 0, 6);
    tcase_add_loop_test(cases, widths, 0, 4 * N_WIDTHS);
    tcase_add_loop_test(cases, groups, 0, 6);
    tcase_add_loop_test(cases, views, 0, 9);
    tcase_add_test(cases, means_that_are_not_exact);
    tcase_add_loop_test(cases, gates, 0, N_LOGIC);
    tcase_add_test(cases, gates_are_no_qonnx);
    tcase_add_test(cases, random_models);
    tcase_add_loop_test(cases, trained, 0, 2 * 6);
    tcase_add_test(cases, trained_levels);
    tcase_add_test(cases, trained_widths);
    suite_add_tcase(suite, cases);
    cases = tcase_create("exact");
    tcase_set_timeout(cases, 600);
    tcase_add_checked_fixture(cases, model_set_up, model_tear_down);
    tcase_add_loop_test(cases, exact_floats, 0, 4);
    suite_add_tcase(suite, cases);
    return suite;
}

BNN_CHECK_MAIN(onnx_suite)
