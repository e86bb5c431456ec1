/* make.c - writes the cases of tests/export/cexport.sh: networks as C, images, and the engine's logits.
 *
 * Into $BNN_CEXPORT_DIR/CASE: net.c, net.h (prefix "net"), images (bytes), logits (floats of this
 * machine). Random networks have the tensors that make deployment hard; networks named mnist_...
 * are trained for a moment and see the test set, when MNIST is there. */
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/deploy_fixture.h"
#include "tests/fixtures/random_model.h"
#include "tests/fixtures/trained_fixture.h"

#include "base/file.h"
#include "export/c/c.h"

#include <bnn/infer.h>

#include <sys/stat.h>

enum { RANDOM_IMAGES = 60, SELF_TESTS = 10, FEW_SELF_TESTS = 2 };

/* Rows longer than a word; the logits are a convolution's. */
#define WIDE                                                         \
    "  topology:\n"                                                  \
    "    name: wide\n"                                               \
    "    input: {channels: 1, height: 9, width: 75}\n"               \
    "    blocks:\n"                                                  \
    "      - layer: {name: conv2d, out: 40, kernel: 3, stride: 1}\n" \
    "      - layer: {name: conv2d, out: 3, kernel: 5, stride: 2}\n"  \
    "        pool: {name: maxpool, size: 2, stride: 1}\n"            \
    "      - layer: {name: dense, out: 5}\n"

/* Without biases and norms: the logits are integers, or such times one factor. */
#define BLOCKS(text) OF_BLOCKS(text, "binarize: {first: true, last: true}")
#define OF_BLOCKS(text, key)                          \
    "  topology:\n"                                   \
    "    name: integers\n"                            \
    "    input: {channels: 1, height: 9, width: 8}\n" \
    "    blocks:\n" text "  norm: none\n  " key "\n"

static const struct {
    const char *name, *model;
} integers[] = {
    {"integers_bits",
     BLOCKS("      - {layer: {name: conv2d, out: 5, kernel: 3, bias: no}, pool: maxpool}\n"
            "      - {layer: {name: dense, out: 67, bias: no}}\n"
            "      - {layer: {name: dense, out: 4, bias: no}}\n")},
    {"integers_pixels", BLOCKS("      - {layer: {name: dense, out: 4, bias: no}}\n")},
    {"integers_gates", BLOCKS("      - {layer: {name: thermometer, levels: 2}}\n"
                              "      - {layer: {name: lut, gates: 90, inputs: 3}}\n"
                              "      - {layer: {name: lut, gates: 120}}\n"
                              "      - {layer: {name: group_sum, groups: 4}}\n")},
    {"integers_votes", BLOCKS("      - {layer: {name: conv2d, out: 5, kernel: 3, bias: no}}\n"
                              "      - {layer: {name: lut, gates: 40, inputs: 6}}\n"
                              "      - {layer: {name: group_sum, groups: 4, tau: 0.5}}\n")},
    {"integers_codes",
     OF_BLOCKS(
         "      - {layer: {name: conv2d, out: 5, kernel: 3, bias: no}, pool: maxpool}\n"
         "      - {layer: {name: conv2d, out: 6, kernel: 2, bias: no}}\n"
         "      - {layer: {name: dense, out: 21, bias: no}}\n"
         "      - {layer: {name: dense, out: 4, bias: no}}\n",
         "quantize: {weights: {name: dorefa, bits: 3}, activations: 3, first: {weights: 8}}")},
    {"integers_window", BLOCKS("      - {layer: {name: conv2d, out: 3, kernel: 3, bias: no}}\n"
                               "      - {layer: {name: conv2d, out: 1, kernel: 4, stride: 2, "
                               "bias: no}}\n")},
};

static const char *const topologies[] = {PLAIN, MIXED, WIDE};
static const char *const functions[] = {"auto", "prelu", "none"};

enum {
    N_TOPOLOGIES = sizeof topologies / sizeof *topologies,
    N_FUNCTIONS = sizeof functions / sizeof *functions,
    N_INTEGERS = sizeof integers / sizeof *integers,
    N_RANDOM = N_TOPOLOGIES * N_ORDERINGS * N_BINARIZATIONS,
};

static buffers b;

static void make_set_up(void)
{
    model_set_up();
    b = (buffers){.state = 5};
}

static void make_tear_down(void)
{
    buffers_free(&b);
    model_tear_down();
}

