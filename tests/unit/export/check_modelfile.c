/* Model files: what is written is read back, sizes are as promised, and no damage does more than
 * give an error. */
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/deploy_fixture.h"
#include "tests/fixtures/hostile_model.h"
#include "tests/fixtures/random_model.h"

#include "base/file.h"
#include "export/stage_size.h"

/* A small network with something of everything: a table, a pool of bits, a chain, biases. */
#define SMALL_OF(channels, second)                                              \
    "  topology:\n"                                                             \
    "    name: small\n"                                                         \
    "    input: {channels: 1, height: 8, width: 7}\n"                           \
    "    blocks:\n"                                                             \
    "      - layer: {name: conv2d, out: " channels ", kernel: 3, padding: 1}\n" \
    "        pool: maxpool\n"                                                   \
    "      - layer: {name: conv2d, out: " second "}\n"                          \
    "      - layer: {name: dense, out: 11}\n"                                   \
    "      - layer: {name: dense, out: 4}\n"
#define SMALL        SMALL_OF("5", "3, kernel: 2")
#define SMALL_GROUPS SMALL_OF("6", "9, kernel: 2, groups: 3")
enum { CLASSES = 4 };

static const struct {
    const char *topology, *text;
} small[] = {
    {SMALL, "  binarize: {first: true, last: true}\n  activation: prelu\n  ordering: act_bn\n"},
    {SMALL, "  binarize: {}\n  ordering: pool_bn_act\n  activation: hardtanh\n"},
    {SMALL, "  binarize: none\n  activation: prelu\n"},
    {SMALL, "  binarize: {activations: false}\n"},
    {SMALL, "  quantize: {weights: 2, activations: 4}\n"},
    {SMALL_GROUPS, "  binarize: {}\n"},
    {SMALL_GROUPS, "  quantize: {weights: 2, activations: 4}\n"},
    {SMALL, "  binarize: {first: true}\n  form: ternary\n"},
};
enum { N_SETTINGS = sizeof small / sizeof *small };

static const bnn_model *small_model_with(int which, bool lines)
{
    const char *spec = model_spec(small[which].topology, small[which].text);
    bnn_network *net = network_of(parsed_model(spec), CLASSES, 1, 1);
    fill_tensors(net, (uint64_t)which + 3);
    return built_with(graph_of(net), lines, NULL, NULL);
}

static const bnn_model *small_model(int which)
{
    return small_model_with(which, true);
}

/* ---- written and read -------------------------------------------------------------------- */

START_TEST(a_file_is_read_back)
{
    size_t n, n_read;
    char *read = NULL;
    bnn_error err = {0};
    bnn_model *again = NULL;
    const bnn_model *model = small_model(_i);
    uint8_t *bytes = encoded(model, &n);
    ck_assert(try_model(bytes, n));
    ck_assert_int_eq(bnn_modelfile_write(model, "check_modelfile.bnn", &err), BNN_OK);
    ck_assert_int_eq(bnn_file_read("check_modelfile.bnn", 1 << 20, &read, &n_read, &err), BNN_OK);
    ck_assert_uint_eq(n_read, n);
    ck_assert_int_eq(memcmp(read, bytes, n), 0);
    ck_assert_int_eq(bnn_modelfile_read("check_modelfile.bnn", arena, &again, &err), BNN_OK);
    ck_assert_str_eq(bnn_model_metadata(again, "run"), "0123abcd");
    ck_assert_ptr_null(bnn_model_metadata(again, "nothing"));
    ck_assert_uint_eq(again->n_stages, 4);
    ck_assert_str_eq(again->stages[1].op.name, "conv2d_2");
    ck_assert_uint_eq(bnn_op_groups(&again->stages[1].op), bnn_op_groups(&model->stages[1].op));
    ck_assert_int_eq(again->version == 3, strcmp(small[_i].topology, SMALL_GROUPS) == 0);
    if (_i == 0) /* the one that is to have tables, rules, pools */
        ck_assert(again->stages[0].fold.n_tables > 0 && again->stages[0].fold.pool == 2);
    free(read);
    free(bytes);
    remove("check_modelfile.bnn");
}
END_TEST

