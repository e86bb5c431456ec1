/* check_weights.c - the tensors of a network through a file and back; files of another network, and
 * damaged ones. */
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/deploy_fixture.h"

#include "base/file.h"
#include "model/weights.h"

#include <stdio.h>
#include <unistd.h>

#undef fail /* an old name of Check for ck_abort_msg, here a member */

#define NET                                                           \
    "  topology:\n"                                                   \
    "    input: {channels: 1, height: 8, width: 8}\n"                 \
    "    blocks:\n"                                                   \
    "      - {layer: {name: conv2d, out: 3, kernel: 3, bias: yes}}\n" \
    "      - {layer: {name: dense, out: 5}}\n"                        \
    "      - {layer: {name: dense, out: 4}}\n"

static char path[] = "check_weights.XXXXXX";
static bnn_error err;

static void weights_set_up(void)
{
    model_set_up();
    memcpy(path + sizeof path - 7, "XXXXXX", 6);
    const int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void weights_tear_down(void)
{
    unlink(path);
    model_tear_down();
}

static bnn_network *net_of(const char *topology, uint64_t seed)
{
    return network_of(parsed_model(model_spec(topology, "  binarize: {}\n")), 4, 1, seed);
}

static bnn_network *filled(uint64_t seed)
{
    bnn_network *net = net_of(NET, seed);
    fill_tensors(net, seed);
    net->parameters[0].value[0] = -0.0f;
    net->parameters[0].value[1] = INFINITY;
    return net;
}

static bool same_tensors(const bnn_network *a, const bnn_network *b)
{
    for (uint32_t i = 0; i < a->n_parameters; i++)
        if (memcmp(a->parameters[i].value, b->parameters[i].value,
                   a->parameters[i].n * sizeof(float)) != 0)
            return false;
    return true;
}

static char *content(size_t *n)
{
    char *bytes;
    ck_assert_int_eq(bnn_file_read(path, 1 << 20, &bytes, n, &err), BNN_OK);
    return bytes;
}

START_TEST(every_bit_comes_back)
{
    const bnn_network *net = filled(3);
    bnn_network *other = net_of(NET, 4);
    size_t n, n_again;
    ck_assert_int_eq(bnn_weights_write(net, path, &err), BNN_OK);
    char *bytes = content(&n);
    ck_assert_int_eq(bnn_weights_read(other, path, &err), BNN_OK);
    ck_assert(same_tensors(net, other));
    ck_assert_int_eq(bnn_weights_write(other, path, &err), BNN_OK);
    char *again = content(&n_again);
    ck_assert(n == n_again && memcmp(bytes, again, n) == 0);
    /* The first tensor of the header, and where its values begin. */
    static const char begins[] = "{\"conv2d_1.weight\":{\"dtype\":\"F32\",\"shape\":[3,1,3,3],"
                                 "\"data_offsets\":[0,108]},\"conv2d_1.bias\":{\"dtype\":\"F32\","
                                 "\"shape\":[3],\"data_offsets\":[108,120]}";
    ck_assert_int_eq(strncmp(bytes + 8, begins, strlen(begins)), 0);
    const size_t n_header = (uint8_t)bytes[0] + 256u * (uint8_t)bytes[1];
    ck_assert_uint_eq(n_header % 8, 0);
    ck_assert_int_eq(memcmp(bytes + 8 + n_header, "\x00\x00\x00\x80\x00\x00\x80\x7f", 8), 0);
    free(bytes);
    free(again);
}
END_TEST

static void expect(bnn_network *net, const char *bytes, size_t n, const char *message)
{
    const bnn_network *before = filled(3);
    ck_assert_int_eq(bnn_file_write(path, bytes, n, &err), BNN_OK);
    ck_assert_int_eq(bnn_weights_read(net, path, &err), BNN_E_RESOURCE);
    ck_assert_str_eq(err.message, bnn_arena_printf(arena, "%s: %s", path, message));
    ck_assert(same_tensors(net, before));
}

/* A file with this header and n bytes of values. */
static const char *file_of(const char *header, size_t n_values, size_t *n)
{
    const size_t n_header = strlen(header);
    char *bytes = bnn_arena_alloc(arena, 8 + n_header + n_values, 1);
    bytes[0] = (char)(n_header % 256);
    bytes[1] = (char)(n_header / 256);
    memcpy(bytes + 8, header, n_header);
    *n = 8 + n_header + n_values;
    return bytes;
}

/* The header of a file with one text in it replaced. */
static void expect_changed(const char *old, const char *new, const char *message)
{
    bnn_network *net = filled(3);
    ck_assert_int_eq(bnn_weights_write(net, path, &err), BNN_OK);
    size_t n, n_header;
    char *bytes = content(&n);
    n_header = (uint8_t)bytes[0] + 256u * (uint8_t)bytes[1];
    char *header = bnn_arena_printf(arena, "%.*s", (int)n_header, bytes + 8);
    char *at = strstr(header, old);
    ck_assert_ptr_nonnull(at);
    *at = '\0';
    const char *changed = bnn_arena_printf(arena, "%s%s%s", header, new, at + strlen(old));
    const char *file = file_of(changed, n - 8 - n_header, &n);
    expect(net, file, n, message);
    free(bytes);
}

START_TEST(what_is_wrong_is_said)
{
    size_t n;
    expect(filled(3), "", 0, "no safetensors file, or cut off");
    expect(filled(3), "\xff\xff\xff\xff\xff\xff\xff\xff{}", 10, "no safetensors file, or cut off");
    expect(filled(3), "\x03\0\0\0\0\0\0\0{}", 10, "no safetensors file, or cut off");
    const char *file = file_of("[]", 0, &n);
    expect(filled(3), file, n, "its header is no JSON object");
    file = file_of("{", 0, &n);
    expect(filled(3), file, n, "its header is no JSON object");
    file = file_of("{}", 0, &n);
    expect(filled(3), file, n, "0 tensors, and the network has 13");
    expect_changed("conv2d_1.weight", "conv2d_9.weight", "tensor conv2d_1.weight is missing");
    expect_changed("F32", "F16", "tensor conv2d_1.weight is not of type F32");
    expect_changed("[3,1,3,3]", "[3,1,9]",
                   "tensor conv2d_1.weight does not have the network's shape, 3x1x3x3");
    expect_changed("[3,1,3,3]", "[3,1,3,2]",
                   "tensor conv2d_1.weight does not have the network's shape, 3x1x3x3");
    expect_changed("[0,108]", "[-4,104]", "tensor conv2d_1.weight lies outside the file");
    expect_changed("[0,108]", "[0,112]", "tensor conv2d_1.weight lies outside the file");
    expect_changed("[0,108]", "[108,0]", "tensor conv2d_1.weight lies outside the file");
    expect_changed("[0,108]", "[900000000,900000108]",
                   "tensor conv2d_1.weight lies outside the file");
    expect_changed("[0,108]", "\"x\"", "tensor conv2d_1.weight lies outside the file");
    expect_changed("[0,108]", "[0.5,108]", "tensor conv2d_1.weight lies outside the file");
}
END_TEST

/* Any bytes: an answer, and no access outside the file (under the sanitizers). */
START_TEST(damaged_files_do_no_harm)
{
    enum { MUTATIONS = 3000 };
    buffers b = {.state = 11};
    bnn_network *net = filled(3);
    ck_assert_int_eq(bnn_weights_write(net, path, &err), BNN_OK);
    size_t n, n_read = 0;
    char *bytes = content(&n);
    char *changed = malloc(n);
    ck_assert_ptr_nonnull(changed);
    for (int i = 0; i < MUTATIONS; i++) {
        memcpy(changed, bytes, n);
        for (uint32_t k = random_between(&b, 1, 4); k > 0; k--)
            changed[random_between(&b, 0, 1400)] = (char)random_bits(&b);
        const size_t length = i % 4 == 0 ? random_between(&b, 0, (uint32_t)n) : n;
        ck_assert_int_eq(bnn_file_write(path, changed, length, &err), BNN_OK);
        n_read += bnn_weights_read(net, path, &err) == BNN_OK;
    }
    ck_assert_uint_lt(n_read, MUTATIONS / 2);
    free(changed);
    free(bytes);
}
END_TEST

static Suite *weights_suite(void)
{
    Suite *suite = suite_create("weights");
    TCase *files = tcase_create("files");
    tcase_add_checked_fixture(files, weights_set_up, weights_tear_down);
    tcase_add_test(files, every_bit_comes_back);
    tcase_add_test(files, what_is_wrong_is_said);
    tcase_add_test(files, damaged_files_do_no_harm);
    suite_add_tcase(suite, files);
    return suite;
}

BNN_CHECK_MAIN(weights_suite)