static void write_file(const char *folder, const char *name, const void *bytes, size_t n)
{
    bnn_error err;
    const char *path = bnn_arena_printf(arena, "%s/%s", folder, name);
    ck_assert_msg(bnn_file_write(path, bytes, n, &err) == BNN_OK, "%s", err.message);
}

/* The engine's logits of n images. */
static float *logits_of(const bnn_model *model, const uint8_t *images, size_t n)
{
    char error[BNN_INFER_ERROR];
    size_t n_bytes;
    uint8_t *bytes = encoded(model, &n_bytes);
    bnn_model *open = NULL;
    const int status = bnn_model_open_memory(bytes, n_bytes, NULL, &open, error);
    free(bytes);
    ck_assert_msg(status == 0, "%s", error);
    float *logits = empty_floats(&b, n * model->n_classes);
    bnn_model_run(open, n, images, logits, buffer_bytes(&b, bnn_model_workspace_bytes(open)));
    bnn_model_close(open);
    return logits;
}

/* A self-test compares numbers, so it takes no image with a logit that is none. A board without
 * floating-point hardware, emulated, takes seconds for many float multiplications. */
static uint32_t n_self_tests(const bnn_model *model, const float *logits)
{
    uint64_t float_macs = 0;
    for (uint32_t i = 0; i < model->n_stages; i++)
        float_macs += bnn_stage_sums_are_whole(&model->stages[i]) ? 0 : model->stages[i].macs;
    const uint32_t n = float_macs < 200000 ? SELF_TESTS : FEW_SELF_TESTS;
    for (size_t i = 0; i < (size_t)n * model->n_classes; i++)
        if (!isfinite(logits[i]))
            return 0;
    return n;
}

static void write_case(const char *name, const bnn_model *model, const uint8_t *images, size_t n)
{
    const char *root = getenv("BNN_CEXPORT_DIR");
    bnn_error err = {0};
    char *source = NULL, *header = NULL;
    const float *logits = logits_of(model, images, n);
    const bnn_c_options options = {.prefix = "net",
                                   .n_tests = n_self_tests(model, logits),
                                   .images = images,
                                   .logits = logits};
    ck_assert_ptr_nonnull(root);
    const int status = bnn_c_export(model, &options, &source, &header, &err);
    ck_assert_msg(status == BNN_OK, "%s: %s", name, err.message);
    const char *folder = bnn_arena_printf(arena, "%s/%s", root, name);
    ck_assert_int_eq(mkdir(folder, 0777), 0);
    write_file(folder, "net.c", source, strlen(source));
    write_file(folder, "net.h", header, strlen(header));
    write_file(folder, "images", images, n * bnn_shape_values(model->input));
    write_file(folder, "logits", logits, n * model->n_classes * sizeof *logits);
    free(source);
    free(header);
}

START_TEST(random_network)
{
    const int t = _i / (N_ORDERINGS * N_BINARIZATIONS), o = _i / N_BINARIZATIONS % N_ORDERINGS;
    const char *binarize = binarizations[_i % N_BINARIZATIONS];
    const char *function = functions[(t + o + _i % N_BINARIZATIONS) % N_FUNCTIONS];
    const char *text = bnn_arena_printf(arena, "  binarize: %s\n  ordering: %s\n  activation: %s\n",
                                        binarize, orderings[o], function);
    const bnn_model_options *options = parsed_model(model_spec(topologies[t], text));
    bnn_network *net = network_of(options, t == 2 ? 5 : 4, 1, 1);
    fill_tensors(net, 100 + (uint64_t)_i);
    bnn_model *model = built(graph_of(net), NULL, NULL);
    const uint8_t *images = random_images(&b, RANDOM_IMAGES * bnn_shape_values(model->input));
    const char *topology = t == 0 ? "plain" : t == 1 ? "mixed" : "wide";
    const char *name = bnn_arena_printf(arena, "%s_%s_%d_%s", topology, orderings[o],
                                        _i % N_BINARIZATIONS, function);
    write_case(name, model, images, RANDOM_IMAGES);
}
END_TEST