/* A model by hand, and its file by hand. */
static const bnn_model *known_model(void)
{
    static const int32_t thresholds[] = {129, -128, 5};
    static const uint8_t rules[] = {0, BNN_RULE_FLIPPED, 0};
    static const uint64_t first[] = {1, 0, 1}, second[] = {7, 56};
    static const float factors[] = {1.0f, 2.0f}, offsets[] = {0.0f, -1.0f};
    static const bnn_op chain[] = {{.type = BNN_LOWER_AFFINE,
                                    .name = "n",
                                    .in = {2, 1, 1},
                                    .out = {2, 1, 1},
                                    .factor = factors,
                                    .offset = offsets}};
    static const bnn_stage stages[] = {{.op.name = "a",
                                        .op.type = BNN_LOWER_CONV2D,
                                        .inputs = BNN_VALUES_PIXELS,
                                        .outputs = BNN_VALUES_BITS,
                                        .op.in = {1, 1, 2},
                                        .op.out = {3, 1, 2},
                                        .out = {3, 1, 2},
                                        .op.kernel = 1,
                                        .op.stride = 1,
                                        .op.binary_weights = true,
                                        .integer_sums = true,
                                        .taps = 1,
                                        .bits = first,
                                        .row_words = 1,
                                        .folded = true,
                                        .fold = {.threshold = thresholds, .rule = rules},
                                        .macs = 6,
                                        .n_float_values = 9},
                                       {.op.name = "b",
                                        .op.type = BNN_LOWER_DENSE,
                                        .inputs = BNN_VALUES_BITS,
                                        .outputs = BNN_VALUES_FLOATS,
                                        .op.in = {3, 1, 2},
                                        .op.out = {2, 1, 1},
                                        .out = {2, 1, 1},
                                        .op.kernel = 1,
                                        .op.stride = 1,
                                        .op.binary_weights = true,
                                        .integer_sums = true,
                                        .taps = 6,
                                        .bits = second,
                                        .row_words = 1,
                                        .n_chain = 1,
                                        .chain = chain,
                                        .macs = 12,
                                        .n_float_values = 16}};
    static const bnn_metadata metadata[] = {{"k", "vw"}};
    static const bnn_model model = {.input = {1, 1, 2},
                                    .n_classes = 2,
                                    .n_metadata = 1,
                                    .metadata = metadata,
                                    .n_stages = 2,
                                    .stages = stages};
    return &model;
}

/* clang-format off */
static const uint8_t known_file[] = {
    0x89, 'B', 'N', 'N', 13, 10, 26, 10,             /* magic */
    1, 0, 0, 0, 140, 0, 0, 0,                        /* 8: version, size */
    0x2f, 0x8d, 0xda, 0xad,                          /* 16: checksum */
    1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0,  /* 20: input, classes */
    1, 0, 0, 0, 1, 0, 'k', 2, 0, 'v', 'w',           /* 36: metadata */
    2, 0, 0, 0,                                      /* 47: stages */
    47, 0, 0, 0, 1, 0, 'a', 1, 0, 1, 5, 9, 0, 0, 0,  /* 51: size, name, kinds, floats */
    1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0,           /* 66: kernel, stride, padding */
    3, 0, 0, 0, 5,                                   /* 79: channels, weights */
    0, 0, 0, 0, 2, 0, 0,                             /* 84: pool, rules */
    2, 129, 0, 0x80, 0xff, 5, 0,                     /* 91: thresholds */
    42, 0, 0, 0, 1, 0, 'b', 2, 1, 2, 1, 16, 0, 0, 0, /* 98: size, name, kinds, floats */
    2, 0, 0, 0, 0x07, 0x0e,                          /* 113: channels, weights */
    1, 3, 1, 0, 'n',                                 /* 119: chain */
    0, 0, 0x80, 0x3f, 0, 0, 0, 0x40,                 /* 124: factors */
    0, 0, 0, 0, 0, 0, 0x80, 0xbf,                    /* 132: offsets */
};
/* clang-format on */

/* The same of one with codes. */
static const bnn_model *known_codes(void)
{
    static const float first[] = {-1, 0, 1}, second[] = {-3, -1, 1, 3, -3, 3, 3, 3, 1, 1, -1, -1};
    static const float factors[] = {0.5f, 0.5f, 0.5f}, offsets[] = {0, 1, -1}, biases[] = {1, 1};
    static const bnn_op chain[] = {{.type = BNN_LOWER_AFFINE,
                                    .name = "a.1",
                                    .in = {3, 1, 2},
                                    .out = {3, 1, 2},
                                    .factor = factors,
                                    .offset = offsets}};
    static const bnn_stage stages[] = {{.op.name = "a",
                                        .op.type = BNN_LOWER_CONV2D,
                                        .inputs = BNN_VALUES_PIXELS,
                                        .outputs = BNN_VALUES_BITS,
                                        .op.in = {1, 1, 2},
                                        .op.out = {3, 1, 2},
                                        .out = {3, 1, 2},
                                        .op.kernel = 1,
                                        .op.stride = 1,
                                        .op.codes = {-1, 1, 1},
                                        .op.weight = first,
                                        .taps = 1,
                                        .n_chain = 1,
                                        .chain = chain,
                                        .macs = 6,
                                        .n_float_values = 300},
                                       {.op.name = "b",
                                        .op.type = BNN_LOWER_DENSE,
                                        .inputs = BNN_VALUES_BITS,
                                        .outputs = BNN_VALUES_FLOATS,
                                        .op.in = {3, 1, 2},
                                        .op.out = {2, 1, 1},
                                        .out = {2, 1, 1},
                                        .op.kernel = 1,
                                        .op.stride = 1,
                                        .op.codes = {-3, 3, 2},
                                        .op.weight = second,
                                        .op.bias = biases,
                                        .taps = 6,
                                        .macs = 12,
                                        .n_float_values = 14}};
    static const bnn_metadata metadata[] = {{"k", "vw"}};
    static const bnn_model model = {.input = {1, 1, 2},
                                    .n_classes = 2,
                                    .n_metadata = 1,
                                    .metadata = metadata,
                                    .n_stages = 2,
                                    .stages = stages};
    return &model;
}