/* Layers and STEs that are several operations, and what stands in front of a sign. */
START_TEST(learned_network)
{
    static const char *const keys[] = {"activation: rprelu",
                                       "activation: dprelu",
                                       "before_sign: shift",
                                       "activation: dprelu\n  before_sign: shift",
                                       "ste: {weights: clipped, activations: heaviside}",
                                       "ste: {weights: clipped, activations: dorefa}"};
    const char *text = bnn_arena_printf(arena, "  binarize: %s\n  ordering: %s\n  %s\n",
                                        binarizations[3 + 2 * (_i % 4)],
                                        orderings[_i % N_ORDERINGS], keys[_i / 4]);
    const bnn_model_options *options = parsed_model(model_spec(topologies[_i % 2], text));
    bnn_network *net = network_of(options, 4, 1, 1);
    fill_tensors(net, 700 + (uint64_t)_i);
    bnn_model *model = built(graph_of(net), NULL, NULL);
    const uint8_t *images = random_images(&b, RANDOM_IMAGES * bnn_shape_values(model->input));
    write_case(bnn_arena_printf(arena, "learned_%d", _i), model, images, RANDOM_IMAGES);
}
END_TEST

/* Whole numbers of a few bits, on both sides. */
START_TEST(width_network)
{
    static const char *const widths[] = {
        "{weights: 2, activations: 4}", "{weights: 8, activations: {name: 8, negative: true}}",
        "{weights: ternary, activations: {name: pact, bits: 2}}",
        "{weights: 1, activations: dorefa, last: {activations: 1}}"};
    const char *text = bnn_arena_printf(arena, "  quantize: %s\n  ordering: %s\n", widths[_i % 4],
                                        orderings[_i % N_ORDERINGS]);
    const bnn_model_options *options = parsed_model(model_spec(topologies[_i % 2], text));
    bnn_network *net = network_of(options, 4, 1, 1);
    fill_tensors(net, 900 + (uint64_t)_i);
    bnn_model *model = built(graph_of(net), NULL, NULL);
    const uint8_t *images = random_images(&b, RANDOM_IMAGES * bnn_shape_values(model->input));
    write_case(bnn_arena_printf(arena, "width_%d", _i), model, images, RANDOM_IMAGES);
}
END_TEST

/* What is seen of an image, which lies where the second stage writes, or alone. */
START_TEST(view_network)
{
    static const char *const inputs[] = {"channels: 1, height: 15, width: 18, crop: 12, shrink: 2",
                                         "channels: 3, height: 17, width: 14, crop: 11",
                                         "channels: 2, height: 15, width: 21, shrink: 3"};
    static const char *const blocks[] = {
        "      - layer: {name: conv2d, out: 5, kernel: 3}\n        pool: maxpool\n", ""};
    const char *text =
        bnn_arena_printf(arena,
                         "  topology:\n    name: view\n    input: {%s}\n    blocks:\n%s"
                         "      - layer: {name: dense, out: 4}\n",
                         inputs[_i % 3], blocks[_i / 3 % 2]);
    const char *binarize = bnn_arena_printf(arena, "  binarize: %s\n", binarizations[_i / 6 * 8]);
    bnn_network *net = network_of(parsed_model(model_spec(text, binarize)), 4, 1, 1);
    fill_tensors(net, 1000 + (uint64_t)_i);
    bnn_model *model = built(graph_of(net), NULL, NULL);
    const uint8_t *images = random_images(&b, RANDOM_IMAGES * bnn_shape_values(model->input));
    write_case(bnn_arena_printf(arena, "view_%d", _i), model, images, RANDOM_IMAGES);
}
END_TEST

/* Scales behind sums, and weights of three levels. */
START_TEST(form_network)
{
    static const char *const forms[] = {"xnor", "ternary", "learned_scale"};
    const char *text = bnn_arena_printf(arena, "  binarize: %s\n  ordering: %s\n  form: %s\n",
                                        binarizations[3 + 2 * (_i % 4)],
                                        orderings[_i % N_ORDERINGS], forms[_i % 3]);
    const bnn_model_options *options = parsed_model(model_spec(topologies[_i / 3], text));
    bnn_network *net = network_of(options, 4, 1, 1);
    fill_tensors(net, 800 + (uint64_t)_i);
    bnn_model *model = built(graph_of(net), NULL, NULL);
    const uint8_t *images = random_images(&b, RANDOM_IMAGES * bnn_shape_values(model->input));
    write_case(bnn_arena_printf(arena, "form_%d", _i), model, images, RANDOM_IMAGES);
}
END_TEST

static const bnn_model *integer_model(int i)
{
    bnn_network *net = network_of(parsed_model(model_spec(integers[i].model, "")), 4, 1, 1);
    fill_tensors(net, 50 + (uint64_t)i);
    return built(graph_of(net), NULL, NULL);
}

START_TEST(integer_network)
{
    const bnn_model *model = integer_model(_i);
    const bnn_stage *last = &model->stages[model->n_stages - 1];
    for (uint32_t i = 0; i + 1 < model->n_stages; i++)
        ck_assert(model->stages[i].folded || model->stages[i].lines != NULL ||
                  model->stages[i].logic != NULL);
    ck_assert((last->integer_sums && last->n_chain == 0) || last->logic != NULL ||
              bnn_stage_sums_are_whole(last));
    write_case(integers[_i].name, model,
               random_images(&b, RANDOM_IMAGES * bnn_shape_values(model->input)), RANDOM_IMAGES);
}
END_TEST

/* What the folded stages of models have; numbers of channels or stages. */
typedef struct rule_counts {
    uint32_t all, any; /* of a pool's window, windows of more than one value */
    uint32_t tables, all_tables, constant;
    uint32_t wide_kernels;  /* kernels of a word and more, over bits */
    uint32_t padded_ones;   /* padding +1 */
    uint32_t left_borders;  /* pools that leave a border out */
    uint32_t pixel_strides; /* convolutions of pixels of several channels, with a stride */
    uint32_t bit_strides;
} rule_counts;

static void count_rules(const bnn_stage *s, rule_counts *n)
{
    const bnn_fold *f = &s->fold;
    const int32_t bound = bnn_stage_sum_bound(s);
    for (uint32_t c = 0; s->folded && c < s->op.out.c; c++) {
        const bool table = f->rule[c] & BNN_RULE_TABLE, all = f->rule[c] & BNN_RULE_AND;
        n->tables += table;
        n->all += all && f->pool > 1;
        n->any += !all && f->pool > 1;
        n->all_tables += all && table && f->pool > 1;
        n->constant += !table && (f->threshold[c] <= -bound || f->threshold[c] > bound);
    }
    const bool pixels = s->inputs == BNN_VALUES_PIXELS;
    n->wide_kernels += !pixels && s->op.kernel >= 32;
    n->padded_ones += s->op.pad_value > 0;
    n->left_borders +=
        s->folded && f->pool > 0 && (s->out.w - 1) * f->pool_stride + f->pool < s->op.out.w;
    n->pixel_strides += pixels && s->op.stride > 1 && s->op.in.c > 1;
    n->bit_strides += !pixels && s->op.stride > 1;
}

/* Rules and shapes that networks have rarely or never. The images of a case are few, so that there
 * can be many; and all kinds occur, or the test says nothing about them. */
START_TEST(random_rules)
{
    enum { N = 48 };
    rule_counts n = {0};
    model_maker maker = {.arena = arena, .integers = true};
    for (int i = 0; i < N; i++) {
        const bnn_model *model = random_model(&maker, 900 + (uint64_t)i, 1000000);
        for (uint32_t s = 0; s < model->n_stages; s++)
            count_rules(&model->stages[s], &n);
        b.state = 900 + (uint64_t)i;
        write_case(bnn_arena_printf(arena, "rules_%d", i), model,
                   random_images(&b, SELF_TESTS * bnn_shape_values(model->input)), SELF_TESTS);
        buffers_free(&b);
    }
    ck_assert(n.all > 20 && n.any > 20 && n.tables > 20 && n.all_tables > 5 && n.constant > 20);
    ck_assert(n.wide_kernels > 0 && n.padded_ones > 0 && n.left_borders > 0);
    ck_assert(n.pixel_strides > 0 && n.bit_strides > 0);
}
END_TEST

/* Gates of any shape, of pixels and of bits, in front of all that can follow. */
START_TEST(random_gates)
{
    enum { N = 16 };
    uint32_t n_logic = 0, of_bits = 0, to_bits = 0, groups = 0, wide = 0;
    model_maker maker = {.arena = arena, .gates = true};
    for (int i = 0; i < N; i++) {
        const bnn_model *model = random_model(&maker, 2000 + (uint64_t)i, 100000);
        for (uint32_t s = 0; s < model->n_stages; s++) {
            const bnn_stage *stage = &model->stages[s];
            if (stage->logic == NULL)
                continue;
            n_logic++;
            of_bits += stage->inputs == BNN_VALUES_BITS;
            to_bits += stage->outputs == BNN_VALUES_BITS;
            groups += stage->logic->group > 0;
            for (uint32_t r = 0; r < stage->logic->n_runs; r++)
                wide += stage->logic->runs[r].inputs > 2;
        }
        b.state = 2000 + (uint64_t)i;
        write_case(bnn_arena_printf(arena, "gates_%d", i), model,
                   random_images(&b, RANDOM_IMAGES * bnn_shape_values(model->input)),
                   RANDOM_IMAGES);
        buffers_free(&b);
    }
    ck_assert(n_logic > 10 && of_bits > 5 && to_bits > 5 && groups > 5 && wide > 10);
}
END_TEST