/* clang-format off */
static const uint8_t known_codes_file[] = {
    0x89, 'B', 'N', 'N', 13, 10, 26, 10,        /* magic */
    2, 0, 0, 0, 89, 0, 0, 0,                    /* 8: version, size */
    0, 0, 0, 0,                                 /* 16: checksum */
    1, 1, 2, 2, 0,                              /* 20: input, classes, nothing else */
    1, 1, 'k', 2, 'v', 'w',                     /* 25: metadata */
    2,                                          /* 31: stages */
    1, 'a', 1, 0, 1, 8, 0xac, 2,                /* 32: name, kinds, floats */
    1, 1, 0, 0, 3,                              /* 40: kernel, stride, padding, channels */
    0xff, 1, 1, 21,                             /* 45: codes, weights */
    1, 3,                                       /* 49: chain */
    1, 0, 0, 0, 0x3f,                           /* 51: factors */
    0, 0, 0, 0, 0, 0, 0, 0x80, 0x3f, 0, 0, 0x80, 0xbf, /* 56: offsets */
    1, 'b', 2, 1, 2, 10, 14,                    /* 69: name, kinds, floats */
    2, 0xfd, 3, 2, 0xe4, 0xfc, 0x5a,            /* 76: channels, codes, weights */
    1, 0, 0, 0x80, 0x3f,                        /* 83: biases */
    0,                                          /* 88: chain */
};
/* clang-format on */

/* clang-format off */
static const uint8_t known_lines_file[] = {
    0x89, 'B', 'N', 'N', 13, 10, 26, 10,        /* magic */
    2, 0, 0, 0, 66, 0, 0, 0,                    /* 8: version, size */
    0, 0, 0, 0,                                 /* 16: checksum */
    1, 1, 2, 2, 0, 0, 2,                        /* 20: input, classes, nothing else, metadata, stages */
    1, 'd', 2, 0, 3, 24, 4,                     /* 27: name, kinds, floats */
    0, 3,                                       /* 34: codes from 0 to 3 */
    2, 0xff, 1, 1, 0x41,                        /* 36: channels, codes, weights */
    1, 1, 2,                                    /* 41: a pool, the least of channel 1 */
    6, 1, 1, 0xff, 2, 64, 0, 0x2c, 1,           /* 44: shift, factors, offsets */
    1, 'e', 2, 3, 2, 8, 6,                      /* 53: name, kinds, floats */
    2, 0xff, 1, 1, 0x3b, 0,                     /* 60: channels, codes, weights, chain */
};
/* clang-format on */

/* clang-format off */
static const uint8_t known_groups_file[] = {
    0x89, 'B', 'N', 'N', 13, 10, 26, 10,        /* magic */
    3, 0, 0, 0, 45, 0, 0, 0,                    /* 8: version, size */
    0, 0, 0, 0,                                 /* 16: checksum */
    2, 1, 1, 2, 0, 0, 1,                        /* 20: input, classes, nothing else, metadata, stages */
    1, 'g', 1, 0, 2, 8, 2,                      /* 27: name, kinds, floats */
    1, 1, 0, 0, 2, 2,                           /* 34: kernel, stride, padding, groups, channels */
    0xff, 1, 1, 6, 0,                           /* 40: codes, weights, chain */
};
/* clang-format on */

enum { KNOWN = 4 };

/* The newer ones have a checksum, too. */
static size_t known_bytes(int which, uint8_t bytes[sizeof known_file])
{
    const uint8_t *const files[KNOWN] = {known_file, known_codes_file, known_lines_file,
                                         known_groups_file};
    const size_t sizes[KNOWN] = {sizeof known_file, sizeof known_codes_file,
                                 sizeof known_lines_file, sizeof known_groups_file};
    memcpy(bytes, files[which], sizes[which]);
    if (which > 0)
        make_plausible(bytes, sizes[which]);
    return sizes[which];
}

/* (sum + 64) >> 6 and (300 - sum) >> 6. */
static bnn_model *known_lines(void)
{
    uint8_t bytes[sizeof known_file];
    const size_t n = known_bytes(2, bytes);
    bnn_error err = {0};
    bnn_model *model = NULL;
    ck_assert_msg(bnn_modelfile_decode(bytes, n, "m", arena, &model, &err) == BNN_OK, "%s",
                  err.message);
    return model;
}

START_TEST(lines_are_read)
{
    uint8_t bytes[sizeof known_file];
    ck_assert(try_model(bytes, known_bytes(2, bytes)));
    const bnn_model *model = known_lines();
    const bnn_stage *s = &model->stages[0];
    const bnn_lines *lines = s->lines;
    ck_assert(s->outputs == BNN_VALUES_CODES && s->out_codes.min == 0 && s->out_codes.max == 3);
    ck_assert(lines->shift == 6 && lines->pool == 1 && lines->pool_stride == 1);
    ck_assert(lines->factor[0] == 1 && lines->factor[1] == -1);
    ck_assert(lines->offset[0] == 64 && lines->offset[1] == 300);
    ck_assert(lines->least[0] == 0 && lines->least[1] == 1);
    ck_assert(s->op.weight[0] == 1 && s->op.weight[1] == -1);
    /* Sums of 80 and 20: 144 >> 6 and 280 >> 6, of which 3 is held. */
    const uint8_t image[] = {228, 148};
    float *logits = logits_of_image(&bnn_engine_portable, model, arena, image);
    ck_assert(logits[0] == 2.0f && logits[1] == 1.0f);
    free(logits);
}
END_TEST

/* Each of two channels sees one, with weights of -1 and +1. */
START_TEST(groups_are_read)
{
    uint8_t bytes[sizeof known_file];
    const size_t n = known_bytes(3, bytes);
    bnn_error err = {0};
    bnn_model *model = NULL;
    ck_assert(try_model(bytes, n));
    ck_assert_msg(bnn_modelfile_decode(bytes, n, "m", arena, &model, &err) == BNN_OK, "%s",
                  err.message);
    const bnn_stage *s = &model->stages[0];
    ck_assert(s->op.groups == 2 && s->taps == 1 && s->macs == 2);
    ck_assert(s->op.weight[0] == -1 && s->op.weight[1] == 1);
    const uint8_t image[] = {192, 160};
    float *logits = logits_of_image(&bnn_engine_portable, model, arena, image);
    ck_assert(logits[0] == -0.5f && logits[1] == 0.25f);
    free(logits);
}
END_TEST

static bnn_model *skips_of(uint64_t seed, model_maker *maker)
{
    *maker = (model_maker){.arena = arena, .skips = true};
    return random_model(maker, seed, 20000);
}

/* What is written is read, stage by stage: the same bytes come of it. */
START_TEST(skips_are_read)
{
    enum { N = 60 };
    uint32_t n_skips = 0;
    for (uint64_t seed = 1; seed <= N; seed++) {
        model_maker maker;
        bnn_model *model = skips_of(seed, &maker), *read = NULL;
        bnn_error err = {0};
        size_t n, n_again;
        const uint32_t most = bnn_modelfile_version(model);
        ck_assert(bnn_model_skip(model) == NULL || most == 3);
        n_skips += bnn_model_skip(model) != NULL;
        uint8_t *bytes = encoded(model, &n);
        ck_assert_msg(bnn_modelfile_decode(bytes, n, "m", arena, &read, &err) == BNN_OK, "%s\n%s",
                      err.message, maker.text);
        uint8_t *again = encoded(read, &n_again);
        ck_assert(n == n_again && memcmp(bytes, again, n) == 0);
        free(bytes);
        free(again);
    }
    ck_assert_uint_gt(n_skips, 20);
}
END_TEST

static void refuse_encoded(const bnn_model *model, const char *message)
{
    size_t n;
    uint8_t *bytes = encoded(model, &n);
    bnn_error err = {0};
    bnn_model *read = NULL;
    ck_assert_int_eq(bnn_modelfile_decode(bytes, n, "m", arena, &read, &err), BNN_E_RESOURCE);
    ck_assert_msg(strstr(err.message, message) != NULL, "%s", err.message);
    free(bytes);
}

/* The first sum of a model, whose stages become a copy, and where it is. */
static bnn_stage *first_sum(bnn_model *model, uint32_t *at)
{
    bnn_stage *own = bnn_arena_copy(arena, model->stages, model->n_stages, sizeof *own);
    ck_assert_ptr_nonnull(own);
    model->stages = own;
    for (uint32_t i = 0; i < model->n_stages; i++)
        if (own[i].with > 0) {
            *at = i;
            return &own[i];
        }
    return NULL;
}

/* Values that are not there, of other shapes or kinds, that others take, too, or that nobody takes. */
START_TEST(skips_that_cannot_be_are_refused)
{
    static const char wrong[] = "a stage takes or adds values that there are not, or not for it";
    uint32_t n = 0;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        model_maker maker;
        uint32_t at = 0;
        bnn_model *model = skips_of(seed, &maker);
        bnn_stage *sum = first_sum(model, &at);
        if (sum == NULL)
            continue;
        n++;
        const bool row = bnn_stage_source(&sum[-1], at - 1) == (int32_t)at - 2;
        sum->with = 1;
        refuse_encoded(model, row ? wrong : "no stage takes the values of one");
        sum->with = at + 1;
        refuse_encoded(
            model, bnn_arena_printf(arena, "stage %u adds values from %u before", at + 1, at + 1));
        sum->with = 2;
        sum->from = at + 1;
        refuse_encoded(
            model, bnn_arena_printf(arena, "stage %u takes values from %u before", at + 1, at + 1));
        sum->from = 0;
        if (row) {
            sum->with = 0; /* as a stage of its own it is right */
            size_t bytes;
            uint8_t *file = encoded(model, &bytes);
            bnn_error err;
            bnn_model *read = NULL;
            ck_assert_msg(bnn_modelfile_decode(file, bytes, "m", arena, &read, &err) == BNN_OK,
                          "%s", err.message);
            free(file);
        } else {
            sum->with = 0;
            refuse_encoded(model, "no stage takes the values of one");
        }
    }
    ck_assert_uint_gt(n, 20);
}
END_TEST

/* What a file can say and must not: numbers that are too large, sums that are not whole, floats as codes. */
START_TEST(lines_that_cannot_be_are_refused)
{
    static const float bias[] = {1.0f, 2.0f};
    static const int64_t large[] = {1, BNN_SUM_MAX + 1}, far[] = {1, BNN_LINE_OFFSET_MAX + 1};
    const bnn_model *known = known_lines();
    bnn_stage stages[2] = {known->stages[0], known->stages[1]};
    bnn_lines lines = *stages[0].lines;
    bnn_model model = *known;
    model.stages = stages;
    stages[0].lines = &lines;
    lines.factor = large;
    refuse_encoded(&model, "factors: 16777217 is larger than 16777216");
    lines.factor = far;
    refuse_encoded(&model, "factors: 281474976710657 is larger than 16777216");
    lines = *known->stages[0].lines;
    lines.offset = far;
    refuse_encoded(&model, "offsets: 281474976710657 is larger than 281474976710656");
    lines = *known->stages[0].lines;
    stages[0].op.bias = bias;
    refuse_encoded(&model, "a stage without whole sums, or without codes, has lines");
    stages[0].op.bias = NULL;
    stages[0].lines = NULL;
    refuse_encoded(&model, "a chain that does not end in the codes that it says");
}
END_TEST