/* Values that several stages take, from afar too, and sums of them. */
START_TEST(random_skips)
{
    enum { N = 128 };
    uint32_t n_sums = 0, n_from = 0, n_pixels = 0, n_blocks = 0, n_groups = 0, n_logic = 0;
    for (int i = 0; i < N; i++) {
        model_maker maker = {.arena = arena,
                             .skips = true,
                             .lines = i % 3 == 0,
                             .codes = i % 6 == 0,
                             .planes = i % 6 == 3,
                             .gates = i % 6 == 1};
        const bnn_model *model = random_model(&maker, 4000 + (uint64_t)i, 30000);
        for (uint32_t k = 0; k < model->n_stages; k++) {
            n_sums += model->stages[k].with > 0;
            n_from += model->stages[k].from > 0;
            n_pixels += model->stages[k].from > 0 && model->stages[k].inputs == BNN_VALUES_PIXELS;
            n_blocks += model->stages[k].with > 2;
            n_groups += model->stages[k].op.groups > 1;
            n_logic += model->stages[k].logic != NULL;
        }
        b.state = 4000 + (uint64_t)i;
        write_case(bnn_arena_printf(arena, "skips_%d", i), model,
                   random_images(&b, RANDOM_IMAGES * bnn_shape_values(model->input)),
                   RANDOM_IMAGES);
        buffers_free(&b);
    }
    ck_assert_msg(n_sums > 20 && n_from > 3 && n_pixels > 1 && n_blocks > 5 && n_groups > 5 &&
                      n_logic > 5,
                  "%u %u %u %u %u %u", n_sums, n_from, n_pixels, n_blocks, n_groups, n_logic);
}
END_TEST

/* Sums of all that is whole, and codes of them, also by lines that floats cannot say. */
START_TEST(random_lines)
{
    enum { N = 256 };
    uint32_t n_lines = 0, of_pixels = 0, of_bits = 0, to_bits = 0, signs = 0, least = 0, wide = 0,
             signed_codes = 0, padded = 0;
    for (int i = 0; i < N; i++) {
        model_maker maker = {.arena = arena, .lines = true, .wild = i % 2 == 1};
        const bnn_model *model = random_model(&maker, 3000 + (uint64_t)i, 100000);
        for (uint32_t k = 0; k < model->n_stages; k++) {
            const bnn_stage *s = &model->stages[k];
            if (s->lines == NULL)
                continue;
            n_lines++;
            of_pixels += s->inputs == BNN_VALUES_PIXELS;
            of_bits += s->inputs == BNN_VALUES_BITS;
            to_bits += s->outputs == BNN_VALUES_BITS;
            signs += s->op.binary_weights;
            wide += s->lines->shift > 24;
            signed_codes += s->inputs == BNN_VALUES_CODES && s->in_codes.min < 0;
            padded += s->op.padding > 0;
            for (uint32_t c = 0; s->lines->pool > 1 && c < s->op.out.c; c++)
                least += s->lines->least[c];
        }
        b.state = 3000 + (uint64_t)i;
        write_case(bnn_arena_printf(arena, "lines_%d", i), model,
                   random_images(&b, RANDOM_IMAGES * bnn_shape_values(model->input)),
                   RANDOM_IMAGES);
        buffers_free(&b);
    }
    ck_assert(n_lines > 30 && of_pixels > 5 && of_bits > 5 && to_bits > 5 && signs > 10);
    ck_assert_msg(least > 20 && wide > 2 && signed_codes > 5 && padded > 2, "%u %u %u %u", least,
                  wide, signed_codes, padded);
}
END_TEST

/* ---- trained networks -------------------------------------------------------------------- */

static const struct {
    const char *name, *model;
    uint32_t images; /* 0: all */
} trained[] = {
    {"mnist_gates", "topology: logic_small", 0},
    {"mnist_binary", "topology: lenet5, binarize: {first: true, last: true}, ordering: pool_bn_act",
     0},
    {"mnist_view",
     "topology: {name: lenet5, input: {crop: 20}}, binarize: {first: true, last: true}", 0},
    {"mnist_float_ends", "topology: lenet5, binarize: {}, ordering: pool_bn_act", 0},
    {"mnist_weights", "topology: lenet5, binarize: {activations: false}, ordering: pool_bn_act", 0},
    {"mnist_float", "topology: lenet5, binarize: none, ordering: pool_bn_act", 1000},
    {"mnist_bn_act", "topology: lenet5, binarize: {first: true, last: true}, ordering: bn_act", 0},
    {"mnist_act_bn", "topology: lenet5, binarize: {first: true, last: true}, ordering: act_bn", 0},
    {"mnist_bn_pool_act",
     "topology: lenet5, binarize: {first: true, last: true}, ordering: bn_pool_act", 0},
    {"mnist_act_pool_bn",
     "topology: lenet5, binarize: {first: true, last: true}, ordering: act_pool_bn", 0},
    {"mnist_xnor", "topology: lenet5, binarize: {first: true, last: true}, ordering: xnor", 0},
    {"mnist_separable", "topology: mnist_separable, quantize: {weights: 4, activations: 4}", 1000},
};

enum { N_TRAINED = sizeof trained / sizeof *trained };

START_TEST(trained_network)
{
    bnn_dataset data;
    if (!open_digits(&data)) { /* the script tells that there are no such cases */
        bnn_dataset_close(&data);
        return;
    }
    const char *spec = bnn_arena_printf(arena, "model: {%s}", trained[_i].model);
    const bnn_session *session = trained_session(spec, &data);
    write_case(trained[_i].name, built(graph_of(session->net), NULL, NULL), data.test.pixels,
               trained[_i].images > 0 ? trained[_i].images : data.test.n);
    bnn_dataset_close(&data);
}
END_TEST

/* ---- options ----------------------------------------------------------------------------- */

START_TEST(bad_options_are_refused)
{
    static const uint8_t images[9 * 8];
    static const float half[4] = {0.5f, 0.0f, 0.0f, 0.0f}, infinite[4] = {INFINITY};
    static const struct {
        bnn_c_options options;
        const char *message;
    } cases[] = {
        {{.prefix = ""},
         "prefix \"\" is not a letter and then letters, digits or '_', at most 40 in all"},
        {{.prefix = "5net"},
         "prefix \"5net\" is not a letter and then letters, digits or '_', at most 40 in all"},
        {{.prefix = "a-b"},
         "prefix \"a-b\" is not a letter and then letters, digits or '_', at most 40 in all"},
        {{.prefix = "net", .header = "a\"b.h"}, "\"a\"b.h\" cannot be the name of a header in C"},
        {{.prefix = "net", .n_tests = 1001}, "1001 test images are more than 1000"},
        {{.prefix = "net", .n_tests = 1}, "1 test images without pixels or logits"},
        {{.prefix = "net", .n_tests = 1, .images = images, .logits = half},
         "test image 0: the model cannot give the logit 0.5 for class 0"},
        {{.prefix = "net", .n_tests = 1, .images = images, .logits = infinite},
         "test image 0: the model cannot give the logit inf for class 0"},
    };
    const bnn_model *model = integer_model(0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *source = NULL, *header = NULL;
        bnn_error err = {0};
        ck_assert_int_eq(bnn_c_export(model, &cases[i].options, &source, &header, &err),
                         BNN_E_USAGE);
        ck_assert_str_eq(err.message, cases[i].message);
        ck_assert(source == NULL && header == NULL);
    }
}
END_TEST

/* Logits of a float model can be infinite, and its last stage larger than integer sums may be. */
START_TEST(test_logits_without_a_constant_are_refused)
{
    static const float infinite = -INFINITY;
    static const uint8_t images[1];
    const bnn_stage stage = {.op.name = "dense_1",
                             .op.type = BNN_LOWER_DENSE,
                             .outputs = BNN_VALUES_FLOATS,
                             .op.in = {256, 256, 256},
                             .op.out = {1, 1, 1},
                             .out = {1, 1, 1},
                             .op.kernel = 1,
                             .op.stride = 1,
                             .taps = BNN_SUM_MAX};
    const bnn_model model = {.input = stage.op.in, .n_classes = 1, .n_stages = 1, .stages = &stage};
    const bnn_c_options options = {
        .prefix = "net", .n_tests = 1, .images = images, .logits = &infinite};
    char *source = NULL, *header = NULL;
    bnn_error err = {0};
    ck_assert_int_eq(bnn_c_export(&model, &options, &source, &header, &err), BNN_E_USAGE);
    ck_assert_str_eq(err.message, "test image 0: C has no constant for the logit -inf of class 0; "
                                  "take other images");
}
END_TEST