START_TEST(the_bytes_are_those_of_the_description)
{
    size_t n;
    uint8_t known[sizeof known_file], *bytes = encoded(_i == 0 ? known_model() : known_codes(), &n);
    ck_assert_uint_eq(n, known_bytes(_i, known));
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(bytes[i] == known[i], "byte %zu: %02x, not %02x", i, bytes[i], known[i]);
    ck_assert(try_model(bytes, n));
    free(bytes);
}
END_TEST

/* Codes are written as digits where the format has them, and zeros lose their signs. Neither changes what an engine
 * makes of the weights. */
START_TEST(codes_take_fewer_bytes)
{
    enum { IMAGES = 20, PIXELS = 56 };
    bnn_error err;
    bnn_model *digits = NULL, *floats = NULL, model = *small_model_with(N_SETTINGS - 1, false);
    buffers b = {.state = 1};
    size_t n_digits, n_floats;
    uint8_t *of_digits = encoded(&model, &n_digits);
    ck_assert_uint_eq(bnn_modelfile_version(&model), 2);
    model.version = 1;
    uint8_t *of_floats = encoded(&model, &n_floats);
    ck_assert_int_eq(bnn_modelfile_decode(of_digits, n_digits, "m", arena, &digits, &err), BNN_OK);
    ck_assert_int_eq(bnn_modelfile_decode(of_floats, n_floats, "m", arena, &floats, &err), BNN_OK);
    ck_assert(digits->version == 2 && floats->version == 1);
    for (uint32_t i = 0; i < model.n_stages; i++) {
        bnn_stage_size size;
        const bnn_stage *d = &digits->stages[i], *f = &floats->stages[i];
        bnn_modelfile_stage_size(digits, i, &size);
        ck_assert_uint_eq(size.weight_tenths, d->op.codes.step == 1 ? 16 : 320);
        ck_assert_int_eq(f->op.codes.step, 0);
        for (size_t k = 0; k < (size_t)d->op.out.c * d->taps; k++)
            ck_assert(d->op.weight[k] == f->op.weight[k]);
    }
    ck_assert_int_eq(digits->stages[0].op.codes.step, 1);
    ck_assert_uint_lt(n_digits + 1000, n_floats);
    const uint8_t *images = random_images(&b, IMAGES * PIXELS);
    for (size_t i = 0; i < IMAGES; i++) {
        float *x = logits_of_image(&bnn_engine_portable, digits, arena, images + i * PIXELS);
        float *y = logits_of_image(&bnn_engine_portable, floats, arena, images + i * PIXELS);
        ck_assert_int_eq(memcmp(x, y, CLASSES * sizeof *x), 0);
        free(x);
        free(y);
    }
    free(of_digits);
    free(of_floats);
    buffers_free(&b);
}
END_TEST

/* ---- sizes ------------------------------------------------------------------------------- */

typedef struct size_case {
    const char *settings_text;
    size_t limit_bytes;
} size_case;

static const size_case size_cases[] = {
    {"  binarize: {first: true, last: true}\n  ordering: bn_act\n", 10000},
    {"  binarize: {first: true, last: true}\n  ordering: pool_bn_act\n", 10000},
    {"  binarize: {first: true, last: true}\n  ordering: act_pool_bn\n", 10000},
    {"  binarize: {first: true, last: true}\n  ordering: xnor\n", 10000},
    {"  binarize: {first: true}\n", 12500},
    {"  binarize: {}\n  ordering: bn_act\n", 13000},
    {"  binarize: {}\n  ordering: pool_bn_act\n", 13000},
};

START_TEST(lenet_is_small)
{
    const size_case *c = &size_cases[_i];
    bnn_network *net = network_of(parsed_model(model_spec(LENET, c->settings_text)), 10, 1, 1);
    const bnn_model *model = built(graph_of(net), NULL, NULL);
    const size_t n = bnn_modelfile_encode(model, NULL);
    uint64_t sum = bnn_modelfile_head_bytes(model), weights = 0, float32_bytes = 0;
    for (uint32_t i = 0; i < model->n_stages; i++) {
        bnn_stage_size s;
        bnn_modelfile_stage_size(model, i, &s);
        sum += s.bytes;
        weights += s.n_weights;
        float32_bytes += s.float32_bytes;
        ck_assert_uint_eq(s.weight_bytes + s.bias_bytes + s.threshold_bytes + s.rule_bytes +
                              s.table_bytes + s.chain_bytes + s.header_bytes,
                          s.bytes);
        ck_assert_uint_eq(s.weight_bytes * 80,
                          s.n_weights * s.weight_tenths + 10 * s.weight_pad_bits);
        ck_assert_uint_lt(s.header_bytes, 100);
    }
    ck_assert_uint_eq(sum, n);
    ck_assert_uint_eq(weights, 61470);
    ck_assert_uint_gt(float32_bytes, 4 * 61470);
    ck_assert_uint_le(n, c->limit_bytes);
    if (getenv("BNN_TEST_VERBOSE") != NULL)
        fprintf(stderr, "%zu bytes%s", n, c->settings_text);
}
END_TEST