/* A small file can have a stage of many channels: writing it takes time in proportion. */
START_TEST(many_tables_take_no_long_time)
{
    enum { N = 1 << 18 };
    static uint64_t bits[N];
    static uint8_t rules[N];
    static int32_t thresholds[N];
    const uint32_t shapes[] = {1, 1, N, 1};
    bnn_stage stages[3] = {0};
    memset(rules, BNN_RULE_TABLE, sizeof rules);
    for (uint32_t i = 0; i < 3; i++)
        stages[i] = (bnn_stage){.op.name = "",
                                .op.type = BNN_LOWER_DENSE,
                                .inputs = i == 0 ? BNN_VALUES_PIXELS : BNN_VALUES_BITS,
                                .outputs = i == 2 ? BNN_VALUES_FLOATS : BNN_VALUES_BITS,
                                .op.in = {shapes[i], 1, 1},
                                .op.out = {shapes[i + 1], 1, 1},
                                .out = {shapes[i + 1], 1, 1},
                                .op.binary_weights = true,
                                .integer_sums = true,
                                .taps = shapes[i],
                                .bits = bits,
                                .folded = i < 2};
    stages[0].fold = (bnn_fold){.threshold = thresholds, .rule = (const uint8_t[]){0}};
    stages[1].fold = (bnn_fold){
        .threshold = thresholds, .rule = rules, .n_tables = N, .table_size = 2, .tables = bits};
    const bnn_model model = {.input = {1, 1, 1}, .n_classes = 1, .n_stages = 3, .stages = stages};
    char *source = NULL, *header = NULL;
    bnn_error err = {0};
    ck_assert_int_eq(
        bnn_c_export(&model, &(bnn_c_options){.prefix = "net"}, &source, &header, &err), BNN_OK);
    ck_assert_ptr_nonnull(strstr(source, " 262144,\n};"));
    free(source);
    free(header);
}
END_TEST

START_TEST(many_lines_take_no_long_time)
{
    enum { N = 1 << 18 };
    static float weights[N];
    static int64_t numbers[N];
    const bnn_lines lines = {.factor = numbers, .offset = numbers};
    const bnn_codes codes = {.min = -1, .max = 1, .step = 1};
    const bnn_stage stages[] = {{.op = {.name = "",
                                        .type = BNN_LOWER_DENSE,
                                        .in = {1, 1, 1},
                                        .out = {N, 1, 1},
                                        .weight = weights,
                                        .codes = codes},
                                 .inputs = BNN_VALUES_PIXELS,
                                 .outputs = BNN_VALUES_CODES,
                                 .out_codes = {0, 3},
                                 .out = {N, 1, 1},
                                 .taps = 1,
                                 .lines = &lines},
                                {.op = {.name = "",
                                        .type = BNN_LOWER_DENSE,
                                        .in = {N, 1, 1},
                                        .out = {1, 1, 1},
                                        .weight = weights,
                                        .codes = codes},
                                 .inputs = BNN_VALUES_CODES,
                                 .outputs = BNN_VALUES_FLOATS,
                                 .in_codes = {0, 3},
                                 .out = {1, 1, 1},
                                 .taps = N}};
    const bnn_model model = {.input = {1, 1, 1}, .n_classes = 1, .n_stages = 2, .stages = stages};
    char *source = NULL, *header = NULL;
    bnn_error err = {0};
    weights[0] = 1.0f;
    ck_assert_int_eq(
        bnn_c_export(&model, &(bnn_c_options){.prefix = "net"}, &source, &header, &err), BNN_OK);
    ck_assert_ptr_nonnull(strstr(source, "static const uint16_t net_stage_1_weights[262144][1]"));
    free(source);
    free(header);
}
END_TEST