/* ---- damage ------------------------------------------------------------------------------ */

typedef struct damage {
    size_t at;
    uint8_t value;
    bool seals; /* size and checksum are made right */
    const char *message;
} damage;

/* Offsets in known_file. */
static const damage damages[] = {
    {0, 'B', false, "m: byte 0: not a model file: it must begin with 89 'BNN' 0d 0a 1a 0a"},
    {8, 4, false, "m: byte 12: version 4, this program reads versions 1 to 3"},
    {8, 0, false, "m: byte 12: version 0, this program reads versions 1 to 3"},
    {12, 141, false, "m: byte 16: the file says it has 141 bytes, it has 140; copy it again"},
    {60, 0xff, false,
     "m: byte 20: the checksum is 8348b006, the file says adda8d2f: it is damaged; copy it again"},
    {23, 1, true, "m: byte 36: images of 16777217x1x2"},
    {28, 0, true, "m: byte 36: images of 1x1x0"},
    {32, 3, true, "m: byte 140: the last stage gives no 3 logits"},
    {37, 2, true, "m: byte 40: 513 texts about the model, more than 256"},
    {40, 0, true, "m: byte 44: ends 523 bytes too early"},
    {42, 0x1b, true, "m: byte 43: a text has control characters"},
    {42, 0, true, "m: byte 43: a text has control characters"},
    {47, 0, true, "m: byte 51: 0 stages; there are 1 to 1024"},
    {48, 9, true, "m: byte 51: 2306 stages; there are 1 to 1024"},
    {47, 1, true, "m: byte 98: 42 bytes too many"},
    {47, 3, true, "m: byte 140: ends 4 bytes too early"},
    {51, 46, true, "m: byte 92: ends 1 bytes too early"},
    {51, 48, true, "m: byte 98: 1 bytes too many in a stage"},
    {51, 3, true, "m: byte 55: a stage of 3 bytes, where 89 are left"},
    {54, 0x80, true, "m: byte 55: a stage of 2147483695 bytes, where 89 are left"},
    {58, 3, true, "m: byte 66: linear operation 3"},
    {105, 0, true, "m: byte 113: linear operation 0"},
    {59, 1, true, "m: byte 66: takes values of kind 1, is given kind 0"},
    {60, 0, true, "m: byte 66: gives values of kind 0"},
    {60, 2, true, "m: byte 84: a stage without integer sums, or without a sign, is folded"},
    {61, 8, true, "m: byte 66: flags 8"},
    {61, 4, true, "m: byte 95: a stage without integer sums, or without a sign, is folded"},
    {61, 7, true, "m: byte 96: a stage without integer sums, or without a sign, is folded"},
    {66, 2, true,
     "m: byte 83: layer: 3 channels, kernel 2, stride 1, padding 0 with 0 does not fit 1x1x2"},
    {70, 0, true,
     "m: byte 83: layer: 3 channels, kernel 1, stride 0, padding 0 with 0 does not fit 1x1x2"},
    {74, 1, true,
     "m: byte 83: layer: 3 channels, kernel 1, stride 1, padding 1 with 0 does not fit 1x1x2"},
    {78, 2, true,
     "m: byte 83: layer: 3 channels, kernel 1, stride 1, padding 0 with 2 does not fit 1x1x2"},
    {78, 1, true,
     "m: byte 83: layer: 3 channels, kernel 1, stride 1, padding 0 with 1 does not fit 1x1x2"},
    {79, 0, true,
     "m: byte 83: layer: 0 channels, kernel 1, stride 1, padding 0 with 0 does not fit 1x1x2"},
    {79, 9, true,
     "m: byte 93: a pool of 33554432, stride 2164391936 does not fit its input, 9x1x2"},
    {82, 0xff, true,
     "m: byte 83: layer: 4278190083 channels, kernel 1, stride 1, padding 0 with 0 does not fit "
     "1x1x2"},
    {83, 13, true, "m: byte 84: unused bits are set"},
    {84, 2, true, "m: byte 92: a pool of 2, stride 33554434 does not fit its input, 3x1x2"},
    {84, 1, true, "m: byte 92: a pool of 1, stride 33554434 does not fit its input, 3x1x2"},
    {88, 10, true, "m: byte 89: unused bits are set"},
    {89, 1, true, "m: byte 91: the rules of channel 0 contradict each other"},
    {90, 2, true, "m: byte 91: the rules of channel 1 contradict each other"},
    {90, 1, true, "m: byte 98: threshold 129 of channel 0, which has a table"},
    {91, 3, true, "m: byte 92: thresholds of 3 bytes"},
    {91, 1, true, "m: byte 95: 3 bytes too many in a stage"},
    {92, 1, true, "m: byte 98: thresholds of 2 bytes that fit in fewer"},
    {92, 130, true, "m: byte 98: threshold 130 of channel 0, where sums end at 128"},
    {107, 1, true, "m: byte 140: the last stage gives no 2 logits"},
    {118, 0x1e, true, "m: byte 119: unused bits are set"},
    {119, 17, true, "m: byte 120: a chain of 17 operations, more than 16"},
    {119, 2, true, "m: byte 140: ends 1 bytes too early"},
    {119, 0, true, "m: byte 120: 20 bytes too many in a stage"},
    {120, 1, true, "m: byte 124: operation 1 in a chain"},
    {120, 4, true, "m: byte 132: 8 bytes too many in a stage"},
    {120, 8, true, "m: byte 124: 16 bytes too many in a stage"},
    {120, 6, true,
     "m: byte 132: a pool of 1065353216, stride 1073741824 does not fit its input, 2x1x1"},
};