/* Of few levels that are far apart the number of a level, times their distance, is more than 32 bits hold. */
START_TEST(long_rows_have_no_digits)
{
    enum { N = 1 << 16 };
    static float weights[N];
    const bnn_stage stage = {.op = {.name = "",
                                    .type = BNN_LOWER_DENSE,
                                    .in = {1, 256, 256},
                                    .out = {1, 1, 1},
                                    .weight = weights,
                                    .codes = {.min = -127, .max = 127, .step = 127}},
                             .inputs = BNN_VALUES_PIXELS,
                             .outputs = BNN_VALUES_FLOATS,
                             .out = {1, 1, 1},
                             .taps = N};
    const bnn_model model = {
        .input = {1, 256, 256}, .n_classes = 1, .n_stages = 1, .stages = &stage};
    char *source = NULL, *header = NULL;
    bnn_error err = {0};
    weights[0] = 127.0f;
    ck_assert_int_eq(
        bnn_c_export(&model, &(bnn_c_options){.prefix = "net"}, &source, &header, &err), BNN_OK);
    ck_assert_ptr_nonnull(strstr(source, "net_sum_of_products(net_stage_1_weights[c], x, 65536)"));
    free(source);
    free(header);
}
END_TEST

/* Texts of a model come from files that anyone can write. They must stay inside comments, and
 * names of stages must become names of functions that nothing else has. */
START_TEST(hostile_texts_stay_comments)
{
    static const bnn_metadata metadata[] = {
        {"*/ int x; /*", "/* ?\?/ */\n#error \"out\"\n\\\n/\n*\n/"},
        {"spec", "\xe2\x80\xae reversed \xff, a long line: 0123456789012345678901234567890123456789"
                 "0123456789012345678901234567890123456789012345678901234567890123456789*/*/*/"}};
    static const char *const names[] = {"get_bit", "a_1", "*/\nint_1"};
    bnn_model model = *integer_model(0);
    bnn_stage *stages = bnn_arena_alloc(arena, model.n_stages, sizeof *stages);
    ck_assert_uint_eq(model.n_stages, 3);
    for (uint32_t i = 0; i < 3; i++) {
        stages[i] = model.stages[i];
        stages[i].op.name = names[i];
    }
    model.stages = stages;
    model.metadata = metadata;
    model.n_metadata = 2;
    write_case("hostile_texts", &model,
               random_images(&b, RANDOM_IMAGES * bnn_shape_values(model.input)), RANDOM_IMAGES);
}
END_TEST

START_TEST(what_has_no_constant_is_refused)
{
    char *source = NULL, *header = NULL;
    bnn_error err = {0};
    bnn_network *net = network_of(parsed_model(model_spec(PLAIN, "  binarize: {}\n")), 4, 1, 1);
    bnn_model *model = built(graph_of(net), NULL, NULL);
    bnn_stage *stages = bnn_arena_alloc(arena, model->n_stages, sizeof *stages);
    float *weights = random_floats(&b, (size_t)model->stages[3].op.out.c * model->stages[3].taps);
    memcpy(stages, model->stages, model->n_stages * sizeof *stages);
    weights[7] = NAN;
    stages[3].op.weight = weights;
    model->stages = stages;
    ck_assert_int_eq(bnn_c_export(model, &(bnn_c_options){.prefix = "net"}, &source, &header, &err),
                     BNN_E_FAILED);
    ck_assert_str_eq(err.message, "dense_4: a value is infinite or not a number, which C cannot "
                                  "say as a constant");
    ck_assert(source == NULL && header == NULL);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("cexport");
    TCase *options = tcase_create("options");
    tcase_add_checked_fixture(options, make_set_up, make_tear_down);
    tcase_add_test(options, bad_options_are_refused);
    tcase_add_test(options, test_logits_without_a_constant_are_refused);
    tcase_add_test(options, many_tables_take_no_long_time);
    tcase_add_test(options, many_lines_take_no_long_time);
    tcase_add_test(options, long_rows_have_no_digits);
    tcase_add_test(options, hostile_texts_stay_comments);
    tcase_add_test(options, what_has_no_constant_is_refused);
    suite_add_tcase(suite, options);
    TCase *cases = tcase_create("cases");
    tcase_add_checked_fixture(cases, make_set_up, make_tear_down);
    tcase_set_timeout(cases, 600);
    tcase_add_loop_test(cases, integer_network, 0, N_INTEGERS);
    tcase_add_test(cases, random_rules);
    tcase_add_test(cases, random_gates);
    tcase_add_test(cases, random_skips);
    tcase_add_test(cases, random_lines);
    tcase_add_loop_test(cases, random_network, 0, N_RANDOM);
    tcase_add_loop_test(cases, learned_network, 0, 4 * 6);
    tcase_add_loop_test(cases, width_network, 0, 8);
    tcase_add_loop_test(cases, view_network, 0, 12);
    tcase_add_loop_test(cases, form_network, 0, 6);
    tcase_add_loop_test(cases, trained_network, 0, N_TRAINED);
    suite_add_tcase(suite, cases);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