/* In known_codes_file. */
static const damage damages_of_codes[] = {
    {24, 2, true, "m: byte 25: the model has something of kind 2"},
    {20, 0x80, true, "m: byte 28: crop 1 and shrink 107 of images of 2x2"},
    {31, 0, true, "m: byte 32: 0 stages; there are 1 to 1024"},
    {37, 9, true, "m: byte 40: flags 9"},
    {37, 20, true, "m: byte 40: flags 20"},
    {37, 32, true, "m: byte 40: flags 32"},
    {39, 0, true, "m: byte 40: a count of 2 bytes that is too long or too large"},
    {45, 2, true, "m: byte 48: codes from 2 to 1 in steps of 1"},
    {47, 0, true, "m: byte 48: codes from -1 to 1 in steps of 0"},
    {47, 2, true, "m: byte 48: codes from -1 to 1 in steps of 2"},
    {79, 4, true, "m: byte 80: codes from -3 to 3 in steps of 4"},
    {48, 27, true, "m: byte 49: weights that are no codes"},
    {76, 0x7f, true, "m: byte 80: 127 channels of 6 weights are not there"},
    {51, 2, true, "m: byte 52: an array of kind 2"},
    {51, 0, true, "m: byte 65: an array of kind 63"},
    {83, 0, true, "m: byte 84: ends 3 bytes too early"},
    {88, 1, true, "m: byte 89: ends 1 bytes too early"},
};

/* In known_lines_file. */
static const damage damages_of_lines[] = {
    {32, 28, true, "m: byte 34: flags 28"},
    {34, 4, true, "m: byte 36: codes from -4 to -1"},
    {35, 0, true, "m: byte 36: codes from 0 to 0"},
    {41, 3, true, "m: byte 43: a pool of 3, stride 1 does not fit its input, 2x1x1"},
    {43, 4, true, "m: byte 44: unused bits are set"},
    {44, 31, true, "m: byte 45: lines are shifted by 31"},
    {45, 0, true, "m: byte 46: factors of kind 0"},
    {45, 9, true, "m: byte 46: factors of kind 9"},
    {45, 0x81, true, "m: byte 48: offsets of kind 255"},
    {47, 1, true, "m: byte 48: factors that fit in fewer bytes"},
    {52, 0, true, "m: byte 53: offsets that fit in fewer bytes"},
    {56, 2, true, "m: byte 60: takes values of kind 2, is given kind 3"},
};

/* In known_groups_file. */
static const damage damages_of_groups[] = {
    {8, 2, true, "m: byte 42: codes from 2 to -1 in steps of 1"},
    {38, 0, true, "m: byte 39: no groups of channels"},
    {38, 3, true, "m: byte 40: 3 groups do not divide 2 and 2 channels"},
    {39, 3, true, "m: byte 40: 2 groups do not divide 2 and 3 channels"},
    {39, 0, true,
     "m: byte 40: layer: 0 channels, kernel 1, stride 1, padding 0 with 0 does not fit 2x1x1"},
    {39, 126, true, "m: byte 43: 126 channels of 1 weights are not there"},
};

static void check_damage(const damage *d, int which)
{
    uint8_t bytes[sizeof known_file];
    const size_t n = known_bytes(which, bytes);
    bytes[d->at] = d->value;
    if (d->seals)
        make_plausible(bytes, n);
    bnn_error err = {0};
    bnn_model *model = NULL;
    ck_assert_int_eq(bnn_modelfile_decode(bytes, n, "m", arena, &model, &err), BNN_E_RESOURCE);
    ck_assert_ptr_null(model);
    ck_assert_str_eq(err.message, d->message);
}

START_TEST(damage_is_described)
{
    check_damage(&damages[_i], 0);
}
END_TEST

START_TEST(damage_of_lines_is_described)
{
    check_damage(&damages_of_lines[_i], 2);
}
END_TEST

START_TEST(damage_of_groups_is_described)
{
    check_damage(&damages_of_groups[_i], 3);
}
END_TEST

START_TEST(damage_of_codes_is_described)
{
    check_damage(&damages_of_codes[_i], 1);
}
END_TEST

/* Of equal numbers there is one way to write them, or a file that is read would be written otherwise. */
START_TEST(equal_numbers_are_one)
{
    uint8_t bytes[sizeof known_file];
    const size_t n = known_bytes(1, bytes);
    bnn_error err = {0};
    bnn_model *model = NULL;
    memset(bytes + 57, 0, 12);
    make_plausible(bytes, n);
    ck_assert_int_eq(bnn_modelfile_decode(bytes, n, "m", arena, &model, &err), BNN_E_RESOURCE);
    ck_assert_str_eq(err.message, "m: byte 69: 3 equal numbers, each by itself");
}
END_TEST

START_TEST(every_truncation_is_refused)
{
    size_t n;
    uint8_t *bytes = encoded(small_model(_i), &n);
    for (size_t cut = 0; cut < n; cut++) {
        uint8_t *part = malloc(cut + 1); /* of exact size for all but the empty one */
        ck_assert_ptr_nonnull(part);
        memcpy(part, bytes, cut);
        ck_assert(!try_model(part, cut));
        make_plausible(part, cut);
        ck_assert_msg(!try_model(part, cut), "%zu bytes of %zu are a model", cut, n);
        free(part);
    }
    free(bytes);
}
END_TEST

/* Changes some bytes, cuts or lengthens, repeats a part. Returns the new size, at most 2 * n. */
static size_t mutate(buffers *b, uint8_t *bytes, size_t n)
{
    const uint32_t kind = random_between(b, 0, 9);
    const size_t from = random_bits(b) % n, to = random_bits(b) % n;
    const size_t length = random_bits(b) % 64 % (n - (from > to ? from : to)) + 1;
    if (kind == 0)
        return from;
    if (kind == 1) {
        memmove(bytes + from + length, bytes + from, n - from);
        return n + length;
    }
    if (kind == 2)
        memmove(bytes + to, bytes + from, length);
    for (uint32_t i = random_between(b, 1, 6); i > 0; i--) {
        static const uint8_t values[] = {0, 1, 2, 0x7f, 0x80, 0xff};
        const size_t at = random_bits(b) % n;
        bytes[at] = random_bits(b) & 1 ? values[random_between(b, 0, 5)] : (uint8_t)random_bits(b);
    }
    return n;
}

START_TEST(no_damage_does_harm)
{
    const bool all = getenv("BNN_TEST_LONG") != NULL;
    const uint32_t rounds = (all ? 100000 : 20000) / (N_SETTINGS + KNOWN);
    buffers b = {.state = (uint64_t)_i};
    uint8_t known[sizeof known_file];
    size_t n = _i < N_SETTINGS ? 0 : known_bytes(_i - N_SETTINGS, known);
    uint8_t *original = _i < N_SETTINGS ? encoded(small_model(_i), &n) : NULL;
    const uint8_t *source = original != NULL ? original : known;
    uint8_t *scratch = buffer_bytes(&b, 2 * n);
    uint32_t n_models = 0;
    for (uint32_t i = 0; i < rounds; i++) {
        memcpy(scratch, source, n);
        const size_t size = mutate(&b, scratch, n);
        uint8_t *bytes = malloc(size + (size == 0)); /* of exact size, for the sanitizer */
        ck_assert_ptr_nonnull(bytes);
        memcpy(bytes, scratch, size);
        if (i % 8 != 0)
            make_plausible(bytes, size);
        n_models += try_model(bytes, size);
        free(bytes);
    }
    ck_assert_uint_gt(n_models, rounds / 50); /* damage of weights is no damage of the form */
    ck_assert_uint_lt(n_models, rounds);
    free(original);
    buffers_free(&b);
}
END_TEST

static Suite *modelfile_suite(void)
{
    Suite *suite = suite_create("modelfile");
    TCase *tcase = tcase_create("modelfile");
    tcase_add_checked_fixture(tcase, model_set_up, model_tear_down);
    tcase_add_loop_test(tcase, a_file_is_read_back, 0, N_SETTINGS);
    tcase_add_loop_test(tcase, the_bytes_are_those_of_the_description, 0, 2);
    tcase_add_test(tcase, codes_take_fewer_bytes);
    tcase_add_test(tcase, lines_are_read);
    tcase_add_test(tcase, groups_are_read);
    tcase_add_test(tcase, skips_are_read);
    tcase_add_test(tcase, skips_that_cannot_be_are_refused);
    tcase_add_test(tcase, lines_that_cannot_be_are_refused);
    tcase_add_loop_test(tcase, lenet_is_small, 0, sizeof size_cases / sizeof *size_cases);
    suite_add_tcase(suite, tcase);
    TCase *hostile = tcase_create("damage");
    tcase_set_timeout(hostile, 600);
    tcase_add_checked_fixture(hostile, model_set_up, model_tear_down);
    tcase_add_loop_test(hostile, damage_is_described, 0, sizeof damages / sizeof *damages);
    tcase_add_loop_test(hostile, damage_of_codes_is_described, 0,
                        sizeof damages_of_codes / sizeof *damages_of_codes);
    tcase_add_loop_test(hostile, damage_of_lines_is_described, 0,
                        sizeof damages_of_lines / sizeof *damages_of_lines);
    tcase_add_loop_test(hostile, damage_of_groups_is_described, 0,
                        sizeof damages_of_groups / sizeof *damages_of_groups);
    tcase_add_test(hostile, equal_numbers_are_one);
    tcase_add_loop_test(hostile, every_truncation_is_refused, 0, N_SETTINGS);
    tcase_add_loop_test(hostile, no_damage_does_harm, 0, N_SETTINGS + KNOWN);
    suite_add_tcase(suite, hostile);
    return suite;
}

BNN_CHECK_MAIN(modelfile_suite)
